"""A run that has a plan: what it adds to the tables, the workbook, the reports and the map; without one nothing."""

import dataclasses
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from matplotlib.figure import Figure
from tools.browser import PHONE, chromium, grave, open_page
from tools.page_types import declared_keys

from cfgeo import Results
from cfgeo.core.plan import Plan
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish import publish
from cfgeo.publish.geometry import Projector
from cfgeo.publish.maps.sheets import plan_sheets
from cfgeo.publish.page.plan import plan_data
from cfgeo.publish.page.run import page_html, write_page
from cfgeo.publish.report.facts import Facts
from cfgeo.publish.report.paper import Paper
from cfgeo.publish.report.plan import Pictures, add_district_plan, add_office_plan
from cfgeo.publish.run.folder import report_names


@pytest.fixture(scope="module")
def planned(town_results: Results, plan: Plan) -> Results:
    return dataclasses.replace(town_results, plan=plan)


@pytest.fixture(scope="module")
def written(planned: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "town"
    publish(planned, folder, lang="en", only=("tables", "reports"))
    return folder


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as made:
        yield made


def words_of(path: Path) -> str:
    """Return all text of a Word report, tables too."""
    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def tables_of(path: Path) -> list[list[list[str]]]:
    """Return the tables of a Word report: rows of cells, the headings first."""
    return [[[cell.text for cell in row.cells] for row in table.rows] for table in docx.Document(str(path)).tables]


def office_report(results: Results, plan: Plan, office: str, folder: Path) -> Path:
    """Write what a plan says to a street office alone."""
    paper = Paper("en", title="t", status="illustrative", foot="t")
    add_office_plan(paper, Facts(dataclasses.replace(results, plan=plan), "en"), plan, office)
    paper.save(folder / f"{office}.docx")
    return folder / f"{office}.docx"


def test_the_plan_is_among_the_tables_and_sheets(written: Path) -> None:
    assert (written / "plan.csv").read_text(encoding="utf-8-sig").count("\n") == 7
    assert "plan.csv" in (written / "run.json").read_text(encoding="utf-8"), "the record seals it"
    names = openpyxl.load_workbook(written / "scorecard.xlsx").sheetnames
    assert names[-5:] == ["Plan", "Frontier", "Plan by street office", "Out of reach", "Method"]


def test_the_plan_is_among_the_map_sheets(plan: Plan) -> None:
    assert [name for name, _ in plan_sheets(plan, lang="zh")] == ["plan.png", "plan.pdf"]


def test_the_districts_report_says_what_to_build(written: Path, planned: Results) -> None:
    words = words_of(written / "reports" / report_names(planned, lang="en")[None])
    assert "What to build, and in what order" in words
    assert "With 3 projects for 520.5 万元, 3 of 4 communities pass (75.0 %); now 1." in words
    assert "No cheaper set meets the target (proven)." in words
    assert "Decided (1): Ramp" in words
    assert "Never matter (2: with whatever others, no community's verdict depends on them): Garden, Sign" in words
    (order,) = [one for one in tables_of(written / "reports" / report_names(planned, lang="en")[None])
                if one[0][0] == "Order"]  # fmt: skip
    assert order == [
        ["Order", "Project", "What it does", "Community", "Cost", "Cost so far", "Pass", "Newly passing"],
        ["1", "Ramp", "refit: OSM way 2001", "", "20", "20", "1", "–"],
        ["2", "East School", "new: primary school", "Lower East", "200.5", "220.5", "2", "Lower East"],
        ["3", "=Top School", "new: primary school", "Upper", "300", "520.5", "3", "Upper"],
    ]
    pictures = docx.Document(str(written / "reports" / report_names(planned, lang="en")[None])).inline_shapes
    assert len(pictures) == 3, "verdicts, the plan, the frontier"


def test_a_street_offices_report_says_what_it_takes(written: Path) -> None:
    words = words_of(written / "reports" / "North.docx")
    assert "North has 2 communities; 0 pass now, 1 with the district's plan built." in words
    assert "the least beside what is decided is 300 万元; projects (1): =Top School." in words
    assert "Every community of North in which children live can pass with projects of the list." in words
    assert "East School" not in words, "that is in the South"


def test_a_street_offices_report_lists_projects_in_it_and_those_by_which_its_communities_pass(
    town_results: Results, plan: Plan, tmp_path: Path
) -> None:
    north = plan.projects["street_office"].mask(plan.projects["name"] == "East School", "North")
    moved = dataclasses.replace(plan, projects=plan.projects.assign(street_office=north))
    heads = ["Order", "Project", "What it does", "Community", "Cost", "Newly passing", "Children newly in reach"]
    school = ["2", "East School", "new: primary school", "Lower East", "200.5"]
    for office, rows in (
        ("North", [[*school, "–", "12"], ["3", "=Top School", "new: primary school", "Upper", "300", "Upper", "12"]]),
        ("South", [[*school, "Lower East", "12"]]),
    ):
        assert tables_of(office_report(town_results, moved, office, tmp_path))[0] == [heads, *rows]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_cannot_be_won_is_named_with_its_clauses(
    town_results: Results, poor: Plan, tmp_path: Path, lang: Lang
) -> None:
    facts = Facts(dataclasses.replace(town_results, plan=poor), lang)
    paper = Paper(lang, title="t", status="illustrative", foot="t")
    add_office_plan(paper, facts, poor, "South")
    add_district_plan(paper, facts, poor, None)
    paper.save(tmp_path / "plan.docx")
    words = words_of(tmp_path / "plan.docx")
    expected = {
        "zh": ["无需另建项目即已达标", "Lower East（小学）", "至多使 4 个社区中的 2 个达标"],
        "en": ["without any more of them", "Lower East (Primary school)", "At most 2 of 4 communities"],
    }
    assert all(word in words for word in expected[lang])
    assert not re.search(r"[{}]|nan|None", words)


def test_what_is_not_proven_is_said_of_street_offices(town_results: Results, plan: Plan, tmp_path: Path) -> None:
    open_ = dataclasses.replace(plan, offices=plan.offices.assign(full_bound=plan.offices["full_cost"] * 0.9))
    words = words_of(office_report(town_results, open_, "North", tmp_path))
    assert "the least that is known beside what is decided is 300 万元 (no less than 270 万元)" in words


def test_pictures_go_into_the_report_as_they_are(town_results: Results, plan: Plan, tmp_path: Path) -> None:
    body = io.BytesIO()
    Figure(figsize=(2, 1)).savefig(body, format="png")
    paper = Paper("en", title="t", status="illustrative", foot="t")
    facts = Facts(dataclasses.replace(town_results, plan=plan), "en")
    add_district_plan(paper, facts, plan, Pictures(body.getvalue(), body.getvalue()))
    paper.save(tmp_path / "plan.docx")
    assert len(docx.Document(str(tmp_path / "plan.docx")).inline_shapes) == 2


def test_the_map_has_the_plan_only_where_there_is_one(town_results: Results, planned: Results) -> None:
    with_it, without = page_html(planned, lang="en"), page_html(town_results, lang="en")
    assert 'id="tab-plan"' in with_it
    assert "themes.plan = {" in with_it
    assert 'id="tab-plan"' not in without
    assert '"plan":' not in without
    assert "themes.plan = {" not in without


def test_the_data_of_the_map_follows_the_order_of_the_communities(planned: Results, plan: Plan, poor: Plan) -> None:
    data = plan_data(plan, Projector(planned.inputs.crs), lang="en")
    assert set(data) == declared_keys("RunPlan")
    assert set(data["steps"][0]) == declared_keys("RunStep")
    assert [one["after"] for one in data["communities"]] == plan.after["verdict"].tolist()
    assert [one["rank"] for one in data["communities"]] == [0, 2, 3, 0]
    assert data["steps"][1]["cost"] == "200.5 万元, so far 220.5 万元"
    assert [one["where"] for one in data["steps"]] == ["", "Lower East (South)", "Upper (North)"]
    assert data["steps"][1]["facts"] == ["shuts out: <b>Path"]
    assert data["lines"][0] == "With 3 projects for 520.5 万元, 3 of 4 communities pass (75.0 %); now 1."
    assert data["left"][1] == "Not in this plan: 1."
    assert {one["held"] for one in data["communities"]} == {""}
    assert all(key.startswith(("plan_", "view_", "line_", "step_")) for key in data["texts"])
    held = plan_data(poor, Projector(planned.inputs.crs), lang="en")["communities"]
    assert [one["held"] for one in held] == ["", "Primary school", "", ""]


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_map_shows_projects_and_verdicts_before_and_after(
    context: Any, planned: Results, tmp_path: Path, lang: Lang
) -> None:
    write_page(planned, tmp_path / "index.html", lang=lang)
    with open_page(context, tmp_path / "index.html") as watched:
        page = watched.page

        def fills() -> list[str]:
            return [str(page.locator(f"path[data-code={code}]").get_attribute("data-fill")) for code in ("C01", "C03")]

        assert page.locator(".plan-mark").count() == 0
        assert fills()[0] == "passed"
        page.select_option("#view", "plan")
        assert fills() == ["passed", "gained"]
        assert page.locator(".plan-mark").count() == 2, "the layer is switched on with it"
        page.click("#tab-layers")
        page.uncheck("input[name=line-plan]")
        assert page.locator(".plan-mark").count() == 0
        page.click("#tab-plan")
        page.click("#plan tr:nth-child(3) .link")
        assert page.locator(".plan-mark").count() == 2
        page.locator(".plan-mark", has_text="3").click()
        assert "=Top School" in page.locator("#place").inner_text()
        assert grave(Axe().run(page)) == []
        page.keyboard.press("Escape")
        page.click("#tab-communities")
        page.click("tr[data-code=C03] button")
        page.wait_for_selector("#place")
        assert "=Top School" in page.locator("#place").inner_text()
    with open_page(context, tmp_path / "index.html", PHONE) as watched:
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_plans_tab_goes_step_by_step_and_the_headline_follows(
    context: Any, planned: Results, plan: Plan, tmp_path: Path, lang: Lang
) -> None:
    write_page(planned, tmp_path / "index.html", lang=lang)
    passed = [int(plan.district_before["passed"]), *map(int, plan.built["passed"])]
    with open_page(context, tmp_path / "index.html") as watched:
        page = watched.page

        def shown() -> str:
            return str(page.inner_text("#card-passed .card-value"))

        start = shown(), page.inner_text("#card-share .card-note")
        assert str(passed[0]) in start[0]
        page.click("#tab-plan")
        assert page.locator("#plan-chart .dot").count() == len(passed)
        page.click("#plan .stepper button >> nth=0")
        assert page.input_value("#view") == "plan"
        fills = "paths => paths.filter(path => ['passed', 'gained'].includes(path.dataset.fill)).length"
        for step, count in enumerate(passed):
            assert page.eval_on_selector_all("path.community", fills) == count, step
            assert page.inner_text("#card-passed .card-value").split()[0] == str(count)
            assert page.get_attribute(".dot.current", "data-dot") == str(step)
            assert page.locator(".plan-table tr[aria-current]").count() == (step > 0)
            assert str(count) in page.inner_text("#plan .readout")
            if step < len(passed) - 1:
                page.click("#plan .stepper button >> nth=2")
        assert page.locator("#plan .stepper button >> nth=2").is_disabled()
        assert page.inner_text("#card-share .card-note") != start[1]
        assert grave(Axe().run(page)) == []
        page.click("#plan tr:nth-child(2) .link")
        assert page.input_value("#plan input[type=range]") == "2"
        page.click("#whole")
        assert (shown(), page.inner_text("#card-share .card-note")) == start
        assert page.input_value("#plan input[type=range]") == str(len(passed) - 1)
        assert page.locator(".plan-mark").count() == 0


@pytest.mark.parametrize(("bound", "words"), [(float("inf"), "cannot all pass together"), (5.0, "in the time given")])
def test_a_street_office_without_a_set_of_projects_is_not_reported_as_done(
    town_results: Results, plan: Plan, tmp_path: Path, bound: float, words: str
) -> None:
    none = plan.offices.assign(full_projects=[()] * len(plan.offices), full_cost=float("nan"), full_bound=bound)
    without = dataclasses.replace(plan, offices=none)
    assert words in words_of(office_report(town_results, without, "North", tmp_path))
