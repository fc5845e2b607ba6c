"""One row of a file of changes → a change in WGS-84, and all that is wrong with the row."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import shapely
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from cfgeo.core.errors import CfgeoError
from cfgeo.core.scenario import (
    ACTIONS,
    LINK_TAGS,
    REFIT_TAGS,
    Change,
    FacilityChange,
    Fault,
    LinkChange,
    Where,
)
from cfgeo.core.schema import WGS84
from cfgeo.files.cell_values import degrees, plain_code, plain_number
from cfgeo.files.positions.datum import to_wgs84
from cfgeo.files.read import read_places
from cfgeo.files.vocabulary.headings import meaning
from cfgeo.files.vocabulary.kinds import kind_of
from cfgeo.files.vocabulary.words import Choices, headings, own_word
from cfgeo.study.config import Datum
from cfgeo.study.validation import TomlModel

_SHAPE_KEYS = ("lon", "wkt", "file")
_GATE = "walkway"
"""What a gate is: a short way through the wall."""


def as_tags(value: object) -> object:
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


def _as_number(value: object) -> object:
    """Return a cell with a number in wide digits or with thousands separators as a plain one."""
    return plain_code(plain_number(value)) if isinstance(value, str) else value


def _as_degrees(sides: str) -> BeforeValidator:
    """Return what reads 106°33′18″ as degrees; any other value stays as it is."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        angle = float(degrees(pd.Series([value]), sides).iloc[0])
        return angle if np.isfinite(angle) else value

    return BeforeValidator(read)


class ChangeRow(TomlModel):
    """One change as it is written."""

    id: str = ""
    action: str = ""
    layer: str = ""
    facility: str = ""
    kind: str = ""
    name: str = ""
    capacity: Annotated[float, Field(ge=0, allow_inf_nan=False), BeforeValidator(_as_number)] | None = None
    attributes: Annotated[dict[str, str | float | bool], BeforeValidator(as_tags)] = Field(default_factory=dict)
    link: str = ""
    way: Annotated[int, BeforeValidator(_as_number)] | None = None
    street: str = ""
    tags: Annotated[dict[str, str], BeforeValidator(as_tags)] = Field(default_factory=dict)
    lon: Annotated[float, _as_degrees("EW")] | None = None
    lat: Annotated[float, _as_degrees("NS")] | None = None
    wkt: str = ""
    file: str = ""
    datum: Datum | None = None
    address: str = ""

    @property
    def shape_keys(self) -> list[str]:
        """The keys that say where the change is."""
        return [key for key in _SHAPE_KEYS if getattr(self, key) not in {None, ""}]


def change_of(
    row: ChangeRow, where: Where, path: Path, datum: Datum, faults: list[Fault], *, nth: int | None = None
) -> Change | None:
    """Return one change in WGS-84, or None; what is wrong with it is added to ``faults``.

    Parameters
    ----------
    row
        As it is written.
    where
        Where it is written.
    path
        The file that the row stands in; other files are named relative to it.
    datum
        Of its position, where the row does not say.
    faults
        Grows.
    nth
        The number of the change; that of ``where`` when missing.
    """
    before = len(faults)
    row = _gate_as_walkway(row)
    action = next((action for action in ACTIONS if action == meaning(row.action, "actions")), None)
    is_facility, is_link = bool(row.layer), bool(row.link or row.way is not None or row.street)
    if action is None:
        faults.append(_action_fault(row, where))
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
    numbers = (where.nth if nth is None else nth, row.id, where.nth if where.is_row else None)
    if is_facility:
        capacity = {} if row.capacity is None else {"capacity": row.capacity}
        kind, layer = kind_of(row.kind) if row.kind else "", own_word(row.layer, "layer_names")
        attributes = {**row.attributes, **capacity}
        return FacilityChange(action, layer, row.facility, kind, row.name, shape, attributes, *numbers)
    link = meaning(row.link, "links") or ""
    tags = {**LINK_TAGS.get(link, {}), **row.tags}
    return LinkChange(action, link, row.way, row.street, shape, tags, *numbers)


def _gate_as_walkway(row: ChangeRow) -> ChangeRow:
    """Return a row that opens a gate along a line as the new walkway that it is; any other row as it stands."""
    opens = meaning(row.action, "gates") is not None
    if not opens or not (row.wkt or row.file) or row.layer or row.way is not None or row.street:
        return row
    return row.model_copy(update={"action": "add", "link": row.link or _GATE})


def _action_fault(row: ChangeRow, where: Where) -> Fault:
    known = Choices("actions", ACTIONS)
    if not row.action:
        return "change_no_action", {"where": where, "known": known}
    values: dict[str, object] = {"where": where, "value": row.action, "known": known}
    return "change_gate" if meaning(row.action, "gates") else "change_action", values


def _facility_faults(row: ChangeRow, action: str) -> list[Fault]:
    """Find what a facility's change lacks, and what it gives for nothing."""
    has_shape = bool(row.shape_keys) or row.lat is not None
    has_facts = row.capacity is not None or bool(row.attributes)
    facility, any_shape = (bool(row.facility), ("facility",)), (has_shape, ("lon", "lat", "wkt", "file"))
    needs: dict[str, _Keys] = {
        "add": [(has_shape, ("lon", "lat"))],
        "move": [facility, (has_shape, ("lon", "lat"))],
        "close": [facility],
        "enlarge": [facility, (has_shape or row.capacity is not None, ("capacity", "wkt"))],
        "refit": [facility, (has_facts, ("attributes",))],
    }
    no_facts = (has_facts, ("capacity", "attributes"))
    idle: dict[str, _Keys] = {"add": [facility], "close": [any_shape, no_facts], "refit": [any_shape]}
    of_new = [] if action == "add" else [(bool(row.kind), ("kind",)), (bool(row.name), ("name",))]
    faults = _key_faults(action, needs[action], [*idle.get(action, []), *of_new, (bool(row.tags), ("tags",))])
    if row.address and not has_shape and action in {"add", "move"}:
        faults.append(("change_address", {"address": row.address}))
    return faults


def _link_faults(row: ChangeRow, action: str) -> list[Fault]:
    """Find what a change of the network lacks, and what it gives for nothing."""
    if action not in {"add", "close", "refit"}:
        return [("change_link_action", {"action": Choices("actions", (action,))})]
    has_shape, link, tags = bool(row.shape_keys), (bool(row.link), ("link",)), bool(row.tags)
    named = row.way is not None or bool(row.street)
    facts = row.capacity is not None or bool(row.attributes or row.facility or row.kind)
    of_facility = (facts, ("capacity", "kind", "facility", "attributes"))
    by_name = ("way", "street")
    faults: list[Fault] = []
    if row.link and meaning(row.link, "links") is None:
        faults.append(("change_link", {"value": row.link, "known": Choices("links", tuple(LINK_TAGS))}))
    if action == "add":
        return faults + _key_faults(action, [link, (has_shape, ("wkt",))], [(named, by_name), of_facility])
    if action == "refit":
        unknown = [key for key in row.tags if key not in REFIT_TAGS]
        faults += [("change_tag", {"key": key, "known": ", ".join(REFIT_TAGS)}) for key in unknown]
    needs = [(named, by_name), (action == "close" or tags, ("tags",))]
    twice = (row.way is not None and bool(row.street), ("street",))
    idle = [(has_shape, ("lon", "lat", "wkt", "file")), of_facility, twice, link]
    return faults + _key_faults(action, needs, [*idle, (action == "close" and tags, ("tags",))])


_Keys = Sequence[tuple[bool, tuple[str, ...]]]


def _key_faults(action: str, needs: _Keys, idle: _Keys) -> list[Fault]:
    """Return a fault for each key that is needed and missing, then for each that is given and idle."""
    named = Choices("actions", (action,))
    lacking: list[Fault] = [
        ("change_lacks", {"action": named, "key": headings(*keys)}) for given, keys in needs if not given
    ]
    return lacking + [("change_idle", {"action": named, "key": headings(*keys)}) for given, keys in idle if given]


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
        raise _ShapeError("change_positions", keys=headings(*row.shape_keys))
    datum = row.datum or datum
    if row.file:
        table = read_places(path.parent / row.file, columns={}, datum=datum).to_crs(WGS84)
        shape = shapely.union_all(table.geometry.to_numpy())
    else:
        written = _written_shape(row)
        _require_degrees(written)
        shape = shapely.transform(written, lambda xy: np.column_stack(to_wgs84(*xy.T, datum=datum)))
    if shape is None or shape.is_empty:
        raise _ShapeError("change_no_shape")
    _require_degrees(shape)
    return _line(shape) if row.link else shapely.make_valid(shape)


def _require_degrees(shape: Any) -> None:
    if shape is None or shape.is_empty or (np.abs(shape.bounds) <= [180, 90, 180, 90]).all():
        return
    west, south, _, _ = shape.bounds
    if (np.abs(shape.bounds) <= [90, 180, 90, 180]).all():
        raise _ShapeError("change_swapped", lon=f"{west:.10g}", lat=f"{south:.10g}")
    raise _ShapeError("change_degrees")


def _written_shape(row: ChangeRow) -> Any:
    if row.lon is not None and row.lat is not None:
        return shapely.Point(row.lon, row.lat)
    try:
        with np.errstate(over="ignore"):  # numbers too large are refused later, as no degrees
            return shapely.force_2d(shapely.from_wkt(re.sub("，", ",", row.wkt)))
    except shapely.errors.GEOSException:
        raise _ShapeError("change_wkt", value=row.wkt[:60]) from None


def _line(shape: Any) -> Any:
    """Return a link's shape as a single line."""
    line = shapely.line_merge(shape) if shape.geom_type == "MultiLineString" else shape
    if line.geom_type != "LineString" or line.length == 0:
        raise _ShapeError("change_no_line")
    return line
