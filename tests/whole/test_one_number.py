"""Numbers are one number: page, story, slides, report, workbook, sheets and tables of a run say the same."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pandas as pd
import pytest
from pptx import Presentation
from tools.packed import walk_paths

import cfgeo
from cfgeo import Results
from cfgeo.core.plan import Plan
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.maps.sheets import prepared
from cfgeo.publish.run.folder import SLIDES, report_names
from cfgeo.publish.words.names import clause_titles
from cfgeo.publish.words.story.scenes import Scene, story_of


@dataclasses.dataclass(frozen=True)
class Written:
    """A run with a plan, and what all its outputs say in one language."""

    results: Results
    lang: Lang
    folder: Path
    story: tuple[Scene, ...]

    def page(self) -> dict[str, Any]:
        body = (self.folder / "index.html").read_text(encoding="utf-8")
        found = re.search(r'id="cfgeo-data">(.*?)</script>', body, re.DOTALL)
        assert found is not None
        data: dict[str, Any] = json.loads(found[1])
        return data | {
            "words": re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body.split("<body>")[1].split("cfgeo-data")[0]))
        }

    def slides(self) -> list[str]:
        deck = Presentation(str(self.folder / "slides" / SLIDES))
        return [
            "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame) for slide in deck.slides
        ]

    def report(self) -> str:
        document = docx.Document(str(self.folder / "reports" / report_names(self.results, lang=self.lang)[None]))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])

    def workbook(self) -> str:
        book = openpyxl.load_workbook(self.folder / "scorecard.xlsx", read_only=True)
        return "\n".join(
            str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None
        )

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / name, encoding="utf-8-sig")


@pytest.fixture(scope="module", params=LANGUAGES)
def written(
    request: pytest.FixtureRequest, town_results: Results, plan: Plan, tmp_path_factory: pytest.TempPathFactory
) -> Written:
    lang: Lang = request.param
    results, folder = dataclasses.replace(town_results, plan=plan), tmp_path_factory.mktemp(lang) / "out"
    cfgeo.publish(results, folder, lang=lang, only=("map", "tables", "reports", "slides"))
    return Written(results, lang, folder, story_of(results, lang))


def test_so_many_communities_pass_everywhere(written: Written) -> None:
    district, communities = written.results.district, written.table("communities.csv")
    passed, whole = int((communities["verdict"] == "passed").sum()), len(communities)
    assert (district["passed"], district["communities"]) == (passed, whole)
    record = json.loads((written.folder / "run.json").read_text("utf-8"))["district"]
    assert (record["passed"], record["communities"]) == (passed, whole)
    page = written.page()
    assert sum(one["verdict"] == "passed" for one in page["communities"]) == passed
    assert (
        sum(one["passed"] for one in page["offices"]) == written.table("street_offices.csv")["passed"].sum() == passed
    )
    said = {"zh": f"{whole} 个社区中 {passed} 个达标", "en": f"{passed} of {whole} communities pass"}[written.lang]
    assert said in page["story"][0]["message"]
    assert said in written.slides()[0]
    assert said in prepared(written.results, written.lang).headline()
    for words in (written.report(), written.workbook()):
        numbers = {"zh": rf"{whole} 个社区中[^。]*?{passed} 个", "en": rf"{passed} of (?:the )?{whole} communities"}[
            written.lang
        ]
        assert re.search(numbers, words), numbers


def test_the_page_and_the_slides_tell_the_story_word_by_word(written: Written) -> None:
    page, slides = written.page(), written.slides()
    assert page["story"] == json.loads(json.dumps([dataclasses.asdict(scene) for scene in written.story]))
    for scene, words in zip(written.story, slides, strict=True):
        for sentence in (scene.title, scene.message, *scene.lines, scene.heading, *(bar.value for bar in scene.bars)):
            assert sentence in words


def test_each_clause_holds_as_many_back_in_the_story_as_in_the_tables(written: Written) -> None:
    coverage, titles = written.table("coverage.csv"), clause_titles(written.results.parameters, written.lang)
    required = [each["id"] for each in written.results.parameters["clauses"] if each["required"]]
    failed = coverage[(coverage["verdict"] == "failed") & coverage["clause"].isin(required)]["clause"].value_counts()
    why = written.story[1]
    assert {bar.name: int(re.match(r"\d+", bar.value)[0]) for bar in why.bars} == {  # type: ignore[index]
        titles[clause]: count for clause, count in failed.items()
    }
    flagged = written.table("communities.csv")["fails_by_terrain"].isin(["yes", True]).sum()
    page = written.page()
    assert sum(one["byTerrain"] for one in page["communities"]) == flagged


def test_the_plan_is_the_same_everywhere(written: Written) -> None:
    plan = written.results.plan
    assert plan is not None
    table = written.table("plan.csv")
    built = table[table["rank"].notna()]
    assert built["cost"].sum() == plan.cost
    assert built["passed"].max() == plan.passed
    said = {
        "zh": f"{len(plan.after)} 个社区中 {plan.passed} 个达标",
        "en": f"{plan.passed} of {len(plan.after)} communities pass",
    }[written.lang]
    page, slides = written.page(), written.slides()
    for words in (
        page["plan"]["lines"][0],
        page["story"][3]["message"],
        page["story"][4]["message"],
        *slides[3:],
        written.report(),
    ):
        assert said in words
    assert [bar.name for bar in written.story[3].bars] == [
        f"{step['rank']}. {step['name']}" for step in page["plan"]["steps"]
    ]
    assert sum(one["after"] == "passed" for one in page["plan"]["communities"]) == plan.passed


def test_a_walk_has_the_minutes_of_its_table(written: Written) -> None:
    routes, page = written.table("routes.csv"), written.page()
    paths = {clause: walk_paths(held) for clause, held in page["walks"]["paths"].items()}
    walked = 0
    for row in routes.itertuples():
        nth = [one["code"] for one in page["communities"]].index(row.code)
        path = paths.get(row.clause, {}).get(nth)
        shown = page["walks"]["routes"][row.clause]["minutes"][nth]
        if path is None:
            assert not isinstance(shown, float | int)
            continue
        assert shown == pytest.approx(float(row.minutes), abs=0.051)
        assert path["steps"][-1][3] / 60 == pytest.approx(shown, abs=0.051 + 1 / 120)
        walked += 1
    assert walked > 4
