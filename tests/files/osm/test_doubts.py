"""What is doubtful about a street's tags is a finding that names the street and its length."""

from typing import Any

import pytest

from cfgeo.files.osm.doubts import Doubts


def rules(tags: dict[str, str], *, trunk_roads: bool = False) -> dict[str, Any]:
    doubts = Doubts(trunk_roads=trunk_roads)
    doubts.look_at("way/7", tags, 120.0)
    return {row["rule"]: row["values"] for row in doubts.findings()}


@pytest.mark.parametrize(
    ("tags", "rule", "way"),
    [
        ({"highway": "Footwayy"}, "highway_unknown", "way/7 (highway=Footwayy)"),
        ({"highway": "footway;steps"}, "highway_several", "way/7 (highway=footway;steps)"),
        ({"highway": "footway", "disused": "yes"}, "street_gone", "way/7"),
        ({"highway": "trunk"}, "trunk_closed", "way/7"),
        ({"highway": "footway", "access:conditional": "no @ (22:00-06:00)"}, "access_conditional", "way/7"),
        ({"highway": "footway", "foot": "yes @ (06:00-22:00)"}, "access_conditional", "way/7"),
        ({"highway": "footway", "foot": "privat"}, "access_unread", "way/7 (foot=privat)"),
        ({"highway": "footway", "access": "业主;yess"}, "access_unread", "way/7 (access=业主;yess)"),
        ({"highway": "path", "sac_scale": "alpine_hiking"}, "trail_hard", "way/7 (sac_scale=alpine_hiking)"),
        ({"highway": "path", "trail_visibility": "no"}, "trail_hard", "way/7"),
        ({"highway": "secondary", "tunnel": "yes"}, "tunnel_open", "way/7"),
        ({"highway": "footway", "oneway": "yes"}, "oneway_path", "way/7"),
        ({"highway": "steps", "oneway": "1"}, "oneway_path", "way/7"),
        ({"highway": "steps", "conveying": "yes"}, "belt_both_ways", "way/7 (conveying=yes)"),
        ({"highway": "steps", "conveying": "reversible"}, "belt_both_ways", "way/7 (conveying=reversible)"),
        ({"highway": "steps", "step_count": "-150"}, "step_count_unread", "way/7 (step_count=-150)"),
        ({"highway": "steps", "step_count": "约20级"}, "step_count_unread", "way/7 (step_count=约20级)"),
        ({"highway": "steps", "incline": "steep"}, "incline_unread", "way/7 (incline=steep)"),
    ],
)
def test_a_doubt_names_the_way_with_what_it_says(tags: dict[str, str], rule: str, way: str) -> None:
    assert rules(tags) == {rule: {"count": 1, "km": 0.12, "ways": (way,)}}


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "footway"},
        {"highway": "motorway"},
        {"highway": "construction"},
        {"highway": "trunk", "foot": "no"},
        {"highway": "trunk", "sidewalk": "both"},
        {"highway": "service", "access": "private"},
        {"highway": "footway", "access": "permit", "foot": "Permissive;customers"},
        {"highway": "path", "sac_scale": "mountain_hiking"},
        {"highway": "secondary", "tunnel": "yes", "sidewalk": "both"},
        {"highway": "service", "tunnel": "building_passage"},
        {"highway": "residential", "oneway": "yes"},
        {"highway": "footway", "oneway": "yes", "oneway:foot": "yes"},
        {"highway": "footway", "oneway": "False"},
        {"highway": "steps", "conveying": "forward"},
        {"highway": "steps", "conveying": "yes", "oneway": "yes"},
        {"highway": "steps", "step_count": "48", "incline": "up"},
        {"highway": "residential", "incline": "steep"},
    ],
)
def test_what_is_plain_is_no_finding(tags: dict[str, str]) -> None:
    assert rules(tags) == {}


def test_trunk_roads_that_a_study_opens_are_said() -> None:
    assert set(rules({"highway": "trunk"}, trunk_roads=True)) == {"trunk_opened"}
    assert rules({"highway": "trunk", "sidewalk": "both"}, trunk_roads=True) == {}


def test_ways_of_one_rule_are_one_finding_with_their_length() -> None:
    doubts = Doubts(trunk_roads=False)
    for way, length_m in ((1, 400.0), (2, 250.0)):
        doubts.look_at(f"way/{way}", {"highway": "trunk"}, length_m)
    (row,) = doubts.findings()
    assert row["values"] == {"count": 2, "km": 0.65, "ways": ("way/1", "way/2")}
