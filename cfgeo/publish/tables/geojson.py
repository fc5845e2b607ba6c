"""Values → GeoJSON, in WGS-84."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import shapely

from cfgeo.core.explanation import Explanation, Route
from cfgeo.core.schema import DEGREE_DECIMALS, WGS84
from cfgeo.core.strings import Lang
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.geometry import MAP_DEGREE_DECIMALS
from cfgeo.publish.run.units import COMMUNITY, DISTRICT, STREET_OFFICE
from cfgeo.publish.words.compared.sides import whatif_units
from cfgeo.publish.words.explanation import goal_words
from cfgeo.publish.words.names import clause_titles
from cfgeo.publish.words.numbers import TABLE_DECIMALS
from cfgeo.publish.words.whatif import shape_of, what_words

_TIMES = (("a", "before"), ("b", "after"))
_COMMUNITY_PROPERTIES = ("code", "community", "street_office", "before", "after", "change")


def geojson_bytes(shapes: gpd.GeoDataFrame) -> bytes:
    """Return a table with its shapes as GeoJSON in WGS-84."""
    degrees = shapes.to_crs(WGS84)
    at = shapely.transform(degrees.geometry.to_numpy(), lambda xy: xy.round(DEGREE_DECIMALS))
    return str(degrees.set_geometry(at).to_json(ensure_ascii=False, drop_id=True)).encode()


def whatif_geojson(whatif: WhatIf, *, lang: Lang) -> str:
    """Return the communities with their verdicts before and after, and the changes, as GeoJSON.

    Parameters
    ----------
    whatif
        What :func:`cfgeo.whatif_study` gives.
    lang
        Language of names.
    """
    titles, units = clause_titles(whatif.parameters, lang), whatif_units(whatif, lang)
    rows = whatif.communities.to_crs(WGS84)
    own = {key: part.to_dict("records") for key, part in units[units["differs"]].groupby(["scope", "unit"])}
    features = [_feature(None, {"feature": "district", "clauses": _changed(own.get((DISTRICT, ""), []))})]
    for office, shape in whatif.after.street_offices.to_crs(WGS84).geometry.items():
        clauses = _changed(own.get((STREET_OFFICE, str(office)), []))
        features.append(_feature(shape, {"feature": "street_office", "street_office": office, "clauses": clauses}))
    for row in rows.reset_index().itertuples():
        properties = {name: getattr(row, name) for name in _COMMUNITY_PROPERTIES}
        missing, clauses = [titles[clause] for clause in row.missing], _changed(own.get((COMMUNITY, str(row.code)), []))
        about = {"feature": "community", **properties, "missing": missing, "clauses": clauses}
        features.append(_feature(row.geometry, about))
    for change in whatif.scenario.changes:
        if (shape := shape_of(whatif, change)) is not None:
            what = what_words(whatif, change, lang)
            properties = {"nth": change.nth, "id": change.id, "action": change.action, "what": what}
            features.append(_feature(shape, {"feature": "change", **properties}))
    for junction in whatif.junctions.to_dict("records"):
        point = shapely.Point(junction["lon"], junction["lat"])
        features.append(_feature(point, {"feature": "junction", "nth": junction["nth"], "way": junction["way"]}))
    return _collection(features)


def _changed(rows: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """Return the clauses of a unit that change, before and after; an empty clause is the unit as a whole."""
    return [
        {
            "clause": row["clause"],
            "name": row["clause_name"],
            "change": row["change"],
            **{f"{name}_{to}": _plain(row[f"{name}_{side}"]) for name in ("verdict", "value") for side, to in _TIMES},
            "target": _plain(row["target"]),
        }
        for row in rows
    ]


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it; what is missing or infinite becomes null."""
    if isinstance(value, float):
        return round(value, TABLE_DECIMALS) if math.isfinite(value) else None
    return value


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
    for explanation in explanations:
        goal = goal_words(explanation, lang)
        for route in explanation.routes:
            about = {"clause": explanation.clause, "goal": goal, "walker": explanation.walker}
            about |= {"direction": route.direction, "facility": route.facility, "place": route.place}
            features += _route_features(route, about)
    return _collection(features)


def _route_features(route: Route, about: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a route and its pieces, all with the same first properties."""
    pieces = route.pieces.to_crs(WGS84)
    lines = shapely.set_precision(pieces.geometry.to_numpy(), 0)
    features = []
    if len(lines):
        minutes = {f"{part}_minutes": round(minutes, 3) for part, minutes in route.parts.items()}
        metres = {name: round(getattr(route, name), 1) for name in ("length_m", "climb_m", "descent_m", "steps")}
        profile = route.profile.dropna(subset="height_m")[["distance_m", "height_m"]].round(1).to_numpy().tolist()
        properties = {"feature": "route", "minutes": round(route.minutes, 3), **minutes, **metres, "profile": profile}
        whole = shapely.linestrings(shapely.get_coordinates(lines))
        features.append(_feature(whole, {**about, **properties}, decimals=MAP_DEGREE_DECIMALS))
    for order, piece in enumerate(pieces.itertuples(), start=1):
        properties = {"feature": "piece", "order": order, "part": piece.part, "street": piece.name}
        properties |= {"length_m": round(piece.length_m, 1), "minutes": round(piece.minutes, 3)}
        features.append(_feature(piece.geometry, {**about, **properties}, decimals=MAP_DEGREE_DECIMALS))
    return features


def _feature(shape: Any, properties: dict[str, Any], *, decimals: int = DEGREE_DECIMALS) -> dict[str, Any]:
    if shape is None:
        return {"type": "Feature", "properties": properties, "geometry": None}
    rounded = shapely.transform(shape, lambda xy: xy.round(decimals))
    return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(rounded)}


def _collection(features: list[dict[str, Any]]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False)
