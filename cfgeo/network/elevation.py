"""Elevation rasters + network → network with heights. Rasters are read once for networks of the same extent."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from cfgeo.core.schema import Network, Slope
from cfgeo.network.rasters.heights import Bounds, Extent, Raster, heights_at, read_extents, read_rasters
from cfgeo.network.terrain import PreviousNetwork, with_relief


@dataclass(frozen=True)
class Elevation:
    """The parts of elevation rasters that cover a network.

    Attributes
    ----------
    bounds : tuple of float
        West, south, east, north of the network.
    rasters : list of Raster, optional
        None: the study has no raster.
    also : list of list of Raster
        What else was asked for.
    """

    bounds: Bounds
    rasters: list[Raster] | None
    also: list[list[Raster]] = field(default_factory=list)


def add_elevation(network: Network, rasters: Sequence[Path], *, slope: Slope = "tobler") -> Network:
    """Return a network with heights from elevation rasters.

    Parameters
    ----------
    network
        As :func:`cfgeo.study.sources.read_network` returns it.
    rasters
        GeoTIFF, ``.hgt`` or zipped ``.hgt``. The first raster with a height at a position counts.
    slope
        The function of slope that walking follows; ``none`` ignores the rasters.

    Raises
    ------
    InputError
        A raster cannot be read.
    """
    return apply_elevation(network, read_elevation(network, rasters, slope=slope), slope=slope)


def read_elevation(
    network: Network,
    paths: Sequence[Path],
    *,
    slope: Slope,
    known: Elevation | None = None,
    also: Sequence[Extent] = (),
) -> Elevation:
    """Return the elevation under a network; ``known`` itself if the network has the same bounds.

    ``also`` is what else is wanted of the rasters, whatever the slope.
    """
    bounds = _bounds(network)
    if known is not None and known.bounds == bounds:
        return known
    own = [] if slope == "none" or not paths else [Extent(bounds)]
    read = read_extents(paths, [*own, *also], crs=str(network.edges.crs))
    return Elevation(bounds, (read[0] if own else []) if paths else None, read[len(own) :])


def apply_elevation(
    network: Network, elevation: Elevation, *, slope: Slope, before: PreviousNetwork | None = None
) -> Network:
    """Return a network with the heights under it.

    Parameters
    ----------
    network, elevation
        The network, and what :func:`read_elevation` returns for it.
    slope
        The function of slope that walking follows.
    before
        A network on the same terrain that shares edges with this one.
    """
    rasters = elevation.rasters or []
    heights = None if elevation.rasters is None else partial(heights_at, rasters, crs=str(network.edges.crs))
    with_heights = with_relief(network, heights, slope=slope, before=before)
    feet = [raster.name for raster in rasters if raster.feet]
    return replace(
        with_heights,
        relief={**with_heights.relief, "rasters": len(rasters), "feet": feet},
        findings=(*network.findings, *(row for raster in rasters for row in raster.findings)),
    )


def rasters_under(network: Network, paths: Sequence[Path]) -> list[Raster]:
    """Return the parts of elevation rasters that cover a network."""
    return read_rasters(paths, bounds=_bounds(network), crs=str(network.edges.crs))


def _bounds(network: Network) -> Bounds:
    west, south, east, north = network.edges.total_bounds
    return west, south, east, north
