"""A unit belongs to its figure: per mille, per cent, per 1,000 and places are read right in every output."""

import json
import re
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pandas as pd
import pytest
from worlds.series import run_years
from worlds.studies import invoke

from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.compared.differences import compare
from cfgeo.publish.compared.series.table import make_series
from cfgeo.publish.run.past import load_run
from cfgeo.publish.series import write_series
from cfgeo.publish.words.compared.comparison import comparison_text
from cfgeo.publish.writers import write_comparison

CLAUSES = "".join(
    f"""
[[clause]]
id = "{scope}-rate"
name = "{scope} 死亡率"
name_en = "{scope} mortality"
scope = "{scope}"
measure = "reported"
indicator = ["死亡率"]
need_value = 3
unit = "‰"
compare = "at_most"
"""
    for scope in ("district", "street_office", "community", "block")
)
PLACES = """
[[clause]]
id = "places-rate"
name = "千人学位"
name_en = "Places per 1,000"
scope = "district"
measure = "rate"
layer = "schools"
need_rate = 4.5
"""


def figures(folder: Path, year: int, rates: dict[str, str]) -> None:
    rows = [f"死亡率,{year},{area},{rate},‰" for area, rate in rates.items()]
    (folder / "figures.csv").write_text("\n".join(["指标,年份,区域,数值,单位", *rows]) + "\n", "utf-8")


def before(folder: Path) -> None:
    """Report 3.25 ‰ of the district, which is too much, and 2.5 ‰ of North and of Upper."""
    study, standard = folder / "study.toml", folder / "standard.toml"
    study.write_text(study.read_text("utf-8") + '\n[reported]\npath = "figures.csv"\n', "utf-8")
    standard.write_text(standard.read_text("utf-8") + CLAUSES + PLACES, "utf-8")
    figures(folder, 2024, {"": "3.25", "North": "2.5", "C03": "2.5"})


def after(folder: Path) -> None:
    """Report 1.5 ‰ and 4.75 ‰."""
    figures(folder, 2025, {"": "1.5", "North": "4.75", "C03": "4.75"})


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("units")
    return run_years(home, {2024: before, 2025: after}, lang="en", only=("tables", "map", "reports"))


def words(path: Path) -> str:
    """Return all that a Word report says, cells apart by bars."""
    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "|".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def sheet(path: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of a sheet, each value as a spreadsheet shows it."""
    rows = list(openpyxl.load_workbook(path)[name].iter_rows())
    head = next(i for i, row in enumerate(rows) if row[0].comment)
    keys = [cell.comment.text.strip() if cell.comment else str(cell.value) for cell in rows[head]]
    return [{key: shown(cell) for key, cell in zip(keys, row, strict=True)} for row in rows[head + 1 :]]


def shown(cell: Any) -> str:
    form = cell.number_format.partition(";")[0]
    if not isinstance(cell.value, int | float):
        return str(cell.value)
    decimals = form.rstrip('%"‰').rstrip("#").partition(".")[2].count("0")
    number = cell.value * 100 if form.endswith("%") else cell.value
    digits = f"{number:.2f}".removesuffix("0") if "#" in form.partition(".")[2] else f"{number:.{decimals}f}"
    return f"{digits}{'%' if form.endswith('%') else '‰' if '‰' in form else ''}"


def test_the_scorecard_shows_per_mille_with_its_sign(out: Path) -> None:
    rows = {row["clause"]: row for row in sheet(out / "scorecard.xlsx", "District")}
    district = rows["district-rate"]
    assert (district["asked"], district["found"]) == ("3.0‰", "1.5‰")
    assert district["asks"] == "at most 3 ‰"
    earlier = {row["clause"]: row for row in sheet(out / "years" / "2024" / "scorecard.xlsx", "District")}
    short = earlier["district-rate"]
    assert (short["found"], short["gap"], short["gap_said"]) == ("3.25‰", "0.25‰", "0.25 ‰ too many")
    office = rows["street_office-rate"]
    assert office["asks"].startswith("at most 3 ‰; in 100 % of street offices")
    assert office["found"].endswith("%"), "the share of street offices, whatever they are judged by"
    assert rows["places-rate"]["asks"].startswith("at least 4.5")


def test_communities_and_offices_have_the_unit_of_the_clause_in_the_workbook(out: Path) -> None:
    path = out / "scorecard.xlsx"
    clauses = [row for row in sheet(path, "Clauses") if row["clause_name"] == "community mortality"]
    assert {row["need"] for row in clauses} == {"3.0‰"}
    assert {row["community"]: row["value"] for row in clauses}["Upper"] == "4.75‰"


def test_the_page_says_per_mille(out: Path) -> None:
    html = (out / "index.html").read_text("utf-8")
    data = json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)[1])
    coverage, codes = data["coverage"]["community-rate"], [place["code"] for place in data["communities"]]
    assert coverage["said"][codes.index("C03")] == "4.75 ‰"
    assert {*coverage["asked"]} == {"at most 3 ‰"}
    home = data["coverage"]["home"]
    assert (home["said"][0], home["asked"][0]) == ("1", "at least 1")
    assert "1.5 ‰ today; the clause asks for at most 3 ‰" in html


def test_reports_say_per_mille(out: Path) -> None:
    assert "1.5 ‰" in words(out / "reports" / "district.docx")
    north = next(path for path in (out / "reports").rglob("*.docx") if "North" in path.name)
    assert "4.75 ‰|at most 3 ‰|failed" in words(north)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_compared_runs_say_per_mille(out: Path, lang: Lang, tmp_path: Path) -> None:
    comparison = compare(load_run(out / "years" / "2024"), load_run(out))
    gap = " " if lang == "en" else ""
    said = comparison_text(comparison, lang=lang)
    for pair in ((f"3.25{gap}‰", f"1.5{gap}‰"), (f"2.5{gap}‰", f"4.75{gap}‰")):
        assert all(number in said for number in pair), pair
    write_comparison(comparison, tmp_path / lang, lang=lang)
    html = next((tmp_path / lang).glob("*.html")).read_text("utf-8")
    assert f"≤ 3{gap}‰" in html
    for wrong in ("0.325", "0.33", "0.15", "0.475", "0.48"):
        assert f"{wrong}{gap}%" not in said + html


def test_the_series_says_per_mille(out: Path, tmp_path: Path) -> None:
    write_series(make_series([out]), tmp_path / "out", lang="en")
    table = pd.read_csv(tmp_path / "out" / "series.csv", dtype=str)
    district = table[table["clause"] == "district-rate"]
    assert district["shown"].tolist() == ["3.25 ‰", "1.5 ‰"]
    assert district["value"].tolist() == ["0.00325", "0.0015"]
    assert district["is_share"].tolist() == ["yes", "yes"]
    community = table[(table["clause"] == "community-rate") & (table["unit"] == "C03")]
    assert community["shown"].tolist() == ["2.5 ‰", "4.75 ‰"]
    rows = {row["clause"]: row for row in sheet(tmp_path / "out" / "series.xlsx", "Indicators")}
    assert [rows["district-rate"][f"value_{year}"] for year in (2024, 2025)] == ["3.25‰", "1.5‰"]
    assert rows["district-rate"]["target"] == "≤ 3 ‰"
    reported = sheet(tmp_path / "out" / "series.xlsx", "Reported")
    assert [row["value_2025"] for row in reported if row["unit"] == "North"] == ["4.75‰"]
    for path in (tmp_path / "out").iterdir():
        said = {".html": lambda path: path.read_text("utf-8"), ".docx": words}.get(path.suffix)
        if said:
            assert "3.25 ‰" in said(path), path.name
            assert "0.325 %" not in said(path), path.name


def test_a_what_if_says_per_1000_as_a_number_and_per_mille_with_its_sign(out: Path, tmp_path: Path) -> None:
    study = out.parent / "town" / "study.toml"
    changes = tmp_path / "changes.toml"
    changes.write_text('[[change]]\naction = "close"\nlayer = "schools"\nfacility = "High School"\n', "utf-8")
    told = invoke("whatif", study, changes, "-o", tmp_path / "whatif.csv", "--lang", "en", "--no-cache")
    assert told.exit_code == 0, told.output
    assert "Places per 1,000: 100 → 77.78 (asked: ≥ 4.5)" in told.stdout, "450 and 350 places for 4,500 residents"
