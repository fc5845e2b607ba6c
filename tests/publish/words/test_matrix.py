"""Clauses against communities: the order of rows and columns, and what stands in a cell."""

import dataclasses

import pandas as pd
from worlds.publish_results import sample_results

from cfgeo.core.schema import FAILED
from cfgeo.publish.words.clauses.matrix import matrix, matrix_words

RESULTS = sample_results()


def test_rows_are_required_clauses_first_and_those_that_most_fail() -> None:
    table = matrix(RESULTS)
    assert [clause["id"] for clause in table.clauses] == ["T-school", "T-park", "T-home"]
    assert table.failing.to_dict() == {"T-school": 3, "T-park": 2, "T-home": 0}
    clauses = [
        {**clause, "required": clause["id"] != "T-school"} for clause in RESULTS.parameters["clauses"] if clause["id"]
    ]
    other = dataclasses.replace(RESULTS, parameters=RESULTS.parameters | {"clauses": clauses})
    assert [clause["id"] for clause in matrix(other).clauses] == ["T-park", "T-home", "T-school"]


def test_columns_are_grouped_by_street_office_the_worst_first() -> None:
    table = matrix(RESULTS)
    offices = list(RESULTS.street_offices.index)
    assert list(table.communities["street_office"].map(offices.index)) == sorted(
        table.communities["street_office"].map(offices.index)
    )
    assert [code for code in table.communities.index if code.startswith("A")] == ["A02", "A01"]
    assert sorted(table.communities.index) == list(RESULTS.communities.index)
    assert list(table.verdicts.columns) == list(table.communities.index)


def test_cells_are_the_verdicts_of_the_coverage() -> None:
    table = matrix(RESULTS)
    rows = RESULTS.coverage.set_index(["clause", "code"])["verdict"]
    assert {pair: table.verdicts.loc[pair] for pair in rows.index} == rows.to_dict()
    failed = {code: set(table.verdicts.index[table.verdicts[code] == FAILED]) for code in table.verdicts.columns}
    assert failed == {code: set(clauses) for code, clauses in RESULTS.communities["failed"].items()}


def test_what_has_no_row_is_not_assessed() -> None:
    rows = RESULTS.coverage
    fewer = rows[~((rows["code"] == "A01") & (rows["clause"] == "T-school"))]
    table = matrix(dataclasses.replace(RESULTS, coverage=fewer))
    assert table.verdicts.loc["T-school", "A01"] == "not_assessed"
    words = matrix_words(dataclasses.replace(RESULTS, coverage=fewer), "zh")
    assert words.loc["T-school", "A01"] == "–"


def test_words_are_those_of_the_page() -> None:
    words = matrix_words(RESULTS, "en")
    assert words.loc["T-school"].to_dict() == {
        "A01": "95.0 %",
        "A02": "41.2 %",
        "B01": "79.6 %",
        "B02": "–",
        "C01": "0.0 %",
    }
    assert words.loc["T-park", "A01"] == "2"
    assert matrix_words(RESULTS, "zh").loc["T-park", "A01"] == "2 处"
    assert words.loc["T-home", "A01"] == "–"


def test_a_run_without_community_clauses_has_an_empty_matrix() -> None:
    nothing = dataclasses.replace(RESULTS, coverage=RESULTS.coverage.iloc[:0])
    table = matrix(nothing)
    assert table.clauses == []
    assert table.verdicts.shape == (0, len(RESULTS.communities))
    assert isinstance(matrix_words(nothing, "zh"), pd.DataFrame)
