"""One named source of a study: from OpenStreetMap or a file, with a note of what was read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from worlds.studies import WGS84
from worlds.town import CRS, at, moved, town_network, write_town

from cfgeo import CfgeoError, InputError, NetworkError, StudyError, load_study, read_network, to_networkx
from cfgeo.core.hashes import file_sha256
from cfgeo.core.strings import LANGUAGES
from cfgeo.files.osm.reader import collect
from cfgeo.study.config import Study
from cfgeo.study.sources import SourceReader, each_file, read_rows, read_source
from cfgeo.study.streets import StudyNetwork, names_of_map, network_around
from cfgeo.study.tables import Table, TableSource

STREETS = [shapely.LineString([(i, 0), (i + 100, 0)]) for i in (0, 100, 200)]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Return a town of the test's own."""
    return load_study(write_town(tmp_path / "town"))


def around(study: Study, cache: Path | None = None, margin_m: float = 500) -> StudyNetwork:
    communities = gpd.read_file(study.folder / "communities.geojson").to_crs(CRS)
    return network_around(communities, SourceReader(study), margin_m=margin_m, cache=cache)


def test_a_map_without_names_has_no_landmarks(study: Study) -> None:
    path = study.resolve("streets.osm")
    path.write_text(path.read_text(encoding="utf-8").replace('k="name"', 'k="note"'), encoding="utf-8")
    network = around(study).network
    assert len(names_of_map(SourceReader(study), network, (106.0, 29.0, 107.0, 30.0))) == 0


def test_a_file_is_recorded_once_for_each_role_with_its_hash_and_source(study: Study) -> None:
    reader = SourceReader(study)
    path = study.resolve("streets.osm")
    listed = each_file(
        reader.record(role, path, study.network if role == "network" else TableSource(osm={"leisure": ("park",)}))
        for role in ("network", "parks", "parks")
    )
    assert [file.role for file in listed] == ["network", "parks"]
    for file in listed:
        assert file.path == "streets.osm"
        assert file.sha256 == file_sha256(path)
        assert file.size == path.stat().st_size
        assert (file.source, file.date, file.licence) == ("made for tests", "2026-01", "MIT")


def test_a_layers_own_source_is_kept(study: Study) -> None:
    source = TableSource(path="parks.geojson", source="手工")
    file = SourceReader(study).record("parks", study.resolve("parks.geojson"), source)
    assert (file.source, file.date) == ("手工", "")


def test_the_error_of_a_missing_file_lists_the_files_of_its_folder(study: Study) -> None:
    with pytest.raises(InputError) as caught:
        read_source(TableSource(path="school.csv"), "schools", SourceReader(study))
    for lang in LANGUAGES:
        assert "school.csv" in caught.value.text(lang)
        assert "schools.csv" in caught.value.text(lang)


def test_a_folder_is_no_file(study: Study) -> None:
    (study.folder / "folder.csv").mkdir()
    with pytest.raises(InputError):
        read_source(TableSource(path="folder.csv"), "schools", SourceReader(study))


def test_tags_need_an_openstreetmap_file(study: Study) -> None:
    with pytest.raises(StudyError) as caught:
        read_source(TableSource(path="parks.geojson", osm={"leisure": ("park",)}), "parks", SourceReader(study))
    for lang in LANGUAGES:
        for word in ("parks", "parks.geojson", "osm", "where"):
            assert word in caught.value.text(lang)


def test_tags_are_read_from_the_networks_own_file(study: Study) -> None:
    read = read_source(TableSource(osm={"highway": ("steps",), "incline": ("*",)}), "stairs", SourceReader(study))
    assert read.table["@id"].tolist() == ["way/2001"]
    assert read.findings == []


def test_a_networks_path_may_be_a_text(study: Study) -> None:
    path = study.folder / "streets.osm"
    assert len(read_network(str(path), crs=CRS).edges) == len(read_network(path, crs=CRS).edges)


def test_all_layers_of_one_openstreetmap_file_are_read_in_one_pass(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, service = TableSource(osm={"highway": ("steps",)}), TableSource(osm={"highway": ("service", "footway")})
    two = study.model_copy(update={"layers": {"stairs": (steps,), "paths": (service,)}})
    two._file = study.file
    passes: list[Path] = []

    def counted(path: Path, made: Callable[[], Any]) -> Any:
        passes.append(path)
        return collect(path, made)

    monkeypatch.setattr("cfgeo.study.sources.collect", counted)
    reader = SourceReader(two)
    for name, source in two.layer_parts:
        alone = read_source(source, name, SourceReader(two)).table
        together = read_source(source, name, reader, bbox=(-180, -90, 180, 90)).table
        assert len(together) > 0
        assert_geodataframe_equal(together, alone, check_like=True)
        away = read_source(source, name, SourceReader(two), bbox=(0, 0, 1, 1)).table
        assert len(away) == 0
    assert passes == [study.folder / "streets.osm"] * 3  # one for `reader`, one for each that looked away


@pytest.mark.parametrize("name", ["name", "title"])
def test_where_filters_by_the_files_name_and_by_cfgeos(study: Study, name: str) -> None:
    source = TableSource(osm={"highway": ("*",)}, where={name: ("Row *",)}, columns={"title": "name"})
    assert len(read_source(source, "rows", SourceReader(study)).table) == 4


def test_where_by_a_column_that_is_not_there_names_those_that_are(study: Study) -> None:
    source = TableSource(path="schools.csv", where={"type": ("primary",)}, columns={"sort": "kind"})
    with pytest.raises(InputError) as caught:
        read_source(source, "schools", SourceReader(study))
    for lang in LANGUAGES:
        for word in ("type", "where", "sort"):
            assert word in caught.value.text(lang)


def test_tags_that_nothing_has_leave_a_layer_empty_whatever_else_is_asked(study: Study) -> None:
    source = TableSource(osm={"amenity": ("school",)}, where={"name": ("*",)}, columns={"capacity": "capacity"})
    assert len(read_source(source, "schools", SourceReader(study)).table) == 0


def test_words_in_a_guessed_encoding_are_noted(study: Study) -> None:
    (study.folder / "学校.csv").write_bytes("name,lon,lat\n人民小学,106.5,29.5\n".encode("gbk"))
    read = read_source(TableSource(path="学校.csv"), "schools", SourceReader(study))
    (row,) = read.findings
    assert read.table["name"].tolist() == ["人民小学"]
    assert (row["rule"], row["severity"], row["layer"]) == ("encoding_guessed", "note", "schools")
    assert row["values"] == {"file": "学校.csv", "encoding": "GB18030", "sample": "人民小学"}


# The network


def test_the_network_comes_from_the_cache_the_second_time(study: Study, tmp_path: Path) -> None:
    first, second = around(study, tmp_path / "cache"), around(study, tmp_path / "cache")
    assert (first.cached, second.cached) == (False, True)
    assert len(first.network.edges) == len(second.network.edges)


def test_another_file_or_margin_is_read_anew(study: Study, tmp_path: Path) -> None:
    around(study, tmp_path / "cache")
    assert around(study, tmp_path / "cache", margin_m=900).cached is False
    path = study.resolve("streets.osm")
    path.write_text(path.read_text(encoding="utf-8").replace("Row 0", "Row O"), encoding="utf-8")
    assert around(study, tmp_path / "cache").cached is False
    assert around(study).cached is False


def test_streets_beyond_the_margin_are_not_read(study: Study) -> None:
    near = around(study, margin_m=0).network
    assert len(near.edges) == len(town_network().edges)
    with pytest.raises(NetworkError):
        read_network(study.resolve("streets.osm"), crs=CRS, bbox=(7.0, 43.0, 8.0, 44.0))


def lines(**columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[moved(line) for line in STREETS], crs=CRS)


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson", ".parquet", ".fgb"])
def test_lines_of_any_file_are_a_network(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"lines{suffix}"
    table = lines(name=["甲路", "乙路", None])
    if suffix == ".parquet":
        table.to_parquet(path)
    else:
        (table.to_crs(WGS84) if suffix == ".geojson" else table).to_file(path)
    network = read_network(path, crs=CRS)
    assert len(network.edges) == 3
    assert len(network.nodes) == 4
    assert network.length_km() == pytest.approx(0.3, abs=1e-4)
    assert network.main.all()


def test_lines_outside_the_box_are_not_read(tmp_path: Path) -> None:
    lines().to_file(tmp_path / "a.gpkg")
    west, south, east, north = gpd.GeoSeries([at(10, -5), at(90, 5)], crs=CRS).to_crs(WGS84).total_bounds
    assert len(read_network(tmp_path / "a.gpkg", crs=CRS, bbox=(west, south, east, north)).edges) == 1


def test_lines_in_a_chinese_datum_are_moved(tmp_path: Path) -> None:
    lines().to_crs(WGS84).to_file(tmp_path / "a.gpkg")
    here, there = (read_network(tmp_path / "a.gpkg", crs=CRS, datum=datum) for datum in ("wgs84", "gcj02"))
    apart = here.edges.union_all().distance(there.edges.union_all())
    assert 200 < apart < 800


@pytest.mark.parametrize(
    "columns",
    [
        {"oneway": ["B", "F", "T"], "bridge": ["F", "T", "F"], "osm_id": ["1", "2", "3"], "layer": [0, 1, 0]},
        {"oneway": [True, False, True]},
        {"osm_id": [1.0, np.nan, 3.0]},
        {"osm_id": ["1", "x", None]},
        {"name": [None, None, None], "highway": [None, "footway", ""]},
        {"incline": ["up", "5%", None], "step_count": ["12", None, "about 20"]},
        {"form": ["steps", None, "something"]},
        {"ramp": ["yes", "no", None]},
        {"u": [1, 2, 3], "v": [2, 3, 4], "length_m": [1, 1, 1]},
        {"first": [1, 2, 3], "last": ["a", "b", "c"], "street": [1, 2, 3]},
    ],
    ids="-".join,
)
def test_columns_of_other_programs_do_not_break_a_line_layer(tmp_path: Path, columns: dict[str, object]) -> None:
    lines(**columns).to_file(tmp_path / "lines.gpkg")
    network = read_network(tmp_path / "lines.gpkg", crs=CRS)
    assert network.length_km() == pytest.approx(0.3, abs=1e-4)


def test_a_one_way_street_for_cars_is_walked_both_ways(tmp_path: Path) -> None:
    # The meaning of `oneway` in every OpenStreetMap export; the network's own column counts walkers.
    lines(oneway=[True, False, True]).to_file(tmp_path / "lines.gpkg")
    assert (read_network(tmp_path / "lines.gpkg", crs=CRS).edges["oneway"] == 0).all()


@pytest.mark.parametrize("shape", [at(0, 0), at(0, 0).buffer(5)])
def test_a_layer_without_lines_is_no_network(tmp_path: Path, shape: shapely.Geometry) -> None:
    gpd.GeoDataFrame(geometry=[shape], crs=CRS).to_file(tmp_path / "a.gpkg")
    with pytest.raises(NetworkError):
        read_network(tmp_path / "a.gpkg", crs=CRS)


def test_a_saved_graph_comes_back_as_the_network(tmp_path: Path) -> None:
    network = town_network()
    osmnx.save_graphml(to_networkx(network), tmp_path / "a.graphml")
    back = read_network(tmp_path / "a.graphml", crs=CRS)
    assert len(back.edges) == len(network.edges)
    assert back.length_km() == pytest.approx(network.length_km(), abs=1e-6)


@pytest.mark.parametrize("body", [b"", b"garbage", b"<graphml", b"<?xml version='1.0'?><graphml/>", b"\x00" * 50])
def test_a_file_that_is_no_graph_is_a_clear_error(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "a.graphml").write_bytes(body)
    with pytest.raises(CfgeoError) as caught:
        read_network(tmp_path / "a.graphml", crs=CRS)
    assert len(caught.value.text("zh")) > 10


def test_a_graph_without_positions_is_a_clear_error(tmp_path: Path) -> None:
    nx.write_graphml(nx.MultiDiGraph(nx.path_graph(3)), tmp_path / "a.graphml")
    with pytest.raises(CfgeoError):
        read_network(tmp_path / "a.graphml", crs=CRS)


@pytest.mark.parametrize("name", ["streets.tif", "streets.xlsx", "streets"])
def test_a_network_in_an_unknown_format_is_a_clear_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InputError) as caught:
        read_network(tmp_path / name, crs=CRS)
    assert name in str(caught.value)


def test_streets_may_be_one_of_several_layers_of_a_file(study: Study, tmp_path: Path) -> None:
    lines = town_network().edges[["highway", "geometry"]].to_crs(WGS84)
    for layer, rows in (("streets", lines), ("others", lines.iloc[:1])):
        rows.to_file(tmp_path / "net.gpkg", layer=layer)
    communities = gpd.read_file(study.folder / "communities.geojson").to_crs(CRS)

    def length_km(table: str | None) -> float:
        content = study.model_dump()
        content["network"] |= {"path": str(tmp_path / "net.gpkg"), "table": table}
        reader = SourceReader(Study.model_validate(content))
        streets = network_around(communities.geometry, reader, margin_m=500, cache=tmp_path / "cache")
        assert not streets.cached  # each layer is a network of its own
        return streets.network.length_km()

    assert length_km("streets") > length_km("others") > 0
    with pytest.raises(InputError) as caught:
        length_km(None)
    assert "streets, others" in str(caught.value)


def test_names_of_the_map_are_those_of_its_file_or_of_the_streets_of_a_graph(study: Study) -> None:
    town = town_network()
    point = gpd.GeoSeries([at(0, 0)], crs=CRS).to_crs(WGS84).iloc[0]
    box = (point.x - 0.05, point.y - 0.05, point.x + 0.05, point.y + 0.05)
    file = names_of_map(SourceReader(study), town, box)
    assert {"Row 0", "Row 100", "Row 200", "Row 300"} <= set(file["name"])
    assert str(file.crs) == CRS
    osmnx.save_graphml(to_networkx(town), study.folder / "streets.graphml")
    graph = study.model_copy(update={"network": study.network.model_copy(update={"path": "streets.graphml"})})
    graph._file = study.file
    assert set(names_of_map(SourceReader(graph), town, box)["name"]) == set(town.edges["name"]) - {""}
    assert names_of_map(SourceReader(study), town, (7.4, 43.7, 7.5, 43.8)).empty  # no datum of China's there


def test_the_encoding_that_the_study_names_is_taken(study: Study) -> None:
    (study.folder / "学校.csv").write_bytes("name,lon,lat\n楼,106.5,29.5\n".encode("gbk"))
    reader = SourceReader(study)
    doubt = read_source(TableSource(path="学校.csv"), "schools", reader).findings
    assert [(row["rule"], row["severity"]) for row in doubt] == [("encoding_doubtful", "warning")]
    for name in ("gbk", "GB2312", "CP936"):
        read = read_source(TableSource(path="学校.csv", encoding=name), "schools", reader)
        assert (read.table["name"].tolist(), read.findings) == (["楼"], [])
    (study.folder / "表.csv").write_bytes("code,age_6_11\n楼,3\n".encode("gbk"))
    rows = read_rows(Table(path="表.csv", encoding="gbk"), "children", reader)
    assert (rows.table["code"].tolist(), rows.findings) == (["楼"], [])


def test_a_column_that_a_sheet_lacks_is_told_with_the_other_sheets(study: Study) -> None:
    with pd.ExcelWriter(study.folder / "名单.xlsx") as book:
        pd.DataFrame({"学段": ["小学"], "数量": [1]}).to_excel(book, sheet_name="汇总", index=False)
        pd.DataFrame({"名称": ["一小"], "经度": [106.5], "纬度": [29.5]}).to_excel(book, sheet_name="2025", index=False)
    with pytest.raises(InputError) as caught:
        read_source(TableSource(path="名单.xlsx"), "schools", SourceReader(study))
    for lang in LANGUAGES:
        for word in ("汇总", "2025", "数量", "table"):
            assert word in caught.value.text(lang)
