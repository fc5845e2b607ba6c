"""Facilities, buildings and boundaries of OpenStreetMap files, by their tags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import WGS84, Box
from cfgeo.files.columns import matches
from cfgeo.files.osm.clean import user_id
from cfgeo.files.osm.reader import Opened, open_osm_file, read_elements, tags_of
from cfgeo.libraries import osmium

Tags = Mapping[str, tuple[str, ...]]
_AREA_RELATIONS = {"multipolygon", "boundary"}


def read_features(path: Path, tags: Tags, *, bbox: Box | None = None) -> tuple[gpd.GeoDataFrame, Findings]:
    """Read the nodes, ways and multipolygons that carry certain tags.

    Parameters
    ----------
    path
        The file.
    tags
        Key → values, one of which must match (``*`` stands for any text, also within a value); every key must.
    bbox
        West, south, east, north [degrees]; elements whose bounds lie outside are left out. All when missing.

    Returns
    -------
    features : geopandas.GeoDataFrame
        Columns ``@id`` (such as ``way/123``), ``kind`` (the value of the first key) and all tags; WGS-84. A
        closed way is an area unless it is a highway or a barrier.
    findings : list of dict
        Elements that match and have no whole geometry, since the file lacks nodes or members of theirs. An area that
        lacks one stretch of its outline, as at the edge of an extract, is closed with a straight line.
    """
    return read_many_features(path, [tags], bbox=bbox)[0]


def read_many_features(
    path: Path, queries: Sequence[Tags], *, bbox: Box | None = None
) -> list[tuple[gpd.GeoDataFrame, Findings]]:
    """Return what :func:`read_features` returns for each of several sets of tags, from one pass over the file."""
    collector, osm_filter = FeatureCollector(queries, bbox), _filter(queries)
    for item in read_elements(open_osm_file(path).with_areas(osm_filter).with_filter(osm_filter), path):
        collector.take(item, tags_of(item, path))
    return collector.tables(path, partial(open_osm_file, path))


class FeatureCollector:
    """Gathers what :func:`read_many_features` returns from elements as they come by.

    Parameters
    ----------
    queries, bbox
        As for :func:`read_many_features`.

    Attributes
    ----------
    keys : frozenset of str
        An element without one of them is none of these.
    """

    def __init__(self, queries: Sequence[Tags], bbox: Box | None) -> None:
        self.keys = frozenset(next(iter(tags)) for tags in queries)
        self._layers = [_Layer(tags) for tags in queries]
        self._bbox = bbox
        self._outside: set[str] = set()
        self._wkb = osmium.geom.WKBFactory()

    def take(self, item: Any, tags: Mapping[str, str]) -> None:
        """Look at the next element of the file."""
        matching = [layer for layer in self._layers if layer.matches(tags)]
        if not matching:
            return
        name = _element(item)
        if self._bbox is not None and _is_outside(item, self._bbox):
            self._outside.add(name)
            return
        shape = _shape(item, tags, self._wkb)
        for layer in matching:
            if shape is not None:
                layer.add(name, tags, shape)
            elif not item.is_relation() or tags.get("type") in _AREA_RELATIONS:  # whole areas come again, as areas
                layer.broken.add(name)

    def tables(self, path: Path, opened: Opened) -> list[tuple[gpd.GeoDataFrame, Findings]]:
        """Return the table and the findings of each query.

        Parameters
        ----------
        path
            The file, for findings.
        opened
            Opens it again, where areas have to be closed.
        """
        broken = set().union(*(layer.without_shape() for layer in self._layers)) - self._outside
        closed = _close_areas(path, opened, sorted(broken), self._bbox)
        return [layer.table(closed) for layer in self._layers]


class _Layer:
    """Gathers the elements that carry one set of tags."""

    def __init__(self, tags: Tags) -> None:
        self.tags = tags
        self.kind = next(iter(tags))
        self.rows: dict[str, dict[str, Any]] = {}
        self.broken: set[str] = set()

    def matches(self, tags: Mapping[str, str]) -> bool:
        return self.kind in tags and all(  # the first key tells most of them apart
            key in tags and matches(tags[key], patterns) for key, patterns in self.tags.items()
        )

    def add(self, name: str, tags: Mapping[str, str], shape: str) -> None:
        self.rows[name] = {**tags, "@id": name, "kind": tags[self.kind], "geometry": shape}

    def without_shape(self) -> set[str]:
        return self.broken - set(self.rows)

    def table(self, closed: Mapping[str, "_ClosedArea"]) -> tuple[gpd.GeoDataFrame, Findings]:
        """Return the table with the areas that could be closed, and findings about the others and them."""
        areas = [closed[name] for name in sorted(self.without_shape() & set(closed))]
        for area in areas:
            if area.shape is not None:
                self.add(area.name, area.tags, area.shape)
        findings = [area.finding for area in areas]
        if not self.rows:
            return _no_rows().copy(), findings
        table = pd.DataFrame(list(self.rows.values()))
        geometry = shapely.from_wkb(table.pop("geometry").to_numpy())
        return gpd.GeoDataFrame(table, geometry=geometry, crs=WGS84), findings


@cache
def _no_rows() -> gpd.GeoDataFrame:
    """Return a table without elements: most queries of a small place find none."""
    return gpd.GeoDataFrame({"@id": [], "kind": []}, geometry=[], crs=WGS84)


@dataclass(frozen=True)
class _ClosedArea:
    """An area whose outline was not whole: closed, or left out.

    Attributes
    ----------
    name : str
    finding : dict
    tags : Mapping of str to str
    shape : str, optional
        Hexadecimal WKB; None where the area is left out.
    """

    name: str
    finding: dict[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    shape: str | None = None


def _filter(queries: Sequence[Tags]) -> Any:
    """Return osmium's filter for the elements that could match: it is fast, and knows first keys only."""
    first = [next(iter(tags.items())) for tags in queries]
    if any("*" in value for _, values in first for value in values):
        return osmium.filter.KeyFilter(*dict.fromkeys(key for key, _ in first))
    return osmium.filter.TagFilter(*dict.fromkeys((key, value) for key, values in first for value in values))


def _is_outside(item: Any, bbox: Box) -> bool:
    """Return whether the bounds of an element lie outside a box, by those of its nodes that the file holds."""
    if item.is_node():
        nodes = iter([item] if item.location.valid() else [])
    elif item.is_way():
        nodes = (node for node in item.nodes if node.location.valid())
    elif item.is_area():
        nodes = (node for ring in item.outer_rings() for node in ring)
    else:
        return False
    west, south, east, north = bbox
    lon, lat = [], []
    for node in nodes:
        x, y = node.lon, node.lat
        if west <= x <= east and south <= y <= north:
            return False
        lon.append(x)
        lat.append(y)
    return bool(lon) and (max(lon) < west or min(lon) > east or max(lat) < south or min(lat) > north)


def merge_named_lines(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join the lines of each name into one feature: a walkway is mapped as many ways."""
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
        return f"{'way' if item.from_way() else 'relation'}/{user_id(item.orig_id())}"
    return f"{'node' if item.is_node() else 'way' if item.is_way() else 'relation'}/{user_id(item.id)}"


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
    except (RuntimeError, osmium.InvalidLocationError):  # of missing nodes, of lines without length
        return None
    return None


def _close_areas(path: Path, opened: Opened, names: list[str], bbox: Box | None) -> dict[str, _ClosedArea]:
    """Close the outlines of areas that lack one stretch; areas that then lie outside the box are left out."""
    relations = {int(name.split("/")[1]) for name in names if name.startswith("relation/")}
    outlines, tags = _outer_ways(path, opened, relations) if relations else ({}, {})
    closed: dict[str, _ClosedArea] = {}
    for name in names:
        outline = shapely.union_all(outlines.get(name, []))
        bounds = shapely.box(*outline.bounds)
        if bbox is not None and not outline.is_empty and not shapely.box(*bbox).intersects(bounds):
            continue
        lines = shapely.get_parts(shapely.line_merge(outline))
        rings, chains = lines[shapely.is_closed(lines)], lines[~shapely.is_closed(lines)]
        if len(chains) == 1 and shapely.get_num_points(chains[0]) > 2:
            chain = chains[0]
            area = shapely.union_all(shapely.make_valid([shapely.Polygon(line) for line in (chain, *rings)]))
            gap = shapely.LineString([chain.coords[0], chain.coords[-1]])
            title, share = tags[name].get("name", "–"), gap.length / area.length
            row = finding("osm_closed", path.name, row=name, name=title, share=share)
            closed[name] = _ClosedArea(name, row, tags[name], shapely.to_wkb(area, hex=True))
        else:
            closed[name] = _ClosedArea(name, finding("osm_incomplete", path.name, row=name))
    return closed


def _outer_ways(
    path: Path, opened: Opened, relations: set[int]
) -> tuple[dict[str, list[Any]], dict[str, dict[str, str]]]:
    """Return the lines that the file holds of some relations' outlines, and the relations' tags."""
    members: dict[int, list[str]] = {}
    tags: dict[str, dict[str, str]] = {}
    for relation in read_elements(opened(osmium.osm.RELATION), path):
        if user_id(relation.id) not in relations:
            continue
        name = _element(relation)
        tags[name] = tags_of(relation, path)
        for member in relation.members:
            if member.type == "w" and member.role != "inner":
                members.setdefault(member.ref, []).append(name)
    lines: dict[str, list[Any]] = {name: [] for name in tags}
    for way in read_elements(opened().with_locations(), path):
        if way.is_way() and way.id in members:
            lonlat = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
            for name in members[way.id]:
                if len(lonlat) > 1:
                    lines[name].append(shapely.LineString(lonlat))
    return lines, tags
