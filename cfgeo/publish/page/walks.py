"""What the script of a run's page needs of walks: routes for the popups, reach ratios, walkways, school routes."""

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, PASSED, WALK_PARTS
from cfgeo.publish.geometry import LINE_TOLERANCE_M, Projector
from cfgeo.publish.words.numbers import SHARE_DECIMALS, minutes, number, string

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
