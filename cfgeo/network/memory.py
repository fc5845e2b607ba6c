"""Streets in memory → a network: graphs of networkx and OSMnx, and networks of cfgeo."""

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from cfgeo.core.schema import Network
from cfgeo.network.build import build_network
from cfgeo.network.networkx_graphs import from_networkx, ways_of_network

if TYPE_CHECKING:
    import networkx as nx


class MemoryStreets:
    """A graph or network that a study is walked on.

    Parameters
    ----------
    streets
        What :func:`cfgeo.from_networkx` takes, or a network.
    """

    def __init__(self, streets: "Network | nx.Graph[Any]") -> None:
        self._streets = streets

    @property
    def crs(self) -> str | None:
        """Return the metric CRS of a network; a graph takes any."""
        return self._streets.edges.crs.to_string() if isinstance(self._streets, Network) else None

    def network(self, *, crs: str, trunk_roads: bool) -> Network:
        """Return the streets as a network in a metric CRS.

        A network in another CRS is cut anew, and loses its heights.

        Raises
        ------
        NetworkError
            As :func:`cfgeo.from_networkx`.
        """
        if not isinstance(self._streets, Network):
            return from_networkx(self._streets, crs=crs, trunk_roads=trunk_roads)
        if pyproj.CRS(self._streets.edges.crs) == pyproj.CRS(crs):
            return self._streets
        return build_network(ways_of_network(self._streets), crs=crs)

    def sha256(self) -> str:
        """Return the SHA-256 of the streets, which two equal ones share."""
        digest = hashlib.sha256()
        for part in _parts(self._streets):
            digest.update(part)
        return digest.hexdigest()

    @property
    def size(self) -> int:
        """Return about how many bytes the streets take in memory."""
        return sum(len(part) for part in _parts(self._streets))


def _parts(streets: "Network | nx.Graph[Any]") -> Iterator[bytes]:
    """Yield all that makes streets what they are."""
    if isinstance(streets, Network):
        for table in (streets.nodes, pd.DataFrame(streets.edges.drop(columns=streets.edges.geometry.name))):
            yield repr([*map(str, table.columns)]).encode()
            yield np.ascontiguousarray(pd.util.hash_pandas_object(table, index=False).to_numpy()).tobytes()
        yield from shapely.to_wkb(streets.edges.geometry.to_numpy())
        yield repr((streets.edges.crs.to_wkt(), sorted(streets.relief.items()))).encode()
        return
    yield repr(sorted(streets.graph.items(), key=str)).encode()
    for node in streets.nodes(data=True):
        yield repr(node).encode()
    for u, v, facts in streets.edges(data=True):
        shapes = {name: value.wkb_hex for name, value in facts.items() if isinstance(value, shapely.Geometry)}
        yield repr((u, v, {**facts, **shapes})).encode()
