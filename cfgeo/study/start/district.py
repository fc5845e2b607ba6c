"""The district of a new study and its communities: administrative areas of OpenStreetMap, Voronoi cells or hexagons."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.errors import InputError
from cfgeo.core.schema import WGS84
from cfgeo.core.shapes import moved
from cfgeo.core.strings import Lang, Sentence, text
from cfgeo.files.columns import as_text
from cfgeo.files.osm.features import read_features
from cfgeo.files.read import read_places
from cfgeo.files.vocabulary.headings import columns_of
from cfgeo.study.communities import polygons

NAMES = ("name", "official_name", "alt_name", "short_name", "int_name")
"""Tags of OpenStreetMap that hold an area's name, beside ``name:LANGUAGE``: a city can have two official ones."""

_OFFICES = r"(?:街道|镇|乡|街道办事处|地区办事处)$"
"""How the names of street offices end, which are never communities."""
_MOSTLY = 0.5
_SAME_SHARE = 0.9
_COVERED_SHARE = 0.8
_LARGER = 2
_SLIVER_SHARE = 0.25
_GRID_M = 0.001
_MOST_NAMED = 12


@dataclass(frozen=True)
class District:
    """The area of a study.

    Attributes
    ----------
    name : str
    shape : shapely.Geometry
        Polygon or MultiPolygon, WGS-84.
    mended_share : float
        Share of its outline that an extract lacked and a straight line replaces.
    is_extent : bool
        It is all that an extract holds.
    note : Sentence, optional
        How it was chosen, where the user did not say.
    """

    name: str
    shape: Any
    mended_share: float = 0.0
    is_extent: bool = False
    note: Sentence | None = None

    def shape_in(self, crs: Any) -> Any:
        """Return its shape in another CRS."""
        return moved(gpd.GeoSeries([self.shape], crs=WGS84), crs).iloc[0]


def administrative_areas(file: Path) -> gpd.GeoDataFrame:
    """Return the administrative areas of an OpenStreetMap file, in WGS-84.

    Returns
    -------
    geopandas.GeoDataFrame
        ``@id``, ``name``, all tags, and ``mended``: the share of the outline that the file lacks and a straight line
        replaces.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    areas, findings = read_features(file, {"boundary": ("administrative",)})
    areas = areas[shapely.get_dimensions(areas.geometry.to_numpy()) == 2].reset_index(drop=True)
    shares = {row["row"]: row["values"]["share"] for row in findings if row["rule"] == "osm_closed"}
    areas = areas.assign(mended=areas["@id"].map(shares).fillna(0.0).astype(float))
    missing = [column for column in ("name", "admin_level") if column not in areas.columns]
    areas = areas.assign(**dict.fromkeys(missing, ""))
    return areas.assign(name=as_text(areas["name"]))


def district_in(areas: gpd.GeoDataFrame, place: str, *, file: Path, extent: str, lang: Lang) -> District:
    """Return the area of an OpenStreetMap file that has a name.

    Parameters
    ----------
    areas
        As :func:`administrative_areas` gives them.
    file, extent
        Their file and the box that it covers, for messages.
    place
        Its name in any of ``NAMES``, such as 渝中区; after commas, areas that it lies in, as far as the file has
        them; or an element such as ``relation/123``.
    lang
        Language of the district's name.

    Raises
    ------
    InputError
        The file has no such area, or several.
    """
    first, *around = [part.strip() for part in place.replace("，", ",").split(",") if part.strip()] or [""]
    matches = areas[_is_named(areas, first)]
    for name in around:
        outer = areas.geometry[_is_named(areas, name)]
        within = matches.representative_point().within(outer.union_all())
        matches = matches[within] if within.any() else matches
    if len(matches) == 0:
        largest = areas.assign(size=shapely.area(areas.geometry.to_numpy())).sort_values("size", ascending=False)
        known = ", ".join(largest["name"][largest["name"] != ""].head(_MOST_NAMED)) or "–"
        raise InputError("fetch_place_not_in_file", file=file, place=place, known=known, extent=extent)
    if not is_one_place(matches.geometry):
        lines = "\n".join(f"  {row['@id']}: {row['name']}" for row in matches.to_dict("records"))
        raise InputError("fetch_place_several", place=place, found=lines)
    area = matches.iloc[0]
    translated = area.get(f"name:{lang}")
    name = translated if isinstance(translated, str) else area["name"]
    return District(name, area["geometry"], float(area["mended"]))


def _is_named(areas: gpd.GeoDataFrame, name: str) -> "pd.Series[bool]":
    tags = [tag for tag in areas.columns if tag in {"@id", *NAMES} or str(tag).startswith("name:")]
    equal = [(as_text(areas[tag]).str.casefold() == name.casefold()) & (name != "") for tag in tags]
    return pd.concat(equal, axis=1).any(axis=1)


def is_one_place(shapes: gpd.GeoSeries) -> bool:
    """Return whether areas are one place at several levels, such as a city that is a state."""
    areas = np.asarray(shapely.make_valid(shapes.to_numpy()))
    shared = shapely.area(shapely.intersection(areas, areas[0]))
    return bool((shared >= _SAME_SHARE * np.maximum(shapely.area(areas), shapely.area(areas[0]))).all())


def district_from(path: Path, *, datum: str) -> District:
    """Return all areas of a file as one district, with their name, or else the file's.

    Raises
    ------
    InputError
        The file cannot be read, or holds no areas.
    """
    table = read_places(path, columns={}, datum=datum).to_crs(WGS84)
    areas = table[shapely.get_dimensions(table.geometry.to_numpy()) == 2]
    if len(areas) == 0:
        raise InputError("fetch_boundary_no_area", file=path)
    columns = columns_of(areas.drop(columns="geometry"), ("name",))
    names = set(as_text(areas[columns["name"]])) - {""} if columns else set()
    name = names.pop() if len(names) == 1 else path.stem
    return District(name, shapely.union_all(polygons(areas.geometry).to_numpy()))


def communities_in(areas: gpd.GeoDataFrame, district: District, *, crs: str) -> gpd.GeoDataFrame | None:
    """Return the smallest administrative areas that a district is made of.

    A level counts where its areas that lie mostly inside cover four fifths of the district, and are at least two.
    Areas whose names end in 街道, 镇 or 乡 are street offices: they group communities and are none themselves.

    Returns
    -------
    geopandas.GeoDataFrame or None
        ``code`` (such as relation/123) and ``community``, in ``crs``; None where there are none.
    """
    levels = _levels(areas, district, crs=crs)
    finest = [level for level in levels if level["name"].str.contains(_OFFICES).mean() <= _MOSTLY]
    if not finest:
        return None
    table = finest[-1][["@id", "name", "geometry"]].rename(columns={"@id": "code", "name": "community"})
    return table.reset_index(drop=True)


def with_offices(communities: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, district: District) -> gpd.GeoDataFrame:
    """Return communities with the street office that each lies in: the next larger area, or the whole district."""
    size_m2 = float(communities.area.median())
    larger = [
        level for level in _levels(areas, district, crs=communities.crs) if level.area.median() > _LARGER * size_m2
    ]
    office = np.full(len(communities), district.name, dtype=object)
    if larger:
        points = communities.representative_point().to_numpy()
        inner, outer = shapely.STRtree(larger[-1].geometry.to_numpy()).query(points, predicate="within")
        office[inner] = larger[-1]["name"].to_numpy()[outer]
    return communities.assign(street_office=office)


def _levels(areas: gpd.GeoDataFrame, district: District, *, crs: Any) -> list[gpd.GeoDataFrame]:
    """Return the levels of areas that make up a district, the finest last."""
    whole = district.shape_in(crs)
    areas = areas[shapely.intersects(areas.geometry.to_numpy(), district.shape)].to_crs(crs)
    areas = areas.set_geometry(polygons(areas.geometry))
    inside_m2 = shapely.area(shapely.intersection(areas.geometry.to_numpy(), whole))
    areas = areas[(inside_m2 >= _MOSTLY * areas.area.to_numpy()) & (areas["name"] != "")]
    number = pd.to_numeric(areas["admin_level"], errors="coerce")
    levels = [areas[number == level].sort_values("@id") for level in sorted(number.dropna().unique())]
    shares = [shapely.area(shapely.intersection(level.union_all(), whole)) / whole.area for level in levels]
    return [level for level, share in zip(levels, shares, strict=True) if len(level) > 1 and share >= _COVERED_SHARE]


@dataclass(frozen=True)
class Listed:
    """Communities from a file.

    Attributes
    ----------
    communities : geopandas.GeoDataFrame
        ``code``, ``community``, perhaps ``street_office``.
    outside : int
        Number of rows of the file that lie outside the district and were left out.
    drawn : bool
        Whether the file has their boundaries; else each is the Voronoi cell of its point.
    """

    communities: gpd.GeoDataFrame
    outside: int
    drawn: bool


def communities_from(path: Path, district: District, *, crs: str, datum: str) -> Listed:
    """Return the communities of a file: its areas, or the Voronoi cells of its points, clipped to the district.

    Parameters
    ----------
    path
        A table or layer: each community's name; optional its code and street office.
    district
        The district that they make up.
    crs
        Metric CRS.
    datum
        Of the file.

    Raises
    ------
    InputError
        The file has no names, two points are equal, or none lies in the district.
    """
    table = read_places(path, columns={}, datum=datum).to_crs(crs)
    whole = district.shape_in(crs)
    columns = columns_of(table.drop(columns="geometry"), ("code", "street_office", "community"))
    if "community" not in columns:
        has = ", ".join(str(column) for column in table.columns if column != "geometry")
        raise InputError("column_missing", file=path, column="community", key="community", has=has)
    points = table.representative_point().to_numpy()
    inside = shapely.intersects(whole, points)
    if not inside.any():
        raise InputError("fetch_points_outside", file=path, count=len(table), place=district.name)
    named = {ours: as_text(table[theirs])[inside].reset_index(drop=True) for ours, theirs in columns.items()}
    code = named.pop("code", pd.Series([f"P{nth + 1:03d}" for nth in range(inside.sum())]))
    drawn = bool((shapely.get_dimensions(table.geometry.to_numpy()[inside]) == 2).all())
    if drawn:
        shapes = polygons(table.geometry[inside]).to_numpy()
    else:
        shapes = _voronoi_cells(points[inside], whole, names=named["community"], path=path)
    communities = gpd.GeoDataFrame({"code": code, **named}, geometry=shapes, crs=crs)
    return Listed(communities, int((~inside).sum()), drawn)


def _voronoi_cells(points: Any, whole: Any, *, names: "pd.Series[str]", path: Path) -> Any:
    """Return the part of the district nearest to each point."""
    xy = shapely.get_coordinates(points)
    twice = pd.DataFrame(xy.round(1)).duplicated(keep=False).to_numpy()
    if twice.any():
        raise InputError("fetch_points_twice", file=path, names=", ".join(names[twice]))
    if len(xy) == 1:
        return np.array([whole])
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(xy), extend_to=whole, ordered=True))
    return shapely.intersection(cells, whole)


def hexagons(district: District, *, crs: str, width_m: float, lang: Lang) -> gpd.GeoDataFrame:
    """Return hexagons that cover a district: cells of one size, where no boundaries of communities are known.

    A hexagon with less than a quarter in the district is merged into the neighbour with the longest common edge.

    Parameters
    ----------
    district
        What they cover and are clipped to.
    crs
        Metric CRS; its axes are the grid's, so that a district's edge moves no cell.
    width_m
        From side to side [m].
    lang
        Language of their names.
    """
    whole = district.shape_in(crs)
    column, row, shapes = _lattice(whole.bounds, width_m)
    touched = np.unique(shapely.STRtree(shapes).query(whole, predicate="intersects"))
    clipped = shapely.intersection(shapes[touched], whole)
    touched, clipped = touched[shapely.area(clipped) > 0], clipped[shapely.area(clipped) > 0]
    column, row = column[touched] - column[touched].min(), row[touched].max() - row[touched]
    clipped = _merge_slivers(clipped, _SLIVER_SHARE * shapely.area(shapes[0]))
    kept = ~shapely.is_empty(clipped)
    numbers = [(f"{r + 1:02d}", f"{c + 1:02d}") for r, c in zip(row[kept], column[kept], strict=True)]
    names = {
        "code": [f"H{r}-{c}" for r, c in numbers],
        "community": [text("fetch.cell", lang, row=r, column=c) for r, c in numbers],
    }
    return gpd.GeoDataFrame(names, geometry=polygons(gpd.GeoSeries(clipped[kept], crs=crs)))


def _lattice(bounds: Sequence[float], width_m: float) -> tuple[Any, Any, Any]:
    """Return columns, rows and shapes of the pointy-top hexagons around a box."""
    west, south, east, north = bounds
    step_m = width_m * np.sqrt(0.75)
    rows = np.arange(np.floor(south / step_m) - 1, np.ceil(north / step_m) + 2)
    columns = np.arange(np.floor(west / width_m) - 1, np.ceil(east / width_m) + 2)
    column, row = (side.ravel().astype(int) for side in np.meshgrid(columns, rows))
    centre = np.column_stack([(column + 0.5 * (row % 2)) * width_m, row * step_m])
    angle = np.radians(30 + 60 * np.arange(6))
    corners = width_m / np.sqrt(3) * np.column_stack([np.cos(angle), np.sin(angle)])
    # Rounding makes the corners of neighbours equal.
    shapes = shapely.set_precision(shapely.polygons(centre[:, None, :] + corners[None, :, :]), _GRID_M)
    return column, row, shapes


def _merge_slivers(cells: Any, least_m2: float) -> Any:
    """Return cells of which the smallest are merged into the neighbour with the longest common edge, and then empty."""
    cells = np.array(cells)
    area_m2 = shapely.area(cells)
    for nth in np.argsort(area_m2, kind="stable")[: np.count_nonzero(area_m2 < least_m2)]:
        if shapely.area(cells[nth]) >= least_m2:  # it has grown
            continue
        touching = shapely.dwithin(cells, cells[nth], _GRID_M)
        touching[nth] = False
        if not touching.any():
            continue
        # A strip of a metre along the edge stands for its length.
        edge_m2 = shapely.area(shapely.intersection(cells[touching], shapely.buffer(cells[nth], 1.0)))
        into = np.flatnonzero(touching)[np.argmax(edge_m2)]
        cells[into] = shapely.union(cells[into], cells[nth], grid_size=_GRID_M)
        cells[nth] = shapely.Polygon()
    return cells
