"""Findings are shown where they are, and nowhere where nobody can say."""

import dataclasses
from typing import Any

import geopandas as gpd
import pytest
import shapely
from worlds.town import CRS, STEPS, at

from cfgeo.assess.case import Case
from cfgeo.check.locate import locate_findings
from cfgeo.core.findings import finding, findings_table
from cfgeo.core.schema import ROW, WGS84, Inputs


def shown(inputs: Inputs, rule: str, layer: str, **about: Any) -> Any:
    """Return the place of one finding in the town's metres, None where it has none."""
    places = locate_findings(findings_table([finding(rule, layer, **about)]), inputs)
    assert places.crs == WGS84
    return places.to_crs(CRS).iloc[0]


@pytest.fixture
def inputs(town_case: Case) -> Inputs:
    return town_case.inputs


def test_a_facility_is_shown_by_its_row(inputs: Inputs) -> None:
    schools = inputs.layers["schools"].assign(**{ROW: [2, 3, 5]})
    rows = dataclasses.replace(inputs, layers={"schools": schools})
    for row, nth in ((2, 0), (3, 1), (5, 2)):
        assert shown(rows, "not_snapped", "schools", row=row).distance(schools.geometry.iloc[nth]) < 0.2
    assert shown(rows, "not_snapped", "schools", row=4) is None


def test_a_finding_that_knows_its_place_is_shown_there(inputs: Inputs) -> None:
    assert shown(inputs, "ring_mended", "communities", row="C02", at=at(70, 30)).distance(at(70, 30)) < 0.2


@pytest.mark.parametrize("row", ["schools-99", 99, 0, "certified", ""])
def test_a_row_that_is_not_there_is_shown_nowhere(inputs: Inputs, row: Any) -> None:
    assert shown(inputs, "answer_unclear", "schools", row=row) is None


def test_a_number_that_is_no_row_is_shown_nowhere(inputs: Inputs) -> None:
    assert shown(inputs, "column_near", "schools", row="2") is None


def test_facilities_of_a_list_of_names_are_shown_together_where_each_is_one(inputs: Inputs) -> None:
    names = tuple(inputs.layers["schools"]["name"][:2])
    together = shown(inputs, "far_away", "schools", names=names)
    assert len(together.geoms) == 2
    twice = inputs.layers["schools"].assign(name=names[0])
    other = dataclasses.replace(inputs, layers={"schools": twice})
    assert shown(other, "far_away", "schools", names=names) is None


def test_an_element_of_openstreetmap_is_shown_by_its_id(inputs: Inputs) -> None:
    tagged = inputs.layers["schools"].assign(**{ROW: ["way/1", "way/2", "way/2"]})
    other = dataclasses.replace(inputs, layers={"schools": tagged})
    assert shown(other, "osm_closed", "schools", row="way/1").distance(tagged.geometry.iloc[0]) < 0.2
    assert shown(other, "osm_closed", "schools", row="way/2") is None
    assert shown(other, "osm_incomplete", "schools", row="way/3") is None


def test_communities_are_shown_by_code_and_several_together(inputs: Inputs) -> None:
    areas = inputs.communities.geometry
    assert shown(inputs, "ring_mended", "communities", row="C02").symmetric_difference(areas["C02"]).area < 100
    both = shown(inputs, "residents_missing", "communities", codes=("C01", "C03"))
    assert both.area == pytest.approx(areas["C01"].area + areas["C03"].area, rel=1e-3)
    assert shown(inputs, "children_missing", "demand", codes=("C04",)).area == pytest.approx(
        areas["C04"].area, rel=1e-3
    )
    assert shown(inputs, "codes_rounded", "communities", codes=("5E+11",)) is None


def test_streets_are_shown_by_their_way_and_pieces_together(inputs: Inputs) -> None:
    steps = shown(inputs, "flight_too_high", "network", row=STEPS)
    assert steps.length == pytest.approx(100, rel=0.01)
    pieces = shown(inputs, "network_pieces", "network")
    assert pieces.hausdorff_distance(shapely.LineString([at(200, 450), at(300, 450)])) < 0.2
    assert shown(inputs, "graph_mixed", "network") is None


def test_junctions_without_a_height_and_homes_outside_are_points(inputs: Inputs) -> None:
    assert len(shown(inputs, "elevation_outside", "elevation").geoms) == len(inputs.network.nodes)
    outside = inputs.demand.assign(community="")
    place = shown(dataclasses.replace(inputs, demand=outside), "demand_outside", "demand")
    assert len(place.geoms) == len(outside)
    assert shown(inputs, "demand_outside", "demand") is None


def test_the_index_is_that_of_the_findings(inputs: Inputs) -> None:
    table = findings_table([finding("elevation_none", "network", severity="note"), finding("x", "schools", row=1)])
    places = locate_findings(table.iloc[::-1], inputs)
    assert places.index.tolist() == [1, 0]
    assert isinstance(places, gpd.GeoSeries)
    assert locate_findings(table.iloc[:0], inputs).empty
