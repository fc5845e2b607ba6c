"""Three years of the default study, changed by a script: series, comparison and report say what it did, no more."""

import re
import shutil
from pathlib import Path

import docx
import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
from worlds.studies import invoke

import cfgeo
from cfgeo.publish.compared.series.table import Series, make_series

ROOT = Path(__file__).resolve().parents[2]
YEARS = (2024, 2025, 2026)
BUILT_IN = "莲花池社区"
"""It has all but a children's home."""
FORGOTTEN = ("嘉西村社区", "袁家岗社区")
"""Their protection rooms are missing from the list."""
MISPLACED = ("领事巷社区", "民乐村社区")
"""The children's home of the first stands in truth in the second. Both fail for other reasons."""


def middle(folder: Path, community: str) -> str:
    """Return lon and lat of a point in a community, as a list has them."""
    areas = gpd.read_file(folder / "boundaries" / "communities.geojson").set_index("community")
    point = areas.geometry[community].representative_point()
    return f"{point.x:.6f},{point.y:.6f}"


def lines_of(path: Path) -> tuple[str, list[str]]:
    head, *lines = path.read_text("utf-8").splitlines()
    return head, lines


def write_lines(path: Path, head: str, lines: list[str]) -> None:
    path.write_text("\n".join([head, *lines]) + "\n", "utf-8")


def build_close_and_certify(folder: Path) -> None:
    """Build a children's home, close a study base, certify two more schools; the figures of 2025 are out."""
    homes = folder / "facilities" / "children_homes.csv"
    head, lines = lines_of(homes)
    write_lines(homes, head, [*lines, f"{BUILT_IN}儿童之家,childrens_home,{middle(folder, BUILT_IN)}"])
    bases = folder / "facilities" / "study_bases.csv"
    head, lines = lines_of(bases)
    write_lines(bases, head, lines[1:])
    schools = folder / "facilities" / "schools.csv"
    head, lines = lines_of(schools)
    certify = [i for i, line in enumerate(lines) if ",junior," in line and ",no," in line][:2]
    write_lines(
        schools, head, [line.replace(",no,", ",yes,", 1) if i in certify else line for i, line in enumerate(lines)]
    )


def correct(folder: Path) -> None:
    """List two protection rooms that have been there since 2019; the others since 2018.

    A children's home gets its right position, and a private kindergarten its right number of places, 90 instead of 190.
    """
    rooms = folder / "facilities" / "protection_rooms.csv"
    head, lines = lines_of(rooms)
    late = [f"{name}未成年人保护工作室,room,{middle(folder, name)},2019" for name in FORGOTTEN]
    write_lines(rooms, f"{head},建成年份", [*(f"{line},2018" for line in lines), *late])
    homes = folder / "facilities" / "children_homes.csv"
    head, lines = lines_of(homes)
    name = f"{MISPLACED[0]}儿童之家,childrens_home"
    moved = [f"{name},{middle(folder, MISPLACED[1])}" if line.startswith(name) else line for line in lines]
    assert moved != lines
    write_lines(homes, head, moved)
    schools = folder / "facilities" / "schools.csv"
    schools.write_text(schools.read_text("utf-8").replace(",no,190,no,no,", ",no,90,no,no,", 1), "utf-8")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("years")
    folder = home / "study"
    shutil.copytree(ROOT / "data", folder)
    file = folder / "study.toml"
    body = re.sub(r"(?s)\n\[projects\].*?(?=\n\[walk\])", "", file.read_text("utf-8"))
    for year, change in zip(YEARS, (None, build_close_and_certify, correct), strict=True):
        dated = body.replace('date = "2026-11"', f'date = "{year}-11"')
        file.write_text(dated.replace("[study]\n", f"[study]\nas_of = {year}-12-31\n", 1), "utf-8")
        if change is not None:
            change(folder)
        results = cfgeo.run_study(cfgeo.load_study(file), cache=home / "cache")
        cfgeo.publish(results, home / "out", lang="zh", only=("tables",))
    return home / "out"


@pytest.fixture(scope="module")
def series(out: Path) -> Series:
    return make_series([out])


def changes_of(series: Series, scope: str) -> dict[tuple[str, str, int], str]:
    table = series.table[(series.table["scope"] == scope) & (series.table["nature"] != "")]
    return {(row.clause, row.unit, row.year): row.nature for row in table.itertuples()}


def district(series: Series, clause: str) -> list[float]:
    table = series.table[(series.table["scope"] == "district") & (series.table["clause"] == clause)]
    return table.sort_values("year")["value"].tolist()


def test_the_series_is_what_the_script_did_and_no_correction_is_progress(series: Series) -> None:
    """71 of 79 communities have a home, then 72; one more passes: 41, 42. Four study bases, then three.

    Eight schools are certified, then ten. 77 of 79 have a protection room, in truth all: that is known in 2026 only. So
    are where a home stands, with which as many communities have one, and the places of a private kindergarten.
    """
    assert series.years == [*YEARS]
    assert series.notes == []
    assert district(series, "") == pytest.approx([41 / 79, 42 / 79, 42 / 79])
    assert district(series, "P8-home") == pytest.approx([71 / 79, 72 / 79, 72 / 79])
    assert district(series, "P16-bases") == [4, 3, 3]
    assert district(series, "P9-campus") == [8, 10, 10]
    assert district(series, "P43-rooms") == pytest.approx([77 / 79, 77 / 79, 1])
    changes = changes_of(series, "district")
    named = {(clause, year): nature for (clause, _, year), nature in changes.items() if not is_reported(clause)}
    assert named == {
        ("", 2025): "progress",
        ("P8-home", 2025): "progress",
        ("P9-campus", 2025): "progress",
        ("P16-bases", 2025): "decline",
        ("P43-rooms", 2026): "data",
        ("P18-public", 2026): "data",
        ("P18-inclusive", 2026): "data",
    }
    public = district(series, "P18-public")
    assert public[2] > public[1] == public[0]  # better, and no progress
    homes = {(unit, year): nature for (clause, unit, year), nature in changes_of(series, "community").items()
             if clause == "P8-home"}  # fmt: skip
    ((code, _),) = [key for key, nature in homes.items() if nature == "progress"]
    assert changes_of(series, "community")["", code, 2025] == "progress"
    assert sorted((year, nature) for (_, year), nature in homes.items()) == [
        (2025, "progress"), (2026, "data"), (2026, "data")
    ]  # fmt: skip


def is_reported(clause: str) -> bool:
    return any(
        other.id == clause and other.measure == "reported" for other in cfgeo.load_standard("yuzhong-2026").clause
    )


def test_reported_figures_rise_and_fall_as_the_table_has_them(series: Series) -> None:
    """Rates of death and stunting are better when they fall."""
    changes = {
        clause: nature for (clause, _, _), nature in changes_of(series, "district").items() if is_reported(clause)
    }
    falls = {"P21-under-five", "P38-tests"}
    assert {clause for clause, nature in changes.items() if nature == "decline"} == falls
    assert {nature for clause, nature in changes.items() if clause not in falls} == {"progress"}
    assert district(series, "P19-fitness") == pytest.approx([0.572, 0.615, 0.615])
    assert district(series, "P21-under-five") == pytest.approx([0.0031, 0.0042, 0.0042])


def test_a_comparison_of_two_years_names_the_same_changes(out: Path, tmp_path: Path) -> None:
    runs = {year: out / "years" / str(year) for year in YEARS[:2]} | {YEARS[2]: out}
    for old, new, words in (
        (2024, 2025, (f"{BUILT_IN}儿童之家", "研学实践基地1", "中学1")),
        (2025, 2026, tuple(f"{name}未成年人保护工作室" for name in FORGOTTEN)),
    ):
        invoke("compare", runs[old], runs[new], "--out", tmp_path / str(new))
        table = pd.read_csv(tmp_path / str(new) / "comparison.csv", encoding="utf-8-sig", dtype=str)
        said = "".join(table["because"].fillna(""))
        assert all(word in said for word in words)
        own = table[(table["scope"] == "district") & (table["clause"].fillna("") != "")].set_index("clause")["nature"]
        kinds = {clause: nature for clause, nature in own.items() if not is_reported(str(clause))}
        if new == 2025:  # undated places of a newer list are what happened, as in the series
            assert kinds == dict.fromkeys(("P8-home", "P9-campus", "P16-bases"), "ground")
        else:
            assert kinds == {"P43-rooms": "correction", "P18-public": "unknown", "P18-inclusive": "unknown"}
        moved = table[(table["scope"] == "community") & (table["clause"] == "P8-home")]
        assert list(moved["nature"]) == (["ground"] if new == 2025 else ["unknown", "unknown"])


def test_one_command_writes_the_assessment_report(out: Path, tmp_path: Path) -> None:
    invoke("series", out, "-o", tmp_path / "report")
    table = docx.Document(str(tmp_path / "report" / "series.docx")).tables[0]
    heads, *lines = [[cell.text.replace("\xa0", " ") for cell in row.cells] for row in table.rows]
    rows = {row[1]: dict(zip(heads, row, strict=True)) for row in lines}
    campus, rooms = rows["儿童友好校园"], rows["社区有未成年人保护工作室"]
    shown = ("条目", "2024 年", "2025 年", "2026 年", "目标", "完成情况")
    assert [campus[head] for head in shown] == ["9", "8", "10", "10", "≥ 10", "达标"]
    assert "2025 年（进展）" in campus["变化原因"]
    assert [rooms[head] for head in shown] == ["43", "97.5%", "97.5%", "100.0%", "≥ 100%", "达标"]
    assert "不计为进展或退步" in rooms["变化原因"]
    book = openpyxl.load_workbook(tmp_path / "report" / "series.xlsx")
    cells = [[cell.value for cell in row] for row in book["指标监测"].iter_rows()]
    assert any("儿童友好校园" in row and {8, 10} <= set(row) for row in cells)
    assert "研学实践基地" in (tmp_path / "report" / "series.html").read_text("utf-8")
    long = pyogrio.read_dataframe(tmp_path / "report" / "series.gpkg", layer="indicators")
    own = long[(long["clause"] == "P9-campus") & (long["scope"] == "district")]
    assert list(own["value"]) == [8, 10, 10]
