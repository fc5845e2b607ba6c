"""The streets that a study's network is cut from, kept so that changes cut only what they touch again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np

from cfgeo.assess.case import Case
from cfgeo.core.errors import NetworkError
from cfgeo.core.scenario import Change, Fault, LinkChange, Scenario
from cfgeo.core.schema import Box, IntArray, Network, StreetWays
from cfgeo.network.build import network_of
from cfgeo.network.edges import CutWays, cut_again, cut_ways, same_edges
from cfgeo.network.elevation import Elevation, apply_elevation, read_elevation
from cfgeo.network.terrain import PreviousNetwork
from cfgeo.scenarios.change_ways import changed_ways, ways_beside, with_opened
from cfgeo.scenarios.draw_links import Junction
from cfgeo.scenarios.lists.changes import load_scenario
from cfgeo.study.config import Study
from cfgeo.study.demand import read_demand
from cfgeo.study.settings import margin_m
from cfgeo.study.sources import SourceReader
from cfgeo.study.streets import box_around, ways_around


@dataclass(frozen=True)
class Laid:
    """Ways cut into edges, and the elevation under them.

    Attributes
    ----------
    cut : CutWays
    edge : numpy.ndarray
        Which edge of the network each edge of the cut is; -1: none (edges of the cut, then its crossings).
    elevation : Elevation
    """

    cut: CutWays
    edge: IntArray
    elevation: Elevation


@dataclass(frozen=True)
class Streets:
    """The streets that a study's network is cut from; read when first needed, then kept.

    Attributes
    ----------
    study : Study
    crs : str
        The metric CRS.
    bbox : tuple of float
        West, south, east, north [degrees].
    network : Network
        What has been cut from them.
    homes : callable, optional
        Demand on a network, where homes are taken from streets.
    edited : Laid, optional
        The ways after changes; the study's own when missing.
    decided : tuple
        The changes of streets that the study has decided on, in their order: the network is cut with them.
    """

    study: Study
    crs: str
    bbox: Box
    network: Network
    homes: Callable[[Network], gpd.GeoDataFrame] | None = None
    edited: Laid | None = None
    decided: tuple[tuple[LinkChange, ...], ...] = ()

    @cached_property
    def laid(self) -> Laid:
        """The ways, without what lies outside the box, cut, and the elevation under them."""
        if self.edited is not None:
            return self.edited
        if self.network.relief.get("known") and not self._rasters:
            raise NetworkError("network_heights")
        ways = ways_around(SourceReader(self.study), crs=self.crs, bbox=self.bbox)
        if len(ways.ways) == 0:
            raise NetworkError("network_empty")
        cut = cut_ways(ways, crs=self.crs)
        for links in self.decided:
            cut, _ = cut_again(cut, *changed_ways(cut, links)[:2])
        elevation = read_elevation(self.network, self._rasters, slope=self.study.walk.slope)
        edges = self.network.edges
        edge = same_edges(edges["osm_id"].to_numpy(), edges.geometry.to_numpy(), cut.all_ids, cut.all_lines)
        return Laid(cut, edge, elevation)

    def changed(self, changes: Sequence[LinkChange]) -> tuple["Streets", IntArray, list[Junction], list[Fault]]:
        """Return streets with changes, and the network that follows.

        Parameters
        ----------
        changes
            Shapes in the metric CRS.

        Returns
        -------
        streets : Streets
        was : numpy.ndarray
            Which edge of the network before has the same way and line; -1: none (edges).
        junctions : list of Junction
            Where new links meet what was there, or one another.
        faults : list of Fault
            What cannot be done; then the streets are as they were.
        """
        ways, same_way, junctions, faults = changed_ways(self.laid.cut, changes)
        if faults:
            return self, np.arange(len(self.network.edges)), [], faults
        return *self._cut_again(ways, same_way), junctions, []

    def beside(self, refits: Sequence[LinkChange]) -> tuple["Streets", IntArray]:
        """Return streets on which ways as they are refitted lie beside what they were, numbered on, refit by refit.

        Returns
        -------
        streets : Streets
        was : numpy.ndarray
            As for :meth:`changed`.
        """
        return self._cut_again(*ways_beside(self.laid.cut.streets, refits))

    def opened(self, changes: Sequence[LinkChange]) -> tuple["Streets", IntArray, list[int]]:
        """Return streets with the closed ways that changes open, and all else as it is.

        Returns
        -------
        streets : Streets
        was : numpy.ndarray
            As for :meth:`changed`.
        touched : list of int
            The ways that are open now, and those that go through gates on them now.
        """
        before = self.laid.cut.streets
        cut, same_way = with_opened(self.laid.cut, changes)
        ids = cut.streets.ways["osm_id"].to_numpy()
        if cut.streets is before:
            return self, np.arange(len(self.network.edges)), []
        return *self._cut_again(cut.streets, same_way), np.unique(ids[same_way < 0]).tolist()

    def _cut_again(self, ways: StreetWays, same_way: IntArray) -> tuple["Streets", IntArray]:
        before, slope = self.laid, self.study.walk.slope
        cut, same = cut_again(before.cut, ways, same_way)
        network = network_of(cut)
        was = np.full(len(network.edges), -1)  # rides come last, and nobody lives on one
        was[: len(same)] = np.where(same >= 0, before.edge[same], -1)
        elevation = read_elevation(network, self._rasters, slope=slope, known=before.elevation)
        known = PreviousNetwork(self.network, was) if elevation is before.elevation else None
        network = apply_elevation(network, elevation, slope=slope, before=known)
        return replace(self, network=network, edited=Laid(cut, np.arange(len(same)), elevation)), was

    @property
    def _rasters(self) -> list[Path]:
        return [self.study.resolve(name) for name in self.study.network.elevation]


def streets_of(study: Study, case: Case) -> Streets:
    """Return the streets that a study's network is cut from; they are read when a change first needs them.

    What the study has decided on is among them, as it is in the case that :func:`cfgeo.pipeline.load_case` gives.
    """
    communities = case.inputs.communities
    bbox = box_around(communities.geometry, margin_m=margin_m(study, case.standard, case.walkers))
    on_streets = study.demand is None or study.demand.places is None
    reader = SourceReader(study)

    def homes(network: Network) -> gpd.GeoDataFrame:
        return read_demand(reader, communities, network, bbox).points

    crs, network = case.inputs.crs, case.inputs.network
    decided = tuple(links_of(scenario.in_crs(crs)) for scenario in decided_scenarios(study))
    return Streets(study, crs, bbox, network, homes if on_streets else None, decided=decided)


def decided_scenarios(study: Study) -> list[Scenario]:
    """Return what a study has decided on, the first decision first.

    Raises
    ------
    ScenarioError, InputError
        A file of ``[[decided]]`` is missing or cannot be read.
    """
    return [load_scenario(study.resolve(entry.path), study=study) for entry in study.decided]


def links_of(changes: Sequence[Change]) -> tuple[LinkChange, ...]:
    """Return the changes of streets among others."""
    return tuple(change for change in changes if isinstance(change, LinkChange))
