"""Reach of a study's layers with cfgeo and with others that search networks: each in a process of its own.

Peers are measured where they are installed (``pip install pandana pandarm cityseer``); networkx is a dependency anyway.
All answer the same question: how far is the nearest place of each layer from every node, within 15 minutes.
"""

import os
import platform
import resource
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

from cfgeo import load_walkers
from cfgeo.core.schema import Network
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.walk.search import WalkGraph, node_seconds, walk_graph
from cfgeo.walk.snap import snap, snap_index

LIMIT_S = 900.0
ROUNDS = 5
BUDGET_S = 60.0
SNAP_M = 100
_NEVER_S = 1e6

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Question:
    """A network, with a walker's seconds, and the layers whose reach is asked for."""

    network: Network
    layers: dict[str, gpd.GeoDataFrame]

    @property
    def graph(self) -> WalkGraph:
        """The network as cfgeo searches it."""
        walker = load_walkers()["primary"]
        return walk_graph(self.network, edge_seconds(self.network.edges, walker), leg_m_s=walker.level_m_s)

    @property
    def places(self) -> list[Any]:
        """Where the facilities of each layer meet the network."""
        seconds = edge_seconds(self.network.edges, load_walkers()["primary"])
        index = snap_index(self.network, snappable_edges(self.network, *seconds))
        return [snap(index, layer.geometry.to_numpy(), snap_m=SNAP_M) for layer in self.layers.values()]

    @property
    def points(self) -> list[gpd.GeoSeries]:
        """The middle of each facility, by layer, for those that know points alone."""
        return [layer.geometry.centroid for layer in self.layers.values() if len(layer)]


@dataclass(frozen=True)
class Taken:
    """What a peer took: preparation and search, the search alone [s], and the peak of its process [MB]."""

    both_s: float
    search_s: float
    peak_mb: float


def reach_lines(network: Network, layers: dict[str, gpd.GeoDataFrame]) -> Iterator[str]:
    """Yield the table of reach by cfgeo and by the peers that are installed."""
    question = Question(network, layers)
    rows = {name: alone(_taken, name, question) for name, (needs, _) in PEERS.items() if find_spec(needs)}
    yield f"Reach of {len(layers)} layers within 15 minutes, from every node, each in a process of its own:"
    yield ""
    yield "| | prepare and search, ms | search alone, ms | ratio to cfgeo | of the search | peak memory, MB |"
    yield "|---|---:|---:|---:|---:|---:|"
    ours = rows["cfgeo"]
    for name, took in rows.items():
        ratios = f"{took.both_s / ours.both_s:.1f} | {took.search_s / ours.search_s:.1f}"
        yield f"| {name} | {took.both_s * 1e3:.1f} | {took.search_s * 1e3:.1f} | {ratios} | {took.peak_mb:.0f} |"
    yield ""


def alone(work: Callable[..., Answer], *arguments: object) -> Answer:
    """Return what a function of a module gives in a new process, whose peak of memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_silence) as pool:
        return pool.submit(work, *arguments).result()


def _silence() -> None:
    """Let nothing of this process reach the terminal: pandana writes its own progress among the tables."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    warnings.simplefilter("ignore")


def _taken(name: str, question: Question) -> Taken:
    prepare, search = PEERS[name][1](question)
    ready = prepare()
    return Taken(median_s(lambda: search(prepare())), median_s(lambda: search(ready)), peak_mb())


def median_s(work: Callable[[], object], *, rounds: int = ROUNDS) -> float:
    """Return the median seconds of several rounds, after a warm-up that does not count."""
    work()
    taken: list[float] = []
    while len(taken) < rounds and sum(taken) < BUDGET_S:
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def peak_mb() -> float:
    """Return the peak memory of this process so far [MB]."""
    status = Path("/proc/self/status")
    if status.is_file():  # Linux: getrusage would give the peak of the process that started this one, if that is more
        return int(status.read_text(encoding="utf-8").partition("VmHWM:")[2].split()[0]) / 1e3
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if platform.system() == "Darwin" else 1e3)


# --- the peers: each returns how it prepares, and how it searches what was prepared ---

Peer = tuple[Callable[[], Any], Callable[[Any], object]]


def _cfgeo(question: Question) -> Peer:
    places, seconds = question.places, edge_seconds(question.network.edges, load_walkers()["primary"])
    return (
        lambda: walk_graph(question.network, seconds, leg_m_s=1.23),
        lambda graph: [node_seconds(graph, at, limit_s=LIMIT_S) for at in places],
    )


def _networkx(question: Question) -> Peer:
    graph, places = question.graph, question.places

    def prepare() -> nx.DiGraph:
        digraph = nx.DiGraph()
        coo = graph.reversed_csr.tocoo()
        digraph.add_weighted_edges_from(zip(coo.row.tolist(), coo.col.tolist(), coo.data.tolist(), strict=True))
        return digraph

    nodes = set(prepare())
    sources = [[node for node in np.unique(graph.u[at.edge]).tolist() if node in nodes] for at in places]

    def search(digraph: nx.DiGraph) -> None:
        for start in filter(None, sources):
            nx.multi_source_dijkstra_path_length(digraph, start, cutoff=LIMIT_S)

    return prepare, search


def _contracted(library: str) -> Callable[[Question], Peer]:
    """Return pandana or pandarm, its successor: contraction hierarchies with one interface."""

    def peer(question: Question) -> Peer:
        nodes, edges, points = question.network.nodes, question.network.edges, question.points
        forward_s = question.graph.forward_s
        weight = pd.DataFrame({"seconds": np.where(np.isfinite(forward_s), forward_s, _NEVER_S)})
        network_class = import_module(library).Network

        def prepare() -> Any:
            prepared = network_class(nodes["x"], nodes["y"], edges["u"], edges["v"], weight, twoway=True)
            prepared.precompute(LIMIT_S)
            return prepared

        def search(prepared: Any) -> None:
            for nth, at in enumerate(points):
                prepared.set_pois(str(nth), LIMIT_S, 1, at.x, at.y)
                prepared.nearest_pois(LIMIT_S, str(nth))

        return prepare, search

    return peer


def _cityseer(question: Question) -> Peer:
    rust = import_module("cityseer.rustalgos")
    speed_m_s = load_walkers()["primary"].level_m_s
    nodes, edges = question.network.nodes, question.network.edges
    graph, length_m = question.graph, edges["length_m"].to_numpy()
    usable = np.flatnonzero((length_m > 0) & np.isfinite(graph.forward_s) & np.isfinite(graph.backward_s))
    ends = np.column_stack([graph.u, graph.v])[usable].tolist()
    factor = (graph.forward_s[usable] * speed_m_s / length_m[usable]).tolist()
    there = shapely.to_wkt(edges.geometry.to_numpy()[usable]).tolist()
    back = shapely.to_wkt(shapely.reverse(edges.geometry.to_numpy()[usable])).tolist()
    layer = {f"{nth}-{i}": str(nth) for nth, at in enumerate(question.points) for i in range(len(at))}
    wkt = dict(zip(layer, (text for at in question.points for text in at.to_wkt()), strict=True))

    def prepare() -> Any:
        network = rust.graph.NetworkStructure()
        xy = zip(nodes["x"].tolist(), nodes["y"].tolist(), strict=True)
        ids = [network.add_street_node(str(nth), x, y, live=True, weight=1.0) for nth, (x, y) in enumerate(xy)]
        for nth, ((u, v), by) in enumerate(zip(ends, factor, strict=True)):
            network.add_street_edge(ids[u], ids[v], 2 * nth, str(u), str(v), there[nth], by)
            network.add_street_edge(ids[v], ids[u], 2 * nth + 1, str(v), str(u), back[nth], by)
        network.validate()
        network.build_edge_rtree()
        data = rust.data.DataMap()
        for key, text in wkt.items():
            data.insert(key, text)
        data.assign_data_to_network(network, SNAP_M, 3)
        return network, data

    def search(prepared: Any) -> None:
        network, data = prepared
        minutes = [LIMIT_S / 60]
        data.accessibility(
            network, layer, sorted({*layer.values()}), minutes=minutes, speed_m_s=speed_m_s, pbar_disabled=True
        )

    return prepare, search


PEERS: dict[str, tuple[str, Callable[[Question], Peer]]] = {
    "cfgeo": ("cfgeo", _cfgeo),
    "networkx `multi_source_dijkstra`": ("networkx", _networkx),
    "pandana `nearest_pois`": ("pandana", _contracted("pandana")),
    "pandarm `nearest_pois`": ("pandarm", _contracted("pandarm")),
    "cityseer `accessibility`": ("cityseer", _cityseer),
}
"""What stands in the table → the library that it needs, and the function that measures it."""
