"""The facilities of a study: layers of several files, and what their rows count as."""

from pathlib import Path

import pandas as pd
import pytest
from worlds.studies import degrees, edited
from worlds.town import write_town

from cfgeo import CheckError, Inputs, load_inputs, load_study, run_study

A, B, C = ("{:.7f},{:.7f}".format(*degrees(x, 50.0)) for x in (20.0, 60.0, 300.0))
"""Three places in the town, in degrees."""
SCHOOLS = '[layers.schools]\npath = "schools.csv"\n'


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a town of the test's own."""
    return write_town(tmp_path / "town")


def load(study: Path) -> Inputs:
    return load_inputs(load_study(study), margin_m=500.0)


def with_schools(study: Path, toml: str, **files: str) -> Path:
    """Return a study whose schools come from CSV files of these names and contents."""
    for name, body in files.items():
        (study.parent / f"{name}.csv").write_text(body, encoding="utf-8")
    return edited(study, SCHOOLS, toml)


def found(inputs: Inputs, rule: str) -> pd.DataFrame:
    return inputs.findings[inputs.findings["rule"] == rule]


THREE_LISTS = """
[[layers.schools]]
path = "小学.csv"
kind = "primary"
columns = { name = "学校名称", lon = "经度", lat = "纬度" }
date = "2025"
[[layers.schools]]
path = "初中.csv"
kind = "junior"
"""


def test_the_lists_of_a_layer_are_one_table_each_with_its_kind_and_columns(study: Path) -> None:
    lists = {"小学": f"学校名称,经度,纬度\n甲,{A}\n乙,{C}\n", "初中": f"name,capacity,lon,lat\n丙,300,{B}\n"}
    inputs = load(with_schools(study, THREE_LISTS, **lists))
    schools = inputs.layers["schools"]
    assert schools.index.tolist() == ["schools-1", "schools-2", "schools-3"]
    assert schools["name"].tolist() == ["甲", "乙", "丙"]
    assert schools["kind"].tolist() == ["primary", "primary", "junior"]
    assert schools["capacity"].isna().tolist() == [True, True, False]
    records = [file for file in inputs.files if file.role == "schools"]
    assert [(file.path, file.date) for file in records] == [("小学.csv", "2025"), ("初中.csv", "")]
    assert records[0].sha256 != records[1].sha256


def test_findings_about_one_list_of_several_name_its_file_and_row(study: Path) -> None:
    lists = {
        "小学": f"学校名称,经度,纬度\n甲,{A}\n乙,{C}\n",
        "初中": f"name,capacity,lon,lat\n丙,约三百,{B}\n丁,200,,\n戊,1,{C}\n",
    }
    inputs = load(with_schools(study, THREE_LISTS, **lists))
    assert found(inputs, "not_number")["row"].tolist() == ["初中.csv 2"]
    assert found(inputs, "no_position")["row"].tolist() == ["初中.csv 3"]


def test_an_empty_list_of_several_is_named_and_the_others_count(study: Path) -> None:
    lists = {"小学": f"学校名称,经度,纬度\n甲,{A}\n", "初中": "name,lon,lat\n"}
    inputs = load(with_schools(study, THREE_LISTS, **lists))
    assert inputs.layers["schools"]["name"].tolist() == ["甲"]
    assert found(inputs, "file_empty")["row"].tolist() == ["初中.csv"]


def test_one_list_in_swapped_order_is_an_error_though_the_others_are_right(study: Path) -> None:
    lon, lat = A.split(",")
    lists = {"小学": f"学校名称,经度,纬度\n甲,{A}\n乙,{B}\n", "初中": f"name,lon,lat\n丙,{lat},{lon}\n"}
    with pytest.raises(Exception, match=r"初中\.csv"):
        load(with_schools(study, THREE_LISTS, **lists))


def test_a_filter_that_fits_no_row_is_an_error_with_the_values_that_there_are(study: Path) -> None:
    rows = f"层,name,kind,lon,lat\nedu_list,甲,primary,{A}\nedu_list,乙,primary,{B}\n"
    with pytest.raises(CheckError) as caught:
        load(with_schools(study, SCHOOLS + 'where = { "层" = "学校" }\n', schools=rows))
    findings = caught.value.findings
    assert "layer_empty" not in set(findings.loc[findings["layer"] == "schools", "rule"])
    row = findings.iloc[0]  # the worst comes first
    assert (row["rule"], row["severity"], row["layer"]) == ("where_none", "error", "schools")
    assert row["values"] == {"file": "schools.csv", "where": "层 = 学校", "column": "层", "has": ("edu_list",)}


@pytest.mark.parametrize(
    ("cell", "value"), [("Ｅdu ", '"edu"'), ("3", "3.0"), ("3.0", "3"), ("3", '"3"'), ("甲　类", '"甲 类"')]
)
def test_a_filter_compares_without_width_capitals_blanks_and_decimals(study: Path, cell: str, value: str) -> None:
    rows = f"层,name,kind,lon,lat\n{cell},甲,primary,{A}\n9,乙,primary,{B}\n"
    inputs = load(with_schools(study, SCHOOLS + f'where = {{ "层" = {value} }}\n', schools=rows))
    assert inputs.layers["schools"]["name"].tolist() == ["甲"]


def test_a_filter_that_fits_nothing_on_the_map_is_a_warning(study: Path) -> None:
    osm = '[layers.schools]\nosm = { highway = "*" }\nwhere = { name = "no street" }\n'
    inputs = load(edited(study, SCHOOLS, osm))
    assert found(inputs, "where_none")["severity"].tolist() == ["warning"]


JUNIOR = """
[[clause]]
id = "junior"
name = "初中"
name_en = "Junior"
layer = "schools"
kind = ["初中"]
walker = "child"
need_share = 0.8
[[clause]]
id = "every"
name = "各校"
name_en = "Schools of any kind"
scope = "district"
measure = "count"
layer = "schools"
kind = ["primary", "junior"]
need_count = 1
"""


def test_a_school_of_two_kinds_counts_in_both_clauses_and_is_one_place(study: Path, tmp_path: Path) -> None:
    apart = write_town(tmp_path / "apart")
    for town, rows in ((study, [f"甲,九年一贯制学校,{B}"]), (apart, [f"甲,小学,{B}", f"乙,初中,{B}"])):
        with (town.parent / "standard.toml").open("a", encoding="utf-8") as standard:
            standard.write(JUNIOR)
        (town.parent / "schools.csv").write_text("\n".join(["name,kind,lon,lat", *rows, ""]), encoding="utf-8")
    one, two = run_study(load_study(study)), run_study(load_study(apart))
    columns = ["code", "clause", "share", "places", "verdict", "median_minutes"]
    pd.testing.assert_frame_equal(one.coverage[columns], two.coverage[columns])
    assert one.coverage.loc[one.coverage["clause"] == "junior", "share"].max() == 1
    assert (one.clauses.loc["every", "found"], two.clauses.loc["every", "found"]) == (1, 2)
    assert one.facilities.loc[one.facilities["layer"] == "schools", "kind"].tolist() == ["primary+junior"]


@pytest.mark.parametrize("heading", ["名称", "学校名称", "机构名称", "单位名称", "NAME", "title"])
def test_names_under_another_heading_are_read_with_a_note(study: Path, heading: str) -> None:
    body = (study.parent / "schools.csv").read_text(encoding="utf-8")
    (study.parent / "schools.csv").write_text(body.replace("kind,name", f"kind,{heading}", 1), encoding="utf-8")
    inputs = load(study)
    assert inputs.layers["schools"]["name"].tolist() == ["Low School", "High School", "Lost School"]
    found = inputs.findings[inputs.findings["rule"] == "name_heading"]
    assert found[["layer", "row", "severity"]].to_numpy().tolist() == [["schools", heading, "note"]]


@pytest.mark.parametrize(
    ("heading", "cell"), [("街道名称", None), ("主管单位名称", None), ("名称", ""), ("学校", "是")]
)
def test_names_of_something_else_and_blank_ones_are_no_names(study: Path, heading: str, cell: str | None) -> None:
    table = pd.read_csv(study.parent / "schools.csv").rename(columns={"name": heading})
    table.assign(**{heading: table[heading] if cell is None else cell}).to_csv(
        study.parent / "schools.csv", index=False
    )
    inputs = load(study)
    assert inputs.layers["schools"]["name"].tolist() == [""] * 3
    assert "name_heading" not in set(inputs.findings["rule"])
