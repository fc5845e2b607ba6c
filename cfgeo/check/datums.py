"""Which tables lie in another datum than the study says: judged by the streets and by each other → findings.

GCJ-02 and BD-09 move a map by some hundred metres. Nothing in a file says so, but what is moved lies farther from the
streets, and partly outside the district. A table is accused only where another datum fits far better than chance
could make it, on many points: a list that is itself only good to some hundred metres is left alone, unless the names
of its places, such as a community's, or all lists of its file together say more. What is called after streets, stations
and buildings of the map says most, and is asked first. What nothing judges is named in a note: silence would say that
it is right.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely

from cfgeo.check.datum_names import by_names, hints, outline_by_names
from cfgeo.check.datum_samples import (
    OUTSIDE,
    Ground,
    Placed,
    Sample,
    from_land,
    joined,
    log_distance,
    of_one_file,
    others,
    sampled,
)
from cfgeo.core.findings import finding
from cfgeo.core.schema import FloatArray, Network

Findings = list[dict[str, Any]]

LEAST_POINTS = 15
_SURE = 3.5
"""By how many standard errors the mean gain of another datum must lie above nothing."""
_HINT = 2.0
_LEAST_GAIN = 0.1
"""Of the mean gain: a tenth nearer to the streets, or one point in fifteen brought inside."""
_FAR_M = 200.0
_AROUND_M = 1200.0
"""Places farther from the district are no evidence: streets are read around it only. About the widest shift."""
_LEAST_SHIFT_M = 50.0
_NEARLY_ALL = 0.9


def check_datums(places: Mapping[str, Placed], outline: Placed, streets: Placed, network: Network) -> Findings:
    """Find tables that would fit the streets and the district far better in another datum, or that nothing judges.

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
    ground = Ground(shapely.STRtree(lines), outline.shapes, network.edges.crs)
    if ground.shift_m("wgs84", "gcj02") < _LEAST_SHIFT_M:
        return []  # outside China
    around = shapely.buffer(ground.district, _AROUND_M)
    shapely.prepare(around)
    samples = sampled(ground, places, around)
    rows, confirmed = outline_by_names(ground, outline) or _outline(ground, places, samples, outline)
    if rows:
        moved = ground.moved(np.array([ground.district]), outline.datum, rows[0]["values"]["likely"])[0]
        ground = dataclasses.replace(ground, district=moved)
    if (
        not confirmed
    ):  # names say where a place lies among the communities: only where these are beyond doubt themselves
        samples = {name: sample.without_lands() for name, sample in samples.items()}
    heard = by_names(ground, {name: places[name] for name in samples})
    rest = {name: places[name] for name in samples if name not in heard.judged}
    accused, judged = _by_streets(ground, samples, rest)
    accused = heard.findings + accused
    if not accused and not streets.sure and (found := _network(ground, samples, streets)):
        return rows + found
    left = {
        name: places[name]
        for name in samples
        if not places[name].sure and name not in heard.vouched and name not in judged
    }
    notes, leaning = hints(ground, left)
    unchecked = tuple(name for name in left if name not in leaning)
    if not (rows or confirmed):
        unchecked = ("communities", *unchecked)
    if not streets.sure and not any(map(_fits, samples.values())):
        unchecked = ("network", *unchecked)
    if unchecked:
        notes.append(finding("datum_unchecked", "study", severity="note", layers=unchecked))
    return rows + accused + notes


def _by_streets(
    ground: Ground, samples: Mapping[str, Sample], places: Mapping[str, Placed]
) -> tuple[Findings, set[str]]:
    """Return the findings of tables and files that fit the streets better in another datum, and those that are judged.

    All tables of one file are asked together where none of them is told alone.
    """
    rows: Findings = []
    judged = set()
    for name, table in places.items():
        row = None if table.sure else _layer(ground, name, samples[name])
        rows += [row] if row else []
        judged |= {name} if row or _fits(samples[name]) else set()
    accused = {row["layer"] for row in rows}
    for file, names in of_one_file(places, places).items():
        if not accused & set(names):
            every = joined(samples[name] for name in names)
            row = _layer(ground, file, every)
            rows += [row] if row else []
            judged |= set(names) if row or _fits(every) else set()
    return rows, judged


def _fits(sample: Sample) -> bool:
    """Say whether places lie among the streets where the study says, beyond doubt."""
    return len(sample) >= LEAST_POINTS and _gain_at_most(sample) < -_HINT


def _gain_at_most(sample: Sample) -> float:
    """Return how much nearer to the streets another datum would bring the points, in standard errors."""
    return max(map(_errors, sample.street_gains().values()))


def _layer(ground: Ground, name: str, sample: Sample) -> dict[str, Any] | None:
    """Return the finding of a layer that fits better in another datum."""
    if len(sample) < LEAST_POINTS:
        return None
    likely = _best(sample.gains(ground))
    if likely is None or not _is_borne_out(ground, sample, likely):
        return None
    said = sample.said
    return finding(
        "datum_layer",
        name,
        datum=sample.datum,
        likely=likely,
        shift_m=round(ground.shift_m(sample.datum, likely)),
        now_m=_mean_m(sample.street_m[said]),
        then_m=_mean_m(sample.street_m[likely]),
        now_inside=float(ground.inside(sample.at[said]).mean()),
        then_inside=float(ground.inside(sample.at[likely]).mean()),
    )


def _is_borne_out(ground: Ground, sample: Sample, likely: str) -> bool:
    """Say whether a move does more than bring inside what lies beyond one side of the district.

    A list of a larger region comes to lie inside by any move the right way. Either nearly all places have to be inside
    after it, or those that are inside before and after, with streets all around them, have to come nearer to streets,
    or those that have a name of some land nearer to it.
    """
    points, there, lands = sample.at[sample.said], sample.at[likely], sample.lands
    inside = ground.inside(there)
    both = ground.inside(points) & inside
    gain = sample.street_gains()[likely][both]
    named = ~shapely.is_missing(lands)
    nearer = from_land(points[named], lands[named]) - from_land(there[named], lands[named])
    return bool(inside.mean() > _NEARLY_ALL) or _errors(gain) > _HINT or _errors(nearer) > _SURE


def _outline(
    ground: Ground, places: Mapping[str, Placed], samples: Mapping[str, Sample], outline: Placed
) -> tuple[Findings, bool]:
    """Find a district that leaves out places which it would hold in another datum; say whether it is beyond doubt.

    Tables that the streets themselves say are moved are no witnesses. A witness is one whose place among the streets
    is beyond doubt; where there is none, two tables have to agree.
    """
    if outline.sure:
        return [], True
    gain_at_most = {name: _gain_at_most(sample) for name, sample in samples.items()}
    heard = [name for name, errors in gain_at_most.items() if errors < _HINT]
    firm = [name for name in heard if places[name].sure or gain_at_most[name] < -_HINT]
    witnesses = firm or heard
    many = sum(len(samples[name]) for name in witnesses)
    if many < LEAST_POINTS or (len(witnesses) < 2 and not firm):
        return [], False
    every = np.concatenate([samples[name].at[samples[name].said] for name in witnesses])
    now = ground.inside(every)
    gains: dict[str, FloatArray] = {}
    for datum in others(outline.datum):
        there = ground.moved(np.array([ground.district]), outline.datum, datum)[0]
        shapely.prepare(there)
        gains[datum] = shapely.intersects(there, every).astype(float) - now
    likely = _best({datum: OUTSIDE * gain for datum, gain in gains.items()})
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


def _network(ground: Ground, samples: Mapping[str, Sample], streets: Placed) -> Findings:
    """Find streets that lie where another datum would have put them, by all places together."""
    points = [sample.at[sample.said] for sample in samples.values()]
    every = np.concatenate(points) if points else np.empty(0, dtype=object)
    if len(points) < 2 or len(every) < LEAST_POINTS:
        return []
    now = log_distance(ground.street_m(every))
    # Streets moved one way are places moved the other way.
    there = {datum: ground.moved(every, datum, streets.datum) for datum in others(streets.datum)}
    likely = _best({datum: now - log_distance(ground.street_m(at)) for datum, at in there.items()})
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


def _best(gains: Mapping[str, FloatArray]) -> str | None:
    """Return the datum that fits best, where it fits so much better that chance is out of the question."""
    sure = {datum: gain.mean() for datum, gain in gains.items() if _errors(gain) > _SURE and gain.mean() > _LEAST_GAIN}
    return max(sure, key=lambda datum: float(sure[datum])) if sure else None


def _errors(gain: FloatArray) -> float:
    """Return a mean as a multiple of its standard error."""
    if len(gain) < 2:
        return 0.0
    return float(gain.mean() / max(gain.std(ddof=1) / np.sqrt(len(gain)), 1e-9))


def _mean_m(distance_m: FloatArray) -> int:
    """Return a mean on which single places in the middle of nowhere do not tell [m]."""
    return round(float(np.minimum(distance_m, _FAR_M).mean()))
