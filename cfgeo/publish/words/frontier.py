"""The frontier of a plan as a chart that a page draws: cost against communities that pass."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from cfgeo.core.plan import Plan
from cfgeo.core.schema import TOLERANCE
from cfgeo.core.strings import Lang, text
from cfgeo.publish.words.plan import costs, is_proven, target_count

WIDTH, HEIGHT = 520.0, 300.0
BOX = (52.0, 12.0, 490.0, 254.0)
"""Left, top, right and bottom of the axes in a drawing of ``WIDTH`` × ``HEIGHT``."""
_MOST_TICKS = 6
_LEAST_RANGE = 4
_BEYOND = 4.0
"""A chart ends at so many times the cost of the plan: the last communities often cost most of the money."""


@dataclass(frozen=True)
class Point:
    """One point of the chart: cost, communities that pass for it, words, and the least that any set could cost."""

    cost: float
    passed: int
    words: str
    bound: float = math.nan


@dataclass(frozen=True)
class FrontierChart:
    """A frontier with the plan on it. What is marked [SVG] is in the units of the drawing, y downwards.

    Attributes
    ----------
    points : list of Point
        The frontier, as far as it is drawn.
    end : float
        The cost at which the drawing ends.
    order : list of Point
        The plan after 0, 1, 2 … projects.
    aim : int or None
        The target.
    cells : list of tuple of str
        As a table: communities, cost, bound ("" where proven).
    cost, passed, note : str
        Titles of the axes, and the caption.
    """

    points: list[Point]
    end: float
    order: list[Point]
    aim: int | None
    cells: list[tuple[str, str, str]]
    cost: str
    passed: str
    note: str

    @cached_property
    def costs(self) -> list[float]:
        """Ticks of the axis of cost."""
        return ticks(0.0, self.end or 1.0)

    @cached_property
    def counts(self) -> list[float]:
        """Ticks of the axis of communities."""
        aim = [] if self.aim is None else [self.aim]
        counts = [*(point.passed for point in (*self.points, *self.order)), *aim]
        return ticks(min(counts), max(*counts, min(counts) + _LEAST_RANGE), whole=True)

    @property
    def corners(self) -> list[tuple[float, int]]:
        """The corners of the frontier as a step line."""
        corners = corners_of([(point.cost, point.passed) for point in self.points])
        return [*corners, *((self.end, passed) for cost, passed in corners[-1:] if cost < self.end)]

    @property
    def open(self) -> list[Point]:
        """The points that are not proven."""
        return [point for point in self.points if not is_proven(point.cost, point.bound)]

    def x(self, cost: float) -> float:
        """Return the position of a cost [SVG]."""
        return round(BOX[0] + (BOX[2] - BOX[0]) * cost / self.costs[-1], 1)

    def y(self, passed: float) -> float:
        """Return the position of a number of communities [SVG]."""
        share = (passed - self.counts[0]) / (self.counts[-1] - self.counts[0])
        return round(BOX[3] - (BOX[3] - BOX[1]) * share, 1)

    @property
    def path(self) -> str:
        """The frontier as the path of an SVG."""
        corners = [f"{self.x(cost):g} {self.y(passed):g}" for cost, passed in self.corners]
        return " ".join(f"{'L' if nth else 'M'}{corner}" for nth, corner in enumerate(corners))


def frontier_chart(plan: Plan, lang: Lang) -> FrontierChart:
    """Return the chart of a plan."""
    table = list(zip(frontier_points(plan), plan.frontier["bound"].astype(float), strict=True))
    frontier = [Point(cost, passed, _words(cost, passed, plan, lang), bound) for (cost, passed), bound in table]
    end = end_of(plan)
    points = [point for point in frontier if point.cost <= end]
    names = [text("steps.view_before", lang), *(f"{n}. {name}" for n, name in enumerate(plan.built["name"], start=1))]
    order = [
        Point(cost, passed, text("word.gap", lang, clause=name, communities=_words(cost, passed, plan, lang)))
        for name, (cost, passed) in zip(names, order_points(plan), strict=True)
    ]
    aim = None if plan.choices.budget is not None else target_count(plan)
    unit = text("plan.unit", lang, unit=plan.listed.unit) if plan.listed.unit else ""
    proven = [is_proven(point.cost, point.bound) for point in frontier]
    target = "" if aim is None else text("steps.chart_target", lang, wanted=aim)
    note = text("steps.chart_note" if all(proven) else "steps.chart_note_found", lang, target=target)
    notes = [note.strip()]
    if len(points) < len(frontier):
        last = frontier[-1]
        notes.append(text("steps.chart_beyond", lang, passed=last.passed, cost=costs(last.cost, plan, lang)))
    if not all(proven):
        notes.append(text("steps.chart_bounds", lang))
    return FrontierChart(
        points=points,
        end=end,
        order=order,
        aim=aim,
        cells=[
            (str(point.passed), costs(point.cost, plan, lang), "" if sure else costs(point.bound, plan, lang))
            for point, sure in zip(frontier, proven, strict=True)
        ],
        cost=text("plan.chart_cost", lang) + unit,
        passed=text("plan.chart_passed", lang),
        note=" ".join(notes),
    )


def end_of(plan: Plan) -> float:
    """Return the cost at which a chart of the frontier ends: that of the last communities, or well beyond the plan."""
    most = max([cost for cost, _ in (*frontier_points(plan), *order_points(plan))], default=0.0)
    paid = max(plan.cost, plan.choices.budget or 0.0)
    return min(most, _BEYOND * paid) if paid > 0 else most


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
    """Return a handful of round numbers (1, 2 or 5 times a power of ten) from at most ``low`` to at least ``high``."""
    rough = (high - low) / _MOST_TICKS
    step = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step = next(step * factor for factor in (1, 2, 5, 10) if step * factor >= rough)
    step = max(step, 1.0) if whole else step
    first, last = math.floor(low / step + TOLERANCE), math.ceil(high / step - TOLERANCE)
    return [round(step * nth, 10) for nth in range(first, max(last, first + 1) + 1)]


def _words(cost: float, passed: int, plan: Plan, lang: Lang) -> str:
    """Return how many communities pass for a cost."""
    return text("plan.frontier_line", lang, passed=passed, cost=costs(cost, plan, lang)).strip()
