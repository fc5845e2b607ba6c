"""Yes and no as people write them; what is neither is seen."""

import math

import pandas as pd
import pytest

from cfgeo.files.answers import NO, YES, is_blank, is_unclear, is_yes


@pytest.mark.parametrize("word", ["yes", " TRUE ", "1", "Y", "t", "是", "有", "√", "✓", "✔", "已", "已认证", "１"])
def test_yes_is_understood_in_both_languages(word: str) -> None:
    assert is_yes(pd.Series([word])).all()
    assert not is_unclear(pd.Series([word])).any()


@pytest.mark.parametrize("word", ["no", "False", "0", "N", "否", "无", "×", "✗", "未", "没有", "未认证", "", None])
def test_no_is_understood_in_both_languages(word: str | None) -> None:
    assert not is_yes(pd.Series([word], dtype=object)).any()
    assert not is_unclear(pd.Series([word], dtype=object)).any()


@pytest.mark.parametrize("word", ["x", "在建", "3名", "？", "已撤销", "2"])
def test_what_is_neither_is_unclear(word: str) -> None:
    assert is_unclear(pd.Series([word])).all()
    assert not is_yes(pd.Series([word])).any()


def test_no_word_means_both() -> None:
    assert not YES & NO


def test_a_flag_read_as_a_boolean_or_a_number_is_understood() -> None:
    for answers in ([True, False], [1, 0], [1.0, 0.0]):
        assert is_yes(pd.Series(answers)).tolist() == [True, False]
        assert not is_unclear(pd.Series(answers)).any()
    assert is_yes(pd.Series([True, False, None], dtype=object)).tolist() == [True, False, False]
    assert is_yes(pd.Series([1.0, 0.0, math.nan])).tolist() == [True, False, False]


def test_answers_keep_their_index() -> None:
    answers = pd.Series(["yes", ""], index=["a", "b"])
    for said in (is_yes, is_unclear, is_blank):
        assert said(answers).index.tolist() == ["a", "b"]
