"""A file of changes → a scenario: a table with a change a row, or the ``[[change]]`` of a TOML file.

First the file is read into rows, then each row becomes a change in WGS-84. What is wrong is collected, so that the user
sees all of it at once.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import shapely
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from cfgeo.core.errors import CfgeoError, InputError, ScenarioError
from cfgeo.core.scenario import (
    ACTIONS,
    LINK_TAGS,
    REFIT_TAGS,
    Change,
    FacilityChange,
    Fault,
    LinkChange,
    Scenario,
    Where,
    raise_faults,
)
from cfgeo.core.schema import WGS84
from cfgeo.core.strings import kind_of, layer_of
from cfgeo.files.datum import to_wgs84
from cfgeo.files.guess import PLACE_COLUMNS, columns_of, meaning
from cfgeo.files.read import TableFile, is_table, read_places
from cfgeo.study.config import Datum
from cfgeo.study.validation import KnownKeys, sentences_of, toml_faults

_ATTRIBUTES = tuple(column for column in PLACE_COLUMNS if column not in {"name", "kind", "capacity"})
_SHAPE_KEYS = ("lon", "wkt", "file")


def _as_tags(value: object) -> object:
    """Return ``incline=up; step_count=84`` as a dict; numbers in a dict become text."""
    if isinstance(value, dict):
        return {key: str(tag) if isinstance(tag, int | float) and not isinstance(tag, bool) else tag
                for key, tag in value.items()}  # fmt: skip
    if not isinstance(value, str):
        return value
    pairs = [pair.split("=", 1) for pair in value.replace("；", ";").split(";") if pair.strip()]
    if not all(len(pair) == 2 for pair in pairs):
        raise PydanticCustomError("change_pairs", "key=value", {"value": value})
    return {key.strip(): tag.strip() for key, tag in pairs}


class ChangeRow(BaseModel):
    """One change as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = ""
    action: str
    layer: str = ""
    facility: str = ""
    kind: str = ""
    name: str = ""
    capacity: Annotated[float, Field(ge=0)] | None = None
    attributes: Annotated[dict[str, str | float | bool], BeforeValidator(_as_tags)] = {}
    link: str = ""
    way: int | None = None
    street: str = ""
    tags: Annotated[dict[str, str], BeforeValidator(_as_tags)] = {}
    lon: float | None = None
    lat: float | None = None
    wkt: str = ""
    file: str = ""
    datum: Datum | None = None

    @property
    def shape_keys(self) -> list[str]:
        """The keys that say where the change is."""
        return [key for key in _SHAPE_KEYS if getattr(self, key) not in {None, ""}]


class _About(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = ""
    datum: Datum = "wgs84"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: _About = _About()
    change: tuple[ChangeRow, ...] = ()


@dataclass(frozen=True)
class Rows:
    """What a file of changes holds.

    Attributes
    ----------
    content : Mapping of str to object
        As a TOML file holds it; the changes are the list ``change``.
    numbers : tuple of int
        Which row of the sheet each change is, as a spreadsheet numbers them; in a TOML file which change, from 1.
    columns : Mapping of str to str
        cfgeo's name → the table's.
    unused : tuple of str
        Columns of a table that mean nothing to cfgeo.
    money_units : Mapping of str to str
        The units of money that the table's headings name; under "" the unit that the lines around it name.
    """

    content: Mapping[str, Any]
    numbers: tuple[int, ...]
    columns: Mapping[str, str]
    unused: tuple[str, ...]
    money_units: Mapping[str, str] = field(default_factory=dict)


def load_scenario(path: str | Path) -> Scenario:
    """Read changes from a TOML file, or from a table with a change a row.

    Parameters
    ----------
    path
        ``.toml``, or CSV or Excel.

    Raises
    ------
    ScenarioError
        The file is missing or no scenario, or changes lack what they need; the message names them all.
    InputError
        The table cannot be read.
    """
    path = Path(path)
    rows = read_rows(path, ChangeRow)
    try:
        file = _File.model_validate(rows.content)
    except ValidationError as error:
        faults = sentences_of(error, known_keys(_File, _About, ChangeRow), rows.content)
        raise ScenarioError("scenario_faults", file=path, faults=faults) from None
    if not file.change:
        raise ScenarioError("scenario_empty", file=path)
    faulty: list[Fault] = []
    changes = [change_of(row, nth, path, file.scenario.datum, faulty) for nth, row in enumerate(file.change, start=1)]
    raise_faults(faulty + _repeated(file.change), path)
    return Scenario(file.scenario.title, tuple(change for change in changes if change), path, rows.unused)


def known_keys(file: type[BaseModel], about: type[BaseModel], row: type[BaseModel]) -> KnownKeys:
    """Return which keys can stand where a key does: in the file itself, in its heading table, or in a row."""
    return lambda path: {1: file, 2: about}.get(len(path), row).model_fields


def _repeated(rows: Sequence[ChangeRow]) -> list[Fault]:
    """Find ids and whole changes that occur twice."""
    faults: list[Fault] = []
    first: dict[object, int] = {}
    for nth, row in enumerate(rows, start=1):
        body = row.model_dump_json(exclude={"id"})
        for key, code in ((("id", row.id), "change_id_twice"), (("body", body), "change_twice")):
            if key in first and (row.id or code == "change_twice"):
                faults.append((code, {"where": Where(nth, row.id), "other": first[key]}))
            first.setdefault(key, nth)
    return faults


def read_rows(path: Path, row: type[ChangeRow], sheet: str | None = None) -> Rows:
    """Read a TOML file of changes, or a CSV or Excel table with a change a row, whose columns are a row's keys.

    A workbook's sheet is the named one, or the first that holds a table.

    Raises
    ------
    ScenarioError
        The file is missing or no file of changes.
    InputError
        The table cannot be read, or the file holds no sheets.
    """
    if is_table(path):
        return _table_rows(path, row, sheet)
    if path.suffix.lower() != ".toml":
        raise ScenarioError("scenario_format", file=path)
    if sheet is not None:
        raise InputError("table_alone", file=path, table=sheet)
    content = _toml_content(path)
    changes = content.get("change")
    count = len(changes) if isinstance(changes, list) else 0
    return Rows(content, tuple(range(1, count + 1)), {}, ())


def _table_rows(path: Path, row: type[ChangeRow], sheet: str | None) -> Rows:
    read = TableFile(path).read(sheet)
    table = read.table
    columns = columns_of(table, (*row.model_fields, *_ATTRIBUTES))
    unused = tuple(str(column) for column in table.columns if column not in columns.values())
    changes = []
    for _, cells in table.iterrows():
        texts = {ours: str(cells[theirs]).strip() for ours, theirs in columns.items() if not pd.isna(cells[theirs])}
        change: dict[str, Any] = {key: text for key, text in texts.items() if key in row.model_fields and text}
        attributes = {key: text for key, text in texts.items() if key in _ATTRIBUTES and text}
        if attributes:
            change["attributes"] = {**attributes, **_tags_or_text(change.get("attributes", ""))}
        changes.append(change)
    return Rows({"change": changes}, tuple(map(int, table.index)), columns, unused, read.money_units)


def _tags_or_text(text: str) -> dict[str, Any]:
    try:
        tags = _as_tags(text)
    except PydanticCustomError:
        return {"attributes": text}
    return tags if isinstance(tags, dict) else {}


def _toml_content(path: Path) -> dict[str, Any]:
    body = ""
    try:
        body = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(body)
    except FileNotFoundError:
        raise ScenarioError("scenario_missing", file=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError("scenario_unreadable", file=path, reason=error) from error
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError("scenario_faults", file=path, faults=toml_faults(error, body)) from error


def change_of(row: ChangeRow, nth: int, path: Path, datum: Datum, faults: list[Fault]) -> Change | None:
    """Return one change in WGS-84, or None; what is wrong with it is added to ``faults``.

    Parameters
    ----------
    row
        As it is written.
    nth
        Which it is, as the user counts.
    path
        The file that the row stands in; other files are named relative to it.
    datum
        Of its position, where the row does not say.
    faults
        Grows.
    """
    where = Where(nth, row.id)
    before = len(faults)
    word = meaning(row.action, "actions")
    action = next((action for action in ACTIONS if action == word), None)
    is_facility, is_link = bool(row.layer), bool(row.link or row.way is not None or row.street)
    if action is None:
        faults.append(("change_action", {"where": where, "value": row.action, "known": ", ".join(ACTIONS)}))
    elif is_facility == is_link:
        faults.append(("change_both" if is_facility else "change_neither", {"where": where}))
    else:
        check = _facility_faults if is_facility else _link_faults
        faults += [(code, {"where": where, **values}) for code, values in check(row, action)]
    shape = None
    try:
        shape = _shape(row, path, datum)
    except _ShapeError as error:
        faults.append((error.code, {"where": where, **error.values}))
    except CfgeoError as error:
        faults.append(("change_file", {"where": where, "file": row.file, "reason": error}))
    if len(faults) > before or action is None:
        return None
    if is_facility:
        capacity = {} if row.capacity is None else {"capacity": row.capacity}
        kind, layer = kind_of(row.kind), layer_of(row.layer)
        attributes = {**row.attributes, **capacity}
        return FacilityChange(action, layer, row.facility, kind, row.name, shape, attributes, nth, row.id)
    link = meaning(row.link, "links") or ""
    tags = {**LINK_TAGS.get(link, {}), **row.tags}
    return LinkChange(action, link, row.way, row.street, shape, tags, nth, row.id)


def _facility_faults(row: ChangeRow, action: str) -> list[Fault]:
    """Find what a facility's change lacks, and what it gives for nothing."""
    has_shape = bool(row.shape_keys)
    has_facts = row.capacity is not None or bool(row.attributes)
    facility, any_shape = (bool(row.facility), "facility"), (has_shape, "lon, lat, wkt, file")
    needs = {
        "add": [(has_shape, "lon, lat")],
        "move": [facility, (has_shape, "lon, lat")],
        "close": [facility],
        "enlarge": [facility, (has_shape or row.capacity is not None, "capacity, wkt")],
        "refit": [facility, (has_facts, "attributes")],
    }
    idle = {"add": [facility], "close": [any_shape, (has_facts, "capacity, attributes")], "refit": [any_shape]}
    of_new = [] if action == "add" else [(bool(row.kind), "kind"), (bool(row.name), "name")]
    return _key_faults(action, needs[action], [*idle.get(action, []), *of_new, (bool(row.tags), "tags")])


def _link_faults(row: ChangeRow, action: str) -> list[Fault]:
    """Find what a change of the network lacks, and what it gives for nothing."""
    if action not in {"add", "close", "refit"}:
        return [("change_link_action", {"action": action})]
    has_shape, link, tags = bool(row.shape_keys), (bool(row.link), "link"), bool(row.tags)
    named = row.way is not None or bool(row.street)
    facts = row.capacity is not None or bool(row.attributes or row.facility or row.kind)
    of_facility = (facts, "capacity, kind, facility, attributes")
    faults: list[Fault] = []
    if row.link and meaning(row.link, "links") is None:
        faults.append(("change_link", {"value": row.link, "known": ", ".join(LINK_TAGS)}))
    if action == "add":
        return faults + _key_faults(action, [link, (has_shape, "wkt")], [(named, "way, street"), of_facility])
    if action == "refit":
        unknown = [key for key in row.tags if key not in REFIT_TAGS]
        faults += [("change_tag", {"key": key, "known": ", ".join(REFIT_TAGS)}) for key in unknown]
    needs = [(named, "way, street"), (action == "close" or tags, "tags")]
    idle = [(has_shape, "lon, lat, wkt, file"), of_facility, (row.way is not None and bool(row.street), "street"), link]
    return faults + _key_faults(action, needs, [*idle, (action == "close" and tags, "tags")])


def _key_faults(action: str, needs: Sequence[tuple[bool, str]], idle: Sequence[tuple[bool, str]]) -> list[Fault]:
    """Return a fault for each key that is needed and missing, then for each that is given and idle."""
    lacking: list[Fault] = [("change_lacks", {"action": action, "key": key}) for given, key in needs if not given]
    return lacking + [("change_idle", {"action": action, "key": key}) for given, key in idle if given]


class _ShapeError(Exception):
    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def _shape(row: ChangeRow, path: Path, datum: Datum) -> Any:
    """Return where a change is, in WGS-84; None where it does not say."""
    if (row.lon is None) != (row.lat is None):
        raise _ShapeError("change_half_position")
    if not row.shape_keys:
        return None
    if len(row.shape_keys) > 1:
        raise _ShapeError("change_positions", keys=", ".join(row.shape_keys))
    datum = row.datum or datum
    if row.file:
        table = read_places(path.parent / row.file, columns={}, datum=datum).to_crs(WGS84)
        shape = shapely.union_all(table.geometry.to_numpy())
    else:
        shape = shapely.transform(_written_shape(row), lambda xy: np.column_stack(to_wgs84(*xy.T, datum=datum)))
    if shape is None or shape.is_empty:
        raise _ShapeError("change_no_shape")
    if not (np.abs(shape.bounds) <= [180, 90, 180, 90]).all():
        raise _ShapeError("change_degrees")
    return _line(shape) if row.link else shapely.make_valid(shape)


def _written_shape(row: ChangeRow) -> Any:
    if row.lon is not None and row.lat is not None:
        return shapely.Point(row.lon, row.lat)
    try:
        with np.errstate(over="ignore"):  # numbers too large are refused later, as no degrees
            return shapely.force_2d(shapely.from_wkt(row.wkt))
    except shapely.errors.GEOSException:
        raise _ShapeError("change_wkt", value=row.wkt[:60]) from None


def _line(shape: Any) -> Any:
    """Return a link's shape as a single line."""
    line = shapely.line_merge(shape) if shape.geom_type == "MultiLineString" else shape
    if line.geom_type != "LineString" or line.length == 0:
        raise _ShapeError("change_no_line")
    return line
