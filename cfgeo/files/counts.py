"""Columns of tables → numbers, with a finding for each cell that is none."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.core.findings import finding
from cfgeo.files.answers import is_blank
from cfgeo.files.cell_values import numbers

Findings = list[dict[str, Any]]


def number_cells(table: pd.DataFrame, column: str, layer: str) -> tuple[pd.Series, Findings]:
    """Return a column of counts as numbers, and its cells that are none.

    Parameters
    ----------
    table
        Index: its rows as their user sees them.
    column
        What counts something: children, places in a school.
    layer
        Where the table belongs.

    Returns
    -------
    numbers : pandas.Series
        NaN where a cell is blank or no number, 0 where it is negative.
    findings : list of dict
    """
    number = numbers(table[column])
    words = np.flatnonzero(number.isna() & ~is_blank(table[column]))
    less = np.flatnonzero(number < 0)
    shapes = table.geometry.to_numpy() if isinstance(table, gpd.GeoDataFrame) else [None] * len(table)
    row_names = [str(row) for row in table.index]
    rows = [
        finding("not_number", layer, row=row_names[i], at=shapes[i], column=column, value=table[column].iloc[i])
        for i in words
    ]
    rows += [
        finding("negative", layer, row=row_names[i], at=shapes[i], column=column, value=f"{number.iloc[i]:g}")
        for i in less
    ]
    return number.clip(lower=0), rows


def counted_cells(table: pd.DataFrame, column: str, layer: str) -> tuple[pd.Series, Findings]:
    """Return a column as numbers of people, of which a blank cell has none; a finding says how many are blank."""
    number, rows = number_cells(table, column, layer)
    blank = is_blank(table[column]).to_numpy()
    if blank.any():
        at = tuple(str(row) for row in table.index[blank])
        rows.append(finding("ages_blank", layer, row=column, count=len(at), total=len(table), rows=at))
    return number.fillna(0.0), rows
