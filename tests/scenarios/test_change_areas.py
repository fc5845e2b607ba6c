"""Changes of streets where there are squares: the same as reading files that were edited so."""

from collections.abc import Callable

import pandas as pd
import pytest
import shapely
from shapely import LineString, Polygon, box
from worlds.squares import Town, town
from worlds.town import CRS, moved

from cfgeo import LinkChange, Network
from cfgeo.network.build import build_network, network_of
from cfgeo.network.edges import cut_again, cut_ways
from cfgeo.scenarios.change_ways import changed_ways, ways_beside

SQUARE = box(0, 0, 80, 60)
DOORS = [(0, 0), (80, 60), (80, 0)]
Edit = Callable[[Town], None]


def squares(mapped: str) -> Town:
    """Return a town with a square with a fountain, and one without beside it."""
    with_fountain = SQUARE - Polygon([(30, 25), (50, 25), (50, 35), (30, 35)])
    made = town(SQUARE if mapped == "way" else with_fountain, DOORS, mapped=mapped)
    made.add_square(box(100, 0, 150, 40), [(100, 0), (150, 40)])
    made.add_way([made.add_node(80, 0), made.add_node(100, 0)], "footway", "name=连廊")
    return made


def changed(made: Town, *changes: LinkChange) -> tuple[Network, Network]:
    """Return the network after changes, cut again where they touch it, and cut as a whole."""
    before = cut_ways(made.streets(), crs=CRS)
    ways, same, _, faults = changed_ways(before, changes)
    assert not faults
    again, was = cut_again(before, ways, same)
    assert len(was) == len(again.all_lines)
    stays = was >= 0
    assert (again.all_ids[stays] == before.all_ids[was[stays]]).all()
    assert shapely.equals_exact(again.all_lines[stays], before.all_lines[was[stays]]).all()
    return network_of(again), build_network(ways, crs=CRS)


def crossings(network: Network) -> list[bytes]:
    """Return the ways across squares, to a millimetre, in either direction."""
    lines = shapely.normalize(shapely.set_precision(network.edges.geometry.to_numpy(), 0.001))
    return sorted(shapely.to_wkb(lines[network.edges["across"].to_numpy()]).tolist())


def assert_as_edited(made: Town, edit: Edit, *changes: LinkChange) -> Network:
    """Check a change against a file in which it was made."""
    again, whole = changed(made, *changes)
    plain = [pd.DataFrame(each.edges.drop(columns="geometry")) for each in (again, whole)]
    pd.testing.assert_frame_equal(*plain, rtol=0, atol=1e-9)
    edit(made)
    expected = made.network()
    assert crossings(again) == crossings(expected)
    assert again.length_km() == pytest.approx(expected.length_km(), abs=1e-9)
    return again


@pytest.mark.parametrize("mapped", ["way", "relation", "split"])
def test_a_square_that_is_closed_is_not_crossed_any_more(mapped: str) -> None:
    made = squares(mapped)

    def edit(made: Town) -> None:
        for tags in (*made.osm.way_tags.values(), *(tags for _, tags in made.osm.relations.values())):
            if tags.get("name") == "大广场":
                del tags["highway"]

    network = assert_as_edited(made, edit, LinkChange("close", street="大广场"))
    assert not network.edges["across"].any()


def test_a_square_that_is_closed_by_its_way_leaves_the_others() -> None:
    made = squares("way")
    way = next(way for way, tags in made.osm.way_tags.items() if tags.get("area") == "yes")
    network = assert_as_edited(made, lambda made: made.osm.way_tags[way].clear(), LinkChange("close", way=way))
    assert network.edges["across"].sum() == 1


def test_a_stretch_of_an_outline_that_is_closed_leaves_the_square() -> None:
    made = squares("split")
    way = next(way for way, tags in made.osm.way_tags.items() if not tags)
    before = crossings(made.network())

    def edit(made: Town) -> None:
        made.osm.way_tags[way]["foot"] = "no"

    network = assert_as_edited(made, edit, LinkChange("close", way=way))
    assert set(before) <= set(crossings(network))


def test_a_street_that_is_closed_enters_no_square() -> None:
    made = squares("relation")
    (way,) = (way for way, tags in made.osm.way_tags.items() if tags.get("name") == "连廊")
    before = crossings(made.network())
    network = assert_as_edited(made, lambda made: made.osm.way_tags[way].clear(), LinkChange("close", way=way))
    assert crossings(network) != before or len(before) == network.edges["across"].sum()


@pytest.mark.parametrize("mapped", ["way", "relation", "split"])
def test_a_link_that_is_drawn_to_the_outline_enters_there(mapped: str) -> None:
    made = squares(mapped)
    start, end = (40.0, 60.0), (40.0, 75.0)
    change = LinkChange("add", "walkway", shape=moved(LineString([(40, 62), end])), tags={"highway": "footway"})
    made.add_way([made.add_node(0, 75), made.add_node(*end), made.add_node(80, 75)], "footway")
    n_before = made.network().edges["across"].sum()

    def edit(made: Town) -> None:
        outline = next(
            way
            for way, refs in made.osm.ways.items()
            if {made.nodes[0.0, 60.0], made.nodes[80.0, 60.0]} <= set(refs) and len(refs) > 2
        )
        node = made.add_node(*start)
        made.osm.node_tags[node] = {}
        made.osm.put_into(outline, node)
        made.add_way([node, made.nodes[end]], "footway")

    again, whole = changed(made, change)
    assert crossings(again) == crossings(whole)
    assert again.edges["across"].sum() > n_before
    edit(made)
    expected = made.network()
    assert again.edges["across"].sum() == expected.edges["across"].sum()
    assert sum(again.edges["length_m"]) == pytest.approx(sum(expected.edges["length_m"]), abs=0.5)


def test_a_refitted_copy_of_steps_beside_them_is_crossed() -> None:
    made = town(SQUARE, DOORS, tags=("highway=steps", "area=yes"))
    made.add_square(box(100, 0, 150, 40), [(100, 0), (150, 40)])
    cut = cut_ways(made.streets(), crs=CRS)
    ways = cut.streets.ways
    way = int(ways.loc[ways["form"] == "steps", "osm_id"].iloc[0])
    beside, _ = ways_beside(cut.streets, [LinkChange("refit", way=way, tags={"highway": "footway"})])
    edges = build_network(beside, crs=CRS).edges
    crossed = edges[edges["across"]]
    assert set(crossed["osm_id"]) == {1 + int(ways["osm_id"].max()), *cut.streets.areas.table["osm_id"]} - {way}
    assert set(crossed["highway"]) == {"footway", "pedestrian"}
