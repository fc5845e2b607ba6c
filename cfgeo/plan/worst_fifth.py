"""Sites for those who walk longest: they shorten the median walk of the fifth with the longest walks.

That median is the 90th percentile of all walks. The smallest one is found by bisection (Hakimi's p-center, with a
percentile in place of the maximum): whether some places bring 90 % of the weight within a length is a maximal
covering problem.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from cfgeo.core.schema import FloatArray, IntArray
from cfgeo.plan.optimise.covering import Cover
from cfgeo.plan.optimise.covering_exact import Chosen, most_weight
from cfgeo.plan.site_cover import ClauseReach

NINE_TENTHS = 0.9
"""The median of the longest fifth is longer than nine tenths of all walks."""
_STEP_S = 1.0
"""The bisection ends when the best median is known to a second."""
_BISECTIONS = 24
"""A walk of hours is halved to milliseconds."""
_TINY = 1e-12


@dataclass(frozen=True)
class CandidateWalks:
    """All walks of some clauses, and the candidates that would shorten them.

    Attributes
    ----------
    weight : numpy.ndarray
        Weight of each walk (walks).
    now_s : numpy.ndarray
        Walk without the sites [s]; inf: beyond the search (walks).
    walk, place : numpy.ndarray
        Positions of a walk, and of a candidate that would shorten it (pairs).
    seconds : numpy.ndarray
        The walk to that candidate [s] (pairs).
    n_places : int
        Number of candidates.
    """

    weight: FloatArray
    now_s: FloatArray
    walk: IntArray
    place: IntArray
    seconds: FloatArray
    n_places: int


def walks_of(reaches: Sequence[ClauseReach], places: IntArray | None = None, *, n_places: int) -> CandidateWalks:
    """Return the walks of some clauses, each child once a clause, and the candidates that would shorten them.

    Parameters
    ----------
    reaches
        The reach clauses.
    places
        Positions of the candidates; all when missing.
    n_places
        Number of all candidates.
    """
    no_index, no_value = np.empty(0, dtype=np.int64), np.empty(0)
    weight, now_s, walk, place, seconds = [no_value], [no_value], [no_index], [no_index], [no_value]
    n_walks = 0
    for reach in reaches:
        pairs = reach.pairs(reach.weight > 0, np.minimum(reach.now_s, reach.search_s), places)
        weight.append(reach.weight)
        now_s.append(reach.now_s)
        walk.append(pairs.point + n_walks)
        place.append(pairs.place)
        seconds.append(pairs.seconds)
        n_walks += len(reach.weight)
    nearer = (np.concatenate(walk), np.concatenate(place), np.concatenate(seconds))
    return CandidateWalks(np.concatenate(weight), np.concatenate(now_s), *nearer, n_places=n_places)


def seconds_with(walks: CandidateWalks, places: IntArray) -> FloatArray:
    """Return each walk with some candidates built [s] (walks)."""
    pairs = np.isin(walks.place, places)
    seconds = walks.now_s.copy()
    np.minimum.at(seconds, walks.walk[pairs], walks.seconds[pairs])
    return seconds


def long_seconds(seconds: FloatArray, weight: FloatArray) -> float:
    """Return the walk that nine tenths of the weight do not exceed [s]; NaN where there is no weight."""
    weighted = np.flatnonzero(weight > 0)
    if len(weighted) == 0:
        return float("nan")
    order = weighted[np.argsort(seconds[weighted], kind="stable")]
    running = np.cumsum(weight[order])
    return float(seconds[order[np.searchsorted(running, NINE_TENTHS * running[-1] * (1 - _TINY))]])


def shortest(walks: CandidateWalks, *, count: int, seconds: float) -> tuple[Chosen, float]:
    """Choose the places with which the long walk is shortest, by bisection over its length.

    Parameters
    ----------
    walks
        Walks and candidates.
    count
        How many places at most.
    seconds
        Time for the proof [s].

    Returns
    -------
    chosen : Chosen
        The places; value and bound are seconds of the long walk.
    greedy_s : float
        The long walk that the greedy algorithm reaches [s].
    """
    ends = time.monotonic() + seconds
    places = greedy_places(walks, np.arange(walks.n_places), count=count)
    greedy_s = places_s = _long_with(walks, places)
    least_s = _long_with(walks, np.arange(walks.n_places))
    top_s = min(places_s, float(walks.seconds.max(initial=0.0)) + _STEP_S)
    while np.isfinite(least_s) and top_s - least_s > _STEP_S and time.monotonic() < ends:
        middle_s = (top_s + least_s) / 2
        cover, needed = _within(walks, middle_s)
        chosen = most_weight(cover, count=count, seconds=(ends - time.monotonic()) / 2)
        if chosen.value >= needed * (1 - _TINY):
            places = chosen.places
            top_s = places_s = min(_long_with(walks, places), middle_s)
        elif chosen.bound < needed * (1 - _TINY):
            least_s = middle_s
        else:
            break
    bound_s = places_s if places_s - least_s <= _STEP_S else least_s
    return Chosen(greedy_places(walks, places, count=len(places)), places_s, bound_s), greedy_s


def greedy_places(walks: CandidateWalks, places: IntArray, *, count: int) -> IntArray:
    """Choose the place that shortens the long walk most, again and again, until none shortens any walk."""
    allowed = np.zeros(walks.n_places, dtype=bool)
    allowed[places] = True
    pairs = allowed[walks.place]
    walk, place, seconds = walks.walk[pairs], walks.place[pairs], walks.seconds[pairs]
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
        pairs = place == best
        np.minimum.at(now_s, walk[pairs], seconds[pairs])
    return np.array(chosen, dtype=np.int64)


def _long_with(walks: CandidateWalks, places: IntArray) -> float:
    return long_seconds(seconds_with(walks, places), walks.weight)


def _long_with_each(
    walks: CandidateWalks, now_s: FloatArray, pairs: tuple[IntArray, IntArray, FloatArray]
) -> FloatArray:
    """Return the long walk with each candidate added alone, by bisection to milliseconds [s] (places)."""
    walk, place, seconds = pairs
    order = np.argsort(now_s, kind="stable")
    ordered_s, running = now_s[order], np.append(0.0, np.cumsum(walks.weight[order]))
    needed = NINE_TENTHS * running[-1] * (1 - _TINY)
    top = min(long_seconds(now_s, walks.weight), float(seconds.max()) + _STEP_S)
    low, high = np.zeros(walks.n_places), np.full(walks.n_places, top)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        newly = (seconds <= middle[place]) & (now_s[walk] > middle[place])
        within = running[np.searchsorted(ordered_s, middle, side="right")]
        within += np.bincount(place[newly], weights=walks.weight[walk[newly]], minlength=walks.n_places)
        enough = within >= needed
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high


def _within(walks: CandidateWalks, limit_s: float) -> tuple[Cover, float]:
    """Return which places bring which walks within a limit, and the weight that nine tenths still lack."""
    rows = np.flatnonzero((walks.now_s > limit_s) & (walks.weight > 0))
    pairs = (walks.seconds <= limit_s) & (walks.now_s[walks.walk] > limit_s)
    at = (np.searchsorted(rows, walks.walk[pairs]), walks.place[pairs])
    covers = sparse.csr_array((np.ones(int(pairs.sum())), at), shape=(len(rows), walks.n_places))
    no_goals = np.empty(0)
    cover = Cover(
        covers, walks.weight[rows], np.full(len(rows), -1), np.ones(len(rows)), no_goals, no_goals.astype(int)
    )
    return cover, NINE_TENTHS * float(walks.weight.sum()) - float(walks.weight[walks.now_s <= limit_s].sum())
