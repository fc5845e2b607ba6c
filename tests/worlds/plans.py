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
from cfgeo.pipeline import load_case, streets_of
from cfgeo.scenarios.remeasure import Measured, changed, measured
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
    numbered = (replace(one, changes=tuple(replace(c, nth=n) for c in one.changes), row=n)
                for n, one in enumerate(projects, start=2))  # fmt: skip
    return Projects("Reserve list", tuple(numbered), unit="万元")


@dataclass(frozen=True)
class Tried:
    """A case, its list, and what it comes to with each set of projects that may be built."""

    case: Case
    listed: Projects
    sets: Mapping[frozenset[str], Measured]

    def passed(self, ids: Iterable[str]) -> frozenset[str]:
        """Return the codes of the communities that pass with some projects."""
        found = self.sets[frozenset(ids)]
        return frozenset(found.case.samples.codes[found.passed])

    def cost(self, ids: Iterable[str]) -> float:
        return sum(self.listed.by_id[one].cost for one in ids)

    def without(self, *gone: str) -> "Tried":
        """Return the same for a shorter list."""
        projects = tuple(one for one in self.listed.projects if one.id not in gone)
        sets = {ids: found for ids, found in self.sets.items() if not ids & set(gone)}
        return replace(self, listed=replace(self.listed, projects=projects), sets=sets)

    def matters(self, one: str) -> bool:
        """Say whether a project changes a verdict, with whatever others."""
        pairs = [(ids, ids - {one}) for ids in self.sets if one in ids and ids - {one} in self.sets]
        return any(self.passed(with_it) != self.passed(without) for with_it, without in pairs)


def tried(study: Path, listed: Projects) -> Tried:
    """Measure a study with every set of projects."""
    loaded = load_study(study)
    case = load_case(loaded)
    before = measured(case, streets=streets_of(loaded, case))
    moved, every = listed.in_crs(case.inputs.crs), [one.id for one in listed.projects]
    decided = {one.id for one in listed.projects if one.decided}
    sets = {}
    for count in range(len(every) + 1):
        for ids in map(frozenset, combinations(every, count)):
            wrong = any(ids & set(listed.by_id[one].excludes) for one in ids)
            if not wrong and decided <= ids == frozenset(listed.with_required(ids)):
                sets[ids] = changed(before, moved.changes_of(ids))
    sets[frozenset()] = before
    return Tried(case, moved, sets)


def town_plan(found: Tried, *, target: float | None = None, budget: float | None = None) -> Plan:
    """Return the best plan of all sets that were tried."""
    decided = frozenset(one.id for one in found.listed.projects if one.decided)
    sets = [ids for ids in found.sets if decided <= ids]
    if budget is not None:
        best = max(sets, key=lambda ids: (found.cost(ids) <= budget, len(found.passed(ids)), -found.cost(ids)))
        bound = float(len(found.passed(best)))
    else:
        most = max(len(found.passed(ids)) for ids in sets)
        wanted = min(int(np.ceil((0.7 if target is None else target) * len(found.case.samples.codes) - 1e-9)), most)
        best = min((ids for ids in sets if len(found.passed(ids)) >= wanted), key=found.cost)
        bound = found.cost(best)
    order = _order(found, decided, best)
    before, after = judge_case(found.case), judge_case(found.sets[best].case)
    return _plan(found, PlanChoices(budget, target), order, before, after, bound)


def _order(found: Tried, decided: frozenset[str], best: frozenset[str]) -> list[str]:
    order = [one.id for one in found.listed.projects if one.id in decided]
    while len(order) < len(best):
        left = [one for one in best - set(order) if frozenset([*order, one]) in found.sets]
        order.append(max(sorted(left), key=lambda one: len(found.passed([*order, one])) / found.cost([one])))
    return order


def _plan(
    found: Tried, choices: PlanChoices, order: list[str], before: Verdicts, after: Verdicts, bound: float
) -> Plan:
    case, sets = found.case, [ids for ids in found.sets if {o.id for o in found.listed.projects if o.decided} <= ids]
    most = max((found.passed(ids) for ids in sets), key=len)
    every = frozenset().union(*(found.passed(ids) for ids in sets))
    held = case.inputs.communities.loc[[code for code in case.samples.codes if code not in every]]
    failed = judge_case(found.sets[max(sets, key=len)].case).communities["failed"].loc[held.index]
    held = pd.DataFrame(held[["community", "street_office"]]).assign(clauses=failed)[
        lambda t: t["clauses"].map(len) > 0
    ]
    frontier = []
    for count in range(len(found.passed(min(sets, key=found.cost))), len(most) + 1):
        ids = min((one for one in sets if len(found.passed(one)) >= count), key=found.cost)
        frontier.append(
            {"passed": count, "cost": found.cost(ids), "bound": found.cost(ids), "projects": tuple(sorted(ids))}
        )
    return Plan(
        choices=choices,
        listed=found.listed,
        projects=_projects(found, order),
        passed=int(after.district["passed"]),
        cost=found.cost(order),
        bound=bound,
        frontier=pd.DataFrame(frontier).set_index("passed")[list(FRONTIER_COLUMNS)],
        offices=_offices(found, order, sets, before, after, frozenset(held.index)),
        held=held,
        most=len(most),
        before=before.communities,
        after=after.communities,
        coverage_before=before.coverage,
        coverage_after=after.coverage,
        district_before=before.district,
        district_after=after.district,
        titles={one.id: {"zh": one.name, "en": one.name_en} for one in case.standard.clause},
        findings=findings_table([]),
        about={"title": "小镇", "status": "illustrative", "standard": "town", "slope": "none", "dates": {},
               "basis": "children", "limits": {}},
        inputs=case.inputs,
        seconds={},
    )  # fmt: skip


def _projects(found: Tried, order: list[str]) -> gpd.GeoDataFrame:
    case, names = found.case, found.case.inputs.communities["community"]
    rows, shapes, built = [], [], list[str]()
    never = {one.id for one in found.listed.projects if not one.decided and not found.matters(one.id)}
    for one in [*(found.listed.by_id[i] for i in order), *(p for p in found.listed.projects if p.id not in order)]:
        shape = next((change.shape for change in one.changes if change.shape is not None), None)
        row: dict[str, Any] = dict.fromkeys(PLAN_COLUMNS) | {"project": one.id, "name": one.name, "cost": one.cost}
        row |= {"action": "", "requires": one.requires, "excludes": one.excludes, "adds_codes": (), "adds_names": ()}
        row["status"] = (
            "decided" if one.decided else "chosen" if one.id in order else "never" if one.id in never else "spare"
        )
        if one.id in order:
            was = found.passed(built) if built else found.passed([])
            built.append(one.id)
            adds = sorted(found.passed(built) - was)
            row |= {"rank": len(built), "cost_so_far": found.cost(built), "passed": len(found.passed(built))}
            row |= {"adds_codes": tuple(adds), "adds_names": tuple(names[adds]), "adds_demand": 12.0 * len(adds)}
        alone = found.sets.get(frozenset(found.listed.with_required([one.id, *order[:1]])))
        row["alone_codes"] = (
            tuple(sorted(set(alone.case.samples.codes[alone.passed]) - found.passed([]))) if alone else ()
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
    found: Tried, order: list[str], sets: list[frozenset[str]], before: Verdicts, after: Verdicts, held: frozenset[str]
) -> pd.DataFrame:
    rows = []
    projects = _projects(found, order)
    for office, inside in before.communities.groupby("street_office"):
        codes = frozenset(inside.index)
        winnable = max((found.passed(ids) & codes for ids in sets), key=len)
        full = min((ids for ids in sets if found.passed(ids) >= winnable), key=found.cost)
        decided = {one.id for one in found.listed.projects if one.decided}
        here = tuple(one for one in order if projects.loc[one, "street_office"] == office)
        now, then = (inside["verdict"] == PASSED), after.communities.loc[inside.index, "verdict"] == PASSED
        counts = {"communities": len(codes), "passed_before": int(now.sum()), "passed_after": int(then.sum())}
        full_cost = found.cost(full - decided)
        wants = {"full_projects": tuple(sorted(full - decided)), "full_cost": full_cost, "full_bound": full_cost}
        mine = {"cost": found.cost(here), "projects": here, "held_codes": tuple(sorted(held & codes))}
        rows.append({"street_office": office, **counts, **mine, **wants})
    return pd.DataFrame(rows).set_index("street_office")[list(OFFICE_COLUMNS)]
