"""Explained walks → files: GeoJSON, or a picture."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cfgeo.core.results import Explanation, Route
from cfgeo.core.schema import WGS84
from cfgeo.core.strings import Lang
from cfgeo.publish.words.explained import goal_words
from cfgeo.publish.writers import GEOJSON, PICTURES, geojsons, pictures, write_one

EXPLAINED_FORMATS = (*GEOJSON, *PICTURES)
_DEGREE_DECIMALS = 6


def write_explained(explanations: Sequence[Explanation], path: Path, *, lang: Lang) -> None:
    """Write explanations as GeoJSON or as a picture, as the file's name says.

    Parameters
    ----------
    explanations
        What :func:`cfgeo.explain_study` gives.
    path
        ``.geojson``, ``.json``, ``.png``, ``.svg`` or ``.pdf``.
    lang
        Language of the words.

    Raises
    ------
    OutputError
        The format is not known, the file cannot be written, or no font has the letters of a picture.
    """

    def picture(form: str) -> bytes:
        from cfgeo.publish.maps.explained import explained_picture  # noqa: PLC0415  # matplotlib takes half a second

        return explained_picture(explanations, form, lang=lang)

    write_one(path, {**geojsons(lambda: explained_geojson(explanations, lang=lang).encode()), **pictures(picture)})


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
    made = [] if joined is None else [_feature(joined, whole)]
    for order, piece in enumerate(pieces.itertuples(), start=1):
        told = {"part": piece.part, "street": piece.name, "length_m": round(piece.length_m, 1)}
        told |= {"minutes": round(piece.minutes, 3)}
        made.append(_feature(piece.geometry, {**about, "feature": "piece", "order": order, **told}))
    return made


def _feature(line: Any, properties: dict[str, Any]) -> dict[str, Any]:
    xy = np.round(shapely.get_coordinates(line), _DEGREE_DECIMALS).tolist()
    return {"type": "Feature", "properties": properties, "geometry": {"type": "LineString", "coordinates": xy}}
