"""Measure cfgeo: ratios within one run, not times to compare between machines.

    python scripts/bench STUDY [STUDY …] [--nodes 10000,100000,1000000]
        [--districts 10000,30000,100000] [--sites 10000x1000] [--plans STUDY …] [-o FILE]

``docs/performance.md`` is written from these tables, each with its date. Each figure is the median of several rounds.
Rows with a peak of memory run in a process of their own. The peers of ``bench/peers.py`` are measured only if they are
installed; cfgeo needs none of them.
"""

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the scripts' folder

# isort: split
from bench.arrivals import arrivals
from bench.cities import city, city_lines, district_lines
from bench.commands import command_lines
from bench.meeting import meeting_lines
from bench.opening import opening_lines
from bench.peers import median_s, reach_lines
from bench.plans import plans
from bench.scenarios import scenario_lines
from bench.sites import gains_of_a_layer, sites_against_spopt
from cfgeo import Inputs, load_study, load_walkers, publish, run_study
from cfgeo.assess.case import make_case
from cfgeo.assess.reach_ratios import reach_ratio_table
from cfgeo.assess.routes.medians import median_walks
from cfgeo.assess.school_routes import school_routes
from cfgeo.assess.walkways import WALKWAYS, walkway_table
from cfgeo.core.schema import LAND_M, NO_ROADS, Network
from cfgeo.files.osm.reader import is_osm_file
from cfgeo.files.osm.streets import read_streets
from cfgeo.network.build import build_network
from cfgeo.network.elevation import add_elevation
from cfgeo.network.travel_time import edge_seconds
from cfgeo.study.inputs import load_inputs
from cfgeo.study.settings import choices, margin_m, walkers_used
from cfgeo.walk.isochrone import grown

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
    with options.output.open("w", encoding="utf-8") if options.output else nullcontext(sys.stdout) as file:
        for line in _lines(options):  # as they come: what was measured before a fault is not lost
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            if file is not sys.stdout:
                file.write(f"{line}\n")
                file.flush()


def _lines(options: argparse.Namespace) -> Iterator[str]:
    """Yield the tables that were asked for."""
    yield from _heading()
    for path in options.studies:
        yield from _study(path)
    yield from city_lines([int(size) for size in options.nodes.split(",") if size])
    yield from district_lines([int(size) for size in options.districts.split(",") if size])
    for size in options.sites.split(",") if options.sites else []:
        n_points, _, n_places = size.partition("x")
        yield from sites_against_spopt(city(20_000), n_points=int(n_points), n_places=int(n_places))
    if options.plans:
        yield from plans(options.plans)


def _heading() -> Iterator[str]:
    yield "# Benchmark"
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
    yield from command_lines(path)
    yield from _reading(path, inputs.crs)
    yield from reach_lines(network, inputs.layers)
    yield from _drawing(network, inputs.layers)
    yield from _walking(path)
    yield from scenario_lines(path, median_s)
    yield from _running(path)
    yield from arrivals(path)
    yield from meeting_lines(path)


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
        "routes of the median children, split into their parts": lambda: median_walks(case, level),
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


def level(x: Any, _: Any) -> Any:
    """Return heights of land without any: their profiles take as long."""
    return np.zeros(len(x))


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
            yield from opening_lines([Path(folder) / "out" / "index.html"])


if __name__ == "__main__":
    main()
