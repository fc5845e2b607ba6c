"""What the script of a run's page needs of walks: routes for the popups, reach ratios, walkways, school routes."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.arrays import run_offsets, starts_run
from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, PASSED, SECONDS_PER_MINUTE, WALK_PARTS, IntArray
from cfgeo.publish.geometry import LINE_TOLERANCE_M, Projector, packed, packed_lines
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
    """Return the routes step by step: ``names`` of streets, and ``paths``: clause → its routes.

    The routes of a clause have the positions of their ``communities``, and one after the other: ``steps``, their number
    and each as part, name (a position in ``names``), metres, seconds, seconds of waits, and points; ``lines``; and
    ``profiles`` as metres from the start and heights, simplified to ``_PROFILE_M``.
    """
    steps = results.walks.steps
    position = {str(code): nth for nth, code in enumerate(results.communities.index)}
    names = {name: nth for nth, name in enumerate(dict.fromkeys(steps["name"]))}
    profiles = _profiles(results.walks.profiles)
    xy, owner = shapely.get_coordinates(
        shapely.simplify(steps.geometry.to_numpy(), LINE_TOLERANCE_M), return_index=True
    )
    units, points = projector.units(xy), np.bincount(owner, minlength=len(steps))
    points_to, took = run_offsets(points), steps["minutes"].to_numpy(dtype=float) * SECONDS_PER_MINUTE
    part, name = steps["part"].map(WALK_PARTS.index), steps["name"].map(names)
    length_m, wait_s = (
        np.rint(steps[column].to_numpy(dtype=float) * scale)
        for column, scale in (("length_m", 1.0), ("wait_minutes", SECONDS_PER_MINUTE))
    )
    table = np.column_stack([part, name, length_m, np.zeros(len(steps)), wait_s, points]).astype(np.int64)
    paths: dict[str, dict[str, list[Any]]] = {}
    for clause, code, first, end in _runs(steps):
        table[first:end, 3] = np.diff(np.rint(np.cumsum(took[first:end])), prepend=0)
        own = paths.setdefault(clause, {"communities": [], "steps": [], "lines": [], "profiles": []})
        own["communities"].append(position[code])
        own["steps"] += [end - first, *table[first:end].ravel().tolist()]
        own["lines"].append(units[points_to[first] : points_to[end]])
        own["profiles"].append(profiles[clause, code])
    packers: dict[str, Callable[[list[Any]], Any]] = {
        "communities": list,
        "steps": packed,
        "lines": packed_lines,
        "profiles": packed_lines,
    }
    return {
        "names": [string(name) for name in names],
        "paths": {clause: {key: packers[key](own[key]) for key in own} for clause, own in paths.items()},
    }


def _runs(table: pd.DataFrame) -> Iterator[tuple[str, str, int, int]]:
    """Yield clause and code of each walk, the first of its rows, which lie together, and the row after the last."""
    clause, code = table["clause"].to_numpy(), table["code"].to_numpy()
    first = np.flatnonzero(starts_run(clause, code)).tolist()
    for row, end in pairwise([*first, len(table)]):
        yield str(clause[row]), str(code[row]), row, end


def _profiles(table: pd.DataFrame) -> dict[tuple[str, str], IntArray]:
    """Return the profile of each walk, by clause and code; empty where a height is not known."""
    heights = table[["distance_m", "height_m"]].to_numpy(dtype=float)
    runs = list(_runs(table))
    line = np.repeat(np.arange(len(runs)), [end - first for *_, first, end in runs])
    known = np.bincount(line[~np.isnan(heights).any(axis=1)], minlength=len(runs))
    drawn = np.array([end - first > 1 for *_, first, end in runs], dtype=bool)
    drawn &= known == np.bincount(line, minlength=len(runs))
    kept = drawn[line] if runs else np.zeros(0, dtype=bool)
    lines = shapely.linestrings(heights[kept], indices=(np.cumsum(drawn) - 1)[line[kept]])
    xy, owner = shapely.get_coordinates(shapely.simplify(lines, _PROFILE_M), return_index=True)
    ends = np.searchsorted(owner, np.arange(len(lines) + 1))
    each = (np.rint(xy[first:end]).astype(np.int64) for first, end in pairwise(ends))
    none = np.empty((0, 2), dtype=np.int64)
    return {
        (clause, code): next(each) if is_drawn else none
        for (clause, code, *_), is_drawn in zip(runs, drawn, strict=True)
    }


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
