"""Projects for a reserve list: where a study lacks something, and where it does not, since real lists have both."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from cfgeo import FacilityChange
from cfgeo.core.schema import FAILED, WGS84
from cfgeo.plan.candidates import street_candidates
from cfgeo.scenarios.remeasure import MeasuredCase, changed
from cfgeo.study.standard import Clause

Floats = NDArray[np.float64]
# layer, kind → name, least and greatest cost
PLACES = {
    ("schools", "primary"): ("小学", 8000, 15000), ("schools", "junior"): ("中学", 8000, 15000),
    ("schools", ""): ("幼儿园", 800, 3000), ("hospitals", ""): ("社区卫生服务站", 150, 500),
    ("activity", ""): ("儿童活动中心", 150, 600), ("sports", ""): ("儿童球场", 80, 400),
    ("parks", ""): ("口袋公园", 200, 800), ("children_homes", ""): ("儿童之家", 40, 120),
    ("care_centres", ""): ("托育园", 100, 400), ("culture", ""): ("图书馆", 300, 1500),
}  # fmt: skip
KINDS = {
    "activity": "childrens_centre", "sports": "court", "parks": "pocket", "children_homes": "childrens_home",
    "hospitals": "community_health", "care_centres": "nursery", "culture": "library", "schools": "kindergarten",
}  # fmt: skip
IDLE = ("children_homes", "care_centres", "sports", "parks", "activity", "hospitals", "culture", "schools")
TOGETHER = frozenset({"activity", "sports", "children_homes", "hospitals"})
"""Layers whose places can share a house or a yard."""
HELD = 0.2  # share of the failing communities that get no project
APART_M = {"schools": 550.0, "parks": 250.0}
USUAL_APART_M = 400.0
PARK_M = 18.0
AT_ONCE = 6  # communities per round, after which the projects so far are measured


@dataclass(eq=False)
class Draft:
    """A project before it has its number."""

    name: str
    cost: int
    changes: list[dict[str, Any]]
    code: str = ""
    requires: list["Draft"] = field(default_factory=list)
    excludes: list["Draft"] = field(default_factory=list)
    decided: bool = False


class Ideas:
    """A source of projects for one study."""

    def __init__(self, now: MeasuredCase, rng: np.random.Generator) -> None:
        self.now, self.case, self.rng = now, now.case, rng
        self.spots = street_candidates(now.case)
        self.lon_lat = np.round(shapely.get_coordinates(self.spots.to_crs(WGS84).geometry.to_numpy()), 7)
        self.communities = self.case.inputs.communities
        self.layers = self.case.inputs.layers
        asked = [clause for clause in self.case.standard.of_scope("community") if clause.required]
        self.asked: list[Clause] = [clause for clause in asked if clause.layer in self.layers]
        failing = self.communities.index[~now.passed]
        self.held = set(rng.choice(failing, round(HELD * len(failing)), replace=False))
        self.named: dict[str, int] = {}
        self.taken: dict[tuple[str, str], list[int]] = {}

    def cost(self, low: float, high: float) -> int:
        """Return a cost as offices estimate it."""
        cost = self.rng.uniform(low, high)
        step = 1 if cost < 50 else 5 if cost < 200 else 10 if cost < 1000 else 100
        return int(round(cost / step) * step)

    def name(self, code: str, what: str) -> str:
        """Return a name that nobody takes for a real name."""
        name = f"{self.communities.at[code, 'community']}示例{what}"
        self.named[name] = self.named.get(name, 0) + 1
        return name if self.named[name] == 1 else f"{name}{self.named[name]}"

    # --- new places --------------------------------------------------------------------------------------------

    def lacking(self, now: MeasuredCase) -> list[tuple[str, Clause]]:
        """Return the clauses that communities fail; communities that fail the fewest come first."""
        failed = {c.id: now.verdicts[c.id, "verdict"] == FAILED for c in self.asked}
        count = sum(failed.values(), np.zeros(len(self.communities)))
        order = [at for at in np.argsort(count, kind="stable") if self.communities.index[at] not in self.held]
        return [(str(self.communities.index[at]), c) for at in order for c in self.asked if failed[c.id][at]]

    def lacks(self, now: MeasuredCase, clause: Clause, code: str = "") -> Floats:
        """Return the weight of homes out of reach, in a community or in all that fail the clause (demand points)."""
        owner = self.case.samples.demand_owner
        if code:
            mine = owner == self.communities.index.get_loc(code)
        else:
            fails = (now.verdicts[clause.id, "verdict"] == FAILED) & ~self.communities.index.isin(self.held)
            mine = (owner >= 0) & fails[owner]
        far = now.seconds[clause.id, "verdict"] > self.case.limit_s(clause) if clause.measure == "reach" else True
        return np.where(mine & far, self.case.weight(clause), 0.0)

    def spots_in(self, code: str) -> NDArray[np.int64]:
        """Return the street spots in a community, or the nearest ones if it has none."""
        away_m = self.spots.geometry.distance(self.communities.geometry[code]).to_numpy()
        return np.flatnonzero(away_m <= max(away_m.min(), 0.0))

    def spot(self, code: str, weight: Floats, avoid: list[int]) -> int:
        """Return the street spot in a community nearest to the weighted middle of homes, away from those to avoid."""
        homes = shapely.get_coordinates(self.case.samples.demand.geometry.to_numpy())
        mine = self.spots_in(code)
        xy = shapely.get_coordinates(self.spots.geometry.to_numpy())
        middle = np.average(homes, axis=0, weights=weight) if weight.sum() > 0 else xy[mine].mean(axis=0)
        away_m = np.hypot(*(xy[mine] - middle).T)
        for spot in avoid:
            away_m = away_m + 1e4 * (np.hypot(*(xy[mine] - xy[spot]).T) < 120)
        return int(mine[np.argmin(np.round(away_m, 1))])

    def about(self, layer: str, kind: str = "") -> tuple[str, int, int]:
        """Return the name of a place of a layer, and its least and greatest cost."""
        return PLACES.get((layer, kind)) or PLACES.get((layer, ""), (layer, 100, 500))

    def place(self, layer: str, kind: str, code: str, spot: int) -> tuple[dict[str, Any], int]:
        """Return a change that adds a place, and its cost."""
        what, low, high = self.about(layer, kind)
        name = self.name(code, what)
        lon, lat = self.lon_lat[spot]
        change: dict[str, Any] = {"action": "add", "layer": layer, "kind": kind or self.kind(layer), "name": name}
        if layer == "parks":
            ring = self.spots.geometry.iloc[[spot]].buffer(PARK_M, quad_segs=2)
            change["wkt"] = self.wkt(ring)
        else:
            change |= {"lon": lon, "lat": lat}
        if layer == "schools":
            change["capacity"] = int(self.rng.integers(27, 54)) * 30
        return change, self.cost(low, high)

    def kind(self, layer: str) -> str:
        """Return the usual kind of a layer's places."""
        there = self.layers[layer]["kind"]
        return KINDS[layer] if layer in KINDS else str(there.mode().iloc[0]) if len(there) else layer

    def wkt(self, shapes: gpd.GeoSeries) -> str:
        """Return a shape in degrees."""
        return str(shapely.to_wkt(shapes.to_crs(WGS84).iloc[0], rounding_precision=6))

    def needed(self, most: int) -> list[Draft]:
        """Return projects where something is lacking, ``most`` at most."""
        drafts: list[Draft] = []
        now = self.now
        while len(drafts) < most:
            fresh = self.round(now, most - len(drafts))
            if not fresh:
                break
            drafts += fresh
            now = changed(self.now, [change for draft in drafts for change in self.changes(draft)])
        return drafts

    def round(self, now: MeasuredCase, most: int) -> list[Draft]:
        """Return projects for the communities that lack least, unless a near project of this round may help them."""
        drafts: list[Draft] = []
        put: dict[tuple[str, str], list[int]] = {}
        xy = shapely.get_coordinates(self.spots.geometry.to_numpy())
        lacking = self.lacking(now)
        at_once = list(dict.fromkeys(code for code, _ in lacking))[:AT_ONCE]
        for code, clause in lacking:
            layer, kind = str(clause.layer), clause.kind[0] if clause.kind else ""
            if code not in at_once or len(drafts) >= most:
                continue
            spot = self.spot(code, self.lacks(now, clause, code), self.taken.get((layer, code), []))
            apart_m = APART_M.get(layer, USUAL_APART_M) if clause.measure == "reach" else 0.0
            if any(np.hypot(*(xy[spot] - xy[other])) < apart_m for other in put.get((layer, kind), [])):
                continue
            put.setdefault((layer, kind), []).append(spot)
            self.taken.setdefault((layer, code), []).append(spot)
            drafts += self.project(drafts, code, clause, spot)
        return drafts

    def project(self, drafts: list[Draft], code: str, clause: Clause, spot: int) -> list[Draft]:
        """Return a new place as a project of its own, as a part or a second phase of another, or with another site."""
        layer, kind = str(clause.layer), clause.kind[0] if clause.kind else ""
        change, cost = self.place(layer, kind, code, spot)
        before = drafts[-1] if drafts and drafts[-1].code == code and len(drafts[-1].changes) == 1 else None
        chance = self.rng.random()
        if (
            before
            and {layer, before.changes[0]["layer"]} <= TOGETHER
            and chance < 0.5
            and not (before.excludes or before.requires)
        ):
            if chance < 0.2:
                before.name, before.cost = self.name(code, "儿童综合体"), before.cost + cost
                before.changes.append(change)
                return []
            if layer != before.changes[0]["layer"]:
                change |= {key: before.changes[0][key] for key in ("lon", "lat")}
                name = f"{before.name}二期（{self.about(layer)[0]}）"
                return [Draft(name, cost, [{**change, "name": name}], code, requires=[before])]
        first = Draft(change["name"], cost, [change], code)
        if chance < 0.8:
            return [first]
        rival, its_cost = self.place(layer, kind, code, self.spot(code, self.lacks(self.now, clause, code), [spot]))
        rival["name"] = change["name"]
        second = Draft(f"{change['name']}（方案二）", its_cost, [rival], code, excludes=[first])
        first.name += "（方案一）"
        first.excludes.append(second)
        return [first, second]

    def changes(self, draft: Draft) -> Iterator[FacilityChange]:
        """Yield the places that a project adds, as changes of cfgeo's."""
        for row in draft.changes:
            shape = shapely.from_wkt(row["wkt"]) if "wkt" in row else shapely.Point(row["lon"], row["lat"])
            shape = gpd.GeoSeries([shape], crs=WGS84).to_crs(self.case.inputs.crs).iloc[0]
            yield FacilityChange("add", row["layer"], kind=row["kind"], name=row["name"], shape=shape)

    def idle(self, drafts: list[Draft]) -> Draft:
        """Return a new place at random, or a second phase of a project."""
        layer = str(self.rng.choice([layer for layer in IDLE if layer in self.layers]))
        spot = int(self.rng.integers(len(self.spots)))
        before = drafts[int(self.rng.integers(len(drafts)))]
        first = before.changes[0]
        own = {"parks", first.get("layer")}
        if layer in own or first["action"] != "add" or "lon" not in first or before.requires or before.excludes:
            change, cost = self.place(layer, "", str(self.spots["code"].iloc[spot]), spot)
            return Draft(change["name"], cost, [change], str(self.spots["code"].iloc[spot]))
        change, cost = self.place(layer, "", before.code, spot)
        name = f"{before.name}二期（{self.about(layer)[0]}）"
        change |= {"name": name, "lon": first["lon"], "lat": first["lat"]}
        return Draft(name, cost, [change], before.code, requires=[before])
