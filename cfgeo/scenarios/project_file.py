"""A file → a reserve list: a table with a change a row, or TOML; a project has one row, or several that follow."""

import math
import re
import unicodedata
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import BeforeValidator

from cfgeo.core.errors import ScenarioError, StudyError
from cfgeo.core.plan import PlanChoices
from cfgeo.core.projects import STAGES, Project, Projects, Stage
from cfgeo.core.scenario import Change, Fault, Where, row_of_fault
from cfgeo.core.schema import NO, TOLERANCE
from cfgeo.core.strings import Sentences
from cfgeo.files.answers import is_unclear, is_yes
from cfgeo.files.cell_values import is_number, plain_code, plain_number
from cfgeo.files.vocabulary.headings import meaning, plain_word, vocabulary
from cfgeo.files.vocabulary.words import Choices
from cfgeo.scenarios.change_rows import ChangeRow, changes_of
from cfgeo.scenarios.changes_file import Rows, known_keys, list_places, read_rows, valid_rows
from cfgeo.scenarios.project_rules import excluded, named_things, relation_faults
from cfgeo.study.config import Datum, Study
from cfgeo.study.validation import TomlModel, as_tuple

_COST = re.compile(r"(?P<number>[+-]?[\d.,]+([eE][+-]?\d+)?)\s*(?P<unit>[^\d\s.,+*/~-][^\d]*)?")
_YUAN = {"元": 1.0, "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8, "十亿": 1e9}
"""Units of money as lists of China have them, without 元 at their end."""
_SEPARATOR = re.compile(r"[,;、]")
_YEAR = re.compile(
    r"(?P<first>20\d\d)年?度?(?:[-—–~至到]+(?P<last>20\d\d)年?度?"
    r"|[上下]半年|第?[一二三四1-4]季度|[-/.]?(?:0?[1-9]|1[0-2])月?份?(?:[-/.]?\d{1,2}日?)?(?:00:00:00)?)?"
)
"""A year, a part of one or a date in it; or the first and the last year."""
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)个?(?P<unit>年|月|天|日|years?|months?|days?)?")
_PER_YEAR = {"年": 1.0, "year": 1.0, "月": 12.0, "month": 12.0, "天": 365.0, "日": 365.0, "day": 365.0}
_MOST_YEARS = 10
"""A duration of more without a unit may be months."""
_WHOLE = 100.0
_STANDING = ("stage", "year", "years", "spent")


class _Row(ChangeRow):
    """One change as it is written, and what its row says of the project."""

    project: str = ""
    cost: Any = None
    requires: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] = ()
    excludes: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] = ()
    decided: Any = None
    stage: Any = None
    year: Any = None
    years: Any = None
    spent: Any = None


class _About(TomlModel):
    title: str = ""
    unit: str = ""
    datum: Datum | None = None
    crs: Annotated[str, BeforeValidator(str)] = ""


class _File(TomlModel):
    projects: _About = _About()
    change: tuple[_Row, ...] = ()


@dataclass(frozen=True)
class _Written:
    """A row, where it is written, and whether all its cells are valid."""

    row: _Row
    where: Where
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
    file, invalid, faults = valid_rows(rows, _File, known_keys(_File, _About, _Row))
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
    first: dict[str, Where] = {}
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
) -> tuple[dict[Where, float], str]:
    """Return each project's cost in one unit, and that unit: the heading's, else that of the first cell with a cost."""
    costs = dict[Where, float]()
    unit_of_all = unit or None
    for line in firsts:
        cost, own = _cost(line.row.cost)
        values: dict[str, object] = {"where": line.where, "value": line.row.cost}
        costs[line.where] = cost
        if not line.has_cost:
            faults += [("project_no_cost", {"where": line.where})] if has_costs else []
        elif not 0 <= cost < float("inf"):
            faults.append(("project_cost", values))
        else:
            own = own or unit
            unit_of_all = own if unit_of_all is None else unit_of_all
            factor = _factor(own, unit_of_all)
            costs[line.where] = float(f"{cost * factor:.12g}")
            if not factor:
                faults.append(("project_cost_unit", {**values, "unit": unit_of_all or "–"}))
    return costs, unit_of_all or ""


def _factor(unit: str, other: str) -> float:
    """Return by what a cost in a unit is multiplied to be one in another; 0 where that is not known."""
    if _plain_unit(unit) == _plain_unit(other):
        return 1.0
    yuan = [_YUAN.get(_plain_unit(name), 0.0) for name in (unit, other)]
    return yuan[0] / yuan[1] if all(yuan) else 0.0


def _cost(cell: object) -> tuple[float, str]:
    """Return a cost and the unit beside it; NaN where it is no number."""
    match = None if isinstance(cell, bool) else _COST.fullmatch(unicodedata.normalize("NFKC", str(cell)).strip())
    number = plain_number(match["number"]) if match else ""
    return (float(number), match["unit"] or "") if match and is_number(number) else (float("nan"), "")


def _plain_unit(unit: str) -> str:
    """Return a unit in the form in which units are compared: 万 and 万元 are the same."""
    plain = re.sub(r"人民币|rmb|cny|[（()）]", "", unit.lower()).strip()
    return plain.removesuffix("元").strip() or plain or unit.strip().lower()


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
        requires=_ids([cell for row in rows for cell in row.requires], ids),
        excludes=_ids([cell for row in rows for cell in row.excludes], ids),
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
    stage, (year, last), years = _stage(row.stage), _period(row.year), _duration(row.years)
    if stage is None:
        faults.append(("project_stage", {**where, "value": row.stage, "known": Choices("stages", STAGES)}))
    elif stage == "dropped" and project.decided:
        faults.append(("project_dropped", where))
    if year is None and not _is_blank(row.year):
        faults.append(("project_year", {**where, "value": row.year}))
    if years is None and not _is_blank(row.years):
        faults.append(("project_years", {**where, "value": row.years}))
    if years is None:
        years = 1 if year is None or last is None else last - year + 1
    spent, own = (0.0, "") if _is_blank(row.spent) else _cost(row.spent)
    spent *= _factor(own or units[0], units[1])
    if not 0 <= spent < float("inf") or (spent > project.cost and stage != "done"):
        faults.append(("project_spent", {**where, "value": row.spent, "cost": project.cost}))
    if stage == "done":
        spent = project.cost if _is_blank(row.spent) else spent
    left = 0.0 if stage == "done" else float(f"{max(project.cost - spent, 0.0):.12g}")
    decided = project.decided or stage in {"begun", "done"}
    return replace(
        project, cost=left, decided=decided, stage=stage or "planned", year=year, years=max(years, 1), spent=spent
    )


def _is_blank(cell: object) -> bool:
    return str("" if cell is None else cell).strip().lower() in NO - {"0"}


def _plain_cell(cell: object) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", plain_code(str("" if cell is None else cell))))


def _stage(cell: object) -> Stage | None:
    """Return how far a project is, by a word or by per cent; None where that cannot be told."""
    word = _plain_cell(cell)
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)%", word):
        done = float(match[1])
        return "planned" if done == 0 else "begun" if done < _WHOLE else "done" if done == _WHOLE else None
    found = "planned" if _is_blank(cell) else meaning(word, "stages")
    return next((stage for stage in STAGES if stage == found), None)


def _period(cell: object) -> tuple[int | None, int | None]:
    """Return the first and the last year that a cell names; None where it names none."""
    match = _YEAR.fullmatch(_plain_cell(cell))
    if match is None:
        return None, None
    first, last = int(match["first"]), int(match["last"] or match["first"])
    return (first, last if match["last"] else None) if last >= first else (None, None)


def _duration(cell: object) -> int | None:
    """Return how many years a duration takes, begun ones counted whole; None where that cannot be told."""
    match = _DURATION.fullmatch(_plain_cell(cell).lower())
    if match is None:
        return None
    number, unit = float(match["number"]), (match["unit"] or "").removesuffix("s")
    if number <= 0 or (not unit and number > _MOST_YEARS):
        return None
    return math.ceil(number / _PER_YEAR[unit or "年"] - TOLERANCE)


def _ids(cells: Sequence[str], known: set[str]) -> tuple[str, ...]:
    """Return the ids that cells name, each once; words for "none" name none."""
    ids: dict[str, None] = {}
    for cell in cells:
        for part in _SEPARATOR.split(unicodedata.normalize("NFKC", cell)):
            words = [part.strip()] if plain_code(part.strip()) in known else part.split()
            ids |= dict.fromkeys(plain_code(word) for word in words)
    return tuple(name for name in ids if name in known or name.lower() not in NO)


def _with_changes(project: Project, group: Sequence[_Written], changes: Mapping[Where, Change]) -> Project:
    own = [changes.get(line.where) for line in group]
    return replace(project, changes=tuple(change for change in own if change is not None))
