"""The result of ``whatif``: a study before and after a scenario, the columns of its tables and their units."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from cfgeo.core.errors import CfgeoError
from cfgeo.core.results import Verdicts
from cfgeo.core.scenario import Cost, Scenario
from cfgeo.core.schema import Inputs
from cfgeo.core.shapes import Ground
from cfgeo.core.strings import Message

WHATIF_COLUMNS = {
    "code": "community",
    "clause": "clause id",
    "verdict_before": "passed | failed | not_assessed",
    "verdict_after": "the same after the changes",
    "change": "gained | lost; empty: as before",
    "share_before": "share of the demand in reach, 0–1",
    "share_after": "the same after the changes",
    "median_minutes_before": "walk of the median child; inf: no place within the search",
    "median_minutes_after": "the same after the changes",
    "places_before": "places of the clause inside the community",
    "places_after": "the same after the changes",
    "gained": "demand that has a place in reach only after the changes, in units of the study's basis",
    "lost": "demand that had one only before",
    "minutes_saved": "sum of the shorter walks, up to the search [demand × min]",
}
"""Columns of a what-if: a row for every community and every community clause."""

JUNCTION_COLUMNS = {
    "nth": "number of the change in the scenario, from 1",
    "node": "id of the node, of the file or new",
    "way": "id of the way that it lies on",
    "lon": "WGS-84 [degrees]",
    "lat": "WGS-84 [degrees]",
}
"""Columns of the junctions: where new links connect to the network."""


@dataclass(frozen=True, repr=False)
class WhatIf:
    """A study before and after a scenario.

    Attributes
    ----------
    before, after : Verdicts
    communities : geopandas.GeoDataFrame
        Index ``code``; ``community``, ``street_office``, ``demand``, ``before`` and ``after`` (verdicts), ``change``
        (``gained``, ``lost`` or ""), ``missing_before`` and ``missing`` (tuples of the clauses that fail); polygons.
    coverage : pandas.DataFrame
        ``WHATIF_COLUMNS``.
    clauses : pandas.DataFrame
        Index ``clause``; those of communities that are assessed: ``passed_before``, ``passed_after``,
        ``communities_gained``, ``communities_lost`` (numbers), ``gained``, ``lost``, ``minutes_saved`` (sums).
    scenario : Scenario
        The changes.
    junctions : pandas.DataFrame
        ``JUNCTION_COLUMNS``.
    streets : geopandas.GeoDataFrame
        Index ``nth``; the streets that changes close, open or refit: ``name`` ("" for none), their lines as one shape.
    inputs : Inputs
        After the changes.
    parameters : dict
        Every choice that went in, as in :class:`Results`.
    seconds : dict of str to float
        How long it took to read, snap and measure everything (``whole``), and to measure ``again`` what changed [s].
    remarks : tuple of Message
        Which changes no clause can notice.
    ground : Ground, optional
        What maps show of the place itself; None where none were asked for.
    """

    before: Verdicts
    after: Verdicts
    communities: gpd.GeoDataFrame
    coverage: pd.DataFrame
    clauses: pd.DataFrame
    scenario: Scenario
    junctions: pd.DataFrame
    streets: gpd.GeoDataFrame
    inputs: Inputs
    parameters: dict[str, Any]
    seconds: dict[str, float]
    remarks: tuple[Message, ...] = ()
    ground: Ground | None = None

    def __repr__(self) -> str:
        """Return a summary of the changes in one line."""
        counts = self.communities["change"].value_counts()
        was, now = self.before.district["passed"], self.after.district["passed"]
        return (
            f"<WhatIf: {was} → {now} communities pass, {counts.get('gained', 0)} gained, {counts.get('lost', 0)} lost>"
        )


@dataclass(frozen=True)
class Side:
    """One of two sets of changes that are compared.

    Attributes
    ----------
    name : str
        Of a named scenario; "" for the others.
    which : str
        ``as_is``, ``desk`` or ``kept``.
    changes : int
        How many count.
    costs : tuple of Cost
        Their sum, a unit of money each; empty where no change has a cost.
    priced : int
        How many of the changes have one.
    headline : dict
        Its numbers; None where the changes cannot be made.
    passed : tuple of int
        Which communities pass.
    gained, lost : tuple of int
        Which do and do not in comparison with the study as it is.
    clauses : dict of str to tuple of int
        The clauses whose verdicts or shares change: how many communities pass them as it is, and with the changes.
    fault : CfgeoError, optional
        Why the changes cannot be made.
    """

    name: str
    which: str
    changes: int = 0
    costs: tuple[Cost, ...] = ()
    priced: int = 0
    headline: dict[str, Any] | None = None
    passed: tuple[int, ...] = ()
    gained: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()
    clauses: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    fault: CfgeoError | None = None
