"""A run, a plan, sites or a what-if → layers of a GeoPackage that opens in QGIS, with its styles."""

import tempfile
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from cfgeo.core.plan import Plan
from cfgeo.core.results import Results
from cfgeo.core.schema import LIFT, WGS84
from cfgeo.core.sites import Siting
from cfgeo.core.strings import Lang
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.tables.csv import (
    community_table,
    crossing_table,
    school_route_table,
    street_office_table,
    walkway_table,
    zone_table,
)
from cfgeo.publish.tables.proposals import plan_shapes, site_shapes, whatif_table
from cfgeo.publish.tables.qgis import OUTCOME, STYLES, Titles, abstracts, project_bytes, style_table
from cfgeo.publish.words.changes import change_kinds
from cfgeo.publish.words.names import clause_titles, separated
from cfgeo.publish.words.sources import provenance
from cfgeo.publish.words.steps import whatif_steps

_NO_CLOCK = "2000-01-01T00:00:00Z"  # a GeoPackage notes when it was written: the same inputs shall give the same bytes
_VERSION = {"VERSION": "1.3"}  # QGIS 3.22 warns of a newer one
_GDAL = {
    "OGR_CURRENT_DATE": _NO_CLOCK,
    # The file is new and no one else's until it is whole: it needs no journal, and need not reach the disk in between.
    "OGR_SQLITE_JOURNAL": "MEMORY",
    "OGR_SQLITE_SYNCHRONOUS": "OFF",
}


def write_geopackage(results: Results, path: Path, *, lang: Lang, project: Path | None = None) -> None:
    """Write communities, street_offices, zones, facilities, isochrones, network, walkways, school_routes and crossings.

    Where the run has a plan, its projects are a layer too: points, lines and areas, as each is. QGIS finds the layers'
    styles in a table of its own, and opens all of them together by the ``project``, a file beside the GeoPackage.
    """
    layers = run_layers(results, lang)
    _write(layers, path, lang, titles=partial(clause_titles, results.parameters))
    if project is not None:
        project.write_bytes(project_bytes(layers, results, path.name, lang=lang))


def geopackage_bytes(layers: Mapping[str, pd.DataFrame], lang: Lang) -> bytes:
    """Return a GeoPackage with these layers, by name, and their styles; one without shapes is a table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layers.gpkg"
        _write(layers, path, lang)
        return path.read_bytes()


def plan_layers(plan: Plan, lang: Lang) -> dict[str, gpd.GeoDataFrame]:
    """Return the projects of a plan, and the communities: the rank by which each passes, and what holds it back."""
    communities = _before_and_after(plan.before, plan.after, plan.held.index)
    ranks = {code: float(row.rank) for row in plan.built.itertuples() for code in row.adds_codes}
    titles = {clause: names[lang] for clause, names in plan.titles.items()}
    held = {code: separated([titles[clause] for clause in ids], lang) for code, ids in plan.held["clauses"].items()}
    passes_at = [ranks.get(code, np.nan) for code in communities["code"]]
    held_by = [held.get(code, "") for code in communities["code"]]
    return {
        "projects": plan_shapes(plan, lang),
        "communities": communities.assign(passes_at=passes_at, held_by=held_by),
    }


def site_layers(siting: Siting, lang: Lang) -> dict[str, gpd.GeoDataFrame]:
    """Return the sites, and the communities before and after."""
    sites = site_shapes(siting, lang)
    minutes = pd.to_numeric(sites["minutes"], errors="coerce")  # ">30" is no number
    communities = _before_and_after(siting.before, siting.after, siting.held.index)
    return {"sites": sites.assign(minutes=minutes), "communities": communities}


def whatif_layers(whatif: WhatIf, lang: Lang) -> dict[str, pd.DataFrame]:
    """Return the communities before and after, the changes, every clause in each community, and where links join."""
    names = {name: f"{name}_name" for name in ("geom", "fid")}
    table = whatif_table(whatif, lang=lang).rename(columns=names)
    texts = [name for name in table.columns if table[name].dtype == object]
    changes = [
        {
            "nth": step.rank,
            "id": change.id,
            "what": step.name,
            "action": step.what,
            "community": step.where,
            "geometry": shape,
        }
        for step, change in zip(whatif_steps(whatif, lang).steps, whatif.scenario.changes, strict=True)
        for shape in [step.shape]
    ]
    crs, joins = whatif.inputs.crs, whatif.junctions
    areas = _before_and_after(whatif.before.communities, whatif.after.communities)
    layers: dict[str, pd.DataFrame] = {
        "communities": areas.assign(change=whatif.communities["change"].to_numpy()),
        "changes": gpd.GeoDataFrame(changes, geometry="geometry", crs=crs),
        "clauses": table.astype(dict.fromkeys(texts, "str")),
    }
    if len(joins):
        at = gpd.GeoSeries.from_xy(joins["lon"], joins["lat"], crs=WGS84).to_crs(crs)
        layers["junctions"] = gpd.GeoDataFrame(joins, geometry=at.to_numpy(), crs=crs)
    return layers


def _before_and_after(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, held: Collection[Any] = ()
) -> gpd.GeoDataFrame:
    """Return the communities as a layer with their verdicts before and after, from ``Results.communities`` twice."""
    areas = before[["community", "street_office", "geometry"]].reset_index()
    areas["verdict_before"], areas["verdict_after"] = before["verdict"].to_numpy(), after["verdict"].to_numpy()
    areas[OUTCOME] = change_kinds(before, after, held)
    areas["geometry"] = multipolygons(areas)
    return areas


def multipolygons(areas: gpd.GeoDataFrame) -> Any:
    """Return areas as multipolygons: a layer of a GeoPackage has one type of geometry."""
    return _of_parts(shapely.multipolygons, shapely.MultiPolygon(), areas)


def _of_parts(joined: Callable[..., Any], none: shapely.Geometry, table: gpd.GeoDataFrame) -> Any:
    """Return the parts of each shape joined by a function of shapely; ``none`` where it has no parts (n)."""
    parts, owner = shapely.get_parts(table.geometry.to_numpy(), return_index=True)
    return joined(parts, indices=owner, out=np.full(len(table), none, dtype=object))


def _write(layers: Mapping[str, pd.DataFrame], path: Path, lang: Lang, *, titles: Titles = lambda lang: {}) -> None:
    styled = {**layers, STYLES: style_table(layers, lang, titles=titles)}
    pyogrio.set_gdal_config_options(_GDAL)
    try:
        for name, table in styled.items():
            words = abstracts(name, table, lang)
            options = {"DESCRIPTION": words} if words else {}
            new = {} if path.exists() else {"dataset_options": _VERSION}
            more = {"append": path.exists(), "layer_options": options, **new}
            pyogrio.write_dataframe(table, path, layer=name, driver="GPKG", **more)
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(_GDAL))


def run_layers(results: Results, lang: Lang) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of a run by name, in its metric CRS."""
    crs, origin = results.inputs.crs, provenance(results, lang)
    edges = results.inputs.network.edges
    facilities = _distinct(results.facilities).rename_axis("facility").reset_index()
    texts = [name for name in facilities.columns if facilities[name].dtype == object]
    projects = {} if results.plan is None else {"projects": plan_shapes(results.plan, lang)}
    blocks = {"blocks": _areas(_block_table(results, lang), results.blocks, crs)} if len(results.blocks) else {}
    zones = {"zones": zone_shapes(results, lang)} if len(results.zones) else {}
    return {
        "communities": _areas(community_table(results, lang), results.communities, crs),
        "street_offices": _areas(street_office_table(results, lang), results.street_offices, crs),
        **blocks,
        **zones,
        "facilities": facilities.astype(dict.fromkeys(texts, "str")).assign(provenance=origin),
        "isochrones": results.isochrones.assign(provenance=origin),
        "network": edges[(edges["form"] != LIFT) & (edges["length_m"] > 0)].reset_index(drop=True),
        "walkways": _lines(walkway_table(results, lang)),
        "school_routes": _lines(school_route_table(results, lang)),
        "crossings": crossing_table(results, lang),
        **projects,
    }


def zone_shapes(results: Results, lang: Lang) -> gpd.GeoDataFrame:
    """Return the published table of zones with their areas, lines and points."""
    table = zone_table(results, lang)
    types = {name: "str" for name in table.columns if table[name].dtype == object}
    return gpd.GeoDataFrame(table.astype(types), geometry=results.zones.geometry.to_numpy(), crs=results.inputs.crs)


def _block_table(results: Results, lang: Lang) -> pd.DataFrame:
    """Return the street blocks as they were judged."""
    table = pd.DataFrame(results.blocks.drop(columns="geometry")).reset_index()
    table["failed_clauses"] = table["failed_clauses"].map(";".join)
    return table.assign(provenance=provenance(results, lang))


def _distinct(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table in which no two columns have one name for a GeoPackage, which ignores case and has its own."""
    taken = {"fid", "geom", "facility"}
    names = {}
    for column in table.columns:
        name, nth = str(column) or "_", 1
        while name.lower() in taken:
            name, nth = f"{column}_{nth}", nth + 1
        taken.add(name.lower())
        names[column] = name
    return table.rename(columns=names)


def _lines(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer with one type of geometry; lifts and gates have no length, and are left out."""
    lines = table[table.length > 0]
    return lines.set_geometry(_of_parts(shapely.multilinestrings, shapely.MultiLineString(), lines))


def _areas(table: pd.DataFrame, shapes: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    """Return a published table with its polygons."""
    walks = [name for name in table.columns if name.endswith("_minutes")]
    table = table.assign(**{name: pd.to_numeric(table[name], errors="coerce") for name in walks})  # ">30" is no number
    types = {name: "str" for name in table.columns if table[name].dtype == object}
    shown = table.astype(types).where(table.notna(), None)
    return gpd.GeoDataFrame(shown, geometry=multipolygons(shapes), crs=crs)
