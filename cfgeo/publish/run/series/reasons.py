"""Why an indicator changed from one year to the next: only what can have acted on it is a reason.

What happened to the places is kept apart from what happened to the data: a row that was corrected, or a newer list of
buildings, is no progress.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.strings import KIND_MARK
from cfgeo.publish.run.causes import Cause, basis_causes, data_causes
from cfgeo.publish.run.past import PastRun
from cfgeo.publish.run.series.places import (
    BUILT,
    CLOSED,
    GAINED,
    KIND,
    LATE,
    LOST,
    MOVED,
    NUMBER,
    ONCE,
    REAL,
    TWICE,
    Side,
    place_changes,
)

PROGRESS, DECLINE, DATA, METHOD, MIXED, UNEXPLAINED = "progress", "decline", "data", "method", "mixed", "unexplained"
"""What a change of an indicator is."""

_THERE = {BUILT, CLOSED, LATE, TWICE, ONCE, KIND}
_ACTS: dict[str, set[str]] = {
    "reach": _THERE | {MOVED},
    "present": _THERE | {MOVED},
    "near": _THERE | {MOVED},
    "count": _THERE,
    "rate": _THERE | {NUMBER},
    "facility_share": _THERE,
    "connected": set(),
}
"""What can act on each measure, beside answers to the clause itself; on a measure that is not here all of it can."""
_WALKED = {"reach", "connected", "near"}
_SECONDS = 60.0


@dataclass(frozen=True)
class Reason:
    """One reason of a change.

    Attributes
    ----------
    kind : str
        A ``change`` of places; ``reported``: the year has another figure; ``demand``, ``network`` or ``communities``
        (data); ``standard``, ``walker``, ``walk``, ``status`` or ``version`` (how it was judged).
    layer : str
        Layer of the places; "" for others.
    names : tuple of str
        The places, in order.
    cause : Cause or None
        What differs between the runs, where no place does.
    """

    kind: str
    layer: str = ""
    names: tuple[str, ...] = ()
    cause: Cause | None = None

    @property
    def group(self) -> str:
        """``real``: it happened to the places; ``data``: to the lists; ``method``: to how they are judged."""
        if self.kind in REAL or self.kind == "reported":
            return "real"
        return "method" if self.kind in {"standard", "walker", "walk", "status", "version"} else DATA


@dataclass(frozen=True)
class Step:
    """What happened between two runs.

    Attributes
    ----------
    a, b : PastRun
    year_a, year_b : int
    """

    a: PastRun
    b: PastRun
    year_a: int
    year_b: int
    clauses: dict[str, dict[str, Any]] = field(default_factory=dict)

    @cached_property
    def places(self) -> gpd.GeoDataFrame:
        """What happened to the places: ``PLACE_CHANGE_COLUMNS``."""
        return place_changes(*self._sides, list(self.clauses.values()))

    @cached_property
    def _sides(self) -> tuple[Side, Side]:
        return _side(self.a, self.year_a), _side(self.b, self.year_b)

    @cached_property
    def causes(self) -> list[Cause]:
        """What else differs between the runs."""
        return [*basis_causes(self.a, self.b), *data_causes(self.a, self.b)]

    def reasons(self, clause_id: str, area: Any = None) -> list[Reason]:
        """Return what can have changed a clause.

        Parameters
        ----------
        clause_id
            One of ``clauses``.
        area
            The community, block or street office, as a polygon; None for the district.
        """
        clause = self.clauses[clause_id]
        return [*_of_places(self._acting(clause, area)), *self._others(clause)]

    def _acting(self, clause: Mapping[str, Any], area: Any) -> gpd.GeoDataFrame:
        """Return the changes of places that can have acted on a clause in an area."""
        table = self.places
        layers = {clause["layer"], clause.get("near_layer"), *(clause.get("more_layers") or ())} - {None}
        acts = _ACTS.get(clause["measure"])
        weighed = {NUMBER} if clause.get("weigh_by") or clause.get("weigh_by_capacity") else set()
        counted = table["layer"].isin(layers)
        own = (table["layer"] != clause["layer"]) | _is_counted(table, clause["kind"])
        can = table["change"].isin(acts | weighed) if acts is not None else ~table["change"].isin({GAINED, LOST})
        asked = table["clause"] == clause["id"]
        if clause.get("only_where"):  # of those that came or went, only the ones that have what is asked
            has_it = [self._has_it(row, clause["id"]) for row in table.to_dict("records")]
            can &= pd.Series(has_it, index=table.index, dtype=bool)
        rows = table[counted & own & ((can & (table["clause"] == "")) | asked)]
        if area is None or rows.empty:
            return rows
        nearest_m = np.fmin(rows.distance(area), shapely.distance(rows["was_at"].to_numpy(dtype=object), area))
        return rows[nearest_m <= self._reach_m(clause)]

    def _has_it(self, row: Mapping[Any, Any], clause: str) -> bool:
        """Return whether a place has, or had, or may have what a clause asks of single places."""
        sides = ((self._sides[0], row["facility_a"]), (self._sides[1], row["facility_b"]))
        return any(side.status(clause, place) != "short" for side, place in sides if place)

    def _reach_m(self, clause: Mapping[str, Any]) -> float:
        """Return how far from an area a place can act on it: as far as a straight walk goes."""
        if clause["measure"] != "reach":
            return float(clause.get("within_m") or 0.0)
        walkers = (run.record["parameters"]["walkers"].get(clause["walker"], {}) for run in (self.a, self.b))
        speed = max((float(numbers.get("level_m_s") or 0.0) for numbers in walkers), default=0.0)
        leg = float(self.b.record["parameters"]["walk"].get("snap_m") or 0.0)
        return 2 * leg + 1.5 * speed * _SECONDS * float(clause["limit_minutes"])  # downhill is faster than level

    def _others(self, clause: Mapping[str, Any]) -> list[Reason]:
        """Return what differs in homes, streets, borders and rules, as far as a clause depends on it."""
        measure = clause["measure"]
        walks = measure == "reach"
        reasons = [Reason("reported")] if measure == "reported" else []
        for cause in self.causes:
            of_data = cause.kind == "data" and (
                (cause.what == "demand" and walks)
                or (cause.what == "network" and measure in _WALKED - {"near"})
                or (cause.what == "communities" and measure in {"rate", "present"} | _WALKED)
            )
            if of_data:
                reasons.append(Reason(cause.what, cause=cause))
            elif cause.kind == "standard" and cause.what == clause["id"]:
                reasons.append(Reason("standard", cause=cause))
            elif walks and (cause.kind == "walk" or (cause.kind == "walker" and cause.what == clause["walker"])):
                reasons.append(Reason(cause.kind, cause=cause))
        return reasons

    @property
    def versions(self) -> list[Reason]:
        """Return that cfgeo or a library is another one: the reason where nothing else is."""
        return [Reason("version", cause=cause) for cause in self.causes if cause.kind == "version"]


def nature_of(reasons: Iterable[Reason], *, better: bool) -> str:
    """Return what a change is that has these reasons: progress or decline only where nothing but places changed."""
    groups = {reason.group for reason in reasons}
    if not groups:
        return UNEXPLAINED
    if len(groups) > 1:
        return MIXED
    (group,) = groups
    return (PROGRESS if better else DECLINE) if group == "real" else group


def _of_places(rows: pd.DataFrame) -> list[Reason]:
    """Return the changes of places as reasons, those of one kind and layer together."""
    return [
        Reason(str(change), str(layer), tuple(_named(row) for row in group.to_dict("records")))
        for (change, layer), group in rows.groupby(["change", "layer"], sort=False)
    ]


def _named(row: Mapping[Any, Any]) -> str:
    """Return the name of a place, and what was there and is there now where a cell changed."""
    name = str(row["name"] or row["kind"] or row["facility_b"] or row["facility_a"])
    if row["change"] == MOVED:
        return f"{name} ({row['now']} m)"
    if row["change"] in {GAINED, LOST}:  # that it is a yes now, or no longer, is said
        return name
    if row["what"]:
        return f"{name} ({row['was'] or '–'} → {row['now'] or '–'})"
    return f"{name} ({row['now']})" if row["now"] else name


def merged(reasons: Iterable[Reason]) -> list[Reason]:
    """Return reasons of several clauses, each once, with all their places."""
    merged: dict[tuple[Any, ...], Reason] = {}
    for reason in reasons:
        key = (reason.kind, reason.layer, repr(reason.cause))
        names = (*merged[key].names, *reason.names) if key in merged else reason.names
        merged[key] = Reason(reason.kind, reason.layer, tuple(dict.fromkeys(names)), reason.cause)
    return list(merged.values())


def _is_counted(table: pd.DataFrame, kinds: Iterable[str]) -> pd.Series:
    """Return which places are, or were, of the kinds that a clause counts."""
    wanted = set(kinds)
    if not wanted:
        return pd.Series(data=True, index=table.index)
    was = table["was"].where(table["change"] == KIND, "")
    return (table["kind"] + KIND_MARK + was).map(lambda words: bool(wanted & set(words.split(KIND_MARK)))).astype(bool)


def _side(run: PastRun, year: int) -> Side:
    """Return the places of a run, with those that fall short of each clause as its record has them."""
    short, unknown = (
        {clause: frozenset(by_status.get(status, ())) for clause, by_status in run.record.get("shortfalls", {}).items()}
        for status in ("short", "unknown")
    )
    return Side(run.facilities, year, short, unknown)
