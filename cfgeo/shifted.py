"""Which tables lie in another datum than the study says: judged by the streets and by each other → findings.

GCJ-02 and BD-09 move a map by some hundred metres. Nothing in a file says so, but what is moved lies farther from the
streets, and partly outside the district. A table is accused only where another datum fits far better than chance
could make it, on many points: a list that is itself only good to some hundred metres is left alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from cfgeo.datum import Floats, LonLat, from_wgs84, to_wgs84
from cfgeo.schema import WGS84, BoolArray, FloatArray, Network, finding

Findings = list[dict[str, Any]]

DATUMS = ("wgs84", "gcj02", "bd09")
LEAST_POINTS = 15
_MOST_POINTS = 2000
"""More say nothing new: every so many of them are looked at."""
_SURE = 3.5
"""By how many standard errors the mean gain of another datum must lie above nothing."""
_HINT = 2.0
_LEAST_GAIN = 0.1
"""Of the mean gain: a tenth nearer to the streets, or one point in fifteen brought inside."""
_DOOR_M = 10.0
"""Differences of this size at a door say nothing about a datum."""
_OUTSIDE = 1.5
"""What lying outside the district counts, as the logarithm of a distance."""
_FAR_M = 200.0
_NO_STREET_M = 500.0
"""Beyond this a street is no longer a place's own: what lies east of all streets comes nearer by any move west."""
_AROUND_M = 1200.0
"""Places farther from the district are no evidence: streets are read around it only. About the widest shift."""
_LEAST_SHIFT_M = 50.0
_NEARLY_ALL = 0.9


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
    """

    shapes: Any
    datum: str
    sure: bool = False


def check_datums(places: Mapping[str, Placed], outline: Placed, streets: Placed, network: Network) -> Findings:
    """Find tables that would fit the streets and the district far better in another datum.

    Parameters
    ----------
    places
        Layers, and the homes as ``demand``; streets that stand for homes are no evidence.
    outline
        The district, as one shape.
    streets
        What the study says of the network's datum; its shapes are taken from ``network``.
    network
        Where the streets are.
    """
    lines = network.edges.geometry.to_numpy()[network.main]
    district = outline.shapes
    ground = _Ground(shapely.STRtree(lines), district, network.edges.crs)
    if ground.shift_m("wgs84", "gcj02") < _LEAST_SHIFT_M:
        return []  # outside China
    around = shapely.buffer(district, _AROUND_M)
    shapely.prepare(around)
    points = {name: points for name, table in places.items() if len(points := _sample(table.shapes, around))}
    rows = _outline(ground, places, points, outline)
    if rows:
        moved = ground.moved(np.array([district]), outline.datum, rows[0]["values"]["likely"])[0]
        ground = _Ground(ground.streets, moved, ground.crs)
    accused = [row for name in points if (row := _layer(ground, name, points[name], places[name]))]
    if not accused and not streets.sure:
        accused = _network(ground, points, streets)
    return rows + accused


@dataclass(frozen=True)
class _Ground:
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
        return np.asarray(shapely.intersects(self.district, points))

    def misfit(self, points: Any) -> FloatArray:
        """Return how badly each point lies."""
        return _log(self.street_m(points)) + _OUTSIDE * ~self.inside(points)

    def shift_m(self, said: str, likely: str) -> float:
        """Return how far apart two datums are in the district [m]."""
        middle = np.array([shapely.centroid(self.district)])
        return float(shapely.distance(middle, self.moved(middle, said, likely))[0])


def _layer(ground: _Ground, name: str, points: Any, table: Placed) -> dict[str, Any] | None:
    """Return the finding of a layer that fits better in another datum."""
    if table.sure or len(points) < LEAST_POINTS:
        return None
    now = ground.misfit(points)
    gains = {d: now - ground.misfit(ground.moved(points, table.datum, d)) for d in _others(table.datum)}
    likely = _best(gains)
    if likely is None:
        return None
    there = ground.moved(points, table.datum, likely)
    if not _is_borne_out(ground, points, there):
        return None
    return finding(
        "datum_layer",
        name,
        datum=table.datum,
        likely=likely,
        shift_m=round(ground.shift_m(table.datum, likely)),
        now_m=_mean_m(ground.street_m(points)),
        then_m=_mean_m(ground.street_m(there)),
        now_inside=float(ground.inside(points).mean()),
        then_inside=float(ground.inside(there).mean()),
    )


def _is_borne_out(ground: _Ground, points: Any, there: Any) -> bool:
    """Say whether a move does more than bring inside what lies beyond one side of the district.

    A list of a larger region comes to lie inside by any move the right way. Either nearly all places have to be inside
    after it, or those that are inside before and after, with streets all around them, have to come nearer to streets.
    """
    inside = ground.inside(there)
    both = ground.inside(points) & inside
    gain = _log(ground.street_m(points[both])) - _log(ground.street_m(there[both]))
    return bool(inside.mean() > _NEARLY_ALL) or _errors(gain) > _HINT


def _outline(ground: _Ground, places: Mapping[str, Placed], points: Mapping[str, Any], outline: Placed) -> Findings:
    """Find a district that leaves out places which it would hold in another datum.

    Tables that the streets themselves say are moved are no witnesses. A witness is one whose place among the streets
    is beyond doubt; where there is none, two tables have to agree.
    """
    if outline.sure:
        return []
    streets_say = {name: _street_gains(ground, points[name], places[name]) for name in points}
    heard = [name for name, gains in streets_say.items() if max(map(_errors, gains.values())) < _HINT]
    firm = [name for name in heard if places[name].sure or max(map(_errors, streets_say[name].values())) < -_HINT]
    witnesses = firm or heard
    many = sum(len(points[name]) for name in witnesses)
    if many < LEAST_POINTS or (len(witnesses) < 2 and not firm):
        return []
    every = np.concatenate([points[name] for name in witnesses])
    now = ground.inside(every)
    gains: dict[str, FloatArray] = {}
    for datum in _others(outline.datum):
        there = ground.moved(np.array([ground.district]), outline.datum, datum)[0]
        shapely.prepare(there)
        gains[datum] = shapely.intersects(there, every).astype(float) - now
    likely = _best({datum: _OUTSIDE * gain for datum, gain in gains.items()})
    if likely is None or now.mean() + gains[likely].mean() <= _NEARLY_ALL:  # lists of a region lie outside any district
        return []
    return [
        finding(
            "datum_communities",
            "communities",
            datum=outline.datum,
            likely=likely,
            shift_m=round(ground.shift_m(outline.datum, likely)),
            now_inside=float(now.mean()),
            then_inside=float(now.mean() + gains[likely].mean()),
            points=many,
        )
    ]


def _network(ground: _Ground, points: Mapping[str, Any], streets: Placed) -> Findings:
    """Find streets that lie where another datum would have put them, by all places together."""
    every = np.concatenate(list(points.values())) if points else np.empty(0, dtype=object)
    if len(points) < 2 or len(every) < LEAST_POINTS:
        return []
    now = _log(ground.street_m(every))
    # Streets moved one way are places moved the other way.
    there = {datum: ground.moved(every, datum, streets.datum) for datum in _others(streets.datum)}
    likely = _best({datum: now - _log(ground.street_m(at)) for datum, at in there.items()})
    if likely is None:
        return []
    return [
        finding(
            "datum_network",
            "network",
            datum=streets.datum,
            likely=likely,
            shift_m=round(ground.shift_m(streets.datum, likely)),
            now_m=_mean_m(ground.street_m(every)),
            then_m=_mean_m(ground.street_m(there[likely])),
        )
    ]


def _street_gains(ground: _Ground, points: Any, table: Placed) -> dict[str, FloatArray]:
    """Return how much nearer to a street each point lies in each other datum, as logarithms."""
    now = _log(ground.street_m(points))
    return {
        datum: now - _log(ground.street_m(ground.moved(points, table.datum, datum))) for datum in _others(table.datum)
    }


def _best(gains: Mapping[str, FloatArray]) -> str | None:
    """Return the datum that fits best, where it fits so much better that chance is out of the question."""
    sure = {datum: gain.mean() for datum, gain in gains.items() if _errors(gain) > _SURE and gain.mean() > _LEAST_GAIN}
    return max(sure, key=lambda datum: float(sure[datum])) if sure else None


def _errors(gain: FloatArray) -> float:
    """Return a mean as a multiple of its standard error."""
    if len(gain) < 2:
        return 0.0
    return float(gain.mean() / max(gain.std(ddof=1) / np.sqrt(len(gain)), 1e-9))


def _others(datum: str) -> list[str]:
    same = "wgs84" if datum == "cgcs2000" else datum
    return [other for other in DATUMS if other != same]


def _sample(shapes: Any, around: Any) -> Any:
    """Return the middles of shapes that lie around the district; of very many every so many."""
    there = shapes[~(shapely.is_empty(shapes) | shapely.is_missing(shapes))]
    there = there[np.isfinite(shapely.bounds(there)).all(axis=1)]
    there = there[shapely.intersects(around, there)]
    return shapely.point_on_surface(there[:: max(1, len(there) // _MOST_POINTS)])


def _log(distance_m: FloatArray) -> FloatArray:
    return np.asarray(np.log(np.minimum(distance_m, _NO_STREET_M) + _DOOR_M))


def _mean_m(distance_m: FloatArray) -> int:
    """Return a mean on which single places in the middle of nowhere do not tell [m]."""
    return round(float(np.minimum(distance_m, _FAR_M).mean()))


def _reread(lon: Floats, lat: Floats, *, said: str, likely: str) -> LonLat:
    """Return where coordinates lie that were taken for one datum and are in another."""
    return to_wgs84(*from_wgs84(lon, lat, datum=said), datum=likely)


def _pairs(move: Callable[[Floats, Floats], LonLat]) -> Callable[[Floats], Floats]:
    return lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1]))
