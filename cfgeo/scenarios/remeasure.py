"""Measure a case, and measure it again after changes: only what they touch is searched again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from cfgeo.assess import score
from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk, demand_seconds, share_within
from cfgeo.assess.measures.communities import ON_THE_LEVEL, VERDICT_COLUMNS, all_reach_verdicts, judge_presence
from cfgeo.assess.measures.counted import clause_places, kind_mask, presence
from cfgeo.assess.services import is_near, services_of
from cfgeo.assess.units import judged_units, measure_units, units_of
from cfgeo.core.scenario import Change, FacilityChange, Fault, LinkChange, raise_faults, where_of
from cfgeo.core.schema import BASE_LAYERS, CALMING, COMMUNITIES, NOT_ASSESSED, PASSED, SCHOOLS, BoolArray, FloatArray
from cfgeo.network.walkers import PACES, Walker
from cfgeo.scenarios.change_facilities import changed_answers, changed_layers, kept_places, off_map_km, with_facilities
from cfgeo.scenarios.draw_links import Junction
from cfgeo.scenarios.resnap import on_network
from cfgeo.scenarios.street_edits import Streets
from cfgeo.study.standard import Clause

Key = tuple[str, str]
"""Clause id, and column of its verdict, of ``VERDICT_COLUMNS``."""


@dataclass(frozen=True)
class MeasuredCase:
    """The walks of a case, and the verdicts that follow.

    Attributes
    ----------
    case : Case
    seconds : Mapping of Key to numpy.ndarray
        The walk of each demand point to the nearest place of a clause [s]; inf: beyond the search (demand points).
    verdicts : Mapping of Key to numpy.ndarray
        ``passed``, ``failed`` or ``not_assessed`` (communities).
    streets : Streets, optional
        What the network is cut from, for changes of it.
    junctions : tuple of Junction
        Where links that were added meet the network.
    beyond : bool
        Whether walks for the study's own verdict are known beyond the limits, as far as a run searches.
    """

    case: Case
    seconds: Mapping[Key, FloatArray]
    verdicts: Mapping[Key, np.ndarray]
    streets: Streets | None = None
    junctions: tuple[Junction, ...] = ()
    beyond: bool = True

    @cached_property
    def passed(self) -> BoolArray:
        """Which communities pass (communities)."""
        return self.passed_by("verdict")

    def passed_by(self, column: str) -> BoolArray:
        """Return which communities pass by the verdicts of a column (communities)."""
        required = [clause.id for clause in self.case.standard.required_of("community")]
        verdicts = np.array([self.verdicts[clause, column] for clause in required], dtype=object)
        return score.community_passes(verdicts == PASSED, verdicts != NOT_ASSESSED, self.case.samples.lived_in)


def measured(
    case: Case,
    *,
    streets: Streets | None = None,
    columns: Sequence[str] = VERDICT_COLUMNS,
    beyond: bool = True,
) -> MeasuredCase:
    """Measure every walk that a verdict of a community rests on.

    Parameters
    ----------
    case
        What is judged.
    streets
        What its network is cut from, where links are to be changed; from
        :func:`cfgeo.scenarios.street_edits.streets_of`.
    columns
        Which verdicts: the study's (``verdict``), those of slower and faster walkers, and that on level land. Where
        only some are measured, the case keeps only what they rest on: neither other walks, nor area points.
    beyond
        Whether to search beyond a clause's limit for the study's own verdict.
    """
    case, seconds = _needed_for(case, columns), dict[Key, FloatArray]()
    for clause in case.reach_clauses:
        for column in columns:
            walk = _walk(case, clause, column)
            limit_s = _limit_s(case, clause, column, beyond=beyond)
            seconds[clause.id, column] = demand_seconds(case.samples, walk, case.places(clause, walk), limit_s=limit_s)
    keys = [(clause, column) for clause in case.standard.of_scope("community") for column in columns]
    verdicts = {(clause.id, column): _verdict(case, clause, column, seconds) for clause, column in keys}
    return MeasuredCase(case, seconds, verdicts, streets, beyond=beyond)


def _needed_for(case: Case, columns: Sequence[str]) -> Case:
    """Return a case with only what some columns need: on a changed network all that it holds is snapped again."""
    walkers = {case.home.walker}
    walkers |= {_walk(case, clause, column).walker for clause in case.walked_clauses for column in columns}
    walks = {walker: walk for walker, walk in case.walks.items() if walker in walkers}
    level = case.level_walks if ON_THE_LEVEL in columns else {}
    case = replace(case, walks=walks, level_walks=level)
    return case if set(columns) >= set(VERDICT_COLUMNS) else _judged_only(case)


def _judged_only(case: Case) -> Case:
    """Return a case without what no verdict rests on: area points, and layers that are only drawn."""
    none = np.empty(0, dtype=np.int64)

    def judged_only(walk: Walk) -> Walk:
        places = {name: at for name, at in walk.places.items() if name not in BASE_LAYERS}
        return replace(walk, area=walk.area.take(none), places=places)

    return replace(
        case,
        samples=replace(case.samples, area=case.samples.area[none], area_owner=none),
        walks={walker: judged_only(walk) for walker, walk in case.walks.items()},
        level_walks={walker: judged_only(walk) for walker, walk in case.level_walks.items()},
    )


def narrowed(before: MeasuredCase, clauses: Collection[str], layers: Collection[str]) -> MeasuredCase:
    """Return a measurement of some clauses alone; what follows from it measures only these.

    Parameters
    ----------
    before
        What :func:`measured` or :func:`changed` gave.
    clauses
        Their ids; none that puts others together.
    layers
        Layers whose places stay on the network: those of the clauses, and all that changes may name.
    """
    case = before.case
    kept = [clause for clause in case.walked_clauses if clause.id in clauses]
    columns = dict.fromkeys(column for _, column in before.verdicts)
    walkers = {case.home.walker, *(_walk(case, clause, column).walker for clause in kept for column in columns)}

    def needed(walks: Mapping[Walker, Walk]) -> dict[Walker, Walk]:
        return {
            walker: replace(walk, places={name: at for name, at in walk.places.items() if name in layers})
            for walker, walk in walks.items()
            if walker in walkers
        }

    case = replace(case, walks=needed(case.walks), level_walks=needed(case.level_walks))
    seconds = {key: walks_s for key, walks_s in before.seconds.items() if key[0] in clauses}
    verdicts = {key: verdict for key, verdict in before.verdicts.items() if key[0] in clauses}
    return replace(before, case=case, seconds=seconds, verdicts=verdicts)


def changed(before: MeasuredCase, changes: Sequence[Change], *, file: Path | None = None) -> MeasuredCase:
    """Measure again what changes touch.

    Parameters
    ----------
    before
        What :func:`measured` or this function gave; is left as it is.
    changes
        Shapes in the case's metric CRS, as :meth:`cfgeo.core.scenario.Scenario.in_crs` gives them.
    file
        Where they come from, for the message of a fault.

    Raises
    ------
    ScenarioError
        A change cannot be made; the message names all of them.
    """
    links = [change for change in changes if isinstance(change, LinkChange)]
    facilities = [change for change in changes if isinstance(change, FacilityChange)]
    case, streets, junctions, faults = before.case, before.streets, before.junctions, list[Fault]()
    if links:
        if streets is None:
            raise ValueError("links cannot be changed without the streets that the network is cut from")
        streets, was, new, faults = streets.changed(links)
        faults = [fault for change in links for fault in _off_map(case, change)] + faults
        if not faults:
            junctions = (*junctions, *new)
            case = on_network(case, streets.network, was, homes=streets.homes)
    case, more = with_facilities(case, facilities)
    raise_faults(faults + more, file)
    return replace(remeasured(before, case), streets=streets, junctions=junctions)


def impossible(before: MeasuredCase, changes: Sequence[Change]) -> list[Fault]:
    """Find what cannot be done of changes that stand beside faulty ones: new links, which may need these, are left out.

    Parameters
    ----------
    before, changes
        As for :func:`changed`.
    """
    old = [change for change in changes if isinstance(change, LinkChange) and change.action != "add"]
    faults = before.streets.changed(old)[-1] if old and before.streets is not None else []
    facilities = [change for change in changes if isinstance(change, FacilityChange)]
    return faults + changed_layers(before.case, facilities)[1] + changed_answers(before.case, facilities)[1]


def _off_map(case: Case, change: LinkChange) -> list[Fault]:
    km = 0.0 if change.shape is None else off_map_km(case, change.shape)
    return [("change_off_map", {"where": where_of(change), "km": km})] if km else []


def remeasured(before: MeasuredCase, case: Case) -> MeasuredCase:
    """Measure again where a case differs from the one that was measured before.

    A layer that has only gained places is searched from the new ones alone: the nearest place is the nearer of the
    nearest before and the nearest new one. A layer that has lost or moved a place is searched again.
    """
    seconds, verdicts = dict(before.seconds), dict(before.verdicts)
    columns = dict.fromkeys(column for _, column in before.verdicts)
    same_homes = case.samples.demand is before.case.samples.demand
    judged = {name for name, _ in before.verdicts}
    clauses = [clause for clause in case.standard.of_scope("community") if clause.id in judged]
    last = sorted(clauses, key=lambda clause: clause.measure == "all_reach")
    for clause in last:  # what puts walks together comes after them
        if not touches(before.case, case, clause):
            continue
        reach = any(clause.id == name for name, _ in seconds)
        fresh = _fresh(before.case, case, clause) if reach else None
        for column in columns:
            key = clause.id, column
            if reach:
                seconds[key] = _seconds_after(before, case, clause, column, fresh)
                if same_homes and np.array_equal(seconds[key], before.seconds[key]):
                    continue
            verdicts[key] = _verdict(case, clause, column, seconds)
    return MeasuredCase(case, seconds, verdicts, beyond=before.beyond)


def touches(before: Case, after: Case, clause: Clause) -> bool:
    """Return whether what differs between two cases can change a clause's verdicts."""
    if clause.measure == "all_reach":
        return any(touches(before, after, service) for service in before.standard.services(clause))
    layers = [str(name) for name in (*clause.all_layers, clause.near_layer) if name is not None]
    same = [before.inputs.layers.get(name) is after.inputs.layers.get(name) for name in layers]
    if clause.measure == "school_routes":
        same = [before.inputs.layers.get(name) is after.inputs.layers.get(name) for name in (SCHOOLS, CALMING)]
    if COMMUNITIES in layers or clause.measure == "rate":  # per a number of the communities
        same.append(before.inputs.community_answers is after.inputs.community_answers)
    walked = clause.measure in ("reach", "connected", "school_routes") or clause.along == "streets"
    return (walked and before.inputs.network is not after.inputs.network) or not all(same)


def _fresh(before: Case, after: Case, clause: Clause) -> BoolArray | None:
    """Return which rows of a clause's layer are new places for it; None where all have to be searched again."""
    if before.inputs.network is not after.inputs.network:
        return None
    tables = before.inputs.layers[str(clause.layer)], after.inputs.layers[str(clause.layer)]
    counts_before, counts_after = (kind_mask(table, clause.kind) for table in tables)
    row, stays = kept_places(*tables)
    stays = stays & counts_after
    stays[stays] = counts_before[row[stays]]
    return counts_after & ~stays if stays.sum() == counts_before.sum() else None


def _seconds_after(
    before: MeasuredCase, case: Case, clause: Clause, column: str, fresh: BoolArray | None
) -> FloatArray:
    """Return the seconds of one clause and column after changes."""
    old = before.seconds[clause.id, column]
    if fresh is not None and not fresh.any():
        return old
    walk, limit_s = _walk(case, clause, column), _limit_s(case, clause, column, beyond=before.beyond)
    if fresh is None:
        return demand_seconds(case.samples, walk, case.places(clause, walk), limit_s=limit_s)
    at = walk.places[str(clause.layer)]
    return np.minimum(old, demand_seconds(case.samples, walk, at.take(fresh[at.item]), limit_s=limit_s))


def _walk(case: Case, clause: Clause, column: str) -> Walk:
    return case.level_walk(clause) if column == ON_THE_LEVEL else case.walk(clause, PACES[column])


def _limit_s(case: Case, clause: Clause, column: str, *, beyond: bool) -> float:
    """Return how far to search [s]; for the study's own verdict as far as a run does, where that is asked."""
    return case.search_s(clause) if beyond and column == "verdict" else case.limit_s(clause)


def _verdict(case: Case, clause: Clause, column: str, seconds: Mapping[Key, FloatArray]) -> np.ndarray:
    """Return one clause's verdict of each community."""
    if clause.measure == "all_reach":
        services = services_of(case, clause, near=partial(_is_near, case, column, seconds))
        return all_reach_verdicts(case, clause, services)[1].to_numpy(dtype=object)
    if clause.measure not in ("reach", "present"):
        units = units_of(case, "community")
        judged = judged_units(clause, measure_units(case, clause, units), units.ids)
        return judged["verdict"].to_numpy(dtype=object)
    places = clause_places(clause, case.inputs.layers)
    if places is None:
        return np.full(len(case.samples.codes), NOT_ASSESSED, dtype=object)
    if clause.measure == "reach":
        walks_s, limit_s = seconds[clause.id, column], case.limit_s(clause)
        values = share_within(case.samples, walks_s, case.weight(clause), limit_s=limit_s)
        return score.judge(values, clause.need, strict=clause.strict).to_numpy(dtype=object)
    counted = presence(clause, places, case.inputs.communities)
    return judge_presence(clause, *counted).to_numpy(dtype=object)


def _is_near(case: Case, column: str, seconds: Mapping[Key, FloatArray], clause: Clause) -> BoolArray:
    """Return which demand points are in reach of a clause; what was walked already is not searched again."""
    if (clause.id, column) in seconds:
        return np.asarray(seconds[clause.id, column] <= case.limit_s(clause))
    return is_near(case, clause, _walk(case, clause, column))
