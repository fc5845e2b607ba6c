"""What stands over a series, under it and beside it: title, status, runs, notes."""

from pathlib import Path
from typing import Any

from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.compared.series.indicators import path_of
from cfgeo.publish.compared.series.table import Series
from cfgeo.publish.words.names import in_language, separated, study_title
from cfgeo.publish.words.sources import made_from

_WORST_FIRST = ("illustrative", "approximate", "official")


def series_title(series: Series, lang: Lang) -> str:
    """Return the title: the study and its first and last year."""
    first, last = series.years[0], series.years[-1]
    key = "series.title" if first != last else "series.title_one"
    return text(
        key,
        lang,
        title=study_title(series.last.record["study"], lang),
        years=f"{first}–{last}" if first != last else last,
    )


def series_status(series: Series) -> str:
    """Return how good the data is: the worst of all years."""
    return min((str(run.record["study"]["status"]) for run in series.runs), key=_WORST_FIRST.index)


def series_standard(series: Series, lang: Lang) -> str:
    """Return the standards by which the years were judged, the last year's first."""
    standards = (run.record["parameters"]["standard"] for run in reversed(series.runs))
    return separated(dict.fromkeys(str(in_language(standard, "title", lang)) for standard in standards), lang)


def series_origin(series: Series, lang: Lang) -> str:
    """Return in one line what the last year was made from."""
    record = series.last.record
    about = {
        **record["study"],
        "status": series_status(series),
        "standard": record["parameters"]["standard"],
        "slope": record["parameters"]["relief"]["slope"],
        "dates": {file["role"]: file["date"] for file in record["inputs"] if file["date"]},
    }
    return made_from(about, lang)


def series_notes(series: Series, lang: Lang) -> list[str]:
    """Return what a reader has to know: what could not be read, and what the words mean."""
    notes = [note.text(lang) for note in series.notes]
    if len(series.runs) == 1:
        notes.append(text("series.note_one_year", lang))
    asked = [series.last.record["parameters"]["standard"], *series.clauses.values()]
    path = "path" if any(path_of(entry) for entry in asked) else "no_path"
    lead = [] if any(entry.get("lead") for entry in asked) else ["no_lead"]
    return [*notes, *(text(f"series.note_{name}", lang) for name in ("reasons", path, *lead, "offices"))]


def run_rows(series: Series, lang: Lang) -> list[dict[str, Any]]:
    """Return one row a run: year, when it was run, dates of its data, standard, version, folder."""
    rows = []
    for run in series.runs:
        record = run.record
        dates = {file["role"].rsplit(".", 1)[-1]: file["date"] for file in record["inputs"] if file["date"]}
        rows.append(
            {
                "year": run.year,
                "date": record["run"]["finished"][:10],
                "data": separated(
                    dict.fromkeys(f"{name_of('layer', role, lang)} {date}" for role, date in dates.items()), lang
                ),
                "standard": in_language(record["parameters"]["standard"], "title", lang),
                "version": record["versions"]["cfgeo"],
                "folder": Path(run.folder).as_posix(),
            }
        )
    return rows
