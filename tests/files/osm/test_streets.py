"""OpenStreetMap files into street ways: whole, clipped, compressed, damaged."""

import bz2
import gzip
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds.studies import WGS84, degrees
from worlds.town import CRS, LIFT, WAYS, at, write_osm, write_town

from cfgeo import CfgeoError, InputError, read_network
from cfgeo.core.schema import Network
from cfgeo.core.strings import LANGUAGES
from cfgeo.files.osm.features import read_features
from cfgeo.files.osm.reader import is_osm_file
from cfgeo.files.osm.streets import bounds_of, read_streets

STREET = {"highway": "residential"}
NODES = {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (200.0, 0.0), 4: (300.0, 0.0), 5: (400.0, 0.0)}


def town_file(folder: Path, name: str = "streets.osm.pbf") -> Path:
    """Write the town's streets in one of OpenStreetMap's formats."""
    write_town(folder)
    path = folder / name
    if not path.exists():
        copy(folder / "streets.osm", path)
    return path


def copy(source: Path, target: Path) -> None:
    with osmium.SimpleWriter(str(target)) as writer:
        for item in osmium.FileProcessor(str(source)):
            writer.add(item)


def small(tmp_path: Path, ways: list[tuple[int, list[int], dict[str, str]]]) -> Path:
    write_osm(tmp_path / "a.osm", NODES, ways)
    return tmp_path / "a.osm"


@pytest.mark.parametrize("name", ["a.osm.pbf", "a.pbf", "A.OSM", "a.osm.gz", "a.osm.bz2", "街道.osm.pbf"])
def test_osm_files_are_known_by_their_names(name: str) -> None:
    assert is_osm_file(Path(name))


@pytest.mark.parametrize("name", ["osm", "a.osm.csv", "a.geojson", "a.pbf.zip", "a.graphml"])
def test_other_files_are_no_osm_files(name: str) -> None:
    assert not is_osm_file(Path(name))


def test_every_walkable_way_is_read_with_its_nodes(tmp_path: Path) -> None:
    streets = read_streets(town_file(tmp_path))
    nodes_of = {
        way: streets.node_ids[streets.offsets[i] : streets.offsets[i + 1]].tolist()
        for i, way in enumerate(streets.ways["osm_id"])
    }
    assert nodes_of == {way: nodes for way, nodes, _, _ in WAYS}
    assert streets.lifts.tolist() == [LIFT]
    assert streets.crs == WGS84


@pytest.mark.parametrize(
    "name", ["streets.osm", "a.osm.pbf", "a.osm.gz", "a.osm.bz2", "街道 1.osm", "街道 2.osm.gz", "街道.osm.pbf"]
)
def test_all_formats_give_the_same_network(tmp_path: Path, name: str, town: Network) -> None:
    write_town(tmp_path)
    body = (tmp_path / "streets.osm").read_bytes()
    packed = {".gz": gzip.compress, ".bz2": bz2.compress}.get(Path(name).suffix, bytes)
    if name.endswith(".pbf"):
        town_file(tmp_path, name)
    else:
        (tmp_path / name).write_bytes(packed(body))
    network = read_network(tmp_path / name, crs=CRS)
    assert len(network.edges) == len(town.edges)
    assert network.length_km() == pytest.approx(town.length_km(), abs=1e-3)
    assert network.length_km(main_only=True) == pytest.approx(town.length_km(main_only=True), abs=1e-3)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let osmium find no file whose name is not ASCII, as on Windows."""
    reader = osmium.FileProcessor

    def processor(indata: Any, *rest: Any) -> Any:
        if isinstance(indata, str) and not indata.isascii():
            raise RuntimeError(f"Open failed for '{indata}': No such file or directory")
        return reader(indata, *rest)

    monkeypatch.setattr(osmium, "FileProcessor", processor)


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize("name", ["streets.osm", "a.osm.pbf"])
def test_a_folder_of_any_name_can_be_read_where_osmium_cannot(tmp_path: Path, name: str, town: Network) -> None:
    folder = tmp_path / "渝中区 數據"
    folder.mkdir()
    town_file(tmp_path / "made", name).replace(folder / name)
    assert len(read_network(folder / name, crs=CRS).edges) == len(town.edges)
    stairs, findings = read_features(folder / name, {"highway": ("steps",)})
    assert len(stairs) > 0
    assert findings == []
    (folder / name).write_bytes((folder / name).read_bytes()[:200])
    with pytest.raises(InputError, match="渝中区"):
        read_streets(folder / name)


def test_a_missing_node_splits_a_way(tmp_path: Path) -> None:
    path = small(tmp_path, [(10, [1, 2, 99, 3, 4, 5], STREET), (11, [99, 1, 98], STREET), (12, [97, 96], STREET)])
    streets = read_streets(path)
    assert streets.ways["osm_id"].tolist() == [10, 10]
    assert np.split(streets.node_ids, streets.offsets[1:-1])[0].tolist() == [1, 2]
    assert np.split(streets.node_ids, streets.offsets[1:-1])[1].tolist() == [3, 4, 5]


def test_ways_outside_the_box_are_left_out(tmp_path: Path) -> None:
    path = small(tmp_path, [(10, [1, 2], STREET), (11, [2, 3], STREET), (12, [4, 5], STREET)])
    west, south = degrees(-10, -10)
    east, north = degrees(110, 10)
    assert read_streets(path, bbox=(west, south, east, north)).ways["osm_id"].tolist() == [10, 11]
    assert len(read_streets(path, bbox=(0, 0, 1, 1)).ways) == 0
    assert len(read_streets(path).ways) == 3


def test_ways_that_are_no_streets_or_closed_are_left_out(tmp_path: Path) -> None:
    ways = [
        (10, [1, 2], STREET),
        (11, [2, 3], {"building": "yes"}),
        (12, [3, 4], {"highway": "motorway"}),
        (13, [4, 5], {"highway": "footway", "foot": "no"}),
        (14, [1, 3], {}),
    ]
    assert read_streets(small(tmp_path, ways)).ways["osm_id"].tolist() == [10]


def test_a_file_that_begins_with_its_ways_is_read_or_refused(tmp_path: Path) -> None:
    # Overpass answers so to "out body; >; out skel;".
    path = small(tmp_path, [(10, [1, 2], STREET)])
    lines = path.read_text(encoding="utf-8").splitlines()
    order = sorted(range(len(lines)), key=lambda i: {"<n": 2, "</": 3, "<w": 1}.get(lines[i][:2], 0))
    path.write_text("\n".join(lines[i] for i in order), encoding="utf-8")
    try:
        streets = read_streets(path)
    except InputError as error:
        assert "a.osm" in str(error)  # noqa: PT017 (reading it is right, too)
    else:
        assert streets.ways["osm_id"].tolist() == [10]


def test_a_file_with_negative_ids_as_editors_draw_is_read(tmp_path: Path) -> None:
    # So does every object that JOSM has not uploaded.
    write_osm(tmp_path / "a.osm", {-1: (0, 0), -2: (100, 0), -3: (200, 0)}, [(-10, [-1, -2, -3], STREET)])
    network = read_network(tmp_path / "a.osm", crs=CRS)
    assert network.length_km() == pytest.approx(0.2, abs=1e-4)


def test_a_file_without_streets_is_an_error_that_says_what_to_look_at(tmp_path: Path) -> None:
    path = small(tmp_path, [(11, [2, 3], {"building": "yes"})])
    with pytest.raises(CfgeoError) as caught:
        read_network(path, crs=CRS)
    assert "highway" in caught.value.text("zh")
    assert "highway" in caught.value.text("en")


@pytest.mark.parametrize("name", ["a.osm", "a.osm.pbf", "a.osm.gz", "a.osm.bz2"])
@pytest.mark.parametrize("body", [b"", b"garbage", b"\x00" * 100, b"<osm><node", b"<?xml version='1.0'?><html></html>"])
def test_garbage_is_a_clear_error(tmp_path: Path, name: str, body: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    with pytest.raises(CfgeoError) as caught:
        read_network(path, crs=CRS)
    for lang in LANGUAGES:
        assert len(caught.value.text(lang)) > 20


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", ["streets.osm.pbf", "streets.osm"])
def test_a_file_that_was_cut_short_is_an_error_and_not_half_a_town(tmp_path: Path, name: str, share: float) -> None:
    path = town_file(tmp_path, name)
    body = path.read_bytes()
    path.write_bytes(body[: int(len(body) * share)])
    with pytest.raises(InputError) as caught:
        read_streets(path)
    for lang in LANGUAGES:
        assert path.name in caught.value.text(lang)


@pytest.mark.parametrize(
    ("old", "new"), [('id="1"', 'id=" "'), ('id="1"', 'id="x"'), ('lat="', 'lat="north '), ('ref="2"', 'ref=""')]
)
def test_an_invalid_element_is_a_clear_error(tmp_path: Path, old: str, new: str) -> None:
    path = small(tmp_path, [(10, [1, 2, 3], STREET)])
    body = path.read_text(encoding="utf-8")
    assert old in body
    path.write_text(body.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CfgeoError) as caught:
        read_network(path, crs=CRS)
    assert len(str(caught.value)) > 20


def test_a_name_in_another_encoding_is_a_name_or_a_clear_error(tmp_path: Path) -> None:
    small(tmp_path, [(10, [1, 2], {**STREET, "name": "AAAA"})])
    path = tmp_path / "a.osm.pbf"
    with osmium.SimpleWriter(osmium.io.File(str(path), "pbf,pbf_compression=none")) as writer:
        for item in osmium.FileProcessor(str(tmp_path / "a.osm")):
            writer.add(item)
    body = path.read_bytes()
    assert b"AAAA" in body
    path.write_bytes(body.replace(b"AAAA", b"\xc8\xcb\xc3\xff"))
    try:
        streets = read_streets(path)
    except CfgeoError as error:
        assert "a.osm.pbf" in str(error)  # noqa: PT017 (reading on is right, too)
    else:
        assert streets.ways["osm_id"].tolist() == [10]


def test_a_folder_or_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "folder.osm").mkdir()
    for name in ("folder.osm", "missing.osm.pbf"):
        with pytest.raises(InputError):
            read_streets(tmp_path / name)


@pytest.mark.parametrize("name", ["streets.osm.pbf", "streets.osm"])
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_gives_a_network_or_a_clear_error(tmp_path: Path, name: str, data: st.DataObject) -> None:
    whole = (
        town_file(tmp_path / "whole", name) if not (tmp_path / "whole" / name).exists() else tmp_path / "whole" / name
    )
    body = bytearray(whole.read_bytes())
    if data.draw(st.booleans(), label="cut short"):
        body = body[: data.draw(st.integers(0, len(body) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 10))):
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    damaged = tmp_path / f"damaged-{name}"
    damaged.write_bytes(body)
    try:
        network = read_network(damaged, crs=CRS)
    except CfgeoError as error:
        assert len(str(error)) > 20  # noqa: PT017 (a network is right, too)
    else:
        assert isinstance(network, Network)


def test_the_box_around_the_communities_holds_them_and_the_margin() -> None:
    area = gpd.GeoDataFrame(geometry=[at(0, 0).buffer(100)], crs=CRS)
    west, south, east, north = bounds_of(area, margin_m=1000)
    corners = gpd.GeoSeries.from_xy([west, east], [south, north], crs=WGS84).to_crs(CRS)
    assert corners.iloc[0].distance(at(-1100, -1100)) < 40
    assert corners.iloc[1].distance(at(1100, 1100)) < 40
