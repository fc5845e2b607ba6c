"""Reach ratios: circles and level streets worked out by hand, and bounds that no terrain exceeds."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from worlds.studies import case_of, remade
from worlds.town import BRIDGE, ESCALATOR, LIFT_LOWER, RAMP, SAC, STEPS, at, grid, write_town

from cfgeo import load_study, run_study
from cfgeo.assess.case import Case
from cfgeo.assess.reach_ratios import ratios_of, reach_ratio_table
from cfgeo.core.results import REACH_RATIO_COLUMNS
from cfgeo.core.schema import Network
from cfgeo.walk.catchment import land_of_edges

MINUTES = [5.0, 10.0, 15.0]


@pytest.fixture(scope="module")
def table(town_case: Case) -> pd.DataFrame:
    """Return the town's reach ratios."""
    return reach_ratio_table(town_case)


def rows(table: pd.DataFrame, scope: str, name: str) -> pd.DataFrame:
    ratios = table[(table["scope"] == scope) & (table["id"] == name)].set_index("minutes")
    assert ratios.index.tolist() == MINUTES
    return ratios


def test_every_place_layer_and_community_has_one_row_for_each_limit(table: pd.DataFrame) -> None:
    assert table.columns.tolist() == list(REACH_RATIO_COLUMNS)
    ids = table.loc[table["minutes"] == 5, ["scope", "id", "kind", "walker"]].to_numpy().tolist()
    assert ids == [
        # High School is no primary school: no clause sends anybody there.
        ["facility", "schools-1", "primary", "child"], ["facility", "schools-3", "primary", "child"],
        ["layer", "schools", "primary", "child"],
        ["facility", "parks-1", "", "pram"], ["facility", "parks-2", "", "pram"], ["layer", "parks", "", "pram"],
        *(["community", f"C0{n}", "", "child"] for n in (1, 2, 3, 4)),
    ]  # fmt: skip
    assert len(table) == 3 * len(ids)


def test_the_limit_of_the_study_is_one_of_the_limits(town_case: Case) -> None:
    case = replace(town_case, choices=town_case.choices.model_copy(update={"limit_minutes": 12}))
    assert sorted(set(reach_ratio_table(case)["minutes"])) == [5, 10, 12, 15]


def test_the_circle_of_a_point_has_the_radius_of_a_level_walk(table: pd.DataFrame) -> None:
    for scope, name in (("facility", "schools-1"), ("community", "C02")):
        for minutes, circle_m2 in rows(table, scope, name)["circle_m2"].items():
            assert circle_m2 == pytest.approx(math.pi * (1.25 * 60 * minutes) ** 2, rel=5e-4)  # type: ignore[operator]


def test_the_circle_of_an_area_is_its_buffer(table: pd.DataFrame) -> None:
    # Long Park, 100 m × 60 m: itself, four strips of 300 m, and the four quarters of a circle
    expected = 100 * 60 + 2 * (100 + 60) * 300 + math.pi * 300**2
    assert rows(table, "facility", "parks-1").loc[5, "circle_m2"] == pytest.approx(expected, rel=5e-4)


def test_the_circle_of_a_layer_is_the_union_of_those_of_its_snapped_places(
    table: pd.DataFrame, town_case: Case
) -> None:
    layers = town_case.inputs.layers
    low_school = shapely.buffer(layers["schools"].geometry.to_numpy()[:1], 375.0, quad_segs=64)
    both_parks = shapely.buffer(layers["parks"].geometry.to_numpy(), 300.0, quad_segs=64)
    for layer, circles in (("schools", low_school), ("parks", both_parks)):
        circle_m2 = rows(table, "layer", layer).loc[5, "circle_m2"]
        assert circle_m2 == pytest.approx(shapely.union_all(circles).area, rel=1e-3), "Lost School meets no street"
    assert circle_m2 < shapely.area(both_parks).sum()


def test_a_place_without_a_street_and_an_empty_community_have_no_ratios(table: pd.DataFrame) -> None:
    numbers = ["reached_m2", "circle_m2", "level_m2", "circle_ratio", "level_ratio"]
    assert rows(table, "facility", "schools-3")[numbers].isna().all(axis=None), "Lost School"
    assert rows(table, "community", "C04")[numbers].isna().all(axis=None), "Nobody"
    rest = table[~table["id"].isin(["schools-3", "C04"])]
    assert rest.notna().all(axis=None)


def between(network: Network, start: tuple[int, int], end: tuple[int, int]) -> int:
    """Return the position of the edge between two junctions of the grid."""
    ids = network.nodes["osm_id"].to_numpy()
    ends = {grid(*start), grid(*end)}
    edges = [nth for nth, (u, v) in enumerate(network.edges[["u", "v"]].to_numpy()) if {ids[u], ids[v]} == ends]
    assert len(edges) >= 1
    return edges[0]


def test_the_reach_of_a_community_from_its_middle_child_is_the_one_worked_out_by_hand(
    table: pd.DataFrame, town: Network
) -> None:
    # The mean of 16 children at (350, 95) and 9 at (370, -5) is (357, 59): "east" is nearest, on row 100, 5 m off.
    # To it in 300 s: 4 s leg, 40 s along row 100 on either side; seconds at the junctions (x, y):
    #   y = 300                              300: 286.5
    #   y = 200                  200: 286.5  300: 206.5 (ramp 162.5)  400: 284 (bridge 240)
    #   y = 100   0: 284  100: 204  200: 124  300: 44  400: 44
    #   y =   0           100: 284  200: 204  300: 124  400: 124
    few, share = 16 * 1.25 / 100, 13.5 * 1.25 / 100  # 16 s, 13.5 s are left
    streets = {
        ((0, 0), (100, 0)): few, ((100, 0), (200, 0)): 1, ((200, 0), (300, 0)): 1, ((300, 0), (400, 0)): 1,
        ((0, 100), (100, 100)): 1, ((100, 100), (200, 100)): 1, ((200, 100), (300, 100)): 1,
        ((300, 100), (400, 100)): 1,
        ((100, 200), (200, 200)): share, ((200, 200), (300, 200)): 1, ((300, 200), (400, 200)): 1,
        ((200, 300), (300, 300)): share, ((300, 300), (400, 300)): share,
        ((0, 0), (0, 100)): few, ((100, 0), (100, 100)): 1, ((200, 0), (200, 100)): 1, ((300, 0), (300, 100)): 1,
        ((400, 0), (400, 100)): 1,
        ((200, 200), (200, 300)): share, ((300, 200), (300, 300)): 1, ((400, 200), (400, 300)): few,
    }  # fmt: skip
    land_m2 = land_of_edges(town)
    expected = sum(land_m2[between(town, *ends)] * part for ends, part in streets.items())
    others = {
        STEPS: 16 * 0.8 / 100,  # down from (0, 200), 0.8 m/s
        LIFT_LOWER: 1,  # to the lift 244 s, on to the platform 276 s; up it would be 304 s
        ESCALATOR: 13.5 * 0.5 / 100,  # up to (200, 200)
        RAMP: 1,
        BRIDGE: 1,  # without land
        SAC: 176 * 1.25 / 400,
    }
    for osm_id, part in others.items():
        expected += land_m2[town.edges["osm_id"] == osm_id].sum() * part
    row = rows(table, "community", "C02").loc[5.0]
    assert row["reached_m2"] == pytest.approx(expected, rel=1e-9)
    assert row["circle_ratio"] == pytest.approx(expected / (math.pi * 375**2), rel=5e-4)
    assert row["level_ratio"] == pytest.approx(row["reached_m2"] / row["level_m2"])


def test_the_middle_of_a_community_is_where_a_child_lives(town_case: Case) -> None:
    # From "row" in C01, alone on the network 5 m off row 0 at x = 150; of "up" and "top" in C03 the mean is nearer
    # to "top", and "stranded" meets no street.
    demand = town_case.samples.demand
    only = demand.assign(weight=np.where(np.arange(len(demand)) == 7, 10_000.0, demand["weight"]))
    case = replace(town_case, samples=replace(town_case.samples, demand=only))
    table = reach_ratio_table(case)
    assert rows(table, "community", "C03")["reached_m2"].isna().all()
    assert rows(table, "community", "C01")["reached_m2"].notna().all()


def test_ratios_do_not_exceed_one_and_reach_grows_with_the_minutes(table: pd.DataFrame) -> None:
    known = table.dropna()
    assert known["level_ratio"].between(0, 1 + 1e-9).all()
    assert known["circle_ratio"].between(0, 1).all()
    for _, walks in known.groupby(["scope", "id"]):
        assert walks["reached_m2"].is_monotonic_increasing
        assert walks["circle_m2"].is_monotonic_increasing


def test_on_level_streets_the_terrain_costs_nothing(town_case: Case) -> None:
    known = reach_ratio_table(remade(town_case, town_case.level_network)).dropna()
    assert len(known) == 24
    assert known["level_ratio"].to_numpy() == pytest.approx(np.ones(24))


@pytest.mark.shared
def test_no_ratio_of_monaco_exceeds_one(monaco_case: Case) -> None:
    known = reach_ratio_table(monaco_case).dropna()
    assert len(known) > 200
    assert known["level_ratio"].max() <= 1 + 1e-9
    assert known["circle_ratio"].max() < 1
    assert known["level_ratio"].min() < 0.7
    assert (known["reached_m2"] > 0).all()


def test_no_ratio_of_the_default_study_exceeds_one(default_case: Case) -> None:
    table = reach_ratio_table(default_case)
    known = table.dropna()
    assert known["level_ratio"].max() <= 1 + 1e-9
    assert known["circle_ratio"].max() < 1
    assert set(table.loc[table["scope"] == "community", "id"]) == set(default_case.inputs.communities.index)


# --- by id -------------------------------------------------------------------------------------------------------


def test_the_lowest_ratio_of_several_walkers_counts() -> None:
    row: dict[str, Any] = {"scope": "facility", "minutes": 15.0}
    table = pd.DataFrame(
        [
            {**row, "id": "a", "walker": "primary", "circle_ratio": 0.4, "level_ratio": 0.7},
            {**row, "id": "a", "walker": "stroller", "circle_ratio": 0.3, "level_ratio": 0.9},
            {**row, "id": "b", "walker": "primary", "circle_ratio": math.nan, "level_ratio": math.nan},
            {**row, "id": "a", "minutes": 5.0, "walker": "primary", "circle_ratio": 0.1, "level_ratio": 0.1},
            {**row, "id": "a", "scope": "layer", "walker": "primary", "circle_ratio": 0.1, "level_ratio": 0.1},
        ]
    )
    ratios = ratios_of(table, "facility", 15)
    assert ratios.loc["a"].tolist() == [0.3, 0.7]
    assert ratios.loc["b"].isna().all()
    assert len(ratios) == 2


def test_one_facility_with_two_walkers_has_a_row_for_each(town_case: Case) -> None:
    clauses = town_case.standard.clause
    again = clauses[0].model_copy(update={"id": "again", "walker": "pram"})
    standard = town_case.standard.model_copy(update={"clause": (*clauses, again)})
    table = reach_ratio_table(replace(town_case, standard=standard))
    schools = table[(table["id"] == "schools-1") & (table["minutes"] == 10)]
    assert schools["walker"].tolist() == ["child", "pram"]
    assert ratios_of(table, "facility", 10).loc["schools-1", "circle_ratio"] == schools["circle_ratio"].min()


def test_a_layer_without_a_snapped_place_has_no_ratios(town_case: Case, town_study: Any) -> None:
    inputs = town_case.inputs
    schools = inputs.layers["schools"]
    lost = schools.set_geometry([at(250, 900)] * len(schools), crs=schools.crs)
    case = case_of(load_study(town_study), replace(inputs, layers={**inputs.layers, "schools": lost}))
    table = reach_ratio_table(case)
    assert rows(table, "layer", "schools")["reached_m2"].isna().all()
    assert rows(table, "layer", "parks")["reached_m2"].notna().all()


def test_communities_have_ratios_without_any_reach_clause(town_case: Case) -> None:
    clauses = tuple(clause for clause in town_case.standard.clause if clause.measure != "reach")
    table = reach_ratio_table(replace(town_case, standard=town_case.standard.model_copy(update={"clause": clauses})))
    assert set(table["scope"]) == {"community"}
    assert len(table) == 12


def test_homes_without_a_position_do_not_stop_a_run(tmp_path: Path) -> None:
    study = write_town(tmp_path / "town")
    homes = json.loads((tmp_path / "town" / "homes.geojson").read_text(encoding="utf-8"))
    homes["features"][0]["geometry"] = None
    (tmp_path / "town" / "homes.geojson").write_text(json.dumps(homes), encoding="utf-8")
    results = run_study(load_study(study))
    assert results.communities["verdict"].notna().all()
