"""A first study of any place from OpenStreetMap: from its services, or from an extract on disk."""

import math
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import geopandas as gpd
import numpy as np
import shapely

from cfgeo.core.errors import InputError, NetworkError, OutputError
from cfgeo.core.schema import DEGREE_DECIMALS, SEARCH_MINUTES, SECONDS_PER_MINUTE, WGS84, Box
from cfgeo.core.strings import Lang, Sentence
from cfgeo.files.osm.features import read_many_features
from cfgeo.files.osm.streets import bounds_of, read_streets
from cfgeo.network.build import build_network
from cfgeo.network.walkers import PACES, load_walkers
from cfgeo.study.demand import NOT_DWELLINGS, demand_from_streets
from cfgeo.study.start.district import (
    District,
    administrative_areas,
    communities_from,
    communities_in,
    hexagons,
    with_offices,
)
from cfgeo.study.start.extract import FINER_LEVELS, clip, ends_within, write_elements
from cfgeo.study.start.fetch_toml import COMMUNITIES, DATA, FetchedLayer, FetchedStudy, Origin, Tags, study_toml
from cfgeo.study.start.new_study import require_empty, schema_name, schema_text, study_id
from cfgeo.study.start.osm_services import OsmClient, OsmServices, Tell
from cfgeo.study.start.place import FetchRequest, district_of

OSM, LICENCE = "© OpenStreetMap contributors", "ODbL 1.0"
GRID_M = 500.0
_MOST_CELLS = 2000
LAYERS: dict[str, Tags] = {
    "schools": {"amenity": ("school", "kindergarten")},
    "hospitals": {"amenity": ("hospital", "clinic", "doctors")},
    "parks": {"leisure": ("park", "playground")},
    "care_centres": {"amenity": ("childcare",)},
    "culture": {"amenity": ("library", "arts_centre", "community_centre")},
    "sports": {"leisure": ("sports_centre", "pitch", "stadium", "track")},
}
"""Tags of the layers of the standards; walkways and homes are added to them."""
_WALKWAYS: tuple[Tags, ...] = (
    {"highway": ("footway", "path", "steps", "pedestrian", "service"), "name": ("*步道*",)},
    {"highway": ("steps",), "name": ("*",)},
)
"""Mountain walkways where any is named so; elsewhere stairs with a name, as hilly cities have them."""
_HOMES: Tags = {"building": ("*",)}
_BESIDE_M = 50.0
_HOMES_ALONG = 0.8
"""Mapped dwellings are used as homes where this share of residential streets has one beside it."""

_DISTRICT = "district.geojson"
_UNKNOWN = Origin("", "", "")


def steps_of(request: FetchRequest) -> tuple[str, ...]:
    """Return the keys of the sentences with which :func:`fetch_study` begins its steps."""
    data = ("fetch.clip",) if request.pbf else tuple(f"fetch.ask_{name}" for name in _overpass_queries())
    return ("fetch.district", *data, "fetch.communities", "fetch.layers")


@dataclass(frozen=True)
class _Area:
    """A district, and the OpenStreetMap file of it and of as far around as children walk.

    ``notes`` are what a user should know about the file.
    """

    district: District
    crs: str
    bbox: Box
    data: Path
    origin: Origin = _UNKNOWN
    notes: tuple[Sentence, ...] = ()


def fetch_study(folder: Path, request: FetchRequest, *, services: OsmServices, lang: Lang, tell: Tell) -> Path:
    """Write a study of a place into a new or empty folder and return its ``study.toml``.

    The files are moved into the folder once all of them are there. Answers of the services are cached as they come, so
    that an interrupted fetch resumes where it stopped.

    Parameters
    ----------
    folder
        Where the study is written.
    request
        The place.
    services
        Which services to ask where there is no extract.
    lang
        Language of names.
    tell
        Called with each step as it begins, and with what a user should know.

    Raises
    ------
    CfgeoError
        The folder is not empty, the place is unknown or ambiguous, the services do not answer, or there are no streets.
    """
    require_empty(folder)
    request.require_possible()
    with tempfile.TemporaryDirectory(prefix="cfgeo-") as aside, OsmClient(services, lang=lang, tell=tell) as client:
        tell(Sentence("fetch.district"))
        district = district_of(request, folder, client, lang=lang)
        if district.note:
            tell(district.note)
        shape = gpd.GeoSeries([district.shape], crs=WGS84)
        crs = shape.estimate_utm_crs().to_string()
        area = _Area(district, crs, bounds_of(shape.to_crs(crs), margin_m=margin_m()), Path(aside) / DATA)
        area = _clipped(area, request.pbf, tell) if request.pbf else _downloaded(area, client)
        for note in area.notes:
            if note is not district.note:
                tell(note)
        _require_streets(area)
        tell(Sentence("fetch.communities"))
        communities, communities_note, communities_origin = _communities(area, request, lang=lang)
        tell(communities_note)
        tell(Sentence("fetch.layers"))
        layers, homes_share = _layers(area)
        outline = gpd.GeoDataFrame([{"name": district.name, **vars(_outline_origin(area, request))}], geometry=shape)
        study = FetchedStudy(
            ident=study_id(folder),
            title=district.name,
            data=area.origin,
            data_notes=area.notes,
            communities=communities_origin,
            communities_note=communities_note,
            layers=layers,
            homes_share=homes_share,
        )
        files = {COMMUNITIES: _geojson(communities), _DISTRICT: _geojson(outline)}
        files |= {schema_name("study"): schema_text("study"), "study.toml": study_toml(study)}
        _write(folder, area.data, files)
    return folder / "study.toml"


def margin_m() -> float:
    """Return how far beyond a district a study of any standard reads [m]: the reach of the fastest walker."""
    fastest_m_s = max(walker.fastest_m_s for walker in load_walkers().values()) * max(PACES.values())
    return SEARCH_MINUTES * SECONDS_PER_MINUTE * fastest_m_s


def _clipped(area: _Area, pbf: Path, tell: Tell) -> _Area:
    """Return an area with its file cut out of an extract."""
    tell(Sentence("fetch.clip"))
    date = clip(pbf, area.data, bbox=area.bbox)
    notes = [] if area.district.note is None else [area.district.note]
    if area.district.mended_share:
        notes.append(Sentence("fetch.mended", place=area.district.name, share=area.district.mended_share))
    if area.district.is_extent or ends_within(pbf, area.bbox):
        notes.append(Sentence("fetch.short", file=pbf.name))
    return replace(area, origin=Origin(f"{OSM} ({pbf.name})", date, LICENCE), notes=tuple(notes))


def _downloaded(area: _Area, client: OsmClient) -> _Area:
    """Return an area with its file put together from answers of Overpass."""
    elements, dates = [], []
    for name, statements in _overpass_queries().items():
        client.tell(Sentence(f"fetch.ask_{name}"))
        answer, date = client.elements(statements, area.bbox)
        elements += answer
        dates.append(date)
    write_elements(elements, area.data)
    host = urlsplit(client.services.overpass).netloc
    return replace(area, origin=Origin(f"{OSM} (Overpass, {host})", min(dates), LICENCE))


def _require_streets(area: _Area) -> None:
    """Raise where an area's file has no street; errors name where the file is from, since it has no name yet."""
    try:
        count = len(read_streets(area.data, bbox=area.bbox).ways)
    except InputError as error:
        if error.code != "osm_empty":
            reason = error.values.get("reason", error.code)
            raise InputError("osm_unreadable", file=area.origin.source, reason=reason) from error
        count = 0
    if count == 0:
        raise NetworkError("fetch_no_streets", place=area.district.name, source=area.origin.source)


def _overpass_queries() -> dict[str, list[str]]:
    """Return the statements of each query to Overpass, in order."""
    values_of: dict[str, list[str]] = {}
    for tags in LAYERS.values():
        for key, values in tags.items():
            values_of.setdefault(key, []).extend(values)
    levels = "|".join(FINER_LEVELS)
    return {
        "streets": ['way["highway"]', 'node["highway"="elevator"]'],
        "places": [f'nwr["{key}"~"^({"|".join(values)})$"]' for key, values in values_of.items()],
        "homes": ['way["building"]', 'relation["building"]["type"="multipolygon"]'],
        "borders": [f'relation["boundary"="administrative"]["admin_level"~"^({levels})$"]'],
    }


def _communities(area: _Area, request: FetchRequest, *, lang: Lang) -> tuple[gpd.GeoDataFrame, Sentence, Origin]:
    """Return the communities, how they were made, and where they come from."""
    areas = administrative_areas(area.data)
    table = None
    if request.listed is not None:
        listed = communities_from(request.listed, area.district, crs=area.crs, datum=request.datum)
        table, file = listed.communities, request.listed.name
        key = "fetch.from_file" if listed.drawn else "fetch.from_points"
        note = Sentence(key, file=file, count=len(table), outside=listed.outside)
        origin = Origin(file if listed.drawn else f"{file}; cfgeo fetch: nearest land", "", "")
    elif request.grid_m is None:
        table = communities_in(areas, area.district, crs=area.crs)
        note, origin = Sentence("fetch.from_areas"), area.origin
    if table is None:
        width_m = request.grid_m or _width_m(area)
        table = hexagons(area.district, crs=area.crs, width_m=width_m, lang=lang)
        key = "fetch.from_grid" if request.grid_m else "fetch.from_grid_for_want"
        note = Sentence(key, width=f"{width_m:g}", count=len(table))
        outline = _outline_origin(area, request)
        origin = replace(outline, source=f"cfgeo fetch: hexagons of {width_m:g} m; {outline.source}")
    if "street_office" not in table.columns:
        table = with_offices(table, areas, area.district)
    return table, note, origin


def _width_m(area: _Area) -> float:
    """Return how wide hexagons are where nobody asked for any: wider where an extract reaches beyond a city [m]."""
    each_m2 = area.district.shape_in(area.crs).area / _MOST_CELLS
    return max(GRID_M, math.ceil(math.sqrt(each_m2 / math.sqrt(0.75)) / 100) * 100.0)


def _outline_origin(area: _Area, request: FetchRequest) -> Origin:
    """Return where the district's outline comes from."""
    if request.boundary is not None:
        return Origin(request.boundary.name, "", "")
    if request.bbox is not None or area.district.is_extent:
        return Origin(f"box {', '.join(f'{edge:g}' for edge in area.district.shape.bounds)}", "–", "–")
    return area.origin


def _layers(area: _Area) -> tuple[dict[str, FetchedLayer], float]:
    """Return the layers with the homes (``demand``), and the share of residential streets that have homes beside."""
    queries = [*LAYERS.values(), *_WALKWAYS, _HOMES]
    *places, buildings = (table for table, _ in read_many_features(area.data, queries, bbox=area.bbox))
    homes = buildings[~buildings["kind"].isin(NOT_DWELLINGS)]
    homes_share = _share_beside(area, homes)
    *common, mountain_walkways, named_stairs, dwellings = (
        _layer(tags, table, area.district) for tags, table in zip(queries, (*places, homes), strict=True)
    )
    walkways = mountain_walkways if mountain_walkways.used else named_stairs
    demand = replace(dwellings, used=homes_share >= _HOMES_ALONG)
    return {**dict(zip(LAYERS, common, strict=True)), "walkways": walkways, "demand": demand}, homes_share


def _layer(tags: Tags, places: gpd.GeoDataFrame, district: District) -> FetchedLayer:
    inside = int(shapely.intersects(district.shape, places.geometry.to_numpy()).sum())
    return FetchedLayer(tags, len(places), inside, used=len(places) > 0)


def _share_beside(area: _Area, homes: gpd.GeoDataFrame) -> float:
    """Return the share of the district's residential streets, by length, that have a dwelling near."""
    streets = demand_from_streets(build_network(read_streets(area.data, bbox=area.bbox), crs=area.crs))
    streets = streets[shapely.intersects(area.district.shape_in(area.crs), streets.geometry.to_numpy())]
    tree = shapely.STRtree(homes.to_crs(area.crs).geometry.to_numpy())
    near = tree.query(streets.geometry.to_numpy(), predicate="dwithin", distance=_BESIDE_M)[0]
    total_m = float(streets["weight"].sum())
    return float(streets["weight"].iloc[np.unique(near)].sum()) / total_m if total_m else 0.0


def _geojson(table: gpd.GeoDataFrame) -> str:
    degrees = table.to_crs(WGS84)
    rounded = shapely.transform(degrees.geometry.to_numpy(), lambda xy: xy.round(DEGREE_DECIMALS))
    return str(degrees.set_geometry(gpd.GeoSeries(rounded, crs=WGS84)).to_json(ensure_ascii=False, drop_id=True))


def _write(folder: Path, data: Path, files: Mapping[str, str]) -> None:
    """Write the files into their folder, ``study.toml`` last; all or none of them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(data, folder / DATA)
            for name, body in files.items():
                (folder / name).write_text(body, encoding="utf-8", newline="\n")
        except BaseException:
            for name in (DATA, *files):
                (folder / name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
