"""Sites as text and files, and the verb: what it says, writes and refuses."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
from worlds.sites import candidates_at, found_in
from worlds.studies import degrees, invoke, refused
from worlds.town import write_town

from cfgeo import OutputError, Siting
from cfgeo.assess.case import Case
from cfgeo.core.sites import SITE_COLUMNS
from cfgeo.core.strings import LANGUAGES, Lang, text
from cfgeo.publish.words.names import study_title
from cfgeo.publish.words.numbers import percent
from cfgeo.publish.words.sites import sites_text
from cfgeo.publish.writers import write_sites


@pytest.fixture(scope="module")
def siting(town_case: Case) -> Siting:
    """Return a school for the town."""
    candidates = candidates_at(town_case, (200, 300), (300, 100)).assign(name=["=Hill", "East"])
    return found_in(town_case, candidates, layer="schools", kind="primary", count=2, objective="children")


def test_a_table_can_be_read_back(siting: Siting, tmp_path: Path) -> None:
    write_sites(siting, tmp_path / "sites.csv", lang="zh")
    body = (tmp_path / "sites.csv").read_bytes()
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(body.decode("utf-8-sig").splitlines()))
    assert list(rows[0]) == ["site", *SITE_COLUMNS, "provenance"]
    assert (rows[0]["layer"], rows[0]["kind"], rows[0]["candidate"]) == ("schools", "primary", "c1")
    assert (float(rows[0]["lon"]), float(rows[0]["lat"])) == pytest.approx(degrees(300, 100), abs=1e-7)
    assert float(rows[0]["adds_demand"]) == 22
    assert rows[0]["serves_codes"] == "C01；C02；C03"
    assert "示例" in rows[0]["provenance"]


def test_names_that_look_like_formulas_are_text(town_case: Case, tmp_path: Path) -> None:
    candidates = candidates_at(town_case, (300, 100)).assign(name="=1+1")
    siting = found_in(town_case, candidates, layer="schools", kind="primary", count=1, objective="children")
    write_sites(siting, tmp_path / "sites.csv", lang="en")
    assert ",'=1+1," in (tmp_path / "sites.csv").read_text("utf-8-sig")


def test_geojson_and_geopackage_hold_the_sites(siting: Siting, tmp_path: Path) -> None:
    write_sites(siting, tmp_path / "sites.geojson", lang="en")
    (feature,) = json.loads((tmp_path / "sites.geojson").read_text("utf-8"))["features"]
    assert feature["properties"]["site"] == "schools-site-1"
    assert feature["geometry"]["coordinates"] == pytest.approx(degrees(300, 100), abs=1e-7)
    for _ in range(2):  # written twice it is not longer
        write_sites(siting, tmp_path / "sites.gpkg", lang="en")
        assert len(gpd.read_file(tmp_path / "sites.gpkg", layer="sites")) == 1
    areas = gpd.read_file(tmp_path / "sites.gpkg", layer="communities")
    assert areas["code"].tolist() == ["C01", "C02", "C03", "C04"]
    assert areas["verdict_after"].tolist() == siting.after["verdict"].tolist()
    assert areas["verdict_before"].tolist() == siting.before["verdict"].tolist()


def test_no_sites_are_a_table_without_rows(town_case: Case, tmp_path: Path) -> None:
    none = found_in(town_case, candidates_at(town_case, (0, 0)), layer="schools", kind="primary", count=1)
    assert len(none.sites) == 0
    for name in ("sites.csv", "sites.geojson", "sites.gpkg"):
        write_sites(none, tmp_path / name, lang="zh")
    assert len(gpd.read_file(tmp_path / "sites.gpkg", layer="communities")) == 4
    assert "No candidate adds anything." in sites_text(none, lang="en")


def test_a_file_that_cannot_be_written_is_an_error(siting: Siting, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_sites(siting, tmp_path / "no" / "sites.csv", lang="en")
    with pytest.raises(OutputError, match=r"\.gpkg"):
        write_sites(siting, tmp_path / "sites.txt", lang="en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_text_says_what_is_added_and_how_good_it_is(siting: Siting, lang: Lang) -> None:
    words = sites_text(siting, lang=lang)
    assert "22" in words
    expected = {
        "zh": ["已证明", "学校", "少于所要求的 2 处"],
        "en": ["Proven", "Schools", "fewer than the 2 asked for"],
    }
    assert all(word in words for word in expected[lang])
    open_ = sites_text(replace(siting, bound=25.0, one_by_one=20.0), lang=lang)
    assert expected[lang][0] not in open_
    assert "25" in open_
    assert "20" in open_
    assert "{" not in words + open_


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_stands_for_children_is_a_share_of_the_homes(siting: Siting, lang: Lang) -> None:
    share = percent(22 / siting.before["demand"].sum(), lang)
    homes = replace(siting, about={**siting.about, "basis": "floor_area"}, one_by_one=20.0)
    words = sites_text(homes, lang=lang)
    assert text("page.demand_floor_area", lang, number=share) in words
    assert text("page.demand_children", lang, number="22") in sites_text(siting, lang=lang)
    assert "m²" not in words.replace(text("word.basis_floor_area", lang), "")
    first = words.splitlines()[0]
    assert first.startswith(study_title(siting.about, lang)), "whose sites they are"


def test_if_no_community_can_be_won_the_text_says_so(town_case: Case) -> None:
    none = found_in(town_case, candidates_at(town_case, (0, 0)), layer="schools", kind="primary", count=1)
    assert "By such places alone no community can pass" in sites_text(none, lang="en")


# --- the verb ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_verb_prints_sites_and_writes_files(tmp_path: Path, lang: Lang) -> None:
    study = write_town(tmp_path / "town")
    files = [tmp_path / "sites.csv", tmp_path / "sites.geojson"]
    wanted = ("--layer", "schools", "--kind", "小学", "--count", 1, "--objective", "children")
    outs = [part for file in files for part in ("-o", file)]
    result = invoke("site", study, *wanted, *outs, "--lang", lang, "--no-cache")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[2].startswith("1. 106.55")
    assert all(file.is_file() for file in files)
    assert str(files[0]) in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--layer", "parks"], ["--count", "--until-met"]),
        (["--layer", "parks", "--count", "2", "--until-met"], ["--count", "--until-met"]),
        (["--layer", "parks", "--count", "0"], ["0"]),
        (["--layer", "prks", "--count", "2"], ["prks", "parks"]),
        (["--layer", "parks", "--count", "2", "-o", "sites.xls"], ["sites.xls", ".gpkg"]),
        (["--layer", "parks", "--count", "2", "--candidates", "lots.csv"], ["lots.csv"]),
        (["--layer", "parks", "--until-met", "--objective", "minutes"], ["--until-met", "minutes"]),
        (["--layer", "parks", "--until-met", "--candidates", "schools"], ["Primary school"]),
    ],
)
def test_what_cannot_be_answered_is_one_clear_message(tmp_path: Path, options: list[str], words: list[str]) -> None:
    message = refused("site", write_town(tmp_path / "town"), *options, "--lang", "en", "--no-cache")
    assert "Error: " in message
    for word in words:
        assert word in message[message.index("Error: ") :]


def test_candidates_left_out_are_printed_as_findings(tmp_path: Path) -> None:
    study = write_town(tmp_path / "town")
    wanted = ("--layer", "schools", "--kind", "primary", "--count", 1, "--candidates", "schools")
    result = invoke("site", study, *wanted, "--lang", "en", "--no-cache")
    assert "Lost School" in result.stderr
    assert "Lost School" not in result.stdout
