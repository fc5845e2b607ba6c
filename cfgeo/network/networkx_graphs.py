"""Networks to and from networkx graphs in the format of OSMnx."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from cfgeo.core.arrays import run_offsets
from cfgeo.core.errors import InputError, NetworkError
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import EDGE_COLUMNS, ESCALATOR, LEVEL, LIFT, PATHS, WGS84, FloatArray, Network, StreetWays, usual
from cfgeo.files.openable import require_file
from cfgeo.files.osm.doubts import Doubts
from cfgeo.files.osm.lines import listed
from cfgeo.files.osm.tags import edge_facts, walkable
from cfgeo.network.build import build_network
from cfgeo.network.terrain import with_relief

if TYPE_CHECKING:
    import networkx as nx

_OWN = tuple(name for name in EDGE_COLUMNS if name not in {"u", "v", "osm_id", "length_m"})
_MOSTLY = 0.5
"""A graph of which more edges are one-way is one for cars."""
_SWAPPED = {"climb_m": "descent_m", "descent_m": "climb_m"}
_SWAPPED |= {"slope_forward": "slope_backward", "slope_backward": "slope_forward"}


def to_networkx(network: Network) -> "nx.MultiDiGraph[int]":
    """Return a network as a graph of OSMnx: nodes by OSM id with ``x``, ``y`` and ``street_count``, directed edges.

    There is an edge for each direction. Each edge carries ``osmid``, ``length`` [m], ``geometry``, ``reversed`` and the
    network's own columns; the graph's ``crs`` is the network's metric CRS.
    """
    import networkx as nx  # noqa: PLC0415  # no run needs it

    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(
        crs=network.edges.crs.to_string(), simplified=True, relief=json.dumps(network.relief)
    )
    nodes, edges = network.nodes, network.edges
    ids = nodes["osm_id"].tolist()
    streets = np.bincount(np.r_[edges["u"].to_numpy(), edges["v"].to_numpy()], minlength=len(ids)).tolist()
    graph.add_nodes_from(
        (i, {"x": x, "y": y, "street_count": count})
        for i, x, y, count in zip(ids, nodes["x"].tolist(), nodes["y"].tolist(), streets, strict=True)
    )
    columns = ["u", "v", "osm_id", "length_m", "geometry", *_OWN]
    for u, v, osmid, length, geometry, *own in zip(*(edges[name].tolist() for name in columns), strict=True):
        facts = {"osmid": osmid, "length": length, **dict(zip(_OWN, own, strict=True))}
        oneway = facts["oneway"]
        facts["oneway"] = oneway != 0
        if oneway >= 0:
            graph.add_edge(ids[u], ids[v], **facts, geometry=geometry, reversed=False)
        if oneway <= 0:
            reverse = {name: -facts[name] for name in ("incline", "slope_tag", "rise_m")}
            reverse |= {name: facts[other] for name, other in _SWAPPED.items()}
            graph.add_edge(ids[v], ids[u], **{**facts, **reverse}, geometry=geometry.reverse(), reversed=True)
    heights = zip(ids, nodes["height_m"].tolist(), strict=True)
    nx.set_node_attributes(graph, {i: height for i, height in heights if height == height}, "elevation")  # noqa: PLR0124
    return graph


def from_networkx(graph: "nx.Graph[Any]", *, crs: str | None = None, trunk_roads: bool = False) -> Network:
    """Return a graph of OSMnx or of :func:`to_networkx` as a network.

    The two directions of a street become a single edge. In a graph of OSMnx an edge without its opposite is one-way for
    vehicles; people walk it both ways, unless its tags say otherwise. Escalators run as the graph does.

    Parameters
    ----------
    graph
        Any graph of networkx. Nodes with ``x`` and ``y``; edges with ``osmid`` and OpenStreetMap's tags as attributes,
        of which the first of several values counts. Nodes keep their numbers, or all get negative ones if any label is
        not a number.
    crs
        Metric CRS of the network; the graph's own, or the local UTM zone, when missing.
    trunk_roads
        Whether trunk roads are walked where nothing says that they have a sidewalk.

    Raises
    ------
    NetworkError
        The graph has no edges that are walked, a node has no position, or positions are no degrees and the graph has no
        ``crs``.
    """
    if graph.number_of_edges() == 0:
        raise NetworkError("network_empty")
    ids, xy = _numbered(graph), _positions(graph)
    graph_crs, findings = _crs_of(graph, xy)
    directed = graph.is_directed()
    rows = [_row(u, v, data, xy, directed=directed) for u, v, data in graph.edges(data=True)]
    table = pd.DataFrame(rows)
    table["u"], table["v"] = table["u"].map(ids), table["v"].map(ids)
    table = _paired(table, directed=directed)
    outline = gpd.GeoSeries(table["geometry"].to_numpy(), crs=graph_crs)
    if crs is None:
        crs = (outline.crs if outline.crs.is_projected else outline.estimate_utm_crs()).to_string()
    is_own = "flight_m" in table.columns
    if not is_own:
        table, doubts = _walked(table, outline.to_crs(crs).length.to_numpy(), trunk_roads=trunk_roads)
        findings += [*_check_directions(table), *_check_heights(graph), *doubts]
    ways = replace(_as_ways(table, graph_crs), findings=(*_check_classes(table), *findings))
    network = build_network(ways, crs=crs)
    if not is_own:  # a graph of OSMnx, without rises of flights
        return with_relief(network, None, slope="none")
    heights = pd.Series(
        {ids[node]: float(data.get("elevation", np.nan)) for node, data in graph.nodes(data=True)}, dtype=float
    )
    nodes = network.nodes.assign(height_m=network.nodes["osm_id"].map(heights).to_numpy())
    return replace(network, nodes=nodes, relief=json.loads(graph.graph.get("relief", "{}")))


def network_from_graphml(path: Path, *, crs: str, trunk_roads: bool = False) -> Network:
    """Read a GraphML file that OSMnx has saved, of any version of it.

    Raises
    ------
    InputError
        The file cannot be read.
    NetworkError
        As for :func:`from_networkx`.
    """
    import networkx as nx  # noqa: PLC0415

    require_file(path)
    try:
        graph = nx.read_graphml(path, force_multigraph=True)
        for _, _, data in graph.edges(data=True):
            if "geometry" in data:
                data["geometry"] = shapely.from_wkt(data["geometry"])
    except (OSError, ValueError, KeyError, SyntaxError, nx.NetworkXException, shapely.GEOSException) as error:
        raise InputError("file_unreadable", file=path, reason=error) from error
    return from_networkx(graph, crs=crs, trunk_roads=trunk_roads)


def ways_of_network(network: Network) -> StreetWays:
    """Return each edge of a network as a separate way."""
    ids = network.nodes["osm_id"].to_numpy()
    edges = network.edges.assign(u=ids[network.edges["u"].to_numpy()], v=ids[network.edges["v"].to_numpy()])
    return replace(_as_ways(edges, network.edges.crs.to_wkt()), findings=network.findings)


def _numbered(graph: "nx.MultiDiGraph[Any]") -> dict[Any, int]:
    """Return the number of each node: its own, or negative numbers for all if own numbers are missing or repeat."""
    try:
        ids = {node: int(node) for node in graph.nodes}
    except (TypeError, ValueError, OverflowError):
        ids = {}
    unique = len(set(ids.values())) == graph.number_of_nodes()
    return ids if unique else {node: -1 - nth for nth, node in enumerate(graph.nodes)}


def _positions(graph: "nx.MultiDiGraph[Any]") -> dict[Any, tuple[float, float]]:
    try:
        xy = {node: (float(data["x"]), float(data["y"])) for node, data in graph.nodes(data=True)}
    except (KeyError, TypeError, ValueError):
        raise NetworkError("graph_positions") from None
    if not np.isfinite(list(xy.values())).all():
        raise NetworkError("graph_positions")
    return xy


def _crs_of(graph: "nx.Graph[Any]", xy: Mapping[Any, tuple[float, float]]) -> tuple[Any, Findings]:
    """Return the CRS of a graph, and a finding where it is only inferred from its positions."""
    x, y = np.array(list(xy.values())).reshape(-1, 2).T
    beyond = (np.abs(x) > 180) | (np.abs(y) > 90)
    nth = int(np.argmax(beyond)) if len(beyond) else 0
    try:
        crs = pyproj.CRS.from_user_input(graph.graph.get("crs"))
    except pyproj.exceptions.CRSError:
        crs = None  # none, or none that is understood
    if crs is not None and crs.is_geographic and beyond.any():
        raise NetworkError("graph_not_degrees", crs=crs.name, x=f"{x[nth]:.1f}", y=f"{y[nth]:.1f}")
    if crs is not None:
        return crs, []
    if beyond.any():
        raise NetworkError("graph_crs", x=f"{x[nth]:.1f}", y=f"{y[nth]:.1f}")
    return WGS84, [finding("graph_degrees", "network")]


def _walked(table: pd.DataFrame, length_m: FloatArray, *, trunk_roads: bool) -> tuple[pd.DataFrame, Findings]:
    """Return the edges that people may walk along, and what is doubtful about the tags of all.

    Raises
    ------
    NetworkError
        There is none.
    """
    doubts, walked = Doubts(trunk_roads=trunk_roads), np.ones(len(table), dtype=bool)
    for nth, (way, tags) in enumerate(zip(table["osm_id"].tolist(), table["tags"], strict=True)):
        if tags.get("highway"):
            doubts.look_at(f"way/{way}", tags, float(length_m[nth]))
            walked[nth] = walkable(tags, trunk_roads=trunk_roads)
    if not walked.any():
        raise NetworkError("network_empty")
    if trunk_roads:
        table["footway"] |= table["highway"].str.startswith("trunk")
    return table[walked].reset_index(drop=True), doubts.findings()


def _check_classes(table: pd.DataFrame) -> Findings:
    """Find edges with several classes of road, which OSMnx joins into a list."""
    mixed = int(table["mixed"].sum())
    if not mixed:
        return []
    return [finding("graph_mixed", "network", severity="note", edges=mixed, share=mixed / len(table))]


def _check_heights(graph: "nx.Graph[Any]") -> Findings:
    """Find heights of nodes, which are not read: between two nodes they tell nothing of the street."""
    nodes = sum("elevation" in data for _, data in graph.nodes(data=True))
    return [finding("graph_heights", "network", severity="note", nodes=nodes)] if nodes else []


def _check_directions(table: pd.DataFrame) -> Findings:
    """Find that a graph is made for cars: most of its edges are one-way, or it has no path."""
    highway, alone = table["highway"], ~table["both"] & (table["form"] == LEVEL)
    paths, share = int(highway.isin(PATHS).sum()), float(alone.mean())
    if share > _MOSTLY or (paths == 0 and (highway != "").any()):
        return [finding("graph_of_cars", "network", share=share, paths=paths)]
    return []


def _row(u: Any, v: Any, data: dict[str, Any], xy: dict[Any, tuple[float, float]], *, directed: bool) -> dict[str, Any]:
    """Return an edge as a row: from ``u`` to ``v`` along its line, with the facts of that direction."""
    values = {str(key): listed(value) for key, value in data.items() if key not in {"geometry", "length"}}
    # The first of several values counts: OSMnx joins ways and lists their values.
    tags = {key: value[0] for key, value in values.items() if value and value[0] not in {"", "None", "nan"}}
    is_reversed = _typed_bool(data.get("reversed", False))
    facts = {name: _typed(name, data.get(name)) for name in _OWN} if "form" in data else edge_facts(tags)
    if is_reversed and "form" not in data:  # the tags are those of the way as it was drawn
        facts |= {name: -facts[name] for name in ("incline", "slope_tag", "oneway")}
    try:
        osm_id = int(float(tags.get("osmid", 0)))
    except (TypeError, ValueError, OverflowError):
        osm_id = 0
    line = data.get("geometry")
    if not directed:
        u, v, is_known = _as_drawn(u, v, data, xy)
        facts |= {} if is_known else {"incline": 0, "oneway": 0}
    line = shapely.LineString([xy[u], xy[v]]) if line is None else line
    several = len(set(values.get("highway", ()))) > 1
    ends = {"u": u, "v": v, "osm_id": osm_id, "geometry": line, "reversed": is_reversed}
    return {**ends, **facts, "mixed": several, "tags": tags}


def _as_drawn(u: Any, v: Any, data: dict[str, Any], xy: dict[Any, tuple[float, float]]) -> tuple[Any, Any, bool]:
    """Return the ends of an edge of an undirected graph in the direction of its tags, and whether that is known.

    networkx gives the ends in any order. OSMnx notes them as ``from`` and ``to``, and a line keeps its direction.
    """
    if "from" in data:
        return (v, u, True) if str(data["from"]) == str(v) else (u, v, True)
    line = data.get("geometry")
    if line is None:
        return u, v, False
    start = np.array(line.coords[0][:2])
    to_u, to_v = (np.hypot(*(start - xy[node])) for node in (u, v))
    return (v, u, True) if to_v < to_u else (u, v, True)


def _typed_bool(value: Any) -> bool:
    return str(value).strip().lower() in {"true", "1", "1.0", "yes"}


def _typed(name: str, value: Any) -> Any:
    """Return a value of the network with the type of its column; GraphML files have texts."""
    kind = EDGE_COLUMNS[name]
    if kind == "bool":
        return _typed_bool(value)
    if kind == "str":
        return (listed(value) or [""])[0]
    if str(value) in {"True", "False"}:
        value = str(value) == "True"
    number = float(usual(name) if value is None else value)
    return number if kind == "float64" else int(number)


def _paired(table: pd.DataFrame, *, directed: bool) -> pd.DataFrame:
    """Return one edge for the two directions of each street.

    In a directed graph an edge without its opposite is one-way if the graph is one of :func:`to_networkx`, or if it is
    an escalator that does not say how it runs. The streets of OSMnx are one-way for vehicles.
    """
    low, high = np.minimum(table["u"], table["v"]), np.maximum(table["u"], table["v"])
    length = np.round(shapely.length(table["geometry"].to_numpy()), 9)
    backward = (table["u"] > table["v"]) | ((table["u"] == table["v"]) & table["reversed"])
    key = pd.DataFrame({"low": low, "high": high, "id": table["osm_id"], "length": length, "backward": backward})
    # Parallel twins (same ends, way and length) are told apart by their number within a direction.
    key["nth"] = key.groupby(list(key.columns)).cumcount()
    street = key.groupby(["low", "high", "id", "length", "nth"], sort=False).ngroup()
    both = key["backward"].groupby(street).transform("nunique") == 2
    table = table.assign(street=street, both=both | (not directed))
    if "flight_m" not in table.columns:
        table.loc[~table["both"] & (table["form"] == ESCALATOR) & (table["oneway"] == 0), "oneway"] = 1
    elif directed:
        table["oneway"] = np.where(table["both"] | (table["form"] == LIFT), 0, 1)
    order = table.sort_values(["street", "reversed"], kind="stable").drop_duplicates("street")
    return order.sort_index().reset_index(drop=True)


def _as_ways(table: pd.DataFrame, crs: Any) -> StreetWays:
    """Return each edge as a separate way that shares no inner vertex with another."""
    lines = table["geometry"].to_numpy()
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    offsets = run_offsets(np.bincount(owner, minlength=len(lines)))
    lowest = min(int(table[["u", "v"]].to_numpy().min()), 0)
    ids = lowest - 1 - np.arange(len(xy))
    ids[offsets[:-1]], ids[offsets[1:] - 1] = table["u"].to_numpy(), table["v"].to_numpy()
    facts = table[[name for name in EDGE_COLUMNS if name in table.columns and name not in {"u", "v", "length_m"}]]
    return StreetWays(facts, ids, xy[:, 0], xy[:, 1], offsets, np.empty(0, dtype=np.int64), str(crs))
