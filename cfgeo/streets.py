"""The ways that a study's network is cut from, kept for changes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd

from cfgeo.features import Box
from cfgeo.network import build_network
from cfgeo.schema import Network, StreetWays
from cfgeo.sources import Files, over_land, ways_around
from cfgeo.study import Study


@dataclass(frozen=True)
class Streets:
    """What a study's network is cut from; read when it is first asked for, and then kept.

    Attributes
    ----------
    study : Study
    crs : str
        The metric CRS.
    bbox : tuple of float
        West, south, east, north [degrees].
    edited : StreetWays, optional
        The ways after changes; those of the file when missing.
    homes : callable, optional
        Demand on a network, where homes are taken from streets.
    """

    study: Study
    crs: str
    bbox: Box
    edited: StreetWays | None = None
    homes: Callable[[Network], gpd.GeoDataFrame] | None = None

    @cached_property
    def ways(self) -> StreetWays:
        """The ways, without what lies outside the box."""
        return ways_around(Files(self.study), crs=self.crs, bbox=self.bbox) if self.edited is None else self.edited

    def network(self) -> Network:
        """Return the network that is cut from the ways, over the land."""
        rasters = [self.study.resolve(name) for name in self.study.network.elevation]
        return over_land(build_network(self.ways, crs=self.crs), rasters, slope=self.study.walk.slope)
