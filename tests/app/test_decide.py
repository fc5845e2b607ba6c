"""A decided scenario in a study: what a run makes of it, what it writes, and the way back."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from worlds.scenarios import assert_same, line, place
from worlds.studies import invoke, refused
from worlds.town import write_town

from cfgeo import (
    FacilityChange,
    LinkChange,
    Scenario,
    ScenarioError,
    StudyError,
    load_scenario,
    load_study,
    run_study,
    whatif_study,
)
from cfgeo.app.decide import apply_scenario, decided_bytes, undo_last
from cfgeo.assess.verdicts import judge_case
from cfgeo.core.scenario import LINK_TAGS
from cfgeo.pipeline.case import load_case
from cfgeo.pipeline.check import check_study
from cfgeo.publish.tables.book import sheet_bytes
from cfgeo.scenarios.lists.change_table import change_table, row_of

TODAY = dt.date(2026, 11, 29)
SCHOOL = FacilityChange(
    "add", "schools", kind="primary", name='=顶, "校"', shape=place(320.123456789, 305.1), attributes={"capacity": 90.0}
)
STAIRS = LinkChange(
    "add", "stairs", shape=line((210.37, 1.0), (260.0, 120.4), (300.0, 250.0)), tags=LINK_TAGS["stairs"], nth=2
)
GONE = FacilityChange("close", "children_homes", "Low Home", nth=3)
PARK = FacilityChange("add", "parks", shape=place(120.77, 40.3), name="Pocket", nth=1)
BRIDGE = LinkChange("add", "footbridge", shape=line((20.0, 1.0), (60.0, 80.3)), tags=LINK_TAGS["footbridge"], nth=2)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_town(tmp_path / "town")


def files_of(study: Path) -> dict[str, bytes]:
    """Return the files of a study's folder, without those of its decisions."""
    folder = study.parent
    paths = (path for path in folder.rglob("*") if path.is_file() and "decided" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("changes", [(SCHOOL,), (STAIRS,), (SCHOOL, STAIRS, GONE)])
def test_a_run_afterwards_equals_the_what_if(study: Path, changes: tuple[FacilityChange | LinkChange, ...]) -> None:
    scenario = Scenario("Up", changes)
    expected = whatif_study(load_study(study), scenario)
    apply_scenario(load_study(study), scenario, today=TODAY)
    found = judge_case(load_case(load_study(study)))
    assert_same(found, expected.after)
    assert (found.coverage["share"].dropna() == expected.after.coverage["share"].dropna()).all()  # to the bit


def test_a_what_if_upon_a_decision_equals_that_of_both(study: Path) -> None:
    first, second = Scenario("", (SCHOOL, STAIRS)), Scenario("", (PARK, BRIDGE))
    both = Scenario("", (SCHOOL, STAIRS, PARK, BRIDGE))
    expected = whatif_study(load_study(study), both)
    apply_scenario(load_study(study), first, today=TODAY)
    assert_same(whatif_study(load_study(study), second).after, expected.after)
    apply_scenario(load_study(study), second, today=TODAY)
    assert_same(judge_case(load_case(load_study(study))), expected.after)


@pytest.mark.parametrize("change", [SCHOOL, STAIRS, GONE])
def test_what_is_decided_never_counts_twice(study: Path, tmp_path: Path, change: FacilityChange | LinkChange) -> None:
    again = Scenario("", (PARK, replace(change, nth=7)))
    apply_scenario(load_study(study), Scenario("", (change,)), today=TODAY)
    table = tmp_path / "changes.xlsx"
    table.write_bytes(sheet_bytes(change_table(row_of(each) for each in again.changes), lang="zh"))
    for scenario, where in ((again, "change 7"), (load_scenario(table, study=load_study(study)), "row 3")):
        with pytest.raises(ScenarioError) as refusal:
            whatif_study(load_study(study), scenario)
        [line] = [line for line in str(refusal.value).splitlines() if "2026-11-29-1.toml" in line]
        assert f"{where} is decided already" in line
    before = study.read_bytes()
    assert "已决定" in refused("apply", table, study, "--no-cache")
    assert study.read_bytes() == before
    apply_scenario(load_study(study), Scenario("", (change,)), today=TODAY)  # as a hand could write it
    with pytest.raises(ScenarioError, match="decided already"):
        run_study(load_study(study))


def test_what_a_later_decision_has_undone_can_be_asked_again(study: Path) -> None:
    home = FacilityChange("add", "children_homes", name="New Home", kind="home", shape=place(320.2, 305.1))
    apply_scenario(load_study(study), Scenario("", (home, GONE)), today=TODAY)
    gone = FacilityChange("close", "children_homes", "New Home")
    low = FacilityChange("add", "children_homes", name="Low Home", kind="home", shape=place(20.2, 5.1), nth=2)
    apply_scenario(load_study(study), Scenario("", (gone, low)), today=TODAY)
    again = whatif_study(load_study(study), Scenario("", (home, GONE)))
    assert len(again.after.facilities) == len(again.before.facilities)  # one came, one went
    other = Scenario("", (replace(SCHOOL, shape=place(330, 305)), replace(GONE, facility="New Home")))
    with pytest.raises(ScenarioError, match="change 3 is decided already"):
        whatif_study(load_study(study), other)


@pytest.mark.parametrize("link", ["stairs", "lift", "escalator", "footbridge", "walkway"])
def test_a_link_that_was_decided_and_then_closed_can_be_decided_again(study: Path, link: str) -> None:
    added = replace(STAIRS, link=link, tags=LINK_TAGS[link], nth=1)
    before = judge_case(load_case(load_study(study)))
    apply_scenario(load_study(study), Scenario("", (added,)), today=TODAY)
    linked = load_case(load_study(study))
    with pytest.raises(ScenarioError, match="decided already"):
        whatif_study(load_study(study), Scenario("", (added,)))
    edges = linked.inputs.network.edges
    own = set(edges["osm_id"]) - set(
        load_case(load_study(write_town(study.parents[1] / "b"))).inputs.network.edges["osm_id"]
    )
    apply_scenario(load_study(study), Scenario("", (LinkChange("close", way=int(max(own))),)), today=TODAY)
    closed = judge_case(load_case(load_study(study)))
    assert closed.communities["verdict"].tolist() == before.communities["verdict"].tolist()
    again = whatif_study(load_study(study), Scenario("", (added,)))
    assert again.after.communities["verdict"].tolist() == judge_case(linked).communities["verdict"].tolist()
    apply_scenario(load_study(study), Scenario("", (added,)), today=TODAY)
    assert_same(judge_case(load_case(load_study(study))), again.after)


def test_a_refit_stands_until_a_later_one_gives_other_tags(study: Path) -> None:
    refit, back = (LinkChange("refit", street="Row 0", tags={"highway": tag}) for tag in ("steps", "residential"))
    apply_scenario(load_study(study), Scenario("", (refit,)), today=TODAY)
    with pytest.raises(ScenarioError, match="decided already"):
        whatif_study(load_study(study), Scenario("", (refit,)))
    apply_scenario(load_study(study), Scenario("", (back,)), today=TODAY)
    whatif_study(load_study(study), Scenario("", (refit,)))
    with pytest.raises(ScenarioError, match="decided already"):
        whatif_study(load_study(study), Scenario("", (back,)))


def test_only_the_end_of_study_toml_is_written(study: Path) -> None:
    before = files_of(study)
    made = apply_scenario(load_study(study), Scenario('A "title"', (SCHOOL,)), today=TODAY)
    after = files_of(study)
    assert {name for name in after if after[name] != before.get(name)} == {"study.toml"}
    assert after["study.toml"].startswith(before["study.toml"])
    assert made.path == "decided/2026-11-29-1.toml"
    assert (load_study(study).decided[0].path, load_study(study).decided[0].title) == (made.path, 'A "title"')
    apply_scenario(load_study(study), Scenario("", (GONE,)), today=TODAY)
    assert [entry.path for entry in load_study(study).decided] == [made.path, "decided/2026-11-29-2.toml"]
    for _ in range(2):
        undo_last(load_study(study), today=TODAY)
    assert files_of(study) == before
    assert (study.parent / made.path).exists()
    lines = (study.parent / "decided" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["did"] for line in lines] == ["applied", "applied", "undone", "undone"]
    with pytest.raises(StudyError, match="no decision"):
        undo_last(load_study(study), today=TODAY)


def test_line_ends_of_windows_stay(study: Path) -> None:
    study.write_bytes(study.read_bytes().replace(b"\n", b"\r\n"))
    before = study.read_bytes()
    apply_scenario(load_study(study), Scenario("", (SCHOOL,)), today=TODAY)
    assert b"\n" not in study.read_bytes().replace(b"\r\n", b"")
    undo_last(load_study(study), today=TODAY)
    assert study.read_bytes() == before


def test_what_was_edited_by_hand_is_left_alone(study: Path) -> None:
    apply_scenario(load_study(study), Scenario("Up", (SCHOOL,)), today=TODAY)
    study.write_text(study.read_text(encoding="utf-8").replace('title = "Up"', 'title = "Down"'), encoding="utf-8")
    undo_last(load_study(study), today=TODAY)  # the table is still whole
    study.write_text(
        study.read_text(encoding="utf-8") + '\n[[decided]]\ntitle = "mine"\npath = "x.csv"\n', encoding="utf-8"
    )
    edited = study.read_bytes()
    with pytest.raises(StudyError, match=r"x\.csv"):
        undo_last(load_study(study), today=TODAY)
    assert study.read_bytes() == edited


def test_a_study_that_changed_since_it_was_read_is_not_written(study: Path) -> None:
    stale = load_study(study)
    apply_scenario(load_study(study), Scenario("", (SCHOOL,)), today=TODAY)
    after = study.read_bytes()
    with pytest.raises(StudyError, match="once more"):
        apply_scenario(stale, Scenario("", (GONE,)), today=TODAY)
    assert study.read_bytes() == after


def test_the_list_holds_the_changes_to_the_digit(study: Path, tmp_path: Path) -> None:
    scenario = Scenario("", (SCHOOL, STAIRS, GONE))
    (tmp_path / "list.toml").write_bytes(decided_bytes(scenario))
    again = load_scenario(tmp_path / "list.toml", study=load_study(study)).changes
    for change, other in zip(scenario.changes, again, strict=True):
        shapes = [None if each.shape is None else each.shape.wkb for each in (change, other)]
        assert shapes[0] == shapes[1]
        assert [getattr(each, "name", "") for each in (change, other)] == [getattr(change, "name", "")] * 2


def test_a_decision_is_among_findings_and_sources_and_its_faults_are_named(study: Path) -> None:
    apply_scenario(load_study(study), Scenario("Up", (SCHOOL,)), today=TODAY)
    findings = check_study(load_study(study))
    assert findings.loc[findings["rule"] == "decided_laid", "severity"].tolist() == ["note"]
    assert "decided" in [file.role for file in run_study(load_study(study)).inputs.files]
    (study.parent / "decided/2026-11-29-1.toml").write_bytes(
        decided_bytes(Scenario("", (FacilityChange("close", "schools", "nowhere"),)))
    )
    with pytest.raises(ScenarioError, match="nowhere"):
        run_study(load_study(study))


def test_the_verb_writes_and_takes_back(study: Path, tmp_path: Path) -> None:
    changes, before = tmp_path / "changes.toml", study.read_bytes()
    changes.write_bytes(decided_bytes(Scenario("", (SCHOOL,))))
    told = invoke("apply", changes, study, "--no-cache", "--lang", "en").stdout
    assert "Communities that pass: 1 → 2 of 4" in told
    assert "apply --undo" in told
    assert (
        "2 of 4 communities"
        in invoke("run", study, "--no-cache", "--only", "tables", "--out", tmp_path / "run", "--lang", "en").stdout
    )
    assert "已撤回" in invoke("apply", "--undo", study).stdout
    assert study.read_bytes() == before
    changes.write_bytes(decided_bytes(Scenario("", (FacilityChange("close", "schools", "nowhere"),))))
    for told in (
        refused("apply", changes, study, "--no-cache", "--lang", "en"),
        refused("whatif", study, changes, "--no-cache", "--lang", "en"),
    ):
        assert "nowhere" in told
    assert study.read_bytes() == before
    assert "apply CHANGES STUDY" in refused("apply", changes, "--lang", "en")
