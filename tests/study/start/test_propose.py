"""Where rows with names and addresses alone may lie, worked out on the town."""

from pathlib import Path

import pandas as pd
import pyproj
import pytest
from typer.testing import CliRunner
from worlds.osm_files import OsmFile
from worlds.studies import degrees, edited, invoke, refused
from worlds.town import write_town

from cfgeo import InputError, load_study
from cfgeo.cli.main import app
from cfgeo.core.schema import WGS84
from cfgeo.pipeline.check import check_study
from cfgeo.study.start.propose import ADDRESS, NAME, STREET, propose_positions

ROWS = """name,kind,地址
求精中学,junior,
甲小学,primary,某市某区人民路12号
乙小学,primary,人民路99号
Low Home,primary,
丙小学,primary,长街5号
"""


@pytest.fixture
def town(tmp_path: Path) -> Path:
    study = write_town(tmp_path / "town")
    streets = study.parent / "streets.osm"
    osm = OsmFile.read(streets)
    osm.add_node(*degrees(50, 20), {"amenity": "school", "name": "求精中学"})
    osm.add_node(*degrees(220, 20), {"building": "yes", "addr:street": "人民路", "addr:housenumber": "12号"})
    ends = [osm.add_node(*degrees(x, 40)) for x in (100, 300)]
    osm.add_way(ends, {"highway": "residential", "name": "人民路"})
    osm.write(streets)
    (study.parent / "schools.csv").write_text(ROWS, encoding="utf-8")
    return study


def test_names_and_addresses_that_the_study_knows_are_proposed(town: Path) -> None:
    table = propose_positions(load_study(town)).set_index("name")
    assert table["row"].tolist() == ["2", "3", "4", "5", "6"]
    assert table["basis"].fillna("").to_dict() == {
        "求精中学": NAME, "甲小学": ADDRESS, "乙小学": STREET, "Low Home": NAME, "丙小学": "",
    }  # fmt: skip
    for name, at in (("求精中学", (50, 20)), ("甲小学", (220, 20)), ("乙小学", (200, 40)), ("Low Home", (120, 95))):
        assert table.loc[name, ["lon", "lat"]].tolist() == pytest.approx(degrees(*at), abs=2e-6)
    assert table.loc["乙小学", "doubt_m"] == 100
    assert table.loc["Low Home", "source"] == "children_homes (children_homes.csv)"


def test_proposals_are_written_as_a_workbook_too_and_under_no_other_ending(town: Path) -> None:
    out = town.parent / "建议.xlsx"
    assert invoke("check", town, "--propose", out, "--no-cache").exit_code == 1
    table = pd.read_excel(out, dtype={"row": str})
    assert table["row"].tolist() == ["2", "3", "4", "5", "6"]
    assert table["lon"].notna().sum() == 4
    assert ".xlsx" in refused("check", town, "--propose", town.parent / "建议.txt", "--no-cache", "--lang", "en")


def test_the_error_about_addresses_says_how_many_of_their_rows_are_known(town: Path) -> None:
    with pytest.raises(InputError, match="4 of its 5 rows are known there") as caught:
        check_study(load_study(town))
    assert "5 行中有 4 行能找到" in caught.value.text("zh")


def test_positions_in_the_system_that_the_study_names_need_no_proposal(town: Path) -> None:
    crs = "+proj=tmerc +lat_0=29 +lon_0=106.5 +x_0=50000 +y_0=20000"  # a city's own
    x, y = pyproj.Transformer.from_crs(WGS84, crs, always_xy=True).transform(*degrees(120, 95))
    body = f"name,kind,X,Y\n甲,primary,{x},{y}\n乙,primary,,\n"
    (town.parent / "schools.csv").write_text(body, encoding="utf-8")
    edited(town, 'path = "schools.csv"', f'path = "schools.csv"\ncrs = "{crs}"')
    assert propose_positions(load_study(town))["name"].tolist() == ["乙"]


def test_check_writes_them_and_takes_none(town: Path) -> None:
    wanted = town.parent / "建议.csv"
    result = CliRunner().invoke(app, ["check", str(town), "--propose", str(wanted), "--no-cache", "--lang", "zh"])
    assert result.exit_code == 1
    assert "5 行没有坐标，其中 4 行" in result.output
    assert "地址" in result.output
    assert wanted.read_bytes().startswith(b"\xef\xbb\xbflayer,file,row,name,")
