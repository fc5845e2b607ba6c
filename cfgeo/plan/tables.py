"""The tables of a plan: its projects in their order, the street offices, and who stays out of reach."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.errors import ScenarioError
from cfgeo.core.plan import OFFICE_COLUMNS, PLAN_COLUMNS
from cfgeo.core.projects import Project
from cfgeo.core.scenario import Change, LinkChange
from cfgeo.core.schema import DEGREE_DECIMALS, PASSED, WGS84, BoolArray
from cfgeo.plan.optimise.portfolio import Portfolio
from cfgeo.plan.potential import Potential
from cfgeo.plan.search import Answer
from cfgeo.plan.trials import Trials
from cfgeo.scenarios.remeasure import Measured, changed


def project_table(trials: Trials, able: Potential, portfolio: Portfolio, order: Sequence[str]) -> gpd.GeoDataFrame:
    """Return all projects of a list, with ``PLAN_COLUMNS``: those that are built first, in their order.

    Parameters
    ----------
    trials
        What measures: every step of the order is measured as it will stand.
    able, portfolio
        What the projects can bring.
    order
        What is built; what cannot stand yet, as at a street that comes later, is put off.
    """
    listed, case = trials.listed, trials.now.case
    shapes = {project.id: _shape(trials, project) for project in listed.projects}
    steps = _steps(trials, order)
    rest = [project.id for project in listed.projects if project.id not in order]
    ids = [*steps, *rest]
    never = dict(zip(able.ids, ~_matters(able, portfolio), strict=True))
    where = _communities(case.inputs.communities, [shapes[one] for one in ids])
    rows = []
    for one, code in zip(ids, where, strict=True):
        project = listed.by_id[one]
        spare = "never" if never.get(one, True) else "spare"
        status = ("decided" if project.decided else "chosen") if one in order else spare
        rows.append(
            {
                **dict.fromkeys(PLAN_COLUMNS),
                **_facts(trials, able, project, code),
                "status": status,
                **steps.get(one, {"adds_codes": (), "adds_names": ()}),
            }
        )
    table = pd.DataFrame(rows, index=pd.Index(ids, name="project", dtype="str"), columns=list(PLAN_COLUMNS))
    numbers = ["rank", "cost", "cost_so_far", "passed", "adds_demand"]
    table[numbers] = table[numbers].astype(float)
    made = gpd.GeoDataFrame(table, geometry=[shapes[one] for one in ids], crs=case.inputs.crs)
    points = gpd.GeoSeries(made.geometry.map(lambda shape: shape and shape.representative_point()), crs=made.crs)
    degrees = points.to_crs(WGS84)
    made["lon"], made["lat"] = degrees.x.round(DEGREE_DECIMALS), degrees.y.round(DEGREE_DECIMALS)
    return made


def _facts(trials: Trials, able: Potential, project: Project, code: str) -> dict[str, Any]:
    """Return what a project is and brings alone."""
    community = trials.now.case.inputs.communities.loc[code] if code else {"community": "", "street_office": ""}
    stands = trials.standing([project.id] if trials.can_stand(project.id) else [])
    alone = trials.outcome(stands).passed & ~able.now.passed
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
    }


def _action(change: Change) -> str:
    return f"{change.action}_link" if isinstance(change, LinkChange) else change.action


def _steps(trials: Trials, order: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Measure what stands after each project of an order."""
    codes, names = trials.now.case.samples.codes, trials.now.case.inputs.communities["community"]
    weight, steps, spent = trials.points.weight, dict[str, dict[str, Any]](), 0.0
    before, stands, left = trials.outcome_of(trials.now), trials.now, list(order)
    for nth in range(1, len(order) + 1):
        one, stands = _built_next(trials, stands, left)
        left.remove(one)
        after = trials.outcome_of(stands) if left else trials.outcome(frozenset(order))
        spent += trials.listed.by_id[one].cost
        adds = codes[after.passed & ~before.passed]
        steps[one] = {
            "rank": nth,
            "cost_so_far": spent,
            "passed": int(after.passed.sum()),
            "adds_codes": tuple(adds),
            "adds_names": tuple(names[adds]),
            "adds_demand": float(weight @ (after.reached & ~before.reached)),
        }
        before = after
    return steps


def _built_next(trials: Trials, stands: Measured, left: Sequence[str]) -> tuple[str, Measured]:
    """Build the first of some projects that can stand beside what does."""
    listed = trials.listed.by_id
    *ready, last = [one for one in left if not set(listed[one].requires) & set(left)]
    for one in ready:
        with suppress(ScenarioError):
            return one, changed(stands, listed[one].changes)
    return last, changed(stands, listed[last].changes)


def _matters(able: Potential, portfolio: Portfolio) -> BoolArray:
    """Say which projects a verdict can depend on, by themselves or because others need them (projects)."""
    brings = [np.asarray(table.sum(axis=0)).ravel() > 0 for table in (able.alone, able.links, able.places)]
    # What another project takes from a community it may make good.
    shaken = portfolio.possible & able.hurts.any(axis=1)
    brings += [np.asarray(portfolio.counts.sum(axis=0)).ravel() > 0, np.asarray(able.touches[shaken].any(axis=0))]
    found = np.any(brings, axis=0)
    for _ in range(len(portfolio.needs)):  # what is needed may need others
        needed = portfolio.needs[found[portfolio.needs[:, 0]], 1]
        if found[needed].all():
            break
        found[needed] = True
    return np.asarray(found)


def _shape(trials: Trials, project: Project) -> Any:
    """Return where a project is: what it adds, or the facilities and ways that it changes."""
    case, parts = trials.now.case, []
    for change in project.changes:
        if change.shape is not None:
            parts.append(change.shape)
        elif isinstance(change, LinkChange):
            edges = case.inputs.network.edges
            meant = edges["osm_id"] == change.way if change.way is not None else edges["name"] == change.street
            parts += list(edges.geometry[meant.to_numpy()])
        else:
            layer = case.inputs.layers[change.layer]
            parts += list(layer.geometry[(layer.index == change.facility) | (layer["name"] == change.facility)])
    return shapely.union_all(parts) if len(parts) != 1 else parts[0]


def _communities(communities: gpd.GeoDataFrame, shapes: Sequence[Any]) -> list[str]:
    """Return the code of the community in which each shape lies, or the nearest one."""
    points = np.array([shapely.point_on_surface(shape) for shape in shapes], dtype=object)
    tree = shapely.STRtree(communities.geometry.to_numpy())
    (row, area) = tree.query_nearest(points, all_matches=False)
    found = np.full(len(points), "", dtype=object)
    found[row] = communities.index.to_numpy()[area]
    return [str(code) for code in found]


def office_table(
    trials: Trials,
    projects: gpd.GeoDataFrame,
    answers: Mapping[str, Answer],
    able: Potential,
    passed: Mapping[str, BoolArray],
) -> pd.DataFrame:
    """Return what the plan brings each street office, and what all of its communities take: ``OFFICE_COLUMNS``.

    Parameters
    ----------
    trials
        What has measured.
    projects
        As :func:`project_table` gives them.
    answers
        The cheapest set for all communities of each office that can pass.
    able
        What the projects can bring.
    passed
        Which communities pass ``before`` and ``after`` the plan.
    """
    communities, spent = trials.now.case.inputs.communities, trials.cost(trials.decided)
    built, rows = projects[projects["rank"].notna()], []
    for office, answer in answers.items():
        mine = (communities["street_office"] == office).to_numpy()
        here = built[built["street_office"] == office]
        wanted = sorted((answer.ids or frozenset()) - trials.decided)
        rows.append(
            {
                "communities": int(mine.sum()),
                "passed_before": int(passed["before"][mine].sum()),
                "passed_after": int(passed["after"][mine].sum()),
                "cost": float(here["cost"].sum()),
                "projects": tuple(here.index),
                "full_projects": tuple(wanted),
                "full_cost": answer.cost - spent if answer.ids is not None else np.nan,
                "full_bound": max(answer.bound - spent, 0.0),
                "held_codes": tuple(communities.index[mine & ~able.most.passed]),
            }
        )
    index = pd.Index(list(answers), name="street_office", dtype="str")
    return pd.DataFrame(rows, index=index, columns=list(OFFICE_COLUMNS))


def held_table(trials: Trials, able: Potential) -> pd.DataFrame:
    """Return the communities that pass with no projects of the list, and what they fail with all of them."""
    communities, points = trials.now.case.inputs.communities, trials.points
    have = trials.sum_by_clause(points.weight * able.most.reached)
    need = np.array([clause.need for clause in trials.count_clauses]).reshape(-1, 1)
    short = np.vstack([have < trials.required_weight(), able.most.counts < need])
    clauses = np.array([clause.id for clause in (*trials.reach_clauses, *trials.count_clauses)])
    held = np.flatnonzero(trials.judged & ~able.most.passed)
    table = communities.iloc[held][["community", "street_office"]]
    return pd.DataFrame(table).assign(clauses=pd.Series([tuple(clauses[short[:, one]]) for one in held], table.index))


def passed_of(communities: pd.DataFrame) -> BoolArray:
    """Return which communities pass."""
    return (communities["verdict"] == PASSED).to_numpy()
