"""One budget for all districts: what it comes to, where it is told, and when nothing is shared."""

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import shapely
from tools.served import town_with_list
from worlds.cities import contents
from worlds.studies import edited

from cfgeo.batch.budget import share_budget
from cfgeo.batch.district import judge_district
from cfgeo.batch.kept import Task
from cfgeo.batch.run import BatchChoices, run_batch
from cfgeo.batch.studies import load_batch
from cfgeo.publish.batch.page import batch_html
from cfgeo.publish.batch.values import BatchResults, District
from cfgeo.publish.batch.words import budget_texts

MONEY = 300.0


@contextmanager
def here() -> Iterator[Any]:
    """Judge districts in this process."""

    def judge(tasks: Sequence[Task]) -> Iterator[District]:
        yield from map(judge_district, tasks)

    yield judge


def shared(folder: Path, money: float) -> BatchResults:
    (folder / "batch.toml").write_text(f'[batch]\nbudget = {money}\nstudies = ["*/town/study.toml"]\n', "utf-8")
    return run_batch(load_batch(folder / "batch.toml"), folder / "out", BatchChoices("en", ("map",)), where=here)[0]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BatchResults]:
    """Return two towns with reserve lists, the second one's cheaper, and what a budget for both comes to."""
    folder = tmp_path_factory.mktemp("two")
    for name in ("a", "b"):
        edited(town_with_list(folder / name), 'id = "town"', f'id = "{name}"')
    lists = folder / "b" / "town" / "projects.csv"
    head, *rows = lists.read_text("utf-8").splitlines()
    cells = [row.split(",") for row in rows]
    cheap = [",".join([*row[:2], str(float(row[2]) * 0.6), *row[3:]]) for row in cells]
    lists.write_text("\n".join([head, *cheap]) + "\n", "utf-8")
    return folder, shared(folder, MONEY)


def test_no_other_share_of_the_money_brings_more(two: tuple[Path, BatchResults]) -> None:
    folder, results = two
    plans = [
        json.loads((folder / "out" / "districts" / name / "run.json").read_text("utf-8"))["plan"] for name in ("a", "b")
    ]
    every = [
        (-sum(point["passed"] for point in points), sum(point["cost"] for point in points))
        for points in product(*(plan["frontier"] for plan in plans))
    ]
    best = min(pair for pair in every if pair[1] <= MONEY)
    assert results.budget is not None
    assert (-sum(row.after for row in results.budget.rows), results.budget.cost) == (best[0], pytest.approx(best[1]))
    assert results.budget.gained > 0
    assert results.budget.more == 0


def test_it_stands_on_the_page_in_the_workbook_and_in_tables(two: tuple[Path, BatchResults]) -> None:
    folder, results = two
    out = folder / "out"
    assert results.budget is not None
    words, proof = budget_texts(results, "en")
    page = (out / "index.html").read_text("utf-8")
    assert words in page
    assert proof in page
    assert "proven" in proof
    with (out / "budget.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["district"] for row in rows] == ["a", "b"]
    assert sum(float(row["cost"]) for row in rows) == pytest.approx(results.budget.cost)
    book = openpyxl.load_workbook(out / "districts.xlsx")
    sheet = {row[0]: row for row in book["Budget"].iter_rows(min_row=6, values_only=True)}
    assert sheet["b"][3] == results.budget.rows[1].after
    record = json.loads((out / "batch.json").read_text("utf-8"))["budget"]
    assert record["cost"] == pytest.approx(results.budget.cost)
    chinese = batch_html(results, dict.fromkeys("ab", shapely.box(106, 29, 107, 30)), lang="zh")
    assert "300 CNY 由 2 个区合用" in chinese
    assert chinese.count('<th scope="row">') == 4


def test_another_budget_judges_no_district_again(two: tuple[Path, BatchResults]) -> None:
    folder, results = two
    before = contents(folder / "out" / "districts")
    again = shared(folder, 0)
    assert [district.state for district in again.districts] == ["kept", "kept"]
    assert again.budget is not None
    assert again.budget.gained == 0
    assert contents(folder / "out" / "districts") == before
    assert shared(folder, MONEY).budget == results.budget


def planned(name: str, points: list[tuple[int, float, float]], *, most: int = 0, unit: str = "CNY") -> District:
    frontier = [{"passed": n, "cost": cost, "bound": bound, "projects": ["P"] * n} for n, cost, bound in points]
    plan = {"unit": unit, "most": most or points[-1][0], "frontier": frontier}
    study = {"title": name, "title_en": name, "status": "official"}
    return District(name, name, "done", {"plan": plan, "study": study})


EXACT = planned("x", [(2, 10.0, 10.0), (3, 20.0, 20.0)])


@pytest.mark.parametrize(
    ("districts", "money", "more", "words"),
    [
        # A third community could cost 25 as well as 40: the 40 that are there might bring it.
        ([EXACT, planned("y", [(0, 0, 0), (1, 50.0, 15.0)])], 36.0, 1, "at most 1 more"),
        # A number beyond the last known set costs as much as that, at least.
        ([EXACT, planned("y", [(0, 0, 0), (1, 5.0, 5.0)], most=3)], 25.0, 2, "at most 2 more"),
        ([EXACT, planned("y", [(0, 0, 0), (1, 5.0, 5.0)])], 25.0, 0, "proven"),
        ([EXACT], 9.0, 0, "which costs 10 CNY"),
        ([EXACT, planned("y", [(0, 0, 0)], unit="EUR")], 9.0, 0, "different units (CNY, EUR)"),
        ([District("z", "z", "failed")], 9.0, 0, "No district has a plan"),
    ],
)
def test_how_sure_a_share_is(districts: list[District], money: float, more: int, words: str) -> None:
    budget = share_budget(districts, money)
    assert budget.more == more
    for lang in ("en", "zh"):
        told = budget_texts(BatchResults("", "", tuple(districts), budget=budget), lang)
        assert any(words in sentence for sentence in told) or lang == "zh"
