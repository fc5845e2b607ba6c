"""The JSON Schemas that are shipped: what cfgeo reads fits, and neither takes keys that the other does not know."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner
from worlds.terraces import terraces
from worlds.town import write_town

from cfgeo import CfgeoError, load_projects, load_scenario, load_study
from cfgeo.cli.main import app
from cfgeo.study.settings import choices
from cfgeo.study.standard import built_in_standards, load_standard
from cfgeo.study.start.draft import draft_study
from cfgeo.study.start.new_study import SCHEMAS, schema_line, schema_name, schema_text

ROOT = Path(__file__).resolve().parents[3]
STANDARDS = ROOT / "cfgeo" / "study" / "standards"
STUDY = (
    '[study]\nid = "a"\ntitle = "a"\nstatus = "official"\n'
    '[boundaries.communities]\npath = "c.geojson"\n[network]\npath = "s.osm"\n'
)
STANDARD = (
    '[standard]\nid = "s"\ntitle = "s"\ntitle_en = "s"\ntarget_share = 0.7\n'
    '[[clause]]\nid = "a"\nname = "a"\nname_en = "a"\nlayer = "schools"\n'
    'walker = "primary"\nneed_share = 0.8\nrequired = true\n'
)
CHANGES = '[[change]]\naction = "close"\nlayer = "schools"\nfacility = "schools-1"\n'
PROJECTS = f'[projects]\nunit = "万元"\n{CHANGES}id = "P-1"\ncost = 3\n'


def as_json(content: dict[str, Any]) -> Any:
    return json.loads(json.dumps(content, default=str))  # dates are texts in JSON


def faults(name: str, body: str) -> list[str]:
    content = as_json(tomllib.loads(body))
    errors = Draft202012Validator(json.loads(schema_text(name))).iter_errors(content)
    return [f"{error.json_path}: {error.message}" for error in errors]


def load(name: str, body: str, folder: Path) -> None:
    """Read a file of a kind as cfgeo reads it."""
    file = folder / f"{name}.toml"
    file.write_text(body, encoding="utf-8")
    readers: dict[str, Any] = {
        "study": lambda path: choices(load_study(path)),
        "changes": load_scenario,
        "projects": load_projects,
    }
    readers["standard"] = lambda path: load_standard(str(path))
    readers[name](file)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(json.loads(schema_text(name)))


def test_the_default_study_and_every_standard_fit_and_name_their_schema() -> None:
    files = {ROOT / "data" / "study.toml": "study", **dict.fromkeys(STANDARDS.glob("*.toml"), "standard")}
    assert len(files) == 1 + len(built_in_standards())
    for file, name in files.items():
        body = file.read_text(encoding="utf-8")
        assert faults(name, body) == [], file
        named = body.partition("\n")[0].removeprefix("#:schema ")
        assert (file.parent / named).read_text(encoding="utf-8") == schema_text(name)


def test_the_samples_of_the_pages_fit() -> None:
    pages = [ROOT / "docs" / f"{page}.md" for page in ("study", "scenarios", "planning")]
    bodies = [block.partition("```")[0] for page in pages for block in page.read_text("utf-8").split("```toml\n")[1:]]
    named = {body.partition("\n")[0].removeprefix("#:schema "): body for body in bodies if body.startswith("#:schema")}
    assert set(named) == {schema_name(name) for name in SCHEMAS if name != "study"}
    for name in ("standard", "changes", "projects"):
        assert faults(name, named[schema_name(name)]) == []
    parts = [body for body in bodies if body not in named.values() and "[[change]]" not in body]
    assert len(parts) > 4
    for part in parts:
        table = tomllib.loads(STUDY) | tomllib.loads(part)
        errors = Draft202012Validator(json.loads(schema_text("study"))).iter_errors(
            json.loads(json.dumps(table, default=str))
        )
        assert [error.message for error in errors] == [], part


def test_the_studies_of_the_tests_fit(tmp_path: Path) -> None:
    write_town(tmp_path / "town")
    terraces(tmp_path / "terraces", 3, n_projects=4)
    files = [*tmp_path.rglob("*.toml")]
    assert len(files) >= 4
    for file in files:
        body = file.read_text(encoding="utf-8")
        name = "study" if file.name == "study.toml" else "standard"
        assert faults(name, body) == [], file


@pytest.mark.shared
def test_the_real_studies_that_can_be_read_fit(shared_data: Path) -> None:
    read = 0
    for file in shared_data.parent.rglob("study.toml"):
        try:
            load_study(file)
        except CfgeoError:
            continue
        assert faults("study", file.read_text(encoding="utf-8-sig")) == [], file
        read += 1
    assert read > 5


FORMS = (
    'demand = { path = "d.csv" }',
    '[layers."学校"]\npath = ["a.csv", "b.csv"]',
    '[[layers.schools]]\npath = "a.csv"\nkind = "小学"',
    'reported = "figures.csv"',
    'reported = ["a.csv", { path = "b.csv" }]',
    "references = { beds = 2.2 }",
    "[walkers.grandparent]\nlevel_m_s = 0.9",
    '[walk]\nwalker = "小学生"\ndirection = "往返"\ntrunk_roads = true',
    '[projects]\npath = "p.csv"\nbudgets = { 2027 = 100, 2028 = 50.5 }\ncrs = 4544',
    '[layers.parks]\nosm = { leisure = ["park", "garden"], name = "*" }\ndatum = "高德"',
    '[map]\ntiles = "osm"',
    '[[decided]]\npath = "decided/1.toml"',
)


@pytest.mark.parametrize("more", FORMS)
def test_every_form_of_a_key_fits(more: str, tmp_path: Path) -> None:
    body = f"{more}\n{STUDY}" if not more.startswith("[") else f"{STUDY}{more}\n"
    load("study", body, tmp_path)
    assert faults("study", body) == []


UNKNOWN = {
    "study": [
        f'{STUDY}pathh = "x"\n',
        f"colour = 1\n{STUDY}",
        STUDY.replace("title", "titel"),
        f"{STUDY}[walk]\nlimit = 15\n",
        f'{STUDY}[layers.schools]\npath = "a.csv"\ncolums = {{}}\n',
        f"{STUDY}[walkers.adult]\nspeed = 1.2\n",
        f'{STUDY}[demand]\npath = "a.csv"\nweight = "b"\n',
        f'{STUDY}[map]\ntile = "osm"\n',
        f'{STUDY}[projects]\npath = "a.csv"\nmoney = 3\n',
    ],
    "standard": [
        f"{STANDARD}minutes = 15\n",
        f'{STANDARD}near_kind = "park"\n',
        STANDARD.replace("need_share = 0.8\n", ""),
        STANDARD.replace('id = "s"', 'id = "s"\ncolour = 1'),
        f'{STANDARD}measure = "count"\n',
    ],
    "changes": [
        f'{CHANGES}colour = "red"\n',
        f'[scenario]\nname = "x"\n{CHANGES}',
        f'[changes]\ntitle = "x"\n{CHANGES}',
    ],
    "projects": [f"{PROJECTS}price = 3\n", PROJECTS.replace("unit", "units"), f"other = 1\n{PROJECTS}"],
}


@pytest.mark.parametrize(("name", "body"), [(name, body) for name, bodies in UNKNOWN.items() for body in bodies])
def test_what_cfgeo_does_not_know_is_refused_by_both(name: str, body: str, tmp_path: Path) -> None:
    sound = {"study": STUDY, "standard": STANDARD, "changes": CHANGES, "projects": PROJECTS}[name]
    load(name, sound, tmp_path)
    assert faults(name, sound) == []
    with pytest.raises(CfgeoError):
        load(name, body, tmp_path)
    assert faults(name, body) != []


def test_editors_are_offered_words_of_both_languages() -> None:
    schema = schema_text("study")
    assert all(
        f'"{word}"' in schema for word in ("wgs84", "高德", "official", "官方", "schools", "学校", "worst", "小学生")
    )


def test_a_drafted_study_names_a_schema_beside_it(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town")
    path, _ = draft_study(tmp_path / "mine", [town.parent / "communities.geojson", town.parent / "schools.csv"])
    body = path.read_text(encoding="utf-8")
    assert body.startswith(f"{schema_line('study')}\n")
    assert (path.parent / "study.schema.json").read_text(encoding="utf-8") == schema_text("study")
    assert faults("study", body) == []
    _, drafted = draft_study(tmp_path / "again", [path.parent])  # a schema is no data
    assert not [table.path for table in drafted if "schema" in table.path]


def test_the_verb_writes_all_and_says_what_to_write_above_a_file(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["schema", str(tmp_path), "--lang", "en"])
    assert said.exit_code == 0
    for name in SCHEMAS:
        assert (tmp_path / schema_name(name)).read_text(encoding="utf-8") == schema_text(name)
        assert f"#:schema {schema_name(name)}" in said.stdout
    refused = CliRunner().invoke(app, ["schema", str(tmp_path / "none"), "--lang", "en"])
    assert refused.exit_code == 1
    assert "none" in refused.stderr
