"""The covering problem: the value of a set of places, the greedy algorithm, and local search by exchange.

Nothing here knows of streets or clauses. Rows are what can be covered, columns are the places that cover them. A goal
asks for some weight of its rows, and a group (a community) is won when all of its goals are met.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from cfgeo.core.schema import BoolArray, FloatArray, IntArray

TINY = 1e-9
"""A goal is met when no more than this share of it is missing."""


@dataclass(frozen=True)
class Cover:
    """A covering problem.

    Attributes
    ----------
    covers : scipy.sparse.csr_array
        1 where a place covers a row (rows × places).
    weight : numpy.ndarray
        Weight of each row (rows).
    goal : numpy.ndarray
        Goal that each row adds to; -1: none (rows).
    most : numpy.ndarray
        How many places count for each row; 1: the row is covered or not (rows).
    asked : numpy.ndarray
        Weight that each goal asks for, greater than 0 (goals).
    group : numpy.ndarray
        Group of each goal; every group has a goal (goals).
    """

    covers: sparse.csr_array
    weight: FloatArray
    goal: IntArray
    most: FloatArray
    asked: FloatArray
    group: IntArray

    @property
    def n_places(self) -> int:
        """How many places there are to choose from."""
        return int(self.covers.shape[1])

    @property
    def n_groups(self) -> int:
        """How many groups there are to win."""
        return int(self.group.max()) + 1 if len(self.group) else 0


def counted(cover: Cover, places: IntArray) -> FloatArray:
    """Return how many of some places count for each row (rows)."""
    open_ = np.zeros(cover.n_places)
    open_[places] = 1.0
    return np.asarray(np.minimum(cover.covers @ open_, cover.most))


def covered(cover: Cover, places: IntArray) -> float:
    """Return the weight that some places cover."""
    return float(cover.weight @ counted(cover, places))


def groups_won(cover: Cover, places: IntArray) -> BoolArray:
    """Return which groups have all that their goals ask for (groups)."""
    lacking = _lacking(cover, counted(cover, places))
    return np.asarray(np.bincount(cover.group[lacking > 0], minlength=cover.n_groups) == 0)


def without_twins(cover: Cover) -> tuple[Cover, IntArray]:
    """Return an equivalent smaller problem: equal rows are merged, and of equal places the first is kept.

    Returns
    -------
    cover : Cover
        The problem, without rows that no place covers and places that cover nothing.
    places : numpy.ndarray
        Place of the given problem that each column is.
    """
    columns = cover.covers.tocsc()
    # Where a row counts more than once, so may equal places.
    kept = _first_of_each(columns) if cover.most.max(initial=1.0) <= 1 else np.flatnonzero(np.diff(columns.indptr) > 0)
    rows = sparse.csr_array(columns[:, kept])
    filled = np.flatnonzero(np.diff(rows.indptr) > 0)
    rows = rows[filled]
    owner = twins(rows, np.column_stack([cover.goal[filled], cover.most[filled]]))
    first = np.unique(owner, return_index=True)[1]
    weight = np.bincount(owner, weights=cover.weight[filled], minlength=len(first)).astype(float)
    goal, most = cover.goal[filled][first], cover.most[filled][first]
    return replace(cover, covers=rows[first], weight=weight, goal=goal, most=most), kept


def greedy(cover: Cover, *, count: int, for_groups: bool, after: IntArray | None = None) -> IntArray:
    """Greedy algorithm: add the place that gains most, again and again, until none gains anything.

    Parameters
    ----------
    cover
        The covering problem.
    count
        How many places at most.
    for_groups
        Whether to gain the most groups, then the greatest shares of goals, then the most weight; otherwise to gain the
        most weight.
    after
        Places that are chosen already, which come first.
    """
    by_place = cover.covers.T.tocsr()
    chosen = [] if after is None else after.tolist()
    done = counted(cover, np.array(chosen, dtype=np.int64))
    left, lacking = cover.most - done, _lacking(cover, done)
    while len(chosen) < min(count, cover.n_places):
        table = _gains(cover, left, lacking, for_groups=for_groups)
        for gain in table:
            gain[chosen] = 0.0
        best = int(np.lexsort(table[::-1])[-1]) if len(table[0]) else -1
        if best < 0 or all(gain[best] <= TINY for gain in table):
            break
        ties = np.all([np.abs(gain - gain[best]) <= TINY * max(abs(gain[best]), 1) for gain in table], axis=0)
        best = int(np.flatnonzero(ties)[0])
        chosen.append(best)
        row = by_place.indices[by_place.indptr[best] : by_place.indptr[best + 1]]
        left[row] = np.maximum(left[row] - 1, 0)
        lacking = _lacking(cover, cover.most - left)
    return np.array(chosen, dtype=np.int64)


def gains(cover: Cover, places: IntArray, *, for_groups: bool) -> tuple[FloatArray, ...]:
    """Return what each place would gain beside others: groups, shares of goals and weight; or the weight alone."""
    done = counted(cover, places)
    table = _gains(cover, cover.most - done, _lacking(cover, done), for_groups=for_groups)
    for gain in table:
        gain[places] = 0.0
    return table


def _gains(cover: Cover, left: FloatArray, lacking: FloatArray, *, for_groups: bool) -> tuple[FloatArray, ...]:
    open_ = np.minimum(left, 1.0)
    weight = np.asarray((cover.weight * open_) @ cover.covers, dtype=float)
    if not for_groups:
        return (weight,)
    rows = np.flatnonzero((cover.goal >= 0) & (open_ > 0))
    shape = (len(cover.asked), len(cover.weight))
    by_goal = sparse.csr_array((cover.weight[rows], (cover.goal[rows], rows)), shape=shape) @ cover.covers
    goal, place = by_goal.nonzero()
    amount = np.asarray(by_goal[goal, place]).ravel()
    open_goals = np.bincount(cover.group[lacking > 0], minlength=cover.n_groups)
    lacks = lacking[goal]
    met = (lacks > 0) & (amount >= lacks)
    key, times = np.unique(cover.group[goal[met]] * cover.n_places + place[met], return_counts=True)
    won = key[times == open_goals[key // cover.n_places]] % cover.n_places
    part = np.where(lacks > 0, np.minimum(amount, lacks) / cover.asked[goal], 0.0)
    return (
        np.bincount(won, minlength=cover.n_places).astype(float),
        np.bincount(place, weights=part, minlength=cover.n_places).astype(float),
        weight,
    )


def _lacking(cover: Cover, done: FloatArray) -> FloatArray:
    """Return the weight that each goal still lacks (goals)."""
    rows = cover.goal >= 0
    have = np.bincount(cover.goal[rows], weights=(cover.weight * done)[rows], minlength=len(cover.asked))
    lacking = cover.asked - have
    return np.where(lacking > TINY * cover.asked, lacking, 0.0)


def in_order(cover: Cover, places: IntArray, *, for_groups: bool) -> IntArray:
    """Return some places in greedy order; those that gain nothing come last."""
    chosen = replace(cover, covers=sparse.csr_array(cover.covers.tocsc()[:, places]))
    first = greedy(chosen, count=len(places), for_groups=for_groups)
    order = np.r_[first, np.setdiff1d(np.arange(len(places)), first)].astype(np.int64)
    return np.asarray(places[order])


def exchanged(cover: Cover, places: IntArray, *, for_groups: bool) -> IntArray:
    """Local search by exchange (Teitz and Bart 1968): swap one place for another as long as that is better."""
    places, nth, since = places.copy(), 0, 0
    while since < len(places):
        others = np.delete(places, nth)
        table = gains(cover, others, for_groups=for_groups)
        best = int(np.lexsort(table[::-1])[-1])
        pairs = [(gain[best], gain[places[nth]]) for gain in table]
        better = next((new > old for new, old in pairs if abs(new - old) > TINY * max(abs(old), 1.0)), False)
        if better:
            places[nth], since = best, 0
        since, nth = since + 1, (nth + 1) % len(places)
    return places


def asked_for(cover: Cover) -> Cover:
    """Return the problem without the rows that no goal counts."""
    rows = np.flatnonzero(cover.goal >= 0)
    covers, weight, goal = sparse.csr_array(cover.covers[rows]), cover.weight[rows], cover.goal[rows]
    return replace(cover, covers=covers, weight=weight, goal=goal, most=cover.most[rows])


def _first_of_each(columns: sparse.csc_array) -> IntArray:
    """Return the first of the columns that cover the same rows, without those that cover none."""
    columns.sort_indices()
    seen: dict[bytes, int] = {}
    for column, (begin, end) in enumerate(zip(columns.indptr[:-1], columns.indptr[1:], strict=True)):
        if end > begin:
            seen.setdefault(columns.indices[begin:end].tobytes(), column)
    return np.fromiter(seen.values(), dtype=np.int64, count=len(seen))


def twins(rows: sparse.csr_array, about: FloatArray) -> IntArray:
    """Return a number for each row, from 0 by first occurrence; rows with equal places and equal facts share one."""
    rows.sort_indices()
    seen: dict[bytes, int] = {}
    ends = zip(rows.indptr[:-1], rows.indptr[1:], about, strict=True)
    keys = (facts.tobytes() + rows.indices[begin:end].tobytes() for begin, end, facts in ends)
    return np.fromiter((seen.setdefault(key, len(seen)) for key in keys), dtype=np.int64, count=rows.shape[0])
