"""Candidate sites: points every 50 m along the streets, a layer of the study, or a table of places."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case
from cfgeo.core.arrays import enumerate_runs
from cfgeo.core.errors import StudyError
from cfgeo.core.findings import Findings, finding, label_of
from cfgeo.core.schema import DEGREE_DECIMALS, WGS84
from cfgeo.core.shapes import is_finite
from cfgeo.files.columns import as_text
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.study.communities import community_of
from cfgeo.study.config import Study
from cfgeo.study.places import valid
from cfgeo.study.sources import SourceReader, read_source
from cfgeo.study.tables import TableSource
from cfgeo.walk.snap import snap, snap_index

STEP_M = 50.0


def street_candidates(case: Case, *, step_m: float = STEP_M) -> gpd.GeoDataFrame:
    """Return points along every street of the district from which people can step to a door.

    Parameters
    ----------
    case
        The study. Its walker has to be able to walk on the streets.
    step_m
        Greatest distance between candidates along a street [m]; ends of streets are half of it away at most.

    Returns
    -------
    geopandas.GeoDataFrame
        As :func:`place_candidates`; ``name`` is the street's.
    """
    network = case.inputs.network
    usable = snappable_edges(network, *edge_seconds(network.edges, case.home.walker)) & (network.street_m > 0)
    edges = network.edges[usable]
    pieces = np.ceil(edges["length_m"].to_numpy() / step_m).astype(np.int64)
    owner, nth = enumerate_runs(pieces)
    at = shapely.line_interpolate_point(edges.geometry.to_numpy()[owner], (nth + 0.5) / pieces[owner], normalized=True)
    table = gpd.GeoDataFrame({"name": edges["name"].to_numpy()[owner]}, geometry=at, crs=case.inputs.crs)
    table["capacity"] = np.nan
    table = _as_written(table)
    inside = community_of(table, case.inputs.communities)
    table = table.assign(code=inside)[(inside != "").to_numpy()]
    table.index = pd.Index([f"street-{i + 1}" for i in range(len(table))], name="candidate", dtype="str")
    return table


def place_candidates(case: Case, study: Study, where: str | Path) -> tuple[gpd.GeoDataFrame, Findings]:
    """Return the candidates of a layer of the study, or of a file in WGS-84 degrees or a CRS of its own.

    Parameters
    ----------
    case, study
        The study.
    where
        Name of a layer, or a file of any format that layers of a study can have.

    Returns
    -------
    candidates : geopandas.GeoDataFrame
        Index ``candidate``; ``name``, ``capacity`` (NaN: not given), ``code`` (community); points, lines or areas in
        the metric CRS. Candidates outside the district, off the streets or without a position are left out.
    findings : list of dict
        The candidates that are left out.

    Raises
    ------
    InputError
        The file cannot be read.
    StudyError
        None of its places can be a site.
    """
    role = Path(where).name
    if str(where) in case.inputs.layers:
        table = case.inputs.layers[str(where)]
        findings: Findings = []
    else:
        path = Path(where).absolute()
        read = read_source(TableSource(path=str(path)), role, SourceReader(study))
        table, findings = valid(read.table.to_crs(case.inputs.crs)), read.findings
        table.index = pd.Index([f"{path.stem}-{i + 1}" for i in range(len(table))])
    names = as_text(table["name"]) if "name" in table.columns else ""
    capacity = pd.to_numeric(table["capacity"], errors="coerce") if "capacity" in table.columns else np.nan
    candidates = gpd.GeoDataFrame({"name": names, "capacity": capacity}, geometry=table.geometry, index=table.index)
    candidates.index = candidates.index.astype("str").rename("candidate")
    kept, left_out = _usable(case, candidates, role)
    if len(kept) == 0:
        raise StudyError("site_no_candidate", file=role, count=len(candidates), snap_m=round(case.choices.snap_m))
    return kept, findings + left_out


def _as_written(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Round positions to the decimals that are written, so that a table read back gives the same result."""
    degrees = table.to_crs(WGS84)
    rounded = shapely.transform(degrees.geometry.to_numpy(), lambda xy: xy.round(DEGREE_DECIMALS))
    return degrees.set_geometry(gpd.GeoSeries(rounded, index=table.index, crs=WGS84)).to_crs(table.crs)


def _usable(case: Case, table: gpd.GeoDataFrame, role: str) -> tuple[gpd.GeoDataFrame, Findings]:
    """Return the candidates that lie in the district and at a street, and findings about the others."""
    shapes = table.geometry.to_numpy()
    located = is_finite(shapes)
    placed = _as_written(table[located])
    code = community_of(placed.set_geometry(placed.representative_point()), case.inputs.communities)
    inside = (code != "").to_numpy()
    network, snap_m = case.inputs.network, case.choices.snap_m
    index = snap_index(network, snappable_edges(network, *edge_seconds(network.edges, case.home.walker)))
    snapped = np.isin(np.arange(len(placed)), snap(index, placed.geometry.to_numpy(), snap_m=snap_m).item)
    rows: Findings = []
    if not located.all():
        rows.append(finding("candidates_nowhere", role, names=_labels(table[~located])))
    if not inside.all():
        rows.append(finding("candidates_outside", role, names=_labels(placed[~inside])))
    if not snapped[inside].all():
        rows.append(finding("candidates_off", role, names=_labels(placed[inside & ~snapped]), snap_m=round(snap_m)))
    return placed.assign(code=code)[inside & snapped], rows


def _labels(table: gpd.GeoDataFrame) -> tuple[str, ...]:
    return tuple(label_of(table, i) for i in table.index)
