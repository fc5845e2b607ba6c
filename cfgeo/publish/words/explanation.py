"""Explained walks → text."""

from collections.abc import Sequence

import numpy as np

from cfgeo.core.explanation import Explanation, Route
from cfgeo.core.schema import SEARCH_MINUTES
from cfgeo.core.strings import Lang, name_of, text

_BARS = "▁▂▃▄▅▆▇█"
_BAR_COUNT = 32
_SHORT_MINUTES = 0.05


def explained_text(explanations: Sequence[Explanation], *, lang: Lang) -> str:
    """Return explanations as text, one after the other.

    Parameters
    ----------
    explanations
        What :func:`cfgeo.explain_study` gives.
    lang
        Language of the text.
    """
    return "\n\n".join("\n".join(_lines(one, lang)) for one in explanations)


def goal_words(one: Explanation, lang: Lang) -> str:
    """Say what somebody walks to."""
    if one.clause:
        return one.titles[lang]
    kinds = text("word.list", lang).join(name_of("kind", kind, lang) for kind in one.kinds)
    layer = name_of("layer", one.layer, lang)
    return text("explain.goal_kinds", lang, layer=layer, kinds=kinds) if kinds else layer


def route_words(one: Explanation, route: Route, lang: Lang) -> str:
    """Say in one line which way, how long, and whether it is within the limit."""
    over = route.minutes - one.limit_minutes
    within = text("explain.within", lang) if over <= 0 else text("explain.beyond", lang, over=max(over, 0.1))
    about = {"place": name_of("kind", route.place, lang), "minutes": route.minutes, "limit": one.limit_minutes}
    return text("explain.route", lang, direction=text(f"explain.{route.direction}", lang), within=within, **about)


def nothing_words(one: Explanation, lang: Lang) -> str:
    """Say that no place was found, and how far was searched."""
    return text("explain.nothing", lang, search=max(SEARCH_MINUTES, one.limit_minutes))


def parts_words(route: Route, lang: Lang) -> str:
    """Say what the minutes of a route are spent on, the longest part first."""
    parts = sorted(((minutes, part) for part, minutes in route.parts.items()), reverse=True)
    said = []
    for minutes, part in parts:
        if minutes >= _SHORT_MINUTES:
            key = "part_stairs" if part == "stairs" else "part"
            name = text(f"explain.{part}", lang)
            said.append(text(f"explain.{key}", lang, name=name, minutes=minutes, steps=route.steps))
    return text("word.list", lang).join(said)


def _lines(one: Explanation, lang: Lang) -> list[str]:
    where = ""
    if one.community:
        where = text("explain.start_median" if one.median else "explain.start_in", lang, community=one.community)
    walker = name_of("word", one.walker, lang)
    lines = [
        text("explain.title", lang, goal=goal_words(one, lang), walker=walker),
        text("explain.start", lang, lon=one.start.x, lat=one.start.y, community=where),
    ]
    if not one.routes:
        return [*lines, nothing_words(one, lang)]
    for route in one.routes:
        lines += [route_words(one, route, lang), text("explain.parts", lang, parts=parts_words(route, lang))]
        key = "metres_level" if one.slope == "none" else "metres"
        metres = {"length": route.length_m, "climb": route.climb_m, "descent": route.descent_m}
        lines += [text(f"explain.{key}", lang, **metres), *_profile_line(route, lang)]
    if len(one.routes) > 1 and one.slowest is not None:
        lines.append(text("explain.decides", lang, direction=text(f"explain.{one.slowest.direction}", lang)))
    return lines


def _profile_line(route: Route, lang: Lang) -> list[str]:
    """Draw the profile with bars; nothing where no height is known."""
    known = route.profile.dropna(subset="height_m")
    if len(known) < 2:
        return []
    at = np.linspace(known["distance_m"].iloc[0], known["distance_m"].iloc[-1], _BAR_COUNT)
    height_m = np.interp(at, known["distance_m"], known["height_m"])
    low, high = height_m.min(), height_m.max()
    step = np.minimum((height_m - low) / max(high - low, 1.0) * len(_BARS), len(_BARS) - 1).astype(int)
    return [text("explain.profile", lang, low=low, high=high, line="".join(_BARS[nth] for nth in step))]
