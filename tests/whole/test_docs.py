"""The documentation is executed and compared with the code."""

import ast
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import osmium
import pandas as pd
import pyogrio
import pytest
import typer
from worlds.scenarios import town_in
from worlds.studies import degrees, edited, invoke
from worlds.town import write_town

import cfgeo
from cfgeo import Results, Study, load_projects
from cfgeo.assess.lacking.columns import read_by
from cfgeo.cli.main import app
from cfgeo.core.plan import Plan
from cfgeo.core.results import COVERAGE_COLUMNS
from cfgeo.core.strings import section
from cfgeo.network.walkers import load_walkers
from cfgeo.publish.compared.changes import CHANGE_COLUMNS
from cfgeo.publish.run.folder import FILES
from cfgeo.publish.tables.csv import write_tables
from cfgeo.publish.tables.proposals import plan_table
from cfgeo.scenarios.lists.changes import load_scenario
from cfgeo.study.standard import built_in_standards, load_standard

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")])


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_the_python_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "data", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    code = "\n".join(blocks(ROOT / "docs" / "python.md", "python"))
    assert code.count("cfgeo.") > 10
    exec(compile(code, "docs/python.md", "exec"), {"__name__": "docs"})  # noqa: S102
    assert "Empty DataFrame" not in capsys.readouterr().out
    assert (tmp_path / "out" / "index.html").stat().st_size > 100_000
    assert (tmp_path / "verdicts.gpkg").exists()


def test_minutes_for_ones_own_homes_take_ten_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "data")
    code = next(code for code in blocks(ROOT / "docs" / "python.md", "python") if "minutes_to" in code)
    lines = [line for line in code.splitlines() if line and not line.startswith("import ")]
    assert len(lines) <= 10
    names: dict[str, gpd.GeoDataFrame] = {}
    exec(compile(code, "docs/python.md", "exec"), names)  # noqa: S102
    homes = names["homes"]
    assert homes["minutes"].notna().mean() > 0.9
    assert 1 < homes["minutes"].median() < 15


def test_the_scenarios_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    page = ROOT / "docs" / "scenarios.md"
    changes = "\n".join(blocks(page, "toml"))
    (tmp_path / "changes.toml").write_text(changes, encoding="utf-8")
    exec(compile("\n".join(blocks(page, "python")), "docs/scenarios.md", "exec"), {"__name__": "docs"})  # noqa: S102
    printed = capsys.readouterr().out
    assert re.search(r"^\d+ → \d+$", printed, re.MULTILINE)
    assert len(re.findall(r"^(add|move|close|enlarge|refit) \d+$", printed, re.MULTILINE)) == changes.count(
        "[[change]]"
    )
    lines = page.read_text(encoding="utf-8").splitlines()
    table = [line[1:-1].split("|") for line in lines if line.startswith("| ")]
    rows = [",".join(cell.strip() for cell in row) for row in table if len(row) == 9 and "---" not in row[0]]
    (tmp_path / "changes.csv").write_text("\n".join(rows), encoding="utf-8")
    assert [change.action for change in load_scenario(tmp_path / "changes.csv").changes] == ["add", "close"]


def test_the_sites_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "data", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lots.csv").write_text(
        "name,lon,lat\nLot 1,106.5821,29.5567\nLot 2,106.5780,29.5448\n", encoding="utf-8"
    )
    page = ROOT / "docs" / "siting.md"
    (commands,) = blocks(page, "sh")
    for command in commands.strip().splitlines():
        run = invoke(*shlex.split(command)[1:], "--cache", tmp_path / "cache")
        assert run.exit_code == 0
        assert "1. 106.5" in run.stdout
    table = pd.read_csv(tmp_path / "sites.csv")
    assert set(re.findall(r"`(\w+)`", page.read_text(encoding="utf-8"))) >= set(table.columns)
    assert set(pyogrio.list_layers(tmp_path / "sites.gpkg")[:, 0]) == {"sites", "communities", "layer_styles"}
    (code,) = blocks(page, "python")
    exec(compile(code, "docs/siting.md", "exec"), {"__name__": "docs"})  # noqa: S102
    assert re.search(r"^\d+ → \d+$", capsys.readouterr().out, re.MULTILINE)


def test_the_plans_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    study = town_in(tmp_path / "data")
    with study.open("a", encoding="utf-8") as toml:
        toml.write('\n[projects]\npath = "projects.csv"\n')
    lon, lat = degrees(320, 205)
    table = pd.DataFrame({"id": ["P-1"], "cost": [100], "action": ["add"], "layer": ["schools"], "kind": ["primary"]})
    table = table.assign(lon=lon, lat=lat)
    table.to_csv(tmp_path / "data" / "projects.csv", index=False)
    table.to_excel(tmp_path / "list.xlsx", index=False)
    monkeypatch.chdir(tmp_path)
    page = ROOT / "docs" / "planning.md"
    (commands,) = blocks(page, "sh")
    for command in commands.strip().splitlines():
        run = invoke(*shlex.split(command.partition("#")[0])[1:], "--cache", tmp_path / "cache")
        assert run.exit_code == 0, run.stderr
    assert {path.name for path in tmp_path.glob("plan.*")} == {"plan.csv", "plan.html", "plan.xlsx"}
    (code,) = blocks(page, "python")
    exec(compile(code, "docs/planning.md", "exec"), {"__name__": "docs"})  # noqa: S102
    assert re.search(r"^\d+ communities for [\d.]+ .*gap [\d.]+$", capsys.readouterr().out, re.MULTILINE)


ELSEWHERE = {
    "planning.md": "test_the_plans_page_runs runs them",
    "siting.md": "test_the_sites_page_runs runs them",
    "cli.md": "forms with STUDY and DIR in them: test_every_verb_and_option_is_documented compares them",
}
SKIPPED = (
    (r"fetch my-district --place", "it asks services of OpenStreetMap"),
    (
        r"^cfgeo \w+ monaco\b",
        "it asks services: tests/study/start/test_fetch.py runs Monaco from its extract",
    ),
    (r"--scheduler tcp", "it asks a cluster: tests/batch/test_cluster.py runs one"),
    (r"^cfgeo open ", "it serves until Ctrl-C: tests/app/test_service.py runs it"),
    (r"--pbf chongqing.osm.pbf", "tests/study/start/test_fetch.py runs it on extracts with areas in them"),
)


def commands_of(page: Path) -> list[str]:
    """Return the commands in a page's blocks, without their remarks."""
    lines = [line for block in blocks(page, "(?:sh)?") for line in block.splitlines()]
    return [line.partition("#")[0].strip().removeprefix("$ ") for line in lines if re.match(r"(\$ )?cfgeo ", line)]


def test_every_command_of_the_docs_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = write_town(tmp_path / "data")
    shutil.copytree(study.parent, tmp_path / "my-district")
    edited(tmp_path / "my-district" / "study.toml", 'id = "town"', 'id = "my-district"')
    shutil.copytree(study.parent, tmp_path / "来件")
    for name in ("study.toml", "standard.toml", "sports.csv"):  # a department sends data, and no empty list
        (tmp_path / "来件" / name).unlink()
    with osmium.SimpleWriter(str(tmp_path / "Heidelberg.osm.pbf")) as writer:
        for element in osmium.FileProcessor(str(tmp_path / "data" / "streets.osm")):
            writer.add(element)
    lon, lat = degrees(320, 205)
    change = pd.DataFrame({"action": ["add"], "layer": ["schools"], "kind": ["primary"], "lon": [lon], "lat": [lat]})
    change.to_excel(tmp_path / "changes.xlsx", index=False)
    toml = f'[[change]]\naction = "add"\nlayer = "schools"\nkind = "primary"\nlon = {lon}\nlat = {lat}\n'
    (tmp_path / "changes.toml").write_text(toml, encoding="utf-8")
    (tmp_path / "cities.toml").write_text('[batch]\nstudies = ["my-district/study.toml"]\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    pages = [page for page in DOCS if page.parent.name == "docs" and page.name not in ELSEWHERE]
    commands = list(dict.fromkeys(command for page in pages for command in commands_of(page)))
    assert len(commands) >= 9
    for command in commands:
        if any(re.search(pattern, command) for pattern, _ in SKIPPED):
            continue
        quick = () if re.search(" init | series ", command) else ("--cache", tmp_path / "cache")
        quick += ("--only", "tables") if re.search(" run | batch ", command) else ()
        run = invoke(*shlex.split(command)[1:], *quick)
        assert run.exit_code == 0, f"{command}: {run.stdout}{run.stderr}"
    assert (tmp_path / "whatif.html").exists()
    assert {path.name for path in (tmp_path / "maps").iterdir() if path.is_dir()} >= {"my-district"}


def test_the_page_of_ten_lines_runs_and_is_one_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "data")
    pages = [ROOT / "docs" / f"minutes{lang}.md" for lang in ("", ".zh-CN")]
    (code,), chinese = (blocks(page, "python") for page in pages)
    assert chinese == [code]
    said: dict[str, Any] = {"__name__": "docs"}
    exec(compile(code, "docs/minutes.md", "exec"), said)  # noqa: S102
    statements = [node for node in ast.parse(code).body if not isinstance(node, ast.Import)]
    assert len(statements) <= 10
    minutes = said["homes"]["minutes"]
    assert minutes.index.equals(said["rows"].index)
    assert 0 < minutes.median() < 30


FIVE = """
[study]
id = "city"
title = "A city"
standard = "fifteen-minute"
status = "illustrative"
[boundaries.communities]
path = "../data/boundaries/communities.geojson"
where = { street_office = ["解放碑街道", "朝天门街道", "七星岗街道", "南纪门街道", "化龙桥街道"] }
[network]
path = "../data/network/streets.osm.pbf"
[layers.schools]
path = "../data/facilities/schools.csv"
"""


def test_five_districts_are_one_command_and_the_lines_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [ROOT / "docs" / f"batch{lang}.md" for lang in ("", ".zh-CN")]
    (lines,), (chinese,) = ([block for block in blocks(page, "toml") if "by =" in block] for page in pages)
    assert [line.partition("#")[0] for line in lines.splitlines()] == [
        line.partition("#")[0] for line in chinese.splitlines()
    ]
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / "city").mkdir()
    (tmp_path / "city" / "study.toml").write_text(FIVE, encoding="utf-8")
    (tmp_path / "cities.toml").write_text(lines.replace('"district"', '"street_office"'), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (command,) = blocks(pages[0], "")[:1]
    run = invoke(*shlex.split(command)[1:], "--only", "tables", "--no-cache")
    assert run.exit_code == 0, run.output
    districts = pd.read_csv(tmp_path / "maps" / "city" / "districts.csv", encoding="utf-8-sig")
    assert sorted(districts["title"]) == sorted(["解放碑街道", "朝天门街道", "七星岗街道", "南纪门街道", "化龙桥街道"])
    assert districts["communities"].sum() == 33


def test_every_page_and_every_public_name_is_on_the_site() -> None:
    body = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"([\w/-]+\.md)$", body, re.MULTILINE))
    folder = ROOT / "docs"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.md")}
    shown = re.findall(
        r"^--8<-- (\S+)$", "".join(page.read_text("utf-8") for page in folder.glob("*.md")), re.MULTILINE
    )
    assert set(shown) == {f"notebooks/{path.name}" for path in folder.rglob("*.ipynb")}
    assert listed == {name for name in there if ".zh-CN." not in name}
    assert {name.replace(".zh-CN", "") for name in there if ".zh-CN." in name} <= listed
    api = set(re.findall(r"^::: (\S+)$", (folder / "api.md").read_text(encoding="utf-8"), re.MULTILINE))
    public = [getattr(cfgeo, name) for name in cfgeo.__all__]
    assert api == {f"{value.__module__}.{value.__name__}" for value in public}


def test_the_readme_code_runs(
    default_study: Study,
    default_results: Results,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Run the page's code; the study that all tests share has been run once, so it is not run again."""
    run = cfgeo.run_study

    def run_study(study: Study) -> Results:
        return default_results if study.model_dump() == default_study.model_dump() else run(study)

    monkeypatch.setattr(cfgeo, "run_study", run_study)
    monkeypatch.chdir(ROOT)
    (code,) = blocks(ROOT / "README.md", "python")
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})  # noqa: S102
    assert re.fullmatch(r"\d+ of 79\n", capsys.readouterr().out)


def test_every_verb_and_option_is_documented() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    command = typer.main.get_command(app)
    verbs = command.commands  # type: ignore[attr-defined]
    assert set(re.findall(r"^\$ cfgeo (\w+)", page, re.MULTILINE)) == set(verbs)
    documented = set(re.findall(r"(?<!-)--[a-z][a-z-]*", page)) - {"--help"}
    params = [param for verb in (command, *verbs.values()) for param in verb.params]
    options = {option for param in params for option in param.opts if option.startswith("--")}
    assert documented <= options


def test_the_sample_standard_can_be_loaded(tmp_path: Path) -> None:
    (body,) = (b for b in blocks(ROOT / "docs" / "study.md", "toml") if "[standard]" in b)
    (tmp_path / "ours.toml").write_text(body, encoding="utf-8")
    assert load_standard("ours.toml", folder=tmp_path).clause[0].need == 0.8


def test_built_in_standards_and_walkers_are_documented() -> None:
    study, method = ((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("study", "method"))
    assert all(f"`{name}`" in study for name in built_in_standards())
    for walker in load_walkers().values():
        row = next(line for line in method.splitlines() if line.startswith(f"| {walker.name} |"))
        assert f"{walker.level_m_s:.2f}" in row


def test_the_table_of_layers_is_what_the_standards_read() -> None:
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", page, re.MULTILINE)
    documented = {row[0]: row[1:] for row in rows}
    asked: dict[str, tuple[set[str], set[str], set[str]]] = {}
    for standard in map(load_standard, built_in_standards()):
        for clause in standard.clause:
            for layer in filter(None, (*clause.all_layers, clause.near_layer)):
                kinds, columns, standards = asked.setdefault(layer, (set(), set(), set()))
                standards.add(standard.id)
                if layer == clause.layer:
                    kinds |= set(clause.kind) - {layer}  # which stands for places without a kind
                    columns |= set(read_by(clause))
    assert set(documented) == set(asked)
    for layer, (kinds, columns, standards) in asked.items():
        name, its_kinds, its_columns, where = documented[layer]
        assert name == section("layer")[layer]["zh"]
        assert kinds or its_kinds == "any"
        assert dict(re.findall(r"`(\w+)` (\w+)", its_kinds)) == {kind: section("kind")[kind]["zh"] for kind in kinds}
        assert set(re.findall(r"`(\w+)`", its_columns)) == columns
        assert where == "all" if standards == set(built_in_standards()) else set(where.split(", ")) == standards


def test_the_chinese_page_of_data_has_the_layers_and_sections_of_the_english_one() -> None:
    english, chinese = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("data.md", "data.zh-CN.md"))
    for pattern in (r"^\| `(\w+)` \| ", r"^(##+) "):
        assert re.findall(pattern, chinese, re.MULTILINE) == re.findall(pattern, english, re.MULTILINE)
    commands = [re.findall(r"^cfgeo (?:init|check|run) .*$", page, re.MULTILINE) for page in (english, chinese)]
    assert commands[0] == commands[1] != []


def test_the_reserve_list_of_the_chinese_example_is_understood(tmp_path: Path) -> None:
    lines = (ROOT / "docs" / "planning.md").read_text(encoding="utf-8").splitlines()
    table = [line[1:-1].split("|") for line in lines if line.startswith("| ")]
    head = next(row for row in table if row[0].strip() == "编号")
    rows = [row for row in table if len(row) == len(head) and row[0].strip() in {"编号", "P-1", "P-2", "P-3"}]
    rows = rows[rows.index(head) :]
    pd.DataFrame(
        [[cell.strip() for cell in row] for row in rows[1:]], columns=[cell.strip() for cell in head]
    ).to_excel(tmp_path / "储备库.xlsx", index=False)
    projects = load_projects(tmp_path / "储备库.xlsx")
    assert (projects.unit, [project.cost for project in projects.projects]) == ("万元", [240, 650, 90])
    assert [change.layer for change in projects.projects[0].changes] == ["sports"]


def test_every_column_of_coverage_has_a_meaning() -> None:
    assert all(meaning for meaning in COVERAGE_COLUMNS.values())


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing


@pytest.mark.shared
def test_the_table_of_ten_places_is_what_its_command_prints(shared_data: Path) -> None:
    studies = [shared_data / name / "study.toml" for name in ("yuzhong", "monaco")]
    command = [sys.executable, ROOT / "scripts" / "flat_table.py", *studies]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    lines = run.stdout.strip().splitlines()
    assert len(lines) == 12
    assert run.stdout.strip() in (ROOT / "docs" / "method.md").read_text(encoding="utf-8")


def test_every_column_of_every_table_is_described(town_results: Results, tmp_path: Path) -> None:
    write_tables(town_results, tmp_path, lang="en")
    page = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    clauses = [clause["id"] for clause in town_results.parameters["clauses"]]
    for path in sorted(tmp_path.glob("*.csv")):
        assert f"`{path.name}`" in page
        for column in path.read_text(encoding="utf-8-sig").splitlines()[0].split(","):
            for clause in clauses:
                column = re.sub(rf"^{re.escape(clause)}_", "<clause>_", column)  # noqa: PLW2901
            assert f"`{column}`" in page, f"{path.name}: {column}"
    for name in FILES:
        assert name in page


def test_every_column_of_a_plan_is_described(plan: Plan) -> None:
    page = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    section_of = page.partition("### `plan.csv`")[2].partition("\n##")[0]
    assert set(plan_table(plan, "en").columns) == set(re.findall(r"`(\w+)`", section_of)) - {"cfgeo"}


def test_every_column_of_a_comparison_is_described() -> None:
    page = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    section_of = page.partition("## `comparison.csv`")[2]
    assert all(meaning for meaning in CHANGE_COLUMNS.values())
    assert {*CHANGE_COLUMNS, "comparable", "provenance"} <= set(re.findall(r"`(\w+)`", section_of))
