"""The map page: what stands in the file, and what it does in a browser without a network."""

import dataclasses
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import geopandas as gpd
import numpy as np
import pytest
import shapely
from axe_playwright_python.sync_playwright import Axe
from tools.browser import LAPTOP, PHONE, PROJECTOR, chromium, grave, open_page, pdf_pages
from tools.colour import contrast
from tools.packed import point_lists, polygon_rings
from tools.page_types import declared_keys
from worlds.publish_results import (
    CODES,
    CRS,
    IMAGE_NAME,
    LINE_NAME,
    SCRIPT_NAME,
    cell,
    sample_results,
    short_results,
    without_isochrones,
)

from cfgeo import Results
from cfgeo.core.strings import LANGUAGES, Lang, section, text
from cfgeo.publish import publish
from cfgeo.publish.geometry import UNITS_PER_DEGREE, Projector, simplified_coverage
from cfgeo.publish.page import run as page_module
from cfgeo.publish.page.data import embedded_json, page_data
from cfgeo.publish.page.leaflet import leaflet_script, leaflet_style
from cfgeo.publish.page.links import page_links
from cfgeo.publish.page.plan import STEP_TEXTS
from cfgeo.publish.page.run import page_html, write_page
from cfgeo.publish.words.clauses.matrix import matrix, matrix_words
from cfgeo.publish.words.numbers import BEYOND_SEARCH, amount, minutes, number, percent, target_percent

MOST_BYTES = 3_000_000
RESULTS = sample_results()


class Tags(HTMLParser):
    """All tags of a page with their attributes, and all text outside scripts and styles."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.found[-1][0] not in ("script", "style") if self.found else False:
            self.words.append(data)


def embedded(body: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="cfgeo-data">(.*?)</script>', body, re.S)
    assert found is not None
    data: dict[str, Any] = json.loads(found.group(1))
    return data


# What stands in the file


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_same_results_give_the_same_bytes(lang: Lang, tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        write_page(sample_results(), tmp_path / name, lang=lang)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_loaded_from_a_network(lang: Lang) -> None:
    body = page_html(RESULTS, lang=lang)
    for tag, attributes in Tags(body).found:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            address = attributes.get(name)
            assert address is None or address.startswith(("data:", "#")), (tag, address)
    assert not re.search(r"url\(\s*['\"]?(?!data:|#)", body.split("<body>")[0])
    assert "@import" not in body
    assert "sourceMappingURL" not in body
    assert "default-src 'none'" in body


def test_every_text_exists_in_both_languages() -> None:
    for key, sentences in section("page").items():
        assert sorted(sentences) == sorted(LANGUAGES), key
        values = [set(re.findall(r"\{(\w+)\}", sentence)) for sentence in sentences.values()]
        assert values[0] == values[1], key
    assets = Path(page_module.__file__).parent / "assets"
    asked = {
        key
        for path in (*(assets / "run").glob("*.js"), assets / "run" / "page.html")
        for key in re.findall(r"""\bsay\(['"](\w+)['"][,)]""", path.read_text(encoding="utf-8"))
    }
    assert asked
    assert asked <= set(section("page")) | set(section("run_plan")) | {f"step_{key}" for key in STEP_TEXTS}
    assert set(STEP_TEXTS) <= set(section("steps"))


def test_english_page_has_no_chinese_sentence() -> None:
    words = " ".join(Tags(page_html(RESULTS, lang="en")).words)
    for name in ("达标", "未评定", "计算", "街道界线"):
        assert name not in words.replace("东街道", "")


def test_headline_says_what_was_found() -> None:
    words = re.sub(r"\s+", " ", " ".join(Tags(page_html(RESULTS, lang="zh")).words))
    for sentence in ("2 / 5", "40.0%", "距 70% 目标", "还差 2 个社区", "4 条中的 3 条", "未评定：社区内有儿童之家"):
        assert sentence in words
    english = re.sub(r"\s+", " ", " ".join(Tags(page_html(RESULTS, lang="en")).words))
    for sentence in ("2 of 5", "40.0 %", "2 more needed", "3 of 4 clauses", "Approximate data: for trial only"):
        assert sentence in english


def test_method_names_speeds_assumptions_and_dates() -> None:
    words = " ".join(Tags(page_html(RESULTS, lang="en")).words)
    for sentence in ("1.23", "does not", "80 % is taken", "2026-04-24", "ODbL 1.0", "a <study>", "Leaflet 1.9.4"):
        assert sentence in words


@pytest.mark.parametrize("name", [SCRIPT_NAME, IMAGE_NAME, LINE_NAME, "</script>", "<!--", "{{ 7 * 7 }}", "{% x %}"])
def test_hostile_names_are_text(name: str) -> None:
    communities = RESULTS.communities.assign(community=name, street_office=name)
    facilities = RESULTS.facilities.assign(name=name, kind=name)
    body = page_html(dataclasses.replace(RESULTS, communities=communities, facilities=facilities), lang="zh")
    assert embedded(body)["communities"][0]["name"] == name
    assert embedded(body)["facilities"][0]["name"] == name
    tags = Tags(body).found
    assert sum(tag == "script" for tag, _ in tags) == 3
    assert not [tag for tag, _ in tags if tag in ("img", "iframe", "object")]
    assert not [key for _, attributes in tags for key in attributes if key.startswith("on")]


def test_embedded_json_escapes_what_could_end_the_script() -> None:
    words = {"name": "</script>&\u2028\u2029<!--"}
    body = embedded_json(words)
    assert not set("<>&\u2028\u2029") & set(body)
    assert json.loads(body) == words


def test_the_scripts_are_told_what_the_data_holds() -> None:
    data = page_data(RESULTS, lang="zh")
    assert set(data) | {"colours", "links", "plan", "story"} == declared_keys("RunData")
    assert set(data["clauses"][0]) == declared_keys("Clause")
    assert set(data["communities"][0]) == declared_keys("RunCommunity")
    assert set(data["coverage"]["T-school"]) | {"value", "said", "asked"} == declared_keys("Coverage")
    assert set(data["offices"][0]) == declared_keys("Office")
    assert set().union(*data["facilities"]) <= declared_keys("Facility")
    assert set(data["isochrones"][0]) == declared_keys("Isochrone")
    assert set(data["streets"]) == declared_keys("Streets")
    assert set(data["walks"]) == declared_keys("Walks")


def test_numbers_are_those_of_the_tables() -> None:
    coverage = page_data(RESULTS, lang="zh")["coverage"]["T-school"]
    assert coverage["share"] == [0.95, 0.41238, 0.7962, None, 0]
    assert coverage["median_minutes"] == [6, 17.3, 14.9, None, BEYOND_SEARCH]
    assert coverage["verdict"] == ["passed", "failed", "failed", "not_assessed", "failed"]
    found = embedded(page_html(RESULTS, lang="zh"))["communities"]
    assert [community["code"] for community in found] == list(CODES)
    assert found[1]["failed"] == ["T-school", "T-park"]


def test_open_clauses_say_why() -> None:
    clauses = {clause["id"]: clause for clause in page_data(RESULTS, lang="zh")["clauses"]}
    assert clauses["T-home"]["open"] == "open_layer"
    assert clauses["T-school"]["open"] == ""
    assert "未评定：研究区没有声明图层“儿童之家”" in page_html(RESULTS, lang="zh")


def test_numbers_in_words() -> None:
    assert [percent(s, "zh") for s in (0.0625, 0.65823, 1, 0, float("nan"))] == ["6.3%", "65.8%", "100.0%", "0.0%", "–"]
    assert percent(0.5, "en") == "50.0 %"
    assert (target_percent(0.7, "zh"), target_percent(0.875, "en")) == ("70%", "87.5 %")
    assert [amount(v, "en") for v in (1234567, 2.25, None, np.inf)] == ["1,234,567", "2.2", "–", "–"]
    assert [minutes(v) for v in (6.04, np.inf, np.nan)] == [6, BEYOND_SEARCH, None]
    assert number(np.nan, 1) is None


def test_neighbours_keep_one_border() -> None:
    rng = np.random.default_rng(1)
    middle = np.column_stack([np.full(60, 400.0) + rng.normal(0, 2, 60), np.linspace(0, 400, 60)])
    left = shapely.Polygon([(0, 0), *middle, (0, 400)])
    right = shapely.Polygon([(800, 0), *middle, (800, 400)])
    simpler = simplified_coverage(gpd.GeoDataFrame(geometry=[left, right], crs=CRS))
    assert shapely.get_num_coordinates(simpler).sum() < shapely.get_num_coordinates([left, right]).sum()
    assert shapely.coverage_is_valid(simpler)


def test_repaired_and_overlapping_communities_are_all_drawn() -> None:
    mended = shapely.GeometryCollection([cell(0, 0), shapely.LineString([(0, 0), (5, 5)])])
    shapes = [mended, cell(0, 0), cell(1, 0).buffer(30), shapely.MultiPolygon([cell(3, 0), cell(5, 0)])]
    simpler = simplified_coverage(gpd.GeoDataFrame(geometry=shapes, crs=CRS))
    assert all(Projector(CRS).polygons(shape) for shape in simpler)


def test_positions_on_the_page_are_right_within_a_metre() -> None:
    shape = cell(0, 0)
    ((units,),) = polygon_rings(Projector(CRS).polygons(shape))
    back = gpd.GeoSeries(shapely.points(units / UNITS_PER_DEGREE), crs="EPSG:4326").to_crs(CRS)
    assert back.distance(shape.exterior).max() < 1


def test_a_shape_keeps_its_holes_and_parts_and_loses_what_is_too_small() -> None:
    x, y = 600_000.0, 3_270_000.0
    with_hole = shapely.box(x, y, x + 100, y + 100).difference(shapely.box(x + 40, y + 40, x + 60, y + 60))
    pinhole = shapely.box(x + 200, y, x + 300, y + 100).difference(shapely.box(x + 250, y + 50, x + 250.2, y + 50.2))
    speck = shapely.box(x + 400, y, x + 400.1, y + 0.1)
    shape = polygon_rings(Projector(CRS).polygons(shapely.MultiPolygon([with_hole, pinhole, speck])))
    assert [len(rings) for rings in shape] == [2, 1]
    assert Projector(CRS).polygons(shapely.MultiPolygon()) == ""


def test_simplified_rings_keep_their_corners_and_never_vanish() -> None:
    x, y = 600_000.0, 3_270_000.0
    dense = shapely.box(x, y, x + 100, y + 100).segmentize(1.0)
    assert Projector(CRS).polygons(dense, tolerance_m=4.0) == Projector(CRS).polygons(dense.simplify(4.0))
    narrow = shapely.box(x, y, x + 300, y + 3)  # a bridge, drawn no wider than this
    assert Projector(CRS).polygons(narrow.segmentize(5.0), tolerance_m=4.0) != ""


def test_lines_lose_repeated_points_and_those_without_length_vanish() -> None:
    x, y = 600_000.0, 3_270_000.0
    moving = shapely.LineString([(x, y), (x, y), (x + 50, y), (x + 50.1, y), (x + 100, y)])
    standing = shapely.LineString([(x, y), (x + 0.01, y)])
    lines = point_lists(Projector(CRS).lines(np.array([moving, standing])))
    assert [len(line) for line in lines] == [3]


def test_leaflet_comes_from_the_package() -> None:
    assert "1.9.4" in leaflet_script()[:200]
    assert "url(data:image/png;base64," in leaflet_style()


def test_the_page_of_a_run_without_places_works() -> None:
    data = embedded(page_html(without_isochrones(RESULTS), lang="zh"))
    assert data["facilities"] == data["isochrones"] == []


def test_the_page_is_small() -> None:
    assert len(page_html(RESULTS, lang="zh").encode()) < MOST_BYTES


# What it does


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    found = {lang: folder / f"{lang}.html" for lang in LANGUAGES}
    for lang in LANGUAGES:
        write_page(RESULTS, found[lang], lang=lang)
    found["bare"] = folder / "bare.html"
    write_page(without_isochrones(RESULTS), found["bare"], lang="zh")
    return found


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with chromium(tmp_path_factory.mktemp("profile")) as context:
        yield context


def rows(page: Any) -> list[str]:
    """Return the codes of the rows shown, from the top."""
    codes: list[str] = page.eval_on_selector_all(
        "#community-table tbody tr:not([hidden])", "rows => rows.map(row => row.dataset.code)"
    )
    return codes


@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, LAPTOP, PROJECTOR])
@pytest.mark.parametrize("name", ["zh", "en", "bare"])
def test_the_page_opens_without_an_error(browser: Any, pages: dict[str, Path], name: str, size: dict[str, int]) -> None:
    with open_page(browser, pages[name], size) as watched:
        assert watched.page.locator("path.community").count() == len(CODES)
        assert len(rows(watched.page)) == len(CODES)
        across = watched.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert across <= 0, "the page must not scroll sideways"


@pytest.mark.browser
def test_table_sorts_and_filters(browser: Any, pages: dict[str, Path]) -> None:
    with open_page(browser, pages["zh"]) as watched:
        page = watched.page
        page.click('th[data-key="children"] button')
        assert rows(page) == ["B02", "C01", "B01", "A02", "A01"]
        page.click('th[data-key="children"] button')
        assert rows(page) == ["A01", "A02", "B01", "C01", "B02"]
        assert page.get_attribute('th[data-key="children"]', "aria-sort") == "descending"
        page.select_option("#view", "T-school")
        page.click('th[data-key="clause-T-school"] button')
        assert rows(page) == ["C01", "A02", "B01", "A01", "B02"], "what is missing comes last"
        page.fill("#search", "丙")
        assert rows(page) == ["B01"]
        assert page.inner_text("#count") == "显示 1 / 5 个社区"
        page.fill("#search", "")
        page.select_option("#office", "东街道")
        assert sorted(rows(page)) == ["A01", "A02"]
        page.select_option("#verdict", "failed")
        assert rows(page) == ["A02"]
        page.click("#filters button[type=reset]")
        assert len(rows(page)) == len(CODES)
        page.select_option("#verdict", "marginal")
        assert rows(page) == ["B01"]


@pytest.mark.browser
def test_row_opens_its_panel_and_map_shows_its_row(browser: Any, pages: dict[str, Path]) -> None:
    with open_page(browser, pages["zh"]) as watched:
        page = watched.page
        page.click('tr[data-code="A02"] button')
        words = page.inner_text("#place")
        for part in ("乙社区", "A02", "41.2%", "80%", "17.3 分钟", "还差 38.8 个百分点", "约 47 名儿童走不到"):
            assert part in words
        assert "没有声明图层“儿童之家”" in words
        assert page.locator(".place-few").count() == 0
        few = "住处太少：只有 4 个需求点，一处住所就能改变评定，结果不可靠"
        page.keyboard.press("Escape")
        page.click('tr[data-code="B01"] button')
        page.wait_for_selector('#place:has-text("丙社区")')
        assert page.inner_text(".place-few") == few
        assert page.inner_text('tr[data-code="B01"] .few') == "住处太少"
        assert page.get_attribute('tr[data-code="B01"] .few', "title") == few
        assert page.locator(".few").count() == 1
        page.keyboard.press("Escape")
        page.click('tr[data-code="B02"] button')
        page.wait_for_selector('#place:has-text("丁社区")')
        assert "数据中本社区没有住房或居住点" in page.inner_text("#place")
        page.keyboard.press("Escape")
        page.click('tr[data-code="C01"] button')
        page.wait_for_selector('#place:has-text("C01")')
        assert ">60 分钟" in page.inner_text("#place")
        page.click("#whole")
        page.keyboard.press("Escape")
        box = page.locator('path.community[data-code="A01"]').bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
        page.wait_for_selector('#place:has-text("甲社区")')
        assert page.get_attribute('tr[data-code="A01"]', "aria-current") == "true"


BOXES = """code => {
    const box = (what) => {
        const { left, right, top, bottom } = document.querySelector(what).getBoundingClientRect();
        return { left, right, top, bottom };
    };
    const path = document.querySelector(`path.community[data-code="${code}"]`);
    return { width: path.getBBox().width, community: box(`path.community[data-code="${code}"]`),
        map: box('.leaflet-container'), place: box('#place') };
}"""


@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, LAPTOP, PROJECTOR])
@pytest.mark.parametrize("by", ["map", "table"])
def test_the_panel_of_a_community_covers_neither_it_nor_its_neighbours(
    browser: Any, pages: dict[str, Path], size: dict[str, int], by: str
) -> None:
    with open_page(browser, pages["zh"], size) as watched:
        page = watched.page
        for code in CODES:
            page.keyboard.press("Escape")
            if by == "table":
                page.click(f'tr[data-code="{code}"] button')
            else:
                page.click("#whole")
                page.locator("#view").scroll_into_view_if_needed()
            before = page.evaluate(BOXES, code)
            if by == "map":
                page.click(f'path.community[data-code="{code}"]')
            page.wait_for_selector("#place")
            page.wait_for_selector(".leaflet-pan-anim", state="detached")
            after = page.evaluate(BOXES, code)
            community, room, place = after["community"], after["map"], after["place"]
            if size == PHONE:
                assert community["bottom"] <= place["top"] + 4, code
                assert place["top"] - room["top"] > 80, code
            else:
                assert place["left"] >= room["right"], code
                assert room["bottom"] - room["top"] > 300, code
            assert community["top"] >= room["top"] - 4, code
            assert page.locator("path.chosen").count() == 1, "one outline"
            if by == "map":
                assert after["width"] == pytest.approx(before["width"], abs=0.01), "a click must not zoom"
            if by == "map" and size != PHONE:
                assert after["community"] == before["community"], "the map keeps its place"


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_phone_shows_the_map_on_its_first_screen(browser: Any, pages: dict[str, Path], lang: Lang) -> None:
    with open_page(browser, pages[lang], PHONE) as watched:
        page = watched.page
        top = page.locator(".map-area").bounding_box()["y"]
        assert top < 260
        assert page.locator(".map-area").bounding_box()["height"] > 280
        page.click("#figures-switch")
        assert page.is_visible(".card-basis")
        assert page.locator(".map-area").bounding_box()["y"] > top


SMALL = """() => [...document.querySelectorAll('button, select, input, summary, a[href], .cell')]
    .filter((one) => one.offsetParent && !one.closest('.skip'))
    .map((one) => one.matches('input[type=checkbox]') && one.closest('label') ? one.closest('label') : one)
    .filter((one) => Math.min(one.offsetWidth, one.offsetHeight) < 44)
    .map((one) => `${one.offsetWidth} × ${one.offsetHeight}: ${one.outerHTML.slice(0, 120)}`)"""


@pytest.mark.browser
def test_a_finger_hits_what_it_aims_at(browser: Any, pages: dict[str, Path]) -> None:
    with open_page(browser, pages["zh"], PHONE) as watched:
        page = watched.page
        page.select_option("#view", "T-school")
        for tab in page.eval_on_selector_all("[role=tab]", "tabs => tabs.map(tab => tab.id)"):
            page.click(f"#{tab}")
            assert page.evaluate(SMALL) == [], tab
        page.click("#tab-communities")
        page.click('tr[data-code="A01"] button')
        assert page.evaluate(SMALL) == [], "with a place"


CONTRASTS = """() => [...document.querySelectorAll('.map-area *, .map-status')].filter((one) => {
  const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  return own && one.getClientRects().length;
}).map((one) => {
  const colours = (text) => [...text.matchAll(/rgba?\\(([^)]+)\\)/g)].map(([, parts]) => parts.split(',').map(Number));
  let ground = null;
  for (let at = one; at && !ground; at = at.parentElement) {
    const { backgroundColor, textShadow } = getComputedStyle(at);
    const halo = textShadow === 'none' ? [] : colours(textShadow);
    const [own] = colours(backgroundColor);
    ground = own && (own[3] ?? 1) > 0.8 ? own : halo.length > 7 ? halo[0] : null;
  }
  return [one.textContent, colours(getComputedStyle(one).color)[0], ground];
})"""


@pytest.mark.browser
def test_text_on_the_map_stands_out(browser: Any, pages: dict[str, Path]) -> None:
    with open_page(browser, pages["en"]) as watched:
        page = watched.page
        page.click("#tab-layers")
        for box in page.locator("#layers input[type=checkbox]").all():
            box.check()
        found = page.evaluate(CONTRASTS)
        assert len(found) > 10
        for words, colour, ground in found:
            assert contrast(tuple(colour[:3]), tuple(ground[:3])) >= 4.5, words


@pytest.mark.browser
def test_the_map_is_one_stop_for_keys_and_arrows_go_from_community_to_community(
    browser: Any, pages: dict[str, Path]
) -> None:
    with open_page(browser, pages["zh"]) as watched:
        page = watched.page
        page.select_option("#view", "T-school")
        stops = page.eval_on_selector_all(
            ".map-area, .map-area *", "all => all.filter(one => one.tabIndex >= 0).map(one => one.className)"
        )
        assert len(stops) == 1, stops
        inside = "document.activeElement.closest('.leaflet-container') !== null"
        page.focus(".leaflet-container")
        page.keyboard.press("Tab")
        assert not page.evaluate(inside), "one press leaves the map"
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("document.activeElement.classList.contains('leaflet-container')")
        page.focus(".map-area")
        page.keyboard.press("ArrowUp")
        for key, name in (("ArrowDown", ""), ("ArrowLeft", ""), ("ArrowLeft", "甲社区"), ("ArrowRight", "乙社区")):
            page.keyboard.press(key)
            assert page.locator("path.cursor").count() == 1
            assert name in page.inner_text("#announcer")
        page.keyboard.press("ArrowUp")
        assert "丁社区" in page.inner_text("#announcer"), "B02 stands above A02"
        page.keyboard.press("Enter")
        assert page.inner_text("#place-title") == "丁社区"
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.className").startswith("map-area")
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("+")


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_matrix_is_linked_to_the_map(browser: Any, pages: dict[str, Path], lang: Lang) -> None:
    expected = matrix(RESULTS)
    with open_page(browser, pages[lang]) as watched:
        page = watched.page
        page.click("#tab-matrix")
        cells = page.eval_on_selector_all(
            ".cell", "cells => cells.map(({ dataset, textContent }) => [dataset.clause, dataset.code, textContent])"
        )
        signs = {"passed": "✓", "failed": "✗", "not_assessed": "–"}
        table = expected.verdicts
        assert cells == [
            [clause, code, signs[table.loc[clause, code]]] for clause in table.index for code in table.columns
        ]
        page.hover('.cell[data-clause="T-school"][data-code="A02"]')
        assert matrix_words(RESULTS, lang).loc["T-school", "A02"] in page.inner_text("#matrix-about")
        page.click('.cell[data-clause="T-park"][data-code="A02"]')
        assert page.input_value("#view") == "T-park"
        assert page.locator("path.chosen").count() == 1
        assert page.is_hidden("#place")
        page.keyboard.press("Escape")
        page.focus('.cell[tabindex="0"]')
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert page.input_value("#view") == "T-school"
        page.click('.matrix-name button[data-code="B01"]')
        assert page.inner_text("#place-title") == "丙社区"


STATE = """() => ({
    fills: [...document.querySelectorAll('path.community')].map((path) => path.dataset.fill),
    boxes: [...document.querySelectorAll('input[type=checkbox]')].map((box) => box.checked && box.name),
    view: document.querySelector('#view').value,
    rows: document.querySelectorAll('tbody tr[data-code]:not([hidden])').length,
    chips: document.querySelectorAll('.chip').length, place: document.querySelector('#place').hidden,
    marks: document.querySelectorAll('.facility, .reach, .chosen, .walkway, .crossing, .steps, .short-place').length,
    places: [...document.querySelectorAll('path.community')].map((path) => Math.round(path.getBoundingClientRect().x)),
})"""


def settled(page: Any) -> dict[str, Any]:
    """Return the state of the page once its map has been fitted to its box, a frame after the box has another size."""
    last = None
    while last != (now := page.evaluate(STATE)):
        last = now
        page.wait_for_timeout(200)
    return dict(now)


@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, LAPTOP])
def test_a_tour_of_the_page_ends_where_it_began(browser: Any, tmp_path: Path, size: dict[str, int]) -> None:
    write_page(short_results(), tmp_path / "index.html", lang="zh")
    with open_page(browser, tmp_path / "index.html", size) as watched:
        page = watched.page
        page.click("#whole")
        page.wait_for_selector("html[data-land=true]", state="attached")
        start = settled(page)
        assert start["chips"] == 0
        views = page.eval_on_selector_all("#view option", "options => options.map(option => option.value)")
        for view in views[::-1]:
            page.select_option("#view", view)
            assert page.locator(".chip").count() == (view != "verdict"), view
        page.click("#tab-layers")
        for box in page.locator("#layers input[type=checkbox]").all():
            box.check()
        page.click("#tab-clauses")
        for short in page.locator("#clauses summary").all():
            short.click()
        page.click("#tab-communities")
        page.fill("#search", "社区")
        page.select_option("#office", "东街道")
        page.select_option("#verdict", "failed")
        page.select_option("#view", "minutes:T-school")
        chips = page.locator(".chip").count()
        assert chips > 10
        page.locator(".chip", has_text="东街道").click()
        assert page.locator(".chip").count() == chips - 1
        assert page.input_value("#office") == ""
        page.click('tr[data-code="A02"] button')
        page.locator("#view").scroll_into_view_if_needed()
        page.click("#whole")
        assert settled(page) == start
        page.click("#tab-layers")
        for nth, switch in enumerate(("layer-schools", "line-steps", "reach-0")):
            page.check(f'input[name="{switch}"]')
            assert page.locator(".chip").count() == 1, nth
            page.click(".chip")
            assert page.locator(".chip").count() == 0, nth
            assert not page.is_checked(f'input[name="{switch}"]')
        page.select_option("#view", "terrain")
        assert page.is_checked('input[name="line-steps"]'), "the view brings its own"
        page.select_option("#view", "T-school")
        assert not page.is_checked('input[name="line-steps"]')


@pytest.mark.browser
def test_a_sheet_on_a_phone_is_dragged_and_closed(browser: Any, pages: dict[str, Path]) -> None:
    with open_page(browser, pages["en"], PHONE) as watched:
        page = watched.page

        def drag(to: float) -> None:
            box = page.locator("#place-title").bounding_box()
            page.mouse.move(box["x"] + 40, box["y"] + 8)
            page.mouse.down()
            page.mouse.move(box["x"] + 40, to, steps=4)
            page.mouse.up()

        page.click('tr[data-code="A02"] button')
        assert page.locator("#place").bounding_box()["height"] == pytest.approx(0.52 * PHONE["height"], abs=2)
        drag(60)
        assert page.locator("#place").bounding_box()["height"] == pytest.approx(0.9 * PHONE["height"], abs=2)
        page.focus("#place-grip")
        page.keyboard.press("Enter")
        assert page.locator("#place").bounding_box()["height"] == pytest.approx(0.52 * PHONE["height"], abs=2)
        drag(PHONE["height"] - 5)
        assert page.is_hidden("#place")
        assert page.locator("path.chosen").count() == 0
        page.click('tr[data-code="A02"] button')
        page.click("#place-close")
        assert page.is_hidden("#place")


@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, LAPTOP])
def test_the_panel_goes_row_by_row(browser: Any, pages: dict[str, Path], size: dict[str, int]) -> None:
    with open_page(browser, pages["en"], size) as watched:
        page = watched.page
        order = rows(page)
        page.click(f'tr[data-code="{order[0]}"] button')
        page.click("#place-previous")
        for code in order:
            assert f"· {code}" in page.inner_text("#place")
            assert page.locator('tr[aria-current="true"]').get_attribute("data-code") == code
            page.click("#place-next")
        assert f"· {order[-1]}" in page.inner_text("#place"), "after the last there is none"
        assert grave(Axe().run(page)) == []


@pytest.mark.browser
def test_a_hidden_panel_comes_back_for_a_place_and_goes_with_it(browser: Any, pages: dict[str, Path]) -> None:
    with open_page(browser, pages["zh"]) as watched:
        page = watched.page
        page.click("#panel-switch")
        page.click('path.community[data-code="A02"]')
        assert page.is_visible("#place")
        page.keyboard.press("Escape")
        assert page.is_hidden("#panel")


@pytest.mark.browser
def test_keyboard_alone_reaches_everything(browser: Any, pages: dict[str, Path]) -> None:
    with open_page(browser, pages["zh"]) as watched:
        page = watched.page
        page.focus('tr[data-code="A02"] button')
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "place"
        page.keyboard.press("Escape")
        assert page.is_hidden("#place")
        assert page.evaluate("document.activeElement.closest('tr').dataset.code") == "A02"
        page.focus("#tab-communities")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.id") == "tab-matrix"
        assert page.is_visible("#matrix")
        unnamed = page.eval_on_selector_all(
            "button, input, select",
            "all => all.filter(x => !(x.innerText || x.ariaLabel || x.labels?.length)).map(x => x.outerHTML)",
        )
        assert unnamed == []


@pytest.mark.browser
def test_switches_change_what_is_drawn(browser: Any, pages: dict[str, Path]) -> None:
    with open_page(browser, pages["zh"]) as watched:
        page = watched.page
        page.click("#tab-layers")
        drawn = {
            "line-streets": "path.street",
            "line-steps": "path.steps",
            "line-lifts": ".lift",
            "line-offices": "path.office",
            "line-labels": ".label",
            "reach-0": "path.reach-5",
            "reach-2": "path.reach-15",
            "layer-schools": ".facility",
        }
        for name, what in drawn.items():
            switch = page.locator(f'input[name="{name}"]')
            before = switch.is_checked()
            assert (page.locator(what).count() > 0) == before, name
            switch.click()
            assert (page.locator(what).count() > 0) != before, name
        assert page.locator(".facility").count() == 2
        page.uncheck('input[name="kind-schools|junior"]')
        assert page.locator(".facility").count() == 1
        page.uncheck('input[name="kind-schools|primary"]')
        fills = "paths => Object.fromEntries(paths.map(path => [path.dataset.code, path.dataset.fill]).sort())"
        verdicts = page.eval_on_selector_all("path.community", fills)
        assert list(verdicts.values()) == ["passed", "failed-high", "failed-high", "passed", "failed-high"]
        page.select_option("#view", "T-school")
        assert page.locator(".facility").count() == 1, "a clause shows its own places"
        school = page.eval_on_selector_all("path.community", fills)
        assert list(school.values()) == ["passed-high", "failed-high", "failed-high", "not_assessed", "failed-low"]


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_prints_on_one_sheet(browser: Any, pages: dict[str, Path], lang: Lang) -> None:
    with open_page(browser, pages[lang]) as watched:
        page = watched.page
        for paper in ({}, {"prefer_css_page_size": True}, {"format": "A4", "landscape": True}, {"format": "A3"}):
            assert pdf_pages(page.pdf(**paper)) == 1, paper
        assert page.locator("html.printing").count() == 0
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.is_visible(".head .status")
        assert page.is_visible(".sheet-notes")
        assert page.is_hidden("#panel")
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.is_visible("#panel")


@pytest.mark.browser
def test_hostile_names_do_not_run(browser: Any, pages: dict[str, Path]) -> None:
    with open_page(browser, pages["zh"]) as watched:
        page = watched.page
        page.click("#tab-layers")
        for name in ("layer-schools", "layer-parks"):
            page.check(f'input[name="{name}"]')
        shown = []
        for place in page.locator(".facility").all():
            place.dispatch_event("click")
            shown.append(page.locator("#place-title").text_content())
        assert {SCRIPT_NAME, IMAGE_NAME, LINE_NAME} <= set(shown)
        page.keyboard.press("Escape")
        page.click("#tab-communities")
        page.click('tr[data-code="C01"] button')
        page.wait_for_selector('#place:has-text("C01")')
        assert page.text_content("#place-title") == SCRIPT_NAME
        page.locator('path.community[data-code="C01"]').hover(force=True)
        assert page.evaluate("window.hacked") is None
        assert page.locator("img").count() == 0


@pytest.mark.browser
def test_the_map_fills_the_screen_and_the_panel_can_be_hidden(browser: Any, pages: dict[str, Path]) -> None:
    with open_page(browser, pages["en"]) as watched:
        page = watched.page
        before = page.locator(".map").bounding_box()["width"]
        page.click("#panel-switch")
        assert page.locator(".map").bounding_box()["width"] > before
        assert page.inner_text("#panel-switch") == "Show panel"
        page.click("#full-screen")
        page.wait_for_selector('#full-screen[aria-pressed="true"]')
        assert page.evaluate("document.fullscreenElement !== null")


@pytest.mark.browser
def test_street_office_table_filters(browser: Any, pages: dict[str, Path]) -> None:
    with open_page(browser, pages["zh"]) as watched:
        page = watched.page
        page.click("#tab-offices")
        page.click('#office-table button:has-text("西街道")')
        assert sorted(rows(page)) == ["B01", "B02"]
        assert page.input_value("#office") == "西街道"
        assert page.is_visible("#community-table")


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_axe_finds_no_serious_violation(browser: Any, pages: dict[str, Path], lang: Lang) -> None:
    axe = Axe()
    with open_page(browser, pages[lang]) as watched:
        page = watched.page
        tabs = page.eval_on_selector_all("[role=tab]", "tabs => tabs.map(tab => tab.id)")
        for tab in tabs:
            page.click(f"#{tab}")
            assert grave(axe.run(page)) == [], tab
        page.click("#tab-communities")
        page.click('tr[data-code="A02"] button')
        page.wait_for_selector("#place")
        assert grave(axe.run(page)) == [], "with a place"


FILLS = "paths => Object.fromEntries(paths.map(path => [path.dataset.code, path.dataset.fill]).sort())"


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_map_shows_terrain_and_minutes(browser: Any, pages: dict[str, Path], lang: Lang) -> None:
    results = sample_results()
    with open_page(browser, pages[lang]) as watched:
        page = watched.page
        page.select_option("#view", "terrain")
        steps = (0.5, 0.6, 0.7, 0.8)
        expected = {
            code: "ratio-none" if np.isnan(ratio) else f"ratio-{sum(ratio >= step for step in steps)}"
            for code, ratio in results.communities["level_ratio"].items()
        }
        assert page.eval_on_selector_all("path.community", FILLS) == expected
        assert len(set(expected.values())) > 2
        page.select_option("#view", "minutes:T-school")
        # 6.0, 17.3 and 14.9 of 15 minutes; nobody; beyond the search.
        minutes = {
            "A01": "minutes-1",
            "A02": "minutes-3",
            "B01": "minutes-2",
            "B02": "minutes-none",
            "C01": "minutes-5",
        }
        assert page.eval_on_selector_all("path.community", FILLS) == minutes
        assert "15" in page.inner_text("#legend")


@pytest.mark.browser
def test_what_the_walks_tell_leads_to_the_map(browser: Any, pages: dict[str, Path]) -> None:
    results = sample_results()
    with open_page(browser, pages["zh"]) as watched:
        page = watched.page
        for name, drawn in (("walkways", "path.walkway"), ("school", "path.school-street"), ("crossings", ".crossing")):
            assert page.locator(drawn).count() == 0
            page.click("#tab-layers")
            page.check(f'input[name="line-{name}"]')
            assert page.locator(drawn).count() > 0, name
        page.uncheck('input[name="line-walkways"]')
        page.click("#tab-walks")
        rows = page.locator("#walks table").first.locator("tbody tr")
        names = [f"{rank}. {name}" for rank, name in enumerate(results.walks.walkways.index, start=1)]
        assert rows.locator("button").all_text_contents() == names, "hostile names are text"
        rows.first.locator("button").click()
        page.wait_for_selector("path.walkway")
        assert page.evaluate("window.hacked") is None


@pytest.mark.browser
@pytest.mark.parametrize("basis", ["children", "floor_area"])
def test_tables_of_walks_say_once_what_their_numbers_count(browser: Any, tmp_path: Path, basis: str) -> None:
    results = sample_results()
    results = dataclasses.replace(results, parameters={**results.parameters, "demand_basis": basis})
    write_page(results, tmp_path / "index.html", lang="en")
    unit = text(f"page.unit_{basis}", "en").strip()
    number = "[0-9,]+" if basis == "children" else r"(<?[0-9.]+ %)"
    with open_page(browser, tmp_path / "index.html") as watched:
        page = watched.page
        page.click("#tab-walks")
        tables = page.locator("#walks table").all()
        assert len(tables) == 3, "walkways, crossings, streets"
        for table in tables:
            assert table.locator("thead").inner_text().count(unit) == 1
            assert unit not in table.locator("tbody").inner_text()
        lost = page.locator("#walks table").first.locator(".lost b").all_text_contents()
        walked = [cell for table in tables[1:] for cell in table.locator("tbody td").all_text_contents()]
        assert lost
        assert walked
        assert all(re.fullmatch(number, cell) for cell in [*lost, *walked])


@pytest.mark.browser
def test_the_panel_says_what_the_walk_is_spent_on(browser: Any, pages: dict[str, Path]) -> None:
    results = sample_results()
    with open_page(browser, pages["en"]) as watched:
        page = watched.page
        page.click('tr[data-code="A02"] button')
        page.wait_for_selector('#place:has-text("乙社区")')
        words = page.inner_text("#place .routes")
        row = results.walks.routes.set_index("code").loc["A02"]
        for part in ("stairs", "level"):
            assert f"{part} {number(row[f'{part}_minutes'], 1)} min" in words
        assert "17.3 min (back" in words
        shares = page.eval_on_selector_all(".parts span", "parts => parts.map(part => parseFloat(part.style.width))")
        assert sum(shares) == pytest.approx(100, abs=3), "the longest walk is as wide as the panel"


def with_tiles(**choices: str) -> str:
    results = sample_results()
    parameters = {**results.parameters, "map": {"tianditu_key": "", **choices}}
    return page_module.page_html(dataclasses.replace(results, parameters=parameters), lang="zh")


def test_no_host_is_named_unless_the_study_asks_for_tiles() -> None:
    for page in (page_module.page_html(sample_results(), lang="zh"), with_tiles(tiles="none")):
        assert "tile.openstreetmap.org" not in page
        assert "img-src data:;" in page
    osm, tianditu = with_tiles(tiles="osm"), with_tiles(tiles="tianditu", tianditu_key="ab12")
    assert "img-src data: https://tile.openstreetmap.org;" in osm
    assert "img-src data: https://*.tianditu.gov.cn;" in tianditu
    assert tianditu.count("tk=ab12") == 2


@pytest.mark.browser
def test_tiles_are_asked_for_only_when_they_are_switched_on(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "tiles.html"
    path.write_text(with_tiles(tiles="osm"), encoding="utf-8")
    page = browser.new_page()
    asked: list[str] = []
    page.route("http*://**", lambda route: (asked.append(route.request.url), route.abort()))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    assert asked == []
    page.click("#tab-layers")
    with page.expect_request("https://tile.openstreetmap.org/**"):
        page.check('input[name="line-tiles"]')
    page.close()


def test_the_page_leads_to_what_is_written_beside_it() -> None:
    bare = page_module.page_html(sample_results(), lang="zh")
    assert "reports/" not in bare
    assert "scorecard.xlsx" not in bare
    links = page_links(sample_results(), ("map", "tables", "reports"), lang="zh")
    assert [address for _, address in links["files"]][1:] == ["scorecard.xlsx", "communities.gpkg"]
    assert list(links["offices"]) == list(sample_results().street_offices.index)
    for address in links["offices"].values():
        assert re.fullmatch(r"reports/[\w.%()~-]+\.docx", address), "quoted"


@pytest.mark.browser
def test_links_lead_to_files_that_exist(browser: Any, town_results: Results, tmp_path: Path) -> None:
    publish(town_results, tmp_path / "报告 1", lang="zh")
    with open_page(browser, tmp_path / "报告 1" / "index.html") as watched:
        watched.page.click("#tab-offices")
        found = watched.page.eval_on_selector_all("#offices a", "links => links.map(link => link.href)")
    assert len(found) == 4 + len(town_results.street_offices)
    for address in found:
        assert Path(unquote(urlsplit(address).path)).is_file(), address
