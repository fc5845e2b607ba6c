"""How far apart two colours look: CIEDE2000 (Sharma, Wu and Dalal 2005), and the commonest colour of some pixels.

How colours look to who lacks one kind of cone: Machado, Oliveira and Fernandes (2009), severity 1.0. The contrast of
text is that of WCAG 2.
"""

from collections import Counter
from typing import Any

import numpy as np

RGB = tuple[int, int, int]

LACKING = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""Linear RGB as it is → as it looks to who lacks long, middle or short cones."""


def seen_without(colour: RGB, cones: str) -> RGB:
    """Return how a colour looks to who lacks a kind of cone: a key of ``LACKING``."""
    values = np.clip(np.array(LACKING[cones]) @ _linear(colour), 0, 1)
    encoded = np.where(values <= 0.0031308, 12.92 * values, 1.055 * values ** (1 / 2.4) - 0.055)
    red, green, blue = np.rint(255 * encoded).astype(int).tolist()
    return red, green, blue


def contrast(one: RGB, other: RGB) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG 2 has it."""
    low, high = sorted(float(np.dot([0.2126, 0.7152, 0.0722], _linear(colour))) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lightness(colour: RGB) -> float:
    """Return L* of a colour, 0 to 100."""
    return float(_lab(colour)[0])


def commonest(pixels: Any) -> RGB:
    """Return the colour that most pixels (n x 3 or more, 0–255) have."""
    counts = Counter(map(tuple, np.asarray(pixels)[:, :3].tolist()))
    red, green, blue = counts.most_common(1)[0][0]
    return int(red), int(green), int(blue)


def difference(one: RGB, other: RGB) -> float:
    """Return ΔE2000 of two sRGB colours; about 1 can just be seen, side by side."""
    l1, a1, b1 = _lab(one)
    l2, a2, b2 = _lab(other)
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(chroma**7 / (chroma**7 + 25.0**7)))
    c1, c2 = np.hypot(a1 * (1 + g), b1), np.hypot(a2 * (1 + g), b2)
    h1, h2 = (np.degrees(np.arctan2(b, a * (1 + g))) % 360 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0
    turn = 0.0 if grey else (h2 - h1 + 180) % 360 - 180
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = np.radians(h1 + h2 if grey else h1 + turn / 2)
    t = 1 - 0.17 * np.cos(mean_h - np.radians(30)) + 0.24 * np.cos(2 * mean_h)
    t += 0.32 * np.cos(3 * mean_h + np.radians(6)) - 0.2 * np.cos(4 * mean_h - np.radians(63))
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    spread = np.radians(30) * np.exp(-((((np.degrees(mean_h) % 360) - 275) / 25) ** 2))
    r = -2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)) * np.sin(2 * spread)
    parts = (l2 - l1) / s_l, (c2 - c1) / s_c, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / s_h
    return float(np.sqrt(sum(part**2 for part in parts) + r * parts[1] * parts[2]))


def _linear(colour: RGB) -> Any:
    values = np.asarray(colour, dtype=float) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _lab(colour: RGB) -> Any:
    linear = _linear(colour)
    matrix = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    scaled = np.array(matrix) @ linear / [0.95047, 1.0, 1.08883]
    x, y, z = np.where(scaled > 216 / 24389, np.cbrt(scaled), (24389 / 27 * scaled + 16) / 116)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)
