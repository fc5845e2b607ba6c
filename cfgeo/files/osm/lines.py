"""Layers of lines → street ways: what their columns say, in OpenStreetMap's words."""

import ast
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.arrays import run_offsets, starts_run
from cfgeo.core.errors import NetworkError
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import BoolArray, FloatArray, IntArray, StreetAreas, StreetWays
from cfgeo.files.osm.areas import CROSSED, as_street, is_area, level_areas, storey
from cfgeo.files.osm.barriers import CLOSED, parted
from cfgeo.files.osm.doubts import Doubts
from cfgeo.files.osm.tags import WALKED_KEYS, closing_tag, edge_facts, opened, plain_tags, walkable

_SAME_PLACE_M = 0.001  # vertices nearer than this are the same node
_OSM_IDS = ("osm_id", "osmid", "@id", "full_id")
_OTHERS = ("waterway", "railway", "aerialway", "power", "boundary", "natural", "landuse", "man_made", "building",
           "barrier", "route", "aeroway")  # fmt: skip
"""Keys of what is no street, where ``highway`` is blank: lines of OpenStreetMap that a GIS saved in one layer."""
_BLANK = {"", "nan", "nat", "none", "null", "<null>", "<na>"}
_SHAPEFILE_NAME = 10  # characters that a Shapefile keeps of a column's name
_CLASSES = {f"track_grade{grade}": "track" for grade in range(1, 6)} | {"unknown": "road"}
"""Classes of Geofabrik's Shapefiles (column ``fclass``) that OpenStreetMap does not have."""


def streets_from_lines(lines: gpd.GeoDataFrame, *, trunk_roads: bool = False) -> StreetWays:
    """Return a line layer as street ways. Lines that share a vertex are connected there.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings; columns with the names of OpenStreetMap's keys (``highway``, ``name``,
        ``incline``, ``bridge`` …) are read as its tags, also as a GIS writes them: cut to ten characters, gathered in
        ``other_tags``, as ``fclass``, with 1, true or T for yes. Polygons whose class says that people cross them, such
        as ``highway=pedestrian``, are squares; a finding counts the others.
    trunk_roads
        Whether trunk roads are walked where nothing says that they have a sidewalk.

    Raises
    ------
    NetworkError
        The layer has no lines that are streets.
    """
    parts = lines.explode(index_parts=False)
    rows, parts = parts.index, parts.reset_index(drop=True)
    tags_of, ids, length_m = [as_street(tags) for tags in _tags(parts)], _osm_ids(parts), _length_m(parts.geometry)
    ids = np.where(ids == 0, -1 - pd.factorize(rows)[0], ids)  # so that changes can name each line
    is_line = (parts.geom_type == "LineString").to_numpy()
    others = [_other_than_street(tags) if line else "" for tags, line in zip(tags_of, is_line, strict=True)]
    on_foot = is_line & np.array([not other for other in others], dtype=bool)
    doubts = Doubts(trunk_roads=trunk_roads)
    for nth in np.flatnonzero(is_line):
        if tags_of[nth].get("highway"):
            doubts.look_at(f"way/{ids[nth]}" if ids[nth] > 0 else f"#{rows[nth]}", tags_of[nth], length_m[nth])
            on_foot[nth] = walkable(tags_of[nth], trunk_roads=trunk_roads)
    is_polygon = (parts.geom_type == "Polygon").to_numpy()
    areal = [tags.get("highway") in {*CROSSED, "steps"} and is_area({"area": "yes", **tags}) for tags in tags_of]
    square = np.array([area and walkable(tags) for area, tags in zip(areal, tags_of, strict=True)], dtype=bool)
    square &= is_polygon
    if not (on_foot | square).any():
        raise NetworkError("network_empty")
    once_open = {
        nth: tags
        for nth in np.flatnonzero(is_line & ~on_foot).tolist()
        if "highway" in tags_of[nth] and not is_area(tags_of[nth]) and (tags := opened(tags_of[nth]))
    }
    row = np.r_[np.flatnonzero(on_foot | square), np.array(list(once_open), dtype=np.int64)]
    facts = [_facts(once_open.get(nth, tags_of[nth]), trunk_roads=trunk_roads) for nth in row.tolist()]
    ways = pd.DataFrame(facts).assign(osm_id=ids[row])
    if once_open:
        ways[CLOSED] = [closing_tag(tags_of[nth]) if nth in once_open else "" for nth in row.tolist()]
    left = int((is_polygon & ~square).sum())
    findings = [*doubts.findings(), *_no_streets(others, length_m)]
    findings += [finding("polygons_left", "network", severity="note", count=left)] if left else []
    return parted(_as_ways(parts.geometry[row], ways, square[row], findings=tuple(findings)))


def _facts(tags: Mapping[str, str], *, trunk_roads: bool) -> dict[str, Any]:
    return {**edge_facts(tags, trunk_roads=trunk_roads), "storey": storey({**tags, **plain_tags(tags)})}


def _other_than_street(tags: Mapping[str, str]) -> str:
    """Return what a line without ``highway`` is, such as ``waterway=river``; "" for a street or an untagged line."""
    return "" if tags.get("highway") else next((f"{key}={tags[key]}" for key in _OTHERS if key in tags), "")


def _as_ways(
    shapes: gpd.GeoSeries, ways: pd.DataFrame, square: BoolArray, *, findings: tuple[dict[str, Any], ...]
) -> StreetWays:
    """Return lines and squares with their facts as ways: vertices at one place are one node."""
    lines = shapes.to_numpy().copy()
    rings, ring_of = shapely.get_rings(lines, return_index=True)
    hole = ~starts_run(ring_of)
    lines[square] = rings[~hole]
    # The ways come first, then the holes of squares, which nobody walks around without a reason to be there.
    xy, owner = shapely.get_coordinates(np.r_[lines, rings[hole]], return_index=True)
    metric = shapes.crs is not None and shapes.crs.is_projected
    grid = np.round(xy / (_SAME_PLACE_M if metric else _SAME_PLACE_M / 111_000)).astype(np.int64)
    node_ids = -1 - np.unique(grid, axis=0, return_inverse=True)[1].ravel()
    vertex = owner < len(ways)
    return StreetWays(
        ways=ways,
        node_ids=node_ids[vertex],
        x=xy[vertex, 0],
        y=xy[vertex, 1],
        offsets=run_offsets(np.bincount(owner[vertex])),
        lifts=np.empty(0, dtype=np.int64),
        crs=shapes.crs.to_wkt(),
        findings=findings,
        areas=_areas(ways, square, ring_of[hole], (node_ids, xy, owner)),
    )


def _areas(
    facts: pd.DataFrame, square: BoolArray, hole_of: IntArray, rings: tuple[IntArray, FloatArray, IntArray]
) -> StreetAreas | None:
    """Return the ways that are outlines of squares as areas, with their holes, which follow all ways."""
    if not square.any():
        return None
    node_ids, xy, owner = rings
    line = np.r_[np.flatnonzero(square), len(facts) + np.arange(len(hole_of))]
    area = (np.cumsum(square) - 1)[np.r_[np.flatnonzero(square), hole_of]]
    mine = np.isin(owner, line)
    return StreetAreas(
        table=level_areas(facts[square].reset_index(drop=True)),
        area=area,
        way=np.r_[facts["osm_id"].to_numpy()[square], np.zeros(len(hole_of), dtype=np.int64)],
        hole=np.arange(len(line)) >= square.sum(),
        node_ids=node_ids[mine],
        x=xy[mine, 0],
        y=xy[mine, 1],
        offsets=run_offsets(np.bincount(owner)[line]),
    )


def _no_streets(others: list[str], length_m: FloatArray) -> Findings:
    """Return a finding about the lines that are something else."""
    kinds = tuple(dict.fromkeys(filter(None, others)))
    if not kinds:
        return []
    km = round(float(length_m[np.array(others) != ""].sum()) / 1000, 2)
    count = sum(map(bool, others))
    return [finding("lines_no_streets", "network", severity="note", count=count, km=km, kinds=kinds)]


def _length_m(lines: gpd.GeoSeries) -> FloatArray:
    """Return how long lines are [m]."""
    if len(lines) and lines.crs is not None and not lines.crs.is_projected:
        lines = lines.to_crs(lines.estimate_utm_crs())
    return np.asarray(lines.length, dtype=float)


def _osm_ids(lines: gpd.GeoDataFrame) -> IntArray:
    """Return the ways' ids, from numbers or from texts such as ``way/12``; 0 where there is none."""
    for name in _OSM_IDS:
        if name in lines.columns:
            number = lines[name].astype("str").str.extract(r"^(?:\D*)(\d+)(?:\.0)?$")[0]
            return np.asarray(pd.to_numeric(number, errors="coerce").fillna(0), dtype=np.int64)
    return np.zeros(len(lines), dtype=np.int64)


def _tags(lines: gpd.GeoDataFrame) -> list[dict[str, str]]:
    """Return the columns of each line as tags, without blank cells."""
    texts = pd.DataFrame(lines.drop(columns=lines.geometry.name))
    texts.columns = pd.Index(_keys([str(name) for name in texts.columns]))
    texts = texts.loc[:, ~texts.columns.duplicated()]
    tags = [_row(row) for row in texts.to_dict("records")]
    for each in tags:
        if "highway" in each:
            each["highway"] = _CLASSES.get(each["highway"], each["highway"])
    return tags


def _keys(columns: list[str]) -> list[str]:
    """Return the keys of OpenStreetMap that columns stand for."""
    cut = {re.sub(r"\W", "_", key)[:_SHAPEFILE_NAME]: key for key in WALKED_KEYS if len(key) > _SHAPEFILE_NAME}
    small = [column.strip().lower() for column in columns]
    named = [cut.get(re.sub(r"\W", "_", key), key) if len(key) == _SHAPEFILE_NAME else key for key in small]
    return ["highway" if key == "fclass" and "highway" not in named else key for key in named]


def _row(row: dict[Any, Any]) -> dict[str, str]:
    tags = {str(key): ";".join(listed(value)) for key, value in row.items()}
    gathered: dict[str, str] = {}
    for name in ("other_tags", "all_tags"):
        gathered |= _gathered(str(row.get(name, "")))
    return {key: value for key, value in {**gathered, **tags}.items() if value.strip().lower() not in _BLANK}


def _gathered(text: str) -> dict[str, str]:
    """Return the tags that GDAL gathers in one column, as HSTORE (``"foot"=>"no","access"=>"yes"``) or JSON."""
    if text.startswith("{"):
        try:
            return {str(key): str(value) for key, value in json.loads(text).items()}
        except ValueError:
            return {}
    return dict(re.findall(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"', text))


def listed(value: Any) -> list[str]:
    """Return several values, which OSMnx joins into a list, or its text, as texts; a single one as a list of one."""
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return [str(value)]
    many: Iterable[Any] = value if isinstance(value, list | tuple | set | np.ndarray) else [value]
    return [str(each) for each in many if each is not None]
