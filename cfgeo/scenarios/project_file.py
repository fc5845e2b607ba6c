"""A file → a reserve list: a table with a change a row, or TOML; a project has one row, or several that follow."""

import re
import unicodedata
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from cfgeo.core.errors import ScenarioError, StudyError
from cfgeo.core.plan import PlanChoices
from cfgeo.core.projects import Project, Projects
from cfgeo.core.scenario import Change, Fault, Where
from cfgeo.core.strings import Sentences
from cfgeo.files.cell_values import NO, is_number, is_unclear, is_yes, plain_code, plain_number
from cfgeo.scenarios.changes_file import ChangeRow, Rows, change_of, known_keys, read_rows
from cfgeo.scenarios.project_rules import excluded, named_things, relation_faults
from cfgeo.study.config import Datum, Study
from cfgeo.study.validation import as_tuple, sentences_of

_COST = re.compile(r"(?P<number>[+-]?[\d.,]+([eE][+-]?\d+)?)\s*(?P<unit>[^\d\s.,+-].*)?")
_SEPARATOR = re.compile(r"[,;、]")


class _Row(ChangeRow):
    """One change as it is written, and what its row says of the project."""

    project: str = ""
    cost: Any = None
    requires: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] = ()
    excludes: Annotated[tuple[str, ...], BeforeValidator(as_tuple)] = ()
    decided: Any = None


class _About(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = ""
    unit: str = ""
    datum: Datum | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    projects: _About = _About()
    change: tuple[_Row, ...] = ()


@dataclass(frozen=True)
class _Written:
    """A row, its number as the user counts, its id, and whether all its cells are valid."""

    row: _Row
    nth: int
    id: str
    is_valid: bool

    @property
    def where(self) -> Where:
        return Where(self.nth, self.id)

    @property
    def has_cost(self) -> bool:
        return str("" if self.row.cost is None else self.row.cost).strip() != ""


def load_projects(path: str | Path, *, table: str | None = None, datum: Datum = "wgs84") -> Projects:
    """Read a reserve list from a CSV or Excel table, or from TOML.

    Parameters
    ----------
    path
        The columns of a file of changes, and ``id``, ``project`` (its name), ``cost``, ``requires``, ``excludes`` and
        ``decided``.
    table
        Which sheet of a workbook; the first that holds a table when missing.
    datum
        Of positions, where the file does not say.

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
    rows = read_rows(path, _Row, table)
    about, written, faults = _written(rows)
    if not (written or faults):
        raise ScenarioError("project_empty", file=path)
    groups = _groups(written, faults)
    costs, unit = _costs([group[0] for group in groups], about.unit or _unit(rows), faults)
    ids = {group[0].id for group in groups}
    without_changes = [_project(group, cost, ids, faults) for group, cost in zip(groups, costs, strict=True)]
    changes = {
        line.nth: change_of(line.row.model_copy(update={"id": line.id}), line.nth, path, about.datum or datum, faults)
        for group in groups for line in group if line.is_valid
    }  # fmt: skip
    listed = tuple(_with_changes(*pair, changes) for pair in zip(without_changes, groups, strict=True))
    projects = Projects(about.title, listed, unit, path, rows.unused)
    things = {project.id: named_things(project) for project in listed}
    faults += relation_faults(projects, things)
    if faults:
        raise ScenarioError("project_faults", file=path, faults=Sentences(sorted(faults, key=_row_of)))
    return excluded(projects, things)


def plan_choices(
    study: Study,
    path: Path | None = None,
    *,
    budget: float | None = None,
    target: float | None = None,
    seconds: float | None = None,
) -> tuple[Projects, PlanChoices]:
    """Return a reserve list and the choices of a plan; ``[projects]`` of the study holds what is not given here.

    Raises
    ------
    StudyError
        Neither names a list.
    ScenarioError, InputError
        As :func:`load_projects`.
    """
    own = study.projects
    choices = PlanChoices() if own is None else PlanChoices(own.budget, own.target, own.seconds)
    if budget is not None or target is not None:
        choices = replace(choices, budget=budget, target=target)
    if seconds is not None:
        choices = replace(choices, seconds=seconds)
    if path is not None:
        return load_projects(path), choices
    if own is None:
        raise StudyError("plan_no_list", file=study.file or "study.toml")
    return load_projects(study.resolve(own.path), table=own.table, datum=own.datum), choices


def _row_of(fault: Fault) -> int:
    """Return the row that a fault is about; 0 where it is about no row."""
    number = re.search(r"\d+", str(fault[1].get("where", "")))
    return int(number[0]) if number else 0


def _unit(rows: Rows) -> str:
    """Return the unit that the heading of the costs names, or the lines above the table."""
    if "cost" not in rows.columns:
        return ""
    return rows.money_units.get(rows.columns["cost"]) or rows.money_units.get("", "")


def _written(rows: Rows) -> tuple[_About, list[_Written], list[Fault]]:
    """Return a file's heading, its rows without their invalid cells, and what is wrong with these."""
    content, keys = dict(rows.content), dict[int, set[str]]()
    try:
        file, faults = _File.model_validate(content), list[Fault]()
    except ValidationError as error:
        known = known_keys(_File, _About, _Row)
        paths = [fault["loc"] for fault in error.errors(include_url=False)]
        if any(path[0] != "change" or len(path) == 1 for path in paths):
            return _About(), [], list(sentences_of(error, known, content).rows)
        named = [_with_place(row, nth) for row, nth in zip(content["change"], rows.numbers, strict=True)]
        faults = list(sentences_of(error, known, {**content, "change": named}).rows)
        for path in paths:
            keys.setdefault(int(path[1]), set()).update(map(str, path[2:3]))
        valid = [_without(row, keys[nth]) if nth in keys else row for nth, row in enumerate(content["change"])]
        file = _File.model_validate({**content, "change": valid})
    written = [
        _Written(row, number, plain_code(row.id).strip(), nth not in keys)
        for nth, (row, number) in enumerate(zip(file.change, rows.numbers, strict=True))
    ]
    return file.projects, written, faults


def _without(row: Any, keys: Container[str]) -> dict[str, Any]:
    cells = row if isinstance(row, dict) else {}
    return {"action": "", **{key: value for key, value in cells.items() if key not in keys}}


def _with_place(row: Any, nth: int) -> dict[str, Any]:
    """Return a row whose id says where it stands, for sentences about it."""
    cells = row if isinstance(row, dict) else {}
    return {**cells, "id": Where(nth, str(cells.get("id", "")))}


def _groups(written: Sequence[_Written], faults: list[Fault]) -> list[list[_Written]]:
    """Return the rows of each project: the first, and those without a cost that follow it."""
    groups: list[list[_Written]] = []
    first: dict[str, int] = {}
    for line in written:
        if not line.id:
            faults.append(("project_no_id", {"where": line.where}))
        elif groups and groups[-1][0].id == line.id and not line.has_cost:
            groups[-1].append(line)
        elif line.id in first:
            faults.append(("project_twice", {"where": line.where, "other": first[line.id]}))
        else:
            first[line.id] = line.nth
            groups.append([line])
    return groups


def _costs(firsts: Sequence[_Written], unit: str, faults: list[Fault]) -> tuple[list[float], str]:
    """Return each project's cost, and the unit of all of them."""
    costs, units = [], [unit] if unit else []
    for line in firsts:
        cost, own = _cost(line.row.cost)
        costs.append(cost)
        if not line.has_cost:
            faults.append(("project_no_cost", {"where": line.where}))
        elif not 0 <= cost < float("inf"):
            faults.append(("project_cost", {"where": line.where, "value": line.row.cost}))
        else:
            units.append(own or unit)
            if _plain_unit(units[-1]) != _plain_unit(units[0]):
                values = {"where": line.where, "value": line.row.cost, "unit": units[0] or "–"}
                faults.append(("project_cost_unit", values))
    return costs, next(iter(units), "")


def _cost(cell: object) -> tuple[float, str]:
    """Return a cost and the unit beside it; NaN where it is no number."""
    match = None if isinstance(cell, bool) else _COST.fullmatch(unicodedata.normalize("NFKC", str(cell)).strip())
    number = plain_number(match["number"]) if match else ""
    return (float(number), match["unit"] or "") if match and is_number(number) else (float("nan"), "")


def _plain_unit(unit: str) -> str:
    """Return a unit in the form in which units are compared: 万 and 万元 are the same."""
    return unit.replace("人民币", "").removesuffix("元").strip().lower() or unit.strip()


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
        row=first.nth,
    )


def _ids(cells: Sequence[str], known: set[str]) -> tuple[str, ...]:
    """Return the ids that cells name, each once; words for "none" name none."""
    ids: dict[str, None] = {}
    for cell in cells:
        for part in _SEPARATOR.split(unicodedata.normalize("NFKC", cell)):
            words = [part.strip()] if plain_code(part.strip()) in known else part.split()
            ids |= dict.fromkeys(plain_code(word) for word in words)
    return tuple(name for name in ids if name in known or name.lower() not in NO)


def _with_changes(project: Project, group: Sequence[_Written], changes: Mapping[int, Change | None]) -> Project:
    own = [changes.get(line.nth) for line in group]
    return replace(project, changes=tuple(change for change in own if change is not None))
