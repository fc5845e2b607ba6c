"""A reserve list of the town, and a plan for it found by trying every set of projects; all of it measured."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo import FacilityChange, LinkChange, load_study
from cfgeo.assess.case import Case
from cfgeo.assess.verdicts import judge_case
from cfgeo.core.findings import findings_table
from cfgeo.core.plan import FRONTIER_COLUMNS, OFFICE_COLUMNS, PLAN_COLUMNS, Plan, PlanChoices
from cfgeo.core.projects import Project, Projects
from cfgeo.core.results import Verdicts
from cfgeo.core.scenario import LINK_TAGS
from cfgeo.core.schema import PASSED, WGS84
from cfgeo.pipeline.case import load_case
from cfgeo.scenarios.remeasure import MeasuredCase, changed, measured
from cfgeo.scenarios.street_edits import streets_of
from worlds.scenarios import line, place

SCHOOL, ROOM, PATH, GARDEN, RAMP, SIGN = "P-01", "P-02", "P-03", "P-04", "P-05", "P-06"


def town_projects() -> Projects:
    """Return the town's reserve list: places, a link, an area, attributes; some require or exclude others."""
    new = {"action": "add", "layer": "schools", "kind": "primary"}
    wood = FacilityChange("enlarge", "parks", "Garden", shape=place(50, 290).buffer(0.0005))
    path = LinkChange("add", "walkway", shape=line((50, 104), (50, 196)), tags=LINK_TAGS["walkway"])
    ramp = LinkChange("refit", way=2001, tags={"ramp:stroller": "yes"})
    sign = FacilityChange("refit", "stations", "South Station", attributes={"certified": "yes"})
    both = (path, FacilityChange(**new, shape=place(390, 105)))
    projects = (
        Project(SCHOOL, "=Top School", 300.0, (FacilityChange(**new, shape=place(320, 305)),)),
        Project(ROOM, "East School", 200.5, (FacilityChange(**new, shape=place(350, 102)),), excludes=(PATH,)),
        Project(PATH, "<b>Path", 400.0, both, requires=(GARDEN,), excludes=(ROOM,)),
        Project(GARDEN, "Garden", 80.0, (wood,)),
        Project(RAMP, "Ramp", 20.0, (ramp,), decided=True),
        Project(SIGN, "Sign", 5.0, (sign,)),
    )
    numbered = (replace(project, changes=tuple(replace(c, nth=n) for c in project.changes), row=n)
                for n, project in enumerate(projects, start=2))  # fmt: skip
    return Projects("Reserve list", tuple(numbered), unit="万元")


@dataclass(frozen=True)
class Tried:
    """A case, its list, and what it comes to with each set of projects that may be built."""

    case: Case
    listed: Projects
    sets: Mapping[frozenset[str], MeasuredCase]

    def passed(self, ids: Iterable[str]) -> frozenset[str]:
        """Return the codes of the communities that pass with some projects."""
        measurement = self.sets[frozenset(ids)]
        return frozenset(measurement.case.samples.codes[measurement.passed])

    def cost(self, ids: Iterable[str]) -> float:
        return sum(self.listed.by_id[project_id].cost for project_id in ids)

    def without(self, *gone: str) -> "Tried":
        """Return the same for a shorter list."""
        projects = tuple(project for project in self.listed.projects if project.id not in gone)
        sets = {ids: measurement for ids, measurement in self.sets.items() if not ids & set(gone)}
        return replace(self, listed=replace(self.listed, projects=projects), sets=sets)

    def matters(self, project_id: str) -> bool:
        """Whether a project changes a verdict, with whatever others."""
        pairs = [
            (ids, ids - {project_id}) for ids in self.sets if project_id in ids and ids - {project_id} in self.sets
        ]
        return any(self.passed(with_it) != self.passed(without) for with_it, without in pairs)


def tried(study: Path, listed: Projects) -> Tried:
    """Measure a study with every set of projects."""
    loaded = load_study(study)
    case = load_case(loaded)
    before = measured(case, streets=streets_of(loaded, case))
    moved, every = listed.in_crs(case.inputs.crs), [project.id for project in listed.projects]
    decided = {project.id for project in listed.projects if project.decided}
    sets = {}
    for count in range(len(every) + 1):
        for ids in map(frozenset, combinations(every, count)):
            wrong = any(ids & set(listed.by_id[project_id].excludes) for project_id in ids)
            if not wrong and decided <= ids == frozenset(listed.with_required(ids)):
                sets[ids] = changed(before, moved.changes_of(ids))
    sets[frozenset()] = before
    return Tried(case, moved, sets)


def town_plan(trials: Tried, *, target: float | None = None, budget: float | None = None) -> Plan:
    """Return the best plan of all sets that were tried."""
    decided = frozenset(project.id for project in trials.listed.projects if project.decided)
    sets = [ids for ids in trials.sets if decided <= ids]
    if budget is not None:
        best = max(sets, key=lambda ids: (trials.cost(ids) <= budget, len(trials.passed(ids)), -trials.cost(ids)))
        bound = float(len(trials.passed(best)))
    else:
        most = max(len(trials.passed(ids)) for ids in sets)
        wanted = min(int(np.ceil((0.7 if target is None else target) * len(trials.case.samples.codes) - 1e-9)), most)
        best = min((ids for ids in sets if len(trials.passed(ids)) >= wanted), key=trials.cost)
        bound = trials.cost(best)
    order = _order(trials, decided, best)
    before, after = judge_case(trials.case), judge_case(trials.sets[best].case)
    return _plan(trials, PlanChoices(budget, target), order, before, after, bound)


def _order(trials: Tried, decided: frozenset[str], best: frozenset[str]) -> list[str]:
    order = [project.id for project in trials.listed.projects if project.id in decided]
    while len(order) < len(best):
        left = [project_id for project_id in best - set(order) if frozenset([*order, project_id]) in trials.sets]
        order.append(
            max(
                sorted(left),
                key=lambda project_id: len(trials.passed([*order, project_id])) / trials.cost([project_id]),
            )
        )
    return order


def _plan(
    trials: Tried, choices: PlanChoices, order: list[str], before: Verdicts, after: Verdicts, bound: float
) -> Plan:
    case, sets = (
        trials.case,
        [ids for ids in trials.sets if {project.id for project in trials.listed.projects if project.decided} <= ids],
    )
    most = max((trials.passed(ids) for ids in sets), key=len)
    every = frozenset().union(*(trials.passed(ids) for ids in sets))
    held = case.inputs.communities.loc[[code for code in case.samples.codes if code not in every]]
    failed = judge_case(trials.sets[max(sets, key=len)].case).communities["failed"].loc[held.index]
    held = pd.DataFrame(held[["community", "street_office"]]).assign(clauses=failed)[
        lambda t: t["clauses"].map(len) > 0
    ]
    frontier = []
    for count in range(len(trials.passed(min(sets, key=trials.cost))), len(most) + 1):
        ids = min((other for other in sets if len(trials.passed(other)) >= count), key=trials.cost)
        frontier.append(
            {"passed": count, "cost": trials.cost(ids), "bound": trials.cost(ids), "projects": tuple(sorted(ids))}
        )
    return Plan(
        choices=choices,
        listed=trials.listed,
        projects=_projects(trials, order),
        passed=int(after.district["passed"]),
        cost=trials.cost(order),
        bound=bound,
        frontier=pd.DataFrame(frontier).set_index("passed")[list(FRONTIER_COLUMNS)],
        offices=_offices(trials, order, sets, before, after, frozenset(held.index)),
        held=held,
        most=len(most),
        before=before.communities,
        after=after.communities,
        coverage_before=before.coverage,
        coverage_after=after.coverage,
        district_before=before.district,
        district_after=after.district,
        titles={clause.id: {"zh": clause.name, "en": clause.name_en} for clause in case.standard.clause},
        findings=findings_table([]),
        about={"title": "小镇", "status": "illustrative", "slope": "none", "dates": {},
               "standard": {"title": "小镇标准", "title_en": "Town standard"},
               "basis": "children", "limits": {}},
        inputs=case.inputs,
        seconds={},
    )  # fmt: skip


def _projects(trials: Tried, order: list[str]) -> gpd.GeoDataFrame:
    case, names = trials.case, trials.case.inputs.communities["community"]
    rows, shapes, built = [], [], list[str]()
    never = {project.id for project in trials.listed.projects if not project.decided and not trials.matters(project.id)}
    for project in [
        *(trials.listed.by_id[i] for i in order),
        *(p for p in trials.listed.projects if p.id not in order),
    ]:
        shape = next((change.shape for change in project.changes if change.shape is not None), None)
        row: dict[str, Any] = dict.fromkeys(PLAN_COLUMNS) | {
            "project": project.id,
            "name": project.name,
            "cost": project.cost,
        }
        row |= {
            "action": "",
            "requires": project.requires,
            "excludes": project.excludes,
            "adds_codes": (),
            "adds_names": (),
        }
        row["status"] = (
            "decided"
            if project.decided
            else "chosen"
            if project.id in order
            else "never"
            if project.id in never
            else "spare"
        )
        if project.id in order:
            was = trials.passed(built) if built else trials.passed([])
            built.append(project.id)
            adds = sorted(trials.passed(built) - was)
            row |= {"rank": len(built), "cost_so_far": trials.cost(built), "passed": len(trials.passed(built))}
            row |= {"adds_codes": tuple(adds), "adds_names": tuple(names[adds]), "adds_demand": 12.0 * len(adds)}
        alone = trials.sets.get(frozenset(trials.listed.with_required([project.id, *order[:1]])))
        row["alone_codes"] = (
            tuple(sorted(set(alone.case.samples.codes[alone.passed]) - trials.passed([]))) if alone else ()
        )
        if shape is not None:
            point = gpd.GeoSeries([shape.representative_point()], crs=case.inputs.crs)
            inside = case.inputs.communities.distance(point.iloc[0]).idxmin()
            office = case.inputs.communities.loc[inside, "street_office"]
            row |= {"code": inside, "community": names[inside], "street_office": office}
            row |= {"lon": round(point.to_crs(WGS84).x.iloc[0], 7), "lat": round(point.to_crs(WGS84).y.iloc[0], 7)}
        rows.append(row)
        shapes.append(shape)
    table = pd.DataFrame(rows).set_index("project")[list(PLAN_COLUMNS)].astype({"rank": "Int64", "passed": "Int64"})
    numbers = dict.fromkeys(("cost", "cost_so_far", "lon", "lat", "adds_demand"), float)
    texts = {name: table[name].fillna("").astype("str") for name in ("code", "community", "street_office")}
    return gpd.GeoDataFrame(table.astype(numbers).assign(**texts), geometry=shapes, crs=case.inputs.crs)


def _offices(
    trials: Tried, order: list[str], sets: list[frozenset[str]], before: Verdicts, after: Verdicts, held: frozenset[str]
) -> pd.DataFrame:
    rows = []
    projects = _projects(trials, order)
    for office, inside in before.communities.groupby("street_office"):
        codes = frozenset(inside.index)
        winnable = max((trials.passed(ids) & codes for ids in sets), key=len)
        full = min((ids for ids in sets if trials.passed(ids) >= winnable), key=trials.cost)
        decided = {project.id for project in trials.listed.projects if project.decided}
        here = tuple(project_id for project_id in order if projects.loc[project_id, "street_office"] == office)
        now, then = (inside["verdict"] == PASSED), after.communities.loc[inside.index, "verdict"] == PASSED
        counts = {"communities": len(codes), "passed_before": int(now.sum()), "passed_after": int(then.sum())}
        full_cost = trials.cost(full - decided)
        wants = {"full_projects": tuple(sorted(full - decided)), "full_cost": full_cost, "full_bound": full_cost}
        mine = {"cost": trials.cost(here), "projects": here, "held_codes": tuple(sorted(held & codes))}
        rows.append({"street_office": office, **counts, **mine, **wants})
    return pd.DataFrame(rows).set_index("street_office")[list(OFFICE_COLUMNS)]
