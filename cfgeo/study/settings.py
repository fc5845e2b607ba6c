"""A study's choices → its standard and its walkers, how far streets are read for them, and checks of arguments."""

import math
from collections.abc import Mapping, Sequence

from cfgeo.core.errors import PlaceError, StandardError, StudyError
from cfgeo.core.schema import SEARCH_MINUTES, SECONDS_PER_MINUTE
from cfgeo.network.walkers import PACES, Walker, load_walkers
from cfgeo.study.config import Study
from cfgeo.study.standard import Standard, load_standard


def choices(study: Study) -> tuple[Standard, dict[str, Walker]]:
    """Return a study's standard and walkers; check that they fit together.

    Raises
    ------
    StudyError, StandardError, WalkerError
        They are unknown or do not fit.
    """
    references = {name: reference.value for name, reference in study.references.items()}
    standard = load_standard(study.study.standard, folder=study.folder).with_references(references)
    walkers = load_walkers(study.walkers, pace=study.walk.pace)
    if study.walk.walker not in walkers:
        raise StudyError("walker_unknown", walker=study.walk.walker, known=", ".join(walkers))
    for clause in standard.clause:
        if clause.walker is not None and clause.walker not in walkers:
            raise StandardError("clause_walker", clause=clause.id, walker=clause.walker, known=", ".join(walkers))
    return standard, walkers


def walkers_used(study: Study, standard: Standard, walkers: Mapping[str, Walker]) -> dict[str, Walker]:
    """Return the study's own walker and those of the clauses, by name."""
    names = [study.walk.walker, *(clause.walker for clause in standard.clause if clause.walker)]
    return {name: walkers[name] for name in dict.fromkeys(names)}


def margin_m(study: Study, standard: Standard, used: Mapping[str, Walker]) -> float:
    """Return how far somebody gets at the fastest pace while the search lasts [m]."""
    limits = [clause.limit_minutes or study.walk.limit_minutes for clause in standard.clause]
    fastest_m_s = max(walker.fastest_m_s for walker in used.values()) * max(PACES.values())
    return float(round(max(SEARCH_MINUTES, *limits) * SECONDS_PER_MINUTE * fastest_m_s))


MOST_MINUTES = 120
"""A longer walk would need streets from too far away."""


def require_minutes(minutes: Sequence[float], *, most: float = MOST_MINUTES) -> None:
    """Check that there is a limit, and that each can be walked.

    Raises
    ------
    StudyError
        There is no limit, or a limit is not above 0 and up to ``most``.
    """
    if len(minutes) == 0 or not all(0 < limit <= most for limit in minutes):  # NaN is neither
        value = ", ".join(f"{limit:g}" for limit in minutes) or "–"
        raise StudyError("minutes_wrong", value=value, most=f"{most:g}")


def require_position(lon: float, lat: float) -> None:
    """Check that a position is on the earth.

    Raises
    ------
    PlaceError
        It is not a longitude and latitude in degrees.
    """
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise PlaceError("position_wrong", lon=lon, lat=lat)
