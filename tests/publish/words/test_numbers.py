"""Tests of numbers: what is shown never contradicts the verdict."""

import math
import re

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cfgeo.publish.words.numbers import SCALES, beside, beside_text, digits, meets, need_text, per_cent, rounded_beside

COMPARES = {
    "at_least": lambda a, b: a >= b,
    "more_than": lambda a, b: a > b,
    "at_most": lambda a, b: a <= b,
    "less_than": lambda a, b: a < b,
}
NEEDS = st.one_of(
    st.sampled_from([0.7, 0.55, 0.88, 0.95, 1.0, 1 / 3, 2 / 3, 0.1 + 0.2, 4.5, 10.0, 1234.5, 56 / 79]),
    st.floats(0.0, 2000.0, allow_nan=False),
)
OFFSETS = st.one_of(
    st.sampled_from([0.0, 0.025, -0.025, 4e-4, -4e-4, 5e-7, -5e-7, 2e-9, -2e-9, 5e-10, -5e-10, 1e-16]),
    st.floats(-1.0, 1.0, allow_nan=False),
)


def read(shown: str) -> float:
    """Return the number in a text, as a reader takes it."""
    return float(re.sub(r"[ ,%]", "", shown))


@given(need=NEEDS, offset=OFFSETS, compare=st.sampled_from(sorted(COMPARES)), unit=st.sampled_from(["%", "‰", ""]))
@example(need=4.5, offset=-0.025, compare="at_least", unit="")
@example(need=0.7, offset=-0.0004, compare="at_least", unit="%")
@example(need=0.100782721353189, offset=0.0, compare="more_than", unit="‰")
@example(need=1 / 3, offset=0.0, compare="at_least", unit="%")
def test_shown_texts_compare_as_the_verdict_says(need, offset, compare, unit):
    value = max(need + offset, 0.0)
    passed = meets(value, need, compare)
    pair = beside(value, need, compare=compare, unit=unit)
    value_said, need_said = digits(pair.value, least=1 if unit else 0), digits(pair.need)
    assert COMPARES[compare](read(value_said), read(need_said)) == passed
    assert (pair.gap == 0) == (read(value_said) == read(need_said))
    assert read(value_said) == pytest.approx(value * SCALES[unit], abs=0.06)
    assert need_text(need, "en", unit=unit) == (f"{need_said} {unit}" if unit else need_said)


@pytest.mark.parametrize(
    ("value", "need", "unit", "said", "gap"),
    [
        (4.475, 4.5, "", "4.475", "0.025"),
        (4.4, 4.5, "", "4.4", "0.1"),
        (4.4995, 4.5, "", "4.4995", "0.0005"),
        (9.0, 10, "", "9", "1"),
        (1234.0, 2000, "", "1,234", "766"),
        (0.6996, 0.7, "%", "69.96 %", "0.04"),
        (0.69996, 0.7, "%", "69.996 %", "0.004"),
        (0.7, 0.7, "%", "70.0 %", "0"),
        (0.5504, 0.55, "%", "55.0 %", "0"),
        (0.0015, 0.003, "‰", "1.5 ‰", "1.5"),
        (0.00325, 0.003, "‰", "3.25 ‰", "0.25"),
        (2 / 3, 0.66, "%", "66.7 %", "0.7"),
    ],
)
def test_value_has_as_many_digits_as_it_takes(value, need, unit, said, gap):
    assert beside_text(value, need, "en", unit=unit) == said
    assert digits(beside(value, need, unit=unit).gap) == gap


def test_need_that_must_be_exceeded_gets_more_digits_where_it_is_exceeded():
    assert beside_text(0.5504, 0.55, "en", compare="more_than") == "55.04 %"
    assert beside_text(0.55, 0.55, "en", compare="more_than") == "55.0 %"
    assert beside_text(0.5496, 0.55, "en", compare="at_most") == "55.0 %"
    assert beside_text(0.5504, 0.55, "en", compare="at_most") == "55.04 %"


def test_headline_has_a_share_that_its_target_does_not_contradict():
    assert per_cent(699.6 / 1000, 0.7, passed=False) == {"share": "69.96", "target": "70"}
    assert per_cent(0.25, 0.7, passed=False) == {"share": "25.0", "target": "70"}
    assert per_cent(0.7, 0.695, passed=True) == {"share": "70.0", "target": "69.5"}


def test_missing_and_boundless_values_have_texts():
    for value, said in ((4 / 9, "44.4%"), (6 / 7, "85.7%"), (1 / 3 * 1e-5, "0.0%"), (1.0, "100.0%"), (2 / 3, "66.7%")):
        assert beside_text(value, math.nan, "zh") == said  # nothing is asked: the usual decimals
    assert beside_text(1 / 3, math.nan, "en", unit="") == "0.33"
    assert beside_text(3.0, math.nan, "en", unit="") == "3"
    assert beside_text(math.nan, 0.7, "zh") == "–"
    assert beside_text(None, 0.7, "zh") == "–"
    assert beside_text(math.inf, 4.5, "zh", unit="") == "∞"
    assert beside_text(0.5, 0.7, "zh") == "50.0%"


@given(need=NEEDS, offset=OFFSETS, compare=st.sampled_from(sorted(COMPARES)))
def test_rounded_numbers_of_tables_compare_as_the_verdict_says(need, offset, compare):
    value = need + offset
    passed = meets(value, need, compare)
    needs = pd.Series([need, need])
    shown = rounded_beside(pd.Series([value, math.nan]), needs, compare)
    assert bool(COMPARES[compare](shown[0], round(need, 12))) == passed
    assert shown[0] == pytest.approx(value, abs=1e-6)
    assert math.isnan(shown[1])
