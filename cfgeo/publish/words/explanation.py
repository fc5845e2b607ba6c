"""Explained walks → text."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from cfgeo.core.explanation import Explanation, Route
from cfgeo.core.schema import SEARCH_MINUTES
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.words.names import listed
from cfgeo.publish.words.numbers import beside, digits

SHOWN_MINUTES = 0.05
"""A part of a walk that takes less is not named."""
_BARS = "▁▂▃▄▅▆▇█"
_BAR_COUNT = 32


def explanation_text(explanations: Sequence[Explanation], *, lang: Lang) -> str:
    """Return explanations as text, one after the other.

    Parameters
    ----------
    explanations
        What :func:`cfgeo.explain_study` gives.
    lang
        Language of the text.
    """
    return "\n\n".join("\n".join(_lines(explanation, lang)) for explanation in explanations)


def goal_words(explanation: Explanation, lang: Lang) -> str:
    """Return where somebody walks to: what a clause asks for, or a layer."""
    if explanation.clause:
        return explanation.titles[lang]
    layer = name_of("layer", explanation.layer, lang)
    kinds = listed([name_of("kind", kind, lang) for kind in explanation.kinds], lang)
    return text("explain.goal_kinds", lang, layer=layer, kinds=kinds) if kinds else layer


def route_words(explanation: Explanation, route: Route, lang: Lang) -> str:
    """Return one line about a route: there or back, how long, and whether it is within the limit."""
    limit, place = explanation.limit_minutes, name_of("kind", route.place, lang)
    shown = beside(route.minutes, limit, compare="at_most", passed=route.minutes <= limit, unit="")
    minutes = f"{route.minutes:.1f}"
    if (Decimal(minutes) <= shown.need) != (route.minutes <= limit):
        minutes = digits(shown.value, least=1)
    over = f"{max(route.minutes - limit, 0.1):.1f}"
    within = text("explain.within" if route.minutes <= limit else "explain.beyond", lang, over=over)
    direction = text(f"explain.{route.direction}", lang)
    about = {"place": place, "minutes": minutes, "limit": limit}
    return text("explain.route", lang, direction=direction, within=within, **about)


def nothing_words(explanation: Explanation, lang: Lang) -> str:
    """Return in a sentence why there is no route, and which place is nearest."""
    search, missed = max(SEARCH_MINUTES, explanation.limit_minutes), explanation.missed
    if missed is None:
        return text("explain.nothing", lang, search=search)
    place = name_of("kind", missed.place, lang) if missed.place else ""
    about = {"place": place, "metres": missed.metres, "minutes": missed.minutes, "search": search}
    return text(f"explain.nothing_{missed.reason}", lang, **about)


def parts_words(route: Route, lang: Lang) -> str:
    """Return what the minutes of a route are spent on, the longest part first."""
    parts = sorted(((minutes, part) for part, minutes in route.parts.items()), reverse=True)
    phrases = []
    for minutes, part in parts:
        if minutes >= SHOWN_MINUTES:
            key = "part_stairs" if part == "stairs" else "part"
            name = text(f"explain.{part}", lang)
            phrases.append(text(f"explain.{key}", lang, name=name, minutes=minutes, steps=route.steps))
    return listed(phrases, lang)


def _lines(explanation: Explanation, lang: Lang) -> list[str]:
    place = ""
    if explanation.community:
        key = "explain.start_median" if explanation.median else "explain.start_in"
        place = text(key, lang, community=explanation.community)
    walker, start = name_of("word", explanation.walker, lang), explanation.start
    lines = [
        text("explain.title", lang, goal=goal_words(explanation, lang), walker=walker),
        text("explain.start", lang, lon=start.x, lat=start.y, community=place),
    ]
    if not explanation.routes:
        return [*lines, nothing_words(explanation, lang)]
    for route in explanation.routes:
        lines += [route_words(explanation, route, lang), text("explain.parts", lang, parts=parts_words(route, lang))]
        key = "metres_level" if explanation.slope == "none" else "metres"
        metres = {"length": route.length_m, "climb": route.climb_m, "descent": route.descent_m}
        lines += [text(f"explain.{key}", lang, **metres), *_profile_line(route, lang)]
    if len(explanation.routes) > 1 and explanation.slowest is not None:
        direction = text(f"explain.{explanation.slowest.direction}", lang)
        lines.append(text("explain.decides", lang, direction=direction))
    return lines


def _profile_line(route: Route, lang: Lang) -> list[str]:
    """Draw the profile with bars; nothing where no height is known."""
    known = route.profile.dropna(subset="height_m")
    if len(known) < 2:
        return []
    at = np.linspace(known["distance_m"].iloc[0], known["distance_m"].iloc[-1], _BAR_COUNT)
    height_m = np.interp(at, known["distance_m"], known["height_m"])
    low, high = height_m.min(), height_m.max()
    bars = np.minimum((height_m - low) / max(high - low, 1.0) * len(_BARS), len(_BARS) - 1).astype(int)
    return [text("explain.profile", lang, low=low, high=high, line="".join(_BARS[bar] for bar in bars))]
