"""A file of changes → a scenario: a table with a change a row, or the ``[[change]]`` of a TOML file.

First the file is read into rows, then each row becomes a change in WGS-84. What is wrong is collected, so that the user
sees all of it at once, each fault with its row as a spreadsheet shows it.
"""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from cfgeo.core.errors import InputError, ScenarioError
from cfgeo.core.findings import Findings, finding
from cfgeo.core.scenario import Change, Cost, Fault, Scenario, WrittenAt, raise_faults
from cfgeo.core.strings import Sentences
from cfgeo.files.answers import is_yes
from cfgeo.files.cell_values import plain_code, plain_heading, with_decimal_points
from cfgeo.files.guess import PLACE_COLUMNS
from cfgeo.files.positions.headings import CELL, LAT, LON
from cfgeo.files.positions.places import pair_of, position_cell
from cfgeo.files.positions.rows import ListPlaces
from cfgeo.files.positions.written import PositionChoices
from cfgeo.files.read import TableFile, TableRead, is_table
from cfgeo.files.vocabulary.headings import columns_of, headings_that_are
from cfgeo.files.vocabulary.words import headings, own_word
from cfgeo.scenarios.lists.change_rows import ChangeRow, as_tags, changes_of
from cfgeo.scenarios.lists.project_cells import is_blank, read_cost
from cfgeo.scenarios.lists.rows import THINGS, Rows, known_keys, valid_rows
from cfgeo.study.communities import district_of
from cfgeo.study.config import Study
from cfgeo.study.keys import Datum
from cfgeo.study.validation import AlsoWritten, TomlError, TomlModel, read_toml

_ATTRIBUTES = tuple(column for column in PLACE_COLUMNS if column not in {"name", "kind", "capacity"})
_POSITIONS = (LON, LAT, CELL, "wkt")
_CRS = re.compile(r"(?i)epsg|gauss|kruger|utm|\d\s*degree")
_UNITS_APART = frozenset({1.0, 1e4, 1e-4, 1e8, 0.0})
"""What costs in 元, 万元 and 亿元 differ by, to six decimals."""
_CANCELLED = "取消|终止|中止|撤销|作废|停建|缓建|暂缓|不再?实施|cancell?ed|dropped|void"
_SAYS_CANCELLED = re.compile(rf"(?:已|现|拟)?(?:{_CANCELLED})(?:实施|建设)?", re.IGNORECASE)
_ASKS_CANCELLED = re.compile(rf"(?:是否)?已?(?:{_CANCELLED})", re.IGNORECASE)
_USUAL = ("id", "action", "layer", "kind", "name", "lon", "lat")
"""Headings that an error about a table without them names."""


class _About(TomlModel):
    title: str = ""
    datum: Datum | None = None
    crs: Annotated[str, BeforeValidator(str), AlsoWritten("integer")] = ""


class ChangesFile(TomlModel):
    """A TOML file of changes."""

    scenario: _About = _About()
    change: tuple[ChangeRow, ...] = ()


def load_scenario(path: str | Path, *, study: Study | None = None) -> Scenario:
    """Read changes from a TOML file, or from a table with a change a row.

    Parameters
    ----------
    path
        ``.toml``, or CSV or Excel.
    study
        What they shall change: its communities tell of which zone metres are that name none.

    Raises
    ------
    ScenarioError
        The file is missing or no scenario, or changes lack what they need; the message names them all.
    InputError
        The table cannot be read.
    """
    scenario = read_scenario(path, study=study)
    raise_faults(scenario.faults, scenario.file)
    return scenario


def read_scenario(path: str | Path, *, study: Study | None = None) -> Scenario:
    """Read changes as :func:`load_scenario`, and leave what is wrong with single changes in ``faults``.

    Raises
    ------
    ScenarioError
        The file is missing or no scenario.
    InputError
        The table cannot be read.
    """
    path = Path(path)
    return _scenario_of(read_rows(path, ChangeRow), path, study)


def scenario_of(changes: Mapping[int, Mapping[str, Any]], *, file: Path, study: Study | None = None) -> Scenario:
    """Return a scenario of changes in memory, as :func:`read_scenario` returns that of a file which holds them.

    Parameters
    ----------
    changes
        What rows of a table would say, by cfgeo's keys; under numbers that sentences name them by.
    file
        Where they are kept, for messages.
    study
        As for :func:`load_scenario`.

    Raises
    ------
    ScenarioError
        There is none, or more is wrong than single changes.
    """
    rows = Rows({"change": [dict(change) for change in changes.values()]}, tuple(changes), {}, ())
    return _scenario_of(rows, file, study)


def _scenario_of(rows: Rows, path: Path, study: Study | None) -> Scenario:
    file, invalid, faults = valid_rows(rows, ChangesFile, known_keys(ChangesFile, _About, ChangeRow))
    if file is None:
        raise ScenarioError("scenario_faults", file=path, faults=Sentences(faults))
    if not file.change:
        raise ScenarioError("scenario_empty", file=path)
    faults += _repeated(file.change, rows, invalid)
    about = file.scenario
    said = list_places(path, "changes", rows, study, about.datum, about.crs)
    numbers = range(1, len(file.change) + 1) if rows.headings is not None else rows.numbers
    valid = [(numbers[nth], row, rows.where(nth, row.id)) for nth, row in enumerate(file.change) if nth not in invalid]
    changes, findings = changes_of(valid, said, faults)
    faults += _add_costs(changes, valid, rows)
    faults = rows.faults(("action",), faults)
    findings = [*rows.findings, *findings]
    return Scenario(about.title, tuple(changes.values()), path, rows.unused, tuple(faults), tuple(findings))


def _add_costs(
    changes: dict[WrittenAt, Change], valid: Sequence[tuple[int, ChangeRow, WrittenAt]], rows: Rows
) -> list[Fault]:
    """Give changes the costs of their rows, where these have one, and return what is wrong with costs."""
    faults: list[Fault] = []
    unit = rows.money_units.get(rows.columns.get("cost", ""), "") or rows.money_units.get("", "")
    for _, row, where in valid:
        if is_blank(row.cost):
            continue
        amount, own = read_cost(row.cost)
        if not 0 <= amount < float("inf"):
            faults.append(("project_cost", {"where": where, "value": row.cost}))
        elif where in changes:
            changes[where] = replace(changes[where], cost=Cost(amount, own or unit))
    return faults


def list_places(
    path: Path, layer: str, rows: Rows, study: Study | None, datum: str | None, crs: str | None
) -> ListPlaces:
    """Return what a list says of the positions of its rows."""
    named = {key: heading for key, heading in rows.columns.items() if key in _POSITIONS}
    return ListPlaces(path, layer, datum, crs or None, named, lambda: None if study is None else district_of(study))


def _repeated(changes: Sequence[ChangeRow], rows: Rows, invalid: Container[int]) -> list[Fault]:
    """Find ids and whole changes that occur twice."""
    faults: list[Fault] = []
    first: dict[object, int] = {}
    for nth, row in enumerate(changes):
        body = row.model_dump_json(exclude={"id", "cost"})
        for key, code in ((("id", plain_code(row.id)), "change_id_twice"), (("body", body), "change_twice")):
            if code == "change_twice" and nth in invalid:
                continue
            if key in first and (row.id or code == "change_twice"):
                faults.append((code, {"where": rows.where(nth, row.id), "other": rows.where(first[key])}))
            first.setdefault(key, nth)
    return faults


def read_rows(
    path: Path, row: type[ChangeRow], sheet: str | None = None, *, layer: str = "changes", datum: str | None = None
) -> Rows:
    """Read a TOML file of changes, or a CSV or Excel table with a change a row, whose columns are a row's keys.

    Parameters
    ----------
    path, row
        The file, and what a row of it has to be.
    sheet
        Of a workbook; the first that holds a table when missing.
    layer, datum
        What findings call the list, and the datum that is known of its positions.

    Raises
    ------
    ScenarioError
        The file is missing or no file of changes.
    InputError
        The table cannot be read, or the file holds no sheets.
    """
    if is_table(path):
        return _table_rows(path, row, sheet, PositionChoices(path, layer, datum))
    if path.suffix.lower() != ".toml":
        raise ScenarioError("scenario_format", file=path)
    if sheet is not None:
        raise InputError("table_alone", file=path, table=sheet)
    content = _toml_content(path)
    changes = content.get("change")
    count = len(changes) if isinstance(changes, list) else 0
    return Rows(content, tuple(range(1, count + 1)), {}, ())


def _table_rows(path: Path, row: type[ChangeRow], sheet: str | None, said: PositionChoices) -> Rows:
    read = _table_of(path, row, sheet)
    table = read.table
    columns, pairs, findings = _columns(table, row, said)
    if LON in columns and LAT in columns:
        both = columns[LON], columns[LAT]
        table = table.assign(**dict(zip(both, with_decimal_points(*(table[name] for name in both)), strict=True)))
    if columns.keys().isdisjoint({"action", *THINGS, "cost"}):
        raise _no_headings(path, row, ", ".join(map(str, table.columns)))
    unused = tuple(str(column) for column in table.columns if column not in {**columns, "address": ""}.values())
    findings += _told(read, said.layer) + _costs_beside(table, columns.get("cost"), said.layer)
    findings += _cancelled(table[[*unused]], said.layer)
    changes = []
    for _, cells in table.iterrows():
        texts = {ours: str(cells[theirs]).strip() for ours, theirs in columns.items() if not pd.isna(cells[theirs])}
        texts = _with_crs(texts)
        change: dict[str, Any] = {key: text for key, text in texts.items() if key in row.model_fields and text}
        attributes = {key: text for key, text in texts.items() if key in _ATTRIBUTES and text}
        if attributes:
            change["attributes"] = {**attributes, **_tags_or_text(change.get("attributes", ""))}
        changes.append(change)
    named = tuple(map(str, table.columns))
    numbers = tuple(map(int, table.index))
    return Rows({"change": changes}, numbers, columns, unused, read.money_units, named, pairs, tuple(findings))


def _columns(
    table: pd.DataFrame, row: type[ChangeRow], said: PositionChoices
) -> tuple[dict[str, str], tuple[Fault, ...], Findings]:
    """Return cfgeo's columns → the table's, those of positions as layers have them, and what is wrong with these."""
    pairs: tuple[Fault, ...] = ()
    findings: Findings = []
    pair = None
    try:
        pair, findings = pair_of(table, said)
    except InputError as error:
        about: dict[str, object] = {
            key: error.values[key] for key in ("pairs", "pair", "other", "apart_m") if key in error.values
        }
        pairs = (("change_pairs_which" if "pairs" in about else "change_two_pairs", about),)
    cell = position_cell(table.drop(columns=[*columns_of(table, ("wkt",)).values()]))
    taken = {LON: pair.lon, LAT: pair.lat} if pair else {}
    taken |= {CELL: cell.cell} if cell else {}
    rest = table.drop(columns=[*taken.values()])
    wanted = [key for key in (*row.model_fields, *_ATTRIBUTES) if key != CELL and key not in taken]
    columns = columns_of(rest, wanted)
    if pairs:  # which of them counts is not known
        columns = {ours: theirs for ours, theirs in columns.items() if ours not in {LON, LAT}}
    return columns | taken, pairs, findings


def _told(read: TableRead, layer: str) -> Findings:
    """Return what a reader of the list has to know of the file: rows that are hidden, struck through or not read."""
    return [{**row, "layer": layer, "severity": "warning"} for row in read.layout if row["severity"] != "note"]


def _costs_beside(table: pd.DataFrame, taken: str | None, layer: str) -> Findings:
    """Find other columns of a list that are called costs and have other numbers than the one that counts."""
    if taken is None:
        return []
    costs = table[taken].map(lambda cell: read_cost(cell)[0])
    findings: Findings = []
    for heading in headings_that_are(table, "cost"):
        others = table[heading].map(lambda cell: read_cost(cell)[0])
        ratios = {*(others / costs)[costs > 0].dropna().round(6)}
        if heading != taken and ratios and not (len(ratios) == 1 and ratios <= _UNITS_APART):
            findings.append(finding("costs_beside", layer, row=heading, heading=heading, used=taken))
    return findings


def _cancelled(unused: pd.DataFrame, layer: str) -> Findings:
    """Find rows of which a column that is not read says that they are cancelled: 备注 = 已取消, 是否取消 = 是."""
    said = pd.Series(data=False, index=unused.index)
    for heading, cells in unused.items():
        words = cells.astype(object).where(cells.notna(), "").astype(str).str.strip()
        said |= words.map(lambda word: _SAYS_CANCELLED.fullmatch(word) is not None)
        if _ASKS_CANCELLED.fullmatch(plain_heading(str(heading))):
            said |= is_yes(words)
    rows = tuple(map(int, unused.index[said]))
    return [finding("rows_cancelled", layer, rows=rows)] if rows else []


def _with_crs(texts: dict[str, str]) -> dict[str, str]:
    """Return a row's cells with a coordinate system that stands under the heading of the datum where it belongs."""
    named = texts.get("datum", "")
    is_crs = bool(_CRS.search(named)) and own_word(named, "datum_names") == named and not texts.get("crs")
    return {**texts, "datum": "", "crs": named} if is_crs else texts


def _table_of(path: Path, row: type[ChangeRow], sheet: str | None) -> TableRead:
    """Return a file's table; where none has headings, the error names those that it needs."""
    try:
        read = TableFile(path).read(sheet)
    except InputError as error:
        if error.code != "workbook_empty":
            raise
        raise _no_headings(path, row, "–") from None
    for doubt in read.layout:  # a plan has no findings to tell it in
        if doubt["rule"] in {"encoding_doubtful", "letters_lost"}:
            raise InputError("words_doubtful", file=path, sample=doubt["values"]["sample"])
    return read


def _no_headings(path: Path, row: type[ChangeRow], has: str) -> ScenarioError:
    more = tuple(column for column in ("project", "cost") if column in row.model_fields)
    return ScenarioError("scenario_no_headings", file=path, has=has, wanted=headings(*_USUAL, *more))


def _tags_or_text(text: str) -> dict[str, Any]:
    try:
        tags = as_tags(text)
    except PydanticCustomError:
        return {"attributes": text}
    return tags if isinstance(tags, dict) else {}


def _toml_content(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path)
    except FileNotFoundError:
        raise ScenarioError("scenario_missing", file=path) from None
    except TomlError as error:
        raise ScenarioError("scenario_faults", file=path, faults=error.faults) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError("scenario_unreadable", file=path, reason=error) from error
