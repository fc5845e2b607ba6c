"""Communities against their official list: slips of one character are told from other names, sound lists from none."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds.studies import edited, invoke, refused
from worlds.town import write_town

from cfgeo import Study, describe_findings, load_inputs, load_study
from cfgeo.check.official import check_count, check_official
from cfgeo.core.findings import findings_table
from cfgeo.core.strings import LANGUAGES, Lang

OFFICIAL = ["石板坡社区", "未来路社区", "渝铁村社区", "马家堡社区", "石坪村"]
CODES = [f"50010300{i}001" for i in range(1, 6)]


@pytest.fixture
def own_town(tmp_path: Path) -> Path:
    return write_town(tmp_path / "town")


def ours(*names: str, codes: list[str] = CODES) -> pd.DataFrame:
    return pd.DataFrame({"community": names}, index=pd.Index(codes[: len(names)], name="code"))


def listed(names: list[str] | None = OFFICIAL, codes: list[str] | None = CODES) -> pd.DataFrame:
    return pd.DataFrame({k: v for k, v in {"code": codes, "community": names}.items() if v is not None})


def values_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    assert len({(row["rule"], row["row"]) for row in rows}) == len(rows)
    assert {row["layer"] for row in rows} <= {"communities"}
    return {f"{row['rule']} {row['row']}".strip(): row["values"] for row in rows}


LISTS = [listed(), listed(codes=None), listed(names=None)]


@pytest.mark.parametrize("official", LISTS)
def test_communities_that_are_the_list_are_not_accused(official: pd.DataFrame) -> None:
    assert check_official(ours(*OFFICIAL), official) == []
    assert check_official(ours(*OFFICIAL), official.iloc[::-1]) == []


def test_committees_and_width_are_no_difference() -> None:
    long = [f"{name}居民委员会" for name in OFFICIAL[:3]] + ["马家堡社区 居委会", "石坪村村民委员会"]
    for official in (listed(long), listed(long, codes=None)):
        assert check_official(ours(*OFFICIAL), official) == []
    wide = ours("石板坡（第１）社区")
    assert check_official(wide, listed(["石板坡(第1)社区"], CODES[:1])) == []


@pytest.mark.parametrize(
    ("name", "slip"),
    [
        ("石扳坡社区", "扳 → 板"),
        ("石板坡坡社区", "坡 → –"),
        ("石坡社区", "– → 板"),
        ("⽯板坡社区", "⽯ (U+2F6F) → 石 (U+77F3)"),  # a radical, as PDF files have it
    ],
)
@pytest.mark.parametrize("official", LISTS[:2])
def test_a_name_one_edit_away_is_a_slip(name: str, slip: str, official: pd.DataFrame) -> None:
    (row,) = check_official(ours(name, *OFFICIAL[1:]), official)
    assert (row["rule"], row["severity"], row["row"]) == ("name_alike", "warning", CODES[0])
    assert row["values"] == {"name": name, "official": "石板坡社区", "slip": slip}


def test_look_alike_characters_are_found_without_a_table() -> None:
    rows = check_official(ours("石板坡社区", "末来路社区", "榆铁村社区", "马家堡社区", "石坪村"), LISTS[1])
    assert [row["values"]["slip"] for row in rows] == ["末 → 未", "榆 → 渝"]


@pytest.mark.parametrize("official", LISTS[:2])
def test_a_missing_ending_is_a_note(official: pd.DataFrame) -> None:
    (row,) = check_official(ours("石板坡", "未来路", *OFFICIAL[2:]), official)
    assert (row["rule"], row["severity"]) == ("name_ending", "note")
    assert row["values"] == {
        "codes": tuple(CODES[:2]),
        "names": ("石板坡 ≠ 石板坡社区", "未来路 ≠ 未来路社区"),
    }


def test_communities_missing_from_either_side_are_named() -> None:
    mine = ours(*OFFICIAL[:4], "解放西路社区")
    for official in LISTS[1:]:
        strange = official.drop(columns="community", errors="ignore") if "code" in official else official
        values = values_of(check_official(mine.rename({CODES[4]: "999"}), strange))
        gone = CODES[4] if "code" in official else "石坪村"
        assert values == {
            "community_absent": {"names": (gone,)},
            "community_unlisted": {"names": ("解放西路社区",), "codes": ("999",)},
        }


def test_a_name_of_one_character_is_not_matched_to_another() -> None:
    values = values_of(check_official(ours("东", "甲乙社区"), listed(["西", "丙丁社区"], codes=None)))
    assert set(values) == {"community_absent", "community_unlisted"}


def test_a_name_with_two_possible_partners_is_not_matched() -> None:
    """One character makes 东一路 differ from both 东二路 and 东三路: nobody knows which it is."""
    values = values_of(check_official(ours("东一路社区"), listed(["东二路社区", "东三路社区"], codes=None)))
    assert set(values) == {"community_absent", "community_unlisted"}


def test_another_name_under_the_same_code_and_another_code_of_the_same_name_are_found() -> None:
    values = values_of(check_official(ours("解放西路社区", *OFFICIAL[1:]), listed()))
    assert values == {f"name_differs {CODES[0]}": {"name": "解放西路社区", "official": "石板坡社区"}}
    values = values_of(check_official(ours(*OFFICIAL).rename({CODES[0]: "7"}), listed()))
    assert values == {"codes_differ": {"names": (f"石板坡社区 {CODES[0]}",), "codes": ("7",)}}


def test_empty_and_repeated_rows_of_the_list_do_not_count() -> None:
    official = pd.concat([listed(), listed().iloc[:2], pd.DataFrame({"code": [""], "community": [""]})])
    assert check_official(ours(*OFFICIAL), official) == []


@given(st.permutations(OFFICIAL), st.integers(0, 4))
def test_the_order_of_the_list_does_not_matter(names: list[str], left_out: int) -> None:
    official = listed([name for i, name in enumerate(names) if i != left_out], codes=None)
    values = values_of(check_official(ours(*OFFICIAL), official))
    code = CODES[OFFICIAL.index(names[left_out])]
    assert values == {"community_unlisted": {"names": (names[left_out],), "codes": (code,)}}


def test_the_number_of_communities_is_compared() -> None:
    assert check_count(ours(*OFFICIAL), 5) == []
    (row,) = check_count(ours(*OFFICIAL), 79)
    assert (row["rule"], row["severity"]) == ("communities_expected", "warning")
    assert row["values"] == {"count": 5, "expected": 79}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_findings_have_words_in_both_languages(lang: Lang) -> None:
    rows = check_count(ours(*OFFICIAL), 79)
    rows += check_official(ours("石扳坡社区", "未来路", "某某社区", "马家堡社区", "解放路社区"), listed())
    rows += check_official(ours("石板坡社区", "甲乙丙丁社区").rename({CODES[0]: "7", CODES[1]: "8"}), listed())
    words = describe_findings(findings_table(rows), lang)
    assert not words["what"].str.contains("{", regex=False).any()
    assert len(set(words["rule"])) == 7


def with_list(town: Path, content: str, key: str = 'official = "list.csv"') -> Path:
    (town.parent / "list.csv").write_text(content, encoding="utf-8")
    return edited(town, 'path = "communities.geojson"\n', f'path = "communities.geojson"\n{key}\n')


def test_a_study_names_its_list_and_number(own_town: Path) -> None:
    key = 'official = { path = "list.csv", columns = { community = "名称" }, date = "2026-01" }\nexpected = 3'
    inputs = load_inputs(load_study(with_list(own_town, "code,名称\nC01,Lower Wast\nC09,Gone\n", key)), margin_m=500)
    rules = set(inputs.findings["rule"])
    assert {"name_alike", "community_absent", "community_unlisted", "communities_expected"} <= rules
    assert [(file.role, file.date) for file in inputs.files if file.path == "list.csv"] == [("official", "2026-01")]


def test_a_list_without_codes_and_names_is_refused(own_town: Path) -> None:
    assert "community" in refused("check", with_list(own_town, "a,b\n1,2\n"), "--lang", "en", "--no-cache")
    key = 'official = { path = "list.csv", colums = {} }'
    assert "columns" in refused("check", edited(own_town, 'official = "list.csv"', key), "--lang", "en")


def test_the_findings_have_the_communities_as_their_places(own_town: Path) -> None:
    study = with_list(own_town, "code,community\nC01,Lower Wast\nC02,Lower East\nC03,Upper\nC04,Nobody\n")
    shown = invoke("check", study, "--format", "geojson", "--no-cache").stdout
    assert '"name_alike"' in shown
    assert "Polygon" in shown.split('"name_alike"')[1]


def test_the_real_list_fits_the_real_communities(yuzhong_study: Study, shared_data: Path) -> None:
    communities = load_inputs(yuzhong_study, margin_m=0).communities
    official = pd.read_csv(shared_data / "yuzhong" / "communities.csv", dtype=str)
    for column in ("community", "official_name"):
        names = pd.DataFrame({"community": official[column]})
        assert check_official(communities, names) == []
        assert check_official(communities, names.assign(code=official["code"])) == []
