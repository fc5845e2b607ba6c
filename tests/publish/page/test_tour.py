"""A tour of the town's page: every view, tab, chip, panel and step on each screen, in both languages."""

import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageDraw
from tools.browser import LAPTOP, PHONE, PROJECTOR, chromium, grave, open_page
from tools.looks import LOOKS, apart, check_look

from cfgeo import Results
from cfgeo.core.plan import Plan
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.page.run import write_page

SIZES = {"projector": PROJECTOR, "laptop": LAPTOP, "small": {"width": 1280, "height": 720}, "phone": PHONE}
_LABELS = """() => [...document.querySelectorAll('#map .label span')]
  .map((span) => [span, span.getBoundingClientRect()])
  .filter(([span, box]) => !span.hidden && !span.parentElement.hidden && box.width && span.textContent)
  .map(([span, box]) => [span.textContent, box.left, box.top, box.right, box.bottom])"""
_INSIDE_PX = 3.0
"""Boxes of letters have room around them: so much of two may be shared."""


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.fixture(scope="module")
def toured(town_results: Results, plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> dict[Lang, Path]:
    """Return the town's page with its plan, in each language."""
    folder, results = tmp_path_factory.mktemp("tour"), dataclasses.replace(town_results, plan=plan)
    for lang in LANGUAGES:
        write_page(results, folder / f"{lang}.html", lang=lang)
    return {lang: folder / f"{lang}.html" for lang in LANGUAGES}


def check_labels(page: Any, where: object) -> None:
    """Check that no two names on the map cover each other."""
    labels = page.evaluate(_LABELS)
    for nth, (name, left, top, right, bottom) in enumerate(labels):
        for other, *box in labels[nth + 1 :]:
            wide, high = min(right, box[2]) - max(left, box[0]), min(bottom, box[3]) - max(top, box[1])
            assert min(wide, high) <= _INSIDE_PX, (where, name, other)


def check_width(page: Any, size: dict[str, int], where: object) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], where


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_view_on_every_screen(context: Any, toured: dict[Lang, Path], lang: Lang) -> None:
    """Axe looks at each view once; what depends on the size is checked at each."""
    axe = Axe()
    for name, size in SIZES.items():
        with open_page(context, toured[lang], size) as watched:
            page = watched.page
            views = page.eval_on_selector_all("#view option", "options => options.map(option => option.value)")
            assert len(views) > 8
            for view in views:
                page.select_option("#view", view)
                assert page.locator(".chip").count() == (view != views[0])
                check_labels(page, (name, view))
                check_width(page, size, (name, view))
                if name == "laptop":
                    assert grave(axe.run(page)) == [], view
            page.click("#whole")
            assert page.locator(".chip").count() == 0
            assert page.input_value("#view") == views[0]


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_tab_panel_and_step_on_every_screen(context: Any, toured: dict[Lang, Path], lang: Lang) -> None:
    for name, size in SIZES.items():
        with open_page(context, toured[lang], size) as watched:
            page = watched.page
            for tab in page.eval_on_selector_all("[role=tab]", "tabs => tabs.map(tab => tab.id)"):
                page.click(f"#{tab}")
                check_width(page, size, (name, tab))
            page.click("#tab-plan")
            steps = int(page.get_attribute(".stepper input[type=range]", "max"))
            assert steps > 1
            for step in range(steps + 1):
                page.locator(".stepper input[type=range]").fill(str(step))
                check_labels(page, (name, step))
            page.click("#tab-communities")
            for code in page.eval_on_selector_all("tr[data-code]", "rows => rows.map(row => row.dataset.code)"):
                page.locator(f"tr[data-code={code}] button").dispatch_event("click")  # a sheet may lie over it
                page.wait_for_selector("#place")
                panel = page.locator("#place").bounding_box()
                assert panel["x"] >= 0
                assert panel["x"] + panel["width"] <= size["width"] + 1
                check_labels(page, (name, code))


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", SIZES)
def test_the_page_looks_as_it_did(context: Any, toured: dict[Lang, Path], lang: Lang, name: str) -> None:
    """How to renew the pictures stands in CONTRIBUTING.md."""
    with open_page(context, toured[lang], SIZES[name]) as watched:
        watched.page.wait_for_selector("html[data-land=true]", state="attached")
        check_look(f"{name}-{lang}", watched.page.screenshot())


def test_a_look_forgives_a_shift_of_a_pixel_and_no_missing_map() -> None:
    picture = Image.open(LOOKS / "laptop-zh.png").convert("RGB")
    shifted = Image.new("RGB", picture.size, "white")
    shifted.paste(picture, (1, 0))
    shifted.paste(picture.crop((0, 0, 1, picture.height)), (0, 0))
    body = io.BytesIO()
    shifted.resize((picture.width * 4, picture.height * 4), Image.Resampling.NEAREST).save(body, "PNG")
    check_look("laptop-zh", body.getvalue())
    without = picture.copy()
    ImageDraw.Draw(without).rectangle((0, 30, picture.width // 2, picture.height), fill="white")
    mean, share = apart(picture, without)
    assert max(mean / 7.0, share / 0.06) > 1
