"""Street blocks of a study: what cannot be right, and what they leave out."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely import Point, box
from worlds.studies import edited
from worlds.town import CRS, moved, town_communities, town_demand, write_town

from cfgeo import CheckError, Inputs, StudyError, load_inputs, load_study, run_study
from cfgeo.check.blocks import check_block_demand, check_blocks

WEST, EAST = box(-50, -60, 250, 500), box(250, -60, 600, 500)


def blocks(**shapes: Any) -> gpd.GeoDataFrame:
    names = list(shapes)
    return gpd.GeoDataFrame({"name": names, "block": names}, geometry=[moved(s) for s in shapes.values()], crs=CRS)


def rules(table: gpd.GeoDataFrame) -> dict[str, dict[str, Any]]:
    return {row["rule"]: row for row in check_blocks(table, town_communities())}


def test_blocks_that_fit_are_only_told_of_communities_that_they_cut() -> None:
    found = rules(blocks(West=WEST, East=EAST))
    assert set(found) == {"block_splits"}
    # 300 of 650 m of C03 and C04 lie in the west, their middles in the east.
    assert found["block_splits"]["values"]["codes"] == ("C03", "C04")


def test_gaps_overlaps_and_empty_blocks_are_found() -> None:
    found = rules(blocks(West=WEST, Middle=box(200, -60, 300, 160), Sea=box(2000, 0, 2100, 100)))
    assert found["block_gap"]["values"]["codes"] == ("C02", "C03", "C04")
    assert found["block_overlap"]["values"]["area_m2"] == 50 * 220
    assert found["block_empty"]["row"] in {"Middle", "Sea"}


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        (blocks(A=WEST, B=Point(0, 0)), "block_not_polygon"),
        (blocks(A=WEST, B=EAST).assign(block=["A", "A"]), "block_twice"),
        (blocks(A=WEST, B=EAST).assign(block=["A", ""]), "block_unnamed"),
        (blocks(A=box(9000, 0, 9100, 100)), "blocks_apart"),
        (blocks(A=WEST).iloc[:0], "blocks_none"),
    ],
)
def test_what_no_verdict_can_stand_on_is_an_error(table: gpd.GeoDataFrame, rule: str) -> None:
    assert rules(table)[rule]["severity"] == "error"


def test_demand_that_no_block_has_and_blocks_without_demand_are_found() -> None:
    table = blocks(West=WEST, Empty=box(260, 340, 590, 490)).set_index("block")
    found = {row["rule"]: row for row in check_block_demand(table, town_demand())}
    assert found["block_childless"]["row"] == "Empty"
    # East: "east" 16, "park" 9, "top" 21 and "stranded" 10 of 121 children.
    assert found["block_outside"]["values"]["points"] == 4
    assert found["block_outside"]["values"]["share"] == pytest.approx(56 / 121)


def town_with_blocks(folder: Path, table: gpd.GeoDataFrame, more: str = "") -> Path:
    study = write_town(folder)
    table.to_crs("EPSG:4326").to_file(folder / "blocks.geojson", driver="GeoJSON")
    return edited(study, "[demand]", f'[blocks]\npath = "blocks.geojson"\n{more}\n[demand]')


def inputs_of(study: Path) -> Inputs:
    return load_inputs(load_study(study), margin_m=1000.0)


def test_a_study_reads_its_blocks(tmp_path: Path) -> None:
    table = blocks(West=WEST, East=EAST).drop(columns="block").rename(columns={"name": "街区名"})
    inputs = inputs_of(
        town_with_blocks(tmp_path, table.assign(certified=["是", "否"]), 'columns = { name = "街区名" }')
    )
    assert inputs.blocks is not None
    assert inputs.blocks.index.tolist() == ["East", "West"]
    assert inputs.blocks["certified"].tolist() == ["否", "是"]
    assert [file.role for file in inputs.files if file.path == "blocks.geojson"] == ["street_blocks"]


def test_a_study_without_blocks_has_its_street_offices(town_study: Path) -> None:
    assert inputs_of(town_study).blocks is None


def test_blocks_without_names_or_codes_are_an_error(tmp_path: Path) -> None:
    table = blocks(West=WEST, East=EAST).drop(columns="block").assign(name=["", "East"])
    with pytest.raises(CheckError, match="neither name nor code"):
        inputs_of(town_with_blocks(tmp_path, table))


def test_no_layer_is_called_as_the_units_are(tmp_path: Path) -> None:
    study = edited(write_town(tmp_path), "[layers.sports]", "[layers.communities]")
    with pytest.raises(StudyError, match=r"\[blocks\]"):
        load_study(study)


def test_a_run_judges_blocks_of_their_own(tmp_path: Path) -> None:
    study = town_with_blocks(tmp_path, blocks(West=WEST, East=EAST).drop(columns="block"))
    standard = tmp_path / "standard.toml"
    block = (
        '\n[[clause]]\nid = "block-school"\nname = "街区小学"\nname_en = "Block school"\nscope = "block"\n'
        'layer = "schools"\nkind = ["primary"]\nwalker = "child"\nlimit_minutes = 5\nchildren = ["age_6_11"]\n'
        "need_share = 0.8\nrequired = true\n"
    )
    standard.write_text(standard.read_text(encoding="utf-8") + block, encoding="utf-8")
    results = run_study(load_study(study))
    assert results.blocks["verdict"].to_dict() == {"East": "failed", "West": "passed"}
    assert results.district["blocks"]["passed"] == 1
    assert "block_splits" in set(results.inputs.findings["rule"])
