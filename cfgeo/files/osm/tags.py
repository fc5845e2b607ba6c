"""OpenStreetMap's tags → what they mean for somebody on foot."""

import math
import re
from collections.abc import Mapping
from typing import Any

from cfgeo.core.schema import PATHS

ROADS = ("trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link", "tertiary",
         "tertiary_link", "unclassified", "residential", "living_street", "service", "road")  # fmt: skip
RESIDENTIAL = ("residential", "living_street", "pedestrian", "unclassified", "tertiary", "service", "footway", "steps")
"""Classes of street that people live on: demand where a study gives none."""
BIG_ROADS = ("trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link")
"""Classes of road that a walker waits to cross, signals or not."""
SIGNAL_ROADS = (*BIG_ROADS, "tertiary", "tertiary_link")
"""Classes of road that a walker waits to cross where there are signals."""

_OPEN = {"yes", "designated", "permissive", "official", "public", "destination", "customers"}
_CLOSED = {
    "no",
    "private",
    "use_sidepath",
    "restricted",
    "military",
    "emergency",
    "delivery",
    "agricultural",
    "forestry",
}
_SIDEWALKS = {"yes", "both", "left", "right", "separate"}
_TRUE = {"yes", "true", "1"}
_FALSE = {"no", "f", "false", "0", ""}
_BELTS = {"forward": 1, "backward": -1, "yes": 1, "reversible": 0}
_CLIMBS = {"up": 1, "down": -1}


def walkable(tags: Mapping[str, str]) -> bool:
    """Return whether a child may walk along a way with these tags.

    ``foot`` overrules ``access``; a trunk road needs a sidewalk or ``foot``; motorways are closed.
    """
    highway = tags.get("highway", "")
    foot = tags.get("foot", "")
    if highway not in ROADS and highway not in PATHS:
        return False
    if foot in _CLOSED:
        return False
    if foot in _OPEN:
        return True
    if tags.get("access", "") in _CLOSED:
        return False
    if highway.startswith("trunk"):
        return _has_sidewalk(tags)
    return tags.get("motorroad") != "yes"


def signalled(tags: Mapping[str, str]) -> bool:
    """Return whether walkers wait for a green light at a node with these tags."""
    lights = "traffic_signals" in {tags.get("highway"), tags.get("crossing")}
    return lights or tags.get("crossing:signals") == "yes"


def edge_facts(tags: Mapping[str, str]) -> dict[str, Any]:
    """Return the columns of ``schema.EDGE_COLUMNS`` that the tags of a way decide."""
    highway = tags.get("highway", "")
    belt = tags.get("conveying", "no")
    form = "level"
    if highway == "elevator":
        form = "lift"
    elif belt != "no":
        form = "escalator"
    elif highway == "steps":
        form = "steps"
    return {
        "name": tags.get("name", ""),
        "highway": highway,
        "form": form,
        "oneway": _oneway(tags, belt if form == "escalator" else "no"),
        "incline": _climb(tags.get("incline", "")),
        "step_count": _number(tags.get("step_count", "")),
        "ramp": tags.get("ramp:stroller") in _TRUE or (tags.get("ramp") in _TRUE and "ramp:stroller" not in tags),
        "structure": is_structure(tags),
        "lift_rides": 1.0 if form == "lift" else 0.0,
        "slope_tag": _slope(tags.get("incline", "")),
        "footway": tags.get("foot", "") in _OPEN or _has_sidewalk(tags),
    }


def is_structure(tags: Mapping[str, str]) -> bool:
    """Return whether a way is a bridge, a tunnel, covered or on another layer."""
    lifted = any(tags.get(key, "no").lower() not in _FALSE for key in ("bridge", "tunnel", "covered", "indoor"))
    return lifted or tags.get("layer", "0") not in {"", "0", "0.0"}


def _has_sidewalk(tags: Mapping[str, str]) -> bool:
    return any(tags.get(f"sidewalk{side}", "") in _SIDEWALKS for side in ("", ":both", ":left", ":right"))


def _oneway(tags: Mapping[str, str], belt: str) -> int:
    if belt != "no":
        return _BELTS.get(belt, 1)
    return {"yes": 1, "-1": -1}.get(tags.get("oneway:foot", ""), 0)


def _climb(incline: str) -> int:
    """Return 1 where a way climbs in its direction, -1 where it descends, 0 where the tag does not say."""
    if incline in _CLIMBS:
        return _CLIMBS[incline]
    slope = _number(incline.rstrip("%° "))
    return 0 if slope != slope else (slope > 0) - (slope < 0)  # noqa: PLR0124


def _slope(incline: str) -> float:
    """Return rise over run of an incline with a unit (``12%``, ``-8°``); NaN where it has none."""
    value = _number(incline.rstrip("%° "))
    if incline.rstrip().endswith("°"):
        return math.tan(math.radians(value)) if abs(value) < 90 else math.nan
    return value / 100 if incline.rstrip().endswith("%") else math.nan


def _number(word: str) -> float:
    match = re.fullmatch(r"[+-]?\d+(\.\d+)?", word.strip())
    return float(match[0]) if match else float("nan")
