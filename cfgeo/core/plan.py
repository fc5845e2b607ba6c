"""The choices of ``plan``, and its result: projects to build under a budget or for a target."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from cfgeo.core.projects import Projects
from cfgeo.core.schema import Inputs
from cfgeo.core.shapes import Ground

Status = Literal["decided", "chosen", "spare", "other", "never", "left"]

PLAN_COLUMNS = {
    "rank": "order in which to build: decided projects, then the best next project each time; empty: not built",
    "status": "decided | chosen | spare: not in this plan | other: no community's verdict depends on it in any "
    "combination, but it moves another clause | never: it moves no clause | left: dropped, or done and in the data",
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
    "stage": "planned | begun | done | dropped",
    "year": "the earliest year in which it can begin; empty: any",
    "years": "how many years it takes",
    "spent": "what has been paid already; cost is what is still to be paid",
    "begins": "year in which the plan begins it; empty: not built, or the plan has no years",
    "ends": "year in which it is ready",
    "moves": "ids of the clauses that it brings forward alone, with what it requires (tuple)",
    "reason": "why it brings no clause forward (a message); empty: it does",
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


MOVE_COLUMNS = {
    "clause": "clause id",
    "before": "value without the project, in the unit of the clause; of communities and street offices the share",
    "after": "value with it and what it requires",
    "units": "communities or street offices that pass with it and did not, less those that no longer do",
    "gained": "demand that has a place within the limit with it and not before, less what loses it",
    "helps": "whether it brings the clause forward",
}
"""Columns of what each project moves alone, beside ``project``: a row for each clause that it moves."""

CLAUSE_COLUMNS = {
    "scope": "community | street_office | district",
    "measure": "as in the standard",
    "compare": "at_least | more_than | at_most | less_than",
    "unit": "of a reported figure",
    "before": "value now, as a run finds it",
    "decided": "value with what is decided",
    "after": "value with the plan",
    "asked": "what the standard asks",
    "target": "what the plan was asked for; empty: nothing",
    "verdict_before": "passed | failed | not_assessed",
    "verdict_after": "the same with the plan",
    "built": "ids of the projects of the plan that move it alone (tuple)",
    "listed": "how many projects of the list bring it forward alone",
}
"""Columns of what a plan moves, index ``clause``: every clause of the standard."""

YEAR_COLUMNS = {
    "budget": "what the year has",
    "paid": "what is paid in it",
    "begins": "ids of the projects that begin in it (tuple)",
    "ready": "ids of the projects that are ready at its end (tuple)",
    "passed": "communities that pass at its end",
}
"""Columns of the years of a plan, index ``year``."""

PROGRESS_COLUMNS = {
    "by": "all | stage | street_office | clause",
    "key": "which of them; a clause counts all projects that bring it forward alone",
    "projects": "how many projects there are",
    "planned": "of them planned, not begun",
    "begun": "of them under way",
    "done": "of them done",
    "dropped": "of them dropped",
    "cost": "what they cost as a whole; dropped ones cost nothing",
    "spent": "what has been paid",
    "left": "what is still to be paid",
    "built": "projects of the plan",
    "plan_cost": "what the plan pays for them",
}
"""Columns of the progress of a list."""


def _empty(columns: Mapping[str, str], index: str = "") -> pd.DataFrame:
    """Return a table without rows."""
    table = pd.DataFrame(columns=[*([index] if index else []), *columns])
    return table.set_index(index) if index else table


STREET_BLOCKS = "blocks"
"""Stands in place of a clause in the targets and weights of a plan: the share of street blocks that pass."""


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
        Processor time for the search and its proof [s], so that other work on the machine changes no result. The
        search with targets of clauses or years has as much again.
    targets : Mapping of str to float
        Clause → what it shall come to, in its unit: a share of the communities or street offices, or a number.
        ``STREET_BLOCKS`` → the share of street blocks that shall pass.
    weights : Mapping of str to float
        Clause → how much its shortfall counts where not all targets can be met; 1 for clauses with a target.
    budgets : Mapping of int to float
        Year → money, instead of one budget.
    carry_over : bool
        Whether money that a year leaves is there in later years.
    """

    budget: float | None = None
    target: float | None = None
    seconds: float = 120.0
    targets: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    budgets: Mapping[int, float] = field(default_factory=dict)
    carry_over: bool = False

    @property
    def money(self) -> float | None:
        """The money for all years; None: the least that does."""
        return float(sum(self.budgets.values())) if self.budgets else self.budget

    @property
    def widened(self) -> bool:
        """Whether more is asked than the communities that pass and one sum of money."""
        return bool(self.targets or self.weights or self.budgets)


@dataclass(frozen=True, repr=False)
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
        What the numbers rest on: ``title`` and ``status`` of the study, ``standard`` (titles), ``slope``, ``dates`` of
        the files by role, ``basis`` of the demand, ``limits`` of the clauses [min].
    inputs : Inputs
        The study before anything is built, for maps.
    seconds : dict of str to float
        Stage → how long it took [s].
    moves : pandas.DataFrame
        ``MOVE_COLUMNS``: what each project moves alone.
    clauses : pandas.DataFrame
        ``CLAUSE_COLUMNS``: what the plan moves.
    years : pandas.DataFrame
        ``YEAR_COLUMNS``; empty where the choices have no years.
    progress : pandas.DataFrame
        ``PROGRESS_COLUMNS``: how far the list is.
    proven : bool
        Whether no set meets the targets of clauses better, or as well for less; True where none are asked for.
    least : float
        With targets of clauses or years: no set that does as much costs less than this; NaN elsewhere.
    ground : Ground, optional
        What maps show of the place itself; None where none were asked for.
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
    moves: pd.DataFrame = field(default_factory=partial(_empty, MOVE_COLUMNS, "project"))
    clauses: pd.DataFrame = field(default_factory=partial(_empty, CLAUSE_COLUMNS, "clause"))
    years: pd.DataFrame = field(default_factory=partial(_empty, YEAR_COLUMNS, "year"))
    progress: pd.DataFrame = field(default_factory=partial(_empty, PROGRESS_COLUMNS))
    proven: bool = True
    least: float = math.nan
    ground: Ground | None = None

    def __repr__(self) -> str:
        """Return what is built, and what that brings, in one line."""
        built, listed = len(self.built), len(self.projects)
        was, cost = self.district_before["passed"], f"{self.cost:,.10g} {self.listed.unit}".rstrip()
        return f"<Plan: {built} of {listed} projects, {cost}; {was} → {self.passed} communities pass>"

    @property
    def built(self) -> gpd.GeoDataFrame:
        """The projects that are built, in their order."""
        return self.projects[self.projects["rank"].notna()]

    @property
    def gap(self) -> float:
        """The optimality gap as a share of the value; 0: proven that nothing better exists."""
        value = float(self.passed) if self.choices.money is not None else self.cost
        return abs(self.bound - value) / max(abs(value), 1.0) if self.bound != value else 0.0
