"""A crossing's signal is set and taken away: as if its node had been tagged in the streets' file."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from worlds.scenarios import apply_changes, assert_same, by_hand, edited_osm, place, set_tag, town_in
from worlds.studies import case_of, edited
from worlds.town import grid

from cfgeo import LinkChange, load_study
from cfgeo.core.errors import ScenarioError
from cfgeo.scenarios.lists.change_table import row_of
from cfgeo.scenarios.lists.changes import load_scenario, scenario_of
from cfgeo.scenarios.street_edits import streets_of

ROAD, CROSSING = 1001, grid(300, 100)
"""Row 100 is a road here, and a ramp and a street meet it from both sides."""


def lit(tag: str) -> Callable[[Path], None]:
    """Return the edit that tags the crossing; "" takes the tag away."""

    def edit(root: ET.Element) -> None:
        node = next(item for item in root.iter("node") if item.get("id") == str(CROSSING))
        for old in node.findall("tag"):
            node.remove(old)
        if tag:
            for key, value in (("highway", "crossing"), ("crossing", tag)):
                ET.SubElement(node, "tag", {"k": key, "v": value})

    return lambda folder: edited_osm(folder / "streets.osm", edit)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = town_in(tmp_path_factory.mktemp("crossing"))
    edited_osm(path.parent / "streets.osm", lambda root: set_tag(root, ROAD, "highway", "tertiary"))
    return edited(path, "level_m_s = 1.25", "level_m_s = 1.25\nsignal_wait_s = 90.0")


def signal(tag: str, x: float = 304, y: float = 97) -> LinkChange:
    return LinkChange("refit", "crossing", shape=place(x, y), tags={"crossing": tag})


@pytest.mark.parametrize(("before", "after"), [("", "traffic_signals"), ("traffic_signals", "uncontrolled")])
def test_a_signal_equals_a_tagged_node(before: str, after: str, study: Path, tmp_path: Path) -> None:
    by_hand(study, tmp_path / "was", lit(before))
    opened = load_study(tmp_path / "was")
    case = case_of(opened)
    found = apply_changes(case, signal(after), streets=streets_of(opened, case))
    assert_same(found.after, by_hand(study, tmp_path / "now", lit(after)))
    assert not found.before.coverage["median_minutes"].equals(found.after.coverage["median_minutes"])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([signal("traffic_signals", 50, 250)], "change_no_crossing"),
        ([signal("traffic_signals"), signal("uncontrolled", 299, 101)], "change_same"),
    ],
)
def test_what_is_no_crossing_or_is_set_twice_is_said(study: Path, changes: list[LinkChange], code: str) -> None:
    opened = load_study(study)
    case = case_of(opened)
    with pytest.raises(ScenarioError) as refused:
        apply_changes(case, *changes, streets=streets_of(opened, case))
    assert code in {fault for fault, _ in refused.value.values["faults"].rows}


def test_a_row_of_a_table_says_it_and_what_is_wrong_with_it(study: Path, tmp_path: Path) -> None:
    opened, path = load_study(study), tmp_path / "changes.csv"
    lon, lat = place(304, 97).coords[0]
    path.write_text(f"措施,连接,经度,纬度,标签\n改造,过街,{lon},{lat},crossing=traffic_signals\n", encoding="utf-8")
    (change,) = load_scenario(path, study=opened).changes
    assert isinstance(change, LinkChange)
    assert (change.action, change.link, change.tags) == ("refit", "crossing", {"crossing": "traffic_signals"})
    (again,) = scenario_of({1: row_of(change)}, file=path, study=opened).changes
    assert again.tags == change.tags
    assert again.shape.equals_exact(change.shape, 1e-6)
    for row in ("改造,过街,,,crossing=traffic_signals", f"改造,过街,{lon},{lat},", f"改造,过街,{lon},{lat},bridge=yes"):
        path.write_text(f"措施,连接,经度,纬度,标签\n{row}\n", encoding="utf-8")
        with pytest.raises(ScenarioError):
            load_scenario(path, study=opened)
