"""Files of shapes that are cut, incomplete, in another place, or hold other shapes than they should."""

import json
import zipfile
from typing import Any

import geopandas as gpd
import pyogrio
import shapely
from shapely.affinity import translate
from worlds.bad_inputs.make import WGS84, Town, kind

Feature = dict[str, Any]


def as_file(town: Town, name: str, suffix: str, table: str, **options: Any) -> str:
    """Write one of the town's tables in another format, and point the study at it."""
    target = name.rsplit(".", 1)[0] + suffix
    frame = town.frame(name)
    if suffix == ".shp" and "street_office" in frame:  # ten letters at most
        frame = frame.rename(columns={"street_office": "office"})
        town.add('columns = { street_office = "office" }', table)
    frame.to_file(town.path(target), **options)
    town.use(target, table)
    return target


def communities_as(town: Town, suffix: str, **options: Any) -> str:
    """Write the communities in another format."""
    return as_file(town, "communities.geojson", suffix, "boundaries.communities", **options)


def cut(town: Town, name: str, share: float) -> None:
    """Keep the first part of a file."""
    body = town.path(name).read_bytes()
    town.write(name, body[: int(len(body) * share)])


def reshape(town: Town, shapes: Any, name: str = "communities.geojson") -> None:
    """Give a table other shapes."""
    frame = town.frame(name)
    frame.set_geometry(gpd.GeoSeries(list(shapes(frame.geometry)), crs=frame.crs)).to_file(town.path(name))


# --- files ---------------------------------------------------------------------------------------------------------


@kind("file_unreadable")
def geopackage_cut(town: Town) -> None:
    cut(town, communities_as(town, ".gpkg"), 0.5)


@kind("file_unreadable")
def geopackage_overwritten_inside(town: Town) -> None:
    name = communities_as(town, ".gpkg")
    body = bytearray(town.path(name).read_bytes())
    with_rows = body.rindex(b"Lower West") // 4096 * 4096
    body[with_rows : with_rows + 4096] = bytes(4096)
    town.write(name, bytes(body))


@kind("file_unreadable")
def geopackage_of_no_bytes(town: Town) -> None:
    town.write(communities_as(town, ".gpkg"), b"")


@kind("file_layers")
def geopackage_of_two_layers(town: Town) -> None:
    name = communities_as(town, ".gpkg", layer="one")
    town.frame("communities.geojson").to_file(town.path(name), layer="two")


@kind("file_unreadable")
def geojson_cut(town: Town) -> None:
    cut(town, "communities.geojson", 0.7)


@kind("file_unreadable")
def geojson_is_other_json(town: Town) -> None:
    town.write("communities.geojson", '{"communities": 79}')


@kind("encoding_guessed", "communities")
def geojson_in_gbk(town: Town) -> None:
    town.edit("Lower West", "下半城西", "communities.geojson")
    town.write("communities.geojson", town.text("communities.geojson").encode("gbk"))


@kind("file_unreadable")
def kml_cut(town: Town) -> None:
    cut(town, as_file(town, "stations.csv", ".kml", "layers.stations", driver="KML"), 0.5)


@kind("file_unreadable")
def flatgeobuf_cut(town: Town) -> None:
    cut(town, communities_as(town, ".fgb"), 0.7)


@kind("file_unreadable")
def parquet_cut(town: Town) -> None:
    town.frame("communities.geojson").to_parquet(town.path("communities.parquet"))
    town.use("communities.parquet", "boundaries.communities")
    cut(town, "communities.parquet", 0.7)


@kind("archive_empty")
def zip_without_shapefile(town: Town) -> None:
    with zipfile.ZipFile(town.path("communities.zip"), "w") as pack:
        pack.writestr("readme.txt", "The boundaries follow next week.")
    town.use("communities.zip", "boundaries.communities")


@kind("shapefile_parts")
def shapefile_without_index(town: Town) -> None:
    communities_as(town, ".shp")
    town.path("communities.shx").unlink()


@kind("shapefile_parts")
def shapefile_without_table(town: Town) -> None:
    communities_as(town, ".shp")
    town.path("communities.dbf").unlink()


@kind("file_unreadable")
def shapefile_cut(town: Town) -> None:
    communities_as(town, ".shp")
    cut(town, "communities.shp", 0.6)


@kind("file_unreadable")
def shapefile_table_cut(town: Town) -> None:
    communities_as(town, ".shp")
    cut(town, "communities.dbf", 0.6)


@kind("file_without_crs")
def shapefile_in_metres_without_projection(town: Town) -> None:
    frame = town.frame("communities.geojson").to_crs("EPSG:32648")
    frame.rename(columns={"street_office": "office"}).to_file(town.path("communities.shp"))
    town.use("communities.shp", "boundaries.communities")
    town.path("communities.prj").unlink()


@kind()
def shapefile_in_degrees_without_projection(town: Town) -> None:
    communities_as(town, ".shp")
    town.path("communities.prj").unlink()


@kind("file_without_geometry")
def geopackage_without_shapes(town: Town) -> None:
    table = town.frame("communities.geojson").drop(columns="geometry")
    pyogrio.write_dataframe(table, town.path("communities.gpkg"))
    town.use("communities.gpkg", "boundaries.communities")


# --- places --------------------------------------------------------------------------------------------------------


@kind("file_not_degrees")
def communities_swapped(town: Town) -> None:
    def swap(feature: Feature) -> None:
        rings = feature["geometry"]["coordinates"]
        feature["geometry"]["coordinates"] = [[xy[::-1] for xy in ring] for ring in rings]

    town.each(swap)


@kind("file_degrees_as_metres")
def communities_degrees_called_metres(town: Town) -> None:
    town.frame("communities.geojson").set_crs("EPSG:32648", allow_override=True).to_file(town.path("communities.gpkg"))
    town.use("communities.gpkg", "boundaries.communities")


@kind("file_metres_unnamed")
def communities_metres_called_degrees(town: Town) -> None:
    metres = town.frame("communities.geojson").to_crs("EPSG:32648")
    metres.set_crs(WGS84, allow_override=True).to_file(town.path("communities.gpkg"))
    town.use("communities.gpkg", "boundaries.communities")


@kind("network_zone")
def communities_in_another_zone(town: Town) -> None:
    metres = town.frame("communities.geojson").to_crs("EPSG:32648").set_crs("EPSG:32649", allow_override=True)
    metres.to_file(town.path("communities.gpkg"))
    town.use("communities.gpkg", "boundaries.communities")
    town.edit('crs = "EPSG:32648"\n', "")


@kind("zone_elsewhere", "parks")
def layer_in_another_zone(town: Town) -> None:
    metres = town.frame("parks.geojson").to_crs("EPSG:32648").set_crs("EPSG:32649", allow_override=True)
    metres.to_file(town.path("parks.gpkg"))
    town.use("parks.gpkg", "layers.parks")


@kind("community_without_street", "communities")
def community_of_another_city(town: Town) -> None:
    def leave(shapes: gpd.GeoSeries) -> list[Any]:
        return [translate(shape, 0.05 if i == 3 else 0) for i, shape in enumerate(shapes)]

    reshape(town, leave)
    town.each(lambda feature: feature["properties"].update(residents=100))


# --- shapes --------------------------------------------------------------------------------------------------------


@kind("not_polygon", "communities")
def communities_as_points(town: Town) -> None:
    reshape(town, lambda shapes: shapes.representative_point())


@kind("not_polygon", "communities")
def communities_as_lines(town: Town) -> None:
    reshape(town, lambda shapes: shapes.boundary)


@kind("not_polygon", "communities")
def community_without_shape(town: Town) -> None:
    town.first(lambda feature: feature.update(geometry=None))


@kind("not_polygon", "communities")
def community_with_empty_shape(town: Town) -> None:
    town.first(lambda feature: feature.update(geometry={"type": "Polygon", "coordinates": []}))


@kind("ring_mended", "communities")
def community_as_bow_tie(town: Town) -> None:
    def cross(feature: Feature) -> None:
        ring = feature["geometry"]["coordinates"][0]
        ring[1], ring[2] = ring[2], ring[1]

    town.first(cross)


@kind("ring_closed", "communities")
def community_ring_not_closed(town: Town) -> None:
    town.first(lambda feature: feature["geometry"]["coordinates"][0].pop())


@kind("not_polygon", "communities")
def community_without_area(town: Town) -> None:
    def flatten(feature: Feature) -> None:
        ring = feature["geometry"]["coordinates"][0]
        feature["geometry"]["coordinates"] = [[ring[0], ring[1], ring[0], ring[0]]]

    town.first(flatten)


@kind()
def communities_with_heights(town: Town) -> None:
    def raise_(feature: Feature) -> None:
        rings = feature["geometry"]["coordinates"]
        feature["geometry"]["coordinates"] = [[[*xy, 250.0] for xy in ring] for ring in rings]

    town.each(raise_)


@kind()
def communities_as_collections(town: Town) -> None:
    def collect(feature: Feature) -> None:
        corner = feature["geometry"]["coordinates"][0][0]
        point = {"type": "Point", "coordinates": corner}
        feature["geometry"] = {"type": "GeometryCollection", "geometries": [feature["geometry"], point]}

    town.each(collect)


@kind()
def communities_with_arcs(town: Town) -> None:
    pyogrio.write_dataframe(town.frame("communities.geojson"), town.path("communities.gml"), driver="GML")
    body = town.text("communities.gml")
    assert "LinearRing" in body
    body = body.replace(
        "<gml:LinearRing><gml:posList",
        "<gml:Ring><gml:curveMember><gml:Curve><gml:segments><gml:LineStringSegment><gml:posList",
    )
    body = body.replace(
        "</gml:posList></gml:LinearRing>",
        "</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve></gml:curveMember></gml:Ring>",
    )
    town.write("communities.gml", body)
    town.path("communities.xsd").unlink()
    town.use("communities.gml", "boundaries.communities")


@kind()
def schools_as_many_points(town: Town) -> None:
    schools = town.frame("schools.csv")
    many = shapely.multipoints(schools.geometry.to_numpy().reshape(-1, 1))
    schools.set_geometry(gpd.GeoSeries(many, crs=WGS84)).to_file(town.path("schools.geojson"))
    town.use("schools.geojson")


@kind("no_position", "schools", "1")
def school_without_shape(town: Town) -> None:
    schools = town.frame("schools.csv")
    schools.to_file(town.path("schools.geojson"))
    town.use("schools.geojson")
    town.first(lambda feature: feature.update(geometry=None), "schools.geojson")


@kind("no_position", "schools", "1")
def school_position_is_words(town: Town) -> None:
    town.frame("schools.csv").to_file(town.path("schools.geojson"))
    town.use("schools.geojson")
    town.first(lambda feature: feature["geometry"].update(coordinates=["106.5", "29.5"]), "schools.geojson")


@kind("no_position", "schools", "1")
def school_position_is_not_a_number(town: Town) -> None:
    town.frame("schools.csv").to_file(town.path("schools.geojson"))
    town.use("schools.geojson")
    town.first(lambda feature: feature["geometry"].update(coordinates=[float("nan"), 29.5]), "schools.geojson")


@kind("demand_mixed", "demand")
def homes_partly_areas(town: Town) -> None:
    def grow(shapes: gpd.GeoSeries) -> list[Any]:
        return [shape.buffer(0.00005) if i < 4 else shape for i, shape in enumerate(shapes)]

    homes = town.frame("homes.geojson")[["geometry"]]
    homes.set_geometry(gpd.GeoSeries(grow(homes.geometry), crs=WGS84)).to_file(town.path("homes.geojson"))


@kind("rows_repeated", "demand")
def homes_written_twice(town: Town) -> None:
    homes = town.frame("homes.geojson")
    twice = gpd.pd.concat([homes, homes.iloc[:6]])
    twice.to_file(town.path("homes.geojson"))


# --- codes ---------------------------------------------------------------------------------------------------------


@kind("code_twice", "communities")
def code_repeated(town: Town) -> None:
    town.first(lambda feature: feature["properties"].update(code="C02"))


@kind("code_missing", "communities", "1")
def code_missing(town: Town) -> None:
    town.first(lambda feature: feature["properties"].update(code=None))


@kind("codes_rounded", "communities")
def code_rounded(town: Town) -> None:
    town.first(lambda feature: feature["properties"].update(code="5.00103E+11"))


@kind("column_missing")
def code_column_missing(town: Town) -> None:
    town.write("communities.geojson", town.text("communities.geojson").replace('"code"', '"id_no"'))


@kind("communities_none")
def communities_none(town: Town) -> None:
    town.write("communities.geojson", '{"type": "FeatureCollection", "features": []}')


@kind("community_unnamed", "communities")
def community_unnamed(town: Town) -> None:
    town.first(lambda feature: feature["properties"].update(community=" "))


@kind("street_office_missing", "communities")
def street_office_missing(town: Town) -> None:
    town.first(lambda feature: feature["properties"].update(street_office=" "))


@kind("residents_missing", "communities")
def residents_missing(town: Town) -> None:
    town.first(lambda feature: feature["properties"].update(residents=None))


@kind("overlap", "communities")
def community_stands_twice_under_two_codes(town: Town) -> None:
    content = town.features()
    other = {**content["features"][0], "properties": {**content["features"][0]["properties"], "code": "C05"}}
    town.write("communities.geojson", json.dumps({**content, "features": [*content["features"], other]}))
