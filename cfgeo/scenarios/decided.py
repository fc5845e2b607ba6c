"""What a study has decided on, laid over its data: ``[[decided]]`` of ``study.toml``, a dated list of changes each.

What is decided counts once: the same change, asked again, is known for what it is.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.units import places_of
from cfgeo.core.findings import finding, findings_table
from cfgeo.core.scenario import Change, FacilityChange, Fault, LinkChange, raise_faults, where_of
from cfgeo.files.vocabulary.kinds import kind_of
from cfgeo.scenarios.change_facilities import facility_ids, off_map_km
from cfgeo.scenarios.draw_links import SAME_NODE_M
from cfgeo.scenarios.remeasure import MeasuredCase, changed, impossible
from cfgeo.scenarios.street_edits import decided_scenarios, streets_of
from cfgeo.study.config import Study
from cfgeo.study.sources import SourceReader

_ALONG = np.linspace(0.05, 0.95, 10)
"""Where along a new link its street is looked for."""
_ABSENT = frozenset({"change_facility", "change_street", "change_way"})
"""Faults of changes to what is not there."""
_SAME_M = 0.05
"""Two shapes are one if no corner differs by more: a table keeps 7 decimals of a degree, which is 1 cm."""


def with_decided(study: Study, case: Case) -> Case:
    """Return a case as it is with what its study has decided on, in the order of the decisions.

    Parameters
    ----------
    study
        The study.
    case
        As its data alone make it.

    Raises
    ------
    ScenarioError
        A change of a decision cannot be made on the data of today, or is decided twice; the message names all of them.
    """
    at = MeasuredCase(case, {}, {}, streets=replace(streets_of(study, case), decided=()))
    rows, files, reader = [], list(case.inputs.files), SourceReader(study)
    for entry, scenario in zip(study.decided, decided_scenarios(study), strict=True):
        changes = scenario.in_crs(case.inputs.crs)
        if study.whole is not None:
            changes = _of_district(at, changes)
        raise_faults(decided_faults(decided_already(at.case, changes)), scenario.file)
        at = changed(at, changes, file=scenario.file)
        decided = (*at.case.decided, *((change, entry.path) for change in changes))
        at = replace(at, case=replace(at.case, decided=decided))
        about = {"path": entry.path, "date": entry.date or "–", "title": entry.title or "–"}
        rows.append(finding("decided_laid", "decided", severity="note", count=len(changes), **about))
        files.append(replace(reader.record("decided", study.resolve(entry.path)), date=entry.date))
    known = case.inputs.findings.to_dict("records")
    findings = findings_table([*({str(key): value for key, value in row.items()} for row in known), *rows])
    return replace(at.case, inputs=replace(at.case.inputs, findings=findings, files=tuple(files)))


def _of_district(at: MeasuredCase, changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes of a city's decision that this district can make: it has the place, the street or the row."""
    away = {id(change) for change in changes if change.shape is not None and off_map_km(at.case, change.shape)}
    near = [change for change in changes if id(change) not in away]
    absent = {str(values["where"]) for key, values in impossible(at, near) if key in _ABSENT}
    return tuple(change for change in near if str(where_of(change)) not in absent)


def decided_already(case: Case, changes: Iterable[Change]) -> list[tuple[Change, str]]:
    """Return the changes that the case's study has decided on and that still stand, each with the list that has it.

    A change is the same if it says the same of the same thing. It no longer stands where a later decision has undone
    it, as one that closes what was added.

    Parameters
    ----------
    case
        The study with its decisions, as :func:`with_decided` gives it.
    changes
        Shapes in the case's metric CRS.
    """
    if not case.decided:
        return []
    known: dict[Hashable, list[tuple[Any, str]]] = {}
    for change, path in case.decided:
        known.setdefault(_body(change), []).append((change.shape, path))
    return [
        (change, path)
        for change in changes
        for path in [path for shape, path in known.get(_body(change), ()) if _same_shape(change.shape, shape)][-1:]
        if _stands(case, change)
    ]


def decided_faults(again: Sequence[tuple[Change, str]]) -> list[Fault]:
    """Return a fault for each change that would count twice, since it is decided already."""
    return [("change_decided", {"where": where_of(change), "path": path}) for change, path in again]


def _body(change: Change) -> Hashable:
    """Return what a change says, but for its shape and its number."""
    if isinstance(change, FacilityChange):
        facts = tuple(sorted((key, _plain(value)) for key, value in change.attributes.items()))
        return change.action, change.layer, change.facility, kind_of(change.kind), change.name, facts
    return change.action, change.link, change.way, change.street, tuple(sorted(change.tags.items()))


def _plain(value: object) -> str:
    """Return a value as text that is the same for a number however it was written."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{float(value):.12g}" if is_number else str(value)  # type: ignore[arg-type]


def _same_shape(shape: Any, other: Any) -> bool:
    if shape is None or other is None:
        return shape is other
    return bool(shape.equals_exact(other, _SAME_M))


def _stands(case: Case, change: Change) -> bool:
    """Return whether the study is as a decided change has made it."""
    if not isinstance(change, FacilityChange):
        return _link_stands(case, change)
    table = places_of(case.inputs, change.layer)
    if change.action == "add":
        return any(_same_shape(shape, change.shape) for shape in table.geometry)
    rows = table.loc[facility_ids(table, change.facility)]
    if change.action == "close" or len(rows) != 1:
        return len(rows) == 0
    facts = all(
        column in rows and _plain(rows[column].iloc[0]) == _plain(value) for column, value in change.attributes.items()
    )
    return facts and (change.shape is None or _same_shape(rows.geometry.iloc[0], change.shape))


def _link_stands(case: Case, change: LinkChange) -> bool:
    """Return whether the streets are as a decided change has made them.

    Of a new link, whose way has a number that the change does not know, the network still has a street all along it. A
    street that was closed stays so. A refitted one has no later decision that closes it, or gives it other tags.
    """
    if change.action == "add":
        spots = shapely.line_interpolate_point(change.shape, _ALONG, normalized=True)
        met, _ = case.inputs.network.edges.sindex.query(spots, predicate="dwithin", distance=SAME_NODE_M)
        return len(np.unique(met)) == len(spots)
    decided = [each for each, _ in case.decided if isinstance(each, LinkChange)]
    places = [nth for nth, each in enumerate(decided) if _body(each) == _body(change)]
    later = decided[places[-1] + 1 :] if places else []
    return change.action == "close" or not any(_undoes(each, change) for each in later)


def _undoes(later: LinkChange, change: LinkChange) -> bool:
    """Return whether a later change closes the street of a refit, or gives it other tags."""
    same = (later.way, later.street) == (change.way, change.street) and _same_shape(later.shape, change.shape)
    other = any(key in later.tags and later.tags[key] != tag for key, tag in change.tags.items())
    return same and (later.action == "close" or (later.action == "refit" and other))
