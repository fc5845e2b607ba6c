"""What the script of a run's page needs of walks: routes for the popups, reach ratios, walkways, school routes."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, PASSED, SECONDS_PER_MINUTE, WALK_PARTS
from cfgeo.publish.geometry import LINE_TOLERANCE_M, Projector
from cfgeo.publish.words.numbers import SHARE_DECIMALS, minutes, number, string

_PROFILE_M = 0.7
MOST_STREETS, MOST_CROSSINGS = 600, 100
"""The page draws so many of the busiest; the GeoPackage has all."""


def walk_data(results: Results, projector: Projector) -> dict[str, Any]:
    """Return the page's data about walks."""
    clauses = [clause["id"] for clause in results.parameters["clauses"]]
    return {
        "limit": number(results.parameters["walk"]["limit_minutes"], 1),
        "parts": list(WALK_PARTS),
        "byTerrain": _by_terrain(results),
        "routes": _routes(results),
        **_paths(results, projector),
        "ratios": {
            name: [number(value, SHARE_DECIMALS) for value in results.communities[name]]
            for name in ("circle_ratio", "level_ratio")
        },
        "walkways": [_walkway(row, clauses, projector) for _, row in results.walks.walkways.reset_index().iterrows()],
        "streets": _streets(results.walks.school_routes.head(MOST_STREETS), projector),
        "crossings": [
            {"name": string(row["name"]), "total": number(row["total"], 1), "point": projector.point(row.geometry)}
            for _, row in results.walks.crossings.head(MOST_CROSSINGS).iterrows()
        ],
    }


def _by_terrain(results: Results) -> dict[str, int]:
    """Return how many clauses of how many communities fail only by slope and stairs."""
    rows = results.coverage[(results.coverage["verdict"] == FAILED) & (results.coverage["verdict_level"] == PASSED)]
    return {"rows": len(rows), "communities": int(rows["code"].nunique())}


def _routes(results: Results) -> dict[str, dict[str, list[Any]]]:
    """Return clause → column → values in the order of the communities."""
    names = results.facilities["name"]
    columns: dict[str, dict[str, list[Any]]] = {}
    for clause, rows in results.walks.routes.groupby("clause", sort=False):
        ordered = rows.set_index("code").reindex(results.communities.index)
        values: dict[str, list[Any]] = {
            part: [number(value, 1) for value in ordered[f"{part}_minutes"]] for part in WALK_PARTS
        }
        values["minutes"] = [minutes(value) for value in ordered["minutes"]]
        for name in ("length_m", "climb_m", "descent_m", "steps"):
            values[name] = [number(value, 0) for value in ordered[name]]
        values["direction"] = [string(value) for value in ordered["direction"]]
        values["place"] = [string(names.get(place, "")) for place in ordered["facility"]]
        columns[str(clause)] = values
    return columns


def _paths(results: Results, projector: Projector) -> dict[str, Any]:
    """Return the routes step by step: ``names`` of streets, and ``paths``: clause → community's position → its path.

    A path has its ``steps``, each as part, name (a position in ``names``), metres, seconds from the start of the walk
    to its end, seconds of waits, and number of points up to its end; its ``line``; and its ``profile`` as metres from
    the start and heights, each less the one before, simplified to ``_PROFILE_M``.
    """
    steps, profiles = results.walks.steps, results.walks.profiles
    position = {str(code): nth for nth, code in enumerate(results.communities.index)}
    heights = dict(list(profiles.groupby(["clause", "code"], sort=False)))
    names = {name: nth for nth, name in enumerate(dict.fromkeys(steps["name"]))}
    paths: dict[str, dict[str, Any]] = {}
    for (clause, code), rows in steps.groupby(["clause", "code"], sort=False):
        xy, owner = shapely.get_coordinates(
            shapely.simplify(rows.geometry.to_numpy(), LINE_TOLERANCE_M), return_index=True
        )
        ends = np.searchsorted(owner, np.arange(len(rows)), side="right")
        seconds = np.rint(rows["minutes"].cumsum() * SECONDS_PER_MINUTE)
        waits = np.rint(rows["wait_minutes"] * SECONDS_PER_MINUTE)
        columns = zip(rows["part"], rows["name"], np.rint(rows["length_m"]), seconds, waits, ends, strict=True)
        paths.setdefault(str(clause), {})[str(position[str(code)])] = {
            "steps": [
                [WALK_PARTS.index(part), names[name], *(int(number) for number in numbers)]
                for part, name, *numbers in columns
            ],
            "line": np.diff(projector.units(xy), axis=0, prepend=0).ravel().tolist(),
            "profile": _profile(heights[clause, code]),
        }
    return {"names": [string(name) for name in names], "paths": paths}


def _profile(rows: pd.DataFrame) -> list[int]:
    """Return a profile; empty where a height is not known."""
    heights = rows[["distance_m", "height_m"]].to_numpy(dtype=float)
    if len(heights) <= 1 or np.isnan(heights).any():
        return []
    xy = shapely.get_coordinates(shapely.simplify(shapely.linestrings(heights), _PROFILE_M))
    return [int(number) for number in np.diff(np.rint(xy), axis=0, prepend=0).ravel()]


def _walkway(row: pd.Series, clauses: list[str], projector: Projector) -> dict[str, Any]:
    lost = {clause: number(row[f"{clause}_beyond"], 1) for clause in clauses if f"{clause}_beyond" in row.index}
    return {
        "name": string(row["walkway"]),
        "rank": int(row["rank"]),
        "length": number(row["length_m"], 0),
        "climb": number(row["climb_m"], 0),
        "beyond": number(row["beyond"], 1),
        "extra": number(row["extra_minutes"], 1),
        "lost": {clause: many for clause, many in lost.items() if many},
        "lines": projector.lines(shapely.simplify(row["geometry"], LINE_TOLERANCE_M)),
    }


def _streets(routes: gpd.GeoDataFrame, projector: Projector) -> list[dict[str, Any]]:
    lines = projector.lines_of_each(shapely.simplify(routes.geometry.to_numpy(), LINE_TOLERANCE_M))
    columns = (routes[name] for name in ("name", "forward", "backward", "total"))
    return [
        {
            "name": string(name),
            "forward": number(forward, 1),
            "backward": number(backward, 1),
            "total": number(total, 1),
            "lines": own,
        }
        for name, forward, backward, total, own in zip(*columns, lines, strict=True)
    ]
