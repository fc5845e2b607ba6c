"""A changed network: every change equals a run on an OpenStreetMap file that was edited by hand."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
import shapely
from worlds.scenarios import (
    add_tags,
    apply_changes,
    assert_same,
    by_hand,
    drawn_by_hand,
    edited_osm,
    line,
    place,
    set_tag,
    way_of,
)
from worlds.studies import edited, on_a_hill, without_table
from worlds.town import CRS, ESCALATOR, LIFT_UPPER, ONE_WAY, RAMP, STEPS, grid, write_town

from cfgeo import FacilityChange, LinkChange, Scenario, ScenarioError, Study, load_study
from cfgeo.assess.case import Case, make_case
from cfgeo.core.scenario import LINK_TAGS
from cfgeo.pipeline.case import load_case
from cfgeo.scenarios.remeasure import changed, measured
from cfgeo.scenarios.street_edits import streets_of

Edit = Callable[[Path], None]


def closing(*ways: int) -> Edit:
    def cut(folder: Path) -> None:
        edited_osm(folder / "streets.osm", lambda root: [root.remove(way_of(root, way)) for way in ways] and None)

    return cut


def tagging(way: int, **tags: str) -> Edit:
    def tag(folder: Path) -> None:
        for key, value in tags.items():
            edited_osm(folder / "streets.osm", lambda root: set_tag(root, way, key.replace("__", ":"), value))  # noqa: B023

    return tag


def link(kind: str, nth: int, *xy: tuple[float, float], **tags: str) -> LinkChange:
    return LinkChange("add", kind, shape=line(*xy), tags={**LINK_TAGS[kind], **tags}, nth=nth)


LINKS: dict[str, list[LinkChange]] = {
    "inside streets, at nodes, over others": [
        link("stairs", 1, (50, 104), (52, 196), incline="up", step_count="120"),  # begins and ends beside the rows
        link("ramp", 2, (400, 100), (400, 200)),  # from node to node
        link("lift", 3, (250, 104), (250, 196)),
        link("footbridge", 4, (500, 0), (500, 100)),  # not joined to the cul-de-sac below
    ],
    "with a bend, downwards, across, to the streets apart": [
        link("stairs", 1, (150, 100), (170, 150), (150, 200)),
        link("escalator", 2, (350, 100), (352, 200), conveying="backward"),
        link("crossing", 3, (340, 0), (340, 100)),
        link("walkway", 4, (250, 300), (250, 450)),
    ],
    "across a row, and two at the lift": [
        link("walkway", 1, (150, 0), (160, 100), (150, 200)),
        link("stairs", 2, (70, 150), (70, 200)),  # from the lift's platform
        link("walkway", 3, (100.3, 150), (150, 100)),  # from the lift itself
    ],
    "one from the middle of another": [
        link("footbridge", 1, (150, 100), (150, 200)),
        link("stairs", 2, (150, 150), (70, 150)),
    ],
}
INNER: dict[str, dict[int, list[tuple[float, float]]]] = {
    "inside streets, at nodes, over others": {1: [(50, 104), (52, 196)], 3: [(250, 104), (250, 196)]},
    "with a bend, downwards, across, to the streets apart": {1: [(170, 150)]},
}
CHANGED: dict[str, tuple[list[LinkChange], list[Edit]]] = {
    "ways are closed": (
        [LinkChange("close", way=STEPS), LinkChange("close", way=ONE_WAY, nth=2)], [closing(STEPS, ONE_WAY)]
    ),
    "a row is closed by its name, and with it what it joins": (
        [LinkChange("close", street="Row 100")], [closing(1001)]
    ),
    "a way at the lift is closed": ([LinkChange("close", way=LIFT_UPPER)], [closing(LIFT_UPPER)]),
    "stairs get a ramp, others lose theirs, an escalator and a street turn round": (
        [
            LinkChange("refit", way=STEPS, tags={"ramp:stroller": "yes"}),
            LinkChange("refit", way=RAMP, tags={"ramp:stroller": "no"}, nth=2),
            LinkChange("refit", way=ESCALATOR, tags={"conveying": "backward"}, nth=3),
            LinkChange("refit", way=ONE_WAY, tags={"oneway:foot": "no"}, nth=4),
        ],
        [
            tagging(STEPS, ramp__stroller="yes"), tagging(RAMP, ramp__stroller="no"),
            tagging(ESCALATOR, conveying="backward"), tagging(ONE_WAY, oneway__foot="no"),
        ],
    ),
    "stairs are counted, and go down": (
        [LinkChange("refit", way=STEPS, tags={"step_count": "30", "incline": "down"})],
        [tagging(STEPS, step_count="30", incline="down")],
    ),
    "stairs become a street and an escalator": (
        [
            LinkChange("refit", way=STEPS, tags={"highway": "footway"}),
            LinkChange("refit", way=RAMP, tags={"conveying": "reversible"}, nth=2),
        ],
        [tagging(STEPS, highway="footway"), tagging(RAMP, conveying="reversible")],
    ),
    "private and forbidden streets are opened": (
        [LinkChange("refit", way=way, tags={"foot": "yes"}, nth=nth) for nth, way in enumerate((3001, 3003), start=1)],
        [tagging(3001, foot="yes"), tagging(3003, foot="yes")],
    ),
    "one is opened as stairs, and another street closed": (
        [
            LinkChange("refit", way=3001, tags={"foot": "yes", "highway": "steps"}),
            LinkChange("close", way=STEPS, nth=2),
        ],
        [tagging(3001, foot="yes", highway="steps"), closing(STEPS)],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Return the town on a hill from an elevation raster, with walks in both directions."""
    file = write_town(tmp_path_factory.mktemp("hill"))
    return load_study(on_a_hill(edited(file, 'direction = "to"', 'direction = "worst"')))


@pytest.fixture(scope="module")
def case(study: Study) -> Case:
    return load_case(study)


@pytest.mark.parametrize("name", LINKS)
def test_new_links_equal_a_run_on_a_file_with_the_links(name: str, study: Study, case: Case, tmp_path: Path) -> None:
    changes = LINKS[name]
    result = apply_changes(case, *changes, streets=streets_of(study, case))
    tags = {change.nth: dict(change.tags) for change in changes}
    edit = drawn_by_hand(result.junctions, inner=INNER.get(name, {}), tags=tags)
    assert_same(result.after, by_hand(study.folder / "study.toml", tmp_path, edit))


@pytest.mark.parametrize("name", CHANGED)
def test_changed_ways_equal_a_run_on_an_edited_file(name: str, study: Study, case: Case, tmp_path: Path) -> None:
    changes, edits = CHANGED[name]
    result = apply_changes(case, *changes, streets=streets_of(study, case))
    assert_same(result.after, by_hand(study.folder / "study.toml", tmp_path, *edits))
    assert not result.before.coverage.equals(result.after.coverage)


def gated(folder: Path, *, closed: bool) -> None:
    """Shut the gates at both ends of the private street, one of them alone on the way to it, and build on the ramp."""

    def edit(root: ET.Element) -> None:
        for item in root.iter("node"):
            if item.get("id") in {str(grid(0, 0)), str(grid(100, 100))}:
                add_tags(item, barrier="gate", **({"access": "private"} if closed else {"foot": "yes"}))
        if closed:
            set_tag(root, RAMP, "highway", "construction")
            set_tag(root, RAMP, "construction", "steps")
        else:
            set_tag(root, 3001, "foot", "yes")

    edited_osm(folder / "streets.osm", edit)


@pytest.mark.parametrize("opened", [(100, 0), (200, 0)])  # a private street begins there as well; a row goes through
def test_a_gate_on_open_streets_is_opened_at_its_place(tmp_path: Path, opened: tuple[int, int]) -> None:
    def gates(folder: Path, *open_: tuple[int, int]) -> None:
        def edit(root: ET.Element) -> None:
            for item in root.iter("node"):
                for at in ((100, 0), (200, 0)):
                    if item.get("id") == str(grid(*at)):
                        add_tags(item, barrier="gate", **({"foot": "yes"} if at in open_ else {"locked": "yes"}))

        edited_osm(folder / "streets.osm", edit)

    study = write_town(tmp_path / "shut")
    gates(study.parent)
    loaded = load_study(study)
    case, point = load_case(loaded), place(opened[0] + 3, opened[1] - 4)
    gate = LinkChange("refit", "gate", shape=point, tags={"foot": "yes"})
    streets = streets_of(loaded, case)
    result = apply_changes(case, gate, streets=streets)
    assert_same(
        result.after, by_hand(write_town(tmp_path / "open"), tmp_path / "edited", lambda folder: gates(folder, opened))
    )
    assert not result.before.coverage.equals(result.after.coverage)
    with pytest.raises(ScenarioError, match="is changed by change 1 already"):
        apply_changes(case, gate, replace(gate, nth=2), streets=streets)
    with pytest.raises(ScenarioError, match="within 30 m no closed gate stands on the streets"):
        apply_changes(case, replace(gate, shape=place(300, 305)), streets=streets)


def test_a_street_is_opened_with_its_gates_and_one_that_is_built_as_it_will_be(tmp_path: Path) -> None:
    study = edited(write_town(tmp_path / "shut"), 'direction = "to"', 'direction = "worst"')
    gated(study.parent, closed=True)
    loaded = load_study(study)
    case = load_case(loaded)
    changes = [LinkChange("refit", way=way, tags={"foot": "yes"}, nth=nth) for nth, way in enumerate((3001, RAMP), 1)]
    streets = streets_of(loaded, case)
    result = apply_changes(case, *changes, streets=streets)
    whole = edited(write_town(tmp_path / "open"), 'direction = "to"', 'direction = "worst"')
    assert_same(result.after, by_hand(whole, tmp_path / "edited", lambda folder: gated(folder, closed=False)))
    assert not result.before.coverage.equals(result.after.coverage)
    assert not (set(streets.network.edges["osm_id"]) & {3001, RAMP})


def test_a_new_link_joins_a_street_that_is_opened_with_it(study: Study, case: Case, tmp_path: Path) -> None:
    changes = [LinkChange("refit", way=3003, tags={"foot": "yes"}), link("walkway", 2, (250, 150), (230, 200))]
    result = apply_changes(case, *changes, streets=streets_of(study, case))
    edits = tagging(3003, foot="yes"), drawn_by_hand(result.junctions, inner={}, tags={2: dict(changes[1].tags)})
    assert 3003 in set(result.junctions["way"])
    assert_same(result.after, by_hand(study.folder / "study.toml", tmp_path, *edits))


def test_homes_from_streets_change_with_the_streets(study: Study, tmp_path: Path) -> None:
    shutil.copytree(study.folder, tmp_path / "town")
    alone = load_study(without_table(tmp_path / "town" / "study.toml", "demand"))
    case = load_case(alone)
    result = apply_changes(case, LinkChange("close", way=1000), streets=streets_of(alone, case))
    assert_same(result.after, by_hand(tmp_path / "town" / "study.toml", tmp_path / "edited", closing(1000)))
    assert result.coverage["lost"].sum() > 0


def test_a_facility_can_be_added_on_a_new_link(study: Study, case: Case) -> None:
    school = FacilityChange("add", "schools", kind="primary", shape=place(250, 420), nth=2)
    with pytest.raises(ScenarioError, match="no walkable street"):
        apply_changes(case, school)
    walkway = link("walkway", 1, (250, 300), (250, 450))
    result = apply_changes(case, walkway, school, streets=streets_of(study, case))
    assert result.after.facilities.loc["schools-4", "snapped"]
    assert list(result.junctions["nth"]) == [1, 1]


def test_links_one_by_one_equal_links_at_once(study: Study, case: Case) -> None:
    first, second = (link("stairs", 1, (x, 100), (x, 200)).shape for x in (50, 150))
    changes = Scenario("", tuple(LinkChange("add", "stairs", shape=shape, tags=LINK_TAGS["stairs"], nth=nth)
                                 for nth, shape in enumerate((first, second)))).in_crs(CRS)  # fmt: skip
    before = measured(case, streets=streets_of(study, case))
    one_by_one = changed(changed(before, changes[:1]), changes[1:])
    at_once = changed(before, changes)
    for key, seconds in at_once.seconds.items():
        np.testing.assert_allclose(one_by_one.seconds[key], seconds, rtol=0, atol=1e-9)
    assert len(one_by_one.junctions) == 4


def test_changes_of_links_without_streets_are_an_error(case: Case) -> None:
    with pytest.raises(ValueError, match="streets"):
        apply_changes(case, LinkChange("close", way=STEPS))


@pytest.mark.shared
def test_resnapping_equals_snapping_anew_in_monaco(monaco_study: Study, monaco_case: Case) -> None:
    case, edges = monaco_case, monaco_case.inputs.network.edges
    homes = case.samples.demand.geometry
    steps = int(edges.loc[edges["form"] == "steps", "osm_id"].iloc[10])
    road = int(edges.loc[edges["highway"] == "secondary", "osm_id"].iloc[0])
    bridge = shapely.LineString([homes.iloc[100], homes.iloc[160]])
    before = measured(case, streets=streets_of(monaco_study, case), columns=("verdict",))
    changes = [
        LinkChange("close", way=steps), LinkChange("close", way=road, nth=2),
        LinkChange("add", "footbridge", shape=bridge, tags=LINK_TAGS["footbridge"], nth=3),
    ]  # fmt: skip
    after = changed(before, changes)
    anew = measured(make_case(after.case.inputs, case.standard, case.walkers, case.choices), columns=("verdict",))
    moved = False
    for key, seconds in anew.seconds.items():
        np.testing.assert_allclose(after.seconds[key], seconds, rtol=0, atol=1e-6)
        moved |= not np.allclose(seconds, before.seconds[key])
    assert moved
    streets = after.case.samples.streets
    pd.testing.assert_frame_equal(
        streets, anew.case.samples.streets.sort_values(["owner", "edge", "start"], ignore_index=True)
    )
