"""A first study of any place from OpenStreetMap: from its services, or from an extract on disk."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import geopandas as gpd
import numpy as np
import shapely

from cfgeo.core.errors import InputError, NetworkError, OutputError, StudyError
from cfgeo.core.schema import SEARCH_MINUTES, SECONDS_PER_MINUTE, WGS84, Box
from cfgeo.core.strings import LANGUAGES, Lang, Sentence, name_of, text
from cfgeo.files.osm_features import read_many_features
from cfgeo.files.osm_streets import bounds_of, is_osm_file, read_streets
from cfgeo.files.read import missing
from cfgeo.network.build import build_network
from cfgeo.network.walkers import PACES, load_walkers
from cfgeo.study.config import Datum
from cfgeo.study.demand import NOT_DWELLINGS, demand_from_streets
from cfgeo.study.start.district import (
    District,
    administrative_areas,
    communities_from,
    communities_in,
    district_from,
    district_in,
    hexagons,
    is_one_place,
    with_offices,
)
from cfgeo.study.start.draft import study_id, toml_text
from cfgeo.study.start.extract import FINER_LEVELS, clip, ends_within, put_together
from cfgeo.study.start.osm_services import Asker, Services, Tell

Tags = Mapping[str, tuple[str, ...]]

OSM, LICENCE = "© OpenStreetMap contributors", "ODbL 1.0"
GRID_M = 500.0
LAYERS: dict[str, Tags] = {
    "schools": {"amenity": ("school", "kindergarten")},
    "hospitals": {"amenity": ("hospital", "clinic", "doctors")},
    "parks": {"leisure": ("park", "playground")},
    "care_centres": {"amenity": ("childcare",)},
    "culture": {"amenity": ("library", "arts_centre", "community_centre")},
    "sports": {"leisure": ("sports_centre", "pitch", "stadium", "track")},
}
"""What stands for the layers of the standards; walkways and homes come beside them."""
_WALKWAYS: tuple[Tags, ...] = (
    {"highway": ("footway", "path", "steps", "pedestrian", "service"), "name": ("*步道*",)},
    {"highway": ("steps",), "name": ("*",)},
)
"""Mountain walkways where some are called so; elsewhere stairs with a name, as hilly cities have them."""
_HOMES: Tags = {"building": ("*",)}
_BESIDE_M = 50.0
_HOMES_ALONG = 0.8
"""Dwellings stand for homes where this share of residential streets has one beside it; else too many are not mapped."""

_DATA, _COMMUNITIES, _DISTRICT = "openstreetmap.osm.pbf", "communities.geojson", "district.geojson"
_DEGREE_DECIMALS = 7
_GRID_RANGE_M = (100.0, 5000.0)


@dataclass(frozen=True)
class Wanted:
    """What is to be fetched.

    Attributes
    ----------
    place, boundary, bbox : str, Path, tuple
        The district, one of the three: a name, a file of areas, or west, south, east, north [degrees].
    pbf : Path or None
        An extract to take all from; the services are asked when missing.
    listed, grid_m : Path, float
        Communities, one of the two at most: a file of their points or areas, or hexagons of this width [m]; else the
        administrative areas of the district, or hexagons of ``GRID_M`` where there are none.
    datum : str
        Of ``boundary`` and ``listed``.
    """

    place: str | None = None
    boundary: Path | None = None
    bbox: Box | None = None
    pbf: Path | None = None
    listed: Path | None = None
    grid_m: float | None = None
    datum: Datum = "wgs84"


@dataclass(frozen=True)
class _Area:
    """A district, and the file of what is there and as far around as children walk, with its source and date."""

    district: District
    crs: str
    bbox: Box
    data: Path
    source: str = ""
    date: str = ""
    notes: tuple[Sentence, ...] = ()

    @property
    def whole(self) -> Any:
        """The district's shape in the metric CRS."""
        return gpd.GeoSeries([self.district.shape], crs=WGS84).to_crs(self.crs).iloc[0]


def steps_of(wanted: Wanted) -> tuple[str, ...]:
    """Return the keys of the sentences that :func:`fetch_study` begins its steps with."""
    asked = ("fetch.clip",) if wanted.pbf else tuple(f"fetch.ask_{name}" for name in _questions())
    return ("fetch.district", *asked, "fetch.communities", "fetch.layers")


def fetch_study(folder: Path, wanted: Wanted, *, services: Services, lang: Lang, tell: Tell) -> Path:
    """Write a study of a place into a new or empty folder and return its ``study.toml``.

    The folder gets its files when all of them are there. Answers of the services are kept as they come, so that
    what was stopped goes on where it was.

    Parameters
    ----------
    folder
        Where the study is written.
    wanted
        What it is of.
    services
        Whom to ask where there is no extract.
    lang
        Language of names.
    tell
        Is told of each step as it begins, and of what a user should know.

    Raises
    ------
    CfgeoError
        The folder is not empty, the place is not to be found or not one, the services do not answer, or there are no
        streets.
    """
    _require_possible(folder, wanted)
    with tempfile.TemporaryDirectory(prefix="cfgeo-") as aside, Asker(services, lang=lang, tell=tell) as asker:
        tell(Sentence("fetch.district"))
        district = _district(folder, wanted, asker, lang=lang)
        shape = gpd.GeoSeries([district.shape], crs=WGS84)
        crs = shape.estimate_utm_crs().to_string()
        bbox = bounds_of(shape.to_crs(crs), margin_m=margin_m())
        area = _Area(district, crs, bbox, Path(aside) / _DATA)
        area = _cut(area, wanted.pbf, tell) if wanted.pbf else _asked(area, asker, services)
        for note in area.notes:
            tell(note)
        if len(read_streets(area.data, bbox=bbox).ways) == 0:
            raise NetworkError("fetch_no_streets", place=district.name, source=area.source)
        tell(Sentence("fetch.communities"))
        communities, origin = _communities(area, wanted, lang=lang, tell=tell)
        tell(Sentence("fetch.layers"))
        layers, along = _layers(area)
        about = dict(zip(("source", "date", "licence"), _outline(area, wanted), strict=True))
        files = {
            _COMMUNITIES: _geojson(communities),
            _DISTRICT: _geojson(gpd.GeoDataFrame([{"name": district.name, **about}], geometry=shape)),
            "study.toml": _body(area, study_id(folder), communities=origin, layers=layers, along=along),
        }
        _write(folder, area.data, files)
    return folder / "study.toml"


def margin_m() -> float:
    """Return how far beyond a district a study of any standard reads [m]: as far as the fastest walker gets."""
    fastest_m_s = max(walker.fastest_m_s for walker in load_walkers().values()) * max(PACES.values())
    return SEARCH_MINUTES * SECONDS_PER_MINUTE * fastest_m_s


def _require_possible(folder: Path, wanted: Wanted) -> None:
    """See, before anybody is asked, that the wish is clear and the folder free."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError("init_not_empty", folder=folder)
    if sum(way is not None for way in (wanted.place, wanted.boundary, wanted.bbox)) != 1:
        raise StudyError("fetch_one_place")
    if wanted.listed is not None and wanted.grid_m is not None:
        raise StudyError("fetch_one_communities")
    low, high = _GRID_RANGE_M
    if wanted.grid_m is not None and not low <= wanted.grid_m <= high:
        raise StudyError("fetch_grid", value=f"{wanted.grid_m:g}", low=low, high=high)
    for file in (wanted.pbf, wanted.boundary, wanted.listed):
        if file is not None and not file.exists():
            raise missing(file)
    if wanted.pbf is not None and not is_osm_file(wanted.pbf):
        raise InputError("fetch_not_osm", file=wanted.pbf)


def _district(folder: Path, wanted: Wanted, asker: Asker, *, lang: Lang) -> District:
    if wanted.boundary is not None:
        return district_from(wanted.boundary, datum=wanted.datum)
    if wanted.bbox is not None:
        return District(folder.resolve().name, shapely.box(*wanted.bbox))
    place = (wanted.place or "").strip()
    if wanted.pbf is not None:
        return district_in(administrative_areas(wanted.pbf), place, file=wanted.pbf, lang=lang)
    return _district_of(asker.places(place), place)


def _district_of(found: list[dict[str, Any]], place: str) -> District:
    """Return the one area among the places that Nominatim has found."""
    if not found:
        raise InputError("fetch_place_unknown", place=place)
    shapes = {
        (one["osm_type"], one["osm_id"]): (one, shapely.geometry.shape(one["geojson"]))
        for one in found
        if one.get("geojson", {}).get("type") in {"Polygon", "MultiPolygon"}
    }
    if not shapes:
        raise InputError("fetch_place_point", place=place, name=found[0].get("display_name", "–"))
    administrative = [one for one in shapes.values() if one[0].get("class") == "boundary"]
    chosen = administrative or list(shapes.values())
    if not is_one_place(gpd.GeoSeries([shape for _, shape in chosen], crs=WGS84)):
        listed = "\n".join(f"  {one['osm_type']}/{one['osm_id']}: {one.get('display_name', '–')}" for one, _ in chosen)
        raise InputError("fetch_place_several", place=place, found=listed)
    first, shape = chosen[0]
    name = str(first.get("name") or first.get("display_name") or place)
    return District(name, shapely.make_valid(shape))


def _cut(area: _Area, pbf: Path, tell: Tell) -> _Area:
    tell(Sentence("fetch.clip"))
    date = clip(pbf, area.data, bbox=area.bbox)
    share = area.district.mended_share
    mended = [Sentence("fetch.mended", place=area.district.name, share=share)] if share else []
    short = [Sentence("fetch.short", file=pbf.name)] if ends_within(pbf, area.bbox) else []
    return replace(area, source=f"{OSM} ({pbf.name})", date=date, notes=(*mended, *short))


def _asked(area: _Area, asker: Asker, services: Services) -> _Area:
    elements, dates = [], []
    for name, statements in _questions().items():
        asker.tell(Sentence(f"fetch.ask_{name}"))
        found, date = asker.elements(statements, area.bbox)
        elements += found
        dates.append(date)
    put_together(elements, area.data)
    return replace(area, source=f"{OSM} (Overpass, {urlsplit(services.overpass).netloc})", date=min(dates))


def _questions() -> dict[str, list[str]]:
    """Return what Overpass is asked for, a question after the other."""
    values: dict[str, list[str]] = {}
    for tags in LAYERS.values():
        for key, wanted in tags.items():
            values.setdefault(key, []).extend(wanted)
    levels = "|".join(FINER_LEVELS)
    return {
        "streets": ['way["highway"]', 'node["highway"="elevator"]'],
        "places": [f'nwr["{key}"~"^({"|".join(wanted)})$"]' for key, wanted in values.items()],
        "homes": ['way["building"]', 'relation["building"]["type"="multipolygon"]'],
        "borders": [f'relation["boundary"="administrative"]["admin_level"~"^({levels})$"]'],
    }


def _communities(area: _Area, wanted: Wanted, *, lang: Lang, tell: Tell) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the communities, and the lines of ``study.toml`` that say where they come from."""
    areas = administrative_areas(area.data)
    found = None
    if wanted.listed is not None:
        listed = communities_from(wanted.listed, area.district, crs=area.crs, datum=wanted.datum)
        found, file = listed.communities, wanted.listed.name
        key = "fetch.from_file" if listed.drawn else "fetch.from_points"
        said = Sentence(key, file=file, count=len(found), outside=listed.outside)
        origin = (file if listed.drawn else f"{file}; cfgeo fetch: nearest land", "", "")
    elif wanted.grid_m is None:
        found = communities_in(areas, area.district, crs=area.crs)
        said = Sentence("fetch.from_areas")
        origin = (area.source, area.date, LICENCE)
    if found is None:
        width_m = wanted.grid_m or GRID_M
        found = hexagons(area.district, crs=area.crs, width_m=width_m, lang=lang)
        key = "fetch.from_grid" if wanted.grid_m else "fetch.from_grid_for_want"
        said = Sentence(key, width=f"{width_m:g}", count=len(found))
        outline, date, licence = _outline(area, wanted)
        origin = (f"cfgeo fetch: hexagons of {width_m:g} m; {outline}", date, licence)
    tell(said)
    if "street_office" not in found.columns:
        found = with_offices(found, areas, area.district)
    lines = [f'path = "{_COMMUNITIES}"', *_provenance(*origin)]
    return found, [*(f"# {said.text(one)}" for one in LANGUAGES), *lines]


def _outline(area: _Area, wanted: Wanted) -> tuple[str, str, str]:
    """Return where the district's outline comes from: source, date, licence."""
    if wanted.boundary is not None:
        return wanted.boundary.name, "", ""
    if wanted.bbox is not None:
        return f"box {', '.join(f'{edge:g}' for edge in wanted.bbox)}", "–", "–"
    return area.source, area.date, LICENCE


def _provenance(source: str, date: str, licence: str) -> list[str]:
    unknown = {"date": date, "licence": licence}
    remarks = {key: "" if value else f"  {_remark('fill_in')}" for key, value in unknown.items()}
    return [
        f"source = {toml_text(source)}",
        f"date = {toml_text(date)}{remarks['date']}",
        f"licence = {toml_text(licence)}{remarks['licence']}",
    ]


@dataclass(frozen=True)
class _Layer:
    """What the data has of a layer: by which tags, how many in all and in the district, and whether it is used."""

    tags: Tags
    found: int
    inside: int
    used: bool


def _layers(area: _Area) -> tuple[dict[str, _Layer], float]:
    """Return the layers with the homes (``demand``), and the share of residential streets that have homes beside."""
    queries = [*LAYERS.values(), *_WALKWAYS, _HOMES]
    *places, buildings = (table for table, _ in read_many_features(area.data, queries, bbox=area.bbox))
    homes = buildings[~buildings["kind"].isin(NOT_DWELLINGS)]
    along = _share_along(area, homes)
    shape = area.district.shape
    *common, mountain, named, lived_in = (
        _Layer(tags, len(table), int(shapely.intersects(shape, table.geometry.to_numpy()).sum()), used=len(table) > 0)
        for tags, table in zip(queries, (*places, homes), strict=True)
    )
    walkways = mountain if mountain.used else named
    demand = replace(lived_in, used=along >= _HOMES_ALONG)
    return {**dict(zip(LAYERS, common, strict=True)), "walkways": walkways, "demand": demand}, along


def _share_along(area: _Area, homes: gpd.GeoDataFrame) -> float:
    """Return the share of the district's residential streets, by length, that have a dwelling near."""
    streets = demand_from_streets(build_network(read_streets(area.data, bbox=area.bbox), crs=area.crs))
    streets = streets[shapely.intersects(area.whole, streets.geometry.to_numpy())]
    tree = shapely.STRtree(homes.to_crs(area.crs).geometry.to_numpy())
    near = tree.query(streets.geometry.to_numpy(), predicate="dwithin", distance=_BESIDE_M)[0]
    total_m = float(streets["weight"].sum())
    return float(streets["weight"].iloc[np.unique(near)].sum()) / total_m if total_m else 0.0


def _body(area: _Area, ident: str, *, communities: list[str], layers: Mapping[str, _Layer], along: float) -> str:
    """Return ``study.toml``."""
    lines = [
        _remark("head"),
        "",
        "[study]",
        f"id = {toml_text(ident)}",
        f"title = {toml_text(area.district.name)}",
        f'standard = "fifteen-minute"  {_remark("standard")}',
        f'status = "approximate"  {_remark("status")}',
        "",
        "[boundaries.communities]",
        *communities,
        "",
        "[network]",
        _remark("network"),
        *(f"# {note.text(lang)}" for note in area.notes for lang in LANGUAGES),
        f'path = "{_DATA}"',
        _remark("elevation"),
        '# elevation = "dem.tif"',
        *_provenance(area.source, area.date, LICENCE),
    ]
    for name, layer in layers.items():
        off = "" if layer.used else "# "
        heading = "demand" if name == "demand" else f"layers.{name}"
        called = " / ".join(name_of("layer", name, lang) for lang in LANGUAGES)
        why = _remark("few_homes", share=along) if name == "demand" else _remark("none")
        counts = _remark("found", found=layer.found, inside=layer.inside)
        lines += ["", *([] if layer.used else [why]), f"{off}[{heading}]  # {called}"]
        lines += [f"{off}osm = {_tags(layer.tags)}  {counts}"]
    return "\n".join([*lines, "", "[walk]", "limit_minutes = 15", ""])


def _tags(tags: Tags) -> str:
    pairs = (
        f"{key} = {toml_text(values[0]) if len(values) == 1 else '[' + ', '.join(map(toml_text, values)) + ']'}"
        for key, values in tags.items()
    )
    return f"{{ {', '.join(pairs)} }}"


def _remark(key: str, **values: object) -> str:
    return "# " + " / ".join(text(f"fetch.{key}", lang, **values) for lang in LANGUAGES)


def _geojson(table: gpd.GeoDataFrame) -> str:
    degrees = table.to_crs(WGS84)
    rounded = shapely.transform(degrees.geometry.to_numpy(), lambda xy: xy.round(_DEGREE_DECIMALS))
    return str(degrees.set_geometry(gpd.GeoSeries(rounded, crs=WGS84)).to_json(ensure_ascii=False, drop_id=True))


def _write(folder: Path, data: Path, files: Mapping[str, str]) -> None:
    """Put the files into their folder, ``study.toml`` last; none of them stays where one cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(data, folder / _DATA)
            for name, body in files.items():
                (folder / name).write_text(body, encoding="utf-8", newline="\n")
        except BaseException:
            for name in (_DATA, *files):
                (folder / name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
