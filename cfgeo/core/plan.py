"""What is asked of a plan under a budget, and what was found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from cfgeo.core.projects import Projects
from cfgeo.core.schema import Inputs

Status = Literal["decided", "chosen", "spare", "never"]

PLAN_COLUMNS = {
    "rank": "order in which to build, the best next one each time; decided projects are first; empty: not built",
    "status": "decided | chosen | spare: not in this plan | never: no verdict depends on it, with whatever others",
    "name": "as the list has it",
    "action": "what it does: its changes, as word.… keys joined by +",
    "cost": "in the unit of the list",
    "cost_so_far": "of all projects up to this one",
    "lon": "WGS-84 [degrees]; of an area or line a point on it; empty where only attributes change",
    "lat": "WGS-84 [degrees]",
    "code": "community that it lies in, or that is nearest",
    "community": "its name",
    "street_office": "where it lies",
    "passed": "communities that pass when all projects up to this one are built",
    "adds_codes": "communities that pass with it and did not before it",
    "adds_names": "their names",
    "adds_demand": "demand that has a place within the limit with it and had none before it, each child once a clause",
    "alone_codes": "communities that pass with it (and what it requires) alone and do not now",
    "requires": "projects that it needs",
    "excludes": "projects that it shuts out",
}
"""Columns of the projects of a plan, index ``project`` (id), beside ``geometry`` (in the metric CRS)."""

FRONTIER_COLUMNS = {
    "cost": "the least that is known to bring so many communities to pass; decided projects included",
    "bound": "no set of projects costs less than this; equal to cost: proven",
    "projects": "ids of all that is built then (tuple)",
}
"""Columns of the frontier, index ``passed`` (communities, from those that pass with what is decided)."""

OFFICE_COLUMNS = {
    "communities": "how many it has",
    "passed_before": "that pass now",
    "passed_after": "that pass with the plan",
    "cost": "of the plan's projects that lie in it",
    "projects": "their ids (tuple)",
    "full_projects": "what it takes for all its communities to pass that can: ids (tuple), decided ones left out",
    "full_cost": "of these",
    "full_bound": "no set of projects costs less than this",
    "held_codes": "communities that no projects of the list make pass (tuple)",
}
"""Columns of the street offices of a plan, index ``street_office``."""


@dataclass(frozen=True)
class PlanChoices:
    """What is wanted: the most communities for a budget, or a target for the least money.

    Attributes
    ----------
    budget : float, optional
        For everything that is built, decided projects included, in the unit of the list.
    target : float, optional
        Share of the communities that shall pass; that of the standard when both are missing.
    seconds : float
        Processor time for the search and its proof [s]: a machine that is busy with other things finds the same.
    """

    budget: float | None = None
    target: float | None = None
    seconds: float = 120.0


@dataclass(frozen=True)
class Plan:
    """Projects to build, and what they change; all verdicts are measured with the projects built, as a run would.

    Attributes
    ----------
    choices : PlanChoices
    listed : Projects
        The reserve list; shapes in the metric CRS.
    projects : geopandas.GeoDataFrame
        ``PLAN_COLUMNS``, all of the list: first those that are built, in their order, then the others.
    passed : int
        Communities that pass with the plan.
    cost : float
        Of all that is built.
    bound : float
        For a budget: no set of projects for this money brings more communities to pass. For a target: none that
        meets it costs less.
    frontier : pandas.DataFrame
        ``FRONTIER_COLUMNS``.
    offices : pandas.DataFrame
        ``OFFICE_COLUMNS``.
    held : pandas.DataFrame
        Communities that pass with no projects of the list: index ``code``; ``community``, ``street_office``,
        ``clauses`` (tuple of the clauses that they fail with all of them built).
    most : int
        No more communities than these pass with any projects of the list.
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
        What the numbers stand on: ``title`` and ``status`` of the study, ``standard`` (id), ``slope``, ``dates`` of the
        files by role, ``basis`` of the demand, ``limits`` of the clauses [min].
    inputs : Inputs
        Before anything is built: what maps are drawn from.
    seconds : dict of str to float
        What each part of the work took.
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
        """How far the bound is away, as a share of the value; 0: nothing better exists, proven."""
        value = float(self.passed) if self.choices.budget is not None else self.cost
        return abs(self.bound - value) / max(abs(value), 1.0) if self.bound != value else 0.0
