"""A plan in words."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from worlds.plans import GARDEN, PATH, SIGN, Tried, town_plan

from cfgeo import FacilityChange, LinkChange
from cfgeo.core.plan import Plan, PlanChoices
from cfgeo.core.projects import Project
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.words.plan import action_words, brings_words, headline_words, plan_text, target_count


def test_the_text_says_what_to_build_and_what_it_brings(plan: Plan) -> None:
    assert plan_text(plan, lang="en").splitlines() == [
        "小镇: Reserve list (6 projects)",
        "Asked for: 70 % of the communities, that is 3, for the least money.",
        "With 3 projects for 520.5 万元, 3 of 4 communities pass (75.0 %); now 1.",
        "No cheaper set meets the target (proven).",
        "Decided (1): Ramp.",
        "The order in which to build, the best next one each time:",
        "1. Ramp (refit: OSM way 2001): 20 万元, so far 20 万元, 1 pass",
        "   no community passes yet",
        "2. East School (new: primary school): 200.5 万元, so far 220.5 万元, 2 pass",
        "   1 more pass: Lower East",
        "3. =Top School (new: primary school): 300 万元, so far 520.5 万元, 3 pass",
        "   1 more pass: Upper",
        "Cost against communities that pass:",
        "  1 passing: 20 万元",
        "  2 passing: 220.5 万元",
        "  3 passing: 520.5 万元",
        "Not in this plan: 1.",
        "Never matter (2: with whatever others, no community's verdict depends on them): Garden, Sign.",
        "Every community in which children live can pass with projects of the list.",
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_placeholder_is_left_in_a_text(plan: Plan, poor: Plan, nothing: Plan, lang: Lang) -> None:
    for case in (plan, poor, nothing, replace(plan, bound=510.0), replace(nothing, bound=2.4)):
        words = plan_text(case, lang=lang)
        assert not re.search(r"[{}]|nan|None|<NA>", words)


def test_what_is_not_proven_is_said_with_its_gap(plan: Plan, nothing: Plan) -> None:
    open_ = plan_text(replace(plan, bound=510.09), lang="en")
    assert "A set that meets the target is at most 2.0 % cheaper (none costs less than 510.1 万元)." in open_
    assert "the cheapest set that was found" in open_
    budget = plan_text(replace(nothing, bound=2.4), lang="en")
    assert "as many communities as 150 万元 can bring to pass" in budget
    assert "the best set that was found" in budget
    assert "No set within the budget brings more than 2 communities to pass" in budget
    assert "No set within the budget brings more communities to pass (proven)." in plan_text(nothing, lang="en")


def test_a_target_that_cannot_be_met_is_stated_with_the_clauses_that_hold_it_back(poor: Plan) -> None:
    words = plan_text(poor, lang="en")
    assert "At most 2 of 4 communities can pass with the projects of the list; the target takes 3." in words
    assert "  - Primary school: 1 (Lower East)" in words
    late = plan_text(replace(poor, most=3), lang="en")
    assert "No set that meets the target was found in the time given." in late


def test_a_long_frontier_has_ten_lines_with_both_ends(plan: Plan) -> None:
    frontier = plan.frontier.loc[[1] * 40].set_axis(range(1, 41)).assign(cost=[10.0 * n for n in range(40)], bound=0.0)
    lines = [line for line in plan_text(replace(plan, frontier=frontier), lang="en").splitlines() if "passing" in line]
    assert len(lines) <= 10
    assert lines[0] == "  1 passing: 0 万元"
    assert lines[-1] == "  40 passing: 390 万元, the cheapest found (none costs less than 0 万元)"


def test_a_cost_that_is_not_proven_is_the_least_that_was_found(plan: Plan, nothing: Plan, poor: Plan) -> None:
    for case, said in ((nothing, "more communities to pass (proven)."), (poor, "the target takes 3.")):
        assert "least that was found" not in plan_text(case, lang="en")
        open_ = replace(case, frontier=case.frontier.assign(bound=case.frontier["cost"] - 1))
        words = plan_text(open_, lang="en")
        assert f"{said} The cost is the least that was found; it is not proven" in words
        assert "费用是已找到的最低值" in plan_text(open_, lang="zh")


def test_the_same_change_of_a_project_is_named_once(tried_town: Tried) -> None:
    by_id = tried_town.listed.by_id
    assert action_words(by_id[PATH], "zh") == "新建步道；新建小学"
    assert action_words(by_id[GARDEN], "en") == "enlarge: Parks and play places “Garden”"
    assert action_words(by_id[SIGN], "en") == "refit: stations “South Station”"
    twice = Project("x", "x", 1.0, (LinkChange("close", street="Row 0"), LinkChange("close", street="Row 0")))
    assert action_words(twice, "en") == "close: Row 0"
    invented = Project("x", "x", 1.0, (FacilityChange("add", "schools", kind="maker"), FacilityChange("add", "parks")))
    assert action_words(invented, "zh") == "新建学校（maker）；新建公园与游戏场地"


def test_a_layer_of_one_kind_is_named_once() -> None:
    same = Project("x", "x", 1.0, (FacilityChange("add", "parks", kind="parks"),))
    assert action_words(same, "en") == "new: Parks and play places"


def test_no_project_and_one_project_have_their_own_sentences(plan: Plan, nothing: Plan) -> None:
    bare = replace(nothing, projects=nothing.projects.assign(rank=nothing.projects["rank"].where([False] * 6)))
    assert headline_words(bare, "en")[0].startswith("Nothing is built: 1 of 4")
    assert headline_words(nothing, "en")[0].startswith("With one project for 20 万元, ")
    assert headline_words(plan, "en")[0].startswith("With 3 projects for 520.5 万元, ")


def test_a_project_that_brings_children_but_no_community_says_how_many(plan: Plan) -> None:
    row = {"adds_names": (), "adds_demand": 12.4}
    assert "12" in brings_words(row, plan, "en")
    for none in (0.3, float("nan")):
        assert brings_words({**row, "adds_demand": none}, plan, "en").strip() == "no community passes yet"


def test_how_many_communities_a_target_takes_is_not_one_more_by_rounding(plan: Plan) -> None:
    hundred = replace(
        plan, district_after={**plan.district_after, "communities": 100}, choices=PlanChoices(target=0.07)
    )
    assert 0.07 * 100 > 7
    assert target_count(hundred) == 7
    assert target_count(replace(hundred, choices=PlanChoices(target=0.071))) == 8


def test_a_cost_without_a_unit_is_a_number(tried_town: Tried) -> None:
    bare = replace(tried_town, listed=replace(tried_town.listed, unit="", title=""))
    words = plan_text(town_plan(bare), lang="en")
    assert "for 520.5, 3 of 4" in words
    assert words.startswith("小镇: reserve list (6 projects)")


def test_street_blocks_are_counted_beside_the_communities_where_they_are_judged(plan: Plan) -> None:
    def with_blocks(district: Mapping[str, Any], passed: int) -> dict[str, Any]:
        together = {"units": 6, "passed": passed + 3, "share": (passed + 3) / 6}
        return {**district, "blocks": {"blocks": 2, "passed": passed, "together": together}}

    sides = {
        "district_before": with_blocks(plan.district_before, 0),
        "district_after": with_blocks(plan.district_after, 1),
    }
    first, _ = headline_words(replace(plan, **sides), "en")
    assert "Of 2 street blocks 1 pass (now 0), of 6 blocks and communities together 4 (66.7 %)." in first
    assert "street block" not in headline_words(plan, "en")[0]
