"""Plans with targets of clauses and budgets by year, against every set of projects and every year of each."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from worlds.plan_traps import ABOUT, AROUND, FIRST, SECOND, project, room, school, trap
from worlds.studies import edited
from worlds.terraces import Terraces, cost_of, sets_of

from cfgeo import FacilityChange, StudyError, load_study
from cfgeo.assess.score import communities_for
from cfgeo.assess.verdicts import judge_case
from cfgeo.core.plan import Plan, PlanChoices
from cfgeo.pipeline.case import load_case
from cfgeo.plan.clauses.values import clause_values
from cfgeo.plan.planning import find_plan
from cfgeo.publish.words.plan import asked_words, headline_words
from cfgeo.scenarios.remeasure import changed, measured
from cfgeo.scenarios.street_edits import streets_of

CENT = 1e-6
MORE = """
[[clause]]
id = "play"
name = "步行可达儿童之家"
name_en = "A room within a walk"
layer = "rooms"
walker = "child"
limit_minutes = 2
need_share = 1.0
target_share = 1.0

[[clause]]
id = "office"
name = "街道有儿童之家"
name_en = "A room in the street office"
scope = "street_office"
measure = "present"
layer = "rooms"
need_count = 1

[[clause]]
id = "named"
name = "儿童友好学校"
name_en = "Certified schools"
scope = "district"
measure = "count"
layer = "schools"
only_where = "certified"
need_count = 2

[[clause]]
id = "places"
name = "每千人学位"
name_en = "Places per 1,000"
scope = "district"
measure = "rate"
layer = "schools"
need_rate = 3.0

[[clause]]
id = "public"
name = "公办学位占比"
name_en = "Public share of places"
scope = "district"
measure = "facility_share"
layer = "schools"
attribute = "public"
weigh_by_capacity = true
need_share = 0.5
strict = true
"""


@dataclass
class Town:
    """A town, and what every set of its projects comes to as a run would find it."""

    town: Terraces
    tried: dict[frozenset[str], tuple[int, Mapping[str, float]]]

    def plan(self, **wanted: Any) -> Plan:
        return find_plan(self.town.case, self.town.listed, PlanChoices(**wanted), streets=self.town.streets,
                         about=ABOUT)  # fmt: skip

    def cost(self, ids: frozenset[str]) -> float:
        return cost_of(self.town.listed, ids)

    def missed(self, ids: frozenset[str], targets: Mapping[str, float]) -> list[str]:
        """Return the targets that a set misses."""
        values = self.tried[ids][1]
        return [name for name, asked in targets.items()
                if values[name] < asked - 1e-9 or (name == "public" and values[name] <= asked)]  # fmt: skip

    def short(self, ids: frozenset[str], targets: Mapping[str, float]) -> float:
        """Return the sum of the shares by which a set misses targets, of what they are missed by now."""
        parts = []
        for name, asked in targets.items():
            now, then = (self.tried[each][1][name] for each in (frozenset(), ids))
            aim = communities_for(asked, of=3) / 3 if name in {"room", "play"} else asked
            parts.append(max(aim - then, 0.0) / (aim - now))
        return sum(parts)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Two homes and a school, each a community; two street offices; seven projects.

    A and B together bring the first home to the school, S a school to the second. R and Q give each a room, R and its
    certified school belong together. K certifies the school and has it public; L enlarges that of S.
    """
    return written_town(tmp_path_factory.mktemp("wider"), MORE)


def written_town(folder: Path, more: str) -> Town:
    """Write the town with further clauses, and try every set of its projects."""
    named = FacilityChange("refit", "schools", "School 0", attributes={"certified": "yes", "public": "yes"})
    big = replace(school(-40, 602), attributes={"capacity": 30.0, "public": "yes", "certified": "yes"}, name="Big")
    small = replace(school(-55, 605), attributes={"capacity": 10.0, "public": "no", "certified": "no"}, name="Small")
    listed = [
        project("A", 2, FIRST), project("B", 3, SECOND), project("S", 4, small), project("L", 7, big, excludes=("S",)),
        project("R", 1, room(5, 18), years=2), project("Q", 2, room(-52, 608), requires=("S",)),
        project("K", 1.5, replace(named, shape=None), year=2027),
    ]  # fmt: skip
    town = trap(folder, *[item for item in listed if item.id != "K"], ways=AROUND, homes=[(0, 20), (-50, 610)],
                schools=[(300, 5)], rooms=((-95, -395),), offices="NSN", empty=((300, 5),))  # fmt: skip
    with (folder / "standard.toml").open("a", encoding="utf-8") as standard:
        standard.write(more)
    edited(folder / "schools.geojson", '"name": "School 0"',
           '"name": "School 0", "capacity": 20, "public": "no", "certified": "no"')  # fmt: skip
    for n, residents in enumerate((4000, 6000, 0)):
        edited(folder / "communities.geojson", f'"code": "C{n}"', f'"code": "C{n}", "residents": {residents}')
    study = load_study(folder / "study.toml")
    case = load_case(study)
    projects = (*town.listed.projects, replace(listed[-1], row=9))
    town = Terraces(case, streets_of(study, case), replace(town.listed, projects=projects))
    now = measured(case, streets=replace(town.streets, homes=None))
    tried = {}
    for ids in sets_of(town.listed):
        after = changed(now, town.metric.changes_of(ids))
        values = clause_values(after, case.standard.clause)["found"]
        tried[ids] = (int(after.passed.sum()), values.to_dict())
    return Town(town, tried)


def test_the_town_is_as_it_is_described(town: Town) -> None:
    now, every = town.tried[frozenset()], town.tried[frozenset("ABSRQK")]
    assert now == (0, {"school": 0, "room": 0, "play": 0, "office": 0, "named": 0, "places": 2, "public": 0})
    two = dict.fromkeys(("school", "room", "play", "public"), pytest.approx(2 / 3))
    assert every == (2, {**two, "office": 1, "named": 1, "places": 3})


@pytest.mark.parametrize(("target", "targets"), [
    (0.3, {"room": 0.6}), (0.6, {"play": 0.6, "public": 0.6}), (0.6, {"named": 2}), (0.3, {"places": 3.0, "office": 1}),
    (0.3, {"named": 2, "room": 1.0}), (0.3, {"places": 9.0, "play": 1.0}),
])  # fmt: skip
def test_no_set_that_meets_all_targets_is_cheaper(town: Town, target: float, targets: dict[str, float]) -> None:
    plan = town.plan(target=target, targets=targets)
    wanted = communities_for(target, of=3)
    good = [ids for ids, (passed, _) in town.tried.items() if passed >= wanted and not town.missed(ids, targets)]
    built = frozenset(plan.built.index)
    assert plan.proven
    assert plan.gap == pytest.approx(0, abs=CENT)
    assert town.tried[built][0] >= wanted
    if good:
        assert not town.missed(built, targets)
        assert plan.cost == pytest.approx(min(map(town.cost, good)))
        assert plan.least == pytest.approx(plan.cost)
    else:  # then as little as can be is missed
        short = {ids: town.short(ids, targets) for ids, (passed, _) in town.tried.items() if passed >= wanted}
        assert short[built] == pytest.approx(min(short.values()))
        least = min(town.cost(ids) for ids in short if short[ids] < short[built] + CENT)
        assert plan.cost == pytest.approx(least)
    after = plan.clauses["after"].to_dict()
    assert after == pytest.approx(dict(town.tried[built][1]))
    assert plan.clauses.loc[list(targets), "target"].to_dict() == targets


OF_BLOCKS = """
[[clause]]
id = "block-school"
name = "街区：步行可达小学"
name_en = "Block: a school within a walk"
scope = "block"
layer = "schools"
walker = "child"
limit_minutes = 6
need_share = 1.0
required = true

[[clause]]
id = "block-room"
name = "街区：有儿童之家"
name_en = "Block: a room"
scope = "block"
measure = "present"
layer = "rooms"
need_count = 1
required = true
"""


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Town, dict[frozenset[str], int]]:
    """The town whose two street offices are blocks that need a school and a room, and how many pass with each set."""
    town = written_town(tmp_path_factory.mktemp("blocks"), MORE + OF_BLOCKS)
    now = measured(town.town.case, streets=replace(town.town.streets, homes=None))
    judged = {ids: judge_case(changed(now, town.town.metric.changes_of(ids)).case).district for ids in town.tried}
    return town, {ids: district["blocks"]["passed"] for ids, district in judged.items()}


@pytest.mark.parametrize(("target", "share", "more"), [
    (0.3, 0.5, {}), (0.3, 1.0, {}), (0.6, 1.0, {}), (0.3, 1.0, {"named": 1}), (0.3, 0.5, {"play": 0.6}),
])  # fmt: skip
def test_no_set_that_brings_so_many_street_blocks_to_pass_is_cheaper(
    blocks: tuple[Town, dict[frozenset[str], int]], target: float, share: float, more: dict[str, float]
) -> None:
    """A block needs what no community does: by communities alone the cheapest set leaves blocks failing."""
    town, passing = blocks
    plan = town.plan(target=target, targets={"blocks": share, **more})
    wanted, aim = communities_for(target, of=3), communities_for(share, of=2)
    enough = {ids for ids, (passed, _) in town.tried.items() if passed >= wanted}
    good = [ids for ids in enough if passing[ids] >= aim and not town.missed(ids, more)]
    built = frozenset(plan.built.index)
    assert passing[built] == plan.district_after["blocks"]["passed"] >= aim
    assert plan.proven
    assert plan.cost == pytest.approx(min(map(town.cost, good)))
    alone = town.plan(target=target)
    assert passing[frozenset(alone.built.index)] < aim
    assert alone.cost < plan.cost
    assert f"of the street blocks pass ({aim})" in asked_words(plan, "en")
    assert f"要求 {aim} 个" in " ".join(headline_words(plan, "zh"))


def test_blocks_are_no_target_where_nothing_is_required_of_them(town: Town) -> None:
    with pytest.raises(StudyError) as caught:
        town.plan(targets={"blocks": 0.5})
    assert caught.value.code == "plan_blocks_none"


def test_a_target_of_blocks_that_is_no_share_is_refused(blocks: tuple[Town, dict[frozenset[str], int]]) -> None:
    with pytest.raises(StudyError) as caught:
        blocks[0].plan(targets={"blocks": 2.0})
    assert caught.value.code == "plan_clause_value"


def begins(town: Town, ids: frozenset[str], money: dict[int, float], *, carry: bool) -> bool:
    """Whether a set can be paid for and be ready within the years, tried year by year."""
    years = sorted(money)
    projects = [town.town.listed.by_id[project_id] for project_id in sorted(ids)]
    for starts in product(years, repeat=len(projects)):
        ends = {p.id: start + p.years - 1 for p, start in zip(projects, starts, strict=True)}
        pairs = list(zip(projects, starts, strict=True))
        if any(ends[p.id] > years[-1] or start < (p.year or 0) for p, start in pairs):
            continue
        if any(ends[p.id] < ends[other] for p in projects for other in p.requires):
            continue
        paid = {y: sum(p.cost / p.years for p, start in pairs if start <= y <= ends[p.id]) for y in years}
        left = 0.0
        for year in years:
            left = (left if carry else 0.0) + money[year] - paid[year]
            if left < -CENT:
                break
        else:
            return True
    return False


@pytest.mark.parametrize(("money", "targets", "carry"), [
    ({2026: 5.0, 2027: 4.0}, {}, False), ({2026: 1.0, 2027: 3.0}, {}, True), ({2026: 1.0, 2027: 3.0}, {}, False),
    ({2026: 3.0, 2027: 1.0, 2028: 2.5}, {"named": 1}, False), ({2026: 20.0}, {"public": 0.6}, False),
    ({2026: 12.0, 2027: 6.0}, {"room": 1.0, "play": 1.0, "named": 2}, False),
])  # fmt: skip
def test_no_set_that_the_years_pay_for_does_more(
    town: Town, money: dict[int, float], targets: dict[str, float], *, carry: bool
) -> None:
    plan = town.plan(budgets=money, targets=targets, carry_over=carry)
    built = frozenset(plan.built.index)
    payable = [ids for ids in town.tried if begins(town, ids, money, carry=carry)]
    assert built in payable
    most = max(town.tried[ids][0] for ids in payable)
    assert (plan.passed, plan.bound, plan.proven) == (most, most, True)
    best = [ids for ids in payable if town.tried[ids][0] == most]
    good = [ids for ids in best if not town.missed(ids, targets)]
    if good:
        assert not town.missed(built, targets)
        assert plan.cost == pytest.approx(min(map(town.cost, good)))
    else:
        assert town.short(built, targets) == pytest.approx(min(town.short(ids, targets) for ids in best))
    left = 0.0
    for year, row in plan.years.iterrows():
        assert row["budget"] == money[int(str(year))]
        left = (left if carry else 0.0) + row["budget"] - row["paid"]
        assert left >= -CENT
    assert plan.years["paid"].sum() == pytest.approx(plan.cost)
    assert plan.years["passed"].iloc[-1] == plan.passed
    for name, row in plan.built.iterrows():
        item = town.town.listed.by_id[str(name)]
        assert row["begins"] >= (item.year or 0)
        assert row["ends"] == row["begins"] + item.years - 1 <= max(money)
    assert list(plan.built["ends"]) == sorted(plan.built["ends"])


def test_a_budget_with_targets_keeps_the_communities_and_misses_the_least(town: Town) -> None:
    plan = town.plan(budget=7.0, targets={"room": 1.0, "named": 1})
    best = {ids: value for ids, value in town.tried.items() if town.cost(ids) <= 7}
    most = max(passed for passed, _ in best.values())
    assert plan.passed == most == 1
    heavy = town.plan(budget=7.0, targets={"room": 1.0, "named": 1}, weights={"named": 10.0})
    assert heavy.clauses.loc["named", "after"] == 1


@pytest.mark.parametrize(("wanted", "code"), [
    ({"targets": {"rooms": 0.5}}, "plan_clause"), ({"targets": {"room": 1.5}}, "plan_clause_value"),
    ({"targets": {"room": 0.0}}, "plan_clause_value"), ({"targets": {"named": math.inf}}, "plan_clause_value"),
    ({"weights": {"room": 0.0}}, "plan_clause_weight"), ({"weights": {"x": 1.0}}, "plan_clause"),
    ({"budgets": {2026: 1.0}, "target": 0.5}, "plan_budgets_one"), ({"budgets": {2026: -1.0}}, "plan_budgets_money"),
    ({"budgets": {2026: 1.0, 2090: 1.0}}, "plan_budgets_years"),
])  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(town: Town, wanted: dict[str, Any], code: str) -> None:
    with pytest.raises(StudyError) as caught:
        town.plan(**wanted)
    assert caught.value.code == code


def test_what_is_decided_has_to_be_paid_within_the_years(town: Town, tmp_path: Path) -> None:
    begun = [replace(p, decided=True, stage="begun") if p.id == "L" else p for p in town.town.listed.projects]
    other = replace(town, town=replace(town.town, listed=replace(town.town.listed, projects=tuple(begun))))
    with pytest.raises(StudyError) as caught:
        other.plan(budgets={2026: 4.0, 2027: 4.0})
    assert caught.value.code == "plan_budgets_decided"
    assert other.plan(budgets={2026: 4.0, 2027: 4.0}, carry_over=True).built.index.tolist() == ["L"]
