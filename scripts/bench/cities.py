"""Synthetic cities: how time and memory grow, each size in a process of its own."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from bench.district import write_district
from bench.peers import LIMIT_S, alone, median_s, peak_mb
from cfgeo import load_study, load_walkers, publish, run_study
from cfgeo.core.schema import EDGE_COLUMNS, Network, usual
from cfgeo.network.build import finish
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.pipeline.run import STAGES
from cfgeo.walk.search import node_seconds, walk_graph
from cfgeo.walk.snap import snap, snap_index

SEED = 20261122


def city_lines(sizes: list[int]) -> Iterator[str]:
    """Yield the table of how time and memory of searches grow."""
    if not sizes:
        return
    yield "## Synthetic cities, 8 layers, 15 minutes"
    yield ""
    yield "| nodes | edges | prepare, s | 8 searches, s | µs per node and search | peak memory, MB |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for size in sizes:
        yield alone(_city_row, size)
    yield ""


def _city_row(size: int) -> str:
    network = city(size)
    walker = load_walkers()["primary"]
    begun = time.perf_counter()
    seconds = edge_seconds(network.edges, walker)
    index = snap_index(network, snappable_edges(network, *seconds))
    graph = walk_graph(network, seconds, leg_m_s=walker.level_m_s)
    prepared = time.perf_counter() - begun
    rng = np.random.default_rng(SEED)
    extent = network.nodes[["x", "y"]].max().to_numpy()
    layers = [shapely.points(rng.random((max(size // 2000, 1), 2)) * extent) for _ in range(8)]
    places = [snap(index, layer, snap_m=200) for layer in layers]
    searched = median_s(lambda: [node_seconds(graph, at, limit_s=LIMIT_S) for at in places], rounds=3)
    per_node = searched / 8 / size * 1e6
    return (
        f"| {len(network.nodes):,} | {len(network.edges):,} | {prepared:.2f} | {searched:.3f} | "
        f"{per_node:.3f} | {peak_mb():.0f} |"
    )


def district_lines(sizes: list[int]) -> Iterator[str]:
    """Yield the table of whole runs of synthetic cities: no stage may grow faster than the city."""
    if not sizes:
        return
    yield "## Whole runs of synthetic cities, 6 layers: seconds, nothing cached"
    yield ""
    yield f"| nodes | {' | '.join(STAGES)} | publish | whole | ms per node | page, MB | peak memory, MB |"
    yield f"|{'---:|' * (len(STAGES) + 6)}"
    for size in sizes:
        yield alone(_district_row, size)
    yield ""


def _district_row(size: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        study = load_study(write_district(city(size), Path(folder)))
        begun = time.perf_counter()
        results = run_study(study)
        middle = time.perf_counter()
        publish(results, Path(folder) / "out", lang="zh", only=("map", "tables"))
        whole, last = time.perf_counter() - begun, time.perf_counter() - middle
        page_mb = (Path(folder) / "out" / "index.html").stat().st_size / 1e6
    stages = " | ".join(f"{seconds:.1f}" for seconds in (*results.seconds.values(), last, whole))
    nodes = len(results.inputs.network.nodes)
    return f"| {nodes:,} | {stages} | {whole / nodes * 1e3:.2f} | {page_mb:.1f} | {peak_mb():.0f} |"


def city(size: int) -> Network:
    """Return a grid of streets with a tenth of them missing: blocks of 80 to 120 m."""
    side = int(np.ceil(np.sqrt(size)))
    rng = np.random.default_rng(SEED)
    x, y = (np.cumsum(rng.uniform(80, 120, side)) for _ in range(2))
    xy = np.column_stack([np.tile(x, side), np.repeat(y, side)])
    at = np.arange(side * side).reshape(side, side)
    pairs = np.vstack([np.c_[at[:, :-1].ravel(), at[:, 1:].ravel()], np.c_[at[:-1].ravel(), at[1:].ravel()]])
    pairs = pairs[rng.random(len(pairs)) > 0.1]
    lines = shapely.linestrings(xy[pairs])
    columns = {name: usual(name) for name in EDGE_COLUMNS}
    columns |= {"u": pairs[:, 0], "v": pairs[:, 1], "form": "level", "highway": "residential"}
    columns["length_m"] = shapely.length(lines)
    edges = pd.DataFrame(columns, index=range(len(pairs)))
    nodes = pd.DataFrame({"osm_id": np.arange(len(xy)), "x": xy[:, 0], "y": xy[:, 1]})
    return finish(nodes, dict(edges.items()), lines, crs="EPSG:32648")
