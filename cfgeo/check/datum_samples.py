"""Samples for the datum tests: where points of a table lie in each datum, beside the streets and the district.

The streets and the district are the reference map. The statistic of a point is its nearest-neighbour distance to a
street, as a logarithm; lying outside the district and away from the area that its name holds add to it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from cfgeo.check.landmarks import NO_MATCHES, NameMatches
from cfgeo.core.schema import WGS84, BoolArray, FloatArray
from cfgeo.core.shapes import is_finite
from cfgeo.files.positions.datum import Floats, LonLat, from_wgs84, to_wgs84

DATUMS = ("wgs84", "gcj02", "bd09")
OUTSIDE_PENALTY = 1.5
"""What lying outside the district counts, as the logarithm of a distance."""
_AROUND_M = 1200.0
"""Points farther from the district are no evidence: streets are read around it only. About the widest shift."""
_MOST_POINTS = 2000
"""More points add no evidence: of a larger table every n-th is tested (systematic sampling)."""
_DOOR_M = 10.0
"""Differences of this size at a door say nothing about a datum."""
_NO_STREET_M = 500.0
"""Beyond this a street is no longer a place's own: what lies east of all streets comes nearer by any move west."""
_BORDER_M = 50.0


@dataclass(frozen=True)
class Declared:
    """A table, the district or the streets, with the datum that the study declares for it.

    Attributes
    ----------
    shapes : numpy.ndarray
        Its geometries in the study's CRS, brought there from ``datum``.
    datum : str
        The declared datum.
    sure : bool
        The datum is beyond doubt, as with OpenStreetMap's own data.
    areas : numpy.ndarray or None
        For each shape the area whose name its own name holds, or None.
    file : str
        The file that it comes from: all that one file holds is in one datum.
    matches : NameMatches
        Its places that are named after a landmark of the map.
    """

    shapes: Any
    datum: str
    sure: bool = False
    areas: Any = None
    file: str = ""
    matches: NameMatches = NO_MATCHES


@dataclass(frozen=True)
class ReferenceMap:
    """The streets and the district that points are compared with.

    Attributes
    ----------
    streets : shapely.STRtree
    district : shapely.Geometry
    crs : pyproj.CRS
        Of both.
    middle : shapely.Point, optional
        Where shifts are measured: the centroid of the first district, so that a shift has one length in all findings.
    """

    streets: shapely.STRtree
    district: Any
    crs: Any
    middle: Any = None

    def __post_init__(self) -> None:
        shapely.prepare(self.district)
        if self.middle is None:
            object.__setattr__(self, "middle", shapely.centroid(self.district))

    def shifted(self, shapes: Any, declared: str, likely: str) -> Any:
        """Return where shapes lie that were read as being in one datum and are in another."""
        if declared == likely:
            return shapes
        degrees = gpd.GeoSeries(shapes, crs=self.crs).to_crs(WGS84).to_numpy()
        reread = shapely.transform(degrees, _on_columns(partial(_reread, declared=declared, likely=likely)))
        return gpd.GeoSeries(reread, crs=WGS84).to_crs(self.crs).to_numpy()

    def with_district_in(self, declared: str, likely: str) -> "ReferenceMap":
        """Return the map with the district where it lies in another datum than declared."""
        return replace(self, district=self.shifted(np.array([self.district]), declared, likely)[0])

    def shift_m(self, declared: str, likely: str) -> float:
        """Return how far apart two datums are in the district [m]."""
        middle = np.array([self.middle])
        return float(shapely.distance(middle, self.shifted(middle, declared, likely))[0])

    def street_m(self, points: Any) -> FloatArray:
        """Return the distance from each point to its nearest street [m]."""
        return np.asarray(self.streets.query_nearest(points, return_distance=True, all_matches=False)[1])

    def inside(self, points: Any) -> BoolArray:
        """Return whether each point lies in the district."""
        return np.asarray(shapely.intersects(self.district, points))


@dataclass(frozen=True)
class Sample:
    """Points of a table as they lie in each datum.

    Attributes
    ----------
    datum : str
        The declared datum.
    points : dict of str to numpy.ndarray
        A datum → where the points lie if they are in it.
    street_m : dict of str to numpy.ndarray
        A datum → how far each point then lies from its nearest street [m].
    areas : numpy.ndarray
        For each point the area whose name its own name holds, or None.
    """

    datum: str
    points: Mapping[str, Any]
    street_m: Mapping[str, FloatArray]
    areas: Any

    def __len__(self) -> int:
        return len(self.areas)

    @property
    def declared(self) -> str:
        """The declared datum, as one of ``DATUMS``."""
        return canonical(self.datum)

    def without_areas(self) -> "Sample":
        """Return the sample as one whose names hold no area's."""
        return replace(self, areas=np.full(len(self), None))

    def street_gains(self) -> dict[str, FloatArray]:
        """Return how much nearer to a street each point lies in each other datum, as logarithms."""
        now = log_street_distance(self.street_m[self.declared])
        return {datum: now - log_street_distance(self.street_m[datum]) for datum in alternatives(self.datum)}

    def gains(self, reference: ReferenceMap) -> dict[str, FloatArray]:
        """Return how much better each point fits the map in each other datum, as logarithms."""
        now = self._misfit(reference, self.declared)
        return {datum: now - self._misfit(reference, datum) for datum in alternatives(self.datum)}

    def _misfit(self, reference: ReferenceMap, datum: str) -> FloatArray:
        points = self.points[datum]
        outside = OUTSIDE_PENALTY * ~reference.inside(points)
        return log_street_distance(self.street_m[datum]) + outside + log_area_distance(points, self.areas)


def sample_tables(reference: ReferenceMap, tables: Mapping[str, Declared]) -> dict[str, Sample]:
    """Return a sample of each table: inner points of its shapes around the district, at most some 2,000 of them.

    Tables without a shape there are left out. Tables of one declared datum are shifted in one go.
    """
    around = shapely.buffer(reference.district, _AROUND_M)
    shapely.prepare(around)
    points: dict[str, Any] = {}
    areas: dict[str, Any] = {}
    for name, table in tables.items():
        rows = _rows_around(table.shapes, around)
        if len(rows):
            points[name] = shapely.point_on_surface(table.shapes[rows])
            areas[name] = np.full(len(rows), None) if table.areas is None else table.areas[rows]
    samples: dict[str, Sample] = {}
    for declared in {tables[name].datum for name in points}:
        names = [name for name in points if tables[name].datum == declared]
        together = np.concatenate([points[name] for name in names])
        shifted = {datum: reference.shifted(together, canonical(declared), datum) for datum in DATUMS}
        street_m = {datum: reference.street_m(there) for datum, there in shifted.items()}
        ends = np.cumsum([len(points[name]) for name in names])
        for name, start, end in zip(names, [0, *ends], ends, strict=False):
            own, own_m = ({datum: of[datum][start:end] for datum in DATUMS} for of in (shifted, street_m))
            samples[name] = Sample(declared, own, own_m, areas[name])
    return {name: samples[name] for name in points}


def _rows_around(shapes: Any, around: Any) -> Any:
    """Return the rows of the shapes around the district, every n-th of very many."""
    kept = is_finite(shapes)
    kept[kept] = shapely.intersects(around, shapes[kept])
    rows = np.flatnonzero(kept)
    return rows[:: max(1, len(rows) // _MOST_POINTS)]


def concat_samples(samples: Iterable[Sample]) -> Sample:
    """Return the samples of several tables of one declared datum as one."""
    parts = list(samples)
    points, street_m = (
        {datum: np.concatenate([getattr(part, field)[datum] for part in parts]) for datum in DATUMS}
        for field in ("points", "street_m")
    )
    return Sample(parts[0].datum, points, street_m, np.concatenate([part.areas for part in parts]))


def tables_by_file(tables: Mapping[str, Declared]) -> dict[str, list[str]]:
    """Return the tables of each file that has several of one declared datum."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, table in tables.items():
        if table.file and not table.sure:
            groups.setdefault((table.file, table.datum), []).append(name)
    return {file: names for (file, _), names in groups.items() if len(names) > 1}


def canonical(datum: str) -> str:
    """Return a datum as one of ``DATUMS``: CGCS2000 is WGS-84 to well below a metre."""
    return "wgs84" if datum == "cgcs2000" else datum


def alternatives(datum: str) -> list[str]:
    """Return the datums that a table may be in other than the declared one."""
    return [other for other in DATUMS if other != canonical(datum)]


def log_area_distance(points: Any, areas: Any) -> FloatArray:
    """Return the log distance of points from the areas of their names; the same as inside where they have none.

    Borders are drawn roughly and names go some way beyond them; a namesake farther off is another's.
    """
    area_m = np.nan_to_num(shapely.distance(points, areas), nan=0.0)
    return np.asarray(np.log(np.minimum(area_m, _NO_STREET_M) + _BORDER_M))


def log_street_distance(distance_m: FloatArray) -> FloatArray:
    """Return distances to streets as logarithms: twice as far counts the same anywhere."""
    return np.asarray(np.log(np.minimum(distance_m, _NO_STREET_M) + _DOOR_M))


def _reread(lon: Floats, lat: Floats, *, declared: str, likely: str) -> LonLat:
    """Return where coordinates lie that were read as being in one datum and are in another."""
    return to_wgs84(*from_wgs84(lon, lat, datum=declared), datum=likely)


def _on_columns(transform: Callable[[Floats, Floats], LonLat]) -> Callable[[Floats], Floats]:
    return lambda xy: np.column_stack(transform(xy[:, 0], xy[:, 1]))
