"""Which facilities of two runs are the same, and what became of each: added, removed, moved, renamed, changed.

Two rows of a layer are one facility by the first of these that holds: the same id of their own (``@id`` of
OpenStreetMap, 编号 …), the same name (of several the nearest, of the same kind first), or one place: each is the
nearest to the other within ``SAME_PLACE_M``, and of the same kind.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy  # its parts are loaded when they are first used, as only a comparison does
import shapely

from cfgeo.core.schema import NO, YES, FloatArray, IntArray
from cfgeo.publish.run.past import PastRun
from cfgeo.publish.run.years import data_year

SAME_PLACE_M = 50.0
"""Facilities of one kind this near are one that was renamed, where nothing else says what became of them."""

ADDED, REMOVED, MOVED, RESHAPED, RENAMED, REKINDED, ATTRIBUTE = (
    "added", "removed", "moved", "reshaped", "renamed", "rekinded", "attribute")  # fmt: skip
GROUND, CORRECTION, UNKNOWN = "ground", "correction", "unknown"

PLACE_COLUMNS = {
    "layer": "layer of the facility",
    "change": "added | removed | moved | reshaped | renamed | rekinded | attribute",
    "facility_a": "its id in the first run; empty: added",
    "facility_b": "its id in the second run; empty: removed",
    "name": "its name in the second run, or the first where it is removed",
    "kind": "its kind in the second run, or the first where it is removed",
    "code": "community in which it lies in the second run, or in the first where it is removed",
    "column": "the column that changed, of an attribute",
    "value_a": "what the first list says: name, kind or cell; empty: blank",
    "value_b": "the same in the second",
    "distance_m": "how far it moved",
    "nature": "ground: it changed; correction: only the data did; unknown: the data does not tell",
    "since": "the date by which that is known",
}
"""Columns of the facilities that differ: a row for each difference of a facility."""

_OWN = {
    "layer", "kind", "name", "community", "snapped", "leg_m", "circle_ratio", "level_ratio", "provenance",
    "geometry", "@id",
}  # fmt: skip
"""Columns that a run adds, or that have a change of their own."""
_ID = re.compile(r"@id|id|uid|osm_?id|编号|代码|编码|机构代码|学校代码|统一社会信用代码|标识码", re.IGNORECASE)
_OPENED = re.compile(
    r"opened|opening(_date)?|open_date|start_date|built"
    r"|(开办|开园|开学|启用|投用|建成|竣工|成立|开放)(时间|日期|年份|年)?",
    re.IGNORECASE,
)
_CLOSED = re.compile(
    r"closed|closing(_date)?|close_date|end_date|(关闭|关停|停办|停用|撤销|拆除)(时间|日期|年份|年)?", re.IGNORECASE
)
_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)(?:\s*[-/.年]\s*(\d{1,2})(?!\d))?(?:\s*[-/.月]\s*(\d{1,2})(?!\d))?")
_PLAIN_DATE = re.compile(r"((?:19|20)\d{2})(0\d|1[0-2])([0-2]\d|3[01])")
_LEAST_MOVE_M = 0.05
_OTHER_KIND_M = 1e6


def facility_changes(a: PastRun, b: PastRun) -> pd.DataFrame:
    """Return what became of the facilities, layer by layer, with ``PLACE_COLUMNS``.

    Parameters
    ----------
    a, b
        The earlier and the later run.
    """
    rows: list[dict[str, Any]] = []
    for layer in dict.fromkeys([*a.facilities["layer"], *b.facilities["layer"]]):
        sides = [run.facilities[run.facilities["layer"] == layer] for run in (a, b)]
        rows += _of_layer(str(layer), *sides, dates=_dates(a, b, str(layer)))
    table = pd.DataFrame(rows, columns=list(PLACE_COLUMNS))
    return table.assign(distance_m=table["distance_m"].astype(float))


def _dates(a: PastRun, b: PastRun, layer: str) -> tuple[str, str]:
    """Return the dates of a layer's lists in both runs; where one has none, the years of the runs if these differ."""
    dates = date_of(a, layer), date_of(b, layer)
    years = [data_year(run.record) for run in (a, b)]
    if all(dates) or years[0].year == years[1].year or "run" in {year.said_by for year in years}:
        return dates
    return str(years[0].year), str(years[1].year)


def date_of(run: PastRun, role: str) -> str:
    """Return the date of a layer's files as ``2026``, ``2026-04`` or ``2026-04-01``, the latest of several.

    Where they have none it is the day of which the study speaks, where it names one; "": not known.
    """
    dates = [iso_date(file["date"]) for file in run.record["inputs"] if file["role"] == role]
    return max(dates, default="") or str(run.record["parameters"]["study"].get("as_of") or "")


def as_of(run: PastRun) -> str:
    """Return the day by which a run has judged: the study's, or that of the run."""
    return str(run.record["parameters"]["study"].get("as_of") or run.record["run"]["finished"][:10])


def iso_date(text: object) -> str:
    """Return the first date of a text as ``2026``, ``2026-04`` or ``2026-04-01``; "": none."""
    match = _PLAIN_DATE.fullmatch(str(text)) or _DATE.search(str(text))
    return "-".join(part.zfill(2) for part in match.groups() if part) if match else ""


def opening_date(place: pd.Series) -> str:
    """Return since when a facility is open, as its list says: ``2026``, ``2026-04`` or ``2026-04-01``; "": not said."""
    return _date(place, _OPENED)


def match_facilities(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> tuple[IntArray, IntArray]:
    """Return which facilities of a layer are the same in two runs.

    Parameters
    ----------
    a, b
        The layer in both runs, in one CRS.

    Returns
    -------
    tuple of numpy.ndarray
        Positions in ``a`` and in ``b``, pair by pair, in the order of ``b``.
    """
    pairs = np.full(len(b), -1)
    left = np.ones(len(a), dtype=bool)
    at_a, at_b = (shapely.get_coordinates(shapely.centroid(side.geometry.to_numpy())) for side in (a, b))
    kinds = [side["kind"].to_numpy().astype("str") for side in (a, b)]
    for keys in (*_ids(a, b), [_plain(side["name"]) for side in (a, b)]):
        for rows_a, rows_b in _alike(keys[0], keys[1], left, pairs < 0):
            apart_m = np.linalg.norm(at_a[rows_a][:, None] - at_b[rows_b][None], axis=2)
            apart_m += _OTHER_KIND_M * (kinds[0][rows_a][:, None] != kinds[1][rows_b][None])
            chosen_a, chosen_b = scipy.optimize.linear_sum_assignment(apart_m)
            pairs[rows_b[chosen_b]] = rows_a[chosen_a]
            left[rows_a[chosen_a]] = False
    for kind in np.unique(kinds[1]):
        rows_a, rows_b = np.flatnonzero(left & (kinds[0] == kind)), np.flatnonzero((pairs < 0) & (kinds[1] == kind))
        for i, j in _mutual(at_a[rows_a], at_b[rows_b]):
            pairs[rows_b[j]] = rows_a[i]
    return pairs[pairs >= 0], np.flatnonzero(pairs >= 0)


def _ids(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> list[list[Any]]:
    """Return the columns that identify a facility in both runs: unique, and no mere numbers of rows."""
    columns = []
    for name in a.columns.intersection(b.columns):
        if not _ID.fullmatch(str(name)):
            continue
        keys = [_plain(side[name]) for side in (a, b)]
        if all(_identifies(key) for key in keys):
            columns.append(keys)
    return columns


def _identifies(key: np.ndarray) -> bool:
    """Return whether the cells of a column are ids: no two alike, and not 1, 2, 3 …, which change with the order."""
    some = key[key != ""]
    numbered = set(some) == {str(nth) for nth in range(1, len(some) + 1)}
    return len(some) > 0 and len(np.unique(some)) == len(some) and not numbered


def _alike(a: np.ndarray, b: np.ndarray, left_a: np.ndarray, left_b: np.ndarray) -> Iterable[tuple[IntArray, IntArray]]:
    """Yield the positions of rows that are left and hold the same text, not "", in both."""
    groups_a, groups_b = (
        pd.Series(np.flatnonzero(left & (key != ""))).groupby(key[left & (key != "")]).indices
        for key, left in ((a, left_a), (b, left_b))
    )
    rows_a, rows_b = (np.flatnonzero(left & (key != "")) for key, left in ((a, left_a), (b, left_b)))
    for key in groups_b:
        if key in groups_a:
            yield rows_a[groups_a[key]], rows_b[groups_b[key]]


def _mutual(a: FloatArray, b: FloatArray) -> list[tuple[int, int]]:
    """Return pairs of points that are each other's nearest within ``SAME_PLACE_M``."""
    if not (len(a) and len(b)):
        return []
    apart_m, nearest_b = map(np.asarray, scipy.spatial.cKDTree(b).query(a, distance_upper_bound=SAME_PLACE_M))
    nearest_a = np.asarray(scipy.spatial.cKDTree(a).query(b)[1])
    return [(i, int(j)) for i, j in enumerate(nearest_b) if np.isfinite(apart_m[i]) and nearest_a[j] == i]


def _of_layer(layer: str, a: gpd.GeoDataFrame, b: gpd.GeoDataFrame, *, dates: tuple[str, str]) -> list[dict[str, Any]]:
    """Return what became of the facilities of one layer: first those of the second run, in its order."""
    rows_a, rows_b = match_facilities(a, b)
    same = dict(zip(rows_b.tolist(), rows_a.tolist(), strict=True))
    cells_a, cells_b = _cells(a, b)
    out = []
    for j in _differing(a, b, rows_a, rows_b, cells_a, cells_b):
        before = None if j not in same else a.iloc[same[j]]
        after = b.iloc[j]
        about = {
            "layer": layer,
            "facility_a": "" if before is None else str(before.name),
            "facility_b": str(after.name),
            "name": _said(after["name"]),
            "kind": str(after["kind"]),
            "code": _said(after["community"]),
        }
        if before is None:
            nature, since = _nature_of_listing(_date(cells_b.iloc[j], _OPENED), dates, twin=has_twin(after, b))
            out.append({**about, "change": ADDED, "nature": nature, "since": since})
        else:
            found = _differences(before, after, *(cells.iloc[row] for cells, row in ((cells_a, same[j]), (cells_b, j))))
            out += [{**about, **row, **_nature(row, dates)} for row in found]
    gone = np.setdiff1d(np.arange(len(a)), rows_a)
    for i in gone:
        row = a.iloc[i]
        nature, since = _nature_of_listing(_date(cells_a.iloc[i], _CLOSED), dates, twin=has_twin(row, b))
        about = {"layer": layer, "facility_a": str(row.name), "facility_b": "", "change": REMOVED}
        about |= {"name": _said(row["name"]), "kind": str(row["kind"]), "code": _said(row["community"])}
        out.append({**about, "nature": nature, "since": since})
    blank = dict.fromkeys(("column", "value_a", "value_b"), "")
    return [{**blank, "distance_m": np.nan, **row} for row in out]


def _differing(
    a: gpd.GeoDataFrame, b: gpd.GeoDataFrame, rows_a: IntArray, rows_b: IntArray, cells_a: pd.DataFrame,
    cells_b: pd.DataFrame,
) -> list[int]:  # fmt: skip
    """Return the positions in ``b`` of facilities that are new or differ in anything."""
    left, right = a.iloc[rows_a], b.iloc[rows_b]
    differ = ~shapely.equals_exact(left.geometry.to_numpy(), right.geometry.to_numpy(), _LEAST_MOVE_M)
    for column in ("name", "kind"):
        differ |= left[column].map(_said).to_numpy() != right[column].map(_said).to_numpy()
    differ |= (cells_a.iloc[rows_a].to_numpy() != cells_b.iloc[rows_b].to_numpy()).any(axis=1)
    return sorted({*rows_b[differ].tolist(), *np.setdiff1d(np.arange(len(b)), rows_b).tolist()})


def _differences(before: pd.Series, after: pd.Series, cells_a: pd.Series, cells_b: pd.Series) -> list[dict[str, Any]]:
    """Return how one facility differs: its name, its kind, its place, its attributes."""
    rows: list[dict[str, Any]] = []
    for change, column in ((RENAMED, "name"), (REKINDED, "kind")):
        was, now = _said(before[column]), _said(after[column])
        if was != now:
            rows.append({"change": change, "value_a": was, "value_b": now})
    shapes = before.geometry, after.geometry
    if not shapely.equals_exact(*shapes, _LEAST_MOVE_M):
        points = all(shape.geom_type == "Point" for shape in shapes)
        distance_m = float(shapely.distance(*shapely.centroid(shapes)))
        rows.append({"change": MOVED if points else RESHAPED, "distance_m": distance_m})
    for column in cells_b.index[cells_a.to_numpy() != cells_b.to_numpy()]:
        values = {"value_a": cells_a[column], "value_b": cells_b[column]}
        rows.append({"change": ATTRIBUTE, "column": str(column), **values})
    return rows


def _cells(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the attributes of both, as plain texts, under the same columns; what one does not have is blank."""
    columns = [name for name in dict.fromkeys([*b.columns, *a.columns]) if name not in _OWN]
    tables = [
        pd.DataFrame(
            {name: side[name].map(_said) if name in side.columns else "" for name in columns}, index=side.index
        )
        for side in (a, b)
    ]
    return tables[0], tables[1]


def _said(cell: Any) -> str:
    """Return a cell as text: a number without needless zeros; what is missing is blank."""
    if cell is None or (isinstance(cell, float) and np.isnan(cell)) or cell is pd.NA:
        return ""
    if isinstance(cell, bool | np.bool_):
        return "yes" if cell else "no"
    if isinstance(cell, int | float | np.number):
        return f"{float(cell):.10g}"
    words = unicodedata.normalize("NFKC", str(cell)).strip()
    return "" if words in {"nan", "None", "<NA>", "NaT"} else re.sub(r"^(\d+)\.0+$", r"\1", words)


def _plain(column: pd.Series) -> np.ndarray:
    """Return cells as texts without blanks, widths and capitals."""
    return np.array([re.sub(r"\s+", "", _said(cell)).casefold() for cell in column], dtype=object)


def _date(cells: pd.Series, headings: re.Pattern[str]) -> str:
    """Return the date in the first column whose heading says so; "": none."""
    return next((iso for name in cells.index if headings.fullmatch(str(name)) and (iso := iso_date(cells[name]))), "")


def _is_after(date: str, other: str) -> bool | None:
    """Return whether a date is later than another; None where one is not known, or they may be the same."""
    shared = min(len(date), len(other))
    if shared == 0 or date[:shared] == other[:shared]:
        return None
    return date[:shared] > other[:shared]


def has_twin(place: pd.Series, among: gpd.GeoDataFrame) -> bool:
    """Return whether places hold another row of the same layer, kind and name where a place is, or was."""
    others = among.drop(index=place.name, errors="ignore")
    alike = (others["layer"] == place["layer"]) & (others["kind"] == place["kind"]) & (others["name"] == place["name"])
    near = gpd.GeoSeries(others[alike].geometry).distance(place.geometry) < SAME_PLACE_M
    return bool(place["name"]) and bool(near.any())


def _of_lists(dates: tuple[str, str], *, tells: bool) -> str:
    """Return what two dates of lists tell by themselves.

    Lists of one date differ by a correction. What is new in a later list, gone from it, or answered otherwise there
    has happened since, unless the list says that it stood before (``tells``); of another name, place or number nobody
    knows.
    """
    if dates[0] and dates[0] == dates[1]:
        return CORRECTION
    return GROUND if tells and _is_after(dates[1], dates[0]) else UNKNOWN


def _nature_of_listing(said: str, dates: tuple[str, str], *, twin: bool) -> tuple[str, str]:
    """Return whether a facility that came or went did so since the first list, and the date that tells so."""
    since = _is_after(said, dates[0])
    if since is not None:
        return (GROUND if since else CORRECTION), said
    return (CORRECTION if twin else _of_lists(dates, tells=True)), ""


def _nature(row: dict[str, Any], dates: tuple[str, str]) -> dict[str, str]:
    """Return whether a facility changed, or only its row: a yes with its year tells, such as 2025年认定."""
    said = iso_date(row["value_b"]) if row["change"] == ATTRIBUTE and not row["value_b"].isdecimal() else ""
    since = _is_after(said, dates[0])
    if since is not None:
        return {"nature": GROUND if since else CORRECTION, "since": said}
    answers = [row.get(f"value_{side}", "").casefold() for side in "ab"]
    tells = row["change"] == ATTRIBUTE and {*answers} <= YES | NO and (answers[0] in YES) != (answers[1] in YES)
    return {"nature": _of_lists(dates, tells=tells), "since": ""}
