"""The tables that wings hand to each other: their index, their columns, types and units.

Tables are plain pandas and geopandas frames, because that is what the field exchanges. Every stage returns frames that
follow these definitions, and relies on nothing else.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj

from cfgeo.core.strings import KIND_MARK

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

Box = tuple[float, float, float, float]
"""West, south, east, north [degrees]."""

Slope = Literal["tobler", "irmischer-clarke", "campbell", "none"]
Pace = Literal["mean", "v15"]
Direction = Literal["to", "from", "worst"]
"""Choices of ``[walk]``: how slope slows, whose speed counts, and the direction of the walk (worst: the slower)."""

WGS84 = pyproj.CRS("EPSG:4326")  # created once: parsing the name takes milliseconds
DEGREE_DECIMALS = 7
"""Decimals of positions in degrees, a centimetre, as OpenStreetMap keeps them: what is measured is what is written."""
SHOWN_DEGREE_DECIMALS = 6
"""Decimals of positions in degrees that are only shown, a tenth of a metre."""
TOLERANCE = 1e-9
"""Sums and products of floats that should be equal differ by less than this; a value this short of a need meets it."""
SECONDS_PER_MINUTE = 60
SEARCH_MINUTES = 30.0
"""Walks are searched up to here, and streets are read as far; the rest is "more than half an hour"."""
LAND_M = 25.0
"""Land up to this far beside a reached street counts, and is drawn, as reached."""
ISOCHRONE_MINUTES = (5.0, 10.0, 15.0)
"""Walks whose isochrones are drawn and compared, beside the limits of a study."""

AGE_BANDS = ("age_0_2", "age_3_5", "age_6_11", "age_12_17")
"""Columns of children by age in a demand table; ages inclusive."""
COUNT_COLUMNS = (
    *AGE_BANDS, "children", "residents", "capacity", "enrolment", "child_beds", "paediatricians", "child_doctors",
)  # fmt: skip
"""Columns of counts: what their headings say of shares, rates or 万 changes the numbers."""
AREA_M2 = "area_m2"
"""Column of sizes [m²]: their headings may say 亩 or 公顷."""

SWAPPED = "@swapped"
"""Column of places as read, for the checks: longitude and latitude are certainly swapped."""

CLOSED = "@closed"
"""Column of places as read, for the checks: the file had an open ring, which was closed."""

ROW = "@row"
"""Column of facilities: the row of the file, as users count, or the element of OpenStreetMap."""

YES = frozenset((
    "yes", "y", "true", "t", "1", "ok", "√", "✓", "✔", "☑", "✅", "是", "是的", "有", "对",
    "已", "已有", "已认证", "已创建", "已命名", "已授牌", "已建", "已建成", "已设", "已设置", "已配备", "已评定",
    "已通过", "通过", "认证", "达标", "合格", "具备",
))  # fmt: skip
NO = frozenset((
    "no", "n", "false", "f", "0", "×", "✗", "✘", "✕", "✖", "❌", "否", "不", "不是", "无",
    "没", "没有", "未", "未认证", "未创建", "未命名", "未授牌", "未建", "未建成", "未设", "未设置", "未配备", "未评定",
    "未通过", "未达标", "不达标", "不合格", "不具备", "尚未", "暂无", "-", "--", "–", "—", "/", "none",
    "n/a", "",
))  # fmt: skip
"""What cells say for yes and no, without differences of width, capitals and blanks. An empty cell is a no. A word
in neither list is a finding: some people mark a yes with `x`, others a no."""

FEW_HOMES = 5
"""With fewer demand points, each is more than a fifth on average and decides alone whether four fifths are in reach."""

WATER_LAYERS = ("water", "rivers")
"""Layers of areas that nobody can walk through."""
BASE_LAYERS = (*WATER_LAYERS, "blocks")
"""Layers of the base map, which belong to no clause."""
SCHOOLS, CALMING = "schools", "traffic_calming"
"""The layers that school routes read: where children walk to, and what calms traffic."""
COMMUNITIES, STREET_BLOCKS = "communities", "street_blocks"
UNIT_LAYERS = (COMMUNITIES, STREET_BLOCKS)
"""Layers of clauses whose places are the units themselves."""

ZONES = "zones"
ZONE_KINDS = ("core", "network", "circle", "belt", "point")
"""Kinds of zones, in the order of 1核1网2圈3带N点."""

PASSED: Literal["passed"] = "passed"
FAILED: Literal["failed"] = "failed"
NOT_ASSESSED: Literal["not_assessed"] = "not_assessed"
VERDICTS = (PASSED, FAILED, NOT_ASSESSED)

EDGE_COLUMNS = {
    "u": "int32",  # position of the start node in Network.nodes
    "v": "int32",  # position of the end node
    "osm_id": "int64",  # the way that it is cut from (0: none, as across a multipolygon; below 0: a line without id)
    "name": "str",
    "highway": "str",  # OpenStreetMap's class; "" for a plain line
    "form": "str",  # level | steps | lift | escalator
    "oneway": "int8",  # 1: walkers go u → v only, -1: v → u only, 0: both
    "incline": "int8",  # 1: u → v climbs, -1: descends, 0: not known
    "step_count": "float64",  # the edge's share of the steps of its way, by length; NaN: not known
    "ramp": "bool",  # a stroller can be wheeled up these steps
    "structure": "bool",  # bridge, tunnel, covered or on another layer: nobody can step off sideways
    "lift_rides": "float64",  # lift rides along the edge (0.5: half a ride)
    "length_m": "float64",
    "slope_tag": "float64",  # mapped rise over run from u to v (`incline=12%`); NaN: not mapped
    "narrow": "bool",  # a stroller does not get through: a stile, a turnstile, or `stroller=no`
    "trail": "int8",  # how hard a mountain path is: position in TRAILS
    "footway": "bool",  # walkers have a sidewalk, or `foot` opens the road to them
    "signal_waits": "float64",  # waits at signals along the edge (0.5: half a wait)
    "crossing_waits": "float64",  # waits where a big road is crossed without signals
    "rise_m": "float64",  # height of v above u, as walked; 0: level, or not known
    "climb_m": "float64",  # metres that u → v climbs
    "descent_m": "float64",  # metres that u → v descends
    "flight_m": "float64",  # rise of the whole flight of steps; 0: no steps, or not known
    "capped_m": "float64",  # length on which the raster is steeper than a street can be
    "slope_forward": "float64",  # seconds from u to v as a multiple of the level ones; 1 on stairs
    "slope_backward": "float64",  # the same from v to u
    "across": "bool",  # a way across a square, which no line of the map shows; it counts for no length of street
}
"""Columns of ``Network.edges`` beside ``geometry`` (LineString from u to v), with their types."""

_USUAL = {"str": "", "bool": False, "form": "level", "step_count": np.nan, "slope_tag": np.nan}
_USUAL |= {"slope_forward": 1.0, "slope_backward": 1.0, "storey": "0:0"}


def usual(column: str) -> Any:
    """Return the value of a column of ``EDGE_COLUMNS`` where nothing is known: that of a level street."""
    return _USUAL.get(column, _USUAL.get(EDGE_COLUMNS.get(column, ""), 0))


LEVEL, STEPS, LIFT, ESCALATOR = "level", "steps", "lift", "escalator"
"""Forms of edges."""
TRAILS = ("strolling", "hiking", "mountain_hiking", "demanding_mountain_hiking", "alpine_hiking",
          "demanding_alpine_hiking", "difficult_alpine_hiking", "via_ferrata")  # fmt: skip
"""Grades of mountain paths, the easiest first: the values of ``sac_scale``, and paths with ladders and ropes. Streets
and paths without a grade are as easy as the first."""
PATHS = ("pedestrian", "footway", "path", "steps", "corridor", "platform", "track", "bridleway", "cycleway",
         "elevator")  # fmt: skip
NO_ROADS = (*PATHS, "")
"""Classes of edges that are not roads: paths, lifts, and plain lines, which have none."""
WALK_PARTS = ("level", "uphill", "downhill", "stairs", "lift", "wait", "off_network")
"""What the minutes of a walk are spent on; ``lift`` includes escalators."""


@dataclass(frozen=True)
class StreetAreas:
    """Walkable areas, such as squares, as the lines of their outlines and holes.

    Attributes
    ----------
    table : pandas.DataFrame
        A row for each area, with the columns of ``StreetWays.ways``.
    area, way : numpy.ndarray
        The row of the area that a line belongs to, and the id of the line's way (lines).
    hole : numpy.ndarray
        Whether it bounds a hole (lines).
    node_ids, x, y, offsets : numpy.ndarray
        The nodes of all lines, as in :class:`StreetWays`.
    """

    table: pd.DataFrame
    area: IntArray
    way: IntArray
    hole: BoolArray
    node_ids: IntArray
    x: FloatArray
    y: FloatArray
    offsets: IntArray


@dataclass(frozen=True)
class StreetWays:
    """Walkable ways of OpenStreetMap, or lines, as read from a file, before they are cut at junctions.

    Attributes
    ----------
    ways : pandas.DataFrame
        A row for each run of nodes; the columns of ``EDGE_COLUMNS`` that describe a way, and ``storey`` (texts of
        :func:`cfgeo.files.osm.areas.storey`). A way of the file has several runs if nodes in between are missing.
    node_ids, x, y : numpy.ndarray
        The nodes of all runs, one run after the other; positions in ``crs``.
    offsets : numpy.ndarray
        Run i has the nodes ``offsets[i]:offsets[i + 1]``.
    lifts : numpy.ndarray
        Ids of nodes that are lifts.
    crs : str or pyproj.CRS
        The CRS of ``x`` and ``y``.
    signals : numpy.ndarray
        Ids of nodes where walkers wait at signals.
    shut : pandas.Series
        Ends of ways at barriers that nobody may pass, by their ids, where no two ways meet: the id of the barrier.
    findings : tuple of dict
        What reading the file found, as :func:`cfgeo.core.findings.finding` gives it, without places (``at``).
    areas : StreetAreas, optional
        Areas that walkers cross. Their outlines are ways as well.
    closed : StreetWays, optional
        Ways of the same file that nobody may walk along, as they would be once they are opened on foot; their table has
        ``closed`` too, the tag that closes each. Gates on them keep their ids, and are open.
    """

    ways: pd.DataFrame
    node_ids: IntArray
    x: FloatArray
    y: FloatArray
    offsets: IntArray
    lifts: IntArray
    crs: str | pyproj.CRS = WGS84
    signals: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    shut: pd.Series = field(default_factory=lambda: pd.Series(dtype=np.int64))
    findings: tuple[dict[str, Any], ...] = ()
    areas: StreetAreas | None = None
    closed: "StreetWays | None" = None

    def only(self, runs: BoolArray) -> "StreetWays":
        """Return some of the runs alone; what does not belong to single runs stays as it is."""
        sizes = np.diff(self.offsets)
        vertex = np.repeat(runs, sizes)
        return replace(
            self,
            ways=self.ways[runs].reset_index(drop=True),
            node_ids=self.node_ids[vertex],
            x=self.x[vertex],
            y=self.y[vertex],
            offsets=np.r_[0, np.cumsum(sizes[runs])],
        )


@dataclass(frozen=True, repr=False)
class Network:
    """A walking network.

    Attributes
    ----------
    nodes : pandas.DataFrame
        RangeIndex; ``osm_id`` (unique; negative where the file has none), ``x``, ``y`` in the metric CRS [m],
        ``component`` (0 is the longest), ``height_m`` (NaN: not known), ``shut`` (the id of the barrier at which a
        street ends, 0: none).
    edges : geopandas.GeoDataFrame
        RangeIndex; ``EDGE_COLUMNS`` and ``geometry``. An edge is a single row and is walked in both directions
        unless ``oneway`` says otherwise. Every geometry is simple and open. Lifts have no length, nor have edges
        between two nodes at the same position.
    relief : dict
        Where heights come from, ready for JSON: ``slope`` (the function; "none": level except for stairs), ``known``
        (share of nodes with a height), ``rasters`` (number of rasters used), ``feet`` (names of those in feet). Empty:
        heights were not looked up.
    findings : tuple of dict
        What reading its file found: that of :class:`StreetWays`. It is kept with the network in the cache.
    """

    nodes: pd.DataFrame
    edges: gpd.GeoDataFrame
    relief: dict[str, Any] = field(default_factory=dict)
    findings: tuple[dict[str, Any], ...] = ()

    def __repr__(self) -> str:
        """Return a summary in one line."""
        slope, known = self.relief.get("slope", "none"), self.relief.get("known", 0.0)
        sizes = f"{len(self.nodes)} nodes, {len(self.edges)} edges, {self.length_km():.1f} km"
        return f"<Network: {sizes}, {self.edges.crs.to_string()}, {slope if known else 'level'}>"

    @property
    def main(self) -> BoolArray:
        """Whether an edge lies on the longest component (edges)."""
        component = self.nodes["component"].to_numpy()
        return np.asarray(component[self.edges["u"].to_numpy()] == 0)

    @property
    def street_m(self) -> FloatArray:
        """The length of each edge as a street, 0 across squares [m] (edges)."""
        return np.where(self.edges["across"].to_numpy(), 0.0, self.edges["length_m"].to_numpy())

    def length_km(self, *, main_only: bool = False) -> float:
        """Return the length of all streets, or of those on the longest component [km]."""
        length_m = self.street_m
        return float(length_m[self.main].sum() if main_only else length_m.sum()) / 1000


@dataclass(frozen=True)
class Positions:
    """Where points, areas or lines meet the network: stretches of edges.

    Attributes
    ----------
    item : numpy.ndarray
        The snapped geometry, by its position in the caller's table. A point has at most one row, an area or a line
        has a row for each stretch inside it. Geometries too far away have none.
    edge : numpy.ndarray
        Position of the edge in ``Network.edges``.
    start, end : numpy.ndarray
        The stretch as shares of the edge's length, 0 ≤ start ≤ end ≤ 1; equal for a point.
    leg_m : numpy.ndarray
        The leg off the network [m].
    """

    item: IntArray
    edge: IntArray
    start: FloatArray
    end: FloatArray
    leg_m: FloatArray

    def __len__(self) -> int:
        return len(self.item)

    @classmethod
    def concat(cls, *parts: "Positions") -> "Positions":
        """Return the rows of all parts, one part after the other."""
        return cls(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)))

    def take(self, rows: IntArray | BoolArray) -> "Positions":
        """Return some of the rows, by position or mask."""
        return Positions(self.item[rows], self.edge[rows], self.start[rows], self.end[rows], self.leg_m[rows])


@dataclass(frozen=True)
class InputFile:
    """A file that a run has read; ``read`` has the study's choices for it: datum, columns, filters."""

    role: str
    path: str
    sha256: str
    size: int
    source: str = ""
    date: str = ""
    licence: str = ""
    read: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, repr=False)
class Inputs:
    """A study's data, all in one metric CRS.

    Attributes
    ----------
    communities : geopandas.GeoDataFrame
        Index ``code`` (str, unique); ``community``, ``street_office``, ``area_m2``, optional ``residents``;
        polygons.
    demand : geopandas.GeoDataFrame
        RangeIndex; points where children live; ``weight`` and, where the study knows them, ``AGE_BANDS``.
        ``demand_basis`` says what a weight is.
    layers : dict of str to geopandas.GeoDataFrame
        Declared layer → its facilities: index ``facility`` (str, unique over all layers), ``layer``, ``kind``,
        ``name``, optional ``capacity``, ``certified`` and others; any geometry.
    network : Network
    findings : pandas.DataFrame
    files : tuple of InputFile
    demand_basis : str
        ``children`` (numbers of children), ``residents``, ``floor_area`` [m²], ``count`` (of points) or
        ``street_length`` [m].
    crs : str
        The metric CRS.
    as_of : datetime.date
        The day for which the study is judged: what was certified later does not count.
    demand_headings : tuple of str
        All columns of the files of the demand.
    blocks : geopandas.GeoDataFrame, optional
        Street blocks with polygons of their own (not the base map's layer of city blocks): index ``block`` (str,
        unique), ``name``, and what their file adds. None: the street offices are the blocks.
    zones : geopandas.GeoDataFrame, optional
        Zones laid over the study: index ``zone`` (str), ``name``, ``kind`` (of ``ZONE_KINDS``, or ``zone``), ``title``,
        ``near_m`` (what lies so near to a line or point belongs to it; NaN for areas), ``layout`` (the title of all).
    community_answers : pandas.DataFrame
        What the file of the communities adds, such as ``certified``, on their index.
    reported : pandas.DataFrame
        ``cfgeo.core.results.REPORTED_COLUMNS``: figures by year, area and sex; empty where the study has none.
    """

    communities: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    layers: dict[str, gpd.GeoDataFrame]
    network: Network
    findings: pd.DataFrame
    files: tuple[InputFile, ...]
    demand_basis: str
    crs: str
    as_of: dt.date
    cached: bool = False
    demand_headings: tuple[str, ...] = ()
    blocks: gpd.GeoDataFrame | None = None
    zones: gpd.GeoDataFrame | None = None
    community_answers: pd.DataFrame = field(default_factory=pd.DataFrame)
    reported: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __repr__(self) -> str:
        """Return a summary in one line: the tables have thousands."""
        sizes = f"{len(self.communities)} communities, {len(self.demand)} homes, {len(self.layers)} layers"
        return f"<Inputs: {sizes}, {len(self.network.edges)} edges, {self.crs}, {len(self.findings)} findings>"

    @property
    def dates(self) -> dict[str, str]:
        """Return the date of each role's file, or the dates of its files."""
        dates: dict[str, dict[str, None]] = {}
        for file in self.files:
            if file.date:
                dates.setdefault(file.role, {})[file.date] = None
        return {role: ", ".join(each) for role, each in dates.items()}


def is_of_kinds(column: pd.Series, kinds: Collection[str]) -> BoolArray:
    """Return which places are of one of some kinds; all are where no kind is named.

    Parameters
    ----------
    column
        The kind of each place, or its kinds with ``KIND_MARK`` between them (n).
    kinds
        What is asked for.
    """
    if not kinds:
        return np.ones(len(column), dtype=bool)
    among = [kind for kind in column.unique() if not set(kinds).isdisjoint(str(kind).split(KIND_MARK))]
    return column.isin(among).to_numpy()
