"""When projects begin, so that each year's money pays for what is built in it: variables and limits of a model."""

from dataclasses import dataclass, replace

import numpy as np

from cfgeo.core.schema import BoolArray, FloatArray, IntArray
from cfgeo.plan.optimise.joint import Side, SideLimit, propose_together


@dataclass(frozen=True)
class Timetable:
    """The years of a plan, and the projects that may be built in them.

    Attributes
    ----------
    money : numpy.ndarray
        What each year has (years).
    cost : numpy.ndarray
        Of each project, paid in equal parts in each of its years (projects).
    first : numpy.ndarray
        The first year in which each project can begin (position of the year; projects).
    takes : numpy.ndarray
        How many years each project takes (projects).
    needs : numpy.ndarray
        Pairs of projects: the first is not ready before the second (pairs × 2).
    carries_over : bool
        Whether what a year leaves is there in later years.
    """

    money: FloatArray
    cost: FloatArray
    first: IntArray
    takes: IntArray
    needs: IntArray
    carries_over: bool = False

    def of(self, built: BoolArray) -> "Timetable":
        """Return the timetable of the projects that are built (projects) alone."""
        new = np.cumsum(built) - 1
        needs = self.needs[built[self.needs].all(axis=1)]
        return replace(self, cost=self.cost[built], first=self.first[built], takes=self.takes[built], needs=new[needs])

    @property
    def begins(self) -> list[tuple[int, int]]:
        """Each project and year in which it can begin and be ready within the years."""
        n_years = len(self.money)
        return [
            (project, year)
            for project in range(len(self.cost))
            for year in range(int(self.first[project]), n_years - int(self.takes[project]) + 1)
        ]


def with_years(side: Side, timetable: Timetable, n_free: int) -> tuple[Side, slice]:
    """Return a side with a variable for each project and year in which it can begin, and where these stand.

    Parameters
    ----------
    side
        What there is already.
    timetable
        Its first projects are those of the model; the others are built in any case.
    n_free
        How many projects the model has.
    """
    begins = timetable.begins
    at, n_all = side.size, len(timetable.cost)
    side = side.with_variables(np.zeros(len(begins)), np.ones(len(begins)), whole=True)
    owner = np.array([project for project, _ in begins], dtype=np.int64)
    start = np.array([year for _, year in begins], dtype=np.int64)
    ready = start + timetable.takes[owner] - 1
    limits: list[SideLimit] = []

    def limit(projects: FloatArray, own: FloatArray, least: float, most: float) -> None:
        further = np.zeros((1, side.size))
        further[0, at:] = own
        limits.append((projects[None, :], further, least, most))

    for project in range(n_all):  # begun once where it is built
        built = np.zeros(n_free)
        if project < n_free:
            built[project] = -1.0
        once = 0.0 if project < n_free else 1.0
        limit(built, (owner == project).astype(float), once, once)
    part = timetable.cost[owner] / timetable.takes[owner]
    for year in range(len(timetable.money)):
        if timetable.carries_over:
            paid = part * np.clip(year + 1 - start, 0, timetable.takes[owner])
            limit(np.zeros(n_free), paid, -np.inf, float(timetable.money[: year + 1].sum()))
        else:
            paid = part * ((start <= year) & (year <= ready))
            limit(np.zeros(n_free), paid, -np.inf, float(timetable.money[year]))
    for project, needed in timetable.needs:
        for year in range(len(timetable.money)):
            own = ((owner == needed) & (ready <= year)).astype(float) - ((owner == project) & (ready <= year))
            limit(np.zeros(n_free), own, 0.0, np.inf)
    return side.with_limits(*limits), slice(at, side.size)


def earliest(timetable: Timetable, weight: FloatArray, *, seconds: float) -> IntArray | None:
    """Return the year in which each project begins, so that all are ready as early as the money lets them be.

    Parameters
    ----------
    timetable
        Only projects that are built.
    weight
        How much it counts that each project is ready early (projects).
    seconds
        Time for the solver [s].

    Returns
    -------
    numpy.ndarray, optional
        Positions of years (projects); None where the money does not pay for all of them within the years.
    """
    if not len(timetable.cost):
        return np.zeros(0, dtype=np.int64)
    side, own = with_years(Side.of_counts(()), timetable, 0)
    begins = timetable.begins
    cost = np.array([weight[project] * (year + timetable.takes[project]) for project, year in begins], dtype=float)
    answer = propose_together([], replace(side, cost=cost), np.zeros(0), seconds=seconds)
    if answer.built is None:
        return None
    years = np.zeros(len(timetable.cost), dtype=np.int64)
    for (project, year), chosen in zip(begins, answer.side[own] > 0.5, strict=True):
        if chosen:
            years[project] = year
    return years


def paid(timetable: Timetable, begins: IntArray) -> FloatArray:
    """Return what is paid in each year for projects that begin in some years (years)."""
    year = np.arange(len(timetable.money))[:, None]
    going = (begins <= year) & (year < begins + timetable.takes)
    return np.asarray(going @ (timetable.cost / timetable.takes))
