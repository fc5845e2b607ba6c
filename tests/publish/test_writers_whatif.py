"""A what-if as text, table and GeoJSON."""

import io
import json
from dataclasses import replace
from pathlib import Path

import docx
import pandas as pd
import pytest
from worlds.scenarios import place
from worlds.studies import invoke, refused
from worlds.town import write_town

from cfgeo import FacilityChange, OutputError, Scenario, WhatIf, load_study, publish, run_study, whatif_study
from cfgeo.core.scenario import Cost
from cfgeo.core.strings import Lang
from cfgeo.publish.compared.differences import compare
from cfgeo.publish.page.whatif import whatif_html
from cfgeo.publish.report.whatif import whatif_report
from cfgeo.publish.run.past import load_run
from cfgeo.publish.tables.geojson import whatif_geojson
from cfgeo.publish.tables.proposals import whatif_table
from cfgeo.publish.words.whatif import whatif_text
from cfgeo.publish.writers import write_whatif

SCHOOL = """
[[change]]
id = "P-1"
action = "add"
layer = "schools"
kind = "primary"
lon = {0}
lat = {1}
"""


@pytest.fixture(scope="module")
def whatif(town_study: Path) -> WhatIf:
    school = FacilityChange("add", "schools", kind="primary", name="=Top", shape=place(320, 305), id="P-1")
    gone = FacilityChange("close", "children_homes", "Low Home", nth=2)
    return whatif_study(load_study(town_study), Scenario("Up the hill", (school, gone), unused=("cost",)))


@pytest.fixture
def changes(tmp_path: Path) -> Path:
    at = place(320, 305)
    path = tmp_path / "changes.toml"
    path.write_text(SCHOOL.format(at.x, at.y), encoding="utf-8")
    return path


def test_the_text_says_what_is_gained_and_lost(whatif: WhatIf) -> None:
    words = whatif_text(whatif, lang="en")
    assert "小镇: Up the hill (2 changes)" in words
    assert "Communities that pass: 1 → 2 of 4; the target is 70% (3)" in words
    assert "Gained (1): Upper" in words
    assert "Lost" not in words
    assert (
        "Primary school: 1 → 2 communities pass; newly in reach 12 children, no longer 0 children; "
        "the average walk is 1.61 minutes shorter" in words
    )
    assert "Children's home: 2 → 1 communities pass\n" in words
    assert "Park" not in words  # nothing changes there
    assert "not used: cost" in words


def test_what_the_changes_cost_is_in_text_page_and_report(whatif: WhatIf, tmp_path: Path) -> None:
    school, gone = whatif.scenario.changes
    assert "造价" not in whatif_text(whatif, lang="zh")
    half = replace(whatif, scenario=replace(whatif.scenario, changes=(replace(school, cost=Cost(120, "万元")), gone)))
    said = "造价合计：120 万元（2 项变更中 1 项有造价）"
    assert said in whatif_text(half, lang="zh")
    assert said in whatif_html(half, lang="zh")
    report = docx.Document(io.BytesIO(whatif_report(half, lang="zh", drawn=False)))
    assert said in [paragraph.text for paragraph in report.paragraphs]


def test_the_text_is_chinese_too(whatif: WhatIf) -> None:
    words = whatif_text(whatif, lang="zh")
    assert "新达标（1）：Upper" in words
    assert "小学：1 → 2 个社区达标；新覆盖 12 名儿童，不再覆盖 0 名儿童；平均每程少走 1.61 分钟" in words


def test_a_project_that_brings_nothing_says_so(town_study: Path) -> None:
    nothing = FacilityChange("refit", "stations", "South Station", attributes={"certified": "yes"})
    words = whatif_text(whatif_study(load_study(town_study), Scenario("", (nothing,))), lang="en")
    assert "No community's verdict changes.\nNo clause changes." in words


def test_walks_that_take_longer_are_stated(town_study: Path) -> None:
    closed = FacilityChange("close", "schools", "Low School")
    words = whatif_text(whatif_study(load_study(town_study), Scenario("", (closed,))), lang="en")
    assert "no longer 45 children; " in words  # all but "east", "top" and the stranded
    assert "minutes longer" in words


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_table_has_every_community_and_clause(whatif: WhatIf, lang: Lang, tmp_path: Path) -> None:
    write_whatif(whatif, tmp_path / "whatif.csv", lang=lang)
    body = (tmp_path / "whatif.csv").read_bytes()
    assert body.startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(io.BytesIO(body), dtype=str, keep_default_na=False)
    # 9 of the district (itself and 8 clauses), 2 offices with one clause each, 4 communities with five clauses each.
    assert table["scope"].value_counts().to_dict() == {"community": 24, "district": 9, "street_office": 4}
    row = table[(table["code"] == "C03") & (table["clause"] == "school")].iloc[0]
    assert (row["share_before"], row["share_after"], row["change"], row["gained"]) == (
        "0.333333",
        "0.833333",
        "gained",
        "12.0",
    )
    assert (row["community_before"], row["community_after"], row["median_minutes_after"]) == ("failed", "passed", "0.5")
    assert row["clause_name"] == ("小学" if lang == "zh" else "Primary school")
    assert list(table.columns) == list(whatif_table(whatif, lang=lang).columns)


def test_every_scope_is_in_table_text_page_and_geojson(town_study: Path) -> None:
    """South Station moves up the hill, and High School is certified: the district and both street offices change."""
    moved = FacilityChange("move", "stations", "South Station", shape=place(310, 250))
    certified = FacilityChange("refit", "schools", "High School", attributes={"certified": "yes"}, nth=2)
    result = whatif_study(load_study(town_study), Scenario("", (moved, certified)))
    table = whatif_table(result, lang="en").set_index(["scope", "code", "clause"])
    shown = ["verdict_before", "verdict_after", "value_before", "value_after", "target", "change"]
    assert table.loc[("district", "", "certified"), shown].tolist() == ["failed", "passed", 1, 2, 2, "gained"]
    assert table.loc[("street_office", "South", "station"), shown].tolist() == ["passed", "failed", 1, 0, 1, "lost"]
    assert table.loc[("street_office", "North", "station"), shown].tolist() == ["failed", "passed", 0, 1, 1, "gained"]
    words = whatif_text(result, lang="en")
    assert "Certified schools: 1 → 2 (asked: ≥ 2), gained" in words
    assert "South · Station: 1 → 0 (asked: ≥ 1), lost" in words
    assert "全区" not in words
    assert "认证：1 → 2（要求 ≥ 2），新达标" in whatif_text(result, lang="zh")
    assert "South · Station: 1 → 0 (asked: ≥ 1), lost" in whatif_html(result, lang="en")
    features = json.loads(whatif_geojson(result, lang="en"))["features"]
    own = {(about["feature"], about.get("street_office")): about["clauses"] for about in
           (feature["properties"] for feature in features[:3])}  # fmt: skip
    (clause,) = own["district", None]
    assert (clause["clause"], clause["value_before"], clause["value_after"], clause["target"]) == ("certified", 1, 2, 2)
    assert [each["verdict_after"] for each in own["street_office", "South"]] == ["failed"]


def test_a_what_if_and_a_comparison_of_two_runs_agree(town_study: Path, tmp_path: Path) -> None:
    """The lists are edited by hand as the scenario says, and run again: every value of every scope is the same."""
    moved = FacilityChange("move", "stations", "South Station", shape=place(310, 250))
    gone = FacilityChange("close", "schools", "Low School", nth=2)
    result = whatif_study(load_study(town_study), Scenario("", (moved, gone)))
    study = write_town(tmp_path / "town")
    lines = (study.parent / "schools.csv").read_text(encoding="utf-8").splitlines()
    kept = "\n".join(line for line in lines if "Low School" not in line)
    (study.parent / "schools.csv").write_text(kept, encoding="utf-8")
    at = place(310, 250)
    station = f"kind,name,lon,lat\nstation,South Station,{at.x!r},{at.y!r}\n"
    (study.parent / "stations.csv").write_text(station, encoding="utf-8")
    runs = []
    for nth, path in enumerate((town_study, study)):
        publish(run_study(load_study(path)), tmp_path / str(nth), lang="en", only=("tables",))
        runs.append(load_run(tmp_path / str(nth)))
    changes = compare(*runs).changes
    keys = ["scope", "code", "clause"]
    ours = whatif_table(result, lang="en").set_index(keys)
    rows = changes.set_index(keys)
    differs = ours["value_before"].ne(ours["value_after"]) & ours["value_before"].notna()
    differs |= ours["verdict_before"] != ours["verdict_after"]
    assert set(ours.index[differs]) == set(rows.index)
    for name in ("verdict", "value"):
        for side, time in (("a", "before"), ("b", "after")):
            mine, theirs = ours.loc[rows.index, f"{name}_{time}"], rows[f"{name}_{side}"]
            if name == "value":
                assert mine.to_numpy() == pytest.approx(theirs.to_numpy(dtype=float), abs=1e-6, nan_ok=True)
            else:
                assert mine.tolist() == theirs.tolist()


def test_geojson_has_communities_and_what_was_changed(whatif: WhatIf) -> None:
    features = json.loads(whatif_geojson(whatif, lang="en"))["features"]
    about = [feature["properties"] for feature in features]
    assert [row["change"] for row in about if row["feature"] == "community"] == ["", "", "gained", ""]
    change, closed = (row for row in about if row["feature"] == "change")
    assert (change["nth"], change["id"], change["action"]) == (1, "P-1", "add")
    assert change["what"] == "1 (P-1): Schools =Top (added)"
    assert closed["what"] == "2: Children's homes Low Home (closed)"
    assert features[-2]["geometry"]["coordinates"] == pytest.approx([place(320, 305).x, place(320, 305).y], abs=1e-7)


def test_other_formats_are_refused(whatif: WhatIf, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="csv"):
        write_whatif(whatif, tmp_path / "whatif.odt", lang="en")


def test_the_verb_prints_the_changes_and_writes_the_files(town_study: Path, changes: Path, tmp_path: Path) -> None:
    out = tmp_path / "whatif.csv"
    run = invoke("whatif", town_study, changes, "-o", out, "--no-cache", "--lang", "en")
    assert "Gained (1): Upper" in run.stdout
    assert "Measured again where the changes touch something" in run.stdout
    assert str(out) in run.stderr
    assert out.stat().st_size > 1000


def test_the_verb_refuses_before_any_work(town_study: Path, changes: Path, tmp_path: Path) -> None:
    assert "whatif.odt" in refused("whatif", town_study, changes, "-o", tmp_path / "whatif.odt", "--lang", "en")
    assert "no file of changes" in refused("whatif", town_study, tmp_path / "none.toml", "--lang", "en")
    changes.write_text("[[change]]\naction = 'close'\nlayer = 'zoo'\nfacility = 'x'\n", encoding="utf-8")
    words = refused("whatif", town_study, changes, "--no-cache", "--lang", "en")
    assert "changes.toml" in words
    assert "change 1: the study has no layer zoo" in words
