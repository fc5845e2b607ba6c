"""A comparison of two runs in words: as text, and as a table."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.compared.causes import clauses_of
from cfgeo.publish.compared.changes import BETTER, CHANGE_COLUMNS, GAINED, LOST, WORSE
from cfgeo.publish.compared.differences import Comparison
from cfgeo.publish.run.units import COMMUNITY, OVERALL, SCOPES
from cfgeo.publish.words.compared.causes import cause_words, clause_names
from cfgeo.publish.words.compared.values import clause_title, target_words, value_pair
from cfgeo.publish.words.names import in_language, listed, role_name, separated, study_title
from cfgeo.publish.words.numbers import count_for, percent, target_percent

_SHOWN_ROWS, _ROW_DETAILS = 40, 3


def comparison_text(comparison: Comparison, *, lang: Lang) -> str:
    """Return a comparison as lines: whether it is one, what differs, and what changed, from district to communities."""
    lines = heading_lines(comparison, lang=lang)
    lines.insert(1, status_words(comparison, lang=lang))
    table = change_table(comparison, lang=lang)
    if table.empty:
        return "\n".join([*lines, text("compare.same", lang)])
    shown = 0
    for scope in SCOPES:
        rows = table[table["scope"] == scope]
        if rows.empty:
            continue
        lines += ["", text(f"compare.scope_{scope}", lang, count=len(rows))]
        if scope == COMMUNITY:
            lines += _counts(rows, lang)
            rows = rows[~rows["change"].isin([BETTER, WORSE])].head(_SHOWN_ROWS)
        shown += len(rows)
        lines += [f"- {_row_line(comparison, row, lang)}" for row in rows.to_dict("records")]
    if len(table) > shown:
        lines.append(text("compare.more", lang, count=len(table) - shown))
    return "\n".join(lines)


def heading_lines(comparison: Comparison, *, lang: Lang) -> list[str]:
    """Return what is compared, whether it can be, how the district did, and what differs."""
    a, b = comparison.a.record, comparison.b.record
    names = _run_names(comparison.a.folder, comparison.b.folder)
    lines = [
        text("compare.title", lang, title=study_title(b["study"], lang)),
        text(
            "compare.runs", lang,
            a=names[0], date_a=a["run"]["finished"][:10], b=names[1], date_b=b["run"]["finished"][:10],
        ),
        _headline(a["district"], b["district"], lang),
        text("compare.comparable" if comparison.comparable else "compare.not_comparable", lang),
        *(f"  - {cause_words(comparison, cause, lang)}" for cause in comparison.differs),
    ]  # fmt: skip
    data = [cause for cause in comparison.causes if cause.kind != "version"]
    lines.append(text("compare.causes" if data else "compare.causes_none", lang))
    lines += [f"  - {cause_words(comparison, cause, lang)}" for cause in data]
    if comparison.saved_anew:
        files = listed([role_name(role, lang) for role in comparison.saved_anew], lang)
        lines.append(text("compare.saved_anew", lang, names=files))
    versions = [cause for cause in comparison.causes if cause.kind == "version"]
    if versions:
        lines.append(text("compare.versions", lang))
        lines += [f"  - {cause_words(comparison, cause, lang)}" for cause in versions]
    if any(cause.detail == ("cfgeo",) for cause in versions):
        lines.append(text("compare.version_advice", lang))
    return lines


def status_words(comparison: Comparison, *, lang: Lang) -> str:
    """Return how good the data of both runs is, and the standard by which the second was judged."""
    statuses = [name_of("word", run.record["study"]["status"], lang) for run in (comparison.a, comparison.b)]
    standard = in_language(comparison.b.record["parameters"]["standard"], "title", lang)
    return separated([*dict.fromkeys(statuses), standard], lang)


def change_table(comparison: Comparison, *, lang: Lang) -> pd.DataFrame:
    """Return the changes with their words: ``CHANGE_COLUMNS``."""
    titles, table = clause_names(comparison, lang), comparison.changes
    table["clause_name"] = [
        clause_title(scope, clause, titles, lang) for scope, clause in zip(table["scope"], table["clause"], strict=True)
    ]
    table["name"] = table["name"].where(table["name"] != "", text("compare.district", lang))
    because = [
        [cause_words(comparison, cause, lang, most=_ROW_DETAILS) for cause in difference.causes]
        for difference in comparison.differences
    ]
    table["because"] = [separated(dict.fromkeys(sentences), lang) for sentences in because]
    return table[list(CHANGE_COLUMNS)]


def values_and_target(comparison: Comparison, row: Mapping[Any, Any], lang: Lang) -> tuple[str, str]:
    """Return what was found before and after as ``7 → 10``, and what is asked as ``≥ 10``; "" where there is none."""
    clause = clauses_of(comparison.b).get(row["clause"], {})
    before, after = value_pair(row, clause, lang)
    target = target_words(row, clause, lang)
    none = text("compare.none", lang)
    return (f"{before or none} → {after or none}" if before or after else ""), target


def made_by() -> str:
    """Return the program that made a comparison, with its version."""
    return f"cfgeo {version('cfgeo')}"


def _run_names(a: Path, b: Path) -> tuple[str, str]:
    """Return the shortest ends of two paths that tell them apart."""
    parts_a, parts_b = a.resolve().parts, b.resolve().parts
    for length in range(1, max(len(parts_a), len(parts_b))):
        names = "/".join(parts_a[-length:]), "/".join(parts_b[-length:])
        if names[0] != names[1]:
            return names
    return a.name, b.name


def _headline(a: Mapping[str, Any], b: Mapping[str, Any], lang: Lang) -> str:
    """Return how many communities pass, before and after, and how many shall."""
    return text(
        "compare.headline",
        lang,
        a=a["passed"],
        b=b["passed"],
        count_a=a["communities"],
        count_b=b["communities"],
        share_a=percent(a["share"], lang),
        share_b=percent(b["share"], lang),
        target=target_percent(b["target"], lang),
        wanted=count_for(b["target"], b["communities"]),
    )


def _counts(rows: pd.DataFrame, lang: Lang) -> list[str]:
    """Return how many communities gained or lost, as a whole and by clause."""
    overall = rows[rows["clause"] == OVERALL]["change"].value_counts()
    lines = [text("compare.counts", lang, gained=int(overall.get(GAINED, 0)), lost=int(overall.get(LOST, 0)))]
    for (_, title), own in rows[rows["clause"] != OVERALL].groupby(["clause", "clause_name"], sort=False):
        counts = own["change"].value_counts()
        numbers = {change: int(counts.get(change, 0)) for change in (GAINED, LOST, BETTER, WORSE)}
        lines.append("  " + text("compare.clause_counts", lang, clause=title, **numbers))
    return lines


def _row_line(comparison: Comparison, row: Mapping[Any, Any], lang: Lang) -> str:
    """Return one change as a sentence."""
    values, target = values_and_target(comparison, row, lang)
    numbers = text("compare.numbers", lang, values=values) if values else ""
    numbers += text("compare.asked", lang, target=target) if values and target else ""
    names = {"clause": row["clause_name"], "because": row["because"], "name": row["name"]}
    if row["scope"] == COMMUNITY:
        names["name"] = text("word.named", lang, name=row["name"], word=row["code"])
    change = text(f"compare.{row['change']}", lang)
    return text("compare.row", lang, change=change, numbers=numbers, **names)
