"""Values → GeoJSON, in WGS-84."""

import json
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import shapely

from cfgeo.core.explanation import Explanation, Route
from cfgeo.core.schema import DEGREE_DECIMALS, WGS84
from cfgeo.core.strings import Lang
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.words.explanation import goal_words
from cfgeo.publish.words.names import clause_titles
from cfgeo.publish.words.whatif import shape_of, what_words

_ROUTE_DECIMALS = 6


def geojson_bytes(shapes: gpd.GeoDataFrame) -> bytes:
    """Return a table with its shapes as GeoJSON in WGS-84."""
    degrees = shapes.to_crs(WGS84)
    at = shapely.transform(degrees.geometry.to_numpy(), lambda xy: xy.round(DEGREE_DECIMALS))
    return str(degrees.set_geometry(at).to_json(ensure_ascii=False, drop_id=True)).encode()


def whatif_geojson(found: WhatIf, *, lang: Lang) -> str:
    """Return the communities with their verdicts before and after, and the changes, as GeoJSON.

    Parameters
    ----------
    found
        What :func:`cfgeo.whatif_study` gives.
    lang
        Language of names.
    """
    titles = clause_titles(found.parameters, lang)
    rows = found.communities.to_crs(WGS84)
    features = []
    for row in rows.reset_index().itertuples():
        about = {"feature": "community", "code": row.code, "community": row.community}
        about |= {"street_office": row.street_office, "before": row.before, "after": row.after, "change": row.change}
        about |= {"missing": [titles[clause] for clause in row.missing]}
        features.append(_feature(row.geometry, about))
    for change in found.scenario.changes:
        if (shape := shape_of(found, change)) is not None:
            about = {"feature": "change", "nth": change.nth, "id": change.id, "action": change.action}
            features.append(_feature(shape, about | {"what": what_words(change, lang)}))
    for joint in found.junctions.to_dict("records"):
        about = {"feature": "junction", "nth": joint["nth"], "way": joint["way"]}
        features.append(_feature(shapely.Point(joint["lon"], joint["lat"]), about))
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False)


def _feature(shape: Any, properties: dict[str, Any], *, decimals: int = DEGREE_DECIMALS) -> dict[str, Any]:
    rounded = shapely.transform(shape, lambda xy: xy.round(decimals))
    return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(rounded)}


def explained_geojson(explanations: Sequence[Explanation], *, lang: Lang) -> str:
    """Return the routes as GeoJSON: a feature for each piece, and one for each whole route with its profile.

    Parameters
    ----------
    explanations
        What :func:`cfgeo.explain_study` gives.
    lang
        Language of names.
    """
    features = []
    for one in explanations:
        for route in one.routes:
            about = {"clause": one.clause, "goal": goal_words(one, lang), "walker": one.walker}
            about |= {"direction": route.direction, "facility": route.facility, "place": route.place}
            features += _features(route, about)
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False)


def _features(route: Route, about: dict[str, Any]) -> list[dict[str, Any]]:
    pieces = route.pieces.to_crs(WGS84)
    lines = shapely.set_precision(pieces.geometry.to_numpy(), 0)
    sums = {f"{part}_minutes": round(minutes, 3) for part, minutes in route.parts.items()}
    metres = {name: round(getattr(route, name), 1) for name in ("length_m", "climb_m", "descent_m", "steps")}
    known = route.profile.dropna(subset="height_m")
    profile = known[["distance_m", "height_m"]].round(1).to_numpy().tolist()
    whole = {**about, "feature": "route", "minutes": round(route.minutes, 3), **sums, **metres, "profile": profile}
    joined = shapely.linestrings(shapely.get_coordinates(lines)) if len(lines) else None
    made = [] if joined is None else [_feature(joined, whole, decimals=_ROUTE_DECIMALS)]
    for order, piece in enumerate(pieces.itertuples(), start=1):
        told = {"part": piece.part, "street": piece.name, "length_m": round(piece.length_m, 1)}
        told |= {"minutes": round(piece.minutes, 3)}
        told = {**about, "feature": "piece", "order": order, **told}
        made.append(_feature(piece.geometry, told, decimals=_ROUTE_DECIMALS))
    return made
