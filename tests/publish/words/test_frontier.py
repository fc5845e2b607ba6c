"""The chart of a plan: its axes, its corners, where its points are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfgeo.core.plan import Plan
from cfgeo.publish.words.frontier import BOX, corners_of, frontier_chart, ticks


def test_a_step_line_rises_where_the_money_is_spent() -> None:
    assert corners_of([(20.0, 1), (220.5, 2), (520.5, 3)]) == [
        (20.0, 1), (220.5, 1), (220.5, 2), (520.5, 2), (520.5, 3)]  # fmt: skip
    assert corners_of([]) == []


@given(st.floats(0, 1e6), st.floats(1e-3, 1e6), st.booleans())
def test_ticks_are_few_and_span_what_is_drawn(low: float, wide: float, whole: bool) -> None:
    spots = ticks(low, low + wide, whole=whole)
    assert 2 <= len(spots) <= 9
    assert spots[0] <= low + 1e-6 * wide
    assert spots[-1] >= (low + wide) * (1 - 1e-6)
    assert spots == sorted(spots)
    assert not whole or all(tick == int(tick) for tick in spots)


def test_points_of_the_chart_are_where_the_axes_say(plan: Plan) -> None:
    chart = frontier_chart(plan, "en")
    assert (chart.costs[0], chart.costs[-1]) == (0, 600)
    assert (chart.counts[0], chart.counts[-1]) == (1, 5)
    assert (chart.x(0), chart.x(600)) == (BOX[0], BOX[2])
    assert (chart.y(1), chart.y(5)) == (BOX[3], BOX[1])
    assert chart.x(300) == pytest.approx((BOX[0] + BOX[2]) / 2)
    assert chart.path.startswith(f"M{chart.x(20):g} {chart.y(1):g} L{chart.x(220.5):g} {chart.y(1):g}")
    assert [(point.cost, point.passed) for point in chart.order] == [(0, 1), (20, 1), (220.5, 2), (520.5, 3)]
    assert chart.order[3].words == "3. =Top School: 3 passing: 520.5 万元"
    assert (chart.aim, chart.open, chart.cost) == (3, [], "Cost (万元)")
    assert chart.cells[1] == ("2", "220.5 万元", "")


def test_what_is_not_proven_is_drawn_and_said(plan: Plan, nothing: Plan) -> None:
    chart = frontier_chart(replace(plan, frontier=plan.frontier.assign(bound=[20.0, 200.0, 520.5])), "en")
    assert [(point.bound, point.cost, point.passed) for point in chart.open] == [(200, 220.5, 2)]
    assert chart.cells[1] == ("2", "220.5 万元", "200 万元")
    assert "Pale bars" in chart.note
    assert "Pale bars" not in frontier_chart(plan, "en").note
    budget = frontier_chart(nothing, "en")
    assert budget.aim is None
    assert "Dashed" not in budget.note


def test_the_chart_ends_before_the_costliest_communities(plan: Plan) -> None:
    """What the plan costs four times over is drawn; who comes beyond that is named, and stands in the table."""
    far = replace(plan, frontier=plan.frontier.assign(cost=[20.0, 2082.0, 90_000.0], bound=[20.0, 2082.0, 90_000.0]))
    chart = frontier_chart(far, "en")
    assert ([point.cost for point in chart.points], chart.end) == ([20, 2082], 4 * 520.5)
    assert (chart.corners[-1], chart.costs[-1]) == ((2082, 2), 2500)
    assert "Not drawn: at most 3 pass, for 90,000 万元." in chart.note
    assert len(chart.cells) == 3
    nearer = frontier_chart(replace(far, frontier=far.frontier.assign(cost=[20.0, 60.0, 90_000.0])), "zh")
    assert nearer.corners[-1] == (2082, 2), "the line goes on to the end of the chart"
    assert "Not drawn" not in frontier_chart(plan, "en").note
    free = frontier_chart(replace(far, cost=0.0), "en")
    assert len(free.points) == 3
