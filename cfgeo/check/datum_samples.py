"""What lies where: the streets and the district that tables are compared with, and a table's places in each datum."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from cfgeo.check.landmarks import NOBODY, Signposts
from cfgeo.core.schema import WGS84, BoolArray, FloatArray
from cfgeo.files.datum import Floats, LonLat, from_wgs84, to_wgs84

DATUMS = ("wgs84", "gcj02", "bd09")
_MOST_POINTS = 2000
"""More say nothing new: every so many of them are looked at."""
_DOOR_M = 10.0
"""Differences of this size at a door say nothing about a datum."""
_NO_STREET_M = 500.0
"""Beyond this a street is no longer a place's own: what lies east of all streets comes nearer by any move west."""
_BORDER_M = 50.0
OUTSIDE = 1.5
"""What lying outside the district counts, as the logarithm of a distance."""


@dataclass(frozen=True)
class Placed:
    """A table whose datum is in question.

    Attributes
    ----------
    shapes : numpy.ndarray
        Its geometries in the study's CRS, brought there from ``datum``.
    datum : str
        What the study says.
    sure : bool
        Nobody can be wrong about it, as with OpenStreetMap's own data.
    lands : numpy.ndarray or None
        For each shape the land that its name is of, or None.
    file : str
        Where it is from: what one file holds is in one datum.
    signs : Signposts
        What of it is called after something whose place is beyond doubt.
    """

    shapes: Any
    datum: str
    sure: bool = False
    lands: Any = None
    file: str = ""
    signs: Signposts = NOBODY


@dataclass(frozen=True)
class Ground:
    """The streets and the district that points are compared with."""

    streets: shapely.STRtree
    district: Any
    crs: Any

    def __post_init__(self) -> None:
        shapely.prepare(self.district)

    def moved(self, shapes: Any, said: str, likely: str) -> Any:
        """Return shapes that were read in one datum as they lie when they are in another."""
        if said == likely:
            return shapes
        degrees = gpd.GeoSeries(shapes, crs=self.crs).to_crs(WGS84).to_numpy()
        again = shapely.transform(degrees, _pairs(partial(_reread, said=said, likely=likely)))
        return gpd.GeoSeries(again, crs=WGS84).to_crs(self.crs).to_numpy()

    def street_m(self, points: Any) -> FloatArray:
        """Return how far each point lies from a street [m]."""
        return np.asarray(self.streets.query_nearest(points, return_distance=True, all_matches=False)[1])

    def inside(self, points: Any) -> BoolArray:
        """Say which points lie in the district."""
        return np.asarray(shapely.intersects(self.district, points))

    def shift_m(self, said: str, likely: str) -> float:
        """Return how far apart two datums are in the district [m]."""
        middle = np.array([shapely.centroid(self.district)])
        return float(shapely.distance(middle, self.moved(middle, said, likely))[0])


@dataclass(frozen=True)
class Sample:
    """Points of a table as they lie in each datum.

    Attributes
    ----------
    datum : str
        What the study says.
    at : dict of str to numpy.ndarray
        A datum → where the points lie if they are in it.
    street_m : dict of str to numpy.ndarray
        A datum → how far from a street that is [m].
    lands : numpy.ndarray
        For each point the land that its name is of, or None.
    """

    datum: str
    at: Mapping[str, Any]
    street_m: Mapping[str, FloatArray]
    lands: Any

    def __len__(self) -> int:
        return len(self.lands)

    @property
    def said(self) -> str:
        """Of the datums that differ the one that the study says."""
        return plain(self.datum)

    def without_lands(self) -> "Sample":
        """Return the sample as one without names."""
        return dataclasses.replace(self, lands=np.full(len(self), None))

    def street_gains(self) -> dict[str, FloatArray]:
        """Return how much nearer to a street each point lies in each other datum, as logarithms."""
        now = log_distance(self.street_m[self.said])
        return {datum: now - log_distance(self.street_m[datum]) for datum in others(self.datum)}

    def gains(self, ground: Ground) -> dict[str, FloatArray]:
        """Return how much better each point lies in each other datum."""
        now = self._misfit(ground, self.said)
        return {datum: now - self._misfit(ground, datum) for datum in others(self.datum)}

    def _misfit(self, ground: Ground, datum: str) -> FloatArray:
        points = self.at[datum]
        return log_distance(self.street_m[datum]) + OUTSIDE * ~ground.inside(points) + from_land(points, self.lands)


def sampled(ground: Ground, places: Mapping[str, Placed], around: Any) -> dict[str, Sample]:
    """Return of each table the middles of its shapes around the district, of very many every so many.

    Tables without any are left out. What is said to be in one datum is moved in one go.
    """
    points: dict[str, Any] = {}
    lands: dict[str, Any] = {}
    for name, table in places.items():
        some = _some(table.shapes, around)
        if len(some):
            points[name] = shapely.point_on_surface(table.shapes[some])
            lands[name] = np.full(len(some), None) if table.lands is None else table.lands[some]
    samples: dict[str, Sample] = {}
    for said in {places[name].datum for name in points}:
        names = [name for name in points if places[name].datum == said]
        every = np.concatenate([points[name] for name in names])
        at = {datum: ground.moved(every, plain(said), datum) for datum in DATUMS}
        street_m = {datum: ground.street_m(there) for datum, there in at.items()}
        ends = np.cumsum([len(points[name]) for name in names])
        for name, start, end in zip(names, [0, *ends], ends, strict=False):
            there, away_m = ({datum: of[datum][start:end] for datum in DATUMS} for of in (at, street_m))
            samples[name] = Sample(said, there, away_m, lands[name])
    return {name: samples[name] for name in points}


def _some(shapes: Any, around: Any) -> Any:
    """Return which shapes lie around the district, of very many every so many."""
    kept = ~(shapely.is_empty(shapes) | shapely.is_missing(shapes))
    kept &= np.isfinite(shapely.bounds(shapes)).all(axis=1)
    kept[kept] = shapely.intersects(around, shapes[kept])
    some = np.flatnonzero(kept)
    return some[:: max(1, len(some) // _MOST_POINTS)]


def joined(samples: Iterable[Sample]) -> Sample:
    """Return the points of several tables that are said to be in one datum as one table's."""
    parts = list(samples)
    at, street_m = (
        {datum: np.concatenate([getattr(part, of)[datum] for part in parts]) for datum in DATUMS}
        for of in ("at", "street_m")
    )
    return Sample(parts[0].datum, at, street_m, np.concatenate([part.lands for part in parts]))


def of_one_file(places: Mapping[str, Placed], tables: Iterable[str]) -> dict[str, list[str]]:
    """Return the tables that come from one file and are said to be in one datum, where there are several."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name in tables:
        if places[name].file and not places[name].sure:
            groups.setdefault((places[name].file, places[name].datum), []).append(name)
    return {file: names for (file, _), names in groups.items() if len(names) > 1}


def plain(datum: str) -> str:
    """Return a datum's name among those that differ."""
    return "wgs84" if datum == "cgcs2000" else datum


def others(datum: str) -> list[str]:
    """Return the datums that a table may be in which is said to be in this one."""
    return [other for other in DATUMS if other != plain(datum)]


def from_land(points: Any, lands: Any) -> FloatArray:
    """Return how far points lie from the land of their names, as logarithms; nothing where they have none.

    Borders are drawn roughly and names go some way beyond them; a namesake farther off is another's.
    """
    away_m = np.nan_to_num(shapely.distance(points, lands), nan=0.0)
    return np.asarray(np.log(np.minimum(away_m, _NO_STREET_M) + _BORDER_M))


def log_distance(distance_m: FloatArray) -> FloatArray:
    """Return distances to streets as logarithms: twice as far is as much anywhere."""
    return np.asarray(np.log(np.minimum(distance_m, _NO_STREET_M) + _DOOR_M))


def _reread(lon: Floats, lat: Floats, *, said: str, likely: str) -> LonLat:
    """Return where coordinates lie that were taken for one datum and are in another."""
    return to_wgs84(*from_wgs84(lon, lat, datum=said), datum=likely)


def _pairs(move: Callable[[Floats, Floats], LonLat]) -> Callable[[Floats], Floats]:
    return lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1]))
