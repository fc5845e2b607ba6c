"""A reserve list: projects, their cost, their changes, and which of them require or exclude others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from cfgeo.core.scenario import Change, Scenario, WrittenAt

Stage = Literal["planned", "begun", "done", "dropped"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""How far a project is; what is begun or done is decided, what is dropped is never built."""


@dataclass(frozen=True)
class Project:
    """A project that can be built.

    Attributes
    ----------
    id : str
    name : str
    cost : float
        What is still to be paid, in the unit of its list: 0 for what is done.
    changes : tuple of Change
        Its changes; shapes in the CRS of its list.
    requires : tuple of str
        Ids of all projects without which it cannot be built.
    excludes : tuple of str
        Ids of projects beside which it cannot be built.
    decided : bool
        Whether it is built in any case.
    row : int
        Its row in the file, as users count.
    in_sheet : bool
        Whether that is a row of a sheet, not the number of a change of a TOML file.
    stage : str
        ``planned``, ``begun``, ``done`` or ``dropped``.
    year : int, optional
        The earliest year in which it can begin; any when missing.
    years : int
        How many years it takes; its cost is paid in equal parts in each.
    spent : float
        What has been paid for it already, in the unit of its list.
    """

    id: str
    name: str
    cost: float
    changes: tuple[Change, ...]
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    decided: bool = False
    row: int = 1
    in_sheet: bool = False
    stage: Stage = "planned"
    year: int | None = None
    years: int = 1
    spent: float = 0.0

    @property
    def whole_cost(self) -> float:
        """All that it costs, paid already or not."""
        return self.cost + self.spent

    @property
    def where(self) -> WrittenAt:
        """Where it is written, for sentences."""
        return WrittenAt(self.row, self.id, self.in_sheet)


@dataclass(frozen=True, repr=False)
class Projects:
    """A reserve list.

    Attributes
    ----------
    title : str
    projects : tuple of Project
        In the order of the file; shapes in WGS-84.
    unit : str
        Unit of the costs; "": not known.
    file : Path, optional
        The file that they come from.
    unused : tuple of str
        Columns of a table that cfgeo does not know.
    findings : tuple of dict
        How its positions were understood.
    """

    title: str
    projects: tuple[Project, ...]
    unit: str = ""
    file: Path | None = None
    unused: tuple[str, ...] = ()
    findings: tuple[dict[str, Any], ...] = ()

    def __repr__(self) -> str:
        """Return a summary of the list in one line."""
        costs = f"{sum(project.cost for project in self.projects):,.10g} {self.unit}".rstrip()
        return f"<Projects: {len(self.projects)} projects, {costs}>"

    @cached_property
    def by_id(self) -> Mapping[str, Project]:
        """The projects by their ids."""
        return {project.id: project for project in self.projects}

    def in_crs(self, crs: str) -> "Projects":
        """Return the list with its shapes in a metric CRS."""
        changes = tuple(change for project in self.projects for change in project.changes)
        projected = iter(Scenario(self.title, changes).in_crs(crs))
        return replace(
            self,
            projects=tuple(
                replace(project, changes=tuple(next(projected) for _ in project.changes)) for project in self.projects
            ),
        )

    def with_required(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Return projects and all that they require, directly or not, in topological order: requirements first."""
        ordered: dict[str, None] = {}

        def add(project: str, above: frozenset[str] = frozenset()) -> None:
            if project not in ordered and project not in above:
                for required in self.by_id[project].requires:
                    add(required, above | {project})
                ordered[project] = None

        chosen = set(ids)
        for project in self.projects:
            if project.id in chosen:
                add(project.id)
        return tuple(ordered)

    def changes_of(self, ids: Iterable[str]) -> tuple[Change, ...]:
        """Return the changes of projects, requirements first: a lift may connect to a bridge that it requires."""
        chosen = set(ids)
        order = [project for project in self.with_required(chosen) if project in chosen]
        return tuple(change for project in order for change in self.by_id[project].changes)
