"""Measure cfgeo: ratios within one run, not times to compare between machines.

    python scripts/bench STUDY [STUDY …] [--nodes 10000,100000,1000000]
        [--districts 10000,30000,100000] [--sites 10000x1000] [--plans STUDY …] [-o docs/performance.md]

Each figure is the median of several rounds. pandana is measured only if it is installed; cfgeo does not need it (its
licence keeps it out).
"""

import argparse
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the scripts' folder

# isort: split
from bench.district import write_district
from bench.plans import plans
from bench.scenarios import scenario_lines
from bench.sites import gains_of_a_layer, sites_against_spopt
from cfgeo import Inputs, load_study, load_walkers, publish, run_study
from cfgeo.assess.case import make_case
from cfgeo.assess.explain import median_routes
from cfgeo.assess.reach_ratios import reach_ratio_table
from cfgeo.assess.school_routes import school_routes
from cfgeo.assess.walkways import WALKWAYS, walkway_table
from cfgeo.core.schema import EDGE_COLUMNS, LAND_M, NO_ROADS, Network, Positions, usual
from cfgeo.files.osm.reader import is_osm_file
from cfgeo.files.osm.streets import read_streets
from cfgeo.network.build import build_network, finish
from cfgeo.network.elevation import add_elevation
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.pipeline import STAGES
from cfgeo.study.inputs import load_inputs
from cfgeo.study.settings import choices, margin_m, walkers_used
from cfgeo.walk.isochrone import grown
from cfgeo.walk.search import WalkGraph, node_seconds, walk_graph
from cfgeo.walk.snap import snap, snap_index

LIMIT_S = 900.0
ROUNDS = 5
SEED = 20261122
BUDGET_S = 60.0
WALKWAYS_LEAST = 10


def main() -> None:
    """Run the benchmark and print its tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="+", type=Path)
    parser.add_argument("--nodes", default="10000,100000,1000000", help="sizes of the synthetic city")
    parser.add_argument("--districts", default="10000,30000,100000", help="sizes of cities that are run as studies")
    parser.add_argument("--plans", type=Path, nargs="*", default=[], metavar="STUDY", help="plans for these studies")
    parser.add_argument("--sites", default="", help="homes x candidates, side by side with spopt; none when missing")
    parser.add_argument("-o", "--output", type=Path, help="write the tables there too")
    options = parser.parse_args()
    lines = [*_heading()]
    for path in options.studies:
        lines += [*_study(path)]
    lines += [*_cities([int(size) for size in options.nodes.split(",") if size])]
    lines += [*_districts([int(size) for size in options.districts.split(",") if size])]
    for size in options.sites.split(",") if options.sites else []:
        n_points, _, n_places = size.partition("x")
        lines += [*sites_against_spopt(city(20_000), n_points=int(n_points), n_places=int(n_places))]
    lines += plans(options.plans) if options.plans else []
    report = "\n".join(lines) + "\n"
    sys.stdout.write(report)
    if options.output:
        options.output.write_text(report, encoding="utf-8")


def _heading() -> Iterator[str]:
    yield "# Performance"
    yield ""
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    yield f"Made by `python scripts/bench STUDY …` ({machine}). Times differ from machine to machine and by a third"
    yield "from run to run; compare the ratios."
    yield ""


def _study(path: Path) -> Iterator[str]:
    study = load_study(path)
    inputs = load_inputs(study, margin_m=1300)
    network = inputs.network
    yield f"## {study.study.id}: {len(network.nodes):,} nodes, {len(network.edges):,} edges"
    yield ""
    yield from _reading(path, inputs.crs)
    yield from _reaching(network, inputs.layers)
    yield from _drawing(network, inputs.layers)
    yield from _walking(path)
    yield from scenario_lines(path, median_s)
    yield from _running(path)


def _reading(path: Path, crs: str) -> Iterator[str]:
    study = load_study(path)
    file = study.resolve(None)
    if not is_osm_file(file):
        return
    seconds = median_s(lambda: build_network(read_streets(file), crs=crs))
    yield f"Reading `{file.name}` ({file.stat().st_size / 1e6:.1f} MB) into a network: {seconds:.2f} s."
    rasters = [study.resolve(name) for name in study.network.elevation]
    if rasters:
        network = build_network(read_streets(file), crs=crs)
        land = median_s(lambda: add_elevation(network, rasters))
        walked = add_elevation(network, rasters)
        walker = load_walkers()["primary"]
        pace = median_s(lambda: edge_seconds(walked.edges, walker))
        yield f"Elevation adds {land:.3f} s ({land / seconds:.0%} of it), seconds for a walker {pace * 1e3:.1f} ms."
    yield ""


def _reaching(network: Network, layers: dict[str, gpd.GeoDataFrame]) -> Iterator[str]:
    """Reach of all layers, preparation included, against networkx and pandana."""
    walker = load_walkers()["primary"]
    seconds = edge_seconds(network.edges, walker)
    index = snap_index(network, snappable_edges(network, *seconds))
    places = [snap(index, layer.geometry.to_numpy(), snap_m=100) for layer in layers.values()]
    ours = median_s(lambda: reach_all(network, seconds, places))
    graph = walk_graph(network, seconds, leg_m_s=walker.level_m_s)
    searched = median_s(lambda: [node_seconds(graph, at, limit_s=LIMIT_S) for at in places])
    rows = [["cfgeo", ours, searched, 1.0]]
    theirs, search = networkx_all(graph, places)
    rows.append(["networkx `multi_source_dijkstra`", theirs, search, theirs / ours])
    if find_spec("pandana"):
        theirs, search = pandana_all(network, graph, layers)
        rows.append(["pandana `nearest_pois`", theirs, search, theirs / ours])
    yield f"Reach of {len(places)} layers within 15 minutes, from every node:"
    yield ""
    yield "| | prepare and search, ms | search alone, ms | ratio to cfgeo |"
    yield "|---|---:|---:|---:|"
    for name, whole, part, ratio in rows:
        yield f"| {name} | {whole * 1e3:.1f} | {part * 1e3:.1f} | {ratio:.1f} |"
    yield ""


def reach_all(network: Network, seconds: tuple[Any, Any], places: list[Positions]) -> list[Any]:
    """Prepare a graph and search every layer, as a run does."""
    graph = walk_graph(network, seconds, leg_m_s=1.23)
    return [node_seconds(graph, at, limit_s=LIMIT_S) for at in places]


def networkx_all(graph: WalkGraph, places: list[Positions]) -> tuple[float, float]:
    """Return networkx's seconds for the same searches: with building its graph, and the search alone."""

    def prepare() -> nx.DiGraph:
        digraph = nx.DiGraph()
        coo = graph.reversed_csr.tocoo()
        digraph.add_weighted_edges_from(zip(coo.row.tolist(), coo.col.tolist(), coo.data.tolist(), strict=True))
        return digraph

    digraph = prepare()
    sources = [[n for n in np.unique(graph.u[at.edge]).tolist() if n in digraph] for at in places]

    def search(over: nx.DiGraph) -> None:
        for nodes in sources:
            nx.multi_source_dijkstra_path_length(over, nodes, cutoff=LIMIT_S)

    return median_s(lambda: search(prepare())), median_s(lambda: search(digraph))


def pandana_all(network: Network, graph: WalkGraph, layers: dict[str, gpd.GeoDataFrame]) -> tuple[float, float]:
    """Return pandana's seconds for the same searches: with building its network, and the search alone."""
    import pandana  # noqa: PLC0415

    nodes, edges = network.nodes, network.edges
    weight = pd.DataFrame({"seconds": np.where(np.isfinite(graph.forward_s), graph.forward_s, 1e6)})
    points = [layer.geometry.centroid for layer in layers.values() if len(layer)]

    def prepare() -> Any:
        prepared = pandana.Network(nodes["x"], nodes["y"], edges["u"], edges["v"], weight, twoway=True)
        prepared.precompute(LIMIT_S)
        return prepared

    def search(prepared: Any) -> None:
        for nth, at in enumerate(points):
            prepared.set_pois(str(nth), LIMIT_S, 1, at.x, at.y)
            prepared.nearest_pois(LIMIT_S, str(nth))

    ready = prepare()
    return median_s(lambda: search(prepare())), median_s(lambda: search(ready))


def _drawing(network: Network, layers: dict[str, gpd.GeoDataFrame]) -> Iterator[str]:
    """Time the outline of all streets: raster and contour, against buffer and union."""
    lines = network.edges.geometry.to_numpy()[network.main & (network.edges["length_m"].to_numpy() > 0)]
    raster = median_s(lambda: grown(lines, LAND_M, cell_m=8.0), rounds=3)
    vector = median_s(lambda: buffered(lines), rounds=3)
    share = grown(lines, LAND_M, cell_m=8.0).area / buffered(lines).area
    yield "Land within 25 m of the whole network, the outline that isochrones are drawn from:"
    yield ""
    yield "| | ms | area |"
    yield "|---|---:|---:|"
    yield f"| distance raster of 8 m and contour (cfgeo) | {raster * 1e3:.0f} | {share:.3f} |"
    yield f"| simplify 1 m, buffer, union | {vector * 1e3:.0f} | 1 |"
    yield ""


def buffered(lines: Any) -> Any:
    """Return the outline by geometry operations."""
    return shapely.union_all(shapely.buffer(shapely.simplify(lines, 1.0), LAND_M, quad_segs=4))


def _walking(path: Path) -> Iterator[str]:
    """Time the analyses of walks besides the verdicts: terrain, routes, walkways taken out, school routes."""
    study = load_study(path)
    standard, walkers = choices(study)
    used = walkers_used(study, standard, walkers)
    inputs = load_inputs(study, margin_m=margin_m(study, standard, used))
    inputs = replace(inputs, layers={**inputs.layers, WALKWAYS: _walkways(inputs)})
    case = make_case(inputs, standard, used, study.walk)
    count, walks = len(inputs.layers[WALKWAYS]), sum(len(layer) for layer in inputs.layers.values())
    works: dict[str, Callable[[], object]] = {
        f"{count} named walkways, each taken out and every walk measured again": lambda: walkway_table(case),
        "school routes and crossings": lambda: school_routes(case),
        f"reach ratios of {walks} places, their layers and {len(inputs.communities)} communities": (
            lambda: reach_ratio_table(case)
        ),
        "routes of the median children, split into their parts": lambda: median_routes(case),
    }
    yield "Analyses of the walks, for all clauses:"
    yield ""
    yield "| | s |"
    yield "|---|---:|"
    for name, work in works.items():
        yield f"| {name} | {median_s(work, rounds=3):.2f} |"
    yield ""
    for clause in case.reach_clauses[:1]:
        yield from gains_of_a_layer(case, str(clause.layer), next(iter(clause.kind), None))


def _walkways(inputs: Inputs) -> gpd.GeoDataFrame:
    """Return the study's named walkways, filled up with the longest other named paths if they are too few."""
    edges = inputs.network.edges
    paths = edges[edges["highway"].isin(NO_ROADS) & (edges["name"] != "")].dissolve("name")[["geometry"]].reset_index()
    longest = paths.assign(length_m=paths.length).sort_values("length_m", ascending=False)
    own = inputs.layers.get(WALKWAYS)
    if own is None:
        own = gpd.GeoDataFrame({"name": [], "kind": [], "layer": []}, geometry=[], crs=inputs.crs)
    others = longest[~longest["name"].isin(own["name"])].head(max(WALKWAYS_LEAST - len(own), 0))
    both = pd.concat([own, others.assign(kind="path", layer=WALKWAYS)], ignore_index=True)
    return gpd.GeoDataFrame(both[["name", "kind", "layer", "geometry"]], geometry="geometry", crs=inputs.crs).set_index(
        pd.Index([f"{WALKWAYS}-{nth}" for nth in range(len(both))], name="facility")
    )


def _running(path: Path) -> Iterator[str]:
    """Do a whole run twice, the second time with the network from the cache."""
    study = load_study(path)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("first", "with the network cached"):
            begun = time.perf_counter()
            results = run_study(study, cache=Path(folder) / "cache")
            middle = time.perf_counter()
            publish(results, Path(folder) / "out", lang="zh", only=("map", "tables"))
            whole, last = time.perf_counter() - begun, time.perf_counter() - middle
            if name == "first":
                yield f"A whole run, {name}: {whole:.1f} s."
                continue
            yield f"A whole run, {name}: {whole:.1f} s (without starting Python and its libraries)."
            yield ""
            yield f"| {' | '.join(results.seconds)} | publish |"
            yield f"|{'---:|' * (len(results.seconds) + 1)}"
            yield f"| {' | '.join(f'{s:.2f}' for s in results.seconds.values())} | {last:.2f} |"
            yield ""


def _cities(sizes: list[int]) -> Iterator[str]:
    """Measure how time and memory grow with synthetic cities."""
    if not sizes:
        return
    yield "## Synthetic cities, 8 layers, 15 minutes"
    yield ""
    yield "| nodes | edges | prepare, s | 8 searches, s | µs per node and search | peak memory, MB |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for size in sizes:
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
        searched = median_s(lambda g=graph, p=places: [node_seconds(g, at, limit_s=LIMIT_S) for at in p], rounds=3)
        per_node = searched / 8 / size * 1e6
        yield (
            f"| {len(network.nodes):,} | {len(network.edges):,} | {prepared:.2f} | {searched:.3f} | "
            f"{per_node:.3f} | {peak_mb():.0f} |"
        )
    yield ""


def _districts(sizes: list[int]) -> Iterator[str]:
    """Time whole runs of synthetic cities: no stage may grow faster than the city."""
    if not sizes:
        return
    yield "## Whole runs of synthetic cities, 6 layers: seconds, nothing cached"
    yield ""
    yield f"| nodes | {' | '.join(STAGES)} | publish | whole | ms per node | page, MB | peak memory, MB |"
    yield f"|{'---:|' * (len(STAGES) + 6)}"
    for size in sizes:
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
        yield f"| {nodes:,} | {stages} | {whole / nodes * 1e3:.2f} | {page_mb:.1f} | {peak_mb():.0f} |"
    yield ""


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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if platform.system() == "Darwin" else 1e3)


if __name__ == "__main__":
    main()
