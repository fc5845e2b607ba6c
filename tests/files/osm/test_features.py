"""Facilities from OpenStreetMap by their tags: nodes, ways, relations, and what the edge of an extract cuts off."""

from collections.abc import Collection
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from worlds.studies import degrees

from cfgeo.files.osm.features import merge_named_lines, read_features, read_many_features

Tags = dict[str, tuple[str, ...]]
Member = tuple[str, int, str]

CORNERS = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100), 5: (40, 40), 6: (60, 40), 7: (60, 60), 8: (40, 60)}


def write(
    path: Path,
    *,
    nodes: dict[int, dict[str, str]] | None = None,
    ways: dict[int, tuple[list[int], dict[str, str]]] | None = None,
    relations: dict[int, tuple[list[Member], dict[str, str]]] | None = None,
    left_out: Collection[int] = (),
) -> Path:
    """Write elements over ``CORNERS`` and a few nodes more as OSM XML."""

    def written(tags: dict[str, str]) -> str:
        return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())

    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
    for node, xy in sorted(CORNERS.items()):
        lon, lat = degrees(*xy)
        if node not in left_out:
            lines.append(
                f'<node id="{node}" lon="{lon:.7f}" lat="{lat:.7f}">{written((nodes or {}).get(node, {}))}</node>'
            )
    for way, (refs, way_tags) in sorted((ways or {}).items()):
        if way not in left_out:
            lines.append(
                f'<way id="{way}">{"".join(f"<nd ref={quoteattr(str(r))}/>" for r in refs)}{written(way_tags)}</way>'
            )
    for relation, (members, relation_tags) in sorted((relations or {}).items()):
        inside = "".join(f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members)
        lines.append(f'<relation id="{relation}">{inside}{written(relation_tags)}</relation>')
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def shapes_of(path: Path, **tags: Any) -> dict[str, Any]:
    """Return the features by id, in metres."""
    table, findings = read_features(path, {k: v if isinstance(v, tuple) else (v,) for k, v in tags.items()})
    assert findings == []
    return dict(zip(table["@id"], table.to_crs("EPSG:32648").geometry, strict=True)) if len(table) else {}


PARK = {"leisure": "park", "name": "公园"}
RING = [1, 2, 3, 4, 1]


def test_nodes_ways_and_relations_are_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.osm",
        nodes={5: PARK},
        ways={
            10: (RING, PARK),
            11: ([1, 2], PARK),
            20: ([1, 2, 3], {}),
            21: ([3, 4, 1], {}),
            22: ([5, 6, 7, 8, 5], {}),
        },
        relations={
            30: (
                [("way", 20, "outer"), ("way", 21, "outer"), ("way", 22, "inner")],
                {"type": "multipolygon", **PARK},
            )
        },
    )
    shapes = shapes_of(path, leisure="park")
    assert set(shapes) == {"node/5", "way/10", "way/11", "relation/30"}
    assert [shapely.get_dimensions(shapes[name]) for name in ("node/5", "way/10", "way/11", "relation/30")] == [
        0,
        2,
        1,
        2,
    ]
    assert shapes["way/10"].area == pytest.approx(10_000, rel=1e-3)
    assert shapes["relation/30"].area == pytest.approx(10_000 - 400, rel=1e-3)
    assert shapes["way/11"].length == pytest.approx(100, rel=1e-3)


def test_features_keep_all_tags_and_have_their_kind(tmp_path: Path) -> None:
    path = write(tmp_path / "a.osm", ways={10: (RING, {"amenity": "school", "name": "一小", "ref:code": "007"})})
    table, _ = read_features(path, {"amenity": ("school", "kindergarten")})
    row = table.iloc[0]
    assert (row["kind"], row["name"], row["ref:code"], row["@id"]) == ("school", "一小", "007", "way/10")
    assert len(table) == 1


@pytest.mark.parametrize(
    ("tags", "nodes"),
    [
        ({"leisure": "park"}, {1, 3}),
        ({"leisure": ("park", "garden")}, {1, 2, 3}),
        ({"leisure": "*"}, {1, 2, 3}),
        ({"leisure": "park", "access": "yes"}, {1}),
        ({"access": "yes", "leisure": "park"}, {1}),
        ({"leisure": ("park", "garden"), "access": ("yes", "no")}, {1, 2}),
        ({"leisure": "p*k"}, {1, 3}),
        ({"name": "*步道*"}, {3}),
        ({"name": "步道*"}, set()),
        ({"leisure": "Park"}, set()),
        ({"leisure": "par"}, set()),
        ({"amenity": "*"}, set()),
    ],
)
def test_every_key_must_match_and_any_of_its_values(tmp_path: Path, tags: Any, nodes: set[int]) -> None:
    path = write(
        tmp_path / "a.osm",
        nodes={
            1: {"leisure": "park", "access": "yes"},
            2: {"leisure": "garden", "access": "no"},
            3: {"leisure": "park", "name": "山城步道二段"},
        },
    )
    assert set(shapes_of(path, **tags)) == {f"node/{node}" for node in nodes}


@pytest.mark.parametrize(
    ("tags", "dimension"),
    [
        ({"leisure": "park"}, 2),
        ({"highway": "footway"}, 1),
        ({"highway": "pedestrian", "area": "yes"}, 2),
        ({"barrier": "wall"}, 1),
        ({"building": "yes"}, 2),
    ],
)
def test_a_closed_way_is_an_area_unless_it_is_a_street_or_a_barrier(
    tmp_path: Path, tags: dict[str, str], dimension: int
) -> None:
    path = write(tmp_path / "a.osm", ways={10: (RING, tags)})
    key = next(iter(tags))
    shapes = shapes_of(path, **{key: "*"})
    assert set(shapes) == {"way/10"}
    assert shapely.get_dimensions(shapes["way/10"]) == dimension


def relation(tmp_path: Path, *, left_out: set[int], kind: str = "multipolygon") -> Path:
    members: list[Member] = [("way", 20, "outer"), ("way", 21, "outer"), ("way", 22, "outer")]
    return write(
        tmp_path / "a.osm",
        ways={20: ([1, 2], {}), 21: ([2, 3], {}), 22: ([3, 4, 1], {})},
        relations={30: (members, {"type": kind, "route": "hiking", "boundary": "administrative", "name": "东区"})},
        left_out=left_out,
    )


@pytest.mark.parametrize("kind", ["multipolygon", "boundary"])
def test_an_outline_that_lacks_one_stretch_is_closed_with_a_straight_line(tmp_path: Path, kind: str) -> None:
    table, findings = read_features(relation(tmp_path, left_out={21}, kind=kind), {"boundary": ("*",)})
    assert table["@id"].tolist() == ["relation/30"]
    assert table["name"].tolist() == ["东区"]
    assert table.to_crs("EPSG:32648").area.iloc[0] == pytest.approx(10_000, rel=1e-3)
    assert [(row["rule"], row["row"], row["severity"]) for row in findings] == [
        ("osm_closed", "relation/30", "warning")
    ]
    assert findings[0]["values"]["share"] == pytest.approx(0.25, abs=0.03)
    assert findings[0]["values"]["name"] == "东区"


def test_an_outline_of_several_rings_of_which_one_lacks_a_stretch_is_closed(tmp_path: Path) -> None:
    members: list[Member] = [("way", way, "outer") for way in (10, 20, 21, 22, 23)]
    path = write(
        tmp_path / "a.osm",
        ways={10: ([1, 2, 5, 1], {}), 20: ([7, 3], {}), 21: ([3, 4], {}), 22: ([4, 8], {}), 23: ([8, 7], {})},
        relations={30: (members, {"type": "multipolygon", **PARK})},
        left_out={23},
    )
    table, findings = read_features(path, {"leisure": ("park",)})
    # A triangle of 100 m × 40 m, and a trapezoid with sides of 100 m and 20 m, of which the short one is missing.
    assert table.to_crs("EPSG:32648").area.to_numpy() == pytest.approx([2000 + 2400], rel=1e-3)
    assert [(row["rule"], row["row"]) for row in findings] == [("osm_closed", "relation/30")]
    outline_m = (100 + 40 * 2**0.5 + 20 * 13**0.5) + (100 + 20 + 2 * 40 * 2**0.5)
    assert findings[0]["values"]["share"] == pytest.approx(20 / outline_m, abs=0.005)


def test_an_outline_that_lacks_two_stretches_is_left_out_and_reported(tmp_path: Path) -> None:
    members: list[Member] = [("way", way, "outer") for way in (20, 21, 22, 23)]
    path = write(
        tmp_path / "a.osm",
        ways={20: ([1, 2], {}), 21: ([2, 3], {}), 22: ([3, 4], {}), 23: ([4, 1], {})},
        relations={30: (members, {"type": "multipolygon", **PARK})},
        left_out={21, 23},
    )
    table, findings = read_features(path, {"leisure": ("park",)})
    assert len(table) == 0
    assert [(row["rule"], row["row"]) for row in findings] == [("osm_incomplete", "relation/30")]


def test_a_whole_outline_is_no_finding(tmp_path: Path) -> None:
    table, findings = read_features(relation(tmp_path, left_out=set()), {"boundary": ("*",)})
    assert (len(table), findings) == (1, [])


def test_a_route_is_no_area(tmp_path: Path) -> None:
    table, _ = read_features(relation(tmp_path, left_out={21}, kind="route"), {"route": ("hiking",)})
    assert not (shapely.get_dimensions(table.geometry.to_numpy()) == 2).any()


def test_a_way_whose_nodes_are_missing_is_reported_as_incomplete(tmp_path: Path) -> None:
    path = write(tmp_path / "a.osm", ways={10: ([1, 2], PARK), 11: ([97, 98], PARK)})
    table, findings = read_features(path, {"leisure": ("park",)})
    assert table["@id"].tolist() == ["way/10"]
    assert [(row["rule"], row["row"]) for row in findings] == [("osm_incomplete", "way/11")]


def test_a_closed_way_whose_nodes_are_missing_is_reported_as_incomplete(tmp_path: Path) -> None:
    path = write(tmp_path / "a.osm", ways={10: (RING, PARK)}, left_out={2, 3})
    table, findings = read_features(path, {"leisure": ("park",)})
    assert len(table) == 0
    assert [row["row"] for row in findings] == ["way/10"]


def test_tags_in_any_language_and_with_any_sign(tmp_path: Path) -> None:
    name = "A \"b\" <c> & 'd' 步道 🚸"
    path = write(tmp_path / "a.osm", nodes={1: {"amenity": "school", "name": name}})
    assert read_features(path, {"amenity": ("*",)})[0]["name"].tolist() == [name]


def test_no_feature_is_a_table_without_rows(tmp_path: Path) -> None:
    table, findings = read_features(write(tmp_path / "a.osm"), {"amenity": ("school",)})
    assert len(table) == 0
    assert findings == []
    assert {"@id", "kind"} <= set(table.columns)
    assert table.crs == "EPSG:4326"


def test_the_same_file_gives_the_same_table(tmp_path: Path) -> None:
    path = write(tmp_path / "a.osm", nodes={5: PARK, 1: PARK}, ways={10: (RING, PARK), 11: ([1, 2], PARK)})
    first, second = (read_features(path, {"leisure": ("park",)})[0] for _ in range(2))
    assert first["@id"].tolist() == second["@id"].tolist()
    assert first.geometry.geom_equals(second.geometry).all()


def box_of(west: float, south: float, east: float, north: float) -> tuple[float, float, float, float]:
    """Return a box given in metres, in degrees."""
    return (*degrees(west, south), *degrees(east, north))


def test_features_outside_the_box_are_left_out(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.osm",
        nodes={1: PARK, 5: PARK},
        ways={10: (RING, PARK), 11: ([5, 6], PARK), 12: ([1, 2], PARK), 13: ([5, 6, 7, 8, 5], PARK)},
    )
    tags = {"leisure": ("park",)}
    everything, _ = read_features(path, tags)
    assert set(everything["@id"]) == {"node/1", "node/5", "way/10", "way/11", "way/12", "way/13"}
    near, findings = read_features(path, tags, bbox=box_of(30, 30, 45, 45))
    assert set(near["@id"]) == {"node/5", "way/10", "way/11", "way/13"}  # the ring around the box has no corner in it
    assert findings == []


def test_a_relation_outside_the_box_is_neither_read_nor_incomplete(tmp_path: Path) -> None:
    far = box_of(500, 500, 600, 600)
    for left_out in (set[int](), {21}):  # whole, and with a stretch missing
        path = relation(tmp_path, left_out=left_out)
        table, findings = read_features(path, {"boundary": ("*",)}, bbox=far)
        assert (len(table), findings) == (0, [])
        table, _ = read_features(path, {"boundary": ("*",)}, bbox=box_of(10, 10, 600, 600))
        assert table["@id"].tolist() == ["relation/30"]


QUERIES: list[Tags] = [
    {"amenity": ("school", "kindergarten")},
    {"leisure": ("park", "garden", "playground")},
    {"amenity": ("kindergarten", "childcare")},
    {"highway": ("steps",), "name": ("*e*",)},
    {"boundary": ("administrative",), "admin_level": ("10",)},
]


@pytest.mark.shared
@pytest.mark.parametrize("more", [[], [{"building": ("*",)}]])
def test_layers_read_together_equal_those_read_alone(shared_data: Path, more: list[Tags]) -> None:
    path = shared_data / "monaco" / "monaco.osm.pbf"
    queries = [*QUERIES, *more]
    for tags, (table, findings) in zip(queries, read_many_features(path, queries), strict=True):
        alone, found_alone = read_features(path, tags)
        assert len(table) > 0
        assert findings == found_alone
        assert_geodataframe_equal(table, alone, check_like=True)


def lines(*named: tuple[str | None, shapely.Geometry]) -> gpd.GeoDataFrame:
    table = {"name": [name for name, _ in named], "kind": "footway"}
    return gpd.GeoDataFrame(table, geometry=[shape for _, shape in named], crs="EPSG:32648")


def test_a_walkway_of_many_ways_is_one_feature() -> None:
    near, next_, far = (shapely.LineString([(i, 0), (i + 1, 0)]) for i in (0, 1, 7))
    merged = merge_named_lines(lines(("A步道", near), ("A步道", next_), ("B步道", far), (None, near), ("", next_)))
    assert sorted(merged["name"].dropna()) == ["", "A步道", "B步道"]
    assert merged.length.sum() == 5
    assert merged.set_index("name").geometry["A步道"].length == 2


def test_points_and_areas_of_one_name_stay_apart() -> None:
    point, area = shapely.Point(0, 0), shapely.box(0, 0, 1, 1)
    assert len(merge_named_lines(lines(("A", point), ("A", point), ("A", area)))) == 3


def test_nodes_beyond_the_globe_have_no_place(tmp_path: Path) -> None:
    path = tmp_path / "a.osm"
    lats = {1: 29.5, 2: 200, 3: 29.6}
    nodes = "".join(f'<node id="{i}" version="1" lat="{lat}" lon="106.5"/>' for i, lat in lats.items())
    ways = "".join(
        f'<way id="{i}" version="1"><nd ref="{a}"/><nd ref="{b}"/><tag k="highway" v="path"/></way>'
        for i, a, b in ((7, 1, 2), (8, 1, 3))
    )
    path.write_text(f'<osm version="0.6">{nodes}{ways}</osm>', encoding="utf-8")
    for box in (None, (106.0, 29.0, 107.0, 30.0)):
        table, _ = read_features(path, {"highway": ("path",)}, bbox=box)
        assert list(table["@id"]) == ["way/8"]
