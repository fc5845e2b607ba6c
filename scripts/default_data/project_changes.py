"""Projects that change existing facilities and streets, and links between streets."""

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from cfgeo.core.schema import STEPS
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.study.communities import community_of
from default_data.project_ideas import Draft, Floats, Ideas
from default_data.project_links import BIG, Slope, bridge_to, slopes

# Name, least and greatest cost
LINKS = {
    "stairs": ("梯道", 60, 200), "ramp": ("坡道", 40, 150), "lift": ("斜行电梯", 300, 900),
    "escalator": ("自动扶梯", 1000, 2500), "footbridge": ("人行天桥", 500, 1500),
    "crossing": ("过街斑马线", 10, 40), "walkway": ("步道", 30, 160),
}  # fmt: skip
STEEP_M, RISING_M, SLOPING_M = 20.0, 8.0, 3.0
"""Least climb of a link: lifts and escalators, stairs, ramps; below, it is level."""
CROSSING_M, ROAD_M = 95.0, 8.0
STEP_RISE_M = 0.15
USEFUL = 0.7  # share of the links that lie where somebody lacks something
BRIDGED = 4  # lifts that a footbridge leads to; every second one is one project with it
ALTERED = {
    "sports": ("_moved", "_closed"), "activity": ("_moved",), "culture": ("_moved", "_closed"),
    "hospitals": ("_moved", "_certified"), "schools": ("_enlarged", "_certified"), "parks": ("_enlarged", "_certified"),
}  # fmt: skip
GROWN_M = 25.0
LEAST_STAIRS_M = 20.0


def links(ideas: Ideas, most: int) -> list[Draft]:
    """Return links on slopes; some are alternatives (stairs or a lift), some lifts need a bridge."""
    lacks = {c.id: ideas.lacks(ideas.now, c) for c in ideas.asked if c.measure == "reach"}
    candidates = slopes(ideas.case, lacks)
    useful = [slope for slope in candidates if slope.gain > 0]
    rest = [slope for slope in candidates if slope.gain <= 0]
    ideas.rng.shuffle(rest)
    chosen = useful[: round(USEFUL * most)]
    drafts: list[Draft] = []
    bridged = 0
    for slope in [*chosen, *rest, *useful[len(chosen) :]]:
        if len(drafts) >= most - 1:
            break
        drafts += (fresh := _link_projects(ideas, slope))
        corner = bridge_to(ideas.case, slope) if bridged < BRIDGED and fresh[-1].changes[0]["link"] == "lift" else None
        if corner is not None:
            bridge = _link(ideas, "footbridge", np.vstack([corner, slope.xy[0]]), 0.0, fresh[-1].code)
            drafts += _bridged(ideas, fresh[-1], bridge, as_one=bridged % 2 == 1)
            bridged += 1
    return drafts


def _bridged(ideas: Ideas, lift: Draft, bridge: Draft, *, as_one: bool) -> list[Draft]:
    """Return the footbridge that a lift requires; nothing if both become one project."""
    if not as_one:
        lift.requires.append(bridge)
        return [bridge]
    lift.name = ideas.name(lift.code, "天桥电梯")
    lift.cost += bridge.cost
    lift.changes += bridge.changes
    return []


def _link_projects(ideas: Ideas, slope: Slope) -> list[Draft]:
    """Return a link, or two alternatives."""
    code = _code(ideas, shapely.LineString(slope.xy).centroid)
    kinds = _kinds(ideas, slope)
    drafts = [_link(ideas, kind, slope.xy, slope.rise_m, code) for kind in kinds]
    if len(drafts) > 1:
        first, second = drafts
        first.excludes.append(second)
        second.excludes.append(first)
    return drafts


def _kinds(ideas: Ideas, slope: Slope) -> list[str]:
    if slope.rise_m >= STEEP_M:
        best = str(ideas.rng.choice(["lift", "escalator"]))
        return ["stairs", best] if ideas.rng.random() < 0.4 else [best]
    if slope.rise_m >= RISING_M:
        best = str(ideas.rng.choice(["stairs", "stairs", "escalator", "lift"]))
        return ["stairs", best] if best != "stairs" and ideas.rng.random() < 0.4 else [best]
    if slope.at_big:
        return ["footbridge"]
    return ["ramp" if slope.rise_m >= SLOPING_M else "walkway"]


def _link(ideas: Ideas, link: str, xy: Floats, rise_m: float, code: str) -> Draft:
    what, low, high = LINKS[link]
    tags = {
        "stairs": f"step_count={max(3, round(rise_m / STEP_RISE_M))}; incline=up",
        "escalator": "conveying=reversible; incline=up",
        "crossing": "crossing=zebra",
    }
    line = gpd.GeoSeries([shapely.LineString(xy)], crs=ideas.case.inputs.crs)
    change = {"action": "add", "link": link, "wkt": ideas.wkt(line), "tags": tags.get(link, "")}
    return Draft(ideas.name(code, what), ideas.cost(low, high), [change], code)


def _code(ideas: Ideas, point: Any) -> str:
    """Return the community at a point, or the nearest one."""
    return str(ideas.communities.index[int(np.argmin(shapely.distance(ideas.communities.geometry.to_numpy(), point)))])


def crossings(ideas: Ideas, most: int) -> list[Draft]:
    """Return crossings straight over big roads, from the next street on one side to the next on the other."""
    edges = ideas.case.inputs.network.edges
    usable = edges[snappable_edges(ideas.case.inputs.network, *edge_seconds(edges, ideas.case.home.walker))]
    is_big, district = usable["highway"].isin(BIG), shapely.union_all(ideas.communities.geometry.to_numpy())
    big, streets = usable[is_big & usable.intersects(district)], usable.geometry[~is_big].to_numpy()
    drafts: list[Draft] = []
    for at in ideas.rng.permutation(len(big)):
        road = big.geometry.iloc[at]
        ends = [end for side in (1, -1) for end in _beside(road, streets, side)]
        if len(drafts) < most and len(ends) == 2:
            code = _code(ideas, road.centroid)
            drafts.append(_link(ideas, "crossing", np.array(ends), 0.0, code))
    return drafts


def _beside(road: Any, streets: Any, side: int) -> list[Floats]:
    """Return the nearest street point straight beside the middle of a road, on one side; nothing if it is too far."""
    spots = shapely.line_interpolate_point(road, [0.4, 0.5, 0.6], normalized=True)
    before, middle, behind = shapely.get_coordinates(spots)
    along = (behind - before) / np.hypot(*(behind - before))
    across = side * np.array([-along[1], along[0]])
    probe = shapely.LineString([middle + ROAD_M * across, middle + CROSSING_M * across])
    met = shapely.get_coordinates(shapely.intersection(streets, probe))
    return [met[np.argmin(np.hypot(*(met - middle).T))]] if len(met) else []


def refits(ideas: Ideas, most: int) -> Iterator[Draft]:
    """Yield stairs that get a ramp for strollers, the longest ones first."""
    edges = ideas.case.inputs.network.edges
    steps = edges[(edges["form"] == STEPS) & ~edges["ramp"]]
    ways = steps.groupby("osm_id").agg(length_m=("length_m", "sum"), geometry=("geometry", "first"))
    ways = ways[ways["length_m"] > LEAST_STAIRS_M]
    inside = shapely.intersects(shapely.union_all(ideas.communities.geometry.to_numpy()), ways["geometry"].to_numpy())
    chosen = ways[inside]
    for way in sorted(ideas.rng.choice(chosen.index, min(most, len(chosen)), replace=False).tolist()):
        code = _code(ideas, chosen.at[way, "geometry"].centroid)
        change = {"action": "refit", "way": way, "tags": "ramp:stroller=yes"}
        yield Draft(ideas.name(code, "梯道加装坡道"), ideas.cost(5, 30), [change], code)


def yards(ideas: Ideas, most: int) -> Iterator[Draft]:
    """Yield schools that open their yards for sport."""
    if not {"schools", "sports"} <= set(ideas.layers):
        return
    schools = _inside(ideas, "schools")
    for at in ideas.rng.choice(len(schools), min(most, len(schools)), replace=False):
        point = schools.geometry.iloc[at].centroid
        lon, lat = _degrees(ideas, point)
        code = _code(ideas, point)
        change, _ = ideas.place("sports", "", code, 0)
        name = ideas.name(code, "校园操场开放")
        yield Draft(name, ideas.cost(20, 60), [{**change, "name": name, "lon": lon, "lat": lat}], code)


def _inside(ideas: Ideas, layer: str) -> gpd.GeoDataFrame:
    """Return the facilities of a layer in the district that somebody can walk to."""
    table = ideas.layers[layer].iloc[np.unique(ideas.case.home.places[layer].item)]
    there = gpd.GeoDataFrame(geometry=table.geometry.representative_point(), crs=table.crs)
    return table[(community_of(there, ideas.communities) != "").to_numpy()]


def _degrees(ideas: Ideas, point: Any) -> tuple[float, float]:
    at = gpd.GeoSeries([point], crs=ideas.case.inputs.crs).to_crs("EPSG:4326").iloc[0]
    return round(float(at.x), 6), round(float(at.y), 6)


def altered(ideas: Ideas, most: int) -> list[Draft]:
    """Return facilities that move, close, grow, or become child-friendly; each facility once."""
    there = [layer for layer in ALTERED if layer in ideas.layers]
    free = {layer: list(ideas.rng.permutation(_inside(ideas, layer).index)) for layer in there}
    proposals = [_moved, _enlarged, _certified, _moved, _enlarged, _closed, _certified]
    drafts: list[Draft] = []
    for nth in range(4 * most):
        propose = proposals[nth % len(proposals)]
        layers = [layer for layer in there if free[layer] and propose.__name__ in ALTERED[layer]]
        if len(drafts) < most and layers:
            layer = str(ideas.rng.choice(layers))
            drafts += [draft] if (draft := propose(ideas, layer, free[layer].pop())) else []
    return drafts


def _called(ideas: Ideas, layer: str, facility: str) -> tuple[dict[str, Any], str, Any]:
    """Return how a change names a facility, its community, and its shape."""
    table = ideas.layers[layer]
    name = str(table.at[facility, "name"])
    own = name if name and (table["name"] == name).sum() == 1 else facility
    shape = table.geometry[facility]
    return {"layer": layer, "facility": own}, _code(ideas, shape.centroid), shape


def _moved(ideas: Ideas, layer: str, facility: str) -> Draft:
    about, code, _ = _called(ideas, layer, facility)
    lon, lat = ideas.lon_lat[int(ideas.rng.choice(ideas.spots_in(code)))]
    name = f"{about['facility']}迁建"
    return Draft(name, ideas.cost(120, 600), [{"action": "move", **about, "lon": lon, "lat": lat}], code)


def _enlarged(ideas: Ideas, layer: str, facility: str) -> Draft:
    about, code, shape = _called(ideas, layer, facility)
    name = f"{about['facility']}扩建"
    if layer == "schools":
        change = {"action": "enlarge", **about, "capacity": int(ideas.rng.integers(40, 60)) * 30}
        return Draft(name, ideas.cost(1500, 5000), [change], code)
    grown = gpd.GeoSeries([shape.buffer(GROWN_M, quad_segs=2)], crs=ideas.case.inputs.crs)
    return Draft(name, ideas.cost(150, 500), [{"action": "enlarge", **about, "wkt": ideas.wkt(grown)}], code)


def _closed(ideas: Ideas, layer: str, facility: str) -> Draft:
    about, code, _ = _called(ideas, layer, facility)
    return Draft(f"{about['facility']}撤并", ideas.cost(5, 40), [{"action": "close", **about}], code)


def _certified(ideas: Ideas, layer: str, facility: str) -> Draft | None:
    about, code, _ = _called(ideas, layer, facility)
    if "certified" not in ideas.layers[layer].columns:
        return None
    change = {"action": "refit", **about, "attributes": "certified=yes"}
    return Draft(f"{about['facility']}儿童友好改造", ideas.cost(10, 80), [change], code)
