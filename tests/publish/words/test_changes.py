"""What changes in a community's clauses, from two tables of coverage: the same as a what-if says."""

import pandas as pd

from cfgeo.core.plan import Plan
from cfgeo.publish.words.changes import clause_cells, side_by_side


def test_only_clauses_that_change_have_cells(plan: Plan) -> None:
    table = side_by_side(plan.coverage_before, plan.coverage_after)
    titles = {clause: names["en"] for clause, names in plan.titles.items()}
    cells = {code: clause_cells(part, titles, "en", basis="children") for code, part in table.groupby("code")}
    assert cells["C03"] == [["Primary school", "33.3 % · 9.5′", "83.3 % · 0.5′", "12", "gained"]]
    assert cells["C01"] == cells["C04"] == []


def test_where_people_are_not_counted_shares_are_compared(plan: Plan) -> None:
    table = side_by_side(plan.coverage_before, plan.coverage_after)
    titles = {clause: names["zh"] for clause, names in plan.titles.items()}
    upper = table[table["code"] == "C03"]
    assert clause_cells(upper, titles, "zh", basis="floor_area")[0][3] == "+50 个百分点"
    back = side_by_side(plan.coverage_after, plan.coverage_before)
    cells = clause_cells(back[back["code"] == "C03"], titles, "en", basis="floor_area")
    assert cells[0][3] == "−50 percentage points"


def test_losses_are_stated_too(plan: Plan) -> None:
    table = side_by_side(plan.coverage_after, plan.coverage_before)
    row = table[(table["code"] == "C03") & (table["clause"] == "school")].iloc[0]
    assert (row["change"], round(row["lost"], 6), row["gained"]) == ("lost", 12, 0)
    assert isinstance(table, pd.DataFrame)
