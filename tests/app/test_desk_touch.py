"""A meeting by finger, on a phone: tap to add, tap to draw, tap to undo, keep a scenario."""

from pathlib import Path
from typing import Any

from tools.browser import PHONE, chromium
from tools.desk import centre
from tools.served import Server, school, served

from cfgeo.core.strings import text


def rows(server: Server) -> list[dict[str, Any]]:
    return [edit["row"] for edit in server.get("/api/state").json()["edits"]]


def test_a_meeting_on_a_phone(town_study: Path, tmp_path: Path) -> None:
    with (
        served(town_study, tmp_path / "meeting", "--lang", "zh") as server,
        chromium(tmp_path / "profile", viewport=PHONE, has_touch=True) as context,
    ):
        context.set_offline(False)
        page, faults = context.new_page(), list[str]()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(server.address)
        page.wait_for_selector("#desk-list li", state="attached")
        assert page.locator("#desk").bounding_box()["height"] < 80  # folded, so that all of the map is seen
        page.tap("#desk .desk-head button")
        page.evaluate("document.querySelector('.map').scrollIntoView()")
        server.post("/api/edits", {"do": "add", "rows": [school(320, 305)]})
        mark = page.wait_for_selector(".desk-mark").bounding_box()
        server.post("/api/edits", {"do": "clear"})
        page.wait_for_selector(".desk-mark", state="detached")
        page.select_option("#desk-tool", "add")
        page.evaluate("document.querySelector('.map').scrollIntoView()")
        strip = page.locator("#desk").bounding_box()
        assert strip["height"] < 70  # a strip: the map has the room until the place is known
        assert text("desk.strip_add", "zh") in page.inner_text("#desk")
        page.touchscreen.tap(*centre(mark))
        page.wait_for_selector("#desk-confirm")
        assert rows(server) == []
        page.tap("#desk-cancel")  # gives up the place, not the tool
        page.wait_for_selector("#desk-confirm", state="hidden")
        page.touchscreen.tap(*centre(mark))
        page.select_option("#desk-layer", "schools")
        page.select_option("#desk-kind", "primary")
        page.fill("#desk-name", "新校")
        page.tap("#desk-confirm")
        page.wait_for_selector("[data-edit='2']", state="attached")
        [row] = rows(server)
        assert (row["layer"], row["kind"], row["name"]) == ("schools", "primary", "新校")
        assert page.input_value("#desk-tool") == ""
        page.select_option("#desk-tool", "link")
        page.evaluate("document.querySelector('.map').scrollIntoView()")
        beside = mark["x"] + mark["width"] + 6, mark["y"] + mark["height"] / 2  # browsers move it to the sign
        page.touchscreen.tap(*beside)
        page.wait_for_selector("path.desk-drawn", state="attached")
        page.tap("#desk-cancel")
        page.tap("#desk-cancel")
        page.tap("#desk-scenarios summary")
        page.fill("#desk-kept-name", "甲")
        page.tap("#desk-keep")
        page.wait_for_selector("[data-kept='甲']")
        for selector in ("#desk-undo", "#desk-keep", "[data-kept] button", "#desk-compare-one"):
            # What a finger meets, measured at once: the desk is drawn anew when an answer comes.
            assert page.locator(selector).first.evaluate("one => one.getBoundingClientRect().height") >= 44, selector
        page.tap("#desk-undo")
        page.wait_for_selector("[data-kept='甲']", state="detached")
        page.tap("#desk-undo")
        page.wait_for_function(
            "words => document.getElementById('desk-list').innerText.includes(words)", arg=text("desk.none", "zh")
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert faults == []


def test_a_cost_is_entered_by_finger_where_the_strip_does_not_ask_for_it(town_study: Path, tmp_path: Path) -> None:
    with (
        served(town_study, tmp_path / "meeting", "--lang", "zh") as server,
        chromium(tmp_path / "profile", viewport=PHONE, has_touch=True) as context,
    ):
        context.set_offline(False)
        page = context.new_page()
        page.goto(server.address)
        page.wait_for_selector("#desk-list li", state="attached")
        page.tap("#desk .desk-head button")
        server.post("/api/edits", {"do": "add", "rows": [{"action": "close", "street": "Row 0"}]})
        button = page.locator("[data-edit] button.cost")
        assert button.evaluate("one => one.getBoundingClientRect().height") >= 44
        button.tap()
        page.fill("[data-edit] input.cost", "很贵")
        page.keyboard.press("Enter")
        page.wait_for_selector("#desk-fault:not([hidden])")
        assert page.input_value("[data-edit] input.cost") == "很贵"  # to be mended
        page.fill("[data-edit] input.cost", "120 万元")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-edit] button.cost:text-is('120 万元')")
        assert [row["cost"] for row in rows(server)] == ["120 万元"]
        page.tap("#desk-undo")
        page.wait_for_selector(f"[data-edit] button.cost:text-is('{text('desk.cost_add', 'zh')}')")
