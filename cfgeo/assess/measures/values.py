"""Values of clauses as intervals: what is missing is taken at its worst and at its best, so that it never decides."""

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.clock import once
from cfgeo.core.results import MET, SHORT, UNKNOWN
from cfgeo.core.schema import BoolArray, FloatArray, Network, Positions

_NO_ANSWERS = pd.DataFrame({"status": [], "attribute": [], "value": [], "asked": []}, dtype=object)


@dataclass(frozen=True)
class Area:
    """What a clause is measured on: the district or a unit of it.

    Attributes
    ----------
    communities : geopandas.GeoDataFrame
        Those of the area.
    layers : Mapping of str to geopandas.GeoDataFrame
    network : Network
    today : datetime.date
        What was certified later does not count.
    blocks : pandas.Index
        The street blocks of the area.
    outline : shapely.Geometry, optional
        The land of the area, where it is not that of its communities: a street block with a polygon of its own.
    demand : pandas.DataFrame, optional
        Numbers of children by age, and ``community``; None: not known.
    snapped : Mapping of str to Positions
        Where each layer's facilities meet the network.
    routes : function, optional
        Returns how children walk to school in the whole district, as
        :func:`cfgeo.assess.school_routes.walked_edges` does.
    reported : pandas.DataFrame, optional
        ``cfgeo.core.results.REPORTED_COLUMNS``.
    unit : tuple of str
        Scope and name of the area, as reported figures have them.
    """

    communities: gpd.GeoDataFrame
    layers: Mapping[str, gpd.GeoDataFrame]
    network: Network
    today: dt.date
    blocks: pd.Index = field(default_factory=lambda: pd.Index([], dtype="str"))
    outline: shapely.Geometry | None = None
    demand: pd.DataFrame | None = None
    snapped: Mapping[str, Positions] = field(default_factory=dict)
    routes: Callable[[], pd.DataFrame] | None = None
    reported: pd.DataFrame | None = None
    unit: tuple[str, str] = ("district", "")
    community_answers: pd.DataFrame | None = None

    @cached_property
    def land(self) -> shapely.Geometry:
        """The land of the area, in one piece."""
        return land_of(self.communities) if self.outline is None else self.outline


@once
def land_of(communities: gpd.GeoDataFrame) -> shapely.Geometry:
    """Return the land of the communities, in one piece."""
    return shapely.union_all(communities.geometry.to_numpy())


@dataclass(frozen=True)
class ClauseValue:
    """The value of a clause.

    Attributes
    ----------
    low, high : float
        The value with everything that is missing at its worst and at its best: the least and the greatest that it can
        be. Equal where nothing is missing; NaN where nothing is known.
    answers : pandas.DataFrame
        What each place that counts has, on the index of the layer: ``status`` (``met``, ``short``, ``unknown``),
        ``attribute`` (the column that is asked), ``value`` (what the file has, as text), ``asked`` (the number, NaN for
        a yes). Empty where the measure does not ask single places.
    missing : int
        How many values are missing.
    year : int, optional
        The year that a reported figure is of.
    """

    low: float
    high: float
    answers: pd.DataFrame = field(default_factory=lambda: _NO_ANSWERS)
    missing: int = 0
    year: int | None = None

    @classmethod
    def known(cls, value: float) -> "ClauseValue":
        """Return a value of which nothing is missing."""
        return cls(value, value)


NOTHING = ClauseValue.known(math.nan)
"""The value of what the data does not carry."""


def answers_of(
    places: pd.DataFrame, attribute: str, met: BoolArray, unknown: BoolArray, *, asked: float = math.nan
) -> pd.DataFrame:
    """Return the table of what single places have, as :class:`ClauseValue` describes it.

    Parameters
    ----------
    places
        The places that count.
    attribute
        The column that the clause asks.
    met, unknown
        Whether each place has what is asked, and whether that is not known (n).
    asked
        The number that is asked; NaN for a yes.
    """
    cells = places[attribute].astype(object) if attribute in places.columns else pd.Series("", index=places.index)
    return pd.DataFrame(
        {
            "status": np.where(unknown, UNKNOWN, np.where(met, MET, SHORT)),
            "attribute": attribute,
            "value": cells.where(cells.notna(), "").astype("str"),
            "asked": asked,
        },
        index=places.index,
    )


def both(first: tuple[BoolArray, BoolArray], second: tuple[BoolArray, BoolArray]) -> tuple[BoolArray, BoolArray]:
    """Return whether each place has two things, and whether that is not known, from the same of each thing (n)."""
    (has, open_), (has_too, open_too) = first, second
    met = has & has_too
    lacks = (~has & ~open_) | (~has_too & ~open_too)
    return met, ~met & ~lacks


def share_interval(met: BoolArray, unknown: BoolArray, weight: FloatArray) -> tuple[float, float]:
    """Return the least and the greatest share that the places which meet a need can have of all weight.

    The bounds of a ratio of sums: a missing answer is a no or a yes, a missing weight nothing or without limit.

    Parameters
    ----------
    met, unknown
        Whether each place meets the need, and whether that is not known (n).
    weight
        What each place weighs; NaN: not known (n).
    """
    blank = np.isnan(weight)
    known = np.where(blank, 0.0, weight)
    good, bad = met & ~unknown, ~met & ~unknown
    total = known.sum()
    if total <= 0:
        return (0.0, 1.0) if blank.any() else (math.nan, math.nan)
    low = 0.0 if (blank & ~good).any() else _ratio(known[good].sum(), total)
    high = 1.0 if (blank & ~bad).any() else _ratio(known[~bad].sum(), total)
    return low, high


def _ratio(part: float, whole: float) -> float:
    return float(part / whole)
