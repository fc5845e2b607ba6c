"""Zones of a plan: what lies in each, worked out by hand in the town."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyogrio
import pytest
from worlds.studies import degrees
from worlds.town import write_town

import cfgeo
from cfgeo.core.errors import InputError
from cfgeo.core.findings import describe
from cfgeo.core.results import ZONE_COLUMNS, Results
from cfgeo.pipeline.check import check_study

AREAS = {
    "low": ([(-60, -70), (260, -70), (260, 400), (-60, 400)], "核", "Low core"),
    "east": ([(340, 80), (600, 80), (600, 160), (340, 160)], "circle", "East"),
    "far": ([(5000, 5000), (5100, 5000), (5100, 5100)], "带", "Elsewhere"),
}


def feature(name: str, kind: str, title: str, geometry: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": name, "kind": kind, "title": title}, "geometry": geometry}


def write_zones(study: Path, *more: dict[str, Any]) -> Path:
    features = [
        feature(name, kind, title, {"type": "Polygon", "coordinates": [[degrees(*xy) for xy in [*ring, ring[0]]]]})
        for name, (ring, kind, title) in AREAS.items()
    ]
    path = study.parent / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [*features, *more]}), "utf-8")
    body = study.read_text("utf-8")
    study.write_text(f'{body}\n[zones]\npath = "zones.geojson"\ntitle = "1核1网"\nnear_m = 30\n', "utf-8")
    return study


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    line = {"type": "LineString", "coordinates": [degrees(0, 0), degrees(400, 0)]}
    point = {"type": "Point", "coordinates": degrees(348, 308)}
    study = write_town(tmp_path_factory.mktemp("zones") / "town")
    more = [feature("row", "网", "Row 0", line), feature("top", "猫", "Top", point)]
    return cfgeo.run_study(cfgeo.load_study(write_zones(study, *more)))


def test_zones_hold_communities_by_most_of_their_children_or_of_their_area(results: Results) -> None:
    """Low core: all 43 children of C01, 22 of the 53 of C03 ("up"), 310 of the 650 m of C04, where nobody lives.

    East: "east", 16 of the 25 children of C02. Row 0 within 30 m: "row", 26 of the 43 of C01, and "park", 9 of the 25
    of C02.
    """
    zones = results.zones.set_index("name")
    assert list(zones.index) == ["low", "east", "row", "top"], "far lies in no community"
    assert zones["codes"].to_dict() == {"low": ("C01",), "east": ("C02",), "row": ("C01",), "top": ()}
    assert zones["touched"].to_dict() == {"low": 4, "east": 1, "row": 2, "top": 2}
    assert zones["demand"].to_dict() == {"low": 65, "east": 16, "row": 35, "top": 21}
    verdict = results.communities["verdict"]
    for name, code in {"low": "C01", "east": "C02"}.items():
        assert zones.loc[name, verdict[code]] == zones.loc[name, "communities"] == 1
    assert zones.loc["top", ["communities", "passed", "failed", "not_assessed"]].tolist() == [0, 0, 0, 0]
    assert pd.isna(zones.loc["top", "share"])


def test_shares_are_of_the_children_in_the_zone(results: Results) -> None:
    """Of the 40 children of 6–11 in the low core all reach Low School in 300 s: up there from "up" takes 281 s.

    40 m × 0.8 + the steps down 125 + 100 m × 0.8 + 30 m × 0.8 + legs of 5 and 10 m. Of row 0 all do: from
    "park" 340 m at 1.25 m/s take 272 s. Nobody of the east does.
    """
    zones = results.zones.set_index("name")
    assert zones["school_share"].to_dict() == {"low": 1.0, "east": 0.0, "row": 1.0, "top": 0.0}
    assert set(zones.columns) >= set(ZONE_COLUMNS) - {"name"}


def test_places_count_by_kind_where_they_lie_or_reach_in(results: Results) -> None:
    zones = results.zones.set_index("name")
    assert zones["schools/primary_places"].to_dict() == {"low": 1, "east": 0, "row": 1, "top": 0}
    assert zones["parks/park_places"].to_dict() == {"low": 1, "east": 0, "row": 1, "top": 0}
    assert zones["schools/junior_places"].to_dict() == {"low": 0, "east": 0, "row": 0, "top": 1}


def test_kinds_have_chinese_names_and_odd_zones_are_found(results: Results) -> None:
    kinds = results.zones.set_index("name")["kind"].to_dict()
    assert kinds == {"low": "core", "east": "circle", "row": "network", "top": "zone"}
    said = describe(results.inputs.findings, "en").set_index("rule")["what"]
    assert said["zone_kind"].startswith("The kind of rows 5 of [zones] is none of core, network, circle")
    assert said["zone_apart"].startswith("Rows 3 of [zones] have no shape")


def test_zones_are_published_as_a_table_a_layer_a_sheet_and_on_the_page(results: Results, tmp_path: Path) -> None:
    for lang, core in (("zh", "核"), ("en", "core")):
        folder = tmp_path / lang
        cfgeo.publish(results, folder, lang=lang, only=("tables", "map"))
        table = pd.read_csv(folder / "zones.csv", encoding="utf-8-sig").set_index("name")
        assert table.loc["low", ["kind_name", "title", "layout", "communities", "names"]].tolist() == [
            core, "Low core", "1核1网", 1, "Lower West",
        ]  # fmt: skip
        layer = pyogrio.read_dataframe(folder / "communities.gpkg", layer="zones").set_index("name")
        assert layer.geometry.geom_type.to_dict() == {
            "low": "Polygon", "east": "Polygon", "row": "LineString", "top": "Point",
        }  # fmt: skip
        book = openpyxl.load_workbook(folder / "scorecard.xlsx")
        cells = [cell.value for row in book["分区" if lang == "zh" else "Zones"].iter_rows() for cell in row]
        assert {core, "Low core", "Lower West"} <= set(cells)
        assert f'"kindName":"{core}"' in (folder / "index.html").read_text("utf-8")


def test_the_table_of_zones_is_listed_and_goes_with_a_run_that_has_none(results: Results, tmp_path: Path) -> None:
    def listed() -> dict[str, str]:
        outputs = json.loads((tmp_path / "run.json").read_text("utf-8"))["outputs"]
        return {file["path"]: file["sha256"] for file in outputs}

    cfgeo.publish(results, tmp_path, lang="en", only=("tables",))
    assert listed()["zones.csv"] == hashlib.sha256((tmp_path / "zones.csv").read_bytes()).hexdigest()
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {*listed(), "run.json"}
    cfgeo.publish(replace(results, zones=results.zones.iloc[:0]), tmp_path, lang="en", only=("tables",))
    assert not (tmp_path / "zones.csv").exists()
    assert "zones.csv" not in listed()


def test_a_study_without_zones_has_none(town_results: Results, tmp_path: Path) -> None:
    assert len(town_results.zones) == 0
    cfgeo.publish(town_results, tmp_path, lang="en", only=("tables",))
    assert not (tmp_path / "zones.csv").exists()


def test_a_file_of_zones_that_is_missing_is_an_error(tmp_path: Path) -> None:
    study = cfgeo.load_study(write_zones(write_town(tmp_path)))
    (tmp_path / "zones.geojson").unlink()
    with pytest.raises(InputError):
        check_study(study)
