"""The what-if page: before, after and what changes, in one file without a network."""

import dataclasses
from pathlib import Path

import pytest
from tools.browser import chromium, open_page
from tools.page_types import declared_keys
from worlds.scenarios import line, place

from cfgeo import FacilityChange, LinkChange, Scenario, WhatIf, load_study, whatif_study
from cfgeo.core.scenario import LINK_TAGS
from cfgeo.publish.page.whatif import whatif_data, whatif_html
from cfgeo.publish.words.whatif import near_words
from cfgeo.publish.writers import write_whatif


@pytest.fixture(scope="module")
def whatif(town_study: Path) -> WhatIf:
    changes = (
        FacilityChange("add", "schools", kind="primary", name="<b>Top</b>", shape=place(320, 305), id="P-1"),
        FacilityChange("enlarge", "parks", "Garden", shape=place(50, 290).buffer(0.0005), nth=2),
        LinkChange("add", "stairs", shape=line((50, 104), (50, 196)), tags=LINK_TAGS["stairs"], nth=3),
    )
    return whatif_study(load_study(town_study), Scenario("Up the hill", changes))


def test_the_page_holds_what_changes(whatif: WhatIf) -> None:
    data = whatif_data(whatif, lang="en")
    upper = next(community for community in data["communities"] if community["name"] == "Upper")
    assert (upper["before"], upper["after"], upper["change"]) == ("failed", "passed", "gained")
    assert ["Primary school", "33.3 % · 9.5′", "83.3 % · 0.5′", "12", "gained"] in upper["clauses"]
    assert [change["kind"] for change in data["changes"]] == ["point", "area", "line"]
    assert len(data["junctions"]) == 2


def test_each_clause_that_changes_has_its_values_in_every_community(whatif: WhatIf) -> None:
    data = whatif_data(whatif, lang="en")
    names = [community["name"] for community in data["communities"]]
    clauses = {clause["name"]: clause for clause in data["clauses"]}
    school, upper = clauses["Primary school"], names.index("Upper")
    assert school["reach"]
    assert (school["was"][upper], school["now"][upper]) == pytest.approx((1 / 3, 5 / 6), abs=1e-6)
    assert (school["before"][upper], school["after"][upper]) == ("failed", "passed")
    assert all(len(clause[key]) == len(names) for clause in data["clauses"] for key in ("was", "now", "before"))
    assert "Culture" not in clauses, "nothing of it changes"


def test_who_is_one_clause_and_little_short_is_named(whatif: WhatIf) -> None:
    lower = whatif.communities["community"] == "Lower East"
    failing = whatif.communities.assign(
        after=["failed" if here else "passed" for here in lower],
        missing=[("school",) if here else () for here in lower],
    )
    at = (whatif.coverage["code"] == "C02") & (whatif.coverage["clause"] == "school")
    near = whatif.coverage.assign(share_after=whatif.coverage["share_after"].mask(at, 0.74))
    words = near_words(dataclasses.replace(whatif, communities=failing, coverage=near), "en")
    assert words[1:] == ["Lower East: Primary school has 74.0 % of 80 %, 6 points short"]
    far = whatif.coverage.assign(share_after=whatif.coverage["share_after"].mask(at, 0.5))
    assert near_words(dataclasses.replace(whatif, communities=failing, coverage=far), "en") == []


def test_the_ground_is_gathered_for_a_map_alone(whatif: WhatIf, town_study: Path) -> None:
    assert whatif_data(whatif, lang="en")["land"] is None
    shown = whatif_study(load_study(town_study), whatif.scenario, ground=True)
    assert whatif_data(shown, lang="en")["land"] is not None


def test_the_scripts_are_told_what_the_data_holds(whatif: WhatIf) -> None:
    data = whatif_data(whatif, lang="en")
    assert set(data) | {"colours"} == declared_keys("WhatifData")
    assert set(data["communities"][0]) == declared_keys("WhatifCommunity")
    assert set(data["clauses"][0]) == declared_keys("ClauseChange")
    assert set(data["changes"][0]) == declared_keys("DrawnShape") | {"what", "mark"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_text_of_the_users_becomes_markup(whatif: WhatIf, lang: str) -> None:
    page = whatif_html(whatif, lang=lang)  # type: ignore[arg-type]
    assert "<b>Top" not in page
    assert "http:" not in page.replace("http://www.w3.org", "").split("cfgeo-data")[0]


@pytest.mark.browser
def test_the_map_shows_before_after_and_what_changes(whatif: WhatIf, tmp_path: Path) -> None:
    path = tmp_path / "whatif.html"
    write_whatif(whatif, path, lang="en")
    with chromium(tmp_path / "profile") as context, open_page(context, path) as watched:
        page = watched.page

        def fill() -> str:
            return str(page.locator("[data-code=C03]").get_attribute("data-fill"))

        assert fill() == "gained"
        page.click("#view-before")
        assert fill() == "failed"
        page.click("#view-after")
        assert fill() == "passed"
        assert page.locator("#view-after").get_attribute("aria-pressed") == "true"
        assert "passed (2)" in page.locator("#legend").inner_text()
        page.locator("[data-code=C03]").click(position={"x": 5, "y": 40}, force=True)
        assert "Upper (North)" in page.locator("#chosen").inner_text()
        assert "Primary school" in page.locator("#about").inner_text()
        assert "Gained (1): Upper" in page.locator("aside").inner_text()
        page.click("#view-change")
        page.select_option("#clause", label="Primary school")
        assert fill() == "more-many"
        assert "+50.0 ✓" in page.locator(".label", has_text="Upper").inner_text()
        assert "Gained (1): Upper" in page.locator("#clause-change").inner_text()
        beside = page.locator("aside").inner_text()
        for change in ("Top", "Garden", "stairs"):
            assert change in beside, "each change is named beside the map"
        assert page.locator("aside p.clause").count() >= 3
        assert page.locator(".north").is_visible()
        assert page.locator(".leaflet-control-scale-line").is_visible()
