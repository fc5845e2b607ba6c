"""What stages ask of arrays of shapes."""

import numpy as np
from shapely import GeometryCollection, LineString, MultiPoint, Point, box

from cfgeo.core.shapes import is_blank, is_finite, single_parts


def test_missing_and_empty_shapes_are_blank_and_infinite_ones_are_not() -> None:
    shapes = np.array([Point(1, 2), Point(), None, Point(np.inf, 0), box(0, 0, 1, 1)])
    assert is_blank(shapes).tolist() == [False, True, True, False, False]
    assert is_finite(shapes).tolist() == [True, False, False, False, True]
    assert is_blank(shapes[:0]).tolist() == is_finite(shapes[:0]).tolist() == []


def test_collections_of_multi_parts_are_split_into_single_parts() -> None:
    line, points = LineString([(0, 0), (1, 1)]), MultiPoint([(0, 0), (2, 2)])
    parts, owner = single_parts(np.array([line, GeometryCollection([line, points]), Point()]))
    assert [part.geom_type for part in parts] == ["LineString", "LineString", "Point", "Point", "Point"]
    assert owner.tolist() == [0, 1, 1, 1, 2]
