"""A yes, a no, and since when something is so are understood in both languages; nothing else is."""

import datetime as dt
import math

import pandas as pd
import pytest

from cfgeo.core.schema import NO, YES
from cfgeo.files.answers import is_blank, is_later, is_since, is_unclear, is_unknown, is_yes

DAY = dt.date(2026, 11, 1)
SINCE = (
    "2024年认定 2024年9月认定 于2023年命名 2022年度获评 渝妇儿〔2023〕5号 ２０２４年认定 2024 2024年 2024年9月 "
    "2024-09-01 20240901 2026 2026年11月认定 2026-11-01"
)
LATER = "2099年认定 渝妇儿〔2099〕5号 2026-12-31 2026年12月认定 2026-11-02 2027"
NEITHER = "2024年申报 2024年未认定 拟2024年认定 2024年取消认定 5号 有效期至2025年 2024-2026 20 1999"


@pytest.mark.parametrize("word", ["yes", " TRUE ", "1", "Y", "t", "是", "有", "√", "✓", "✔", "已", "已认证", "１"])
def test_yes_is_understood_in_both_languages(word: str) -> None:
    assert is_yes(pd.Series([word])).all()
    assert not is_unclear(pd.Series([word])).any()


@pytest.mark.parametrize("word", ["no", "False", "0", "N", "否", "无", "×", "✗", "未", "没有", "未认证", "", None])
def test_no_is_understood_in_both_languages(word: str | None) -> None:
    assert not is_yes(pd.Series([word], dtype=object)).any()
    assert not is_unclear(pd.Series([word], dtype=object)).any()


@pytest.mark.parametrize("word", ["x", "在建", "3名", "？", "已撤销", "2"])
def test_an_answer_in_neither_list_is_unclear(word: str) -> None:
    assert is_unclear(pd.Series([word])).all()
    assert not is_yes(pd.Series([word])).any()


def test_no_word_is_both_a_yes_and_a_no() -> None:
    assert not YES & NO


def test_a_flag_read_as_a_boolean_or_a_number_is_understood() -> None:
    for answers in ([True, False], [1, 0], [1.0, 0.0]):
        assert is_yes(pd.Series(answers)).tolist() == [True, False]
        assert not is_unclear(pd.Series(answers)).any()
    assert is_yes(pd.Series([True, False, None], dtype=object)).tolist() == [True, False, False]
    assert is_yes(pd.Series([1.0, 0.0, math.nan])).tolist() == [True, False, False]


def test_answers_keep_their_index() -> None:
    answers = pd.Series(["yes", ""], index=["a", "b"])
    for cell in (is_yes, is_unclear, is_blank):
        assert cell(answers).index.tolist() == ["a", "b"]


@pytest.mark.parametrize("word", SINCE.split())
def test_a_day_month_or_year_that_has_begun_is_a_yes(word: str) -> None:
    answer = pd.Series([word])
    assert is_yes(answer, DAY).tolist() == is_since(answer, DAY).tolist() == [True]
    assert not is_later(answer, DAY).any()
    assert not is_unclear(answer).any()


@pytest.mark.parametrize("word", LATER.split())
def test_what_is_so_from_a_later_day_is_no_yes_yet(word: str) -> None:
    answer = pd.Series([word])
    assert not is_yes(answer, DAY).any()
    assert is_later(answer, DAY).all()
    assert is_yes(answer, dt.date(2100, 1, 1)).all()


@pytest.mark.parametrize("word", NEITHER.split())
def test_a_year_with_anything_else_is_unclear(word: str) -> None:
    answer = pd.Series([word])
    assert is_unclear(answer).all()
    assert not (is_yes(answer, DAY) | is_later(answer, DAY)).any()


def test_a_date_of_a_workbook_is_a_day() -> None:
    days = pd.Series([dt.datetime(2024, 5, 1), pd.Timestamp("2026-12-31"), dt.date(2023, 1, 2)], dtype=object)
    assert is_yes(days, DAY).tolist() == [True, False, True]
    assert is_yes(pd.Series([2024.0, 2027.0]), DAY).tolist() == [True, False]


def test_blank_is_unknown_except_where_only_the_yes_is_marked() -> None:
    assert is_unknown(pd.Series(["yes", "", "no"])).tolist() == [False, True, False]
    assert is_unknown(pd.Series(["√", "", ""])).tolist() == [False, False, False]
    assert is_unknown(pd.Series(["yes", "", "", "perhaps"])).tolist() == [False, False, False, True]
