"""Users' texts made safe: without what XML forbids or commands a terminal, and as file names for every system."""

import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cfgeo.core.strings import WINDOWS_DEVICES

NO_CLOCK = datetime(2000, 1, 1)
"""Stands where a document notes when it was made, so that the same inputs give the same bytes."""

_REPLACEMENT = "\ufffd"
# What XML 1.0 cannot hold, not even escaped (control characters, surrogates, two noncharacters), the other control
# characters, and those that turn the direction of what follows.
_TURNING = "\u202a-\u202e\u2066-\u2069"
_FORBIDDEN = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f{_TURNING}\ud800-\udfff\ufffe\uffff]")
_UNPRINTABLE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029{_TURNING}]")
_BREAKS = re.compile(r"[\s\u0085\u2028\u2029]+")
_NO_FILE_NAME = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufffd]+')
_LONGEST_NAME_BYTES = 120


def clean(value: Any) -> str:
    """Return a text as XML can hold it; "" where it is missing."""
    return "" if is_missing(value) else _FORBIDDEN.sub(_REPLACEMENT, str(value))


def printable(text: str) -> str:
    """Return a text without what would command a terminal: of the control characters only tabs and ends of lines."""
    return _UNPRINTABLE.sub(_REPLACEMENT, text)


def printable_json(body: str) -> str:
    """Return JSON with the same content in which such characters stand as escapes."""
    return _UNPRINTABLE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", body)


def one_line(value: Any) -> str:
    """Return a text as XML can hold it, on one line."""
    return _BREAKS.sub(" ", clean(value)).strip()


def width(value: str) -> int:
    """Return how wide a text is in letters; a Chinese letter is as wide as two."""
    if value.isascii():
        return len(value)
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in value)


def file_names(titles: Iterable[str]) -> list[str]:
    """Return a file name for each title, without ending: readable, allowed on Windows, no two the same there."""
    names: list[str] = []
    taken: set[str] = set()
    for title in titles:
        stem = file_name(title)
        name, count = stem, 1
        while name.casefold() in taken:
            count += 1
            name = f"{stem} ({count})"
        taken.add(name.casefold())
        names.append(name)
    return names


def file_name(title: str) -> str:
    """Return a title as a file name, without ending: readable, and allowed on Windows."""
    name = _BREAKS.sub(" ", _NO_FILE_NAME.sub(" ", unicodedata.normalize("NFC", clean(title))))
    name = name.encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore").strip(" .")
    if name.partition(".")[0].rstrip().casefold() in WINDOWS_DEVICES:
        return f"_{name}"
    return name or "_"


def is_missing(value: Any) -> bool:
    """Return whether a cell of a table is missing."""
    if isinstance(value, str | int):
        return False
    if value is None or isinstance(value, float):  # numpy's as well
        return value is None or math.isnan(value)
    import pandas as pd  # noqa: PLC0415  # half a second, and what a terminal shows needs none of it

    return pd.api.types.is_scalar(value) and bool(pd.isna(value))
