"""Explanations of walks: the same minutes as the verdicts, pieces that add up, and clear errors."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from worlds.studies import case_of, degrees, edited, flat_land, remade
from worlds.town import CRS, at, write_town

from cfgeo import Inputs, PlaceError, Study, StudyError, explain_study, load_study
from cfgeo.assess.case import Case
from cfgeo.assess.measures.communities import coverage_table
from cfgeo.assess.routes.explain import explain
from cfgeo.assess.routes.medians import MedianWalks, median_walks
from cfgeo.core.explanation import Explanation, Route
from cfgeo.core.results import ROUTE_COLUMNS, WALK_PROFILE_COLUMNS, WALK_STEP_COLUMNS
from cfgeo.core.schema import WALK_PARTS
from cfgeo.core.strings import LANGUAGES
from cfgeo.walk.nearest import nearest, search
from cfgeo.walk.out_of_reach import out_of_reach

MINUTES = [f"{part}_minutes" for part in WALK_PARTS]


def level(x: Any, y: Any) -> Any:
    """Return a height of 200 m everywhere."""
    return np.full(len(x), 200.0)


def explanations_of(
    case: Case,
    *,
    point: tuple[float, float] | None = None,
    code: str | None = None,
    layer: str | None = None,
    heights: Callable[[Any, Any], Any] = level,
) -> list[Explanation]:
    lonlat = None if point is None else degrees(*point)
    return explain(case, heights, lonlat=lonlat, code=code, layer=layer)


def only(explanations: list[Explanation]) -> Route:
    """Return the only route of the only explanation."""
    assert len(explanations) == 1
    assert len(explanations[0].routes) == 1
    return explanations[0].routes[0]


# --- median children ---------------------------------------------------------------------------------------------


def check_medians(case: Case) -> pd.DataFrame:
    """Compare the walks of median children with the minutes of the coverage table, and with their own steps."""
    walks, coverage = median_walks(case, level), coverage_table(case)
    routes = walks.routes
    check_steps(walks)
    assert routes.columns.tolist() == list(ROUTE_COLUMNS)
    both = coverage[coverage["measure"] == "reach"].merge(routes, on=["code", "clause"], how="left", validate="1:1")
    declared = both["clause"].isin([clause.id for clause in case.reach_clauses])
    assert len(routes) == declared.sum()
    both = both[declared]
    np.testing.assert_allclose(both["minutes"], both["median_minutes"], rtol=1e-9)
    reached = np.isfinite(both["minutes"])
    np.testing.assert_allclose(both.loc[reached, MINUTES].sum(axis=1), both.loc[reached, "minutes"], rtol=1e-9)
    assert both.loc[reached, [*MINUTES, "length_m", "steps"]].notna().all(axis=None)
    assert (both.loc[reached, MINUTES] >= 0).all(axis=None)
    assert both.loc[~reached, [*MINUTES, "length_m", "steps", "climb_m"]].isna().all(axis=None)
    assert (both.loc[reached, "facility"] != "").all()
    assert (both.loc[~reached, ["facility", "direction"]] == "").all(axis=None)
    return both


def check_steps(walks: MedianWalks) -> None:
    """Check that the steps of each route join, and add up to its minutes, metres and parts."""
    assert walks.steps.columns.tolist() == [*WALK_STEP_COLUMNS, "geometry"]
    assert walks.profiles.columns.tolist() == list(WALK_PROFILE_COLUMNS)
    routes = walks.routes[np.isfinite(walks.routes["minutes"])].set_index(["code", "clause"])
    sums = walks.steps.groupby(["code", "clause"])[["minutes", "length_m", "wait_minutes"]].sum()
    sums = sums.reindex(routes.index, fill_value=0.0)  # a home inside its place has no step
    for column in ("minutes", "length_m", "wait_minutes"):
        np.testing.assert_allclose(sums[column], routes[column], rtol=1e-9, atol=1e-9)
    stairs = walks.steps[walks.steps["part"] == "stairs"]
    assert (stairs["minutes"] > 0).all()
    for key, steps in walks.steps.groupby(["code", "clause"]):
        ends = [(line.coords[0], line.coords[-1]) for line in steps.geometry]
        for (_, end), (begin, _) in pairwise(ends):
            assert end == pytest.approx(begin, abs=0.01), key
        profile = walks.profiles[(walks.profiles[["code", "clause"]] == list(key)).all(axis=1)]
        assert profile["distance_m"].iloc[0] == 0
        assert profile["distance_m"].iloc[-1] == pytest.approx(routes.loc[key, "length_m"])
        assert (profile["distance_m"].diff().dropna() >= -1e-9).all()
        told = steps[["part", "name"]].to_numpy().tolist()
        assert all(one != other for one, other in pairwise(told)), "neighbours of one part on one street are one step"


@pytest.mark.parametrize("code", ["C01", "C02", "C03"])
def test_the_steps_of_a_median_walk_are_those_that_explain_finds(town_case: Case, code: str) -> None:
    walks = median_walks(town_case, level)
    rows = walks.routes[walks.routes["code"] == code].set_index("clause")
    for explanation in explanations_of(town_case, code=code):
        steps = walks.steps[(walks.steps["code"] == code) & (walks.steps["clause"] == explanation.clause)]
        route = explanation.slowest
        if route is None:
            assert len(steps) == 0
            continue
        assert rows.loc[explanation.clause, "minutes"] == pytest.approx(route.minutes)
        assert steps["minutes"].sum() == pytest.approx(route.minutes)
        line, other = (shapely.get_coordinates(shapes.to_numpy()) for shapes in (steps.geometry, route.pieces.geometry))
        assert line == pytest.approx(other), "by the same streets"
        profile = walks.profiles[(walks.profiles["code"] == code) & (walks.profiles["clause"] == explanation.clause)]
        assert profile["height_m"].tolist() == pytest.approx(route.profile["height_m"].tolist(), nan_ok=True)


@pytest.mark.parametrize("direction", ["to", "from", "worst"])
def test_the_median_walks_of_the_town_are_those_of_the_verdicts(
    town_study: Path, town_case: Case, direction: str
) -> None:
    study = load_study(town_study)
    study = study.model_copy(update={"walk": study.walk.model_copy(update={"direction": direction})})
    walks = check_medians(case_of(study, town_case.inputs))
    assert set(walks["direction"]) - {""} <= ({direction} if direction != "worst" else {"to", "from"})
    assert walks["minutes"].isna().sum() == 2, "nobody lives in C04"


def test_the_median_walks_of_the_default_study_are_those_of_the_verdicts(default_case: Case) -> None:
    walks = check_medians(default_case)
    assert set(walks["direction"]) >= {"to", "from"}
    assert (walks["stairs_minutes"] > 1).any()
    assert (walks["uphill_minutes"] > 1).any()


@pytest.mark.shared
def test_the_median_walks_of_yuzhong_are_those_of_the_verdicts(yuzhong_study: Study, yuzhong: Inputs) -> None:
    walks = check_medians(case_of(yuzhong_study, yuzhong))
    assert np.isfinite(walks["minutes"]).sum() > 100
    assert set(walks["direction"]) >= {"to", "from"}


def test_the_median_walks_of_the_town_are_those_worked_out_by_hand(town_case: Case) -> None:
    routes = median_walks(town_case, level).routes.set_index(["clause", "code"])
    # The middle pupil of C01 is "row": 5 m off, 120 m of Row 0, 10 m off.
    row = routes.loc[("school", "C01")]
    assert row[["level_minutes", "off_network_minutes"]].tolist() == pytest.approx([96 / 60, 12 / 60])
    assert (row["facility"], row["direction"], row["walker"]) == ("schools-1", "to", "child")
    # The middle pupil of C03 is "top": 350 + 50 m to the lift, 60 s, 50 + 100 + 70 m, 15 m off.
    row = routes.loc[("school", "C03")]
    assert row["level_minutes"] == pytest.approx(620 / 1.25 / 60)
    assert row["lift_minutes"] == pytest.approx(1)
    assert row["length_m"] == pytest.approx(620 + 15)
    # With a pram from "park": 20 m along Row 0 to the park.
    row = routes.loc[("park", "C02")]
    assert row["facility"] == "parks-1"


def test_a_median_child_that_reaches_no_place_has_no_route(town_case: Case) -> None:
    demand = town_case.inputs.demand.copy()
    demand.loc[7, "age_6_11"] = 1000.0  # stranded
    case = remade(replace(town_case, inputs=replace(town_case.inputs, demand=demand)), town_case.inputs.network)
    row = median_walks(case, level).routes.set_index(["clause", "code"]).loc[("school", "C03")]
    assert row["minutes"] == np.inf
    assert row[MINUTES].isna().all()
    assert (row["facility"], row["direction"]) == ("", "")
    explanation = explanations_of(case, code="C03", layer="schools")[0]
    assert explanation.routes == ()
    assert explanation.slowest is None
    assert explanation.median


@pytest.mark.parametrize("nowhere", [{"schools"}, {"parks", "sports"}, {"schools", "parks", "sports", "stations"}])
def test_a_clause_that_nobody_walks_for_leaves_numbers_numbers(town_case: Case, nowhere: set[str]) -> None:
    layers = {name: table[:0] if name in nowhere else table for name, table in town_case.inputs.layers.items()}
    case = remade(replace(town_case, inputs=replace(town_case.inputs, layers=layers)), town_case.inputs.network)
    walks = median_walks(case, level)
    for table in (walks.routes, walks.steps, walks.profiles):
        numbers = [name for name in table.columns if name.endswith(("minutes", "_m", "steps"))]
        assert len(numbers) >= 2
        assert all(table[name].dtype == float for name in numbers), table.dtypes
    assert walks.steps.crs == case.inputs.crs
    check_steps(walks)


def test_without_reach_clauses_there_are_no_routes(town_case: Case) -> None:
    clauses = tuple(clause for clause in town_case.standard.clause if clause.measure != "reach")
    case = replace(town_case, standard=town_case.standard.model_copy(update={"clause": clauses}))
    routes = median_walks(case, level).routes
    assert (len(routes), routes.columns.tolist()) == (0, list(ROUTE_COLUMNS))
    for start in ({"code": "C03"}, {"point": (50.0, 5.0)}):
        with pytest.raises(StudyError) as caught:
            explanations_of(case, **start)  # type: ignore[arg-type]
        for lang in LANGUAGES:
            assert "--layer" in caught.value.text(lang)
            assert "schools" in caught.value.text(lang)
        assert len(explanations_of(case, layer="schools", **start)) == 1  # type: ignore[arg-type]


# --- from a community --------------------------------------------------------------------------------------------


def test_a_community_is_looked_up_by_code_or_by_name(town_case: Case) -> None:
    by_code, by_name = explanations_of(town_case, code="C03"), explanations_of(town_case, code="Upper")
    assert [explanation.clause for explanation in by_code] == ["school", "park"]
    for a, b in zip(by_code, by_name, strict=True):
        assert (a.code, a.community, a.median) == (b.code, b.community, b.median) == ("C03", "Upper", True)
        assert a.start.equals(b.start)
        assert a.routes[0].minutes == b.routes[0].minutes
        pd.testing.assert_frame_equal(pd.DataFrame(a.routes[0].pieces), pd.DataFrame(b.routes[0].pieces))


def check_communities(case: Case) -> int:
    """Compare explanations of communities with the table of routes. Return how many walks were compared."""
    rows = median_walks(case, level).routes.set_index(["code", "clause"])
    n_compared = 0
    for code in case.samples.codes[:: max(1, len(case.samples.codes) // 6)]:
        if rows.loc[code, "minutes"].isna().all():
            continue
        for explanation in explanations_of(case, code=str(code)):
            row = rows.loc[(code, explanation.clause)]
            if explanation.slowest is None:
                assert row["minutes"] == np.inf
                continue
            assert explanation.slowest.minutes == pytest.approx(row["minutes"])
            assert explanation.slowest.direction == row["direction"]
            assert explanation.slowest.facility == row["facility"]
            assert list(explanation.slowest.parts.values()) == pytest.approx(row[MINUTES].tolist())
            assert explanation.code == code
            n_compared += 1
    return n_compared


def test_explanations_of_communities_agree_with_the_table_of_routes(town_case: Case, default_case: Case) -> None:
    assert check_communities(town_case) == 6
    assert check_communities(default_case) > 20


def test_the_error_about_an_unknown_community_suggests_similar_ones(town_case: Case) -> None:
    for code, near in (("Uper", "Upper"), ("C033", "C03"), ("渝中", "C01")):
        with pytest.raises(StudyError) as caught:
            explanations_of(town_case, code=code)
        for lang in LANGUAGES:
            assert code in caught.value.text(lang)
            assert near in caught.value.text(lang)


def rename_communities(case: Case, **names: str) -> Case:
    communities = case.inputs.communities.copy()
    for code, name in names.items():
        communities.loc[code, "community"] = name
    return replace(case, inputs=replace(case.inputs, communities=communities))


def test_the_error_about_a_name_of_several_communities_lists_their_codes(town_case: Case) -> None:
    case = rename_communities(town_case, C01="Lower", C02="Lower")
    with pytest.raises(StudyError) as caught:
        explanations_of(case, code="Lower")
    for lang in LANGUAGES:
        for word in ("Lower", "C01", "C02"):
            assert word in caught.value.text(lang)
    assert explanations_of(case, code="C02")[0].code == "C02"


def test_a_code_takes_precedence_over_a_name(town_case: Case) -> None:
    assert explanations_of(rename_communities(town_case, C01="C03"), code="C03")[0].code == "C03"


def test_a_community_where_nobody_lives_cannot_be_explained(town_case: Case) -> None:
    with pytest.raises(StudyError) as caught:
        explanations_of(town_case, code="C04")
    for lang in LANGUAGES:
        assert "C04" in caught.value.text(lang)
        assert "--from" in caught.value.text(lang)


def test_a_clause_without_children_of_its_ages_in_the_community_is_left_out(town_case: Case) -> None:
    demand = town_case.inputs.demand.copy()
    demand.loc[demand["community"] == "C02", ["age_0_2", "age_3_5"]] = 0.0
    case = remade(replace(town_case, inputs=replace(town_case.inputs, demand=demand)), town_case.inputs.network)
    assert [explanation.clause for explanation in explanations_of(case, code="C02")] == ["school"]


# --- from a point ------------------------------------------------------------------------------------------------


def test_a_point_is_explained_for_every_reach_clause(town_case: Case) -> None:
    school, park = explanations_of(town_case, point=(50, 205))
    assert (school.clause, school.layer, school.kinds, school.walker) == ("school", "schools", ("primary",), "child")
    assert (park.clause, park.layer, park.kinds, park.walker) == ("park", "parks", (), "pram")
    assert (school.code, school.community, school.median) == ("C03", "Upper", False)
    assert (school.limit_minutes, school.slope) == (5, "none")
    assert school.titles == {"zh": "小学", "en": "Primary school"}
    assert (school.start.x, school.start.y) == pytest.approx(degrees(50, 205))
    route = school.routes[0]
    assert (route.direction, route.facility, route.place) == ("to", "schools-1", "Low School")
    # 5 m, 50 m, the steps down, 100 m, 30 m, 10 m
    assert route.minutes == pytest.approx(281 / 60, abs=1e-6)
    assert {part: minutes * 60 for part, minutes in route.parts.items() if minutes} == pytest.approx(
        {"level": 144, "stairs": 125, "off_network": 12}, abs=1e-4
    )
    assert (route.length_m, route.steps) == pytest.approx((295, 150), abs=1e-4)
    assert route.pieces["part"].tolist() == ["off_network", "level", "stairs", "level", "level", "off_network"]
    assert route.pieces["length_m"].tolist() == pytest.approx([5, 50, 100, 100, 30, 10], abs=1e-4)
    assert route.pieces["name"].tolist() == ["", "Row 200", "", "", "Row 0", ""]


def test_both_directions_are_explained_and_the_slower_decides(town_study: Path, town_case: Case) -> None:
    study = load_study(town_study)
    study = study.model_copy(update={"walk": study.walk.model_copy(update={"direction": "worst"})})
    school = explanations_of(case_of(study, town_case.inputs), point=(50, 205), layer="schools")[0]
    assert [route.direction for route in school.routes] == ["to", "from"]
    there, back = school.routes
    # Back up: by the steps 12 + 144 + 200 = 356 s, by the lift 328 s
    assert (there.minutes * 60, back.minutes * 60) == pytest.approx((281, 328), abs=1e-4)
    assert back.parts["lift"] == pytest.approx(1)
    assert school.slowest is back
    assert there.facility == back.facility
    assert back.pieces.geometry.iloc[0].coords[0] == pytest.approx(at(30, -10).coords[0], abs=1e-4)
    assert back.pieces.geometry.iloc[-1].coords[-1] == pytest.approx(at(50, 205).coords[0], abs=1e-4)


def test_a_layer_without_a_reach_clause_uses_the_walker_of_the_study(town_case: Case) -> None:
    route = only(explanations := explanations_of(town_case, point=(120, 5), layer="children_homes"))
    home = explanations[0]
    assert (home.clause, home.titles, home.layer, home.kinds, home.walker) == (
        "",
        {},
        "children_homes",
        (),
        "child",
    )
    assert home.limit_minutes == 5
    assert route.place == "Low Home"
    # 5 m, 20 m of Row 0 to the street x = 100, 100 m, 20 m, 5 m
    assert route.minutes == pytest.approx(150 / 1.25 / 60, abs=1e-6)
    assert home.community == "Lower West"


def test_a_place_without_a_name_is_called_by_its_kind(town_case: Case) -> None:
    layers = dict(town_case.inputs.layers)
    layers["children_homes"] = layers["children_homes"].assign(name="")
    case = replace(town_case, inputs=replace(town_case.inputs, layers=layers))
    assert only(explanations_of(case, point=(120, 5), layer="children_homes")).place == "home"


def test_a_layer_without_a_place_in_reach_has_no_route(town_case: Case) -> None:
    explanations = explanations_of(town_case, point=(120, 5), layer="sports")
    assert [(explanation.layer, explanation.routes, explanation.slowest) for explanation in explanations] == [
        ("sports", (), None)
    ]
    missed = explanations[0].missed
    assert missed is not None
    assert (missed.reason, missed.facility) == ("no_place", "")
    assert len(explanations[0].streets) > 0, "around the start"


def test_the_nearest_place_is_named_though_no_street_leads_to_it(town_case: Case) -> None:
    layers = dict(town_case.inputs.layers)
    homes = layers["children_homes"].iloc[:1].assign(name="Far Hall")
    layers["sports"] = homes.set_geometry(homes.geometry.translate(500, 5000))
    places = town_case.home.places["children_homes"]
    walk = replace(town_case.home, places={**town_case.home.places, "sports": places.take(places.item < 0)})
    case = replace(
        town_case, inputs=replace(town_case.inputs, layers=layers), walks={**town_case.walks, walk.walker: walk}
    )
    missed = explanations_of(case, point=(120, 5), layer="sports")[0].missed
    assert missed is not None
    assert (missed.reason, missed.place, missed.minutes) == ("place_off", "Far Hall", math.inf)
    start = shapely.Point(missed.line.coords[0])
    assert missed.metres == pytest.approx(start.distance(layers["sports"].geometry.iloc[0]))


def test_why_a_place_is_out_of_reach(town_case: Case) -> None:
    walk, layer = town_case.home, town_case.inputs.layers["schools"]
    homes, places = walk.demand, walk.places["schools"]
    start = town_case.samples.demand.geometry.iloc[int(homes.item[0])]
    here, nowhere = homes.take(np.array([0])), homes.take(homes.item < 0)
    reason, item, seconds = out_of_reach(walk.graph, places, here, start, layer.geometry)
    searched = nearest(search(walk.graph, places, limit_s=np.inf), here)
    assert (reason, seconds, item) == ("too_far", searched[0][0], searched[1][0])
    reason, item, seconds = out_of_reach(walk.graph, places, nowhere, start, layer.geometry)
    assert (reason, seconds) == ("start_off", np.inf)
    assert item == int(np.argmin(layer.distance(start)))
    none = layer.geometry.where([False] * len(layer), None)
    assert out_of_reach(walk.graph, places, here, start, none) == ("no_place", -1, np.inf)
    closed = np.full(len(walk.graph.forward_s), np.inf)
    shut = replace(walk.graph, forward_s=closed, backward_s=closed, back=None)
    assert out_of_reach(shut, places, here, start, layer.geometry)[0] == "apart"


def test_the_error_about_an_unknown_layer_lists_the_layers(town_case: Case) -> None:
    with pytest.raises(StudyError) as caught:
        explanations_of(town_case, point=(120, 5), layer="culture")
    for lang in LANGUAGES:
        for word in ("culture", "schools", "parks"):
            assert word in caught.value.text(lang)


def test_a_point_off_the_network_is_an_error(town_case: Case) -> None:
    for lonlat in (degrees(200, 900), (0.0, 0.0), (180.0, 90.0)):
        with pytest.raises(PlaceError) as caught:
            explain(town_case, level, lonlat=lonlat, code=None, layer=None)
        for lang in LANGUAGES:
            assert "100" in caught.value.text(lang)
            assert str(lonlat[0]) in caught.value.text(lang)


def test_a_point_outside_all_communities_is_explained_too(town_case: Case) -> None:
    communities = town_case.inputs.communities.iloc[[2, 3]]
    case = replace(town_case, inputs=replace(town_case.inputs, communities=communities))
    explanation = explanations_of(case, point=(50, 5), layer="schools")[0]
    assert (explanation.code, explanation.community) == ("", "")
    assert explanation.routes[0].minutes == pytest.approx(35 / 1.25 / 60, abs=1e-6)


def test_a_child_at_the_place_has_an_empty_route(town_case: Case) -> None:
    demand = town_case.inputs.demand.copy()
    demand.loc[demand["community"] == "C02", "geometry"] = gpd.GeoSeries([at(300, 0)] * 2, crs=CRS).to_numpy()
    case = remade(replace(town_case, inputs=replace(town_case.inputs, demand=demand)), town_case.inputs.network)
    route = only(explanations_of(case, code="C02", layer="parks"))
    assert route.minutes == 0
    assert set(route.parts.values()) == {0.0}
    assert (len(route.pieces), len(route.profile)) == (0, 0)


def test_an_explanation_holds_the_streets_around_its_routes(town_case: Case) -> None:
    explanation = explanations_of(town_case, point=(50, 5), layer="schools")[0]
    near = explanation.routes[0].pieces.union_all().envelope
    assert (explanation.streets.distance(near) <= 200).all()
    assert 0 < len(explanation.streets) < len(town_case.inputs.network.edges)
    assert set(explanation.streets["form"]) >= {"level", "steps"}


# --- fifty walks in Monaco ---------------------------------------------------------------------------------------


@pytest.mark.shared
def test_pieces_of_fifty_walks_in_monaco_lie_end_to_end_and_add_up(monaco_case: Case) -> None:
    rng = np.random.default_rng(5)
    homes = monaco_case.inputs.demand.geometry.sample(n=50, random_state=rng).to_crs("EPSG:4326")
    routes = [
        (route, explanation)
        for home in homes.representative_point()
        for explanation in explain(monaco_case, level, lonlat=(home.x, home.y), code=None, layer="schools")[:1]
        for route in explanation.routes
    ]
    assert len(routes) > 80
    assert {route.direction for route, _ in routes} == {"to", "from"}
    parts: set[str] = set()
    for route, explanation in routes:
        pieces = route.pieces
        lines = [line for line, m in zip(pieces.geometry, pieces["length_m"], strict=True) if m > 0]
        ends = np.array([[line.coords[0], line.coords[-1]] for line in lines])
        assert np.hypot(*(ends[1:, 0] - ends[:-1, 1]).T).max(initial=0) < 1e-6
        start = gpd.GeoSeries([explanation.start], crs="EPSG:4326").to_crs(monaco_case.inputs.crs).iloc[0]
        home_end = ends[0, 0] if route.direction == "to" else ends[-1, 1]
        assert np.hypot(*(home_end - start.coords[0])) < 1e-3
        assert pieces["minutes"].sum() == pytest.approx(route.minutes)
        assert sum(route.parts.values()) == pytest.approx(route.minutes)
        assert pieces["length_m"].sum() == pytest.approx(route.length_m)
        assert pieces.length.sum() == pytest.approx(route.length_m)
        distance_m = route.profile["distance_m"].to_numpy()
        assert distance_m[0] == 0
        assert (np.diff(distance_m) >= -1e-9).all()
        assert distance_m[-1] == pytest.approx(route.length_m)
        parts |= set(pieces["part"])
    assert parts >= {"level", "uphill", "downhill", "stairs", "off_network"}


# --- as a study --------------------------------------------------------------------------------------------------


def test_a_study_is_explained_from_its_files(town_study: Path) -> None:
    study = load_study(town_study)
    explanation = explain_study(study, lonlat=degrees(50, 205), layer="schools")[0]
    assert explanation.routes[0].minutes == pytest.approx(281 / 60, abs=1e-3)
    assert explanation.routes[0].profile["height_m"].isna().all(), "the town has no elevation"
    assert explain_study(study, community="C03")[0].community == "Upper"


def test_an_explanation_needs_either_a_point_or_a_community(town_study: Path) -> None:
    study = load_study(town_study)
    for start in ({}, {"lonlat": degrees(50, 205), "community": "C03"}):
        with pytest.raises(StudyError) as caught:
            explain_study(study, **start)  # type: ignore[arg-type]
        for lang in LANGUAGES:
            assert "--from" in caught.value.text(lang)
            assert "--community" in caught.value.text(lang)


def test_climb_less_descent_is_the_net_rise_of_the_profile(default_study: Study, default_case: Case) -> None:
    explanations = explain_study(default_study, community=str(default_case.samples.codes[0]))
    assert {explanation.slope for explanation in explanations} == {"tobler"}
    routes = [explanation.slowest for explanation in explanations if explanation.slowest is not None]
    assert all(route.profile["height_m"].notna().all() for route in routes)
    for route in routes:
        net_m = route.profile["height_m"].iloc[-1] - route.profile["height_m"].iloc[0]
        assert abs(route.climb_m - route.descent_m - net_m) < 15, "except for the legs off the network"


def test_the_profile_has_heights_only_where_slope_counts(tmp_path: Path) -> None:
    path = write_town(tmp_path / "town")
    flat_land(path.parent / "land.tif", height_m=321.0)
    edited(path, 'path = "streets.osm"', 'path = "streets.osm"\nelevation = "land.tif"')
    explanation = explain_study(load_study(path), community="C03", layer="schools")[0]
    assert explanation.slope == "tobler"
    assert explanation.routes[0].profile["height_m"].to_numpy() == pytest.approx(321)
    edited(path, 'direction = "to"', 'direction = "to"\nslope = "none"')
    explanation = explain_study(load_study(path), community="C03", layer="schools")[0]
    assert explanation.slope == "none"
    assert explanation.routes[0].profile["height_m"].isna().all()
