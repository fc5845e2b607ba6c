"""Rows of a list that each say where they lie, in a form and datum of their own → shapes in WGS-84.

A layer lies in one pair of columns; in a list of changes one row is a point in degrees, the next a line as WKT, a third
the file of a park. Rows of one form, datum and coordinate system are read together, as a layer is read.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from cfgeo.core.errors import CfgeoError, InputError
from cfgeo.core.findings import Findings
from cfgeo.core.scenario import Fault, WrittenAt
from cfgeo.core.schema import SWAPPED, WGS84
from cfgeo.core.shapes import moved
from cfgeo.core.strings import Message, Sentence
from cfgeo.files.positions.headings import CELL, LAT, LON, Columns
from cfgeo.files.positions.places import ALIKE_M, Positioned, apart_m
from cfgeo.files.positions.written import PositionChoices, Written, read_columns
from cfgeo.files.read import TableFile, locate
from cfgeo.files.vocabulary.words import headings

WKT, FILE = "wkt", "file"
_FORMS = (LON, CELL, WKT, FILE)
_DEGREES = (180, 90)


@dataclass(frozen=True)
class RowPlace:
    """What a row says of where it lies.

    Attributes
    ----------
    where : WrittenAt
        Where the row is written.
    lon, lat : float, optional
        Two numbers, mostly degrees.
    position, wkt : str
        A cell that holds a whole position or shape.
    file : str
        A file beside the list whose shapes are the row's.
    datum, crs : str, optional
        What the row itself says of its numbers.
    """

    where: WrittenAt
    lon: float | None = None
    lat: float | None = None
    position: str = ""
    wkt: str = ""
    file: str = ""
    datum: str | None = None
    crs: str | None = None

    @property
    def forms(self) -> list[str]:
        """The forms in which it says where it lies, of ``_FORMS``."""
        return [form for form in _FORMS if getattr(self, form) not in {None, ""}]


@dataclass(frozen=True)
class ListPlaces:
    """What a list says of the positions of all its rows.

    Attributes
    ----------
    path : Path
        The list.
    layer : str
        What findings call it.
    datum, crs : str, optional
        Of rows that say nothing themselves.
    headings : Mapping of str to str
        ``lon``, ``lat``, ``position`` → the list's own headings.
    find_district : callable
        Returns the communities, WGS-84 [degrees], or None; called only where numbers alone do not tell.
    """

    path: Path
    layer: str
    datum: str | None = None
    crs: str | None = None
    headings: Mapping[str, str] | None = None
    find_district: Callable[[], Any] = lambda: None

    @cached_property
    def district(self) -> Any:
        """The communities, WGS-84 [degrees]; None where they are not known."""
        return self.find_district()

    def heading(self, form: str) -> str:
        """Return the list's own heading of a column."""
        return (self.headings or {}).get(form, form)


@dataclass(frozen=True)
class PlacedRows:
    """Where rows lie.

    Attributes
    ----------
    shapes : list
        Of each row in WGS-84 [degrees]; None where it says nothing or nothing that can be.
    faults : list of list of Fault
        Of each row.
    findings : list of dict
        How positions were understood.
    """

    shapes: list[Any]
    faults: list[list[Fault]]
    findings: Findings


@dataclass(frozen=True)
class _How:
    """How some rows say where they lie: their form, datum and coordinate system."""

    form: str
    datum: str | None
    crs: str | None

    @property
    def system(self) -> pyproj.CRS | None:
        """The coordinate system; None where the rows name none, or one that is not known."""
        try:
            return pyproj.CRS(f"EPSG:{self.crs}" if str(self.crs).isdecimal() else self.crs) if self.crs else None
        except pyproj.exceptions.CRSError:
            return None


def place_rows(rows: Sequence[RowPlace], said: ListPlaces) -> PlacedRows:
    """Return where the rows of a list lie."""
    placed = PlacedRows([None] * len(rows), [[] for _ in rows], [])
    groups: dict[_How, dict[int, RowPlace]] = {}
    for nth, row in enumerate(rows):
        if (row.lon is None) != (row.lat is None):
            placed.faults[nth].append(("change_half_position", {"where": row.where}))
        elif row.forms:
            how = _How(row.forms[0], row.datum or said.datum, row.crs or said.crs)
            groups.setdefault(how, {})[nth] = row
    for how, own in groups.items():
        if how.crs and how.system is None:
            for nth, row in own.items():
                placed.faults[nth].append(("change_crs_unknown", {"where": row.where, "value": how.crs}))
        else:
            (_place_files if how.form == FILE else _place_group)(own, how, said, placed)
    for nth, row in enumerate(rows):
        if len(row.forms) > 1 and not _agree(row, placed.shapes[nth], said):
            placed.shapes[nth] = None
            placed.faults[nth].append(("change_positions", {"where": row.where, "keys": headings(*row.forms)}))
    return placed


def _place_group(rows: Mapping[int, RowPlace], how: _How, said: ListPlaces, placed: PlacedRows) -> None:
    """Place the rows of one form, datum and coordinate system as a layer's, and note what is wrong with them."""
    table, columns = _table(rows, how.form, said)
    written = read_columns(table, columns)
    for (nth, row), shape, is_known in zip(rows.items(), written.shapes, written.known, strict=True):
        if fault := _fault_alone(row, shape if is_known else None, written, how):
            placed.faults[nth].append(fault)
    kept = {nth: row for nth, row in rows.items() if not placed.faults[nth]}
    if not kept:
        return
    table = table.loc[[*kept]]
    written = read_columns(table, columns)
    names = {LON: columns.lon, LAT: columns.lat} if how.form == LON else {CELL: columns.cell}
    district = said.district if _is_open(written, how) else None
    try:
        found = locate(
            table, columns=names, where=PositionChoices(said.path, said.layer, how.datum, how.system, district)
        )
    except InputError as error:
        code, about = _fault_of(error, error.code, error.values)
        placed.faults[next(iter(kept))].append((code, {"where": _named([row.where for row in kept.values()]), **about}))
        return
    numbers = ", ".join(str(row.where.nth) for row in kept.values())
    placed.findings.extend({**row, "row": numbers} for row in found.findings)
    _take(found, kept, written, placed)


def _table(rows: Mapping[int, RowPlace], form: str, said: ListPlaces) -> tuple[pd.DataFrame, Columns]:
    """Return rows of one form as the table that a layer would be, and its columns."""
    if form == LON:
        lon, lat = said.heading(LON), said.heading(LAT)
        numbers = {lon: [row.lon for row in rows.values()], lat: [row.lat for row in rows.values()]}
        return pd.DataFrame(numbers, index=[*rows], dtype=float), Columns(lon, lat)
    texts = [re.sub("，", ",", getattr(row, form)) for row in rows.values()]
    return pd.DataFrame({said.heading(form): texts}, index=[*rows], dtype="str"), Columns(cell=said.heading(form))


def _fault_alone(row: RowPlace, shape: Any, written: Written, how: _How) -> Fault | None:
    """Return what is wrong with a row whose cell holds no position (None), or numbers that no position has."""
    where = row.where
    if shape is not None:
        in_metres = (how.system is not None and how.system.is_projected) or written.beyond_degrees
        edges = np.abs(shapely.bounds(shape)).reshape(2, 2).max(axis=0)
        can_be = (edges <= _DEGREES).all() or (edges <= _DEGREES[::-1]).all()
        return None if can_be or in_metres else ("change_degrees", {"where": where})
    if how.form == WKT:
        with np.errstate(over="ignore"):
            shape = shapely.from_wkt(re.sub("，", ",", row.wkt), on_invalid="ignore")
        if shape is None:
            return "change_wkt", {"where": where, "value": row.wkt[:60]}
        return "change_no_shape" if shape.is_empty else "change_degrees", {"where": where}
    if how.form == CELL:
        return "change_position", {"where": where, "value": row.position[:60]}
    return "change_degrees", {"where": where}


def _is_open(written: Written, how: _How) -> bool:
    """Return whether only the district can tell what numbers are: metres, or which of two comes first in a cell."""
    if written.beyond_degrees or (how.system is not None and how.system.is_projected):
        return True
    either = (np.abs(written.xy) <= _DEGREES[1]).all(axis=1) & ~written.labelled
    return how.form != LON and bool(either.any())


def _take(found: Positioned, rows: Mapping[int, RowPlace], written: Written, placed: PlacedRows) -> None:
    """Take over the positions of rows; those that have none now are swapped, or of another kind than the rest."""
    shapes = found.table.geometry.to_crs(WGS84).to_numpy()
    swapped = found.table[SWAPPED].to_numpy() if SWAPPED in found.table.columns else np.zeros(len(rows), dtype=bool)
    for (nth, row), shape, is_swapped, xy in zip(rows.items(), shapes, swapped, written.xy, strict=True):
        if is_swapped:
            about = {"lon": f"{xy[0]:.10g}", "lat": f"{xy[1]:.10g}"}
            placed.faults[nth].append(("change_swapped", {"where": row.where, **about}))
        elif shape is None or shape.is_empty or not np.isfinite(shape.bounds).all():
            placed.faults[nth].append(("change_degrees", {"where": row.where}))
        else:
            placed.shapes[nth] = shape


def _place_files(rows: Mapping[int, RowPlace], how: _How, said: ListPlaces, placed: PlacedRows) -> None:
    """Place each row at the shapes of its own file."""
    for nth, row in rows.items():
        path = said.path.parent / row.file
        where = PositionChoices(path, said.layer, how.datum, how.system, said.district)
        try:
            found = locate(TableFile(path).read().table, columns={}, where=where)
        except CfgeoError as error:
            placed.faults[nth].append(("change_file", {"where": row.where, "file": row.file, "reason": error}))
            continue
        placed.findings.extend({**each, "row": str(row.where.nth)} for each in found.findings)
        shape = shapely.union_all(moved(found.table.geometry, WGS84).to_numpy())
        if shape.is_empty:
            placed.faults[nth].append(("change_no_shape", {"where": row.where}))
        else:
            placed.shapes[nth] = shape


def _fault_of(error: InputError, code: str, about: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    """Return the fault of a list's row for the error of a layer, whose sentence is about ``study.toml``."""
    if code == "positions_metres":
        return "change_metres", about
    if code == "positions_several":
        return "change_metres_several", about
    if code == "positions_crs":
        return "change_crs", about
    if code == "file_degrees_as_metres":
        return "change_crs_degrees", about
    return "change_place", {"reason": error}


def _named(rows: Sequence[WrittenAt]) -> Message:
    """Return rows as a sentence names them: one, or from the first to the last."""
    numbers = [row.nth for row in rows]
    return rows[0] if len(rows) == 1 else Sentence("fault.rows", first=min(numbers), last=max(numbers))


def _agree(row: RowPlace, shape: Any, said: ListPlaces) -> bool:
    """Return whether a row that says twice where it lies says the same: a point as two numbers and as a cell."""
    if shape is None or shape.geom_type != "Point" or FILE in row.forms:
        return False
    for form in row.forms[1:]:
        alone = RowPlace(row.where, datum=row.datum, crs=row.crs, **{form: getattr(row, form)})
        other = place_rows([alone], said).shapes[0]
        if other is None or other.geom_type != "Point":
            return False
        if apart_m(shapely.get_coordinates(shape), shapely.get_coordinates(other))[0] > ALIKE_M:
            return False
    return True
