"""What each kind of change is called in reports, on the page and on slides, and under which number."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import pytest
from pptx import Presentation
from worlds.scenarios import line, place
from worlds.town import STEPS

from cfgeo import FacilityChange, LinkChange, Scenario, WhatIf, load_study, whatif_study
from cfgeo.core.scenario import LINK_TAGS
from cfgeo.core.strings import Lang
from cfgeo.publish.page.whatif import whatif_data, whatif_html
from cfgeo.publish.report.whatif import whatif_report, whatif_slides
from cfgeo.publish.tables.geopackage import whatif_layers
from cfgeo.publish.words.whatif import change_list

PRIVATE = 3001
SPOT = line((50, 104), (60, 196))


def link(kind: str, **more: Any) -> LinkChange:
    return LinkChange("add", kind, shape=SPOT, tags=LINK_TAGS[kind], **more)


KINDS: list[tuple[FacilityChange | LinkChange, tuple[str, str], tuple[str, str]]] = [
    (FacilityChange("add", "schools", kind="primary", name="New", shape=place(320, 305), attributes={"capacity": 90.0}),
     ("学校 New", "新增，规模：90"), ("Schools New", "added, capacity: 90")),
    (FacilityChange("add", "schools", kind="primary", shape=place(320, 305)),
     ("学校 小学", "新增"), ("Schools primary school", "added")),
    (FacilityChange("move", "schools", "Low School", shape=place(320, 305)),
     ("学校 Low School", "迁移"), ("Schools Low School", "moved")),
    (FacilityChange("close", "schools", "schools-1"), ("学校 Low School", "关闭"), ("Schools Low School", "closed")),
    (FacilityChange("enlarge", "schools", "Low School", attributes={"capacity": 40.0}),
     ("学校 Low School", "规模改为 40"), ("Schools Low School", "capacity 40")),
    (FacilityChange("refit", "schools", "Low School", attributes={"certified": "no"}),
     ("学校 Low School", "已认定：否"), ("Schools Low School", "Certified: no")),
    (link("stairs"), ("梯道", "新增"), ("stairs", "added")),
    (link("ramp"), ("坡道", "新增"), ("ramp", "added")),
    (link("lift"), ("电梯", "新增"), ("lift", "added")),
    (link("footbridge"), ("人行天桥", "新增"), ("footbridge", "added")),
    (link("walkway"), ("步道", "新增"), ("walkway", "added")),
    (link("gate"), ("出入口", "开门"), ("gate", "opened")),
    (link("gate", id="G-1"), ("出入口（G-1）", "开门"), ("gate (G-1)", "opened")),
    (LinkChange("close", way=STEPS), (f"无名道路 {STEPS}", "封闭"), (f"unnamed street {STEPS}", "closed")),
    (LinkChange("refit", way=PRIVATE, tags={"foot": "yes"}),
     (f"无名道路 {PRIVATE}", "开放步行"), (f"unnamed street {PRIVATE}", "opened on foot")),
    (LinkChange("refit", way=STEPS, tags={"ramp:stroller": "yes"}),
     (f"无名道路 {STEPS}", "改造，ramp:stroller=yes"), (f"unnamed street {STEPS}", "refitted, ramp:stroller=yes")),
]  # fmt: skip


@pytest.fixture(scope="module", params=range(len(KINDS)))
def told(request: pytest.FixtureRequest, town_study: Path) -> tuple[WhatIf, dict[str, tuple[str, str]]]:
    """Return a what-if of one change, which is the seventh, and what it is called."""
    change, zh, en = KINDS[request.param]
    numbered = type(change)(**{**vars(change), "nth": 7})
    return whatif_study(load_study(town_study), Scenario("", (numbered,))), {"zh": zh, "en": en}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_kind_has_one_name_and_one_number_everywhere(
    told: tuple[WhatIf, dict[str, tuple[str, str]]], lang: Lang
) -> None:
    whatif, names = told
    name, done = names[lang]
    tables = docx.Document(io.BytesIO(whatif_report(whatif, lang=lang, drawn=False))).tables
    rows = [[cell.text for cell in row.cells] for table in tables for row in table.rows]
    assert ["7", name, done] in [row[:3] for row in rows]
    slides = Presentation(io.BytesIO(whatif_slides(whatif, lang=lang, drawn=False))).slides
    said = "\n".join(shape.text_frame.text for shape in slides[1].shapes if shape.has_text_frame)
    assert f"7. {name} · {done}" in said
    page, own = whatif_html(whatif, lang=lang), whatif.scenario.changes[0].id
    plain = name.removesuffix(f"（{own}）").removesuffix(f" ({own})")
    assert (f"：{plain}（{done}）" if lang == "zh" else f": {plain} ({done})") in page
    drawn = whatif_data(whatif, lang=lang)["changes"]
    assert {change["mark"] for change in drawn} == {"7"}  # all of them are somewhere
    layer = whatif_layers(whatif, lang)["changes"]
    assert layer[["nth", "what", "action"]].to_numpy().tolist() == [[7, name, done]]


def test_what_the_town_does_not_have_is_called_what_it_is(town_study: Path) -> None:
    whatif = whatif_study(load_study(town_study), Scenario("", (KINDS[0][0],)))
    certified = FacilityChange("refit", "communities", "C03", attributes={"certified": "yes"})
    gate = LinkChange("refit", "gate", shape=place(200, 3), tags={"foot": "yes"}, nth=2)
    signal = LinkChange("refit", "crossing", shape=place(200, 3), tags={"crossing": "traffic_signals"}, nth=3)
    asked = replace(whatif, scenario=Scenario("", (certified, gate, signal)))
    zh = ["第 1 项：社区 Upper（已认定：是）", "第 2 项：出入口（开门）", "第 3 项：过街处（设信号灯）"]
    assert change_list(asked, "zh") == zh
    en = ["1: Community Upper (Certified: yes)", "2: gate (opened)", "3: crossing (with signals)"]
    assert change_list(asked, "en") == en


def test_slides_say_how_many_changes_have_no_room(town_study: Path) -> None:
    places = [place(300 + 5 * nth, 305) for nth in range(14)]
    changes = tuple(
        FacilityChange("add", "schools", kind="primary", name=f"N{nth}", shape=at, nth=nth)
        for nth, at in enumerate(places, start=1)
    )
    whatif = whatif_study(load_study(town_study), Scenario("", changes))
    slides = Presentation(io.BytesIO(whatif_slides(whatif, lang="en", drawn=False))).slides
    said = "\n".join(shape.text_frame.text for shape in slides[1].shapes if shape.has_text_frame)
    assert "11. Schools N11" in said
    assert "12. Schools N12" not in said
    assert "3 more" in said
