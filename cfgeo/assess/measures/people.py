"""Whom a rate counts per 1,000: residents, children, or ages that bands add up to exactly."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cfgeo.assess.measures.values import Area, ClauseValue, answers_of
from cfgeo.files.cell_values import numbers
from cfgeo.study.standard import Clause

_BAND = re.compile(r"age_(\d+)_(\d+)")


@dataclass(frozen=True)
class People:
    """How many people there are: the sum of what is known, and how many numbers are missing."""

    known: float
    missing: int = 0


def people(clause: Clause, area: Area) -> People | None:
    """Return whom a rate counts; None where the data does not tell."""
    parts = [_column(name, area) for name in clause.per]
    whole = [part for part in parts if part is not None]
    if len(whole) < len(parts):
        return None
    return People(sum(part.known for part in whole), sum(part.missing for part in whole))


def people_unknown(clause: Clause, area: Area) -> pd.DataFrame:
    """Return the communities whose number of people a rate lacks while others have it, as answers of places."""
    lists = [(name, number) for name in clause.per if (number := _listed(name, area)) is not None]
    tables = [
        answers_of(area.communities[number.isna().to_numpy()].assign(**{name: ""}), name, none, ~none)
        for name, number in lists
        if not number.isna().all()
        for none in [np.zeros(int(number.isna().sum()), dtype=bool)]
    ]
    return pd.concat(tables) if tables else ClauseValue.known(0.0).answers


def _listed(name: str, area: Area) -> pd.Series | None:
    """Return a number of people by community, as the lists of communities have it; None where they have none."""
    own = area.communities
    if area.community_answers is not None:
        own = own.join(area.community_answers[[c for c in area.community_answers.columns if c not in own.columns]])
    return numbers(own[name]) if name in own.columns else None


def _column(name: str, area: Area) -> People | None:
    number = _listed(name, area)
    if number is not None:
        return None if number.isna().all() else People(float(number.sum()), int(number.isna().sum()))
    if area.demand is None:
        return None
    inside = area.demand[area.demand["community"].isin(area.communities.index)]
    if name == "children":
        return People(float(inside["weight"].sum()))
    bands = bands_for(name, inside.columns)
    return None if bands is None else People(float(inside[list(bands)].to_numpy(dtype=float).sum()))


def bands_for(name: str, columns: Iterable[object]) -> tuple[str, ...] | None:
    """Return the columns of ages that add up to exactly those of another: age_0_2 and age_3_5 to age_0_5.

    None where none do: ages 0 to 11 and 12 to 17 are 0 to 17, and never 0 to 14.
    """
    wanted = _BAND.fullmatch(name)
    if wanted is None:
        return None
    known = {ages: str(column) for column in columns if (ages := _ages(str(column)))}
    first, last = int(wanted[1]), int(wanted[2])
    chains: dict[int, tuple[str, ...]] = {first: ()}  # age that comes next → the columns up to it
    for start in range(first, last + 1):
        for (begin, end), column in known.items():
            if begin == start and start in chains and end <= last:
                chains.setdefault(end + 1, (*chains[start], column))
    return chains.get(last + 1)


def _ages(column: str) -> tuple[int, int] | None:
    match = _BAND.fullmatch(column)
    return (int(match[1]), int(match[2])) if match else None


def number_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns of ages of a table."""
    return [str(column) for column in np.asarray(table.columns) if _ages(str(column))]
