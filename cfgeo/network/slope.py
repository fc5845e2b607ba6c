"""How slope slows a walk: published functions of walking speed by slope."""

from collections.abc import Callable

import numpy as np

from cfgeo.core.schema import FloatArray, Slope


def tobler(slope: FloatArray) -> FloatArray:
    """Return the speed of Tobler's hiking function (1993) [m/s] on a slope (rise over run)."""
    return np.asarray(np.exp(-3.5 * np.abs(slope + 0.05)) * 6 / 3.6)


def irmischer_clarke(slope: FloatArray) -> FloatArray:
    """Return the speed of Irmischer and Clarke (2018) on a path [m/s]; constants unverified."""
    return np.asarray(0.11 + np.exp(-((100 * slope + 5) ** 2) / 1800))


def campbell(slope: FloatArray) -> FloatArray:
    """Return the median speed of Campbell et al. (2019) [m/s], a Lorentz curve over degrees; constants unverified."""
    degrees = np.degrees(np.arctan(slope))
    curve = 63.66 / (np.pi * 10.064 * (1 + ((degrees + 2.171) / 10.064) ** 2))
    return np.asarray(curve + 0.628 - 0.00463 * degrees)


_SPEED: dict[Slope, Callable[[FloatArray], FloatArray]] = {
    "tobler": tobler,
    "irmischer-clarke": irmischer_clarke,
    "campbell": campbell,
}


def slope_factor(slope: FloatArray, function: Slope) -> FloatArray:
    """Return the seconds on a slope as a multiple of those on the level: f(0) / f(s).

    Parameters
    ----------
    slope
        Rise over run in the direction of the walk.
    function
        The function f of speed; "none": every factor is 1.
    """
    if function == "none":
        return np.ones_like(slope)
    speed = _SPEED[function]
    return np.asarray(speed(np.zeros(1))[0] / speed(slope))
