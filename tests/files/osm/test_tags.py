"""What tags say to somebody on foot."""

import math

import pytest

from cfgeo.core.schema import EDGE_COLUMNS, TRAILS
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
        {"highway": "Footway"},
        {"highway": " footway "},
        {"highway": "living street"},
        {"highway": "footway;path"},
        {"highway": "service", "access": "private", "foot": " YES "},
        {"highway": "service", "access": "no", "foot": "1"},
        {"highway": "service", "access": "no", "foot": "private;customers"},
        {"highway": "footway", "access": "no @ (22:00-06:00)"},
        {"highway": "footway", "access": "yes @ (Mo-Su 06:30-24:00)"},
        {"highway": "footway", "disused": "no"},
        {"highway": "path", "abandoned": "yes", "railway": "abandoned"},
        {"highway": "path", "abandoned:highway": "track"},
        {"highway": "footway", "construction": "minor"},
        {"highway": "trunk", "sidewalk:both": "separate"},
        {"highway": "trunk", "sidewalk": "left;right"},
        {"highway": "trunk", "sidewalk": "True"},
        {"highway": "primary", "motorroad": "no"},
        {"highway": "footway", "foot:backward": "no"},
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
        {"highway": "primary", "motorroad": "True"},
        {"highway": "footway", "foot": "NO"},
        {"highway": "footway", "foot": "0"},
        {"highway": "footway", "foot": "False"},
        {"highway": "footway", "foot": "否"},
        {"highway": "footway", "access": " Private "},
        {"highway": "footway", "access": "禁止通行"},
        {"highway": "footway", "access": "private;residents"},
        {"highway": "footway", "foot:forward": "no", "foot:backward": "no"},
        {"highway": "Motorway"},
        {"highway": "motorway;footway"},
        {"highway": "footway", "disused": "yes"},
        {"highway": "footway", "Disused": "no", "abandoned": "Yes"},
        {"highway": "footway", "construction": "yes"},
        {"highway": "footway", "construction": "footway"},
        {"highway": "footway", "proposed": "yes"},
        {"highway": "footway", "demolished": "1"},
        {"highway": "footway", "razed:highway": "footway"},
        {"highway": "construction", "construction": "footway"},
        {"highway": "footway", "disused": "yes", "foot": "yes"},
        {"highway": "trunk", "sidewalk:both": "no"},
        {"highway": "via_ferrata"},
    ],
)
def test_motorways_and_closed_ways_are_not_walkable(tags: dict[str, str]) -> None:
    assert not walkable(tags)


def test_a_study_can_open_trunk_roads_but_no_motorway_and_none_that_is_closed() -> None:
    trunk = {"highway": "trunk_link"}
    assert not walkable(trunk)
    assert walkable(trunk, trunk_roads=True)
    assert edge_facts(trunk, trunk_roads=True)["footway"]
    assert not edge_facts(trunk)["footway"]
    for tags in ({"foot": "no"}, {"access": "private"}, {"motorroad": "yes"}, {"highway": "motorway"}):
        assert not walkable({**trunk, **tags}, trunk_roads=True)


@pytest.mark.parametrize(
    ("tags", "form"),
    [
        ({"highway": "footway"}, "level"),
        ({"highway": "steps"}, "steps"),
        ({"highway": "steps", "conveying": "forward"}, "escalator"),
        ({"highway": "footway", "conveying": "backward"}, "escalator"),
        ({"highway": "steps", "conveying": "no"}, "steps"),
        ({"highway": "steps", "conveying": "False"}, "steps"),
        ({"highway": "Steps"}, "steps"),
        ({"highway": "steps", "conveying": "Yes"}, "escalator"),
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
        ({"highway": "steps", "conveying": "yes"}, 0),
        ({"highway": "steps", "conveying": "yes", "oneway": "yes"}, 1),
        ({"highway": "steps", "conveying": "yes", "oneway": "-1"}, -1),
        ({"highway": "steps", "conveying": "reversible", "oneway": "yes"}, 0),
        ({"highway": "footway", "oneway": "yes"}, 0),
        ({"highway": "steps", "oneway": "1"}, 0),
        ({"oneway:foot": "1"}, 1),
        ({"oneway:foot": "True"}, 1),
        ({"oneway:foot": "Reverse"}, -1),
        ({"foot:backward": "no"}, 1),
        ({"foot:forward": "No"}, -1),
        ({"foot:backward": "yes"}, 0),
        ({"foot:backward": "no", "oneway:foot": "no"}, 0),
    ],
)
def test_a_one_way_street_is_one_for_cars_only(tags: dict[str, str], oneway: int) -> None:
    assert edge_facts(tags)["oneway"] == oneway


@pytest.mark.parametrize(
    ("incline", "sign"),
    [("up", 1), ("down", -1), ("8%", 1), ("-12.5 %", -1), ("5°", 1), ("0", 0), ("0%", 0), ("yes", 0), ("", 0),
     ("steep", 0), ("10 %;12 %", 0), ("UP", 1), (" Down ", -1), ("８％", 1), ("上坡", 1), ("下", -1), ("1:12", 0)],
)  # fmt: skip
def test_an_incline_tag_gives_the_direction_of_the_climb(incline: str, sign: int) -> None:
    assert edge_facts({"highway": "steps", "incline": incline})["incline"] == sign


@pytest.mark.parametrize(
    ("count", "value"),
    [("48", 48), (" 7 ", 7), ("48.0", 48), ("４８", 48), ("about 20", math.nan), ("", math.nan), ("-150", math.nan),
     ("0", math.nan), ("12.5", math.nan), ("20;30", math.nan), ("inf", math.nan), ("1e3", math.nan)],
)  # fmt: skip
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
        ({"ramp": "yes", "ramp:bicycle": "yes"}, False),
        ({"ramp:wheelchair": "yes"}, True),
        ({"ramp": "True"}, True),
        ({"ramp": "1"}, True),
        ({"ramp": "separate"}, False),
        ({"stroller": "yes"}, True),
        ({"stroller": "no", "ramp": "yes"}, True),
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
        ({"layer": "0.0"}, False),
        ({"layer": "1.0"}, True),
        ({"bridge": "False"}, False),
        ({"bridge": "F"}, False),
        ({"bridge": "T"}, True),
        ({"tunnel": "1"}, True),
        ({"covered": " No "}, False),
        ({"indoor": "yes"}, True),
        ({}, False),
    ],
)
def test_bridges_tunnels_and_other_layers_are_structures(tags: dict[str, str], *, structure: bool) -> None:
    assert is_structure(tags) is structure
    assert edge_facts({"highway": "footway", **tags})["structure"] is structure


@pytest.mark.parametrize(
    ("tags", "grade"),
    [
        ({}, "strolling"),
        ({"sac_scale": "hiking"}, "hiking"),
        ({"sac_scale": "Mountain_Hiking"}, "mountain_hiking"),
        ({"sac_scale": "demanding mountain hiking"}, "demanding_mountain_hiking"),
        ({"sac_scale": "T4"}, "alpine_hiking"),
        ({"sac_scale": "hiking;alpine_hiking"}, "alpine_hiking"),
        ({"sac_scale": "unheard of"}, "strolling"),
        ({"trail_visibility": "no"}, "demanding_mountain_hiking"),
        ({"trail_visibility": "bad"}, "strolling"),
        ({"via_ferrata_scale": "2"}, "via_ferrata"),
        ({"via_ferrata": "yes"}, "via_ferrata"),
        ({"via_ferrata": "no"}, "strolling"),
    ],
)
def test_a_path_is_as_hard_as_its_hardest_tag(tags: dict[str, str], grade: str) -> None:
    assert TRAILS[edge_facts({"highway": "path", **tags})["trail"]] == grade


def test_a_way_that_strollers_may_not_take_is_narrow() -> None:
    assert edge_facts({"highway": "path", "stroller": "No"})["narrow"]
    assert not edge_facts({"highway": "path", "stroller": "limited"})["narrow"]


def test_a_name_keeps_its_capitals_and_its_semicolon() -> None:
    assert edge_facts({"highway": "Footway", "name": "Yes; 上坡"})["name"] == "Yes; 上坡"


def test_the_facts_are_the_columns_of_the_network() -> None:
    of_place = {"u", "v", "osm_id", "length_m", "signal_waits", "crossing_waits", "across"}
    of_land = {"rise_m", "climb_m", "descent_m", "flight_m", "capped_m", "slope_forward", "slope_backward"}
    assert set(edge_facts({})) == set(EDGE_COLUMNS) - of_place - of_land
