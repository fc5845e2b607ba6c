"""Where children live: points with weights, from points, buildings, child numbers or streets."""

import re
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.check.areas import check_rings, check_shared
from cfgeo.check.coordinates import check_repeated, check_rough, check_zone
from cfgeo.check.layers import check_homes
from cfgeo.core.arrays import enumerate_runs
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import AGE_BANDS, Box, InputFile, Network
from cfgeo.core.shapes import land_of
from cfgeo.files.cell_values import counted_cells
from cfgeo.files.cell_values import numbers as numbers_of
from cfgeo.files.osm.tags import RESIDENTIAL
from cfgeo.study.communities import community_of
from cfgeo.study.figures.child_numbers import read_child_numbers
from cfgeo.study.places import valid, without_infinite
from cfgeo.study.sources import SourceReader, read_source
from cfgeo.study.tables import TableSource

CHILDREN, RESIDENTS, FLOOR_AREA, COUNT, STREET_LENGTH = "children", "residents", "floor_area", "count", "street_length"

NOT_DWELLINGS = frozenset((
    "barn", "bridge", "bunker", "carport", "cathedral", "chapel", "church", "civic", "clinic", "college",
    "commercial", "construction", "fire_station", "garage", "garages", "government", "grandstand", "greenhouse",
    "hangar", "hospital", "hotel", "industrial", "kindergarten", "kiosk", "mosque", "museum", "office", "parking",
    "public", "religious", "retail", "roof", "ruins", "school", "service", "shed", "shrine", "sports_centre",
    "sports_hall", "stadium", "storage_tank", "supermarket", "temple", "toilets", "tower", "train_station",
    "transformer_tower", "transportation", "university", "warehouse",
))  # fmt: skip
"""Values of ``building`` where no children live."""

_PEOPLE = re.compile(
    r"(?<![a-z])(child(ren)?|kids?|pupils?|students?|residents?|population|inhabitants?|people|persons|ages?)(?![a-z])"
    r"|儿童|孩|人口|人数|居民|住户|岁|学龄|婴|幼|常住",
    re.IGNORECASE,
)
"""Words in a heading that counts people under another name than those that are read."""
_STREET_STEP_M = 20.0
_MOST_LEVELS = 200
"""No building has more levels: such a number is a slip."""
_MOSTLY = 0.5
"""Of the footprints: where more have no levels, towers weigh as cottages do, and children stand in the wrong places."""


@dataclass(frozen=True)
class StudyDemand:
    """The demand of a study as it was read.

    Attributes
    ----------
    points : geopandas.GeoDataFrame
        As :class:`cfgeo.Inputs` promises its ``demand``.
    basis : str
        What a weight is.
    headings : tuple of str
        All columns of the files.
    files : tuple of InputFile
    findings : list of dict
    datum : str
        That the positions of the homes were written in.
    """

    points: gpd.GeoDataFrame
    basis: str
    headings: tuple[str, ...]
    files: tuple[InputFile, ...]
    findings: Findings
    datum: str = "wgs84"


def read_demand(reader: SourceReader, communities: gpd.GeoDataFrame, network: Network, bbox: Box) -> StudyDemand:
    """Read the demand points of a study.

    Parameters
    ----------
    reader
        Reads the study's files.
    communities
        As :class:`cfgeo.Inputs` promises them.
    network
        Where people live where the study does not say.
    bbox
        Of homes from OpenStreetMap: west, south, east, north [degrees].
    """
    about = reader.study.demand
    if about is None or about.places is None:
        demand = StudyDemand(demand_from_streets(network), STREET_LENGTH, (), (), [])
    else:
        demand = _read_homes(reader, about.places, communities, bbox)
    points, findings = demand.points, demand.findings
    if len(points) == 0:
        findings.append(finding("demand_none", "demand"))
    points["community"] = community_of(points, communities)
    findings += check_shared(points, communities)
    if about is None or about.children is None:
        return demand
    children = read_child_numbers(reader, about.children, communities)
    numbers = children.table
    without = sorted(set(points.loc[points["weight"] > 0, "community"]) - set(numbers.index) - {""})
    if without:
        severity = "warning" if communities.index.isin(numbers.index).any() else "error"
        findings.append(finding("children_missing", "demand", severity=severity, codes=tuple(without)))
    points, lost = spread_children(points, points["community"], numbers)
    return StudyDemand(
        points,
        CHILDREN,
        demand.headings + children.headings,
        (*demand.files, children.file),
        findings + children.findings + lost,
        demand.datum,
    )


def _read_homes(reader: SourceReader, source: TableSource, communities: gpd.GeoDataFrame, bbox: Box) -> StudyDemand:
    land = land_of(communities)
    read = read_source(source, "demand", reader, bbox=bbox, district=land)
    findings = read.findings + check_zone("demand", read.table, bbox)
    if source.osm is None:
        findings += check_rough("demand", read.table) + check_repeated("demand", read.table)
    homes = read.table.to_crs(communities.crs)
    findings += check_rings("demand", homes)
    homes = valid(homes)
    findings += check_homes(homes, shapely.union_all(communities.geometry.to_numpy()))
    points, basis, rows = demand_from_places(without_infinite(homes))
    headings = tuple(str(column) for column in read.table.columns)
    return StudyDemand(points, basis, headings, (read.file,), findings + rows, read.datum)


def demand_from_places(places: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, str, Findings]:
    """Return points or buildings as demand points.

    Findings name their rows by the index of ``places``.

    Points weigh by their children (the sum of ``AGE_BANDS``, or ``children``), else by ``residents``, else 1
    each. Buildings weigh by floor area: footprint times levels, the study's median where levels are not known;
    those where nobody lives are left out.

    Returns
    -------
    demand : geopandas.GeoDataFrame
        RangeIndex; points; ``weight`` and the age bands that are known.
    basis : str
        What a weight is.
    findings : list of dict
    """
    bands = [band for band in AGE_BANDS if band in places.columns]
    numbers = pd.DataFrame(index=places.index)
    findings: Findings = []
    for band in bands:
        numbers[band], rows = counted_cells(places, band, "demand")
        findings += rows
    weight, basis, rows = _weight(places, numbers)
    findings += rows
    at = np.asarray(shapely.point_on_surface(places.geometry.to_numpy()))
    columns = {"weight": weight, **{band: numbers[band].to_numpy() for band in bands}}
    demand = gpd.GeoDataFrame(columns, geometry=at, crs=places.crs)
    lived_in = demand["weight"].to_numpy() > 0
    return demand[lived_in].reset_index(drop=True), basis, findings


def demand_from_streets(network: Network) -> gpd.GeoDataFrame:
    """Return points every 20 m at most along the streets that people live on, weighing their length [m]."""
    edges = network.edges
    lived_on = edges["highway"].isin([*RESIDENTIAL, ""]).to_numpy() & ~edges["structure"].to_numpy() & network.main
    lived_on &= ~edges["across"].to_numpy()
    length_m = edges["length_m"].to_numpy()[lived_on]
    lines = edges.geometry.to_numpy()[lived_on]
    pieces = np.maximum(np.ceil(length_m / _STREET_STEP_M), 1).astype(np.int64)
    owner, nth = enumerate_runs(pieces)
    share = (nth + 0.5) / pieces[owner]
    at = shapely.line_interpolate_point(lines[owner], share, normalized=True)
    return gpd.GeoDataFrame({"weight": (length_m / pieces)[owner]}, geometry=at, crs=edges.crs)


def spread_children(
    demand: gpd.GeoDataFrame, code: pd.Series, numbers: pd.DataFrame
) -> tuple[gpd.GeoDataFrame, Findings]:
    """Spread child numbers by community over its demand points, by weight.

    Parameters
    ----------
    demand
        Demand points.
    code
        Each point's community ("" for none), on the index of ``demand``.
    numbers
        Age bands by community code.

    Returns
    -------
    demand : geopandas.GeoDataFrame
        The same points, with the age bands and their sum as weight.
    findings : list of dict
        Communities with children and no demand point: their children stand nowhere.
    """
    bands = [band for band in AGE_BANDS if band in numbers.columns]
    total = demand["weight"].groupby(code).transform("sum")
    share = (demand["weight"] / total.where(total > 0)).fillna(0.0)
    spread = {band: share * code.map(numbers[band]).fillna(0.0).astype(float) for band in bands}
    weight = sum(spread.values(), start=pd.Series(0.0, index=demand.index))
    with_children = numbers.index[numbers[bands].sum(axis=1) > 0]
    lost = sorted(set(with_children) - set(code[demand["weight"] > 0]))
    findings = [finding("children_nowhere", "demand", row=c, children=int(numbers.loc[c, bands].sum())) for c in lost]
    return demand.assign(**spread, weight=weight), findings


def clause_weight(demand: pd.DataFrame, bands: tuple[str, ...]) -> pd.Series:
    """Return each demand point's weight for a clause: its children of those ages, where they are known."""
    known = [band for band in bands if band in demand.columns]
    if bands and len(known) == len(bands):
        children = np.column_stack([demand[band] for band in known])
        return pd.Series(np.nansum(children, axis=1), index=demand.index)
    if bands and any(band in demand.columns for band in AGE_BANDS):
        return demand["weight"] * 0.0  # other ages are known and say nothing about these: the clause stays open
    return demand["weight"]


def _weight(table: gpd.GeoDataFrame, numbers: pd.DataFrame) -> tuple[Any, str, Findings]:
    if len(numbers.columns):
        return numbers.sum(axis=1).to_numpy(), CHILDREN, []
    for column in (CHILDREN, RESIDENTS):
        if column in table.columns:
            number, findings = counted_cells(table, column, "demand")
            return number.to_numpy(), column, findings
    findings = _unread_columns(table)
    if (shapely.get_dimensions(table.geometry.to_numpy()) == 2).any():
        weight, basis, rows = _floor_area(table)
        return weight, basis, findings + rows
    return np.ones(len(table)), COUNT, findings


def _unread_columns(table: gpd.GeoDataFrame) -> Findings:
    """Find columns that may count people, in a table none of whose columns is read."""
    headings = [str(column) for column in table.columns if _PEOPLE.search(str(column))]
    columns = tuple(column for column in headings if numbers_of(table[column]).notna().any())
    return [finding("demand_columns", "demand", columns=columns)] if columns else []


def _floor_area(table: gpd.GeoDataFrame) -> tuple[Any, str, Findings]:
    """Return footprint times levels; buildings without levels have the median of those with."""
    levels = pd.Series(np.nan, index=table.index)
    for column in ("building:levels", "levels"):
        if column in table.columns:
            levels = levels.fillna(numbers_of(table[column]))
    levels = levels.where((levels >= 1) & (levels <= _MOST_LEVELS))
    median = float(levels.median()) if levels.notna().any() else 1.0
    kind = table["building"].fillna("yes") if "building" in table.columns else pd.Series("yes", index=table.index)
    lived_in = ~kind.isin(NOT_DWELLINGS)
    known = levels.notna() & lived_in
    footprint_m2 = table.geometry.area
    guessed = 1 - float(footprint_m2[known].sum() / max(footprint_m2[lived_in].sum(), 1e-9))
    counts = {"total": len(table), "kept": int(lived_in.sum()), "known": int(known.sum())}
    severity = "warning" if guessed > _MOSTLY else "note"
    findings = [finding("buildings", "demand", severity=severity, usual=median, guessed=guessed, **counts)]
    without_area = lived_in & (shapely.get_dimensions(table.geometry.to_numpy()) < 2) & ~table.geometry.is_empty
    if without_area.any():
        rows = tuple(str(row) for row in table.index[without_area])
        findings.append(finding("demand_mixed", "demand", count=len(rows), total=len(table), rows=rows))
    return (footprint_m2 * levels.fillna(median)).where(lived_in, 0.0).to_numpy(), FLOOR_AREA, findings
