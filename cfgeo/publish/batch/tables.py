"""A batch → one workbook, and the table of districts."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.batch.values import BatchResults, District, SharedBudget
from cfgeo.publish.batch.words import (
    batch_notes,
    batch_status,
    batch_title,
    budget_rows,
    budget_texts,
    district_name,
    totals,
)
from cfgeo.publish.tables.book import Book, put, written_book
from cfgeo.publish.tables.sheet import Column, add_table, lines_in, pixels_of
from cfgeo.publish.words.names import in_language, separated, verdict_names

_TOP, _PAPER = 4, "A3"
_NOTE_LETTERS, _NOTE_COLUMNS = 150, 8
_HEADLINE = ("communities", "passed", "failed", "not_assessed", "marginal", "share", "target", "needed", "met")
_FORMS = {
    "share": "percent", "target": "percent", "found": "percent", "asked": "percent", "reached": "percent",
    "value": "decimal", "need": "decimal", "reason": "long", "name": "long", "verdict": "verdict", "demand": "integer",
    **dict.fromkeys(("communities", "passed", "failed", "not_assessed", "marginal", "needed", "open"), "integer"),
    **dict.fromkeys(("clauses", "of_clauses", "districts", "before", "after"), "integer"),
    "cost": "decimal", "projects": "long",
}  # fmt: skip


def district_table(results: BatchResults) -> pd.DataFrame:
    """Return a row for each district, in the order of the batch: its headline, or why it failed."""
    rows = []
    for district in results.districts:
        row: dict[str, Any] = {"district": district.id, "study": district.study, "title": "", "status": ""}
        if district.judged:
            row |= {key: district.record["study"][key] for key in ("title", "title_en", "status")}
            row |= {"standard": district.record["standard"]["id"], "rules": district.record["rules"][:12]}
            row |= {key: district.record["district"][key] for key in (*_HEADLINE, "clauses_judged", "clauses_total")}
        rows.append({**row, "code": district.code, "reason": district.reason})
    table = pd.DataFrame(rows)
    counts = [name for name in (*_HEADLINE, "clauses_judged", "clauses_total") if name in table]
    whole = [name for name in counts if name not in ("share", "target", "met")]
    table[whole] = table[whole].astype("Int64")
    return table[[name for name in table if name not in ("code", "reason")] + ["code", "reason"]]


def budget_table(budget: SharedBudget) -> pd.DataFrame:
    """Return a row for each district that has a share of a budget, in the order of the batch."""
    rows = [
        {
            "district": row.district,
            "passed_before": row.before,
            "passed_after": row.after,
            "cost": row.cost,
            "unit": budget.units[0],
            "projects": " ".join(row.projects),
        }
        for row in budget.rows
    ]
    return pd.DataFrame(rows)


def batch_workbook(results: BatchResults, clauses: Mapping[str, pd.DataFrame], *, lang: Lang) -> bytes:
    """Return the workbook of a batch.

    Parameters
    ----------
    results
        The batch.
    clauses
        District → what each of its clauses found, as ``Results.clauses`` has it.
    lang
        Language of the words.
    """
    body = io.BytesIO()
    title, status = batch_title(results, lang), batch_status(results)
    provenance = separated(totals(results, lang), lang)
    with written_book(body, lang=lang, title=title, status=status, provenance=provenance) as book:
        judged = [district for district in results.districts if district.judged]
        _add(book, text("batch.sheet_districts", lang), [_headline(district, lang) for district in judged], frozen=2)
        _add(book, text("batch.sheet_together", lang), _totals(results, lang), frozen=1)
        _add(book, text("batch.sheet_clauses", lang), _clauses(results, lang), frozen=3)
        _add(book, text("batch.sheet_offices", lang), _offices(results, lang), frozen=3)
        _add(book, text("batch.sheet_by_district", lang), _by_district(judged, clauses, lang), frozen=4)
        _add(book, text("batch.sheet_budget", lang), budget_rows(results, lang), frozen=2)
        failed = [
            {"id": each.id, "study": each.study, "code": each.code, "reason": each.reason} for each in results.failed
        ]
        _add(book, text("batch.sheet_failed", lang), failed, frozen=1)
        _add_notes(book, [*totals(results, lang), *budget_texts(results, lang), *batch_notes(results, lang)])
    return body.getvalue()


def _headline(district: District, lang: Lang) -> dict[str, Any]:
    headline = district.record["district"]
    return {
        "id": district.id,
        "district": district_name(district, lang),
        "status": name_of("word", str(district.record["study"]["status"]), lang),
        "standard": in_language(district.record["standard"], "title", lang),
        **{key: headline[key] for key in _HEADLINE[:-1]},
        "verdict": verdict_names(lang)[verdict_of(headline)],
        "clauses": headline["clauses_judged"],
        "of_clauses": headline["clauses_total"],
    }


def verdict_of(headline: Mapping[str, Any]) -> str:
    """Return whether enough communities pass; not assessed where none of them could be."""
    if headline["not_assessed"] == headline["communities"]:
        return NOT_ASSESSED
    return PASSED if headline["met"] else FAILED


def _totals(results: BatchResults, lang: Lang) -> list[dict[str, Any]]:
    return [
        {
            "standard": in_language(some.standard, "title", lang),
            "districts": len(some.districts),
            **{key: some.headline[key] for key in _HEADLINE[:-1]},
            "verdict": verdict_names(lang)[verdict_of(some.headline)],
            "demand": some.headline["demand"],
            "basis": name_of("word", f"basis_{some.headline['basis']}", lang) if some.headline["basis"] else "",
        }
        for some in results.together
    ]


def _clauses(results: BatchResults, lang: Lang) -> list[dict[str, Any]]:
    keys = ("passed", "failed", "open", "found", "asked")
    return [
        {
            "standard": in_language(some.standard, "title", lang),
            "clause": row["clause"],
            "name": str(row["name" if lang == "zh" else "name_en"]),
            **{key: row[key] for key in keys},
            "verdict": verdict_names(lang)[str(row["verdict"])],
            "reached": row["reached"],
        }
        for some in results.together
        for row in some.clauses.to_dict("records")
    ]


def _offices(results: BatchResults, lang: Lang) -> list[dict[str, Any]]:
    names = {each.id: district_name(each, lang) for each in results.districts}
    keys = ("communities", "passed", "failed", "not_assessed", "marginal", "share")
    return [
        {
            "id": row["district"],
            "district": names[str(row["district"])],
            "office": row["street_office"],
            **{key: row[key] for key in keys},
        }
        for some in results.together
        for row in some.offices.to_dict("records")
    ]


def _by_district(judged: Sequence[District], clauses: Mapping[str, pd.DataFrame], lang: Lang) -> list[dict[str, Any]]:
    """Return a row for each clause of each district: what it found, in the unit of its measure."""
    return [
        {
            "id": district.id,
            "district": district_name(district, lang),
            "clause": row["clause"],
            "scope": text(f"report.scope_{row['scope']}", lang),
            "value": row["found"],
            "need": row["asked"],
            "verdict": verdict_names(lang)[str(row["verdict"])],
        }
        for district in judged
        for row in clauses[district.id].to_dict("records")
    ]


def _add(book: Book, name: str, rows: Sequence[Mapping[str, Any]], *, frozen: int) -> None:
    """Add a sheet with a table; none where there are no rows."""
    if not rows:
        return
    columns = [
        Column(key, text(f"batch.col_{key}", book.lang), [row[key] for row in rows], _FORMS.get(key, "text"))
        for key in rows[0]
    ]
    add_table(book, book.add_sheet(name, paper=_PAPER), columns, top=_TOP, frozen=frozen, paper=_PAPER)


def _add_notes(book: Book, notes: Iterable[str]) -> None:
    """Add the sheet of what a reader has to know."""
    sheet = book.add_sheet(text("batch.sheet_notes", book.lang), paper=_PAPER)
    form = book.format(text_wrap=True, valign="top")
    for row, note in enumerate(notes, start=_TOP):
        sheet.merge_range(row, 0, row, _NOTE_COLUMNS - 1, "", form)
        put(sheet, row, 0, note, form)
        sheet.set_row_pixels(row, pixels_of(lines_in(note, _NOTE_LETTERS)))
