"""A meeting in a real browser: add, draw, switch off, undo, reload, on a projector and a phone, in both languages."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tools.browser import PHONE, chromium, grave
from tools.desk import brings, on_screen, opened, seen, spot
from tools.served import Server, school, served, town_with_list
from worlds.town import SOUTH, WEST, town_layers

from cfgeo.core.strings import Lang, text


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as context:
        context.set_offline(False)
        yield context


@pytest.fixture(scope="module")
def server(town_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(town_study, tmp_path_factory.mktemp("meeting")) as server:
        yield server


@pytest.fixture
def page(browser: Any, server: Server) -> Iterator[Any]:
    """Return the page, with an empty table."""
    server.post("/api/edits", {"do": "clear"})
    with opened(browser, server) as page:
        yield page


def school_at(name: str) -> dict[str, Any]:
    """Return a new school where one of the town's stands."""
    there = town_layers()["schools"].loc[name].geometry.centroid
    return {**school(there.x - WEST, there.y - SOUTH), "name": "?"}


def test_a_school_is_put_on_the_map_and_taken_back(page: Any) -> None:
    page.select_option("#desk-tool", "add")
    page.select_option("#desk-layer", "schools")
    page.fill("#desk-name", "<b>New & open</b>")
    page.mouse.click(*spot(page, 0.6, 0.5))
    brings(page, "1 → 2 of 4 communities pass")
    assert page.inner_text("#card-passed .card-value") == "2 of 4"
    assert "<b>New & open</b>" in page.inner_text("#desk-list")
    assert page.input_value("#desk-name") == ""  # the next one is another
    fills = page.locator("[data-code][data-fill=passed]").count()
    page.uncheck("[data-edit] input")
    brings(page, "As it is: 1 of 4 pass")
    assert page.locator("[data-code][data-fill=passed]").count() == fills - 1
    page.check("[data-edit] input")
    brings(page, "1 → 2 of 4")
    page.keyboard.press("Escape")
    page.locator(".map .leaflet-container").focus()
    page.keyboard.press("Control+z")  # the switch that was set last
    brings(page, "As it is: 1 of 4 pass")


def test_stairs_are_drawn_and_close_streets_by_a_click(page: Any, server: Server) -> None:
    page.select_option("#desk-tool", "link")
    for across, down in ((0.62, 0.36), (0.62, 0.52)):
        page.mouse.click(*spot(page, across, down))
    page.click("#desk-finish")
    page.wait_for_selector("[data-edit]")
    row = server.get("/api/state").json()["edits"][0]["row"]
    assert (row["action"], row["link"]) == ("add", "stairs")
    assert row["wkt"].startswith("LINESTRING (1")
    page.select_option("#desk-tool", "street")
    page.mouse.click(*spot(page, 0.53, 0.37))
    page.wait_for_function(
        "() => document.querySelectorAll('[data-edit]').length === 2 || !document.getElementById('desk-fault').hidden"
    )


_SLOW_JOINS = """() => {
  const ask = window.fetch;
  window.fetch = async (address, ...rest) => {
    if (String(address).includes('/api/join')) await new Promise((answer) => setTimeout(answer, 400));
    return ask(address, ...rest);
  };
}"""


def test_finishing_waits_for_corners_that_are_still_asked_about(page: Any, server: Server) -> None:
    page.evaluate(_SLOW_JOINS)
    page.select_option("#desk-tool", "link")
    for across, down in ((0.62, 0.36), (0.62, 0.52)):
        page.mouse.click(*spot(page, across, down))
    page.click("#desk-finish")
    page.wait_for_selector("[data-edit]")
    assert page.is_hidden("#desk-fault")
    assert server.get("/api/state").json()["edits"][0]["row"]["link"] == "stairs"


@pytest.mark.parametrize("tool", ["add", "move", "close", "link", "gate", "street"])
def test_a_drag_of_the_map_is_no_click(page: Any, server: Server, tool: str) -> None:
    page.select_option("#desk-tool", tool)
    page.mouse.move(*spot(page, 0.6, 0.5))
    page.mouse.down()
    page.mouse.move(*spot(page, 0.68, 0.56), steps=5)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert server.get("/api/state").json()["edits"] == []
    assert page.is_hidden("#desk-fault")
    assert page.locator("path.desk-drawn").count() == 0


def test_a_gate_takes_two_clicks_and_is_listed_as_one(page: Any, server: Server) -> None:
    page.select_option("#desk-tool", "gate")
    page.mouse.click(*spot(page, 0.9, 0.05))
    page.wait_for_function("() => document.getElementById('desk-fault').innerText.startsWith('Too far')")
    for across, down in ((0.62, 0.36), (0.62, 0.52)):
        page.mouse.move(*spot(page, across, down))
        page.wait_for_function("() => document.querySelector('.desk-snap')?.innerText.startsWith('Joins')")
        assert page.is_hidden(".leaflet-tooltip-pane")
        page.mouse.click(*spot(page, across, down))
        page.wait_for_selector("path.desk-drawn, [data-edit]", state="attached")
    page.wait_for_selector("[data-edit]")
    assert page.locator(".desk-snap, path.desk-drawn").count() == 0
    assert text("desk.what_gate", "en") in page.inner_text("#desk-list")
    assert server.get("/api/state").json()["junctions"]


def test_the_open_panel_follows_what_changes(page: Any, server: Server) -> None:
    page.click("#community-table button:has-text('Upper'), #community-table a:has-text('Upper')")
    failed, passed = (text(f"word.{verdict}", "en") for verdict in ("failed", "passed"))
    assert failed in page.inner_text("#place")
    server.post("/api/edits", {"do": "add", "rows": [school(390, 250)]})
    brings(page, "1 → 2 of 4")
    said = page.inner_text("#place .verdict >> nth=0")
    assert passed in said
    assert failed not in said


def test_a_tool_is_put_away_after_its_change(page: Any, server: Server) -> None:
    page.select_option("#desk-tool", "add")
    for _ in range(2):
        page.mouse.click(*spot(page, 0.6, 0.5))
        page.wait_for_selector("[data-edit]")
    assert len(server.get("/api/state").json()["edits"]) == 1
    assert page.input_value("#desk-tool") == ""


@pytest.mark.parametrize(("tool", "key"), [("close", "no_facility"), ("signal", "no_crossing")])
def test_what_is_nowhere_is_said(page: Any, tool: str, key: str) -> None:
    page.select_option("#desk-tool", tool)
    page.mouse.click(*spot(page, 0.9, 0.05))
    page.wait_for_function(
        "words => document.getElementById('desk-fault').innerText === words", arg=text(f"desk.{key}", "en")
    )


def test_a_second_tab_follows_and_a_reload_loses_nothing(page: Any, browser: Any, server: Server) -> None:
    other = browser.new_page()
    other.goto(server.url)
    other.wait_for_selector("#desk-list li")
    server.post("/api/edits", {"do": "add", "rows": [school(390, 250)]})
    for tab in (page, other):
        brings(tab, "1 → 2 of 4")
    page.reload()
    brings(page, "1 → 2 of 4")
    assert [tab.inner_text("#card-passed .card-value") for tab in (page, other)] == ["2 of 4", "2 of 4"]
    other.close()


def test_eight_tabs_follow_though_a_browser_keeps_six_connections(page: Any, browser: Any, server: Server) -> None:
    tabs = [browser.new_page() for _ in range(7)]
    for tab in tabs:
        tab.goto(server.url)
        tab.wait_for_selector("#desk-list li")
    server.post("/api/edits", {"do": "add", "rows": [school(390, 250)]})
    for tab in (page, *tabs):
        brings(tab, "1 → 2 of 4")
    for tab in tabs:
        tab.close()
    server.post("/api/edits", {"do": "undo"})
    brings(page, "As it is: 1 of 4 pass")


def test_a_certificate_and_a_capacity_of_one_place_are_one_change(page: Any, server: Server) -> None:
    page.select_option("#desk-tool", "certify")
    assert page.eval_on_selector_all("#desk-layer option", "all => all.filter(o => !o.disabled).map(o => o.value)") == [
        "schools"
    ]
    assert page.inner_text("#desk-column") == "Certified"
    at = on_screen(page, server, school_at("schools-2"))
    page.mouse.click(*at)
    page.wait_for_selector("[data-edit]")
    assert "Certified yes" in page.inner_text("#desk-list")
    page.select_option("#desk-tool", "enlarge")
    page.select_option("#desk-layer", "schools")
    page.fill("#desk-capacity", "300")
    page.mouse.click(*at)
    page.wait_for_function("() => document.getElementById('desk-tool').value === ''")
    [edit] = server.get("/api/state").json()["edits"]
    assert (edit["row"]["capacity"], edit["row"]["attributes"]) == (300, {"certified": "yes"})


def test_a_closed_place_opens_again_by_a_second_click(page: Any, server: Server) -> None:
    at = on_screen(page, server, school_at("schools-2"))
    for words in (text("desk.what_close", "en", name=""), text("desk.none", "en")):
        page.select_option("#desk-tool", "close")
        page.select_option("#desk-layer", "schools")
        page.mouse.click(*at)
        page.wait_for_function("words => document.getElementById('desk-list').innerText.includes(words)", arg=words)
    assert server.get("/api/state").json()["edits"] == []


def test_no_two_things_of_the_page_have_one_id(page: Any) -> None:
    ids = page.eval_on_selector_all("[id]", "all => all.map(node => node.id)")
    assert len(ids) == len(set(ids))


def test_the_desk_is_for_everybody(page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    assert grave(axe.Axe().run(page)) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_read_only_it_shows_and_offers_nothing(browser: Any, town_study: Path, tmp_path: Path) -> None:
    with served(town_study, tmp_path, "--read-only", "--lang", "zh") as server:
        page = browser.new_page()
        page.goto(server.address)
        page.wait_for_selector("#desk-list li")
        assert page.locator("#desk-tool, #desk-undo, #desk-open").count() == 0
        assert text("desk.read_only", "zh") in page.inner_text("#desk")
        page.close()


def test_a_meeting_in_chinese_from_question_to_report(browser: Any, town_study: Path, tmp_path: Path) -> None:
    """Ask where a school brings most, take it over, look at a child's walk, make the report, and reload."""
    with served(town_study, tmp_path, "--lang", "zh") as server, opened(browser, server) as page:
        page.click("#desk-ask summary")
        page.select_option("#desk-ask-layer", "schools|primary")
        page.click("#desk-ask_sites")
        page.click("#desk-answers li button", timeout=180_000)
        brings(page, "新达标")
        page.click("#community-table button:has-text('Upper'), #community-table a:has-text('Upper')")
        page.wait_for_selector("[data-walk=school]", timeout=60_000)
        assert "→" in page.inner_text("[data-walk=school]")
        page.click("[data-walk=school] button")
        assert page.locator(".leaflet-desk-pane path").count() >= 2
        page.select_option("#desk-tool", "walk")
        mark = page.locator(".desk-mark").first.bounding_box()
        page.mouse.click(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
        page.wait_for_selector("#desk-home [data-walk=school]", timeout=60_000)
        page.keyboard.press("Escape")
        page.click("#desk-report")
        with page.expect_download(timeout=180_000) as download:
            page.click("#desk-report-zip", timeout=180_000)
        with zipfile.ZipFile(download.value.path()) as archive:
            assert text("desk.file_docx", "zh") in archive.namelist()
        page.reload()
        brings(page, "新达标")


def test_a_budget_slides_along_the_plan_and_its_stop_is_taken_over(browser: Any, tmp_path: Path) -> None:
    with (
        served(town_with_list(tmp_path), tmp_path / "meeting", "--lang", "zh") as server,
        opened(browser, server) as page,
    ):
        page.click("#desk-ask summary")
        page.click("#desk-ask_plan")
        page.wait_for_selector("#desk-stop", timeout=20_000)
        assert seen(page, "#desk-stop")  # though it stands below what was clicked
        page.wait_for_selector("#desk-budget", timeout=180_000)
        assert seen(page, "#desk-budget")
        assert page.inner_text("#desk-point") == "500 CNY：3 个社区达标，2 个项目（已证明最省）"
        assert page.locator("#desk-answers li").count() == page.locator(".leaflet-desk-pane path").count() == 2
        page.focus("#desk-budget")
        page.keyboard.press("ArrowLeft")
        assert page.inner_text("#desk-point") == "200 CNY：2 个社区达标，1 个项目（已证明最省）"
        assert page.get_attribute("#desk-budget", "aria-valuetext") == page.inner_text("#desk-point")
        assert page.locator("#desk-answers li").count() == page.locator(".leaflet-desk-pane path").count() == 1
        page.click("#desk-answers li button")  # one now, and the rest at the next stop
        brings(page, "达标社区 1 → 2")
        assert page.is_disabled("#desk-answers li button")
        page.focus("#desk-budget")
        page.keyboard.press("ArrowLeft")
        assert (page.locator("#desk-answers li").count(), page.is_hidden("#desk-take-all")) == (0, True)
        page.keyboard.press("End")
        page.click("#desk-take-all")
        brings(page, "达标社区 1 → 3")
        assert page.locator("[data-edit]").count() == 2
        assert page.locator("#desk-answers button:enabled").count() == 0
        page.click("#desk-undo")
        page.wait_for_selector("#desk-take-all:enabled")
        assert page.locator("#desk-answers li button:enabled").count() == 1


@pytest.mark.parametrize(("lang", "cost", "passed"), [("zh", "120 万元", "达标"), ("en", "500 CNY", "passed")])
def test_two_scenarios_are_kept_compared_and_brought_back_by_keys(
    browser: Any, town_study: Path, tmp_path: Path, lang: Lang, cost: str, passed: str
) -> None:
    with served(town_study, tmp_path, "--lang", lang) as server, opened(browser, server) as page:
        page.focus("#desk-scenarios summary")
        page.keyboard.press("Enter")
        page.focus("#desk-kept-name")
        page.keyboard.press("Enter")
        assert page.inner_text("#desk-fault") == text("desk.no_name", lang)
        page.select_option("#desk-tool", "add")
        page.fill("#desk-cost", cost)
        page.mouse.click(*spot(page, 0.6, 0.5))
        page.wait_for_selector("[data-edit]")
        assert cost in page.inner_text("[data-edit]")
        for name, street in (("<i>A</i>", None), ("B", "Row 0")):
            if street:
                server.post("/api/edits", {"do": "load", "rows": [{"action": "close", "street": street}]})
                page.wait_for_selector("[data-edit='2']")
            page.fill("#desk-kept-name", name)
            page.focus("#desk-kept-name")
            page.keyboard.press("Enter")
            page.wait_for_selector(f"[data-kept='{name}']")
        page.select_option("#desk-compare-one", label="<i>A</i>")
        page.select_option("#desk-compare-other", label="B")
        page.focus("#desk-compare")
        page.keyboard.press("Enter")
        page.wait_for_selector("#desk-compared tbody tr")
        said = [row.split("\t") for row in page.inner_text("#desk-compared table").splitlines() if "\t" in row]
        table = {row[0]: row[1:] for row in said}
        assert [cell.strip() for cell in said[0] if cell.strip()] == ["<i>A</i>", "B"]
        assert table[passed][0] == "2 / 4"
        assert table[text("desk.row_cost", lang)] == [cost, "–"]
        assert "Upper" in table[text("desk.row_gained", lang)][0]
        page.focus("[data-kept='<i>A</i>'] button")
        page.keyboard.press("Enter")
        brings(page, "Upper")
        page.click("[data-edit] > button:not([title=''])")
        page.wait_for_selector("[data-edit] .alone")
        assert "Upper" in page.inner_text("[data-edit]")
        server.post("/api/edits", {"do": "add", "rows": [{"action": "close", "street": "Row 0"}]})
        page.wait_for_selector("[data-edit] >> nth=1")
        assert page.locator("[data-edit] .alone").count() > 0  # the list was drawn anew
        server.post("/api/edits", {"do": "undo"})
        page.close()
        server.process.kill()
    with served(town_study, tmp_path, "--lang", lang) as again:
        page = browser.new_page()
        page.goto(again.address)
        brings(page, "Upper")
        page.click("#desk-scenarios summary")
        assert text("desk.kept_here", lang, name="<i>A</i>", changes=1) in page.inner_text("#desk-kept")
        page.close()
