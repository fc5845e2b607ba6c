"""Which datum the names of places speak for: a likelihood-ratio test between the datums → findings, or notes.

A place named after a street, a station or a building of the map lies near it. Each datum is a hypothesis: the places
lie where that datum puts them. The likeliest one is accepted where it is 150 times likelier than the second and three
names or more say so, which is a finding where the study declares another one. Fewer names, or ten times likelier, are
worth a look, which is a note.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cfgeo.check.datum_samples import Declared, ReferenceMap, alternatives, canonical, tables_by_file
from cfgeo.check.landmarks import NameMatches, concat_matches, landmark_m, log_likelihood_ratio, share_nearer
from cfgeo.core.findings import Findings, finding

_SURE_LOG_RATIO = 5.0
"""Names settle a datum that is e^5 = 150 times likelier than each other one."""
_SURE_NAMES = 3
_HINT_LOG_RATIO = math.log(10)
"""Names lean to a datum that is ten times likelier than each other one."""
_LEAST_SHARE_NEARER = 2 / 3
"""So many of the names have to come nearer: a few that fit very well by chance shall not outvote the others."""


@dataclass(frozen=True)
class NameVerdicts:
    """What names say of tables.

    Attributes
    ----------
    findings : list of dict
        Tables and files that are in another datum than declared.
    judged : set of str
        Tables whose datum names settle: alone, or all lists of a file that is in another datum.
    vouched : set of str
        Tables in ``judged``, and those of a file that the names of all its lists or of another list settle.
    """

    findings: Findings
    judged: set[str]
    vouched: set[str]


def judge_by_names(reference: ReferenceMap, tables: Mapping[str, Declared]) -> NameVerdicts:
    """Find tables whose places' names settle that they are in another datum.

    The tables of one file are tested together, too: that also judges those that have few names.
    """
    datums = {name: datum for name, table in tables.items() if (datum := likeliest(reference, table.matches, table))}
    rows, judged = [], set(datums)
    vouched = set(datums)
    for file, names in tables_by_file(tables).items():
        first, matches = tables[names[0]], concat_matches(tables[name].matches for name in names)
        datum = likeliest(reference, matches, first)
        if datum or judged & set(names):
            vouched |= set(names)
        if datum and datum != canonical(first.datum) and {datums.get(name, datum) for name in names} == {datum}:
            rows.append(_finding(reference, file, matches, declared=first.datum, likely=datum))
            judged |= set(names)
            datums = {name: own for name, own in datums.items() if name not in names}
    for name, datum in datums.items():
        table = tables[name]
        if datum != canonical(table.datum):
            rows.append(_finding(reference, name, table.matches, declared=table.datum, likely=datum))
    return NameVerdicts(rows, judged, vouched)


def judge_outline_by_names(reference: ReferenceMap, outline: Declared) -> tuple[Findings, bool] | None:
    """Judge the district by the names of its communities; None where these do not settle it.

    Returns
    -------
    findings : list of dict
    confirmed : bool
        Whether it lies where the study declares, beyond doubt.
    """
    datum = likeliest(reference, outline.matches, outline)
    if datum is None:
        return None
    if datum == canonical(outline.datum):
        return [], True
    return [_finding(reference, "communities", outline.matches, declared=outline.datum, likely=datum)], False


def hint_by_names(reference: ReferenceMap, tables: Mapping[str, Declared]) -> tuple[Findings, set[str]]:
    """Find tables whose names lean clearly to another datum, among those that nothing has judged.

    The tables of one file are tested together only: where they disagree, none of them gets a note.

    Returns
    -------
    notes : list of dict
    leaning : set of str
        Tables whose names lean clearly to some datum, be it the declared one.
    """
    files = tables_by_file(tables)
    in_files = {name for names in files.values() for name in names}
    groups = files | {name: [name] for name in tables if name not in in_files}
    notes: Findings = []
    leaning: set[str] = set()
    for group, names in groups.items():
        first, matches = tables[names[0]], concat_matches(tables[name].matches for name in names)
        datum = likeliest(reference, matches, first, log_ratio=_HINT_LOG_RATIO, least_names=1)
        leaning |= set(names) if datum else set()
        if datum and datum != canonical(first.datum):
            notes.append(_finding(reference, group, matches, declared=first.datum, likely=datum, sure=False))
    return notes, leaning


def likeliest(
    reference: ReferenceMap,
    matches: NameMatches,
    table: Declared,
    *,
    log_ratio: float = _SURE_LOG_RATIO,
    least_names: int = _SURE_NAMES,
) -> str | None:
    """Return the datum that names settle, which may be the declared one; None where they settle none.

    Parameters
    ----------
    reference
        Where datums lie.
    matches
        Places with their landmarks.
    table
        What the study declares of these places.
    log_ratio
        The log-likelihood ratio that it must have over each other datum; beyond doubt by default.
    least_names
        How many names it takes.
    """
    if table.sure or matches.witnesses < least_names:
        return None
    declared = canonical(table.datum)
    shifted = {datum: reference.shifted(matches.points, table.datum, datum) for datum in alternatives(table.datum)}
    ratios = {declared: 0.0, **{datum: log_likelihood_ratio(matches, points) for datum, points in shifted.items()}}
    first, second = sorted(ratios, key=lambda datum: ratios[datum])[:-3:-1]
    if ratios[first] - ratios[second] < log_ratio:
        return None
    return first if first == declared or share_nearer(matches, shifted[first]) >= _LEAST_SHARE_NEARER else None


def _finding(
    reference: ReferenceMap, name: str, matches: NameMatches, *, declared: str, likely: str, sure: bool = True
) -> dict[str, Any]:
    shifted = reference.shifted(matches.points, declared, likely)
    return finding(
        "datum_names" if sure else "datum_hint",
        name,
        severity="warning" if sure else "note",
        datum=declared,
        likely=likely,
        shift_m=round(reference.shift_m(declared, likely)),
        places=len(matches.points),
        now_m=round(float(np.median(landmark_m(matches, matches.points)))),
        then_m=round(float(np.median(landmark_m(matches, shifted)))),
    )
