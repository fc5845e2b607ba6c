"""A town small enough to work out by hand: lower and upper streets in blocks of 100 m, with a hill between.

Local metres; y grows northwards::

    300  o----o----o----o----o        upper town: walkway along the top row, x 100 to 250
         |    |    |    |    |
    200  o----o----o----o----o-------+
         S    L    E    R            | bridge, 300 m long, over the cul-de-sac
    150  S p--L    E    R          c-|--+
         S    L    E    R            |  | S steps, up        E escalator, up only
    100  o----o----o----o----o-------+  | L lift in the middle of the path, with a platform p beside it
         |    |    ^    |    |          | R steps with a ramp, direction not mapped
      0  o----o----o----o----o----------+ ^ walkers go up only
         0   100  200  300  400  500  550
                      [park]

A fragment of street lies apart at y = 450, x 200 to 300. Four communities in two street offices; in the northernmost
nobody lives. Everything exists twice: as tables whose metres are exact, and as files (``write_town``).
"""

import csv
import datetime as dt
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from shapely import LineString, Point, Polygon, box

from cfgeo.core.schema import Network, StreetWays
from cfgeo.network.build import build_network
from cfgeo.network.walkers import Walker

CRS = "EPSG:32648"
AS_OF = dt.date(2026, 11, 1)
"""The day for which the town is judged."""
WEST, SOUTH = 650_000.0, 3_270_000.0

CHILD = Walker("child", 1.25, 0.5, 0.8, 0.4, 0.5, 60.0)
"""100 m on the level take 80 s, up the steps 200 s, down 125 s, on the escalator 200 s; a lift takes 60 s."""
PRAM = Walker("pram", 1.0, 0.0, 0.0, 0.4, 0.0, 60.0)
"""100 m on the level take 100 s, on the ramp 250 s; no steps, no escalator."""


def grid(x: int, y: int) -> int:
    """Return the id of the junction at (x, y), both multiples of 100."""
    return 1 + x // 100 + 10 * (y // 100)


LIFT, PLATFORM, BRIDGE_SOUTH, BRIDGE_NORTH = 50, 51, 52, 53
CORNER_SOUTH, CORNER_NORTH, CUL_DE_SAC, APART_WEST, APART_EAST = 54, 55, 56, 57, 58

NODES: dict[int, tuple[float, float]] = {
    **{grid(x, y): (x, y) for y in range(0, 301, 100) for x in range(0, 401, 100)},
    LIFT: (100, 150),
    PLATFORM: (60, 150),
    BRIDGE_SOUTH: (500, 100),
    BRIDGE_NORTH: (500, 200),
    CORNER_SOUTH: (550, 0),
    CORNER_NORTH: (550, 150),
    CUL_DE_SAC: (450, 150),
    APART_WEST: (200, 450),
    APART_EAST: (300, 450),
}

STEPS, LIFT_LOWER, LIFT_UPPER, ESCALATOR, RAMP, BRIDGE, SAC, APART, ONE_WAY = (
    2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008, 1012)  # fmt: skip

_STREET = {"highway": "residential"}
WAYS: list[tuple[int, list[int], dict[str, str], dict[str, Any]]] = [
    *((1000 + y // 100, [grid(x, y) for x in range(0, 401, 100)], {**_STREET, "name": f"Row {y}"}, {"name": f"Row {y}"})
      for y in range(0, 301, 100)),
    *((1010 + x // 100, [grid(x, 0), grid(x, 100)], _STREET, {}) for x in (0, 100, 300, 400)),
    (ONE_WAY, [grid(200, 0), grid(200, 100)], {**_STREET, "oneway:foot": "yes"}, {"oneway": 1}),
    *((1020 + x // 100, [grid(x, 200), grid(x, 300)], _STREET, {}) for x in range(0, 401, 100)),
    (STEPS, [grid(0, 100), grid(0, 200)], {"highway": "steps", "incline": "up", "step_count": "150"},
     {"highway": "steps", "form": "steps", "incline": 1, "step_count": 150.0}),
    (LIFT_LOWER, [grid(100, 100), LIFT, PLATFORM], {"highway": "footway"}, {"highway": "footway"}),
    (LIFT_UPPER, [LIFT, grid(100, 200)], {"highway": "footway"}, {"highway": "footway"}),
    (ESCALATOR, [grid(200, 100), grid(200, 200)], {"highway": "steps", "conveying": "forward"},
     {"highway": "steps", "form": "escalator", "oneway": 1}),
    (RAMP, [grid(300, 200), grid(300, 100)], {"highway": "steps", "ramp:stroller": "yes"},
     {"highway": "steps", "form": "steps", "ramp": True}),
    (BRIDGE, [grid(400, 100), BRIDGE_SOUTH, BRIDGE_NORTH, grid(400, 200)],
     {"highway": "footway", "bridge": "yes", "layer": "1"}, {"highway": "footway", "structure": True}),
    (SAC, [grid(400, 0), CORNER_SOUTH, CORNER_NORTH, CUL_DE_SAC], _STREET, {}),
    (APART, [APART_WEST, APART_EAST], _STREET, {}),
]  # fmt: skip
"""Id, nodes, tags in the file, and the facts in the table that differ from the usual."""

_NOT_WALKED: list[tuple[int, list[int], dict[str, str]]] = [
    (3001, [grid(0, 0), grid(100, 100)], {"highway": "service", "access": "private"}),
    (3002, [grid(100, 100), grid(200, 200)], {"highway": "motorway"}),
    (3003, [grid(200, 100), grid(300, 200)], {"highway": "footway", "foot": "no"}),
]


def at(x: float, y: float) -> Point:
    """Return a point of the town in its CRS."""
    return Point(WEST + x, SOUTH + y)


def moved(shape: Any) -> Any:
    """Move a shape from local metres into the town's CRS."""
    return shapely.transform(shape, lambda xy: xy + np.array([WEST, SOUTH]))


def town_streets() -> StreetWays:
    """Return the walkable ways, written by hand, not read from tags."""
    usual = {"name": "", "highway": "residential", "form": "level", "oneway": 0, "incline": 0, "step_count": np.nan,
             "ramp": False, "structure": False, "lift_rides": 0.0}  # fmt: skip
    ids = [node for _, nodes, _, _ in WAYS for node in nodes]
    xy = np.array([NODES[i] for i in ids]) + np.array([WEST, SOUTH])
    return StreetWays(
        ways=pd.DataFrame([{**usual, "osm_id": way, **facts} for way, _, _, facts in WAYS]),
        node_ids=np.array(ids),
        x=xy[:, 0],
        y=xy[:, 1],
        offsets=np.r_[0, np.cumsum([len(nodes) for _, nodes, _, _ in WAYS])],
        lifts=np.array([LIFT]),
        crs=CRS,
    )


def town_network() -> Network:
    """Return the network with exact metres."""
    return build_network(town_streets(), crs=CRS)


def town_communities() -> gpd.GeoDataFrame:
    """Return the communities: two below the hill, one on it, one in which nobody lives."""
    rows = [
        ("C01", "Lower West", "South", 1000.0, box(-50, -60, 250, 160)),
        ("C02", "Lower East", "South", 2000.0, box(250, -60, 600, 160)),
        ("C03", "Upper", "North", 1500.0, box(-50, 160, 600, 330)),
        ("C04", "Nobody", "North", 0.0, box(-50, 330, 600, 500)),
    ]
    table = pd.DataFrame(rows, columns=["code", "community", "street_office", "residents", "geometry"])
    frame = gpd.GeoDataFrame(table.assign(geometry=[moved(s) for s in table["geometry"]]), crs=CRS).set_index("code")
    frame.insert(2, "area_m2", frame.area)
    return frame


HOMES: dict[str, tuple[tuple[float, float], tuple[int, int, int, int], str]] = {
    "west": ((-8, 50), (1, 1, 10, 2), "C01"),  # street x = 0 at y = 50, leg 8 m
    "row": ((150, 5), (0, 2, 20, 4), "C01"),  # row 0 at x = 150, leg 5 m
    "platform": ((70, 152), (1, 0, 2, 0), "C01"),  # the lift's platform at x = 70, leg 2 m
    "east": ((350, 95), (5, 0, 10, 1), "C02"),  # row 100 at x = 350, leg 5 m
    "park": ((370, -5), (2, 2, 5, 0), "C02"),  # row 0 at x = 370, 20 m from the park, leg 5 m
    "up": ((50, 205), (3, 3, 8, 8), "C03"),  # row 200 at x = 50, leg 5 m
    "top": ((350, 305), (0, 3, 12, 6), "C03"),  # row 300 at x = 350, leg 5 m
    "stranded": ((580, 320), (1, 1, 4, 4), "C03"),  # more than 150 m from any street
}
"""Name → position, children by age band, community."""


def town_demand() -> gpd.GeoDataFrame:
    """Return the homes as demand points, in the order of ``HOMES``."""
    bands = ["age_0_2", "age_3_5", "age_6_11", "age_12_17"]
    numbers = pd.DataFrame([children for _, children, _ in HOMES.values()], columns=bands).astype(float)
    table = pd.DataFrame({"weight": numbers.sum(axis=1), **numbers, "community": [c for _, _, c in HOMES.values()]})
    return gpd.GeoDataFrame(table, geometry=[at(*xy) for xy, _, _ in HOMES.values()], crs=CRS)


PARK = box(250, -50, 350, 10)
"""Row 0 runs in it from x = 250 to 350, the street x = 300 from y = 0 to 10."""
GARDEN = Polygon([(120, 40), (150, 30), (150, 50)])
"""No street enters it; its tip lies 20 m from the street x = 100, at y = 40."""
WALKWAY = LineString([(100, 302), (250, 302)])
"""Along row 300 from x = 100 to 250; 8 m of the streets x = 100 and x = 200 lie beside it, too."""

_FACILITIES: dict[str, list[dict[str, Any]]] = {
    "schools": [
        {"kind": "primary", "name": "Low School", "capacity": 300.0, "certified": "yes", "geometry": Point(30, -10)},
        {"kind": "junior", "name": "High School", "capacity": 100.0, "certified": "no", "geometry": Point(350, 310)},
        {"kind": "primary", "name": "Lost School", "capacity": 50.0, "certified": "no", "geometry": Point(250, 452)},
    ],
    "parks": [
        {"kind": "park", "name": "Long Park", "geometry": PARK},
        {"kind": "garden", "name": "Garden", "geometry": GARDEN},
    ],
    "walkways": [{"kind": "walkway", "name": "Hill Walk", "geometry": WALKWAY}],
    "children_homes": [
        {"kind": "home", "name": "Low Home", "capacity": 10.0, "geometry": Point(120, 95)},
        {"kind": "home", "name": "High Home", "capacity": 8.0, "geometry": Point(220, 210)},
    ],
    "stations": [{"kind": "station", "name": "South Station", "geometry": Point(310, 50)}],
}
"""Declared layers with facilities. ``sports`` is declared and empty; ``culture`` is not declared."""


def town_layers() -> dict[str, gpd.GeoDataFrame]:
    """Return the declared layers."""
    layers = {}
    for name, rows in {**_FACILITIES, "sports": []}.items():
        table = pd.DataFrame(rows) if rows else pd.DataFrame({"kind": [], "name": [], "geometry": []}).astype("str")
        table["geometry"] = [moved(shape) for shape in table["geometry"]]
        index = pd.Index([f"{name}-{i + 1}" for i in range(len(table))], name="facility")
        layers[name] = gpd.GeoDataFrame(table.assign(layer=name), geometry="geometry", crs=CRS).set_index(index)
    return layers


_STANDARD = """
[standard]
id = "town"
title = "小镇"
title_en = "Town"
source = "by hand"
target_share = 0.70

[[clause]]
id = "school"
name = "小学"
name_en = "Primary school"
plan_item = 8
layer = "schools"
kind = ["primary"]
walker = "child"
limit_minutes = 5
children = ["age_6_11"]
need_share = 0.8
required = true

[[clause]]
id = "park"
name = "公园"
name_en = "Park, with a pram"
layer = "parks"
walker = "pram"
children = ["age_0_2", "age_3_5"]
need_share = 0.5
required = true
assumption = "假定"
assumption_en = "Assumed"

[[clause]]
id = "culture"
name = "文化"
name_en = "Culture: the town does not say"
layer = "culture"
walker = "child"
need_share = 0.8
required = true

[[clause]]
id = "home"
name = "儿童之家"
name_en = "Children's home"
measure = "present"
layer = "children_homes"
need_count = 1
target_share = 0.5

[[clause]]
id = "sports"
name = "体育"
name_en = "Sports: declared, and there is none"
measure = "present"
layer = "sports"
need_count = 1

[[clause]]
id = "station"
name = "保护站"
name_en = "Station"
scope = "street_office"
measure = "present"
layer = "stations"
need_count = 1

[[clause]]
id = "connected"
name = "连通"
name_en = "Connected"
scope = "district"
measure = "connected"
need_share = 0.9

[[clause]]
id = "certified"
name = "认证"
name_en = "Certified schools"
scope = "district"
measure = "count"
layer = "schools"
only_where = "certified"
need_count = 2
"""

_STUDY = f"""
[study]
id = "town"
title = "小镇"
standard = "standard.toml"
status = "illustrative"
crs = "{CRS}"

[boundaries.communities]
path = "communities.geojson"
source = "made for tests"
date = "2026-01"
licence = "MIT"

[network]
path = "streets.osm"
source = "made for tests"
date = "2026-01"
licence = "MIT"

[demand]
path = "homes.geojson"

[layers.schools]
path = "schools.csv"

[layers.parks]
path = "parks.geojson"

[layers.walkways]
path = "walkways.geojson"

[layers.children_homes]
path = "children_homes.csv"

[layers.stations]
path = "stations.csv"

[layers.sports]
path = "sports.csv"

[walk]
limit_minutes = 5
walker = "child"
direction = "to"

[walkers.child]
level_m_s = 1.25
stairs_up_m_s = 0.5
stairs_down_m_s = 0.8
ramp_m_s = 0.4
escalator_m_s = 0.5
lift_wait_s = 60
lift_ride_s = 0

[walkers.pram]
level_m_s = 1.0
stairs_up_m_s = 0
stairs_down_m_s = 0
ramp_m_s = 0.4
escalator_m_s = 0
lift_wait_s = 60
lift_ride_s = 0
"""


def write_town(folder: Path) -> Path:
    """Write the town as the files of a study and return its ``study.toml``."""
    folder.mkdir(parents=True, exist_ok=True)
    write_osm(folder / "streets.osm", NODES, [*((i, n, t) for i, n, t, _ in WAYS), *_NOT_WALKED], lifts=[LIFT])
    _write_geojson(folder / "communities.geojson", town_communities().drop(columns="area_m2").reset_index())
    _write_geojson(folder / "homes.geojson", town_demand().drop(columns=["weight", "community"]))
    for name, layer in town_layers().items():
        table = layer.drop(columns="layer").reset_index(drop=True)
        if name in {"parks", "walkways"}:
            _write_geojson(folder / f"{name}.geojson", table)
        else:
            _write_csv(folder / f"{name}.csv", table)
    (folder / "standard.toml").write_text(_STANDARD, encoding="utf-8")
    study = folder / "study.toml"
    study.write_text(_STUDY, encoding="utf-8")
    return study


def write_osm(
    path: Path,
    nodes: dict[int, tuple[float, float]],
    ways: list[tuple[int, list[int], dict[str, str]]],
    *,
    lifts: list[int] | None = None,
    node_tags: dict[int, dict[str, str]] | None = None,
) -> None:
    """Write nodes at local metres and ways as OSM XML (which keeps seven decimals: about a centimetre)."""
    to_degrees = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", '<osm version="0.6" generator="town">']
    for node, (x, y) in sorted(nodes.items()):
        lon, lat = to_degrees.transform(WEST + x, SOUTH + y)
        lift = {"highway": "elevator"} if node in (lifts or []) else {}
        tags = _tags({**lift, **(node_tags or {}).get(node, {})})
        lines.append(f'<node id="{node}" version="1" lat="{lat:.7f}" lon="{lon:.7f}">{tags}</node>')
    for way, refs, tags in sorted(ways):
        inside = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        lines.append(f'<way id="{way}" version="1">{inside}{_tags(tags)}</way>')
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")


def _tags(tags: dict[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())


def _write_geojson(path: Path, table: gpd.GeoDataFrame) -> None:
    path.write_text(table.to_crs("EPSG:4326").to_json(drop_id=True), encoding="utf-8")


def _write_csv(path: Path, table: gpd.GeoDataFrame) -> None:
    places = table.to_crs("EPSG:4326").geometry
    rows = table.drop(columns="geometry").assign(lon=places.x, lat=places.y)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(rows.columns)
        writer.writerows(rows.itertuples(index=False))
