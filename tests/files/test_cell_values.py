"""Numbers and degrees are read as people write them, and nothing else is."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfgeo.files.cell_values import degrees, numbers, plain_code, plain_number, with_point


@pytest.mark.parametrize(
    ("said", "number"),
    [("300", 300), (" 300 ", 300), ("３００", 300), ("1,200", 1200), ("-5", -5), ("1e3", 1000), (7, 7), (2.5, 2.5),
     ("\u00a012\u3000", 12)],
)  # fmt: skip
def test_a_number_is_read(said: object, number: float) -> None:
    assert numbers(pd.Series([said], dtype=object)).tolist() == [number]


@pytest.mark.parametrize(
    "said", ["", None, "约300", "300人", "inf", "nan", "1e400", math.inf, True, "1,20", "1_0", "0x10"]
)
def test_what_is_no_number_is_none(said: object) -> None:
    assert numbers(pd.Series([said], dtype=object)).isna().all()


@pytest.mark.parametrize(
    "said",
    ["106.55", "106,55", "106°33'", "106°33′00″", "106度33分0秒", "东经106°33'", "E106.55", "106.55°E", "１０６．５５",
     "106° 33' 0\""],
)  # fmt: skip
def test_a_longitude_is_read(said: str) -> None:
    assert degrees(pd.Series([said]), "EW").tolist() == pytest.approx([106.55])


@pytest.mark.parametrize(
    "said", ["106°75'", "N106.55", "106 33 00", "106.33.00", "见附图", "", "106°33'99\"", "E106.55E"]
)
def test_what_is_no_longitude_is_none(said: str) -> None:
    assert degrees(pd.Series([said]), "EW").isna().all()


def test_south_and_west_are_negative() -> None:
    assert degrees(pd.Series(["33°52'S", "南纬33°52'"]), "NS").tolist() == pytest.approx([-33 - 52 / 60] * 2)
    assert degrees(pd.Series(["W10.5"]), "EW").tolist() == [-10.5]


@given(st.floats(-179, 179))
def test_degrees_minutes_and_seconds_come_back(degree: float) -> None:
    whole, rest = divmod(abs(degree), 1)
    minutes, part = divmod(rest * 60, 1)
    said = f"{whole:.0f}°{minutes:.0f}'{min(part * 60, 59.99999):.5f}\"{'W' if degree < 0 else 'E'}"
    assert degrees(pd.Series([said]), "EW").tolist() == pytest.approx([degree], abs=1e-7)


@given(st.text())
def test_any_text_is_a_number_or_none(said: str) -> None:
    assert degrees(pd.Series([said], dtype=object), "EW").map(lambda d: math.isnan(d) or math.isfinite(d)).all()


def test_codes_lose_what_a_spreadsheet_adds() -> None:
    assert plain_code("500103001.0") == "500103001"
    assert plain_code("５００１０３") == "500103"
    assert [plain_code(code) for code in ("C01", "007", "1.5", "a.0")] == ["C01", "007", "1.5", "a.0"]


def test_decimal_commas_become_points_and_names_stay() -> None:
    assert with_point("106,55") == "106.55"
    assert with_point("A, B") == "A, B"
    assert plain_number("一小，二小") == "一小，二小"
