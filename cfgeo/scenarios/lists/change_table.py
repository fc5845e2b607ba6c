"""Changes → the rows of a table of changes, as :mod:`cfgeo.scenarios.lists.changes` reads them."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import pandas as pd
import shapely

from cfgeo.core.scenario import LINK_TAGS, Change, FacilityChange
from cfgeo.core.strings import Lang, name_of
from cfgeo.files.vocabulary.kinds import kind_of
from cfgeo.files.vocabulary.words import chinese_word

DECIMALS = 7
"""Of degrees, about a centimetre."""
_DATUM = "wgs84"
_PAIRS = ("attributes", "tags")
_COLUMNS = ("action", "layer", "facility", "kind", "name", "capacity", "attributes", "link", "way", "street", "tags")
_PLACE = ("lon", "lat", "wkt", "datum", "cost")

_HEADINGS = {"capacity": "容量"}
"""Headings for which the likeliest word is that of one layer alone."""
_WORDS = {"action": "actions", "layer": "layer_names", "link": "links", "kind": "kind"}
_GATE = "opengate"
_GATES = {_GATE: "gate"}

Row = dict[str, Any]


def row_of(change: Change, *, exact: bool = False) -> Row:
    """Return the row that says what a change in WGS-84 is.

    Parameters
    ----------
    change
        The change.
    exact
        Whether its place keeps all its digits, and not only those that a table shows.
    """
    if isinstance(change, FacilityChange):
        attributes = dict(change.attributes)
        facts: Row = {"facility": change.facility, "kind": change.kind, "name": change.name}
        facts |= {"capacity": attributes.pop("capacity", None)}
        row = {"layer": change.layer, **facts, "attributes": attributes}
    else:
        usual = LINK_TAGS.get(change.link, {}).items()
        tags = {key: tag for key, tag in change.tags.items() if (key, tag) not in usual}
        row = {"link": change.link, "way": change.way, "street": change.street, "tags": tags}
    cost = "" if change.cost is None else str(change.cost)
    row = {"action": change.action, **row, **_place_of(change.shape), "cost": cost}
    row = {key: value for key, value in row.items() if value not in (None, "", {})}
    return {**row, "datum": _DATUM} if exact and change.shape is not None else placed_row(row)


def _place_of(shape: Any) -> Row:
    if shape is None:
        return {}
    return (
        {"lon": shape.x, "lat": shape.y}
        if shape.geom_type == "Point"
        else {"wkt": shapely.to_wkt(shape, rounding_precision=-1)}
    )


def placed_row(row: Mapping[str, Any]) -> Row:
    """Return a row with its place to so many digits as a table keeps, and with its datum where it names none."""
    placed = dict(row)
    for key in ("lon", "lat"):
        if isinstance(placed.get(key), float):
            placed[key] = round(placed[key], DECIMALS)
    if isinstance(placed.get("wkt"), str):
        placed["wkt"] = _rounded_wkt(placed["wkt"])
    has_place = any(placed.get(key) not in (None, "") for key in ("lon", "wkt"))
    return {**placed, "datum": placed.get("datum") or _DATUM} if has_place else placed


def _rounded_wkt(wkt: str) -> str:
    try:
        return str(shapely.to_wkt(shapely.from_wkt(wkt), rounding_precision=DECIMALS))
    except shapely.errors.ShapelyError:
        return wkt  # what is wrong with it is said where it is read


def change_table(rows: Iterable[Mapping[str, Any]], *, lang: Lang = "en") -> pd.DataFrame:
    """Return rows as a table with the columns that they use; without rows, with those that a first change needs.

    Parameters
    ----------
    rows
        Changes, by the keys of a table of changes.
    lang
        Language of headings, actions, layers, kinds and links. A table in either is read as the same changes.
    """
    cells = [{key: _cell(key, value) for key, value in row.items()} for row in rows]
    used = {key for row in cells for key in row} or {"action", "layer", "name", "lon", "lat", "datum"}
    table = pd.DataFrame(cells, columns=[key for key in (*_COLUMNS, *_PLACE) if key in used], dtype=object)
    return _in_chinese(table) if lang == "zh" else table


def _in_chinese(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of changes in the words of Chinese tables, as far as they are read as the same."""
    words = {key: table[key].map(partial(_chinese_word, key=key)) for key in _WORDS if key in table}
    return table.assign(**words).rename(columns=lambda key: _HEADINGS.get(key) or chinese_word(key, "columns"))


def _chinese_word(word: Any, key: str) -> Any:
    """Return a cell's word in Chinese, where it is one of cfgeo's; any other cell as it is."""
    if not isinstance(word, str):
        return word
    if key != "kind":
        group = "gates" if word == _GATE else _WORDS[key]
        return chinese_word(_GATES.get(word, word), group)
    name = name_of("kind", word, "zh")
    return name if kind_of(name) == kind_of(word) else word


def _cell(key: str, value: Any) -> Any:
    if key in _PAIRS and isinstance(value, Mapping):
        return "; ".join(f"{name}={_word(each)}" for name, each in value.items())
    return value


def _word(value: Any) -> str:
    """Return a value as the cell of a table has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
