"""The result of a search for sites: its gap, and the sentences about communities held back."""

from dataclasses import replace

import pandas as pd
import pytest
from worlds.sites import candidates_at, found_in

from cfgeo.assess.case import Case
from cfgeo.core.sites import HeldBack


def test_the_gap_is_a_share_of_the_value(town_case: Case) -> None:
    siting = found_in(town_case, candidates_at(town_case, (200, 300)), layer="schools", kind="primary", count=1)
    assert siting.gap == 0
    assert replace(siting, value=20.0, bound=25.0).gap == pytest.approx(0.25)
    assert replace(siting, value=0.0, bound=3.0).gap == 3, "nothing has no share"


def test_communities_held_back_are_listed_clause_by_clause() -> None:
    held = pd.DataFrame({"community": ["A", "B"], "clauses": [("x", "y"), ("x",)]}, index=["1", "2"])
    message = HeldBack(held, {"x": {"zh": "甲", "en": "first"}, "y": {"zh": "乙", "en": "second"}})
    assert message.text("en").splitlines() == ["  - first: 2 (A, B)", "  - second: 1 (A)"]
    assert message.text("zh").splitlines()[0] == "  - 甲：2 个（A、B）"
    many = pd.DataFrame({"community": [f"C{n}" for n in range(9)], "clauses": [("x",)] * 9})
    assert HeldBack(many, {"x": {"zh": "甲", "en": "first"}}).text("en").endswith("C7 and others, 9 in all)")
