"""A reserve list against a study: which of its projects cannot be built, and which change the same facility."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from cfgeo.assess.case import Case
from cfgeo.core.errors import ScenarioError
from cfgeo.core.projects import Project, Projects
from cfgeo.core.scenario import Fault, LinkChange
from cfgeo.plan.trials import Trials
from cfgeo.scenarios.change_facilities import facility_ids
from cfgeo.scenarios.change_ways import ways_meant
from cfgeo.scenarios.project_rules import excluded, relation_faults
from cfgeo.scenarios.street_edits import Streets


def settled(case: Case, projects: Projects, *, streets: Streets) -> Projects:
    """Return a list in which projects exclude each other that change the same facility or way, however they call it."""
    return excluded(projects, {project.id: set(_things(case, streets, project)) for project in projects.projects})


def list_faults(trials: Trials, *, streets: Streets) -> list[Fault]:
    """Find what cannot be built, each project with all that it requires and what is decided.

    Parameters
    ----------
    trials
        What measures; what can be built is measured by it.
    streets
        What the case's network is cut from.
    """
    listed, faults = trials.listed, dict[str, Fault]()
    things = {project.id: set(_things(trials.now.case, streets, project)) for project in listed.projects}
    faults |= {repr(fault): fault for fault in relation_faults(listed, things)}
    for project in listed.projects if not faults else ():
        if not trials.can_stand(project.id):
            continue
        try:
            trials.outcome(trials.standing([project.id]))
        except ScenarioError as error:
            # Often of what it requires; that one of these cannot stand beside it may show here alone.
            said: Sequence[Fault] = getattr(error.values.get("faults"), "rows", ())
            faults |= {repr(fault): fault for fault in said}
    return list(faults.values())


def _things(case: Case, streets: Streets, project: Project) -> Sequence[Hashable]:
    """Return the facilities and ways that a project changes."""
    found, ways = list[Any](), streets.laid.cut.streets.ways
    for change in project.changes:
        if isinstance(change, LinkChange):
            found += [] if change.action == "add" else np.flatnonzero(ways_meant(ways, change)).tolist()
        elif change.action != "add" and change.layer in case.inputs.layers:
            found += [(change.layer, one) for one in facility_ids(case.inputs.layers[change.layer], change.facility)]
    return found
