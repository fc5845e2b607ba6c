"""The choices of ``site``, and its result: proposed sites and what they change."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import geopandas as gpd
import pandas as pd

from cfgeo.core.schema import Inputs
from cfgeo.core.shapes import Ground
from cfgeo.core.strings import Lang, Message, name_list, text

Objective = Literal["communities", "children", "minutes"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)

SITE_COLUMNS = {
    "rank": "1: the site that adds most; 2: the one that adds most to it; and so on",
    "lon": "WGS-84 [degrees]; of an area or line a point on it",
    "lat": "WGS-84 [degrees]",
    "layer": "layer that it is added to",
    "kind": "kind of the site",
    "capacity": "children that it can serve; empty: not limited",
    "name": "of the candidate, or of the street that it lies on",
    "candidate": "id of the candidate",
    "code": "community that it lies in",
    "community": "its name",
    "adds_communities": "communities that pass with it and did not before it",
    "adds_codes": "their codes",
    "adds_names": "their names",
    "adds_demand": "demand that has a place within the limit with it and had none before it, each child once a clause",
    "minutes": "with it, the walk that nine in ten children do not exceed; inf: beyond the search",
    "demand": "demand within the limit of it, each child once a clause",
    "serves_codes": "communities where that demand lives",
    "serves_names": "their names",
    "basis": "children | residents | floor_area | count | street_length",
}
"""Columns of the sites, index ``site`` (id), beside ``geometry`` (in the metric CRS)."""


@dataclass(frozen=True)
class SiteChoices:
    """The choices of a search for sites.

    Attributes
    ----------
    layer : str
        Layer of the study that they are added to.
    kind : str, optional
        Their kind, also in the words that tables have, such as 小学; not needed if no clause of the layer asks for one.
    count : int, optional
        How many at most; None: as many as the target of the standard needs.
    objective : str
        ``communities`` that pass, ``children`` within the limit, or ``minutes``: the walk that nine in ten children
        do not exceed, which is the median of the fifth that walk longest.
    candidates : str or Path, optional
        A layer of the study, or a file; every 50 m along the district's streets when missing.
    capacity : float, optional
        Children that one site can serve; a column ``capacity`` of the candidates goes before. Of ``minutes`` nobody is
        held to it, nor where the study has no numbers of children.
    seconds : float
        Time for the proof that no better set exists [s].
    """

    layer: str
    kind: str | None = None
    count: int | None = None
    objective: Objective = "communities"
    candidates: str | Path | None = None
    capacity: float | None = None
    seconds: float = 30.0


class HeldBack(Message):
    """Communities that fail whatever sites are chosen: a line for each clause that they fail.

    Parameters
    ----------
    held
        As :attr:`Siting.held`.
    titles
        As :attr:`Siting.titles`.
    """

    def __init__(self, held: pd.DataFrame, titles: Mapping[str, Mapping[str, str]]) -> None:
        self.held = held
        self.titles = titles

    def text(self, lang: Lang) -> str:
        """Return the lines in ``lang``."""
        by_clause = self.held.explode("clauses").groupby("clauses", sort=False)["community"].agg(list)
        lines = []
        for clause, names in by_clause.items():
            title, shown = self.titles[str(clause)][lang], name_list(names, lang)
            lines.append(text("site.held", lang, clause=title, count=len(names), names=shown))
        return "\n".join(lines)


@dataclass(frozen=True, repr=False)
class Siting:
    """Proposed sites, and what they change.

    Attributes
    ----------
    choices : SiteChoices
        With the kind filled in.
    clauses : tuple of str
        The clauses for communities that count such places.
    titles : dict of str to dict
        All clauses of the standard: id → language → name.
    objective : str
        The objective that was used: ``children`` instead of ``communities`` if no community can be won.
    n_candidates : int
    sites : geopandas.GeoDataFrame
        ``SITE_COLUMNS``, by rank.
    value, bound : float
        What the sites reach in the unit of the objective, and what no set of as many can exceed (or, of minutes and of
        the number of sites up to the target, go below).
    one_by_one : float
        What greedy choice reaches: the best next site each time.
    before, after : geopandas.GeoDataFrame
        The communities as they are and with all sites, as ``Results.communities``.
    coverage_before, coverage_after : pandas.DataFrame
        As ``Results.coverage``.
    district_before, district_after : dict
        As ``Results.district``.
    minutes_before, minutes_after : float
        The walk that nine in ten children do not exceed.
    held : pandas.DataFrame
        Communities that no number of such sites makes pass: index ``code``; ``community``, ``clauses`` (tuple of the
        clauses that hold it: those of other places, or those that even all candidates do not meet).
    most : int
        How many communities would pass with a site at every candidate.
    findings : pandas.DataFrame
        About candidates that were left out.
    about : dict
        What the numbers rest on: ``title`` and ``status`` of the study, ``standard`` (titles), ``slope``, ``dates`` of
        the files by role, ``basis`` of the demand, ``limits`` of the clauses [min].
    inputs : Inputs
        The study without the sites, for maps.
    ground : Ground, optional
        What maps show of the place itself; None where none were asked for.
    """

    choices: SiteChoices
    clauses: tuple[str, ...]
    titles: dict[str, dict[str, str]]
    objective: Objective
    n_candidates: int
    sites: gpd.GeoDataFrame
    value: float
    bound: float
    one_by_one: float
    before: gpd.GeoDataFrame
    after: gpd.GeoDataFrame
    coverage_before: pd.DataFrame
    coverage_after: pd.DataFrame
    district_before: dict[str, Any]
    district_after: dict[str, Any]
    minutes_before: float
    minutes_after: float
    held: pd.DataFrame
    most: int
    findings: pd.DataFrame
    about: dict[str, Any]
    inputs: Inputs
    ground: Ground | None = None

    def __repr__(self) -> str:
        """Return the sites, and what they bring, in one line."""
        was, now = self.district_before["passed"], self.district_after["passed"]
        count = f"{len(self.sites)} of {self.n_candidates} candidates"
        return f"<Siting: {self.choices.layer}, {count}; {was} → {now} communities pass>"

    @property
    def gap(self) -> float:
        """The optimality gap as a share of the value; 0: proven that no better set exists."""
        if self.bound == self.value:
            return 0.0
        return abs(self.bound - self.value) / max(abs(self.value), 1.0)
