"""Runs of equal values in arrays, without a loop: where they begin, what they hold, and the least of each group."""

from typing import Any

import numpy as np

from cfgeo.core.schema import BoolArray, FloatArray, IntArray


def starts_run(*keys: Any) -> BoolArray:
    """Return whether a run of equal values starts at each position.

    Parameters
    ----------
    *keys
        Arrays of one length (n). With several, a run ends where any of them changes.

    Returns
    -------
    numpy.ndarray
        The first position, if there is one, always starts a run (n).

    Examples
    --------
    >>> starts_run(np.array([3, 3, 5, 3]))
    array([ True, False,  True,  True])
    """
    starts: BoolArray = np.arange(len(keys[0])) == 0
    for key in keys:
        starts[1:] |= key[1:] != key[:-1]
    return starts


def ends_run(*keys: Any) -> BoolArray:
    """Return whether a run of equal values ends at each position; the counterpart of :func:`starts_run`.

    Examples
    --------
    >>> ends_run(np.array([3, 3, 5, 3]))
    array([False,  True,  True,  True])
    """
    # The first position always starts a run, so rolling it to the end closes the last one.
    return np.roll(starts_run(*keys), -1)


def run_offsets(sizes: Any) -> IntArray:
    """Return where each run begins when runs of these sizes lie one after the other, and where the last one ends.

    This is the ``indptr`` of a sparse matrix in CSR format.

    Parameters
    ----------
    sizes
        How many elements each run has (n).

    Returns
    -------
    numpy.ndarray
        Run i is ``elements[offsets[i]:offsets[i + 1]]`` (n + 1).

    Examples
    --------
    >>> run_offsets([2, 0, 3])
    array([0, 2, 2, 5])
    """
    offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return offsets


def enumerate_runs(sizes: Any) -> tuple[IntArray, IntArray]:
    """Return the run of each element, and its number within the run.

    Parameters
    ----------
    sizes
        How many elements each run has (n).

    Returns
    -------
    run, nth : numpy.ndarray
        Both count from 0 (sum of ``sizes``).

    Examples
    --------
    >>> enumerate_runs([2, 0, 3])
    (array([0, 0, 2, 2, 2]), array([0, 1, 0, 1, 2]))
    """
    run = np.repeat(np.arange(len(sizes)), sizes)
    return run, np.arange(len(run)) - run_offsets(sizes)[run]


def least_of_each(group: IntArray, value: FloatArray | IntArray) -> IntArray:
    """Return the position of the least value of each group, the first of equal ones.

    Parameters
    ----------
    group
        The group of each value, in any order (n).
    value
        Values that can be ordered (n).

    Returns
    -------
    numpy.ndarray
        Positions, in the order of the groups' numbers (groups that occur).

    Examples
    --------
    >>> least_of_each(np.array([7, 2, 7, 7]), np.array([4.0, 9.0, 1.0, 1.0]))
    array([1, 2])
    """
    order = np.lexsort((value, group))
    return order[starts_run(group[order])]


def equal_pairs(left: IntArray, right: IntArray) -> tuple[IntArray, IntArray]:
    """Return all pairs of positions at which two arrays have equal values: a sort-merge join.

    Parameters
    ----------
    left, right
        In any order (n, m).

    Returns
    -------
    at_left, at_right : numpy.ndarray
        Positions in the two arrays, sorted by the first, then by the second (pairs).

    Examples
    --------
    >>> equal_pairs(np.array([5, 3, 5]), np.array([5, 8, 5]))
    (array([0, 0, 2, 2]), array([0, 2, 0, 2]))
    """
    order = np.argsort(right, kind="stable")
    ordered = right[order]
    first = np.searchsorted(ordered, left, side="left")
    at_left, nth = enumerate_runs(np.searchsorted(ordered, left, side="right") - first)
    return at_left, order[first[at_left] + nth]
