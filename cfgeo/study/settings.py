"""A study's choices → its standard and its walkers, and how far streets have to be read for them."""

from collections.abc import Mapping

from cfgeo.core.errors import StandardError, StudyError
from cfgeo.core.schema import SEARCH_MINUTES, SECONDS_PER_MINUTE
from cfgeo.network.walkers import PACES, Walker, load_walkers
from cfgeo.study.config import Study
from cfgeo.study.standard import Standard, load_standard


def choices(study: Study) -> tuple[Standard, dict[str, Walker]]:
    """Return a study's standard and walkers, and see that they fit.

    Raises
    ------
    StudyError, StandardError, WalkerError
        They do not.
    """
    standard = load_standard(study.study.standard, folder=study.folder)
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
