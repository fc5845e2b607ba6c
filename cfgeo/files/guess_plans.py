"""Guess which tables hold the zones of a plan, and which the figures that departments report."""

import re

import pandas as pd

from cfgeo.files.lookalikes import MOSTLY, lookalike
from cfgeo.files.vocabulary.headings import columns_of, meaning, vocabulary

_YEAR = re.compile(r"\s*(?:19|20)\d{2}\s*年?度?\s*(?:[(（].*[)）]|%|‰)?\s*")
_ZONE_COLUMNS = ("name", "kind", "title")


def are_reported_figures(table: pd.DataFrame) -> bool:
    """Return whether a table names an indicator in each row, with its year and value or with years as columns."""
    columns = columns_of(table, ("indicator", "year", "value"))
    years = any(_YEAR.fullmatch(str(heading)) for heading in table.columns)
    return "indicator" in columns and (years or {"year", "value"} <= columns.keys())


def zone_columns(table: pd.DataFrame, label: str) -> dict[str, str] | None:
    """Return the columns of the zones of a plan, None where a table of shapes is something else.

    Its kinds say so (核, 网, 圈, 带, 点), several of them or under a name of such a file; or that name alone, where
    nothing speaks for communities or catchments.

    Parameters
    ----------
    table
        Its columns, without shapes.
    label
        The names of its file, and of its sheet or layer.
    """
    columns = columns_of(table, _ZONE_COLUMNS)
    named = {role for role, words in vocabulary()["files"].items() if any(word in label.lower() for word in words)}
    kinds = table[columns["kind"]].dropna().astype("str") if "kind" in columns else pd.Series(dtype="str")
    meanings = kinds.map(lambda word: meaning(word, "zone_kinds")).dropna()
    if len(kinds) and len(meanings) > MOSTLY * len(kinds) and ("zones" in named or len(set(meanings)) > 1):
        return columns
    of_units = {"communities"} & named or columns_of(table, ("code", "community", "street_office"))
    by_name = "zones" in named and not of_units and not len(kinds) and not lookalike(label, "places")
    return columns if by_name and columns else None
