"""Why an indicator changed from one year to the next, and whether that is progress.

What acted on a clause is found as for a comparison of two runs. Here what happened to the places is kept apart from
what happened to their lists: a row that was corrected, or a newer list of buildings, is no progress.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cfgeo.core.schema import NO, YES
from cfgeo.publish.compared.causes import Cause
from cfgeo.publish.compared.differences import Comparison
from cfgeo.publish.compared.places import (
    ADDED,
    ATTRIBUTE,
    CORRECTION,
    REKINDED,
    REMOVED,
    RENAMED,
    has_twin,
    opening_date,
)
from cfgeo.publish.run.past import PastRun

BUILT, CLOSED, GAINED, LOST = "built", "closed", "certified", "uncertified"
MOVED, KIND, NUMBER, FILLED, EMPTIED = "moved", "kind", "number", "filled", "emptied"
LATE, STRUCK, TWICE, ONCE, NAME = "late", "struck", "twice", "once", "renamed"
REVISED = "revised"
REAL = frozenset((BUILT, CLOSED, GAINED, LOST, "reported", "date"))
"""What happened to the places themselves; all else happened to the lists, or to how they are judged."""
PROGRESS, DECLINE, DATA, METHOD, MIXED, UNEXPLAINED = "progress", "decline", "data", "method", "mixed", "unexplained"
"""What a change of an indicator is."""

_METHOD = {"standard", "walker", "walk", "status", "version"}
_NUMBERS = {"capacity", "enrolment"}
"""Numbers of which a list does not say whether a place was enlarged or its row corrected."""


@dataclass(frozen=True)
class Reason:
    """One reason of a change.

    Attributes
    ----------
    kind : str
        What happened to places, or the ``kind`` of a cause.
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
        """``real``: it happened to the places; ``data``: to the lists; ``method``: to the rules; "": not known."""
        if self.kind in REAL:
            return "real"
        if self.kind == "unknown":
            return ""
        return METHOD if self.kind in _METHOD else DATA


@dataclass(frozen=True)
class YearStep:
    """What happened between the runs of two years.

    Attributes
    ----------
    comparison : Comparison
    year_a, year_b : int
    """

    comparison: Comparison
    year_a: int
    year_b: int

    def reasons(self, causes: Iterable[Cause], clauses: Iterable[str]) -> list[Reason]:
        """Return causes as reasons: the places among them by what happened to each.

        Parameters
        ----------
        causes
            Of a difference.
        clauses
            What the places are asked.
        """
        reasons: list[Reason] = []
        for cause in causes:
            rows = self.comparison.places.iloc[list(cause.rows)].to_dict("records") if cause.kind == "places" else []
            kind = REVISED if cause.kind == "reported" and self._is_of_one_year(clauses) else cause.kind
            reasons += [Reason(*self.kind_of(row, clauses)) for row in rows] or [Reason(kind, cause=cause)]
        return merged(reasons)

    def _is_of_one_year(self, clauses: Iterable[str]) -> bool:
        """Return whether both runs have the reported figures of the same year, which were revised then."""
        years = [
            [run.clauses["year"].get(clause) for clause in clauses] if "year" in run.clauses.columns else []
            for run in (self.comparison.a, self.comparison.b)
        ]
        return bool(years[0]) and years[0] == years[1]

    def kind_of(self, row: Mapping[Any, Any], clauses: Iterable[str]) -> tuple[str, str, tuple[str]]:
        """Return what happened to a place, its layer, and its name with what was there and what is there now."""
        kind, detail = self._kind(row, clauses)
        name = str(row["name"] or row["kind"] or row["facility_b"] or row["facility_a"])
        return kind, str(row["layer"]), (f"{name} ({detail})" if detail else name,)

    def _kind(self, row: Mapping[Any, Any], clauses: Iterable[str]) -> tuple[str, str]:
        change, nature, since = row["change"], row["nature"], str(row["since"])
        if change == ADDED:
            return self._added(row, nature, since)
        if change == REMOVED:
            a, b = self.comparison.a.facilities, self.comparison.b.facilities
            if nature == CORRECTION:
                return (ONCE, "") if not since and has_twin(a.loc[row["facility_a"]], b) else (STRUCK, since)
            return CLOSED, since
        if change in {RENAMED, REKINDED}:
            return (NAME if change == RENAMED else KIND), f"{row['value_a'] or '–'} → {row['value_b'] or '–'}"
        if change != ATTRIBUTE:
            return MOVED, f"{row['distance_m']:.0f} m"
        kind = NUMBER if nature == CORRECTION or row["column"] in _NUMBERS else self._answer(row, clauses)
        return kind, "" if kind in {GAINED, LOST} else f"{row['value_a'] or '–'} → {row['value_b'] or '–'}"

    def _added(self, row: Mapping[Any, Any], nature: str, since: str) -> tuple[str, str]:
        """Return why a place is in the later list alone: built, left out before, or listed twice."""
        places = self.comparison.b.facilities
        if nature == CORRECTION:
            return (TWICE, "") if not since and has_twin(places.loc[row["facility_b"]], places) else (LATE, since)
        return BUILT, since or opening_date(places.loc[row["facility_b"]])

    def _answer(self, row: Mapping[Any, Any], clauses: Iterable[str]) -> str:
        """Return what another cell means: the place has now what is asked, or no longer; or nobody knew, or knows."""
        statuses = [
            (
                _status(self.comparison.a, clause, row["facility_a"]),
                _status(self.comparison.b, clause, row["facility_b"]),
            )
            for clause in clauses
        ]
        was, now = next((pair for pair in statuses if pair[0] != pair[1]), ("", ""))
        if was == now:  # no clause lists who falls short, or the answer is still the same
            was, now = (_read(str(row[side])) for side in ("value_a", "value_b"))
        if "unknown" in (was, now):
            return FILLED if was == "unknown" else EMPTIED
        return GAINED if now == "met" else LOST if now == "short" else NUMBER


def nature_of(reasons: Iterable[Reason], *, better: bool) -> str:
    """Return what a change is that has these reasons: progress or decline only where nothing but places changed."""
    groups = {reason.group for reason in reasons if reason.group}
    if not groups:
        return UNEXPLAINED
    if len(groups) > 1:
        return MIXED
    (group,) = groups
    return (PROGRESS if better else DECLINE) if group == "real" else group


def merged(reasons: Iterable[Reason]) -> list[Reason]:
    """Return reasons of one kind and layer as one, with all their places."""
    found: dict[tuple[Any, ...], Reason] = {}
    for reason in reasons:
        key = (reason.kind, reason.layer, reason.cause)
        names = (*found[key].names, *reason.names) if key in found else reason.names
        found[key] = Reason(reason.kind, reason.layer, tuple(dict.fromkeys(names)), reason.cause)
    return list(found.values())


def _status(run: PastRun, clause: str, facility: str) -> str:
    """Return how a place stands to a clause: met, short, unknown; "" where the run does not say."""
    rows = [row for row in run.record.get("shortfalls", []) if row["clause"] == clause]
    if not rows:
        return "met" if _asks_places(run, clause) else ""
    return next((str(row["status"]) for row in rows if row["facility"] == facility), "met")


def _asks_places(run: PastRun, clause: str) -> bool:
    """Return whether a clause asks single places, of which then none falls short."""
    asked: list[dict[str, Any]] = run.record["parameters"]["clauses"]
    keys = ("attribute", "only_where")
    return "shortfalls" in run.record and any(each["id"] == clause and any(map(each.get, keys)) for each in asked)


def _read(cell: str) -> str:
    word = cell.casefold()
    return "unknown" if not word else "met" if word in YES else "short" if word in NO else ""
