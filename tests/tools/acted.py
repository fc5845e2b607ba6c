"""A whole meeting on a real study, acted by hands in Chromium: from the first new place to the report."""

import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.results import Results
from cfgeo.core.schema import LEVEL, WGS84
from cfgeo.core.strings import KIND_MARK, Lang, text
from cfgeo.pipeline.run import open_study
from cfgeo.scenarios.judge import Judge
from cfgeo.scenarios.lists.changes import load_scenario
from cfgeo.scenarios.whatif import what_if
from cfgeo.study.config import load_study
from tools.browser import chromium
from tools.desk import Spot, brings, choose, closed_street, drag, listed, on_screen, opened, sign, unfold
from tools.served import Server, served

_MET = "() => document.querySelector('path.desk-drawn') || !document.getElementById('desk-tool').value"
STAIRS_M, GATE_M, LONG_MS = (60.0, 160.0), (20.0, 120.0), 300_000
SEED = 1


@dataclass(frozen=True)
class Stage:
    """A copy of a study with a reserve list, and where in it the meeting plays.

    Attributes
    ----------
    study : Path
    judge : Judge
    results : Results
    community : str
        Its name: the one that lacks least.
    row : dict
        A new place there, of a kind that it lacks.
    stairs, gate : list of dict
        Rows of places at both their ends.
    """

    study: Path
    judge: Judge
    results: Results
    community: str
    row: dict[str, Any]
    stairs: list[dict[str, Any]]
    gate: list[dict[str, Any]]


def staged(study: Path, folder: Path) -> Stage:
    """Copy a study, and give it a reserve list of what the community lacks that lacks least."""
    shutil.copytree(study.parent, folder, dirs_exist_ok=True)
    copy = folder / study.name
    results, judge = open_study(load_study(copy))
    asked = {clause["id"]: clause for clause in results.parameters["clauses"] if clause["measure"] == "reach"}
    lacks = results.communities["failed"].map(lambda failed: [clause for clause in failed if clause in asked])
    open_ = results.communities["failed"].map(len)
    code = open_[(open_ > 0) & (open_ == lacks.map(len))].sort_values(kind="stable").index[0]
    inside = results.communities.geometry[code].representative_point()
    rows = [_new_place(results, asked[clause], inside) for clause in lacks[code]]
    table = pd.DataFrame([{"id": f"P-{nth}", "project": f"P-{nth}", "cost (万元)": 100 * nth, **row}
                          for nth, row in enumerate(rows, start=1)])  # fmt: skip
    table.to_csv(folder / "reserve.csv", index=False)
    copy.write_text(copy.read_text(encoding="utf-8") + '\n[projects]\npath = "reserve.csv"\n', encoding="utf-8")
    pairs = [_pair(results, inside, apart) for apart in (STAIRS_M, GATE_M)]
    stairs, gate = ([{**rows[0], **_place(results, there)} for there in pair] for pair in pairs)
    return Stage(copy, judge, results, str(results.communities["community"][code]), rows[0], stairs, gate)


def _new_place(results: Results, clause: dict[str, Any], inside: Any) -> dict[str, Any]:
    own = results.inputs.layers[clause["layer"]]["kind"]
    kind = (clause.get("kind") or [str(own.iloc[0]).split(KIND_MARK)[0]])[0]
    edges = results.inputs.network.edges
    street = edges.geometry.iloc[int(edges.sindex.nearest(inside, return_all=False)[1][0])]
    at = street.interpolate(street.project(inside))
    return {"action": "add", "layer": clause["layer"], "kind": kind, "name": clause["id"], **_place(results, at)}


def _place(results: Results, at: Any) -> dict[str, float]:
    there = gpd.GeoSeries([at], crs=results.inputs.crs).to_crs(WGS84).iloc[0]
    return {"lon": there.x, "lat": there.y}


def _pair(results: Results, inside: Any, apart_m: tuple[float, float]) -> tuple[Any, Any]:
    """Return the middles of two streets near a place that are so far apart and do not meet."""
    edges = results.inputs.network.edges
    near = edges[(edges.distance(inside) < 250) & (edges["form"] == LEVEL) & (edges["length_m"] > 20)]
    middles = near.geometry.interpolate(0.5, normalized=True).to_numpy()
    choose_from = np.random.default_rng(SEED + int(apart_m[0])).permutation(len(near))
    ends = near[["u", "v"]].to_numpy()
    for one in choose_from:
        metres = shapely.distance(middles, middles[one])
        meets = np.isin(ends, ends[one]).any(axis=1)
        others = np.flatnonzero((metres > apart_m[0]) & (metres < apart_m[1]) & ~meets)
        if len(others):
            return middles[one], middles[others[0]]
    raise AssertionError("no two streets are near each other")


def acted(study: Path, folder: Path, lang: Lang, tell: Callable[[str], None] = lambda _: None) -> None:
    """Act a meeting; what goes wrong is raised.

    Parameters
    ----------
    study
        Is copied.
    folder
        Takes the copy, the session and the browser's profile.
    lang
        Of the page.
    tell
        Is told of each step that is done.
    """
    stage = staged(study, folder / "study")
    with (
        served(stage.study, folder / "meeting", "--lang", lang) as server,
        chromium(folder / "profile") as browser,
    ):
        browser.set_offline(False)
        with opened(browser, server) as page:
            for step in (_add, _move, _stairs, _gate, _open, _undo, _plan, _walk, _save, _reload, _report):
                step(page, server, stage, lang)
                tell(step.__name__.strip("_"))


def _count(server: Server) -> int:
    return len(server.get("/api/state").json()["edits"])


def _add(page: Any, server: Server, stage: Stage, lang: Lang) -> None:
    page.click(", ".join(f"#community-table {tag}:has-text('{stage.community}')" for tag in ("a", "button")))
    there = on_screen(page, server, stage.row)
    choose(page, "add", layer=stage.row["layer"], kind=stage.row["kind"], name="<b>1 & 2</b>", cost="120 万元")
    page.mouse.click(*there)
    listed(page, 1)
    assert all(words in page.inner_text("#desk-list") for words in ("<b>1 & 2</b>", "120 万元"))


def _move(page: Any, server: Server, stage: Stage, lang: Lang) -> None:
    """Drag the first sign in sight, of whatever layer."""
    before = _count(server)
    for layer in page.eval_on_selector_all("#desk-layer option", "all => all.map(one => one.value)"):
        choose(page, "move", layer=layer)
        try:
            x, y = sign(page)
        except (AssertionError, TimeoutError):
            continue
        drag(page, (x, y), (x + 40, y + 30))
        listed(page, before + 1)
        return
    raise AssertionError("no facility is in sight")


def _click_all(page: Any, spots: list[Spot]) -> None:
    for there in spots:
        page.mouse.move(*there)
        page.wait_for_selector(".desk-snap")
        page.mouse.click(*there)
        page.wait_for_function(_MET)
        if page.input_value("#desk-tool") == "":
            return


def _stairs(page: Any, server: Server, stage: Stage, lang: Lang) -> None:
    spots, before = [on_screen(page, server, row) for row in stage.stairs], _count(server)
    choose(page, "link", link="stairs")
    _click_all(page, spots)
    page.wait_for_function("() => document.querySelectorAll('path.desk-drawn').length >= 3")
    page.click("#desk-finish")
    listed(page, before + 1)
    assert len(server.get("/api/state").json()["junctions"]) >= 2


def _gate(page: Any, server: Server, stage: Stage, lang: Lang) -> None:
    spots, before = [on_screen(page, server, row) for row in stage.gate], _count(server)
    choose(page, "gate")
    _click_all(page, spots)
    listed(page, before + 1)
    assert text("desk.what_gate", lang) in page.inner_text("#desk-list")


def _open(page: Any, server: Server, stage: Stage, lang: Lang) -> None:
    before = _count(server)
    page.click("#whole")
    choose(page, "open")
    there = closed_street(page)
    page.mouse.move(*there)
    page.wait_for_selector(".desk-snap")
    page.mouse.click(*there)
    listed(page, before + 1)
    assert server.get("/api/state").json()["edits"][-1]["row"]["tags"] == {"foot": "yes"}


def _undo(page: Any, server: Server, stage: Stage, lang: Lang) -> None:
    count = _count(server)
    page.click("#desk-undo")
    listed(page, count - 1)
    page.locator(".map .leaflet-container").focus()
    page.keyboard.press("Control+z")
    listed(page, count - 2)
    page.click("#desk-redo")
    listed(page, count - 1)
    page.keyboard.press("Control+Shift+z")
    listed(page, count)


def _plan(page: Any, server: Server, stage: Stage, lang: Lang) -> None:
    """Slide along the frontier, and take over what stands at its end."""
    count = _count(server)
    page.click("#desk-ask summary")
    page.click("#desk-ask_plan")
    page.wait_for_selector("#desk-budget", timeout=LONG_MS)
    page.focus("#desk-budget")
    said = []
    for key in ("Home", "End"):
        page.keyboard.press(key)
        said.append(page.inner_text("#desk-point"))
        assert page.get_attribute("#desk-budget", "aria-valuetext") == said[-1]
    ideas = page.locator("#desk-answers li").count()
    if ideas:
        page.click("#desk-answers li button")
        listed(page, count + 1)
    assert "0" in said[0]


def _walk(page: Any, server: Server, stage: Stage, lang: Lang) -> None:
    there = on_screen(page, server, stage.row)
    choose(page, "walk")
    page.mouse.click(*there)
    page.wait_for_selector("#desk-home [data-walk]", timeout=LONG_MS)
    page.click("#desk-home [data-walk] button")
    page.keyboard.press("Escape")


def _save(page: Any, server: Server, stage: Stage, lang: Lang) -> None:
    """What is shown is what a what-if finds for the saved table."""
    with page.expect_download() as download:
        page.click("a[href='/api/changes.xlsx']")
    table = stage.study.parent / "saved.xlsx"
    download.value.save_as(table)
    found = what_if(stage.judge.case, load_scenario(table), streets=stage.judge.streets)
    state = server.get("/api/state").json()
    assert state["communities"]["verdict"] == found.after.communities["verdict"].tolist()
    assert state["headline"]["passed"] == found.after.district["passed"]


def _reload(page: Any, server: Server, stage: Stage, lang: Lang) -> None:
    count, said = _count(server), page.inner_text("#desk-brings p >> nth=0")
    page.reload()
    listed(page, count)
    unfold(page)
    brings(page, said)


def _report(page: Any, server: Server, stage: Stage, lang: Lang) -> None:
    page.click("#desk-report")
    with page.expect_download(timeout=LONG_MS) as download:
        page.click("#desk-report-zip", timeout=LONG_MS)
    with zipfile.ZipFile(download.value.path()) as archive:
        names = archive.namelist()
        assert {text(f"desk.file_{form}", lang) for form in ("docx", "pptx", "html", "gpkg")} <= set(names), names
        assert all(archive.getinfo(name).file_size for name in names)
