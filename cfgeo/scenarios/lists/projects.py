"""A file → a reserve list: a table with a change a row, or TOML; a project has one row, or several that follow."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import BeforeValidator

from cfgeo.core.errors import ScenarioError, StudyError
from cfgeo.core.plan import PlanChoices
from cfgeo.core.projects import STAGES, Project, Projects
from cfgeo.core.scenario import Change, Fault, WrittenAt, row_of_fault, unit_factor
from cfgeo.core.strings import Sentences
from cfgeo.files.answers import is_unclear, is_yes
from cfgeo.files.cell_values import plain_code
from cfgeo.files.vocabulary.headings import plain_word, vocabulary
from cfgeo.files.vocabulary.words import Choices
from cfgeo.scenarios.lists.change_rows import ChangeRow, changes_of
from cfgeo.scenarios.lists.changes import list_places, read_rows
from cfgeo.scenarios.lists.project_cells import (
    is_blank,
    read_cost,
    read_duration,
    read_ids,
    read_period,
    read_stage,
)
from cfgeo.scenarios.lists.project_rules import excluded, named_things, relation_faults
from cfgeo.scenarios.lists.rows import Rows, known_keys, valid_rows
from cfgeo.study.config import Study
from cfgeo.study.keys import Datum
from cfgeo.study.validation import ONE_OR_MANY, AlsoWritten, TomlModel, as_tuple

_STANDING = ("stage", "year", "years", "spent")


class _Row(ChangeRow):
    """One change as it is written, and what its row says of the project."""

    project: str = ""
    requires: Annotated[tuple[str, ...], BeforeValidator(as_tuple), ONE_OR_MANY] = ()
    excludes: Annotated[tuple[str, ...], BeforeValidator(as_tuple), ONE_OR_MANY] = ()
    decided: Any = None
    stage: Any = None
    year: Any = None
    years: Any = None
    spent: Any = None


class _About(TomlModel):
    title: str = ""
    unit: str = ""
    datum: Datum | None = None
    crs: Annotated[str, BeforeValidator(str), AlsoWritten("integer")] = ""


class ReserveFile(TomlModel):
    """A TOML file of a reserve list."""

    projects: _About = _About()
    change: tuple[_Row, ...] = ()


@dataclass(frozen=True)
class _Written:
    """A row, where it is written, and whether all its cells are valid."""

    row: _Row
    where: WrittenAt
    is_valid: bool

    @property
    def id(self) -> str:
        return self.where.id

    @property
    def has_cost(self) -> bool:
        return str("" if self.row.cost is None else self.row.cost).strip() != ""


def load_projects(
    path: str | Path,
    *,
    table: str | None = None,
    datum: Datum | None = None,
    crs: str | None = None,
    study: Study | None = None,
) -> Projects:
    """Read a reserve list from a CSV or Excel table, or from TOML.

    Parameters
    ----------
    path
        The columns of a file of changes, and ``id``, ``project`` (its name), ``cost``, ``requires``, ``excludes`` and
        ``decided``.
    table
        Which sheet of a workbook; the first that holds a table when missing.
    datum, crs
        Of positions, where the file does not say.
    study
        Whose list it is: its communities tell of which zone metres are that name none.

    Returns
    -------
    Projects
        Each exclusion is mutual. Projects that change the same facility or way exclude each other, since no set with
        both could be built.

    Raises
    ------
    ScenarioError
        The file is missing or no reserve list, or projects lack what they need or contradict one another; the message
        names them all.
    InputError
        The table cannot be read.
    """
    path = Path(path)
    rows = _without_lookalikes(read_rows(path, _Row, table, layer="projects", datum=datum))
    file, invalid, faults = valid_rows(rows, ReserveFile, known_keys(ReserveFile, _About, _Row))
    if file is None:
        raise ScenarioError("project_faults", file=path, faults=Sentences(faults))
    if not file.change:
        raise ScenarioError("project_empty", file=path)
    about = file.projects
    has_ids, has_costs = (column in rows.columns or rows.headings is None for column in ("id", "cost"))
    written = _written(file.change, rows, invalid)
    groups = _groups(written, faults, has_ids=has_ids)
    nameless = [line for line in written if not line.id]
    firsts = sorted([*(group[0] for group in groups), *nameless], key=lambda line: line.where.nth)
    costs, unit = _costs(firsts, about.unit or _unit(rows, "cost"), faults, has_costs=has_costs)
    spent_unit = _unit(rows, "spent") or unit
    ids = {group[0].id for group in groups}
    without_changes = [
        _standing(_project(group, costs[group[0].where], ids, faults), group[0], (spent_unit, unit), faults)
        for group in groups
    ]
    lines = [
        (line.where.nth, line.row.model_copy(update={"id": line.id}), line.where) for line in written if line.is_valid
    ]
    said = list_places(path, "projects", rows, study, about.datum or datum, about.crs or crs)
    changes, findings = changes_of(lines, said, faults)
    faults = rows.faults(("id", "cost", "action"), faults)
    listed = tuple(_with_changes(*pair, changes) for pair in zip(without_changes, groups, strict=True))
    projects = Projects(about.title, listed, unit, path, rows.unused, (*rows.findings, *findings))
    things = {project.id: named_things(project) for project in listed if project.stage in {"planned", "begun"}}
    faults += relation_faults(projects, things)
    if faults:
        raise ScenarioError("project_faults", file=path, faults=Sentences(sorted(faults, key=row_of_fault)))
    return excluded(projects, things)


def plan_choices(
    study: Study, path: Path | None = None, *, choices: PlanChoices | None = None, seconds: float | None = None
) -> tuple[Projects, PlanChoices]:
    """Return a reserve list and the choices of a plan; ``[projects]`` of the study holds what is not given here.

    Parameters
    ----------
    study
        The study.
    path
        The list.
    choices
        Money and targets: a budget, budgets by year or a target of communities take the place of the study's; so do
        targets of clauses, weights.
    seconds
        Time for the search.

    Raises
    ------
    StudyError
        Neither names a list.
    ScenarioError, InputError
        As :func:`load_projects`.
    """
    own, asked = study.projects, choices or PlanChoices()
    kept = PlanChoices()
    if own is not None:
        kept = PlanChoices(
            own.budget, own.target, own.seconds, own.targets, own.weights, own.budgets, carry_over=own.carry_over
        )
    if asked.money is not None or asked.target is not None:
        kept = replace(kept, budget=asked.budget, target=asked.target, budgets=asked.budgets)
    if asked.targets or asked.weights:
        kept = replace(kept, targets=asked.targets, weights=asked.weights)
    kept = replace(kept, carry_over=kept.carry_over or asked.carry_over, seconds=seconds or kept.seconds)
    if path is not None:
        return load_projects(path, study=study), kept
    if own is None:
        raise StudyError("plan_no_list", file=study.file or "study.toml")
    path = study.resolve(own.path)
    return load_projects(path, table=own.table, datum=own.said_datum, crs=own.crs, study=study), kept


def _without_lookalikes(rows: Rows) -> Rows:
    """Return the rows without cells of headings that only end in a known word: 竣工年份 is not when it can begin."""
    known = {ours: {plain_word(word) for word in (ours, *vocabulary()["columns"][ours])} for ours in _STANDING}
    alike = [ours for ours in _STANDING if ours in rows.columns and plain_word(rows.columns[ours]) not in known[ours]]
    if not alike:
        return rows
    changes = [{key: cell for key, cell in change.items() if key not in alike} for change in rows.content["change"]]
    return replace(
        rows,
        content={**rows.content, "change": changes},
        columns={ours: theirs for ours, theirs in rows.columns.items() if ours not in alike},
        unused=(*rows.unused, *(rows.columns[ours] for ours in alike)),
    )


def _unit(rows: Rows, column: str) -> str:
    """Return the unit that the heading of a column of money names, or the lines above the table."""
    if column not in rows.columns:
        return ""
    return rows.money_units.get(rows.columns[column]) or rows.money_units.get("", "")


def _written(changes: Sequence[_Row], rows: Rows, invalid: Container[int]) -> list[_Written]:
    return [
        _Written(row, rows.where(nth, plain_code(row.id).strip()), nth not in invalid)
        for nth, row in enumerate(changes)
    ]


def _groups(written: Sequence[_Written], faults: list[Fault], *, has_ids: bool) -> list[list[_Written]]:
    """Return the rows of each project: the first, and those without a cost that follow it."""
    groups: list[list[_Written]] = []
    first: dict[str, WrittenAt] = {}
    for line in written:
        if not line.id:
            faults += [("project_no_id", {"where": line.where})] if has_ids else []
        elif groups and groups[-1][0].id == line.id and not line.has_cost:
            groups[-1].append(line)
        elif line.id in first:
            faults.append(("project_twice", {"where": line.where, "other": first[line.id]}))
        else:
            first[line.id] = replace(line.where, id="")
            groups.append([line])
    return groups


def _costs(
    firsts: Sequence[_Written], unit: str, faults: list[Fault], *, has_costs: bool
) -> tuple[dict[WrittenAt, float], str]:
    """Return each project's cost in one unit, and that unit: the heading's, else that of the first cell with a cost."""
    costs = dict[WrittenAt, float]()
    unit_of_all = unit or None
    for line in firsts:
        cost, own = read_cost(line.row.cost)
        values: dict[str, object] = {"where": line.where, "value": line.row.cost}
        costs[line.where] = cost
        if not line.has_cost:
            faults += [("project_no_cost", {"where": line.where})] if has_costs else []
        elif not 0 <= cost < float("inf"):
            faults.append(("project_cost", values))
        else:
            own = own or unit
            unit_of_all = own if unit_of_all is None else unit_of_all
            factor = unit_factor(own, unit_of_all)
            costs[line.where] = float(f"{cost * factor:.12g}")
            if not factor:
                faults.append(("project_cost_unit", {**values, "unit": unit_of_all or "–"}))
    return costs, unit_of_all or ""


def _project(group: Sequence[_Written], cost: float, ids: set[str], faults: list[Fault]) -> Project:
    """Return a project without its changes."""
    first, rows = group[0], [line.row for line in group]
    answers = pd.Series([row.decided for row in rows], dtype=object)
    faults += [("project_decided", {"where": line.where, "value": line.row.decided})
               for line, unclear in zip(group, is_unclear(answers), strict=True) if unclear]  # fmt: skip
    names = [name for key in ("project", "name") for row in rows if (name := getattr(row, key).strip())]
    return Project(
        id=first.id,
        name=next(iter(names), first.id),
        cost=cost,
        changes=(),
        requires=read_ids([cell for row in rows for cell in row.requires], ids),
        excludes=read_ids([cell for row in rows for cell in row.excludes], ids),
        decided=bool(is_yes(answers).any()),
        row=first.where.nth,
        in_sheet=first.where.is_row,
    )


def _standing(project: Project, line: _Written, units: tuple[str, str], faults: list[Fault]) -> Project:
    """Return a project with how far it is, when it can begin, and what has been paid; its cost becomes what is left.

    Parameters
    ----------
    project
        As its cost is written.
    line
        Its first row.
    units
        Of what is spent where the cell has none, and of the list.
    faults
        What is wrong is added.
    """
    row = line.row
    where: dict[str, object] = {"where": line.where}
    stage, (year, last), years = read_stage(row.stage), read_period(row.year), read_duration(row.years)
    if stage is None:
        faults.append(("project_stage", {**where, "value": row.stage, "known": Choices("stages", STAGES)}))
    elif stage == "dropped" and project.decided:
        faults.append(("project_dropped", where))
    if year is None and not is_blank(row.year):
        faults.append(("project_year", {**where, "value": row.year}))
    if years is None and not is_blank(row.years):
        faults.append(("project_years", {**where, "value": row.years}))
    if years is None:
        years = 1 if year is None or last is None else last - year + 1
    spent, own = (0.0, "") if is_blank(row.spent) else read_cost(row.spent)
    spent *= unit_factor(own or units[0], units[1])
    if not 0 <= spent < float("inf") or (spent > max(project.cost, 0.0) and stage != "done"):
        faults.append(("project_spent", {**where, "value": row.spent, "cost": project.cost}))
    if stage == "done":
        spent = project.cost if is_blank(row.spent) else spent
    left = 0.0 if stage == "done" else float(f"{max(project.cost - spent, 0.0):.12g}")
    decided = project.decided or stage in {"begun", "done"}
    return replace(
        project, cost=left, decided=decided, stage=stage or "planned", year=year, years=max(years, 1), spent=spent
    )


def _with_changes(project: Project, group: Sequence[_Written], changes: Mapping[WrittenAt, Change]) -> Project:
    own = [changes.get(line.where) for line in group]
    return replace(project, changes=tuple(change for change in own if change is not None))
