"""A file of changes → a scenario: a table with a change a row, or the ``[[change]]`` of a TOML file."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import shapely
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from cfgeo.core.errors import CfgeoError, InputError, ScenarioError
from cfgeo.core.scenario import (
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
from cfgeo.files.read import is_table, read_places, read_table
from cfgeo.study.config import Datum
from cfgeo.study.validation import sentences_of, toml_faults

_ATTRIBUTES = tuple(column for column in PLACE_COLUMNS if column not in {"name", "kind", "capacity"})
_SHAPE_KEYS = ("lon", "wkt", "file")
_ACTIONS = ("add", "move", "close", "enlarge", "refit")


def _as_tags(value: object) -> object:
    """Return ``incline=up; step_count=84`` as a table of tags; numbers in a table may be plain ones."""
    if isinstance(value, dict):
        return {key: str(one) if isinstance(one, int | float) and not isinstance(one, bool) else one
                for key, one in value.items()}  # fmt: skip
    if not isinstance(value, str):
        return value
    pairs = [pair.split("=", 1) for pair in value.replace("；", ";").split(";") if pair.strip()]
    if not all(len(pair) == 2 for pair in pairs):
        raise PydanticCustomError("change_pairs", "key=value", {"value": value})
    return {key.strip(): one.strip() for key, one in pairs}


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
        Columns of a table that say nothing to cfgeo.
    """

    content: Mapping[str, Any]
    numbers: tuple[int, ...]
    columns: Mapping[str, str]
    unused: tuple[str, ...]


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
    return Rows(content, tuple(range(1, 1 + (len(changes) if isinstance(changes, list) else 0))), {}, ())


def _table_rows(path: Path, row: type[ChangeRow], sheet: str | None) -> Rows:
    table = read_table(path, sheet)
    found = columns_of(table, (*row.model_fields, *_ATTRIBUTES))
    unused = tuple(str(column) for column in table.columns if column not in found.values())
    rows = []
    for _, cells in table.iterrows():
        given = {ours: str(cells[theirs]).strip() for ours, theirs in found.items() if not pd.isna(cells[theirs])}
        made: dict[str, Any] = {ours: value for ours, value in given.items() if ours in row.model_fields and value}
        own = {ours: value for ours, value in given.items() if ours in _ATTRIBUTES and value}
        if own:
            made["attributes"] = {**own, **_as_tags_or_none(made.get("attributes", ""))}
        rows.append(made)
    return Rows({"change": rows}, tuple(map(int, table.index)), found, unused)


def _as_tags_or_none(text: str) -> dict[str, Any]:
    try:
        made = _as_tags(text)
    except PydanticCustomError:
        return {"attributes": text}
    return made if isinstance(made, dict) else {}


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
    """Return one change in WGS-84, or None; what is wrong with it goes to ``faults``.

    Parameters
    ----------
    row
        As it is written.
    nth
        Which it is, as the user counts.
    path
        The file that it stands in: others are named from there.
    datum
        Of its position, where it does not say.
    faults
        Grows.
    """
    where = Where(nth, row.id)
    before = len(faults)
    action = meaning(row.action, "actions")
    is_facility, is_link = bool(row.layer), bool(row.link or row.way is not None or row.street)
    if action is None:
        faults.append(("change_action", {"where": where, "value": row.action, "known": ", ".join(_ACTIONS)}))
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
        numbers = {} if row.capacity is None else {"capacity": row.capacity}
        kind, layer = kind_of(row.kind), layer_of(row.layer)
        attributes = {**row.attributes, **numbers}
        return FacilityChange(action, layer, row.facility, kind, row.name, shape, attributes, nth, row.id)  # type: ignore[arg-type]
    link = meaning(row.link, "links") or ""
    tags = {**LINK_TAGS.get(link, {}), **row.tags}
    return LinkChange(action, link, row.way, row.street, shape, tags, nth, row.id)  # type: ignore[arg-type]


def _facility_faults(row: ChangeRow, action: str) -> list[Fault]:
    """Say what a facility's change lacks, or has too much."""
    has_shape = any(getattr(row, key) not in {None, ""} for key in _SHAPE_KEYS)
    has_facts = row.capacity is not None or bool(row.attributes)
    needs: dict[str, Sequence[tuple[bool, str]]] = {
        "add": [(has_shape, "lon, lat")],
        "move": [(bool(row.facility), "facility"), (has_shape, "lon, lat")],
        "close": [(bool(row.facility), "facility")],
        "enlarge": [(bool(row.facility), "facility"), (has_shape or row.capacity is not None, "capacity, wkt")],
        "refit": [(bool(row.facility), "facility"), (has_facts, "attributes")],
    }
    idle = {
        "add": [(bool(row.facility), "facility")],
        "close": [(has_shape, "lon, lat, wkt, file"), (has_facts, "capacity, attributes")],
        "refit": [(has_shape, "lon, lat, wkt, file")],
    }
    if action != "add":
        idle[action] = [*idle.get(action, []), (bool(row.kind), "kind"), (bool(row.name), "name")]
    idle[action] = [*idle.get(action, []), (bool(row.tags), "tags")]
    return _needs(needs[action], idle[action], action)


def _link_faults(row: ChangeRow, action: str) -> list[Fault]:
    """Say what a change of the network lacks, or has too much."""
    if action not in {"add", "close", "refit"}:
        return [("change_link_action", {"action": action})]
    has_shape = any(getattr(row, key) not in {None, ""} for key in _SHAPE_KEYS)
    named = row.way is not None or bool(row.street)
    facts = row.capacity is not None or bool(row.attributes) or bool(row.facility or row.kind)
    faults: list[Fault] = []
    if row.link and meaning(row.link, "links") is None:
        faults.append(("change_link", {"value": row.link, "known": ", ".join(LINK_TAGS)}))
    if action == "add":
        needs = [(bool(row.link), "link"), (has_shape, "wkt")]
        idle = [(named, "way, street"), (facts, "capacity, kind, facility, attributes")]
        return faults + _needs(needs, idle, action)
    needs = [(named, "way, street"), (action == "close" or bool(row.tags), "tags")]
    idle = [(has_shape, "lon, lat, wkt, file"), (facts, "capacity, kind, facility, attributes")]
    idle += [(row.way is not None and bool(row.street), "street"), (bool(row.link), "link")]
    idle.append((action == "close" and bool(row.tags), "tags"))
    unknown = [key for key in row.tags if key not in REFIT_TAGS] if action == "refit" else []
    faults += [("change_tag", {"key": key, "known": ", ".join(REFIT_TAGS)}) for key in unknown]
    return faults + _needs(needs, idle, action)


def _needs(needs: Sequence[tuple[bool, str]], idle: Sequence[tuple[bool, str]], action: str) -> list[Fault]:
    lacking: list[Fault] = [("change_lacks", {"action": action, "key": key}) for there, key in needs if not there]
    return lacking + [("change_idle", {"action": action, "key": key}) for there, key in idle if there]


class _ShapeError(Exception):
    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def _shape(row: ChangeRow, path: Path, datum: Datum) -> Any:
    """Return where a change is, in WGS-84; None where it does not say."""
    if (row.lon is None) != (row.lat is None):
        raise _ShapeError("change_half_position")
    given = [key for key in _SHAPE_KEYS if getattr(row, key) not in {None, ""}]
    if not given:
        return None
    if len(given) > 1:
        raise _ShapeError("change_positions", keys=", ".join(given))
    chosen = row.datum or datum
    if row.file:
        table = read_places(path.parent / row.file, columns={}, datum=chosen).to_crs(WGS84)
        shape = shapely.union_all(table.geometry.to_numpy())
    else:
        shape = _in_wgs84(_from_text(row), chosen)
    if shape is None or shape.is_empty:
        raise _ShapeError("change_no_shape")
    if not (np.abs(shape.bounds) <= [180, 90, 180, 90]).all():
        raise _ShapeError("change_degrees")
    return _line(shape) if row.link else shapely.make_valid(shape)


def _from_text(row: ChangeRow) -> Any:
    if row.lon is not None and row.lat is not None:
        return shapely.Point(row.lon, row.lat)
    try:
        with np.errstate(over="ignore"):  # what is too large is refused with all that is no degree
            return shapely.force_2d(shapely.from_wkt(row.wkt))
    except shapely.errors.GEOSException:
        raise _ShapeError("change_wkt", value=row.wkt[:60]) from None


def _in_wgs84(shape: Any, datum: Datum) -> Any:
    return shapely.transform(shape, lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum=datum)))


def _line(shape: Any) -> Any:
    """Return a link's line: one piece."""
    merged = shapely.line_merge(shape) if shape.geom_type == "MultiLineString" else shape
    if merged.geom_type != "LineString" or merged.length == 0:
        raise _ShapeError("change_no_line")
    return merged


class _About(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = ""
    datum: Datum = "wgs84"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: _About = _About()
    change: tuple[ChangeRow, ...] = ()


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
        read = _File.model_validate(rows.content)
    except ValidationError as error:
        faults = sentences_of(error, _known_keys, rows.content)
        raise ScenarioError("scenario_faults", file=path, faults=faults) from None
    if not read.change:
        raise ScenarioError("scenario_empty", file=path)
    found: list[Fault] = []
    changes = [change_of(row, nth, path, read.scenario.datum, found) for nth, row in enumerate(read.change, start=1)]
    raise_faults(found + _twice(read.change), path)
    return Scenario(read.scenario.title, tuple(change for change in changes if change), path, rows.unused)


def _known_keys(path: Sequence[str | int]) -> Iterable[str]:
    models: dict[int, type[BaseModel]] = {1: _File, 2: _About}
    return models.get(len(path), ChangeRow).model_fields


def _twice(rows: Sequence[ChangeRow]) -> list[Fault]:
    """Find ids and whole changes that stand twice."""
    faults: list[Fault] = []
    seen: dict[object, int] = {}
    for nth, row in enumerate(rows, start=1):
        body = row.model_dump_json(exclude={"id"})
        for key, code in ((("id", row.id), "change_id_twice"), (("body", body), "change_twice")):
            if key in seen and (row.id or code == "change_twice"):
                faults.append((code, {"where": Where(nth, row.id), "other": seen[key]}))
            seen.setdefault(key, nth)
    return faults
