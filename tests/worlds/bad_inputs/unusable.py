"""Lists that cannot be used as places: kinds that nobody knows, catchments, lines; they never fail a clause."""

import json
from typing import Any

from worlds.bad_inputs.make import Town, kind


@kind("layer_kindless", "schools")
def kinds_are_words_that_nobody_knows(town: Town) -> None:
    town.column("kind", lambda _: "第三类")


@kind("kinds_open", "schools")
def kinds_leave_open_which_stage(town: Town) -> None:
    town.column("kind", lambda _: "学校")


@kind("answers_blank", "schools", "certified")
def certified_is_answered_for_some(town: Town) -> None:
    town.column("certified", lambda answer: answer if answer == "no" else "")


@kind("name_heading", "schools", "单位名称")
def name_column_of_another_name(town: Town) -> None:
    town.edit("kind,name", "kind,单位名称", "schools.csv")


@kind("grounds_catchment", "schools")
def school_catchments_for_schools(town: Town) -> None:
    content = town.features()
    for nth, feature in enumerate(content["features"]):
        feature["properties"] = {"kind": "primary", "name": f"{nth} School"}
    _as_schools(town, content["features"])


@kind("grounds_large", "schools")
def school_grounds_of_a_square_kilometre(town: Town) -> None:
    features = _schools(town)
    lon, lat = features[-1]["geometry"]["coordinates"]
    ring = [[lon, lat], [lon + 0.009, lat], [lon + 0.009, lat + 0.009], [lon, lat + 0.009], [lon, lat]]
    features[-1]["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    _as_schools(town, features)


@kind("named_catchment", "schools")
def school_named_as_its_catchment(town: Town) -> None:
    rows = town.rows()
    at = rows[0].index("name")
    town.write_rows([rows[0], *([*row[:at], f"{row[at]}学区", *row[at + 1 :]] for row in rows[1:])])


@kind("lines_for_places", "schools")
def school_fences_for_schools(town: Town) -> None:
    features = _schools(town)
    for feature in features:
        lon, lat = feature["geometry"]["coordinates"]
        feature["geometry"] = {"type": "LineString", "coordinates": [[lon, lat], [lon + 0.004, lat]]}
    _as_schools(town, features)


def _schools(town: Town) -> list[dict[str, Any]]:
    """Return the town's schools as features."""
    features: list[dict[str, Any]] = json.loads(town.frame("schools.csv").to_json())["features"]
    return features


def _as_schools(town: Town, features: list[dict[str, Any]]) -> None:
    """Write features as the town's schools."""
    town.write("schools.geojson", json.dumps({"type": "FeatureCollection", "features": features}))
    town.use("schools.geojson")
