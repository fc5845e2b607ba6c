"""The what-if page: before, after and what changes, in one file without a network."""

from pathlib import Path

import pytest
from tools.browser import chromium, open_page
from tools.page_types import declared_keys
from worlds.scenarios import line, place

from cfgeo import FacilityChange, LinkChange, Scenario, WhatIf, load_study, whatif_study
from cfgeo.core.scenario import LINK_TAGS
from cfgeo.publish.page.whatif import whatif_data, whatif_html
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


def test_the_scripts_are_told_what_the_data_holds(whatif: WhatIf) -> None:
    data = whatif_data(whatif, lang="en")
    assert set(data) | {"colours"} == declared_keys("WhatifData")
    assert set(data["communities"][0]) == declared_keys("WhatifCommunity")
    assert set(data["changes"][0]) == declared_keys("DrawnShape") | {"what"}


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
