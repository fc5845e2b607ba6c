"""Elevation rasters → a network's heights, read once for all networks that reach as far."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from cfgeo.core.schema import Network, Slope
from cfgeo.network.rasters import Bounds, Raster, heights_at, read_rasters
from cfgeo.network.terrain import PreviousNetwork, with_relief


@dataclass(frozen=True)
class Elevation:
    """The parts of elevation rasters under a network.

    Attributes
    ----------
    bounds : tuple of float
        West, south, east, north of the network.
    rasters : list of Raster, optional
        None: there is no file.
    """

    bounds: Bounds
    rasters: list[Raster] | None


def add_elevation(network: Network, rasters: Sequence[Path], *, slope: Slope = "tobler") -> Network:
    """Return a network with the heights of elevation rasters walked.

    Parameters
    ----------
    network
        As :func:`cfgeo.study.streets.read_network` gives it.
    rasters
        GeoTIFF, ``.hgt`` or zipped ``.hgt``; the first that knows a place says its height.
    slope
        How slope slows; ``none`` leaves the rasters out.

    Raises
    ------
    InputError
        A raster cannot be read.
    """
    return apply_elevation(network, read_elevation(network, rasters, slope=slope), slope=slope)


def read_elevation(
    network: Network, paths: Sequence[Path], *, slope: Slope, known: Elevation | None = None
) -> Elevation:
    """Return the land under a network: what is known already, where the network reaches exactly as far."""
    bounds = _bounds(network)
    if known is not None and known.bounds == bounds:
        return known
    if not paths:
        return Elevation(bounds, None)
    return Elevation(bounds, [] if slope == "none" else rasters_under(network, paths))


def apply_elevation(
    network: Network, land: Elevation, *, slope: Slope, before: PreviousNetwork | None = None
) -> Network:
    """Return a network with the heights of the land under it.

    Parameters
    ----------
    network, land
        Network, and the land under it.
    slope
        How slope slows.
    before
        A network over the same land of which this one has edges.
    """
    rasters = land.rasters or []
    heights = None if land.rasters is None else partial(heights_at, rasters, crs=str(network.edges.crs))
    made = with_relief(network, heights, slope=slope, before=before)
    relief = {**made.relief, "rasters": len(rasters), "feet": [raster.name for raster in rasters if raster.feet]}
    return replace(made, relief=relief)


def rasters_under(network: Network, paths: Sequence[Path]) -> list[Raster]:
    """Return the parts of elevation rasters that lie under a network."""
    return read_rasters(paths, bounds=_bounds(network), crs=str(network.edges.crs))


def _bounds(network: Network) -> Bounds:
    west, south, east, north = network.edges.total_bounds
    return west, south, east, north
