"""Several services at once: which children have all of them in reach, and how many of them each child has."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk, demand_seconds
from cfgeo.core.results import SERVICE_COLUMNS
from cfgeo.core.schema import AGE_BANDS, BoolArray, FloatArray, IntArray
from cfgeo.study.standard import Clause

Near = Callable[[Clause], BoolArray]
"""Whether each demand point has a place of a clause in reach (demand points)."""


@dataclass(frozen=True)
class ServicesInReach:
    """Some services, and which demand points have them in reach.

    Attributes
    ----------
    case : Case
    clauses : tuple of Clause
        A reach clause for each service; two clauses of one walk are one service.
    near : Near
        Asked only for services whose layer the study declares.
    """

    case: Case
    clauses: tuple[Clause, ...]
    near: Near

    @cached_property
    def declared(self) -> BoolArray:
        """Whether the study declares the layer of each service (services)."""
        return np.array([clause.layer in self.case.inputs.layers for clause in self.clauses], dtype=bool)

    @cached_property
    def reached(self) -> BoolArray:
        """Whether each demand point has each service in reach; False where nobody knows (services × points)."""
        none = np.zeros(len(self.case.samples.demand), dtype=bool)
        rows = [self.near(clause) if known else none for clause, known in self._each()]
        return np.array(rows, dtype=bool).reshape(len(self.clauses), len(none))

    def _each(self) -> Iterator[tuple[Clause, bool]]:
        return zip(self.clauses, self.declared, strict=True)

    def ages(self) -> list[tuple[FloatArray, BoolArray]]:
        """Return children of each age: what each demand point weighs, and which services they are asked for.

        A child counts only for the clauses of its age. Where the study does not know ages, everybody counts for all.
        """
        demand = self.case.samples.demand
        bands = [band for band in AGE_BANDS if band in demand.columns]
        if not bands:
            return [(demand["weight"].to_numpy(dtype=float), np.ones(len(self.clauses), dtype=bool))]
        groups = []
        for band in bands:
            asked = np.array([not clause.children or band in clause.children for clause in self.clauses], dtype=bool)
            if asked.any():
                groups.append((np.nan_to_num(demand[band].to_numpy(dtype=float)), asked))
        return groups

    def all_reached(self, owner: IntArray, *, n_areas: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the demand of areas, and the least and greatest share of it that has every service in reach.

        A service whose layer the study does not declare is out of reach, or in reach of everybody.

        Parameters
        ----------
        owner
            The area of each demand point; -1 for none (demand points).
        n_areas
            How many areas there are.

        Returns
        -------
        demand, low, high : numpy.ndarray
            NaN where there is none (areas).
        """
        inside = owner >= 0
        total, sums = np.zeros(n_areas), np.zeros((2, n_areas))
        for weight, asked in self.ages():
            total += np.bincount(owner[inside], weights=weight[inside], minlength=n_areas)
            for row, reached in enumerate((self.reached, self.reached | ~self.declared[:, None])):
                has = weight * reached[asked].all(axis=0)
                sums[row] += np.bincount(owner[inside], weights=has[inside], minlength=n_areas)
        share = np.divide(sums, total, where=total > 0, out=np.full((2, n_areas), np.nan))
        low, high = np.minimum(share, 1.0)
        return np.where(total > 0, total, np.nan), low, high

    def table(self, name: str) -> pd.DataFrame:
        """Return how many of the declared services children have in reach, with ``SERVICE_COLUMNS``."""
        samples = self.case.samples
        inside, codes = samples.demand_owner >= 0, samples.codes.to_numpy()
        parts = []
        for weight, asked in self.ages():
            counted = inside & (weight > 0)
            number = self.reached[asked & self.declared].sum(axis=0)
            of = int((asked & self.declared).sum())
            code = codes[samples.demand_owner[counted]]
            part = pd.DataFrame({"code": code, "services": number[counted], "of": of, "demand": weight[counted]})
            parts += [part, part.assign(code="")]
        columns = ["code", "of", "services"]
        each = pd.concat(parts) if parts else pd.DataFrame(columns=[*columns, "demand"])
        table = each.groupby(columns)["demand"].sum().reset_index()
        table["share"] = table["demand"] / table.groupby(["code", "of"])["demand"].transform("sum")
        return table.assign(clause=name)[list(SERVICE_COLUMNS)]


def services_of(case: Case, clause: Clause | None = None, *, near: Near | None = None) -> ServicesInReach:
    """Return the services that an ``all_reach`` clause puts together; without one, those of all required clauses.

    Parameters
    ----------
    case
        What is judged.
    clause
        The clause.
    near
        Which demand points are in reach of a clause; by default as the study's own walkers walk.
    """
    each: dict[tuple[Any, ...], Clause] = {}
    for other in case.standard.services(clause):
        each.setdefault(case.service_of(other), other)
    return ServicesInReach(case, tuple(each.values()), near or (lambda other: is_near(case, other, case.walk(other))))


def is_near(case: Case, clause: Clause, walk: Walk) -> BoolArray:
    """Return which demand points have a place of a clause within its limit on some walk (demand points)."""
    limit_s = case.limit_s(clause)
    seconds = demand_seconds(case.samples, walk, case.places(clause, walk), limit_s=limit_s)
    return np.asarray(seconds <= limit_s)


def service_table(case: Case) -> pd.DataFrame:
    """Return how many services children have in reach, as ``SERVICE_COLUMNS`` promises.

    For each ``all_reach`` clause its services; where the standard has none, those of all required clauses.
    """
    asking: Sequence[Clause | None] = [c for c in case.standard.clause if c.measure == "all_reach"] or [None]
    parts = [services_of(case, clause).table("" if clause is None else clause.id) for clause in asking]
    return pd.concat(parts, ignore_index=True)
