"""A study → the case that is measured, the streets that changes cut anew, and what the numbers stand on."""

from pathlib import Path
from typing import Any

import geopandas as gpd

from cfgeo.assess.case import Case, make_case
from cfgeo.core.clock import Clock, Tell
from cfgeo.core.schema import SEARCH_MINUTES, Network
from cfgeo.network.elevation import SMOOTH_M
from cfgeo.network.terrain import rules
from cfgeo.network.walkers import PACES
from cfgeo.scenarios.street_edits import Streets
from cfgeo.study.config import Study
from cfgeo.study.inputs import load_inputs, read_demand
from cfgeo.study.settings import choices as standard_and_walkers
from cfgeo.study.settings import margin_m, walkers_used
from cfgeo.study.sources import Files, box_around


def load_case(study: Study, *, cache: Path | None = None, tell: Tell = lambda stage: None) -> Case:
    """Read a study and join everything in it to the network: what is measured, as often as one likes.

    Parameters
    ----------
    study, cache, tell
        As for :func:`run_study`.

    Raises
    ------
    CfgeoError
        As :func:`run_study`.
    """
    return read_case(study, Clock(tell), cache)


def read_case(study: Study, clock: Clock, cache: Path | None) -> Case:
    """Read a study and join everything in it to the network, as stages ``read`` and ``snap``."""
    standard, walkers = standard_and_walkers(study)
    used = walkers_used(study, standard, walkers)
    with clock.stage("read"):
        inputs = load_inputs(study, margin_m=margin_m(study, standard, used), cache=cache)
    with clock.stage("snap"):
        return make_case(inputs, standard, used, study.walk)


def streets_of(study: Study, case: Case) -> Streets:
    """Return what a study's network is cut from, for changes of it; nothing is read before it is needed."""
    communities = case.inputs.communities
    bbox = box_around(communities.geometry, margin_m=margin_m(study, case.standard, case.walkers))
    on_streets = study.demand is None or study.demand.places is None

    def homes(network: Network) -> gpd.GeoDataFrame:
        return read_demand(Files(study), communities, network, bbox)[0]

    return Streets(study, case.inputs.crs, bbox, case.inputs.network, homes=homes if on_streets else None)


def about_of(study: Study, case: Case) -> dict[str, Any]:
    """Return what the numbers of a search stand on."""
    return {
        **study.study.model_dump(include={"title", "status"}),
        "standard": case.standard.id,
        "slope": rules(case.inputs.network)["slope"],
        "dates": {file.role: file.date for file in case.inputs.files if file.date},
    }


def parameters_of(study: Study, case: Case) -> dict[str, Any]:
    """Return every choice that went in, ready for JSON."""
    clauses = [
        {**clause.model_dump(), "need": clause.need, "limit_minutes": clause.limit_minutes or study.walk.limit_minutes}
        for clause in case.standard.clause
    ]
    return {
        "study": study.study.model_dump(include={"id", "title", "status"}),
        "standard": case.standard.model_dump(exclude={"clause"}),
        "clauses": clauses,
        "walk": study.walk.model_dump(),
        "walkers": {n: walker.record() for n, walker in case.walkers.items()},
        "relief": {**rules(case.inputs.network), "smooth_m": SMOOTH_M},
        "paces": PACES,
        "search_minutes": SEARCH_MINUTES,
        "map": study.map.model_dump(),
        "demand_basis": case.inputs.demand_basis,
        "crs": case.inputs.crs,
    }
