"""Sparse mixed-integer models, solved by HiGHS.

SciPy has HiGHS too, but its edition writes a line of its own to the standard output now and then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from cfgeo.core.schema import BoolArray, FloatArray

Limit = tuple[Any, Any, Any]
"""Coefficients (rows × variables), and the least and the greatest value of each row."""

_LEAST_SECONDS = 0.1


@dataclass(frozen=True)
class Variables:
    """The variables of a model.

    Attributes
    ----------
    cost : numpy.ndarray
        Cost of each variable.
    whole : numpy.ndarray
        Which variables are integers.
    least, most : numpy.ndarray
        Bounds of each variable.
    start : numpy.ndarray, optional
        A known solution to begin with, NaN where a value is not known. The solver looks for nothing worse.
    """

    cost: FloatArray
    whole: BoolArray
    least: FloatArray
    most: FloatArray
    start: FloatArray | None = None


@dataclass(frozen=True)
class Optimum:
    """The solution of a model.

    Attributes
    ----------
    values : numpy.ndarray, optional
        Values of the variables; None: none were found in the time, or there are none.
    bound : float
        No solution costs less; inf: the model is infeasible, -inf: nothing is known.
    """

    values: FloatArray | None
    bound: float


def least_cost(variables: Variables, limits: Sequence[Limit], *, seconds: float) -> Optimum:
    """Return the cheapest values of the variables within limits, proven if the time suffices.

    Parameters
    ----------
    variables
        The variables.
    limits
        The constraints.
    seconds
        Time for the solver [s].
    """
    import highspy  # noqa: PLC0415  (a tenth of a second, which nothing else needs)

    tables = [sparse.csr_array(table) for table, _, _ in limits]
    least, most = (
        np.concatenate(
            [np.broadcast_to(limit[at], table.shape[0]) for limit, table in zip(limits, tables, strict=True)]
        )
        for at in (1, 2)
    )
    rows = sparse.csr_array(sparse.vstack(tables, format="csr"))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(variables.cost), rows.shape[0]
    model.col_cost_, model.col_lower_, model.col_upper_ = variables.cost, variables.least, variables.most
    model.row_lower_, model.row_upper_ = least.astype(float), most.astype(float)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
    kinds = highspy.HighsVarType
    model.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in variables.whole]
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
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.array(solver.getSolution().col_value) if feasible else None
    # HiGHS leaves the dual bound at 0 where no variable is an integer.
    bound = info.mip_dual_bound if variables.whole.any() else info.objective_function_value
    return Optimum(values, float(bound))
