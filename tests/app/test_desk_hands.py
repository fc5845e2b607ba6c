"""What hands do on the desk: signs are dragged, closed streets opened, tools used by keys alone, the desk folded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from tools.browser import LAPTOP, PHONE, PROJECTOR, chromium
from tools.desk import (
    brings,
    centre,
    choose,
    closed_street,
    drag,
    drag_by_finger,
    listed,
    on_screen,
    opened,
    seen,
    sign,
)
from tools.served import Server, school, served
from worlds.scenarios import add_tags, edited_osm
from worlds.town import SOUTH, WEST, grid, town_layers, write_town

from cfgeo.core.strings import text

PRIVATE, FORBIDDEN = 3001, 3003
"""Ways of the town with ``access=private`` and ``foot=no``."""


@pytest.fixture(scope="module")
def server(town_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(town_study, tmp_path_factory.mktemp("meeting")) as server:
        yield server


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile"), has_touch=True) as context:
        context.set_offline(False)
        yield context


@pytest.fixture
def page(browser: Any, server: Server) -> Iterator[Any]:
    """Return the page, with an empty table."""
    server.post("/api/edits", {"do": "clear"})
    with opened(browser, server) as page:
        yield page


def rows(server: Server) -> list[dict[str, Any]]:
    return [edit["row"] for edit in server.get("/api/state").json()["edits"]]


def home(name: str) -> dict[str, Any]:
    """Return a new school where one of the town's stands."""
    there = town_layers()["schools"].loc[name].geometry.centroid
    return {**school(there.x - WEST, there.y - SOUTH), "name": "?"}


@pytest.mark.parametrize("pull", [drag, drag_by_finger])
def test_a_sign_is_dragged_to_its_new_place(page: Any, server: Server, pull: Any) -> None:
    start, end = (on_screen(page, server, row) for row in (home("schools-2"), school(390, 250)))
    choose(page, "move", layer="schools")
    pull(page, start, end)
    listed(page, 1)
    [row] = rows(server)
    assert (row["action"], row["layer"], row["facility"]) == ("move", "schools", "schools-2")
    there = school(390, 250)
    assert [row["lon"], row["lat"]] == pytest.approx([there["lon"], there["lat"]], abs=3e-5)
    assert page.input_value("#desk-tool") == ""
    assert page.locator(".desk-held").count() == 0
    assert page.is_hidden("#place")  # a drag is no click on the sign
    assert page.locator(".facility").count() == 3  # it shows the study as it is


def test_esc_gives_up_a_drag(page: Any, server: Server) -> None:
    start = on_screen(page, server, home("schools-2"))
    choose(page, "move", layer="schools")
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 60, start[1] + 40, steps=4)
    page.keyboard.press("Escape")
    page.mouse.up()
    page.wait_for_timeout(300)
    assert rows(server) == []
    choose(page, "move", layer="schools")
    assert sign(page)
    assert any(abs(box["x"] + box["width"] / 2 - start[0]) < 2 for box in
               (page.locator(".desk-held").nth(nth).bounding_box() for nth in range(3)))  # fmt: skip


def test_a_facility_is_moved_by_keys_alone(page: Any, server: Server) -> None:
    """Arrow keys move a cross, finely with Shift; space takes the facility, and space again sets it down."""
    x, y = on_screen(page, server, home("schools-2"))
    choose(page, "move", layer="schools")
    page.locator(".map .leaflet-container").focus()
    page.keyboard.press("ArrowLeft")
    at = page.wait_for_selector(".desk-cross").bounding_box()
    here = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    for keys, away in ((("ArrowLeft", "ArrowRight"), x - here[0]), (("ArrowUp", "ArrowDown"), y - here[1])):
        coarse, rest = divmod(abs(away), 20)
        for key in [keys[away > 0]] * int(coarse) + [f"Shift+{keys[away > 0]}"] * int(rest // 3):
            page.keyboard.press(key)
    page.keyboard.press(" ")
    page.wait_for_function("() => document.querySelector('.desk-now .hint').innerText.includes('click its new place')")
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    listed(page, 1)
    assert (rows(server)[0]["action"], rows(server)[0]["facility"]) == ("move", "schools-2")
    assert page.locator(".desk-cross").count() == 0


def test_a_closed_street_is_named_opened_and_closed_again(page: Any, server: Server) -> None:
    choose(page, "open")
    there = closed_street(page, PRIVATE)
    assert page.locator("path[data-closed]").count() == 2
    page.mouse.move(*there)
    page.wait_for_function("() => document.querySelector('.desk-snap')?.innerText.includes('access=private')")
    assert "It meets 2 streets" in page.inner_text(".desk-snap") or "it meets 2 streets" in page.inner_text(
        ".desk-snap"
    )
    page.mouse.click(*there)
    listed(page, 1)
    assert rows(server) == [{"action": "refit", "way": PRIVATE, "tags": {"foot": "yes"}}]
    assert text("desk.opened_unnamed", "en", way=PRIVATE) in page.inner_text("#desk-list")
    assert page.locator("path[data-closed], .desk-snap").count() == 0
    page.keyboard.press("Control+z")
    listed(page, 0)
    page.keyboard.press("Control+Shift+z")
    listed(page, 1)
    choose(page, "open")
    page.mouse.click(*closed_street(page, PRIVATE))
    listed(page, 0)
    choose(page, "open")
    page.mouse.click(*on_screen(page, server, school(390, 20)))
    page.wait_for_function(
        "w => document.getElementById('desk-fault').innerText === w", arg=text("desk.not_closed", "en")
    )


def test_what_is_opened_is_saved_and_counts_as_a_whatif_counts_it(page: Any, server: Server) -> None:
    state = server.post("/api/edits", {"do": "add", "rows": [
        {"action": "refit", "way": way, "tags": {"foot": "yes"}} for way in (PRIVATE, FORBIDDEN)]}).json()  # fmt: skip
    listed(page, 2)
    table = server.get("/api/changes.csv").text
    assert "foot=yes" in table
    again = server.post("/api/open?form=csv", table.encode()).json()
    kept = ("headline", "communities", "clauses")
    assert [again[key] for key in kept] == [state[key] for key in kept]
    assert server.get("/api/wider").json()["minutes"]  # walks are other than before
    assert [edit["community"] is not None and bool(edit["lines"]) for edit in again["edits"]] == [True, True]
    page.wait_for_timeout(100)
    brings(page, "of 4")


def test_a_street_that_was_closed_by_a_click_opens_by_another(page: Any, server: Server) -> None:
    there = on_screen(page, server, school(350, 100))
    for count in (1, 0):
        choose(page, "street")
        page.mouse.click(*there)
        listed(page, count)
    assert rows(server) == []


def test_a_closed_gate_that_stands_on_a_street_opens_by_one_click(browser: Any, tmp_path: Path) -> None:
    def lock(root: Element) -> None:
        node = next(item for item in root.iter("node") if item.get("id") == str(grid(200, 0)))
        add_tags(node, barrier="gate", locked="yes")

    town = write_town(tmp_path / "town")
    edited_osm(town.parent / "streets.osm", lock)
    with served(town, tmp_path / "meeting") as server, opened(browser, server) as page:
        assert len(server.get("/api/gates").json()) == 1
        for count in (1, 0):  # and by a second click it is closed again
            choose(page, "gate")
            gate = centre(page.wait_for_selector("path.desk-gate").bounding_box())
            page.mouse.move(*gate)
            page.wait_for_selector(f".desk-snap:has-text('{text('desk.snap_standing', 'en')}')")
            page.mouse.click(*gate)
            listed(page, count)
        page.click("#desk-undo")
        listed(page, 1)
        assert text("desk.what_gate", "en") in page.inner_text("#desk-list")
        [edit] = server.get("/api/state").json()["edits"]
        assert edit["row"]["action"] == "opengate"
        assert server.get("/api/state").json()["clauses"]


@pytest.mark.parametrize("size", [PROJECTOR, LAPTOP, {"width": 1280, "height": 720}, PHONE])
def test_all_of_the_district_is_seen_when_the_page_opens(browser: Any, server: Server, size: dict[str, int]) -> None:
    server.post("/api/edits", {"do": "clear"})
    with opened(browser, server, size) as page:
        page.wait_for_timeout(300)
        desk = page.locator("#desk").bounding_box()
        shapes = [shape.bounding_box() for shape in page.locator("path[data-code]").all()]
        whole = page.locator(".map .leaflet-container").bounding_box()
        for box in shapes:
            assert whole["x"] <= box["x"]
            assert box["x"] + box["width"] <= whole["x"] + whole["width"] + 1
            assert box["x"] >= desk["x"] + desk["width"] or not page.is_visible(".desk-body")
        assert seen(page, "#desk .desk-head button")


def test_a_cost_is_entered_mended_and_left_by_keys_whatever_the_change(page: Any, server: Server) -> None:
    """Of what is moved, closed or opened a phone's strip does not ask for a cost before."""
    street = {"action": "close", "street": "Row 0"}
    server.post("/api/edits", {"do": "add", "rows": [street]})
    page.wait_for_selector("[data-edit]")

    def enter(words: str, key: str) -> None:
        page.focus("[data-edit] button.cost")
        page.keyboard.press("Enter")
        page.fill("[data-edit] input.cost", words)
        page.keyboard.press(key)
        page.wait_for_selector("[data-edit] button.cost")

    enter("500 CNY", "Enter")
    assert [row["cost"] for row in rows(server)] == ["500 CNY"]
    page.wait_for_selector("[data-edit] button.cost:focus")  # the list was drawn anew
    enter("600 CNY", "Escape")
    assert [row["cost"] for row in rows(server)] == ["500 CNY"]
    enter("600 CNY", "Tab")
    assert [row["cost"] for row in rows(server)] == ["600 CNY"]
    page.focus("[data-edit] button.cost")
    page.keyboard.press("Enter")
    page.fill("[data-edit] input.cost", "")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-edit] button.cost")
    assert [row.get("cost") for row in rows(server)] == [None]


def test_a_cost_is_of_the_change_as_another_tab_left_it(page: Any, server: Server) -> None:
    [edit] = server.post("/api/edits", {"do": "add", "rows": [school(390, 250)]}).json()["edits"]
    page.click("[data-edit] button.cost")
    page.fill("[data-edit] input.cost", "500 CNY")
    row = school(320, 305, name="Renamed")
    server.post("/api/edits", {"do": "replace", "id": edit["id"], "row": row})
    [moved] = rows(server)
    page.wait_for_selector(".desk-mark[title*='Renamed']")
    assert page.input_value("[data-edit] input.cost") == "500 CNY"  # the list waits
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-edit] button.cost:text-is('500 CNY')")
    assert rows(server) == [{**moved, "cost": "500 CNY"}]
    page.click("[data-edit] button.cost")
    page.fill("[data-edit] input.cost", "600 CNY")
    server.post("/api/edits", {"do": "clear"})
    page.wait_for_selector(".desk-mark", state="detached")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-edit]", state="detached")
    assert rows(server) == []
