"""School routes (学径): every child's route to its nearest school, added up by street."""

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.assess.case import Case
from cfgeo.core.results import ROUTE_GAP_COLUMNS
from cfgeo.core.schema import CALMING, LEVEL, PATHS, SCHOOLS, FloatArray, IntArray, Network
from cfgeo.files.osm.tags import BIG_ROADS
from cfgeo.network.travel_time import edge_seconds
from cfgeo.study.communities import community_of
from cfgeo.study.standard import Clause
from cfgeo.walk.route import edge_flows, edge_loads
from cfgeo.walk.search import first_steps, path_tree, walk_graph

_SLOW = ("living_street",)
_LEAST_CHILDREN = 1e-9  # sums that cancel leave less than this


Flows = dict[str, tuple[FloatArray, FloatArray, FloatArray]]
"""Clause → how many children walk each edge in its two directions, cross at each node, and walk each edge's length."""


def school_flows(case: Case) -> Flows:
    """Walk all children of the district to their nearest schools.

    Parameters
    ----------
    case
        A study; the schools are those of each clause that asks for a walk to its layer of that name.
    """
    return {clause.id: _flows(case, clause) for clause in case.walked_clauses if clause.layer == SCHOOLS}


def walked_edges(case: Case, flows: Flows) -> pd.DataFrame:
    """Return ``child_metres``, ``calm`` and ``code`` of :func:`school_routes`, and no more: what a clause asks.

    Parameters
    ----------
    case, flows
        A study, and what :func:`school_flows` gives for it.
    """
    edges, n_edges = case.inputs.network.edges, len(case.inputs.network.edges)
    arcs, loads = _sums(flows, n_edges)
    total = arcs[:n_edges] + arcs[n_edges:]
    walked = np.flatnonzero(total > _LEAST_CHILDREN)
    walked = walked[np.argsort(-total[walked], kind="stable")]
    middle = gpd.GeoSeries(edges.geometry.iloc[walked]).representative_point()
    code = community_of(gpd.GeoDataFrame(geometry=middle), case.inputs.communities)
    metres = loads[walked] * edges["length_m"].to_numpy()[walked]
    table = pd.DataFrame({"child_metres": metres, "calm": calm_ways(case).iloc[walked], "code": code})
    return table.rename_axis("edge")


def _sums(flows: Flows, n_edges: int) -> tuple[FloatArray, FloatArray]:
    """Return how many children walk each arc (edges forward, then edges backward) and each edge, for all clauses."""
    arcs = sum((arcs for arcs, _, _ in flows.values()), np.zeros(2 * n_edges))
    loads = sum((loads for _, _, loads in flows.values()), np.zeros(n_edges))
    return arcs, loads


def school_routes(case: Case, flows: Flows | None = None) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Add up by street how children walk to their nearest schools.

    Parameters
    ----------
    case
        A study.
    flows
        What :func:`school_flows` gives for it; walked when missing.

    Returns
    -------
    routes : geopandas.GeoDataFrame
        Edges that children walk, the busiest first; lines from u to v. ``SCHOOL_ROUTE_COLUMNS``, and ``<clause>``
        for each clause.
    crossings : geopandas.GeoDataFrame
        Junctions where children cross a big road, the busiest first; points. ``CROSSING_COLUMNS``, and ``<clause>``
        for each clause. Children who turn into the road, or walk along its own line, are not counted: the map does not
        tell on which side they walk.
    """
    network = case.inputs.network
    n_edges = len(network.edges)
    flows = school_flows(case) if flows is None else flows
    arcs, loads = _sums(flows, n_edges)
    about = network.edges[["osm_id", "name", "highway", "form", "length_m", "geometry"]].rename_axis("edge")
    routes = about.assign(forward=arcs[:n_edges], backward=arcs[n_edges:], total=arcs[:n_edges] + arcs[n_edges:])
    routes = routes.assign(**{name: arcs[:n_edges] + arcs[n_edges:] for name, (arcs, _, _) in flows.items()})
    routes = routes.assign(child_metres=loads * network.edges["length_m"].to_numpy(), calm=calm_ways(case))
    over = {name: nodes for name, (_, nodes, _) in flows.items()}
    crossings = _junctions(network).assign(total=sum(over.values(), np.zeros(len(network.nodes))), **over)
    return _busiest(case, routes), _busiest(case, crossings)


def calm_ways(case: Case) -> pd.Series:
    """Return whether children walk each edge apart from cars or among few slow ones: yes, no or unknown, on its index.

    Apart: paths, stairs, lifts, squares, and roads with a sidewalk. Slow: living streets, and roads with something that
    calms traffic on them. Of a line without a class nobody knows.
    """
    edges, layers = case.inputs.network.edges, case.inputs.layers
    highway = edges["highway"]
    calm = highway.isin([*PATHS, *_SLOW]).to_numpy() | edges["footway"].to_numpy(dtype=bool)
    calm |= (edges["form"] != LEVEL).to_numpy() | edges["across"].to_numpy(dtype=bool)
    if CALMING in layers:
        calm[case.home.places[CALMING].edge] = True
    return pd.Series(np.where(calm, "yes", np.where(highway == "", "unknown", "no")), index=edges.index, dtype="str")


def route_gaps(routes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the streets on which children walk to school among cars, by how much they walk there.

    Parameters
    ----------
    routes
        ``SCHOOL_ROUTE_COLUMNS``.

    Returns
    -------
    geopandas.GeoDataFrame
        ``ROUTE_GAP_COLUMNS``; a row for each street of a community, or each way without a name.
    """
    gaps = routes[(routes["calm"] != "yes") & (routes["child_metres"] > _LEAST_CHILDREN)]
    gaps = gaps.assign(osm_id=gaps["osm_id"].where(gaps["name"] == "", 0), known=gaps["calm"])
    by = ["name", "osm_id", "code"]
    first = dict.fromkeys(("highway", "community", "street_office"), "first")
    sums = {"known": "min", "length_m": "sum", "total": "max", "child_metres": "sum"}  # "no" comes before "unknown"
    table = gaps.dissolve(by=by, aggfunc={**first, **sums}, as_index=False).rename(columns={"total": "children"})
    table = table.sort_values("child_metres", ascending=False, kind="stable").reset_index(drop=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return gpd.GeoDataFrame(table[[*ROUTE_GAP_COLUMNS, "geometry"]], geometry="geometry", crs=routes.crs)


def _busiest(case: Case, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows that anybody walks, ranked, with the community that each lies in."""
    walked = table[table["total"] > _LEAST_CHILDREN].sort_values("total", ascending=False, kind="stable")
    walked.insert(0, "rank", np.arange(1, len(walked) + 1))
    code = community_of(walked.set_geometry(walked.representative_point()), case.inputs.communities)
    names = case.inputs.communities[["community", "street_office"]].reindex(code).fillna("")
    return walked.assign(code=code, **{column: names[column].to_numpy() for column in names})


def _flows(case: Case, clause: Clause) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return how many children walk along each edge, in its direction and against it, and cross big roads at each node.

    Returns
    -------
    arcs : numpy.ndarray
        Children (edges forward, then edges backward).
    crossing : numpy.ndarray
        Children (nodes).
    loads : numpy.ndarray
        Children, each by the share of the edge that it walks (edges).
    """
    walk, network = case.walk(clause), case.inputs.network
    seconds = edge_seconds(network.edges, walk.walker)
    graph = walk_graph(network, seconds, leg_m_s=walk.walker.level_m_s, direction="to")
    places = case.places(clause, walk)
    tree = path_tree(graph, places, limit_s=case.search_s(clause))
    weight = np.where(case.samples.demand_owner >= 0, case.weight(clause), 0.0)[walk.demand.item]
    arcs, nodes = edge_flows(graph, tree, places, walk.demand, weight)
    loads = edge_loads(graph, tree, places, walk.demand, weight)
    # Children who come along the road, or go on along it, do not cross it.
    road, n_edges, size = network.edges["highway"].isin(BIG_ROADS).to_numpy(), len(network.edges), len(nodes)
    on = np.flatnonzero((tree.next_node >= 0) & road[tree.arc % n_edges])
    along = np.bincount(tree.next_node[on], weights=nodes[on], minlength=size)
    begun_s, begin, _ = first_steps(graph, tree.node_s, places, walk.demand)
    on = np.flatnonzero(np.isfinite(begun_s) & (begin >= 0) & road[walk.demand.edge])
    along = along + np.bincount(begin[on], weights=weight[on], minlength=size)
    last = np.append(places.edge, 0)[tree.place]
    leaves_by = np.where(tree.next_node >= 0, tree.arc % n_edges, last)
    return arcs, np.where(road[leaves_by] | (_ends_of_roads(network) < 2), 0.0, nodes - along), loads


def _ends_of_roads(network: Network) -> IntArray:
    """Return how many ends of edges of big roads lie at each node (nodes)."""
    road = network.edges[network.edges["highway"].isin(BIG_ROADS)]
    return np.bincount(road[["u", "v"]].to_numpy().ravel(), minlength=len(network.nodes))


def _junctions(network: Network) -> gpd.GeoDataFrame:
    """Return the nodes as points, with name and class of the biggest road there."""
    road = network.edges[network.edges["highway"].isin(BIG_ROADS)]
    rank = road["highway"].map({name: nth for nth, name in enumerate(BIG_ROADS)})
    ends = pd.concat([road.assign(node=road[side], rank=rank) for side in ("u", "v")])
    ends = ends.sort_values(["rank", "name"], ascending=[True, False], kind="stable").drop_duplicates("node")
    about = ends.set_index("node")[["name", "highway"]].reindex(network.nodes.index)
    xy = gpd.points_from_xy(network.nodes["x"], network.nodes["y"], crs=network.edges.crs)
    nodes = network.nodes[["osm_id"]].join(about).rename_axis("node")
    return gpd.GeoDataFrame(nodes, geometry=xy)
