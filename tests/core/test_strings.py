"""The table of sentences: both languages, values filled in as they stand."""

import pytest

from cfgeo.core.strings import DEFAULT_LANG, LANGUAGES, Lang, name_of, section, text


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
