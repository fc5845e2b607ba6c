"""Networks to and from networkx graphs in the format of OSMnx."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.arrays import run_offsets
from cfgeo.core.errors import InputError, NetworkError
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import EDGE_COLUMNS, LIFT, Network, StreetWays, usual
from cfgeo.files.openable import require_file
from cfgeo.files.osm.tags import edge_facts
from cfgeo.network.build import build_network
from cfgeo.network.terrain import with_relief

if TYPE_CHECKING:
    import networkx as nx

_OWN = tuple(name for name in EDGE_COLUMNS if name not in {"u", "v", "osm_id", "length_m"})
_SWAPPED = {"climb_m": "descent_m", "descent_m": "climb_m"}
_SWAPPED |= {"slope_forward": "slope_backward", "slope_backward": "slope_forward"}


def to_networkx(network: Network) -> "nx.MultiDiGraph[int]":
    """Return a network as a graph of OSMnx: nodes by OSM id with ``x`` and ``y``, an edge for each direction.

    Each edge carries ``osmid``, ``length`` [m], ``geometry``, ``reversed`` and the network's own columns; the
    graph's ``crs`` is the network's metric CRS.
    """
    import networkx as nx  # noqa: PLC0415  # no run needs it

    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(
        crs=network.edges.crs.to_string(), simplified=True, relief=json.dumps(network.relief)
    )
    nodes = network.nodes
    ids = nodes["osm_id"].tolist()
    graph.add_nodes_from(
        (i, {"x": x, "y": y}) for i, x, y in zip(ids, nodes["x"].tolist(), nodes["y"].tolist(), strict=True)
    )
    edges = network.edges
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


def from_networkx(graph: "nx.MultiDiGraph[Any]", *, crs: str | None = None) -> Network:
    """Return a graph of OSMnx or of :func:`to_networkx` as a network.

    The two directions of a street become a single edge. An edge without its opposite is one-way.

    Parameters
    ----------
    graph
        Nodes with ``x`` and ``y``; edges with ``osmid`` and OpenStreetMap's tags as attributes, of which the first of
        several values counts. Nodes keep their numbers, or all get negative ones if any label is not a number.
    crs
        Metric CRS of the network; the graph's own, or the local UTM zone, when missing.

    Raises
    ------
    NetworkError
        The graph has no edges, or a node has no position.
    """
    if graph.number_of_edges() == 0:
        raise NetworkError("network_empty")
    ids, xy = _numbered(graph), _positions(graph)
    rows = [_row(u, v, data, xy) for u, v, data in graph.edges(data=True)]
    table = pd.DataFrame(rows)
    table["u"], table["v"] = table["u"].map(ids), table["v"].map(ids)
    table = _paired(table)
    graph_crs = graph.graph.get("crs", "EPSG:4326")
    if crs is None:
        outline = gpd.GeoSeries(table["geometry"].to_numpy(), crs=graph_crs)
        crs = (outline.crs if outline.crs.is_projected else outline.estimate_utm_crs()).to_string()
    network = replace(build_network(_as_ways(table, graph_crs), crs=crs), findings=tuple(_check_graph(table)))
    if "flight_m" not in table.columns:  # a graph of OSMnx, without rises of flights
        return with_relief(network, None, slope="none")
    heights = pd.Series(
        {ids[node]: float(data.get("elevation", np.nan)) for node, data in graph.nodes(data=True)}, dtype=float
    )
    nodes = network.nodes.assign(height_m=network.nodes["osm_id"].map(heights).to_numpy())
    return replace(network, nodes=nodes, relief=json.loads(graph.graph.get("relief", "{}")))


def network_from_graphml(path: Path, *, crs: str) -> Network:
    """Read a GraphML file that OSMnx has saved.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    import networkx as nx  # noqa: PLC0415
    import osmnx  # noqa: PLC0415  # takes over a second to import, and few studies bring GraphML

    require_file(path)
    try:
        graph = osmnx.load_graphml(path)
    except (OSError, ValueError, KeyError, SyntaxError, nx.NetworkXException) as error:
        raise InputError("file_unreadable", file=path, reason=error) from error
    return from_networkx(graph, crs=crs)


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


def _row(u: Any, v: Any, data: dict[str, Any], xy: dict[Any, tuple[float, float]]) -> dict[str, Any]:
    tags = {key: _first(value) for key, value in data.items() if key not in {"geometry", "length"}}
    if "form" in data:
        facts = {name: _typed(name, data.get(name)) for name in _OWN}
    else:
        facts = {**edge_facts({key: str(value) for key, value in tags.items()}), "oneway": 0}
    try:
        osm_id = int(tags.get("osmid", 0))
    except (TypeError, ValueError):
        osm_id = 0
    line = data.get("geometry")
    line = shapely.LineString([xy[u], xy[v]]) if line is None else line
    several = isinstance(data.get("highway"), list) and len(set(data["highway"])) > 1
    ends = {"u": u, "v": v, "osm_id": osm_id, "geometry": line, "reversed": bool(data.get("reversed", False))}
    return {**ends, **facts, "mixed": several}


def _typed(name: str, value: Any) -> Any:
    """Return a value of the network with the type of its column; GraphML files have texts."""
    kind = EDGE_COLUMNS[name]
    if kind == "bool":
        return str(value).lower() in {"true", "1"}
    if kind == "str":
        return "" if value is None else str(value)
    number = float(usual(name) if value is None else value)
    return number if kind == "float64" else int(number)


def _first(value: Any) -> Any:
    """Return the first of several values: OSMnx joins ways and lists their values."""
    return value[0] if isinstance(value, list) and value else value


def _check_graph(table: pd.DataFrame) -> Findings:
    """Find edges with several classes of road, which OSMnx joins into a list."""
    mixed = int(table["mixed"].sum())
    if not mixed:
        return []
    return [finding("graph_mixed", "network", severity="note", edges=mixed, share=mixed / len(table))]


def _paired(table: pd.DataFrame) -> pd.DataFrame:
    """Return one edge for the two directions of each street; an edge without its opposite becomes one-way."""
    low, high = np.minimum(table["u"], table["v"]), np.maximum(table["u"], table["v"])
    length = np.round(shapely.length(table["geometry"].to_numpy()), 9)
    backward = (table["u"] > table["v"]) | ((table["u"] == table["v"]) & table["reversed"])
    key = pd.DataFrame({"low": low, "high": high, "id": table["osm_id"], "length": length, "backward": backward})
    # Parallel twins (same ends, way and length) are told apart by their number within a direction.
    key["nth"] = key.groupby(list(key.columns)).cumcount()
    street = key.groupby(["low", "high", "id", "length", "nth"], sort=False).ngroup()
    both = key["backward"].groupby(street).transform("nunique") == 2
    table = table.assign(street=street, both=both)
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
