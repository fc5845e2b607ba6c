"""Networks and elevation that are cut, of another place, or hold nothing to walk on."""

import re
from typing import Any

import numpy as np
import osmium
import rasterio
from worlds.bad_inputs.make import Town, kind
from worlds.town import BRIDGE_NORTH, CRS, NODES, STEPS, WAYS, at, write_osm


def land(town: Town, height_m: Any, *, x: float = -1000, **profile: Any) -> None:
    """Write an elevation raster around the town, and name it in the study."""
    z = np.broadcast_to(np.asarray(height_m, dtype="float32"), (100, 100)).copy()
    corner = at(x, 1500)
    where = {"crs": CRS, "transform": rasterio.Affine(30, 0, corner.x, 0, -30, corner.y), **profile}
    with rasterio.open(
        town.path("land.tif"), "w", driver="GTiff", dtype="float32", count=1, height=100, width=100, **where
    ) as file:
        file.write(z, 1)
    town.add('elevation = "land.tif"', "network")
    town.edit('elevation = "land.tif"\npath = "streets.osm"', 'path = "streets.osm"\nelevation = "land.tif"')


@kind("osm_empty")
def streets_of_no_bytes(town: Town) -> None:
    town.write("streets.osm", b"")


@kind("osm_unreadable")
def streets_cut(town: Town) -> None:
    body = town.path("streets.osm").read_bytes()
    town.write("streets.osm", body[: len(body) * 2 // 3])


@kind("osm_nul")
def streets_with_a_zero_in_a_text(town: Town) -> None:
    plain = osmium.io.File(str(town.path("streets.osm").with_suffix(".osm.pbf")), "pbf,pbf_compression=none")
    with osmium.SimpleWriter(plain) as writer:
        for element in osmium.FileProcessor(str(town.path("streets.osm"))):
            writer.add(element)
    body = town.path("streets.osm.pbf").read_bytes()
    town.write("streets.osm.pbf", body.replace(b"steps", b"st\x00ps"))
    town.use("streets.osm.pbf", "network")


@kind("osm_misnamed")
def streets_are_no_pbf(town: Town) -> None:
    town.write("streets.osm.pbf", town.path("streets.osm").read_bytes())
    town.use("streets.osm.pbf", "network")


@kind("network_not_walked")
def streets_are_rivers(town: Town) -> None:
    town.write("streets.osm", town.text("streets.osm").replace('k="highway"', 'k="waterway"'))


@kind("network_elsewhere")
def streets_of_another_city(town: Town) -> None:
    body = town.text("streets.osm")
    town.write("streets.osm", re.sub(r'lon="106\.', 'lon="114.', body))


@kind("community_without_street")
def streets_of_one_half(town: Town) -> None:
    south = {node: xy for node, xy in NODES.items() if xy[1] <= 100}
    ways = [(way, [n for n in nodes if n in south], tags) for way, nodes, tags, _ in WAYS]
    write_osm(town.path("streets.osm"), south, [way for way in ways if len(way[1]) > 1])
    town.write("study.toml", town.text("study.toml").replace('[demand]\npath = "homes.geojson"\n', ""))


@kind("network_not_walked")
def streets_without_ways(town: Town) -> None:
    write_osm(town.path("streets.osm"), NODES, [])


@kind("graph_positions")
def graph_without_positions(town: Town) -> None:
    town.write(
        "streets.graphml",
        '<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="directed">'
        '<node id="1"/><node id="2"/><edge source="1" target="2"/></graph></graphml>',
    )
    town.use("streets.graphml", "network")


@kind("file_unreadable")
def graph_cut(town: Town) -> None:
    town.write("streets.graphml", '<?xml version="1.0"?><graphml><graph edgedefault="directed"><node id="1"')
    town.use("streets.graphml", "network")


@kind("network_not_walked")
def streets_are_areas(town: Town) -> None:
    town.use("communities.geojson", "network")


@kind("osm_datum")
def streets_of_osm_in_another_datum(town: Town) -> None:
    town.use("streets.osm", "network")
    town.edit('path = "streets.osm"\n', 'path = "streets.osm"\ndatum = "gcj02"\n')


@kind("table_alone")
def streets_of_osm_with_a_table(town: Town) -> None:
    town.use("streets.osm", "network")
    town.add('table = "lines"', "network")


@kind("table_alone")
def streets_of_a_graph_with_a_table(town: Town) -> None:
    town.write("streets.graphml", "<graphml/>")
    town.use("streets.graphml", "network")
    town.add('table = "lines"', "network")


@kind("table_alone")
def layer_of_osm_with_a_table(town: Town) -> None:
    town.edit(
        '[layers.stations]\npath = "stations.csv"', '[layers.stations]\nosm = { highway = "steps" }\ntable = "points"'
    )


@kind("osm_datum")
def layer_of_osm_in_another_datum(town: Town) -> None:
    town.edit(
        '[layers.stations]\npath = "stations.csv"', '[layers.stations]\nosm = { highway = "steps" }\ndatum = "gcj02"'
    )


@kind("layer_empty", "stations")
def layer_of_osm_with_tags_that_nothing_has(town: Town) -> None:
    town.edit('[layers.stations]\npath = "stations.csv"', '[layers.stations]\nosm = { amenity = "schoool" }')


@kind("osm_from_other_file")
def layer_by_tags_from_a_csv(town: Town) -> None:
    town.edit('path = "stations.csv"', 'path = "stations.csv"\nosm = { amenity = "school" }')


@kind("steps_too_steep", "network", str(STEPS))
def steps_of_three_hundred_metres(town: Town) -> None:
    town.edit('v="150"', 'v="1900"', "streets.osm")


@kind("step_count_unread", "network")
def steps_of_a_negative_number(town: Town) -> None:
    town.edit('v="150"', 'v="-150"', "streets.osm")


@kind("steps_too_flat", "network", str(STEPS))
def steps_of_a_single_step(town: Town) -> None:
    town.edit('v="150"', 'v="1"', "streets.osm")


@kind("trail_hard", "network")
def stairs_that_only_climbers_take(town: Town) -> None:
    town.edit('<tag k="step_count" v="150"/>', '<tag k="sac_scale" v="Alpine_Hiking"/>', "streets.osm")


@kind("gates_closed", "network")
def a_private_gate_on_the_bridge(town: Town) -> None:
    private = '<tag k="barrier" v="gate"/><tag k="access" v="Private"/></node>'
    body = town.text("streets.osm")
    town.write("streets.osm", re.sub(rf'(<node id="{BRIDGE_NORTH}"[^>]*>)</node>', rf"\1{private}", body))


@kind("highway_unknown", "network")
def a_class_of_street_misspelt(town: Town) -> None:
    town.edit('v="residential"', 'v="residental"', "streets.osm")


@kind()
def classes_of_streets_in_capitals_and_with_blanks(town: Town) -> None:
    body = town.text("streets.osm")
    town.write("streets.osm", body.replace('v="residential"', 'v=" Residential "').replace('v="steps"', 'v="STEPS"'))


@kind("graph_crs")
def graph_in_metres_without_crs(town: Town) -> None:
    town.write(
        "streets.graphml",
        '<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
        '<key id="x" for="node" attr.name="x" attr.type="double"/>'
        '<key id="y" for="node" attr.name="y" attr.type="double"/>'
        '<graph edgedefault="directed"><node id="1"><data key="x">650000.0</data><data key="y">3270000.0</data></node>'
        '<node id="2"><data key="x">650100.0</data><data key="y">3270000.0</data></node>'
        '<edge source="1" target="2"/></graph></graphml>',
    )
    town.use("streets.graphml", "network")


@kind("elevation_implausible")
def land_in_decimetres(town: Town) -> None:
    land(town, 25_000)


@kind("elevation_elsewhere")
def land_of_another_place(town: Town) -> None:
    land(town, 250, x=200_000)


@kind("elevation_elsewhere")
def land_is_void(town: Town) -> None:
    land(town, -9999, nodata=-9999)


@kind("elevation_feet")
def land_in_feet(town: Town) -> None:
    land(town, 800)
    with rasterio.open(town.path("land.tif"), "r+") as file:
        file.units = ["ft"]


@kind("slope_capped")
def land_rougher_than_a_street(town: Town) -> None:
    land(town, np.random.default_rng(1).uniform(0, 900, (100, 100)))


@kind("elevation_without_crs")
def land_without_crs(town: Town) -> None:
    land(town, 250, crs=None)


@kind("file_unreadable")
def land_is_words(town: Town) -> None:
    land(town, 250)
    town.write("land.tif", "N29E106")
