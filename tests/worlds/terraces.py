"""Towns drawn by lot, with reserve lists of every kind of change, and what each set of projects comes to.

Seven by seven junctions 100 m apart, nine communities of two by two blocks, streets missing here and there, and one
street in three that is steps. Everything follows from one number.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point, affinity, box
from shapely.geometry.base import BaseGeometry

from cfgeo import FacilityChange, LinkChange, load_study
from cfgeo.assess.case import Case
from cfgeo.core.errors import ScenarioError
from cfgeo.core.projects import Project, Projects
from cfgeo.core.scenario import LINK_TAGS, Change
from cfgeo.core.schema import FAILED, PASSED, WGS84, BoolArray
from cfgeo.pipeline.case import load_case
from cfgeo.scenarios.lists.project_rules import excluded, named_things, relation_faults
from cfgeo.scenarios.remeasure import MeasuredCase, changed, measured
from cfgeo.scenarios.street_edits import Streets, streets_of
from worlds.town import CRS, moved, write_osm

SIDE, STEP_M = 7, 100.0
LAYERS = ("schools", "parks", "walkways", "rooms")
_BANDS = ("age_0_2", "age_3_5", "age_6_11", "age_12_17")

_STANDARD = """
[standard]
id = "terraces"
title = "台地"
title_en = "Terraces"
source = "by lot"
target_share = 0.70

[[clause]]
id = "school"
name = "小学"
name_en = "School"
layer = "schools"
kind = ["primary"]
walker = "child"
limit_minutes = {school}
children = ["age_6_11"]
need_share = {need}
required = true

[[clause]]
id = "park"
name = "公园"
name_en = "Park, with a pram"
layer = "parks"
walker = "pram"
limit_minutes = 5
children = ["age_0_2", "age_3_5"]
need_share = 0.4
required = true

[[clause]]
id = "walkway"
name = "步道"
name_en = "Walkway"
layer = "walkways"
walker = "child"
limit_minutes = 4
need_share = 0.5
required = {walkway}

[[clause]]
id = "room"
name = "儿童之家"
name_en = "Room"
measure = "present"
layer = "rooms"
need_count = 1
required = {room}

[[clause]]
id = "culture"
name = "文化"
name_en = "Culture: the study does not say"
layer = "culture"
walker = "child"
need_share = 0.8
required = true
"""

_STUDY = """
[study]
id = "terraces"
title = "台地"
standard = "standard.toml"
status = "illustrative"
crs = "{crs}"

[boundaries.communities]
path = "communities.geojson"

[network]
path = "streets.osm"

[demand]
path = "homes.geojson"

[layers]
schools = {{ path = "schools.geojson" }}
parks = {{ path = "parks.geojson" }}
walkways = {{ path = "walkways.geojson" }}
rooms = {{ path = "rooms.geojson" }}

[walk]
limit_minutes = 4
walker = "child"
direction = "{direction}"
"""

_WALKER = """
[walkers.{name}]
level_m_s = {level}
stairs_up_m_s = {up}
stairs_down_m_s = {down}
ramp_m_s = 0.4
escalator_m_s = {up}
lift_wait_s = 30
lift_ride_s = 0
"""


def _way(x: int, y: int, *, north: bool) -> int:
    return 1000 + 100 * north + 10 * y + x


@dataclass
class Lot:
    """Draws everything of one town."""

    rng: np.random.Generator
    taken: set[Any] = field(default_factory=set)

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def one_of(self, *things: Any) -> Any:
        return things[int(self.rng.integers(len(things)))]

    def spot(self, off_m: float = 40.0) -> tuple[float, float]:
        """Return a spot beside a street, or off it."""
        x, y = 100.0 * self.rng.integers(0, SIDE, 2)
        along, off = self.rng.uniform(0, 100), self.rng.uniform(-off_m, off_m)
        return (
            (round(x + along, 1), round(y + off, 1)) if self.chance(0.5) else (round(x + off, 1), round(y + along, 1))
        )


@dataclass(frozen=True)
class Terraces:
    """A town, its files and its reserve list."""

    case: Case
    streets: Streets
    listed: Projects
    """Shapes in WGS-84."""

    @cached_property
    def now(self) -> MeasuredCase:
        return measured(self.case, streets=replace(self.streets, homes=None), columns=("verdict",))

    def changes_of(self, ids: Iterable[str]) -> tuple[Change, ...]:
        """Return what a set changes, what is decided first."""
        decided = {project.id for project in self.listed.projects if project.decided}
        return (*self.metric.changes_of(decided), *self.metric.changes_of(set(ids) - decided))

    @cached_property
    def metric(self) -> Projects:
        return self.listed.in_crs(self.case.inputs.crs)


def terraces(folder: Path, seed: int, *, n_projects: int, direction: str = "to") -> Terraces:
    """Draw a town and its reserve list."""
    lot = Lot(np.random.default_rng(seed))
    folder.mkdir(parents=True, exist_ok=True)
    steps = _write_streets(folder / "streets.osm", lot)
    corner = [(x, y) for y in range(3) for x in range(3)]
    areas = [box(200 * x - 20, 200 * y - 20, 200 * x + 180, 200 * y + 180) for x, y in corner]
    names = [{"code": f"C{n}", "community": f"Block {n}", "street_office": f"Office {n // 4}"} for n in range(9)]
    _write(folder / "communities.geojson", areas, names)
    homes = [lot.spot() for _ in range(int(lot.rng.integers(12, 24)))]
    _write(folder / "homes.geojson", map(Point, homes), [
        dict(zip(_BANDS, lot.rng.integers(0, 6, 4).tolist(), strict=True)) for _ in homes])  # fmt: skip
    for layer in LAYERS:
        shapes = [_shape(lot, layer) for _ in range(int(lot.rng.integers(2, 5)))]
        facts = [{"kind": lot.one_of("primary", "primary", "junior") if layer == "schools" else layer,
                  "name": f"{layer} {n}", "capacity": 10.0, "certified": "no"} for n in range(len(shapes))]  # fmt: skip
        _write(folder / f"{layer}.geojson", shapes, facts)
    flags = {name: str(lot.chance(share)).lower() for name, share in (("walkway", 0.2), ("room", 0.2))}
    standard = _STANDARD.format(school=lot.one_of(4, 5), need=lot.one_of(0.4, 0.5, 0.8), **flags)
    (folder / "standard.toml").write_text(standard, encoding="utf-8")
    walkers = _WALKER.format(name="child", level=1.25, up=0.5, down=0.8) + _WALKER.format(
        name="pram", level=1.0, up=0, down=0
    )
    study = folder / "study.toml"
    study.write_text(_STUDY.format(crs=CRS, direction=direction) + walkers, encoding="utf-8")
    loaded = load_study(study)
    case = load_case(loaded)
    streets = streets_of(loaded, case)
    now = measured(case, streets=replace(streets, homes=None), columns=("verdict",))
    return Terraces(case, streets, _projects(lot, now, steps, n_projects))


def _write_streets(path: Path, lot: Lot) -> list[int]:
    """Write the streets; return the ways that are steps."""
    nodes = {1 + x + 10 * y: (100.0 * x, 100.0 * y) for x in range(SIDE) for y in range(SIDE)}
    ways, steps = [], []
    for x in range(SIDE):
        for y in range(SIDE):
            for north in (False, True):
                if (y if north else x) == SIDE - 1:
                    continue
                tags = {"highway": "residential"}
                hill = north and y in {1, 3}
                if lot.chance(0.6 if hill else 0.12):
                    continue
                if lot.chance(0.7 if hill else 0.1):
                    tags = {"highway": "steps", "incline": lot.one_of("up", "down")}
                    steps.append(_way(x, y, north=north))
                ends = [1 + x + 10 * y, 1 + x + 10 * (y + 1) if north else 2 + x + 10 * y]
                ways.append((_way(x, y, north=north), ends, tags))
    used = {node for _, ends, _ in ways for node in ends}
    write_osm(path, {node: xy for node, xy in nodes.items() if node in used}, ways)
    return steps


def _shape(lot: Lot, layer: str) -> BaseGeometry:
    x, y = lot.spot()
    if layer == "parks":
        size = lot.rng.uniform(5, 40)
        return box(x - size, y - size, x + size, y + size)
    if layer == "walkways":
        length, east = lot.rng.uniform(20, 150), lot.chance(0.5)
        return LineString([(x, y), (x + length * east, y + length * (not east))])
    return Point(x, y)


def _write(path: Path, shapes: Iterable[BaseGeometry], facts: list[dict[str, Any]]) -> None:
    table = gpd.GeoDataFrame(facts, geometry=[moved(shape) for shape in shapes], crs=CRS)
    path.write_text(table.to_crs(WGS84).to_json(drop_id=True), encoding="utf-8")


def _projects(lot: Lot, now: MeasuredCase, steps: list[int], count: int) -> Projects:
    """Draw a reserve list: what contradicts itself is drawn again."""
    listed = Projects("Reserve list", ())
    for nth in range(count):
        for _ in range(20):
            home = lot.one_of(*now.case.inputs.demand.geometry)
            drawn = [_change(lot, now.case, steps, home) for _ in range(lot.one_of(1, 1, 2, 3))]
            changes = [change for change in drawn if change is not None]
            earlier = [project.id for project in listed.projects]
            requires = (lot.one_of(*earlier),) if earlier and lot.chance(0.2) else ()
            excludes = (lot.one_of(*earlier),) if earlier and lot.chance(0.15) else ()
            cost = float(lot.one_of(0, *range(1, 30))) / lot.one_of(1, 4, 10)
            decided = lot.chance(0.08)
            project = Project(
                f"P{nth}", f"Project {nth}", cost, _numbered(changes, nth), requires, excludes, decided, nth
            )
            more = replace(listed, projects=(*listed.projects, project))
            things = {each.id: named_things(each) for each in more.projects}
            if changes and not relation_faults(more, things) and _is_buildable(now, more, project):
                listed = more
                break
    degrees = gpd.GeoSeries([c.shape for p in listed.projects for c in p.changes], crs=CRS).to_crs(WGS84)
    shapes = iter(degrees)
    projects = [replace(p, changes=tuple(replace(c, shape=next(shapes)) for c in p.changes)) for p in listed.projects]
    listed = replace(listed, projects=tuple(projects))
    return excluded(listed, {project.id: named_things(project) for project in listed.projects})


def _numbered(changes: list[Change], nth: int) -> tuple[Change, ...]:
    return tuple(replace(change, nth=10 * nth + at, id=f"P{nth}") for at, change in enumerate(changes, start=1))


def _is_buildable(now: MeasuredCase, listed: Projects, project: Project) -> bool:
    standing = listed.with_required([project.id, *(other.id for other in listed.projects if other.decided)])
    try:
        changed(now, listed.changes_of(standing))
    except ScenarioError:
        return False
    return True


def _change(lot: Lot, case: Case, steps: list[int], home: Point) -> Change | None:
    """Draw one change; None: it is of steps, and there are none."""
    what = lot.one_of(*["add"] * 9, *["link"] * 5, "move", "enlarge", "close", "refit", "ramp", "ramp", "shut")
    layer = lot.one_of("schools", "parks", *LAYERS)
    if what == "add":
        shape = moved(_shape(lot, layer))
        middle = shape.centroid
        by_m = lot.rng.uniform(-80, 80, 2) - (middle.x - home.x, middle.y - home.y)
        shape = affinity.translate(shape, *by_m.round(1)) if lot.chance(0.8) else shape
        kind = "primary" if layer == "schools" else layer
        return FacilityChange("add", layer, kind=kind, name="new", shape=shape)
    if what in {"link", "shut"}:
        way = lot.one_of(*case.inputs.network.edges["osm_id"].tolist())
        return _link(lot) if what == "link" else LinkChange("close", way=way)
    if what == "ramp":
        return LinkChange("refit", way=lot.one_of(*steps), tags={"ramp:stroller": "yes"}) if steps else None
    table = case.inputs.layers[layer]
    facility = str(lot.one_of(*table.index))
    shape = {"enlarge": table.geometry[facility].buffer(lot.rng.uniform(10, 80)), "move": moved(_shape(lot, layer))}
    return FacilityChange(
        what, layer, facility, shape=shape.get(what), attributes={"certified": "yes"} if what == "refit" else {}
    )


def _link(lot: Lot) -> Change:
    """Draw a link: from a junction, or from beside a street, over a block or two."""
    kind = lot.one_of(*LINK_TAGS)
    begin = np.array(lot.spot(5.0) if lot.chance(0.3) else 100.0 * lot.rng.integers(0, SIDE, 2))
    end = begin + np.array(lot.one_of((100, 0), (0, 100), (0, 100), (0, 200), (100, 100), (-100, 100), (60, 30)))
    end = np.clip(end, 0, 600) + lot.rng.uniform(-8, 8, 2) * lot.chance(0.3)
    tags = {**LINK_TAGS[kind], **({"ramp:stroller": "yes"} if kind == "stairs" and lot.chance(0.5) else {})}
    return LinkChange("add", kind, shape=moved(LineString([begin.round(1), end.round(1)])), tags=tags)


Sets = Mapping[frozenset[str], BoolArray]
"""Which communities pass with each set of projects."""


@dataclass
class Oracle:
    """Measures every set of projects that may be built; each clause once for the projects that can touch it."""

    town: Terraces
    _known: dict[tuple[str, frozenset[str]], Any] = field(default_factory=dict)
    _networks: dict[frozenset[int], MeasuredCase] = field(default_factory=dict)

    def passed(self, ids: frozenset[str]) -> BoolArray | None:
        """Return which communities pass; None: the set cannot be built."""
        keys = [(clause.id, ids & self._touching[clause.id]) for clause in self._clauses]
        if any(key not in self._known for key in keys):
            try:
                verdicts = self._measured(ids)
            except ScenarioError:
                return None
            for key in keys:
                self._known[key] = verdicts[key[0], "verdict"]
        return self._judged([self._known[key] for key in keys])

    def _measured(self, ids: frozenset[str]) -> Mapping[Any, Any]:
        """Change the streets once for the same links, and then the places."""
        changes = self.town.changes_of(ids)
        links = [change for change in changes if isinstance(change, LinkChange)]
        key = frozenset(change.nth for change in links)
        if key not in self._networks:
            self._networks[key] = changed(self.town.now, links)
        places = [change for change in changes if not isinstance(change, LinkChange)]
        return changed(self._networks[key], places).verdicts

    def measured_anew(self, ids: frozenset[str]) -> BoolArray:
        """Measure a set from the very beginning."""
        after = changed(self.town.now, self.town.changes_of(ids))
        verdicts = measured(after.case, columns=("verdict",)).verdicts
        return self._judged([verdicts[clause.id, "verdict"] for clause in self._clauses])

    def all(self) -> Sets:
        """Return who passes with every set that may be built and can be."""
        sets = {ids: self.passed(ids) for ids in sets_of(self.town.listed)}
        return {ids: passed for ids, passed in sets.items() if passed is not None}

    @cached_property
    def _clauses(self) -> list[Any]:
        return [clause for clause in self.town.case.standard.of_scope("community") if clause.required]

    @cached_property
    def _touching(self) -> dict[str, frozenset[str]]:
        return {
            clause.id: frozenset(
                project.id
                for project in self.town.listed.projects
                if any(isinstance(change, LinkChange) or change.layer == clause.layer for change in project.changes)
            )
            for clause in self._clauses
        }

    def _judged(self, verdicts: list[Any]) -> BoolArray:
        samples, table = self.town.case.samples, np.array(verdicts)
        demand = samples.demand.assign(owner=samples.demand_owner)
        lived_in = demand[demand["owner"] >= 0].groupby("owner")["weight"].sum().reindex(range(len(samples.codes))) > 0
        return np.asarray(lived_in & ~(table == FAILED).any(axis=0) & (table == PASSED).any(axis=0))


def sets_of(listed: Projects) -> Iterator[frozenset[str]]:
    """Yield every set of projects that may be built: with what is required and decided, without what is excluded."""
    projects = listed.projects
    for number in range(2 ** len(projects)):
        ids = frozenset(project.id for nth, project in enumerate(projects) if number >> nth & 1)
        chosen = [project for project in projects if project.id in ids]
        if all(project.id in ids for project in projects if project.decided) and all(
            set(project.requires) <= ids and not set(project.excludes) & ids for project in chosen
        ):
            yield ids


def cost_of(listed: Projects, ids: Iterable[str]) -> float:
    """Return what projects cost."""
    return sum(listed.by_id[project_id].cost for project_id in ids)


def cheapest(listed: Projects, sets: Sets) -> pd.Series:
    """Return the least cost of each number of communities that some set reaches, or exceeds."""
    cost: dict[int, float] = {}
    for ids, passed in sets.items():
        count = int(passed.sum())
        cost[count] = min(cost.get(count, np.inf), cost_of(listed, ids))
    most = max(cost)
    least = np.minimum.accumulate([cost.get(count, np.inf) for count in range(most, -1, -1)])[::-1]
    return pd.Series(least, index=range(most + 1))
