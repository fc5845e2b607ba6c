"""The communities and street blocks of a study, in its metric CRS; and which of them a point is in."""

from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from cfgeo.check.areas import check_codes, check_communities
from cfgeo.check.blocks import check_blocks
from cfgeo.check.locate import carried_places
from cfgeo.check.official import check_count, check_official
from cfgeo.core.errors import InputError, StudyError
from cfgeo.core.findings import Findings, finding, findings_table, require_clean
from cfgeo.core.schema import STREET_BLOCKS, WGS84, InputFile
from cfgeo.core.shapes import land_of, single_parts
from cfgeo.files.cell_values import number_cells, plain_code
from cfgeo.files.columns import as_text
from cfgeo.files.vocabulary.headings import columns_of
from cfgeo.study.config import Study
from cfgeo.study.sources import SourceReader, name_of_source, read_rows, read_source
from cfgeo.study.tables import Table

_SCALE_ERROR = 0.01


@dataclass(frozen=True)
class StudyCommunities:
    """The communities of a study as they were read.

    Attributes
    ----------
    table : geopandas.GeoDataFrame
        As :class:`cfgeo.Inputs` promises its ``communities``, in the study's metric CRS.
    file_crs : pyproj.CRS
        The CRS of their file, or WGS-84.
    file : InputFile
    findings : list of dict
    datum : str
        That their shapes were written in.
    """

    table: gpd.GeoDataFrame
    file_crs: pyproj.CRS
    file: InputFile
    findings: Findings
    datum: str
    answers: pd.DataFrame
    """What their file adds, on the index of the table."""


@dataclass(frozen=True)
class StudyBlocks:
    """The street blocks of a study as they were read.

    Attributes
    ----------
    table : geopandas.GeoDataFrame, optional
        As :class:`cfgeo.Inputs` promises its ``blocks``; None where the street offices are the blocks.
    files : tuple of InputFile
    findings : list of dict
    """

    table: gpd.GeoDataFrame | None = None
    files: tuple[InputFile, ...] = ()
    findings: Findings = field(default_factory=list)


def read_communities(reader: SourceReader) -> StudyCommunities:
    """Read a study's communities into its metric CRS.

    Raises
    ------
    InputError
        The file is missing, or lacks a column.
    StudyError
        The study's CRS is unknown, not in metres, or belongs to another part of the earth.
    CheckError
        A community has no code or no polygon, or a code stands twice.
    """
    study = reader.study
    source = study.boundaries.communities
    read = read_source(source, "communities", reader)
    table, findings, file_crs = read.table, read.findings, read.table.crs
    if source.osm is not None:  # boundary lines carry the same tags as the areas they bound
        table = table[shapely.get_dimensions(table.geometry.to_numpy()) == 2]
    path = name_of_source(source, study)
    if source.street_office is not None:
        table = table.assign(street_office=source.street_office)
    for column in ("code", "community", "street_office"):
        if len(table) and column not in table.columns:
            has = ", ".join(name for name in table.columns if name != "geometry") or "–"
            raise InputError("column_missing", file=path, column=column, key=column, has=has)
    table = _to_metric(table, study.study.crs, path)
    if len(table):
        table = table.assign(code=as_text(table["code"]).map(plain_code))
    findings += check_communities(table)
    crs, so_far = table.crs, findings_table(findings)
    require_clean(so_far, lambda: carried_places(so_far, crs))
    columns = {name: as_text(table[name]) for name in ("code", "community", "street_office")}
    unnamed, officeless = columns["community"] == "", columns["street_office"] == ""
    findings += [finding("community_unnamed", "communities", row=code) for code in columns["code"][unnamed]]
    columns["community"] = columns["community"].where(~unnamed, columns["code"])
    findings += [finding("street_office_missing", "communities", row=code) for code in columns["code"][officeless]]
    columns["street_office"] = columns["street_office"].where(~officeless, "–")
    if "residents" in table.columns:
        columns["residents"], rows = _residents(table)
        findings += rows
    areas = gpd.GeoDataFrame(columns, geometry=polygons(table.geometry), crs=table.crs).set_index("code").sort_index()
    areas.insert(2, "area_m2", areas.area)
    answers = pd.DataFrame(table).set_index("code")
    kept = [name for name in answers.columns if name not in {*columns, "geometry"} and not str(name).startswith("@")]
    return StudyCommunities(areas, file_crs, read.file, findings, read.datum, answers[kept].reindex(areas.index))


def read_blocks(reader: SourceReader, communities: gpd.GeoDataFrame) -> StudyBlocks:
    """Read the street blocks of ``[blocks]``, where the study has them.

    Raises
    ------
    InputError
        The file is missing, or has neither names nor codes.
    CheckError
        A block has no name or no polygon, a name stands twice, or the blocks lie elsewhere.
    """
    source = reader.study.blocks
    if source is None:
        return StudyBlocks()
    read = read_source(source, STREET_BLOCKS, reader, district=land_of(communities))
    table = read.table.to_crs(communities.crs)
    if source.osm is not None:
        table = table[shapely.get_dimensions(table.geometry.to_numpy()) == 2]
    table = table.rename(columns={own: name for name, own in columns_of(table, ("code", "name")).items()})
    if len(table) and "name" not in table.columns and "code" not in table.columns:
        has = ", ".join(str(name) for name in table.columns if name != "geometry")
        raise InputError(
            "column_missing", file=name_of_source(source, reader.study), column="name", key="name", has=has
        )
    none = pd.Series("", index=table.index, dtype="str")
    code = as_text(table["code"]).map(plain_code) if "code" in table.columns else none
    name = as_text(table["name"]) if "name" in table.columns else none
    table = table.assign(name=name.where(name != "", code), block=code.where(code != "", name))
    if reader.study.whole is not None:
        table = _of_district(table, communities)
    findings = [*read.findings, *check_blocks(table, communities)]
    so_far = findings_table(findings)
    require_clean(so_far, lambda: carried_places(so_far, communities.crs))
    kept = [column for column in table.columns if column != "code" and not str(column).startswith("@")]
    blocks = table[kept].set_geometry(polygons(table.geometry)).set_index("block").sort_index()
    return StudyBlocks(blocks, (read.file,), findings)


def _of_district(blocks: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return which blocks of a city hold the middle of a community; all where none does, which is an error."""
    middles = communities.representative_point().to_numpy()
    held, _ = shapely.STRtree(middles).query(shapely.make_valid(blocks.geometry.to_numpy()), predicate="intersects")
    return blocks.iloc[np.unique(held)] if len(held) else blocks


def district_of(study: Study) -> shapely.Geometry:
    """Return a study's communities as one shape, WGS-84 [degrees], for lists that are read before the study is."""
    return land_of(read_communities(SourceReader(study)).table)


def check_expected(reader: SourceReader, communities: gpd.GeoDataFrame) -> tuple[Findings, tuple[InputFile, ...]]:
    """Compare the communities with their official number and list, where the study has them.

    Returns
    -------
    findings : list of dict
    files : tuple of InputFile
        The record of the list, where there is one.
    """
    source = reader.study.boundaries.communities
    findings = check_count(communities, source.expected) if source.expected else []
    if source.official is None:
        return findings, ()
    read = read_rows(source.official, "official", reader)
    columns = {name: as_text(read.table[name]) for name in ("code", "community") if name in read.table.columns}
    if not columns:
        raise column_missing(source.official, reader.study, "community", read.table)
    findings += read.findings + check_codes("official", columns.get("code", pd.Series(dtype="str")))
    return findings + check_official(communities, pd.DataFrame(columns)), (read.file,)


def column_missing(source: Table, study: Study, column: str, table: pd.DataFrame) -> InputError:
    """Return the error of a table that lacks a column."""
    file = name_of_source(source, study)
    return InputError("column_missing", file=file, column=column, key=column, has=", ".join(table.columns))


def community_of(points: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> pd.Series:
    """Return the code of the community that each point lies in, "" for none, on the points' index.

    A point on a border belongs to the first of its communities.
    """
    point, area = shapely.STRtree(communities.geometry.to_numpy()).query(
        points.geometry.to_numpy(), predicate="intersects"
    )
    code = np.full(len(points), "", dtype=object)
    order = np.lexsort((area, point))[::-1]  # the lowest area is written last and stays
    code[point[order]] = communities.index.to_numpy()[area[order]]
    return pd.Series(code, index=points.index, dtype="str")


def polygons(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return areas made valid; the points and lines that this leaves over are dropped."""
    parts, owner = single_parts(shapely.make_valid(shapes.to_numpy()))
    areas = shapely.get_dimensions(parts) == 2
    joined = shapely.multipolygons(parts[areas], indices=owner[areas])
    single = shapely.get_num_geometries(joined) == 1
    whole = np.where(single, shapely.get_geometry(joined, 0), joined)
    return gpd.GeoSeries(whole, index=shapes.index, crs=shapes.crs)


def _residents(table: gpd.GeoDataFrame) -> tuple[pd.Series, Findings]:
    """Return the communities' residents as numbers, and findings about the cells without a number."""
    numbers, findings = number_cells(table.set_index("code"), "residents", "communities")
    residents = numbers.set_axis(table.index)
    if residents.isna().any():
        codes = tuple(table.loc[residents.isna(), "code"])
        findings.append(finding("residents_missing", "communities", codes=codes))
    return residents, findings


def _to_metric(table: gpd.GeoDataFrame, crs: str | None, path: Path | str) -> gpd.GeoDataFrame:
    """Return communities in the study's CRS, or in their UTM zone; refuse a CRS without true metres there."""
    if len(table) == 0:
        return table
    if not np.isfinite(table.total_bounds).any():
        raise InputError("communities_shapeless", file=path, count=len(table))
    if table.crs.is_projected and not np.isfinite(table.to_crs(WGS84).total_bounds).all():
        bounds = ", ".join(f"{edge:.8g}" for edge in table.total_bounds)
        raise InputError("file_beyond_crs", file=path, crs=table.crs.name, bounds=bounds)
    try:
        metric = table.to_crs(crs) if crs else table.to_crs(table.estimate_utm_crs())
    except (RuntimeError, ValueError) as error:
        raise StudyError("crs_unknown", crs=crs or "UTM", file=path, reason=error) from error
    if not metric.crs.is_projected or metric.crs.axis_info[0].unit_name != "metre":
        raise StudyError("crs_not_metric", crs=crs)
    if not _is_true_to_scale(metric):
        raise StudyError("crs_far", crs=crs or metric.crs.to_string(), file=path)
    return metric


def _is_true_to_scale(table: gpd.GeoDataFrame) -> bool:
    """Return whether a metre of the CRS is a metre on the earth where the table lies, to one per cent."""
    west, south, east, north = table.to_crs(WGS84).total_bounds
    factors = pyproj.Proj(table.crs).get_factors((west + east) / 2, (south + north) / 2)
    return abs(factors.meridional_scale - 1) < _SCALE_ERROR and abs(factors.parallel_scale - 1) < _SCALE_ERROR
