"""A study drafted for files as they lie: what they are is guessed, and the guess gives the verdicts that care gives."""

import filecmp
import re
import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from worlds.scenarios import place
from worlds.studies import assert_calm, cfgeo, invoke, refused
from worlds.town import write_town

from cfgeo import OutputError, Study, load_study, run_study
from cfgeo.core.strings import section
from cfgeo.files.positions.datum import from_wgs84
from cfgeo.pipeline.check import check_study
from cfgeo.scenarios.lists.projects import plan_choices
from cfgeo.study.start.draft import copy_default_study, default_study, draft_study

ROOT = Path(__file__).resolve().parents[3]


def moved(table: pd.DataFrame, datum: str) -> tuple[Any, Any]:
    """Return longitudes and latitudes of a table in another datum."""
    lon, lat = (table[axis].astype(float).to_numpy() for axis in ("lon", "lat"))
    return from_wgs84(lon, lat, datum=datum)


def office_files(folder: Path, yuzhong: Path) -> None:
    """Write Yuzhong's data as three offices would send it, beside its streets, heights and buildings."""
    folder.mkdir()
    all_places = pd.read_csv(yuzhong / "facilities_approx.csv", dtype=str)
    schools = all_places[all_places["layer"] == "schools"]
    lon, lat = moved(schools, "gcj02")
    book = openpyxl.Workbook()
    page = book.active
    page.title = "学校名单"
    page.append(["渝中区中小学、幼儿园一览表（坐标取自高德地图）"])
    page.append(["序号", "学校名称", "学段", "坐标", None, "学位数\n（个）"])
    page.append([None, None, None, "经度", "纬度", None])
    for i, (name, kind) in enumerate(zip(schools["name"], schools["kind"], strict=True)):
        page.append([i + 1, name, section("kind")[kind]["zh"], float(lon[i]), f"{lat[i]:.7f}", None])
    page.append(["合计", None, f"{len(schools)}所"])
    for area in ("A1:F1", "A2:A3", "B2:B3", "C2:C3", "D2:E2", "F2:F3"):
        page.merge_cells(area)
    book.save(folder / "教委提供.xlsx")

    hospitals = all_places[all_places["layer"] == "hospitals"]
    lon, lat = moved(hospitals, "bd09")
    kinds = [section("kind")[kind]["zh"] for kind in hospitals["kind"]]
    table = {"机构名称": hospitals["name"], "机构类别": kinds, "百度经度": lon.round(7), "百度纬度": lat.round(7)}
    pd.DataFrame(table).to_csv(folder / "医疗机构.csv", index=False, encoding="gbk")

    communities = gpd.read_file(yuzhong / "communities_approx.geojson")[
        ["code", "community", "street_office", "geometry"]
    ]
    communities.columns = ["社区代码", "社区", "街道", "geometry"]
    communities.to_crs(4524).to_file(folder / "社区边界.shp", encoding="gbk")  # a zone of CGCS2000, its number in x
    (folder / "社区边界.cpg").unlink()
    for name in ("streets.osm.pbf", "elevation_30m.tif", "buildings.geojson"):
        shutil.copy(yuzhong / name, folder)
    (folder / "说明.txt").write_text('请查收。\n坐标系：国家2000，三度带；"有问题请来电\n', encoding="gbk")
    (folder / "报送函.docx").write_bytes(b"PK")
    (folder / "~$教委提供.xlsx").write_bytes(b"x")


def documented_commands() -> list[list[str]]:
    """Return the commands by which docs/data.md leads from files to a map."""
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```\n(cfgeo init .*?)^```", page, re.DOTALL | re.MULTILINE)
    return [line.split()[1:] for line in block.splitlines()]


@pytest.mark.shared
def test_yuzhong_as_offices_send_it_has_the_verdicts_of_the_study(
    tmp_path: Path, yuzhong_study: Study, shared_data: Path
) -> None:
    office_files(tmp_path / "来件", shared_data / "yuzhong")
    commands = documented_commands()
    assert [command[0] for command in commands] == ["init", "check", "run"]
    more = {"run": ["--only", "tables"]}
    runs = [cfgeo(*words, *more.get(words[0], []), cwd=tmp_path, cache=tmp_path / "cache") for words in commands]
    for run in runs:
        assert run.returncode == 0, run.stderr
        assert_calm(run)
    output = runs[0].stdout
    for line in (
        "教委提供.xlsx：学校（gcj02）",
        "医疗机构.csv：医疗机构（bd09）",
        "社区边界.shp：社区边界（cgcs2000）",
    ):
        assert line in output
    for name in ("说明.txt", "报送函.docx"):
        assert f"{name}：未采用" in output
    assert "~$" not in output
    assert not re.search("GCJ-02|BD-09|gcj02|bd09", runs[1].stdout)  # no datum is doubted

    content = tomllib.loads((tmp_path / "渝中" / "study.toml").read_text(encoding="utf-8"))
    assert content["study"]["standard"] == "yuzhong-2026"
    assert content["layers"]["schools"]["path"] == "../来件/教委提供.xlsx"
    assert set(content["layers"]) == {"schools", "hospitals"}

    layers = {name: yuzhong_study.layers[name] for name in ("schools", "hospitals")}
    careful = yuzhong_study.model_copy(update={"layers": layers})
    careful._file = yuzhong_study.file
    expected = run_study(careful)
    out = tmp_path / "maps" / "渝中"
    drafted = pd.read_csv(out / "communities.csv", dtype=str, encoding="utf-8-sig").set_index("code")
    assert drafted["verdict"].to_dict() == expected.communities["verdict"].to_dict()
    walks = pd.read_csv(out / "coverage.csv", dtype={"code": str}, encoding="utf-8-sig")
    judged = expected.coverage.merge(walks, on=["code", "clause"], suffixes=("", "_drafted"))
    assert len(judged) == len(walks) == len(expected.coverage)
    assert judged["verdict_drafted"].tolist() == judged["verdict"].tolist()
    assert set(judged["verdict"]) == {"passed", "failed", "not_assessed"}
    assert np.allclose(judged["share_drafted"], judged["share"], atol=2e-3, equal_nan=True)


def test_all_files_of_a_folder_are_read_and_unreadable_ones_are_reported(tmp_path: Path) -> None:
    table = pd.DataFrame({"名称": ["甲", "乙"], "经度": [106.5, 106.6], "纬度": [29.5, 29.6]})
    (tmp_path / "a" / "卫健").mkdir(parents=True)
    table.to_csv(tmp_path / "a" / "卫健" / "医院.csv", index=False)
    points = gpd.GeoDataFrame(table[["名称"]], geometry=gpd.points_from_xy(table["经度"], table["纬度"]), crs=4490)
    points.to_file(tmp_path / "a" / "公园.shp", encoding="utf-8")
    points.to_file(tmp_path / "a" / "学校.gdb", driver="OpenFileGDB")
    (tmp_path / "a" / "坏.xlsx").write_bytes(b"PK\x03\x04")
    path, drafted = draft_study(tmp_path / "s", [tmp_path / "a"])
    layers = tomllib.loads(path.read_text(encoding="utf-8"))["layers"]
    assert {name: layer["path"] for name, layer in layers.items()} == {
        "hospitals": "../a/卫健/医院.csv",
        "parks": "../a/公园.shp",
        "schools": "../a/学校.gdb",
    }
    (bad,) = (table for table in drafted if table.fault)
    assert "坏.xlsx: not used. " in bad.text("en")
    assert "坏" not in path.read_text(encoding="utf-8")


@pytest.mark.shared
def test_the_files_of_the_shared_study_get_their_roles(tmp_path: Path, shared_data: Path) -> None:
    names = ("communities_approx.geojson", "facilities_approx.csv", "streets.osm.pbf", "elevation_30m.tif")
    files = [shared_data / "yuzhong" / name for name in (*names, "buildings.geojson", "district_wgs84.geojson")]
    path, drafted = draft_study(tmp_path / "a", files)
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    layers = {"schools", "hospitals", "parks", "care_centres", "culture", "activity", "sports"}
    assert set(content["layers"]) == layers
    assert content["layers"]["parks"]["where"] == {"layer": ["parks"]}
    assert content["demand"]["path"].endswith("buildings.geojson")
    assert content["network"]["elevation"].endswith("elevation_30m.tif")
    assert [table.path.rpartition("/")[2] for table in drafted if not table.used or not table.guess.role] == [
        "district_wgs84.geojson"
    ]
    assert len(check_study(load_study(path))) < 45


def test_the_default_study_is_drafted_from_its_files(tmp_path: Path, default_study: Study) -> None:
    shutil.copytree(default_study.folder, tmp_path / "a")
    (tmp_path / "a" / "study.toml").unlink()
    files = sorted(path for path in (tmp_path / "a").rglob("*.*") if path.suffix != ".md")
    path, drafted = draft_study(tmp_path / "a", files)
    assert all(table.used and table.guess.role for table in drafted)
    study = load_study(path)
    assert set(study.layers) == set(default_study.layers) - {"walkways", "water"}
    for name, parts in study.layers.items():
        assert [part.path for part in parts] == [part.path for part in default_study.layers[name]]
    assert study.network.elevation == default_study.network.elevation
    assert study.demand is not None
    assert study.demand.path == "demand/dwellings.csv"
    assert study.zones is not None
    assert study.zones.path == "boundaries/zones.geojson"
    assert [source.path for source in study.reported] == ["figures/reported.csv"]
    assert plan_choices(study)[0].projects == plan_choices(default_study)[0].projects
    severities = check_study(study)["severity"]
    assert "error" not in set(severities)


HEADINGS = {
    "id": "项目编号", "project": "项目名称", "cost (万元)": "估算投资", "requires": "前置项目", "excludes": "互斥项目",
    "decided": "是否已立项", "action": "动作", "layer": "图层", "facility": "现有设施", "kind": "类型", "name": "名称",
    "capacity": "学位数", "lon": "经度", "lat": "纬度", "link": "步行设施", "way": "道路编号", "wkt": "坐标串",
    "tags": "道路属性", "attributes": "设施属性",
}  # fmt: skip
ACTIONS = {"add": "新建", "move": "迁建", "close": "拆除", "enlarge": "扩建", "refit": "改造"}


def planners_book(listed: Path, book: Path) -> None:
    """Write a reserve list as an office keeps it: in Chinese, below a title with the unit, beside another sheet."""
    own = pd.read_csv(listed, dtype=str)
    kinds, layers = ({ours: names["zh"] for ours, names in section(name).items()} for name in ("kind", "layer"))
    listed = own.assign(action=own["action"].map(ACTIONS), kind=own["kind"].replace(kinds))
    listed = listed.assign(layer=listed["layer"].replace(layers)).rename(columns=HEADINGS)
    with pd.ExcelWriter(book, engine="openpyxl") as writer:
        pd.DataFrame({"街道": ["甲", "乙"], "个数": [2, 3]}).to_excel(writer, sheet_name="汇总", index=False)
        listed.to_excel(writer, sheet_name="储备", index=False, startrow=1)
        writer.sheets["储备"]["A1"] = "儿童友好储备项目（单位：万元）"


def test_a_reserve_list_is_known_as_a_workbook_of_chinese_headings(tmp_path: Path, default_study: Study) -> None:
    planners_book(default_study.folder / "projects.csv", tmp_path / "储备项目.xlsx")
    path, drafted = draft_study(
        tmp_path / "s", [default_study.folder / "boundaries" / "communities.geojson", tmp_path / "储备项目.xlsx"]
    )
    assert [(table.table, table.guess.role, table.used) for table in drafted[1:]] == [
        ("汇总", "", False), ("储备", "projects", True)
    ]  # fmt: skip
    assert drafted[2].text("zh") == "../储备项目.xlsx [储备]：储备项目库（wgs84）"
    assert drafted[2].text("en") == "../储备项目.xlsx [储备]: Reserve list (wgs84)"
    assert "layers" not in tomllib.loads(path.read_text(encoding="utf-8"))
    (drafted_plan, _), (plan, _) = plan_choices(load_study(path)), plan_choices(default_study)
    assert drafted_plan.unit == plan.unit == "万元"
    assert [(p.id, p.name, p.cost, p.requires, p.excludes, p.decided) for p in drafted_plan.projects] == [
        (p.id, p.name, p.cost, p.requires, p.excludes, p.decided) for p in plan.projects
    ]
    shifted = 1  # the title's row
    assert [p.row for p in drafted_plan.projects] == [p.row + shifted for p in plan.projects]
    for ours, theirs in zip(drafted_plan.projects, plan.projects, strict=True):
        assert [replace(change, nth=0, row=0) for change in ours.changes] == [
            replace(change, nth=0, row=0) for change in theirs.changes
        ]


@pytest.mark.parametrize("name", ["储备.csv", "储备.xlsx"])
def test_a_folder_with_a_reserve_list_leads_to_a_plan(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "town"
    write_town(folder).unlink()
    court, school = place(50, 50), place(320, 305)
    rows = [
        ["编号", "项目", "造价（万元）", "动作", "图层", "类型", "经度", "纬度"],
        ["1", "坡上小学", 300, "新建", "学校", "小学", school.x, school.y],
        ["2", "球场", "20", "新建", "体育场地", "court", court.x, court.y],
    ]
    table = pd.DataFrame(rows[1:], columns=rows[0])
    if name.endswith("csv"):
        table.to_csv(folder / name, index=False, encoding="gbk")
    else:
        table.to_excel(folder / name, index=False)
    result = invoke("init", folder, "--from", folder)
    assert f"{name}：储备项目库（wgs84）" in result.stdout
    assert invoke("check", folder, "--no-cache").exit_code == 0
    run = invoke("run", folder, "--no-cache", "--only", "tables", "--out", tmp_path / "out")
    assert run.exit_code == 0
    plan = pd.read_csv(tmp_path / "out" / "plan.csv", encoding="utf-8-sig")
    assert list(zip(plan["name"], plan["status"], plan["unit"], strict=True)) == [
        ("球场", "chosen", "万元"), ("坡上小学", "never", "万元")
    ]  # fmt: skip
    assert plan["passed"][0] == 3


def test_an_unreadable_reserve_list_is_written_as_a_remark(tmp_path: Path) -> None:
    (tmp_path / "项目库.csv").write_text("项目名称,投资（万元）\n甲小学,3000\n", encoding="utf-8")
    (tmp_path / "项目.csv").write_text("编号,措施,投资（万元）,图层\n1,新建,3000,学校\n", encoding="utf-8")
    path, drafted = draft_study(tmp_path / "s", sorted(tmp_path.iterdir(), reverse=True))
    assert [table.used for table in drafted] == [False, True]
    assert drafted[0].text("zh").startswith("../项目库.csv：未采用。储备项目库缺少列 id, action, layer / link；")
    body = path.read_text(encoding="utf-8")
    assert tomllib.loads(body)["projects"]["path"] == "../项目.csv"
    assert '# [projects]\n# path = "../项目库.csv"' in body


def test_an_unknown_table_is_reported_and_written_as_a_remark(tmp_path: Path) -> None:
    (tmp_path / "地址.csv").write_text("名称,地址\n甲,乙路1号\n", encoding="utf-8")
    points = gpd.GeoDataFrame({"a": [1]}, geometry=gpd.points_from_xy([106.5], [29.5]), crs=4326)
    points.to_file(tmp_path / "x.gpkg")
    path, drafted = draft_study(tmp_path / "s", [tmp_path / "地址.csv", tmp_path / "x.gpkg"])
    reasons = [table.text("en") for table in drafted]
    assert reasons[0].startswith("../地址.csv: not used. no positions: it needs columns of longitude and latitude")
    assert reasons[1] == "../x.gpkg: not used"
    body = path.read_text(encoding="utf-8")
    assert '# path = "../x.gpkg"' in body
    assert "no communities were given" in body
    assert "layers" not in tomllib.loads(body)


def test_sheets_of_one_workbook_are_layers_of_their_own(tmp_path: Path) -> None:
    rows = {"名称": ["甲", "乙"], "经度": [106.5, 106.6], "纬度": [29.5, 29.6]}
    with pd.ExcelWriter(tmp_path / "设施.xlsx") as writer:
        for sheet in ("小学", "公园", "图书馆", "幼儿园"):
            pd.DataFrame(rows).to_excel(writer, sheet_name=sheet, index=False)
    path, drafted = draft_study(tmp_path / "s", [tmp_path / "设施.xlsx"])
    layers = load_study(path).layers
    assert {name: (layer.table, layer.kind) for name, (layer,) in layers.items()} == {
        "schools": ("小学", "primary"),
        "parks": ("公园", "park"),
        "culture": ("图书馆", "library"),
    }
    assert [table.used for table in drafted] == [True, True, True, False]  # a layer is one table
    assert '# table = "幼儿园"' in path.read_text(encoding="utf-8")


def test_an_existing_study_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text("mine", encoding="utf-8")
    (tmp_path / "a.csv").write_text("name,lon,lat\n", encoding="utf-8")
    assert "left alone" in refused("init", tmp_path, "--from", tmp_path / "a.csv", "--lang", "en")
    assert (tmp_path / "study.toml").read_text(encoding="utf-8") == "mine"


def test_files_and_their_option_go_together(tmp_path: Path) -> None:
    assert "--from" in refused("init", tmp_path / "s", "--from")
    assert "--from" in refused("init", tmp_path / "s", tmp_path / "a.csv")
    assert "a.csv" in refused("init", tmp_path / "s", "--from", tmp_path / "a.csv")
    assert not (tmp_path / "s").exists()


@pytest.fixture(autouse=True)
def _made() -> None:
    if not (default_study() / "study.toml").is_file():
        pytest.skip("the default study does not exist yet")


def test_the_copy_is_the_whole_default_study(tmp_path: Path) -> None:
    path = copy_default_study(tmp_path / "my" / "study")
    assert path == tmp_path / "my" / "study" / "study.toml"
    names = sorted(
        item.relative_to(default_study()).as_posix() for item in default_study().rglob("*") if item.is_file()
    )
    same, other, missing = filecmp.cmpfiles(default_study(), path.parent, names, shallow=False)
    assert (sorted(same), other, missing) == (names, [], [])
    assert load_study(path).study == load_study(default_study()).study


def test_the_copy_can_be_edited(tmp_path: Path) -> None:
    path = copy_default_study(tmp_path / "study")
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert path.stat().st_mode & 0o200


def test_every_file_that_the_default_study_names_is_there() -> None:
    study = load_study(default_study())
    sources = [study.boundaries.communities, study.network, *(part for _, part in study.layer_parts)]
    for source in sources:
        assert study.resolve(source.path).is_file()


def test_the_default_study_is_illustrative_and_explained_in_both_languages() -> None:
    study = load_study(default_study())
    assert study.study.status == "illustrative"
    body = (default_study() / "study.toml").read_text(encoding="utf-8")
    assert body.count("#") > 10


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert copy_default_study(tmp_path / "empty").is_file()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError):
        copy_default_study(tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for target in (tmp_path / "file", tmp_path / "file" / "study"):
        with pytest.raises(OutputError):
            copy_default_study(target)
    assert (tmp_path / "file").read_text() == "mine"


def test_the_command_says_what_to_do_next(tmp_path: Path) -> None:
    result = invoke("init", tmp_path / "new", "--lang", "en")
    assert result.exit_code == 0
    assert f"cfgeo run {tmp_path / 'new'}" in result.stdout
    assert result.stderr == ""
    assert str(tmp_path / "new") in refused("init", tmp_path / "new", "--lang", "en")
    assert refused("init", tmp_path / "new", "--lang", "zh").startswith("错误：")


def places(folder: Path, name: str, names: Sequence[str], *, sheet: str = "Sheet1") -> None:
    """Write a list of places with positions, in a row."""
    table = pd.DataFrame({"名称": names, "经度": 106.55 + 0.001 * np.arange(len(names)), "纬度": 29.55})
    if name.endswith(".xlsx"):
        mode: dict[str, Any] = {"mode": "a"} if (folder / name).exists() else {}
        with pd.ExcelWriter(folder / name, engine="openpyxl", **mode) as book:
            table.to_excel(book, sheet_name=sheet, index=False)
    else:
        table.to_csv(folder / name, index=False)


def layers_of(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the layers of a study drafted from a folder, and why a table is not used, by its place."""
    path, drafted = draft_study(folder.parent / "s", [folder])
    unused = {table.place.removeprefix("../a/"): table.text("en") for table in drafted if not table.used}
    return tomllib.loads(path.read_text(encoding="utf-8")).get("layers", {}), unused


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "a").mkdir()
    return tmp_path / "a"


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_lists_of_one_layer_are_joined_each_with_its_kind(inbox: Path, ending: str) -> None:
    for name in ("小学名单", "初中名单", "幼儿园名单"):
        places(inbox, f"{name}.{ending}", [f"{name}{number}" for number in "甲乙丙"])
    layers, unused = layers_of(inbox)
    assert [(part["path"], part["kind"]) for part in layers["schools"]] == [
        (f"../a/初中名单.{ending}", "junior"),
        (f"../a/小学名单.{ending}", "primary"),
        (f"../a/幼儿园名单.{ending}", "kindergarten"),
    ]
    assert unused == {}


def test_sheets_of_one_layer_are_joined_each_with_its_kind(inbox: Path) -> None:
    places(inbox, "医疗（分表）.xlsx", ["甲", "乙"], sheet="社区卫生服务中心")
    places(inbox, "医疗（分表）.xlsx", ["丙", "丁"], sheet="综合医院")
    layers, unused = layers_of(inbox)
    assert [(part["table"], part.get("kind")) for part in layers["hospitals"]] == [
        ("社区卫生服务中心", "community_health"),
        ("综合医院", "general"),
    ]
    assert unused == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("学校名单2025.xlsx", "学校名单2026.xlsx"),
        ("2024年学校.csv", "2025年学校.csv"),
        ("学校（2025-09）.csv", "学校（2026-03）.csv"),
        ("学校20250901.csv", "学校20260301.csv"),
        ("学校2025版.csv", "学校2026版（修订）.xlsx"),
        ("学校2026.csv", "学校2026-09.csv"),
    ],
)
def test_of_lists_of_two_years_the_newer_one_is_used(inbox: Path, old: str, new: str) -> None:
    places(inbox, old, ["甲小学", "乙小学", "丙小学"])
    places(inbox, new, ["甲小学", "丁小学", "戊小学"])
    layers, unused = layers_of(inbox)
    assert layers["schools"]["path"] == f"../a/{new}"
    assert list(unused) == [old]
    assert new in unused[old]


def test_a_list_that_another_one_holds_is_not_counted_twice(inbox: Path) -> None:
    places(inbox, "学校汇总.csv", [f"{number}校" for number in range(9)])
    places(inbox, "小学.csv", [f"{number}校" for number in range(4)])
    places(inbox, "初中.csv", ["别的一校", "别的二校", "别的三校"])
    layers, unused = layers_of(inbox)
    assert [part["path"] for part in layers["schools"]] == ["../a/初中.csv", "../a/学校汇总.csv"]
    assert list(unused) == ["小学.csv"]
    assert "学校汇总.csv" in unused["小学.csv"]


def test_of_communities_of_two_years_and_of_street_offices_the_latest_communities_are_used(inbox: Path) -> None:
    boxes = [shapely.box(106.5 + 0.01 * n, 29.5, 106.51 + 0.01 * n, 29.51) for n in range(3)]
    for name, words in (
        ("社区边界2024", ["甲社区", "乙社区", "丙社区"]),
        ("社区边界2025", ["甲社区", "乙社区", "丙社区"]),
        ("街道边界2026", ["甲街道", "乙街道", "丙街道"]),
    ):
        table = {"代码": [f"50010300{n}" for n in range(3)], "名称": words, "街道": ["甲"] * 3}
        gpd.GeoDataFrame(table, geometry=boxes, crs=4326).to_file(inbox / f"{name}.geojson")
    path, drafted = draft_study(inbox.parent / "s", [inbox])
    assert tomllib.loads(path.read_text(encoding="utf-8"))["boundaries"]["communities"]["path"].endswith(
        "界2025.geojson"
    )
    assert [table.instead for table in drafted] == ["../a/社区边界2025.geojson", "", "../a/社区边界2025.geojson"]


def test_metro_lines_catchments_and_stops_take_the_place_of_nothing(inbox: Path) -> None:
    line = [shapely.LineString([(106.5, 29.5), (106.52, 29.52)])]
    gpd.GeoDataFrame({"名称": ["1号线"]}, geometry=line, crs=4326).to_file(inbox / "地铁线路.geojson")
    gpd.GeoDataFrame({"名称": ["人民路"]}, geometry=line, crs=4326).to_file(inbox / "道路中心线.geojson")
    boxes = [shapely.box(106.5 + 0.01 * n, 29.5, 106.51 + 0.01 * n, 29.51) for n in range(3)]
    gpd.GeoDataFrame({"名称": ["甲小学", "乙小学", "丙小学"]}, geometry=boxes, crs=4326).to_file(inbox / "小学.geojson")
    places(inbox, "公交.csv", ["甲小学站", "乙小学站", "丙中学站"])
    path, drafted = draft_study(inbox.parent / "s", [inbox])
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    assert content["network"]["path"] == "../a/道路中心线.geojson"
    assert "layers" not in content
    reasons = {table.path.removeprefix("../a/"): table.guess.doubts for table in drafted if not table.guess.role}
    assert reasons == {"地铁线路.geojson": ("is_transit",), "小学.geojson": ("is_zone",), "公交.csv": ("is_stop",)}
    assert all(table.reason("zh") in table.text("zh") != "" for table in drafted if not table.guess.role)


def test_figures_of_departments_are_drafted_all_together(inbox: Path) -> None:
    """Years as columns, or a year a row; the figures of one year do not take the place of those of another."""
    pd.DataFrame({"指标名称": ["小学入学率（%）"], "2024年": [99.1], "2025年": [99.5]}).to_excel(
        inbox / "教委.xlsx", index=False
    )
    for year in (2024, 2025):
        row = {"监测指标": ["儿童床位"], "年度": [year], "区域": ["全区"], "完成值": [7.5]}
        pd.DataFrame(row).to_csv(inbox / f"卫健委{year}年指标.csv", index=False)
    pd.DataFrame({"指标名称": ["绿地率"], "责任单位": ["园林局"]}).to_csv(inbox / "指标清单.csv", index=False)
    path, drafted = draft_study(inbox.parent / "s", [inbox])
    tables = tomllib.loads(path.read_text(encoding="utf-8"))["reported"]
    assert [table["path"] for table in tables] == [
        "../a/卫健委2024年指标.csv", "../a/卫健委2025年指标.csv", "../a/教委.xlsx"
    ]  # fmt: skip
    assert [table.path for table in drafted if not table.guess.role] == ["../a/指标清单.csv"]
    assert "wgs84" not in next(table for table in drafted if table.guess.role).text("zh")


@pytest.mark.parametrize(
    ("file", "columns", "role", "doubts"),
    [
        ("结构.geojson", {"名称": ["甲", "乙", "丙"], "类型": ["核", "圈", "圈"]}, "zones", ()),
        ("规划分区.geojson", {"name": ["甲", "乙", "丙"], "kind": ["core"] * 3}, "zones", ()),
        ("规划分区.geojson", {"标题": ["亲子活力核", "步道网", "生活圈"]}, "zones", ("zones_kindless",)),
        ("点位.geojson", {"名称": ["甲小学", "乙小学", "丙小学"], "类型": ["点"] * 3}, "", ("is_zone",)),
        ("学区分区.geojson", {"名称": ["甲小学", "乙小学", "丙小学"]}, "", ("is_catchment",)),
        ("社区分区.geojson", {"名称": ["甲社区", "乙社区", "丙社区"], "代码": ["500103001"] * 3}, "communities", None),
    ],
)
def test_zones_of_a_plan_are_known_by_their_kinds_or_the_name_of_their_file(
    inbox: Path, file: str, columns: dict[str, list[str]], role: str, doubts: tuple[str, ...] | None
) -> None:
    boxes = [shapely.box(106.5 + 0.01 * n, 29.5, 106.51 + 0.01 * n, 29.51) for n in range(3)]
    gpd.GeoDataFrame(columns, geometry=boxes, crs=4326).to_file(inbox / file)
    path, (drafted,) = draft_study(inbox.parent / "s", [inbox])
    assert drafted.guess.role == role
    if doubts is not None:
        assert drafted.guess.doubts == doubts
    assert ("zones" in tomllib.loads(path.read_text(encoding="utf-8"))) == (role == "zones")


def test_lines_of_a_plan_are_zones_and_no_streets(inbox: Path) -> None:
    line = [shapely.LineString([(106.5, 29.5 + 0.01 * n), (106.52, 29.52)]) for n in range(2)]
    gpd.GeoDataFrame({"名称": ["滨江带", "步道网"], "类型": ["带", "网"]}, geometry=line, crs=4326).to_file(
        inbox / "a.gpkg"
    )
    path, _ = draft_study(inbox.parent / "s", [inbox])
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    assert content["zones"]["path"] == "../a/a.gpkg"
    assert content["network"]["path"] == "streets.osm.pbf"
