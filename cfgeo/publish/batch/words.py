"""What is said of a batch: its title, its totals, a line for each district as it ends, and what has no total."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cfgeo.core.strings import Lang, name_list, text
from cfgeo.publish.batch.values import BatchResults, District, SharedBudget, Together
from cfgeo.publish.words.names import in_language, separated, study_title
from cfgeo.publish.words.numbers import amount, beside_text

_WORST_FIRST = ("illustrative", "approximate", "official")


def batch_title(results: BatchResults, lang: Lang) -> str:
    """Return the title: the batch's, and how many districts it has."""
    title = in_language({"title": results.title, "title_en": results.title_en}, "title", lang)
    return text("batch.title", lang, title=title, count=len(results.districts))


def batch_status(results: BatchResults) -> str:
    """Return how good the data is: the worst of all districts."""
    known = [str(district.record["study"]["status"]) for district in results.districts if district.judged]
    return min(known, key=_WORST_FIRST.index, default="approximate")


def district_name(district: District, lang: Lang) -> str:
    """Return the title of a district; of one that failed, its id."""
    return study_title(district.record["study"], lang) if district.judged else district.id


def share_text(headline: Any, lang: Lang) -> str:
    """Return the share of communities that pass, which never contradicts its verdict."""
    return beside_text(headline["share"], headline["target"], lang, passed=bool(headline["met"]))


def district_line(district: District, nth: int, of: int, lang: Lang) -> str:
    """Return the line that is printed as a district ends, and its notices."""
    name = district_name(district, lang)
    both = name if name == district.id else text("word.named", lang, name=name, word=district.id)
    about = {"nth": nth, "of": of, "name": both}
    if not district.judged:
        return text("batch.line_failed", lang, **about, code=district.code, reason=district.reason)
    headline = district.record["district"]
    counts = {key: headline[key] for key in ("communities", "passed")}
    values = {**about, **counts, "share": share_text(headline, lang)}
    if district.state == "kept":
        return text("batch.line_kept", lang, **values)
    notices = [text("batch.line_notice", lang, notice=notice) for notice in district.notices]
    return "\n".join([text("batch.line_done", lang, **values, seconds=round(district.seconds)), *notices])


def together_text(some: Together, lang: Lang) -> str:
    """Return the total of districts in a sentence."""
    headline = some.headline
    target = beside_text(headline["target"], headline["target"], lang)
    words = text(
        "batch.together",
        lang,
        communities=headline["communities"],
        passed=headline["passed"],
        failed=headline["failed"],
        open=headline["not_assessed"],
        share=share_text(headline, lang),
        target=target,
    )
    end = text("batch.met", lang) if headline["met"] else text("batch.needed", lang, needed=headline["needed"])
    return separated([words, end], lang)


def totals(results: BatchResults, lang: Lang) -> list[str]:
    """Return the totals of a batch, one for each set of rules."""
    return [
        text(
            "batch.of_standard",
            lang,
            standard=in_language(some.standard, "title", lang),
            count=len(some.districts),
            words=together_text(some, lang),
        )
        for some in results.together
    ]


def budget_texts(results: BatchResults, lang: Lang) -> list[str]:
    """Return what a budget for all districts comes to, and how sure that is; nothing where the batch has none."""
    budget = results.budget
    if budget is None:
        return []
    if not budget.units:
        return [text("batch.budget_no_lists", lang)]
    if len(budget.units) > 1:
        return [text("batch.budget_units", lang, units=name_list([unit or "–" for unit in budget.units], lang))]
    money = _money(budget.money, budget, lang)
    if not budget.rows:
        return [text("batch.budget_short", lang, money=money, needed=_money(budget.needed, budget, lang))]
    words = text(
        "batch.budget_shared",
        lang,
        money=money,
        count=len(budget.rows),
        before=sum(row.before for row in budget.rows),
        after=sum(row.after for row in budget.rows),
        cost=_money(budget.cost, budget, lang),
    )
    proof = text("batch.budget_open", lang, more=budget.more) if budget.more else text("batch.budget_proven", lang)
    return [words, proof]


def _money(cost: float, budget: SharedBudget, lang: Lang) -> str:
    number, unit = amount(cost, lang), budget.units[0]
    return text("plan.costs", lang, number=number, unit=unit) if unit else number


def budget_rows(results: BatchResults, lang: Lang) -> list[dict[str, Any]]:
    """Return a row for each district that has a share of the budget."""
    names = {each.id: district_name(each, lang) for each in results.districts}
    return [
        {
            "id": row.district,
            "district": names[row.district],
            "before": row.before,
            "after": row.after,
            "cost": row.cost,
            "projects": text("word.list", lang).join(row.projects),
        }
        for row in (results.budget.rows if results.budget else ())
    ]


def batch_notes(results: BatchResults, lang: Lang) -> list[str]:
    """Return what a reader has to know of the totals: how they are made, and what has none."""
    notes = [text("batch.note_together", lang), text("batch.note_alone", lang)]
    if len(results.together) > 1:
        notes.append(text("batch.note_several", lang, count=len(results.together)))
    if any(some.headline["basis"] is None for some in results.together):
        notes.append(text("batch.note_basis", lang))
    if failed := results.failed:
        names = name_list([district.id for district in failed], lang)
        notes.append(text("batch.note_failed", lang, count=len(failed), names=names))
    return notes


def batch_text(results: BatchResults, paths: Sequence[Path], lang: Lang) -> str:
    """Return in short how a batch ended: how many districts, the totals, where the map is."""
    states = [district.state for district in results.districts]
    counts = {state: states.count(state) for state in ("done", "kept", "failed")}
    lines = [text("batch.summary", lang, count=len(states), **counts), *totals(results, lang)]
    if failed := results.failed:
        names = name_list([district.id for district in failed], lang)
        lines.append(text("batch.summary_failed", lang, names=names))
    lines += budget_texts(results, lang)
    return "\n".join([*lines, text("batch.open_page", lang, path=paths[0])])
