"""Whatever is done by clicking equals ``cfgeo whatif`` on the saved table, which equals a run on edited files."""

import datetime as dt
import importlib
import json
import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from worlds.studies import degrees
from worlds.town import write_town

from cfgeo.app.brought import clause_of
from cfgeo.app.decide import apply_scenario, undo_last
from cfgeo.app.session import Session
from cfgeo.assess.routes.explain import explain
from cfgeo.core.errors import CfgeoError, ScenarioError
from cfgeo.core.results import Results
from cfgeo.core.whatif import WhatIf
from cfgeo.pipeline.case import heights_of
from cfgeo.pipeline.run import open_study
from cfgeo.publish.desk import alone_words, compare_words
from cfgeo.publish.tables.book import sheet_bytes
from cfgeo.publish.tables.csv import csv_bytes
from cfgeo.scenarios.judge import Judge
from cfgeo.scenarios.lists.change_table import change_table, row_of
from cfgeo.scenarios.lists.changes import load_scenario
from cfgeo.scenarios.whatif import what_if
from cfgeo.study.config import Study, load_study

SESSIONS = 12
Opened = tuple[Study, Results, Judge]


@pytest.fixture(scope="module")
def opened(town_study: Path) -> Opened:
    study = load_study(town_study)
    return study, *open_study(study)


@pytest.fixture
def session(opened: Opened, tmp_path: Path) -> Session:
    return Session(*opened, tmp_path)


def school(x: float, y: float, **more: Any) -> dict[str, Any]:
    lon, lat = degrees(x, y)
    return {"action": "add", "layer": "schools", "kind": "primary", "name": "New", "lon": lon, "lat": lat, **more}


def test_nothing_is_changed_at_first(session: Session, opened: Opened) -> None:
    state = session.state()
    district = opened[1].district
    assert {name: district[name] for name in state["headline"]} == state["headline"]
    assert state["communities"]["verdict"] == opened[1].communities["verdict"].tolist()
    assert [state[key] for key in ("edits", "gained", "lost", "clauses", "junctions")] == [[], [], [], {}, []]


def test_a_school_is_added_and_its_community_gained(session: Session) -> None:
    state = session.act({"do": "add", "rows": [school(390, 250)]})
    assert (state["before"], state["headline"]["passed"]) == (1, 2)
    assert [session.results.communities["community"].iloc[i] for i in state["gained"]] == ["Upper"]
    undone = session.act({"do": "undo"})
    assert (undone["headline"]["passed"], undone["gained"], undone["clauses"]) == (1, [], {})
    assert session.act({"do": "redo"})["communities"] == state["communities"]


@pytest.mark.parametrize(
    "row",
    [
        {"action": "add", "layer": "schools", "kind": "primary", "lon": 0.0, "lat": 0.0},
        {"action": "close", "layer": "schools", "facility": "nowhere"},
        {"action": "close", "way": 4711},
        {"action": "add", "layer": "schools", "kind": "primary", "lon": "west", "lat": 1},
        {"action": "explode", "layer": "schools"},
        {"action": "add", "link": "stairs", "wkt": "LINESTRING (garbage"},
        {"action": "add", "link": "stairs", "wkt": "POINT (1 1)"},
        {"action": "add", "layer": "schools", "file": "/etc/passwd"},
        {"action": "add", "layer": "schools", "lon": float("nan"), "lat": float("inf")},
        {"unknown": 1},
        {},
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(session: Session, row: dict[str, Any]) -> None:
    session.act({"do": "add", "rows": [school(390, 250)]})
    before, journal = session.state(), session.folder.joinpath("journal.jsonl").read_bytes()
    with pytest.raises(CfgeoError) as refused:
        session.act({"do": "add", "rows": [row]})
    assert refused.value.text("zh")
    assert session.state() == before
    assert session.folder.joinpath("journal.jsonl").read_bytes() == journal


def test_a_share_is_rounded_as_tables_round_it() -> None:
    share = 0.5921875  # Python's round would go down
    judged = SimpleNamespace(
        shares={"culture": np.array([share, np.nan])}, verdicts_of=lambda clause: np.array(["", ""])
    )
    assert clause_of(judged, "culture")["share"] == [0.592188, None]  # type: ignore[arg-type]
    assert pd.Series([share]).round(6).tolist() == [0.592188]


def test_the_same_change_twice_is_refused(session: Session) -> None:
    session.act({"do": "add", "rows": [school(390, 250)]})
    with pytest.raises(ScenarioError):
        session.act({"do": "add", "rows": [school(390, 250)]})


def test_a_session_opens_as_it_was(opened: Opened, tmp_path: Path) -> None:
    first = Session(*opened, tmp_path)
    first.act({"do": "add", "rows": [school(390, 250)]})
    first.act({"do": "add", "rows": [school(50, 5, name="Second")]})
    state = first.act({"do": "switch", "id": 2, "on": False})
    again = Session(*opened, tmp_path).state()
    assert {**again, "version": 0} == {**state, "version": 0}


def test_two_scenarios_lie_side_by_side_as_each_is_judged_alone(opened: Opened, tmp_path: Path) -> None:
    session = Session(*opened, tmp_path)
    one = session.act({"do": "add", "rows": [school(390, 250, cost="120 万元")]})
    session.act({"do": "keep", "name": "校"})
    session.act({"do": "clear"})
    other = session.act(
        {"do": "add", "rows": [school(50, 5, name="Second", cost="1 亿元"), {"action": "close", "street": "Row 0"}]}
    )
    session.act({"do": "keep", "name": "路"})
    as_is, first, second = session.compare("as_is", "1", "2")
    passed = np.flatnonzero(np.array(one["communities"]["verdict"]) == "passed").tolist()
    assert (list(first.passed), list(first.gained), list(first.lost)) == (passed, one["gained"], one["lost"])
    assert (second.headline, list(second.lost)) == (other["headline"], other["lost"])
    assert (as_is.changes, as_is.costs) == (0, ())
    assert as_is.headline == {key: session.results.district[key] for key in as_is.headline or {}}
    assert ([*map(str, first.costs)], first.priced, first.changes) == (["120 万元"], 1, 1)
    assert ([*map(str, second.costs)], second.priced, second.changes) == (["1 亿元"], 1, 2)
    words = compare_words([first, second], session.results, "zh")
    assert words["names"] == ["校", "路"]
    rows = {row["label"]: row["values"] for row in words["rows"]}
    assert rows["达标"] == [f"{len(passed)} / 4", f"{other['headline']['passed']} / 4"]
    assert rows["造价"] == ["120 万元", "1 亿元（2 项中 1 项有造价）"]
    assert rows["比现状新达标"][0] == "1 个：Upper"
    assert rows["有变化的条款（达标社区数）"][0].startswith("小学 1 → 2")
    assert rows["只在这一方案达标"][0].endswith("Upper")
    assert session.compare("2")[0] == second
    session.act({"do": "recall", "name": "校"})
    again = Session(*opened, tmp_path)
    assert {**again.state(), "version": 0} == {**session.state(), "version": 0}
    assert [(kept["name"], kept["here"]) for kept in again.state()["kept"]] == [("校", True), ("路", False)]
    for nowhere in ("", "0", "3", "../1"):
        with pytest.raises(ScenarioError):
            session.compare(nowhere)


def test_a_scenario_that_can_no_longer_be_made_says_why_beside_one_that_can(opened: Opened, tmp_path: Path) -> None:
    session = Session(*opened, tmp_path)
    session.act({"do": "add", "rows": [school(390, 250)]})
    lines = [{"do": "add", "rows": [{"action": "close", "way": 4711}]}, {"do": "keep", "name": "gone"}]
    lines.append({"do": "remove", "id": 2})
    with session.folder.joinpath("journal.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    again = Session(*opened, tmp_path)
    gone, desk = again.compare("1", "desk")
    assert gone.fault is not None
    assert "4711" in gone.fault.text("zh")
    assert desk.headline is not None
    assert compare_words([gone, desk], again.results, "en")["rows"][0]["values"][0] == "–"


def test_what_a_change_brings_alone_and_where_it_is(session: Session) -> None:
    state = session.act(
        {"do": "add", "rows": [school(390, 250), {"action": "close", "layer": "schools", "facility": "Low School"}]}
    )
    names = session.results.communities["community"].tolist()
    assert [names[edit["community"]] for edit in state["edits"]] == ["Upper", "Lower West"]
    alone = session.alone(1)
    assert [names[nth] for nth in alone.gained] == ["Upper"]
    assert alone_words(alone, session.results, "en") == [
        "This change alone: 1 → 2 communities pass.",
        "Gained (1): Upper",
    ]
    session.act({"do": "switch", "id": 1, "on": False})
    assert session.alone(1) == alone
    with pytest.raises(ScenarioError):
        session.alone(9)


def test_changes_that_count_have_the_numbers_of_the_saved_table(session: Session, tmp_path: Path) -> None:
    rows = [school(390 - 10 * nth, 250, name=f"S{nth}") for nth in range(1, 5)]
    session.act({"do": "add", "rows": rows})
    session.act({"do": "remove", "id": 1})
    state = session.act({"do": "switch", "id": 3, "on": False})
    assert [(edit["id"], edit["number"]) for edit in state["edits"]] == [(2, 1), (3, None), (4, 2)]
    path = tmp_path / "changes.csv"
    path.write_bytes(csv_bytes(change_table(session.rows())))
    told = [[(change.nth, change.name) for change in of.changes] for of in (session.scenario(), load_scenario(path))]
    assert told[0] == told[1] == [(1, "S2"), (2, "S4")]
    with pytest.raises(ScenarioError) as refused:
        session.act({"do": "add", "rows": [{"action": "close", "layer": "schools", "facility": "gone"}]})
    assert "change 3:" in refused.value.text("en")


def test_changes_that_can_no_longer_be_made_are_switched_off_and_said(opened: Opened, tmp_path: Path) -> None:
    rows = [{"action": "close", "layer": "schools", "facility": "gone"}, school(390, 250)]
    body = "".join(json.dumps({"do": "add", "rows": [row]}) + "\n" for row in rows)
    (tmp_path / "journal.jsonl").write_text(body, encoding="utf-8")
    session = Session(*opened, tmp_path)
    assert [edit["on"] for edit in session.state()["edits"]] == [False, True]
    assert [error.code for error in session.lost] == ["scenario_faults"]
    assert Session(*opened, tmp_path).lost == []  # said once, and kept


def test_what_became_part_of_the_study_counts_once_in_its_session(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town")
    first = session_of(town, tmp_path)
    first.act({"do": "add", "rows": [school(390, 250)]})
    first.act({"do": "add", "rows": [{"action": "close", "layer": "children_homes", "facility": "Low Home"}]})
    state = first.act({"do": "add", "rows": [school(50, 5, name="Second")]})
    kept = first.scenario()
    apply_scenario(first.study, replace(kept, changes=kept.changes[:2]), today=dt.date(2026, 11, 29))
    assert first.state()["stale"].text("en").startswith("Files of the study have changed on the disk (study.toml)")
    assert first.state()["version"] == state["version"] + 1

    again = session_of(town, tmp_path)
    now = again.state()
    assert [(edit["on"], edit["decided"]) for edit in now["edits"]] == [(False, True), (False, True), (True, False)]
    assert (now["communities"], now["stale"]) == (state["communities"], None)
    assert [row["name"] for row in again.rows()] == ["Second"]
    [said] = [remark.text("en") for remark in now["remarks"]]
    words = "Decided and part of the study already (decided/2026-11-29-1.toml), so not counted again: 2 of the changes."
    assert said == words
    assert again.lost == []
    assert again.whole().after.communities["verdict"].tolist() == now["communities"]["verdict"]
    assert len(again.whole().after.facilities) == len(first.whole().after.facilities)
    for command in ({"do": "undo"}, {"do": "redo"}, {"do": "switch", "id": 3, "on": False}):
        last = again.act(command)
    assert (again.desk(), last["gained"], last["clauses"]) == (None, [], {})
    loaded = again.act({"do": "load", "rows": [school(390, 250)]})
    assert ([edit["decided"] for edit in loaded["edits"]], loaded["clauses"]) == ([True], {})

    undo_last(load_study(town), today=dt.date(2026, 11, 29))
    again.act({"do": "undo"})
    back = session_of(town, tmp_path).state()
    assert [edit["on"] for edit in back["edits"]] == [True, True, False]  # as it was before


def test_the_studys_files_are_watched(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town")
    session = session_of(town, tmp_path)
    data = min(path for path in town.parent.iterdir() if path.suffix == ".csv")
    content = data.read_bytes()
    os.utime(data, ns=(1, 1))
    session.look()
    assert (session.stale, session.version) == ((), 0)  # written, and the same
    data.write_bytes(content + b"\n")
    session.look()
    assert (session.stale, session.version) == ((data.name,), 1)
    data.unlink()
    session.look()
    assert (session.stale, session.version) == ((data.name,), 1)
    data.write_bytes(content)
    session.look()
    assert (session.stale, session.version) == ((), 2)


def session_of(town: Path, folder: Path) -> Session:
    study = load_study(town)
    return Session(study, *open_study(study), folder / "meeting")


def change(session: Session, choose: random.Random) -> dict[str, Any]:
    """Return a change, sensible or not."""
    lon, lat = degrees(choose.uniform(0, 400), choose.uniform(0, 300))
    results, closed = session.results, [street["way"] for street in session.closed_streets()]
    own = results.facilities[results.facilities["layer"].isin(["schools", "parks"])]
    facility = str(choose.choice(list(own.index)))
    layer = str(own.loc[facility, "layer"])
    ways = [int(way) for way in results.inputs.network.edges["osm_id"].unique() if way > 0]
    ends = [degrees(choose.choice(range(0, 401, 100)), y) for y in (100, 200)]
    line = ", ".join(f"{x} {y}" for x, y in ends)
    changes: list[Callable[[], dict[str, Any]]] = [
        lambda: {"action": "add", "layer": "schools", "kind": "primary", "lon": lon, "lat": lat, "capacity": 90},
        lambda: {"action": "enlarge", "layer": layer, "facility": facility, "capacity": choose.randint(1, 900)},
        lambda: {"action": "move", "layer": layer, "facility": facility, "lon": lon, "lat": lat},
        lambda: {"action": "close", "layer": layer, "facility": facility},
        lambda: {"action": "add", "link": choose.choice(["stairs", "ramp", "walkway"]), "wkt": f"LINESTRING ({line})"},
        lambda: {"action": "close", "way": choose.choice(ways)},
        lambda: {"action": "refit", "way": choose.choice(closed), "tags": {"foot": "yes"}},
    ]
    return choose.choice(changes)()


def check(state: dict[str, Any], result: WhatIf) -> None:
    """Compare what a click showed with what ``whatif`` finds."""
    assert state["communities"]["verdict"] == result.after.communities["verdict"].tolist()
    assert state["headline"]["passed"] == result.after.district["passed"]
    assert state["gained"] == np.flatnonzero(result.communities["change"] == "gained").tolist()
    for clause, values in state["clauses"].items():
        whole = result.after.coverage[result.after.coverage["clause"] == clause].set_index("code")
        whole = whole.loc[result.communities.index]
        assert values["verdict"] == whole["verdict"].tolist()
        if values["share"] is not None:
            share = [np.nan if value is None else value for value in values["share"]]
            np.testing.assert_array_equal(share, whole["share"].round(6).to_numpy())
    others = result.coverage[~result.coverage["clause"].isin(state["clauses"])]
    assert (others["verdict_before"] == others["verdict_after"]).all()


@pytest.mark.parametrize("seed", range(SESSIONS))
def test_clicking_equals_whatif_on_the_saved_table(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "scripts"))
    sessions = importlib.import_module("hunt.sessions")
    study, results, judge = opened
    session = Session(study, results, judge, tmp_path)
    sessions.play(session, random.Random(seed), Counter(), change)  # noqa: S311
    state, rows = session.state(), session.history.rows
    if not rows:
        assert state["clauses"] == {}
        return
    table = change_table(rows, lang="zh" if seed % 3 else "en")
    file = tmp_path / ("changes.xlsx" if seed % 2 else "changes.csv")
    file.write_bytes(sheet_bytes(table, lang="zh") if seed % 2 else csv_bytes(table))
    saved = load_scenario(file, study=study)
    check(state, what_if(judge.case, saved, streets=judge.streets))
    again, first = ([row_of(each) for each in scenario.changes] for scenario in (saved, session.scenario()))
    assert again == first


def test_near_misses_fail_one_clause_alone_and_by_little(session: Session) -> None:
    state = session.state()
    for miss in state["near"]:
        assert state["communities"]["failed"][miss["community"]] == [miss["clause"]]
        assert 0 <= miss["short"] <= 0.1


def test_a_street_is_found_where_one_is(session: Session) -> None:
    street = session.street_at(*degrees(150, 3))
    assert street["way"] is not None
    assert len(street["line"]) >= 2
    assert session.street_at(*degrees(2000, 2000))["way"] is None


def test_walks_before_and_after_are_those_of_one_child(session: Session) -> None:
    assert session.walks(2) == []  # nothing is changed
    session.act({"do": "add", "rows": [school(320, 305, name="Top School")]})
    [upper] = session.walks(2)
    assert (upper.clause, upper.after is not None and upper.after["place"]) == ("school", "Top School")
    case, heights = session.judge.case, heights_of(session.study, session.judge.case)
    known = {walk.clause: walk for walk in explain(case, heights, lonlat=None, code="C03", layer=None)}["school"]
    if upper.before is not None:
        assert upper.before["minutes"] == round(max(route.minutes for route in known.routes), 1)
        assert upper.after is not None
        assert upper.after["minutes"] < upper.before["minutes"]
    assert upper.after is not None
    assert len(upper.after["lines"]) >= 1
    assert session.walks(0) == []  # nobody there walks to it
    for nowhere in (-1, 99):
        with pytest.raises(ScenarioError):
            session.walks(nowhere)
