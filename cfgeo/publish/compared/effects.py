"""What a change of one facility does to the value of a clause: it raises it, lowers it, may do either, or nothing."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.core.schema import NO, YES
from cfgeo.core.strings import KIND_MARK
from cfgeo.publish.compared.places import ATTRIBUTE, MOVED, RENAMED, RESHAPED, iso_date

_NOT_COLUMNS = {
    "id", "name", "name_en", "plan_item", "scope", "measure", "layer", "near_layer", "more_layers", "kind", "near_kind",
    "among_kinds", "names", "walker", "children", "attribute_order", "attribute_least", "unit", "compare", "along",
    "indicator", "reference", "assumption", "assumption_en", "lead", "lead_en", "source",
}  # fmt: skip
"""Keys of a clause whose values are no headings of facilities."""
_OF_RATES = {"amount", "per"}
"""Keys that have a value in every clause and are read by rates alone."""
_CAPACITY = "capacity"
CAMPUSES = {"present", "count"}
"""Measures that count each campus once."""
_COUNTS = {"reach", "present", "count"}
"""Measures that one more facility cannot lower."""

Clause = Mapping[str, Any]
Asked = Sequence[tuple[Clause, str]]
"""A clause and the day by which it was judged, in both runs."""
Sides = tuple[Any, Any]
"""What both runs have, the earlier first; of a facility its row, or None."""


def effect_of(
    change: Mapping[Any, Any], sides: Sides, inside: Sequence[bool], clauses: Sequence[Clause], days: Sequence[str]
) -> int | None:
    """Return whether a change of a facility raises (1) or lowers (-1) a clause's value, or may do either (0).

    Parameters
    ----------
    change
        A row of ``PLACE_COLUMNS``.
    sides
        The facility in both runs.
    inside
        Whether it lies where it can count for the unit, in both runs.
    clauses
        The clause in both runs.
    days
        The day by which each run has judged: what is so only since a later one is no yes yet.

    Returns
    -------
    int or None
        None: it does not act on the clause in this unit.
    """
    last = clauses[1]
    columns = set().union(*(read_columns(each, _headings(sides)) for each in clauses))
    renamed = change["change"] == RENAMED and not last.get("names")
    if renamed or (change["change"] == ATTRIBUTE and change["column"] not in columns):
        return None
    layer = change["layer"]
    counted = [
        where and side is not None and is_of_kind(str(side["kind"]), _kinds_asked(each, layer))
        for where, side, each in zip(inside, sides, clauses, strict=True)
    ]
    if not any(counted):
        return None
    if layer == last.get("layer"):
        return _of_measure(change, sides, counted, list(zip(clauses, days, strict=True)))
    # One more place near by cannot lower the share of those that have one, nor raise that of those that have none.
    more = int(counted[1]) - int(counted[0])
    return {"near": more, "none_within": -more}.get(last["measure"], 0)


def _kinds_asked(clause: Clause, layer: str) -> Iterable[str]:
    """Return the kinds of a layer that a clause counts; none: all."""
    if layer == clause.get("layer"):
        return clause.get("kind") or ()
    return (clause.get("near_kind") or ()) if layer == clause.get("near_layer") else ()


def _of_measure(change: Mapping[Any, Any], sides: Sides, counted: Sequence[bool], asked: Asked) -> int | None:
    """Return what a change of a facility of the clause's own layer does to the clause's measure."""
    last = asked[1][0]
    if last["measure"] in _COUNTS:
        return _of_count(change, sides, counted, asked)
    if last["measure"] == "rate":
        column = str(last.get("amount") or _CAPACITY)
        amounts = [_amount(side, column) if here else 0.0 for side, here in zip(sides, counted, strict=True)]
        return 0 if np.isnan(sum(amounts)) else _sign(amounts[1] - amounts[0])
    return _of_share(sides, counted, asked) if last["measure"] == "facility_share" else 0


def read_columns(clause: Clause, headings: Iterable[str]) -> set[str]:
    """Return the columns of facilities that a clause reads: those that one of its keys names, and the capacity."""
    words: set[str] = set()
    for key, value in clause.items():
        if key not in _NOT_COLUMNS and (key not in _OF_RATES or clause["measure"] == "rate"):
            words |= {str(word) for word in (value if isinstance(value, list | tuple) else [value])}
    capacity = clause["measure"] == "rate" or clause.get("min_capacity") or _weights_of(clause)
    return (words & set(headings)) | ({_CAPACITY} if capacity else set())


def is_of_kind(kind: str, kinds: Iterable[str]) -> bool:
    """Return whether a place is of one of some kinds; it is where no kind is named."""
    wanted = set(kinds)
    return not wanted or not wanted.isdisjoint(kind.split(KIND_MARK))


def _headings(sides: Sides) -> list[str]:
    return [str(name) for side in sides if side is not None for name in side]


def _of_count(change: Mapping[Any, Any], sides: Sides, counted: Sequence[bool], asked: Asked) -> int | None:
    """Return what a change does to a number of places, or to walks to them."""
    known = [here and counts_for(side, *each) for here, side, each in zip(counted, sides, asked, strict=True)]
    if change["change"] == RENAMED:
        return 0
    if known[0] == known[1]:
        moved = change["change"] in (MOVED, RESHAPED) and asked[1][0]["measure"] == "reach"
        return 0 if moved and any(known) else None
    return 0 if None in known else int(bool(known[1])) - int(bool(known[0]))


def counts_for(side: Any, clause: Clause, day: str) -> bool | None:
    """Return whether a facility of the right kind is counted; None where nobody knows."""
    answers: list[bool | None] = []
    if clause.get("only_where"):
        answers.append(_answer(side, clause["only_where"], day))
    if clause.get("min_capacity"):
        amount = _amount(side, _CAPACITY)
        answers.append(None if np.isnan(amount) else bool(amount >= clause["min_capacity"]))
    return False if False in answers else None if None in answers else True


def _of_share(sides: Sides, counted: Sequence[bool], asked: Asked) -> int | None:
    """Return what a change does to the share of facilities that have what a clause asks."""
    good = [_has(side, *each) if here else None for here, side, each in zip(counted, sides, asked, strict=True)]
    if counted[0] != counted[1]:
        came, is_good = (1, good[1]) if counted[1] else (-1, good[0])
        return 0 if is_good is None else came if is_good else -came
    if good[0] != good[1]:
        return 0 if None in good else int(bool(good[1])) - int(bool(good[0]))
    columns = sorted(_weights_of(asked[0][0]) | _weights_of(asked[1][0]))
    weights = np.array([[_amount(side, column) for column in columns] for side in sides])
    return None if np.array_equal(weights[0], weights[1], equal_nan=True) else 0


def _weights_of(clause: Clause) -> set[str]:
    """Return the columns by which a share may weigh places: by capacity, too, where not all have another number."""
    column = clause.get("weigh_by") or (clause.get("weigh_by_capacity") and _CAPACITY)
    return {str(column), _CAPACITY} if column else set()


def _has(side: Any, clause: Clause, day: str) -> bool | None:
    """Return whether a facility has what a clause asks of it; None where nobody knows."""
    column, least, implied = clause.get("attribute"), clause.get("attribute_min"), clause.get("implied_by")
    if implied and _answer(side, implied, day):
        return True
    if least is None:
        return _answer(side, column, day)
    amount = _amount(side, str(column))
    return None if np.isnan(amount) else bool(amount >= least)


def _answer(side: Any, column: Any, day: str) -> bool | None:
    """Return whether a cell says yes: a word for it, a number above 0, or the year or document that has made it so.

    None: it is blank, or says something else.
    """
    value = side.get(column)
    word = "" if value is None or pd.isna(value) else unicodedata.normalize("NFKC", str(value)).strip().lower()
    if not word:
        return None
    if word in NO or word in YES:
        return word in YES
    if since := iso_date(word):
        return since <= day[: len(since)]
    number = pd.to_numeric(word, errors="coerce")
    return None if pd.isna(number) else bool(number > 0)


def _amount(side: Any, column: str) -> float:
    """Return a number of a facility; NaN where it is not known."""
    return float(pd.to_numeric(pd.Series([side.get(column)]), errors="coerce").iloc[0])


def _sign(number: float) -> int | None:
    return int(np.sign(number)) or None
