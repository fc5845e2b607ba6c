"""The story of a run: five steps whose words are the run's numbers."""

import dataclasses
import math

import pandas as pd
import pytest
from worlds.publish_results import sample_results

from cfgeo import Results
from cfgeo.core.plan import Plan
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.words.story.scenes import MOST_BARS, Scene, story_of


def scenes(results: Results, lang: Lang = "en", *, pending: bool = False) -> dict[str, Scene]:
    return {scene.key: scene for scene in story_of(results, lang, pending=pending)}


def test_the_sample_is_told_by_its_numbers() -> None:
    told = scenes(sample_results())
    assert list(told) == ["standing", "why", "hills", "build"]
    assert told["standing"].message == "2 of 5 communities pass (40.0 %). The target is 70 %: 2 more needed."
    assert "Judged on 3 of the standard's 4 clauses; for the others there is no data." in told["standing"].lines
    assert [(bar.value, bar.share) for bar in told["standing"].bars] == [
        ("1 of 2", 0.5),
        ("1 of 2", 0.5),
        ("0 of 1", 0),
    ]
    assert told["why"].message == (
        "All communities that fail (3) are held back by this: Primary school within 15 minutes."
    )
    assert (told["why"].view, told["why"].clause) == ("clause", "T-school")
    assert [bar.value for bar in told["why"].bars] == ["3 (1 by this one alone)", "2"]
    assert told["why"].lines[0] == "丙社区 is nearest to passing and lacks 1 of the required clauses."
    assert told["hills"].message.startswith("乙社区 fails only by slope and stairs")
    assert told["hills"].lines[0].startswith("In 15 minutes the middle community reaches 90.5 % of the land")
    assert "71.0 %" in told["hills"].lines[0]
    assert [bar.value for bar in told["hills"].bars] == ["1 of 3"]


def test_where_none_passes_the_bars_say_how_far_from_passing_communities_are() -> None:
    results = sample_results()
    communities = results.communities.assign(verdict="failed", failed=[("T-school",), *[("T-school", "T-park")] * 4])
    none = dataclasses.replace(results, communities=communities, district=results.district | {"passed": 0})
    first = scenes(none)["standing"]
    assert first.heading == "Communities by how many required clauses they lack"
    assert [(bar.name, bar.value, bar.share) for bar in first.bars] == [("1 clause", "1", 0.2), ("2 clauses", "4", 0.8)]


def test_without_a_list_of_projects_the_story_says_what_the_nearest_lack() -> None:
    build = scenes(sample_results())["build"]
    assert build.message.startswith("The study names no reserve list")
    # The target takes two more; B01 lacks one clause, A02 and C01 lack both, so that the second nearest lacks two.
    assert build.lines == ("The target takes 2 more. The 3 communities that fail lack these; none lacks more than 2.",)
    assert [bar.value for bar in build.bars] == ["3", "2"]
    assert build.heading == "What the communities that fail lack"


def test_only_the_nearest_are_counted() -> None:
    results = sample_results()
    build = scenes(dataclasses.replace(results, district=results.district | {"needed": 1}))["build"]
    assert build.lines[0].startswith(
        "The target takes 1 more. Nearest to passing (communities: 1), each lacking at most 1 of the required clauses"
    )
    assert [(bar.name, bar.value) for bar in build.bars] == [("Primary school within 15 minutes", "1")]


def test_a_plan_that_is_still_being_made_is_said() -> None:
    told = scenes(sample_results(), pending=True)
    assert list(told) == ["standing", "why", "hills", "build", "after"]
    for key in ("build", "after"):
        assert told[key].message.startswith("The plan is still being made")
        assert told[key].bars == ()


def test_the_plan_is_told_by_its_own_numbers(town_results: Results, plan: Plan) -> None:
    told = scenes(dataclasses.replace(town_results, plan=plan))
    build, after = told["build"], told["after"]
    assert build.message == "With 3 projects for 520.5 万元, 3 of 4 communities pass (75.0 %); now 1."
    assert [bar.name.split(".")[0] for bar in build.bars] == ["1", "2", "3"]
    assert build.bars[-1].share == plan.passed / len(plan.after)
    assert build.view == "projects"
    assert after.message.startswith(
        f"With all of it built {plan.passed} of {len(plan.after)} communities pass (75.0 %)"
    )
    assert after.view == "plan"
    gained = (plan.after["verdict"] == "passed") & (plan.before["verdict"] != "passed")
    assert after.lines[0].startswith(f"{int(gained.sum())} more pass: ")
    for bar, (_, row) in zip(
        after.bars, plan.offices.sort_values("passed_after", ascending=False).iterrows(), strict=True
    ):
        assert bar.share == row["passed_after"] / row["communities"]
        assert bar.before == row["passed_before"] / row["communities"]


def test_what_is_not_proven_is_said(town_results: Results, plan: Plan) -> None:
    open_ = dataclasses.replace(plan, bound=plan.cost * 0.9)
    assert any(
        "none costs less than" in line for line in scenes(dataclasses.replace(town_results, plan=open_))["build"].lines
    )
    assert (
        "No cheaper set meets the target (proven)."
        in scenes(dataclasses.replace(town_results, plan=plan))["build"].lines
    )


def test_without_walks_nothing_is_said_of_hills() -> None:
    results = sample_results()
    coverage = results.coverage[results.coverage["measure"] != "reach"]
    hills = scenes(dataclasses.replace(results, coverage=coverage))["hills"]
    assert "has not been measured" in hills.message
    assert hills.bars == ()


def test_without_elevation_only_stairs_are_claimed() -> None:
    results = sample_results()
    parameters = results.parameters | {"relief": {"slope": "none"}}
    told = scenes(dataclasses.replace(results, parameters=parameters))
    assert any("what slopes cost is not known" in line for line in told["hills"].lines)
    assert not any("what slopes cost" in line for line in scenes(results)["hills"].lines)


def test_a_step_has_room_for_a_few_bars_and_counts_the_others() -> None:
    results = sample_results()
    row = results.street_offices.iloc[[0]]
    many = pd.concat([row.set_axis([f"office {nth}"]) for nth in range(MOST_BARS + 3)])
    standing = scenes(dataclasses.replace(results, street_offices=many))["standing"]
    assert len(standing.bars) == MOST_BARS
    assert standing.heading.endswith(f"(the first {MOST_BARS} of {MOST_BARS + 3})")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_district_that_passes_is_told_too(lang: Lang) -> None:
    results = sample_results()
    communities = results.communities.assign(
        verdict="passed", failed=[()] * len(results.communities), fails_by_terrain=False, level_ratio=math.nan
    )
    district = results.district | {"passed": 5, "failed": 0, "share": 1.0, "met": True, "needed": 0, "marginal": 0}
    coverage = results.coverage.assign(verdict="passed", verdict_level="passed")
    told = scenes(dataclasses.replace(results, communities=communities, district=district, coverage=coverage), lang)
    assert all(scene.message for scene in told.values())
    assert told["why"].bars == ()
    assert told["hills"].bars == ()
    assert told["build"].bars == ()
