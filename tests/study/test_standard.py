"""Standards as data: those built in are whole, those of a user's own are checked."""

from pathlib import Path

import pandas as pd
import pytest

from cfgeo import StandardError, load_standard, load_walkers
from cfgeo.core.schema import AGE_BANDS, is_of_kinds
from cfgeo.core.strings import LANGUAGES, Lang, section
from cfgeo.study.standard import built_in_standards

CLAUSE = """
[[clause]]
id = "school"
name = "学校"
name_en = "School"
layer = "schools"
walker = "primary"
need_share = 0.8
required = true
"""
OWN = f"""
[standard]
id = "own"
title = "自己的标准"
title_en = "My own"
target_share = 0.5
{CLAUSE}
"""


def refusal(folder: Path, body: str, lang: Lang = "en") -> str:
    (folder / "own.toml").write_text(body, encoding="utf-8")
    with pytest.raises(StandardError) as caught:
        load_standard("own.toml", folder=folder)
    return caught.value.text(lang)


def test_five_standards_are_built_in() -> None:
    names = ("fifteen-minute", "gb50180-2018", "national-2023", "tdt1062-2021", "yuzhong-2026")
    assert built_in_standards() == names


@pytest.mark.parametrize("name", built_in_standards())
def test_a_built_in_standard_is_whole(name: str) -> None:
    standard = load_standard(name)
    assert standard.id == name
    assert standard.source
    walkers = load_walkers()
    for clause in standard.clause:
        assert clause.title("zh") != clause.title("en")
        assert clause.walker is None or clause.walker in walkers
        assert clause.layer is None or clause.layer in section("layer")
        assert set(clause.kind) - {clause.layer} <= set(section("kind"))
        assert set(clause.children) <= set(AGE_BANDS)
        assert bool(clause.assumption) == bool(clause.assumption_en)
        assert bool(clause.source) == bool(clause.source_en)
        assert clause.need > 0 or clause.reference


def test_the_plan_asks_for_seventy_percent_and_its_clauses_name_their_item() -> None:
    plan = load_standard("yuzhong-2026")
    assert plan.target_share == 0.70
    assert all(clause.plan_item is not None and 1 <= clause.plan_item <= 46 for clause in plan.clause)


@pytest.mark.parametrize("name", ["gb50180-2018", "tdt1062-2021"])
def test_each_clause_of_a_life_circle_names_its_level_and_its_paragraph(name: str) -> None:
    for clause in load_standard(name).clause:
        if clause.scope == "district":  # figures per 1,000 residents, and sizes of grounds
            assert not clause.required
            assert "未核对" in clause.source
            continue
        minutes = int(clause.id.partition("-")[0])
        assert minutes in (5, 10, 15)
        assert clause.limit_minutes == minutes
        assert clause.title("zh").startswith(f"{minutes}分钟")
        assert "附录" in clause.source or "4.0.4" in clause.source


def test_every_clause_has_one_scope() -> None:
    for name in built_in_standards():
        standard = load_standard(name)
        scopes = [standard.of_scope(scope) for scope in ("community", "block", "street_office", "district")]
        assert sorted(clause.id for part in scopes for clause in part) == sorted(
            clause.id for clause in standard.clause
        )


def test_a_standard_is_read_from_a_file_beside_the_study(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(b"\xef\xbb\xbf" + OWN.encode())
    standard = load_standard("own.toml", folder=tmp_path)
    assert [clause.id for clause in standard.clause] == ["school"]
    assert standard.heading("zh") == "自己的标准"
    assert standard.heading("en") == "My own"
    assert standard == load_standard(str(tmp_path / "own.toml"))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["yuzhong", "Yuzhong-2026", "", "own", "../x"])
def test_the_error_of_an_unknown_standard_lists_those_that_exist(name: str, lang: Lang) -> None:
    with pytest.raises(StandardError) as caught:
        load_standard(name)
    sentence = caught.value.text(lang)
    assert name in sentence
    for known in (*built_in_standards(), ".toml"):
        assert known in sentence


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_standards_file_that_is_missing_or_no_toml_is_named(tmp_path: Path, lang: Lang) -> None:
    (tmp_path / "broken.toml").write_bytes(b"[standard")
    (tmp_path / "chinese.toml").write_bytes(OWN.encode("gb18030"))
    (tmp_path / "folder.toml").mkdir()
    for name in ("missing.toml", "broken.toml", "chinese.toml", "folder.toml"):
        with pytest.raises(StandardError) as caught:
            load_standard(name, folder=tmp_path)
        assert name in caught.value.text(lang)


def test_the_error_of_a_missing_standard_lists_the_files_there(tmp_path: Path) -> None:
    for name in ("study", "ours", "theirs"):
        (tmp_path / f"{name}.toml").write_text(OWN, encoding="utf-8")
    for lang in LANGUAGES:
        with pytest.raises(StandardError) as caught:
            load_standard("our.toml", folder=tmp_path)
        sentence = caught.value.text(lang).replace(str(tmp_path), "")
        assert "ours.toml, theirs.toml" in sentence
        assert "fifteen-minute" in sentence
        assert "study.toml" not in sentence


def test_kinds_may_have_their_chinese_names(tmp_path: Path) -> None:
    body = OWN.replace('layer = "schools"', 'layer = "schools"\nkind = ["小学", "junior", "九年一贯制学校", "书院"]')
    (tmp_path / "own.toml").write_text(body, encoding="utf-8")
    assert load_standard("own.toml", folder=tmp_path).clause[0].kind == ("primary", "junior", "书院")


def test_a_clause_without_an_id_goes_by_its_number(tmp_path: Path) -> None:
    assert "[clause.0.id] is missing" in refusal(tmp_path, OWN.replace('id = "school"', ""))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("need_share = 0.8", "", ["'school'", "`need_share`"]),
        ('walker = "primary"', "", ["'school'", "`walker`"]),
        ('layer = "schools"', "", ["'school'", "`layer`"]),
        ("need_share = 0.8", "need_share = 80", ["[clause.school.need_share]", "80", " 1"]),
        ("required = true", "required = false", ["required"]),
        ("required = true", 'required = true\nscope = "district"', ["'school'", "`required`", "street blocks"]),
        ("required = true", 'required = true\nscope = "block"', ["no clause of communities is `required`"]),
        ('walker = "primary"', 'measure = "present"\nneed_count = 1\nscope = "district"', ["'present'", "'count'"]),
        ('layer = "schools"', 'layer = "communities"', ["'school'", "communities", "'reach'"]),
        ('walker = "primary"', 'of = ["school"]\nwalker = "primary"', ["'school'", "`of`", "'reach'"]),
        (
            'layer = "schools"\nwalker = "primary"\nneed_share = 0.8\nrequired = true',
            'measure = "count"\nlayer = "street_blocks"\nneed_count = 1\nscope = "street_office"',
            ["'street_office'", "'street_blocks'"],
        ),
        ('layer = "schools"\nwalker = "primary"', 'measure = "all_reach"\nof = ["x"]', ["'x'", "no reach clause"]),
        ('layer = "schools"\nwalker = "primary"', 'measure = "all_reach"', ["`of`", "required reach clauses"]),
        (
            'walker = "primary"\nneed_share = 0.8\nrequired = true',
            'measure = "present"\nneed_count = 1\nrequired = true\nscope = "street_office"',
            ["'school'", "only a clause of communities or street blocks can be `required`"],
        ),
        ("required = true", "reqired = true", ["reqired"]),
        ("required = true", 'required = true\nchildren = ["6-11"]', ["'school'", "'6-11'", "age_6_11"]),
        ('id = "school"', 'id = "a b"', ["clause.a b.id"]),
        ("target_share = 0.5", "target_share = 0", ["target_share", "than 0"]),
        ("target_share = 0.5", "", ["target_share", "missing"]),
        ("target_share = 0.5", "target_share = 0.5\npath = { 2025 = 70 }", ["path", "2025", "1"]),
        ('title = "自己的标准"', "", ["title"]),
        ('id = "school"', 'id = "school"\nmeasure = "sometimes"', ["measure", "'reach'", "'present'"]),
        ('id = "school"', 'id = "school"\nlimit_minutes = 0', ["limit_minutes", "than 0"]),
    ],
)
def test_a_fault_in_a_clause_is_named(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    assert old in OWN
    sentence = refusal(tmp_path, OWN.replace(old, new, 1))
    for word in ["own.toml", *words]:
        assert word in sentence


def test_a_clause_for_street_offices_cannot_be_required(tmp_path: Path) -> None:
    office = 'required = true\nscope = "street_office"\nmeasure = "present"\nneed_count = 1'
    assert "'school'" in refusal(tmp_path, OWN.replace("required = true", office, 1))


def test_ids_of_clauses_are_unique(tmp_path: Path) -> None:
    assert "'school' is used twice" in refusal(tmp_path, OWN + CLAUSE)


def test_a_standard_needs_a_required_clause(tmp_path: Path) -> None:
    assert "clause" in refusal(tmp_path, OWN.replace(CLAUSE, ""))
    assert "required" in refusal(tmp_path, "clause = []\n" + OWN.replace(CLAUSE, ""))


@pytest.mark.parametrize("body", ["standard = 3", "standard = 'x'\nclause = 4", "clause = [1, 2]", ""])
def test_a_file_that_is_no_standard_is_a_clear_error(tmp_path: Path, body: str) -> None:
    assert "own.toml" in refusal(tmp_path, body)


def test_school_routes_are_not_for_street_blocks(tmp_path: Path) -> None:
    own = 'id = "school"\nmeasure = "school_routes"\nscope = "block"'
    sentence = refusal(tmp_path, OWN.replace('id = "school"', own).replace("required = true", ""))
    assert "'school_routes' is not for scope 'block'" in sentence


@pytest.mark.parametrize("scope", ["community", "block", "street_office", "district"])
@pytest.mark.parametrize("measure", ["reach", "count", "rate", "facility_share", "near", "connected", "all_reach"])
def test_a_clause_may_have_any_unit(tmp_path: Path, measure: str, scope: str) -> None:
    needs = 'need_count = 1\nneed_rate = 1.0\nneed_share = 0.5\nattribute = "a"\nnear_layer = "b"\nwithin_m = 5.0'
    more = f'[[clause]]\nid = "own"\nname = "名"\nname_en = "Name"\nlayer = "schools"\nwalker = "primary"\n{needs}'
    (tmp_path / "own.toml").write_text(f'{OWN}\n{more}\nmeasure = "{measure}"\nscope = "{scope}"', encoding="utf-8")
    (clause,) = load_standard("own.toml", folder=tmp_path).clause[1:]
    assert (clause.measure, clause.scope) == (measure, scope)


def test_faults_are_reported_in_chinese_too(tmp_path: Path) -> None:
    body = OWN.replace("need_share = 0.8", "")
    assert "needs" in refusal(tmp_path, body, "en")
    assert "needs" not in refusal(tmp_path, body, "zh")


def test_a_need_is_in_the_unit_of_its_measure(tmp_path: Path) -> None:
    clause = OWN.replace("need_share = 0.8", 'need_count = 2\nneed_share = 0.4\nmeasure = "present"')
    (tmp_path / "own.toml").write_text(clause, encoding="utf-8")
    assert load_standard("own.toml", folder=tmp_path).clause[0].need == 2


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        ("primary", True),
        ("primary+junior", True),
        ("secondary", True),
        ("school", True),
        ("schools", True),  # a list without kinds
        ("kindergarten", False),
        ("kindergarten+primary", True),
        ("senior", False),
        ("music_school", False),
        ("dance_school", False),
        ("university", False),
    ],
)
def test_a_school_of_any_city_is_one_of_compulsory_education(kind: str, counts: bool) -> None:
    (clause,) = (clause for clause in load_standard("fifteen-minute").clause if clause.layer == "schools")
    assert bool(is_of_kinds(pd.Series([kind]), clause.kind)[0]) is counts
