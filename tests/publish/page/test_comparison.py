"""The table and the map of a comparison, and the verb."""

import csv
import json
import re
from pathlib import Path

import pytest
from tools.browser import chromium, open_page
from worlds.studies import invoke, refused
from worlds.town import write_town

from cfgeo.publish.compared.changes import CHANGE_COLUMNS
from cfgeo.publish.compared.differences import compare
from cfgeo.publish.page.comparison import comparison_html
from cfgeo.publish.run.past import load_run

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with runs of the town: as it is, with a school closed, by another standard."""
    home = tmp_path_factory.mktemp("runs")
    for name in ("as_it_is", "closed", "asked"):
        study = write_town(home / f"town_{name}")
        if name == "closed":
            schools = study.parent / "schools.csv"
            lines = schools.read_text(encoding="utf-8").replace("Low School", "</script><b>Low").splitlines()
            schools.write_text("\n".join(line for line in lines if "Low" not in line), encoding="utf-8")
        if name == "asked":
            standard = study.parent / "standard.toml"
            standard.write_text(standard.read_text(encoding="utf-8").replace("need_share = 0.8", "need_share = 0.1", 1))
        result = invoke("run", study, "--out", home / name, "--no-cache", "--only", "tables")
        assert result.exit_code == 0
    return home


def test_the_verb_says_what_changed_and_writes_table_and_map(runs: Path, tmp_path: Path) -> None:
    result = invoke("compare", runs / "as_it_is", runs / "closed", "--out", tmp_path / "new" / "out", "--lang", "en")
    assert result.exit_code == 0
    assert "Comparable" in result.stdout
    assert "Communities: 0 gained their verdict, 1 lost it." in result.stdout
    assert "no longer on the list: Low School" in result.stdout
    with (tmp_path / "new" / "out" / "comparison.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == [*CHANGE_COLUMNS, "comparable", "provenance"]
    assert all("illustrative data" in row["provenance"] for row in rows)
    assert {(row["code"], row["clause"], row["change"]) for row in rows} >= {
        ("C01", "", "lost"), ("C01", "school", "lost")}  # fmt: skip
    assert {row["comparable"] for row in rows} == {"yes"}
    page = (tmp_path / "new" / "out" / "comparison.html").read_text(encoding="utf-8")
    assert 'class="status status-illustrative">illustrative data' in page
    assert not re.search(r"""(src|href)=["']https?://""", page.split("<script>")[0])


def test_the_same_comparison_gives_the_same_bytes(runs: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        invoke("compare", runs / "as_it_is", runs / "closed", "--out", tmp_path / name)
    for name in ("comparison.csv", "comparison.html"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize(("lang", "word"), [("zh", "不可比"), ("en", "NOT COMPARABLE")])
def test_what_is_not_comparable_is_shown_under_that_heading(runs: Path, tmp_path: Path, lang: str, word: str) -> None:
    result = invoke("compare", runs / "as_it_is", runs / "asked", "--out", tmp_path / "out", "--lang", lang)
    assert result.exit_code == 3
    assert word in result.stdout
    assert "80% → 10%" in result.stdout
    assert word in (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    with (tmp_path / "out" / "comparison.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert {row["comparable"] for row in csv.DictReader(stream)} == {"no"}


def test_tables_have_no_empty_column_and_the_standard_its_name(runs: Path) -> None:
    comparison = compare(load_run(runs / "as_it_is"), load_run(runs / "closed"))
    page = comparison_html(comparison, lang="zh")
    tables = re.findall(r"<table>.*?</table>", page, re.S)
    assert tables
    for table in tables:
        heads = re.findall(r'<th scope="col">(.*?)</th>', table)
        cells = re.findall(r'<td data-label="(.*?)">(.*?)</td>', table)
        assert {head for head, cell in cells if cell} == set(heads)
    standard = comparison.b.record["parameters"]["standard"]
    (badge,) = re.findall(r'class="status status-\w+">(.*?)</p>', page)
    assert badge.endswith(standard["title"])
    assert standard["id"] != standard["title"]


def test_a_folder_without_a_run_is_one_clear_sentence(runs: Path, tmp_path: Path) -> None:
    assert "holds no run of cfgeo" in refused("compare", runs / "as_it_is", tmp_path, "--lang", "en")


def test_the_map_has_the_ground_of_the_second_runs_page(runs: Path, tmp_path: Path) -> None:
    study = write_town(tmp_path / "town")
    assert invoke("run", study, "--out", tmp_path / "whole", "--no-cache", "--only", "map,tables").exit_code == 0
    a, b = load_run(runs / "as_it_is"), load_run(tmp_path / "whole")
    assert a.page == {}, "this run has no page"
    assert b.page["land"] is not None
    for lang, words in (("zh", b.page["land"]["words"]), ("en", "")):
        held = re.search(r'id="cfgeo-data">(.*?)</script>', comparison_html(compare(a, b), lang=lang), re.DOTALL)
        assert held is not None
        data = json.loads(held[1])
        assert data["streets"]["path"] == b.page["streets"]["path"]
        assert data["land"] == {**b.page["land"], "words": words}, "words of the other language are left out"
    (tmp_path / "whole" / "index.html").write_text("<script>alert(1)</script>", encoding="utf-8")
    assert load_run(tmp_path / "whole").page == {}, "changed since"


@pytest.mark.browser
def test_the_map_draws_every_community_and_a_click_tells_its_changes(runs: Path, tmp_path: Path) -> None:
    invoke("compare", runs / "as_it_is", runs / "closed", "--out", tmp_path / "out", "--lang", "en")
    with (
        chromium(tmp_path / "profile") as context,
        open_page(context, tmp_path / "out" / "comparison.html") as watched,
    ):
        shapes = watched.page.locator("path.leaflet-interactive")
        assert shapes.count() == 4
        labels = watched.page.locator(".label")
        assert "Lower West\n✗" in labels.filter(has_text="Lower West").inner_text()
        assert watched.page.locator(".north").is_visible()
        assert watched.page.locator(".leaflet-control-scale-line").is_visible()
        assert watched.page.locator("#changes tbody tr").count() >= 2
        fills = [shapes.nth(i).get_attribute("fill") for i in range(4)]
        shapes.nth(fills.index("#d9822b")).click()
        assert "Lower West" in watched.page.locator(".leaflet-popup-content").inner_text()
