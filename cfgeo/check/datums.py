"""Which tables lie in another datum than the study declares: hypothesis tests against the map → findings.

GCJ-02 and BD-09 shift a map by some hundred metres. Nothing in a file says so, but what is shifted lies farther from
the streets, and partly outside the district. Three kinds of evidence are asked, the strongest first:

1. Names (``datum_names``): a likelihood-ratio test of how near places lie to the landmarks that they are named after.
2. Streets and district (this module): for each other datum a paired t-test of how much nearer the same points then lie
   to their nearest street, on a logarithmic scale, with a penalty outside the district (``datum_samples``).
3. All lists of one file together, by both tests: one file is in one datum.

The null hypothesis is that the study is right. It is rejected only where another datum fits far better than chance
could make it, on many points: a list that is itself only good to some hundred metres is left alone. What nothing judges
is named in a note, since silence would say that it is right.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import shapely

from cfgeo.check.datum_names import hint_by_names, judge_by_names, judge_outline_by_names
from cfgeo.check.datum_samples import (
    OUTSIDE_PENALTY,
    Declared,
    ReferenceMap,
    Sample,
    alternatives,
    concat_samples,
    log_area_distance,
    log_street_distance,
    sample_tables,
    tables_by_file,
)
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import FloatArray, Network

LEAST_POINTS = 15
_SURE_T = 3.5
"""The t-statistic of the mean gain above which another datum is accepted."""
_CLEAR_T = 2.0
"""The t-statistic beyond which a gain is clear; one below its negative confirms the declared datum."""
_LEAST_GAIN = 0.1
"""The least mean gain: a tenth nearer to the streets, or one point in fifteen brought inside."""
_FAR_M = 200.0
_LEAST_SHIFT_M = 50.0
_NEARLY_ALL = 0.9


def check_datums(tables: Mapping[str, Declared], outline: Declared, streets: Declared, network: Network) -> Findings:
    """Find tables that would fit the streets and the district far better in another datum, or that nothing judges.

    Parameters
    ----------
    tables
        Layers, and the homes as ``demand``; streets that stand for homes are no evidence.
    outline
        The district, as one shape.
    streets
        What the study declares of the network's datum; its shapes are taken from ``network``.
    network
        Where the streets are.
    """
    lines = network.edges.geometry.to_numpy()[network.main]
    reference = ReferenceMap(shapely.STRtree(lines), outline.shapes, network.edges.crs)
    if reference.shift_m("wgs84", "gcj02") < _LEAST_SHIFT_M:
        return []  # outside China all datums are one
    samples = sample_tables(reference, tables)

    by_names = judge_outline_by_names(reference, outline)
    district, confirmed = by_names or _judge_outline(reference, tables, samples, outline)
    if district:
        reference = reference.with_district_in(outline.datum, district[0]["values"]["likely"])
    if not confirmed:  # an area's name is evidence only where the areas themselves lie right beyond doubt
        samples = {name: sample.without_areas() for name, sample in samples.items()}

    named = judge_by_names(reference, {name: tables[name] for name in samples})
    unsettled = {name: tables[name] for name in samples if name not in named.judged}
    shifted, judged = _judge_by_streets(reference, samples, unsettled)
    shifted = named.findings + shifted
    if not shifted and not streets.sure:  # all tables may be right and the streets wrong
        moved_streets = _judge_network(reference, samples, streets)
        if moved_streets:
            return district + moved_streets

    judged |= named.vouched
    unjudged = {name: tables[name] for name in samples if not tables[name].sure and name not in judged}
    notes, leaning = hint_by_names(reference, unjudged)
    unchecked = [name for name in unjudged if name not in leaning]
    if not (district or confirmed):
        unchecked.insert(0, "communities")
    if not (streets.sure or any(map(_is_confirmed, samples.values()))):
        unchecked.insert(0, "network")
    if unchecked:
        notes.append(finding("datum_unchecked", "study", severity="note", layers=tuple(unchecked)))
    return district + shifted + notes


def _judge_by_streets(
    reference: ReferenceMap, samples: Mapping[str, Sample], tables: Mapping[str, Declared]
) -> tuple[Findings, set[str]]:
    """Return findings of tables and files that fit the map better in another datum, and the tables that are judged.

    The tables of one file are pooled where none of them is found to be shifted alone.
    """
    alone = {name: [name] for name, table in tables.items() if not table.sure}
    rows, judged = _judge_groups(reference, samples, alone)
    shifted = {row["layer"] for row in rows}
    files = {file: names for file, names in tables_by_file(tables).items() if shifted.isdisjoint(names)}
    file_rows, judged_in_files = _judge_groups(reference, samples, files)
    return rows + file_rows, judged | judged_in_files


def _judge_groups(
    reference: ReferenceMap, samples: Mapping[str, Sample], groups: Mapping[str, list[str]]
) -> tuple[Findings, set[str]]:
    rows: Findings = []
    judged: set[str] = set()
    for group, names in groups.items():
        sample = concat_samples(samples[name] for name in names)
        row = _judge_sample(reference, group, sample)
        rows += [row] if row else []
        judged |= set(names) if row or _is_confirmed(sample) else set()
    return rows, judged


def _judge_sample(reference: ReferenceMap, name: str, sample: Sample) -> dict[str, Any] | None:
    """Return the finding of points that fit the map better in another datum."""
    if len(sample) < LEAST_POINTS:
        return None
    likely = _accepted(sample.gains(reference))
    if likely is None or not _is_borne_out(reference, sample, likely):
        return None
    declared = sample.declared
    return finding(
        "datum_layer",
        name,
        datum=sample.datum,
        likely=likely,
        shift_m=round(reference.shift_m(sample.datum, likely)),
        now_m=_mean_m(sample.street_m[declared]),
        then_m=_mean_m(sample.street_m[likely]),
        now_inside=float(reference.inside(sample.points[declared]).mean()),
        then_inside=float(reference.inside(sample.points[likely]).mean()),
    )


def _is_borne_out(reference: ReferenceMap, sample: Sample, likely: str) -> bool:
    """Return whether a shift does more than bring inside what lies beyond one side of the district.

    A list of a larger region comes to lie inside by any shift the right way. Either nearly all places have to be inside
    after it, or those inside before and after, with streets all around them, have to come nearer to streets, or those
    whose names hold an area's have to come nearer to it.
    """
    now, then, areas = sample.points[sample.declared], sample.points[likely], sample.areas
    inside_then = reference.inside(then)
    inside_both = reference.inside(now) & inside_then
    street_gain = sample.street_gains()[likely][inside_both]
    named = ~shapely.is_missing(areas)
    area_gain = log_area_distance(now[named], areas[named]) - log_area_distance(then[named], areas[named])
    nearly_all_inside = bool(inside_then.mean() > _NEARLY_ALL)
    return nearly_all_inside or _t_statistic(street_gain) > _CLEAR_T or _t_statistic(area_gain) > _SURE_T


def _is_confirmed(sample: Sample) -> bool:
    """Return whether points lie among the streets where the study declares them, beyond doubt."""
    return len(sample) >= LEAST_POINTS and _largest_t(sample) < -_CLEAR_T


def _judge_outline(
    reference: ReferenceMap, tables: Mapping[str, Declared], samples: Mapping[str, Sample], outline: Declared
) -> tuple[Findings, bool]:
    """Find a district that leaves out places which it would hold in another datum.

    The witnesses are the tables that the streets confirm. Where there is none, two tables that the streets do not find
    shifted have to agree.

    Returns
    -------
    findings : list of dict
    confirmed : bool
        Whether it lies where the study declares, beyond doubt.
    """
    if outline.sure:
        return [], True
    largest_t = {name: _largest_t(sample) for name, sample in samples.items()}
    unshifted = [name for name, t in largest_t.items() if t < _CLEAR_T]
    confirmed = [name for name in unshifted if tables[name].sure or largest_t[name] < -_CLEAR_T]
    witnesses = confirmed or unshifted
    count = sum(len(samples[name]) for name in witnesses)
    if count < LEAST_POINTS or (len(witnesses) < 2 and not confirmed):
        return [], False
    points = _declared_points(samples[name] for name in witnesses)
    inside_now = reference.inside(points)
    gains: dict[str, FloatArray] = {}
    for datum in alternatives(outline.datum):
        inside_then = reference.with_district_in(outline.datum, datum).inside(points)
        gains[datum] = inside_then.astype(float) - inside_now
    likely = _accepted({datum: OUTSIDE_PENALTY * gain for datum, gain in gains.items()})
    now_share = float(inside_now.mean())
    if likely is None or now_share + gains[likely].mean() <= _NEARLY_ALL:  # a region's list goes beyond any district
        return [], bool(confirmed) and max(map(_t_statistic, gains.values())) < -_CLEAR_T
    row = finding(
        "datum_communities",
        "communities",
        datum=outline.datum,
        likely=likely,
        shift_m=round(reference.shift_m(outline.datum, likely)),
        now_inside=now_share,
        then_inside=float(inside_now.mean() + gains[likely].mean()),
        points=count,
    )
    return [row], False


def _judge_network(reference: ReferenceMap, samples: Mapping[str, Sample], streets: Declared) -> Findings:
    """Find streets that all places together would fit better if the streets were in another datum."""
    points = _declared_points(samples.values())
    if len(samples) < 2 or len(points) < LEAST_POINTS:
        return []
    now_m = reference.street_m(points)
    # Shifting the streets one way is shifting the points the other way.
    shifted = {datum: reference.shifted(points, datum, streets.datum) for datum in alternatives(streets.datum)}
    then_m = {datum: reference.street_m(there) for datum, there in shifted.items()}
    likely = _accepted({datum: log_street_distance(now_m) - log_street_distance(m) for datum, m in then_m.items()})
    if likely is None:
        return []
    return [
        finding(
            "datum_network",
            "network",
            datum=streets.datum,
            likely=likely,
            shift_m=round(reference.shift_m(streets.datum, likely)),
            now_m=_mean_m(now_m),
            then_m=_mean_m(then_m[likely]),
        )
    ]


def _declared_points(samples: Iterable[Sample]) -> Any:
    """Return the points of several samples where the study declares them."""
    return np.concatenate([np.empty(0, dtype=object), *(sample.points[sample.declared] for sample in samples)])


def _accepted(gains: Mapping[str, FloatArray]) -> str | None:
    """Return the datum with the largest mean gain of those whose gain is large and beyond chance, if any."""
    means = {
        datum: float(gain.mean())
        for datum, gain in gains.items()
        if _t_statistic(gain) > _SURE_T and gain.mean() > _LEAST_GAIN
    }
    return max(means, key=lambda datum: means[datum]) if means else None


def _largest_t(sample: Sample) -> float:
    """Return the t-statistic of the other datum that brings the points nearest to the streets."""
    return max(map(_t_statistic, sample.street_gains().values()))


def _t_statistic(gain: FloatArray) -> float:
    """Return a mean as a multiple of its standard error; 0 for fewer than two values."""
    if len(gain) < 2:
        return 0.0
    return float(gain.mean() / max(gain.std(ddof=1) / np.sqrt(len(gain)), 1e-9))


def _mean_m(distance_m: FloatArray) -> int:
    """Return the mean of distances capped at ``_FAR_M``, so that single remote places do not decide it [m]."""
    return round(float(np.minimum(distance_m, _FAR_M).mean()))
