"""Findings: faults in the data as rows of a table, reported all at once, and their sentences."""

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
"""A row for each fault: where (layer; row, or "" for the whole layer), which rule, how bad (error | warning | note),
the values of its sentence, and its place if the row does not tell it (a geometry in the study's metric CRS or None)."""


def finding(
    rule: str, layer: str, *, severity: str = "warning", row: object = "", at: Any = None, **values: object
) -> dict[str, Any]:
    """Return one row for a table of findings."""
    return {"layer": layer, "row": str(row), "rule": rule, "severity": severity, "values": values, "at": at}


def findings_table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return findings as a table with ``FINDING_COLUMNS``, the most severe first."""
    table = pd.DataFrame(list(rows), columns=list(FINDING_COLUMNS))
    rank = table["severity"].map({"error": 0, "warning": 1, "note": 2})
    return table.assign(rank=rank).sort_values("rank", kind="stable").drop(columns="rank").reset_index(drop=True)


def label_of(facilities: gpd.GeoDataFrame, index: object) -> str:
    """Return the name of a facility in sentences, or its row if it has none."""
    return str(facilities["name"].get(index) or row_of(facilities, index))


def row_of(facilities: gpd.GeoDataFrame, index: object) -> str:
    """Return the row of a facility in its file, as users count, or its id if the row is not known."""
    return str(facilities[ROW].get(index) if ROW in facilities.columns else index)


def require_clean(findings: pd.DataFrame, places: Callable[[], gpd.GeoSeries]) -> None:
    """Raise if a finding is an error.

    Parameters
    ----------
    findings
        All findings.
    places
        Returns where they are; called only if there is an error.

    Raises
    ------
    CheckError
        Carries all findings, and where they are.
    """
    errors = findings[findings["severity"] == "error"]
    if len(errors):
        faults = _Faults(fold(errors).head(_MOST_SHOWN))
        raise CheckError("findings", findings, places=places(), count=len(errors), faults=faults)


@dataclass(frozen=True)
class _Faults(Message):
    """Findings as lines of the message of an error."""

    findings: pd.DataFrame

    def text(self, lang: Lang) -> str:
        return "\n".join(f"  - {sentence}" for sentence in describe(self.findings, lang)["what"])


def fold(findings: pd.DataFrame) -> pd.DataFrame:
    """Return findings, with more than three of the same rule and layer joined into the first, which names the rest."""
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
    """Return findings as sentences.

    Returns
    -------
    pandas.DataFrame
        On the index of ``findings``: ``layer``, ``row``, ``rule``, ``severity``, ``what``, ``mend``.
    """
    rows = findings[["layer", "row", "rule", "severity"]].copy()
    facts = list(zip(findings["rule"], findings["layer"], findings["row"], findings["values"], strict=True))
    rows["what"] = [_sentence(lang, *fact) for fact in facts]
    rows["mend"] = [text(f"finding.{rule}_mend", lang, **_values(lang, given)) for rule, _, _, given in facts]
    return rows


def _sentence(lang: Lang, rule: str, layer: str, row: str, values: dict[str, object]) -> str:
    sentence = text(f"finding.{rule}", lang, layer=layer, row=row, **_values(lang, values))
    alike = values.get("alike")
    if isinstance(alike, tuple):
        named = tuple(name for name in alike if name)[:_MOST_ALIKE]
        key = "word.alike" if named else "word.alike_unnamed"
        sentence += text(key, lang, count=len(alike), names=_shown(named, lang))
    return sentence


def _values(lang: Lang, values: dict[str, object]) -> dict[str, object]:
    return {name: _shown(value, lang) for name, value in values.items()}


def _shown(value: object, lang: Lang) -> object:
    """Return a value as part of a sentence: of several names the first, and their number."""
    if not isinstance(value, tuple):
        return value
    names = text("word.list", lang).join(str(name) for name in value[:_MOST_NAMED])
    return names if len(value) <= _MOST_NAMED else text("word.and_more", lang, names=names, count=len(value))
