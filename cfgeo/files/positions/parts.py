"""Degrees, minutes and seconds in columns of their own → one column of angles: 106, 33, 18 → 106°33′18″."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

import pandas as pd

from cfgeo.core.findings import Findings, finding
from cfgeo.files.positions.headings import axis_of

_SIGNS = {"degrees": "°", "minutes": "′", "seconds": "″"}
_PART = re.compile(
    r"(?P<axis>.*?[^\W_])[\s_.\-([]*"
    r"(?:(?P<degrees>度|°|deg(?:rees?)?|d)|(?P<minutes>分|['′]|min(?:utes?)?|m)|(?P<seconds>秒|[\"″]|''|′′|sec(?:onds?)?|s))"
    r"[\s)\]]*"
)
_NAMELESS = re.compile(r"\W*(?:度|分|秒|deg(?:rees?)?|min(?:utes?)?|sec(?:onds?)?)\W*(?:\([a-z]+\))?")
_WHOLE = r"[-+]?\d{1,3}(?:\.0*)?"
_UNKNOWN = "?"
"""Stands for a part that is blank: what is no angle is a finding, and 106° would be another place."""


def join_angles(table: pd.DataFrame, layer: str) -> tuple[pd.DataFrame, Findings]:
    """Return a table with one column for each axis whose degrees, minutes and seconds stand apart, and notes of them.

    Parameters
    ----------
    table
        As its file has it.
    layer
        Where the notes belong.
    """
    findings: Findings = []
    for heading, parts in _angles(table).items():
        cells = {name: _texts(table, column) for name, column in parts.items()}
        whole = cells["degrees"].str.fullmatch(_WHOLE) | (cells["degrees"] == "")
        if not whole.all():
            continue  # decimals, which have their minutes in them
        angle = pd.Series("", index=table.index)
        for name, column in cells.items():
            plain = column.str.replace(r"\.0*$", "", regex=True) if name == "degrees" else column
            angle += plain.where(plain != "", _UNKNOWN) + _SIGNS[name]
        is_blank = (pd.DataFrame(cells) == "").all(axis=1)
        at = [str(column) for column in table.columns].index(parts["degrees"])
        names = tuple(parts.values())
        table = table.drop(columns=list(names))
        table.insert(min(at, table.shape[1]), heading, angle.astype(object).where(~is_blank, None))
        findings.append(finding("angle_parts", layer, severity="note", row=heading, columns=names))
    return table, findings


def nameless_parts(columns: Iterable[object]) -> list[str]:
    """Return the headings that say minutes or seconds and not of what: 度, 分, 秒, 度, 分, 秒."""
    return [
        str(column) for column in columns if _NAMELESS.fullmatch(unicodedata.normalize("NFKC", str(column)).lower())
    ]


def _texts(table: pd.DataFrame, column: str) -> pd.Series:
    return table[column].fillna("").astype(str).str.strip()


def _angles(table: pd.DataFrame) -> Mapping[str, dict[str, str]]:
    """Return, for each axis whose parts stand apart, its heading and the column of each part, in their order."""
    found: dict[str, dict[str, str]] = {}
    for column in map(str, table.columns):
        match = _PART.fullmatch(unicodedata.normalize("NFKC", column).strip().lower())
        if match and axis_of(match["axis"]):
            found.setdefault(match["axis"], {}).setdefault(str(match.lastgroup), column)
    for column in map(str, table.columns):  # 经度（度）, whose unit a sheet takes away
        axis = unicodedata.normalize("NFKC", column).strip().lower()
        if axis in found:
            found[axis].setdefault("degrees", column)
    return {
        axis: {name: parts[name] for name in _SIGNS if name in parts}
        for axis, parts in found.items()
        if {"degrees", "minutes"} <= parts.keys()
    }
