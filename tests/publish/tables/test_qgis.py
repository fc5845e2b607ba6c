"""What QGIS shows of a run: layers with styles, names and abstracts, in the project and dropped in one by one."""

import dataclasses
import shutil
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pyogrio
import pytest
import shapely
from PIL import Image
from shapely import LineString
from tools.gis import dropped, looked_at
from worlds.scenarios import place
from worlds.sites import candidates_at, found_in

from cfgeo import FacilityChange, LinkChange, Results, Scenario, load_study, whatif_study
from cfgeo.assess.case import Case
from cfgeo.core.plan import Plan
from cfgeo.core.scenario import LINK_TAGS
from cfgeo.core.strings import LANGUAGES, Lang, section
from cfgeo.files.read import TableFile
from cfgeo.publish.colours import CHANGE_FILLS, VERDICT_FILLS
from cfgeo.publish.compared.series.table import Series
from cfgeo.publish.run.folder import GEOPACKAGE, PROJECT
from cfgeo.publish.series import write_series
from cfgeo.publish.tables.geopackage import run_layers, write_geopackage
from cfgeo.publish.tables.qgis import STYLES
from cfgeo.publish.words.changes import change_word
from cfgeo.publish.words.names import clause_titles, verdict_names
from cfgeo.publish.writers import write_plan, write_sites, write_whatif

STYLED = {"communities", "street_offices", "isochrones", "network", "walkways", "school_routes", "crossings"}
MIXED = {"facilities", "zones"}


def written(results: Results, folder: Path, lang: Lang = "zh") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_geopackage(results, folder / GEOPACKAGE, lang=lang, project=folder / PROJECT)
    return folder / PROJECT


@pytest.mark.qgis
@pytest.mark.parametrize("lang", LANGUAGES)
def test_qgis_opens_the_project_with_every_layer_styled(default_results: Results, tmp_path: Path, lang: Lang) -> None:
    project = written(default_results, tmp_path / "run", lang)
    moved = tmp_path / "elsewhere"
    shutil.copytree(project.parent, moved)
    shutil.rmtree(project.parent)  # paths are relative: a folder that is handed on opens as well
    seen = looked_at(moved / PROJECT, tmp_path)
    assert seen["read"]
    assert (seen["messages"], seen["errors"], seen["warnings"]) == ([], [], [])
    assert seen["crs"] == default_results.inputs.crs
    layers = seen["layers"]
    mixed = {f"cfgeo_{name}_{kind}" for name in MIXED for kind in ("point", "line", "polygon")}
    assert set(layers) == {*(f"cfgeo_{name}" for name in STYLED | {"blocks"})} | mixed
    assert {layer for layer, _ in pyogrio.list_layers(moved / GEOPACKAGE)} - {STYLES} == {
        key.removeprefix("cfgeo_").partition("_point")[0].partition("_line")[0].partition("_polygon")[0]
        for key in layers
    }
    assert all(layer["valid"] and layer["count"] for layer in layers.values())
    assert sum(layer["count"] for key, layer in layers.items() if "facilities" in key) == len(
        default_results.facilities
    )
    names = verdict_names(lang)
    communities = layers["cfgeo_communities"]
    assert communities["classes"] == {
        verdict: [names[verdict], VERDICT_FILLS[verdict]] for verdict in ("passed", "failed")
    }
    titles = clause_titles(default_results.parameters, lang)
    assert titles["P8-primary"] in communities["aliases"]["P8-primary_share"]
    about = section("qgis")["about_communities"]
    assert communities["abstract"] == "\n".join([about[lang], *(about[each] for each in about if each != lang)])
    assert seen["order"][-1] == "cfgeo_communities"
    assert "cfgeo_communities" in seen["shown"]
    assert "cfgeo_network" not in seen["shown"]
    picture = np.asarray(Image.open(tmp_path / "picture.png").convert("RGB")).reshape(-1, 3)
    for verdict in ("passed", "failed"):
        fill = np.array([int(VERDICT_FILLS[verdict][at : at + 2], 16) for at in (1, 3, 5)])
        assert (np.abs(picture.astype(int) - fill).max(axis=1) <= 2).mean() > 0.05
    for name, layer in seen["dropped"].items():
        assert layer["valid"]
        kinds = sorted({*shapely.get_dimensions(run_layers(default_results, lang)[name].geometry.to_numpy()).tolist()})
        assert layer["drawn"] == [[kind, kind] for kind in kinds]
        if name in MIXED:
            assert (len(kinds), layer["renderer"]) == (3, "RuleRenderer")
            assert layer["aliases"] == layers[f"cfgeo_{name}_point"]["aliases"]
            continue
        own = layers[f"cfgeo_{name}"]
        assert (layer["classes"], layer["symbol"], layer["aliases"]) == (own["classes"], own["symbol"], own["aliases"])
        assert layer["abstract"] == own["abstract"] != ""


def styles(path: Path) -> Any:
    return pyogrio.read_dataframe(path, layer=STYLES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_styles_are_there_in_both_languages_and_one_is_the_default(
    town_results: Results, tmp_path: Path, lang: Lang
) -> None:
    table = styles(written(town_results, tmp_path, lang).with_name(GEOPACKAGE))
    assert set(table["styleName"]) == {"中文", "English"}
    default = table[table["useAsDefault"].astype(bool)]
    assert set(default["styleName"]) == {"中文" if lang == "zh" else "English"}
    assert default["f_table_name"].is_unique
    assert set(default["f_table_name"]) == set(table["f_table_name"]) <= STYLED | MIXED
    for body in table["styleQML"]:
        assert ET.fromstring(body).find("renderer-v2") is not None  # noqa: S314  # our own


def test_the_same_run_gives_the_same_bytes(town_results: Results, tmp_path: Path) -> None:
    one, two = written(town_results, tmp_path / "one"), written(town_results, tmp_path / "two")
    for left, right in ((one, two), (one.with_name(GEOPACKAGE), two.with_name(GEOPACKAGE))):
        assert left.read_bytes() == right.read_bytes()


def test_paths_of_a_project_are_relative(town_results: Results, tmp_path: Path) -> None:
    with zipfile.ZipFile(written(town_results, tmp_path)) as packed:
        root = ET.fromstring(packed.read("communities.qgs"))  # noqa: S314  # our own
    sources = [element.text or "" for element in root.iter("datasource")]
    assert len(sources) >= len(STYLED)
    assert all(source.startswith(f"./{GEOPACKAGE}|layername=") for source in sources)


def test_a_layer_without_rows_is_left_out(town_results: Results, tmp_path: Path) -> None:
    empty = dataclasses.replace(town_results, isochrones=town_results.isochrones.iloc[:0])
    assert "isochrones" not in set(styles(written(empty, tmp_path).with_name(GEOPACKAGE))["f_table_name"])


def test_a_geopackage_with_a_layer_and_its_style_has_one_layer(town_results: Results, tmp_path: Path) -> None:
    path = tmp_path / "parks.gpkg"
    pyogrio.write_dataframe(town_results.communities[["geometry"]], path, layer="parks")
    pyogrio.write_dataframe(
        styles(written(town_results, tmp_path).with_name(GEOPACKAGE)), path, layer=STYLES, append=True
    )
    file = TableFile(path)
    assert file.layers() == [None]
    assert len(file.read().table) == len(town_results.communities)


@pytest.fixture(scope="module")
def proposals(
    town_study: Path, town_case: Case, plan: Plan, series: Series, tmp_path_factory: pytest.TempPathFactory
) -> dict[Lang, dict[str, Path]]:
    """Return the GeoPackages of a what-if, a plan, sites and a series, in each language."""
    bridge = LinkChange(
        "add", "footbridge", shape=LineString([place(20, 1), place(60, 80.3)]), tags=LINK_TAGS["footbridge"], nth=2
    )
    school = FacilityChange("add", "schools", kind="primary", name="Top", shape=place(320, 305), id="P-1")
    whatif = whatif_study(load_study(town_study), Scenario("", (school, bridge)))
    siting = found_in(town_case, candidates_at(town_case, (300, 100)), layer="schools", kind="primary", count=1)
    packages: dict[Lang, dict[str, Path]] = {}
    for lang in LANGUAGES:
        home = tmp_path_factory.mktemp(lang)
        packages[lang] = {name: home / f"{name}.gpkg" for name in ("whatif", "plan", "sites", "series")}
        write_whatif(whatif, packages[lang]["whatif"], lang=lang)
        write_plan(plan, packages[lang]["plan"], lang=lang)
        write_sites(siting, packages[lang]["sites"], lang=lang)
        write_series(series, packages[lang]["series"], lang=lang)
    return packages


@pytest.mark.qgis
def test_qgis_styles_every_layer_of_proposals_and_series(
    proposals: dict[Lang, dict[str, Path]], tmp_path: Path
) -> None:
    seen = dropped([path for packages in proposals.values() for path in packages.values()], tmp_path)
    assert (seen["messages"], seen["warnings"]) == ([], [])
    for lang, packages in proposals.items():
        layers = {name: seen["dropped"][str(path)] for name, path in packages.items()}
        assert {name: set(tables) for name, tables in layers.items()} == {
            "whatif": {"communities", "changes", "clauses", "junctions"},
            "plan": {"communities", "projects"},
            "sites": {"communities", "sites"},
            "series": {"communities", "street_offices", "places", "indicators"},
        }
        for tables in layers.values():
            for name, layer in tables.items():
                assert layer["valid"]
                assert layer["count"], name
                assert all(len(kinds) == 2 and kinds[0] == kinds[1] for kinds in layer["drawn"]), name
                assert all(words for field, words in layer["aliases"].items() if field != "fid"), layer["aliases"]
                assert len(layer["abstract"].splitlines()) == 2, "both languages"
            fills = tables["communities"]["classes"]
            assert fills
            if "outcome" in tables["communities"]["aliases"]:
                assert fills == {kind: [change_word(kind, lang), CHANGE_FILLS[kind]] for kind in fills}
                assert "gained" in fills
        assert layers["series"]["communities"]["classes"]["failed"] == [
            verdict_names(lang)["failed"],
            VERDICT_FILLS["failed"],
        ]
        assert layers["whatif"]["changes"]["renderer"] == "RuleRenderer", "a point and a line"
    aliases = {
        lang: seen["dropped"][str(packages["plan"])]["projects"]["aliases"] for lang, packages in proposals.items()
    }
    assert (aliases["zh"]["result"], aliases["en"]["result"]) == ("状态", "Status in words")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_communities_before_and_after_say_what_became_of_them(
    proposals: dict[Lang, dict[str, Path]], plan: Plan, lang: Lang
) -> None:
    areas = pyogrio.read_dataframe(proposals[lang]["plan"], layer="communities").set_index("code")
    assert areas["outcome"].to_dict() == {"C01": "passed", "C02": "gained", "C03": "gained", "C04": "not_assessed"}
    assert styles(proposals[lang]["plan"]).query("useAsDefault")["styleName"].unique().tolist() == [
        "中文" if lang == "zh" else "English"
    ]
