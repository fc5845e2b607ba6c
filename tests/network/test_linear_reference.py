"""Cutting many lines at once equals cutting each line."""

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString
from tools import oracle

from cfgeo.network.linear_reference import cut_lines, distances_along

ANGLE = LineString([(0, 0), (100, 0), (100, 50)])

coordinates = st.integers(-50, 50)
paths = st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=6, unique=True)
shares = st.sampled_from([0.0, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.999, 1.0])
cuts = st.lists(st.tuples(paths, shares, shares), min_size=1, max_size=6)


def test_a_stretch_keeps_the_corner_inside_it() -> None:
    cut = cut_lines([ANGLE], np.array([0.5]), np.array([0.8]))  # 75 m to 120 m of 150 m
    assert shapely.equals_exact(cut[0], LineString([(75, 0), (100, 0), (100, 20)]), 1e-9)


def test_a_stretch_that_ends_at_a_corner_has_the_corner_once() -> None:
    cut = cut_lines([LineString([(0, 0), (100, 0), (100, 100)])], np.array([0.0]), np.array([0.5]))
    assert cut[0].coords[:] == [(0, 0), (100, 0)]


def test_a_stretch_without_length_is_one_point_twice() -> None:
    cut = cut_lines([ANGLE], np.array([0.5]), np.array([0.5]))
    assert cut[0].coords[:] == [(75, 0), (75, 0)]


def test_nothing_to_cut_gives_nothing() -> None:
    assert len(cut_lines([], np.array([]), np.array([]))) == 0


def test_distances_begin_anew_on_each_line() -> None:
    xy = np.array([(0.0, 0.0), (3, 4), (3, 10), (7, 7), (7, 9)])
    along = distances_along(xy, np.array([0, 0, 0, 1, 1]))
    np.testing.assert_allclose(along, [0, 5, 11, 0, 2])


@given(cuts)
def test_cutting_many_lines_equals_shapely_substring_of_each(rows: list[tuple]) -> None:
    lines = [LineString(path) for path, _, _ in rows]
    start = np.array([min(first, second) for _, first, second in rows])
    end = np.array([max(first, second) for _, first, second in rows])
    ours = cut_lines(lines, start, end)
    theirs = oracle.substrings(lines, start, end)
    np.testing.assert_allclose(shapely.length(ours), (end - start) * shapely.length(lines), atol=1e-9)
    for our_line, their_line in zip(ours, theirs, strict=True):
        assert shapely.hausdorff_distance(our_line, their_line) < 1e-9


@given(cuts)
def test_a_line_cut_in_two_is_as_long_as_before_and_meets_at_the_cut(rows: list[tuple]) -> None:
    lines = [LineString(path) for path, _, _ in rows]
    middle = np.array([share for _, share, _ in rows])
    zero, whole = np.zeros(len(rows)), np.ones(len(rows))
    first, second = cut_lines(lines, zero, middle), cut_lines(lines, middle, whole)
    np.testing.assert_allclose(shapely.length(first) + shapely.length(second), shapely.length(lines))
    assert all(a.coords[-1] == b.coords[0] for a, b in zip(first, second, strict=True))
