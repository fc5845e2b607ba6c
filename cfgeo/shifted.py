"""Which tables lie in another datum than the study says: judged by the streets and by each other → findings.

GCJ-02 and BD-09 move a map by some hundred metres. Nothing in a file says so, but what is moved lies farther from the
streets, and partly outside the district. A table is accused only where another datum fits far better than chance
could make it, on many points: a list that is itself only good to some hundred metres is left alone, unless the names
of its places, such as a community's, or all lists of its file together say more. What is called after streets, stations
and buildings of the map says most, and is asked first.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from cfgeo.datum import Floats, LonLat, from_wgs84, to_wgs84
from cfgeo.schema import WGS84, BoolArray, FloatArray, Network, finding
from cfgeo.signposts import NOBODY, Signposts, agreeing, away_m, log_odds, together

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
_BORDER_M = 50.0
_OUTSIDE = 1.5
"""What lying outside the district counts, as the logarithm of a distance."""
_FAR_M = 200.0
_NO_STREET_M = 500.0
"""Beyond this a street is no longer a place's own: what lies east of all streets comes nearer by any move west."""
_AROUND_M = 1200.0
"""Places farther from the district are no evidence: streets are read around it only. About the widest shift."""
_LEAST_SHIFT_M = 50.0
_NEARLY_ALL = 0.9
_SURE_NAMES = 5.0
"""Names speak for a datum where it is e^5 = 150 times likelier than each other one."""
_LEAST_NAMES = 3
_MOST_AGREE = 2 / 3
"""Of the names, so many have to come nearer: a few that fit very well by chance shall not outvote the others."""


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
    samples = {name: _sample(table, around) for name, table in places.items()}
    points = {name: points for name, (points, _) in samples.items() if len(points)}
    rows, confirmed = _named_outline(ground, outline) or _outline(ground, places, points, outline)
    if rows:
        moved = ground.moved(np.array([district]), outline.datum, rows[0]["values"]["likely"])[0]
        ground = _Ground(ground.streets, moved, ground.crs)
    # Names say where a place lies among the communities: only where these are beyond doubt themselves.
    lands = {name: samples[name][1] if confirmed else np.full(len(points[name]), None) for name in points}
    accused, judged = _by_names(ground, {name: places[name] for name in points})
    rest = [name for name in points if name not in judged]
    accused += [row for name in rest if (row := _layer(ground, name, points[name], lands[name], places[name]))]
    for file, names in _of_one_file(places, rest).items():
        if not {row["layer"] for row in accused} & set(names):
            every, their = (np.concatenate([part[name] for name in names]) for part in (points, lands))
            row = _layer(ground, file, every, their, places[names[0]])
            accused += [row] if row else []
    if not accused and not streets.sure:
        accused = _network(ground, points, streets)
    return rows + accused


def _of_one_file(places: Mapping[str, Placed], tables: Iterable[str]) -> dict[str, list[str]]:
    """Return the tables that come from one file and are said to be in one datum, where there are several."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name in tables:
        if places[name].file and not places[name].sure:
            groups.setdefault((places[name].file, places[name].datum), []).append(name)
    return {file: names for (file, _), names in groups.items() if len(names) > 1}


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

    def misfit(self, points: Any, lands: Any) -> FloatArray:
        """Return how badly each point lies."""
        return _log(self.street_m(points)) + _OUTSIDE * ~self.inside(points) + _from_land(points, lands)

    def shift_m(self, said: str, likely: str) -> float:
        """Return how far apart two datums are in the district [m]."""
        middle = np.array([shapely.centroid(self.district)])
        return float(shapely.distance(middle, self.moved(middle, said, likely))[0])


def _by_names(ground: _Ground, places: Mapping[str, Placed]) -> tuple[Findings, set[str]]:
    """Return the findings of tables whose places' names speak for another datum, and the tables that names judge.

    All tables of one file are asked together first: that also tells of those that have few names.
    """
    say = {name: likely for name, table in places.items() if (likely := _named(ground, table.signs, table))}
    rows, judged = [], set(say)
    for file, names in _of_one_file(places, places).items():
        first, signs = places[names[0]], together(places[name].signs for name in names)
        likely = _named(ground, signs, first)
        if likely and likely != _plain(first.datum) and {say.get(name, likely) for name in names} == {likely}:
            rows.append(_of_names(ground, file, signs, first.datum, likely))
            judged |= set(names)
            say = {name: datum for name, datum in say.items() if name not in names}
    for name, likely in say.items():
        if likely != _plain(places[name].datum):
            rows.append(_of_names(ground, name, places[name].signs, places[name].datum, likely))
    return rows, judged


def _named_outline(ground: _Ground, outline: Placed) -> tuple[Findings, bool] | None:
    """Judge the district by the names of its communities, as :func:`_outline` does by places; None where few tell."""
    likely = _named(ground, outline.signs, outline)
    if likely is None:
        return None
    if likely == _plain(outline.datum):
        return [], True
    return [_of_names(ground, "communities", outline.signs, outline.datum, likely)], False


def _named(ground: _Ground, signs: Signposts, table: Placed) -> str | None:
    """Return the datum that names speak for beyond doubt, which may be what the study says."""
    if table.sure or signs.witnesses < _LEAST_NAMES:
        return None
    said = _plain(table.datum)
    there = {datum: ground.moved(signs.points, table.datum, datum) for datum in _others(table.datum)}
    odds = {said: 0.0, **{datum: log_odds(signs, points) for datum, points in there.items()}}
    likely, second = sorted(odds, key=lambda datum: odds[datum])[:-3:-1]
    if odds[likely] - odds[second] < _SURE_NAMES:
        return None
    return likely if likely == said or agreeing(signs, there[likely]) >= _MOST_AGREE else None


def _of_names(ground: _Ground, name: str, signs: Signposts, datum: str, likely: str) -> dict[str, Any]:
    there = ground.moved(signs.points, datum, likely)
    return finding(
        "datum_names",
        name,
        datum=datum,
        likely=likely,
        shift_m=round(ground.shift_m(datum, likely)),
        places=len(signs.points),
        now_m=round(float(np.median(away_m(signs, signs.points)))),
        then_m=round(float(np.median(away_m(signs, there)))),
    )


def _layer(ground: _Ground, name: str, points: Any, lands: Any, table: Placed) -> dict[str, Any] | None:
    """Return the finding of a layer that fits better in another datum."""
    if table.sure or len(points) < LEAST_POINTS:
        return None
    now = ground.misfit(points, lands)
    gains = {d: now - ground.misfit(ground.moved(points, table.datum, d), lands) for d in _others(table.datum)}
    likely = _best(gains)
    if likely is None:
        return None
    there = ground.moved(points, table.datum, likely)
    if not _is_borne_out(ground, points, there, lands):
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


def _is_borne_out(ground: _Ground, points: Any, there: Any, lands: Any) -> bool:
    """Say whether a move does more than bring inside what lies beyond one side of the district.

    A list of a larger region comes to lie inside by any move the right way. Either nearly all places have to be inside
    after it, or those that are inside before and after, with streets all around them, have to come nearer to streets,
    or those that have a name of some land nearer to it.
    """
    inside = ground.inside(there)
    both = ground.inside(points) & inside
    gain = _log(ground.street_m(points[both])) - _log(ground.street_m(there[both]))
    named = ~shapely.is_missing(lands)
    nearer = _from_land(points[named], lands[named]) - _from_land(there[named], lands[named])
    return bool(inside.mean() > _NEARLY_ALL) or _errors(gain) > _HINT or _errors(nearer) > _SURE


def _outline(
    ground: _Ground, places: Mapping[str, Placed], points: Mapping[str, Any], outline: Placed
) -> tuple[Findings, bool]:
    """Find a district that leaves out places which it would hold in another datum; say whether it is beyond doubt.

    Tables that the streets themselves say are moved are no witnesses. A witness is one whose place among the streets
    is beyond doubt; where there is none, two tables have to agree.
    """
    if outline.sure:
        return [], True
    streets_say = {name: _street_gains(ground, points[name], places[name]) for name in points}
    heard = [name for name, gains in streets_say.items() if max(map(_errors, gains.values())) < _HINT]
    firm = [name for name in heard if places[name].sure or max(map(_errors, streets_say[name].values())) < -_HINT]
    witnesses = firm or heard
    many = sum(len(points[name]) for name in witnesses)
    if many < LEAST_POINTS or (len(witnesses) < 2 and not firm):
        return [], False
    every = np.concatenate([points[name] for name in witnesses])
    now = ground.inside(every)
    gains: dict[str, FloatArray] = {}
    for datum in _others(outline.datum):
        there = ground.moved(np.array([ground.district]), outline.datum, datum)[0]
        shapely.prepare(there)
        gains[datum] = shapely.intersects(there, every).astype(float) - now
    likely = _best({datum: _OUTSIDE * gain for datum, gain in gains.items()})
    if likely is None or now.mean() + gains[likely].mean() <= _NEARLY_ALL:  # lists of a region lie outside any district
        return [], bool(firm) and max(map(_errors, gains.values())) < -_HINT
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
    ], False


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


def _plain(datum: str) -> str:
    return "wgs84" if datum == "cgcs2000" else datum


def _others(datum: str) -> list[str]:
    return [other for other in DATUMS if other != _plain(datum)]


def _sample(table: Placed, around: Any) -> tuple[Any, Any]:
    """Return the middles of shapes around the district, of very many every so many, and the lands of their names."""
    shapes = table.shapes
    lands = np.full(len(shapes), None) if table.lands is None else table.lands
    kept = ~(shapely.is_empty(shapes) | shapely.is_missing(shapes))
    kept &= np.isfinite(shapely.bounds(shapes)).all(axis=1)
    kept[kept] = shapely.intersects(around, shapes[kept])
    some = np.flatnonzero(kept)
    some = some[:: max(1, len(some) // _MOST_POINTS)]
    return shapely.point_on_surface(shapes[some]), lands[some]


def _from_land(points: Any, lands: Any) -> FloatArray:
    """Return how far points lie from the land of their names, as logarithms; nothing where they have none.

    Borders are drawn roughly and names go some way beyond them; a namesake farther off is another's.
    """
    away_m = np.nan_to_num(shapely.distance(points, lands), nan=0.0)
    return np.asarray(np.log(np.minimum(away_m, _NO_STREET_M) + _BORDER_M))


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
