"""Reserve lists against a study: what cannot be built, and who changes the same, however it is called."""

from typing import Any

import pytest
from worlds.scenarios import line, place, town_in
from worlds.studies import case_of

from cfgeo import FacilityChange, LinkChange, load_study
from cfgeo.assess.case import Case
from cfgeo.core.projects import Project, Projects
from cfgeo.core.scenario import LINK_TAGS, Change
from cfgeo.pipeline import streets_of
from cfgeo.plan.project_check import list_faults, settled
from cfgeo.plan.trials import Trials
from cfgeo.scenarios.street_edits import Streets

Town = tuple[Case, Streets]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    study = load_study(town_in(tmp_path_factory.mktemp("town")))
    case = case_of(study)
    return case, streets_of(study, case)


def listed(*projects: Project) -> Projects:
    return Projects("", projects)


def project(one: str, *changes: Change, **about: Any) -> Project:
    return Project(one, one, 1, changes, **about)


def school(x: float, y: float, nth: int, **about: Any) -> FacilityChange:
    return FacilityChange("add", "schools", kind="primary", shape=place(x, y), nth=nth, id=f"P-{nth}", **about)


def found(town: Town, projects: Projects) -> list[tuple[str, object]]:
    case, streets = town
    faults = list_faults(Trials(case, streets, projects.in_crs(case.inputs.crs)), streets=streets)
    return [(code, values["where"]) for code, values in faults]


def test_what_can_be_built_has_no_faults(town: Town) -> None:
    bridge = LinkChange("add", "footbridge", shape=line((0, 300), (200, 450)), tags=LINK_TAGS["footbridge"])
    assert found(town, listed(project("a", school(120, 10, 1)), project("b", bridge))) == []


def test_each_fault_is_said_of_the_project_that_has_it(town: Town) -> None:
    lost = FacilityChange("close", "schools", "Hogwarts", nth=5, id="P-5")
    no_way = LinkChange("refit", way=7, tags={"ramp:stroller": "yes"}, nth=6, id="P-6")
    nowhere = LinkChange("add", "lift", shape=line((700, 0), (700, 60)), tags=LINK_TAGS["lift"], nth=7, id="P-7")
    faults = found(
        town,
        listed(
            project("a", school(90_000, 0, 1)),
            project("b", school(350, 700, 2)),
            project("c", FacilityChange("add", "zoos", shape=place(0, 0), nth=3, id="P-3")),
            project("d", FacilityChange("add", "schools", kind="magic", shape=place(0, 0), nth=4, id="P-4")),
            project("e", lost),
            project("f", no_way),
            project("g", nowhere),
            project("h", school(120, 10, 8), requires=("e", "g")),
        ),
    )
    assert sorted(faults) == [
        ("change_end_off", "7 (P-7)"),
        ("change_end_off", "7 (P-7)"),
        ("change_facility", "5 (P-5)"),
        ("change_kind", "4 (P-4)"),
        ("change_layer", "3 (P-3)"),
        ("change_off_map", "1 (P-1)"),
        ("change_off_street", "2 (P-2)"),
        ("change_way", "6 (P-6)"),
    ]


def test_a_place_at_a_street_that_comes_with_it_or_is_required_can_be_built(town: Town) -> None:
    road = LinkChange("add", "walkway", shape=line((400, 300), (400, 700)), tags=LINK_TAGS["walkway"], nth=3, id="P-3")
    back = LinkChange(
        "add", "walkway", shape=line((400, 300), (400, 310), (300, 450)), tags=LINK_TAGS["walkway"], nth=2
    )
    assert found(town, listed(project("a", school(350, 600, 1)))) == [("change_off_street", "1 (P-1)")]
    assert found(town, listed(project("a", school(330, 400, 1), requires=("b",)), project("b", back))) == []
    assert found(town, listed(project("c", road))) == [("change_end_off", "3 (P-3)")]


def test_who_changes_the_same_excludes_the_other_however_it_is_called(town: Town) -> None:
    case, streets = town
    layer = case.inputs.layers["schools"]
    name, other = layer["name"].iloc[0], str(layer.index[1])
    closes = [FacilityChange("close", "schools", which) for which in (str(layer.index[0]), name, other)]
    street = LinkChange("refit", street="Row 100", tags={"sidewalk": "both"})
    way = LinkChange("close", way=1001)
    ids = ("a", "b", "c", "d", "e")
    made = listed(*(project(one, change) for one, change in zip(ids, [*closes, street, way], strict=True)))
    assert {one.id: one.excludes for one in settled(case, made, streets=streets).projects} == {
        "a": ("b",), "b": ("a",), "c": (), "d": ("e",), "e": ("d",)
    }  # fmt: skip
    needs = listed(*made.projects[:1], project("b", closes[1], requires=("a",)))
    assert [code for code, _ in found(town, needs)][-1:] == ["project_requires_same"]
