"""A tour of the town's page: every view, tab, chip, panel and step on each screen, in both languages."""

import dataclasses
import io
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from tools.browser import chromium, open_page
from tools.looks import LOOKS, apart, check_look
from tools.tour import SIZES, tour_panels, tour_views

from cfgeo import Results, run_study
from cfgeo.core.plan import Plan
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.page.run import write_page


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


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_view_on_every_screen(context: Any, toured: dict[Lang, Path], lang: Lang) -> None:
    """Axe looks at each view once; what depends on the size is checked at each."""
    for name, size in SIZES.items():
        with open_page(context, toured[lang], size) as watched:
            tour_views(watched.page, name, axe=name == "laptop")


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_tab_panel_and_step_on_every_screen(context: Any, toured: dict[Lang, Path], lang: Lang) -> None:
    for name, size in SIZES.items():
        with open_page(context, toured[lang], size) as watched:
            assert watched.page.locator("#tab-plan").count() == 1
            tour_panels(watched.page, name)


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", SIZES)
def test_the_page_looks_as_it_did(context: Any, toured: dict[Lang, Path], lang: Lang, name: str) -> None:
    """How to renew the pictures stands in CONTRIBUTING.md."""
    with open_page(context, toured[lang], SIZES[name]) as watched:
        watched.page.wait_for_selector("html[data-land=true]", state="attached")
        check_look(f"{name}-{lang}", watched.page.screenshot())


@pytest.fixture(scope="module")
def real_pages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what gives the folder of a real study's page in each language; each study is run once."""

    @cache
    def folder_of(study: str) -> Path:
        is_default = study == "default"
        found = request.getfixturevalue("default_results" if is_default else f"{study}_study")
        results = found if is_default else run_study(found)
        folder = tmp_path_factory.mktemp(study)
        for lang in LANGUAGES:
            write_page(results, folder / f"{lang}.html", lang=lang)
        return folder

    return folder_of


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "study", ["default", *(pytest.param(name, marks=pytest.mark.shared) for name in ("yuzhong", "monaco"))]
)
def test_pages_of_real_studies_look_as_they_did(
    context: Any, real_pages: Callable[[str], Path], study: str, lang: Lang
) -> None:
    page = real_pages(study) / f"{lang}.html"
    for screen, size in SIZES.items():
        with open_page(context, page, size) as watched:
            watched.page.wait_for_selector("html[data-land=true]", state="attached")
            check_look(f"{study}-{screen}-{lang}", watched.page.screenshot())


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
