"""What tags say to somebody on foot."""

import math

import pytest

from cfgeo.core.schema import EDGE_COLUMNS
from cfgeo.files.osm.tags import edge_facts, is_structure, walkable


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "footway"},
        {"highway": "steps"},
        {"highway": "residential"},
        {"highway": "elevator"},
        {"highway": "platform", "railway": "platform"},
        {"highway": "residential", "access": "yes"},
        {"highway": "residential", "access": "destination"},
        {"highway": "service", "access": "private", "foot": "yes"},
        {"highway": "service", "access": "no", "foot": "designated"},
        {"highway": "footway", "access": "private", "foot": "permissive"},
        {"highway": "trunk", "sidewalk": "both"},
        {"highway": "trunk", "sidewalk:right": "yes"},
        {"highway": "trunk_link", "foot": "yes"},
        {"highway": "primary", "sidewalk": "no"},
        {"highway": "cycleway"},
        {"highway": "residential", "oneway": "yes"},
    ],
)
def test_streets_and_paths_open_on_foot_are_walkable(tags: dict[str, str]) -> None:
    assert walkable(tags)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"building": "yes"},
        {"railway": "platform"},
        {"highway": "motorway"},
        {"highway": "motorway", "foot": "yes"},
        {"highway": "motorway_link"},
        {"highway": "proposed"},
        {"highway": "construction"},
        {"highway": "trunk"},
        {"highway": "trunk", "sidewalk": "no"},
        {"highway": "trunk", "sidewalk": "none"},
        {"highway": "footway", "foot": "no"},
        {"highway": "footway", "foot": "private"},
        {"highway": "footway", "foot": "no", "access": "yes"},
        {"highway": "residential", "foot": "use_sidepath"},
        {"highway": "service", "access": "private"},
        {"highway": "service", "access": "no"},
        {"highway": "primary", "motorroad": "yes"},
    ],
)
def test_motorways_and_closed_ways_are_not_walkable(tags: dict[str, str]) -> None:
    assert not walkable(tags)


@pytest.mark.parametrize(
    ("tags", "form"),
    [
        ({"highway": "footway"}, "level"),
        ({"highway": "steps"}, "steps"),
        ({"highway": "steps", "conveying": "forward"}, "escalator"),
        ({"highway": "footway", "conveying": "backward"}, "escalator"),
        ({"highway": "steps", "conveying": "no"}, "steps"),
        ({"highway": "elevator"}, "lift"),
    ],
)
def test_an_edges_form_follows_its_tags(tags: dict[str, str], form: str) -> None:
    assert edge_facts(tags)["form"] == form
    assert edge_facts(tags)["lift_rides"] == (1.0 if form == "lift" else 0.0)


@pytest.mark.parametrize(
    ("tags", "oneway"),
    [
        ({"oneway": "yes"}, 0),
        ({"oneway": "-1", "highway": "residential"}, 0),
        ({"oneway:foot": "yes"}, 1),
        ({"oneway:foot": "-1"}, -1),
        ({"oneway:foot": "no"}, 0),
        ({"highway": "steps", "conveying": "forward"}, 1),
        ({"highway": "steps", "conveying": "backward"}, -1),
        ({"highway": "steps", "conveying": "reversible"}, 0),
    ],
)
def test_a_one_way_street_is_one_for_cars_only(tags: dict[str, str], oneway: int) -> None:
    assert edge_facts(tags)["oneway"] == oneway


@pytest.mark.parametrize(
    ("incline", "sign"),
    [("up", 1), ("down", -1), ("8%", 1), ("-12.5 %", -1), ("5°", 1), ("0", 0), ("0%", 0), ("yes", 0), ("", 0),
     ("steep", 0), ("10 %;12 %", 0)],
)  # fmt: skip
def test_an_incline_tag_gives_the_direction_of_the_climb(incline: str, sign: int) -> None:
    assert edge_facts({"highway": "steps", "incline": incline})["incline"] == sign


@pytest.mark.parametrize(("count", "value"), [("48", 48), (" 7 ", 7), ("about 20", math.nan), ("", math.nan)])
def test_a_step_count_is_a_plain_number_or_missing(count: str, value: float) -> None:
    steps = edge_facts({"highway": "steps", "step_count": count})["step_count"]
    assert steps == value or (math.isnan(value) and math.isnan(steps))


@pytest.mark.parametrize(
    ("tags", "ramp"),
    [
        ({"ramp": "yes"}, True),
        ({"ramp": "no"}, False),
        ({"ramp:stroller": "yes"}, True),
        ({"ramp": "yes", "ramp:stroller": "no"}, False),
        ({"ramp:bicycle": "yes"}, False),
        ({}, False),
    ],
)
def test_a_stroller_needs_a_ramp(tags: dict[str, str], *, ramp: bool) -> None:
    assert edge_facts({"highway": "steps", **tags})["ramp"] is ramp


@pytest.mark.parametrize(
    ("tags", "structure"),
    [
        ({"bridge": "yes"}, True),
        ({"bridge": "viaduct"}, True),
        ({"bridge": "no"}, False),
        ({"tunnel": "building_passage"}, True),
        ({"covered": "yes"}, True),
        ({"layer": "1"}, True),
        ({"layer": "-1"}, True),
        ({"layer": "0"}, False),
        ({"indoor": "yes"}, True),
        ({}, False),
    ],
)
def test_bridges_tunnels_and_other_layers_are_structures(tags: dict[str, str], *, structure: bool) -> None:
    assert is_structure(tags) is structure
    assert edge_facts({"highway": "footway", **tags})["structure"] is structure


def test_the_facts_are_the_columns_of_the_network() -> None:
    of_place = {"u", "v", "osm_id", "length_m", "signal_waits", "crossing_waits", "across"}
    of_land = {"rise_m", "climb_m", "descent_m", "flight_m", "capped_m", "slope_forward", "slope_backward"}
    assert set(edge_facts({})) == set(EDGE_COLUMNS) - of_place - of_land
