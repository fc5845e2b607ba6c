"""A study's files → tables in one metric CRS, with findings."""

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from cfgeo.check import layers as check
from cfgeo.check.areas import check_codes, check_communities, check_rings, check_shared
from cfgeo.check.coordinates import check_repeated, check_rough, check_streets, check_zone
from cfgeo.check.datum_samples import Declared
from cfgeo.check.datums import check_datums
from cfgeo.check.landmarks import NO_MATCHES, match_areas, match_names
from cfgeo.check.locate import carried_places, locate_findings
from cfgeo.check.official import check_count, check_official
from cfgeo.check.streets import check_junctions, check_network
from cfgeo.core.errors import InputError, NetworkError, StudyError
from cfgeo.core.findings import Findings, finding, findings_table, require_clean
from cfgeo.core.schema import AGE_BANDS, CLOSED, ROW, SWAPPED, WGS84, Box, Inputs, Network
from cfgeo.core.shapes import is_finite, single_parts
from cfgeo.core.strings import kind_of
from cfgeo.files.cell_values import counted_cells, number_cells, plain_code
from cfgeo.files.osm_features import merge_named_lines
from cfgeo.files.osm_streets import bounds_of, is_osm_file
from cfgeo.files.read import as_text
from cfgeo.network.networkx_graphs import check_graph
from cfgeo.network.terrain import check_relief
from cfgeo.study import demand as demand_stage
from cfgeo.study.config import Demand, Layer, Source, Study, Table
from cfgeo.study.dates import check_dates
from cfgeo.study.sources import Files, name_of_place, names_of_map, network_around, read_network, read_rows, read_source

_SCALE_ERROR = 0.01
_FILE_COLUMNS = ("@id", "kind", "name")


def load_inputs(study: Study, *, margin_m: float, cache: Path | None = None) -> Inputs:
    """Read everything that a study names.

    Parameters
    ----------
    study
        The study.
    margin_m
        How far beyond the communities streets and facilities are read [m]: as far as somebody walks in the limit.
    cache
        Folder in which networks are kept between runs; None keeps none.

    Raises
    ------
    InputError, NetworkError
        A file is missing or cannot be read.
    CheckError
        The communities or the demand have faults that no verdict can stand on.
    """
    files = Files(study)
    if study.file is not None:
        files.note("study", study.file)
    if study.study.standard.endswith(".toml"):
        files.note("standard", study.resolve(study.study.standard))
    if study.projects is not None:
        files.note("projects", study.resolve(study.projects.path), study.projects)
    communities, findings = read_communities(files)
    findings += _expected(files, communities)
    try:
        network, cached = network_around(communities.geometry, files, margin_m=margin_m, cache=cache)
    except NetworkError as error:
        raise _elsewhere(files, communities, error) from error
    findings += check_streets(communities, network, snap_m=study.walk.snap_m)
    findings += check_network(network) + check_graph(network) + check_relief(network)
    district = shapely.union_all(communities.geometry.to_numpy())
    findings += check_junctions(network, district)
    bbox = bounds_of(communities.geometry, margin_m=margin_m)
    layers: dict[str, gpd.GeoDataFrame] = {}
    for name, source in study.layers.items():
        layers[name], found = _layer(name, source, files, communities.crs, bbox)
        findings += found + check.check_layer(name, layers[name], district=district, margin_m=margin_m)
        layers[name] = _within_reach(layers[name].drop(columns=SWAPPED, errors="ignore"))
    findings += check_dates(study, layers, today=dt.datetime.now().astimezone().date())
    points, basis, found, headings = read_demand(files, communities, network, bbox)
    findings += _datums(files, layers, points, communities, network, bbox)
    table = findings_table(findings + found)
    inputs = Inputs(
        communities=communities,
        demand=points,
        layers=layers,
        network=network,
        findings=table,
        files=files.listed(),
        demand_basis=basis,
        crs=communities.crs.to_string(),
        cached=cached,
        demand_headings=headings,
    )
    require_clean(table, lambda: locate_findings(table, inputs))
    return inputs


def _elsewhere(files: Files, communities: gpd.GeoDataFrame, error: NetworkError) -> NetworkError:
    """Return why no street lies near the communities: there is none at all, or they lie in different places."""
    study, given = files.study, files.study.network
    path, crs = study.resolve(None), communities.crs.to_string()
    try:
        network = read_network(path, crs=crs, datum=given.datum)
    except NetworkError:
        return error
    whole = gpd.GeoSeries([shapely.box(*network.edges.total_bounds)], crs=crs)
    west, south, east, north = whole.to_crs(WGS84).total_bounds
    zone = check_zone("communities", communities.to_crs(files.crs["communities"]), (west, south, east, north))
    if zone:
        at, boundaries = zone[0]["values"], study.resolve(study.boundaries.communities.path)
        return NetworkError(
            "network_zone", file=boundaries, crs=at["crs"], meridian=at["meridian"], likely=at["likely"]
        )
    here, there = (
        ", ".join(f"{edge:.4f}" for edge in box)
        for box in (communities.geometry.to_crs(WGS84).total_bounds, (west, south, east, north))
    )
    km = round(whole.distance(shapely.box(*communities.total_bounds).centroid).iloc[0] / 1000)
    return NetworkError("network_elsewhere", file=path, here=here, there=there, km=km)


def _datums(
    files: Files,
    layers: dict[str, gpd.GeoDataFrame],
    homes: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    network: Network,
    bbox: Box,
) -> Findings:
    """Find tables that lie in another datum than the study says."""
    study = files.study
    tables: dict[str, tuple[gpd.GeoDataFrame, Source]] = {
        name: (layer, study.layers[name]) for name, layer in layers.items()
    }
    if study.demand and study.demand.places:
        tables["demand"] = (homes, study.demand.places)
    about, streets = study.boundaries.communities, study.network
    from_osm = is_osm_file(study.resolve(None)) or streets.path.lower().endswith(".graphml")
    doubtful = any(source.osm is None for source in (about, *study.layers.values()))
    known = names_of_map(files, network, bbox) if from_osm and doubtful else network.edges.iloc[:0]
    places = {
        name: Declared(
            table.geometry.to_numpy(),
            source.datum,
            source.osm is not None,
            match_areas(table["name"], communities) if name in layers else None,
            file="" if source.path is None else str(name_of_place(source, study)).replace("\\", "/").rpartition("/")[2],
            matches=match_names(table["name"], table.geometry, known) if name in layers else NO_MATCHES,
        )
        for name, (table, source) in tables.items()
    }
    matches = match_names(communities["community"], communities.geometry, known)
    district = shapely.union_all(communities.geometry.to_numpy())
    outline = Declared(district, about.datum, about.osm is not None, matches=matches)
    return check_datums(places, outline, Declared(None, streets.datum, from_osm), network)


def community_of(points: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> pd.Series:
    """Return the code of the community that each point lies in, "" for none, on the points' index.

    A point on a border belongs to the first of its communities.
    """
    point, area = shapely.STRtree(communities.geometry.to_numpy()).query(
        points.geometry.to_numpy(), predicate="intersects"
    )
    code = np.full(len(points), "", dtype=object)
    order = np.lexsort((area, point))[::-1]  # the lowest area comes last and stays
    code[point[order]] = communities.index.to_numpy()[area[order]]
    return pd.Series(code, index=points.index, dtype="str")


def read_communities(files: Files) -> tuple[gpd.GeoDataFrame, Findings]:
    """Read a study's communities into its metric CRS.

    Returns
    -------
    communities : geopandas.GeoDataFrame
        As :class:`cfgeo.Inputs` promises.
    findings : list of dict

    Raises
    ------
    InputError
        The file is missing, or lacks a column.
    CheckError
        A community has no code or no polygon, or a code stands twice.
    """
    study = files.study
    source = study.boundaries.communities
    table, findings = read_source(source, "communities", files)
    if source.osm is not None:  # boundary lines carry the same tags as the areas they bound
        table = table[shapely.get_dimensions(table.geometry.to_numpy()) == 2]
    path = name_of_place(source, study)
    if source.street_office is not None:
        table = table.assign(street_office=source.street_office)
    for column in ("code", "community", "street_office"):
        if len(table) and column not in table.columns:
            has = ", ".join(c for c in table.columns if c != "geometry")
            raise InputError("column_missing", file=path, column=column, key=column, has=has)
    table = _to_crs(table, study.study.crs, path)
    if len(table):
        table = table.assign(code=as_text(table["code"]).map(plain_code))
    findings += check_communities(table)
    crs, so_far = table.crs, findings_table(findings)
    require_clean(so_far, lambda: carried_places(so_far, crs))
    columns = {name: as_text(table[name]) for name in ("code", "community", "street_office")}
    columns["community"] = columns["community"].where(columns["community"] != "", columns["code"])
    unnamed = columns["street_office"] == ""
    findings += [finding("street_office_missing", "communities", row=code) for code in columns["code"][unnamed]]
    columns["street_office"] = columns["street_office"].where(~unnamed, "–")
    if "residents" in table.columns:
        columns["residents"], found = _residents(table)
        findings += found
    communities = (
        gpd.GeoDataFrame(columns, geometry=polygons(table.geometry), crs=table.crs).set_index("code").sort_index()
    )
    communities.insert(2, "area_m2", communities.area)
    return communities, findings


def _expected(files: Files, communities: gpd.GeoDataFrame) -> Findings:
    """Compare the communities with their official list and number, where the study has them."""
    about = files.study.boundaries.communities
    rows = check_count(communities, about.expected) if about.expected else []
    if about.official is None:
        return rows
    table, found = read_rows(about.official, "official", files)
    given = {column: as_text(table[column]) for column in ("code", "community") if column in table.columns}
    if not given:
        raise _column_missing(about.official, files, "community", table)
    rows += found + check_codes("official", given.get("code", pd.Series(dtype="str")))
    return rows + check_official(communities, pd.DataFrame(given))


def _column_missing(about: Table, files: Files, column: str, table: pd.DataFrame) -> InputError:
    file = name_of_place(about, files.study)
    return InputError("column_missing", file=file, column=column, key=column, has=", ".join(table.columns))


def _residents(table: gpd.GeoDataFrame) -> tuple[pd.Series, Findings]:
    """Return the communities' residents as numbers, and which of them are none."""
    found, rows = number_cells(table.set_index("code"), "residents", "communities")
    numbers = found.set_axis(table.index)
    if numbers.isna().any():
        rows.append(finding("residents_missing", "communities", codes=tuple(table.loc[numbers.isna(), "code"])))
    return numbers, rows


def polygons(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return areas made valid; what mending leaves over of points and lines is dropped."""
    parts, owner = single_parts(shapely.make_valid(shapes.to_numpy()))
    areas = shapely.get_dimensions(parts) == 2
    joined = shapely.multipolygons(parts[areas], indices=owner[areas])
    single = shapely.get_num_geometries(joined) == 1
    whole = np.where(single, shapely.get_geometry(joined, 0), joined)
    return gpd.GeoSeries(whole, index=shapes.index, crs=shapes.crs)


def _to_crs(table: gpd.GeoDataFrame, crs: str | None, path: Path | str) -> gpd.GeoDataFrame:
    if len(table) == 0:
        return table
    if table.crs.is_projected and not np.isfinite(table.to_crs(WGS84).total_bounds).all():
        bounds = ", ".join(f"{edge:.8g}" for edge in table.total_bounds)
        raise InputError("file_beyond_crs", file=path, crs=table.crs.name, bounds=bounds)
    try:
        chosen = table.to_crs(crs) if crs else table.to_crs(table.estimate_utm_crs())
    except (RuntimeError, ValueError) as error:
        raise StudyError("crs_unknown", crs=crs or "UTM", file=path, reason=error) from error
    if not chosen.crs.is_projected or chosen.crs.axis_info[0].unit_name != "metre":
        raise StudyError("crs_not_metric", crs=crs)
    if not _is_true_to_scale(chosen):
        raise StudyError("crs_far", crs=crs or chosen.crs.to_string(), file=path)
    return chosen


def _is_true_to_scale(table: gpd.GeoDataFrame) -> bool:
    """Say whether a metre of the CRS is a metre on the ground where the table lies, to one per cent."""
    west, south, east, north = table.to_crs(WGS84).total_bounds
    factors = pyproj.Proj(table.crs).get_factors((west + east) / 2, (south + north) / 2)
    return abs(factors.meridional_scale - 1) < _SCALE_ERROR and abs(factors.parallel_scale - 1) < _SCALE_ERROR


def _layer(name: str, source: Layer, files: Files, crs: Any, bbox: Box) -> tuple[gpd.GeoDataFrame, Findings]:
    table, findings = read_source(source, name, files, bbox=bbox)
    if source.osm is not None:
        extra = [column for column in source.columns if column not in _FILE_COLUMNS]
        table = table[[c for c in (*_FILE_COLUMNS, *extra) if c in table.columns] + ["geometry"]]
        table = merge_named_lines(table)
    findings += check_zone(name, table, bbox)
    if source.osm is None:
        findings += check_rough(name, table)
    table = table.to_crs(crs)
    text = {"kind": name, "name": ""}
    for column, missing in text.items():
        given = as_text(table[column]) if column in table.columns else pd.Series("", index=table.index)
        table[column] = given.where(given != "", missing)
    if source.kind:
        table["kind"] = source.kind
    table["kind"] = table["kind"].map(kind_of)
    if "capacity" in table.columns:
        table["capacity"], found = number_cells(table, "capacity", name)
        findings += found
    table["layer"] = name
    table[ROW] = table["@id"] if source.osm is not None else table.index
    table.index = pd.Index([f"{name}-{i + 1}" for i in range(len(table))], name="facility")
    findings += check_rings(name, table.set_axis(table[ROW].astype(str)))
    return _valid(table), findings


def _valid(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return places with what crosses itself made valid."""
    shapes = table.geometry.to_numpy()
    finite = is_finite(shapes)  # beyond a CRS's reach nothing can be mended
    broken = finite & ~shapely.is_valid(shapes)
    whole = shapes.copy()
    whole[broken] = shapely.make_valid(shapes[broken])
    return table.drop(columns=CLOSED, errors="ignore").set_geometry(gpd.GeoSeries(whole, table.index, crs=table.crs))


def _within_reach(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return places of which those beyond the reach of their CRS have no position: infinite metres are none."""
    shapes = places.geometry.to_numpy().copy()
    shapes[~(is_finite(shapes) | shapely.is_missing(shapes))] = shapely.Point()
    return places.set_geometry(gpd.GeoSeries(shapes, index=places.index, crs=places.crs))


def read_demand(
    files: Files, communities: gpd.GeoDataFrame, network: Network, bbox: Box
) -> tuple[gpd.GeoDataFrame, str, Findings, tuple[str, ...]]:
    """Return the demand points, what they weigh by, findings, and the headings of the files.

    Parameters
    ----------
    files
        The study's files.
    communities
        As :func:`read_communities` gives them.
    network
        Where people live where the study does not say.
    bbox
        Of homes from OpenStreetMap: west, south, east, north [degrees].
    """
    given = files.study.demand or Demand()
    findings: Findings = []
    headings: tuple[str, ...] = ()
    if given.places is None:
        points, basis = demand_stage.demand_from_streets(network), demand_stage.STREET_LENGTH
    else:
        table, findings = read_source(given.places, "demand", files, bbox=bbox)
        headings = tuple(str(column) for column in table.columns)
        findings += check_zone("demand", table, bbox)
        if given.osm is None:
            findings += check_rough("demand", table) + check_repeated("demand", table)
        homes = table.to_crs(communities.crs)
        findings += check_rings("demand", homes)
        homes = _valid(homes)
        findings += check.check_homes(homes, shapely.union_all(communities.geometry.to_numpy()))
        points, basis, found = demand_stage.demand_from_places(_within_reach(homes))
        findings += found
    if len(points) == 0:
        findings.append(finding("demand_none", "demand"))
    points["community"] = community_of(points, communities)
    findings += check_shared(points, communities)
    if given.children is not None:
        numbers, found, more = _children(files, given.children)
        without = sorted(set(points.loc[points["weight"] > 0, "community"]) - set(numbers.index) - {""})
        if without:
            severity = "warning" if communities.index.isin(numbers.index).any() else "error"
            findings.append(finding("children_missing", "demand", severity=severity, codes=tuple(without)))
        points, lost = demand_stage.spread_children(points, points["community"], numbers)
        findings, basis, headings = findings + found + lost, demand_stage.CHILDREN, headings + more
    return points, basis, findings, headings


def _children(files: Files, about: Table) -> tuple[pd.DataFrame, Findings, tuple[str, ...]]:
    """Return the numbers of children by age and code, findings, and the headings of their file."""
    table, findings = read_rows(about, "children", files)
    bands = [band for band in AGE_BANDS if band in table.columns]
    if "code" not in table.columns or not bands:
        raise _column_missing(about, files, "code" if "code" not in table.columns else AGE_BANDS[0], table)
    numbers: dict[str, pd.Series] = {}
    for band in bands:
        numbers[band], found = counted_cells(table, band, "children")
        findings += found
    code = as_text(table["code"]).map(plain_code)
    findings += check_codes("children", code)
    for value in code[code.duplicated()].unique():
        at = tuple(str(row) for row in table.index[code == value])
        findings.append(finding("children_twice", "children", row=value, rows=at))
    return pd.DataFrame({**numbers, "code": code}).groupby("code").sum(), findings, tuple(table.columns)
