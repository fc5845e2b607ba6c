"""Why walks take as long as they do: the same minutes as the verdicts, pieces that add up, and faults told clearly."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from worlds.studies import case_of, degrees, edited, flat_land, remade
from worlds.town import CRS, at, write_town

from cfgeo import Inputs, PlaceError, Study, StudyError, explain_study, load_study
from cfgeo.assess.case import Case
from cfgeo.assess.explain import explain, median_routes
from cfgeo.assess.verdicts import coverage_table
from cfgeo.core.explanation import Explanation, Route
from cfgeo.core.results import ROUTE_COLUMNS
from cfgeo.core.schema import WALK_PARTS
from cfgeo.core.strings import LANGUAGES

MINUTES = [f"{part}_minutes" for part in WALK_PARTS]


def level(x: Any, y: Any) -> Any:
    """Land at 200 m everywhere."""
    return np.full(len(x), 200.0)


def explained(
    case: Case,
    *,
    point: tuple[float, float] | None = None,
    code: str | None = None,
    layer: str | None = None,
    heights: Callable[[Any, Any], Any] = level,
) -> list[Explanation]:
    lonlat = None if point is None else degrees(*point)
    return explain(case, heights, lonlat=lonlat, code=code, layer=layer)


def only(found: list[Explanation]) -> Route:
    """Return the only route of the only explanation."""
    assert len(found) == 1
    assert len(found[0].routes) == 1
    return found[0].routes[0]


# --- median children ---------------------------------------------------------------------------------------------


def check_medians(case: Case) -> pd.DataFrame:
    """Compare the walks of median children with the minutes of the coverage table."""
    routes, coverage = median_routes(case), coverage_table(case)
    assert routes.columns.tolist() == list(ROUTE_COLUMNS)
    both = coverage[coverage["measure"] == "reach"].merge(routes, on=["code", "clause"], how="left", validate="1:1")
    declared = both["clause"].isin([clause.id for clause in case.reach_clauses])
    assert len(routes) == declared.sum()
    both = both[declared]
    np.testing.assert_allclose(both["minutes"], both["median_minutes"], rtol=1e-9)
    found = np.isfinite(both["minutes"])
    np.testing.assert_allclose(both.loc[found, MINUTES].sum(axis=1), both.loc[found, "minutes"], rtol=1e-9)
    assert both.loc[found, [*MINUTES, "length_m", "steps"]].notna().all(axis=None)
    assert (both.loc[found, MINUTES] >= 0).all(axis=None)
    assert both.loc[~found, [*MINUTES, "length_m", "steps", "climb_m"]].isna().all(axis=None)
    assert (both.loc[found, "facility"] != "").all()
    assert (both.loc[~found, ["facility", "direction"]] == "").all(axis=None)
    return both


@pytest.mark.parametrize("direction", ["to", "from", "worst"])
def test_the_median_walks_of_the_town_are_those_of_the_verdicts(
    town_study: Path, town_case: Case, direction: str
) -> None:
    study = load_study(town_study)
    study = study.model_copy(update={"walk": study.walk.model_copy(update={"direction": direction})})
    found = check_medians(case_of(study, town_case.inputs))
    assert set(found["direction"]) - {""} <= ({direction} if direction != "worst" else {"to", "from"})
    assert found["minutes"].isna().sum() == 2, "nobody lives in C04"


def test_the_median_walks_of_the_default_study_are_those_of_the_verdicts(default_case: Case) -> None:
    found = check_medians(default_case)
    assert set(found["direction"]) >= {"to", "from"}
    assert (found["stairs_minutes"] > 1).any()
    assert (found["uphill_minutes"] > 1).any()


@pytest.mark.shared
def test_the_median_walks_of_yuzhong_are_those_of_the_verdicts(yuzhong_study: Study, yuzhong: Inputs) -> None:
    found = check_medians(case_of(yuzhong_study, yuzhong))
    assert np.isfinite(found["minutes"]).sum() > 100
    assert set(found["direction"]) >= {"to", "from"}


def test_the_median_walks_of_the_town_are_those_worked_out_by_hand(town_case: Case) -> None:
    routes = median_routes(town_case).set_index(["clause", "code"])
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


def test_a_middle_child_that_gets_nowhere_has_no_route(town_case: Case) -> None:
    demand = town_case.inputs.demand.copy()
    demand.loc[7, "age_6_11"] = 1000.0  # stranded
    case = remade(replace(town_case, inputs=replace(town_case.inputs, demand=demand)), town_case.inputs.network)
    row = median_routes(case).set_index(["clause", "code"]).loc[("school", "C03")]
    assert row["minutes"] == np.inf
    assert row[MINUTES].isna().all()
    assert (row["facility"], row["direction"]) == ("", "")
    found = explained(case, code="C03", layer="schools")[0]
    assert found.routes == ()
    assert found.slowest is None
    assert found.median


def test_without_clauses_that_walk_there_are_no_routes(town_case: Case) -> None:
    some = tuple(clause for clause in town_case.standard.clause if clause.measure != "reach")
    case = replace(town_case, standard=town_case.standard.model_copy(update={"clause": some}))
    routes = median_routes(case)
    assert (len(routes), routes.columns.tolist()) == (0, list(ROUTE_COLUMNS))
    for start in ({"code": "C03"}, {"point": (50.0, 5.0)}):
        with pytest.raises(StudyError) as caught:
            explained(case, **start)  # type: ignore[arg-type]
        for lang in LANGUAGES:
            assert "--layer" in caught.value.text(lang)
            assert "schools" in caught.value.text(lang)
        assert len(explained(case, layer="schools", **start)) == 1  # type: ignore[arg-type]


# --- from a community --------------------------------------------------------------------------------------------


def test_a_community_is_known_by_code_and_by_name(town_case: Case) -> None:
    one, other = explained(town_case, code="C03"), explained(town_case, code="Upper")
    assert [found.clause for found in one] == ["school", "park"]
    for a, b in zip(one, other, strict=True):
        assert (a.code, a.community, a.median) == (b.code, b.community, b.median) == ("C03", "Upper", True)
        assert a.start.equals(b.start)
        assert a.routes[0].minutes == b.routes[0].minutes
        pd.testing.assert_frame_equal(pd.DataFrame(a.routes[0].pieces), pd.DataFrame(b.routes[0].pieces))


def check_communities(case: Case) -> int:
    """Compare explanations of communities with their rows; return how many walks were compared."""
    rows = median_routes(case).set_index(["code", "clause"])
    seen = 0
    for code in case.samples.codes[:: max(1, len(case.samples.codes) // 6)]:
        if rows.loc[code, "minutes"].isna().all():
            continue
        for found in explained(case, code=str(code)):
            row = rows.loc[(code, found.clause)]
            if found.slowest is None:
                assert row["minutes"] == np.inf
                continue
            assert found.slowest.minutes == pytest.approx(row["minutes"])
            assert found.slowest.direction == row["direction"]
            assert found.slowest.facility == row["facility"]
            assert list(found.slowest.parts.values()) == pytest.approx(row[MINUTES].tolist())
            assert found.code == code
            seen += 1
    return seen


def test_what_is_explained_is_what_the_table_of_routes_says(town_case: Case, default_case: Case) -> None:
    assert check_communities(town_case) == 6
    assert check_communities(default_case) > 20


def test_an_unknown_community_is_told_similar_ones(town_case: Case) -> None:
    for code, near in (("Uper", "Upper"), ("C033", "C03"), ("渝中", "C01")):
        with pytest.raises(StudyError) as caught:
            explained(town_case, code=code)
        for lang in LANGUAGES:
            assert code in caught.value.text(lang)
            assert near in caught.value.text(lang)


def renamed(case: Case, **names: str) -> Case:
    communities = case.inputs.communities.copy()
    for code, name in names.items():
        communities.loc[code, "community"] = name
    return replace(case, inputs=replace(case.inputs, communities=communities))


def test_where_several_communities_have_a_name_their_codes_are_told(town_case: Case) -> None:
    case = renamed(town_case, C01="Lower", C02="Lower")
    with pytest.raises(StudyError) as caught:
        explained(case, code="Lower")
    for lang in LANGUAGES:
        for word in ("Lower", "C01", "C02"):
            assert word in caught.value.text(lang)
    assert explained(case, code="C02")[0].code == "C02"


def test_a_code_goes_before_a_name(town_case: Case) -> None:
    assert explained(renamed(town_case, C01="C03"), code="C03")[0].code == "C03"


def test_where_nobody_lives_there_is_nothing_to_explain(town_case: Case) -> None:
    with pytest.raises(StudyError) as caught:
        explained(town_case, code="C04")
    for lang in LANGUAGES:
        assert "C04" in caught.value.text(lang)
        assert "--from" in caught.value.text(lang)


def test_a_clause_of_whose_ages_nobody_lives_there_is_left_out(town_case: Case) -> None:
    demand = town_case.inputs.demand.copy()
    demand.loc[demand["community"] == "C02", ["age_0_2", "age_3_5"]] = 0.0
    case = remade(replace(town_case, inputs=replace(town_case.inputs, demand=demand)), town_case.inputs.network)
    assert [found.clause for found in explained(case, code="C02")] == ["school"]


# --- from a point ------------------------------------------------------------------------------------------------


def test_a_point_walks_to_the_places_of_every_clause(town_case: Case) -> None:
    school, park = explained(town_case, point=(50, 205))
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


def test_there_and_back_are_both_told_and_the_slower_decides(town_study: Path, town_case: Case) -> None:
    study = load_study(town_study)
    study = study.model_copy(update={"walk": study.walk.model_copy(update={"direction": "worst"})})
    school = explained(case_of(study, town_case.inputs), point=(50, 205), layer="schools")[0]
    assert [route.direction for route in school.routes] == ["to", "from"]
    there, back = school.routes
    # Back up: by the steps 12 + 144 + 200 = 356 s, by the lift 328 s
    assert (there.minutes * 60, back.minutes * 60) == pytest.approx((281, 328), abs=1e-4)
    assert back.parts["lift"] == pytest.approx(1)
    assert school.slowest is back
    assert there.facility == back.facility
    assert back.pieces.geometry.iloc[0].coords[0] == pytest.approx(at(30, -10).coords[0], abs=1e-4)
    assert back.pieces.geometry.iloc[-1].coords[-1] == pytest.approx(at(50, 205).coords[0], abs=1e-4)


def test_a_layer_that_no_clause_asks_a_walk_to_is_walked_by_the_studys_walker(town_case: Case) -> None:
    route = only(found := explained(town_case, point=(120, 5), layer="children_homes"))
    one = found[0]
    assert (one.clause, one.titles, one.layer, one.kinds, one.walker) == ("", {}, "children_homes", (), "child")
    assert one.limit_minutes == 5
    assert route.place == "Low Home"
    # 5 m, 20 m of Row 0 to the street x = 100, 100 m, 20 m, 5 m
    assert route.minutes == pytest.approx(150 / 1.25 / 60, abs=1e-6)
    assert one.community == "Lower West"


def test_a_place_without_a_name_is_called_by_its_kind(town_case: Case) -> None:
    layers = dict(town_case.inputs.layers)
    layers["children_homes"] = layers["children_homes"].assign(name="")
    case = replace(town_case, inputs=replace(town_case.inputs, layers=layers))
    assert only(explained(case, point=(120, 5), layer="children_homes")).place == "home"


def test_a_layer_without_a_place_in_reach_has_no_route(town_case: Case) -> None:
    found = explained(town_case, point=(120, 5), layer="sports")
    assert [(one.layer, one.routes, one.slowest) for one in found] == [("sports", (), None)]
    assert len(found[0].streets) == 0


def test_an_unknown_layer_is_told_those_there_are(town_case: Case) -> None:
    with pytest.raises(StudyError) as caught:
        explained(town_case, point=(120, 5), layer="culture")
    for lang in LANGUAGES:
        for word in ("culture", "schools", "parks"):
            assert word in caught.value.text(lang)


def test_a_point_off_the_network_is_told_so(town_case: Case) -> None:
    for lonlat in (degrees(200, 900), (0.0, 0.0), (180.0, 90.0)):
        with pytest.raises(PlaceError) as caught:
            explain(town_case, level, lonlat=lonlat, code=None, layer=None)
        for lang in LANGUAGES:
            assert "100" in caught.value.text(lang)
            assert str(lonlat[0]) in caught.value.text(lang)


def test_outside_all_communities_a_walk_is_explained_too(town_case: Case) -> None:
    communities = town_case.inputs.communities.iloc[[2, 3]]
    case = replace(town_case, inputs=replace(town_case.inputs, communities=communities))
    one = explained(case, point=(50, 5), layer="schools")[0]
    assert (one.code, one.community) == ("", "")
    assert one.routes[0].minutes == pytest.approx(35 / 1.25 / 60, abs=1e-6)


def test_who_stands_at_the_place_walks_nowhere(town_case: Case) -> None:
    demand = town_case.inputs.demand.copy()
    demand.loc[demand["community"] == "C02", "geometry"] = gpd.GeoSeries([at(300, 0)] * 2, crs=CRS).to_numpy()
    case = remade(replace(town_case, inputs=replace(town_case.inputs, demand=demand)), town_case.inputs.network)
    route = only(explained(case, code="C02", layer="parks"))
    assert route.minutes == 0
    assert set(route.parts.values()) == {0.0}
    assert (len(route.pieces), len(route.profile)) == (0, 0)


def test_the_streets_around_the_routes_are_handed_over(town_case: Case) -> None:
    one = explained(town_case, point=(50, 5), layer="schools")[0]
    near = one.routes[0].pieces.union_all().envelope
    assert (one.streets.distance(near) <= 200).all()
    assert 0 < len(one.streets) < len(town_case.inputs.network.edges)
    assert set(one.streets["form"]) >= {"level", "steps"}


# --- fifty walks in Monaco ---------------------------------------------------------------------------------------


@pytest.mark.shared
def test_pieces_of_fifty_walks_in_monaco_lie_end_to_end_and_add_up(monaco_case: Case) -> None:
    rng = np.random.default_rng(5)
    homes = monaco_case.inputs.demand.geometry.sample(n=50, random_state=rng).to_crs("EPSG:4326")
    routes = [
        (route, one)
        for home in homes.representative_point()
        for one in explain(monaco_case, level, lonlat=(home.x, home.y), code=None, layer="schools")[:1]
        for route in one.routes
    ]
    assert len(routes) > 80
    assert {route.direction for route, _ in routes} == {"to", "from"}
    parts: set[str] = set()
    for route, one in routes:
        pieces = route.pieces
        lines = [line for line, m in zip(pieces.geometry, pieces["length_m"], strict=True) if m > 0]
        ends = np.array([[line.coords[0], line.coords[-1]] for line in lines])
        assert np.hypot(*(ends[1:, 0] - ends[:-1, 1]).T).max(initial=0) < 1e-6
        start = gpd.GeoSeries([one.start], crs="EPSG:4326").to_crs(monaco_case.inputs.crs).iloc[0]
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
    one = explain_study(study, lonlat=degrees(50, 205), layer="schools")[0]
    assert one.routes[0].minutes == pytest.approx(281 / 60, abs=1e-3)
    assert one.routes[0].profile["height_m"].isna().all(), "the town has no elevation"
    assert explain_study(study, community="C03")[0].community == "Upper"


def test_a_walk_begins_at_a_point_or_in_a_community(town_study: Path) -> None:
    study = load_study(town_study)
    for start in ({}, {"lonlat": degrees(50, 205), "community": "C03"}):
        with pytest.raises(StudyError) as caught:
            explain_study(study, **start)  # type: ignore[arg-type]
        for lang in LANGUAGES:
            assert "--from" in caught.value.text(lang)
            assert "--community" in caught.value.text(lang)


def test_what_is_climbed_and_descended_is_what_the_profile_rises(default_study: Study, default_case: Case) -> None:
    found = explain_study(default_study, community=str(default_case.samples.codes[0]))
    assert {one.slope for one in found} == {"tobler"}
    routes = [one.slowest for one in found if one.slowest is not None]
    assert all(route.profile["height_m"].notna().all() for route in routes)
    for route in routes:
        net_m = route.profile["height_m"].iloc[-1] - route.profile["height_m"].iloc[0]
        assert abs(route.climb_m - route.descent_m - net_m) < 15, "but for the ways off the network"


def test_heights_are_told_where_slope_counts(tmp_path: Path) -> None:
    path = write_town(tmp_path / "town")
    flat_land(path.parent / "land.tif", height_m=321.0)
    edited(path, 'path = "streets.osm"', 'path = "streets.osm"\nelevation = "land.tif"')
    one = explain_study(load_study(path), community="C03", layer="schools")[0]
    assert one.slope == "tobler"
    assert one.routes[0].profile["height_m"].to_numpy() == pytest.approx(321)
    edited(path, 'direction = "to"', 'direction = "to"\nslope = "none"')
    one = explain_study(load_study(path), community="C03", layer="schools")[0]
    assert one.slope == "none"
    assert one.routes[0].profile["height_m"].isna().all()
