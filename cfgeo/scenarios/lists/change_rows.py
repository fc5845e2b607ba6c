"""One row of a file of changes → a change in WGS-84, and all that is wrong with the row."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import pandas as pd
import shapely
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from cfgeo.core.findings import Findings
from cfgeo.core.scenario import (
    ACTIONS,
    GATE,
    GATE_TAGS,
    LINK_TAGS,
    REFIT_TAGS,
    SIGNAL_TAGS,
    Change,
    FacilityChange,
    Fault,
    LinkChange,
    WrittenAt,
)
from cfgeo.files.cell_values import degrees, plain_code, plain_number
from cfgeo.files.positions.rows import ListPlaces, RowPlace, place_rows
from cfgeo.files.vocabulary.headings import meaning
from cfgeo.files.vocabulary.kinds import kind_of
from cfgeo.files.vocabulary.words import Choices, Offered, headings, own_word
from cfgeo.study.keys import Datum
from cfgeo.study.validation import AlsoWritten, TomlModel

_SHAPE_KEYS = ("lon", "lat", "position", "wkt", "file")
_NOWHERE = WrittenAt(0)
_PLACED = {"crossing": SIGNAL_TAGS, GATE: GATE_TAGS}
"""Links that are there and are named by their place, and their tags that can be changed."""
_OPEN = {"foot": "yes"}
"""What opens a street on foot."""
_AS_CELL = AlsoWritten("string")
"""Beside numbers and tables, what the cell of a table has for them."""


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


def _as_cell(value: object) -> object:
    """Return a position that TOML holds as a list, as a cell has it."""
    return json.dumps(value) if isinstance(value, list) else value


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
    action: Annotated[str, Offered("actions")] = ""
    layer: Annotated[str, Offered("layer_names")] = ""
    facility: str = ""
    kind: str = ""
    name: str = ""
    capacity: Annotated[float, Field(ge=0, allow_inf_nan=False), BeforeValidator(_as_number), _AS_CELL] | None = None
    attributes: Annotated[dict[str, str | float | bool], BeforeValidator(as_tags), _AS_CELL] = Field(
        default_factory=dict
    )
    link: Annotated[str, Offered("links")] = ""
    way: Annotated[int, BeforeValidator(_as_number), _AS_CELL] | None = None
    street: str = ""
    tags: Annotated[dict[str, str], BeforeValidator(as_tags), _AS_CELL] = Field(default_factory=dict)
    lon: Annotated[float, _as_degrees("EW"), _AS_CELL] | None = None
    lat: Annotated[float, _as_degrees("NS"), _AS_CELL] | None = None
    position: Annotated[str, BeforeValidator(_as_cell), AlsoWritten("array")] = ""
    wkt: str = ""
    file: str = ""
    datum: Datum | None = None
    crs: Annotated[str, BeforeValidator(str), AlsoWritten("integer")] = ""
    address: str = ""
    cost: Any = None

    def place(self, where: WrittenAt) -> RowPlace:
        """Return what the row says of where the change is."""
        return RowPlace(where, self.lon, self.lat, self.position, self.wkt, self.file, self.datum, self.crs or None)


def changes_of(
    rows: Sequence[tuple[int, ChangeRow, WrittenAt]], said: ListPlaces, faults: list[Fault]
) -> tuple[dict[WrittenAt, Change], Findings]:
    """Return the changes of rows in WGS-84, by where they are written; what is wrong with them is added to ``faults``.

    Parameters
    ----------
    rows
        The number of each change, the row as it is written, and where.
    said
        What the list says of their positions.
    faults
        Grows.

    Returns
    -------
    changes : dict of Where to Change
        Without those that have a fault.
    findings : list of dict
        How their positions were understood.
    """
    placed = place_rows([row.place(where) for _, row, where in rows], said)
    changes: dict[WrittenAt, Change] = {}
    for (nth, row, where), shape, own in zip(rows, placed.shapes, placed.faults, strict=True):
        if change := _change_of(row, where, shape, own, nth):
            changes[where] = change
        faults += own
    return changes, placed.findings


def _change_of(row: ChangeRow, where: WrittenAt, shape: Any, faults: list[Fault], nth: int) -> Change | None:
    """Return one change, or None; what is wrong with it is added to ``faults``."""
    unplaced, faults[:] = [*faults], []
    row = _opening_as_change(row, shape)
    action = next((action for action in ACTIONS if action == meaning(row.action, "actions")), None)
    if row.layer and row.name and not row.facility and action != "add":  # what is there has no name but its own
        row = row.model_copy(update={"facility": row.name, "name": ""})
    is_facility, is_link = bool(row.layer), bool(row.link or row.way is not None or row.street)
    if action is None:
        faults.append(_action_fault(row, where))
    elif is_facility == is_link:
        faults.append(("change_both" if is_facility else "change_neither", {"where": where}))
    else:
        check = _facility_faults if is_facility else _link_faults
        faults += [(code, {"where": where, **values}) for code, values in check(row, action)]
    faults += unplaced
    if shape is not None and row.link:
        is_place = action == "refit"
        shape = _line(shape) if not is_place else shape if shape.geom_type == "Point" else None
        lacking = "change_no_place" if is_place else "change_no_line"
        faults += [(lacking, {"where": where})] if shape is None else []
    if faults or action is None:
        return None
    numbers = (nth, row.id, where.nth if where.is_row else None)
    if is_facility:
        shape = None if shape is None else shapely.make_valid(shape)
        capacity = {} if row.capacity is None else {"capacity": row.capacity}
        kind, layer = kind_of(row.kind) if row.kind else "", own_word(row.layer, "layer_names")
        attributes = {**row.attributes, **capacity}
        return FacilityChange(action, layer, row.facility, kind, row.name, shape, attributes, *numbers)
    link = meaning(row.link, "links") or ""
    tags = row.tags if action == "refit" else {**LINK_TAGS.get(link, {}), **row.tags}
    return LinkChange(action, link, row.way, row.street, shape, tags, *numbers)


def _opening_as_change(row: ChangeRow, shape: Any) -> ChangeRow:
    """Return a row that opens a gate or a street as the new link or the refit that it is; any other as it is.

    Along a line a gate is a new one; at a point it is one that is there.
    """
    opens, named = meaning(row.action, "gates") is not None, row.way is not None or bool(row.street)
    if opens and named and not (row.link or row.layer):
        return row.model_copy(update={"action": "refit", "tags": {**row.tags, **_OPEN}})
    if not opens or shape is None or row.layer or named:
        return row
    if shape.geom_type == "Point" and not row.link:
        return row.model_copy(update={"action": "refit", "link": GATE, "tags": {**row.tags, **_OPEN}})
    return row.model_copy(update={"action": "add", "link": row.link or GATE})


def _action_fault(row: ChangeRow, where: WrittenAt) -> Fault:
    known = Choices("actions", ACTIONS)
    if not row.action:
        return "change_no_action", {"where": where, "known": known}
    values: dict[str, object] = {"where": where, "value": row.action, "known": known}
    return "change_gate" if meaning(row.action, "gates") else "change_action", values


def _facility_faults(row: ChangeRow, action: str) -> list[Fault]:
    """Find what a facility's change lacks, and what it gives for nothing."""
    has_shape = bool(row.place(_NOWHERE).forms) or row.lat is not None
    has_facts = row.capacity is not None or bool(row.attributes)
    facility, any_shape = (bool(row.facility), ("facility",)), (has_shape, _SHAPE_KEYS)
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
    has_shape, link, tags = bool(row.place(_NOWHERE).forms), (bool(row.link), ("link",)), bool(row.tags)
    named = row.way is not None or bool(row.street)
    facts = row.capacity is not None or bool(row.attributes or row.facility or row.kind)
    of_facility = (facts, ("capacity", "kind", "facility", "attributes"))
    by_name = ("way", "street")
    faults: list[Fault] = []
    if row.link and meaning(row.link, "links") is None:
        faults.append(("change_link", {"value": row.link, "known": Choices("links", tuple(LINK_TAGS))}))
    if action == "add":
        return faults + _key_faults(action, [link, (has_shape, ("wkt",))], [(named, by_name), of_facility])
    placed = _PLACED.get(meaning(row.link, "links") or "") if action == "refit" else None
    if action == "refit":
        known = placed or REFIT_TAGS
        unknown = [key for key in row.tags if key not in known]
        faults += [("change_tag", {"key": key, "known": ", ".join(known)}) for key in unknown]
    if placed:
        return faults + _key_faults(
            action, [(has_shape, ("lon", "lat")), (tags, ("tags",))], [(named, by_name), of_facility]
        )
    needs = [(named, by_name), (action == "close" or tags, ("tags",))]
    twice = (row.way is not None and bool(row.street), ("street",))
    idle = [(has_shape, _SHAPE_KEYS), of_facility, twice, link]
    return faults + _key_faults(action, needs, [*idle, (action == "close" and tags, ("tags",))])


_Keys = Sequence[tuple[bool, tuple[str, ...]]]


def _key_faults(action: str, needs: _Keys, idle: _Keys) -> list[Fault]:
    """Return a fault for each key that is needed and missing, then for each that is given and idle."""
    named = Choices("actions", (action,))
    lacking: list[Fault] = [
        ("change_lacks", {"action": named, "key": headings(*keys)}) for given, keys in needs if not given
    ]
    return lacking + [("change_idle", {"action": named, "key": headings(*keys)}) for given, keys in idle if given]


def _line(shape: Any) -> Any:
    """Return a link's shape as a single line; None where it is none."""
    line = shapely.line_merge(shape) if shape.geom_type == "MultiLineString" else shape
    return line if line.geom_type == "LineString" and line.length > 0 else None
