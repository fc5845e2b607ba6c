"""What a caller asks for: let through, or a clear error before any work."""

import math
from collections.abc import Sequence

from cfgeo.core.errors import PlaceError, StudyError

MOST_MINUTES = 120
"""A longer walk would need streets from too far away."""


def require_minutes(minutes: Sequence[float]) -> None:
    """See that there is a limit, and that each can be walked.

    Raises
    ------
    StudyError
        There is none, or one is no number above 0 and up to ``MOST_MINUTES``.
    """
    if len(minutes) == 0 or not all(0 < limit <= MOST_MINUTES for limit in minutes):  # NaN is neither
        raise StudyError("minutes_wrong", value=", ".join(f"{limit:g}" for limit in minutes) or "–", most=MOST_MINUTES)


def require_position(lon: float, lat: float) -> None:
    """See that a position can be one.

    Raises
    ------
    PlaceError
        It is not in degrees of longitude and latitude.
    """
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise PlaceError("position_wrong", lon=lon, lat=lat)
