"""The files of a whole batch: page, workbook, table and record."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cfgeo.core.strings import Lang
from cfgeo.publish.batch.page import batch_html
from cfgeo.publish.batch.partition import read_outline, read_part
from cfgeo.publish.batch.tables import batch_workbook, budget_table, district_table
from cfgeo.publish.batch.values import BatchResults, District
from cfgeo.publish.run.folder import PAGE, put
from cfgeo.publish.run.record import versions
from cfgeo.publish.tables.csv import csv_bytes

BATCH, WORKBOOK, TABLE, BUDGET = "batch.json", "districts.xlsx", "districts.csv", "budget.csv"
FORMAT = 1
"""Version of the record's format: raised when its content no longer means the same."""


def begin_batch(root: Path) -> None:
    """Note in a folder that it is a batch's, so that a call that is killed can be gone on with.

    Raises
    ------
    OSError
        It cannot be written.
    """
    if not (root / BATCH).is_file():
        _put_record(root, {"pending": True})


def write_batch(results: BatchResults, root: Path, *, lang: Lang) -> list[Path]:
    """Write page, workbook, table and record of a batch, and return their paths.

    Raises
    ------
    OSError
        Something cannot be written.
    """
    judged = [district.id for district in results.districts if district.judged]
    shapes = {name: read_outline(root, name) for name in judged}
    clauses = {name: read_part(root, "clauses", name) for name in judged}
    files = {
        PAGE: batch_html(results, shapes, lang=lang).encode(),
        WORKBOOK: batch_workbook(results, clauses, lang=lang),
        TABLE: csv_bytes(district_table(results)),
    }
    if results.budget and results.budget.rows:
        files[BUDGET] = csv_bytes(budget_table(results.budget))
    else:
        (root / BUDGET).unlink(missing_ok=True)  # of another call
    for name, body in files.items():
        put(root / name, body)
    _put_record(
        root,
        {
            "title": results.title,
            "title_en": results.title_en,
            "districts": [_district(district) for district in results.districts],
            "together": [
                {"standard": some.standard, "districts": some.districts, **some.headline} for some in results.together
            ],
            **({} if results.budget is None else {"budget": asdict(results.budget)}),
            "versions": versions(),
        },
    )
    return [root / name for name in (*files, BATCH)]


def _district(district: District) -> dict[str, Any]:
    """Return what the record has of a district: the same however often it was looked at."""
    about = {"id": district.id, "study": district.study}
    if not district.judged:
        return {**about, "code": district.code, "reason": district.reason}
    return {**about, **{key: district.record[key] for key in ("standard", "rules", "basis", "district", "files")}}


def _put_record(root: Path, content: dict[str, Any]) -> None:
    body = json.dumps({"batch": FORMAT, **content}, ensure_ascii=False, indent=2)
    put(root / BATCH, f"{body}\n".encode())
