"""How far projects are: which ones the plan still has to choose from, and whether what is done is in the data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case
from cfgeo.core.findings import Findings, finding
from cfgeo.core.projects import Project, Projects
from cfgeo.core.scenario import Change, FacilityChange, LinkChange
from cfgeo.core.schema import is_of_kinds
from cfgeo.core.strings import KIND_MARK, Message, Sentence
from cfgeo.files.answers import is_unclear, is_yes
from cfgeo.files.cell_values import numbers
from cfgeo.scenarios.change_areas import ways_meant
from cfgeo.scenarios.change_facilities import facility_ids
from cfgeo.scenarios.decided import decided_already
from cfgeo.scenarios.street_edits import Streets

SAME_PLACE_M, SAME_WAY_M, MOST = 50.0, 10.0, 0.9
"""So near lies a facility or way that is the one a project built, with so much of its area or length."""


@dataclass(frozen=True)
class Settled:
    """A reserve list without the projects that there is nothing to decide about.

    Attributes
    ----------
    listed : Projects
        The projects that can be built, and what is done and not in the data yet, as changes that cost nothing.
    left : Mapping of str to Message
        The others, each with the reason: dropped, done and in the data, decided by the study already, or bound to one
        of these.
    findings : list of dict
        What is done and not in the data, or found there.
    """

    listed: Projects
    left: Mapping[str, Message]
    findings: Findings


def settle(case: Case, listed: Projects, *, streets: Streets) -> Settled:
    """Leave out what is dropped, what is done and in the data, and what the study itself has decided on.

    Parameters
    ----------
    case
        The study as its data has it.
    listed
        The list; shapes in the case's metric CRS.
    streets
        The streets that the case's network is built from.
    """
    listed, decided = _without_decided(case, listed)
    left: dict[str, Message] = {name: Sentence("plan.reason_in_study") for name in decided}
    findings: Findings = []
    kept: dict[str, Project] = {}
    absent, found = list[str](), list[str]()
    for project in listed.projects:
        if project.id in decided:
            continue
        if project.stage == "dropped":
            left[project.id] = Sentence("plan.reason_dropped")
            continue
        kept[project.id] = project
        if project.stage == "done":
            open_ = tuple(change for change in project.changes if not is_in_data(case, change, streets=streets))
            (absent if open_ else found).append(project.name)
            kept[project.id] = replace(project, changes=open_)
            if not open_:
                left[project.id] = Sentence("plan.reason_done")
                del kept[project.id]
    if absent:
        findings.append(finding("projects_done_absent", "projects", names=tuple(absent)))
    if found:
        findings.append(finding("projects_done_found", "projects", severity="note", names=tuple(found)))
    _leave_bound(listed, kept, left)
    gone = frozenset(left)
    rest = tuple(
        replace(
            project,
            requires=tuple(other for other in project.requires if other not in gone),
            excludes=tuple(other for other in project.excludes if other not in gone),
        )
        for project in kept.values()
    )
    return Settled(replace(listed, projects=rest), left, findings)


def _without_decided(case: Case, listed: Projects) -> tuple[Projects, list[str]]:
    """Return the list without changes that the study has decided on, and the projects of which nothing remains.

    For others that require or exclude them, these are done.
    """
    if not case.decided:
        return listed, []
    projects, whole = list[Project](), list[str]()
    for project in listed.projects:
        again = [change for change, _ in decided_already(case, project.changes)]
        rest = tuple(change for change in project.changes if not any(change is known for known in again))
        if again and not rest and project.stage != "dropped":
            whole.append(project.id)
            projects.append(replace(project, stage="done", changes=()))
        else:
            projects.append(replace(project, changes=rest))
    return replace(listed, projects=tuple(projects)), whole


def _leave_bound(listed: Projects, kept: dict[str, Project], left: dict[str, Message]) -> None:
    """Leave out what requires a project that is never built, or excludes one that is done."""
    for project in listed.projects:
        done = [other for other in project.excludes if other in left and listed.by_id[other].stage == "done"]
        if project.id in kept and done and project.stage != "done":
            left[project.id] = Sentence("plan.reason_excluded", name=listed.by_id[done[0]].name)
            del kept[project.id]
    while True:
        bound = {
            project.id: lost
            for project in kept.values()
            for lost in project.requires
            if lost in left and listed.by_id[lost].stage != "done"
        }
        if not bound:
            return
        for name, lost in bound.items():
            left[name] = Sentence("plan.reason_requires", name=listed.by_id[lost].name)
            del kept[name]


def is_in_data(case: Case, change: Change, *, streets: Streets) -> bool:
    """Return whether the data has what a change would do.

    A facility of the kind with the same name, or within ``SAME_PLACE_M``, is the one that was to be added; a way of
    the same class along the line is the link. What cannot be told counts as not in the data: doing it again is said.
    """
    return _link_in_data(case, change, streets) if isinstance(change, LinkChange) else _facility_in_data(case, change)


def _link_in_data(case: Case, change: LinkChange, streets: Streets) -> bool:
    if change.action == "close":
        return not ways_meant(streets.laid.cut.streets.ways, change).any()
    if change.action != "add" or change.shape is None:
        return False
    edges = case.inputs.network.edges
    same = edges.geometry.to_numpy()[(edges["highway"] == change.tags.get("highway")).to_numpy()]
    near = same[shapely.dwithin(same, change.shape, SAME_WAY_M)]
    beside = shapely.intersection(change.shape, shapely.union_all(shapely.buffer(near, SAME_WAY_M)))
    return bool(beside.length >= MOST * change.shape.length)


def _facility_in_data(case: Case, change: FacilityChange) -> bool:
    table = case.inputs.layers.get(change.layer)
    if table is None:
        return False
    if change.action == "add":
        kinds = tuple(change.kind.split(KIND_MARK)) if change.kind else ()
        same = is_of_kinds(table["kind"], kinds)
        named = (table["name"] == change.name).to_numpy() & (change.name != "")
        near = table.geometry.distance(change.shape).to_numpy() <= SAME_PLACE_M
        return bool((same & (named | near)).any())
    rows = table.loc[facility_ids(table, change.facility)]
    if len(rows) != 1:  # what was closed is gone; that another cannot be found is a fault of its own
        return change.action == "close" and len(rows) == 0
    if change.action == "close":
        return False
    if change.shape is not None and not _covers(rows.geometry.iloc[0], change.shape):
        return False
    return all(_has(rows, column, value) for column, value in change.attributes.items())


def _covers(now: shapely.Geometry, asked: shapely.Geometry) -> bool:
    if shapely.area(asked) > 0:
        return bool(shapely.area(shapely.intersection(now, asked)) >= MOST * shapely.area(asked))
    return bool(shapely.distance(now, asked) <= SAME_PLACE_M)


def _has(rows: pd.DataFrame, column: str, value: object) -> bool:
    """Return whether a facility (one row) has an attribute: a yes, a number that is no less, or the same words."""
    if column not in rows:
        return False
    now, asked = rows[column], pd.Series([value], dtype=object)
    as_number = numbers(asked.astype(str)).iloc[0]
    if not is_unclear(asked).iloc[0] and np.isnan(as_number):
        return bool(is_yes(now).iloc[0] == is_yes(asked).iloc[0])
    if not np.isnan(as_number):
        return bool(numbers(now.astype(str)).iloc[0] >= as_number)
    return str(now.iloc[0]) == str(value)
