"""Where children live: points, buildings, numbers by community, streets."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box
from worlds.studies import places
from worlds.town import CRS, at, grid, town_communities, town_network

from cfgeo.study.demand import (
    NOT_DWELLINGS,
    clause_weight,
    demand_from_places,
    demand_from_streets,
    spread_children,
)

POINTS = [at(10 * i, 0) for i in range(3)]


def test_points_weigh_by_their_children() -> None:
    table = places(POINTS, age_0_2=["1", "0", "2"], age_6_11=[2.5, 0.0, 0.0])
    demand, basis, findings = demand_from_places(table)
    assert basis == "children"
    assert demand["weight"].tolist() == [3.5, 2.0]
    assert demand["age_6_11"].tolist() == [2.5, 0.0]
    assert demand.index.tolist() == [0, 1]
    assert demand.crs == CRS
    assert findings == []


@pytest.mark.parametrize(("column", "basis"), [("children", "children"), ("residents", "residents")])
def test_points_weigh_by_a_number_that_is_not_by_age(column: str, basis: str) -> None:
    demand, demand_basis, _ = demand_from_places(places(POINTS, **{column: ["12", "0", "3"]}))
    assert demand_basis == basis
    assert demand["weight"].tolist() == [12, 3]


def test_children_come_before_residents() -> None:
    demand, basis, _ = demand_from_places(places(POINTS, residents=[100, 100, 100], children=[1, 2, 3]))
    assert (basis, demand["weight"].tolist()) == ("children", [1, 2, 3])


def test_points_without_numbers_weigh_one_each() -> None:
    demand, basis, _ = demand_from_places(places(POINTS, name=["a", "b", "c"]))
    assert (basis, demand["weight"].tolist()) == ("count", [1, 1, 1])


def test_negative_numbers_of_children_weigh_nothing() -> None:
    demand, _, _ = demand_from_places(places(POINTS, age_0_2=[-5, 1, 2]))
    assert demand["weight"].tolist() == [1, 2]


def test_a_cell_that_is_no_number_is_a_finding() -> None:
    _, _, findings = demand_from_places(places(POINTS, children=["12", "约30", "3"]))
    assert [row["rule"] for row in findings] == ["not_number"]


def house(i: int, size_m: float) -> gpd.GeoSeries:
    return box(650_000 + 100 * i, 3_270_000, 650_000 + 100 * i + size_m, 3_270_000 + size_m)


def test_buildings_weigh_by_floor_area() -> None:
    table = places(
        [house(0, 10), house(1, 10), house(2, 20)], **{"building:levels": ["6", "2", None], "building": "yes"}
    )
    demand, basis, findings = demand_from_places(table)
    assert basis == "floor_area"
    assert demand["weight"].tolist() == pytest.approx([600, 200, 1600])
    assert (demand.geom_type == "Point").all()
    assert all(point.within(shape) for point, shape in zip(demand.geometry, table.geometry, strict=True))
    (row,) = findings
    assert (row["rule"], row["severity"]) == ("buildings", "warning")
    assert row["values"] == {"total": 3, "kept": 3, "known": 2, "usual": 4.0, "guessed": pytest.approx(400 / 600)}


def test_buildings_whose_levels_are_mostly_known_are_a_note() -> None:
    levels = {"building:levels": ["6", "2", None, "1"], "building": ["yes", "yes", "yes", "garage"]}
    table = places([house(0, 10), house(1, 10), house(2, 10), house(3, 90)], **levels)
    (row,) = demand_from_places(table)[2]
    assert (row["severity"], row["values"]["guessed"]) == ("note", pytest.approx(1 / 3))


@pytest.mark.parametrize("levels", [[None, None], ["", "many"], ["0", "-3"], ["nan", None]])
def test_buildings_without_levels_have_one(levels: list[str | None]) -> None:
    demand, _, _ = demand_from_places(places([house(0, 10), house(1, 10)], **{"building:levels": levels}))
    assert demand["weight"].tolist() == pytest.approx([100, 100])


def test_buildings_where_nobody_lives_are_left_out() -> None:
    table = places([house(i, 10) for i in range(4)], building=["yes", "school", "apartments", None])
    demand, _, findings = demand_from_places(table)
    assert len(demand) == 3
    assert findings[0]["values"]["kept"] == 3
    assert {"school", "garage", "hospital"} <= NOT_DWELLINGS
    assert not {"yes", "house", "apartments", "residential", "dormitory"} & NOT_DWELLINGS


def test_a_table_without_buildings_gives_no_demand() -> None:
    demand, _, _ = demand_from_places(places([house(0, 10)], building=["yes"]).iloc[:0])
    assert len(demand) == 0


def test_arguments_are_not_changed() -> None:
    table = places(POINTS, age_0_2=["1", "-1", None])
    before = table.copy(deep=True)
    demand_from_places(table)
    pd.testing.assert_frame_equal(table, before)


def test_streets_weigh_their_length() -> None:
    network = town_network()
    demand = demand_from_streets(network)
    lived_on = network.edges["highway"].isin(["residential", "footway", "steps"])
    lived_on &= ~network.edges["structure"] & network.main
    assert demand["weight"].sum() == pytest.approx(network.edges.loc[lived_on, "length_m"].sum())
    assert demand["weight"].max() <= 20
    assert demand.distance(network.edges.geometry.union_all()).max() < 1e-6
    assert demand.crs == network.edges.crs


def test_nobody_lives_on_a_bridge_or_on_streets_apart() -> None:
    demand = demand_from_streets(town_network())
    for nobody in (at(470, 200), at(250, 450)):
        assert demand.distance(nobody).min() > 40
    assert grid(0, 0) == 1
    assert demand.distance(at(50, 0)).min() < 10


def test_children_are_spread_by_weight_inside_their_community() -> None:
    demand = places(POINTS, weight=[1.0, 3.0, 5.0])
    code = pd.Series(["A", "A", "B"])
    numbers = pd.DataFrame({"age_0_2": [40.0, 10.0], "age_6_11": [80.0, 0.0]}, index=["A", "B"])
    spread, findings = spread_children(demand, code, numbers)
    assert spread["age_0_2"].tolist() == pytest.approx([10, 30, 10])
    assert spread["age_6_11"].tolist() == pytest.approx([20, 60, 0])
    assert spread["weight"].tolist() == pytest.approx([30, 90, 10])
    assert findings == []
    assert demand["weight"].tolist() == [1, 3, 5]


def test_children_without_any_home_are_a_finding() -> None:
    demand = places(POINTS, weight=[1.0, 0.0, 1.0])
    numbers = pd.DataFrame({"age_0_2": [4.0, 5.0, 6.0, 0.0]}, index=["A", "B", "C", "D"])
    spread, findings = spread_children(demand, pd.Series(["A", "B", ""]), numbers)
    assert spread["weight"].tolist() == [4, 0, 0]
    assert [(row["rule"], row["row"], row["values"]["children"]) for row in findings] == [
        ("children_nowhere", "B", 5),
        ("children_nowhere", "C", 6),
    ]


def test_a_clause_counts_children_of_its_ages_where_they_are_known() -> None:
    demand = places(POINTS, weight=[3.0, 3.0, 3.0], age_0_2=[1.0, 2.0, 3.0], age_3_5=[2.0, 1.0, 0.0])
    assert clause_weight(demand, ("age_0_2",)).tolist() == [1, 2, 3]
    assert clause_weight(demand, ("age_0_2", "age_3_5")).tolist() == [3, 3, 3]
    assert clause_weight(demand, ()).tolist() == [3, 3, 3]
    # Other ages say nothing about these: the clause is left open and never judged on them.
    assert clause_weight(demand, ("age_12_17",)).tolist() == [0, 0, 0]
    assert clause_weight(demand, ("age_0_2", "age_12_17")).tolist() == [0, 0, 0]


def test_the_town_has_communities_to_spread_over() -> None:
    assert town_communities().index.tolist() == ["C01", "C02", "C03", "C04"]
    assert np.isfinite(town_communities().area).all()
    assert isinstance(POINTS[0], Point)


def test_columns_that_may_count_children_and_are_not_read_are_named() -> None:
    for columns in ({"children_n": [1, 2, 3]}, {"儿童数": [1, 2, 3]}, {"AGE": [1, 2, 3]}):
        _, basis, findings = demand_from_places(places(POINTS, note=["a", "b", "c"], **columns))
        assert basis == "count"
        assert [(row["rule"], row["values"]) for row in findings] == [("demand_columns", {"columns": tuple(columns)})]
    for columns in (
        {"residents": [1, 2, 3], "children_n": [1, 2, 3]},
        {"village": [1, 2, 3]},
        {"page": ["a", "b", "c"]},
    ):
        assert demand_from_places(places(POINTS, **columns))[2] == []


def test_points_among_buildings_are_named_since_they_weigh_nothing() -> None:
    shapes = [at(0, 0).buffer(10), at(50, 0), at(100, 0).buffer(10)]
    table = places(shapes, building=["yes"] * 3).set_axis([5, 6, 7])
    demand, basis, findings = demand_from_places(table)
    assert (basis, len(demand)) == ("floor_area", 2)
    mixed = [row["values"] for row in findings if row["rule"] == "demand_mixed"]
    assert mixed == [{"count": 1, "total": 3, "rows": ("6",)}]
