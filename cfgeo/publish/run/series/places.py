"""What happened to the facilities between two runs: which were built or closed, and which rows were corrected.

Lists number their rows anew each year, so a facility is known by its name and place, not by its number.
"""

import re
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment

from cfgeo.core.schema import IntArray

BUILT, CLOSED, GAINED, LOST = "built", "closed", "certified", "uncertified"
MOVED, RENAMED, KIND, NUMBER, FILLED, EMPTIED = "moved", "renamed", "kind", "number", "filled", "emptied"
LATE, TWICE, ONCE = "late", "twice", "once"
REAL = frozenset((BUILT, CLOSED, GAINED, LOST))
"""What happened to the places themselves; all else happened to the lists."""

PLACE_CHANGE_COLUMNS = {
    "change": "built | closed | certified | uncertified; moved | renamed | kind | number | filled | emptied | late | "
    "twice | once: what was corrected in the list",
    "layer": "layer",
    "kind": "kind, in the later run where it is there",
    "name": "name, in the later run where it is there",
    "clause": "clause whose answer changed; empty: all that count the place",
    "what": "column that changed",
    "was": "its value before; for moved places nothing",
    "now": "its value now; for moved places by how many metres, for late ones since when they exist",
    "community": "code of the community, in the later run where it is there; empty: none",
    "facility_a": "facility of the earlier run; empty: none",
    "facility_b": "facility of the later run; empty: none",
    "geometry": "where it is, or was",
    "was_at": "where it was; missing: there",
}
"""Columns of the changes of places: one row for each thing that happened to a place or to its row."""

_SAME_M, _NEAR_M, _FAR_M = 1.0, 30.0, 100_000.0
_OPENED = re.compile("建成|竣工|投用|启用|开园|开学|开办|opened|opening|built", re.IGNORECASE)
_YEAR = re.compile(r"\s*((?:19|20)\d{2})")
_NUMBERS = ("capacity", "enrolment")


@dataclass(frozen=True)
class Side:
    """One of the two runs.

    Attributes
    ----------
    places : geopandas.GeoDataFrame
        Index ``facility``; ``layer``, ``kind``, ``name``, ``community`` and what the lists add.
    year : int
        That its data shows.
    short, unknown : dict of str to frozenset
        Clause → the facilities that fall short of it, and those of which nobody knows.
    """

    places: gpd.GeoDataFrame
    year: int
    short: dict[str, frozenset[str]]
    unknown: dict[str, frozenset[str]]

    def status(self, clause: str, facility: str) -> str:
        """Return how a place stands to a clause that asks single places."""
        if facility in self.short.get(clause, ()):
            return "short"
        return "unknown" if facility in self.unknown.get(clause, ()) else "met"


def place_changes(a: Side, b: Side, clauses: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return what happened between two runs to each place, or to its row.

    Parameters
    ----------
    a, b
        The earlier and the later run, in one CRS.
    clauses
        Those that both were judged by, as ``parameters`` of the record has them.

    Returns
    -------
    geopandas.GeoDataFrame
        ``PLACE_CHANGE_COLUMNS``.
    """
    rows: list[dict[str, Any]] = []
    for layer in dict.fromkeys([*a.places["layer"], *b.places["layer"]]):
        of_a, of_b = (side.places[side.places["layer"] == layer] for side in (a, b))
        pairs = np.empty((0, 2), dtype=np.int64) if of_a.empty or of_b.empty else _pairs(of_a, of_b)
        asking = [clause for clause in clauses if clause["layer"] == layer]
        for i, j in pairs:
            rows += _corrections(of_a.iloc[i], of_b.iloc[j])
            rows += _answers(a, b, of_a.iloc[i], of_b.iloc[j], asking)
        rows += [_new(place, of_b, b, since=a.year) for _, place in _rest(of_b, pairs[:, 1]).iterrows()]
        rows += [_gone(place, of_b) for _, place in _rest(of_a, pairs[:, 0]).iterrows()]
    table = pd.DataFrame(rows, columns=list(PLACE_CHANGE_COLUMNS))
    return gpd.GeoDataFrame(table, geometry="geometry", crs=b.places.crs)


def _rest(places: gpd.GeoDataFrame, paired: IntArray) -> gpd.GeoDataFrame:
    return places[~np.isin(np.arange(len(places)), paired)]


def _pairs(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> IntArray:
    """Return which rows of two lists are one place, by their positions (n × 2): by name, then by where they are."""
    at_a, at_b = (shapely.point_on_surface(side.geometry.to_numpy()) for side in (a, b))
    names_a, names_b = (side["name"].fillna("").astype(str).to_numpy() for side in (a, b))
    kinds_a, kinds_b = (side["kind"].fillna("").astype(str).to_numpy() for side in (a, b))
    left_a, left_b = np.ones(len(a), dtype=bool), np.ones(len(b), dtype=bool)
    found: list[IntArray] = []

    def pair(keys_a: Any, keys_b: Any, within_m: float) -> None:
        places_a, places_b = _by_key(keys_a, left_a), _by_key(keys_b, left_b)
        for key in places_a.keys() & places_b.keys():
            i, j = np.array(places_a[key]), np.array(places_b[key])
            metres = shapely.distance(at_a[i][:, None], at_b[j][None, :])
            row, column = linear_sum_assignment(np.where(metres <= within_m, metres, _FAR_M))
            near = metres[row, column] <= within_m
            i, j = i[row[near]], j[column[near]]
            left_a[i], left_b[j] = False, False
            found.append(np.stack([i, j], axis=1))

    both_a, both_b = (_with_names(names, kinds) for names, kinds in ((names_a, kinds_a), (names_b, kinds_b)))
    pair(both_a, both_b, _SAME_M)  # untouched rows first: nothing else may take their place
    pair(both_a, both_b, _FAR_M - 1)
    pair(_with_names(names_a, names_a), _with_names(names_b, names_b), _FAR_M - 1)
    pair(kinds_a, kinds_b, _NEAR_M)
    return np.concatenate(found) if found else np.empty((0, 2), dtype=np.int64)


def _with_names(names: Any, others: Any) -> list[tuple[str, str] | None]:
    """Return the key of each place, its name and something else; None where it has no name."""
    return [(name, other) if name else None for name, other in zip(names, others, strict=True)]


def _by_key(keys: Any, left: Any) -> dict[Any, list[int]]:
    """Return the positions of the places that are left, by their keys."""
    positions: dict[Any, list[int]] = {}
    for i in np.flatnonzero(left):
        if keys[i] is not None:
            positions.setdefault(keys[i], []).append(int(i))
    return positions


def _row(change: str, place: pd.Series, **values: Any) -> dict[str, Any]:
    of = {name: _text(place.get(name)) for name in ("layer", "kind", "name", "community")}
    empty = dict.fromkeys(("clause", "what", "was", "now", "facility_a", "facility_b"), "")
    return {**empty, "change": change, **of, "geometry": place["geometry"], "was_at": None, **values}


def _new(place: pd.Series, all_b: gpd.GeoDataFrame, b: Side, *, since: int) -> dict[str, Any]:
    """Return why a place is in the later list alone: it was built, it was left out before, or it stands there twice."""
    opened = [_YEAR.match(_text(place[column])) for column in place.index if _OPENED.search(str(column))]
    years = [int(match[1]) for match in opened if match]
    known = {"facility_b": str(place.name)}
    if years and max(years) < since:
        return _row(LATE, place, now=str(max(years)), **known)
    same = all_b[(all_b["name"] == place["name"]) & (all_b.index != place.name) & (all_b["kind"] == place["kind"])]
    if _text(place["name"]) and (same.distance(place["geometry"]) < _NEAR_M).any():
        return _row(TWICE, place, **known)
    return _row(BUILT, place, now=str(max(years)) if years and max(years) <= b.year else "", **known)


def _gone(place: pd.Series, all_b: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return why a place is in the earlier list alone: it was closed, or stood there twice."""
    known = {"facility_a": str(place.name)}
    same = all_b[(all_b["name"] == place["name"]) & (all_b["kind"] == place["kind"])]
    if _text(place["name"]) and (same.distance(place["geometry"]) < _NEAR_M).any():
        return _row(ONCE, place, **known)
    return _row(CLOSED, place, **known)


def _corrections(before: pd.Series, after: pd.Series) -> list[dict[str, Any]]:
    """Return what else the later list says of a place: where it is, its name, its kind and its numbers."""
    known = {"facility_a": str(before.name), "facility_b": str(after.name)}
    rows = []
    metres = float(shapely.distance(*(shapely.point_on_surface(side["geometry"]) for side in (before, after))))
    same_shape = shapely.equals_exact(before["geometry"], after["geometry"], _SAME_M / 100)
    if metres > _SAME_M / 100 or not same_shape:
        rows.append(_row(MOVED, after, what="geometry", now=f"{metres:.0f}", was_at=before["geometry"], **known))
    for column, change in (("name", RENAMED), ("kind", KIND), *((name, NUMBER) for name in _NUMBERS)):
        was, now = _text(before.get(column)), _text(after.get(column))
        if was != now:
            rows.append(_row(change, after, what=column, was=was, now=now, **known))
    return rows


def _answers(
    a: Side, b: Side, before: pd.Series, after: pd.Series, clauses: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the clauses to which a place has another answer now: it gained or lost what they ask, or the list did."""
    rows = []
    for clause in clauses:
        column = clause.get("attribute") or clause.get("only_where")
        if not column:
            continue
        was, now = a.status(clause["id"], str(before.name)), b.status(clause["id"], str(after.name))
        if was == now:
            continue
        change = FILLED if was == "unknown" else EMPTIED if now == "unknown" else GAINED if now == "met" else LOST
        cells = {"what": column, "was": _text(before.get(column)), "now": _text(after.get(column))}
        known = {"facility_a": str(before.name), "facility_b": str(after.name)}
        rows.append(_row(change, after, clause=clause["id"], **cells, **known))
    return rows


def _text(value: Any) -> str:
    """Return a cell as text: whole numbers without decimals, "" where it is missing."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return f"{float(value):.10g}"
    return str(value)
