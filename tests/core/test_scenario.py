"""Scenarios as values."""

import dataclasses
from pathlib import Path

import pytest
from shapely import Point
from worlds.studies import degrees
from worlds.town import CRS, at

from cfgeo import FacilityChange, LinkChange, Scenario, ScenarioError
from cfgeo.core.scenario import LINK_TAGS, raise_faults, where_of
from cfgeo.files.osm.tags import edge_facts, walkable


def test_shapes_are_projected_and_changes_without_a_shape_stay() -> None:
    scenario = Scenario("", (FacilityChange("add", "parks", shape=Point(degrees(30, 40))), LinkChange("close", way=7)))
    moved, closed = scenario.in_crs(CRS)
    assert moved.shape.distance(at(30, 40)) == pytest.approx(0, abs=1e-6)
    assert closed == scenario.changes[1]


def test_a_change_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        FacilityChange("close", "parks", "parks-1").layer = "schools"  # type: ignore[misc]


def test_a_change_is_called_by_its_number_and_id() -> None:
    assert where_of(FacilityChange("close", "parks", "parks-1", nth=3)).text("zh") == "第 3 项"
    assert str(where_of(FacilityChange("close", "parks", "parks-1", nth=3, row=7))) == "row 7"
    assert where_of(LinkChange("close", way=7, nth=3, id="P-017")).text("zh") == "第 3 项（P-017）"


def test_faults_are_raised_together_and_none_is_no_error() -> None:
    raise_faults([], None)
    faults = [("change_way", {"where": nth, "way": nth}) for nth in (1, 2)]
    with pytest.raises(ScenarioError) as caught:
        raise_faults(faults, Path("changes.toml"))
    assert "changes.toml" in str(caught.value)
    assert str(caught.value).count("the network has no way") == 2


def test_every_kind_of_link_is_walkable() -> None:
    forms = {link: edge_facts(tags)["form"] for link, tags in LINK_TAGS.items()}
    assert all(walkable(tags) for tags in LINK_TAGS.values())
    assert {link: form for link, form in forms.items() if form != "level"} == {
        "stairs": "steps", "lift": "lift", "escalator": "escalator"
    }  # fmt: skip
    assert edge_facts(LINK_TAGS["footbridge"])["structure"]
