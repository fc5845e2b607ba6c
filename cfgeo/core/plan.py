"""The choices of ``plan``, and its result: projects to build under a budget or for a target."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from cfgeo.core.projects import Projects
from cfgeo.core.schema import Inputs

Status = Literal["decided", "chosen", "spare", "never"]

PLAN_COLUMNS = {
    "rank": "order in which to build: decided projects, then the best next project each time; empty: not built",
    "status": "decided | chosen | spare: not in this plan | never: no verdict depends on it in any combination",
    "name": "name in the list",
    "action": "what it does: its changes, as word.… keys joined by +",
    "cost": "in the unit of the list",
    "cost_so_far": "of all projects up to this one",
    "lon": "WGS-84 [degrees]; of an area or line a point on it; empty where only attributes change",
    "lat": "WGS-84 [degrees]",
    "code": "community that it lies in, or the nearest",
    "community": "its name",
    "street_office": "where it lies",
    "passed": "communities that pass when all projects up to this one are built",
    "adds_codes": "communities that pass with it and did not before it",
    "adds_names": "their names",
    "adds_demand": "demand that has a place within the limit with it and not before; a child counts once per clause",
    "alone_codes": "communities that pass with it (and what it requires) alone, and fail now",
    "requires": "projects that it needs",
    "excludes": "projects that cannot be built beside it",
}
"""Columns of the projects of a plan, index ``project`` (id), beside ``geometry`` (in the metric CRS)."""

FRONTIER_COLUMNS = {
    "cost": "the lowest known cost for so many communities to pass; decided projects included",
    "bound": "lower bound of the cost; equal to cost: proven",
    "projects": "ids of the projects built then (tuple)",
}
"""Columns of the frontier, index ``passed`` (communities, from the number that pass with decided projects)."""

OFFICE_COLUMNS = {
    "communities": "how many it has",
    "passed_before": "that pass now",
    "passed_after": "that pass with the plan",
    "cost": "of the plan's projects that lie in it",
    "projects": "their ids (tuple)",
    "full_projects": "ids of the projects with which all its communities pass that can (tuple), without decided ones",
    "full_cost": "cost of these",
    "full_bound": "lower bound of that cost",
    "held_codes": "communities that fail with any projects of the list (tuple)",
}
"""Columns of the street offices of a plan, index ``street_office``."""


@dataclass(frozen=True)
class PlanChoices:
    """The choices of a plan: the most communities for a budget, or a target at the lowest cost.

    Attributes
    ----------
    budget : float, optional
        For all projects that are built, decided ones included, in the unit of the list.
    target : float, optional
        Share of the communities that have to pass; the target of the standard if both are missing.
    seconds : float
        Processor time for the search and its proof [s], so that other work on the machine changes no result.
    """

    budget: float | None = None
    target: float | None = None
    seconds: float = 120.0


@dataclass(frozen=True)
class Plan:
    """Projects to build, and what they change. Verdicts are those of a run with the projects built.

    Attributes
    ----------
    choices : PlanChoices
    listed : Projects
        The reserve list; shapes in the metric CRS.
    projects : geopandas.GeoDataFrame
        ``PLAN_COLUMNS``, for the whole list: first the projects that are built, in order, then the others.
    passed : int
        Communities that pass with the plan.
    cost : float
        Of all projects that are built.
    bound : float
        For a budget: an upper bound of the communities that pass. For a target: a lower bound of the cost.
    frontier : pandas.DataFrame
        ``FRONTIER_COLUMNS``.
    offices : pandas.DataFrame
        ``OFFICE_COLUMNS``.
    held : pandas.DataFrame
        Communities that fail with any projects of the list: index ``code``; ``community``, ``street_office``,
        ``clauses`` (tuple of the clauses that they fail with all of them built).
    most : int
        An upper bound of the communities that pass with any projects of the list.
    before, after : geopandas.GeoDataFrame
        The communities now, and with the plan, as ``Results.communities``.
    coverage_before, coverage_after : pandas.DataFrame
        As ``Results.coverage``.
    district_before, district_after : dict
        As ``Results.district``.
    titles : dict of str to dict
        All clauses of the standard: id → language → name.
    findings : pandas.DataFrame
        About the list.
    about : dict
        What the numbers rest on: ``title`` and ``status`` of the study, ``standard`` (id), ``slope``, ``dates`` of the
        files by role, ``basis`` of the demand, ``limits`` of the clauses [min].
    inputs : Inputs
        The study before anything is built, for maps.
    seconds : dict of str to float
        Stage → how long it took [s].
    """

    choices: PlanChoices
    listed: Projects
    projects: gpd.GeoDataFrame
    passed: int
    cost: float
    bound: float
    frontier: pd.DataFrame
    offices: pd.DataFrame
    held: pd.DataFrame
    most: int
    before: gpd.GeoDataFrame
    after: gpd.GeoDataFrame
    coverage_before: pd.DataFrame
    coverage_after: pd.DataFrame
    district_before: Mapping[str, Any]
    district_after: Mapping[str, Any]
    titles: Mapping[str, Mapping[str, str]]
    findings: pd.DataFrame
    about: Mapping[str, Any]
    inputs: Inputs
    seconds: Mapping[str, float]

    @property
    def built(self) -> gpd.GeoDataFrame:
        """The projects that are built, in their order."""
        return self.projects[self.projects["rank"].notna()]

    @property
    def gap(self) -> float:
        """The optimality gap as a share of the value; 0: proven that nothing better exists."""
        value = float(self.passed) if self.choices.budget is not None else self.cost
        return abs(self.bound - value) / max(abs(value), 1.0) if self.bound != value else 0.0
