"""Headings are numbered as official documents number them."""

from cfgeo.publish.report.styles import DESIGNS


def test_headings_are_numbered_in_chinese_however_many_there_are() -> None:
    numerals = DESIGNS["zh"].numerals
    assert [numerals[number - 1] for number in (1, 9, 10, 11, 19, 20, 21, 70, 99)] == [
        "一", "九", "十", "十一", "十九", "二十", "二十一", "七十", "九十九"
    ]  # fmt: skip
    assert len(set(numerals)) == len(numerals) == len(DESIGNS["en"].numerals)
