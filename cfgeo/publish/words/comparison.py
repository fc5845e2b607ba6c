"""A comparison of two runs in words: as text, and as a table."""

from importlib.metadata import version

import numpy as np
import pandas as pd

from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.run.differences import (
    BETTER,
    CHANGE_COLUMNS,
    GAINED,
    LOST,
    OVERALL,
    WORSE,
    Cause,
    Comparison,
    clauses_of,
)

_SHOWN_ROWS, _ROW_DETAILS = 40, 3


def compared_text(found: Comparison, *, lang: Lang) -> str:
    """Return a comparison as lines: whether it is one, what differs, and which communities gained or lost."""
    lines = heading_lines(found, lang=lang)
    lines.insert(1, status_words(found, lang=lang))
    table = change_table(found, lang=lang)
    if table.empty:
        return "\n".join([*lines, text("compare.same", lang)])
    whole = table[table["clause"] == OVERALL]["change"].value_counts()
    lines.append(text("compare.counts", lang, gained=int(whole.get(GAINED, 0)), lost=int(whole.get(LOST, 0))))
    for (_, title), rows in table[table["clause"] != OVERALL].groupby(["clause", "clause_name"], sort=False):
        counts = rows["change"].value_counts()
        numbers = {change: int(counts.get(change, 0)) for change in (GAINED, LOST, BETTER, WORSE)}
        gained, lost, better, worse = numbers.values()
        said = text("compare.clause_counts", lang, clause=title, gained=gained, lost=lost, better=better, worse=worse)
        lines.append(f"  {said}")
    worth = table[~table["change"].isin([BETTER, WORSE])]
    lines += [f"- {line}" for line in _row_lines(worth.head(_SHOWN_ROWS), lang)]
    if len(table) > min(len(worth), _SHOWN_ROWS):
        lines.append(text("compare.more", lang, count=len(table) - min(len(worth), _SHOWN_ROWS)))
    return "\n".join(lines)


def heading_lines(found: Comparison, *, lang: Lang) -> list[str]:
    """Return what is compared, whether it can be, and what differs."""
    a, b = found.a.record, found.b.record
    lines = [
        text("compare.title", lang, title=b["study"]["title"]),
        text(
            "compare.runs", lang,
            a=found.a.folder, date_a=a["run"]["finished"][:10], passed_a=a["district"]["passed"],
            b=found.b.folder, date_b=b["run"]["finished"][:10], passed_b=b["district"]["passed"],
        ),
        text("compare.comparable" if found.comparable else "compare.not_comparable", lang),
        *(f"  - {cause_words(found, cause, lang)}" for cause in found.differs),
    ]  # fmt: skip
    lines.append(text("compare.causes" if found.causes else "compare.causes_none", lang))
    lines += [f"  - {cause_words(found, cause, lang)}" for cause in found.causes]
    if any(cause.what == "version" and cause.detail == ("cfgeo",) for cause in found.causes):
        lines.append(text("compare.version_advice", lang))
    return lines


def status_words(found: Comparison, *, lang: Lang) -> str:
    """Say how good the data of both runs is, and by which standard the second was judged."""
    statuses = [name_of("word", run.record["study"]["status"], lang) for run in (found.a, found.b)]
    standard = found.b.record["parameters"]["standard"]["id"]
    return text("word.between", lang).join([*dict.fromkeys(statuses), standard])


def change_table(found: Comparison, *, lang: Lang) -> pd.DataFrame:
    """Return the changes with their words: ``CHANGE_COLUMNS``."""
    titles = _titles(found, lang)
    table = found.changes.copy()
    table["clause_name"] = [titles.get(clause, text("compare.overall", lang)) for clause in table["clause"]]
    mark = text("word.between", lang)
    table["because"] = [
        mark.join(dict.fromkeys(cause_words(found, cause, lang, most=_ROW_DETAILS) for cause in found.by_row[row]))
        for row in table.index
    ]
    return table[list(CHANGE_COLUMNS)]


def cause_words(found: Comparison, cause: Cause, lang: Lang, *, most: int | None = None) -> str:
    """Return one cause as a sentence, with ``most`` of its details (all when missing)."""
    key, a, b = cause.detail[0] if cause.detail else "", _value(cause.a), _value(cause.b)
    sentence, what = cause.kind, ""
    if cause.kind == "data":
        sentence = "data_km" if cause.what == "network" else "data"
        what = name_of("layer", cause.what, lang)
    elif cause.kind == "standard":
        what = _titles(found, lang).get(cause.what, "")
        if key == "clause":
            sentence = "clause_new" if cause.b else "clause_gone"
    elif cause.kind == "walker":
        what = name_of("word", cause.what, lang)
    elif cause.kind == "status":
        a, b = name_of("word", a, lang), name_of("word", b, lang)
    elif cause.kind == "boundary" and key:
        sentence = "boundary_was"
    said = text(f"compare.{sentence}", lang, what=what, key=key, was=key, a=a, b=b)
    details = cause.detail[:most] if cause.kind == "data" else ()
    more = text("word.list", lang).join(details)
    if len(details) < len(cause.detail) and details:
        more = text("word.and_more", lang, names=more, count=len(cause.detail))
    return text("compare.with_details", lang, said=said, more=more) if more else said


def share_words(a: float, b: float) -> str:
    """Return two shares as per cent; "" where there are none."""
    return "" if np.isnan(a) and np.isnan(b) else " → ".join("–" if np.isnan(x) else f"{x:.1%}" for x in (a, b))


def made_by() -> str:
    """Return what made a comparison."""
    return f"cfgeo {version('cfgeo')}"


def _row_lines(table: pd.DataFrame, lang: Lang) -> list[str]:
    lines = []
    for row in table.to_dict("records"):
        shares = [share_words(row["share_a"], np.nan).split(" ")[0], share_words(np.nan, row["share_b"]).split(" ")[-1]]
        numbers = text("compare.shares", lang, a=shares[0], b=shares[1]) if all(shares) else ""
        words = {name: row[name] for name in ("community", "code", "because")}
        change = text(f"compare.{row['change']}", lang)
        lines.append(text("compare.row", lang, clause=row["clause_name"], change=change, numbers=numbers, **words))
    return lines


def _titles(found: Comparison, lang: Lang) -> dict[str, str]:
    key = "name" if lang == "zh" else "name_en"
    both = {**clauses_of(found.a), **clauses_of(found.b)}
    return {name: clause[key] for name, clause in both.items()}


def _value(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return f"{value:g}" if isinstance(value, float) else str(value)
