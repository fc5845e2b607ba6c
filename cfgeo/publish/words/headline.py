"""A run → a few lines of text: how many communities pass, on what that rests, and where the outputs are."""

import json
from collections.abc import Sequence
from pathlib import Path

from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.core.strings import Lang, command, name_of, text
from cfgeo.publish.run.folder import RECORD
from cfgeo.publish.run.years import data_year, read_record, runs_of
from cfgeo.publish.safe_text import printable_json
from cfgeo.publish.words.clauses.found import missing_words
from cfgeo.publish.words.clauses.standing import most_failed
from cfgeo.publish.words.names import abridged, clause_titles, listed, separated, study_title
from cfgeo.publish.words.numbers import per_cent


def headline_text(results: Results, paths: Sequence[Path], *, lang: Lang, whole: bool = False) -> str:
    """Return in short what a run has found: five lines, and a sixth where clauses are not assessed.

    Parameters
    ----------
    results
        What :func:`cfgeo.run_study` gives.
    paths
        The outputs that were written.
    lang
        Language of the text.
    whole
        Whether to add how many fail, how slopes count, and all files.
    """
    district, study = results.district, results.parameters["study"]
    titles = clause_titles(results.parameters, lang)
    target = text("cli.met" if district["met"] else "cli.needed", lang, **district)
    share = per_cent(district["share"], district["target"], passed=district["met"])
    lines = [
        text("cli.headline", lang, title=study_title(study, lang), **district | share),
        _joined([target, *_held_back(results, lang)], lang),
    ]
    if whole:
        lines.append(text("cli.counts", lang, **district))
    judged = {"judged": district["clauses_judged"], "total": district["clauses_total"]}
    lines.append(text("cli.judged", lang, **judged, **district))
    open_clauses = [
        _open_words(results, str(clause), titles[str(clause)], lang)
        for clause in results.clauses.index[results.clauses["verdict"] == NOT_ASSESSED]
    ]
    if open_clauses:
        lines.append(text("cli.open", lang, clauses=(separated if whole else abridged)(open_clauses, lang)))
    severity, slope = results.inputs.findings["severity"], results.parameters["relief"]["slope"]
    if whole:
        lines.append(text("cli.walked", lang, slope=name_of("word", f"slope_{slope}", lang)))
    counts = {f"{word}s": int((severity == word).sum()) for word in ("error", "warning", "note")}
    status = text("cli.status", lang, status=name_of("word", study["status"], lang))
    lines.append(_joined([status, text("cli.findings", lang, **counts)], lang))
    return "\n".join([*lines, *_places(paths, lang, whole=whole)])


def headline_json(results: Results, paths: Sequence[Path], folder: Path, *, lang: Lang) -> str:
    """Return in short what a run has found, for programs: an object of JSON whose keys stay.

    Parameters
    ----------
    results, paths, lang
        As for :func:`headline_text`.
    folder
        The run's, whose record has the hashes.

    Returns
    -------
    str
        ``study``, ``standard``, ``status``, ``year``, ``headline``, ``district`` (as in ``run.json``), ``verdicts``,
        ``held_back`` (null where nobody fails), ``not_assessed``, ``findings``, ``folder``, ``page`` (null
        without a map), ``record``, ``outputs`` and ``inputs`` with their SHA-256, and ``network_from_cache``.
    """
    record, most = read_record(folder), most_failed(results)
    titles = clause_titles(results.parameters, lang)
    district, severity = record["district"], results.inputs.findings["severity"]
    pages = [str(path) for path in paths if path.suffix == ".html"]
    content = {
        "study": record["study"]["id"],
        "standard": record["parameters"]["standard"]["id"],
        "status": record["study"]["status"],
        "year": data_year(record).year,
        "headline": headline_text(results, [], lang=lang).splitlines(),
        "district": district,
        "verdicts": {verdict: district[verdict] for verdict in (PASSED, FAILED, NOT_ASSESSED)},
        "held_back": most and {"clause": most[0], "name": titles[most[0]], "communities": most[1]},
        "not_assessed": [str(name) for name in results.clauses.index[results.clauses["verdict"] == NOT_ASSESSED]],
        "findings": {f"{word}s": int((severity == word).sum()) for word in ("error", "warning", "note")},
        "folder": str(folder),
        "page": pages[0] if pages else None,
        "record": str(folder / RECORD),
        "outputs": record["outputs"],
        "inputs": [{key: file[key] for key in ("role", "path", "sha256")} for file in record["inputs"]],
        "network_from_cache": results.inputs.cached,
    }
    return printable_json(json.dumps(content, ensure_ascii=False, indent=2))


def _held_back(results: Results, lang: Lang) -> list[str]:
    """Return the required clause that most communities fail, as a sentence, if any fails."""
    most = most_failed(results)
    if most is None:
        return []
    clause, count = most
    return [text("cli.held_back", lang, clause=clause_titles(results.parameters, lang)[clause], count=count)]


def _places(paths: Sequence[Path], lang: Lang, *, whole: bool) -> list[str]:
    """Return where the map is, or the folder of a run without one; with ``whole`` all files."""
    if whole:
        return [text("cli.at_map" if path.suffix == ".html" else "cli.at_file", lang, path=path) for path in paths]
    maps = [text("cli.at_map", lang, path=path) for path in paths if path.suffix == ".html"]
    return maps or [text("cli.at_folder", lang, path=path.parent) for path in paths[:1]]


def _joined(sentences: Sequence[str], lang: Lang) -> str:
    """Return sentences on one line: Chinese ones need no blank between."""
    stop, blank = ("。", "") if lang == "zh" else (".", " ")
    return blank.join(f"{sentence.removesuffix(stop)}{stop}" for sentence in sentences)


def year_text(folder: Path, *, lang: Lang) -> str:
    """Return which year the run in a folder shows and why, and where the runs of other years are kept."""
    shown = data_year(read_record(folder))
    lines = [text(f"cli.year_{shown.said_by}", lang, year=shown.year)]
    kept = {year: run for year, run in runs_of(folder).items() if run != folder}
    if kept:
        lines.append(text("cli.years_kept", lang, years=listed(kept, lang), folder=next(iter(kept.values())).parent))
        lines.append(text("cli.years_series", lang, command=command("series", folder, "-o", "series")))
    return "\n".join(lines)


def _open_words(results: Results, clause: str, title: str, lang: Lang) -> str:
    """Return the name of a clause that is not assessed, with what is missing by name, where it is known."""
    missing = missing_words(results, clause, lang)
    return text("cli.open_missing", lang, clause=title, missing=missing) if missing else title
