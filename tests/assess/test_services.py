"""Several services at once: who has all of them in reach, and how many each child has."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from cfgeo.assess.case import Case
from cfgeo.assess.coverage import demand_seconds
from cfgeo.assess.services import service_table, services_of
from cfgeo.assess.verdicts import judge_case
from cfgeo.core.results import SERVICE_COLUMNS
from cfgeo.core.schema import AGE_BANDS
from cfgeo.study.standard import Clause


def clause(name: str, **keys: Any) -> Clause:
    return Clause(id=name, name=name, name_en=name, **keys)


HOME = clause("to-home", layer="children_homes", walker="child", limit_minutes=3, children=["age_6_11"], need_share=0.5)
ALL = clause("all", measure="all_reach", of=["school", "park", "to-home"], need_share=0.5)


@pytest.fixture(scope="module")
def case(town_case: Case) -> Case:
    """Return the town with a walk to children's homes, and a clause that puts it together with school and park."""
    standard = town_case.standard.model_copy(update={"clause": (*town_case.standard.clause, HOME, ALL)})
    return dataclasses.replace(town_case, standard=standard)


def by_hand(case: Case, of: list[str]) -> list[tuple[str, int, int, float]]:
    """Return community, services in reach, services asked, and number of the children of each home and age."""
    demand, rows = case.samples.demand, []
    clauses = [one for one in case.standard.clause if one.id in of]
    near = {}
    for one in clauses:
        walk, limit_s = case.walk(one), case.limit_s(one)
        near[one.id] = demand_seconds(case.samples, walk, case.places(one, walk), limit_s=limit_s) <= limit_s
    for home in range(len(demand)):
        for band in AGE_BANDS:
            asked = [one.id for one in clauses if not one.children or band in one.children]
            if asked and demand[band].iloc[home] > 0:
                number = sum(bool(near[name][home]) for name in asked)
                rows.append((demand["community"].iloc[home], number, len(asked), demand[band].iloc[home]))
    return rows


def test_a_child_has_all_services_of_its_age(case: Case) -> None:
    # Pupils are asked for school and home, the youngest for the park, those of 12 to 17 for nothing.
    rows = by_hand(case, ["school", "park", "to-home"])
    result = judge_case(case)
    found = result.coverage[result.coverage["clause"] == "all"].set_index("code")
    for code in ("C01", "C02", "C03"):
        mine = [row for row in rows if row[0] == code]
        whole = sum(row[3] for row in mine)
        share = sum(row[3] for row in mine if row[1] == row[2]) / whole
        assert found.loc[code, "share"] == pytest.approx(share)
        assert found.loc[code, "demand"] == whole
        assert found.loc[code, "verdict"] == ("passed" if share >= 0.5 else "failed")
    assert found.loc["C04", "verdict"] == "not_assessed"
    assert 0 < found["share"].min() < found["share"].max()


def test_all_at_once_is_never_more_than_any_one(case: Case) -> None:
    coverage = judge_case(case).coverage
    wide = coverage.pivot(index="code", columns="clause", values="share").loc[["C01", "C02", "C03"]]
    both = clause("both", measure="all_reach", of=["school", "to-home"], need_share=0.5)
    alone = dataclasses.replace(
        case, standard=case.standard.model_copy(update={"clause": (*case.standard.clause, both)})
    )
    owner = case.samples.demand_owner
    _, low, high = services_of(alone, both).all_reached(owner, n_areas=4)
    assert (low[:3] <= wide[["school", "to-home"]].min(axis=1).to_numpy() + 1e-9).all()
    assert np.array_equal(low, high, equal_nan=True)


def test_the_table_adds_up_to_the_children_of_each_community(case: Case) -> None:
    table = service_table(case)
    assert table.columns.tolist() == list(SERVICE_COLUMNS)
    rows = by_hand(case, ["school", "park", "to-home"])
    for code in ("C01", "C02", "C03", ""):
        for of in (1, 2):
            for number in range(of + 1):
                mine = sum(r[3] for r in rows if (code in ("", r[0])) and r[1:3] == (number, of))
                there = table[(table["code"] == code) & (table["of"] == of) & (table["services"] == number)]
                assert there["demand"].sum() == pytest.approx(mine)
    assert table.groupby(["code", "of"])["share"].sum().tolist() == pytest.approx([1.0] * 8)


def test_a_service_that_is_not_declared_leaves_it_open(case: Case) -> None:
    # Nobody knows where culture is: as few as none, or as many as without it, have everything in reach.
    asks = clause("open", measure="all_reach", of=["school", "culture"], need_share=0.9)
    standard = case.standard.model_copy(update={"clause": (*case.standard.clause, asks)})
    result = judge_case(dataclasses.replace(case, standard=standard))
    rows = result.coverage[result.coverage["clause"] == "open"].set_index("code")
    assert rows["verdict"].tolist() == ["not_assessed", "failed", "failed", "not_assessed"]
    assert result.clauses.loc["open", "verdict"] == "failed", "with one of four it would be too few"


def test_without_ages_everybody_counts_for_every_service(case: Case) -> None:
    demand = case.samples.demand.drop(columns=list(AGE_BANDS))
    samples = dataclasses.replace(case.samples, demand=demand)
    (group,) = services_of(dataclasses.replace(case, samples=samples), ALL).ages()
    assert group[0].tolist() == demand["weight"].tolist()
    assert group[1].all()


def test_two_clauses_of_one_walk_are_one_service(case: Case) -> None:
    school = case.standard.clause[0]
    again = school.model_copy(update={"id": "again", "scope": "block"})
    standard = case.standard.model_copy(update={"clause": (*case.standard.clause, again)})
    more = dataclasses.replace(case, standard=standard)
    assert [one.id for one in services_of(more).clauses] == [one.id for one in services_of(case).clauses]
    assert [one.id for one in more.walked_clauses] == [one.id for one in case.walked_clauses]
