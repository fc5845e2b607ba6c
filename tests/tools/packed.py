"""What pages hold packed, read back: lines and areas in units of the page."""

import base64
from typing import Any

import numpy as np

from cfgeo.core.schema import IntArray


def unpacked(packed: str) -> list[int]:
    """Return the whole numbers of a packed text."""
    numbers, value, bits = [], 0, 0
    for byte in base64.b64decode(packed + "=" * (-len(packed) % 4)):
        value |= (byte & 127) << bits
        bits += 7
        if byte < 128:
            numbers.append(value >> 1 ^ -(value & 1))
            value = bits = 0
    return numbers


def point_lists(packed: str) -> list[IntArray]:
    """Return lines, each as points x 2."""
    numbers, lines, at = unpacked(packed), [], 0
    last = np.zeros(2, dtype=np.int64)
    while at < len(numbers):
        end = at + 1 + 2 * numbers[at]
        line = last + np.reshape(numbers[at + 1 : end], (-1, 2)).cumsum(axis=0)
        last = line[-1] if len(line) else last
        lines.append(line)
        at = end
    return lines


def polygon_rings(packed: str) -> list[list[IntArray]]:
    """Return areas, each as its rings without their last corners."""
    numbers, polygons, at = unpacked(packed), [], 0
    last = np.zeros(2, dtype=np.int64)
    while at < len(numbers):
        count, at, rings = numbers[at], at + 1, []
        for _ in range(count):
            end = at + 1 + 2 * numbers[at]
            rings.append(last + np.reshape(numbers[at + 1 : end], (-1, 2)).cumsum(axis=0))
            last, at = rings[-1][-1], end
        polygons.append(rings)
    return polygons


def walk_paths(held: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Return the walks of a clause: position of the community → steps (of six numbers), points, profile."""
    numbers, lines, profiles = unpacked(held["steps"]), point_lists(held["lines"]), point_lists(held["profiles"])
    paths, at = {}, 0
    for position, points, profile in zip(held["communities"], lines, profiles, strict=True):
        end = at + 1 + 6 * numbers[at]
        steps = np.reshape(numbers[at + 1 : end], (-1, 6))
        steps[:, [3, 5]] = steps[:, [3, 5]].cumsum(axis=0)
        paths[position], at = {"steps": steps.tolist(), "points": points, "profile": profile}, end
    assert at == len(numbers)
    return paths
