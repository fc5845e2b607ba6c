"""What the script of a run's page needs, as plain lists and dicts ready for JSON, rounded as in the CSV tables."""

import json
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from cfgeo.core.results import Results
from cfgeo.core.schema import BASE_LAYERS, NOT_ASSESSED, SEARCH_MINUTES, Inputs
from cfgeo.core.strings import KIND_MARK, Lang, name_of, text
from cfgeo.publish.geometry import (
    LINE_TOLERANCE_M,
    POLYGON_TOLERANCE_M,
    UNITS_PER_DEGREE,
    Projector,
    outlines,
    simplified_coverage,
    street_lines,
)
from cfgeo.publish.page.ground import land_data, tile_data
from cfgeo.publish.page.walks import walk_data
from cfgeo.publish.run.units import need_unit
from cfgeo.publish.words.clauses.found import compare_of, need_words
from cfgeo.publish.words.clauses.matrix import matrix, said_words
from cfgeo.publish.words.clauses.shortfalls import shortfall_words, telling
from cfgeo.publish.words.clauses.standing import class_legend, verdict_classes
from cfgeo.publish.words.names import in_language, layer_mark, texts_of, verdict_names
from cfgeo.publish.words.numbers import (
    AMOUNT_DECIMALS,
    COUNTED_BASES,
    SHARE_DECIMALS,
    TABLE_DECIMALS,
    Compare,
    amount,
    beside_text,
    decimals_beside,
    minutes,
    number,
    string,
)
from cfgeo.publish.words.run import why_open

_SHARES = ("share", "area_share", "street_share")
_MINUTES = ("median_minutes", "p90_minutes")
_AMOUNTS = ("demand", "children", "places")
_EXTRAS = ("capacity", "certified")
_AREA_TYPES = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def page_data(results: Results, *, lang: Lang) -> dict[str, Any]:
    """Return all data of the page.

    Parameters
    ----------
    results
        What the run has found out.
    lang
        Language of names and sentences.
    """
    projector, communities = Projector(results.inputs.crs, results.pieces), results.communities
    shapes, bounds = simplified_coverage(communities), communities.total_bounds
    classes = verdict_classes(communities)
    is_counted = results.parameters["demand_basis"] in COUNTED_BASES
    return {
        "lang": lang,
        "units": UNITS_PER_DEGREE,
        "bounds": projector.bounds(bounds),
        "search": int(results.parameters.get("search_minutes") or SEARCH_MINUTES),
        "basis": results.parameters["demand_basis"],
        "demand": None if is_counted else number(communities["demand"].sum(), 1),
        "texts": texts_of("page", lang),
        "verdicts": verdict_names(lang) | {"marginal": name_of("word", "marginal", lang)},
        "names": _names(results, lang),
        "clauses": [_clause(clause, results, lang) for clause in results.parameters["clauses"]],
        "communities": _communities(results, shapes, projector),
        "standing": {
            "classes": classes.tolist(),
            "legend": class_legend(classes, lang, most=int(communities["required"].max())),
        },
        "coverage": _coverage(results, lang),
        "matrix": _matrix(results),
        "offices": _offices(results, shapes, projector),
        "facilities": _facilities(results.facilities, communities.index, projector),
        "shortfalls": _shortfalls(results, projector, lang),
        "isochrones": _isochrones(results.isochrones, projector),
        "streets": street_lines(results.inputs.network, projector, bounds),
        "ground": base_map(results.inputs, projector),
        "land": land_data(results.ground, projector, crs=results.inputs.crs, lang=lang),
        "walks": walk_data(results, projector),
        "zones": _zones(results, projector, lang),
        "blocks": _blocks(results, projector),
        "tiles": tile_data(results, lang=lang),
    }


def embedded_json(value: Any) -> str:
    """Return a value as JSON that is safe inside a ``script`` element, whatever names it holds."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for mark in "<>&\u2028\u2029":
        body = body.replace(mark, f"\\u{ord(mark):04x}")
    return body


def _clause(clause: dict[str, Any], results: Results, lang: Lang) -> dict[str, Any]:
    return {
        "id": clause["id"],
        "name": in_language(clause, "name", lang),
        "scope": clause["scope"],
        "measure": clause["measure"],
        "layer": clause.get("layer") or "",
        "kinds": list(clause.get("kind") or ()),
        "walker": clause.get("walker") or "",
        "need": number(clause.get("need"), SHARE_DECIMALS),
        "asks": need_words(clause["need"], compare_of(clause), lang, unit=need_unit(clause)),
        "limit": number(clause.get("limit_minutes"), 1),
        "required": bool(clause["required"]),
        "open": why_open(clause, results),
    }


def _names(results: Results, lang: Lang) -> dict[str, dict[str, str]]:
    """Return the names and signs of all layers, kinds and walkers of the page."""
    facilities, isochrones = results.facilities, results.isochrones
    clauses = results.parameters["clauses"]
    layers = _distinct([*results.inputs.layers, *facilities["layer"], *isochrones["layer"]])
    layers = _distinct([*layers, *(clause.get("layer") or "" for clause in clauses)])
    own = [kind for kinds in facilities["kind"] for kind in (kinds, *str(kinds).split(KIND_MARK))]
    kinds = _distinct([*own, *isochrones["kind"], *(k for c in clauses for k in c.get("kind") or ())])
    walkers = _distinct([*isochrones["walker"], *(clause.get("walker") or "" for clause in clauses)])
    return {
        "layers": {layer: name_of("layer", layer, lang) for layer in layers},
        "marks": {layer: layer_mark(layer, lang) for layer in layers},
        "kinds": {kind: name_of("kind", kind, lang) for kind in kinds},
        "walkers": {walker: name_of("word", walker, lang) for walker in walkers},
    }


def _distinct(words: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(str(word) for word in words if word))


def _communities(results: Results, shapes: Any, projector: Projector) -> list[dict[str, Any]]:
    table = results.communities
    labels = shapely.point_on_surface(shapes)
    return [
        {
            "code": str(code),
            "name": str(row["community"]),
            "office": str(row["street_office"]),
            "verdict": row["verdict"],
            "marginal": bool(row["marginal"]),
            "byTerrain": bool(row["fails_by_terrain"]),
            "fewHomes": int(row["demand_points"]) if row["few_homes"] else 0,
            "judged": int(row["judged"]),
            "required": int(row["required"]),
            "failed": list(row["failed"]),
            "demand": number(row["demand"], 1),
            "children": number(row["children"], 1),
            "shape": projector.polygons(shape),
            "label": projector.point(label),
        }
        for (code, row), shape, label in zip(table.iterrows(), shapes, labels, strict=True)
    ]


def _coverage(results: Results, lang: Lang) -> dict[str, dict[str, Any]]:
    """Return clause → column → values in the order of the communities.

    ``exact`` has the few shares that need it as text; ``said`` and ``asked`` have all values of other measures.
    """
    columns: dict[str, dict[str, Any]] = {}
    clauses = {clause["id"]: clause for clause in results.parameters["clauses"]}
    for clause, rows in results.coverage.groupby("clause", sort=False):
        table = rows.set_index("code").reindex(results.communities.index)
        columns[str(clause)] = {
            **{name: [number(share, SHARE_DECIMALS) for share in table[name]] for name in _SHARES},
            **{name: [minutes(walk) for walk in table[name]] for name in _MINUTES},
            **{name: [number(value, AMOUNT_DECIMALS) for value in table[name]] for name in _AMOUNTS},
            "need": [number(need, SHARE_DECIMALS) for need in table["need"]],
            "verdict": table["verdict"].fillna(NOT_ASSESSED).tolist(),
            "exact": _exact(table, compare_of(clauses[str(clause)]), lang),
            **_said(table, clauses[str(clause)], lang),
        }
    return columns


def _said(table: pd.DataFrame, clause: dict[str, Any], lang: Lang) -> dict[str, list[Any]]:
    """Return what the communities have of a measure that is no walk: as numbers, and with what is asked as text."""
    if clause["measure"] == "reach":
        return {}
    unit = need_unit(clause)
    values, decimals = table["value"].astype(float).fillna(table["share"].astype(float)), TABLE_DECIMALS
    asked = [need_words(need, compare_of(clause), lang, unit=unit) for need in table["need"]]
    if clause["measure"] == "present":
        values, decimals = table["places"].astype(float), AMOUNT_DECIMALS
        places = [text("page.popup_places", lang, places=amount(need, lang)) for need in table["need"]]
        asked = [text("clause.need_at_least", lang, need=each) for each in places]
    return {
        "value": [number(value, decimals) for value in values],
        "said": said_words(table, clause, lang),
        "asked": asked,
    }


def _matrix(results: Results) -> dict[str, Any]:
    """Return the rows and columns of the matrix, in their order: clauses by id, communities by their place."""
    table = matrix(results)
    places = results.communities.index.get_indexer(table.communities.index)
    return {"clauses": [clause["id"] for clause in table.clauses], "communities": [int(place) for place in places]}


def _exact(table: pd.DataFrame, compare: Compare, lang: Lang) -> dict[int, str]:
    """Return the shares that take more than one decimal not to contradict their verdicts, by the community's place."""
    pairs = enumerate(zip(table["share"], table["need"], strict=True))
    return {
        i: beside_text(share, need, lang, compare=compare)
        for i, (share, need) in pairs
        if decimals_beside(share, need, compare) > 1
    }


def _offices(results: Results, shapes: Any, projector: Projector) -> list[dict[str, Any]]:
    drawn = outlines(shapes, results.communities["street_office"])
    return [
        {
            "name": str(name),
            "communities": int(row["communities"]),
            "passed": int(row["passed"]),
            "not_assessed": int(row["not_assessed"]),
            "marginal": int(row["marginal"]),
            "share": number(row["share"], SHARE_DECIMALS),
            "shape": projector.polygons(drawn[str(name)]) if str(name) in drawn else "",
        }
        for name, row in results.street_offices.iterrows()
    ]


def _facilities(table: gpd.GeoDataFrame, codes: pd.Index, projector: Projector) -> list[dict[str, Any]]:
    """Return the facilities: those that are areas or lines with their shape, all with a point for the sign."""
    position = {str(code): i for i, code in enumerate(codes)}
    return [
        {
            "layer": str(row["layer"]),
            "kind": string(row["kind"]),
            "name": string(row["name"]),
            "community": position.get(str(row["community"]), -1),
            "point": projector.point(shapely.point_on_surface(row.geometry)),
            **({} if row["snapped"] else {"off": True}),
            **{key: value for key in _EXTRAS if (value := _extra(row.get(key))) is not None},
            **_shape(row.geometry, projector),
        }
        for _, row in signed_facilities(table).iterrows()
    ]


def _shortfalls(results: Results, projector: Projector, lang: Lang) -> list[dict[str, Any]]:
    """Return the places that fall short of clauses that are not passed, each with a point to fly to."""
    shown, table = signed_facilities(results.facilities), telling(shortfall_words(results, lang))
    position = {str(facility): i for i, facility in enumerate(shown.index)}
    middles = results.communities.geometry.representative_point()
    rows = []
    for row in table.to_dict("records"):
        facility = position.get(str(row["facility"]), -1)
        shape = shown.geometry.iloc[facility] if facility >= 0 else middles.get(row["code"])
        rows.append(
            {
                **{name: str(row[name]) for name in ("clause", "status", "name", "lacks")},
                "where": " · ".join(filter(None, (str(row["community"]), str(row["street_office"])))),
                "facility": facility,
                "point": projector.point(shapely.point_on_surface(shape)) if shape is not None else None,
            }
        )
    return rows


def signed_facilities(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the facilities that have a sign on the map."""
    return _drawable(table[~table["layer"].isin(BASE_LAYERS)])


def _drawable(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows that have a shape."""
    return table[~(table.geometry.isna() | table.geometry.is_empty)]


def _shape(geometry: Any, projector: Projector) -> dict[str, Any]:
    """Return the lines or areas of a shape; nothing for points."""
    if shapely.get_dimensions(geometry) == 1:
        return {"lines": projector.lines(shapely.simplify(geometry, LINE_TOLERANCE_M))}
    if shapely.get_type_id(geometry) in _AREA_TYPES:
        return {"area": projector.polygons(shapely.simplify(geometry, LINE_TOLERANCE_M))}
    return {}


def _zones(results: Results, projector: Projector, lang: Lang) -> list[dict[str, Any]]:
    return [
        {
            "kind": str(row["kind"]),
            "kindName": name_of("word", f"zone_{row['kind']}", lang),
            "title": str(row["title"] or row["name"]),
            **{name: int(row[name]) for name in ("communities", "passed")},
            "demand": number(row["demand"], 1),
            **_shape(row.geometry, projector),
            **({"point": projector.point(row.geometry)} if shapely.get_type_id(row.geometry) == 0 else {}),
        }
        for _, row in results.zones.iterrows()
    ]


def _blocks(results: Results, projector: Projector) -> list[dict[str, Any]]:
    """Return the street blocks as they were judged, with a point for their names."""
    table = _drawable(results.blocks) if len(results.blocks) else results.blocks
    return [
        {
            "name": str(row["name"] or block),
            **{name: int(row[name]) for name in ("communities", "passed", "judged", "required")},
            "verdict": str(row["verdict"]),
            "failed": list(row["failed_clauses"]),
            "area": projector.polygons(row.geometry, tolerance_m=POLYGON_TOLERANCE_M),
            "point": projector.point(shapely.point_on_surface(row.geometry)),
        }
        for block, row in table.iterrows()
    ]


def _extra(value: Any) -> Any:
    """Return a further value of a facility: a number, a yes or no, or a text; None where it is missing."""
    if value is None or pd.isna(value) or value == "":
        return None
    if isinstance(value, str):
        return value
    return bool(value) if isinstance(value, bool) or type(value).__name__ == "bool" else number(value, 1)


def _isochrones(table: gpd.GeoDataFrame, projector: Projector) -> list[dict[str, Any]]:
    return [
        {
            "layer": str(row["layer"]),
            "kind": string(row["kind"]),
            "walker": str(row["walker"]),
            "minutes": number(row["minutes"], 1),
            "shape": projector.polygons(row.geometry, tolerance_m=POLYGON_TOLERANCE_M),
        }
        for _, row in _drawable(table).iterrows()
    ]


def base_map(inputs: Inputs, projector: Projector) -> list[dict[str, Any]]:
    """Return rivers and blocks, where the study has them."""
    return [
        {"layer": layer, **_shape(geometry, projector)}
        for layer in BASE_LAYERS
        if layer in inputs.layers
        for geometry in _drawable(inputs.layers[layer]).geometry
    ]
