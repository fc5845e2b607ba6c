"""A reserve list against a study: which of its projects cannot be built, and which change the same facility."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cfgeo.altered import facility_ids, with_facilities
from cfgeo.case import Case
from cfgeo.links import ways_meant
from cfgeo.measure import links_made
from cfgeo.project_rules import excluded, relation_faults
from cfgeo.projects import Project, Projects
from cfgeo.rejoined import on_network
from cfgeo.scenario import Change, FacilityChange, Fault, LinkChange, where_of
from cfgeo.streets import Streets


def project_faults(case: Case, projects: Projects, *, streets: Streets) -> list[Fault]:
    """Find what cannot be built, each project with all that it requires and nothing else.

    Parameters
    ----------
    case
        The study.
    projects
        Shapes in the case's metric CRS; without faults of their own.
    streets
        What the case's network is cut from.
    """
    quick = replace(case, walks={case.home.walker: case.home}, level_walks={})
    groups = {project.id: projects.changes_of(projects.with_required([project.id])) for project in projects.projects}
    plain = {one for one, changes in groups.items() if all(map(_is_new_place, changes))}
    faults = _together(quick, projects.changes_of(plain))
    for project in projects.projects:
        if project.id not in plain:
            own = {where_of(change) for change in project.changes}
            found = _alone(quick, streets, groups[project.id])
            faults += [(code, values) for code, values in found if values["where"] in own]
    things = {project.id: set(_things(case, streets, project)) for project in projects.projects}
    return faults + [fault for fault in relation_faults(projects, things) if fault not in faults]


def settled(case: Case, projects: Projects, *, streets: Streets) -> Projects:
    """Return a list in which projects exclude each other that change the same facility or way, however they call it."""
    return excluded(projects, {project.id: set(_things(case, streets, project)) for project in projects.projects})


def _is_new_place(change: Change) -> bool:
    return isinstance(change, FacilityChange) and change.action == "add"


def _together(case: Case, changes: Sequence[Change]) -> list[Fault]:
    """Find the faults of new places, which have nothing to do with one another."""
    places = [change for change in changes if isinstance(change, FacilityChange)]
    _, faults = with_facilities(case, places)
    bad = {values["where"] for _, values in faults}
    sound = [change for change in places if where_of(change) not in bad]
    return faults + (with_facilities(case, sound)[1] if bad else [])


def _alone(case: Case, streets: Streets, changes: Sequence[Change]) -> list[Fault]:
    """Find the faults of what one project needs."""
    links = [change for change in changes if isinstance(change, LinkChange)]
    places = [change for change in changes if isinstance(change, FacilityChange)]
    faults: list[Fault] = []
    if links:
        ways, _, faults = links_made(case, streets, links)
        if places and not faults:
            case = on_network(case, replace(streets, edited=ways).network(), homes=streets.homes)
    return faults + (with_facilities(case, places)[1] if places else [])


def _things(case: Case, streets: Streets, project: Project) -> Sequence[Hashable]:
    """Return the facilities and ways that a project changes."""
    found: list[Any] = []
    for change in project.changes:
        if isinstance(change, LinkChange):
            found += [] if change.action == "add" else np.flatnonzero(ways_meant(streets.ways.ways, change)).tolist()
        elif change.action != "add" and change.layer in case.inputs.layers:
            found += [(change.layer, one) for one in facility_ids(case.inputs.layers[change.layer], change.facility)]
    return found
