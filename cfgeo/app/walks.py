"""The walks of a community's median children before and after changes, from the same homes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.routes.explain import explain
from cfgeo.core.errors import PlaceError, StudyError
from cfgeo.core.explanation import Explanation, Route
from cfgeo.core.schema import WGS84
from cfgeo.network.terrain import Heights

_DECIMALS = 6


@dataclass(frozen=True)
class Walks:
    """The walk that a clause asks for, before and after.

    Attributes
    ----------
    clause : str
    before, after : dict or None
        ``minutes``, ``place`` and ``lines`` (lat, lon); None where no place is within the search.
    """

    clause: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def walks_of(before: Case, after: Case, heights: Heights, *, code: str) -> list[Walks]:
    """Return the walks that differ, clause by clause.

    Parameters
    ----------
    before, after
        The study as it is, and with changes.
    heights
        The land under both.
    code
        The community. Each clause has its own median child there, by the walks as they are.
    """
    try:
        known = explain(before, heights, lonlat=None, code=code, layer=None)
    except StudyError:  # nobody lives there, or no clause asks for a walk
        return []
    return [walk for walk in _pairs(known, after, heights) if walk.before != walk.after]


def walks_from(before: Case, after: Case, heights: Heights, *, lon: float, lat: float) -> list[Walks]:
    """Return the walks from a place, clause by clause, whether they differ or not.

    Parameters
    ----------
    before, after, heights
        As for :func:`walks_of`.
    lon, lat
        Where the child lives, WGS-84 [degrees].

    Raises
    ------
    PlaceError
        No walkable street is near.
    StudyError
        No clause asks for a walk.
    """
    return _pairs(explain(before, heights, lonlat=(lon, lat), code=None, layer=None), after, heights)


def _pairs(known: Sequence[Explanation], after: Case, heights: Heights) -> list[Walks]:
    pairs = [(first, _again(after, heights, first)) for first in known if first.clause]
    return [Walks(first.clause, _told(first), None if then is None else _told(then)) for first, then in pairs]


def _again(case: Case, heights: Heights, before: Explanation) -> Explanation | None:
    """Return the same child's walk by the same clause in another case; None where its home has no street any more."""
    at = before.start.x, before.start.y
    try:
        found = explain(case, heights, lonlat=at, code=None, layer=before.layer)
    except PlaceError:
        return None
    return next((walk for walk in found if walk.clause == before.clause), None)


def _told(walk: Explanation) -> dict[str, Any] | None:
    """Return the slower direction of a walk."""
    if not walk.routes:
        return None
    route: Route = max(walk.routes, key=lambda route: route.minutes)
    lines = route.pieces.geometry.to_crs(WGS84)
    corners = [shapely.get_coordinates(line)[:, ::-1].round(_DECIMALS).tolist() for line in lines]
    return {"minutes": round(route.minutes, 1), "place": route.place, "lines": corners}
