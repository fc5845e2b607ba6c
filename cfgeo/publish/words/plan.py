"""A plan → text: what to build, in which order, for how much, and what stays out of reach."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import pandas as pd

from cfgeo.core.plan import STREET_BLOCKS, Plan
from cfgeo.core.projects import Project
from cfgeo.core.scenario import Change, FacilityChange
from cfgeo.core.schema import TOLERANCE
from cfgeo.core.sites import HeldBack
from cfgeo.core.strings import Lang, Message, name_list, name_of, text
from cfgeo.publish.words.clauses.planned import moved_words, progress_words, target_words, year_words
from cfgeo.publish.words.names import separated, study_title
from cfgeo.publish.words.numbers import amount, count_for, demand_text, percent, target_percent

_MOST_POINTS = 10
"""The text has so many lines of the frontier; a table or a picture has all."""


def plan_text(plan: Plan, *, lang: Lang) -> str:
    """Return a plan as text.

    Parameters
    ----------
    plan
        What :func:`cfgeo.plan_study` gives.
    lang
        Language of the text.
    """
    lines = [title_words(plan, lang), asked_words(plan, lang), *headline_words(plan, lang)]
    lines += [*decided_words(plan, lang), *order_words(plan, lang), *year_words(plan, lang), *moved_words(plan, lang)]
    lines += [*frontier_words(plan, lang), *left_words(plan, lang), *held_words(plan, lang)]
    return "\n".join([*lines, *progress_words(plan, lang)])


def title_words(plan: Plan, lang: Lang) -> str:
    """Return the names of study and list, and how many projects there are."""
    listed = plan.listed.title or text("plan.untitled", lang)
    return text("plan.title", lang, study=study_title(plan.about, lang), list=listed, count=len(plan.projects))


def headline_words(plan: Plan, lang: Lang) -> list[str]:
    """Return what the plan brings, and how good it is known to be."""
    parts = [built_words(plan, lang), *block_words(plan, lang)]
    return [_joined(parts, lang), proof_words(plan, lang)]


def built_words(plan: Plan, lang: Lang) -> str:
    """Return what the plan builds, for how much, and how many communities pass with it."""
    count = len(plan.built)
    key = "plan.headline_none" if count == 0 else "plan.headline_one" if count == 1 else "plan.headline"
    numbers = {"passed": plan.passed, "communities": communities_of(plan), "before": plan.district_before["passed"]}
    share = percent(plan.passed / max(communities_of(plan), 1), lang)
    return text(key, lang, count=count, cost=costs(plan.cost, plan, lang), share=share, **numbers)


def block_words(plan: Plan, lang: Lang) -> list[str]:
    """Return how many street blocks pass with the plan, and blocks and communities together, if blocks are judged."""
    before, after = (side.get("blocks") for side in (plan.district_before, plan.district_after))
    if not before or not after:
        return []
    both = after["together"]
    numbers = {"blocks": after["blocks"], "passed": after["passed"], "before": before["passed"]}
    numbers |= {"units": both["units"], "both": both["passed"]}
    share = percent(both["share"], lang)
    if (asked := _blocks_asked(plan)) is None:
        return [text("plan.blocks", lang, share=share, **numbers)]
    return [text("plan.blocks_asked", lang, share=share, wanted=asked[1], **numbers)]


def _blocks_asked(plan: Plan) -> tuple[float, int] | None:
    """Return the share of street blocks that shall pass, and how many these are; None where no target is for them."""
    blocks = plan.district_after.get("blocks")
    if not blocks or STREET_BLOCKS not in {*plan.choices.targets, *plan.choices.weights}:
        return None
    share = plan.choices.targets.get(STREET_BLOCKS, blocks["target"])
    return share, math.ceil(share * blocks["blocks"] - TOLERANCE)


def asked_words(plan: Plan, lang: Lang) -> str:
    """Return what was asked for: a budget, budgets by year or a target, and targets of clauses."""
    parts = [_asked_money(plan, lang)]
    if plan.choices.carry_over and plan.choices.budgets:
        parts.append(text("plan.asked_carry", lang))
    targets = target_words(plan, lang)
    if (asked := _blocks_asked(plan)) is not None:
        targets.append(text("plan.asked_blocks", lang, target=target_percent(asked[0], lang), wanted=asked[1]))
    if targets:
        parts.append(text("plan.asked_clauses", lang, clauses=separated(targets, lang)))
    return _joined(parts, lang)


def _asked_money(plan: Plan, lang: Lang) -> str:
    if plan.choices.budgets:
        years = sorted(plan.choices.budgets.items())
        each = [text("plan.asked_year", lang, year=year, money=costs(money, plan, lang)) for year, money in years]
        return text("plan.asked_years", lang, years=separated(each, lang))
    if plan.choices.budget is not None:
        return text("plan.asked_budget", lang, budget=costs(plan.choices.budget, plan, lang))
    return text("plan.asked_target", lang, target=target_percent(target_of(plan), lang), wanted=target_count(plan))


def proof_words(plan: Plan, lang: Lang) -> str:
    """Return how good the plan is known to be."""
    gap = percent(plan.gap, lang)
    if plan.choices.widened:
        return _wider_proof(plan, lang)
    if plan.choices.budget is not None:
        if plan.gap > 0:
            return text("plan.most_open", lang, bound=amount(math.floor(plan.bound + TOLERANCE), lang), gap=gap)
        return _joined([text("plan.most", lang), *_cost_found(plan, lang)], lang)
    needed = target_count(plan)
    if plan.most < needed:
        short = text("plan.short", lang, most=plan.most, communities=communities_of(plan), wanted=needed)
        return _joined([short, *_cost_found(plan, lang)], lang)
    if plan.passed < needed:
        return _joined([text("plan.unmet", lang), *_cost_found(plan, lang)], lang)
    bound = costs(plan.bound, plan, lang)
    return text("plan.cheapest", lang) if plan.gap == 0 else text("plan.cheapest_open", lang, bound=bound, gap=gap)


def _cost_found(plan: Plan, lang: Lang) -> list[str]:
    """Return that the cost is only the least that was found, where the frontier does not prove it."""
    same = plan.frontier[plan.frontier["cost"] == plan.cost]
    if not len(same) or is_proven(plan.cost, float(same["bound"].max())):
        return []
    return [text("plan.cost_found", lang, bound=costs(float(same["bound"].max()), plan, lang))]


def _joined(sentences: Sequence[str], lang: Lang) -> str:
    return ("" if lang == "zh" else " ").join(sentences)


def _wider_proof(plan: Plan, lang: Lang) -> str:
    if plan.proven:
        return text("plan.wider_best", lang)
    if not math.isfinite(plan.least):
        return text("plan.wider_unknown", lang)
    return text("plan.wider_open", lang, least=costs(plan.least, plan, lang))


def decided_words(plan: Plan, lang: Lang) -> list[str]:
    """Return the projects that are built in any case."""
    names = plan.projects.loc[plan.projects["status"] == "decided", "name"]
    return [text("plan.decided", lang, count=len(names), names=name_list(names, lang))] if len(names) else []


def order_words(plan: Plan, lang: Lang) -> list[str]:
    """Return the projects in the order in which to build them, and under each what it brings."""
    lines = [text("plan.order", lang)] if len(plan.built) else []
    for row in plan.built.reset_index().to_dict("records"):
        money = {"cost": costs(row["cost"], plan, lang), "so_far": costs(row["cost_so_far"], plan, lang)}
        numbers = {name: str(int(row[name])) for name in ("rank", "passed")}
        what = action_words(plan.listed.by_id[row["project"]], lang)
        lines.append(text("plan.step", lang, name=row["name"], what=what, **numbers, **money))
        lines.append(brings_words(row, plan, lang))
    return lines


def brings_words(row: dict[Any, Any], plan: Plan, lang: Lang) -> str:
    """Return which communities pass by a project (a row of ``Plan.built``)."""
    names, demand = row["adds_names"], row["adds_demand"]
    if names:
        return text("plan.step_adds", lang, count=len(names), names=name_list(names, lang))
    if pd.isna(demand) or round(demand) == 0:
        return text("plan.step_none", lang)
    said = demand_text(demand, lang, basis=plan.about["basis"], whole=float(plan.before["demand"].sum()))
    return text("plan.step_none_demand", lang, demand=said)


def frontier_words(plan: Plan, lang: Lang) -> list[str]:
    """Return what more or fewer communities would cost."""
    table = plan.frontier
    step = max(1, math.ceil((len(table) - 1) / (_MOST_POINTS - 1))) if len(table) > 1 else 1
    chosen = sorted({*range(0, len(table), step), max(len(table) - 1, 0)} & set(range(len(table))))
    lines = []
    for passed, row in table.iloc[chosen].iterrows():
        key = "plan.frontier_line" if is_proven(row["cost"], row["bound"]) else "plan.frontier_open"
        money = {name: costs(row[name], plan, lang) for name in ("cost", "bound")}
        lines.append(text(key, lang, passed=passed, **money))
    return [text("plan.frontier", lang), *lines] if lines else []


def left_words(plan: Plan, lang: Lang) -> list[str]:
    """Return how many projects this plan leaves out, which serve other clauses, and which move nothing, and why."""
    lines = []
    by_status = {status: part["name"] for status, part in plan.projects.groupby("status")}
    if "spare" in by_status:
        lines.append(text("plan.spare", lang, count=len(by_status["spare"])))
    if "other" in by_status:
        names = by_status["other"]
        lines.append(text("plan.other", lang, count=len(names), names=name_list(names, lang)))
        moved = Counter(clause for moves in plan.projects.loc[names.index, "moves"] for clause in moves or ())
        lines += [text("plan.other_clause", lang, clause=plan.titles[clause][lang], count=count)
                  for clause, count in moved.most_common()]  # fmt: skip
    for status, key in (("never", "plan.never"), ("left", "plan.left")):
        if status in by_status:
            names = by_status[status]
            lines.append(text(key, lang, count=len(names), names=name_list(names, lang)))
            lines += _why_words(plan.projects.loc[names.index], lang)
    return lines


def _why_words(projects: pd.DataFrame, lang: Lang) -> list[str]:
    """Return why projects move nothing, those of one reason in one line."""
    names = defaultdict[str, list[str]](list)
    for row in projects.to_dict("records"):
        if row["reason"] is not None:
            names[reason_words(row["reason"], lang)].append(row["name"])
    return [text("plan.never_why", lang, reason=why, names=name_list(every, lang)) for why, every in names.items()]


def reason_words(reason: Any, lang: Lang) -> str:
    """Return why a project moves nothing; "" where it does."""
    return reason.text(lang).rstrip("。.") if isinstance(reason, Message) else ""


def held_words(plan: Plan, lang: Lang) -> list[str]:
    """Return how many communities can pass at most, and which clauses hold the others back."""
    if plan.held.empty:
        return [text("plan.all_can", lang)]
    ceiling = text("plan.ceiling", lang, most=plan.most, communities=communities_of(plan))
    return [ceiling, *HeldBack(plan.held, plan.titles).text(lang).splitlines()]


def action_words(project: Project, lang: Lang) -> str:
    """Return what a project does: its changes, each once."""
    actions = [text(f"plan.act_{change.action}", lang, what=_what(change, lang)) for change in project.changes]
    return separated(dict.fromkeys(actions), lang)


def _what(change: Change, lang: Lang) -> str:
    """Return what one change is about: a link, a street, a facility or a kind of facility."""
    if not isinstance(change, FacilityChange):
        if change.link:
            return name_of("whatif", change.link, lang)
        return change.street or text("plan.way", lang, way=change.way)
    layer = name_of("layer", change.layer, lang)
    if change.facility:
        return text("plan.of_name", lang, layer=layer, name=change.facility)
    kind = name_of("kind", change.kind, lang)
    if not change.kind or change.kind == change.layer:
        return layer
    return kind if kind != change.kind else text("plan.of_kind", lang, layer=layer, kind=kind)


def costs(value: Any, plan: Plan, lang: Lang) -> str:
    """Return money in the unit of the list."""
    number, unit = amount(value, lang), plan.listed.unit
    return text("plan.costs", lang, number=number, unit=unit) if unit else number


def project_status(status: str, lang: Lang) -> str:
    """Return a project's status in words."""
    return name_of("plan", f"status_{status}", lang)


def is_proven(cost: float, bound: float) -> bool:
    """Return whether nothing cheaper exists."""
    return math.isclose(bound, cost, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def communities_of(plan: Plan) -> int:
    """Return how many communities there are."""
    return int(plan.district_after["communities"])


def target_of(plan: Plan) -> float:
    """Return the share of communities that shall pass."""
    return float(plan.district_after["target"] if plan.choices.target is None else plan.choices.target)


def target_count(plan: Plan) -> int:
    """Return how many communities the target takes."""
    return count_for(target_of(plan), communities_of(plan))
