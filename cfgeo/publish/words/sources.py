"""Where the data of a run comes from: as a table, as a list of sources, and in one line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from cfgeo.core.results import Results
from cfgeo.core.schema import InputFile
from cfgeo.core.shapes import Ground
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.words.names import in_language, listed, role_name, separated, study_title

_BETWEEN_SOURCES = re.compile("[;；]")
HASH_DIGITS = 12
"""Digits of a hash that people read; ``run.json`` has all of them."""


@dataclass(frozen=True)
class SourceFile:
    """One file of the study.

    Attributes
    ----------
    what : str
        What was read from it, in the run's language.
    file : str
    source, date, licence : str
        As the study states them; where it does not, a word for that.
    sha256 : str
        The first ``HASH_DIGITS`` of the file's SHA-256.
    """

    what: str
    file: str
    source: str
    date: str
    licence: str
    sha256: str


def data_sources(results: Results, lang: Lang) -> list[SourceFile]:
    """Return the files that data came from, in the order of the study, each once."""
    roles: dict[tuple[str, ...], list[str]] = {}
    for file in results.inputs.files:
        if file.role == "study":  # the choices; they stand in run.json
            continue
        key = (PurePath(file.path).name, *_stated(file, lang), file.sha256[:HASH_DIGITS])
        roles.setdefault(key, []).append(role_name(file.role, lang))
    return [SourceFile(listed(dict.fromkeys(names), lang), *key) for key, names in roles.items()]


def source_rows(results: Results, lang: Lang) -> list[dict[str, str]]:
    """Return the page's rows, one for each input whose source or date is known, or for all if none is."""
    files = [file for file in results.inputs.files if file.source or file.date] or results.inputs.files
    names = ("source", "date", "licence")
    return [
        {
            "role": role_name(file.role, lang),
            **dict(zip(names, _stated(file, lang), strict=True)),
            "sha256": file.sha256[:HASH_DIGITS],
        }
        for file in files
    ]


def dated_sources(results: Results, *, lang: Lang) -> str:
    """Return each source of the data once, with its dates; of a list of sources in one entry each is one."""
    unknown = text("page.data_none", lang)
    dates: dict[str, dict[str, None]] = {}
    for row in source_rows(results, lang):
        for source in filter(None, map(str.strip, _BETWEEN_SOURCES.split(row["source"]))):
            dates.setdefault(source, {})[row["date"]] = None
    dates.pop(unknown, None)
    mark = text("page.list_mark", lang)
    told = {source: [date for date in known if date != unknown] for source, known in dates.items()}
    dated = [
        text("page.dated", lang, name=source, date=mark.join(known)) if known else source
        for source, known in told.items()
    ]
    return mark.join(dated) or unknown


def ground_words(ground: Ground, lang: Lang) -> str:
    """Return what the ground of a map shows, and what its water is known by; "" where there is nothing."""
    parts = []
    if len(ground.water):
        parts.append(text(f"page.land_water_{'_'.join(ground.water_from)}", lang))
    if len(ground.contours):
        parts.append(text("page.land_contours", lang, metres=f"{ground.contour_m:.0f}"))
    return text("page.list_mark", lang).join(parts)


def ground_source(ground: Ground | None, lang: Lang) -> str:
    """Return in a sentence what the base map is drawn from."""
    if ground is None:
        return text("page.land_none", lang)
    relief = text("page.land_relief" if ground.shade.size else "page.land_no_relief", lang)
    water = text(f"page.land_source_{'_'.join(ground.water_from) or 'none'}", lang)
    return text("page.land_source", lang, relief=relief, water=water)


def provenance(results: Results, lang: Lang) -> str:
    """Return in one line the standard, data and dates that a table was made from, and how good the data is."""
    study, slope = results.parameters["study"], results.parameters["relief"]["slope"]
    about = {**study, "standard": results.parameters["standard"], "slope": slope, "dates": results.inputs.dates}
    return made_from(about, lang)


def made_from(about: Mapping[str, Any], lang: Lang) -> str:
    """Return the same from its parts: ``title``, ``status``, ``standard`` (titles), ``slope``, ``dates`` by role."""
    dates = [f"{name_of('layer', role, lang)} {date}" for role, date in about["dates"].items()]
    standard = in_language(about["standard"], "title", lang)
    status, slope = name_of("word", about["status"], lang), name_of("word", f"slope_{about['slope']}", lang)
    return separated([study_title(about, lang), status, standard, slope, *dict.fromkeys(dates)], lang)


def _stated(file: InputFile, lang: Lang) -> tuple[str, str, str]:
    """Return source, date and licence of a file as the study states them."""
    unknown = text("page.data_none", lang)
    return file.source or unknown, file.date or unknown, file.licence or unknown
