"""The worth of walkways: a flight of steps by hand, and two walkways against a study without them."""

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, Point
from worlds.studies import case_of, remade
from worlds.town import CRS, STEPS, moved

from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk
from cfgeo.assess.walkways import WALKWAYS, walkway_table
from cfgeo.core.results import WALKWAY_COLUMNS
from cfgeo.core.schema import Network
from cfgeo.study.standard import Clause
from cfgeo.walk.nearest import nearest_seconds, search
from cfgeo.walk.snap import LINE_WIDTH_M

LONG_STEPS = LineString([(0, 100), (0, 200)])
RAMP_LINE = LineString([(300, 100), (300, 200)])


def with_walkways(case: Case, *lines: tuple[str, Any], network: Network | None = None) -> Case:
    """Return a case with other walkways: name and line in local metres each."""
    names = pd.Series([name for name, _ in lines], dtype="str")
    about = {"layer": WALKWAYS, "kind": "walkway", "name": names}
    table = gpd.GeoDataFrame(about, geometry=[moved(line) for _, line in lines], crs=CRS)
    table.index = pd.Index([f"walkways-{nth}" for nth in range(len(lines))], name="facility", dtype="str")
    layers = {**case.inputs.layers, WALKWAYS: table}
    return remade(replace(case, inputs=replace(case.inputs, layers=layers)), network or case.inputs.network)


def numbers(table: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(table.drop(columns="geometry"))


# --- by hand -----------------------------------------------------------------------------------------------------


def test_a_walkway_is_worth_the_children_who_arrive_too_late_without_it(town_case: Case) -> None:
    # "up" walks 50 m, the steps down in 125 s, 130 m and 15 m off the streets: 40 + 125 + 80 + 24 + 12 = 281 s.
    # Without the steps 50 m to the lift's street, 50 m to the lift, 60 s, 50 m, 100 m and 70 m: 40 + 40 + 60 + 40 + 80
    # + 56 + 12 = 328 s: beyond five minutes. Nobody else takes the steps, and a pram cannot.
    table = walkway_table(with_walkways(town_case, ("Long Steps", LONG_STEPS)))
    row = table.loc["Long Steps"]
    assert row["length_m"] == pytest.approx(100)
    assert (row["school_beyond"], row["park_beyond"], row["beyond"]) == (8, 0, 8)
    assert row["extra_minutes"] == pytest.approx(8 * 47 / 60)
    assert table.geometry.iloc[0].equals(moved(LONG_STEPS))


def test_children_who_are_late_anyway_count_only_as_extra_minutes(town_case: Case) -> None:
    # With a pram from "top" to Long Park: 150 m, the ramp in 250 s, 90 m, and 5 m off: 495 s. Without it to the Garden:
    # 400 m to the lift, 60 s, 110 m, 25 m off: 595 s. 3 children are that young; pupils stay on the level and the lift.
    row = walkway_table(with_walkways(town_case, ("Ramp", RAMP_LINE))).loc["Ramp"]
    assert row["length_m"] == pytest.approx(100)
    assert row["beyond"] == 0
    assert row["extra_minutes"] == pytest.approx(3 * 100 / 60)


def moved_up(case: Case, x: float, y: float) -> Case:
    """Return a case in which "up" lives elsewhere."""
    demand = case.inputs.demand.copy()
    demand.loc[5, "geometry"] = moved(Point(x, y))
    return replace(case, inputs=replace(case.inputs, demand=demand))


def test_homes_on_a_walkway_snap_to_the_nearest_other_street(town_case: Case) -> None:
    # At the upper end of the steps: 5 m off, 90 m down, 130 m of streets and 10 m off: 4 + 112.5 + 104 + 8 = 228.5 s.
    # Without them (0, 200) is 11.18 m off; from there 80 s to the lift's street, then as above.
    row = walkway_table(with_walkways(moved_up(town_case, -5, 190), ("Long Steps", LONG_STEPS))).loc["Long Steps"]
    then_s = np.hypot(5, 10) / 1.25 + 80 + 40 + 60 + 40 + 80 + 56 + 8
    assert row["beyond"] == 8
    assert row["extra_minutes"] == pytest.approx(8 * (then_s - 228.5) / 60)


def test_a_home_that_is_faster_without_the_walkway_loses_nothing(town_case: Case) -> None:
    # At the lower end: 30 m down take 37.5 s, straight over to (0, 100) it would be 24 s.
    row = walkway_table(with_walkways(moved_up(town_case, -5, 130), ("Long Steps", LONG_STEPS))).loc["Long Steps"]
    assert (row["beyond"], row["extra_minutes"]) == (0, 0)


def test_ranks_follow_children_lost_then_extra_minutes_then_the_name(town_case: Case) -> None:
    nowhere = LineString([(120, 250), (190, 250)])
    lines = [("B", nowhere), ("A", nowhere), ("Ramp", RAMP_LINE), ("Long Steps", LONG_STEPS)]
    table = walkway_table(with_walkways(town_case, *lines))
    assert table.index.tolist() == ["Long Steps", "Ramp", "A", "B"], "of equal worth: by name"
    assert table["rank"].tolist() == [1, 2, 3, 4]
    assert table.index.name == "walkway"


def test_the_table_has_the_declared_columns(town_case: Case) -> None:
    table = walkway_table(with_walkways(town_case, ("Long Steps", LONG_STEPS)))
    assert table.columns.tolist() == [*WALKWAY_COLUMNS, "school_beyond", "park_beyond", "geometry"]
    assert table.crs == CRS
    columns = ["length_m", "climb_m", "beyond", "extra_minutes", "school_beyond"]
    assert set(table[columns].dtypes.astype("str")) == {"float64"}


def test_the_climb_of_a_walkway_adds_climb_and_descent_of_its_edges(town_case: Case) -> None:
    network = town_case.inputs.network
    on_steps = (network.edges["osm_id"] == STEPS).to_numpy()
    edges = network.edges.assign(climb_m=np.where(on_steps, 30.0, 0), descent_m=np.where(on_steps, 4.0, 0))
    case = with_walkways(town_case, ("Long Steps", LONG_STEPS), network=Network(network.nodes, edges))
    assert walkway_table(case).loc["Long Steps", "climb_m"] == 34


# --- which streets are a walkway ---------------------------------------------------------------------------------


def test_a_walkway_without_streets_along_it_is_worth_nothing(town_case: Case) -> None:
    table = walkway_table(with_walkways(town_case, ("Nowhere", LineString([(120, 250), (190, 250)]))))
    assert table.index.tolist() == ["Nowhere"]
    assert (numbers(table).drop(columns="rank") == 0).all(axis=None)


def test_a_residential_street_beside_a_walkway_is_not_part_of_it(town_case: Case) -> None:
    row = walkway_table(town_case).loc["Hill Walk"]  # 2 m beside Row 300, a residential street
    assert (row["length_m"], row["beyond"]) == (0, 0)


def test_a_street_with_the_name_of_the_walkway_is_part_of_it_whatever_its_class(town_case: Case) -> None:
    table = walkway_table(with_walkways(town_case, ("Row 300", LineString([(100, 302), (200, 302)]))))
    assert table.loc["Row 300", "length_m"] == pytest.approx(100)


def test_paths_stay_open_where_a_street_has_the_name_of_the_walkway(town_case: Case) -> None:
    # The line runs along the steps, and on along Row 200, whose name it has.
    line = LineString([(0, 100), (0, 200), (100, 200)])
    table = walkway_table(with_walkways(town_case, ("Row 200", line)))
    assert table.loc["Row 200", "length_m"] == pytest.approx(100)


def test_a_street_that_a_walkway_crosses_or_covers_in_part_stays_open(town_case: Case) -> None:
    for line in (LineString([(-50, 150), (50, 150)]), LineString([(0, 100), (0, 170)])):
        assert walkway_table(with_walkways(town_case, ("Part", line))).loc["Part", "length_m"] == 0


def test_several_lines_of_one_name_are_one_walkway(town_case: Case) -> None:
    halves = [("Long Steps", LineString([(0, 100), (0, 150)])), ("Long Steps", LineString([(0, 150), (0, 200)]))]
    table = walkway_table(with_walkways(town_case, *halves))
    whole = walkway_table(with_walkways(town_case, ("Long Steps", LONG_STEPS)))
    pd.testing.assert_frame_equal(numbers(table), numbers(whole))
    assert table.geometry.iloc[0].length == pytest.approx(100)


def test_a_line_that_is_given_twice_counts_once(town_case: Case) -> None:
    half = ("Half", LineString([(0, 100), (0, 150)]))
    assert walkway_table(with_walkways(town_case, half, half)).loc["Half", "length_m"] == 0


def test_a_walkway_mapped_as_an_area_has_the_streets_inside_and_a_point_has_none(town_case: Case) -> None:
    area = shapely.box(-5, 95, 5, 205)
    table = walkway_table(with_walkways(town_case, ("Area", area), ("Point", Point(0, 150))))
    assert table["length_m"].to_dict() == {"Area": pytest.approx(100), "Point": 0}


def test_lines_without_a_name_are_ignored(town_case: Case) -> None:
    table = walkway_table(with_walkways(town_case, ("", LONG_STEPS), ("Ramp", RAMP_LINE)))
    assert table.index.tolist() == ["Ramp"]


def test_a_study_without_walkways_has_an_empty_table_with_the_same_columns(town_case: Case) -> None:
    layers = {name: layer for name, layer in town_case.inputs.layers.items() if name != WALKWAYS}
    without = replace(town_case, inputs=replace(town_case.inputs, layers=layers))
    for case in (without, with_walkways(town_case)):
        table = walkway_table(case)
        assert len(table) == 0
        assert table.columns.tolist() == walkway_table(town_case).columns.tolist()
        assert table.crs == CRS


def test_a_clause_about_walkways_loses_the_walkway_as_a_place_too(town_case: Case) -> None:
    clause = Clause(
        id="walk", name="w", name_en="w", layer=WALKWAYS, walker="child", limit_minutes=15, need_share=0.5
    )  # fmt: skip
    standard = town_case.standard.model_copy(update={"clause": (clause,)})
    case = with_walkways(replace(town_case, standard=standard), ("Long Steps", LONG_STEPS))
    everybody = town_case.inputs.demand.loc[lambda table: table.index != 7, "weight"].sum()
    assert walkway_table(case).loc["Long Steps", "walk_beyond"] == everybody, "it was the only one"
    with_another = with_walkways(replace(town_case, standard=standard), ("Long Steps", LONG_STEPS), ("Ramp", RAMP_LINE))
    assert (walkway_table(with_another)["walk_beyond"] == 0).all(), "the other is within a quarter of an hour"


def test_edges_and_layer_are_left_unchanged(town_case: Case) -> None:
    case = with_walkways(town_case, ("Long Steps", LONG_STEPS))
    edges, layer = case.inputs.network.edges.copy(), case.inputs.layers[WALKWAYS].copy()
    walkway_table(case)
    assert case.inputs.network.edges.equals(edges)
    assert case.inputs.layers[WALKWAYS].equals(layer)


# --- against a study without them --------------------------------------------------------------------------------


def seconds_of(case: Case, clause: Clause, walk: Walk) -> Any:
    places = case.places(clause, walk)
    reach = search(walk.graph, places, limit_s=case.search_s(clause))
    seconds = nearest_seconds(reach, walk.demand, n_items=len(case.samples.demand))
    return np.minimum(seconds, case.search_s(clause))


def never_had(case: Case, name: str) -> Case:
    """Return a case whose network lacks the edges of a walkway, chosen by name and position."""
    network, layer = case.inputs.network, case.inputs.layers[WALKWAYS]
    strip = shapely.union_all(
        shapely.buffer(layer.geometry[layer["name"] == name].to_numpy(), LINE_WIDTH_M, cap_style="flat")
    )
    lines = network.edges.geometry.to_numpy()
    beside = shapely.length(shapely.intersection(lines, strip)) >= 0.8 * shapely.length(lines)
    closed = (network.edges["name"] == name).to_numpy() & beside & (network.edges["length_m"] > 0).to_numpy()
    assert closed.sum() > 3
    return remade(case, replace(network, edges=network.edges[~closed].reset_index(drop=True)))


@pytest.fixture(scope="module")
def default_table(default_case: Case) -> gpd.GeoDataFrame:
    """Return the walkways of the default study."""
    return walkway_table(default_case)


@pytest.mark.parametrize("rank", [1, 4])
def test_the_worth_of_a_walkway_is_the_difference_to_a_study_without_it(
    default_case: Case, default_table: gpd.GeoDataFrame, rank: int
) -> None:
    row = default_table[default_table["rank"] == rank].iloc[0]
    without = never_had(default_case, str(row.name))
    lengths_m = [case.inputs.network.edges["length_m"].sum() for case in (default_case, without)]
    assert row["length_m"] == pytest.approx(lengths_m[0] - lengths_m[1])
    beyond = extra_s = 0.0
    inside = default_case.samples.demand_owner >= 0
    for clause in default_case.reach_clauses:
        now_s = seconds_of(default_case, clause, default_case.walk(clause))
        then_s = seconds_of(without, clause, without.walk(clause))
        weight = default_case.weight(clause) * inside
        limit_s = default_case.limit_s(clause)
        lost = weight[(now_s <= limit_s) & (then_s > limit_s)].sum()
        assert row[f"{clause.id}_beyond"] == pytest.approx(lost), clause.id
        beyond += lost
        extra_s += (weight * np.maximum(then_s - now_s, 0)).sum()
    assert row["beyond"] == pytest.approx(beyond)
    assert row["extra_minutes"] == pytest.approx(extra_s / 60)
    assert beyond > 100


def test_walkways_are_sorted_by_worth_and_no_value_is_negative(default_table: gpd.GeoDataFrame) -> None:
    order = list(zip(-default_table["beyond"], -default_table["extra_minutes"], strict=True))
    assert order == sorted(order)
    assert default_table["rank"].tolist() == list(range(1, len(default_table) + 1))
    values = numbers(default_table)
    assert (values >= 0).all(axis=None)
    clauses = [name for name in values.columns if name.endswith("_beyond")]
    np.testing.assert_allclose(values[clauses].sum(axis=1), values["beyond"])
    assert len(values) == 10
    assert (values["length_m"] > 300).all()


@pytest.mark.shared
def test_walkways_of_yuzhong_have_streets_and_no_negative_worth(yuzhong: Any, yuzhong_study: Any) -> None:
    values = numbers(walkway_table(case_of(yuzhong_study, yuzhong)))
    assert (values >= 0).all(axis=None)
    assert (values["length_m"] > 100).all()
    assert values["beyond"].max() > 0
