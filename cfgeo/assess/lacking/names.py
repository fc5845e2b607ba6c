"""Names that may be meant for another."""

import difflib
from collections.abc import Iterable

_NEAR = 0.8
"""Two names at least so alike, 0–1, are taken for one that is misspelled."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name of which another may be a misspelling."""
    lower = {other.lower(): other for other in names}
    return next((lower[near] for near in difflib.get_close_matches(name.lower(), lower, n=1, cutoff=_NEAR)), None)
