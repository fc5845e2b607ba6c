"""The saved table of changes: in Chinese or English, and read as the same changes."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cfgeo import load_scenario
from cfgeo.core.scenario import ACTIONS, LINK_TAGS
from cfgeo.core.strings import section
from cfgeo.files.vocabulary.headings import meaning, vocabulary
from cfgeo.files.vocabulary.kinds import kind_of
from cfgeo.files.vocabulary.words import chinese_word, own_word
from cfgeo.publish.tables.book import sheet_bytes
from cfgeo.publish.tables.csv import csv_bytes
from cfgeo.scenarios.lists.change_table import change_table, row_of

LINE = "LINESTRING (106.56 29.55, 106.561 29.551)"
AT = {"lon": 106.56, "lat": 29.55}
ROWS: list[dict[str, Any]] = [
    {"action": "add", "layer": "schools", "kind": "primary+junior", "name": "新校", "capacity": 270.0, **AT},
    {"action": "refit", "layer": "schools", "facility": "schools-2", "attributes": {"certified": "yes"}},
    {"action": "enlarge", "layer": "care_centres", "facility": "=HYPERLINK(1)", "capacity": 3.0, "cost": "120 万元"},
    {"action": "move", "layer": "my_layer", "facility": "add", **AT},
    {"action": "close", "street": "类型"},
    {"action": "refit", "way": 562, "tags": {"ramp:stroller": "yes", "step_count": "3"}},
    {"action": "opengate", "wkt": LINE},
    *({"action": "add", "link": link, "wkt": LINE.replace(".561", f".56{nth}2")} for nth, link in enumerate(LINK_TAGS)),
]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_either_language_is_read_as_the_same_changes(tmp_path: Path, form: str) -> None:
    found = []
    for lang in ("zh", "en"):
        table, path = change_table(ROWS, lang=lang), tmp_path / f"changes-{lang}.{form}"
        path.write_bytes(sheet_bytes(table, lang=lang) if form == "xlsx" else csv_bytes(table))
        scenario = load_scenario(path)
        assert scenario.unused == ()
        found.append([row_of(change) for change in scenario.changes])
    assert found[0] == found[1]
    assert len(found[0]) == len(ROWS)
    assert found[0][2]["cost"] == "120 万元"


def test_a_planner_reads_the_table_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / "改动.xlsx"
    path.write_bytes(sheet_bytes(change_table(ROWS, lang="zh"), lang="zh"))
    head, first, *rows = openpyxl.load_workbook(path).active.values
    assert head[:6] == ("措施", "图层", "现有设施", "类型", "名称", "容量")
    assert first[:6] == ("新建", "学校", None, "小学、初中", "新校", 270)
    assert [row[0] for row in rows[:6]] == ["改造", "扩建", "迁移", "关闭", "改造", "开门"]
    assert not any(str(heading).isascii() and heading != "wkt" for heading in head)


def test_every_word_of_cfgeos_own_comes_back() -> None:
    layers, kinds, links = [*vocabulary()["layer_names"]], [*section("kind")], [*LINK_TAGS]
    rows = [{"action": action} for action in (*ACTIONS, "opengate")] + [{"layer": layer} for layer in layers]
    rows += [{"kind": kind} for kind in kinds] + [{"link": link} for link in links]
    table = change_table(rows, lang="zh")
    back = [meaning(word, "actions") or meaning(word, "gates") for word in table["措施"].dropna()]
    assert back == [*ACTIONS, "gate"]
    assert [own_word(word, "layer_names") for word in table["图层"].dropna()] == layers
    assert [kind_of(word) for word in table["类型"].dropna()] == [kind_of(kind) for kind in kinds]
    assert [meaning(word, "links") for word in table[chinese_word("link", "columns")].dropna()] == links
    assert change_table([], lang="zh").shape == (0, 6)
