"""Which place a user asks ``cfgeo fetch`` for, and its outline: from a service, a file, a box or an extract."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from cfgeo.core.errors import InputError, StudyError
from cfgeo.core.schema import WGS84, Box
from cfgeo.core.strings import Lang, Sentence
from cfgeo.files.openable import missing
from cfgeo.files.osm.reader import is_osm_file
from cfgeo.study.keys import Datum
from cfgeo.study.start.district import District, administrative_areas, district_from, district_in, is_one_place
from cfgeo.study.start.extract import extent_of
from cfgeo.study.start.osm_services import OsmClient

_GRID_RANGE_M = (100.0, 5000.0)
_MOST_DEGREES = 1.5
"""An extract that is wider or higher holds more than a city: somebody has to say which."""
_NOT_NAME = re.compile(r"([-_. ](latest|internal|free|osm|\d{4,8}|\d{4}-\d\d-\d\d))+$", re.IGNORECASE)
"""What services add to the name of a place in the name of an extract: monaco-latest, helsinki-260424."""
_INSIDE = 0.9
_MOST_NAMED = 8


@dataclass(frozen=True)
class FetchRequest:
    """The place to fetch, and where from.

    Attributes
    ----------
    place, boundary, bbox : str, Path, tuple
        The district, one of the three: a name, a file of areas, or west, south, east, north [degrees]. None is needed
        with an extract: its district is the area that the file is named after, or else all of it.
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

    def require_possible(self) -> None:
        """Raise where the request is not clear, before any service is asked."""
        named = sum(value is not None for value in (self.place, self.boundary, self.bbox))
        if named > 1 or (named == 0 and self.pbf is None):
            raise StudyError("fetch_one_place")
        if self.listed is not None and self.grid_m is not None:
            raise StudyError("fetch_one_communities")
        low, high = _GRID_RANGE_M
        if self.grid_m is not None and not low <= self.grid_m <= high:
            raise StudyError("fetch_grid", value=f"{self.grid_m:g}", low=low, high=high)
        for file in (self.pbf, self.boundary, self.listed):
            if file is not None and not file.exists():
                raise missing(file)
        if self.pbf is not None and not is_osm_file(self.pbf):
            raise InputError("fetch_not_osm", file=self.pbf)


def district_of(request: FetchRequest, folder: Path, client: OsmClient, *, lang: Lang) -> District:
    """Return the district that a request means.

    Parameters
    ----------
    request
        The request.
    folder
        The study's folder, which names a district that nothing else names.
    client
        Asked for a place by name where there is no extract.
    lang
        Language of the district's name.

    Raises
    ------
    CfgeoError
        There is no such place, or there are several; or an extract is too large for a district.
    """
    if request.boundary is not None:
        return district_from(request.boundary, datum=request.datum)
    if request.bbox is not None:
        return District(folder.resolve().name, shapely.box(*request.bbox))
    if request.pbf is not None and request.place is None:
        return _of_extract(request.pbf, folder, lang=lang)
    place = (request.place or "").strip()
    if request.pbf is not None:
        areas = administrative_areas(request.pbf)
        return district_in(areas, place, file=request.pbf, extent=box_words(extent_of(request.pbf)), lang=lang)
    return _chosen_district(client.places(place), place)


def _chosen_district(results: list[dict[str, Any]], place: str) -> District:
    """Return the only area among the results of a search in Nominatim, administrative boundaries first."""
    if not results:
        raise InputError("fetch_place_unknown", place=place)
    areas = {
        (result["osm_type"], result["osm_id"]): (result, shapely.geometry.shape(result["geojson"]))
        for result in results
        if result.get("geojson", {}).get("type") in {"Polygon", "MultiPolygon"}
    }
    if not areas:
        raise InputError("fetch_place_point", place=place, name=results[0].get("display_name", "–"))
    administrative = [area for area in areas.values() if area[0].get("class") == "boundary"]
    candidates = administrative or list(areas.values())
    if not is_one_place(gpd.GeoSeries([shape for _, shape in candidates], crs=WGS84)):
        lines = (f"  {r['osm_type']}/{r['osm_id']}: {r.get('display_name', '–')}" for r, _ in candidates)
        raise InputError("fetch_place_several", place=place, found="\n".join(lines))
    result, shape = candidates[0]
    name = str(result.get("name") or result.get("display_name") or place)
    return District(name, shapely.make_valid(shape))


def box_words(bbox: Box) -> str:
    """Return a box as ``--bbox`` takes it."""
    return ",".join(f"{edge:.5g}" if abs(edge) < 1 else f"{edge:.4f}".rstrip("0").rstrip(".") for edge in bbox)


def _of_extract(pbf: Path, folder: Path, *, lang: Lang) -> District:
    """Return the area that an extract is named after, or else all of the extract."""
    areas, extent = administrative_areas(pbf), extent_of(pbf)
    name = _NOT_NAME.sub("", re.sub(r"\.(osm|pbf|json|gz|bz2)\b", "", pbf.name, flags=re.IGNORECASE)).replace("_", " ")
    try:
        district = district_in(areas, name, file=pbf, extent=box_words(extent), lang=lang)
    except InputError:
        pass
    else:
        inside = shapely.area(shapely.intersection(district.shape, shapely.box(*extent)))
        if inside >= _INSIDE * shapely.area(district.shape):
            return replace(district, note=Sentence("fetch.by_file_name", file=pbf.name, place=district.name))
    size = shapely.area(areas.geometry.to_numpy())
    known = areas.assign(size=size)[areas["name"] != ""].sort_values("size", ascending=False)["name"]
    names = ", ".join(dict.fromkeys(known.head(_MOST_NAMED))) or "–"
    west, south, east, north = extent
    if max(east - west, north - south) > _MOST_DEGREES:
        raise InputError("fetch_extract_wide", file=pbf, extent=box_words(extent), known=names)
    note = Sentence("fetch.whole_extract", file=pbf.name, extent=box_words(extent), known=names)
    return District(folder.resolve().name, shapely.box(*extent), is_extent=True, note=note)
