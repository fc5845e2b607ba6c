"""The years of a plan: what each has, when projects begin, and what stands at the end of each."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.core.errors import StudyError
from cfgeo.core.plan import YEAR_COLUMNS, PlanChoices
from cfgeo.core.projects import Project
from cfgeo.core.schema import TOLERANCE, IntArray
from cfgeo.plan.optimise.timetable import Timetable, earliest, paid
from cfgeo.plan.trials import Trials

_LONGEST_PLAN = 30


def require_years(choices: PlanChoices) -> None:
    """Check that budgets by year are such.

    Raises
    ------
    StudyError
        They are not.
    """
    if not choices.budgets:
        return
    if choices.budget is not None or choices.target is not None:
        raise StudyError("plan_budgets_one")
    years = sorted(choices.budgets)
    if years[-1] - years[0] >= _LONGEST_PLAN:
        raise StudyError("plan_budgets_years", first=years[0], last=years[-1])
    for year, money in choices.budgets.items():
        if not 0 <= money < np.inf:
            raise StudyError("plan_budgets_money", year=year, money=money)


def timetable_of(trials: Trials, ids: Sequence[str], choices: PlanChoices) -> Timetable:
    """Return the years of a plan and the projects that may be built in them: some to choose from, then what is decided.

    Parameters
    ----------
    trials
        The oracle.
    ids
        The projects to choose from.
    choices
        With budgets by year. Years between the first and the last that have none have no money.
    """
    years = np.arange(min(choices.budgets), max(choices.budgets) + 1)
    every = [*ids, *(project.id for project in trials.listed.projects if project.id in trials.decided)]
    position = {project_id: nth for nth, project_id in enumerate(every)}
    projects = [trials.listed.by_id[project_id] for project_id in every]
    needs = [(position[project.id], position[other]) for project in projects for other in project.requires
             if other in position]  # fmt: skip
    return Timetable(
        # Sums of costs are not exact to the last digit.
        money=np.array([choices.budgets.get(int(year), 0.0) for year in years]) * (1 + TOLERANCE),
        cost=np.array([project.cost for project in projects], dtype=float),
        first=np.array([_first(project, int(years[0])) for project in projects], dtype=np.int64),
        takes=np.array([_takes(project, int(years[0])) for project in projects], dtype=np.int64),
        needs=np.array(needs, dtype=np.int64).reshape(-1, 2),
        carries_over=choices.carry_over,
    )


def _first(project: Project, first: int) -> int:
    """Return the position of the first year in which a project can be worked on."""
    return 0 if project.year is None or project.stage in {"begun", "done"} else max(project.year - first, 0)


def _takes(project: Project, first: int) -> int:
    """Return how many years are left of a project."""
    if project.stage == "done":
        return 1
    gone = max(first - project.year, 0) if project.stage == "begun" and project.year is not None else 0
    return max(project.years - gone, 1)


def begins_of(timetable: Timetable, order: Sequence[str], ids: Sequence[str], *, seconds: float) -> IntArray | None:
    """Return the year (position) in which each project of the timetable begins; what comes first in an order, first.

    Parameters
    ----------
    timetable
        Of the projects that are built.
    order
        Their ids as they bring most.
    ids
        Their ids in the order of the timetable.
    seconds
        Time for the solver [s].
    """
    rank = {project_id: nth for nth, project_id in enumerate(order)}
    weight = np.array([len(order) - rank[project_id] for project_id in ids], dtype=float)
    return earliest(timetable, weight, seconds=seconds)


def year_table(
    choices: PlanChoices, timetable: Timetable, begins: IntArray, projects: gpd.GeoDataFrame, *, passed: int
) -> pd.DataFrame:
    """Return ``YEAR_COLUMNS``.

    Parameters
    ----------
    choices
        With budgets by year.
    timetable, begins
        Of the projects that are built.
    projects
        ``PLAN_COLUMNS``; ``begins`` and ``ends`` are filled.
    passed
        Communities that pass now.
    """
    first, money = min(choices.budgets), paid(timetable, begins)
    built = projects[projects["rank"].notna()]
    rows = []
    for nth, spent in enumerate(money):
        year = first + nth
        ready = built[built["ends"] <= year]
        rows.append(
            {
                "budget": float(choices.budgets.get(year, 0.0)),
                "paid": float(f"{spent:.12g}"),
                "begins": tuple(built.index[built["begins"] == year]),
                "ready": tuple(built.index[built["ends"] == year]),
                "passed": int(ready["passed"].iloc[-1]) if len(ready) else passed,
            }
        )
    index = pd.Index([first + nth for nth in range(len(rows))], name="year")
    return pd.DataFrame(rows, index=index, columns=list(YEAR_COLUMNS))
