"""What ``explain`` finds: the route of a walk, and what its minutes are spent on."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd


@dataclass(frozen=True)
class Route:
    """One way to the nearest place, or back from it.

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
        Minutes by ``WALK_PARTS``; they add up to ``minutes``.
    length_m, climb_m, descent_m, steps : float
    pieces : geopandas.GeoDataFrame
        In the order and direction of the walk: ``part``, ``name`` (of the street), ``length_m``, ``minutes``; lines in
        the metric CRS.
    profile : pandas.DataFrame
        ``distance_m`` from the start, ``height_m`` (NaN: not known), ``part`` of the piece that ends there.
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


@dataclass(frozen=True)
class Explanation:
    """Why a walk to some places takes as long as it does.

    Attributes
    ----------
    clause : str
        Clause id; "" for a layer that no clause asks a walk to.
    titles : dict of str to str
        Language → the clause's name; empty for a layer.
    layer : str
    kinds : tuple of str
        Kinds of the layer that count; () for all.
    walker : str
    limit_minutes : float
    start : shapely.Point
        Where the walk begins, in WGS-84.
    code, community : str
        The community there; "" outside.
    median : bool
        The start is the home of the community's median child.
    routes : tuple of Route
        There, back, or both, as the study counts; () where no place is within the search.
    slope : str
        By which function slope slowed the walk; "none": it was level.
    streets : geopandas.GeoDataFrame
        What lies around the routes: ``form``; lines in the metric CRS.
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

    @property
    def slowest(self) -> Route | None:
        """The route that decides; None where there is none."""
        return max(self.routes, key=lambda route: route.minutes, default=None)
