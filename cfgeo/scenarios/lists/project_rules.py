"""The relations of projects in a reserve list: which exclude each other, and which relations contradict."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import combinations

from cfgeo.core.projects import Project, Projects
from cfgeo.core.scenario import Change, Fault, WrittenAt

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
        The existing facilities and ways that each project (id) changes.
    """
    order = [project.id for project in projects.projects]
    others: dict[str, set[str]] = {name: set() for name in order}
    for pair in (*_stated(projects), *_sharing(things)):
        for name in pair:
            others[name] |= pair - {name}
    return replace(
        projects,
        projects=tuple(
            replace(project, excludes=tuple(other for other in order if other in others[project.id]))
            for project in projects.projects
        ),
    )


def named_things(project: Project) -> set[Hashable]:
    """Return the existing facilities, ways and streets that a project changes, as its changes name them."""
    return {thing for change in project.changes if (thing := _named(change)) is not None}


def _named(change: Change) -> Hashable | None:
    if change.action == "add":
        return None
    keys = ("layer", "facility", "way", "street")
    return tuple((key, getattr(change, key)) for key in keys if getattr(change, key, None) not in {None, ""})


def relation_faults(projects: Projects, things: Mapping[str, Iterable[Hashable]]) -> list[Fault]:
    """Find contradictions in what projects require, exclude and have decided.

    Parameters
    ----------
    projects
        As they were read; they may name ids that the list does not have.
    things
        The existing facilities and ways that each project (id) changes.
    """
    faults = [fault for project in projects.projects for fault in _named_faults(project, projects)]
    known = replace(projects, projects=tuple(_without_unknown(project, projects) for project in projects.projects))
    cycles = list(_cycles(known))
    faults += [("project_circle", {"where": _where(known, cycle[0]), "ids": " → ".join(cycle)}) for cycle in cycles]
    apart = dict.fromkeys(_sharing(things), "project_requires_same")
    apart |= dict.fromkeys(_stated(known), "project_requires_excluded")
    return faults + _torn(known, apart) + _decided_faults(known, apart)


def _where(projects: Projects, name: str) -> WrittenAt:
    return projects.by_id[name].where


def _stated(projects: Projects) -> list[Pair]:
    """Return the exclusions that the list states."""
    return [frozenset({project.id, other}) for project in projects.projects for other in project.excludes]


def _sharing(things: Mapping[str, Iterable[Hashable]]) -> list[Pair]:
    """Return the pairs of projects that change the same thing."""
    by_thing: dict[Hashable, list[str]] = {}
    for project, changed in things.items():
        for thing in set(changed):
            by_thing.setdefault(thing, []).append(project)
    return [frozenset(pair) for ids in by_thing.values() for pair in combinations(ids, 2)]


def _named_faults(project: Project, projects: Projects) -> Iterator[Fault]:
    """Find ids that the list does not have, and a project's own."""
    where = project.where
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


def _cycles(projects: Projects) -> Iterator[list[str]]:
    """Yield the cycles of requirements, each once: its last step is removed before the next cycle is searched."""
    needs = {project.id: list(dict.fromkeys(project.requires)) for project in projects.projects}
    while True:
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            *_, before, last = cycle = list(reversed(error.args[1]))
            needs[before].remove(last)
            yield cycle
        else:
            return


def _torn(projects: Projects, apart: Mapping[Pair, str]) -> list[Fault]:
    """Find projects that require two that exclude each other; those that only require such a project are not named."""
    needs = {project.id: set(projects.with_required([project.id])) for project in projects.projects}
    torn = {name: {pair for pair in apart if pair <= every} for name, every in needs.items()}
    return [
        (apart[pair], {"where": _where(projects, name), "one": min(pair), "other": max(pair)})
        for name, pairs in torn.items()
        for pair in sorted(pairs, key=sorted)
        if not any(pair in torn[other] for other in needs[name] - {name} if name not in needs[other])
    ]


def _decided_faults(projects: Projects, apart: Mapping[Pair, str]) -> list[Fault]:
    """Find decided projects that exclude each other, or require undecided ones."""
    decided = [project.id for project in projects.projects if project.decided]
    faults: list[Fault] = [
        ("project_decided_requires", {"where": _where(projects, name), "other": other})
        for name in decided
        for other in projects.by_id[name].requires
        if not projects.by_id[other].decided
    ]
    both = [pair for pair in combinations(decided, 2) if frozenset(pair) in apart]
    return faults + [
        ("project_decided_excludes", {"where": _where(projects, name), "other": other}) for name, other in both
    ]
