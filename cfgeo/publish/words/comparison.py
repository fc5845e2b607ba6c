"""A comparison of two runs in words: as text, and as a table."""

from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.run.causes import Cause, clauses_of
from cfgeo.publish.run.differences import BETTER, CHANGE_COLUMNS, GAINED, LOST, OVERALL, WORSE, Comparison
from cfgeo.publish.words.names import in_language, listed, separated

_SHOWN_ROWS, _ROW_DETAILS = 40, 3


def comparison_text(comparison: Comparison, *, lang: Lang) -> str:
    """Return a comparison as lines: whether it is one, what differs, and which communities gained or lost."""
    lines = heading_lines(comparison, lang=lang)
    lines.insert(1, status_words(comparison, lang=lang))
    table = change_table(comparison, lang=lang)
    if table.empty:
        return "\n".join([*lines, text("compare.same", lang)])
    overall = table[table["clause"] == OVERALL]["change"].value_counts()
    lines.append(text("compare.counts", lang, gained=int(overall.get(GAINED, 0)), lost=int(overall.get(LOST, 0))))
    for (_, title), rows in table[table["clause"] != OVERALL].groupby(["clause", "clause_name"], sort=False):
        counts = rows["change"].value_counts()
        numbers = {change: int(counts.get(change, 0)) for change in (GAINED, LOST, BETTER, WORSE)}
        lines.append("  " + text("compare.clause_counts", lang, clause=title, **numbers))
    verdicts = table[~table["change"].isin([BETTER, WORSE])]
    lines += [f"- {line}" for line in _row_lines(verdicts.head(_SHOWN_ROWS), lang)]
    if len(table) > min(len(verdicts), _SHOWN_ROWS):
        lines.append(text("compare.more", lang, count=len(table) - min(len(verdicts), _SHOWN_ROWS)))
    return "\n".join(lines)


def heading_lines(comparison: Comparison, *, lang: Lang) -> list[str]:
    """Return what is compared, whether it can be, and what differs."""
    a, b = comparison.a.record, comparison.b.record
    lines = [
        text("compare.title", lang, title=b["study"]["title"]),
        text(
            "compare.runs", lang,
            a=comparison.a.folder, date_a=a["run"]["finished"][:10], passed_a=a["district"]["passed"],
            b=comparison.b.folder, date_b=b["run"]["finished"][:10], passed_b=b["district"]["passed"],
        ),
        text("compare.comparable" if comparison.comparable else "compare.not_comparable", lang),
        *(f"  - {cause_words(comparison, cause, lang)}" for cause in comparison.differs),
    ]  # fmt: skip
    lines.append(text("compare.causes" if comparison.causes else "compare.causes_none", lang))
    lines += [f"  - {cause_words(comparison, cause, lang)}" for cause in comparison.causes]
    if any(cause.what == "version" and cause.detail == ("cfgeo",) for cause in comparison.causes):
        lines.append(text("compare.version_advice", lang))
    return lines


def status_words(comparison: Comparison, *, lang: Lang) -> str:
    """Return how good the data of both runs is, and the standard by which the second was judged."""
    statuses = [name_of("word", run.record["study"]["status"], lang) for run in (comparison.a, comparison.b)]
    return separated([*dict.fromkeys(statuses), comparison.b.record["parameters"]["standard"]["id"]], lang)


def change_table(comparison: Comparison, *, lang: Lang) -> pd.DataFrame:
    """Return the changes with their words: ``CHANGE_COLUMNS``."""
    titles, table = _titles(comparison, lang), comparison.changes
    table["clause_name"] = [titles.get(clause, text("compare.overall", lang)) for clause in table["clause"]]
    because = [
        [cause_words(comparison, cause, lang, most=_ROW_DETAILS) for cause in difference.causes]
        for difference in comparison.differences
    ]
    table["because"] = [separated(dict.fromkeys(sentences), lang) for sentences in because]
    return table[list(CHANGE_COLUMNS)]


def cause_words(comparison: Comparison, cause: Cause, lang: Lang, *, most: int | None = None) -> str:
    """Return one cause as a sentence, with ``most`` of its details (all when missing)."""
    key = cause.detail[0] if cause.detail else ""
    values: dict[str, Any] = {"what": "", "key": key, "was": key, "a": _value(cause.a), "b": _value(cause.b)}
    sentence = cause.kind
    if cause.kind == "data":
        sentence = "data_km" if cause.what == "network" else "data"
        values["what"] = name_of("layer", cause.what, lang)
    elif cause.kind == "standard":
        values["what"] = _titles(comparison, lang).get(cause.what, "")
        if key == "clause":
            sentence = "clause_new" if cause.b else "clause_gone"
    elif cause.kind == "walker":
        values["what"] = name_of("word", cause.what, lang)
    elif cause.kind == "status":
        values |= {side: name_of("word", values[side], lang) for side in ("a", "b")}
    elif cause.kind == "boundary" and key:
        sentence = "boundary_was"
    words = text(f"compare.{sentence}", lang, **values)
    details = cause.detail[:most] if cause.kind == "data" else ()
    if not details:
        return words
    more = listed(details, lang)
    if len(details) < len(cause.detail):
        more = text("word.and_more", lang, names=more, count=len(cause.detail))
    return text("compare.with_details", lang, said=words, more=more)


def share_words(a: float, b: float) -> str:
    """Return two shares as per cent; "" where there are none."""
    return "" if np.isnan(a) and np.isnan(b) else f"{_share(a)} → {_share(b)}"


def made_by() -> str:
    """Return the program that made a comparison, with its version."""
    return f"cfgeo {version('cfgeo')}"


def _row_lines(table: pd.DataFrame, lang: Lang) -> list[str]:
    lines = []
    for row in table.to_dict("records"):
        shares = [row["share_a"], row["share_b"]]
        known = not np.isnan(shares).any()
        numbers = text("compare.shares", lang, a=_share(shares[0]), b=_share(shares[1])) if known else ""
        names = {name: row[name] for name in ("community", "code", "because")}
        change = text(f"compare.{row['change']}", lang)
        lines.append(text("compare.row", lang, clause=row["clause_name"], change=change, numbers=numbers, **names))
    return lines


def _share(share: float) -> str:
    return "–" if np.isnan(share) else f"{share:.1%}"


def _titles(comparison: Comparison, lang: Lang) -> dict[str, str]:
    """Return the name of each clause that one of the runs has, by id."""
    clauses = clauses_of(comparison.a) | clauses_of(comparison.b)
    return {clause: in_language(entry, "name", lang) for clause, entry in clauses.items()}


def _value(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return f"{value:g}" if isinstance(value, float) else str(value)
