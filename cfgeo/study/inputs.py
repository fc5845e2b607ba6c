"""Everything that a study names → tables in one metric CRS, with findings: the order of reading and judging."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from cfgeo.check.blocks import check_block_demand
from cfgeo.check.datum_samples import Declared
from cfgeo.check.datums import check_datums
from cfgeo.check.facilities import check_grounds
from cfgeo.check.landmarks import match_areas, match_names
from cfgeo.check.locate import locate_findings
from cfgeo.check.streets import check_gates, check_junctions, check_network, check_unserved
from cfgeo.core.errors import NetworkError
from cfgeo.core.findings import Findings, findings_table, require_clean
from cfgeo.core.schema import Box, InputFile, Inputs, Network
from cfgeo.files.answers import today
from cfgeo.files.osm.features import Tags
from cfgeo.files.osm.reader import is_osm_file
from cfgeo.files.osm.streets import bounds_of
from cfgeo.network.cache import folder_of
from cfgeo.network.memory import MemoryStreets
from cfgeo.network.terrain import check_relief
from cfgeo.study.communities import StudyCommunities, check_expected, read_blocks, read_communities
from cfgeo.study.config import Study
from cfgeo.study.dates import check_dates
from cfgeo.study.demand import StudyDemand, read_demand
from cfgeo.study.figures.reported import read_reported
from cfgeo.study.ground.base_map import MapFiles, ground_queries, read_map_files, window_of
from cfgeo.study.places import LayerPart, read_layers
from cfgeo.study.sources import SourceReader, each_file, file_name
from cfgeo.study.streets import elsewhere, names_asked, names_of_map, network_around
from cfgeo.study.zones import read_zones

_OF_OTHER_DISTRICTS = frozenset({
    "demand_far", "far_elsewhere", "layer_elsewhere", "zone_apart",
})  # fmt: skip
"""What a city's lists hold for its other districts is no finding in this one."""


@dataclass(frozen=True)
class StudyData:
    """What a study's files hold.

    Attributes
    ----------
    inputs : Inputs
    map_files : MapFiles, optional
        What they tell of the ground under a map, if that was asked for.
    """

    inputs: Inputs
    map_files: MapFiles | None


def load_inputs(study: Study, *, margin_m: float, cache: str | Path | None = None) -> Inputs:
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
    return read_study(study, margin_m=margin_m, cache=folder_of(cache), ground=False).inputs


def read_study(study: Study, *, margin_m: float, cache: Path | None, ground: bool) -> StudyData:
    """Read everything that a study names, as :func:`load_inputs` does, each file once.

    ``ground`` says whether the map that is to be drawn needs the ground under it.
    """
    as_of = study.study.as_of or today()
    reader = SourceReader(study, cache)
    files = _own_files(reader)
    read = read_communities(reader)
    communities, crs = read.table, read.table.crs
    expected, official = check_expected(reader, communities)
    blocks = read_blocks(reader, communities)
    zones = read_zones(reader, communities)
    bbox = bounds_of(communities.geometry, margin_m=margin_m)
    window = window_of(communities) if ground else None
    reader.expect(_asked_of_map(reader, bbox, window, crs.to_string()))
    try:
        streets = network_around(communities.geometry, reader, margin_m=margin_m, cache=cache, window=window)
    except NetworkError as error:
        raise elsewhere(reader, read, error) from error
    network = streets.network
    district = shapely.union_all(communities.geometry.to_numpy())
    findings = [*read.findings, *expected, *blocks.findings, *zones.findings]
    findings += _check_streets(communities, network, district, snap_m=study.walk.snap_m)
    layers = read_layers(reader, district=district, crs=crs, bbox=bbox, margin_m=margin_m)
    findings += layers.findings
    for name, places in layers.tables.items():
        findings += check_grounds(name, places, communities)
    findings += check_dates(study, layers.tables, today=as_of)
    demand = read_demand(reader, communities, network, bbox)
    reported = read_reported(reader, study.reported, communities)
    findings += _check_datums(reader, read, layers.parts, demand, network, bbox)
    if blocks.table is not None:
        findings += check_block_demand(blocks.table, demand.points)
    findings += demand.findings + reported.findings
    if study.whole is not None:
        findings = [row for row in findings if row["rule"] not in _OF_OTHER_DISTRICTS]
    table = findings_table(findings)
    files += [read.file, *official, *blocks.files, *zones.files, *streets.files]
    inputs = Inputs(
        communities=communities,
        demand=demand.points,
        layers=layers.tables,
        network=network,
        findings=table,
        files=each_file([*files, *layers.files, *demand.files, *reported.files]),
        demand_basis=demand.basis,
        crs=crs.to_string(),
        as_of=as_of,
        cached=streets.cached,
        demand_headings=demand.headings,
        blocks=blocks.table,
        zones=zones.table,
        community_answers=read.answers,
        reported=reported.table,
    )
    require_clean(table, lambda: locate_findings(table, inputs))
    return StudyData(inputs, read_map_files(reader, window, inputs.crs, streets) if window else None)


def _asked_of_map(reader: SourceReader, bbox: Box, window: Box | None, crs: str) -> list[tuple[Tags, Box]]:
    """Return what will be asked of the network's OpenStreetMap file, besides its streets."""
    study = reader.study
    layers = [(tags, bbox) for tags in reader.queries(study.resolve(None))]
    names = names_asked(study, bbox) if _is_doubtful(study) else []
    return [*layers, *names, *(ground_queries(study, window, crs) if window else [])]


def _is_doubtful(study: Study) -> bool:
    """Return whether some table might be in another datum than the study says."""
    sources = (study.boundaries.communities, *(part for _, part in study.layer_parts))
    return any(source.osm is None for source in sources)


def _own_files(reader: SourceReader) -> list[InputFile]:
    """Return the records of the files that are no data: the study, a standard of its own, the reserve list."""
    study, files = reader.study, []
    if study.file is not None:
        files.append(reader.record("study", study.file))
    if study.study.standard.endswith(".toml"):
        files.append(reader.record("standard", study.resolve(study.study.standard)))
    if study.projects is not None:
        files.append(reader.record("projects", study.resolve(study.projects.path), study.projects))
    return files


def _check_streets(communities: gpd.GeoDataFrame, network: Network, district: Any, *, snap_m: float) -> Findings:
    """Find what is wrong with the streets, by themselves and beside the communities."""
    return [
        *check_unserved(communities, network, snap_m=snap_m),
        *check_network(network),
        *check_gates(network),
        *network.findings,
        *check_relief(network),
        *check_junctions(network, district),
    ]


def _check_datums(
    reader: SourceReader,
    areas: StudyCommunities,
    parts: Sequence[LayerPart],
    demand: StudyDemand,
    network: Network,
    bbox: Box,
) -> Findings:
    """Find tables that lie in another datum than the study says.

    A table of layers or homes is compared with the streets, and with the landmarks that its names are taken from: the
    communities of the same name, and what the map calls so.
    """
    study, boundaries, communities = reader.study, reader.study.boundaries.communities, areas.table
    streets_from_osm = (
        is_osm_file(study.resolve(None))
        or study.network.path.lower().endswith(".graphml")
        or isinstance(study.memory.get(study.resolve(None)), MemoryStreets)
    )
    landmarks = network.edges.iloc[:0]
    if streets_from_osm and _is_doubtful(study):
        landmarks = names_of_map(reader, network, bbox)
    places = {
        part.label: Declared(
            part.places.geometry.to_numpy(),
            part.datum,
            part.source.osm is not None,
            match_areas(part.places["name"], communities),
            file=file_name(part.source, study),
            matches=match_names(part.places["name"], part.places.geometry, landmarks),
        )
        for part in parts
    }
    if study.demand and (source := study.demand.places):
        shapes = demand.points.geometry.to_numpy()
        places["demand"] = Declared(shapes, demand.datum, source.osm is not None, file=file_name(source, study))
    matches = match_names(communities["community"], communities.geometry, landmarks)
    district = shapely.union_all(communities.geometry.to_numpy())
    outline = Declared(district, areas.datum, boundaries.osm is not None, matches=matches)
    return check_datums(places, outline, Declared(None, study.network.datum, streets_from_osm), network)
