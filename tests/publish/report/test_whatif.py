"""A what-if as a report, slides, a sheet, layers and a workbook: the same numbers as its table."""

import io
from dataclasses import replace
from pathlib import Path

import docx
import openpyxl
import pyogrio
import pytest
from pptx import Presentation
from worlds.scenarios import line, place

from cfgeo import FacilityChange, LinkChange, Scenario, WhatIf, load_study, whatif_study
from cfgeo.core.scenario import LINK_TAGS, Cost
from cfgeo.core.strings import Lang
from cfgeo.publish.maps.steps import listed_steps, steps_picture
from cfgeo.publish.report.whatif import whatif_report, whatif_slides
from cfgeo.publish.tables.proposals import whatif_table
from cfgeo.publish.tables.qgis import STYLES
from cfgeo.publish.words.steps import whatif_steps
from cfgeo.publish.words.whatif import change_words, headline_words
from cfgeo.publish.writers import write_whatif


@pytest.fixture(scope="module")
def whatif(town_study: Path) -> WhatIf:
    school = FacilityChange("add", "schools", kind="primary", name="=Top", shape=place(320, 305), id="P-1")
    gone = FacilityChange("close", "children_homes", "Low Home", nth=2)
    stairs = LinkChange("add", "stairs", shape=line((210, 1), (300, 250)), tags=LINK_TAGS["stairs"], nth=3)
    return whatif_study(load_study(town_study), Scenario("Up the hill", (school, gone, stairs)), ground=True)


def words_in(body: bytes) -> str:
    """Return all text of a Word file."""
    document = docx.Document(io.BytesIO(body))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_says_what_the_table_says(whatif: WhatIf, lang: Lang) -> None:
    words = words_in(whatif_report(whatif, lang=lang))
    assert headline_words(whatif, lang) in words
    for line_ in change_words(whatif, lang):
        assert line_ in words
    table = whatif_table(whatif, lang=lang)
    gained = table[(table["scope"] == "community") & (table["clause"] == "") & (table["change"] == "gained")]
    assert list(gained["community"]) == ["Upper"]
    assert "Upper" in words
    for step in whatif_steps(whatif, lang).steps:
        assert step.name in words
    assert "Up the hill" in words
    assert "=Top" in words


def test_the_same_what_if_gives_the_same_bytes(whatif: WhatIf) -> None:
    assert whatif_report(whatif, lang="zh", drawn=False) == whatif_report(whatif, lang="zh", drawn=False)
    assert whatif_slides(whatif, lang="zh", drawn=False) == whatif_slides(whatif, lang="zh", drawn=False)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_slides_say_now_what_and_after(whatif: WhatIf, lang: Lang) -> None:
    deck = Presentation(io.BytesIO(whatif_slides(whatif, lang=lang)))
    now, changes, after = (
        "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame) for slide in deck.slides
    )
    assert ("4 个社区中 1 个达标" if lang == "zh" else "1 of 4 communities pass") in now
    assert "=Top" in changes
    assert headline_words(whatif, lang) in after
    assert all(any(shape.shape_type == 13 for shape in slide.shapes) for slide in deck.slides)  # a picture


def test_steps_of_a_what_if_say_where_and_not_how_many_pass(whatif: WhatIf) -> None:
    steps = whatif_steps(whatif, "en")
    assert [step.where for step in steps.steps] == ["Upper", "Lower West", "Lower West"]
    assert not any("pass" in row for row in listed_steps(steps, "en"))
    assert [row.split("    ")[1] for row in listed_steps(steps, "en")] == [
        "added · Upper", "closed · Lower West", "added · Lower West"
    ]  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sheet_says_what_the_changes_cost(whatif: WhatIf, lang: Lang) -> None:
    school, *others = whatif.scenario.changes
    priced = replace(whatif.scenario, changes=(replace(school, cost=Cost(120.0, "万元")), *others))
    steps = whatif_steps(replace(whatif, scenario=priced), lang)
    assert any("120 万元" in note for note in steps.notes)
    assert steps_picture(steps, "png", lang=lang) != steps_picture(whatif_steps(whatif, lang), "png", lang=lang)


def test_layers_workbook_and_sheet_are_written(whatif: WhatIf, tmp_path: Path) -> None:
    for ending in (".gpkg", ".xlsx", ".pdf", ".docx", ".pptx"):
        write_whatif(whatif, tmp_path / f"whatif{ending}", lang="zh")
    layers = dict(pyogrio.list_layers(tmp_path / "whatif.gpkg"))
    assert set(layers) == {"communities", "changes", "clauses", "junctions", STYLES}
    areas = pyogrio.read_dataframe(tmp_path / "whatif.gpkg", layer="communities")
    assert areas.loc[areas["change"] == "gained", "community"].tolist() == ["Upper"]
    assert len(pyogrio.read_dataframe(tmp_path / "whatif.gpkg", layer="changes")) == 3
    rows = list(openpyxl.load_workbook(tmp_path / "whatif.xlsx").active.values)
    assert len(rows) == len(whatif_table(whatif, lang="zh")) + 1
    assert (tmp_path / "whatif.pdf").read_bytes().startswith(b"%PDF")
