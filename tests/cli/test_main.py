"""The command line: data to stdout, talk to stderr, one clear line for a fault of the user's."""

import csv
import io
import json
import re
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import Point
from worlds.studies import WGS84, assert_calm, cfgeo, degrees, edited, invoke, on_a_hill, refused, without_table
from worlds.town import CRS, write_town

from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.run.folder import FILES

FAULT = {"zh": "错误：", "en": "Error: "}

QUICK = ("--only", "map,tables")
"""Map sheets take longer than all else, and have tests of their own."""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a town of the test's own."""
    return write_town(tmp_path / "town")


def test_the_version_is_printed() -> None:
    result = invoke("--version")
    assert (result.exit_code, result.stdout) == (0, f"cfgeo {version('cfgeo')}\n")


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["run"], ["run", "x", "--lang", "fr"], ["reach", "x"], ["run", "--speed", "1"]]
)
def test_a_wrong_command_shows_its_usage(arguments: list[str]) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert "Usage" in result.output or "用法" in result.output


def test_every_verb_says_what_it_does() -> None:
    for verb in ("run", "check", "init", "reach"):
        result = invoke(verb, "--help")
        assert result.exit_code == 0
        assert "用法" in result.stdout


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_run_prints_the_headline_and_where_the_map_is(study: Path, tmp_path: Path, lang: Lang) -> None:
    result = invoke("run", study, "--out", tmp_path / "out", "--lang", lang, *QUICK)
    assert result.exit_code == 0
    expected = {
        "zh": "小镇：4 个社区中 1 个达标（25.0%），目标 70%。",
        "en": "小镇: 1 of 4 communities pass (25.0%); the target is 70%.",
    }
    assert result.stdout.splitlines()[0] == expected[lang]
    assert str(tmp_path / "out" / "index.html") in result.stdout
    words = {
        "zh": ["还差 2 个", "7/8", "文化", "示例数据", "读取数据"],
        "en": ["2 more", "7 of 8", "Culture: the town does not say", "illustrative", "Reading the data"],
    }
    *answers, stage = words[lang]
    for word in answers:
        assert word in result.stdout
    assert stage in result.stderr
    assert stage not in result.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(FILES)


def test_without_out_the_maps_folder_is_written(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke("run", study.parent, "--no-cache", *QUICK).exit_code == 0
    assert (tmp_path / "maps" / "town" / "index.html").is_file()
    assert not (tmp_path / "cache").exists()


def test_a_second_run_says_that_the_network_came_from_the_cache(study: Path, tmp_path: Path) -> None:
    runs = [
        invoke("run", study, "--out", tmp_path / "out", "--cache", tmp_path / "kept", "--lang", "en", *QUICK)
        for _ in range(2)
    ]
    assert ["from the cache" in run.stderr for run in runs] == [False, True]
    assert runs[0].stdout == runs[1].stdout
    assert json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["run"]["network_from_cache"] is True


# Faults


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('path = "schools.csv"', 'path = "school.csv"', ["school.csv", "schools.csv"]),
        ('path = "schools.csv"', 'path = "schools.csv"\ncolumns = { name = "校名" }', ["schools.csv", "校名", "name"]),
        ('path = "schools.csv"', 'path = "schools.csv"\nwhere = { knd = "x" }', ["schools.csv", "knd", "kind"]),
        ('path = "schools.csv"', 'path = "schools.csv"\nosm = { amenity = "school" }', ["schools.csv", "osm"]),
        ('path = "streets.osm"', 'path = "homes.geojson"', ["highway"]),
        ('path = "streets.osm"', 'path = "study.toml"', ["study.toml", ".gpkg"]),
        ('walker = "child"', 'walker = "giant"', ["giant", "primary"]),
        ("level_m_s = 1.25", "level_m_s = 'fast'", ["level_m_s", "fast"]),
        ("level_m_s = 1.25", "level_ms = 1.25", ["level_ms", "level_m_s"]),
        ('"standard.toml"', '"standards.toml"', ["standards.toml"]),
        ('"standard.toml"', '"my-own"', ["my-own", "yuzhong-2026"]),
        ('status = "illustrative"', 'status = "fake"', ["study.status", "illustrative"]),
        (f'crs = "{CRS}"', 'crs = "EPSG:4326"', ["EPSG:4326"]),
    ],
)
def test_a_fault_is_one_clear_message_and_exit_1(
    study: Path, tmp_path: Path, lang: Lang, old: str, new: str, words: list[str]
) -> None:
    message = refused("check", edited(study, old, new), "--lang", lang, "--no-cache")
    fault = next(line for line in message.splitlines() if line.startswith(FAULT[lang]))
    for word in words:
        assert word in message[message.index(fault) :]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "name", ["communities.geojson", "homes.geojson", "parks.geojson", "streets.osm", "standard.toml", "study.toml"]
)
@pytest.mark.parametrize("body", [b"", b"\x00\xff garbage \xfe", b"{}"])
def test_any_damaged_file_is_one_clear_message(study: Path, name: str, body: bytes) -> None:
    (study.parent / name).write_bytes(body)
    assert FAULT["en"] in refused("check", study, "--lang", "en", "--no-cache")


def test_a_run_that_fails_leaves_the_last_good_one(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    invoke("run", study, "--out", out, *QUICK)
    good = {path.name: path.read_bytes() for path in out.iterdir()}
    (study.parent / "schools.csv").unlink()
    refused("run", study, "--out", out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == good


def test_a_folder_of_other_files_is_refused_before_any_work(study: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("mine")
    message = refused("run", study, "--out", tmp_path / "out", "--lang", "en")
    assert message.startswith(FAULT["en"])
    assert "Reading" not in message
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.docx"]
    assert "is a file" in refused("run", study, "--out", tmp_path / "out" / "thesis.docx", "--lang", "en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_errors_in_the_data_are_printed_in_the_language(study: Path, tmp_path: Path, lang: Lang) -> None:
    path = study.parent / "communities.geojson"
    path.write_text(path.read_text(encoding="utf-8").replace('"C02"', '"C01"'), encoding="utf-8")
    message = refused("run", study, "--out", tmp_path / "out", "--lang", lang)
    assert {"zh": "代码 C01 出现多次", "en": "The code C01 stands more than once"}[lang] in message


# Checking


@pytest.mark.parametrize("lang", LANGUAGES)
def test_checking_lists_findings_and_how_to_fix_them(study: Path, lang: Lang) -> None:
    result = invoke("check", study, "--lang", lang)
    assert result.exit_code == 0
    parts = [part.splitlines() for part in result.stdout.split("\n\n")]
    lines = [line for part in parts[:-1] for line in part[1:]]
    assert all("→" in line for line in lines)
    counts = [sum(line.startswith(f"[{name}]") for line in lines)
              for name in {"zh": ("警告", "说明"), "en": ("warning", "note")}[lang]]  # fmt: skip
    assert sum(counts) == len(lines) > 8
    assert {"zh": "学校（schools.csv）", "en": "Schools (schools.csv)"}[lang] in [part[0] for part in parts]
    total, following, command = parts[-1]
    words = {"zh": "合计：0 处错误，{} 处警告，{} 条说明。", "en": "In all: 0 errors, {} warnings, {} notes."}[lang]
    assert total == words.format(*counts)
    assert following == {"zh": "可以评定：", "en": "Ready to run:"}[lang]
    assert command == f"  cfgeo run {study.parent}"


def test_checking_exits_1_where_a_finding_is_an_error(study: Path) -> None:
    path = study.parent / "communities.geojson"
    path.write_text(path.read_text(encoding="utf-8").replace('"C02"', '"C01"'), encoding="utf-8")
    result = invoke("check", study, "--lang", "en")
    assert result.exit_code == 1
    assert result.stdout.startswith(
        "Communities (communities.geojson)\n[error] The code C01 stands more than once (rows 1, 2)."
    )
    assert result.stdout.endswith(f"check again:\n  cfgeo check {study.parent}\n")


def test_findings_come_as_csv_and_json(study: Path) -> None:
    table = list(csv.DictReader(io.StringIO(invoke("check", study, "--format", "csv", "--lang", "en").stdout)))
    records = json.loads(invoke("check", study, "--format", "json", "--lang", "en").stdout)
    assert [row["rule"] for row in table] == [row["rule"] for row in records]
    warnings = {row["rule"] for row in records if row["severity"] == "warning"}
    assert warnings == {"network_pieces", "layer_empty", "not_snapped", "demand_stranded", "few_homes"}
    assert set(records[0]) == {"layer", "row", "rule", "severity", "what", "mend"}


def test_a_sound_study_of_few_places_has_only_the_finding_about_its_datum(study: Path) -> None:
    for layer in ("schools", "sports", "parks", "walkways", "stations"):
        without_table(study, f"layers.{layer}")
    without_table(study, "demand")
    clauses = (study.parent / "standard.toml").read_text(encoding="utf-8").split("[[clause]]")
    (home,) = (clause for clause in clauses if 'id = "home"' in clause)
    body = f"{clauses[0]}[[clause]]{home}required = true\n"
    (study.parent / "standard.toml").write_text(body, encoding="utf-8")
    path = study.parent / "streets.osm"
    body = path.read_text(encoding="utf-8")
    start = body.index('<way id="2008"')
    path.write_text(body[:start] + body[body.index("</way>", start) + 6 :], encoding="utf-8")
    on_a_hill(study)
    result = invoke("check", study, "--lang", "en")
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("[")]
    assert line.startswith("[note] The datum of these could not be checked: communities, children_homes.")
    assert result.exit_code == 0


# Reach


def test_the_land_around_a_point_goes_to_stdout_or_a_file(study: Path, tmp_path: Path) -> None:
    lon, lat = degrees(200, 5)
    result = invoke("reach", study, "--from", f"{lon},{lat}", "--minutes", "4,1,1", "--walker", "pram")
    assert result.exit_code == 0
    land = json.loads(result.stdout)
    assert [feature["properties"] for feature in land["features"]] == [
        {"minutes": 1.0, "walker": "pram"},
        {"minutes": 4.0, "walker": "pram"},
    ]
    assert not re.search(r"\d\.\d{7}", result.stdout)
    assert re.search(r"\d\.\d{6}\b", result.stdout)
    path = tmp_path / "land.geojson"
    result = invoke("reach", study, "--from", f"{lon}，{lat}", "--minutes", "5，10", "-o", path, "--lang", "en")
    assert result.stdout == f"Wrote {path}\n"
    table = gpd.read_file(path)
    assert table.crs == WGS84
    assert table.contains(Point(lon, lat)).all()
    assert set(table["walker"]) == {"child"}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "start", ["106.55", "a,b", "106.55,29.56,3", "", "181,0", "0,91", "nan,nan", "29.56 106.55", "inf,0"]
)
def test_an_invalid_position_is_an_error_that_shows_the_form(study: Path, start: str, lang: Lang) -> None:
    message = refused("reach", study, f"--from={start}", "--lang", lang)
    assert message.startswith(FAULT[lang])
    assert "106.55,29.56" in message
    assert start in message


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("minutes", ["", "five", "5;10", "0", "-5", "121", "nan", "inf", "5,,10", "0.5"])
def test_invalid_minutes_are_an_error_that_shows_the_form(study: Path, minutes: str, lang: Lang) -> None:
    lon, lat = degrees(200, 5)
    message = refused("reach", study, f"--from={lon},{lat}", f"--minutes={minutes}", "--lang", lang)
    assert message.startswith(FAULT[lang])
    assert "5,10,15" in message
    assert minutes in message


def test_a_point_in_the_river_or_far_away_is_an_error(study: Path) -> None:
    lon, lat = degrees(200, -700)
    for start in (f"{lon},{lat}", "0,0", "-73,-29", f"{lat},{lon - 90}"):
        assert "No walkable street" in refused("reach", study, f"--from={start}", "--lang", "en")


def test_an_unknown_walker_or_an_unwritable_file_is_an_error(study: Path, tmp_path: Path) -> None:
    lon, lat = degrees(200, 5)
    start = f"--from={lon},{lat}"
    assert "giant" in refused("reach", study, start, "--walker", "giant", "--lang", "en")
    for out in (tmp_path, tmp_path / "no" / "folder" / "a.geojson"):
        assert "cannot be written" in refused("reach", study, start, "-o", out, "--lang", "en")


# What the minutes of a walk are spent on


def test_explaining_prints_the_walk_and_says_which_files_it_wrote(study: Path, tmp_path: Path) -> None:
    lon, lat = degrees(50, 205)
    files = [tmp_path / "walk.geojson", tmp_path / "walk.svg"]
    arguments = ["explain", study, f"--from={lon},{lat}", "--lang", "en", "--no-cache"]
    plain = invoke(*arguments)
    result = invoke(*arguments, "-o", files[0], "-o", files[1])
    assert (plain.exit_code, result.exit_code) == (0, 0)
    assert plain.stderr == ""
    assert result.stdout == plain.stdout, "files are said elsewhere"
    assert "There (Low School): 4.7 min of 5: in reach" in result.stdout
    assert "Park, with a pram" in result.stdout
    assert [str(path) in line for path, line in zip(files, result.stderr.splitlines(), strict=True)] == [True, True]
    assert files[0].read_bytes().startswith(b"{")
    assert files[1].read_bytes().startswith(b"<?xml")


def test_explaining_a_community_and_a_layer(study: Path) -> None:
    by_code, by_name = (
        invoke("explain", study, "--community", name, "--layer", "schools", "--no-cache")
        for name in ("C01", "Lower West")
    )
    assert by_code.stdout == by_name.stdout
    assert "Lower West（中位儿童的住处" in by_code.stdout
    assert "去程（Low School）：1.8 分钟，上限 5 分钟，可达" in by_code.stdout
    assert "公园" not in by_code.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], ["--from", "--community"]),
        (["--community", "C01", "--from=106.5,29.5"], ["--from", "--community"]),
        (["--community", "Lower Wst"], ["Lower Wst", "Lower West"]),
        (["--community", "C04"], ["C04", "--from"]),
        (["--community", "C01", "--layer", "culture"], ["culture", "schools"]),
        (["--from=106.5"], ["--from", "106.5"]),
        (["--from=nan,nan"], ["--from"]),
        (["--from=0,0"], ["100 m", "0.0, 0.0"]),
    ],
)
def test_what_cannot_be_explained_is_one_clear_line(study: Path, options: list[str], words: list[str]) -> None:
    message = refused("explain", study, *options, "--lang", "en", "--no-cache")
    assert len(message.splitlines()) == 1
    for word in words:
        assert word in message


def test_findings_are_printed_as_geojson_with_their_places(town_study: Path) -> None:
    result = invoke("check", town_study, "--format", "geojson", "--lang", "en", "--no-cache")
    features = json.loads(result.stdout)["features"]
    table = list(csv.DictReader(io.StringIO(invoke("check", town_study, "--format", "csv", "--lang", "en").stdout)))
    assert [feature["properties"] for feature in features] == table
    places = {feature["properties"]["rule"]: feature["geometry"] for feature in features}
    assert places["layers_undeclared"] is None
    assert places["network_pieces"]["type"] == "LineString"
    lon, lat = places["not_snapped"]["coordinates"]
    assert (round(lon, 6), round(lat, 6)) == (lon, lat)
    assert 106 < lon < 107


@pytest.mark.parametrize("format_", ["text", "csv", "json", "geojson"])
def test_findings_are_written_to_a_file(town_study: Path, tmp_path: Path, format_: str) -> None:
    asked = ("check", town_study, "--format", format_, "--no-cache")
    printed = invoke(*asked).stdout
    written = invoke(*asked, "-o", tmp_path / "findings")
    assert written.stdout == ""
    assert str(tmp_path / "findings") in written.stderr.replace("\n", "")
    assert (tmp_path / "findings").read_bytes().decode() == printed
    assert "no" in refused(*asked, "-o", tmp_path / "no" / "findings")


def test_errors_are_printed_as_geojson_where_they_are(study: Path) -> None:
    columns = 'path = "communities.geojson"\ncolumns = { code = "street_office" }\nstreet_office = "X"'
    edited(study, 'path = "communities.geojson"', columns)
    result = invoke("check", study, "--format", "geojson", "--lang", "en", "--no-cache")
    assert result.exit_code == 1
    features = json.loads(result.stdout)["features"]
    assert {feature["properties"]["rule"] for feature in features} == {"code_twice"}
    assert {feature["geometry"]["type"] for feature in features} == {"Polygon"}, "each office's communities, joined"


def test_an_unknown_format_is_refused_before_any_work(tmp_path: Path) -> None:
    message = refused("explain", tmp_path / "no-study", "--community", "x", "-o", tmp_path / "a.docx", "--lang", "en")
    assert "a.docx" in message
    assert ".geojson" in message


def test_a_walk_is_printed_before_a_file_that_cannot_be_written_is_an_error(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "no" / "a.geojson"
    result = invoke("explain", study, "--community", "C01", "-o", out, "--lang", "en", "--no-cache")
    assert result.exit_code == 1
    assert "Low School" in result.stdout
    assert "cannot be written" in result.stderr


# As a process of its own


def test_results_and_messages_are_utf8_on_streams_of_their_own(study: Path, tmp_path: Path) -> None:
    run = cfgeo("run", study, "--out", "地图", *QUICK, cwd=tmp_path, cache=tmp_path / "cache")
    assert_calm(run)
    assert run.returncode == 0
    assert run.stdout.startswith("小镇：4 个社区中 1 个达标（25.0%），目标 70%。\n")
    assert run.stderr.splitlines() == [
        "读取数据",
        "把设施和居住点接入路网",
        "计算步行时间",
        "按标准评定",
        "计算地形影响、步道与学径",
        "绘制等时圈",
        "写出表格",
        "写出互动地图",
        f"地图和表格已就绪，现在即可打开：{Path('地图') / 'index.html'}",
    ]
    assert (tmp_path / "地图" / "index.html").is_file()


def test_a_fault_in_a_subprocess_prints_no_traceback(study: Path, tmp_path: Path) -> None:
    run = cfgeo("run", edited(study, '"schools.csv"', '"school.csv"'), cwd=tmp_path, cache=tmp_path / "cache")
    assert_calm(run)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.splitlines()[-1].startswith("错误：找不到文件")


def test_warnings_of_gdal_do_not_reach_the_user(study: Path, tmp_path: Path) -> None:
    for layer in ("one", "two"):
        gpd.read_file(study.parent / "parks.geojson").to_file(study.parent / "parks.gpkg", layer=layer)
    run = cfgeo("check", edited(study, "parks.geojson", "parks.gpkg"), cwd=tmp_path, cache=tmp_path / "cache")
    assert_calm(run)


@pytest.mark.parametrize("only", ["", "map,posters"])
def test_an_unknown_group_is_refused(study: Path, only: str) -> None:
    message = refused("run", study, "--only", only, "--lang", "en")
    for word in ("map", "tables", "figures"):
        assert word in message
