"""Units of judgement: communities, street blocks, street offices and the district, and a clause's value in each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess import score
from cfgeo.assess.case import Case
from cfgeo.assess.coverage import demand_seconds
from cfgeo.assess.measures.areas import measure, places_in
from cfgeo.assess.measures.counted import clause_places, presence
from cfgeo.assess.measures.shares import shares_of
from cfgeo.assess.measures.values import NOTHING, Area, ClauseValue
from cfgeo.assess.school_routes import Flows, school_flows, school_routes, walked_edges
from cfgeo.assess.services import services_of
from cfgeo.core.clock import once
from cfgeo.core.schema import COMMUNITIES, NOT_ASSESSED, STREET_BLOCKS, UNIT_LAYERS, FloatArray, Inputs, IntArray
from cfgeo.study.communities import community_of
from cfgeo.study.standard import Clause, Scope

OF_PLACES = ("facility_share", "near", "none_within", "length_share")
"""Measures that say nothing of a unit without any place."""


@dataclass(frozen=True)
class Units:
    """The units of a scope.

    Attributes
    ----------
    shapes : geopandas.GeoDataFrame
        Their polygons, on the index of their ids; ``name``.
    community : numpy.ndarray
        Position of the unit that holds each community; -1 for none (communities).
    demand : numpy.ndarray
        Position of the unit in which each demand point lies; -1 for none (demand points).
    own_land : bool
        Whether a unit has land of its own, rather than that of its communities.
    blocks : pandas.Series
        Position of the unit that holds each street block, on the index of the blocks; -1 for none.
    scope : str
    """

    shapes: gpd.GeoDataFrame
    community: IntArray
    demand: IntArray
    own_land: bool
    blocks: pd.Series
    scope: Scope = "district"

    @property
    def ids(self) -> pd.Index:
        """Their ids: codes of communities, names of street offices, ids of blocks, "" for the district."""
        index: pd.Index = self.shapes.index
        return index

    def areas(self, case: Case) -> list[Area]:
        """Return what clauses are measured on in each unit."""
        inputs = case.inputs
        reported_as = "street_office" if self.scope == "block" and inputs.blocks is None else self.scope
        basis = inputs.communities, inputs.blocks, inputs.community_answers
        layers = {**inputs.layers, **_kept(case, "layers", basis, partial(unit_layers, inputs))}
        members = _kept(case, f"{self.scope} members", (self, inputs.communities), partial(self._members, inputs))
        outlines = self.shapes.geometry if self.own_land else [None] * len(self.shapes)
        return [
            Area(
                members[nth],
                layers,
                inputs.network,
                inputs.as_of,
                self.blocks.index[self.blocks == nth],
                outline,
                demand=case.samples.demand if inputs.demand_basis == "children" else None,
                snapped=case.home.places,
                routes=partial(_walked_of, case),
                reported=inputs.reported,
                unit=(reported_as, str(self.ids[nth])),
                community_answers=inputs.community_answers,
            )
            for nth, outline in enumerate(outlines)
        ]

    def _members(self, inputs: Inputs) -> list[gpd.GeoDataFrame]:
        """Return the communities of each unit."""
        return [inputs.communities[self.community == nth] for nth in range(len(self.shapes))]


@once
def block_shapes(inputs: Inputs) -> gpd.GeoDataFrame:
    """Return the street blocks: the study's own, or the street offices (index ``block``; ``name``, and what is known).

    Not to be mixed up with the base map's layer ``blocks``, which has the blocks between the streets of a city.
    """
    if inputs.blocks is not None:
        return inputs.blocks
    offices = inputs.communities[["street_office", "geometry"]].dissolve(by="street_office")
    return offices.rename_axis("block").assign(name=offices.index)


@once
def unit_layers(inputs: Inputs) -> dict[str, gpd.GeoDataFrame]:
    """Return the communities and the street blocks as places, as ``Inputs.layers`` has facilities."""
    communities = inputs.communities[["community", "geometry"]].rename(columns={"community": "name"})
    more = inputs.community_answers.drop(columns=["name", "layer", "kind"], errors="ignore")
    tables = {COMMUNITIES: communities.join(more), STREET_BLOCKS: block_shapes(inputs)}
    return {name: table.assign(layer=name, kind=name) for name, table in tables.items()}


def places_of(inputs: Inputs, layer: str) -> gpd.GeoDataFrame:
    """Return the table of a layer; that of the communities or the street blocks where it is theirs."""
    return unit_layers(inputs)[layer] if layer in UNIT_LAYERS else inputs.layers[layer]


def block_of(inputs: Inputs) -> pd.Series:
    """Return the street block that holds the middle of each community, "" for none, on the communities' index."""
    if inputs.blocks is None:
        return pd.Series(inputs.communities["street_office"])
    middles = inputs.communities.set_geometry(inputs.communities.representative_point())
    return community_of(middles, inputs.blocks)


def units_of(case: Case, scope: Scope) -> Units:
    """Return the units of a scope, with the communities and the demand that each holds.

    A demand point belongs to the unit of its community; to the block in which it lies, where blocks have polygons of
    their own. Demand outside all communities belongs to none. The units are worked out once for all cases of the same
    communities, blocks and homes: joining polygons takes longer than most clauses.
    """
    basis = case.inputs.communities, case.inputs.blocks, case.samples.demand, case.samples.demand_owner
    units: Units = _kept(case, scope, basis, partial(_units_of, case, scope))
    return units


def routes_of(case: Case) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return :func:`cfgeo.assess.school_routes.school_routes`, worked out once."""
    routes: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame] = _kept(
        case, "routes", _walked_by(case), lambda: school_routes(case, _flows_of(case))
    )
    return routes


def _walked_of(case: Case) -> pd.DataFrame:
    walked: pd.DataFrame = _kept(case, "walked", _walked_by(case), lambda: walked_edges(case, _flows_of(case)))
    return walked


def _flows_of(case: Case) -> Flows:
    flows: Flows = _kept(case, "flows", _walked_by(case), partial(school_flows, case))
    return flows


def _walked_by(case: Case) -> tuple[Any, ...]:
    """Return what school routes follow from."""
    return case.standard, case.inputs, case.samples, case.walks


def _kept(case: Case, name: str, basis: Sequence[Any], make: Callable[[], Any]) -> Any:
    """Return what was made for the same objects before, for this case or one that shares what it keeps."""
    known = case.kept.get(name)
    if known is None or any(one is not other for one, other in zip(known[0], basis, strict=True)):
        known = case.kept[name] = (basis, make())
    return known[1]


def _units_of(case: Case, scope: Scope) -> Units:
    inputs, owner = case.inputs, case.samples.demand_owner
    communities, blocks = inputs.communities, block_shapes(inputs)
    none = pd.Series(-1, index=blocks.index)
    each_block = pd.Series(np.arange(len(blocks)), index=blocks.index)
    if scope == "community":
        shapes = gpd.GeoDataFrame({"name": communities["community"]}, geometry=communities.geometry)
        return Units(shapes, np.arange(len(communities)), owner, own_land=False, blocks=none, scope=scope)
    if scope == "district":
        land = shapely.union_all(communities.geometry.to_numpy())
        whole = gpd.GeoDataFrame({"name": [""]}, geometry=[land], index=[""], crs=communities.crs)
        return Units(
            whole,
            np.zeros(len(communities), dtype=np.int64),
            np.where(owner >= 0, 0, -1),
            own_land=False,
            blocks=none + 1,
        )
    if scope == "street_office":
        shapes = communities[["street_office", "geometry"]].dissolve(by="street_office")
        shapes, held = shapes.assign(name=shapes.index), communities["street_office"]
    else:
        shapes, held = blocks, block_of(inputs)
    community = np.asarray(shapes.index.get_indexer(held), dtype=np.int64)
    own = scope == "block" and inputs.blocks is not None
    inside = np.append(community, -1)[owner]  # the last is for demand without a community
    if own:
        lies_in = shapes.index.get_indexer(community_of(case.samples.demand, shapes))
        inside = np.where(owner >= 0, lies_in, -1)
    within = each_block if scope == "block" else none
    return Units(shapes, community, inside, own_land=own, blocks=within, scope=scope)


def measure_units(case: Case, clause: Clause, units: Units) -> list[ClauseValue]:
    """Return the value of a clause in each unit, in the unit of its measure; ``NOTHING`` where nothing can be known.

    The share of a walk is that of the unit's demand, not the mean of its communities' shares. A unit without any of the
    places has no share of them.
    """
    if clause.measure == "all_reach":
        _, low, high = services_of(case, clause).all_reached(units.demand, n_areas=len(units.ids))
        missing = int((~services_of(case, clause).declared).sum())
        return [ClauseValue(*bounds, missing=missing) for bounds in zip(low.tolist(), high.tolist(), strict=True)]
    if clause.measure in ("reach", "present"):
        places = clause_places(clause, case.inputs.layers)
        if places is None:
            return [NOTHING] * len(units.ids)
        if clause.measure == "present":
            bounds = zip(*(count.tolist() for count in presence(clause, places, units.shapes)), strict=True)
            return [ClauseValue(least, most, missing=int(most - least)) for least, most in bounds]
        return [ClauseValue.known(value) for value in _shares(case, clause, units).tolist()]
    areas = units.areas(case)
    return [measure(clause, area) if clause.scope == "district" else _in_unit(clause, area) for area in areas]


def _shares(case: Case, clause: Clause, units: Units) -> FloatArray:
    walk, limit_s = case.walk(clause), case.limit_s(clause)
    seconds = demand_seconds(case.samples, walk, case.places(clause, walk), limit_s=limit_s)
    return shares_of(seconds <= limit_s, case.weight(clause), units.demand, n_areas=len(units.ids))[1]


def _in_unit(clause: Clause, area: Area) -> ClauseValue:
    if clause.measure in OF_PLACES:
        places = places_in(clause, area)
        if places is None or len(places) == 0:
            return NOTHING
    return NOTHING if len(area.communities) == 0 and area.outline is None else measure(clause, area)


def judged_units(clause: Clause, values: list[ClauseValue], ids: pd.Index) -> pd.DataFrame:
    """Return what was ``found`` in each unit, its ``verdict``, and whether it is open for data that is ``unknown``.

    Parameters
    ----------
    clause, values
        The clause, and its value in each unit.
    ids
        The units.
    """
    low, high = (np.array([getattr(value, end) for value in values], dtype=float) for end in ("low", "high"))
    found, verdict = score.judge_intervals(clause, low, high)
    table = pd.DataFrame({"found": found, "verdict": pd.array(verdict, dtype="str")}, index=ids)
    return table.assign(unknown=~np.isnan(low) & (verdict == NOT_ASSESSED))


def with_clauses(table: gpd.GeoDataFrame, judged: Mapping[str, pd.DataFrame]) -> gpd.GeoDataFrame:
    """Return a table of units with the columns of its clauses."""
    columns = {}
    for name, rows in judged.items():
        columns[f"{name}_found"], columns[f"{name}_verdict"] = rows["found"], rows["verdict"]
    return table.assign(**columns)
