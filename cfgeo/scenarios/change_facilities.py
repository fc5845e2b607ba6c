"""Changes to facilities → the case with them; it shares what they do not touch with the case before."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk
from cfgeo.assess.lacking.columns import read_by
from cfgeo.core.scenario import FacilityChange, Fault, WrittenAt, similar_names, where_of
from cfgeo.core.schema import COMMUNITIES, SECONDS_PER_MINUTE, IntArray, Positions
from cfgeo.core.strings import KIND_MARK, section
from cfgeo.files.vocabulary.kinds import kind_of
from cfgeo.files.vocabulary.words import Choices, headings, perhaps_layer
from cfgeo.network.walkers import PACES
from cfgeo.walk.snap import SnapIndex, merged, snap

_PLAIN_COLUMNS = ("capacity", "certified")


def with_facilities(case: Case, changes: Sequence[FacilityChange]) -> tuple[Case, list[Fault]]:
    """Return a case with changes to its facilities.

    Parameters
    ----------
    case
        What is judged; is left as it is.
    changes
        Shapes in the case's metric CRS.

    Returns
    -------
    case : Case
        Layers without a change are the same objects as before. Facilities keep their ids; new ones are numbered on.
    faults : list of Fault
        What cannot be done; then the case is of no use.
    """
    tables, faults = changed_layers(case, changes)
    answers, more = changed_answers(case, changes)
    if faults or more:
        return case, faults + more
    changed = _resnapped(case, replace(case, inputs=replace(case.inputs, layers=tables, community_answers=answers)))
    return changed, _off_street(changed, changes)


def changed_layers(case: Case, changes: Sequence[FacilityChange]) -> tuple[dict[str, gpd.GeoDataFrame], list[Fault]]:
    """Return the tables of all layers with changes, and what cannot be done."""
    faults: list[Fault] = []
    changes = [replace(change, kind=kind_of(change.kind)) for change in changes if change.layer != COMMUNITIES]
    tables = dict(case.inputs.layers)
    for name in dict.fromkeys(change.layer for change in changes):
        own = [change for change in changes if change.layer == name]
        if name not in tables:
            known = Choices("layer_names", tuple(tables))
            about = {"layer": name, "near": perhaps_layer(name, tables), "known": known}
            faults += [("change_layer", {"where": where_of(change), **about}) for change in own]
            continue
        faults += [fault for change in own for fault in _faults(case, change)]
        tables[name], more = _changed(tables[name], own)
        faults += more
    return tables, faults


def changed_answers(case: Case, changes: Sequence[FacilityChange]) -> tuple[pd.DataFrame, list[Fault]]:
    """Return what is known of the communities with changes, such as certificates, and what cannot be done."""
    answers, faults, seen = case.inputs.community_answers, list[Fault](), dict[object, WrittenAt]()
    own = [change for change in changes if change.layer == COMMUNITIES]
    if not own:
        return answers, faults
    communities = case.inputs.communities.rename(columns={"community": "name"})
    read = (column for clause in case.standard.clause if clause.layer == COMMUNITIES for column in read_by(clause))
    columns = dict.fromkeys((*map(str, answers.columns), *read))
    rows = answers.reindex(communities.index, columns=list(columns)).to_dict("index")
    for change in own:
        where, ids = where_of(change), facility_ids(communities, change.facility)
        values = {"where": where, "layer": COMMUNITIES, "known": ", ".join(sorted(columns)) or "–"}
        unknown = [key for key in change.attributes if key not in columns]
        faults += [("change_attribute", {**values, "key": key}) for key in unknown]
        if change.action != "refit":
            faults.append(("change_community", {"where": where}))
        elif len(ids) != 1 or ids[0] in seen:
            faults.append(_ambiguous(communities, change, ids, seen))
        elif not unknown:
            seen[ids[0]] = where
            rows[ids[0]].update(change.attributes.items())
    table = pd.DataFrame({name: [row[name] for row in rows.values()] for name in columns}, index=communities.index)
    return table, faults


def _changed(layer: gpd.GeoDataFrame, changes: Sequence[FacilityChange]) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Return a layer's table with its changes."""
    faults: list[Fault] = []
    rows = layer.to_dict("index")
    seen: dict[object, WrittenAt] = {}
    number = max((int(str(i).rpartition("-")[2]) for i in layer.index), default=0)
    name = str(changes[0].layer)
    for change in changes:
        if change.action == "add":
            number += 1
            facts = {"kind": change.kind or _usual_kind(layer, name), "name": change.name, "layer": name}
            rows[f"{name}-{number}"] = {**facts, **change.attributes, "geometry": change.shape}
            continue
        ids = facility_ids(layer, change.facility)
        if len(ids) != 1 or ids[0] in seen:
            faults.append(_ambiguous(layer, change, ids, seen))
            continue
        seen[ids[0]] = where_of(change)
        if change.action == "close":
            del rows[ids[0]]
            continue
        shape = {} if change.shape is None else {"geometry": change.shape}
        rows[ids[0]] = {**rows[ids[0]], **change.attributes, **shape}
    columns = [*layer.columns, *sorted({key for row in rows.values() for key in row} - set(layer.columns))]
    # Column by column, so that each gets the type that it would have been read with.
    table = pd.DataFrame({c: [row.get(c, np.nan) for row in rows.values()] for c in columns if c != "geometry"})
    table.index = pd.Index(list(rows), name=layer.index.name, dtype=layer.index.dtype)
    shapes = [row["geometry"] for row in rows.values()]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=layer.crs)[columns], faults


def _usual_kind(layer: gpd.GeoDataFrame, name: str) -> str:
    kinds = layer["kind"].unique()
    return str(kinds[0]) if len(kinds) == 1 else name


def facility_ids(layer: gpd.GeoDataFrame, facility: str) -> list[Any]:
    """Return the ids of the facilities with an id or a name."""
    if facility in layer.index:
        return [facility]
    return list(layer.index[layer["name"] == facility])


def _ambiguous(
    layer: gpd.GeoDataFrame, change: FacilityChange, ids: Sequence[object], seen: Mapping[object, WrittenAt]
) -> Fault:
    """Return why a change does not name exactly one facility that no other change names."""
    values: dict[str, object] = {"where": where_of(change), "facility": change.facility}
    if len(ids) == 1:
        return "change_same", {**values, "other": seen[ids[0]]}
    values["layer"] = change.layer
    if ids:
        return "change_several", {**values, "ids": ", ".join(map(str, ids))}
    names = [*map(str, layer["name"][layer["name"] != ""]), *map(str, layer.index)]
    return "change_facility", {**values, "near": similar_names(change.facility, names)}


def _faults(case: Case, change: FacilityChange) -> list[Fault]:
    """Find what the study cannot do of a change."""
    layer, where = case.inputs.layers[change.layer], where_of(change)
    clauses = [clause for clause in case.standard.clause if clause.layer == change.layer]
    asked = {kind for clause in clauses for kind in clause.kind}
    faults: list[Fault] = []
    if change.kind or (change.action == "add" and asked):
        known = sorted({*asked, *(kind for each in layer["kind"].unique() for kind in each.split(KIND_MARK))})
        if not change.kind:
            action = Choices("actions", (change.action,))
            faults.append(("change_lacks", {"where": where, "action": action, "key": headings("kind")}))
        elif unknown := [kind for kind in change.kind.split(KIND_MARK) if kind not in {*known, *section("kind")}]:
            values = {"layer": change.layer, "kind": ", ".join(unknown), "known": ", ".join(known)}
            faults.append(("change_kind", {"where": where, **values}))
    read = (column for clause in clauses for column in read_by(clause))
    columns = {*map(str, layer.columns), *_PLAIN_COLUMNS, *read}
    columns -= {"geometry", "layer", "kind", "name"}
    for key, value in change.attributes.items():
        if key not in columns:
            values = {"layer": change.layer, "key": key, "known": ", ".join(sorted(columns))}
            faults.append(("change_attribute", {"where": where, **values}))
        elif key == "capacity" and not isinstance(value, int | float):
            faults.append(("change_number", {"where": where, "value": value}))
    if change.shape is not None and (km := off_map_km(case, change.shape)):
        faults.append(("change_off_map", {"where": where, "km": km}))
    return faults


def off_map_km(case: Case, shape: Any) -> float:
    """Return how far a shape lies from the communities [km] if nobody can walk that far; otherwise 0."""
    if not np.isfinite(shape.bounds).all():
        return np.inf
    distance_m = float(shapely.distance(case.inputs.communities.geometry.to_numpy(), shape).min())
    fastest_m_s = max(walker.fastest_m_s for walker in case.walkers.values()) * max(PACES.values())
    minutes = max([case.limit_minutes(clause) for clause in case.walked_clauses] + [case.choices.limit_minutes])
    return distance_m / 1000 if distance_m > minutes * SECONDS_PER_MINUTE * fastest_m_s else 0.0


def _off_street(case: Case, changes: Sequence[FacilityChange]) -> list[Fault]:
    """Find new and moved places that are too far from any street."""
    faults: list[Fault] = []
    for name in dict.fromkeys(change.layer for change in changes):
        if name not in case.home.places:
            continue  # a base layer, which was left out where verdicts alone are asked for
        snapped = set(case.home.places[name].item.tolist())
        shapes = case.inputs.layers[name].geometry.to_numpy()
        for change in changes:
            if change.layer == name and change.shape is not None:
                item = int(np.flatnonzero([shape is change.shape for shape in shapes])[0])
                if item not in snapped:
                    faults.append(("change_off_street", {"where": where_of(change), "snap_m": case.choices.snap_m}))
    return faults


def _resnapped(before: Case, after: Case) -> Case:
    """Return the case after changes with new and moved places snapped; the others keep their positions."""
    touched = {name for name, table in after.inputs.layers.items() if table is not before.inputs.layers[name]}
    known: dict[tuple[int, str], Positions] = {}

    def resnapped(walk: Walk) -> Walk:
        places = dict(walk.places)
        for name in places.keys() & touched:
            key = id(walk.index), name
            if key not in known:
                tables = before.inputs.layers[name], after.inputs.layers[name]
                known[key] = _changed_positions(walk.places[name], *tables, walk.index, snap_m=before.choices.snap_m)
            places[name] = known[key]
        return replace(walk, places=places)

    return replace(
        after,
        walks={walker: resnapped(walk) for walker, walk in before.walks.items()},
        level_walks={walker: resnapped(walk) for walker, walk in before.level_walks.items()},
    )


def _changed_positions(
    at: Positions, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, index: SnapIndex, *, snap_m: float
) -> Positions:
    """Return where the places of a changed layer meet the network."""
    row, same = kept_places(before, after)
    now = np.full(len(before), -1)
    now[row[same]] = np.flatnonzero(same)
    kept = at.take(now[at.item] >= 0)
    fresh = np.flatnonzero(~same)
    new = snap(index, after.geometry.to_numpy()[fresh], snap_m=snap_m)
    return merged(replace(kept, item=now[kept.item]), replace(new, item=fresh[new.item]))


def kept_places(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> tuple[IntArray, Any]:
    """Return each facility's row before (-1: none), and whether it is in the same place (rows of ``after``)."""
    row = before.index.get_indexer(after.index)
    same = row >= 0
    same[same] = before.geometry.to_numpy()[row[same]] == after.geometry.to_numpy()[same]
    return row, same
