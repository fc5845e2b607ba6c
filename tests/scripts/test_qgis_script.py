"""The script of QGIS's Processing toolbox judges a study and opens its layers, in real QGIS without windows."""

import re
import sys
from pathlib import Path

import pytest
from tools.gis import processed
from worlds.town import write_town

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "qgis" / "cfgeo_run.py"


def command_in(folder: Path) -> Path:
    """Return a program that is cfgeo as it stands here."""
    program = folder / "cfgeo"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m cfgeo "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return program


def test_it_is_one_small_file() -> None:
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.qgis
@pytest.mark.parametrize(("locale", "lang", "communities"), [("en_GB", 1, "Communities"), ("zh_CN", 0, "社区")])
def test_a_study_is_judged_and_its_layers_are_open(locale: str, lang: int, communities: str, tmp_path: Path) -> None:
    study = write_town(tmp_path / "town")
    asked = {"STUDY": str(study), "OUT": str(tmp_path / "out"), "LANG": lang, "COMMAND": str(command_in(tmp_path))}
    said = processed(SCRIPT, locale, asked, tmp_path)
    assert said["done"], said["log"]
    layers = said["layers"]
    assert sorted(name for name, *_ in layers) == sorted(said["results"]["LAYERS"])
    assert any(name.startswith(communities) for name, *_ in layers), layers
    assert all(valid and count for _, valid, count, *_ in layers)
    assert {crs for *_, crs in layers} == {"EPSG:32648"}
    assert "categorizedSymbol" in {renderer for *_, renderer, _ in layers}
    texts = [said["name"], said["group"], said["help"], *said["asked"].values()]
    assert all(bool(re.search("[\u4e00-\u9fff]", text)) == (locale == "zh_CN") for text in texts), texts


@pytest.mark.qgis
def test_what_stops_cfgeo_is_told_in_its_words(tmp_path: Path) -> None:
    study = write_town(tmp_path / "town")
    (tmp_path / "town" / "schools.csv").unlink()
    asked = {"STUDY": str(study), "OUT": str(tmp_path / "out"), "LANG": 1, "COMMAND": str(command_in(tmp_path))}
    said = processed(SCRIPT, "en_GB", asked, tmp_path)
    assert not said["done"]
    assert "cfgeo ended with 1: its messages stand above" in said["log"]
    assert "There is no file" in said["log"]
    assert said["layers"] == []
    said = processed(SCRIPT, "en_GB", {**asked, "COMMAND": str(tmp_path / "none")}, tmp_path)
    assert "full path of cfgeo" in said["log"]
