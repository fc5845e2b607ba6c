"""Runs of equal values: against loops in plain Python."""

from itertools import groupby

import numpy as np
import pytest

from cfgeo.core.arrays import ends_run, enumerate_runs, equal_pairs, least_of_each, run_offsets, starts_run

KEYS = [[], [4], [4, 4, 4], [1, 1, 2, 2, 2, 1], [3, 1, 2]]
SIZES = [[], [0], [3], [2, 0, 3], [0, 1, 0, 0, 2, 0]]


@pytest.mark.parametrize("key", KEYS)
def test_each_run_starts_and_ends_where_values_change(key: list[int]) -> None:
    runs = [len(list(run)) for _, run in groupby(key)]
    first = [sum(runs[:nth]) for nth in range(len(runs))]
    last = [start + size - 1 for start, size in zip(first, runs, strict=True)]
    array = np.array(key, dtype=np.int64)
    assert np.flatnonzero(starts_run(array)).tolist() == first
    assert np.flatnonzero(ends_run(array)).tolist() == last
    assert starts_run(array).shape == ends_run(array).shape == array.shape


def test_a_run_of_two_keys_ends_where_either_changes() -> None:
    left, right = np.array([1, 1, 1, 2, 2]), np.array([5, 5, 6, 6, 6])
    assert starts_run(left, right).tolist() == [True, False, True, True, False]
    assert ends_run(left, right).tolist() == [False, True, True, False, True]


@pytest.mark.parametrize("sizes", SIZES)
def test_offsets_enclose_each_run(sizes: list[int]) -> None:
    offsets = run_offsets(np.array(sizes, dtype=np.int64))
    assert offsets.dtype == np.int64
    assert offsets.tolist() == [sum(sizes[:nth]) for nth in range(len(sizes) + 1)]


@pytest.mark.parametrize("sizes", SIZES)
def test_elements_count_from_zero_within_each_run(sizes: list[int]) -> None:
    run, nth = enumerate_runs(np.array(sizes, dtype=np.int64))
    assert list(zip(run.tolist(), nth.tolist(), strict=True)) == [
        (number, element) for number, size in enumerate(sizes) for element in range(size)
    ]


def test_of_equal_values_the_first_is_the_least_of_its_group() -> None:
    rng = np.random.default_rng(5)
    group, value = rng.integers(0, 9, 80), rng.integers(0, 4, 80).astype(float)
    expected = [min(np.flatnonzero(group == number), key=lambda row: value[row]) for number in np.unique(group)]
    assert least_of_each(group, value).tolist() == expected


def test_no_values_have_no_least() -> None:
    assert least_of_each(np.empty(0, dtype=np.int64), np.empty(0)).tolist() == []


def test_pairs_are_all_equal_values_of_two_arrays() -> None:
    rng = np.random.default_rng(6)
    left, right = rng.integers(0, 9, 30), rng.integers(0, 9, 40)
    at_left, at_right = equal_pairs(left, right)
    expected = [(i, j) for i, a in enumerate(left) for j, b in enumerate(right) if a == b]
    assert list(zip(at_left.tolist(), at_right.tolist(), strict=True)) == expected
