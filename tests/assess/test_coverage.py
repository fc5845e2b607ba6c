"""Shares of children, area and street length in reach, against values worked out by hand and plain loops."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, box
from tools import oracle
from worlds.town import CHILD, HOMES, PRAM, at, moved, town_communities, town_demand, town_layers

from cfgeo import Network, Walker
from cfgeo.assess.coverage import (
    Samples,
    Walk,
    area_points,
    cover,
    demand_seconds,
    prepare_walks,
    share_in_reach,
    share_within,
    take_samples,
)
from cfgeo.assess.measures.shares import demand_shares
from cfgeo.walk.nearest import nearest_seconds, search

HOUR = 3600.0


@pytest.fixture(scope="module")
def samples(town: Network) -> Samples:
    return take_samples(town_communities(), town_demand(), town)


@pytest.fixture(scope="module")
def walks(town: Network, samples: Samples) -> dict[Walker, Walk]:
    return prepare_walks(samples, town, town_layers(), [CHILD, PRAM], snap_m=100)


def covered(samples: Samples, walk: Walk, layer: str, ages: str | None, *, limit_s: float) -> pd.DataFrame:
    weight = (samples.demand[ages] if ages else samples.demand["weight"]).to_numpy()
    places = walk.places[layer]
    return cover(samples, walk, places, weight, limit_s=limit_s, search_s=HOUR)


# --- children ----------------------------------------------------------------------------------------------------


def test_minutes_from_homes_to_school_are_those_worked_out_by_hand(samples: Samples, walks: dict[Walker, Walk]) -> None:
    table = covered(samples, walks[CHILD], "schools", "age_6_11", limit_s=HOUR)
    # C01: 10 children in the west, 8 + 50 + 30 + 10 m = 98 m; 20 on the row, 5 + 120 + 10 m = 135 m;
    # 2 on the platform, 2 + 30 + 50 + 100 + 70 + 10 m = 262 m. The middle child of 32 lives on the row.
    assert table.loc["C01", "demand"] == 32
    assert table.loc["C01", "median_minutes"] == pytest.approx(135 / 1.25 / 60)
    assert table.loc["C01", "p90_minutes"] == pytest.approx(135 / 1.25 / 60)  # 30 of 32
    # C02: 5 children by the park, 5 + 340 + 10 m = 355 m: 284 s. 10 in the east, up the steps with a ramp:
    # (5 + 50 + 100 + 50 + 10 m) / 1.25 m/s + 162.5 s = 334.5 s; to the low school 435 m = 348 s.
    assert table.loc["C02", "median_minutes"] == pytest.approx(334.5 / 60)
    # C03: the top home is 5 + 10 m from the junior school; 12 of 24 children live there.
    assert table.loc["C03", "median_minutes"] == pytest.approx(15 / 1.25 / 60)
    assert table.loc["C03", "p90_minutes"] == math.inf  # 4 of 24 are stranded


def test_shares_count_only_children_of_the_ages_of_the_clause(samples: Samples, walks: dict[Walker, Walk]) -> None:
    # From the row to the long park 5 + 100 m = 84 s (20 children); from the west 308 m; from the platform to the
    # garden (20 m off x = 100, y = 40) 2 + 30 + 50 + 60 + 20 m = 162 m = 129.6 s.
    within = covered(samples, walks[CHILD], "parks", "age_6_11", limit_s=100)
    assert within.loc["C01", "share"] == pytest.approx(20 / 32)
    # By the park 5 + 20 m = 20 s (5 children); in the east 5 + 50 + 90 m = 116 s (10).
    assert within.loc["C02", "share"] == pytest.approx(5 / 15)
    youngest = covered(samples, walks[CHILD], "parks", "age_0_2", limit_s=100)
    assert youngest.loc["C01", "share"] == 0


def test_a_stranded_home_counts_as_not_covered(samples: Samples, walks: dict[Walker, Walk]) -> None:
    table = covered(samples, walks[CHILD], "schools", None, limit_s=HOUR)
    children = {name: sum(numbers) for name, (_, numbers, _) in HOMES.items()}
    on_the_hill = children["up"] + children["top"] + children["stranded"]
    assert table.loc["C03", "demand"] == on_the_hill
    assert table.loc["C03", "share"] == pytest.approx((children["up"] + children["top"]) / on_the_hill)


def test_a_community_without_children_has_a_row_without_a_share(samples: Samples, walks: dict[Walker, Walk]) -> None:
    table = covered(samples, walks[CHILD], "schools", None, limit_s=HOUR)
    assert table.index.tolist() == ["C01", "C02", "C03", "C04"]
    assert table.loc["C04", ["demand", "share", "median_minutes", "p90_minutes"]].isna().all()


def test_an_empty_layer_covers_nobody(samples: Samples, walks: dict[Walker, Walk]) -> None:
    table = covered(samples, walks[CHILD], "sports", None, limit_s=HOUR)
    assert table.loc[["C01", "C02", "C03"], "share"].tolist() == [0, 0, 0]
    assert table.loc[["C01", "C02", "C03"], ["area_share", "street_share"]].eq(0).all(axis=None)
    assert (table.loc[["C01", "C02", "C03"], "median_minutes"] == math.inf).all()


def test_share_in_reach_equals_the_share_column_of_cover(samples: Samples, walks: dict[Walker, Walk]) -> None:
    weight = samples.demand["weight"].to_numpy()
    for walk in walks.values():
        for limit_s in (60.0, 150.0, 400.0):
            alone = share_in_reach(samples, walk, walk.places["parks"], weight, limit_s=limit_s)
            table = cover(samples, walk, walk.places["parks"], weight, limit_s=limit_s, search_s=HOUR)
            pd.testing.assert_series_equal(alone, table["share"])


# --- streets -----------------------------------------------------------------------------------------------------


def test_streets_are_cut_at_the_borders_of_communities(samples: Samples) -> None:
    length_m = samples.streets.groupby("owner")["length_m"].sum()
    # C01 (x to 250, y to 160): rows 0 and 100, 250 m each; x = 0, 100, 200 of 100 m; 60 m of steps;
    # lift 50 + 40 + 10 m; 60 m of the escalator.
    assert length_m[0] == pytest.approx(500 + 300 + 60 + 100 + 60)
    # C02: rows 150 m each; x = 300, 400; 60 m of the ramp; bridge 100 + 60 m; cul-de-sac 400 m.
    assert length_m[1] == pytest.approx(300 + 200 + 60 + 160 + 400)
    # C03: rows 200 and 300, 400 m each; 5 × 100 m; 40 m each of steps, escalator, ramp, lift; bridge 40 + 100 m.
    assert length_m[2] == pytest.approx(800 + 500 + 4 * 40 + 140)
    assert 3 not in length_m.index  # the fragment is not on the network that anybody walks


def test_every_metre_of_the_network_belongs_to_one_community(samples: Samples, town: Network) -> None:
    assert samples.streets["length_m"].sum() == pytest.approx(town.length_km(main_only=True) * 1000)


def test_the_street_share_is_the_one_worked_out_by_hand(samples: Samples, walks: dict[Walker, Walk]) -> None:
    # To the low school (x = 30, leg 10 m = 8 s) in 48 s: 40 s more are 50 m: x 0 to 80 of row 0, 20 m up x = 0.
    table = covered(samples, walks[CHILD], "schools", None, limit_s=48)
    assert table.loc["C01", "street_share"] == pytest.approx((80 + 20) / 1020)
    assert table.loc["C02", "street_share"] == 0
    # To the junior school (x = 350, leg 10 m): x 300 to 400 of row 300.
    assert table.loc["C03", "street_share"] == pytest.approx(100 / 1600)
    assert math.isnan(table.loc["C04", "street_share"])


def test_an_hour_reaches_every_street_that_leads_to_a_place(samples: Samples, walks: dict[Walker, Walk]) -> None:
    child = covered(samples, walks[CHILD], "schools", None, limit_s=HOUR)
    assert child.loc[["C01", "C02", "C03"], "street_share"].tolist() == pytest.approx([1, 1, 1])
    pram = covered(samples, walks[PRAM], "schools", None, limit_s=HOUR)
    # A pram takes neither the steps (60 m in C01, 40 m in C03) nor the escalator (60 m, 40 m).
    assert pram.loc["C01", "street_share"] == pytest.approx(1 - 120 / 1020)
    assert pram.loc["C03", "street_share"] == pytest.approx(1 - 80 / 1600)


# --- area --------------------------------------------------------------------------------------------------------


def test_area_points_fill_the_communities_evenly(samples: Samples) -> None:
    # One point for each 25 m × 25 m; a row more or less at the border.
    points = np.bincount(samples.area_owner, minlength=4)
    np.testing.assert_allclose(points * 625, town_communities().area, rtol=0.12)


@given(st.lists(st.sampled_from(["C01", "C02", "C03", "C04", "far", "long"]), unique=True, min_size=1))
def test_the_area_points_of_a_community_are_its_own(codes: list[str]) -> None:
    shapes = dict(town_communities().geometry.items())
    shapes |= {"far": moved(box(9e4, 9e4, 9.9e4, 9.5e4)), "long": moved(box(-3e5, 700, 3e5, 701))}
    points, owner = area_points(np.array([shapes[code] for code in codes]))
    for nth, code in enumerate(codes):
        alone, _ = area_points(np.array([shapes[code]]))
        assert shapely.get_coordinates(points[owner == nth]).tolist() == shapely.get_coordinates(alone).tolist()


def test_area_beyond_the_longest_leg_counts_as_not_reached(town: Network) -> None:
    square = gpd.GeoDataFrame(
        {"community": ["far"], "street_office": ["far"]}, geometry=[moved(box(2000, 2000, 2100, 2100))],
        crs=town.edges.crs, index=pd.Index(["F"], name="code"))  # fmt: skip
    samples = take_samples(square, town_demand().assign(community=""), town)
    walk = prepare_walks(samples, town, town_layers(), [CHILD], snap_m=100)[CHILD]
    table = covered(samples, walk, "schools", None, limit_s=HOUR)
    assert table.loc["F", "area_share"] == 0
    assert math.isnan(table.loc["F", "street_share"])


# --- walkers -----------------------------------------------------------------------------------------------------


def test_area_samples_snap_only_to_streets_that_the_walker_can_use(town: Network, walks: dict[Walker, Walk]) -> None:
    steps = town.edges["form"].eq("steps").to_numpy() & ~town.edges["ramp"].to_numpy()
    assert np.isin(walks[CHILD].area.edge, np.flatnonzero(steps)).any()
    assert not np.isin(walks[PRAM].area.edge, np.flatnonzero(steps)).any()


def test_demand_outside_every_community_belongs_to_none(town: Network) -> None:
    outside = gpd.GeoDataFrame({"weight": [7.0], "community": [""]}, geometry=[at(-500, -500)], crs=town.edges.crs)
    samples = take_samples(town_communities(), outside, town)
    assert samples.demand_owner.tolist() == [-1]
    walk = prepare_walks(samples, town, town_layers(), [CHILD], snap_m=100)[CHILD]
    table = covered(samples, walk, "schools", None, limit_s=HOUR)
    assert table["demand"].isna().all()


def test_a_street_along_a_border_counts_for_both_sides(town: Network) -> None:
    halves = town_communities().iloc[:2].set_geometry([moved(box(-50, -60, 200, 90)), moved(box(200, -60, 600, 90))])
    samples = take_samples(halves, town_demand(), town)
    osm_id = town.edges["osm_id"].to_numpy()[samples.streets["edge"]]
    assert samples.streets.loc[osm_id == 1012, "length_m"].tolist() == pytest.approx([90, 90])


# --- weighted shares ---------------------------------------------------------------------------------------------

points = st.lists(
    st.tuples(
        st.sampled_from([0.0, 30.0, 60.0, 60.0, 90.0, 900.0, 900.5, 3000.0, math.inf]),
        st.integers(0, 9),
        st.integers(-1, 3),
    ),
    max_size=20,
)


@given(points, st.sampled_from([0.0, 60.0, 900.0]))
def test_shares_and_quantiles_equal_a_loop_over_areas(rows: list, limit_s: float) -> None:
    table = np.array(rows, dtype=float).reshape(-1, 3)
    seconds, weight, owner = table[:, 0], table[:, 1], table[:, 2].astype(np.int64)
    found = demand_shares(seconds, weight, owner, n_areas=4, limit_s=limit_s)
    for area in range(4):
        own = [(s, w) for s, w, o in rows if o == area and w > 0]
        whole = sum(w for _, w in own)
        expected = [
            whole or math.nan,
            sum(w for s, w in own if s <= limit_s) / whole if whole else math.nan,
            oracle.weighted_minutes([s for s, _ in own], [w for _, w in own], 0.5),
            oracle.weighted_minutes([s for s, _ in own], [w for _, w in own], 0.9),
        ]
        names = ["demand", "share", "median_minutes", "p90_minutes"]
        np.testing.assert_allclose(found.loc[area, names].astype(float), expected)


def test_weights_a_billion_apart_keep_their_quantiles_apart() -> None:
    seconds = np.array([60.0, 60.0, 120.0, 180.0])
    weight = np.array([1e9, 0.1, 0.1, 0.1])
    table = demand_shares(seconds, weight, np.array([0, 1, 1, 1]), n_areas=2, limit_s=60)
    assert table["median_minutes"].tolist() == [1, 2]
    assert table["p90_minutes"].tolist() == [1, 3]
    assert table["share"].tolist() == pytest.approx([1, 1 / 3])


def test_of_two_equal_halves_the_nearer_is_the_median() -> None:
    table = demand_shares(np.array([60.0, 120.0]), np.ones(2), np.zeros(2, dtype=np.int64), n_areas=1, limit_s=60)
    assert table["median_minutes"].tolist() == [1]
    assert table["share"].tolist() == [0.5]


def test_the_limit_itself_is_within_the_limit() -> None:
    table = demand_shares(np.array([900.0]), np.ones(1), np.zeros(1, dtype=np.int64), n_areas=1, limit_s=900.0)
    assert table["share"].tolist() == [1]


def test_who_walks_exactly_the_limit_is_in_reach(samples: Samples, walks: dict[Walker, Walk]) -> None:
    # 84 s from the row to the long park is the limit itself: its 20 children of 32 count, and not a moment before.
    walk, weight = walks[CHILD], samples.demand["age_6_11"].to_numpy()
    seconds = demand_seconds(samples, walk, walk.places["parks"], limit_s=HOUR)
    limit_s = float(seconds[np.argmin(np.abs(seconds - 84))])
    assert limit_s == pytest.approx(84)
    at_limit = demand_seconds(samples, walk, walk.places["parks"], limit_s=limit_s)
    assert (np.isfinite(at_limit) == (seconds <= limit_s)).all()
    assert share_within(samples, at_limit, weight, limit_s=limit_s)["C01"] == pytest.approx(20 / 32)
    before = np.nextafter(limit_s, 0)
    assert share_within(samples, seconds, weight, limit_s=before)["C01"] == 0


def test_land_exactly_at_the_limit_is_in_reach(samples: Samples, walks: dict[Walker, Walk]) -> None:
    walk, weight = walks[CHILD], samples.demand["weight"].to_numpy()
    places = walk.places["schools"]
    area_s = nearest_seconds(search(walk.graph, places, limit_s=HOUR), walk.area, n_items=len(samples.area))
    limit_s = float(np.sort(area_s[samples.area_owner == 0])[0])  # the nearest point of C01, alone
    table = cover(samples, walk, places, weight, limit_s=limit_s, search_s=HOUR)
    assert table.loc["C01", "area_share"] > 0
    before = cover(samples, walk, places, weight, limit_s=float(np.nextafter(limit_s, 0)), search_s=HOUR)
    assert before.loc["C01", "area_share"] == 0


def test_area_samples_stay_out_of_the_hole_of_a_community(town: Network) -> None:
    hole = shapely.difference(moved(box(0, 0, 200, 100)), moved(box(120, 20, 180, 80)))
    communities = town_communities().iloc[:1].set_geometry([hole])
    samples = take_samples(communities, town_demand(), town)
    inside = shapely.contains(hole, samples.area)
    assert inside.all()
    assert not shapely.intersects(Point(at(150, 50)), samples.area[inside]).any()


def test_a_distant_community_adds_no_area_samples_in_between(town: Network) -> None:
    near = shapely.box(0, 0, 1000, 1000)
    far = shapely.affinity.translate(near, 5e6, 5e6)
    sliver = shapely.Polygon([(0, 0), (1e6, 1e6), (1e6, 1e6 + 1)])

    def points(*shapes: shapely.Polygon) -> int:
        codes = pd.Index([str(i) for i in range(len(shapes))], name="code")
        communities = gpd.GeoDataFrame(geometry=list(shapes), index=codes, crs=town.edges.crs)
        demand = gpd.GeoDataFrame({"community": []}, geometry=[], crs=town.edges.crs)
        return len(take_samples(communities, demand, town).area)

    assert points(near) == 40 * 40
    assert points(near, far) == 2 * 40 * 40
    assert points(near, sliver) - points(near) < 1000  # a coarser grid, so that it fits in memory


def test_a_home_exactly_at_the_limit_is_in_reach(samples: Samples, walks: dict[Walker, Walk]) -> None:
    walk, weight = walks[CHILD], samples.demand["weight"].to_numpy()
    seconds = demand_seconds(samples, walk, walk.places["schools"], limit_s=HOUR)
    for limit_s in np.unique(seconds[np.isfinite(seconds)]):
        share = share_in_reach(samples, walk, walk.places["schools"], weight, limit_s=limit_s)
        for area in range(len(samples.codes)):
            own = samples.demand_owner == area
            if weight[own].sum() > 0:
                expected = weight[own & (seconds <= limit_s)].sum() / weight[own].sum()
                assert share.iloc[area] == pytest.approx(expected)
