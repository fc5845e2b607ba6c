"""The page of a plan and of sites: now, step by step and with all built, in one file without a network."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from tools.browser import PHONE, chromium, open_page, pdf_pages
from tools.page_types import declared_keys
from worlds.plans import ROOM, Tried, town_plan
from worlds.sites import candidates_at, found_in
from worlds.studies import degrees

from cfgeo import Siting
from cfgeo.assess.case import Case
from cfgeo.core.plan import Plan
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.page.frame import asset
from cfgeo.publish.page.steps import steps_data, steps_html
from cfgeo.publish.words.names import map_texts, study_title
from cfgeo.publish.words.steps import plan_steps, site_steps
from cfgeo.publish.writers import write_plan, write_sites

BOXES = """selectors => selectors.flatMap((selector) => [...document.querySelectorAll(selector)])
  .map((node) => node.getBoundingClientRect()).filter((box) => box.width)
  .map((box) => [box.left, box.top, box.right, box.bottom])"""


@pytest.fixture(scope="module")
def sites(town_case: Case) -> Siting:
    """Return two schools that bring two communities over the line."""
    candidates = candidates_at(town_case, (320, 300), (350, 100)).assign(name=["<i>Hill", ""])
    return found_in(town_case, candidates, layer="schools", kind="primary", count=2)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as made:
        yield made


def test_the_page_holds_the_steps_and_what_they_bring(plan: Plan) -> None:
    data = steps_data(plan_steps(plan, "en"), lang="en")
    names = [community["name"] for community in data["communities"]]
    assert [step["name"] for step in data["steps"]] == ["Ramp", "East School", "=Top School"]
    assert [[names[index] for index in step["adds"]] for step in data["steps"]] == [[], ["Lower East"], ["Upper"]]
    assert [step["passed"] for step in data["steps"]] == [1, 2, 3]
    assert [step["at"] is None for step in data["steps"]] == [True, False, False], "the ramp changes tags alone"
    assert {community["name"]: community["rank"] for community in data["communities"]} == {
        "Lower West": 0,
        "Lower East": 2,
        "Upper": 3,
        "Nobody": 0,
    }
    lon, lat = degrees(350, 102)
    assert data["steps"][1]["at"] == pytest.approx([lat, lon], abs=1e-6)
    assert [step["decided"] for step in data["steps"]] == [True, False, False]
    assert data["passed"] == 1, "now"
    upper = next(community for community in data["communities"] if community["name"] == "Upper")
    assert ["Primary school", "33.3 % · 9.5′", "83.3 % · 0.5′", "12", "gained"] in upper["clauses"]


def test_the_scripts_are_told_what_the_data_holds(plan: Plan) -> None:
    data = steps_data(plan_steps(plan, "en"), lang="en")
    assert set(data) | {"colours"} == declared_keys("StepsData")
    assert set(data["communities"][0]) == declared_keys("SteppedCommunity")
    assert set(data["steps"][0]) == declared_keys("Step")


def test_a_step_has_its_place_and_its_requirements(tried_town: Tried) -> None:
    steps = plan_steps(town_plan(tried_town, target=0.75), "en")
    assert [step.decided for step in steps.steps] == [True, False, False]
    assert [step.where for step in steps.steps] == ["", "Lower East (South)", "Upper (North)"]
    assert [(step.cost, step.so_far) for step in steps.steps][1:] == [
        ("200.5 万元", "220.5 万元"), ("300 万元", "520.5 万元")
    ]  # fmt: skip
    assert steps.steps[1].facts == ("shuts out: <b>Path",)
    needy = plan_steps(town_plan(tried_town.without(ROOM)), "en")
    needs = {step.name: step.facts for step in needy.steps}
    assert needs["<b>Path"][0] == "needs: Garden"
    assert steps.left == [
        "Every community in which children live can pass with projects of the list.",
        "Not in this plan: 1.",
        "Never matter (2: with whatever others, no community's verdict depends on them): Garden, Sign.",
    ]


def test_what_no_project_can_win_stands_at_the_community(poor: Plan) -> None:
    steps = plan_steps(poor, "en")
    assert steps.held == {"C02": "Primary school"}
    assert "At most 2 of 4 communities can pass" in steps.lines[1]


def test_sites_are_steps_as_well(sites: Siting) -> None:
    steps = site_steps(sites, "en")
    assert [step.adds for step in steps.steps] == [tuple(codes) for codes in sites.sites["adds_codes"]]
    assert steps.steps[-1].passed == sites.district_after["passed"] == 3
    assert steps.chart is None
    title = study_title(sites.about, "en")
    assert steps.title.startswith(f"{title}: sites for Schools (primary school): 2")
    assert steps.steps[0].cost == ""
    before = sites.district_before["passed"]
    assert [step.passed for step in steps.steps] == [before + 1, before + 2]
    (lat, lon) = map(float, steps.steps[0].where.split(", "))
    assert (lat, lon) == pytest.approx(sites.sites[["lat", "lon"]].iloc[0].tolist(), abs=1e-6)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_of_the_users_becomes_markup(plan: Plan, sites: Siting, lang: Lang) -> None:
    for steps in (plan_steps(plan, lang), site_steps(sites, lang)):
        page = steps_html(replace(steps, title="<b>x</b>"), lang=lang)
        assert "<b>x" not in page
        assert "<i>Hill" not in page
        assert "http:" not in page.replace("http://www.w3.org", "").split("cfgeo-data")[0]
        assert page == steps_html(replace(steps, title="<b>x</b>"), lang=lang)


def test_a_plan_of_nothing_is_a_page_too(nothing: Plan, tmp_path: Path) -> None:
    bare = replace(nothing, projects=nothing.projects.assign(rank=nothing.projects["rank"].where([False] * 6)))
    assert len(bare.built) == 0
    write_plan(bare, tmp_path / "plan.html", lang="en")
    assert "There is nothing to build." in (tmp_path / "plan.html").read_text(encoding="utf-8")


def test_every_text_key_of_the_scripts_exists() -> None:
    asked = {
        name: set(re.findall(r"\bsay(?:\('|\.)(\w+)", asset(name)))
        for name in ("steps/steps.js", "steps/steps.html", "shared/changes.js", "shared/place.js")
    }
    assert all(asked.values())
    assert set().union(*asked.values()) <= set(map_texts("steps", "en"))
    assert asked["shared/changes.js"] | asked["shared/place.js"] <= set(map_texts("whatif", "en"))
    assert asked["shared/place.js"] <= set(map_texts("compare", "en"))


@pytest.mark.browser
def test_the_map_begins_whole_and_no_name_lies_under_a_number(context: Any, plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path / "plan.html", lang="en")
    with open_page(context, tmp_path / "plan.html") as watched:
        frame, *shapes = watched.page.evaluate(BOXES, ["#map", "path[data-code]"])
        assert len(shapes) == 4
        for left, top, right, bottom in shapes:
            assert left >= frame[0] - 1
            assert top >= frame[1] - 1
            assert right <= frame[2] + 1
            assert bottom <= frame[3] + 1
        numbers = watched.page.evaluate(BOXES, [".numbered .number"])
        names = watched.page.evaluate(BOXES, [".label span:not([hidden])"])
        assert len(numbers) == 2, "the third has no place"
        for name in names:
            for number in numbers:
                assert name[2] <= number[0] or name[0] >= number[2] or name[3] <= number[1] or name[1] >= number[3]


@pytest.mark.browser
def test_the_map_shows_one_step_after_another(context: Any, plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path / "plan.html", lang="en")
    with open_page(context, tmp_path / "plan.html") as watched:
        page = watched.page

        def fills() -> list[str]:
            return [
                str(page.locator(f"[data-code={code}]").get_attribute("data-fill")) for code in ("C01", "C02", "C03")
            ]

        assert fills() == ["passed", "gained", "gained"]
        assert page.locator("#readout").inner_text() == "With 3 of 3 built, 520.5 万元 so far: 3 of 4 communities pass"
        page.click("#view-before")
        assert fills() == ["passed", "failed", "failed"]
        assert page.locator("#readout").inner_text() == "Now: 1 of 4 communities pass"
        page.click("#forward")
        page.click("#forward")
        assert fills() == ["passed", "newest", "failed"]
        assert page.locator("[data-rank='2']").get_attribute("aria-current") == "step"
        assert page.locator("[data-dot='2']").get_attribute("class") == "dot current"
        page.locator("#slider").focus()
        page.keyboard.press("ArrowRight")
        assert fills() == ["passed", "gained", "gained"]
        page.locator("[data-rank='2']").focus()
        page.keyboard.press("Enter")
        assert fills() == ["passed", "newest", "failed"]
        page.locator(".numbered", has_text="3").press("Enter")
        assert fills() == ["passed", "gained", "gained"], "the number on the map does the same"


@pytest.mark.browser
def test_a_community_names_the_project_by_which_it_passes_or_what_holds_it_back(
    context: Any, plan: Plan, poor: Plan, tmp_path: Path
) -> None:
    write_plan(plan, tmp_path / "plan.html", lang="en")
    with open_page(context, tmp_path / "plan.html") as watched:
        watched.page.locator("[data-code=C03]").click(position={"x": 5, "y": 40}, force=True)
        assert watched.page.locator("#chosen").inner_text() == "Upper (North)"
        assert "Passes with number 3, =Top School." in watched.page.locator("#about").inner_text()
    write_plan(poor, tmp_path / "poor.html", lang="en")
    with open_page(context, tmp_path / "poor.html") as watched:
        watched.page.select_option("#community", label="Lower East (South)")
        assert "it lacks: Primary school" in watched.page.locator("#about").inner_text()
        assert watched.page.locator("[data-code=C02]").get_attribute("data-fill") == "held"
        assert pdf_pages(watched.page.pdf(format="A4", landscape=True)) <= 3


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_fits_a_phone_and_axe_finds_nothing_serious(
    context: Any, plan: Plan, sites: Siting, tmp_path: Path, lang: Lang
) -> None:
    write_plan(plan, tmp_path / "plan.html", lang=lang)
    write_sites(sites, tmp_path / "sites.html", lang=lang)
    for name in ("plan", "sites"):
        with open_page(context, tmp_path / f"{name}.html", PHONE) as watched:
            page = watched.page
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
            page.select_option("#community", index=2)
            response = Axe().run(page).response
            assert response["passes"], "it looked"
            grave = [
                violation["id"]
                for violation in response["violations"]
                if violation["impact"] in {"serious", "critical"}
            ]
            assert grave == []
