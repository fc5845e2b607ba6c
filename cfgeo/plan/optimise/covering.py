"""Places that cover rows: what some of them reach, and the best next one each time.

Nothing here knows of streets or clauses. Rows are what can be covered, columns the places that cover them; a group
(a community) is won when every one of its goals has the amount that it asks.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from cfgeo.core.schema import BoolArray, FloatArray, IntArray

TINY = 1e-9
"""Shares of an amount that nobody tells apart."""


@dataclass(frozen=True)
class Cover:
    """What can be covered, by which places, and what it is needed for.

    Attributes
    ----------
    covers : scipy.sparse.csr_array
        1 where a place covers a row (rows × places).
    weight : numpy.ndarray
        Of each row.
    goal : numpy.ndarray
        Goal that each row adds to; -1: none (rows).
    most : numpy.ndarray
        How many places count for each row; 1: it is covered or not (rows).
    asked : numpy.ndarray
        The weight that each goal still asks for, above 0 (goals).
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
    """Say which groups have all that their goals ask for (groups)."""
    lacking = _lacking(cover, counted(cover, places))
    return np.asarray(np.bincount(cover.group[lacking > 0], minlength=cover.n_groups) == 0)


def without_twins(cover: Cover) -> tuple[Cover, IntArray]:
    """Return the same with rows that nothing tells apart put together, and of equal places the first.

    Returns
    -------
    cover : Cover
        Rows that no place covers and places that cover nothing are left out.
    places : numpy.ndarray
        Which place of the given ones each column is.
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
    """Choose places one by one, each the best next one; ends where none adds anything.

    Parameters
    ----------
    cover
        What there is to cover.
    count
        How many places at most.
    for_groups
        The most groups are wanted, then what brings most of the amounts that are still asked, then the most weight;
        otherwise the most weight.
    after
        Places that are chosen already.
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
    """Return what each place would add to others: groups won, share of what is asked, weight; or the weight alone."""
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
    """Return what each goal still lacks, 0 where nothing (goals)."""
    some = cover.goal >= 0
    have = np.bincount(cover.goal[some], weights=(cover.weight * done)[some], minlength=len(cover.asked))
    lacking = cover.asked - have
    return np.where(lacking > TINY * cover.asked, lacking, 0.0)


def in_order(cover: Cover, places: IntArray, *, for_groups: bool) -> IntArray:
    """Return some places, the best next one first; what adds nothing last."""
    mine = replace(cover, covers=sparse.csr_array(cover.covers.tocsc()[:, places]))
    first = greedy(mine, count=len(places), for_groups=for_groups)
    order = np.r_[first, np.setdiff1d(np.arange(len(places)), first)].astype(np.int64)
    return np.asarray(places[order])


def exchanged(cover: Cover, places: IntArray, *, for_groups: bool) -> IntArray:
    """Exchange one place for another as long as that is better."""
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
    """Return the same without the rows that no goal counts."""
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
    """Return a number for each row, one for those with the same places and the same facts; from 0, as they turn up."""
    rows.sort_indices()
    seen: dict[bytes, int] = {}
    ends = zip(rows.indptr[:-1], rows.indptr[1:], about, strict=True)
    keys = (facts.tobytes() + rows.indices[begin:end].tobytes() for begin, end, facts in ends)
    return np.fromiter((seen.setdefault(key, len(seen)) for key in keys), dtype=np.int64, count=rows.shape[0])
