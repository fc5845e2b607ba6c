"""Data in place of a study: the error gives the command that makes a study of it."""

import shlex
from pathlib import Path

import pytest

from cfgeo import StudyError, load_study
from cfgeo.core.strings import COMMAND_VARIABLE, command


def refusal(path: Path) -> str:
    with pytest.raises(StudyError) as caught:
        load_study(path)
    assert caught.value.text("zh") != str(caught.value)
    return caught.value.text("zh")


@pytest.mark.parametrize(
    "name",
    [
        "名单.xlsx",
        "a.xls",
        "a.csv",
        "a.et",
        "a.geojson",
        "a.shp",
        "a.gpkg",
        "a.kml",
        "b.osm.pbf",
        "b.osm",
        "c.zip",
        "d.tif",
    ],
)
def test_a_file_of_data_is_said_to_be_no_study_with_the_command_that_makes_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"x")
    sentence = refusal(Path(name))
    assert f"{name} 是表格或数据文件，不是研究" in sentence
    assert f"\n  cfgeo init {name.split('.', maxsplit=1)[0]}-study --from {name}" in sentence


def test_a_folder_of_data_is_said_to_hold_no_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("教委 来件").mkdir()
    Path("教委 来件", "名单.xlsx").write_bytes(b"x")
    Path("教委 来件-study").mkdir()  # taken
    sentence = refusal(Path("教委 来件"))
    assert "（名单.xlsx）" in sentence
    assert shlex.split(sentence.splitlines()[-1]) == ["cfgeo", "init", "教委 来件-study1", "--from", "教委 来件"]


@pytest.mark.parametrize("name", ["study.toml.txt", "study.txt", "study2026.toml"])
def test_a_study_under_nearly_its_name_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("", encoding="utf-8")
    assert f"是不是 {tmp_path / name}？" in refusal(tmp_path)


def test_a_folder_called_nearly_so_is_named(tmp_path: Path) -> None:
    (tmp_path / "渝中区研究").mkdir()
    (tmp_path / "渝中区研究" / "study.toml").write_text("", encoding="utf-8")
    assert "渝中区研究？" in refusal(tmp_path / "渝中研究")


def test_commands_are_quoted_where_they_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert command("check", Path("渝中")) == "cfgeo check 渝中"
    assert command("init", "a b", "--from", "c (1).xlsx") == 'cfgeo init "a b" --from "c (1).xlsx"'
    monkeypatch.setenv(COMMAND_VARIABLE, "python scripts/run.py")
    assert command("check", "渝中") == "python scripts/run.py check 渝中"
