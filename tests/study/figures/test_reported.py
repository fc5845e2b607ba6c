"""Figures that departments report: long tables and tables with years as columns, their areas, units and faults."""

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from worlds.town import town_communities, write_town

from cfgeo import InputError, load_study
from cfgeo.study.figures.cells import figure_of, sex_of, year_of
from cfgeo.study.figures.reported import Reported, read_reported
from cfgeo.study.sources import SourceReader
from cfgeo.study.tables import Table

Rows = list[list[Any]]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_town(tmp_path_factory.mktemp("town"))


def read(town: Path, rows: Rows, *, sheet: bool = True, percent: tuple[str, ...] = ()) -> Reported:
    path = town.parent / ("figures.xlsx" if sheet else "figures.csv")
    if sheet:
        book = openpyxl.Workbook()
        assert book.active is not None
        for row in rows:
            book.active.append(row)
        for cell in percent:
            book.active[cell].number_format = "0.0%"
        book.save(path)
    else:
        path.write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="utf-8")
    return read_reported(SourceReader(load_study(town)), [Table(path=path.name)], town_communities())


def cells(reported: Reported) -> list[tuple[Any, ...]]:
    table = reported.table.sort_values(["row", "year"])
    return list(table[["indicator", "year", "scope", "area", "sex", "value"]].itertuples(index=False, name=None))


def rules(reported: Reported) -> list[str]:
    return [row["rule"] for row in reported.findings if row["rule"] != "sheet_layout"]


@pytest.mark.parametrize("sheet", [True, False])
def test_a_long_table_is_read_with_chinese_headings(town: Path, sheet: bool) -> None:
    rows = [
        ["指标", "年份", "区域", "性别", "数值", "单位"],
        ["新生儿死亡率", "2025年", "全区", "合计", 1.2, "‰"],
        ["疫苗接种率", "2025", "South", "男", "98.5％", ""],
        ["交通安全活动", "2025", "C02", "", "12场", ""],
    ]
    assert cells(read(town, rows, sheet=sheet)) == [
        ("新生儿死亡率", 2025, "district", "", "all", pytest.approx(0.0012)),
        ("疫苗接种率", 2025, "street_office", "South", "male", pytest.approx(0.985)),
        ("交通安全活动", 2025, "community", "C02", "all", 12.0),
    ]


def test_years_may_be_columns_as_numbers_and_a_title_may_stand_above(town: Path) -> None:
    """A blank cell is not reported yet; a row whose area is 合计 is no total to be left out."""
    rows = [
        ["年度指标"],
        ["指标（‰）", "区域", 2024, 2025],
        ["死亡率", "合计", 1.6, None],
        ["儿童死亡率（‰）", "合计", 2.0, 1.5],
    ]
    assert cells(read(town, rows)) == [
        ("死亡率", 2024, "district", "", "all", 1.6),
        ("儿童死亡率", 2024, "district", "", "all", pytest.approx(0.002)),
        ("儿童死亡率", 2025, "district", "", "all", pytest.approx(0.0015)),
    ]


def test_a_cell_that_is_shown_in_per_cent_is_per_cent(town: Path) -> None:
    rows = [["指标", "2025"], ["接种率", 0.985]]
    assert cells(read(town, rows, percent=("B2",)))[0][-1] == pytest.approx(0.985)
    assert read(town, rows, percent=("B2",)).table["unit"].tolist() == ["%"]
    assert read(town, rows).table["unit"].tolist() == [""]


def test_two_values_of_one_cell_count_neither_and_the_same_twice_counts_once(town: Path) -> None:
    rows = [["指标", "年份", "数值"], ["a", 2025, "98%"], ["a", 2025, "97%"], ["b", 2025, 3], ["b", 2025, 3]]
    read_ = read(town, rows)
    assert rules(read_) == ["reported_twice"]
    assert read_.findings[-1]["values"]["rows"] == ("2", "3")
    assert read_.table["value"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (["a", 2025, "全区", "合计", "约98%", ""], "reported_no_figure"),
        (["a", 2025, "全区", "合计", "98%", "‰"], "reported_no_figure"),
        (["a", 2025, "火星街道", "合计", 3, ""], "reported_area"),
        (["a", "近年", "全区", "合计", 3, ""], "reported_unplaced"),
        (["a", 2025, "全区", "猫", 3, ""], "reported_unplaced"),
        (["", 2025, "全区", "合计", 3, ""], "reported_unplaced"),
        (["a", 2025, "渝中区", "合计", 3, ""], "reported_district"),
    ],
)
def test_what_cannot_be_read_is_a_finding_with_its_row(town: Path, row: list[Any], rule: str) -> None:
    read_ = read(town, [["指标", "年份", "区域", "性别", "数值", "单位"], row, ["b", 2025, "全区", "女", 1, ""]])
    assert rules(read_) == [rule]
    assert read_.table["indicator"].tolist()[-1] == "b"


def test_two_districts_are_both_unknown(town: Path) -> None:
    rows = [["指标", "年份", "区域", "数值"], ["a", 2025, "渝中区", 3], ["a", 2025, "江北区", 4]]
    assert rules(read(town, rows)) == ["reported_area", "reported_area"]


@pytest.mark.parametrize("heads", [["指标", "数值"], ["年份", "数值"], ["指标", "年份"]])
def test_a_table_without_a_column_says_which(town: Path, heads: list[str]) -> None:
    with pytest.raises(InputError, match=r"indicator|year|value"):
        read(town, [heads, ["a", "b"]])


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("98.5%", (98.5, "%")), ("１．２‰", (1.2, "‰")), ("百分之98", (98.0, "%")), ("1,200", (1200.0, "")),
        ("12 场次", (12.0, "场次")), ("98 percent", (98.0, "%")), ("约98%", None), ("≥90%", None), ("120余场", None),
        ("待定", None), ("-3", None), ("90-95%", None),
    ],
)  # fmt: skip
def test_a_figure_is_one_number_with_one_unit(text: str, figure: tuple[float, str] | None) -> None:
    assert figure_of(text) == figure


def test_years_and_sexes_are_read_in_the_ways_they_are_written() -> None:
    years = pd.Series(
        ["2025", "2025年", "2025年度", "2025-12-31", "2025年底", "2025.0", "20", "2025上半年", "2025年目标"]
    )
    assert years.map(year_of).dropna().tolist() == [2025] * 6
    assert [sex_of(word) for word in ("男童", "女生", "", "合计", "Male", "猫")] == [
        "male",
        "female",
        "all",
        "all",
        "male",
        None,
    ]
