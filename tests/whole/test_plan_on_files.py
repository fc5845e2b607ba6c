"""A plan's verdicts are those of a full run on files that somebody has edited as the plan says, on real streets.

Not a module's own tests, but an oracle for all that plans stand on. The editor reads the plan's projects and where
links join the streets, as an office would, and edits tables and the OpenStreetMap file with nothing of what measures.
"""

import importlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, Point
from worlds.osm_files import OsmFile
from worlds.scenarios import SECONDS, by_hand, rows_of
from worlds.studies import edited

from cfgeo import FacilityChange, LinkChange, Study
from cfgeo.assess.case import Case
from cfgeo.core.plan import Plan, PlanChoices
from cfgeo.core.projects import Projects
from cfgeo.core.results import Verdicts
from cfgeo.core.scenario import LINK_TAGS, Change
from cfgeo.core.schema import ROW, WGS84
from cfgeo.files.osm.tags import SIGNAL_ROADS
from cfgeo.pipeline.case import load_case
from cfgeo.plan.planning import find_plan
from cfgeo.scenarios.draw_links import Junction
from cfgeo.scenarios.lists.projects import load_projects
from cfgeo.scenarios.remeasure import MeasuredCase, changed, measured
from cfgeo.scenarios.street_edits import streets_of

Compare = Callable[[Study, Case], Plan]
ROOT = Path(__file__).resolve().parents[2]
ABOUT: dict[str, Any] = {
    "title": "t",
    "status": "approximate",
    "standard": {"title": "s", "title_en": "s"},
    "slope": "tobler",
    "dates": {},
}
AT_ONE_NODE_M = 1.0
"""Vertices of a link nearer than this to where it is joined are that node, as docs/scenarios.md says."""


class Editor:
    """Edits the files of a copied study.

    Parameters
    ----------
    folder
        Where the copy is.
    study, case
        The study before any edit: what ids and names mean, and the metric CRS.
    junctions
        Where new links are joined, as cfgeo announces it.
    """

    def __init__(self, folder: Path, study: Study, case: Case, junctions: Iterable[Junction]) -> None:
        self.folder, self.study, self.case, self.junctions = folder, study, case, tuple(junctions)
        self.osm = OsmFile.read(folder / str(study.network.path))
        self.new_nodes: dict[int, int] = {}  # the number that a new one was announced with → that in the file
        self.new_ways: dict[int, int] = {}
        self.tables: dict[str, pd.DataFrame] = {}  # by the rows that a spreadsheet shows
        self.features: dict[str, list[Any]] = {}

    def edit(self, changes: Sequence[Change], announced: Iterable[int]) -> None:
        """Make changes, shapes in WGS-84; streets are closed and refitted before new ones are drawn.

        ``announced`` has the numbers that new ways go by in ``junctions``, in their order.
        """
        links = [change for change in changes if isinstance(change, LinkChange)]
        for change in links:
            if change.action != "add":
                self._edit_ways(change)
        added = [change for change in links if change.action == "add"]
        for change, number in zip(added, announced, strict=True):
            self.new_ways[number] = self._draw(change)
        places = [change for change in changes if isinstance(change, FacilityChange)]
        for layer in {change.layer for change in places if change.shape is not None and change.shape.area > 0}:
            self._make_room_for_areas(layer)
        for change in places:
            self._edit_facility(change)
        self._write()

    def _write(self) -> None:
        self.osm.write(self.folder / str(self.study.network.path))
        for name, table in self.tables.items():
            table.to_csv(self.folder / name, index=False, encoding="utf-8")
        for name, features in self.features.items():
            body = {"type": "FeatureCollection", "features": [feature for feature in features if feature]}
            (self.folder / name).write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")

    # --- streets -----------------------------------------------------------------------------------------------

    def _edit_ways(self, change: LinkChange) -> None:
        meant = [
            tags
            for way, tags in self.osm.way_tags.items()
            if "highway" in tags and (way == change.way or (change.street and tags.get("name") == change.street))
        ]
        assert meant
        meant += [
            tags for _, tags in self.osm.relations.values() if "highway" in tags and change.street == tags.get("name")
        ]
        for tags in meant:
            if change.action == "close":
                tags["razed:highway"] = tags.pop("highway")  # as mappers do: the way may bound a ward, too
            tags.update(change.tags)

    def _draw(self, change: LinkChange) -> int:
        """Draw a new way through where it is joined and its own vertices, in the order in which they lie along it."""
        nodes = [self._node_of(junction) for junction in self.junctions if junction.nth == change.nth]
        joined, own = self._metres([self.osm.nodes[node] for node in nodes]), shapely.get_coordinates(change.shape)
        line = LineString([joined[0], *(metres := self._metres(own)), joined[-1]])
        along = {line.project(Point(xy)): node for xy, node in zip(joined[1:-1], nodes[1:-1], strict=True)}
        along |= {0.0: nodes[0], line.length: nodes[-1]}
        inner = {line.project(Point(xy)): at for xy, at in zip(metres, own, strict=True)}
        for here, (lon, lat) in inner.items():
            if min(abs(here - there) for there in list(along)) > AT_ONE_NODE_M:
                along[here] = self.osm.add_node(round(lon, 7), round(lat, 7))
        if change.tags.get("crossing") == "traffic_signals":
            for node in nodes:
                self.osm.node_tags[node] |= {"highway": "crossing", "crossing": "traffic_signals"}
        return self.osm.add_way(list(dict.fromkeys(along[here] for here in sorted(along))), change.tags)

    def _node_of(self, junction: Junction) -> int:
        """Return the node of a junction, put into its way where it is new."""
        way = self.new_ways.get(junction.way, junction.way)
        if junction.node in self.osm.ways[way] and junction.node not in self.new_nodes:
            return junction.node
        if junction.node not in self.new_nodes:
            self.new_nodes[junction.node] = self.osm.add_node(junction.lon, junction.lat)
        node = self.new_nodes[junction.node]
        if node not in self.osm.ways[way]:
            self.osm.put_into(way, node)
        return node

    def _metres(self, degrees: Any) -> Any:
        points = gpd.GeoSeries(shapely.points(np.asarray(degrees)), crs=WGS84).to_crs(self.case.inputs.crs)
        return shapely.get_coordinates(points.to_numpy())

    # --- facilities --------------------------------------------------------------------------------------------

    def _make_room_for_areas(self, layer: str) -> None:
        """Turn a layer that is a part of a table of points into a file that can hold areas."""
        (source,) = self.study.layers[layer]
        if source.osm is not None or not str(source.path).endswith(".csv"):
            return
        table = self._table(str(source.path))
        for column, wanted in source.where.items():
            table = table[table[column].isin(wanted)]
        self.features[f"{layer}.geojson"] = [
            _feature(Point(float(row["lon"]), float(row["lat"])), {**row.drop(["lon", "lat"])})
            for _, row in table.iterrows()
        ]
        edited(self.folder / "study.toml", f'[layers.{layer}]\npath = "{source.path}"\n',
               f'[layers.{layer}]\npath = "{layer}.geojson"\n')  # fmt: skip

    def _edit_facility(self, change: FacilityChange) -> None:
        (source,), layer = self.study.layers[change.layer], self.case.inputs.layers[change.layer]
        at = -1
        if change.action != "add":
            (at,) = np.flatnonzero((layer["name"] == change.facility) | (layer.index == change.facility))
        row = "" if at < 0 else layer[ROW].iloc[at]
        columns = {column: wanted[0] for column, wanted in source.where.items()}
        own = {**columns, "kind": change.kind, "name": change.name} if change.action == "add" else {}
        facts = {**own, **{key: f"{value}" for key, value in change.attributes.items()}}
        if source.osm is not None:
            (key, values), *_ = source.osm.items()
            self._edit_element(change, str(row), {key: values[0]}, facts)
        elif (file := f"{change.layer}.geojson") in self.features or str(source.path).endswith(".geojson"):
            self._edit_feature(change, file if file in self.features else str(source.path), at, facts)
        else:
            where = {column: wanted[0] for column, wanted in source.where.items()}
            self._edit_row(change, str(source.path), row, {**where, **facts})

    def _edit_element(self, change: FacilityChange, element: str, tags: dict[str, str], facts: dict[str, str]) -> None:
        """Edit a facility that is an element of the OpenStreetMap file: its key says that it is one."""
        (key,) = tags
        old = self.osm.tags(element) if element else {}
        if change.action == "refit" or (change.shape is None and change.action == "enlarge"):
            old |= facts
            return
        if old:
            tags = {tag: old[tag] for tag in (key, "name") if tag in old}
            old[f"disused:{key}"] = old.pop(key, "")
        if change.action != "close":
            self.osm.add_shape(change.shape, {**tags, **facts})

    def _edit_feature(self, change: FacilityChange, file: str, at: int, facts: dict[str, str]) -> None:
        if file not in self.features:
            self.features[file] = json.loads((self.folder / file).read_text(encoding="utf-8"))["features"]
        features = self.features[file]
        if change.action == "add":
            features.append(_feature(change.shape, facts))
        elif change.action == "close":
            features[at] = None
        else:
            features[at]["properties"] |= facts
            if change.shape is not None:
                features[at]["geometry"] = change.shape.__geo_interface__

    def _edit_row(self, change: FacilityChange, file: str, row: Any, facts: dict[str, str]) -> None:
        table = self._table(file)
        if change.action == "close":
            self.tables[file] = table.drop(index=row)
            return
        if change.shape is not None:
            facts = {**facts, "lon": repr(change.shape.x), "lat": repr(change.shape.y)}
        row = 1 + table.index.max() if change.action == "add" else row
        for column, value in facts.items():
            table.loc[row, column] = value

    def _table(self, file: str) -> pd.DataFrame:
        if file not in self.tables:
            self.tables[file] = rows_of(self.folder / file)
            self.tables[file].index += 2  # the headings stand in row 1
        return self.tables[file]


def _feature(shape: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": shape.__geo_interface__}


@pytest.fixture(scope="module")
def scripts() -> dict[str, ModuleType]:
    """Return the modules of the script that makes reserve lists."""
    names = ("make_projects", "default_data.project_changes", "default_data.project_ideas")
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.pop(0)


def reserve_list(scripts: dict[str, ModuleType], now: MeasuredCase, path: Path) -> Projects:
    """Return a list with every kind of change: what is no new place is decided, so that the plan holds it."""
    ideas = scripts["default_data.project_ideas"].Ideas(now, np.random.default_rng(8))
    own, code = scripts["default_data.project_ideas"].Draft, now.case.inputs.communities.index[0]
    drafts = [own(f"own {nth}", 5, changes, code) for nth, changes in enumerate(street_changes(now, ideas.lon_lat))]
    project_changes = scripts["default_data.project_changes"]
    drafts += [*project_changes.refits(ideas, 2), *project_changes.altered(ideas, 7)]
    for draft in drafts:
        draft.decided = True
    drafts += ideas.needed(8)
    table = scripts["make_projects"].table(drafts)
    table["street"] = [change.get("street", "") for draft in drafts for change in draft.changes]
    table.to_csv(path, index=False, encoding="utf-8")
    return load_projects(path)


def street_changes(now: MeasuredCase, spots: Any) -> list[list[dict[str, Any]]]:
    """Return projects that change streets in every way."""
    edges, rng = now.case.inputs.network.edges, np.random.default_rng(3)
    metric = gpd.GeoSeries(gpd.points_from_xy(*spots.T), crs=WGS84).to_crs(edges.crs)

    big = edges.geometry[edges["highway"].isin(SIGNAL_ROADS) & ~edges["structure"]].to_numpy()

    def between(length_m: float, *, across: bool) -> str:
        while True:
            first = int(rng.integers(len(spots)))
            other = int(np.argmin(np.abs(metric.distance(metric.iloc[first]) - length_m)))
            if not across or shapely.crosses(big, LineString(metric.iloc[[first, other]].tolist())).any():
                return LineString(spots[[first, other]]).wkt

    links = [
        {"action": "add", "link": link, "tags": tags, "wkt": between(length_m, across="signals" in tags)}
        for link, length_m, tags in LINKS
    ]
    middle = shapely.from_wkt(links[0]["wkt"]).centroid
    bent = LineString([(middle.x, middle.y), (middle.x + 5e-4, middle.y + 1e-4), spots[rng.integers(len(spots))]])
    links.append({"action": "add", "link": "footbridge", "wkt": bent.wkt})  # from the middle of another
    district = shapely.union_all(now.case.inputs.communities.geometry.to_numpy())
    inside = edges[edges.within(district) & (edges["length_m"] > 30)]
    steps = inside.loc[(inside["form"] == "steps") & (inside["name"] == ""), "osm_id"].unique()
    turned, shut = rng.choice(steps, 2, replace=False).tolist()
    streets = inside.loc[inside["highway"].isin(["residential", "service", "tertiary"]) & (inside["name"] != "")]
    changed_ways = [
        {"action": "close", "way": shut},
        {"action": "refit", "way": turned, "tags": "highway=footway; oneway:foot=yes"},
        {"action": "close", "street": streets["name"].iloc[0]},
    ]
    return [[change] for change in (*links, *changed_ways)] + closed_walkway(now)


LINKS = [
    ("walkway", 300, ""), ("stairs", 80, "step_count=90; incline=up"), ("ramp", 100, "ramp:stroller=yes"),
    ("lift", 60, ""), ("escalator", 90, "conveying=backward"), ("footbridge", 150, ""),
    ("crossing", 70, "crossing=traffic_signals"), ("walkway", 500, ""), ("gate", 50, ""),
]  # fmt: skip
"""What is drawn, how long it is [m], and its tags."""


def closed_walkway(now: MeasuredCase) -> list[list[dict[str, Any]]]:
    """Return a walkway that is closed: as a street and, where that layer comes from the streets' file, as a place."""
    layer = now.case.inputs.layers.get("walkways")
    if layer is None:
        return []
    name = layer["name"].iloc[0]
    return [[{"action": "close", "street": name}, {"action": "close", "layer": "walkways", "facility": name}]]


@pytest.fixture
def compared(scripts: dict[str, ModuleType], tmp_path: Path) -> Compare:
    """Check that a plan's verdicts are those of a run on files that are edited as the plan says."""

    def compare(study: Study, case: Case) -> Plan:
        streets = streets_of(study, case)
        now = measured(case, streets=streets, columns=("verdict",))
        listed = reserve_list(scripts, now, tmp_path / "projects.csv")
        plan = find_plan(case, listed, PlanChoices(target=1.0, seconds=1.0), streets=streets, about=ABOUT)
        decided = {project.id for project in listed.projects if project.decided}
        chosen = set(plan.built.index) - decided
        done = changed(now, (*plan.listed.changes_of(decided), *plan.listed.changes_of(chosen)))
        edges = done.case.inputs.network.edges
        drawn = set(edges.loc[edges["length_m"] > 0, "osm_id"]) - set(case.inputs.network.edges["osm_id"])

        def edit(folder: Path) -> None:
            editor = Editor(folder, study, case, done.junctions)
            editor.edit((*listed.changes_of(decided), *listed.changes_of(chosen)), sorted(map(int, drawn)))

        assert study.file is not None
        assert_found(plan, by_hand(study.file, tmp_path / "edited", writable, edit))
        return plan

    return compare


def writable(folder: Path) -> None:
    """Let a copy of read-only files be written."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def assert_found(plan: Plan, run: Verdicts) -> None:
    """Check that a run finds what a plan says: verdicts exactly, shares to 1e-9, walks to a millionth of a second."""
    assert plan.district_after == run.district
    for table, expected in ((plan.after, run.communities), (plan.coverage_after, run.coverage)):
        assert table.columns.tolist() == expected.columns.tolist()
        assert table.index.tolist() == expected.index.tolist()
        for name in table.columns.drop("geometry", errors="ignore"):
            if table[name].dtype == float:
                atol = SECONDS / 60 if "minutes" in name else 1e-9
                np.testing.assert_allclose(table[name], expected[name], rtol=0, atol=atol, err_msg=name)
            else:
                assert table[name].tolist() == expected[name].tolist(), name


@pytest.mark.shared
def test_in_monaco(compared: Compare, monaco_study: Study, monaco_case: Case) -> None:
    assert_all_kinds(compared(monaco_study, monaco_case))


@pytest.mark.shared
def test_in_yuzhong(compared: Compare, yuzhong_study: Study) -> None:
    assert_all_kinds(compared(yuzhong_study, load_case(yuzhong_study)))


def test_in_the_default_study(compared: Compare, default_study: Study, default_case: Case) -> None:
    assert_all_kinds(compared(default_study, default_case))


def assert_all_kinds(plan: Plan) -> None:
    """Check that a plan is worth the comparison: something of every kind is built, and verdicts change."""
    built = [change for project in plan.listed.projects if project.id in plan.built.index for change in project.changes]
    assert {change.action for change in built} == {"add", "move", "close", "enlarge", "refit"}
    assert {change.link for change in built if isinstance(change, LinkChange)} >= {*LINK_TAGS}
    assert (plan.built["status"] == "chosen").sum() > 2
    assert (plan.coverage_before["verdict"] != plan.coverage_after["verdict"]).sum() > 5
