"""The table of sentences: both languages, values filled in as they stand."""

import csv
import tomllib
from pathlib import Path

import pytest

from cfgeo.core.strings import DEFAULT_LANG, LANGUAGES, Lang, name_of, section, text
from cfgeo.study.start.fetch import LAYERS


def test_chinese_is_the_default() -> None:
    assert DEFAULT_LANG == "zh"
    assert set(LANGUAGES) == {"zh", "en"}


def test_a_sentence_comes_in_the_language_asked_for() -> None:
    assert text("cli.met", "zh") == "已达到目标。"
    assert text("cli.met", "en") == "The target is met."


@pytest.mark.parametrize("lang", LANGUAGES)
def test_values_are_filled_in_as_they_stand(lang: Lang) -> None:
    assert "C:\\{x}\\{0} {message}" in text("cli.error", lang, message="C:\\{x}\\{0} {message}")


@pytest.mark.parametrize("key", ["cli.no_such_sentence", "no_such_part.met", "met"])
def test_a_sentence_that_is_not_there_is_a_fault_of_the_programmers(key: str) -> None:
    with pytest.raises((KeyError, FileNotFoundError)):
        text(key, "en")


def test_a_value_may_have_any_name() -> None:
    sentence = text("error.column_missing", "en", file="a.csv", column="code", key="code", has="x, y")
    assert sentence.startswith("a.csv has no column code (needed for code). It has: x, y.")


def test_a_known_word_has_its_name_and_the_users_own_stays_as_it_is() -> None:
    assert name_of("layer", "schools", "zh") == "学校"
    assert name_of("layer", "my_own_layer", "zh") == "my_own_layer"
    assert name_of("kind", "", "en") == ""


def test_a_place_of_several_kinds_has_the_names_of_all() -> None:
    assert name_of("kind", "primary+junior", "zh") == "小学、初中"
    assert name_of("kind", "primary+托管", "en") == "primary school, 托管"


def test_every_part_can_be_read() -> None:
    for part in ("cli", "error", "finding", "kind", "layer", "page", "reason", "word"):
        assert section(part)


def test_every_kind_and_layer_has_a_name_in_both_languages() -> None:
    root = Path(__file__).parents[2]
    kinds, layers = set(section("kind")), set(section("layer"))
    used_kinds: set[str] = set()
    used_layers: set[str] = set()
    for path in (root / "cfgeo" / "study" / "standards").glob("*.toml"):
        for clause in tomllib.loads(path.read_text(encoding="utf-8"))["clause"]:
            used_layers |= {str(clause[key]) for key in ("layer", "near_layer") if key in clause}
    for path in (root / "data" / "facilities").glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            used_kinds |= {kind for row in csv.DictReader(stream) for kind in (row.get("kind") or "").split("+")} - {""}
    words = tomllib.loads((root / "cfgeo" / "files" / "vocabulary" / "kinds.toml").read_text(encoding="utf-8"))
    used_kinds |= {kind for kinds in (*words["words"], *words["codes"].values()) for kind in kinds.split("+")}
    used_kinds |= {kind for others in words["may_be"].values() for kind in others}
    used_kinds |= {value for tags in LAYERS.values() for values in tags.values() for value in values}
    assert used_kinds <= kinds
    assert used_layers <= layers
    for part in ("kind", "layer"):
        for word in section(part):
            assert not name_of(part, word, "zh").isascii(), word
            assert name_of(part, word, "en").isascii(), word


def test_a_place_without_a_kind_is_named_by_its_layer() -> None:
    assert name_of("kind", "walkways", "zh") == "山城步道"
    assert name_of("kind", "my_own_layer", "zh") == "my_own_layer"
