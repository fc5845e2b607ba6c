"""An OpenStreetMap file as a mapper edits it: all its elements, changed in memory and written again.

Knows nothing of cfgeo: what it does is what an editor such as JOSM would.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import osmium
import shapely
from shapely import Point
from shapely.geometry.base import BaseGeometry

LonLat = tuple[float, float]
Tags = dict[str, str]


@dataclass
class OsmFile:
    """The elements of a file by their ids; new ones are numbered on."""

    nodes: dict[int, LonLat] = field(default_factory=dict)
    node_tags: dict[int, Tags] = field(default_factory=dict)
    ways: dict[int, list[int]] = field(default_factory=dict)
    way_tags: dict[int, Tags] = field(default_factory=dict)
    relations: dict[int, tuple[list[tuple[str, int, str]], Tags]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "OsmFile":
        """Read a file."""
        made = cls()
        for item in osmium.FileProcessor(str(path)):
            tags = dict(item.tags)
            if item.is_node():
                made.nodes[item.id] = item.lon, item.lat
                made.node_tags[item.id] = tags
            elif item.is_way():
                made.ways[item.id] = [node.ref for node in item.nodes]
                made.way_tags[item.id] = tags
            else:
                made.relations[item.id] = [(each.type, each.ref, each.role) for each in item.members], tags
        return made

    def write(self, path: Path) -> None:
        """Write a file, over one that is there."""
        path.unlink(missing_ok=True)
        with osmium.SimpleWriter(str(path)) as writer:
            for node, at in sorted(self.nodes.items()):
                tags = self.node_tags.get(node, {})
                writer.add_node(osmium.osm.mutable.Node(id=node, version=1, location=at, tags=tags))
            for way, refs in sorted(self.ways.items()):
                writer.add_way(osmium.osm.mutable.Way(id=way, version=1, nodes=refs, tags=self.way_tags[way]))
            for relation, (members, tags) in sorted(self.relations.items()):
                made = osmium.osm.mutable.Relation(id=relation, version=1, members=members, tags=tags)
                writer.add_relation(made)

    def tags(self, element: str) -> Tags:
        """Return the tags of an element such as ``way/12``, to be changed."""
        kind, _, number = element.partition("/")
        if kind == "relation":
            return self.relations[int(number)][1]
        return (self.node_tags if kind == "node" else self.way_tags)[int(number)]

    def add_node(self, lon: float, lat: float, tags: Mapping[str, str] | None = None) -> int:
        """Draw a node."""
        node = 1 + max(self.nodes)
        self.nodes[node], self.node_tags[node] = (lon, lat), dict(tags or {})
        return node

    def add_way(self, refs: Sequence[int], tags: Mapping[str, str]) -> int:
        """Draw a way through nodes."""
        way = 1 + max(self.ways)
        self.ways[way], self.way_tags[way] = list(refs), dict(tags)
        return way

    def add_shape(self, shape: BaseGeometry, tags: Mapping[str, str]) -> None:
        """Draw a point, or an area: in one piece as a way, in several or with holes as a multipolygon."""
        if shape.geom_type == "Point":
            self.add_node(shape.x, shape.y, tags)
            return
        parts = shapely.get_parts(shape)
        if len(parts) == 1 and not parts[0].interiors:
            self._ring(parts[0].exterior, tags)
            return
        members = [("w", self._ring(part.exterior, {}), "outer") for part in parts]
        members += [("w", self._ring(hole, {}), "inner") for part in parts for hole in part.interiors]
        relation = 1 + max(self.relations, default=0)
        self.relations[relation] = members, {"type": "multipolygon", **tags}

    def _ring(self, ring: BaseGeometry, tags: Mapping[str, str]) -> int:
        nodes = [self.add_node(lon, lat) for lon, lat in ring.coords[:-1]]
        return self.add_way([*nodes, nodes[0]], tags)

    def put_into(self, way: int, node: int) -> None:
        """Put a node into a way, between the two of its nodes that it lies between.

        What the way is a part of, as a ward that it bounds, keeps its shape: it gets a line of its own there. A square
        is entered there.
        """
        at, refs = Point(self.nodes[node]), self.ways[way]
        bounds = [
            members
            for members, tags in self.relations.values()
            if "highway" not in tags and any(each[:2] == ("w", way) for each in members)
        ]
        twin = self.add_way(refs, {}) if bounds else way
        for members in bounds:
            members[:] = [(kind, twin if (kind, ref) == ("w", way) else ref, role) for kind, ref, role in members]
        far = [
            shapely.LineString([self.nodes[one], self.nodes[other]]).distance(at)
            if one in self.nodes and other in self.nodes
            else float("inf")  # an extract lacks what lies outside it
            for one, other in pairwise(refs)
        ]
        refs.insert(1 + far.index(min(far)), node)
