"""Compare the land within 15 minutes of places with a flat model at 5 km/h, one step at a time.

    python scripts/flat_table.py STUDY [STUDY …] [--places 5]

Takes so many of each study's schools and hospitals, from the one that loses most to the one that loses least.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo import Walker, load_inputs, load_study, load_walkers
from cfgeo.core.schema import Direction, Network
from cfgeo.network.travel_time import edge_seconds, levelled, snappable_edges
from cfgeo.walk.catchment import land_of_edges, reached_areas
from cfgeo.walk.search import walk_graph
from cfgeo.walk.snap import snap, snap_index

MINUTES = 15
FLAT_M_S = 5 / 3.6
SNAP_M = 100.0
MARGIN_M = 3000.0
LAYERS = ("schools", "hospitals")
STEPS = ("flat, 5 km/h", "a child's pace", "+ stairs and lifts", "+ slope", "+ waits, closed roads", "+ and back")


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="+", type=Path)
    parser.add_argument("--places", type=int, default=5)
    options = parser.parse_args()
    sys.stdout.reconfigure(encoding="utf-8")
    print("\n".join(table(options.studies, places=options.places)))


def table(studies: list[Path], *, places: int) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"| place | {' | '.join(STEPS)} | left |"
    yield f"|---|{'---:|' * (len(STEPS) + 1)}"
    for path in studies:
        for name, areas in compared(path, places=places).iterrows():
            km2 = " | ".join(f"{area / 1e6:.2f}" for area in areas)
            yield f"| {name} | {km2} | {areas.iloc[-1] / areas.iloc[0]:.0%} |"


def compared(path: Path, *, places: int) -> pd.DataFrame:
    """Return the land within the walk of each place, after each step from the flat model to ours [m²]."""
    inputs = load_inputs(load_study(path), margin_m=MARGIN_M)
    child = load_walkers()["primary"]
    calm = replace(child, signal_wait_s=0.0, crossing_wait_s=0.0, closed_roads=())
    network = inputs.network
    level = replace(network, edges=levelled(network.edges))
    stairs = replace(network, edges=network.edges.assign(slope_forward=1.0, slope_backward=1.0))
    chosen = pd.concat([inputs.layers[name] for name in LAYERS])
    chosen = chosen[(chosen["name"] != "") & ~chosen["name"].duplicated()]
    steps: list[tuple[Network, Walker, Direction]] = [
        (level, replace(calm, level_m_s=FLAT_M_S), "to"),
        (level, calm, "to"),
        (stairs, calm, "to"),
        (network, calm, "to"),
        (network, child, "to"),
        (network, child, "worst"),
    ]
    land_m2 = land_of_edges(network)
    areas = pd.DataFrame(
        {name: _areas(chosen, land_m2, *step) for name, step in zip(STEPS, steps, strict=True)}, index=chosen["name"]
    ).dropna()
    ordered = areas.iloc[np.argsort(areas.iloc[:, -1] / areas.iloc[:, 0], kind="stable")]
    return ordered.iloc[np.unique(np.linspace(0, len(ordered) - 1, places).round().astype(int))]


def _areas(
    places: gpd.GeoDataFrame, land_m2: np.ndarray, network: Network, walker: Walker, direction: Direction
) -> np.ndarray:
    seconds = edge_seconds(network.edges, walker)
    at = snap(snap_index(network, snappable_edges(network, *seconds)), places.geometry.to_numpy(), snap_m=SNAP_M)
    graph = walk_graph(network, seconds, leg_m_s=walker.level_m_s, direction=direction)
    return reached_areas(graph, land_m2, at, n_items=len(places), limits_s=(MINUTES * 60.0,))[:, 0]


if __name__ == "__main__":
    main()
