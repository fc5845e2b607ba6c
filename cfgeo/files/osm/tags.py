"""OpenStreetMap's tags → what they mean for somebody on foot."""

import math
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cfgeo.core.schema import ESCALATOR, LEVEL, LIFT, PATHS, STEPS, TRAILS

ROADS = ("trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link", "tertiary",
         "tertiary_link", "unclassified", "residential", "living_street", "service", "road")  # fmt: skip
RESIDENTIAL = ("residential", "living_street", "pedestrian", "unclassified", "tertiary", "service", "footway", "steps")
"""Classes of street that people live on: demand where a study gives none."""
BIG_ROADS = ("trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link")
"""Classes of road that a walker waits to cross, signals or not."""
SIGNAL_ROADS = (*BIG_ROADS, "tertiary", "tertiary_link")
"""Classes of road that a walker waits to cross where there are signals."""

GONE = ("disused", "abandoned", "demolished", "razed", "removed", "destroyed", "dismantled", "ruins", "construction",
        "proposed", "planned")  # fmt: skip
"""Keys that say of a street that it is not there any more, or not yet."""
NOT_FOR_FEET = {"motorway", "motorway_link", "raceway", "busway", "bus_guideway", "escape", "emergency_bay",
                "rest_area", "services", "via_ferrata", "ladder", "traffic_island", "crossing", "bus_stop",
                "street_lamp", "traffic_signals", "turning_circle", "toll_gantry", "cyclist_waiting_aid", "trailhead",
                "no", *GONE}  # fmt: skip
"""Classes that cfgeo knows and that nobody walks along."""

_OPEN = {"yes", "designated", "permissive", "official", "public", "destination", "customers",
         "公共", "公开", "允许", "可通行"}  # fmt: skip
_KNOWN = {"permit", "discouraged", "limited", "unknown", "designed", "variable"}
"""Values of access that tell too little to close a street."""
_CLOSED = {"no", "private", "use_sidepath", "restricted", "military", "emergency", "delivery", "agricultural",
           "forestry", "residents", "staff", "employees", "members",
           "私有", "私人", "内部", "禁止", "禁止通行", "不通"}  # fmt: skip
_SIDEWALKS = {"yes", "both", "left", "right", "separate"}
_FALSE = {"no", "", "0"}
_WORDS = dict.fromkeys(("true", "t", "y", "1", "1.0", "是", "有"), "yes")
_WORDS |= dict.fromkeys(("false", "f", "n", "0", "0.0", "none", "否", "无"), "no")
_ONEWAYS = {"yes": 1, "forward": 1, "-1": -1, "-1.0": -1, "reverse": -1, "backward": -1}
_BELTS = {"forward": 1, "backward": -1}
_CLIMBS = {"up": 1, "上": 1, "上坡": 1, "上行": 1, "down": -1, "下": -1, "下坡": -1, "下行": -1}
_PATHLESS = {"horrible", "no"}
_SIDES = ("", ":both", ":left", ":right")

_ACCESS = ("access", "foot", "foot:forward", "foot:backward", "stroller")
_CHOICES = {*_ACCESS, *GONE, *(f"sidewalk{side}" for side in _SIDES), "locked", "motorroad", "oneway", "oneway:foot",
            "conveying", "ramp", "ramp:stroller", "ramp:wheelchair", "ramp:bicycle", "ramp:luggage", "bridge", "tunnel",
            "covered", "indoor", "via_ferrata", "trail_visibility"}  # fmt: skip
_TRAIL_KEYS = {"sac_scale", "trail_visibility", "via_ferrata", "via_ferrata_scale"}
_GONE_KEYS = {*GONE, *(f"{key}:highway" for key in GONE)}
WALKED_KEYS = {*_CHOICES, *_GONE_KEYS, "highway", "layer", "incline", "step_count", "sac_scale",
               "via_ferrata_scale", "barrier", "crossing", "crossing:signals", "railway",
               "access:conditional", "foot:conditional"}  # fmt: skip
"""Keys that decide about walking."""


def plain_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that decide about walking, as OpenStreetMap writes them.

    Values lose capital letters, wide signs and blanks. Columns of a GIS can hold 1, True, T or 是 for yes. Of several
    values the first one counts, but for access and for the SAC scale, where all do. What is open at certain hours
    counts as open, also if it is closed at others (``no @ (22:00-06:00)``): children walk by day.
    """
    return {key: _plain(key, value) for key, value in tags.items() if key in WALKED_KEYS}


@lru_cache(maxsize=10_000)
def _plain(key: str, value: str) -> str:
    value = unicodedata.normalize("NFKC", value).strip().casefold()
    if key in _CHOICES:
        value, at_hours, _ = value.partition("@")
        value = _WORDS.get(value.strip(), value.strip())
        value = "" if at_hours and is_open(value) is False else value
    if key == "highway":
        value = value.replace(" ", "_")
    if key in _ACCESS or key in {"sac_scale", "incline", "step_count"}:
        return value
    return value.partition(";")[0].strip()


def walkable(tags: Mapping[str, str], *, trunk_roads: bool = False) -> bool:
    """Return whether a child may walk along a way with these tags.

    ``foot`` overrules ``access``; a trunk road needs a sidewalk or ``foot``, or that the study opens them; motorways
    are closed.
    """
    return why_closed(tags, trunk_roads=trunk_roads) == ""


def why_closed(tags: Mapping[str, str], *, trunk_roads: bool = False) -> str:
    """Return why nobody walks along a way with these tags; "" where a child may.

    Returns
    -------
    str
        ``class`` (no street for feet), ``gone`` (disused, under construction …), ``access``, ``trunk`` (a trunk road
        of which nothing says that it has a sidewalk).
    """
    tags = plain_tags(tags)
    highway = tags.get("highway", "")
    if highway not in ROADS and highway not in PATHS:
        return "class"
    if _is_gone(tags):
        return "gone"
    foot = is_open(tags.get("foot", ""))
    if foot is None and all(is_open(tags.get(f"foot:{side}", "")) is False for side in ("forward", "backward")):
        foot = False
    if foot is not None:
        return "" if foot else "access"
    if is_open(tags.get("access", "")) is False or tags.get("motorroad") == "yes":
        return "access"
    return "trunk" if highway.startswith("trunk") and not (trunk_roads or _has_sidewalk(tags)) else ""


def opened(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a way that is opened on foot: what was being built is finished, and ``foot=yes``.

    Empty where that does not make it a way to walk along, as of a motorway.
    """
    plain = plain_tags(tags)
    highway = plain.get("highway", "")
    if highway in GONE:
        was = {plain.get(highway, ""), plain.get(f"{highway}:highway", "")} & {*ROADS, *PATHS, *NOT_FOR_FEET}
        highway = min(was, default="footway")
    kept = {key: value for key, value in tags.items() if key not in {*_GONE_KEYS, "foot:forward", "foot:backward"}}
    after = {**kept, "highway": highway, "foot": "yes"}
    return after if walkable(after) else {}


def closing_tag(tags: Mapping[str, str]) -> str:
    """Return the tag for which nobody walks along a way, such as ``access=private``."""
    plain, why = plain_tags(tags), why_closed(tags)
    keys = {"access": ("foot", "foot:forward", "access", "motorroad"), "gone": sorted(_GONE_KEYS & plain.keys())}
    key = next((key for key in keys.get(why, ()) if key in plain), "highway")
    return f"{key}={plain.get(key, '')}"


def opens(tags: Mapping[str, str]) -> bool:
    """Return whether tags let people walk along a way that was closed."""
    return bool(is_open(plain_tags(tags).get("foot", "")))


def _is_gone(tags: Mapping[str, str]) -> bool:
    """Return whether a street is disused, demolished or not built yet. Beside a railway, a tag may be about that."""
    if _GONE_KEYS.isdisjoint(tags):
        return False
    highway = tags["highway"]
    of_street = "railway" not in tags
    return any(
        (tags.get(key) == "yes" and of_street) or highway in {tags.get(key), tags.get(f"{key}:highway")} for key in GONE
    )


@lru_cache(maxsize=1000)
def is_open(access: str) -> bool | None:
    """Return whether a plain value of ``access`` or ``foot`` lets people in; None where it does not say.

    Of several values one is enough: ``private;customers`` are two groups who may pass.
    """
    words = {word.strip() for word in access.split(";")}
    if words & _OPEN:
        return True
    return False if words & _CLOSED else None


def is_read(access: str) -> bool:
    """Return whether cfgeo knows all words of a plain value of ``access`` or ``foot``."""
    return {word.strip() for word in access.split(";")} <= {*_OPEN, *_CLOSED, *_KNOWN, ""}


def signalled(tags: Mapping[str, str]) -> bool:
    """Return whether walkers wait for a green light at a node with these tags."""
    tags = plain_tags(tags)
    lights = "traffic_signals" in {tags.get("highway"), tags.get("crossing")}
    return lights or tags.get("crossing:signals") == "yes"


def edge_facts(tags: Mapping[str, str], *, trunk_roads: bool = False) -> dict[str, Any]:
    """Return the columns of ``schema.EDGE_COLUMNS`` that the tags of a way decide."""
    name, tags = tags.get("name", ""), plain_tags(tags)
    highway, incline, stroller = tags.get("highway", ""), tags.get("incline", ""), is_open(tags.get("stroller", ""))
    form = form_of(tags)
    footway = is_open(tags.get("foot", "")) or _has_sidewalk(tags) or (trunk_roads and highway.startswith("trunk"))
    return {
        "name": name,
        "highway": highway,
        "form": form,
        "oneway": belt_direction(tags) if form == ESCALATOR else _oneway(tags),
        "incline": climb(incline) or 0,
        "step_count": step_count(tags.get("step_count", "")),
        "ramp": _has_ramp(tags),
        "structure": is_structure(tags),
        "lift_rides": 1.0 if form == LIFT else 0.0,
        "slope_tag": _slope(incline),
        "footway": bool(footway),
        "narrow": stroller is False,
        "trail": trail(tags),
    }


def form_of(tags: Mapping[str, str]) -> str:
    """Return the form of an edge with these plain tags: level, steps, lift or escalator."""
    if tags.get("highway") == "elevator":
        return LIFT
    if tags.get("conveying", "no") not in _FALSE:
        return ESCALATOR
    return STEPS if tags.get("highway") == "steps" else LEVEL


def is_structure(tags: Mapping[str, str]) -> bool:
    """Return whether a way is a bridge, a tunnel, covered or on another layer."""
    tags = plain_tags(tags)
    lifted = any(tags.get(key, "no") not in _FALSE for key in ("bridge", "tunnel", "covered", "indoor"))
    return lifted or tags.get("layer", "0") not in {"", "0", "0.0"}


def _has_sidewalk(tags: Mapping[str, str]) -> bool:
    return any(tags.get(f"sidewalk{side}", "") in _SIDEWALKS for side in _SIDES)


def _has_ramp(tags: Mapping[str, str]) -> bool:
    """Return whether a stroller can be wheeled up steps. A ramp that is said to be for something else is none."""
    said = [tags[key] for key in ("ramp:stroller", "ramp:wheelchair") if key in tags]
    if said or is_open(tags.get("stroller", "")):
        return "yes" in said or bool(is_open(tags.get("stroller", "")))
    of_others = "yes" in {tags.get("ramp:bicycle"), tags.get("ramp:luggage")}
    return tags.get("ramp") == "yes" and not of_others


def belt_direction(tags: Mapping[str, str]) -> int:
    """Return in which direction an escalator with these plain tags moves; 0 where they do not say, or either way."""
    direction = _BELTS.get(tags["conveying"], 0)
    return direction or _oneway(tags) or (_ONEWAYS.get(tags.get("oneway", ""), 0) if tags["conveying"] == "yes" else 0)


def _oneway(tags: Mapping[str, str]) -> int:
    """Return in which direction alone people walk; 0: in both. ``oneway`` without ``foot`` is about vehicles."""
    if "oneway:foot" in tags:
        return _ONEWAYS.get(tags["oneway:foot"], 0)
    shut = [is_open(tags.get(f"foot:{side}", "")) is False for side in ("forward", "backward")]
    return int(shut[1]) - int(shut[0])


def trail(tags: Mapping[str, str]) -> int:
    """Return how hard a path with these plain tags is, as a position in ``schema.TRAILS``."""
    if _TRAIL_KEYS.isdisjoint(tags):
        return 0
    if tags.get("via_ferrata_scale") or tags.get("via_ferrata", "no") not in _FALSE:
        return len(TRAILS) - 1
    words = [re.sub(r"[\s-]+", "_", word.strip()) for word in tags.get("sac_scale", "").split(";")]
    words = [TRAILS[int(word[1])] if re.fullmatch(r"t[1-6]", word) else word for word in words]
    pathless = TRAILS.index("demanding_mountain_hiking") if tags.get("trail_visibility") in _PATHLESS else 0
    return max([pathless, *(TRAILS.index(word) for word in words if word in TRAILS)])


def climb(incline: str) -> int | None:
    """Return 1 where a way climbs in its direction, -1 where it descends, 0 where it is level; None: not understood."""
    if incline in _CLIMBS:
        return _CLIMBS[incline]
    slope = _number(incline.rstrip("%° "))
    return None if math.isnan(slope) else (slope > 0) - (slope < 0)


def _slope(incline: str) -> float:
    """Return rise over run of an incline with a unit (``12%``, ``-8°``); NaN where it has none."""
    value = _number(incline.rstrip("%° "))
    if incline.rstrip().endswith("°"):
        return math.tan(math.radians(value)) if abs(value) < 90 else math.nan
    return value / 100 if incline.rstrip().endswith("%") else math.nan


def step_count(count: str) -> float:
    """Return a number of steps; NaN where the value is no whole number above zero."""
    number = _number(count)
    return number if number >= 1 and number.is_integer() else math.nan


@lru_cache(maxsize=1000)
def _number(word: str) -> float:
    match = re.fullmatch(r"[+-]?\d+(\.\d+)?", word.strip())
    return float(match[0]) if match else math.nan
