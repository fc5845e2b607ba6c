"""What stands in columns of positions → shapes in one coordinate system: degrees in their order, metres of a zone."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from cfgeo.core.errors import InputError
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import WGS84, BoolArray, FloatArray
from cfgeo.core.shapes import is_blank
from cfgeo.files.cell_values import degrees, with_decimal_points
from cfgeo.files.positions.cells import shapes_in
from cfgeo.files.positions.headings import Columns
from cfgeo.files.positions.readings import (
    Reading,
    as_written,
    clear_one,
    near_count,
    order_in,
    readings_of,
    sexagesimal,
)

_MOSTLY = 0.5
_MOST_NAMED = 4
_LON, _LAT = 180, 90


@dataclass(frozen=True)
class PositionChoices:
    """What a study says of where the rows of a table lie.

    Attributes
    ----------
    path : Path or str
        Where the table comes from.
    layer : str
        What it is in the study.
    datum : str or None
        The datum that the study names.
    crs : pyproj.CRS or None
        The coordinate system that the study names.
    district : shapely.Geometry or None
        The communities, WGS-84 [degrees]: they tell what is not written down.
    """

    path: Path | str
    layer: str = ""
    datum: str | None = None
    crs: pyproj.CRS | None = None
    district: shapely.Geometry | None = None

    @property
    def label(self) -> str:
        """What errors call the layer."""
        return self.layer or "–"


@dataclass(frozen=True)
class Written:
    """Positions as they are written in some columns of a table.

    Attributes
    ----------
    columns : Columns
    shapes : numpy.ndarray
        Of each row (n), the first number as x; empty where a row has no position.
    labelled : numpy.ndarray
        Whether the row says which number is longitude (n).
    crs : pyproj.CRS or None
        The coordinate system that the cells name.
    """

    columns: Columns
    shapes: Any
    labelled: BoolArray
    crs: pyproj.CRS | None = None

    @cached_property
    def xy(self) -> FloatArray:
        """Both numbers of each row (n, 2): of a shape those of its centroid; NaN where there are none."""
        xy = np.full((len(self.shapes), 2), np.nan)
        rows = np.flatnonzero(~is_blank(self.shapes))
        xy[rows] = shapely.get_coordinates(shapely.centroid(self.shapes[rows]))
        return np.where(np.isfinite(xy).all(axis=1, keepdims=True), xy, np.nan)

    @cached_property
    def known(self) -> BoolArray:
        """Which rows have two numbers (n)."""
        return np.asarray(~np.isnan(self.xy[:, 0]))

    @cached_property
    def as_degrees(self) -> BoolArray:
        """Which rows can be longitude and latitude (n)."""
        return np.asarray((np.abs(self.xy) <= [_LON, _LAT]).all(axis=1))

    @cached_property
    def as_flipped(self) -> BoolArray:
        """Which rows can be latitude and longitude, and nothing else (n)."""
        return np.asarray((np.abs(self.xy) <= [_LAT, _LON]).all(axis=1) & ~self.as_degrees)

    @property
    def example(self) -> str:
        """Both numbers of the first row that has any."""
        return ", ".join(f"{number:.10g}" for number in self.xy[self.known][0])

    @property
    def beyond_degrees(self) -> bool:
        """Whether most rows hold two numbers neither of which can be degrees."""
        beyond = (np.abs(self.xy) > _LON).all(axis=1)
        return bool(beyond.any() and beyond.sum() >= _MOSTLY * self.known.sum())


@dataclass(frozen=True)
class Placed:
    """Where the rows of a table lie.

    Attributes
    ----------
    shapes : numpy.ndarray
        Of each row (n); empty where a row has no position.
    crs : pyproj.CRS
        Of the shapes.
    swapped : numpy.ndarray
        Which rows certainly have longitude and latitude in each other's column (n).
    findings : list of dict
    """

    shapes: Any
    crs: pyproj.CRS
    swapped: BoolArray
    findings: Findings


def read_columns(table: pd.DataFrame, columns: Columns) -> Written:
    """Return what stands in some columns of a table."""
    if columns.cell:
        cells = shapes_in(table[columns.cell])
        return Written(columns, cells.shapes, cells.labelled, pyproj.CRS(cells.crs) if cells.crs else None)
    easting, northing = with_decimal_points(table[columns.lon], table[columns.lat])
    x = degrees(easting, "EW").to_numpy(dtype=float)
    y = degrees(northing, "NS").to_numpy(dtype=float)
    shapes = np.full(len(table), shapely.Point(), dtype=object)
    known = np.isfinite(x) & np.isfinite(y)
    shapes[known] = shapely.points(x[known], y[known])
    return Written(columns, shapes, np.ones(len(table), dtype=bool))


def place(written: Written, where: PositionChoices) -> Placed:
    """Return where the rows of a table lie.

    Raises
    ------
    InputError
        The numbers cannot be what the study says, or nothing tells what they are.
    """
    crs = where.crs or written.crs
    if crs is not None and crs.is_projected:
        return _in_system(written, where, crs)
    if written.beyond_degrees:
        return _found(written, where)
    placed = _in_degrees(written, where, crs or WGS84)
    _require_decimal(written, placed, where)
    return placed


def _in_system(written: Written, where: PositionChoices, crs: pyproj.CRS) -> Placed:
    """Return positions of a coordinate system that is named; either of its two numbers may come first."""
    if written.as_degrees.any() and written.as_degrees.sum() >= _MOSTLY * written.known.sum():
        bounds = ", ".join(f"{edge:.6g}" for edge in shapely.total_bounds(written.shapes))
        raise InputError("file_degrees_as_metres", file=where.path, crs=crs.name, bounds=bounds)
    xy = written.xy[written.known & ~written.as_degrees]
    reading = order_in(xy, crs, where.district)
    if len(xy) and not reading.near and where.district is not None:
        clear = clear_one(readings_of(xy, where.district))
        if clear is not None:
            raise InputError(
                "positions_crs",
                named=crs.name,
                likely=clear,
                file=where.path,
                layer=where.label,
                columns=written.columns,
                numbers=written.example,
            )
    return _as_read(written, reading, [])


def _found(written: Written, where: PositionChoices) -> Placed:
    """Return positions in the coordinate system that alone puts them into the district."""
    xy = written.xy[written.known & ~written.as_degrees]
    readings = [] if where.district is None else readings_of(xy, where.district)
    clear = clear_one(readings)
    if clear is None and readings:
        likely = "; ".join(map(str, readings[:_MOST_NAMED]))
        raise InputError(
            "positions_several",
            likely=likely,
            crs=readings[0].code,
            file=where.path,
            layer=where.label,
            columns=written.columns,
            numbers=written.example,
        )
    if clear is None:
        raise InputError(
            "positions_metres", file=where.path, layer=where.label, columns=written.columns, numbers=written.example
        )
    columns, inside, count = str(written.columns), clear.near, len(xy)
    if clear.scale > 1:
        scale = f"{clear.scale:,.0f}"
        rows = [
            finding(
                "positions_scaled",
                where.layer,
                severity="note",
                columns=columns,
                scale=scale,
                inside=inside,
                count=count,
            )
        ]
    else:
        crs, zone = clear.code, clear.crs.name
        rows = [finding("positions_zone", where.layer, columns=columns, crs=crs, zone=zone, inside=inside, count=count)]
    return _as_read(written, clear, rows)


def _as_read(written: Written, reading: Reading, findings: Findings) -> Placed:
    shapes = written.shapes.copy()
    shapes[written.as_degrees] = shapely.Point()  # such as 0, 0
    shapes = _transformed(shapes, lambda xy: as_written(xy, reading))
    return Placed(shapes, reading.crs, np.zeros(len(shapes), dtype=bool), findings)


def _in_degrees(written: Written, where: PositionChoices, crs: pyproj.CRS) -> Placed:
    """Return degrees with longitude first.

    In two columns of their own they are never turned round, only marked: a heading may say the opposite of what is
    right for a part of the rows. In a single cell no heading says which comes first.
    """
    shapes, swapped = written.shapes.copy(), written.as_flipped
    shapes[~(written.as_degrees | swapped)] = shapely.Point()
    if not written.columns.cell:
        shapes[swapped] = shapely.Point()
        return Placed(shapes, crs, swapped, [])
    flipped = swapped | (~written.labelled & written.as_degrees & _is_lat_first(written, where))
    if not flipped.any():
        return Placed(shapes, crs, flipped, [])
    shapes[flipped] = _transformed(shapes[flipped], lambda xy: xy[:, ::-1])
    count, total, columns = int(flipped.sum()), int(written.known.sum()), str(written.columns)
    findings = [finding("positions_order", where.layer, severity="note", columns=columns, count=count, total=total)]
    return Placed(shapes, crs, np.zeros(len(shapes), dtype=bool), findings)


def _is_lat_first(written: Written, where: PositionChoices) -> bool:
    """Return whether latitude comes first in the cells whose numbers may be either."""
    either = written.as_degrees & (np.abs(written.xy) <= _LAT).all(axis=1) & ~written.labelled
    sure = written.as_degrees & ~either & ~written.labelled
    if sure.any() or not either.any():
        return False if sure.any() else bool(written.as_flipped.any())
    if written.as_flipped.any() or where.district is None:
        return bool(written.as_flipped.any()) or written.columns.lat_first
    xy = written.xy[either]
    as_is, turned = (near_count(numbers, where.district) for numbers in (xy, xy[:, ::-1]))
    return turned > as_is or (turned == as_is and written.columns.lat_first)


def _require_decimal(written: Written, placed: Placed, where: PositionChoices) -> None:
    """Refuse 106.3318 for 106°33′18″, where no place lies near the district as decimals and most do as such."""
    if where.district is None or not placed.crs.is_geographic:
        return
    xy = Written(written.columns, placed.shapes, written.labelled).xy
    xy = xy[~np.isnan(xy[:, 0])]
    if len(xy) == 0 or near_count(xy, where.district):
        return
    if near_count(sexagesimal(xy), where.district) > _MOSTLY * len(xy):
        raise InputError(
            "positions_sexagesimal",
            file=where.path,
            layer=where.label,
            columns=written.columns,
            numbers=written.example,
        )


def _transformed(shapes: Any, change: Callable[[FloatArray], FloatArray]) -> Any:
    return shapely.transform(shapes, change)
