"""A table without shapes → places: which of its columns say where a row lies, and whether others say something else."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from cfgeo.core.errors import InputError
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import SWAPPED, WGS84, BoolArray, FloatArray
from cfgeo.core.shapes import is_blank
from cfgeo.files.columns import as_text
from cfgeo.files.positions.cells import share_of_positions
from cfgeo.files.positions.datum import to_wgs84
from cfgeo.files.positions.headings import CELL, LAT, LON, Columns, axis_of, cell_of, cells_in, datum_of, pairs_in
from cfgeo.files.positions.parts import nameless_parts
from cfgeo.files.positions.readings import as_written, clear_one, readings_of
from cfgeo.files.positions.written import PositionChoices, Written, place, read_columns
from cfgeo.files.vocabulary.headings import headings_that_are, meaning

_MOSTLY = 0.5
ALIKE_M = 100.0
"""Positions in two datums, each converted from its own, differ by less than this, though rounded."""
_EARTH_M = 6_371_000.0
_SAME = {"wgs84": ("cgcs2000",), "cgcs2000": ("wgs84",)}
"""Datums between which nothing moves."""
_UNNAMED = ("wgs84", "gcj02", "bd09")
"""Datums that a pair of columns which names none may be in, the usual first."""
_ADDRESS = ("地址", "住址", "住所", "门牌", "坐落", "所在地", "位置", "address", "addr", "location")


@dataclass(frozen=True)
class Positioned:
    """Places of a table.

    Attributes
    ----------
    table : geopandas.GeoDataFrame
        On the index of the table; its columns but those of the positions; not yet converted from ``datum``.
    datum : str
        Of the positions.
    findings : list of dict
    """

    table: gpd.GeoDataFrame
    datum: str
    findings: Findings


def with_positions(table: pd.DataFrame, where: PositionChoices, headings: Mapping[str, str]) -> Positioned:
    """Return the places of a table without shapes.

    Parameters
    ----------
    table
        Under cfgeo's names, as far as the study names columns.
    where
        What the study says of its positions.
    headings
        cfgeo's name → the file's, of the columns that the study names.

    Raises
    ------
    InputError
        No column holds positions, several say different things, or nobody can tell what the numbers are.
    """
    if named := _named(headings):
        chosen = read_columns(table, named)
        others = [columns for columns in _candidates(table) if not {*columns.headings} & {*named.headings}]
        findings = _doubts(_shown(chosen, headings), [read_columns(table, columns) for columns in others], where)
    else:
        chosen, findings = _chosen([read_columns(table, columns) for columns in _options(table, where)], where)
    shown = _shown(chosen, headings)
    placed = place(shown, where)
    datum, rows = _datum(shown, where)
    rows += _unread(table, chosen.columns, shown.columns, is_blank(placed.shapes) & ~placed.swapped, where)
    rows += _datum_of_rows(table, datum, where)
    places = table.assign(**{SWAPPED: placed.swapped}) if placed.swapped.any() else table
    places = places.drop(columns=[*chosen.columns.headings])
    frame = gpd.GeoDataFrame(places, geometry=gpd.GeoSeries(placed.shapes, table.index), crs=placed.crs)
    return Positioned(frame, datum, findings + rows + placed.findings)


def _unread(
    table: pd.DataFrame, columns: Columns, shown: Columns, blank: BoolArray, where: PositionChoices
) -> Findings:
    """Find rows that say something where their position should stand, and nothing that is one."""
    texts = as_text(table[[*columns.headings]].loc[blank].agg(_joined, axis=1)) if blank.any() else pd.Series(dtype=str)
    texts = texts[texts != ""]
    if not len(texts):
        return []
    rows, sample = tuple(map(str, texts.index)), texts.iloc[0]
    values = {"columns": str(shown), "count": len(texts), "rows": rows, "sample": sample}
    return [finding("positions_unread", where.layer, **values)]


def _joined(cells: pd.Series) -> str:
    return ", ".join(text for text in as_text(cells) if text)


def _datum_of_rows(table: pd.DataFrame, datum: str, where: PositionChoices) -> Findings:
    """Find rows that name a datum of their own, which is not that in which they are read."""
    for column in headings_that_are(table, "datum"):
        named = as_text(table[column]).map(lambda cell: meaning(cell, "datum_names"))
        other = named[named.notna() & ~named.isin([datum, *_SAME.get(datum, ())])]
        if len(other):
            names, rows = ", ".join(sorted(set(other))), tuple(map(str, other.index))
            return [finding("datum_column", where.layer, column=column, named=names, rows=rows, datum=datum)]
    return []


def position_columns(table: pd.DataFrame) -> Columns | None:
    """Return the columns that most likely hold positions, one whose datum is known first; None for none."""
    options = _candidates(table)
    known = [columns for columns in options if columns.datum and not columns.of]
    return next(iter([*known, *options]), None)


def pair_of(table: pd.DataFrame, where: PositionChoices) -> tuple[Columns | None, Findings]:
    """Return the pair of columns that holds the positions of a table, None for none, and what others say of them.

    Raises
    ------
    InputError
        Several pairs say different things.
    """
    pairs = [columns for columns in pairs_in(table.columns) if len(table)]
    if len(pairs) < 2:
        return next(iter(pairs), None), []
    chosen, findings = _chosen([read_columns(table, columns) for columns in pairs], where)
    return chosen.columns, findings


def position_cell(table: pd.DataFrame) -> Columns | None:
    """Return the column most of whose cells hold a whole position; None for none."""
    return next((each for each in cells_in(table.columns) if share_of_positions(table[each.cell]) > _MOSTLY), None)


def has_position(table: pd.DataFrame) -> bool:
    """Return whether a table without shapes has a column for longitude, latitude or both."""
    return any(map(axis_of, map(str, table.columns))) or bool(_candidates(table))


def address_columns(table: pd.DataFrame) -> list[str]:
    """Return the headings of addresses."""
    return [str(heading) for heading in table.columns if any(word in str(heading).lower() for word in _ADDRESS)]


def _named(headings: Mapping[str, str]) -> Columns | None:
    """Return the columns of positions that the study names."""
    if CELL in headings:
        return replace(cell_of(headings[CELL]), cell=CELL)
    if LON in headings and LAT in headings:
        return Columns(LON, LAT, datum=datum_of([headings[LON], headings[LAT]]))
    return None


def _shown(written: Written, headings: Mapping[str, str]) -> Written:
    """Return positions with the names that their columns have in the file, for messages."""
    columns = written.columns
    names = {
        axis: headings.get(heading, heading) for axis, heading in vars(columns).items() if axis in {LON, LAT, "cell"}
    }
    return replace(written, columns=replace(columns, **names))


def _candidates(table: pd.DataFrame) -> list[Columns]:
    """Return the columns whose headings, and whose cells where they hold a whole position, are positions."""
    pairs, cells = pairs_in(table.columns), cells_in(table.columns)
    if len(table) or pairs:
        cells = [columns for columns in cells if share_of_positions(table[columns.cell]) > _MOSTLY]
    return [*pairs, *cells]


def _options(table: pd.DataFrame, where: PositionChoices) -> list[Columns]:
    """Return the columns that may hold positions; refuse a table that has none."""
    options = _candidates(table)
    if options:
        return options
    axes = {axis_of(str(heading)) for heading in table.columns}
    parts = nameless_parts(table.columns)
    if len(parts) > 1 and not {LON, LAT} <= axes:
        raise InputError("angle_parts_nameless", file=where.path, columns=", ".join(parts))
    address = address_columns(table)
    if address and not axes & {LON, LAT}:
        columns, of, rows = ", ".join(address), where.label, len(table)
        raise InputError("position_address", file=where.path, layer=of, column=columns, count=rows, matched="")
    if len(table.columns) == 1:
        raise InputError("table_one_column", file=where.path, column=str(table.columns[0]))
    lacking = LON if LON not in axes else LAT
    raise InputError(
        "column_missing", file=where.path, column=lacking, key=lacking, has=", ".join(map(str, table.columns))
    )


def _chosen(options: list[Written], where: PositionChoices) -> tuple[Written, Findings]:
    """Return the positions that count, and what the others say of them.

    Raises
    ------
    InputError
        Two pairs of columns say different things, and nothing tells which is right.
    """
    filled = [option for option in options if option.known.any()] or options
    plain = [option for option in filled if not option.columns.of]
    if not plain and len(filled) > 1:
        pairs = "; ".join(str(option.columns) for option in filled)
        raise InputError("positions_which", file=where.path, layer=where.label, pairs=pairs)
    fitting = [option for option in plain if where.datum is None or option.columns.datum in {"", where.datum}]
    best = fitting or plain or filled
    first = next((option for option in best if not option.beyond_degrees), best[0])
    findings: Findings = []
    for other in filled:
        if other is first:
            continue
        median_m = _median_apart_m(first, other, where)
        pair, rest = str(first.columns), str(other.columns)
        if median_m is None or median_m <= ALIKE_M or _is_of_another_datum(other, first, where):
            continue
        if where.datum is None and not other.columns.of and (datum := _is_of_another_datum(first, other, where)):
            likely = other.columns.datum
            findings.append(
                finding(
                    "positions_agree",
                    where.layer,
                    severity="note",
                    pair=pair,
                    other=rest,
                    datum=datum,
                    likely=likely,
                )
            )
            first = other  # the pair whose datum is known counts
        elif other.columns.of:
            findings.append(finding("positions_apart", where.layer, apart_m=round(median_m), pair=pair, other=rest))
        else:
            m = round(median_m)
            raise InputError("positions_pairs", file=where.path, layer=where.label, apart_m=m, pair=pair, other=rest)
    return first, findings


def _doubts(named: Written, others: list[Written], where: PositionChoices) -> Findings:
    """Find columns that say something else than those that the study names."""
    rows: Findings = []
    for other in others:
        median_m = _median_apart_m(named, other, where)
        if median_m is None or median_m <= ALIKE_M or _is_of_another_datum(other, named, where):
            continue
        pair, rest = str(named.columns), str(other.columns)
        rows.append(finding("positions_apart", where.layer, apart_m=round(median_m), pair=pair, other=rest))
    return rows


def _median_apart_m(first: Written, second: Written, where: PositionChoices) -> float | None:
    """Return how far apart two columns of positions lie [m]; None where no row has both."""
    between_m = apart_m(_lonlat(first, where), _lonlat(second, where))
    return None if np.isnan(between_m).all() else float(np.nanmedian(between_m))


def _is_of_another_datum(free: Written, sure: Written, where: PositionChoices) -> str:
    """Return the datum in which positions that name none are those of columns that name theirs; "" for none."""
    if free.columns.datum or not (sure.columns.datum or where.datum):
        return ""
    there = _lonlat(sure, where)
    for datum in _UNNAMED:
        between_m = apart_m(_lonlat(free, replace(where, datum=datum)), there)
        if not np.isnan(between_m).all() and np.nanmedian(between_m) <= ALIKE_M:
            return datum
    return ""


def _lonlat(option: Written, where: PositionChoices) -> FloatArray:
    """Return positions in WGS-84 [degrees] (n, 2); NaN where nobody can tell."""
    xy = option.xy.copy()
    if option.beyond_degrees:
        clear = None if where.district is None else clear_one(readings_of(xy[option.known], where.district))
        if clear is None:
            return np.full_like(xy, np.nan)
        to_degrees = pyproj.Transformer.from_crs(clear.crs, WGS84, always_xy=True)
        return np.column_stack(to_degrees.transform(*as_written(xy, clear).T))
    xy[option.as_flipped] = xy[option.as_flipped][:, ::-1]
    xy[~(option.as_degrees | option.as_flipped)] = np.nan
    known = ~np.isnan(xy[:, 0])
    datum = option.columns.datum or where.datum or _UNNAMED[0]
    xy[known] = np.column_stack(to_wgs84(*xy[known].T, datum=datum))
    return xy


def apart_m(here: FloatArray, there: FloatArray) -> FloatArray:
    """Return the distances of positions in degrees (n) [m]; NaN where one is not known."""
    lon, lat = np.radians(here - there).T
    return np.asarray(_EARTH_M * np.hypot(lon * np.cos(np.radians((here[:, 1] + there[:, 1]) / 2)), lat))


def _datum(chosen: Written, where: PositionChoices) -> tuple[str, Findings]:
    """Return the datum of positions: what the study says, else what their headings say."""
    headed = chosen.columns.datum
    columns = str(chosen.columns)
    if where.datum is None:
        if headed and headed != _UNNAMED[0]:
            return headed, [finding("datum_heading", where.layer, severity="note", columns=columns, likely=headed)]
        return headed or _UNNAMED[0], []
    if headed and headed != where.datum and {headed, where.datum} != {"wgs84", "cgcs2000"}:
        row = finding("datum_heading_differs", where.layer, columns=columns, datum=where.datum, likely=headed)
        return where.datum, [row]
    return where.datum, []
