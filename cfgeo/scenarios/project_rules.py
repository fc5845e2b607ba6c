"""What projects of a reserve list say of one another: what cannot be together, and what contradicts itself."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import combinations

from cfgeo.core.projects import Project, Projects
from cfgeo.core.scenario import Change, Fault, Where

Pair = frozenset[str]
"""Ids of two projects that cannot be together."""


def excluded(projects: Projects, things: Mapping[str, Iterable[Hashable]]) -> Projects:
    """Return a list in which two projects that change the same thing exclude each other, and every exclusion is mutual.

    A facility or way can be changed once in a scenario, so that no set with both can be measured.

    Parameters
    ----------
    projects
        Exclude only ids that the list has.
    things
        What each project (id) changes that is there.
    """
    order = [project.id for project in projects.projects]
    others: dict[str, set[str]] = {one: set() for one in order}
    for pair in (*_said(projects), *_same(things)):
        for one in pair:
            others[one] |= pair - {one}
    return replace(
        projects,
        projects=tuple(
            replace(project, excludes=tuple(other for other in order if other in others[project.id]))
            for project in projects.projects
        ),
    )


def named_things(project: Project) -> set[Hashable]:
    """Return what a project changes that is there, by the names that its changes give: facilities, ways, streets."""
    return {thing for change in project.changes if (thing := _named(change)) is not None}


def _named(change: Change) -> Hashable | None:
    if change.action == "add":
        return None
    keys = ("layer", "facility", "way", "street")
    return tuple((key, getattr(change, key)) for key in keys if getattr(change, key, None) not in {None, ""})


def relation_faults(projects: Projects, things: Mapping[str, Iterable[Hashable]]) -> list[Fault]:
    """Find what contradicts itself in what projects require, exclude and have decided.

    Parameters
    ----------
    projects
        As they were read; need not name ids that are there.
    things
        What each project (id) changes that is there.
    """
    faults = [fault for project in projects.projects for fault in _named_faults(project, projects)]
    known = replace(projects, projects=tuple(_without_unknown(project, projects) for project in projects.projects))
    circles = list(_circles(known))
    faults += [("project_circle", {"where": _where(known, circle[0]), "ids": " → ".join(circle)}) for circle in circles]
    apart = dict.fromkeys(_same(things), "project_requires_same") | dict.fromkeys(
        _said(known), "project_requires_excluded"
    )
    return faults + _torn(known, apart) + _decided_faults(known, apart)


def _where(projects: Projects, one: str) -> Where:
    return Where(projects.by_id[one].row, one)


def _said(projects: Projects) -> list[Pair]:
    return [frozenset({project.id, other}) for project in projects.projects for other in project.excludes]


def _same(things: Mapping[str, Iterable[Hashable]]) -> list[Pair]:
    """Return the projects that change the same thing, two by two."""
    by_thing: dict[Hashable, list[str]] = {}
    for one, changed in things.items():
        for thing in set(changed):
            by_thing.setdefault(thing, []).append(one)
    return [frozenset(pair) for ids in by_thing.values() for pair in combinations(ids, 2)]


def _named_faults(project: Project, projects: Projects) -> Iterator[Fault]:
    """Find ids that are not there, or its own."""
    where = Where(project.row, project.id)
    for key in ("requires", "excludes"):
        for other in getattr(project, key):
            if other == project.id:
                yield "project_self", {"where": where, "key": key}
            elif other not in projects.by_id:
                yield "project_unknown", {"where": where, "key": key, "id": other}


def _without_unknown(project: Project, projects: Projects) -> Project:
    known = projects.by_id.keys() - {project.id}
    return replace(
        project,
        requires=tuple(other for other in project.requires if other in known),
        excludes=tuple(other for other in project.excludes if other in known),
    )


def _circles(projects: Projects) -> Iterator[list[str]]:
    """Yield circles of requirements, each but once: its last step is taken out before the next is looked for."""
    needs = {project.id: list(dict.fromkeys(project.requires)) for project in projects.projects}
    while True:
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            *_, before, last = circle = list(reversed(error.args[1]))
            needs[before].remove(last)
            yield circle
        else:
            return


def _torn(projects: Projects, apart: Mapping[Pair, str]) -> list[Fault]:
    """Find projects that require two that cannot be together; those that only require such a project are not named."""
    needs = {project.id: set(projects.with_required([project.id])) for project in projects.projects}
    torn = {one: {pair for pair in apart if pair <= every} for one, every in needs.items()}
    return [
        (apart[pair], {"where": _where(projects, one), "one": min(pair), "other": max(pair)})
        for one, pairs in torn.items()
        for pair in sorted(pairs, key=sorted)
        if not any(pair in torn[other] for other in needs[one] - {one} if one not in needs[other])
    ]


def _decided_faults(projects: Projects, apart: Mapping[Pair, str]) -> list[Fault]:
    """Find decided projects that cannot be together, or require undecided ones."""
    decided = [project.id for project in projects.projects if project.decided]
    faults: list[Fault] = [
        ("project_decided_requires", {"where": _where(projects, one), "other": other})
        for one in decided
        for other in projects.by_id[one].requires
        if not projects.by_id[other].decided
    ]
    both = [pair for pair in combinations(decided, 2) if frozenset(pair) in apart]
    return faults + [
        ("project_decided_excludes", {"where": _where(projects, one), "other": other}) for one, other in both
    ]
