"""``*`` stands for any text; everything else means itself."""

import re
from collections.abc import Iterable


def matches(value: str, patterns: Iterable[str]) -> bool:
    """Say whether a text is one of some patterns."""
    return any(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), value, re.DOTALL) for pattern in patterns)
