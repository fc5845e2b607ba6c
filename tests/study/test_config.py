"""``study.toml``: what is wrong in it is named, with the file, the key and what would be right."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from worlds.studies import edited, refused
from worlds.town import write_town

from cfgeo import StudyError, load_study
from cfgeo.core.strings import LANGUAGES, Lang

BARE = """
[study]
id = "bare"
title = "Bare"
status = "official"

[boundaries.communities]
path = "communities.geojson"

[network]
path = "streets.osm"
"""


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return a study with nothing but what it must have."""
    path = tmp_path / "study.toml"
    path.write_text(BARE, encoding="utf-8")
    return path


def refusal(path: Path, lang: Lang = "en") -> str:
    with pytest.raises(StudyError) as caught:
        load_study(path)
    return caught.value.text(lang)


def test_what_a_study_does_not_say_has_its_usual_value(bare: Path) -> None:
    study = load_study(bare)
    assert study.study.standard == "fifteen-minute"
    assert (study.walk.limit_minutes, study.walk.walker, study.walk.snap_m) == (15, "primary", 100)
    assert study.demand is None
    assert study.layers == {}
    assert study.study.crs is None
    assert study.boundaries.communities.datum == "wgs84"


def test_a_folder_stands_for_the_study_in_it(bare: Path) -> None:
    assert load_study(bare.parent) == load_study(bare)
    assert load_study(str(bare)) == load_study(bare)


def test_paths_are_relative_to_the_study(bare: Path) -> None:
    study = load_study(bare)
    assert study.resolve("a/b.csv") == bare.parent / "a" / "b.csv"
    assert study.resolve(None) == bare.parent / "streets.osm"


def test_a_study_cannot_be_written_to(bare: Path) -> None:
    study = load_study(bare)
    with pytest.raises(ValidationError, match="frozen"):
        study.walk.limit_minutes = 5  # type: ignore[misc]


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_file_of_windows_notepad_is_read(bare: Path, bom: bytes, newline: str) -> None:
    bare.write_bytes(bom + BARE.replace('"Bare"', '"渝中区"').replace("\n", newline).encode())
    assert load_study(bare).study.title == "渝中区"


def test_one_tag_and_a_list_of_tags_are_the_same_kind_of_value(bare: Path) -> None:
    with bare.open("a", encoding="utf-8") as stream:
        stream.write(
            '[layers.parks]\nosm = { leisure = "park", name = ["a", "b"] }\nwhere = { level = 3, kind = ["x"] }'
        )
    (parks,) = load_study(bare).layers["parks"]
    assert parks.osm == {"leisure": ("park",), "name": ("a", "b")}
    assert parks.where == {"level": (3,), "kind": ("x",)}


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (
            '[layers.schools]\npath = ["a.csv", "b.csv"]\nkind = "primary"\n',
            [("a.csv", None, "primary"), ("b.csv", None, "primary")],
        ),
        (
            '[layers.schools]\npath = "a.xlsx"\ntable = ["小学", "初中"]\n',
            [("a.xlsx", "小学", ""), ("a.xlsx", "初中", "")],
        ),
        (
            '[[layers.schools]]\npath = "a.csv"\nkind = "小学"\n[[layers.schools]]\npath = ["b.csv", "c.csv"]\n',
            [("a.csv", None, "小学"), ("b.csv", None, ""), ("c.csv", None, "")],
        ),
        ('[layers.schools]\npath = "a.csv"\n', [("a.csv", None, "")]),
    ],
)  # fmt: skip
def test_a_layer_may_be_made_of_several_files_and_tables(bare: Path, body: str, parts: list[object]) -> None:
    with bare.open("a", encoding="utf-8") as stream:
        stream.write(body)
    study = load_study(bare)
    assert [(part.path, part.table, part.kind) for part in study.layers["schools"]] == parts
    assert [name for name, _ in study.layer_parts] == ["schools"] * len(parts)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('[layers.schools]\npath = []\n', "layers.schools.path"),
        ('[layers.schools]\npath = ["a.csv", 3]\n', "layers.schools.path"),
        ('[layers.schools]\npaht = "a.csv"\n', "layers.schools.paht"),
        ('[layers]\nschools = []\n', "layers.schools"),
        ('[layers]\nschools = "a.csv"\n', "layers.schools"),
        ('[[layers.schools]]\npath = "a.csv"\n[[layers.schools]]\nkind = "primary"\n', "layers.schools"),
        (
            '[[layers.schools]]\npath = "a.csv"\n[[layers.schools]]\npath = "b.csv"\ndatum = "utm"\n',
            "layers.schools.b.csv.datum",
        ),
    ],
)  # fmt: skip
def test_faults_of_a_layer_name_its_key_and_its_table(bare: Path, body: str, named: str) -> None:
    with bare.open("a", encoding="utf-8") as stream:
        stream.write(body)
    sentence = refusal(bare, "en")
    assert named in sentence
    assert "layers.schools.0" not in sentence


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_error_of_a_missing_study_names_it(tmp_path: Path, lang: Lang) -> None:
    for path in (tmp_path / "no.toml", tmp_path):
        sentence = refusal(path, lang)
        assert str(path) in sentence
        assert "cfgeo init" in sentence


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_error_of_a_study_in_another_encoding_asks_for_utf8(bare: Path, lang: Lang) -> None:
    bare.write_bytes(BARE.replace('"Bare"', '"渝中区"').encode("gb18030"))
    sentence = refusal(bare, lang)
    assert str(bare) in sentence
    assert "UTF-8" in sentence


@pytest.mark.parametrize("body", [b"[study", b"id = ", b"\x00\x01\x02", b"a = 1\na = 2", b"study = {id = 'x'\n}"])
def test_invalid_toml_is_reported_with_its_line(bare: Path, body: bytes) -> None:
    bare.write_bytes(body)
    for lang in LANGUAGES:
        sentence = refusal(bare, lang)
        assert str(bare) in sentence
        assert "TOML" in sentence
    assert "line" in refusal(bare) or "end of document" in refusal(bare)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (r'path = "C:\data\x.csv"', "'D:"),
        (r'path = "D:\new\x.csv"', "'D:"),
        (r'path = "D:\new\学校.csv"', "'D:"),
        ("名称 = 'x'", '"名称"'),
        ("[layers.学校]", '"名称"'),
        ("path = “x.csv”", '" = ,'),
    ],
)
def test_a_slip_of_the_pen_in_toml_is_explained_with_its_line(bare: Path, line: str, hint: str) -> None:
    edited(bare, 'path = "streets.osm"', line)
    for lang in LANGUAGES:
        assert hint in refusal(bare, lang)
    number = bare.read_text(encoding="utf-8").splitlines().index(line) + 1
    if r"\new\x" not in line:  # that one is TOML, of a file that cannot be
        assert f"第 {number} 行" in refusal(bare, "zh")
        assert f"line {number}" in refusal(bare)


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_the_error_of_another_encoding_has_no_jargon(bare: Path, encoding: str) -> None:
    bare.write_bytes(BARE.replace('"Bare"', '"渝中区"').encode(encoding))
    sentence = refusal(bare, "zh")
    assert "UTF-8" in sentence
    assert "codec" not in sentence


@pytest.mark.parametrize("body", [b"", b"\n# nothing\n", b"\xef\xbb\xbf"])
def test_an_empty_study_lacks_all_three_tables(bare: Path, body: bytes) -> None:
    bare.write_bytes(body)
    for table in ("[study]", "[boundaries]", "[network]"):
        assert f"{table} is missing" in refusal(bare)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('id = "bare"', "[study.id]"),
        ('title = "Bare"', "[study.title]"),
        ('status = "official"', "[study.status]"),
        ('path = "streets.osm"', "[network.path]"),
    ],
)
def test_a_missing_key_is_named(bare: Path, line: str, key: str) -> None:
    sentence = refusal(edited(bare, line, ""))
    assert f"{key} is missing" in sentence
    assert str(bare) in sentence


def test_the_error_of_a_source_without_path_or_tags_says_what_it_needs(bare: Path) -> None:
    sentence = refusal(edited(bare, 'path = "communities.geojson"', 'date = "2026"'))
    assert "[boundaries.communities]" in sentence
    assert "`path`" in sentence
    assert "`osm`" in sentence


@pytest.mark.parametrize(
    ("old", "new", "key", "guess"),
    [
        ('title = "Bare"', 'title = "Bare"\ntitel = "x"', "[study.titel]", "`title`"),
        ("[network]", "[network]\npaht = 'x'", "[network.paht]", "`path`"),
        ("[network]", "[layer.schools]\npath = 'x'\n[network]", "[layer]", "`layers`"),
        ("[network]", "[layers.schools]\npath = 'x'\ncolums = {}\n[network]", "[layers.schools.colums]", "`columns`"),
        ("[network]", "[demand]\ndatumm = 'x'\n[network]", "[demand.datumm]", "`datum`"),
        ("[network]", "[walk]\nlimit_minute = 5\n[network]", "[walk.limit_minute]", "`limit_minutes`"),
        ("[network]", "[walk]\nzzz = 5\n[network]", "[walk.zzz]", "direction, limit_minutes, pace, slope"),
        ("[boundaries.communities]", "[boundaries.communities]\nstreetoffice = 'x'",
         "[boundaries.communities.streetoffice]", "`street_office`"),
    ],
)  # fmt: skip
def test_an_unknown_key_is_named_with_the_nearest_known_one(
    bare: Path, old: str, new: str, key: str, guess: str
) -> None:
    sentence = refusal(edited(bare, old, new))
    assert key in sentence
    assert guess in sentence
    assert str(bare) in sentence


def test_an_unknown_key_at_the_top_is_an_error_whatever_its_name(bare: Path) -> None:
    bare.write_text("folder = 'elsewhere'\n" + BARE, encoding="utf-8")
    assert "[folder]" in refusal(bare)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('status = "official"', 'status = "offical"', ["[study.status]", "official", "approximate", "'offical'"]),
        ('title = "Bare"', "title = 7", ["[study.title]", "7", "text"]),
        ('id = "bare"', 'id = "a/b"', ["[study.id]", "'a/b'"]),
        ('id = "bare"', 'id = ""', ["[study.id]"]),
        ('id = "bare"', 'id = ".."', ["[study.id]", "'..'"]),
        ('id = "bare"', 'id = "."', ["[study.id]", "'.'"]),
        ('id = "bare"', 'id = ".hidden"', ["[study.id]", "'.hidden'"]),
        ('id = "bare"', 'id = "-out"', ["[study.id]", "'-out'"]),
        ('id = "bare"', 'id = "end."', ["[study.id]", "'end.'"]),
        ('id = "bare"', 'id = "con.2026"', ["[study.id]", "'con.2026'"]),
        ('id = "bare"', "id = 'a\\b'", ["[study.id]"]),
        ('id = "bare"', 'id = "a:b"', ["[study.id]", "'a:b'"]),
        ('id = "bare"', 'id = "a b?"', ["[study.id]"]),
        ('path = "streets.osm"', 'path = ["streets.osm"]', ["[network.path]", "streets.osm", "text"]),
        ('path = "streets.osm"', 'path = "streets.osm"\ndatum = "wgs48"', ["[network.datum]", "gcj02", "'wgs48'"]),
        ("[network]", "[walk]\nlimit_minutes = 0\n[network]", ["[walk.limit_minutes]", "than 0"]),
        ("[network]", "[walk]\nlimit_minutes = '15 min'\n[network]", ["[walk.limit_minutes]", "number", "'15 min'"]),
        ("[network]", "[walk]\nlimit_minutes = 121\n[network]", ["[walk.limit_minutes]", "120"]),
        ("[network]", "[walk]\nsnap_m = -1\n[network]", ["[walk.snap_m]", "-1"]),
        ("[network]", "[layers.schools]\nosm = {}\n[network]", ["[layers.schools", "tag"]),
        ("[network]", "[layers.schools]\nosm = { amenity = 3 }\n[network]", ["[layers.schools.osm.amenity", "3"]),
        ("[network]", "[layers.Schools]\npath = 'x'\n[network]", ["[layers.Schools"]),
        ("[network]", "[walkers]\nprimary = 3\n[network]", ["[walkers.primary]", "3"]),
        ("[network]", "[demand]\nchildren = 'x.csv'\n[network]", ["[demand.children]", "x.csv"]),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right(bare: Path, old: str, new: str, words: list[str]) -> None:
    sentence = refusal(edited(bare, old, new))
    for word in [*words, str(bare)]:
        assert word in sentence
    chinese = refusal(bare, "zh")
    assert words[0] in chinese
    assert not re.search(r"\b(should|is|be|more|than|text|needs)\b", chinese.replace(str(bare), ""))


def test_all_faults_are_named_at_once(bare: Path) -> None:
    edited(bare, 'title = "Bare"', "titel = 3")
    edited(bare, '"official"', '"offical"')
    edited(bare, 'path = "streets.osm"', "")
    sentence = refusal(bare)
    for key in ("[study.title]", "[study.titel]", "[study.status]", "[network.path]"):
        assert key in sentence
    assert sentence.count("\n  - ") == 4


@pytest.mark.parametrize("wrong", ["study = 3", "network = 'x'", "layers = []", "walk = true", "boundaries = 1.5"])
def test_a_value_where_a_table_should_be_is_a_clear_error(bare: Path, wrong: str) -> None:
    key = wrong.split(" ", 1)[0]
    kept = "\n[".join(part for part in BARE.split("\n[") if not part.startswith((f"{key}]", f"{key}.")))
    bare.write_text(f"{wrong}\n{kept}", encoding="utf-8")
    assert f"[{key}]" in refusal(bare)


def test_demand_by_tags_needs_a_tag(bare: Path) -> None:
    sentence = refusal(edited(bare, "[network]", "[demand]\nosm = {}\n[network]"))
    assert "[demand" in sentence
    assert "tag" in sentence


def test_an_empty_path_is_an_error_and_not_the_networks_file(bare: Path) -> None:
    assert "[boundaries.communities" in refusal(edited(bare, '"communities.geojson"', '""'))


def test_a_key_that_changes_nothing_is_an_error(bare: Path) -> None:
    sentence = refusal(
        edited(bare, 'path = "communities.geojson"', 'path = "communities.geojson"\nsheet = "Tabelle 1"')
    )
    assert "sheet" in sentence


@pytest.mark.parametrize(
    ("old", "new", "english"),
    [
        ('title = "Bare"', "", "is missing"),
        ('title = "Bare"', 'title = "Bare"\ntitel = "x"', "did you mean"),
        ('status = "official"', 'status = "x"', "should be"),
    ],
)
def test_faults_are_reported_in_chinese_too(bare: Path, old: str, new: str, english: str) -> None:
    path = edited(bare, old, new)
    assert english in refusal(path, "en")
    sentence = refusal(path, "zh")
    assert "study." in sentence
    assert english not in sentence


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_command_line_reports_the_fault_and_stops(bare: Path, lang: Lang) -> None:
    edited(bare, 'title = "Bare"', 'titel = "Bare"')
    for verb in ("run", "check"):
        message = refused(verb, bare, "--lang", lang)
        assert message.startswith({"zh": "错误：", "en": "Error: "}[lang])
        assert str(bare) in message
        assert "[study.titel]" in message
        assert "`title`" in message


def test_tiles_are_off_unless_asked_for_and_tianditu_needs_its_key(bare: Path) -> None:
    assert load_study(bare).map.tiles == "none"
    bare.write_text(BARE + '\n[map]\ntiles = "tianditu"\n', encoding="utf-8")
    for lang in LANGUAGES:
        assert "tianditu_key" in refusal(bare, lang)
    bare.write_text(BARE + '\n[map]\ntiles = "tianditu"\ntianditu_key = "a1&b"\n', encoding="utf-8")
    assert "tianditu_key" in refusal(bare), "a key has letters and digits only"
    bare.write_text(BARE + '\n[map]\ntiles = "tianditu"\ntianditu_key = "a1b2"\n', encoding="utf-8")
    assert load_study(bare).map.tianditu_key == "a1b2"


@pytest.mark.parametrize("path", ["x" * 256, "a/" + "校" * 86 + "/b.csv", "a/" * 1200])
def test_an_id_that_some_system_refuses_as_a_folder_is_refused(tmp_path: Path, path: str) -> None:
    study = edited(write_town(tmp_path / "town"), 'path = "schools.csv"', f'path = "{path}"')
    with pytest.raises(StudyError) as caught:
        load_study(study)
    assert all("layers.schools.path" in caught.value.text(lang) for lang in LANGUAGES)


@pytest.mark.parametrize(
    ("word", "datum"),
    [("高德", "gcj02"), ("火星坐标", "gcj02"), ("GCJ-02", "gcj02"), ("百度", "bd09"), ("WGS84", "wgs84"),
     ("CGCS2000", "cgcs2000"),
     ("国家2000", "cgcs2000")],
)  # fmt: skip
def test_a_datum_may_be_written_as_offices_write_it(bare: Path, word: str, datum: str) -> None:
    study = load_study(edited(bare, 'path = "streets.osm"', f'path = "streets.osm"\ndatum = "{word}"'))
    assert study.network.datum == datum


def test_a_datum_that_cfgeo_cannot_convert_is_refused_with_those_that_it_can(bare: Path) -> None:
    edited(bare, 'path = "streets.osm"', 'path = "streets.osm"\ndatum = "西安80"')
    assert "只能是 gps（wgs84）" in refusal(bare, "zh") or "wgs84" in refusal(bare, "zh")
    assert "高德（gcj02）、百度（bd09）、国家2000（cgcs2000）" in refusal(bare, "zh")


def test_status_walker_direction_and_layers_may_be_chinese_words(bare: Path) -> None:
    edited(bare, '"official"', '"官方"')
    edited(
        bare, "[network]", '[walk]\nwalker = "小学生"\ndirection = "往返"\n[layers."学校"]\npath = "x.csv"\n[network]'
    )
    study = load_study(bare)
    assert (study.study.status, study.walk.walker, study.walk.direction, [*study.layers]) == (
        "official", "primary", "worst", ["schools"]
    )  # fmt: skip


def test_two_names_of_one_layer_are_refused(bare: Path) -> None:
    edited(bare, "[network]", '[layers."学校"]\npath = "x.csv"\n[layers.schools]\npath = "y.csv"\n[network]')
    assert "[layers] has two names of one layer" in refusal(bare)


def test_an_encoding_that_is_none_is_refused_with_those_that_are_known(bare: Path) -> None:
    edited(bare, "[network]", 'encoding = "klingon"\n\n[network]')
    for lang in LANGUAGES:
        assert "klingon" in refusal(bare, lang)
        assert "gbk" in refusal(bare, lang)
    edited(bare, '"klingon"', '"OEM 936"')
    assert load_study(bare).boundaries.communities.encoding == "gb18030"
