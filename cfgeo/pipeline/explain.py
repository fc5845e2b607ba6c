"""Why walks of a study take as long as they do."""

import dataclasses
from pathlib import Path

from cfgeo.assess.case import about_of
from cfgeo.assess.routes.explain import explain
from cfgeo.core.clock import Clock, Tell
from cfgeo.core.errors import StudyError
from cfgeo.core.explanation import Explanation
from cfgeo.pipeline.case import ReadStudy, heights_of, read_case
from cfgeo.study.config import Study
from cfgeo.study.settings import require_position


def explain_study(
    study: Study,
    *,
    lonlat: tuple[float, float] | None = None,
    community: str | None = None,
    layer: str | None = None,
    cache: str | Path | None = None,
    tell: Tell = lambda stage: None,
) -> list[Explanation]:
    """Explain why walks take as long as they do: the routes to the nearest places, and what their minutes go on.

    Parameters
    ----------
    study
        What :func:`cfgeo.load_study` gives.
    lonlat
        Where the walks begin, WGS-84 [degrees]; or
    community
        the code or name of a community, whose median child walks.
    layer
        Where to; all that clauses of the standard ask a walk to when missing.
    cache, tell
        As for :func:`run_study`.

    Returns
    -------
    list of Explanation
        One a clause.

    Raises
    ------
    PlaceError
        No walkable street lies within the study's ``snap_m`` of the point.
    StudyError
        There is no such community or layer, nobody lives there, or neither or both of point and community are given.
    """
    _require_one(lonlat, community)
    read = read_case(study, Clock(tell), cache)
    return explain_read(read, lonlat=lonlat, community=community, layer=layer)


def explain_read(
    read: ReadStudy, *, lonlat: tuple[float, float] | None, community: str | None, layer: str | None
) -> list[Explanation]:
    """Explain walks of a study that has been read; see :func:`explain_study`."""
    _require_one(lonlat, community)
    case = read.case
    about = about_of(read.study, case)
    explanations = explain(case, heights_of(read.study, case), lonlat=lonlat, code=community, layer=layer)
    return [dataclasses.replace(explanation, about=about) for explanation in explanations]


def _require_one(lonlat: tuple[float, float] | None, community: str | None) -> None:
    """Check that walks begin either at a point or in a community."""
    if (lonlat is None) == (community is None):
        raise StudyError("explain_one")
    if lonlat is not None:
        require_position(*lonlat)
