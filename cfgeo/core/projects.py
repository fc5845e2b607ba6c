"""A reserve list: projects with their cost, what each changes, and which of them need or shut out others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from cfgeo.core.scenario import Change, Scenario


@dataclass(frozen=True)
class Project:
    """Something that can be built.

    Attributes
    ----------
    id : str
    name : str
    cost : float
        In the unit of its list.
    changes : tuple of Change
        What it changes; shapes in the CRS of its list.
    requires : tuple of str
        Ids of projects without which it cannot be built; all of them.
    excludes : tuple of str
        Ids of projects beside which it cannot be built.
    decided : bool
        It is built in any case.
    row : int
        Where it stands in its file, as the user counts.
    """

    id: str
    name: str
    cost: float
    changes: tuple[Change, ...]
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    decided: bool = False
    row: int = 1


@dataclass(frozen=True)
class Projects:
    """A reserve list.

    Attributes
    ----------
    title : str
    projects : tuple of Project
        In the order of the file; shapes in WGS-84.
    unit : str
        Of the costs; "" where the list does not say.
    file : Path, optional
        Where they come from.
    unused : tuple of str
        Columns of a table that say nothing to cfgeo.
    """

    title: str
    projects: tuple[Project, ...]
    unit: str = ""
    file: Path | None = None
    unused: tuple[str, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Project]:
        """The projects by their ids."""
        return {project.id: project for project in self.projects}

    def in_crs(self, crs: str) -> "Projects":
        """Return the list with its shapes in a metric CRS."""
        changes = tuple(change for project in self.projects for change in project.changes)
        moved = iter(Scenario(self.title, changes).in_crs(crs))
        return replace(
            self,
            projects=tuple(
                replace(project, changes=tuple(next(moved) for _ in project.changes)) for project in self.projects
            ),
        )

    def with_required(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Return projects with all that they require, and what that requires: what is required goes before."""
        found: dict[str, None] = {}

        def add(one: str, above: frozenset[str] = frozenset()) -> None:
            if one not in found and one not in above:
                for other in self.by_id[one].requires:
                    add(other, above | {one})
                found[one] = None

        wanted = set(ids)
        for project in self.projects:
            if project.id in wanted:
                add(project.id)
        return tuple(found)

    def changes_of(self, ids: Iterable[str]) -> tuple[Change, ...]:
        """Return what some projects change; what is required, as a bridge that a lift leads to, goes before."""
        wanted = set(ids)
        order = [one for one in self.with_required(wanted) if one in wanted]
        return tuple(change for one in order for change in self.by_id[one].changes)
