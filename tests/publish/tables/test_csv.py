"""The CSV tables: what Excel makes of them, and that no name can do harm in them."""

import csv
import dataclasses
import math
from pathlib import Path

import pandas as pd
import pytest
from worlds.publish_results import CODES, sample_results, without_walks

from cfgeo import Results
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.tables.csv import (
    BUSIEST,
    clause_table,
    community_table,
    coverage_table,
    street_office_table,
    write_tables,
)

WALKS = ("reach_ratios", "routes", "walkways", "school_routes", "route_gaps", "crossings")
NAMES = ("communities", "street_offices", "coverage", "clauses", "shortfalls", "findings", "services", *WALKS)


def written(results: Results, folder: Path, lang: Lang = "zh") -> dict[str, list[dict[str, str]]]:
    """Write the tables and read them back as a spreadsheet does."""
    write_tables(results, folder, lang=lang)
    tables = {}
    for name in NAMES:
        with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
            tables[name] = list(csv.DictReader(stream))
    return tables


def named(results: Results, name: str) -> Results:
    """Give a community, its street office and a facility a name."""
    communities = results.communities.copy()
    communities.loc["C01", "community"] = name
    communities.loc["C01", "street_office"] = name
    offices = results.street_offices.rename(index={'"><img src=x onerror="window.hacked=1">': name, "South": name})
    walks = dataclasses.replace(
        results.walks,
        walkways=results.walks.walkways.rename(index=lambda _: name),
        school_routes=results.walks.school_routes.assign(name=name),
    )
    facilities = results.facilities.assign(name=name)
    return dataclasses.replace(
        results, communities=communities, street_offices=offices, walks=walks, facilities=facilities
    )


def test_tables_begin_with_a_byte_order_mark_for_excel(town_results: Results, tmp_path: Path) -> None:
    write_tables(town_results, tmp_path, lang="zh")
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(NAMES)
    for name in NAMES:
        body = (tmp_path / f"{name}.csv").read_bytes()
        assert body.startswith(b"\xef\xbb\xbf")
        assert body.count(b"\xef\xbb\xbf") == 1
        assert body.endswith(b"\r\n")
        assert body.count(b"\n") == body.count(b"\r\n")


def test_every_community_is_in_each_table_once(town_results: Results, tmp_path: Path) -> None:
    tables = written(town_results, tmp_path)
    assert [row["code"] for row in tables["communities"]] == ["C01", "C02", "C03", "C04"]
    pairs = [(row["code"], row["clause"]) for row in tables["coverage"]]
    assert len(set(pairs)) == len(pairs) == 4 * 5
    assert [row["street_office"] for row in tables["street_offices"]] == ["North", "South"]
    assert sum(int(row["communities"]) for row in tables["street_offices"]) == 4
    assert [row["clause"] for row in tables["clauses"]] == town_results.clauses.index.tolist()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_are_in_the_language_and_columns_and_verdicts_are_not(
    town_results: Results, tmp_path: Path, lang: Lang
) -> None:
    tables = written(town_results, tmp_path, lang)
    assert [row["verdict"] for row in tables["communities"]] == ["passed", "failed", "failed", "not_assessed"]
    expected = {"zh": ["达标", "未达标", "未达标", "未评定"], "en": ["passed", "failed", "failed", "not assessed"]}
    assert [row["result"] for row in tables["communities"]] == expected[lang]
    school = {"zh": "小学", "en": "Primary school"}[lang]
    assert [row["missing"] for row in tables["communities"]] == ["", school, school, ""]
    assert tables["clauses"][0]["clause_name"] == school
    for rows in tables.values():
        assert all(column.isascii() for row in rows[:1] for column in row)


def test_both_languages_have_the_same_columns_and_numbers(town_results: Results, tmp_path: Path) -> None:
    (tmp_path / "zh").mkdir()
    (tmp_path / "en").mkdir()
    zh, en = written(town_results, tmp_path / "zh", "zh"), written(town_results, tmp_path / "en", "en")
    words = {"result", "missing", "missing_names", "clause_name", "assumption", "what", "mend", "provenance"}
    words |= {"clause_result", "layer_name", "kind_name", "attribute_name", "has", "asks", "lacks"}
    for name in NAMES:
        for one, other in zip(zh[name], en[name], strict=True):
            assert one.keys() == other.keys()
            assert {k: v for k, v in one.items() if k not in words} == {
                k: v for k, v in other.items() if k not in words
            }


def test_the_gap_report_says_what_is_missing_where(town_results: Results) -> None:
    table = street_office_table(town_results, "en").set_index("street_office")
    assert table["missing"].to_dict() == {"North": "Primary school: Upper", "South": "Primary school: Lower East"}
    assert table["school_failed"].to_dict() == {"North": 1, "South": 1}
    assert table["passed"].to_dict() == {"North": 0, "South": 1}
    assert table["share"].to_dict() == {"North": 0, "South": 0.5}


def test_what_is_missing_is_empty_and_what_is_beyond_the_search_says_so(town_results: Results, tmp_path: Path) -> None:
    rows = {(row["code"], row["clause"]): row for row in written(town_results, tmp_path)["coverage"]}
    nobody, open_, upper = rows["C04", "school"], rows["C01", "culture"], rows["C03", "school"]
    assert [nobody[name] for name in ("demand", "share", "median_minutes", "p90_minutes", "passed")] == [""] * 5
    assert [open_[name] for name in ("share", "places", "passed")] == [""] * 3
    assert open_["verdict"] == "not_assessed"
    assert upper["p90_minutes"] == ">30"
    assert (upper["passed"], rows["C01", "school"]["passed"]) == ("no", "yes")
    for row in rows.values():
        assert not {"nan", "inf", "None", "<NA>"} & set(row.values())


def test_shares_are_shares_and_minutes_have_one_decimal(town_results: Results, tmp_path: Path) -> None:
    tables = written(town_results, tmp_path)
    for row in tables["coverage"]:
        for name in ("share", "area_share", "street_share"):
            assert row[name] == "" or 0 <= float(row[name]) <= 1
        for name in ("median_minutes", "p90_minutes"):
            assert row[name] in {"", ">30"} or len(row[name].partition(".")[2]) == 1
    for row in tables["routes"]:
        assert all(
            row[name] in {"", ">30"} or len(row[name].partition(".")[2]) == 1 for name in row if "minutes" in name
        )
    for row in tables["reach_ratios"]:
        assert all(row[name] == "" or len(row[name].partition(".")[2]) <= 6 for name in ("circle_ratio", "level_ratio"))
    for name in ("marginal", "fails_by_terrain", "few_homes"):
        assert {row[name] for row in tables["communities"]} <= {"yes", "no"}
    assert {row["required"] for row in tables["clauses"]} == {"yes", "no"}


def test_the_share_of_a_community_is_that_of_its_coverage(town_results: Results) -> None:
    wide = community_table(town_results, "zh").set_index("code")
    for _, row in coverage_table(town_results, "zh").iterrows():
        assert wide.loc[row["code"], f"{row['clause']}_verdict"] == row["verdict"]
        if row["measure"] == "reach":
            one, other = wide.loc[row["code"], f"{row['clause']}_share"], row["share"]
            assert one == other or (math.isnan(one) and math.isnan(other))
            one, other = wide.loc[row["code"], f"{row['clause']}_minutes"], row["median_minutes"]
            assert one == other or (pd.isna(one) and pd.isna(other))


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        '=HYPERLINK("http://x","y")',
    ],
)
def test_no_name_is_a_formula(town_results: Results, tmp_path: Path, name: str) -> None:
    for rows in written(named(town_results, name), tmp_path).values():
        for row in rows:
            for cell in row.values():
                assert cell[:1] not in {"=", "@", "\t", "\r"}
                assert cell[:1] not in {"+", "-"} or cell[1:].replace(".", "").isdigit()


@pytest.mark.parametrize("name", ["a\nb", "a\r\nb", 'a"b', "a,b", "a;b", " a ", "🚸 步道", "", "'", "NULL"])
def test_every_name_is_read_back_as_it_was(town_results: Results, tmp_path: Path, name: str) -> None:
    tables = written(named(town_results, name), tmp_path)
    assert tables["communities"][0]["community"] == name
    assert [row["community"] for row in tables["coverage"] if row["code"] == "C01"] == [name] * 5
    assert [row["walkway"] for row in tables["walkways"]] == [name]
    assert {row["name"] for row in tables["school_routes"]} == {name}
    assert {row["place"] for row in tables["routes"] if row["facility"]} == {name}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_table_says_what_made_it_and_how_good_it_is(town_results: Results, tmp_path: Path, lang: Lang) -> None:
    tables = written(town_results, tmp_path, lang)
    status = {"zh": "示例数据", "en": "illustrative"}[lang]
    titles = {"zh": ("小镇；", "；小镇；"), "en": ("小镇; ", "; Town; ")}[lang]
    for name in set(NAMES) - {"findings"}:
        for row in tables[name]:
            for word in (*titles, status, "2026-01"):
                assert word in row["provenance"]


def test_findings_say_how_to_fix_them(town_results: Results, tmp_path: Path) -> None:
    rows = written(town_results, tmp_path, "en")["findings"]
    assert [row["rule"] for row in rows] == town_results.inputs.findings["rule"].tolist()
    assert all(row["what"] and row["mend"] and row["severity"] for row in rows)


def test_assumptions_stand_beside_their_clause(town_results: Results) -> None:
    assert clause_table(town_results, "en").set_index("clause")["assumption"].to_dict()["park"] == "Assumed"
    assert clause_table(town_results, "zh").set_index("clause")["assumption"].to_dict()["park"] == "假定"


def test_results_are_not_modified(town_results: Results) -> None:
    before = {
        name: getattr(town_results, name).copy() for name in ("communities", "coverage", "street_offices", "clauses")
    }
    for make in (community_table, street_office_table, coverage_table, clause_table):
        make(town_results, "en")
    for name, table in before.items():
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(town_results, name)), pd.DataFrame(table))


def test_a_made_up_run_is_published() -> None:
    table = coverage_table(sample_results_with_both_languages(), "zh")
    assert table["code"].unique().tolist() == list(CODES)


def sample_results_with_both_languages() -> Results:
    """Return the hand-made run with what a real one has besides."""
    results = sample_results()
    return dataclasses.replace(results, clauses=results.clauses.assign(assumption_en=""))


def test_walks_say_where_they_go_and_what_their_numbers_count(tmp_path: Path) -> None:
    tables = written(sample_results_with_both_languages(), tmp_path, "en")
    routes = {row["code"]: row for row in tables["routes"]}
    assert [routes["A02"][name] for name in ("minutes", "stairs_minutes", "direction", "place")] == [
        "17.3", "4.3", "from", "第一小学",
    ]  # fmt: skip
    assert [routes["C01"][name] for name in ("minutes", "level_minutes", "facility", "place")] == [">60", "", "", ""]
    assert routes["B02"]["minutes"] == ""
    assert {row["clause_name"] for row in routes.values()} == {"Primary school within 15 minutes"}
    first = tables["walkways"][0]
    assert list(first) == [
        "rank", "basis", "walkway", "length_m", "climb_m", "beyond", "extra_minutes", "T-school_beyond", "provenance",
    ]  # fmt: skip
    assert [first[name] for name in list(first)[:8]] == [
        "1", "children", "山城步道", "400.0", "62.5", "24.5", "210.2", "24.5",
    ]  # fmt: skip
    assert [row["T-school_demand"] for row in tables["school_routes"]] == ["90.5", "30.0", "2.0"]
    assert [row["total"] for row in tables["crossings"]] == ["55.0", "4.5"]
    ratios = {(row["scope"], row["id"]): row for row in tables["reach_ratios"]}
    assert ratios["community", "A01"]["name"] == "甲社区"
    assert ratios["facility", "f1"]["name"] == "第一小学"
    assert (ratios["community", "A01"]["circle_ratio"], ratios["community", "B02"]["circle_ratio"]) == ("0.31", "")


def test_streets_and_crossings_stand_where_they_are(tmp_path: Path) -> None:
    results = sample_results_with_both_languages()
    tables = written(results, tmp_path)
    for name in ("school_routes", "crossings"):
        shapes = getattr(results.walks, name).to_crs("EPSG:4326").geometry
        for row, shape in zip(tables[name], shapes, strict=True):
            assert abs(float(row["lon"]) - shape.centroid.x) < 0.002
            assert abs(float(row["lat"]) - shape.centroid.y) < 0.002


def test_only_the_busiest_streets_are_in_the_table(tmp_path: Path) -> None:
    results = sample_results_with_both_languages()
    many = pd.concat([results.walks.school_routes] * 100).assign(rank=range(1, 301))
    walks = dataclasses.replace(results.walks, school_routes=many)
    rows = written(dataclasses.replace(results, walks=walks), tmp_path)["school_routes"]
    assert [int(row["rank"]) for row in rows] == list(range(1, BUSIEST + 1))


def test_without_walks_the_tables_have_their_columns(tmp_path: Path) -> None:
    results = sample_results_with_both_languages()
    for folder, one in (("with", results), ("without", without_walks(results))):
        (tmp_path / folder).mkdir()
        write_tables(one, tmp_path / folder, lang="en")
    for name in WALKS:
        heads = [
            (tmp_path / folder / f"{name}.csv").read_bytes().split(b"\r\n", 1)[0] for folder in ("with", "without")
        ]
        assert heads[0] == heads[1]
        assert (tmp_path / "without" / f"{name}.csv").read_bytes().count(b"\r\n") == 1
