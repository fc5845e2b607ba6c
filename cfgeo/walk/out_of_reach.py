"""Why there is no route to a place: the nearest one though out of reach, and what stands between."""

from typing import Any, Literal

import numpy as np
import shapely

from cfgeo.core.schema import IntArray, Positions
from cfgeo.walk.nearest import nearest, search
from cfgeo.walk.search import WalkGraph

Reason = Literal["no_place", "start_off", "place_off", "apart", "too_far"]


def out_of_reach(
    graph: WalkGraph, places: Positions, at: Positions, start: Any, shapes: Any
) -> tuple[Reason, int, float]:
    """Return why no place is in reach, the place that is nearest, and the walk to it.

    Parameters
    ----------
    graph
        The walker's network.
    places
        Where the places that count meet it.
    at
        Where the start meets it; no row where no street is near.
    start
        The start, in the network's CRS.
    shapes
        All places that count, in the same CRS; missing ones for those that do not (items).

    Returns
    -------
    reason : str
        ``no_place``: there is none; ``start_off``, ``place_off``: no walkable street near the start, or near the
        place; ``apart``: no way joins their streets; ``too_far``: the walk is longer than the search.
    item : int
        The place: by the walk where there is one, else in a straight line; -1 without one.
    seconds : float
        Of the walk, legs included; inf without one.
    """
    metres = shapely.distance(start, np.asarray(shapes, dtype=object))
    if not np.isfinite(metres).any():
        return "no_place", -1, np.inf
    near = int(np.nanargmin(metres))
    if len(at) == 0:
        return "start_off", near, np.inf
    seconds, item = nearest(search(graph, places, limit_s=np.inf), at.take(np.array([0])))
    if np.isfinite(seconds[0]):
        return "too_far", int(item[0]), float(seconds[0])
    joined: IntArray = places.item
    return ("apart" if near in joined else "place_off"), near, np.inf
