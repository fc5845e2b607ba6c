"""The story on the map page: five steps by keys, buttons and address, in a browser without a network."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from tools.browser import LAPTOP, PHONE, PROJECTOR, chromium, grave, open_page
from tools.page_types import declared_keys
from worlds.publish_results import sample_results

from cfgeo import Results
from cfgeo.core.plan import Plan
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.page.run import page_html, write_page
from cfgeo.publish.words.story.scenes import Scene, story_of

SIZES = (PROJECTOR, LAPTOP, {"width": 1280, "height": 720}, PHONE)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.fixture(scope="module")
def planned(town_results: Results, plan: Plan) -> Results:
    return dataclasses.replace(town_results, plan=plan)


def test_the_script_is_told_of_every_key_of_a_step() -> None:
    assert {field.name for field in dataclasses.fields(Scene)} == declared_keys("Scene")


def test_a_page_without_its_plan_says_that_it_is_still_being_made() -> None:
    assert "The plan is still being made" in page_html(sample_results(), lang="en", pending=["plan"])
    assert "The plan is still being made" not in page_html(sample_results(), lang="en", pending=["reports"])


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_tour_by_keys_shows_every_step_whole_on_every_screen(
    context: Any, planned: Results, tmp_path: Path, lang: Lang
) -> None:
    write_page(planned, tmp_path / "index.html", lang=lang)
    story = story_of(planned, lang)
    for size in SIZES:
        with open_page(context, tmp_path / "index.html", size) as watched:
            page = watched.page
            page.click("#story-open")
            for nth, scene in enumerate(story):
                words = page.locator("#story .story-text").inner_text()
                for sentence in (scene.title, scene.message, *scene.lines, *(bar.value for bar in scene.bars)):
                    assert sentence in words
                assert page.evaluate("location.hash") == f"#story-{nth + 1}"
                assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
                for selector in (".map-area", "#story .story-message", "#story .story-bar"):
                    box = page.locator(selector).bounding_box()
                    assert box["height"] > 20, (selector, size)
                    assert box["y"] >= 0, (selector, size)
                    assert box["y"] + box["height"] <= size["height"] + 1, (selector, size)
                page.keyboard.press("PageDown" if nth % 2 else "ArrowRight")
            assert page.evaluate("location.hash") == "#story-5", "the last step stays"


@pytest.mark.browser
def test_the_map_shows_what_each_step_tells(context: Any, planned: Results, tmp_path: Path) -> None:
    write_page(planned, tmp_path / "index.html", lang="en")
    with open_page(context, tmp_path / "index.html") as watched:
        page = watched.page

        def fill(code: str = "C03") -> str:
            return str(page.locator(f"path[data-code={code}]").get_attribute("data-fill"))

        page.select_option("#view", "none")
        page.click("tr[data-code=C03] button")
        page.click("#story-open")
        assert page.locator("#place").is_hidden()
        assert fill().startswith("failed")
        marks = []
        for _ in range(5):
            marks.append(page.locator(".plan-mark").count())
            last = fill()
            page.keyboard.press(" ") if page.evaluate("document.activeElement.tagName") == "H2" else None
        assert marks == [0, 0, 0, 2, 2]
        assert last == "gained"
        page.keyboard.press("ArrowLeft")
        assert fill().startswith("failed"), "the projects stand on what is now"
        page.keyboard.press("Home")
        assert page.locator(".plan-mark").count() == 0
        page.keyboard.press("Escape")
        assert page.input_value("#view") == "verdict", "the page is as it was opened"
        assert page.locator(".plan-mark").count() == 0
        assert page.evaluate("location.hash") == ""
        assert page.locator("#story").is_hidden()
        assert page.locator("#panel").is_visible()
        assert page.evaluate("document.activeElement.id") == "story-open"
        page.keyboard.press("ArrowRight")
        assert page.locator("#story").is_hidden(), "without the story its keys do nothing"


@pytest.mark.browser
def test_buttons_lead_through_the_story_and_the_address_opens_it(context: Any, tmp_path: Path) -> None:
    write_page(sample_results(), tmp_path / "index.html", lang="en")
    with open_page(context, tmp_path / "index.html") as watched:
        page = watched.page
        page.evaluate("location.hash = '#story-2'")
        page.wait_for_selector("#story:not([hidden])")
        assert "What holds us back" in page.locator("#story").inner_text()
        page.get_by_role("button", name="Next").click()
        assert "What the hills cost" in page.locator("#story").inner_text()
        page.get_by_role("button", name="Step 4: What to build").click()
        assert page.get_by_role("button", name="Next").is_disabled()
        assert grave(Axe().run(page)) == []
        page.get_by_role("button", name="Close").click()
        assert page.locator("#story").is_hidden()
        assert page.locator("#story *").count() == 0
