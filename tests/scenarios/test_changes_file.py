"""Rows of files of changes."""

from pathlib import Path

import pytest

from cfgeo import ScenarioError
from cfgeo.scenarios.changes_file import ChangeRow, change_of, read_rows


def test_rows_are_counted_as_a_spreadsheet_does_and_changes_of_toml_from_1(tmp_path: Path) -> None:
    table, toml = tmp_path / "changes.csv", tmp_path / "changes.toml"
    table.write_text("\n编号,措施,图层,母婴室,备注\n\n7,新建,公园,是,x\n", encoding="utf-8")
    toml.write_text("[[change]]\nid = '7'\naction = '新建'\nlayer = '公园'\n[other]\n", encoding="utf-8")
    found, other = read_rows(table, ChangeRow), read_rows(toml, ChangeRow)
    assert found.content["change"] == [
        {"id": "7", "action": "新建", "layer": "公园", "attributes": {"mother_baby_room": "是"}}
    ]
    assert (found.numbers, found.columns["action"], found.unused) == ((4,), "措施", ("备注",))
    assert (other.numbers, other.columns, other.unused, other.content["other"]) == ((1,), {}, (), {})


def test_a_file_without_a_list_of_changes_has_no_numbers(tmp_path: Path) -> None:
    (tmp_path / "changes.toml").write_text("change = 7\n", encoding="utf-8")
    assert read_rows(tmp_path / "changes.toml", ChangeRow).numbers == ()
    with pytest.raises(ScenarioError):
        read_rows(tmp_path / "changes.pdf", ChangeRow)


def test_what_is_wrong_with_a_change_is_added_to_what_was_wrong_before() -> None:
    faults = [("change_way", {"where": "1", "way": 7})]
    row = ChangeRow(id="P-2", action="add", layer="parks")
    assert change_of(row, 5, Path("changes.toml"), "wgs84", faults) is None
    assert faults[1:] == [("change_lacks", {"where": "5 (P-2)", "action": "add", "key": "lon, lat"})]
