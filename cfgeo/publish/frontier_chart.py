"""The frontier of a plan as a chart that a page draws: cost against communities that pass."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cfgeo.planned import Plan
from cfgeo.publish.page_words import amount
from cfgeo.publish.planned_words import costs, is_proven, wanted
from cfgeo.strings import Lang, text

WIDTH, HEIGHT = 520.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 30.0, 12.0, 46.0
_MOST_TICKS = 6
_LEAST_RANGE = 4


@dataclass(frozen=True)
class Chart:
    """A chart in the units of its drawing, y downwards.

    Attributes
    ----------
    columns, rows : list of tuple
        Ticks of cost (x, words) and of communities (y, words).
    line : str
        The frontier, as the path of an SVG.
    bounds : list of tuple
        What is not proven: from, to (x), and where (y).
    points : list of tuple
        The frontier: x, y and words.
    order : list of tuple
        The plan after 0, 1, 2 … projects: rank, x, y and words.
    goal : float or None
        y of the target.
    rows_of_table : list of tuple of str
        Communities, cost, bound ("" where proven).
    box : tuple of float
        Left, top, right, bottom of the drawing area.
    cost, passed, note : str
        What the axes and the whole are called.
    """

    columns: list[tuple[float, str]]
    rows: list[tuple[float, str]]
    line: str
    bounds: list[tuple[float, float, float]]
    points: list[tuple[float, float, str]]
    order: list[tuple[int, float, float, str]]
    goal: float | None
    rows_of_table: list[tuple[str, str, str]]
    box: tuple[float, float, float, float]
    cost: str
    passed: str
    note: str


def frontier_chart(plan: Plan, lang: Lang) -> Chart:
    """Return the chart of a plan."""
    points, order = frontier_points(plan), order_points(plan)
    aim = None if plan.choices.budget is not None else wanted(plan)
    counts = [passed for _, passed in [*points, *order]] + ([] if aim is None else [aim])
    tops = ticks(0.0, max([cost for cost, _ in [*points, *order]], default=0.0) or 1.0)
    sides = ticks(min(counts), max(*counts, min(counts) + _LEAST_RANGE), whole=True)

    def x(cost: float) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * cost / tops[-1], 1)

    def y(passed: float) -> float:
        share = (passed - sides[0]) / (sides[-1] - sides[0])
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * share, 1)

    table = [(int(str(passed)), row) for passed, row in plan.frontier.iterrows()]
    unproven = [(x(row["bound"]), x(row["cost"]), y(passed)) for passed, row in table if not is_proven(row)]
    said = [text("plan.frontier_line", lang, passed=n, cost=costs(row["cost"], plan, lang)).strip() for n, row in table]
    unit = text("plan.unit", lang, unit=plan.listed.unit) if plan.listed.unit else ""
    note = text("steps.chart_note", lang, target="" if aim is None else text("steps.chart_target", lang, wanted=aim))
    return Chart(
        columns=[(x(cost), amount(cost, lang)) for cost in tops],
        rows=[(y(count), amount(count, lang)) for count in sides],
        line=_path([(x(cost), y(passed)) for cost, passed in points]),
        bounds=unproven,
        points=[(x(cost), y(passed), words) for (cost, passed), words in zip(points, said, strict=True)],
        order=[(rank, x(cost), y(passed), _step(plan, rank, lang)) for rank, (cost, passed) in enumerate(order)],
        goal=None if aim is None else y(aim),
        rows_of_table=[
            (str(n), costs(row["cost"], plan, lang), "" if is_proven(row) else costs(row["bound"], plan, lang))
            for n, row in table
        ],
        box=(_LEFT, _TOP, WIDTH - _RIGHT, HEIGHT - _BOTTOM),
        cost=text("plan.chart_cost", lang) + unit,
        passed=text("plan.chart_passed", lang),
        note=" ".join([note.strip(), *([text("steps.chart_bounds", lang)] if unproven else [])]),
    )


def frontier_points(plan: Plan) -> list[tuple[float, int]]:
    """Return the frontier: the least cost, and how many communities pass for it."""
    return list(zip(plan.frontier["cost"].astype(float), map(int, plan.frontier.index), strict=True))


def order_points(plan: Plan) -> list[tuple[float, int]]:
    """Return the plan after 0, 1, 2 … projects: cost so far, and how many communities pass."""
    built = plan.built
    steps = zip(built["cost_so_far"].astype(float), map(int, built["passed"]), strict=True)
    return [(0.0, int(plan.district_before["passed"])), *steps]


def corners_of(points: Sequence[tuple[float, Any]]) -> list[tuple[float, Any]]:
    """Return the corners of a step line: nothing more passes until the next amount is spent."""
    corners = list(points[:1])
    for (_, before), (cost, passed) in pairwise(points):
        corners += [(cost, before), (cost, passed)]
    return corners


def ticks(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Return round numbers from below ``low`` to above ``high``, a handful."""
    rough = (high - low) / _MOST_TICKS
    step = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step = next(step * factor for factor in (1, 2, 5, 10) if step * factor >= rough)
    step = max(step, 1.0) if whole else step
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * nth, 10) for nth in range(first, max(last, first + 1) + 1)]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{'L' if nth else 'M'}{x:g} {y:g}" for nth, (x, y) in enumerate(corners_of(points)))


def _step(plan: Plan, rank: int, lang: Lang) -> str:
    """Say where the plan stands after some projects."""
    cost, passed = order_points(plan)[rank]
    name = plan.built["name"].iloc[rank - 1] if rank else text("steps.view_before", lang)
    said = text("plan.frontier_line", lang, passed=passed, cost=costs(cost, plan, lang)).strip()
    return text("word.gap", lang, clause=f"{rank}. {name}" if rank else name, communities=said)
