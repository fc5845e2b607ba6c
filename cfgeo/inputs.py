"""A study's files → tables in one metric CRS, with findings."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo import check, demand as demand_stage
from cfgeo.cache import file_sha256, load_network, network_key, store_network
from cfgeo.errors import InputError, StudyError
from cfgeo.features import merge_named_lines, read_features
from cfgeo.interop import network_from_graphml
from cfgeo.network import build_network, streets_from_lines
from cfgeo.osm import bounds_of, is_osm_file, read_streets
from cfgeo.read import keep_where, read_places, read_table, rename
from cfgeo.schema import AGE_BANDS, WGS84, InputFile, Inputs, Network, finding, findings_table
from cfgeo.study import Demand, NetworkFile, Source, Study

Findings = list[dict[str, Any]]

_FILE_COLUMNS = ("@id", "kind", "name")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Loaded:
    communities: gpd.GeoDataFrame
    findings: Findings


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
        The communities have faults that no verdict can stand on.
    """
    files = _Files(study)
    communities, findings = _communities(study, files)
    crs = communities.crs.to_string()
    network, cached = _network(study.network, study, files, communities, margin_m=margin_m, cache=cache)
    findings += check.check_network(network)
    district = shapely.union_all(communities.geometry.to_numpy())
    layers: dict[str, gpd.GeoDataFrame] = {}
    for name, source in study.layers.items():
        layers[name], found = _layer(name, source, study, files, crs)
        findings += found + check.check_layer(name, layers[name], district=district, margin_m=margin_m)
    points, basis, found = _demand(study, files, communities, network)
    return Inputs(
        communities=communities,
        demand=points,
        layers=layers,
        network=network,
        findings=findings_table(findings + found),
        files=files.listed(),
        demand_basis=basis,
        crs=crs,
        cached=cached,
    )


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


class _Files:
    """Remembers each file that is read, with its hash."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.hashes: dict[Path, str] = {}
        self.seen: dict[tuple[str, Path], InputFile] = {}

    def note(self, role: str, path: Path, about: Any) -> str:
        """Take note of a file and return its SHA-256."""
        if not path.is_file():
            near = ", ".join(sorted(p.name for p in path.parent.glob("*"))[:12]) if path.parent.is_dir() else "–"
            raise InputError("file_missing", file=path, near=near)
        if path not in self.hashes:
            self.hashes[path] = file_sha256(path)
        name = Path(path).relative_to(self.study.folder) if path.is_relative_to(self.study.folder) else path
        self.seen[role, path] = InputFile(
            role, name.as_posix(), self.hashes[path], path.stat().st_size,
            about.source or self.study.network.source, about.date or self.study.network.date,
            about.licence or self.study.network.licence,
        ) if path == self.study.resolve(None) else InputFile(
            role, name.as_posix(), self.hashes[path], path.stat().st_size, about.source, about.date, about.licence
        )  # fmt: skip
        return self.hashes[path]

    def listed(self) -> tuple[InputFile, ...]:
        return tuple(self.seen.values())


def _read(source: Source, role: str, study: Study, files: _Files) -> tuple[gpd.GeoDataFrame, Findings]:
    """Read a table of places: from OpenStreetMap elements or from any other file."""
    path = study.resolve(source.path)
    files.note(role, path, source)
    findings: Findings = []
    if source.osm is not None:
        if not is_osm_file(path):
            raise StudyError("osm_from_other_file", role=role, file=path)
        table, findings = read_features(path, source.osm)
        if len(table) and source.columns:
            table = rename(table, source.columns, path=path)
    else:
        table = read_places(path, columns=source.columns, datum=source.datum)
    return keep_where(table, source.where, path=path), [{**row, "layer": role} for row in findings]


def _communities(study: Study, files: _Files) -> tuple[gpd.GeoDataFrame, Findings]:
    source = study.boundaries.communities
    table, findings = _read(source, "communities", study, files)
    if source.osm is not None:  # boundary lines carry the same tags as the areas they bound
        table = table[shapely.get_dimensions(table.geometry.to_numpy()) == 2].reset_index(drop=True)
    path = study.resolve(source.path)
    if source.street_office is not None:
        table = table.assign(street_office=source.street_office)
    for column in ("code", "community", "street_office"):
        if len(table) and column not in table.columns:
            has = ", ".join(c for c in table.columns if c != "geometry")
            raise InputError("column_missing", file=path, column=column, key=column, has=has)
    table = _to_crs(table, study.study.crs, path)
    findings += check.check_communities(table)
    check.require_clean(findings_table(findings))
    table["geometry"] = shapely.make_valid(table.geometry.to_numpy())
    columns = {name: table[name].astype("str").str.strip() for name in ("code", "community", "street_office")}
    if "residents" in table.columns:
        columns["residents"] = pd.to_numeric(table["residents"], errors="coerce")
    communities = gpd.GeoDataFrame(columns, geometry=table.geometry, crs=table.crs).set_index("code").sort_index()
    communities.insert(2, "area_m2", communities.area)
    return communities, findings


def _to_crs(table: gpd.GeoDataFrame, crs: str | None, path: Path) -> gpd.GeoDataFrame:
    if len(table) == 0:
        return table
    try:
        chosen = table.to_crs(crs) if crs else table.to_crs(table.estimate_utm_crs())
    except (RuntimeError, ValueError) as error:
        raise StudyError("crs_unknown", crs=crs or "UTM", file=path, reason=error) from error
    if not chosen.crs.is_projected or chosen.crs.axis_info[0].unit_name != "metre":
        raise StudyError("crs_not_metric", crs=crs)
    return chosen


def _network(
    given: NetworkFile, study: Study, files: _Files, communities: gpd.GeoDataFrame, *, margin_m: float,
    cache: Path | None,
) -> tuple[Network, bool]:  # fmt: skip
    """Return the network, and whether it was kept from an earlier run."""
    path = study.resolve(given.path)
    sha256 = files.note("network", path, given)
    if given.elevation is not None:
        files.note("elevation", study.resolve(given.elevation), given)
    crs = communities.crs.to_string()
    bbox = tuple(round(edge, 5) for edge in bounds_of(communities, margin_m=margin_m))
    key = network_key(sha256=sha256, crs=crs, bbox=bbox, datum=given.datum, name="".join(path.suffixes))
    kept = load_network(cache, key) if cache else None
    if kept is not None:
        _log.info("network taken from the cache: %s", key)
        return kept, True
    network = read_network(path, crs=crs, bbox=(bbox[0], bbox[1], bbox[2], bbox[3]), datum=given.datum)
    if cache:
        store_network(cache, key, network)
    return network, False


def read_network(
    path: Path, *, crs: str, bbox: tuple[float, float, float, float] | None = None, datum: str = "wgs84"
) -> Network:
    """Read a walking network from an OpenStreetMap file, an OSMnx GraphML file or a layer of lines.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.graphml``, or lines in any vector file.
    crs
        Metric CRS of the network.
    bbox
        West, south, east, north [degrees]: what lies outside is not read. All when missing.
    datum
        Of a layer of lines.

    Raises
    ------
    InputError
        The file cannot be read.
    NetworkError
        There is nothing to walk on.
    """
    if is_osm_file(path):
        return build_network(read_streets(path, bbox=bbox), crs=crs)
    if path.suffix.lower() == ".graphml":
        return network_from_graphml(path, crs=crs)
    lines = read_places(path, columns={}, datum=datum)
    if bbox is not None:
        lines = lines[lines.intersects(gpd.GeoSeries([shapely.box(*bbox)], crs=WGS84).to_crs(lines.crs).iloc[0])]
    return build_network(streets_from_lines(lines), crs=crs)


def _layer(
    name: str, source: Source, study: Study, files: _Files, crs: str
) -> tuple[gpd.GeoDataFrame, Findings]:  # fmt: skip
    table, findings = _read(source, name, study, files)
    if source.osm is not None:
        extra = [column for column in source.columns if column not in _FILE_COLUMNS]
        table = table[[c for c in (*_FILE_COLUMNS, *extra) if c in table.columns] + ["geometry"]]
        table = merge_named_lines(table)
    table = table.to_crs(crs)
    text = {"kind": name, "name": ""}
    for column, missing in text.items():
        given = table[column] if column in table.columns else pd.Series(missing, index=table.index)
        table[column] = given.astype("str").where(given.notna(), missing).str.strip()
    if "capacity" in table.columns:
        table["capacity"], found = _numbers(table, "capacity", name)
        findings += found
    table["layer"] = name
    table.index = pd.Index([f"{name}-{i + 1}" for i in range(len(table))], name="facility")
    broken = table.geometry.to_numpy()
    table["geometry"] = np.where(shapely.is_valid(broken), broken, shapely.make_valid(broken))
    return table, findings


def _numbers(table: gpd.GeoDataFrame, column: str, layer: str) -> tuple[pd.Series, Findings]:
    numbers = pd.to_numeric(table[column], errors="coerce")
    text = table[column].notna() & numbers.isna()
    rows = [
        finding("not_number", layer, row=i + 1, column=column, value=table[column].iloc[i])
        for i in np.flatnonzero(text)
    ]
    return numbers, rows


def _demand(
    study: Study, files: _Files, communities: gpd.GeoDataFrame, network: Network
) -> tuple[gpd.GeoDataFrame, str, Findings]:
    """Return the demand points, what they weigh by, and findings."""
    given = study.demand or Demand()
    findings: Findings = []
    if given.places is None:
        points, basis = demand_stage.demand_from_streets(network), demand_stage.STREET_LENGTH
    else:
        table, findings = _read(given.places, "demand", study, files)
        points, basis, found = demand_stage.demand_from_places(table.to_crs(communities.crs))
        findings += found
    points["community"] = community_of(points, communities)
    if given.children is not None:
        points, found = demand_stage.spread_children(points, points["community"], _children(study, files, given))
        findings, basis = findings + found, demand_stage.CHILDREN
    return points, basis, findings


def _children(study: Study, files: _Files, given: Demand) -> pd.DataFrame:
    about = given.children
    if about is None:  # the caller asks only where there is one
        return pd.DataFrame()
    path = study.resolve(about.path)
    files.note("children", path, about)
    table = rename(read_table(path), about.columns, path=path)
    bands = [band for band in AGE_BANDS if band in table.columns]
    if "code" not in table.columns or not bands:
        missing = "code" if "code" not in table.columns else AGE_BANDS[0]
        raise InputError("column_missing", file=path, column=missing, key=missing, has=", ".join(table.columns))
    numbers: Mapping[str, pd.Series] = {b: pd.to_numeric(table[b], errors="coerce").fillna(0.0) for b in bands}
    return pd.DataFrame({**numbers, "code": table["code"].str.strip()}).groupby("code").sum()
