"""The whole tool as a planner runs it: the same numbers in every output, the same bytes each time."""

import csv
import json
import math
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from worlds.studies import assert_calm, cfgeo
from worlds.town import write_town

from cfgeo.pipeline.run import STAGES
from cfgeo.publish.run.folder import BLOCKS, FILES, PLAN, PLAN_TABLES, ZONES
from cfgeo.publish.tables.csv import BUSIEST

ROOT = Path(__file__).resolve().parents[2]
STUDIES = ("town", "default", "yuzhong", "monaco")
COMMUNITIES = {"town": 4, "default": 79, "yuzhong": 79, "monaco": 9}
OFFICES = {"town": 2, "default": 11, "yuzhong": 11, "monaco": 1}
CASES = [pytest.param(name, marks=[pytest.mark.shared] if name in {"yuzhong", "monaco"} else []) for name in STUDIES]

# The town has no big roads, and Monaco's study no layer of walkways.
EMPTY = {("town", "crossings"), ("monaco", "walkways")}

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Outputs:
    """The files and messages of a run."""

    name: str
    folder: Path
    process: CompletedProcess[str]

    def csv(self, name: str) -> Rows:
        """Return the rows of a table."""
        with (self.folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return a layer of the GeoPackage."""
        return pyogrio.read_dataframe(self.folder / "communities.gpkg", layer=name)

    @property
    def record(self) -> dict[str, Any]:
        """The content of run.json."""
        content: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"), parse_constant=_no_constant)
        return content

    @property
    def blocks(self) -> bool:
        """Whether street blocks were judged."""
        return "blocks" in self.record

    @property
    def page(self) -> str:
        """The text of index.html."""
        return (self.folder / "index.html").read_text(encoding="utf-8")

    @property
    def data(self) -> dict[str, Any]:
        """The data that the page embeds."""
        match = re.search(r'<script type="application/json" id="cfgeo-data">(.*?)</script>', self.page, re.S)
        assert match is not None
        data: dict[str, Any] = json.loads(match.group(1), parse_constant=_no_constant)
        return data


def _no_constant(word: str) -> Any:
    raise AssertionError(f"{word} is no JSON")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for studies, outputs and cache."""
    return tmp_path_factory.mktemp("end-to-end")


def path_of(name: str, home: Path) -> Path:
    if name == "town":
        return write_town(home / "town")
    path = ROOT / "data" if name == "default" else ROOT.parent / "shared" / "data" / name
    if not (path / "study.toml").is_file():
        pytest.skip(f"there is no {path.name}/study.toml here")
    return path / "study.toml"


def run(name: str, home: Path, out: str, lang: str = "zh") -> Outputs:
    process = cfgeo(
        "run", path_of(name, home), "--out", out, "--lang", lang, "--only", "map,tables", cwd=home, cache=home / "cache"
    )
    assert_calm(process)
    assert process.returncode == 0, process.stderr
    return Outputs(name, home / out, process)


@pytest.fixture(scope="module")
def town_outputs(home: Path) -> Outputs:
    """Run the town, unchanged."""
    return run("town", home, "town-zh")


@pytest.fixture(scope="module", params=CASES)
def outputs(request: pytest.FixtureRequest, home: Path) -> Outputs:
    """Run each study once, unchanged."""
    if request.param == "town":
        shared: Outputs = request.getfixturevalue("town_outputs")
        return shared
    return run(request.param, home, f"{request.param}-zh")


def value(text: str) -> float | str | None:
    """Return a cell as a number if possible; an empty cell is None."""
    if text == "":
        return None
    try:
        return float(text)
    except ValueError:
        return text


def same(left: Any, right: Any) -> bool:
    """Return whether two cells are equal; missing and NaN are equal."""
    if left is None or (isinstance(left, float) and math.isnan(left)):
        return right is None or (isinstance(right, float) and math.isnan(right))
    if isinstance(left, str) or isinstance(right, str):
        return str(left) == str(right)
    return right is not None and float(left) == float(right)


# The files


def test_all_files_are_there_and_the_headline_is_printed(outputs: Outputs) -> None:
    more = {BLOCKS} if outputs.blocks else set()
    if outputs.name == "default":  # the only study with zones and a reserve list; no years, so no plan by year
        more |= {ZONES, PLAN, *(PLAN_TABLES[name] for name in ("clauses", "moves", "progress"))}
    assert {path.name for path in outputs.folder.iterdir()} == set(FILES) | more
    district = outputs.record["district"]
    headline = outputs.process.stdout.splitlines()[0]
    assert f"{district['communities']} 个社区中 {district['passed']} 个达标（{district['share']:.1%}）" in headline
    assert f"目标 {district['target']:.0%}" in headline
    assert "index.html" in outputs.process.stdout
    assert "读取数据" in outputs.process.stderr
    assert "读取数据" not in outputs.process.stdout


def test_the_default_study_reaches_its_target_with_its_plan(outputs: Outputs) -> None:
    if outputs.name != "default":
        assert not (outputs.folder / "plan.csv").exists()
        return
    built = [row for row in outputs.csv("plan") if row["rank"]]
    assert [int(row["rank"]) for row in built] == list(range(1, len(built) + 1))
    assert int(built[-1]["passed"]) >= math.ceil(outputs.record["district"]["target"] * COMMUNITIES["default"])
    assert float(built[-1]["cost_so_far"]) == sum(float(row["cost"]) for row in built)
    plan = outputs.record["plan"]
    assert plan["built"] == [row["project"] for row in built]
    assert (plan["passed"], plan["cost"]) == (int(built[-1]["passed"]), float(built[-1]["cost_so_far"]))
    assert plan["gap"] <= 0.01
    assert all(row["bound"] <= row["cost"] for row in plan["frontier"])
    assert [row["passed"] for row in plan["frontier"]][-1] == plan["most"]


def test_the_record_holds_headline_inputs_versions_and_findings(outputs: Outputs) -> None:
    record = outputs.record
    assert {"communities", "passed", "share", "target", "met", "marginal"} <= set(record["district"])
    assert all(re.fullmatch(r"[0-9a-f]{64}", entry["sha256"]) for entry in record["inputs"])
    assert {"communities", "network"} <= {entry["role"] for entry in record["inputs"]}
    assert {"cfgeo", "python", "shapely", "geopandas"} <= set(record["versions"])
    planned = {"plan"} if outputs.name == "default" else set()
    assert set(record["run"]["seconds"]) == {*STAGES, "tables", "map"} | planned
    assert all(row["what"] and row["mend"] for row in record["findings"])
    assert record["run"]["network_from_cache"] is False


def test_every_community_is_exactly_once_in_every_table(outputs: Outputs) -> None:
    codes = [row["code"] for row in outputs.csv("communities")]
    assert len(set(codes)) == len(codes) == COMMUNITIES[outputs.name]
    assert outputs.layer("communities")["code"].tolist() == codes
    assert [row["code"] for row in outputs.data["communities"]] == codes
    coverage = outputs.csv("coverage")
    clauses = [row["clause"] for row in outputs.csv("clauses") if row["scope"] == "community"]
    assert sorted((row["code"], row["clause"]) for row in coverage) == sorted(
        (code, c) for code in codes for c in clauses
    )
    assert sum(int(row["communities"]) for row in outputs.csv("street_offices")) == len(codes)
    assert len(outputs.csv("street_offices")) == len(outputs.layer("street_offices")) == OFFICES[outputs.name]


def test_the_geopackage_opens_with_its_layers(outputs: Outputs) -> None:
    names = pyogrio.list_layers(outputs.folder / "communities.gpkg")[:, 0].tolist()
    walks = ["walkways", "school_routes", "crossings"]
    zones, planned = (["zones"], ["projects"]) if outputs.name == "default" else ([], [])
    units = ["communities", "street_offices", *(["blocks"] if outputs.blocks else []), *zones]
    assert names == [*units, "facilities", "isochrones", "network", *walks, *planned, "layer_styles"]
    for name in names[:-1]:
        layer = outputs.layer(name)
        assert len(layer) > 0 or (outputs.name, name) in EMPTY
        assert layer.crs.is_projected
        assert layer.is_valid.all()


# The same numbers everywhere


def test_numbers_of_the_coverage_table_are_those_of_the_page(outputs: Outputs) -> None:
    data, codes = outputs.data, [row["code"] for row in outputs.csv("communities")]
    seen = 0
    for row in outputs.csv("coverage"):
        column = data["coverage"][row["clause"]]
        at = codes.index(row["code"])
        for name in ("demand", "children", "share", "area_share", "street_share", "places", "need"):
            assert same(value(row[name]), column[name][at]), (row["code"], row["clause"], name)
            seen += 1
        for name in ("median_minutes", "p90_minutes"):
            shown = ">" if row[name].startswith(">") else value(row[name])
            assert same(shown, column[name][at]), (row["code"], row["clause"], name)
        assert row["verdict"] == column["verdict"][at]
    assert seen >= 100


def test_numbers_of_the_community_table_are_those_of_the_page_and_of_coverage(outputs: Outputs) -> None:
    coverage = {(row["code"], row["clause"]): row for row in outputs.csv("coverage")}
    page = {row["code"]: row for row in outputs.data["communities"]}
    for row in outputs.csv("communities"):
        shown = page[row["code"]]
        assert (row["community"], row["street_office"]) == (shown["name"], shown["office"])
        assert row["verdict"] == shown["verdict"]
        assert (row["marginal"] == "yes") is shown["marginal"]
        assert (int(row["judged"]), int(row["required"])) == (shown["judged"], shown["required"])
        assert same(value(row["demand"]), shown["demand"])
        assert same(value(row["children"]), shown["children"])
        for (code, clause), cell in coverage.items():
            if code == row["code"]:
                assert row[f"{clause}_verdict"] == cell["verdict"]
                assert row.get(f"{clause}_share", cell["share"]) == cell["share"]
                assert row.get(f"{clause}_minutes", cell["median_minutes"]) == cell["median_minutes"]


@pytest.mark.parametrize("name", ["communities", "street_offices", "walkways", "school_routes", "crossings"])
def test_numbers_of_the_tables_are_those_of_the_geopackage(outputs: Outputs, name: str) -> None:
    rows, stored = outputs.csv(name), pd.DataFrame(outputs.layer(name).drop(columns="geometry"))
    if name == "school_routes":  # lifts are no lines, and stand in the table alone
        rows = [row for row in rows if row["form"] != "lift"]
    if not rows:
        assert (outputs.name, name) in EMPTY
        assert len(stored) == 0
        return
    assert stored.columns.tolist() == [column for column in rows[0] if column not in {"lon", "lat"}]
    assert len(rows) == len(stored) or len(outputs.csv(name)) == BUSIEST < len(stored)
    for i, row in enumerate(rows):
        for column, text in row.items():
            if column in {"lon", "lat"}:
                continue
            cell = stored[column].iloc[i]
            cell = None if pd.isna(cell) or cell == "" else cell
            if isinstance(cell, str) and column != "code":
                cell = value(cell)
            shown = "" if text.startswith(">") else text  # beyond the search a layer has no number
            assert same(value(shown) if column != "code" else text or None, cell), (column, text, cell)


def test_numbers_of_street_offices_are_those_of_the_page_and_the_record(outputs: Outputs) -> None:
    page = {row["name"]: row for row in outputs.data["offices"]}
    record = {row["street_office"]: row for row in outputs.record["street_offices"]}
    for row in outputs.csv("street_offices"):
        for name in ("communities", "passed", "not_assessed", "marginal", "share"):
            assert same(value(row[name]), page[row["street_office"]][name])
        for name in ("communities", "passed", "failed", "not_assessed", "marginal"):
            assert int(row[name]) == record[row["street_office"]][name]
        assert float(row["share"]) == pytest.approx(record[row["street_office"]]["share"], abs=5e-7)


def test_the_headline_agrees_with_the_tables(outputs: Outputs) -> None:
    district = outputs.record["district"]
    verdicts = [row["verdict"] for row in outputs.csv("communities")]
    for verdict in ("passed", "failed", "not_assessed"):
        assert district[verdict] == verdicts.count(verdict)
        assert district[verdict] == sum(int(row[verdict]) for row in outputs.csv("street_offices"))
    assert district["marginal"] == sum(row["marginal"] == "yes" for row in outputs.csv("communities"))
    assert district["share"] == pytest.approx(district["passed"] / district["communities"])
    assert district["met"] is (district["needed"] == 0)
    assert (district["share"] >= district["target"]) is district["met"]


def test_the_clauses_table_agrees_with_coverage(outputs: Outputs) -> None:
    coverage = outputs.csv("coverage")
    record = {row["clause"]: row for row in outputs.record["clauses"]}
    for row in outputs.csv("clauses"):
        assert row["verdict"] == record[row["clause"]]["verdict"]
        in_table, in_record = value(row["found"]), record[row["clause"]]["found"]
        assert (in_table is None) is (in_record is None)
        assert in_table is None or in_table == pytest.approx(in_record, abs=5e-7)
        if row["scope"] == "community":
            verdicts = [cell["verdict"] for cell in coverage if cell["clause"] == row["clause"]]
            assert int(row["passed"]) == verdicts.count("passed")
            assert int(row["failed"]) == verdicts.count("failed")
            assert int(row["open"]) == verdicts.count("not_assessed")
    judged = sum(row["verdict"] != "not_assessed" for row in outputs.csv("clauses"))
    assert judged == outputs.record["district"]["clauses_judged"]


class Words(HTMLParser):
    """The text of a page outside scripts and styles, by the id of the card it stands in."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.cards: dict[str, str] = {}
        self.text = ""
        self._card = self._tag = ""
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        name = dict(attrs).get("id") or ""
        if tag == "section":
            self._card = ""
        if name.startswith("card-"):
            self._card = name

    def handle_data(self, data: str) -> None:
        if self._tag not in {"script", "style"}:
            self.text += data
            if self._card:
                self.cards[self._card] = self.cards.get(self._card, "") + data


def test_the_cards_of_the_page_show_the_headline(outputs: Outputs) -> None:
    district, cards = outputs.record["district"], Words(outputs.page).cards
    assert f"{district['passed']} / {district['communities']}" in cards["card-passed"]
    assert f"{district['share'] * 100:.1f}%" in cards["card-share"]
    assert str(district["marginal"]) in cards["card-marginal"]
    assert str(district["clauses_judged"]) in cards["card-basis"]
    assert str(district["clauses_total"]) in cards["card-basis"]


def test_the_page_shows_the_status_of_the_data_and_loads_nothing(outputs: Outputs) -> None:
    status = outputs.record["study"]["status"]
    words = {"illustrative": "示例数据", "approximate": "近似数据", "official": "正式数据"}
    assert words[status] in Words(outputs.page).text
    assert not re.search(r"""(src|href)=["']https?://""", outputs.page.split("<script>")[0])


def test_a_clause_without_its_layer_is_not_assessed(outputs: Outputs) -> None:
    declared = {entry["role"] for entry in outputs.record["inputs"]}
    for clause in outputs.record["parameters"]["clauses"]:
        if clause["layer"] and clause["layer"] not in declared:
            row = next(row for row in outputs.csv("clauses") if row["clause"] == clause["id"])
            assert row["verdict"] == "not_assessed"
            assert all(c["verdict"] == "not_assessed" for c in outputs.csv("coverage") if c["clause"] == clause["id"])


def test_shares_lie_between_0_and_1_and_verdicts_follow_them(outputs: Outputs) -> None:
    strict = {clause["id"]: clause["strict"] for clause in outputs.record["parameters"]["clauses"]}
    for row in outputs.csv("coverage"):
        for name in ("share", "area_share", "street_share"):
            assert row[name] == "" or 0 <= float(row[name]) <= 1
        if row["measure"] == "reach" and row["share"]:
            share, need = float(row["share"]), float(row["need"])
            enough = share > need if strict[row["clause"]] else share >= need
            if abs(share - need) > 1e-6:
                assert row["verdict"] == ("passed" if enough else "failed")
        elif row["measure"] == "reach":
            assert row["verdict"] == "not_assessed"


# A second run


def test_a_second_run_takes_the_network_from_the_cache_and_writes_the_same_bytes(
    town_outputs: Outputs, home: Path
) -> None:
    first = town_outputs
    before = {name: (first.folder / name).read_bytes() for name in FILES}
    record = first.record
    second = run("town", home, "town-zh")
    assert "路网取自缓存" in second.process.stderr
    assert second.record["run"]["network_from_cache"] is True
    for name in FILES:
        if name != "run.json":
            assert (second.folder / name).read_bytes() == before[name], name
    again = second.record
    record.pop("run")
    again.pop("run")
    assert again == record


def test_english_and_chinese_have_the_same_numbers(town_outputs: Outputs, home: Path) -> None:
    zh, en = town_outputs, run("town", home, "town-en", "en")
    assert "1 of 4 communities pass (25.0%)" in en.process.stdout
    assert "读取数据" not in en.process.stderr
    for key in ("communities", "offices", "isochrones", "streets"):
        assert zh.data[key] == en.data[key]
    for clause, shown in zh.data["coverage"].items():
        words = {"said": [], "asked": []}
        assert shown | words == en.data["coverage"][clause] | words
    assert zh.record["district"] == en.record["district"]
    assert not re.search(r"[\u4e00-\u9fff]", Words(en.page).text.replace("小镇", "").replace("小学", ""))


def test_the_shared_studies_are_left_as_they_were(outputs: Outputs, home: Path) -> None:
    folder = path_of(outputs.name, home).parent
    for entry in outputs.record["inputs"]:
        assert (folder / entry["path"]).stat().st_size == entry["size"]
    assert not (folder / "maps").exists()
