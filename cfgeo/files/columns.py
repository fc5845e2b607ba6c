"""A table's columns under cfgeo's names, its cells as text, and the rows that a filter keeps."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.core.errors import InputError
from cfgeo.files.cell_values import plain_heading
from cfgeo.files.encodings.raw_text import cut_heading

Frame = TypeVar("Frame", bound=pd.DataFrame)


def rename(table: Frame, columns: Mapping[str, str], *, path: Path | str) -> Frame:
    """Give columns cfgeo's names.

    Raises
    ------
    InputError
        The table has no such column.
    """
    columns = {ours: _as_headed(table, theirs) for ours, theirs in columns.items()}
    for ours, theirs in columns.items():
        if theirs not in table.columns:
            raise InputError(
                "column_missing", file=path, column=theirs, key=ours, has=_names(table.columns, theirs, ours)
            )
    renamed = {ours: table[theirs] for ours, theirs in columns.items()}  # one column may serve twice
    kept = table.drop(columns=[theirs for theirs in columns.values() if theirs not in columns])
    return kept.assign(**renamed)


def _as_headed(table: pd.DataFrame, name: str) -> str:
    """Return a column's name as the table has it: without the unit of its heading, or cut off by a Shapefile."""
    if name in table.columns:
        return name
    plain = plain_heading(name)
    found = [plain] if plain in table.columns else [cut for cut in cut_heading(name) if cut in table.columns]
    return found[0] if len(found) == 1 else name


def keep_where(
    table: gpd.GeoDataFrame,
    where: Mapping[str, tuple[object, ...]],
    *,
    path: Path | str,
    columns: Mapping[str, str] | None = None,
) -> gpd.GeoDataFrame:
    """Keep the rows whose columns have one of the values of ``where``; ``*`` in a text stands for any text.

    Values are compared without differences of width, capitals and blanks, and 3 is 3.0. A column goes by its name in
    the table, or by the file's name for it where ``columns`` (cfgeo's name → the file's name) has changed that.

    Raises
    ------
    InputError
        The table has no such column.
    """
    keep = np.ones(len(table), dtype=bool)
    for name, values in where.items():
        text = as_text(where_cells(table, name, path=path, columns=columns)).map(_loose)
        patterns = [_loose(_as_text(value)) for value in values]
        keep &= text.isin({value for value in set(text) if matches(value, patterns)}).to_numpy()
    return table[keep]


def where_cells(
    table: pd.DataFrame, name: str, *, path: Path | str, columns: Mapping[str, str] | None = None
) -> pd.Series:
    """Return the column that ``where`` names, as :func:`keep_where` finds it."""
    ours = {theirs: ours for ours, theirs in (columns or {}).items()}
    column = name if name in table.columns else ours.get(name, name)
    if column not in table.columns:
        raise InputError("column_missing", file=path, column=column, key="where", has=_names(table.columns, column))
    return table[column]


def distinct(column: pd.Series) -> tuple[list[str], int]:
    """Return what :func:`keep_where` tells apart in a column, each as it stands there first; and how many are empty."""
    texts = as_text(column)
    loose = texts.map(_loose)
    first = ~loose.duplicated() & (loose != "")
    return texts[first].tolist(), int((loose == "").sum())


def _loose(text: str) -> str:
    """Return a text without differences of width, capitals and blanks, and a whole number without its decimals."""
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).strip()).casefold()
    return re.sub(r"^(-?\d+)\.0+$", r"\1", plain)


def _names(columns: Iterable[object], *wanted: str) -> str:
    """Return headings as a list, those first that are spelt most like what is wanted."""
    names = [str(column) for column in columns if column != "geometry"]
    near = [name for word in wanted for name in difflib.get_close_matches(word, names, n=3, cutoff=0.5)]
    return ", ".join(dict.fromkeys([*near, *names]))


def as_text(column: pd.Series) -> pd.Series:
    """Return a column as its user would write it, without blanks around; "" where a cell is missing."""
    return column.map(_as_text).astype("str").str.strip()


def _as_text(value: object) -> str:
    """Return a cell as a user would write it: 3.0 is 3, a missing cell is ""."""
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def matches(value: str, patterns: Iterable[str]) -> bool:
    """Return whether a text is one of the patterns, in which ``*`` stands for any text."""
    return any(
        pattern in ("*", value)
        or ("*" in pattern and re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), value, re.DOTALL) is not None)
        for pattern in patterns
    )
