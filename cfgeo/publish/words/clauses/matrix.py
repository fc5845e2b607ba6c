"""Clauses against communities: who passes which clause, as one table for the page, the workbook and the reports."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from cfgeo.core.clock import once
from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, NOT_ASSESSED
from cfgeo.core.strings import Lang, text
from cfgeo.publish.run.units import need_unit
from cfgeo.publish.words.clauses.found import compare_of
from cfgeo.publish.words.numbers import amount, beside_text


@dataclass(frozen=True)
class Matrix:
    """Clauses in rows, communities in columns.

    Attributes
    ----------
    clauses : list of dict
        Those that communities are judged by, as in the run's parameters: required ones first, of either kind those
        that most communities fail first.
    communities : pandas.DataFrame
        Name (``community``) and ``street_office`` by code: grouped by street office, in each those that fail most
        required clauses first.
    verdicts : pandas.DataFrame
        passed | failed | not_assessed, by clause (rows) and code (columns), in the order of both.
    """

    clauses: list[dict[str, Any]]
    communities: pd.DataFrame
    verdicts: pd.DataFrame

    @property
    def failing(self) -> pd.Series:
        """How many communities fail each clause."""
        return (self.verdicts == FAILED).sum(axis=1)


@once
def matrix(results: Results) -> Matrix:
    """Return which community passes which clause."""
    judged = {str(clause) for clause in results.coverage["clause"]}
    clauses = [c for c in results.parameters["clauses"] if c["scope"] == "community" and c["id"] in judged]
    table = results.coverage.pivot_table(index="clause", columns="code", values="verdict", aggfunc="first")
    ids = [clause["id"] for clause in clauses]
    verdicts = table.reindex(index=ids, columns=results.communities.index).fillna(NOT_ASSESSED)
    failing = (verdicts == FAILED).sum(axis=1)
    clauses.sort(key=lambda clause: (not clause["required"], -failing[clause["id"]]))
    offices = {str(office): nth for nth, office in enumerate(results.street_offices.index)}
    communities = results.communities[["community", "street_office"]].assign(
        place=results.communities["street_office"].astype(str).map(offices),
        lacks=-results.communities["failed"].map(len),
    )
    ordered = communities.sort_values(["place", "lacks"], kind="stable")[["community", "street_office"]]
    rows = [clause["id"] for clause in clauses]
    return Matrix(clauses=clauses, communities=pd.DataFrame(ordered), verdicts=verdicts.loc[rows, ordered.index])


def matrix_words(results: Results, lang: Lang) -> pd.DataFrame:
    """Return what each community has of each clause, as text beside which the verdict stands: 41.2 %, 2 places.

    Parameters
    ----------
    results
        What the run has found out.
    lang
        Language of the words.

    Returns
    -------
    pandas.DataFrame
        By clause and code, in the order of :func:`matrix`.
    """
    table = matrix(results)
    words = pd.DataFrame("", index=table.verdicts.index, columns=table.verdicts.columns, dtype=object)
    rows = {str(clause): part.set_index("code") for clause, part in results.coverage.groupby("clause", sort=False)}
    for clause in table.clauses:
        words.loc[clause["id"]] = said_words(rows[clause["id"]].reindex(words.columns), clause, lang)
    return words


def said_words(rows: pd.DataFrame, clause: dict[str, Any], lang: Lang) -> list[str]:
    """Return what communities have of a clause, as text that does not contradict their verdicts.

    Parameters
    ----------
    rows
        The clause's rows of ``Results.coverage``.
    clause
        Of the run's parameters.
    lang
        Language of the words.
    """
    if clause["measure"] == "present":
        missing = text("page.missing", lang)
        said = [text("page.popup_places", lang, places=amount(value, lang)) for value in rows["places"]]
        return [missing if pd.isna(value) else words for value, words in zip(rows["places"], said, strict=True)]
    values = rows["value"].astype(float).fillna(rows["share"].astype(float))
    if clause["measure"] == "reach":
        values = rows["share"].astype(float)
    compare, unit = compare_of(clause), need_unit(clause)
    return [
        beside_text(value, need, lang, compare=compare, unit=unit)
        for value, need in zip(values, rows["need"], strict=True)
    ]
