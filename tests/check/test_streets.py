"""Ways that ought to meet and do not are found, with their places; bridges, spirals and stairs to doors are not."""

from typing import Any

import pytest
import shapely
from shapely import LineString, box
from worlds.studies import places
from worlds.town import CRS, at, moved, town_communities, town_layers, town_network

from cfgeo import Inputs, Network, describe_findings
from cfgeo.check.streets import check_junctions, check_network, check_unserved
from cfgeo.core.findings import findings_table
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.files.osm.lines import streets_from_lines
from cfgeo.network.build import build_network

DISTRICT = moved(box(-500, -500, 500, 500))


def streets(*lines: list[tuple[float, float]], **columns: list[Any]) -> Network:
    """Return a network of straight lines in local metres, with OpenStreetMap's keys as columns."""
    values = {"osm_id": list(range(1, len(lines) + 1)), "highway": "residential", **columns}
    return build_network(streets_from_lines(places([moved(LineString(xy)) for xy in lines], **values)), crs=CRS)


ROW, COLUMN = [(-100.0, 0.0), (100.0, 0.0)], [(0.0, -100.0), (0.0, 100.0)]


def test_detached_streets_are_a_note_until_they_are_many() -> None:
    network = town_network()
    rows = check_network(network)
    assert [(row["rule"], row["severity"]) for row in rows] == [("network_pieces", "warning")]
    assert rows[0]["values"]["pieces"] == 1
    assert rows[0]["values"]["km"] == 0.1
    assert rows[0]["values"]["share"] == pytest.approx(0.1 / network.length_km())


def test_communities_without_a_street_are_named() -> None:
    town, communities = town_network(), town_communities()
    assert check_unserved(communities, town, snap_m=100) == []
    (row,) = check_unserved(communities, town, snap_m=20)
    assert row["values"] == {"count": 1, "codes": ("C04",), "snap_m": 20}
    assert town_layers()["schools"].crs == communities.crs


def test_a_sound_network_has_no_findings() -> None:
    assert check_junctions(town_network(), town_communities().union_all()) == []
    assert check_junctions(streets([ROW[0], (0, 0), ROW[1]], [COLUMN[0], (0, 0), COLUMN[1]]), DISTRICT) == []


def test_ways_that_cross_without_a_node_are_one_finding_with_the_places() -> None:
    third = [(50.0, -100.0), (50.0, 100.0)]
    (row,) = check_junctions(streets(ROW, COLUMN, third), DISTRICT)
    assert (row["rule"], row["severity"], row["layer"]) == ("ways_unjoined", "warning", "network")
    assert row["values"] == {"count": 2, "ways": ("way/1 × way/2", "way/1 × way/3")}
    assert row["at"].equals(shapely.MultiPoint([at(0, 0), at(50, 0)]))


@pytest.mark.parametrize("tags", [{"bridge": ["yes", ""]}, {"tunnel": ["", "yes"]}, {"layer": ["1", ""]}])
def test_a_way_above_another_is_no_crossing(tags: dict[str, list[str]]) -> None:
    assert check_junctions(streets(ROW, COLUMN, **tags), DISTRICT) == []


def test_a_spiral_and_crossings_elsewhere_are_no_findings() -> None:
    loop = [(-100.0, 0.0), (100.0, 0.0), (100.0, 50.0), (0.0, 50.0), (0.0, -50.0)]
    assert check_junctions(streets(loop, [(-100, 0), (-100, 90)]), DISTRICT) == []
    assert check_junctions(streets(ROW, COLUMN), moved(box(200, 200, 300, 300))) == []


def test_a_way_that_stops_short_of_another_is_found() -> None:
    (row,) = check_junctions(streets(ROW, [(0, 0.4), (0, 100)]), DISTRICT)
    assert row["values"] == {"count": 1, "ways": ("way/2 × way/1",)}
    assert row["at"].geoms[0].distance(at(0, 0.4)) < 1e-6
    assert check_junctions(streets(ROW, [(0, 0.6), (0, 100)]), DISTRICT) == []


def test_lines_without_ids_are_counted() -> None:
    (row,) = check_junctions(streets(ROW, COLUMN, osm_id=[0, 0]), DISTRICT)
    assert row["values"] == {"count": 1, "ways": ("–",)}


def stairs(end_y: float, **tags: list[str]) -> Network:
    """Return a street, another 100 m north of it, and stairs up from it that end at some height."""
    return streets(
        [(-100, 0), (0, 0), (100, 0)],
        [(-100, 100), (100, 100)],
        [(0, 0), (0, end_y)],
        highway=["residential", "residential", "steps"],
        **tags,
    )


def test_stairs_that_end_in_front_of_a_street_are_found() -> None:
    (row,) = check_junctions(stairs(86), DISTRICT)
    assert (row["rule"], row["severity"]) == ("stairs_loose", "warning")
    assert row["values"] == {"count": 1, "near_m": 15, "ways": ("way/3",)}
    assert row["at"].equals(shapely.MultiPoint([at(0, 86)]))


def test_stairs_to_a_door_or_under_a_bridge_are_not_accused() -> None:
    assert check_junctions(stairs(50), DISTRICT) == []
    assert check_junctions(stairs(86, bridge=["", "yes", ""]), DISTRICT) == []
    assert check_junctions(stairs(86), moved(box(-500, -500, 500, 80))) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_findings_have_words_in_both_languages(lang: Lang) -> None:
    rows = [*check_network(town_network()), *check_junctions(streets(ROW, COLUMN), DISTRICT)]
    words = describe_findings(findings_table([*rows, *check_junctions(stairs(86), DISTRICT)]), lang)
    assert not words["what"].str.contains("{", regex=False).any()
    assert words["rule"].tolist() == ["network_pieces", "ways_unjoined", "stairs_loose"]


def test_a_real_city_has_few_of_them_and_they_are_real(yuzhong: Inputs) -> None:
    """The outline of a square (大唐广场) and a footway across it have no node in common, as the file stands."""
    rows = {row["rule"]: row for row in check_junctions(yuzhong.network, yuzhong.communities.union_all())}
    assert rows["ways_unjoined"]["values"] == {"count": 1, "ways": ("way/831047037 × way/1262215487",)}
    # Stairs of an underpass beside a secondary road: their upper end is on no other way.
    assert "way/176512379" in rows["stairs_loose"]["values"]["ways"]
    assert 50 < rows["stairs_loose"]["values"]["count"] < 90
