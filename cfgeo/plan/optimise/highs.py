"""A sparse mixed-integer model, solved by HiGHS.

SciPy has HiGHS too, but its edition writes a line of its own to the standard output now and then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from cfgeo.core.schema import BoolArray, FloatArray

Limit = tuple[Any, Any, Any]
"""Weights of the variables (rows × variables), and what each row comes to at least and at most."""

_LEAST_SECONDS = 0.1


@dataclass(frozen=True)
class Variables:
    """What is to be found.

    Attributes
    ----------
    cost : numpy.ndarray
        Of each variable.
    whole : numpy.ndarray
        Which of them are whole numbers.
    least, most : numpy.ndarray
        Between which values each lies.
    start : numpy.ndarray, optional
        Values to begin with, NaN where they are not known; nothing worse is looked for.
    """

    cost: FloatArray
    whole: BoolArray
    least: FloatArray
    most: FloatArray
    start: FloatArray | None = None


@dataclass(frozen=True)
class Optimum:
    """What was found.

    Attributes
    ----------
    values : numpy.ndarray, optional
        Of the variables; None: nothing was found in the time, or there is nothing to be found.
    bound : float
        Nothing costs less; inf: nothing keeps the limits, -inf: nothing is known.
    """

    values: FloatArray | None
    bound: float


def least_cost(variables: Variables, limits: Sequence[Limit], *, seconds: float) -> Optimum:
    """Return the cheapest values of variables that keep their limits, proven if the time suffices.

    Parameters
    ----------
    variables
        What is to be found.
    limits
        What sums of them have to come to.
    seconds
        Time for it [s].
    """
    import highspy  # noqa: PLC0415  (a tenth of a second, which nothing else needs)

    tables = [sparse.csr_array(table) for table, _, _ in limits]
    ends = [
        np.concatenate(
            [np.broadcast_to(limit[at], table.shape[0]) for limit, table in zip(limits, tables, strict=True)]
        )
        for at in (1, 2)
    ]
    rows = sparse.csr_array(sparse.vstack(tables, format="csr"))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(variables.cost), rows.shape[0]
    model.col_cost_, model.col_lower_, model.col_upper_ = variables.cost, variables.least, variables.most
    model.row_lower_, model.row_upper_ = (np.asarray(end, dtype=float) for end in ends)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
    kinds = highspy.HighsVarType
    model.integrality_ = [kinds.kInteger if one else kinds.kContinuous for one in variables.whole]
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    solver.setOptionValue("time_limit", float(max(seconds, _LEAST_SECONDS)))
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.passModel(model)
    if variables.start is not None:
        known = np.flatnonzero(~np.isnan(variables.start)).astype(np.int32)
        solver.setSolution(len(known), known, variables.start[known])
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return Optimum(None, np.inf)
    info = solver.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.array(solver.getSolution().col_value) if found else None
    bound = (
        info.mip_dual_bound if variables.whole.any() else info.objective_function_value
    )  # the former is 0 without wholes
    return Optimum(values, float(bound))
