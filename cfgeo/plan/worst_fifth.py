"""Sites for those who walk longest: the median of the fifth with the longest walks, made as short as it can be."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from cfgeo.core.schema import FloatArray, IntArray
from cfgeo.plan.optimise.covering import Cover
from cfgeo.plan.optimise.covering_exact import Chosen, most_weight
from cfgeo.plan.site_cover import Field

NINE_TENTHS = 0.9
"""Half of the fifth that walk longest walk no longer than nine tenths of all."""
_STEP_S = 1.0
"""Walks are not told apart further when the best median is proven."""
_HALVINGS = 24
_TINY = 1e-12


@dataclass(frozen=True)
class Walked:
    """All walks of some clauses, and what candidates would make of them.

    Attributes
    ----------
    weight, now_s : numpy.ndarray
        Of each walk; inf: beyond the search (walks).
    walk, place : numpy.ndarray
        A candidate that would be nearer, and for which walk (pairs).
    seconds : numpy.ndarray
        The walk there (pairs).
    n_places : int
    """

    weight: FloatArray
    now_s: FloatArray
    walk: IntArray
    place: IntArray
    seconds: FloatArray
    n_places: int


def walked(fields: Sequence[Field], places: IntArray | None = None, *, n_places: int) -> Walked:
    """Return the walks of some clauses, each child once a clause, and where candidates (all or some) are nearer."""
    none, nothing = np.empty(0, dtype=np.int64), np.empty(0)
    weight, now_s, walk, place, seconds, before = [nothing], [nothing], [none], [none], [nothing], 0
    for field in fields:
        pairs = field.pairs(field.weight > 0, np.minimum(field.now_s, field.search_s), places)
        weight.append(field.weight)
        now_s.append(field.now_s)
        walk.append(pairs.point + before)
        place.append(pairs.place)
        seconds.append(pairs.seconds)
        before += len(field.weight)
    nearer = (np.concatenate(walk), np.concatenate(place), np.concatenate(seconds))
    return Walked(np.concatenate(weight), np.concatenate(now_s), *nearer, n_places=n_places)


def seconds_with(walks: Walked, places: IntArray) -> FloatArray:
    """Return each walk when some candidates are there as well (walks)."""
    mine = np.isin(walks.place, places)
    now_s = walks.now_s.copy()
    np.minimum.at(now_s, walks.walk[mine], walks.seconds[mine])
    return now_s


def long_seconds(seconds: FloatArray, weight: FloatArray) -> float:
    """Return the walk that nine tenths of the weight do not exceed; NaN where there is no weight."""
    some = np.flatnonzero(weight > 0)
    if len(some) == 0:
        return float("nan")
    order = some[np.argsort(seconds[some], kind="stable")]
    running = np.cumsum(weight[order])
    return float(seconds[order[np.searchsorted(running, NINE_TENTHS * running[-1] * (1 - _TINY))]])


def shortest(walks: Walked, *, count: int, seconds: float) -> tuple[Chosen, float]:
    """Choose the places with which the long walk is shortest.

    For any length, whether some places bring nine tenths within it is a covering problem; halving between what is
    known to be possible and what is proven not to be finds the best.

    Parameters
    ----------
    walks
        As :func:`walked` gives them.
    count
        How many places at most.
    seconds
        Time for the proof [s].

    Returns
    -------
    chosen : Chosen
        Seconds of the long walk, and what no places can go below.
    one_by_one : float
        What the best next one each time reaches [s].
    """
    ends = time.monotonic() + seconds
    first = one_by_one(walks, np.arange(walks.n_places), count=count)
    reached = places_s = _long_with(walks, first)
    places, least_s = first, _long_with(walks, np.arange(walks.n_places))
    top_s = min(places_s, float(walks.seconds.max(initial=0.0)) + _STEP_S)
    while np.isfinite(least_s) and top_s - least_s > _STEP_S and time.monotonic() < ends:
        middle_s = (top_s + least_s) / 2
        cover, wanted = _within(walks, middle_s)
        found = most_weight(cover, count=count, seconds=(ends - time.monotonic()) / 2)
        if found.value >= wanted * (1 - _TINY):
            places = found.places
            top_s = places_s = min(_long_with(walks, places), middle_s)
        elif found.bound < wanted * (1 - _TINY):
            least_s = middle_s
        else:
            break
    bound_s = places_s if places_s - least_s <= _STEP_S else least_s
    return Chosen(one_by_one(walks, places, count=len(places)), places_s, bound_s), reached


def one_by_one(walks: Walked, places: IntArray, *, count: int) -> IntArray:
    """Choose of some places the best next one each time; ends where none makes any walk shorter."""
    allowed = np.zeros(walks.n_places, dtype=bool)
    allowed[places] = True
    mine = allowed[walks.place]
    walk, place, seconds = walks.walk[mine], walks.place[mine], walks.seconds[mine]
    now_s = walks.now_s.copy()
    far_s = float(seconds.max(initial=0.0)) + _STEP_S
    chosen: list[int] = []
    while len(chosen) < count:
        nearer = seconds < now_s[walk]
        walk, place, seconds = walk[nearer], place[nearer], seconds[nearer]
        if len(walk) == 0:
            break
        saved = walks.weight[walk] * (np.minimum(now_s[walk], far_s) - seconds)
        gain = np.bincount(place, weights=saved, minlength=walks.n_places)
        long_s = _long_with_each(walks, now_s, (walk, place, seconds))
        best = int(np.lexsort((-gain, np.round(long_s, 3)))[0])
        chosen.append(best)
        mine = place == best
        np.minimum.at(now_s, walk[mine], seconds[mine])
    return np.array(chosen, dtype=np.int64)


def _long_with(walks: Walked, places: IntArray) -> float:
    return long_seconds(seconds_with(walks, places), walks.weight)


def _long_with_each(walks: Walked, now_s: FloatArray, pairs: tuple[IntArray, IntArray, FloatArray]) -> FloatArray:
    """Return the long walk with each candidate on its own, to some milliseconds (places)."""
    walk, place, seconds = pairs
    order = np.argsort(now_s, kind="stable")
    ordered_s, running = now_s[order], np.append(0.0, np.cumsum(walks.weight[order]))
    wanted = NINE_TENTHS * running[-1] * (1 - _TINY)
    top = min(long_seconds(now_s, walks.weight), float(seconds.max()) + _STEP_S)
    low, high = np.zeros(walks.n_places), np.full(walks.n_places, top)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        newly = (seconds <= middle[place]) & (now_s[walk] > middle[place])
        within = running[np.searchsorted(ordered_s, middle, side="right")]
        within += np.bincount(place[newly], weights=walks.weight[walk[newly]], minlength=walks.n_places)
        enough = within >= wanted
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high


def _within(walks: Walked, limit_s: float) -> tuple[Cover, float]:
    """Return which places bring which walks within a limit, and what weight nine tenths still lack."""
    rows = np.flatnonzero((walks.now_s > limit_s) & (walks.weight > 0))
    pairs = (walks.seconds <= limit_s) & (walks.now_s[walks.walk] > limit_s)
    at = (np.searchsorted(rows, walks.walk[pairs]), walks.place[pairs])
    covers = sparse.csr_array((np.ones(int(pairs.sum())), at), shape=(len(rows), walks.n_places))
    nothing = np.empty(0)
    cover = Cover(covers, walks.weight[rows], np.full(len(rows), -1), np.ones(len(rows)), nothing, nothing.astype(int))
    return cover, NINE_TENTHS * float(walks.weight.sum()) - float(walks.weight[walks.now_s <= limit_s].sum())
