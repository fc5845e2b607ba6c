"""Files → reserve lists: a table with a change a row, or TOML; a project is one row, or several in a row."""

import re
import unicodedata
from collections.abc import Container, Iterable, Sequence
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
from cfgeo.files.read import money_units
from cfgeo.scenarios.changes_file import ChangeRow, Rows, change_of, read_rows
from cfgeo.scenarios.project_rules import excluded, named_things, relation_faults
from cfgeo.study.config import Datum, Study
from cfgeo.study.validation import as_tuple, sentences_of

_COST = re.compile(r"(?P<number>[+-]?[\d.,]+([eE][+-]?\d+)?)\s*(?P<unit>[^\d\s.,+-].*)?")
_BETWEEN = re.compile(r"[,;、]")


class _Row(ChangeRow):
    """One change as it is written, and what the first row of a project says of it."""

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
    """A row, its number as the user counts, its id, and whether all of it could be understood."""

    row: _Row
    nth: int
    id: str
    is_whole: bool

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
    costs, unit = _costs([group[0] for group in groups], about.unit or _unit(path, table, rows), faults)
    ids = {group[0].id for group in groups}
    made = [_project(group, cost, ids, faults) for group, cost in zip(groups, costs, strict=True)]
    whole = [one for group in groups for one in group if one.is_whole]
    changes = {
        one.nth: change_of(one.row.model_copy(update={"id": one.id}), one.nth, path, about.datum or datum, faults)
        for one in whole
    }
    listed = tuple(_with_changes(project, group, changes) for project, group in zip(made, groups, strict=True))
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
    """Return a reserve list and what is wanted of it; what is not given is what ``[projects]`` of the study says.

    Raises
    ------
    StudyError
        Neither names a list.
    ScenarioError, InputError
        As :func:`load_projects`.
    """
    own = study.projects
    asked = PlanChoices() if own is None else PlanChoices(own.budget, own.target, own.seconds)
    if budget is not None or target is not None:
        asked = replace(asked, budget=budget, target=target)
    if seconds is not None:
        asked = replace(asked, seconds=seconds)
    return _own_list(study) if path is None else load_projects(path), asked


def _own_list(study: Study) -> Projects:
    own = study.projects
    if own is None:
        raise StudyError("plan_no_list", file=study.file or "study.toml")
    return load_projects(study.resolve(own.path), table=own.table, datum=own.datum)


def _row_of(fault: Fault) -> int:
    """Return the row that a fault is about; 0 where it is about no row."""
    found = re.search(r"\d+", str(fault[1].get("where", "")))
    return int(found[0]) if found else 0


def _unit(path: Path, table: str | None, rows: Rows) -> str:
    """Return the unit that the heading of the costs names, or the lines above the table."""
    if "cost" not in rows.columns:
        return ""
    units = money_units(path, table)
    return units.get(rows.columns["cost"]) or units.get("", "")


def _written(rows: Rows) -> tuple[_About, list[_Written], list[Fault]]:
    """Return what a file says, rows without those of their keys that cannot be understood, and what is wrong there."""
    content, keys = dict(rows.content), dict[int, set[str]]()
    try:
        read, faults = _File.model_validate(content), list[Fault]()
    except ValidationError as error:
        paths = [fault["loc"] for fault in error.errors(include_url=False)]
        if any(path[0] != "change" or len(path) == 1 for path in paths):
            return _About(), [], list(sentences_of(error, _known_keys, content).rows)
        called = [_called(row, nth) for row, nth in zip(content["change"], rows.numbers, strict=True)]
        faults = list(sentences_of(error, _known_keys, {**content, "change": called}).rows)
        for path in paths:
            keys.setdefault(int(path[1]), set()).update(map(str, path[2:3]))
        mended = [_without(row, keys[at]) if at in keys else row for at, row in enumerate(content["change"])]
        read = _File.model_validate({**content, "change": mended})
    written = [
        _Written(row, nth, plain_code(row.id).strip(), at not in keys)
        for at, (row, nth) in enumerate(zip(read.change, rows.numbers, strict=True))
    ]
    return read.projects, written, faults


def _without(row: Any, keys: Container[str]) -> dict[str, Any]:
    given = row if isinstance(row, dict) else {}
    return {"action": "", **{key: value for key, value in given.items() if key not in keys}}


def _called(row: Any, nth: int) -> Any:
    """Return a row whose id says where it stands too."""
    own = row.get("id", "") if isinstance(row, dict) else ""
    return {**(row if isinstance(row, dict) else {}), "id": Where(nth, str(own))}


def _known_keys(path: Sequence[str | int]) -> Iterable[str]:
    models: dict[int, type[BaseModel]] = {1: _File, 2: _About}
    return models.get(len(path), _Row).model_fields


def _groups(written: Sequence[_Written], faults: list[Fault]) -> list[list[_Written]]:
    """Return the rows of each project: the first, and those without a cost that follow it."""
    groups: list[list[_Written]] = []
    first: dict[str, int] = {}
    for one in written:
        if not one.id:
            faults.append(("project_no_id", {"where": one.where}))
        elif groups and groups[-1][0].id == one.id and not one.has_cost:
            groups[-1].append(one)
        elif one.id in first:
            faults.append(("project_twice", {"where": one.where, "other": first[one.id]}))
        else:
            first[one.id] = one.nth
            groups.append([one])
    return groups


def _costs(firsts: Sequence[_Written], unit: str, faults: list[Fault]) -> tuple[list[float], str]:
    """Return each project's cost, and the unit of all of them."""
    costs, units = [], [unit] if unit else []
    for one in firsts:
        cost, own = _cost(one.row.cost)
        costs.append(cost)
        if not one.has_cost:
            faults.append(("project_no_cost", {"where": one.where}))
        elif not 0 <= cost < float("inf"):
            faults.append(("project_cost", {"where": one.where, "value": one.row.cost}))
        else:
            units.append(own or unit)
            if _plain_unit(units[-1]) != _plain_unit(units[0]):
                told = {"where": one.where, "value": one.row.cost, "unit": units[0] or "–"}
                faults.append(("project_cost_unit", told))
    return costs, next(iter(units), "")


def _cost(said: object) -> tuple[float, str]:
    """Return a cost and the unit that stands beside it; NaN where it is no number."""
    match = None if isinstance(said, bool) else _COST.fullmatch(unicodedata.normalize("NFKC", str(said)).strip())
    number = plain_number(match["number"]) if match else ""
    return (float(number), match["unit"] or "") if match and is_number(number) else (float("nan"), "")


def _plain_unit(unit: str) -> str:
    """Return a unit as it is compared: 万 and 万元 are the same."""
    return unit.replace("人民币", "").removesuffix("元").strip().lower() or unit.strip()


def _project(group: Sequence[_Written], cost: float, ids: set[str], faults: list[Fault]) -> Project:
    """Return a project without its changes."""
    first, rows = group[0], [one.row for one in group]
    answers = pd.Series([row.decided for row in rows], dtype=object)
    faults += [("project_decided", {"where": one.where, "value": one.row.decided})
               for one, unclear in zip(group, is_unclear(answers), strict=True) if unclear]  # fmt: skip
    names = [name for key in ("project", "name") for row in rows if (name := getattr(row, key).strip())]
    requires, excludes = (_ids([said for row in rows for said in getattr(row, key)], ids)
                          for key in ("requires", "excludes"))  # fmt: skip
    return Project(
        first.id, next(iter(names), first.id), cost, (), requires, excludes, bool(is_yes(answers).any()), first.nth
    )


def _ids(cells: Sequence[str], known: set[str]) -> tuple[str, ...]:
    """Return the ids that cells name, each once; what is written for none names none."""
    found: dict[str, None] = {}
    for cell in cells:
        for part in _BETWEEN.split(unicodedata.normalize("NFKC", cell)):
            words = [part.strip()] if plain_code(part.strip()) in known else part.split()
            found |= dict.fromkeys(plain_code(word) for word in words)
    return tuple(one for one in found if one in known or one.lower() not in NO)


def _with_changes(project: Project, group: Sequence[_Written], changes: dict[int, Change | None]) -> Project:
    found = tuple(change for one in group if (change := changes.get(one.nth)) is not None)
    return Project(**{**vars(project), "changes": found})
