"""Scenarios of the town, and what they must equal: its files edited by hand and run again."""

import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
from shapely import LineString, Point, box

from cfgeo import FacilityChange, LinkChange, Scenario, WhatIf, load_study
from cfgeo.assess.case import Case
from cfgeo.assess.verdicts import judge_case
from cfgeo.core.results import Verdicts
from cfgeo.core.scenario import LINK_TAGS
from cfgeo.core.schema import StreetWays
from cfgeo.network.edges import cut_ways
from cfgeo.scenarios.change_ways import changed_ways
from cfgeo.scenarios.draw_links import Junction
from cfgeo.scenarios.street_edits import Streets
from cfgeo.scenarios.whatif import what_if
from worlds.studies import case_of, degrees, edited
from worlds.town import CRS, moved, town_streets, write_town

SECONDS = 1e-6
"""How much two walks may differ [s]."""

_FIRST_LINK = 90_001

Change = FacilityChange | LinkChange


def place(x: float, y: float) -> Point:
    """Return a point of the town, given in local metres, in WGS-84."""
    return Point(*degrees(x, y))


def town_in(folder: Path, *, direction: str = "to") -> Path:
    """Write the town as a study whose walks count in a direction or in both."""
    return edited(write_town(folder), 'direction = "to"', f'direction = "{direction}"')


def town_of_units(folder: Path, *, direction: str = "to") -> Path:
    """Write the town with a clause of every measure in every scope, and street blocks of their own."""
    study = edited(town_in(folder, direction=direction), "[demand]", '[blocks]\npath = "blocks.geojson"\n\n[demand]')
    shapes = [moved(box(-50, -60, 250, 500)), moved(box(250, -60, 600, 500))]
    blocks = gpd.GeoDataFrame({"name": ["West", "East"]}, geometry=shapes, crs=CRS).to_crs("EPSG:4326")
    (folder / "blocks.geojson").write_text(blocks.to_json(), encoding="utf-8")
    walk = 'layer = "schools"\nkind = ["primary"]\nwalker = "child"\nlimit_minutes = 5\nchildren = ["age_6_11"]\n'
    measures = {
        "reach": f"{walk}need_share = 0.7",
        "all_reach": 'of = ["school", "park"]\nneed_share = 0.5',
        "present": 'layer = "schools"\nneed_count = 1',
        "count": 'layer = "schools"\nonly_where = "certified"\nneed_count = 1',
        "rate": 'layer = "schools"\nneed_rate = 90',
        "facility_share": 'layer = "schools"\nattribute = "certified"\nneed_share = 0.5',
        "near": 'layer = "schools"\nnear_layer = "parks"\nwithin_m = 150\nneed_share = 0.5',
        "connected": "need_share = 0.9",
    }
    clauses = [
        f'[[clause]]\nid = "{measure}-{scope}"\nname = "名"\nname_en = "Name"\nscope = "{scope}"\n'
        f'measure = "{measure}"\n{keys}\nrequired = {str(scope == "block").lower()}\n'
        for measure, keys in measures.items()
        for scope in ("community", "block", "street_office", "district")
        if (measure, scope) != ("present", "district")
    ]
    clauses.append(
        '[[clause]]\nid = "certified-communities"\nname = "名"\nname_en = "Name"\nscope = "district"\n'
        'measure = "facility_share"\nlayer = "communities"\nattribute = "certified"\nneed_share = 0.2\n'
    )
    standard = folder / "standard.toml"
    standard.write_text("\n".join([standard.read_text(encoding="utf-8"), *clauses]), encoding="utf-8")
    return study


def apply_changes(case: Case, *changes: Change, streets: Streets | None = None) -> WhatIf:
    """Apply changes to a case."""
    return what_if(case, Scenario("", changes), streets=streets)


def line(*xy: tuple[float, float]) -> LineString:
    """Return a line of the town, given in local metres, in WGS-84."""
    return LineString([degrees(x, y) for x, y in xy])


def drawn(kind: str, *xy: tuple[float, float], **tags: str) -> LinkChange:
    """Return a new link in the CRS of the town, given in local metres."""
    return LinkChange("add", kind, shape=moved(LineString(xy)), tags={**LINK_TAGS[kind], **tags})


def join_links(*changes: LinkChange, streets: StreetWays | None = None) -> tuple[StreetWays, list[Junction]]:
    """Return ways and junctions after changes that have no fault. The ways default to those of the town."""
    ways, _, junctions, faults = changed_ways(cut_ways(streets or town_streets(), crs=CRS), changes)
    assert faults == []
    return ways, junctions


def by_hand(study: Path, folder: Path, *edits: Callable[[Path], None]) -> Verdicts:
    """Copy a study, edit its files and run it."""
    shutil.copytree(study.parent, folder, dirs_exist_ok=True)
    for edit in edits:
        edit(folder)
    return judge_case(case_of(load_study(folder)))


def rows_of(path: Path) -> pd.DataFrame:
    """Return a CSV table as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def assert_same(actual: Verdicts, expected: Verdicts) -> None:
    """Check that all tables are the same: verdicts exactly, walks to a millionth of a second."""
    minutes = {"rtol": 0, "atol": SECONDS / 60}
    pd.testing.assert_frame_equal(_plain(actual.coverage), _plain(expected.coverage), **minutes)
    pd.testing.assert_frame_equal(_plain(actual.communities), _plain(expected.communities), **minutes)
    pd.testing.assert_frame_equal(_plain(actual.street_offices), _plain(expected.street_offices), **minutes)
    pd.testing.assert_frame_equal(actual.clauses, expected.clauses, **minutes)
    pd.testing.assert_frame_equal(_plain(actual.blocks), _plain(expected.blocks), **minutes)
    pd.testing.assert_frame_equal(actual.services, expected.services, **minutes)
    assert actual.district == expected.district
    here, there = (_cells(verdicts.facilities) for verdicts in (actual, expected))
    assert here == there
    shapes = actual.facilities.geometry.to_numpy(), expected.facilities.geometry.to_numpy()
    assert all(shape.equals_exact(other, 1e-6) for shape, other in zip(*shapes, strict=True))


def _plain(table: Any) -> pd.DataFrame:
    return pd.DataFrame(table.drop(columns="geometry", errors="ignore"))


def _cells(facilities: Any) -> list[dict[str, Any]]:
    """Return facilities as plain rows, without their ids and the types of their columns."""
    table = _plain(facilities).astype(object)
    table = table.assign(leg_m=[round(float(leg_m), 6) for leg_m in table["leg_m"]])
    return table.where(table.notna(), "").to_dict("records")


def edited_osm(path: Path, edit: Callable[[ET.Element], None]) -> None:
    """Edit an OpenStreetMap file in XML."""
    tree = ET.parse(path)  # noqa: S314  (the town's own)
    edit(tree.getroot())
    tree.write(path, encoding="utf-8", xml_declaration=True)


def way_of(root: ET.Element, way: int) -> ET.Element:
    """Return the element of a way."""
    return next(item for item in root.iter("way") if item.get("id") == str(way))


def add_node(root: ET.Element, node: int, lon: float, lat: float) -> None:
    """Add a node to the file unless it is there already."""
    if not any(item.get("id") == str(node) for item in root.iter("node")):
        about = {"id": str(node), "version": "1", "lon": f"{lon:.7f}", "lat": f"{lat:.7f}"}
        root.insert(0, ET.Element("node", about))


def add_way(root: ET.Element, way: int, refs: list[int], tags: dict[str, str]) -> None:
    """Add a way to the file."""
    item = ET.SubElement(root, "way", {"id": str(way), "version": "1"})
    for ref in refs:
        ET.SubElement(item, "nd", {"ref": str(ref)})
    for key, value in tags.items():
        ET.SubElement(item, "tag", {"k": key, "v": value})


def split_way(root: ET.Element, way: int, node: int) -> None:
    """Insert a node into a way, in the segment nearest to it."""
    at = {item.get("id"): Point(float(item.get("lon", 0)), float(item.get("lat", 0))) for item in root.iter("node")}
    item = way_of(root, way)
    refs = [nd.get("ref") for nd in item.iter("nd")]
    if str(node) not in refs:
        distances = [LineString([at[start], at[end]]).distance(at[str(node)]) for start, end in pairwise(refs)]
        item.insert(1 + distances.index(min(distances)), ET.Element("nd", {"ref": str(node)}))


def set_tag(root: ET.Element, way: int, key: str, value: str) -> None:
    """Set a tag of a way."""
    item = way_of(root, way)
    for tag in item.findall("tag"):
        if tag.get("k") == key:
            item.remove(tag)
    ET.SubElement(item, "tag", {"k": key, "v": value})


def add_tags(item: ET.Element, **tags: str) -> None:
    """Add tags to an element."""
    for key, value in tags.items():
        ET.SubElement(item, "tag", {"k": key, "v": value})


def drawn_by_hand(
    junctions: pd.DataFrame, *, inner: dict[int, list[tuple[float, float]]], tags: dict[int, dict[str, str]]
) -> Callable[[Path], None]:
    """Return the edit that draws links into the file at their junctions.

    ``inner`` holds their own vertices in local metres. They follow the first junction.
    """

    def draw(root: ET.Element) -> None:
        way_ids = {int(str(item.get("id"))) for item in root.iter("way")}
        for nth, group in junctions.groupby("nth"):
            for junction in group.itertuples():
                add_node(root, junction.node, junction.lon, junction.lat)
                # A way that is not in the file is the first link, which has another id here.
                split_way(root, junction.way if junction.way in way_ids else _FIRST_LINK, junction.node)
            vertices = []
            for at, (x, y) in enumerate(inner.get(nth, [])):
                vertices.append(900_000 + 100 * nth + at)
                add_node(root, vertices[-1], *degrees(x, y))
            first, *rest = dict.fromkeys(group["node"])
            add_way(root, _FIRST_LINK - 1 + nth, [first, *vertices, *rest], tags[nth])

    return lambda folder: edited_osm(folder / "streets.osm", draw)
