"""The tables of a plan: its projects in their order, the street offices, and the communities that stay out of reach."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.units import places_of
from cfgeo.core.errors import ScenarioError
from cfgeo.core.plan import OFFICE_COLUMNS, PLAN_COLUMNS
from cfgeo.core.projects import Project
from cfgeo.core.scenario import Change, LinkChange
from cfgeo.core.schema import DEGREE_DECIMALS, PASSED, WGS84, BoolArray
from cfgeo.plan.optimise.portfolio import Portfolio
from cfgeo.plan.potential import Potential
from cfgeo.plan.search import CheapestSet
from cfgeo.plan.trials import Trials
from cfgeo.scenarios.remeasure import MeasuredCase, changed


def project_table(
    trials: Trials,
    potential: Potential,
    portfolio: Portfolio,
    order: Sequence[str],
    *,
    every: Sequence[Project],
) -> gpd.GeoDataFrame:
    """Return all projects of a list, with ``PLAN_COLUMNS``: first those that are built, in their order.

    Parameters
    ----------
    trials
        The oracle; the study is measured after every step of the order.
    potential, portfolio
        What the projects can bring.
    order
        Ids of the projects that are built. A project that cannot be built yet, as at a street that comes later, waits.
    every
        All projects, those too that there is nothing to decide about.
    """
    by_id, case = {project.id: project for project in every}, trials.now.case
    shapes = {project.id: _shape(trials, project) for project in every}
    steps = _steps(trials, order)
    ids = [*steps, *(project.id for project in every if project.id not in order)]
    matters = dict(zip(potential.ids, _matters(potential, portfolio), strict=True))
    codes = _communities(case.inputs.communities, [shapes[project_id] for project_id in ids])
    rows = []
    for project_id, code in zip(ids, codes, strict=True):
        project = by_id[project_id]
        unbuilt = "spare" if matters.get(project_id, False) else "never"
        status = ("decided" if project.decided else "chosen") if project_id in order else unbuilt
        rows.append(
            {
                **dict.fromkeys(PLAN_COLUMNS),
                **_facts(trials, potential, project, code),
                "status": status,
                **steps.get(project_id, {"adds_codes": (), "adds_names": ()}),
            }
        )
    table = gpd.GeoDataFrame(
        pd.DataFrame(rows, index=pd.Index(ids, name="project", dtype="str"), columns=list(PLAN_COLUMNS)),
        geometry=[shapes[project_id] for project_id in ids],
        crs=case.inputs.crs,
    )
    numbers = ["rank", "cost", "cost_so_far", "passed", "adds_demand", "year", "years", "spent", "begins", "ends"]
    table[numbers] = table[numbers].astype(float)
    points = gpd.GeoSeries(table.geometry.map(lambda shape: shape and shape.representative_point()), crs=table.crs)
    degrees = points.to_crs(WGS84)
    table["lon"], table["lat"] = degrees.x.round(DEGREE_DECIMALS), degrees.y.round(DEGREE_DECIMALS)
    return table


def _facts(trials: Trials, potential: Potential, project: Project, code: str) -> dict[str, Any]:
    """Return what a project is, and what it brings alone."""
    community = trials.now.case.inputs.communities.loc[code] if code else {"community": "", "street_office": ""}
    active = project.id in trials.listed.by_id and trials.can_stand(project.id)
    ids = trials.standing([project.id] if active else [])
    alone = trials.outcome(ids).passed & ~potential.now.passed
    return {
        "name": project.name,
        "action": "+".join(dict.fromkeys(_action(change) for change in project.changes)),
        "cost": project.cost,
        "code": code,
        "community": community["community"],
        "street_office": community["street_office"],
        "alone_codes": tuple(trials.now.case.samples.codes[alone]),
        "requires": project.requires,
        "excludes": project.excludes,
        "stage": project.stage,
        "year": project.year,
        "years": project.years,
        "spent": project.spent,
    }


def _action(change: Change) -> str:
    return f"{change.action}_link" if isinstance(change, LinkChange) else change.action


def _steps(trials: Trials, order: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Build the projects one after the other, and return what each adds (id → columns)."""
    codes, names = trials.now.case.samples.codes, trials.now.case.inputs.communities["community"]
    weight, steps, spent = trials.points.weight, dict[str, dict[str, Any]](), 0.0
    before, built, left = trials.outcome_of(trials.now), trials.now, list(order)
    for nth in range(1, len(order) + 1):
        project_id, built = _build_next(trials, built, left)
        left.remove(project_id)
        after = trials.outcome_of(built) if left else trials.outcome(frozenset(order))
        spent += trials.listed.by_id[project_id].cost
        adds = codes[after.passed & ~before.passed]
        steps[project_id] = {
            "rank": nth,
            "cost_so_far": spent,
            "passed": int(after.passed.sum()),
            "adds_codes": tuple(adds),
            "adds_names": tuple(names[adds]),
            "adds_demand": float(weight @ (after.reached & ~before.reached)),
        }
        before = after
    return steps


def _build_next(trials: Trials, built: MeasuredCase, left: Sequence[str]) -> tuple[str, MeasuredCase]:
    """Build the first of the projects that are left that can be built now."""
    listed = trials.listed.by_id
    *ready, last = [project_id for project_id in left if not set(listed[project_id].requires) & set(left)]
    for project_id in ready:
        with suppress(ScenarioError):
            return project_id, changed(built, listed[project_id].changes)
    return last, changed(built, listed[last].changes)


def _matters(potential: Potential, portfolio: Portfolio) -> BoolArray:
    """Return which projects a verdict can depend on, directly or because others need them (projects)."""
    tables = (potential.alone, potential.links, potential.places, portfolio.counts)
    brings = [np.asarray(table.sum(axis=0)).ravel() > 0 for table in tables]
    # A project may make good what another takes from a community.
    shaken = portfolio.possible & potential.hurts.any(axis=1)
    matters = np.any([*brings, np.asarray(potential.touches[shaken].any(axis=0))], axis=0)
    for _ in range(len(portfolio.needs)):  # a needed project may need others
        needed = portfolio.needs[matters[portfolio.needs[:, 0]], 1]
        if matters[needed].all():
            break
        matters[needed] = True
    return np.asarray(matters)


def _shape(trials: Trials, project: Project) -> Any:
    """Return the shapes that a project adds, and those of the facilities and ways that it changes, as one.

    None where all of these are gone from the data, as when a project that closes a place is done.
    """
    case, parts = trials.now.case, []
    for change in project.changes:
        if change.shape is not None:
            parts.append(change.shape)
        elif isinstance(change, LinkChange):
            edges = case.inputs.network.edges
            changed_edges = edges["osm_id"] == change.way if change.way is not None else edges["name"] == change.street
            parts += list(edges.geometry[changed_edges.to_numpy()])
        else:
            layer = places_of(case.inputs, change.layer)
            parts += list(layer.geometry[(layer.index == change.facility) | (layer["name"] == change.facility)])
    return None if not parts else shapely.union_all(parts) if len(parts) > 1 else parts[0]


def _communities(communities: gpd.GeoDataFrame, shapes: Sequence[Any]) -> list[str]:
    """Return the code of the community that each shape lies in, or of the nearest one."""
    points = np.array([shapely.point_on_surface(shape) for shape in shapes], dtype=object)
    tree = shapely.STRtree(communities.geometry.to_numpy())
    (row, area) = tree.query_nearest(points, all_matches=False) if len(points) else np.empty((2, 0), dtype=np.int64)
    codes = np.full(len(points), "", dtype=object)
    codes[row] = communities.index.to_numpy()[area]
    return [str(code) for code in codes]


def office_table(
    trials: Trials,
    projects: gpd.GeoDataFrame,
    answers: Mapping[str, CheapestSet],
    potential: Potential,
    passed: Mapping[str, BoolArray],
) -> pd.DataFrame:
    """Return what the plan brings each street office, and what all of its communities need: ``OFFICE_COLUMNS``.

    Parameters
    ----------
    trials
        The oracle.
    projects
        The table of :func:`project_table`.
    answers
        The cheapest set for all communities of each office that can pass.
    potential
        What the projects can bring.
    passed
        Which communities pass ``before`` and ``after`` the plan.
    """
    communities, spent = trials.now.case.inputs.communities, trials.cost(trials.decided)
    built, rows = projects[projects["rank"].notna()], []
    for office, answer in answers.items():
        mine = (communities["street_office"] == office).to_numpy()
        here = built[built["street_office"] == office]
        full = sorted((answer.ids or frozenset()) - trials.decided)
        rows.append(
            {
                "communities": int(mine.sum()),
                "passed_before": int(passed["before"][mine].sum()),
                "passed_after": int(passed["after"][mine].sum()),
                "cost": float(here["cost"].sum()),
                "projects": tuple(here.index),
                "full_projects": tuple(full),
                "full_cost": answer.cost - spent if answer.ids is not None else np.nan,
                "full_bound": max(answer.bound - spent, 0.0),
                "held_codes": tuple(communities.index[mine & ~potential.most.passed]),
            }
        )
    index = pd.Index(list(answers), name="street_office", dtype="str")
    return pd.DataFrame(rows, index=index, columns=list(OFFICE_COLUMNS))


def held_table(trials: Trials, potential: Potential) -> pd.DataFrame:
    """Return the communities that pass with no projects of the list, and the clauses that they fail with all."""
    communities, points = trials.now.case.inputs.communities, trials.points
    have = trials.sum_by_clause(points.weight * potential.most.reached)
    need = np.array([clause.need for clause in trials.count_clauses]).reshape(-1, 1)
    short = np.vstack([have < trials.required_weight(), potential.most.counts < need])
    clauses = np.array([clause.id for clause in (*trials.reach_clauses, *trials.count_clauses)])
    held = np.flatnonzero(trials.judged & ~potential.most.passed)
    table = communities.iloc[held][["community", "street_office"]]
    failed = [tuple(clauses[short[:, community]]) for community in held]
    return pd.DataFrame(table).assign(clauses=pd.Series(failed, table.index))


def passed_of(communities: pd.DataFrame) -> BoolArray:
    """Return which communities pass."""
    return (communities["verdict"] == PASSED).to_numpy()
