"""Small towns in which plans go wrong, made by hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from shapely import LineString, Point, box

from cfgeo import FacilityChange, LinkChange, load_study
from cfgeo.core.plan import Plan, PlanChoices
from cfgeo.core.projects import Project, Projects
from cfgeo.core.scenario import LINK_TAGS, Change
from cfgeo.core.schema import WGS84
from cfgeo.pipeline.case import load_case
from cfgeo.plan.planning import find_plan
from cfgeo.plan.trials import Trials
from cfgeo.scenarios.lists.project_rules import excluded, named_things
from cfgeo.scenarios.street_edits import streets_of
from worlds.terraces import Oracle, Terraces, cheapest
from worlds.town import CRS, moved, write_osm

ABOUT: dict[str, Any] = {
    "title": "t",
    "status": "illustrative",
    "standard": {"title": "台地", "title_en": "Terraces"},
    "slope": "none",
    "dates": {},
}
CENT = 1e-6


def planned(town: Terraces, **wanted: float) -> Plan:
    return find_plan(town.case, town.listed, PlanChoices(**wanted), streets=town.streets, about=ABOUT)


XY = tuple[float, float]
_STANDARD = """
[standard]
id = "trap"
title = "陷阱"
title_en = "Trap"
source = "by hand"
target_share = 1.0

[[clause]]
id = "school"
name = "小学"
name_en = "School"
layer = "schools"
walker = "{walker}"
limit_minutes = 6
need_share = 1.0
required = true

[[clause]]
id = "room"
name = "儿童之家"
name_en = "Room"
measure = "present"
layer = "rooms"
kind = ["rooms"]
need_count = {rooms}
required = {counted}
"""
_STUDY = """
[study]
id = "trap"
title = "陷阱"
standard = "standard.toml"
status = "illustrative"
crs = "{crs}"

[boundaries.communities]
path = "communities.geojson"

[network]
path = "streets.osm"

[demand]
path = "homes.geojson"

[layers]
schools = {{ path = "schools.geojson" }}

rooms = {{ path = "rooms.geojson" }}

[walk]
limit_minutes = 6
walker = "{walker}"
direction = "to"

[walkers.child]
level_m_s = 1.0
stairs_up_m_s = 0.5
stairs_down_m_s = 0.5
ramp_m_s = 0.5
escalator_m_s = 0.5
lift_wait_s = 30
lift_ride_s = 0

[walkers.pram]
level_m_s = 1.0
stairs_up_m_s = 0
stairs_down_m_s = 0
ramp_m_s = 0.5
escalator_m_s = 0
lift_wait_s = 30
lift_ride_s = 0
"""


def trap(
    folder: Path,
    *projects: Project,
    ways: dict[int, list[XY]],
    homes: list[XY],
    schools: list[Any],
    walker: str = "child",
    steps: tuple[int, ...] = (),
    rooms: tuple[XY, ...] = (),
    need_rooms: int = 0,
    offices: str = "",
    empty: tuple[XY, ...] = (),
) -> Terraces:
    """Return a town: ways by id, homes each in a community (and street office, a letter), schools and rooms; 1 m/s."""
    folder.mkdir(parents=True, exist_ok=True)
    nodes = {xy: nth for nth, xy in enumerate(dict.fromkeys(xy for way in ways.values() for xy in way), start=1)}
    tags = {way: {"highway": "steps" if way in steps else "residential", "name": f"Way {way}"} for way in ways}
    write_osm(folder / "streets.osm", {nth: xy for xy, nth in nodes.items()},
              [(way, [nodes[xy] for xy in line], tags[way]) for way, line in ways.items()])  # fmt: skip
    middles = [*homes, *empty]
    areas = [box(x - 9, y - 9, x + 9, y + 9) for x, y in middles]
    names = [
        {"code": f"C{n}", "community": f"Home {n}", "street_office": offices[n : n + 1] or "O"}
        for n in range(len(middles))
    ]
    write_layer(folder / "communities.geojson", areas, names)
    children = {"age_0_2": 1, "age_3_5": 1, "age_6_11": 1, "age_12_17": 1}
    write_layer(folder / "homes.geojson", [Point(home) for home in homes], [children for _ in homes])
    named = [{"kind": "schools", "name": f"School {n}"} for n in range(len(schools))]
    write_layer(folder / "schools.geojson", [xy if hasattr(xy, "area") else Point(xy) for xy in schools], named)
    named = [{"kind": "rooms", "name": f"Room {n}"} for n in range(len(rooms))]
    write_layer(folder / "rooms.geojson", [Point(xy) for xy in rooms], named)
    counted = {"rooms": max(need_rooms, 1), "counted": str(need_rooms > 0).lower()}
    (folder / "standard.toml").write_text(_STANDARD.format(walker=walker, **counted), encoding="utf-8")
    study = folder / "study.toml"
    study.write_text(_STUDY.format(crs=CRS, walker=walker), encoding="utf-8")
    loaded = load_study(study)
    case = load_case(loaded)
    shapes = gpd.GeoSeries([c.shape for p in projects for c in p.changes], crs=CRS).to_crs(WGS84)
    each = iter(shapes)
    listed = [
        replace(item, row=nth, changes=tuple(replace(c, shape=next(each), nth=nth, id=item.id) for c in item.changes))
        for nth, item in enumerate(projects, start=2)
    ]
    things = {item.id: named_things(item) for item in listed}
    return Terraces(case, streets_of(loaded, case), excluded(Projects("", tuple(listed)), things))


def write_layer(path: Path, shapes: list[Any], facts: list[dict[str, Any]]) -> None:
    """Write shapes in local metres, with their attributes."""
    table = gpd.GeoDataFrame(facts, geometry=[moved(shape) for shape in shapes], crs=CRS)
    path.write_text(table.to_crs(WGS84).to_json(drop_id=True), encoding="utf-8")


def link(kind: str, *xy: XY, **tags: str) -> LinkChange:
    return LinkChange("add", kind, shape=moved(LineString(xy)), tags={**LINK_TAGS[kind], **tags})


def school(*at: Any) -> FacilityChange:
    shape = at[0] if hasattr(at[0], "area") else Point(at)
    return FacilityChange("add", "schools", kind="schools", shape=moved(shape))


def room(*at: float, kind: str = "rooms") -> FacilityChange:
    return FacilityChange("add", "rooms", kind=kind, shape=moved(Point(at)))


def gone(name: str) -> FacilityChange:
    return FacilityChange("close", f"{name.split(maxsplit=1)[0].lower()}s", name)


def project(project_id: str, cost: float, *changes: Change, **more: Any) -> Project:
    return Project(project_id, project_id, cost, changes, **more)


def assert_best(town: Terraces) -> dict[int, tuple[str, ...]]:
    """Check that the frontier of a plan is that of all sets, proven, and return its projects."""
    sets = Oracle(town).all()
    least = cheapest(town.listed, sets)
    frontier = planned(town, target=1.0).frontier
    expected = least.loc[frontier.index.min() :]
    assert frontier.index.tolist() == expected.index.tolist()
    np.testing.assert_allclose(frontier["cost"], expected, rtol=0, atol=CENT)
    np.testing.assert_allclose(frontier["bound"], expected, rtol=0, atol=CENT)
    return dict(frontier["projects"])


# Homes at (0, 20) and, where there are two, at (-50, 610); the school at (300, 0). The way round is 1,100 m.
AROUND: dict[int, list[XY]] = {
    1: [(-100, 0), (0, 0)],
    2: [(200, 0), (300, 0)],
    3: [(100, 0), (100, -400)],
    4: [(-100, 0), (-100, -400), (100, -400), (300, -400), (300, 0)],
    5: [(-100, 0), (-100, 600), (100, 600)],
}
FIRST = link("walkway", (0, 0), (100, 0))
SECOND = link("walkway", (100, 0), (200, 0))
LOOP = link("walkway", (-50, 600), (0, 24), (50, 600))
"""Passes 4 m from the home at (0, 20), which lies 20 m from its street, and meets no street for 578 m."""


def of(town: Terraces) -> Trials:
    return Trials(town.case, replace(town.streets, homes=None), town.metric)
