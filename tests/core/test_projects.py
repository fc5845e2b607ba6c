"""Reserve lists as values."""

import dataclasses

import pytest
from shapely import Point
from worlds.studies import degrees
from worlds.town import CRS, at

from cfgeo import FacilityChange, LinkChange
from cfgeo.core.projects import Project, Projects

HERE = Point(degrees(30, 40))
LIFT = (LinkChange("close", way=7), FacilityChange("add", "parks", shape=HERE))
LISTED = Projects(
    "",
    (
        Project("lift", "", 3, LIFT, requires=("bridge",)),
        Project("bridge", "", 2, (LinkChange("close", way=8),), requires=("road",)),
        Project("road", "", 1, (FacilityChange("add", "sports", shape=Point(degrees(-10, 5))),)),
        Project("park", "", 1, ()),
    ),
)  # fmt: skip


def test_shapes_go_into_metres_and_stay_with_their_projects() -> None:
    projected = LISTED.in_crs(CRS)
    assert projected.projects[0].changes[0] == LISTED.projects[0].changes[0]
    assert projected.projects[0].changes[1].shape.distance(at(30, 40)) == pytest.approx(0, abs=1e-6)
    assert projected.projects[2].changes[0].shape.distance(at(-10, 5)) == pytest.approx(0, abs=1e-6)
    assert [len(project.changes) for project in projected.projects] == [2, 1, 1, 0]


def test_what_is_required_comes_along_at_every_remove_and_goes_before() -> None:
    assert LISTED.with_required(["lift"]) == ("road", "bridge", "lift")
    assert LISTED.with_required(["park", "road"]) == ("road", "park")
    assert LISTED.with_required([]) == ()


def test_changes_are_those_of_the_projects_what_is_required_first() -> None:
    changes = LISTED.changes_of(["lift", "road"])
    assert changes == (*LISTED.projects[2].changes, *LISTED.projects[0].changes)


def test_a_project_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        LISTED.projects[0].cost = 0  # type: ignore[misc]
    assert LISTED.by_id["bridge"] is LISTED.projects[1]
