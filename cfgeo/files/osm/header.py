"""What an OpenStreetMap file declares of itself, and whether its elements come as osmium needs them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cfgeo.core.errors import InputError
from cfgeo.core.schema import Box
from cfgeo.files.osm.elements import NODE, WAY, joined
from cfgeo.libraries import osmium

_KINDS = {"n": 0, "w": 1, "r": 2}
_MOST_FEATURES = 8
UNUSUAL = "LocationsOnWays"
"""A feature of files whose elements have to be put in order first; also said of those that hold several versions."""
_HIGHEST = 2**41
"""Ids beyond are none of OpenStreetMap's: they might be taken for those of new elements."""
_BOUNDS = re.compile(rb"<bounds\s([^<>]*)>")
_EDGE = re.compile(rb"""\b(m(?:in|ax)(?:lon|lat))\s*=\s*["']([-+]?\d+(?:\.\d+)?)["']""")
_OSM_BASE = re.compile(rb"""<meta\s+osm_base\s*=\s*["'](\d{4}-\d\d-\d\d)""")


@dataclass(frozen=True)
class OsmHeader:
    """What a file declares: its bounds, if it has any, and the date of its data ("" where not known)."""

    bounds: Box | None
    date: str


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Make what osmium raises over a damaged file an error of the user's file.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    try:
        yield
    except (RuntimeError, OSError, ValueError, osmium.InvalidLocationError) as error:
        raise InputError("osm_unreadable", file=path, reason=error) from error


def pbf_header(processor: Any, path: Path) -> OsmHeader:
    """Return what a ``.osm.pbf`` declares, of a file that is :func:`readable`."""
    with readable(path):
        header = processor.header
        box = header.box()
        low, high = box.bottom_left, box.top_right
        bounds = (low.lon, low.lat, high.lon, high.lat) if box.valid() else None
    date = str(header.get("osmosis_replication_timestamp", "") or header.get("timestamp", ""))[:10]
    return OsmHeader(bounds, date)


def xml_header(head: bytes) -> OsmHeader:
    """Return what XML declares at its beginning; JOSM writes bounds for each of several downloads."""
    boxes = [
        tuple(float(each[name]) for name in (b"minlon", b"minlat", b"maxlon", b"maxlat"))
        for each in (dict(_EDGE.findall(attributes)) for attributes in _BOUNDS.findall(head))
        if len(each) == 4
    ]
    base = _OSM_BASE.search(head)
    return OsmHeader(joined(boxes), base[1].decode() if base else "")


def features_of(processor: Any, path: Path) -> set[str]:
    """Return what a file declares of its elements; ``UNUSUAL`` also where it holds several versions of one."""
    with readable(path):
        header = processor.header
    features = {header.get(f"pbf_optional_feature_{nth}", "") for nth in range(_MOST_FEATURES)}
    return features | ({UNUSUAL} if header.has_multiple_object_versions else set())


class Order:
    """Sees whether elements come sorted, once each, none negative or deleted, and with positions.

    Attributes
    ----------
    located : bool
        Whether a node has a position.
    is_broken : bool
        Whether an element was not as it should be.
    """

    def __init__(self) -> None:
        self.located = self.is_broken = False
        self._last = (-1, 0)

    def goes_on(self, item: Any) -> bool:
        """Look at the next element; return whether it is as it should be."""
        key = _KINDS[item.type_str()], item.id
        if key <= self._last or not 0 <= key[1] < _HIGHEST or not item.visible:
            self.is_broken = True
            return False
        self.located = self.located or (key[0] == NODE and item.location.valid())
        self._last = key
        return True

    @property
    def is_whole(self) -> bool:
        """Whether there were elements, all as they should be."""
        return not self.is_broken and self._last[0] >= 0 and (self.located or self._last[0] < WAY)
