"""Findings: faults in the data are rows, reported all at once, and put into words here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from cfgeo.core.errors import CheckError
from cfgeo.core.schema import ROW
from cfgeo.core.strings import Lang, Message, text

_MOST_ALIKE = 3
_MOST_SHOWN = 20
_MOST_NAMED = 10

Findings = list[dict[str, Any]]
"""Rows for :func:`findings_table`, as :func:`finding` gives them."""

FINDING_COLUMNS = ("layer", "row", "rule", "severity", "values", "at")
"""One fault in the data a row: where (layer; row or "" for the whole), which rule, how bad
(error | warning | note), the values that its sentence needs, and its place where the row does not say it:
a geometry in the study's metric CRS, else None."""


def finding(
    rule: str, layer: str, *, severity: str = "warning", row: object = "", at: Any = None, **values: object
) -> dict[str, Any]:
    """Return one row for a table of findings."""
    return {"layer": layer, "row": str(row), "rule": rule, "severity": severity, "values": values, "at": at}


def findings_table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return the findings as a table with ``FINDING_COLUMNS``, the worst first."""
    table = pd.DataFrame(list(rows), columns=list(FINDING_COLUMNS))
    rank = table["severity"].map({"error": 0, "warning": 1, "note": 2})
    return table.assign(rank=rank).sort_values("rank", kind="stable").drop(columns="rank").reset_index(drop=True)


def label_of(facilities: gpd.GeoDataFrame, index: object) -> str:
    """Return what a facility is called in a sentence: its name, or its row where it has none."""
    return str(facilities["name"].get(index) or row_of(facilities, index))


def row_of(facilities: gpd.GeoDataFrame, index: object) -> str:
    """Return the row that a facility comes from, as its user sees it; its id where nobody knows."""
    return str(facilities[ROW].get(index) if ROW in facilities.columns else index)


def require_clean(findings: pd.DataFrame, places: Callable[[], gpd.GeoSeries]) -> None:
    """Raise where a finding is an error.

    Parameters
    ----------
    findings
        All there are.
    places
        Says where they are, once that is asked.

    Raises
    ------
    CheckError
        With all findings, and where they are.
    """
    errors = findings[findings["severity"] == "error"]
    if len(errors):
        faults = _Faults(fold(errors).head(_MOST_SHOWN))
        raise CheckError("findings", findings, places=places(), count=len(errors), faults=faults)


@dataclass(frozen=True)
class _Faults(Message):
    """Findings as lines of an error's sentence."""

    findings: pd.DataFrame

    def text(self, lang: Lang) -> str:
        return "\n".join(f"  - {sentence}" for sentence in describe(self.findings, lang)["what"])


def fold(findings: pd.DataFrame) -> pd.DataFrame:
    """Return findings with more than three of one rule and layer joined into the first, which names the others."""
    rows = []
    for _, same in findings.groupby(["rule", "layer", "severity"], sort=False):
        if len(same) <= _MOST_ALIKE:
            rows.append(same)
            continue
        first, others = same.iloc[0], same.iloc[1:]
        names = tuple(v.get("name") or row for v, row in zip(others["values"], others["row"], strict=True))
        joined = {**first, "values": {**first["values"], "alike": names}}
        rows.append(pd.DataFrame([joined], index=[first.name]))
    return pd.concat(rows).sort_index() if rows else findings


def describe(findings: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return findings in words.

    Returns
    -------
    pandas.DataFrame
        On the index of ``findings``: ``layer``, ``row``, ``rule``, ``severity``, ``what``, ``mend``.
    """
    rows = findings[["layer", "row", "rule", "severity"]].copy()
    said = list(zip(findings["rule"], findings["layer"], findings["row"], findings["values"], strict=True))
    rows["what"] = [_sentence(lang, *about) for about in said]
    rows["mend"] = [text(f"finding.{rule}_mend", lang) for rule, *_ in said]
    return rows


def _sentence(lang: Lang, rule: str, layer: str, row: str, values: dict[str, object]) -> str:
    shown = {name: _shown(value, lang) for name, value in values.items()}
    said = text(f"finding.{rule}", lang, layer=layer, row=row, **shown)
    alike = values.get("alike")
    if isinstance(alike, tuple):
        named = tuple(name for name in alike if name)[:_MOST_ALIKE]
        key = "word.alike" if named else "word.alike_unnamed"
        said += text(key, lang, count=len(alike), names=_shown(named, lang))
    return said


def _shown(value: object, lang: Lang) -> object:
    """Return a value as it stands in a sentence: the first of several names, and how many there are."""
    if not isinstance(value, tuple):
        return value
    names = text("word.list", lang).join(str(name) for name in value[:_MOST_NAMED])
    return names if len(value) <= _MOST_NAMED else text("word.and_more", lang, names=names, count=len(value))
