"""Tables of a list and of clauses: how far the list is, and what the plan moves, clause by clause."""

from collections.abc import Container, Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.core.plan import CLAUSE_COLUMNS, PROGRESS_COLUMNS
from cfgeo.core.projects import STAGES, Project
from cfgeo.core.results import Verdicts
from cfgeo.core.strings import Message
from cfgeo.plan.clauses.targets import Target
from cfgeo.study.standard import Standard


def with_moves(
    projects: gpd.GeoDataFrame, moves: pd.DataFrame, reasons: Mapping[str, Message], left: Container[str]
) -> gpd.GeoDataFrame:
    """Return the table of projects with the clauses that each brings forward, or the reason why it brings none.

    Parameters
    ----------
    projects
        ``PLAN_COLUMNS``; what no community's verdict depends on is ``never``.
    moves
        ``MOVE_COLUMNS``.
    reasons
        Why projects bring no clause forward (id → sentence).
    left
        Projects that there is nothing to decide about.
    """
    helping = moves[moves["helps"].astype(bool)].groupby("project")["clause"].agg(tuple).to_dict()
    moved = [helping.get(project_id, ()) for project_id in projects.index]
    # A project may bring nothing alone and much with others.
    status = [
        "left" if i in left else "other" if own and was == "never" else was
        for i, own, was in zip(projects.index, moved, projects["status"], strict=True)
    ]
    idle = [now in {"never", "left"} for now in status]
    why = [reasons.get(str(i)) if still else None for i, still in zip(projects.index, idle, strict=True)]
    return projects.assign(status=status, moves=moved, reason=pd.Series(why, projects.index, dtype=object))


def progress_table(listed: Iterable[Project], projects: gpd.GeoDataFrame, moves: pd.DataFrame) -> pd.DataFrame:
    """Return how far a list is, with ``PROGRESS_COLUMNS``: all of it, by status, street office and clause.

    Parameters
    ----------
    listed
        All projects of the list.
    projects
        ``PLAN_COLUMNS``.
    moves
        ``MOVE_COLUMNS``.
    """
    by_id = {project.id: project for project in listed}
    groups: list[tuple[str, str, list[str]]] = [("all", "", list(by_id))]
    groups += [("stage", stage, [i for i, p in by_id.items() if p.stage == stage]) for stage in STAGES]
    offices = projects["street_office"].fillna("")
    groups += [("street_office", str(name), list(part.index)) for name, part in offices.groupby(offices, sort=False)]
    helping = moves[moves["helps"].astype(bool)]
    groups += [("clause", str(name), list(part["project"])) for name, part in helping.groupby("clause", sort=False)]
    rows = [
        {"by": by, "key": key, **_counts([by_id[i] for i in ids], projects.loc[ids])} for by, key, ids in groups if ids
    ]
    return pd.DataFrame(rows, columns=list(PROGRESS_COLUMNS))


def _counts(projects: list[Project], table: gpd.GeoDataFrame) -> dict[str, Any]:
    alive = [project for project in projects if project.stage != "dropped"]
    built = table[table["rank"].notna()]
    return {
        "projects": len(projects),
        **{stage: sum(project.stage == stage for project in projects) for stage in STAGES},
        "cost": _money(project.whole_cost for project in alive),
        "spent": _money(project.spent for project in projects),
        "left": _money(project.cost for project in alive),
        "built": len(built),
        "plan_cost": _money(built["cost"]),
    }


def _money(amounts: Iterable[float]) -> float:
    return float(f"{float(sum(amounts)):.12g}")


def clause_table(
    standard: Standard,
    verdicts: tuple[Verdicts, Verdicts],
    decided: pd.DataFrame,
    targets: Iterable[Target],
    moves: pd.DataFrame,
    built: Iterable[str],
) -> pd.DataFrame:
    """Return what a plan moves, with ``CLAUSE_COLUMNS``.

    Parameters
    ----------
    standard
        The clauses.
    verdicts
        Now, and with the plan.
    decided
        The values of all clauses with what is decided (index ``clause``, column ``found``).
    targets
        What the plan was asked for.
    moves
        ``MOVE_COLUMNS``.
    built
        Ids of the projects of the plan.
    """
    before, after = (side.clauses for side in verdicts)
    chosen, wanted = set(built), {target.clause.id: target.asked for target in targets}
    helping = moves[moves["helps"].astype(bool)]
    by_clause: Mapping[Any, list[str]] = helping.groupby("clause")["project"].agg(list).to_dict()
    return pd.DataFrame(
        {
            "scope": before["scope"],
            "measure": before["measure"],
            "compare": [clause.compare for clause in standard.clause],
            "unit": [clause.unit for clause in standard.clause],
            "before": _least(before),
            "decided": decided["found"].astype(float).reindex(before.index),
            "after": _least(after),
            "asked": before["asked"].astype(float),
            "target": [wanted.get(str(clause), np.nan) for clause in before.index],
            "verdict_before": before["verdict"],
            "verdict_after": after["verdict"],
            "built": [tuple(i for i in by_clause.get(clause, ()) if i in chosen) for clause in before.index],
            "listed": [len(by_clause.get(clause, ())) for clause in before.index],
        },
        index=before.index,
        columns=list(CLAUSE_COLUMNS),
    )


def _least(clauses: pd.DataFrame) -> pd.Series:
    """Return the values of clauses; where some are missing, the least that each can come to."""
    return pd.Series(clauses["found_low"].astype(float))
