"""Which datum a table's names speak for: beyond doubt → findings; clearly, but too few of them → notes.

What is called after streets, stations and buildings of the map has to lie near these. A table is accused where three
names and more say so beyond doubt. Fewer names can still lean clearly to another datum: that is worth a look, no more.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cfgeo.check.datum_samples import Ground, Placed, of_one_file, others, plain
from cfgeo.check.landmarks import Signposts, agreeing, away_m, log_odds, together
from cfgeo.core.findings import finding

Findings = list[dict[str, Any]]

_SURE_NAMES = 5.0
"""Names speak for a datum where it is e^5 = 150 times likelier than each other one."""
_LEAST_NAMES = 3
_LEANING = math.log(10)
"""Names lean to a datum that is ten times likelier than each other one."""
_MOST_AGREE = 2 / 3
"""Of the names, so many have to come nearer: a few that fit very well by chance shall not outvote the others."""


@dataclass(frozen=True)
class Heard:
    """What names say of tables.

    Attributes
    ----------
    findings : list of dict
        Tables and files that are in another datum.
    judged : set of str
        Tables of which names say beyond doubt what they are in: alone, or all lists of a file that is accused.
    vouched : set of str
        Tables whose file has been judged by the names of all its lists or of others in it, and those in ``judged``.
    """

    findings: Findings
    judged: set[str]
    vouched: set[str]


def by_names(ground: Ground, places: Mapping[str, Placed]) -> Heard:
    """Find tables whose places' names speak for another datum beyond doubt.

    All tables of one file are asked together, too: that also tells of those that have few names.
    """
    say = {name: likely for name, table in places.items() if (likely := named(ground, table.signs, table))}
    rows, judged = [], set(say)
    vouched = set(say)
    for file, names in of_one_file(places, places).items():
        first, signs = places[names[0]], together(places[name].signs for name in names)
        likely = named(ground, signs, first)
        if likely or judged & set(names):
            vouched |= set(names)
        if likely and likely != plain(first.datum) and {say.get(name, likely) for name in names} == {likely}:
            rows.append(_moved(ground, file, signs, datum=first.datum, likely=likely))
            judged |= set(names)
            say = {name: datum for name, datum in say.items() if name not in names}
    for name, likely in say.items():
        table = places[name]
        if likely != plain(table.datum):
            rows.append(_moved(ground, name, table.signs, datum=table.datum, likely=likely))
    return Heard(rows, judged, vouched)


def outline_by_names(ground: Ground, outline: Placed) -> tuple[Findings, bool] | None:
    """Judge the district by the names of its communities; None where few tell.

    Returns
    -------
    findings : list of dict
    confirmed : bool
        Whether it lies where the study says, beyond doubt.
    """
    likely = named(ground, outline.signs, outline)
    if likely is None:
        return None
    if likely == plain(outline.datum):
        return [], True
    return [_moved(ground, "communities", outline.signs, datum=outline.datum, likely=likely)], False


def hints(ground: Ground, places: Mapping[str, Placed]) -> tuple[Findings, set[str]]:
    """Find tables whose names lean clearly to another datum, of those that nothing has judged.

    Tables of one file are asked together: where they disagree, nothing is said of any.

    Returns
    -------
    notes : list of dict
    heard : set of str
        Tables of which names lean clearly to some datum, be it what the study says.
    """
    files = of_one_file(places, places)
    several = {name for names in files.values() for name in names}
    groups = files | {name: [name] for name in places if name not in several}
    rows: Findings = []
    heard: set[str] = set()
    for called, names in groups.items():
        first, signs = places[names[0]], together(places[name].signs for name in names)
        likely = named(ground, signs, first, odds=_LEANING, least=1)
        heard |= set(names) if likely else set()
        if likely and likely != plain(first.datum):
            rows.append(_moved(ground, called, signs, datum=first.datum, likely=likely, sure=False))
    return rows, heard


def named(
    ground: Ground, signs: Signposts, table: Placed, *, odds: float = _SURE_NAMES, least: int = _LEAST_NAMES
) -> str | None:
    """Return the datum that names speak for, which may be what the study says.

    Parameters
    ----------
    ground, signs
        What is called after what, and where datums lie.
    table
        What the study says of it.
    odds
        How much likelier it has to be than each other one, as a logarithm; beyond doubt unless told.
    least
        How many names it takes.
    """
    if table.sure or signs.witnesses < least:
        return None
    said = plain(table.datum)
    there = {datum: ground.moved(signs.points, table.datum, datum) for datum in others(table.datum)}
    fits = {said: 0.0, **{datum: log_odds(signs, points) for datum, points in there.items()}}
    likely, second = sorted(fits, key=lambda datum: fits[datum])[:-3:-1]
    if fits[likely] - fits[second] < odds:
        return None
    return likely if likely == said or agreeing(signs, there[likely]) >= _MOST_AGREE else None


def _moved(
    ground: Ground, name: str, signs: Signposts, *, datum: str, likely: str, sure: bool = True
) -> dict[str, Any]:
    there = ground.moved(signs.points, datum, likely)
    return finding(
        "datum_names" if sure else "datum_hint",
        name,
        severity="warning" if sure else "note",
        datum=datum,
        likely=likely,
        shift_m=round(ground.shift_m(datum, likely)),
        places=len(signs.points),
        now_m=round(float(np.median(away_m(signs, signs.points)))),
        then_m=round(float(np.median(away_m(signs, there)))),
    )
