"""Facilities, buildings and boundaries of OpenStreetMap files, by their tags."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import osmium
import pandas as pd
import shapely

from cfgeo.osm import elements, tags_of
from cfgeo.schema import WGS84, finding
from cfgeo.wildcard import matches

_AREA_RELATIONS = {"multipolygon", "boundary"}


def read_features(path: Path, tags: Mapping[str, tuple[str, ...]]) -> tuple[gpd.GeoDataFrame, list[dict[str, Any]]]:
    """Read the nodes, ways and multipolygons that carry certain tags.

    Parameters
    ----------
    path
        The file.
    tags
        Key → values, one of which must match (``*`` stands for any text, also within a value); every key must.

    Returns
    -------
    features : geopandas.GeoDataFrame
        Columns ``@id`` (such as ``way/123``), ``kind`` (the value of the first key) and all tags; WGS-84. A
        closed way is an area unless it is a highway or a barrier.
    findings : list of dict
        Elements that match and have no whole geometry, since nodes or members are missing from the file. An area
        that lacks one stretch of its outline, as at the edge of an extract, is closed with a straight line.
    """
    first = next(iter(tags))
    has_key = osmium.filter.KeyFilter(first)
    processor = osmium.FileProcessor(str(path)).with_areas(osmium.filter.KeyFilter(first)).with_filter(has_key)
    wkb = osmium.geom.WKBFactory()
    rows: dict[str, dict[str, Any]] = {}
    broken: set[str] = set()
    for item in elements(processor, path):
        own = tags_of(item, path)
        if not all(key in own and matches(own[key], wanted) for key, wanted in tags.items()):
            continue
        name = _element(item)
        shape = _shape(item, own, wkb)
        if shape is not None:
            rows[name] = {**own, "@id": name, "kind": own[first], "geometry": shape}
        elif not item.is_relation() or own.get("type") in _AREA_RELATIONS:  # whole areas come again, as such
            broken.add(name)
    mended, findings = _mend_areas(path, sorted(broken - set(rows)))
    for name, (own, shape) in mended.items():
        rows[name] = {**own, "@id": name, "kind": own[first], "geometry": shape}
    if not rows:
        return gpd.GeoDataFrame({"@id": [], "kind": []}, geometry=[], crs=WGS84), findings
    table = pd.DataFrame(list(rows.values()))
    geometry = shapely.from_wkb(table.pop("geometry").to_numpy())
    return gpd.GeoDataFrame(table, geometry=geometry, crs=WGS84), findings


def merge_named_lines(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join lines of one name into one feature: a walkway is mapped as many ways."""
    if "name" not in features.columns:
        return features
    is_line = features.geom_type.isin(["LineString", "MultiLineString"]) & features["name"].fillna("").ne("")
    if not is_line.any():
        return features
    joined = features[is_line].dissolve(by="name", as_index=False, sort=True)
    rest = features[~is_line]
    return gpd.GeoDataFrame(pd.concat([rest, joined], ignore_index=True), geometry="geometry", crs=features.crs)


def _element(item: Any) -> str:
    if item.is_area():
        return f"{'way' if item.from_way() else 'relation'}/{item.orig_id()}"
    return f"{'node' if item.is_node() else 'way' if item.is_way() else 'relation'}/{item.id}"


def _shape(item: Any, tags: Mapping[str, str], wkb: Any) -> str | None:
    """Return an element's geometry as hexadecimal WKB, or None where it has none (yet)."""
    linear = "highway" in tags or "barrier" in tags
    try:
        if item.is_node():
            return str(wkb.create_point(item))
        if item.is_area():
            is_line = item.from_way() and linear and tags.get("area") != "yes"
            return None if is_line else str(wkb.create_multipolygon(item))
        if item.is_way() and (not item.is_closed() or (linear and tags.get("area") != "yes")):
            return str(wkb.create_linestring(item))
    except RuntimeError:  # osmium says so of missing nodes and of lines without length
        return None
    return None


def _mend_areas(path: Path, names: list[str]) -> tuple[dict[str, tuple[dict[str, str], str]], list[dict[str, Any]]]:
    """Close the outlines of areas that lack one stretch; return (tags, WKB) by name, and what was found."""
    relations = {int(name.split("/")[1]) for name in names if name.startswith("relation/")}
    outlines, tags = _outer_ways(path, relations) if relations else ({}, {})
    mended: dict[str, tuple[dict[str, str], str]] = {}
    findings = []
    for name in names:
        chain = shapely.line_merge(shapely.union_all(outlines.get(name, [])))
        if chain.geom_type == "LineString" and shapely.get_num_points(chain) > 2:
            area = shapely.make_valid(shapely.Polygon(chain))
            gap = shapely.LineString([chain.coords[0], chain.coords[-1]])
            share = gap.length / area.length
            mended[name] = (tags[name], shapely.to_wkb(area, hex=True))
            findings.append(finding("osm_closed", path.name, row=name, name=tags[name].get("name", "–"), share=share))
        else:
            findings.append(finding("osm_incomplete", path.name, row=name))
    return mended, findings


def _outer_ways(path: Path, relations: set[int]) -> tuple[dict[str, list[Any]], dict[str, dict[str, str]]]:
    """Return the lines that the file still holds of some relations' outlines, and the relations' tags."""
    members: dict[int, list[str]] = {}
    tags: dict[str, dict[str, str]] = {}
    wanted = osmium.FileProcessor(str(path), osmium.osm.RELATION).with_filter(osmium.filter.IdFilter(relations))
    for relation in elements(wanted, path):
        name = f"relation/{relation.id}"
        tags[name] = tags_of(relation, path)
        for member in relation.members:
            if member.type == "w" and member.role != "inner":
                members.setdefault(member.ref, []).append(name)
    lines: dict[str, list[Any]] = {name: [] for name in tags}
    for way in elements(osmium.FileProcessor(str(path)).with_locations(), path):
        if way.is_way() and way.id in members:
            at = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
            for name in members[way.id]:
                if len(at) > 1:
                    lines[name].append(shapely.LineString(at))
    return lines, tags
