"""Cells that hold a whole position, or a shape → shapes: "106.55,29.55", E106°33′ N29°33′, JSON, GeoJSON, WKT, WKB."""

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from cfgeo.core.schema import BoolArray
from cfgeo.files.cell_values import angle, narrowed, with_signs
from cfgeo.files.positions.headings import LAT, LON, axis_of

_WKT = re.compile(
    r"\s*(?:SRID\s*=\s*(\d+)\s*;)?\s*((?:MULTI)?(?:POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION)\b", re.IGNORECASE
)
_WKB = re.compile(r"(?:0[01])(?:[0-9A-F]{2}){8,}", re.IGNORECASE)
_LABELS = (
    (re.compile(r"(?:longitude|long?|lng|东?经度?|jd)\s*[:=]\s*|经度", re.IGNORECASE), " E"),
    (re.compile(r"(?:latitude|lat|北?纬度?|wd)\s*[:=]\s*|纬度", re.IGNORECASE), " N"),
    (re.compile(r"(?<![a-z])[xy]\s*[:=]\s*", re.IGNORECASE), " "),
    (re.compile(r"^\s*(?:point|坐标|位置)?\s*[:=]?\s*[(\[{<【「]|[)\]}>】」。]\s*$", re.IGNORECASE), " "),
    (re.compile(r"&"), ","),
)  # fmt: skip
_NUMBER = r"[+-]?\d[\d.]*(?:\s*°(?:\s*[\d.]+\s*'(?:\s*[\d.]+\s*\")?)?)?"
_PAIR = re.compile(
    rf"\s*(?P<ahead>[NSEW])?\s*(?P<first>{_NUMBER})\s*(?(ahead)|(?P<behind>[NSEW])?)"
    rf"(?:\s*[,;/|、]\s*|\s+|(?=[NSEW])|(?<=[NSEW]))"
    rf"(?P<ahead2>[NSEW])?\s*(?P<second>{_NUMBER})\s*(?(ahead2)|(?P<behind2>[NSEW])?)"
    rf"(?:\s*[,;]?\s*[+-]?[\d.]+)?\s*"
)
_DECIMAL_COMMAS = re.compile(r"\s*([+-]?\d{1,3}),(\d+)\s*[;/|\s]\s*([+-]?\d{1,3}),(\d+)\s*")
_PARTS, _NEGATIVE = ("first", "second"), ("W", "S")
_EAST_WEST, _NORTH_SOUTH = ("", "E", "W"), ("", "N", "S")
_DEEPEST = 8
"""Of JSON in a cell: a place of a map's service wraps its position at most so often."""


@dataclass(frozen=True)
class ColumnCells:
    """What the cells of a column hold.

    Attributes
    ----------
    shapes : numpy.ndarray
        Of each cell (n); the first number is x. Empty points where a cell holds no position.
    labelled : numpy.ndarray
        Whether the cell says which of its numbers is which (n).
    crs : str
        The coordinate system that all cells name; "" where they name none.
    """

    shapes: Any
    labelled: BoolArray
    crs: str = ""


def shapes_in(column: pd.Series) -> ColumnCells:
    """Return what the cells of a column hold, as far as they hold positions or shapes."""
    texts = column.where(column.notna(), "").astype("str").str.strip()
    shapes = np.full(len(texts), shapely.Point(), dtype=object)
    labelled = np.zeros(len(texts), dtype=bool)
    systems: set[str] = set()
    for i, cell in enumerate(texts):
        with np.errstate(over="ignore"):  # numbers too large become infinite, and so no position
            shape, labelled[i], crs = _shape(cell) if any(sign.isdigit() for sign in cell) else (None, False, "")
        if shape is not None:
            shapes[i] = shapely.force_2d(shape)
            systems.add(crs)
    return ColumnCells(shapes, labelled, systems.pop() if len(systems) == 1 else "")


def share_of_positions(column: pd.Series) -> float:
    """Return the share of the cells that are not blank that hold positions; 0 where all are blank."""
    filled = column[column.notna() & (column.astype("str").str.strip() != "")].iloc[:_SAMPLE]
    return float((~shapely.is_empty(shapes_in(filled).shapes)).mean()) if len(filled) else 0.0


_SAMPLE = 200
"""So many cells tell what a column holds."""


def _shape(cell: str) -> tuple[Any, bool, str]:
    """Return the shape that a cell holds, whether it says which number is which, and its coordinate system."""
    if match := _WKT.match(cell):
        shape = shapely.from_wkt(cell[match.start(2) :], on_invalid="ignore")
        if shape is not None:
            return shape, False, f"EPSG:{match[1]}" if match[1] else ""
    if _WKB.fullmatch(cell):
        shape = shapely.from_wkb(cell, on_invalid="ignore")
        srid = int(shapely.get_srid(shape)) if shape is not None else 0
        return shape, False, f"EPSG:{srid}" if srid else ""
    if cell.startswith(("{", "[")):
        try:
            shape, labelled = _of_json(json.loads(cell.replace("'", '"')))
        except (ValueError, RecursionError):
            shape, labelled = None, False
        if shape is not None:
            return shape, labelled, ""
    return (*_pair(cell), "")


def _of_json(content: Any, depth: int = 0) -> tuple[Any, bool]:
    if isinstance(content, list) and len(content) in {2, 3}:
        return _point(*map(str, content[:2])), False
    if not isinstance(content, dict) or depth > _DEEPEST:
        return None, False
    if isinstance(content.get("type"), str) and ("coordinates" in content or "geometry" in content):
        return shapely.from_geojson(json.dumps(content), on_invalid="ignore"), False
    flat = {key: value for key, value in content.items() if not isinstance(value, dict | list)}
    axes = {axis: str(value) for key, value in flat.items() if (axis := axis_of(key))}
    if LON in axes and LAT in axes:
        return _point(axes[LON], axes[LAT]), True
    inner = (_of_json(value, depth + 1) for value in content.values() if isinstance(value, dict | list))
    return next((found for found in inner if found[0] is not None), (None, False))


def _point(first: str, second: str) -> Any:
    x, y = _value(first, "EW"), _value(second, "NS")
    return shapely.Point(x, y) if np.isfinite([x, y]).all() else None


def _value(text: str, sides: str) -> float:
    try:
        return angle(text, sides) if re.search("[°'\"NSEW]", text) or text.count(".") > 1 else float(text)
    except ValueError:
        return float("nan")


def _pair(cell: str) -> tuple[Any, bool]:
    """Return a point of two numbers, and whether they say which they are: then longitude is first."""
    text = narrowed(cell)
    if commas := _DECIMAL_COMMAS.fullmatch(text):
        return _point(f"{commas[1]}.{commas[2]}", f"{commas[3]}.{commas[4]}"), False
    for pattern, sign in _LABELS:
        text = pattern.sub(sign, text)
    match = _PAIR.fullmatch(with_signs(text).replace("''", '"').upper())
    if match is None:
        return None, False
    sides = [match["ahead"] or match["behind"] or "", match["ahead2"] or match["behind2"] or ""]
    numbers = [match[part] + (side if side in _NEGATIVE else "") for part, side in zip(_PARTS, sides, strict=True)]
    if sides[0] in _EAST_WEST and sides[1] in _NORTH_SOUTH:
        return _point(*numbers), any(sides)
    return (_point(*reversed(numbers)), True) if sides[0] in _NORTH_SOUTH and sides[1] in _EAST_WEST else (None, False)
