"""Streets that follow the contours, and the stairs, lifts and walkways that climb across them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import osmium
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from .land import END_M, TURN_M, WEST_M, Floats, Land, degrees, place, width

LEVEL_GAP_M = 85.0  # streets along the contours stand this far apart
JUNCTION_GAP_M = 76.0  # junctions along them, in the dense east; 1.5 times that in the west
FLAT, STEEP = 0.08, 0.13  # above the first no cars, above the second stairs
STEP_RISE_M = 0.15
ON_IT_M = 0.5  # a way that ends within this distance of another way meets it
LIFTS, ESCALATORS = 8, 4
CERTIFIED_WALKWAYS, REFITTED_WALKWAYS = 4, 6  # the first so many of WALKWAYS
WALKWAYS = ("望江", "半坡", "听涛", "翠屏", "云梯", "石阶", "晨曦", "松林", "古井", "长岭")
BRIDGES = ((1900.0, "北桥"), (7700.0, "江心桥"), (11900.0, "南桥"))
TUNNELS = (2700.0, 4600.0)
STREET_NAMES = ("岭上", "长坡", "学府", "花街", "文华", "金汤", "和平", "民安", "望山", "滨江")

Tags = dict[str, str]


@dataclass
class Streets:
    """Nodes and ways as they grow; node ids are positions in ``xy``."""

    xy: list[tuple[float, float]] = field(default_factory=list)
    node_tags: dict[int, Tags] = field(default_factory=dict)
    ways: list[tuple[list[int], Tags]] = field(default_factory=list)
    junctions: list[int] = field(default_factory=list)

    def node(self, xy: Floats) -> int:
        """Add a node and return its id."""
        self.xy.append((float(xy[0]), float(xy[1])))
        return len(self.xy) - 1

    def way(self, nodes: Sequence[int], tags: Tags) -> None:
        """Add a way."""
        self.ways.append((list(nodes), tags))


def make_streets(land: Land, rng: np.random.Generator) -> Streets:
    """Lay out the whole network."""
    streets = Streets()
    levels = [_level(streets, nth, d, rng) for nth, d in enumerate(_depths())]
    climbs = _climbs(streets, land, levels, rng)
    _bridges(streets, levels)
    _tunnels(streets, levels)
    _walkways(streets, levels, climbs)
    _lifts_and_escalators(streets, land, climbs, rng)
    for climb in climbs:
        streets.way(climb.nodes, climb.tags)
    _fragments(streets, rng)
    return streets


@dataclass
class _Level:
    """One street along a contour: its junctions in order, and what it is."""

    d: float
    p: Floats
    nodes: list[int]
    highway: str


@dataclass
class _Climb:
    """A way between two levels."""

    nodes: list[int]
    tags: Tags
    rise_m: float
    run_m: float


def _depths() -> Floats:
    count = round(float(width(np.array(3000.0))) / LEVEL_GAP_M)
    return np.linspace(0, 0.95, count + 1)


def _level(streets: Streets, nth: int, d: float, rng: np.random.Generator) -> _Level:
    """Lay a street along a contour; the ridge itself has one side only."""
    end = END_M if d == 0 else TURN_M + WEST_M
    highway = {0: "secondary", 6: "primary"}.get(nth, "trunk" if d > 0.9 else "")
    p = _stations(d, end, rng)
    wander = 0 if d in {0.0, 0.95} else 0.012 * np.sin(p / 260 + nth * 1.7)
    points = place(p, d + wander)
    nodes = [streets.node(xy) for xy in points]
    streets.junctions += nodes
    kinds = rng.choice(["residential", "residential", "tertiary", "service", "pedestrian"], size=len(p) // 8 + 1)
    keep = rng.random(len(p)) > (0.0 if highway else 0.10)
    name = f"{STREET_NAMES[nth % len(STREET_NAMES)]}路"
    run: list[int] = []
    for i in range(len(p) - 1):
        kind = highway or str(kinds[i // 8])
        tags = {"highway": kind, "name": name}
        if kind == "trunk":
            tags["foot"] = "no"
        middle = streets.node(place((p[i] + p[i + 1]) / 2, d + np.mean(np.broadcast_to(wander, p.shape)[i : i + 2])))
        run = [*(run or [nodes[i]]), middle, nodes[i + 1]]
        if not keep[i]:
            run = []
        elif i % 8 == 7 or not keep[i + 1] or i == len(p) - 2:
            streets.way(run, tags)
            run = []
    if d > 0.9:  # along the expressway, people walk on the embankment
        walk = [streets.node(xy) for xy in place(p, np.full_like(p, 0.985))]
        streets.way(walk, {"highway": "footway", "name": "滨江路步行道"})
        for i in range(0, len(p), 4):
            streets.way([nodes[i], walk[i]], {"highway": "footway"})
    return _Level(d, p, nodes, highway or "residential")


def _stations(d: float, end: float, rng: np.random.Generator) -> Floats:
    """Spread junctions along a contour, about equally far apart on the ground."""
    fine = np.arange(-WEST_M, end, 5.0)
    xy = place(fine, np.full_like(fine, d))
    step_m = np.hypot(*np.diff(xy, axis=0).T)
    u = np.minimum(np.minimum(fine, END_M), TURN_M - fine)
    gap_m = JUNCTION_GAP_M * np.interp(u, [-WEST_M, 0, 2500, 4500], [2.0, 1.5, 1.25, 1.0])
    along = np.r_[0, np.cumsum(step_m / gap_m[1:])]
    return np.interp(np.arange(0, along[-1]) + rng.uniform(0, 0.3), along, fine)


def _climbs(streets: Streets, land: Land, levels: list[_Level], rng: np.random.Generator) -> list[_Climb]:
    """Join each level to the next: winding roads where it is gentle, paths, and stairs where it is steep."""
    climbs = []
    xy = np.array(streets.xy)
    for upper, lower in itertools.pairwise(levels):
        tree = cKDTree(xy[upper.nodes])
        away, nearest = tree.query(xy[lower.nodes], k=4)
        for i, low in enumerate(lower.nodes):
            if i % 9 == 4:  # a winding road: up to a junction farther along, so that it is gentle
                choice, winding = 3, True
            elif rng.random() < (0.62 if lower.d > 0.9 else 0.80):
                choice, winding = 0, False
            else:
                continue
            high = upper.nodes[int(nearest[i, choice])]
            if away[i, choice] < 3.2 * LEVEL_GAP_M:
                climbs.append(_climb(streets, land, low, high, winding=winding))
    return climbs


def _climb(streets: Streets, land: Land, low: int, high: int, *, winding: bool) -> _Climb:
    ends = np.array([streets.xy[low], streets.xy[high]])
    run_m = float(np.hypot(*(ends[1] - ends[0])))
    z = land.height(ends)
    rise_m = float(z[1] - z[0])
    across = np.array([-(ends[1] - ends[0])[1], (ends[1] - ends[0])[0]]) / max(run_m, 1.0)
    nodes = [low]
    for share in (1 / 3, 2 / 3):
        bend = (0.16 if winding else 0.06) * run_m * np.sin(2 * np.pi * share)
        nodes.append(streets.node(ends[0] + share * (ends[1] - ends[0]) + bend * across))
    nodes.append(high)
    slope = abs(rise_m) / max(run_m, 1.0)
    if slope > STEEP and not winding:
        tags = {"highway": "steps", "step_count": str(max(round(abs(rise_m) / STEP_RISE_M), 3))}
        tags["incline"] = "up" if rise_m > 0 else "down"
        if low % 11 == 0:
            tags["ramp:stroller"] = "yes"
    elif slope > FLAT and not winding:
        tags = {"highway": "path" if low % 2 else "footway"}
    else:
        tags = {"highway": "residential" if winding else "footway"}
    return _Climb(nodes, tags, rise_m, run_m)


def _bridges(streets: Streets, levels: list[_Level]) -> None:
    """Cross the rivers, with a few streets on the far banks."""
    bank = levels[-1]
    for p, name in BRIDGES:
        here = bank.nodes[int(np.argmin(np.abs(bank.p - p)))]
        at = float(bank.p[np.argmin(np.abs(bank.p - p))])
        far = [
            [streets.node(place(np.array(at + dp), np.array(d))) for dp in range(-480, 481, 120)] for d in (1.45, 1.55)
        ]
        tags = {"highway": "secondary", "sidewalk": "both", "bridge": "yes", "layer": "1", "name": name}
        streets.way([here, far[0][4]], tags)
        for row in far:
            streets.way(row, {"highway": "residential", "name": f"{name}头路"})
        for near, beyond in zip(*far, strict=True):
            streets.way([near, beyond], {"highway": "residential"})


def _tunnels(streets: Streets, levels: list[_Level]) -> None:
    """Cut through under the ridge, north to south."""
    middle = levels[6]
    for p in TUNNELS:
        ends = [middle.nodes[int(np.argmin(np.abs(middle.p - at)))] for at in (p, TURN_M - p)]
        tags = {"highway": "secondary", "sidewalk": "both", "tunnel": "yes", "layer": "-1", "name": "穿山隧道"}
        streets.way(ends, tags)


def _walkways(streets: Streets, levels: list[_Level], climbs: list[_Climb]) -> None:
    """Name ten ways from the river to the ridge, noded of the climbs that lie on the shortest way up."""
    climbing = [c for c in climbs if c.tags["highway"] in {"steps", "path", "footway"}]
    n = len(streets.xy)
    links = [(c.nodes[0], c.nodes[-1], c.run_m) for c in climbing]
    for level in levels[1:-1]:  # a short stretch of street is allowed between two flights
        xy = np.array([streets.xy[i] for i in level.nodes])
        links += zip(level.nodes[:-1], level.nodes[1:], 2.5 * np.hypot(*np.diff(xy, axis=0).T), strict=True)
    tail, head, length = (np.array(column) for column in zip(*links, strict=True))
    graph = coo_array((length, (tail.astype(int), head.astype(int))), shape=(n, n)).tocsr()
    foot, top = levels[-2], levels[1]
    for nth, name in enumerate(WALKWAYS):
        p = 900 + nth * (TURN_M - 1800) / (len(WALKWAYS) - 1)
        start = foot.nodes[int(np.argmin(np.abs(foot.p - p)))]
        goal = top.nodes[int(np.argmin(np.abs(top.p - p)))]
        _, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
        steps = set()
        while goal != start and before[goal] >= 0:
            steps.add(frozenset((goal, int(before[goal]))))
            goal = int(before[goal])
        for climb in climbing:
            if frozenset((climb.nodes[0], climb.nodes[-1])) in steps:
                climb.tags["name"] = f"{name}步道"
                climb.tags["certified"] = "yes" if nth < CERTIFIED_WALKWAYS else "no"
                climb.tags["refitted"] = "yes" if nth < REFITTED_WALKWAYS else "no"


def _lifts_and_escalators(streets: Streets, land: Land, climbs: list[_Climb], rng: np.random.Generator) -> None:
    """Put lifts and escalators where the stairs are longest."""
    steep = sorted(
        (c for c in climbs if c.tags["highway"] == "steps" and "name" not in c.tags), key=lambda c: -c.rise_m
    )
    chosen = rng.permutation(min(len(steep), 60))
    for nth, at in enumerate(chosen[:LIFTS]):
        low, high = steep[at].nodes[0], steep[at].nodes[-1]
        shaft = streets.node(np.mean([streets.xy[low], streets.xy[high]], axis=0) + np.array([8.0, 6.0]))
        streets.node_tags[shaft] = {"highway": "elevator", "level": "0;1", "name": f"{nth + 1}号电梯"}
        streets.way([low, shaft], {"highway": "footway", "level": "0"})
        streets.way([shaft, high], {"highway": "footway", "level": "1"})
    for at in chosen[LIFTS : LIFTS + ESCALATORS]:
        low, high = steep[at].nodes[0], steep[at].nodes[-1]
        middle = streets.node(np.mean([streets.xy[low], streets.xy[high]], axis=0) - np.array([7.0, 5.0]))
        tags = {"highway": "steps", "conveying": "forward", "incline": "up" if steep[at].rise_m > 0 else "down"}
        streets.way([low, middle, high], tags)


def _fragments(streets: Streets, rng: np.random.Generator) -> None:
    """Add a few footways that are joined to nothing, as in real maps."""
    for p in rng.uniform(800, TURN_M - 800, 5):
        at = place(np.array(p), np.array(0.52)) + np.array([31.0, 27.0])
        nodes = [streets.node(at + np.array([30.0 * i, 9.0 * (i % 2)])) for i in range(4)]
        streets.way(nodes, {"highway": "footway"})


def joined(streets: Streets) -> Streets:
    """Return streets with a node wherever ways on the ground cross, or one ends on another, as in a real map."""
    noded = Streets(list(streets.xy), streets.node_tags, [], streets.junctions)
    ground = [nth for nth, (_, tags) in enumerate(streets.ways) if "layer" not in tags]
    tail = np.array([i for nth in ground for i in streets.ways[nth][0][:-1]])
    head = np.array([i for nth in ground for i in streets.ways[nth][0][1:]])
    way = np.repeat(ground, [len(streets.ways[nth][0]) - 1 for nth in ground])
    xy = np.array(streets.xy)
    lines = shapely.linestrings(np.stack([xy[tail], xy[head]], axis=1))
    first, second = shapely.STRtree(lines).query(lines, predicate="crosses")
    cut: dict[tuple[int, int, int], list[int]] = {}
    for i, j in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        if i < j and way[i] != way[j]:
            at = noded.node(shapely.get_coordinates(shapely.intersection(lines[i], lines[j]))[0])
            for k in (i, j):
                cut.setdefault((int(way[k]), int(tail[k]), int(head[k])), []).append(at)
    ends = np.unique([end for nth in ground for end in (streets.ways[nth][0][0], streets.ways[nth][0][-1])])
    nth_end, on = shapely.STRtree(lines).query(shapely.points(xy[ends]), predicate="dwithin", distance=ON_IT_M)
    for end, k in zip(ends[nth_end].tolist(), on.tolist(), strict=True):
        if end not in {tail[k], head[k]}:
            cut.setdefault((int(way[k]), int(tail[k]), int(head[k])), []).append(end)
    for nth, (nodes, tags) in enumerate(streets.ways):
        run = nodes[:1]
        for start, end in itertools.pairwise(nodes):
            between = cut.get((nth, start, end), [])
            run += [*sorted(between, key=lambda i: float(np.hypot(*(np.array(noded.xy[i]) - xy[start])))), end]
        noded.way(run, tags)
    return noded


def write_pbf(streets: Streets, path: Path, water: list[Floats]) -> None:
    """Write the network and the rivers; the same network gives the same bytes."""
    streets = joined(streets)
    lon_lat = degrees(np.array(streets.xy))
    crossing = _crossings(streets)
    header = osmium.io.Header()
    header.set("generator", "cfgeo default data")
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path), header=header) as writer:
        edge = len(lon_lat)
        for i, (lon, lat) in enumerate(lon_lat):
            tags = streets.node_tags.get(i) or crossing.get(i, {})
            writer.add_node(osmium.osm.mutable.Node(id=i + 1, location=(lon, lat), tags=tags, version=1))
        rings = []
        for ring in water:
            ids = []
            for lon, lat in degrees(ring):
                edge += 1
                ids.append(edge)
                writer.add_node(osmium.osm.mutable.Node(id=edge, location=(lon, lat), version=1))
            rings.append([*ids, ids[0]])
        for nth, (nodes, tags) in enumerate(streets.ways):
            way = osmium.osm.mutable.Way(id=nth + 1, nodes=[i + 1 for i in nodes], tags=tags, version=1)
            writer.add_way(way)
        for nth, ring in enumerate(rings):
            tags = {"natural": "water", "water": "river"}
            writer.add_way(osmium.osm.mutable.Way(id=len(streets.ways) + nth + 1, nodes=ring, tags=tags, version=1))


def _crossings(streets: Streets) -> dict[int, Tags]:
    """Mark where walks meet the big roads: signals at a third of them, zebras at the rest."""
    big = {i for nodes, tags in streets.ways if tags["highway"] in {"primary", "secondary"} for i in nodes}
    small = {i for nodes, tags in streets.ways if tags["highway"] in {"footway", "steps", "path"} for i in nodes}
    signals = {"highway": "crossing", "crossing": "traffic_signals"}
    zebra = {"highway": "crossing", "crossing": "zebra"}
    return {i: signals if i % 3 == 0 else zebra for i in big & small}
