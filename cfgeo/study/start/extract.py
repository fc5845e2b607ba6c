"""Write the OpenStreetMap file of an area: clipped from a larger extract, or from answers of Overpass."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import shapely

from cfgeo.core.errors import InputError, NetworkError
from cfgeo.core.schema import Box
from cfgeo.files.osm.clean import as_in_file, open_writer
from cfgeo.files.osm.reader import header_of, open_osm_file, read_elements, tags_of
from cfgeo.files.osm.streets import read_streets
from cfgeo.libraries import osmium

FINER_LEVELS = ("8", "9", "10", "11")
"""``admin_level`` of the areas that a district may be made of; larger areas reach far beyond it."""

_WORLD_DEGREES = 180.0
"""Bounds this wide are those of the whole world, which some editors declare."""
_KINDS = {"node": 0, "way": 1, "relation": 2}


def clip(source: Path, path: Path, *, bbox: Box) -> str:
    """Write the elements of an extract in a box to a file of their own, and return the data's date.

    Every tagged node inside and every way with a node inside is kept, whole, and so are the areas that such ways bound.

    Parameters
    ----------
    source
        ``.osm.pbf``, ``.osm``, also compressed.
    path
        A new ``.osm.pbf``.
    bbox
        West, south, east, north [degrees].

    Returns
    -------
    str
        The date of the extract, or else of its latest element, as 2026-04-24; "" where neither is known.

    Raises
    ------
    InputError
        The extract cannot be read.
    """
    ids = _ids_within(source, bbox)
    latest = datetime(1970, 1, 1, tzinfo=UTC)
    with open_writer(path) as writer:
        for item in read_elements(open_osm_file(source), source):
            if item.id in ids[_kind(item)]:
                tags_of(item, source)  # which have to be UTF-8
                latest = max(latest, item.timestamp)
                writer.add(as_in_file(item))
    return header_of(source).date or ("" if latest.year == 1970 else latest.date().isoformat())


def _ids_within(source: Path, bbox: Box) -> tuple[set[int], set[int], set[int]]:
    """Return the ids of the nodes, ways and relations in a box, with all that they are made of."""
    nodes, ways, relations = set[int](), set[int](), set[int]()
    members: dict[int, list[int]] = {}
    tagged_nodes = osmium.filter.EmptyTagFilter()
    tagged_nodes.enable_for(osmium.osm.NODE)
    for item in read_elements(open_osm_file(source).with_locations().with_filter(tagged_nodes), source):
        if item.is_node():
            nodes |= {item.id} if _holds(bbox, item.lon, item.lat) else set()
        elif item.is_way():
            if any(node.location.valid() and _holds(bbox, node.lon, node.lat) for node in item.nodes):
                ways.add(item.id)
        elif _is_small_area(tags_of(item, source)):
            members[item.id] = [member.ref for member in item.members if member.type == "w"]
    relations = {ident for ident, refs in members.items() if not ways.isdisjoint(refs)}
    ways |= {ref for ident in relations for ref in members[ident]}
    for way in read_elements(open_osm_file(source, osmium.osm.WAY), source):
        if way.id in ways:
            nodes |= {node.ref for node in way.nodes}
    return nodes, ways, relations


def _kind(item: Any) -> int:
    return 0 if item.is_node() else 1 if item.is_way() else 2


def ends_within(source: Path, bbox: Box) -> bool:
    """Return whether an extract declares bounds that end somewhere inside a box.

    Raises
    ------
    InputError
        The extract cannot be read.
    """
    bounds = header_of(source).bounds
    return bounds is not None and not shapely.box(*bounds).covers(shapely.box(*bbox))


def extent_of(source: Path) -> Box:
    """Return the bounds that an extract declares, or else those of its streets: west, south, east, north [degrees].

    Raises
    ------
    InputError
        The extract cannot be read.
    NetworkError
        It neither declares bounds nor holds a street.
    """
    bounds = header_of(source).bounds
    if bounds is not None and bounds[2] - bounds[0] < _WORLD_DEGREES:
        return bounds
    streets = read_streets(source)
    if len(streets.x) == 0:
        raise NetworkError("fetch_no_streets", place="–", source=source.name)
    return float(streets.x.min()), float(streets.y.min()), float(streets.x.max()), float(streets.y.max())


def write_elements(elements: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write elements of Overpass's JSON to a ``.osm.pbf``, each once, in OpenStreetMap's order.

    Raises
    ------
    InputError
        An element is not as OpenStreetMap has them.
    """
    unique = {(_KINDS.get(str(e.get("type")), 3), e.get("id")): e for e in elements}
    with open_writer(path) as writer:
        try:
            for (kind, _), element in sorted(unique.items()):
                tags, ident = element.get("tags", {}), element["id"]
                if kind == 0:
                    at = (element["lon"], element["lat"])
                    writer.add_node(osmium.osm.mutable.Node(id=ident, location=at, tags=tags))
                elif kind == 1:
                    writer.add_way(osmium.osm.mutable.Way(id=ident, nodes=element["nodes"], tags=tags))
                elif kind == 2:
                    members = [(m["type"][0], m["ref"], m["role"]) for m in element.get("members", [])]
                    writer.add_relation(osmium.osm.mutable.Relation(id=ident, members=members, tags=tags))
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise InputError("osm_unreadable", file=path, reason=error) from error


def _holds(bbox: Box, lon: float, lat: float) -> bool:
    west, south, east, north = bbox
    return west <= lon <= east and south <= lat <= north


def _is_small_area(tags: Mapping[str, str]) -> bool:
    """Return whether a relation is an area no larger than a district: not one of half a country."""
    kind = tags.get("type")
    return kind == "multipolygon" or (kind == "boundary" and tags.get("admin_level") in FINER_LEVELS)
