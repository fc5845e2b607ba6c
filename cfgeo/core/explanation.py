"""The result of ``explain``: the route of a walk, and what its minutes consist of."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd


@dataclass(frozen=True, repr=False)
class Route:
    """The route to the nearest place, or back from it.

    Attributes
    ----------
    direction : str
        ``to`` | ``from``.
    facility : str
        Id of the place.
    place : str
        Its name, or its kind where it has none.
    minutes : float
    parts : dict of str to float
        Minutes by ``WALK_PARTS``, which add up to ``minutes``.
    length_m, climb_m, descent_m, steps : float
    pieces : geopandas.GeoDataFrame
        In the order and direction of the walk: ``part``, ``name`` (of the street), ``length_m``, ``minutes``; lines in
        the metric CRS.
    profile : pandas.DataFrame
        ``distance_m`` from the start, ``height_m`` (NaN: not known), ``part`` of the piece.
    """

    direction: str
    facility: str
    place: str
    minutes: float
    parts: dict[str, float]
    length_m: float
    climb_m: float
    descent_m: float
    steps: float
    pieces: gpd.GeoDataFrame
    profile: pd.DataFrame

    def __repr__(self) -> str:
        """Return the walk in one line."""
        return f"<Route {self.direction} {self.place}: {self.minutes:.1f} min, {self.length_m:.0f} m>"


@dataclass(frozen=True)
class Missed:
    """Why there is no route, and the place that is nearest though out of reach.

    Attributes
    ----------
    reason : str
        ``no_place``: the study has none; ``start_off``, ``place_off``: no walkable street near the start, or near the
        place; ``apart``: no way joins their streets; ``too_far``: the walk is longer than the search.
    facility, place : str
        Id and name of the place, or its kind where it has no name; "" without one.
    metres : float
        To the place in a straight line; NaN without one.
    minutes : float
        Of the walk; inf where there is none.
    line : shapely.LineString
        From the start to the place, straight, in the metric CRS; without a place of no length.
    """

    reason: str
    line: Any
    facility: str = ""
    place: str = ""
    metres: float = math.nan
    minutes: float = math.inf


@dataclass(frozen=True, repr=False)
class Explanation:
    """Why the walk to a kind of place takes as long as it does.

    Attributes
    ----------
    clause : str
        Clause id; "" for a layer without a clause.
    titles : dict of str to str
        Language → the clause's name; empty for a layer.
    layer : str
    kinds : tuple of str
        Kinds of the layer that count; (): all.
    walker : str
    limit_minutes : float
    start : shapely.Point
        Where the walk begins, in WGS-84.
    code, community : str
        The community of the start; "" outside.
    median : bool
        The start is the home of the community's median child.
    routes : tuple of Route
        There, back, or both, as the study counts; (): no place is within the search.
    missed : Missed or None
        Why there is no route, where there is none.
    slope : str
        The function of slope; "none": the walk is level.
    streets : geopandas.GeoDataFrame
        Streets around the routes, or around start and place where there is none: ``form``; lines in the metric CRS.
    about : Mapping
        What the numbers rest on: ``title`` and ``status`` of the study, ``standard`` (titles), ``slope``, ``dates`` of
        the files by role; empty where it is not known.
    """

    clause: str
    titles: dict[str, str]
    layer: str
    kinds: tuple[str, ...]
    walker: str
    limit_minutes: float
    start: Any
    code: str
    community: str
    median: bool
    routes: tuple[Route, ...]
    slope: str
    streets: gpd.GeoDataFrame
    missed: Missed | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return which walk is explained, and how long it takes, in one line."""
        walk = repr(self.slowest) if self.slowest else f"no route ({self.missed.reason if self.missed else 'no_place'})"
        return f"<Explanation {self.clause or self.layer}, {self.community or 'outside'}: {walk}>"

    @property
    def slowest(self) -> Route | None:
        """The slower route, which decides; None if there is no route."""
        return max(self.routes, key=lambda route: route.minutes, default=None)
