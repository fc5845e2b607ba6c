"""Where a run's data is from: one line a file, with all that was read from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from cfgeo.core.results import Results
from cfgeo.core.strings import Lang, name_of, section, text


@dataclass(frozen=True)
class Source:
    """One file of the study.

    Attributes
    ----------
    what : str
        What was read from it, in the run's language.
    file : str
    source, date, licence : str
        As the study states them; where it does not, that is said.
    sha256 : str
        The first digits of the file's SHA-256; all of them stand in run.json.
    """

    what: str
    file: str
    source: str
    date: str
    licence: str
    sha256: str


HASH_DIGITS = 12
"""So many digits of a hash stand where people read; nobody types the rest."""


def data_sources(results: Results, lang: Lang) -> list[Source]:
    """Return the files that data came from, in the order of the study."""
    unknown = text("page.data_none", lang)
    roles: dict[tuple[str, str, str, str, str], list[str]] = {}
    for file in results.inputs.files:
        if file.role == "study":  # the choices; they stand in run.json
            continue
        stated = (file.source or unknown, file.date or unknown, file.licence or unknown)
        key = (PurePath(file.path).name, *stated, file.sha256[:HASH_DIGITS])
        roles.setdefault(key, []).append(_role(file.role, lang))
    mark = text("word.list", lang)
    return [Source(mark.join(dict.fromkeys(names)), *key) for key, names in roles.items()]


def _role(role: str, lang: Lang) -> str:
    word = role.rsplit(".", 1)[-1]
    known = section("page").get(f"role_{word}")
    return known[lang] if known else name_of("layer", word, lang)


def provenance(results: Results, lang: Lang) -> str:
    """Say in one line which standard, data and dates a table was made from, and how good the data is."""
    study, slope = results.parameters["study"], results.parameters["relief"]["slope"]
    dates = {file.role: file.date for file in results.inputs.files if file.date}
    return made_from({**study, "standard": results.parameters["standard"]["id"], "slope": slope, "dates": dates}, lang)


def made_from(about: Mapping[str, Any], lang: Lang) -> str:
    """Return the same from its parts: ``title``, ``status``, ``standard`` (id), ``slope``, ``dates`` by role."""
    dates = [f"{name_of('layer', role, lang)} {date}" for role, date in about["dates"].items()]
    status, slope = name_of("word", about["status"], lang), name_of("word", f"slope_{about['slope']}", lang)
    return text("word.between", lang).join([about["title"], status, about["standard"], slope, *dict.fromkeys(dates)])
