"""Made squares in OpenStreetMap: one or several areas, with a street to each door, in local metres."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pyproj
import shapely
from shapely import Polygon

from cfgeo import Network
from cfgeo.core.schema import StreetWays
from cfgeo.files.osm.streets import read_streets
from cfgeo.network.build import build_network
from worlds.osm_files import OsmFile
from worlds.town import CRS, SOUTH, WEST

GAP = 10.0
"""Each door has a footway that leads away, so long."""
SQUARE = ("highway=pedestrian", "area=yes")
XY = tuple[float, float]


@dataclass
class Town:
    """A file with squares; ``entries`` are its doors by the node that stands there."""

    square: Polygon
    osm: OsmFile = field(default_factory=OsmFile)
    entries: dict[int, XY] = field(default_factory=dict)
    nodes: dict[XY, int] = field(default_factory=dict)

    def add_node(self, x: float, y: float) -> int:
        """Return the node at a place, a new one where there is none."""
        if (x, y) not in self.nodes:
            self.nodes[x, y] = 1 + len(self.nodes)
            at = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(WEST + x, SOUTH + y)
            self.osm.nodes[self.nodes[x, y]] = at
        return self.nodes[x, y]

    def add_way(self, nodes: Sequence[int], highway: str, *tags: str) -> int:
        """Draw a street."""
        made = dict(tag.split("=") for tag in (f"highway={highway}" if highway else "", *tags) if tag)
        way = 1 + max(self.osm.ways, default=100)
        self.osm.ways[way], self.osm.way_tags[way] = list(nodes), made
        return way

    def add_square(
        self, square: Polygon, doors: Sequence[XY], *, mapped: str = "way", tags: Sequence[str] = SQUARE
    ) -> None:
        """Draw an area as a closed way, as a relation, or as a relation whose rings are split into several ways."""
        rings = [self._ring(ring, doors) for ring in (square.exterior, *square.interiors)]
        if mapped == "way":
            self.add_way(rings[0], "", *tags, "name=大广场")
        else:
            members = []
            for nth, ring in enumerate(rings):
                middle = len(ring) // 2
                parts = [ring] if mapped == "relation" else [ring[middle:], ring[middle::-1]]  # one drawn backwards
                members += [("w", self.add_way(part, ""), "inner" if nth else "outer") for part in parts]
            relation = 1 + max(self.osm.relations, default=500)
            made = dict(tag.split("=") for tag in tags if tag != "area=yes")
            self.osm.relations[relation] = members, {"type": "multipolygon", "name": "大广场", **made}
        middle = shapely.get_coordinates(square.centroid)[0]
        for x, y in doors:
            away = shapely.get_coordinates(shapely.line_interpolate_point(shapely.LineString([(x, y), (
                x + 1000 * (x - middle[0]), y + 1000 * (y - middle[1]))]), GAP))[0]  # fmt: skip
            door = self.add_node(x, y)
            self.add_way([door, self.add_node(*away)], "footway")
            self.entries[door] = x, y

    def _ring(self, ring: shapely.LinearRing, doors: Sequence[XY]) -> list[int]:
        """Return the nodes of a ring, the doors on it included."""
        along = {}
        for x, y in (*ring.coords[:-1], *doors):
            if ring.distance(shapely.Point(x, y)) < 1e-9:
                along.setdefault((x, y), ring.project(shapely.Point(x, y)))
        if not ring.is_simple:  # a place on it is ambiguous then; its doors are corners
            along = {xy: nth for nth, xy in enumerate(ring.coords[:-1])}
        nodes = [self.add_node(x, y) for x, y in sorted(along, key=lambda xy: along[xy])]
        return [*nodes, nodes[0]]

    def streets(self) -> StreetWays:
        """Return the file as cfgeo reads it."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "town.osm.pbf"
            self.osm.way_tags = {way: self.osm.way_tags.get(way, {}) for way in self.osm.ways}
            self.osm.write(path)
            return read_streets(path)

    def network(self) -> Network:
        """Return its network, in the same metres to a centimetre."""
        return build_network(self.streets(), crs=CRS)


def town(
    square: Polygon, doors: Sequence[XY], *, mapped: str = "way", tags: Sequence[str] = SQUARE, check: bool = True
) -> Town:
    """Return a town with one square and a footway from each of its doors."""
    assert square.is_valid or not check
    made = Town(square)
    made.add_square(square, doors, mapped=mapped, tags=tags)
    return made
