"""What changed between two runs: the columns of the changes, and one difference with its causes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.publish.compared.causes import Cause
from cfgeo.publish.compared.places import CORRECTION, GROUND, UNKNOWN

GAINED, LOST, BETTER, WORSE, OTHER = "gained", "lost", "better", "worse", "other"
ADDED, REMOVED, RENAMED, RECODED = "added", "removed", "renamed", "recoded"
BASIS, MIXED = "basis", "mixed"

CHANGE_COLUMNS = {
    "scope": "district | block | street_office | community",
    "code": "code of the community in the second run, name of the block or street office; empty: the district",
    "name": "name of the unit",
    "street_office": "name, of a community",
    "clause": "clause id; empty: the unit as a whole",
    "clause_name": "the clause",
    "change": "gained | lost | better | worse | other; added | removed | renamed | recoded",
    "verdict_a": "verdict of the first run",
    "verdict_b": "verdict of the second run",
    "measure": "measure of the clause; share: of communities or street offices that pass",
    "value_a": "what the first run found, in the unit of the measure",
    "value_b": "the same in the second run",
    "target": "what is asked in the second run, in the same unit",
    "low_a": "the value of the first run with all that is missing at its worst",
    "high_a": "the same at its best",
    "low_b": "the value of the second run with all that is missing at its worst",
    "high_b": "the same at its best",
    "share_a": "share of the demand in reach, 0–1",
    "share_b": "the same in the second run",
    "minutes_a": "walk of the median child; inf: no place within the search",
    "minutes_b": "the same in the second run",
    "places_a": "places inside",
    "places_b": "the same in the second run",
    "reasons": "places | demand | residents | network | boundary | reading | date | reported | standard | walker | "
    "walk | version | unknown, with semicolons between",
    "nature": "ground | correction | basis | mixed | unknown",
    "because": "the same in words",
}
"""Columns of the changes: one row for every unit and clause whose verdict or value is another."""

_VALUES = ("value", "low", "high", "share", "minutes", "places")
_BASIS_KINDS = {"standard", "walker", "walk", "status", "version"}

Values = Mapping[str, Any]
"""A row of the units of a run: ``UNIT_COLUMNS``."""


@dataclass(frozen=True)
class Difference:
    """One thing that changed: a unit, or one of its clauses.

    Attributes
    ----------
    scope : str
        Of ``SCOPES``.
    code, name, street_office : str
        As in the second run; of a unit that is gone as in the first.
    clause : str
        Clause id; ``OVERALL`` for the unit as a whole.
    change : str
        As in ``CHANGE_COLUMNS``.
    a, b : Mapping or None
        What each run found; None where it does not have the unit.
    causes : tuple of Cause
    nature : str
        As in ``CHANGE_COLUMNS``.
    """

    scope: str
    code: str
    name: str
    street_office: str
    clause: str
    change: str
    a: Values | None = None
    b: Values | None = None
    causes: tuple[Cause, ...] = ()
    nature: str = UNKNOWN

    def row(self) -> dict[str, Any]:
        """Return the difference as a row: ``CHANGE_COLUMNS`` but the words."""
        last = self.a if self.b is None else self.b
        row: dict[str, Any] = {
            "scope": self.scope,
            "code": self.code,
            "name": self.name,
            "street_office": self.street_office,
            "clause": self.clause,
            "change": self.change,
            "measure": "" if last is None else last["measure"],
            "target": np.nan if last is None else last["target"],
            "reasons": ";".join(dict.fromkeys(cause.kind for cause in self.causes)),
            "nature": self.nature,
        }
        for side, values in (("a", self.a), ("b", self.b)):
            row[f"verdict_{side}"] = "" if values is None else values["verdict"]
            row |= {f"{name}_{side}": np.nan if values is None else values[name] for name in _VALUES}
        return row


def nature_of(causes: Iterable[Cause], places: pd.DataFrame) -> str:
    """Return whether causes are a change on the ground, a correction of data, or another basis; else ``unknown``."""
    natures: set[str] = set()
    for cause in causes:
        if cause.kind == "places" and cause.rows:
            natures |= set(places["nature"].iloc[list(cause.rows)])
        elif cause.kind in _BASIS_KINDS:
            natures.add(BASIS)
        elif cause.kind in ("reading", "date"):
            natures.add(CORRECTION if cause.kind == "reading" else GROUND)
        else:
            natures.add(UNKNOWN)
    if len(natures) == 1:
        return natures.pop()
    return MIXED if natures else UNKNOWN
