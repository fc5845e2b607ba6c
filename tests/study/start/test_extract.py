"""One file of an area: cut out whole, or put together from Overpass's answers without loss."""

from pathlib import Path
from typing import Any

import osmium
import pytest
from worlds.osm_elements import area, node, way

from cfgeo.core.errors import InputError
from cfgeo.study.start.extract import clip, ends_within, write_elements

BOX = (106.50, 29.50, 106.60, 29.60)


ELEMENTS = [
    node(1, 106.55, 29.55, amenity="school", name="小学"),
    node(2, 106.55, 29.56),
    node(3, 106.65, 29.56),
    node(4, 106.65, 29.65, amenity="school"),
    node(5, 106.66, 29.66),
    node(6, 106.66, 29.64),
    node(11_000_000_000, 106.1234567, 29.7654321),
    way(10, [2, 3], highway="footway"),
    way(11, [4, 5], highway="footway"),
    way(12, [2, 11_000_000_000], boundary="administrative"),
    way(13, [11_000_000_000, 3, 2]),
    way(14, [4, 5, 6, 4]),
    area(20, [12, 13], type="boundary", admin_level="10", name="里"),
    area(21, [14], type="multipolygon", leisure="park"),
    area(22, [12, 14], type="boundary", admin_level="4", name="省"),
    area(23, [12], type="route", name="线"),
]


def ids(path: Path) -> list[str]:
    kinds = {"n": "node", "w": "way", "r": "relation"}
    return [f"{kinds[item.type_str()]}/{item.id}" for item in osmium.FileProcessor(str(path))]


def test_elements_of_overpass_are_written_once_in_order_and_to_the_last_digit(tmp_path: Path) -> None:
    (tmp_path / "渝中").mkdir()
    write_elements([*reversed(ELEMENTS), *ELEMENTS], tmp_path / "渝中" / "a.osm.pbf")
    (tmp_path / "渝中" / "a.osm.pbf").replace(tmp_path / "a.osm.pbf")
    assert ids(tmp_path / "a.osm.pbf") == [f"{e['type']}/{e['id']}" for e in ELEMENTS]
    for item, element in zip(osmium.FileProcessor(str(tmp_path / "a.osm.pbf")), ELEMENTS, strict=True):
        assert dict(item.tags) == element.get("tags", {})
        if item.is_node():
            assert (item.lon, item.lat) == (element["lon"], element["lat"])
        elif item.is_way():
            assert [n.ref for n in item.nodes] == element["nodes"]
        else:
            assert [(m.type, m.ref, m.role) for m in item.members] == [
                ("w", m["ref"], m["role"]) for m in element["members"]
            ]


def test_the_same_elements_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_elements(ELEMENTS, tmp_path / f"{name}.osm.pbf")
    assert (tmp_path / "a.osm.pbf").read_bytes() == (tmp_path / "b.osm.pbf").read_bytes()


@pytest.mark.parametrize("broken", [{"type": "node", "id": 9}, {"type": "way", "id": 9}, {"type": "way", "nodes": [1]}])
def test_an_element_that_is_none_is_a_clear_error(tmp_path: Path, broken: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        write_elements([broken], tmp_path / "a.osm.pbf")


def test_a_clip_holds_whole_what_touches_the_box_and_no_province(tmp_path: Path) -> None:
    write_elements(ELEMENTS, tmp_path / "a.osm.pbf")
    date = clip(tmp_path / "a.osm.pbf", tmp_path / "b.osm.pbf", bbox=BOX)
    assert date == ""  # neither the file nor its elements say
    # 3 and the far node belong to ways that touch; 13 has no tags, but bounds 里.
    expected = ["node/1", "node/2", "node/3", "node/11000000000", "way/10", "way/12", "way/13", "relation/20"]
    assert ids(tmp_path / "b.osm.pbf") == expected


@pytest.mark.parametrize(
    ("stamps", "date"), [(["2023-01-02", "2024-05-06"], "2024-05-06"), (["2023-01-02", "2022-05-06"], "2023-01-02")]
)
def test_the_date_is_that_of_the_latest_element(tmp_path: Path, stamps: list[str], date: str) -> None:
    nodes = "".join(
        f'<node id="{nth}" version="1" timestamp="{stamp}T10:00:00Z" lon="106.55" lat="29.55"><tag k="a" v="b"/></node>'
        for nth, stamp in enumerate(stamps, start=1)
    )
    (tmp_path / "渝.osm").write_text(f'<osm version="0.6">{nodes}</osm>', encoding="utf-8")
    assert clip(tmp_path / "渝.osm", tmp_path / "b.osm.pbf", bbox=BOX) == date


@pytest.mark.parametrize(
    ("bounds", "ends"),
    [
        ("", False),
        ('<bounds minlon="106.4" minlat="29.4" maxlon="106.7" maxlat="29.7"/>', False),
        ('<bounds minlon="106.4" minlat="29.4" maxlon="106.55" maxlat="29.7"/>', True),
        ('<bounds minlon="106.4" minlat="29.55" maxlon="106.7" maxlat="29.7"/>', True),
    ],
)
def test_an_extract_says_how_far_it_reaches(tmp_path: Path, bounds: str, ends: bool) -> None:
    (tmp_path / "a.osm").write_text(
        f'<osm version="0.6">{bounds}<node id="1" lon="106.5" lat="29.5"/></osm>', encoding="utf-8"
    )
    assert ends_within(tmp_path / "a.osm", BOX) == ends


def test_a_damaged_extract_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "a.osm.pbf").write_bytes(b"\x00\x01 nothing of the kind")
    with pytest.raises(InputError, match=r"a\.osm\.pbf cannot be read"):
        clip(tmp_path / "a.osm.pbf", tmp_path / "b.osm.pbf", bbox=BOX)
