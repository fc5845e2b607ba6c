"""What a heading says of units reaches the numbers: %, ‰, 万 and per 1,000, in reported tables and in counts."""

import math
from pathlib import Path

import pandas as pd
import pytest
from worlds.studies import edited
from worlds.town import write_town

from cfgeo import Inputs, load_inputs, load_study
from cfgeo.files.cell_values import plain_heading, scale_of
from cfgeo.study.figures.cells import scale_of_unit, unit_of_heading, without_unit


@pytest.mark.parametrize(
    ("heading", "unit", "plain"),
    [
        ("数值（%）", "%", "数值"),
        ("数值(‰)", "‰", "数值"),
        ("2025年％", "%", "2025年"),
        ("2025年（单位：%）", "%", "2025年"),
        ("数值（万人）", "万人", "数值"),
        ("数值（每千人）", "每千人", "数值"),
        ("数值（场）", "场", "数值"),
        ("数值（审核后）", "", "数值(审核后)"),
        ("数值", "", "数值"),
    ],
)
def test_a_heading_keeps_its_unit(heading: str, unit: str, plain: str) -> None:
    assert (unit_of_heading(heading), without_unit(heading)) == (unit, plain)


def test_only_ten_thousands_scale_a_figure() -> None:
    assert [scale_of_unit(unit) for unit in ("万人", "万", "场", "", "每千人")] == [10_000, 10_000, 1, 1, 1]
    assert [scale_of_unit(unit) for unit in ("千人", "亿")] == [None, None], "thousands of people, or per thousand?"


@pytest.mark.parametrize(
    ("heading", "scale"),
    [
        ("学位数", 1),
        ("学位数（个）", 1),
        ("学位数（万个）", 10_000),
        ("人口（万人）", 10_000),
        ("学位数（%）", math.nan),
        ("托位数‰", math.nan),
        ("每千人口托位数", math.nan),
        ("beds per 1,000", math.nan),
        ("千人托位数（个/千人）", math.nan),
    ],
)
def test_a_heading_scales_a_count_or_says_that_it_is_none(heading: str, scale: float) -> None:
    assert scale_of(heading) == pytest.approx(scale, nan_ok=True)


def test_headings_drop_units_only_where_the_number_stays_the_same() -> None:
    assert [plain_heading(heading) for heading in ("学位数（个）", "造价(万元)", "占比（%）", "人口（万人）")] == [
        "学位数", "造价", "占比（%）", "人口（万人）",
    ]  # fmt: skip


def reported(folder: Path, heading: str, *, form: str) -> pd.DataFrame:
    study = write_town(folder)
    year = {} if heading.startswith("2025") else {"年份": [2025]}
    table = pd.DataFrame({"指标": ["接种率"], **year, heading: ["98.5"]})
    path = folder / f"figures.{form}"
    table.to_csv(path, index=False) if form == "csv" else table.to_excel(path, index=False)
    study.write_text(f'{study.read_text("utf-8")}\n[reported]\npath = "{path.name}"\n', "utf-8")
    return load_inputs(load_study(study), margin_m=50).reported


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("heading", "value", "unit"),
    [
        ("数值（%）", 0.985, "%"),
        ("2025年（‰）", 0.0985, "‰"),
        ("数值（万人）", 985_000, "万人"),
        ("数值（每千人）", 98.5, "每千人"),
    ],
)
def test_a_reported_figure_has_the_unit_of_its_heading(
    tmp_path: Path, heading: str, value: float, unit: str, form: str
) -> None:
    row = reported(tmp_path, heading, form=form).iloc[0]
    assert (row["value"], row["unit"]) == (pytest.approx(value), unit)


def schools(folder: Path, heading: str) -> Inputs:
    study = write_town(folder)
    path = folder / "schools.csv"
    path.write_text(path.read_text("utf-8").replace("capacity", heading, 1), "utf-8")
    edited(study, 'path = "schools.csv"', f'path = "schools.csv"\ncolumns = {{ capacity = "{heading}" }}')
    return load_inputs(load_study(study), margin_m=50)


@pytest.mark.parametrize(
    ("heading", "factor", "rule"),
    [
        ("学位数（%）", math.nan, "heading_share"),
        ("学位数（万个）", 10_000, "heading_scale"),
        ("学位数（个）", 1, None),
    ],
)
def test_places_in_per_cent_are_no_places(tmp_path: Path, heading: str, factor: float, rule: str | None) -> None:
    inputs = schools(tmp_path, heading)
    places = [300 * factor, 100 * factor, 50 * factor]
    assert inputs.layers["schools"]["capacity"].tolist() == pytest.approx(places, nan_ok=True)
    assert {*inputs.findings["rule"]} & {"heading_share", "heading_scale"} == ({rule} if rule else set())


@pytest.mark.parametrize(
    ("column", "heading", "factor", "rule"),
    [
        ("child_doctors", "儿童保健医生（%）", math.nan, "heading_share"),
        ("child_doctors", "儿童保健医生（人）", 1, None),
        ("area_m2", "占地面积（亩）", 2000 / 3, "heading_area"),
        ("area_m2", "占地面积(hm²)", 10_000, "heading_area"),
        ("area_m2", "面积（公顷）", 10_000, "heading_area"),
        ("area_m2", "面积（㎡）", 1, None),
        ("area_m2", "绿地占比（%）", math.nan, "heading_share"),
        ("green", "绿地率（%）", 1, "heading_unit"),
        ("green", "绿地率", 1, None),
    ],
)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_number_that_a_clause_asks_for_has_the_unit_of_its_heading(
    tmp_path: Path, column: str, heading: str, factor: float, rule: str | None, form: str
) -> None:
    study = write_town(tmp_path)
    table = pd.read_csv(tmp_path / "schools.csv").assign(**{heading: [3.0, 1.0, 0.5]})
    table.to_csv(tmp_path / "a.csv", index=False)
    table.to_excel(tmp_path / "a.xlsx", index=False)
    named = plain_heading(heading) if form == "xlsx" else heading
    edited(study, 'path = "schools.csv"', f'path = "a.{form}"\ncolumns = {{ {column} = "{named}" }}')
    inputs = load_inputs(load_study(study), margin_m=50)
    cells = pd.to_numeric(inputs.layers["schools"][column])
    assert cells.tolist() == pytest.approx([3.0 * factor, factor, 0.5 * factor], nan_ok=True)
    said = {"heading_share", "heading_scale", "heading_area", "heading_unit"} & {*inputs.findings["rule"]}
    assert said == ({rule} if rule else set())
