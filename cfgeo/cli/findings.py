"""Findings as a verb prints them: for a reader, or as CSV, JSON or GeoJSON for a program."""

import geopandas as gpd
import pandas as pd

from cfgeo.cli.console import Format, say
from cfgeo.core.findings import describe
from cfgeo.core.strings import Lang, command, name_of, text
from cfgeo.publish.safe_text import one_line, printable, printable_json
from cfgeo.study.config import Study


def print_findings(findings: pd.DataFrame, *, lang: Lang) -> None:
    """Print findings to stderr, if there are any."""
    if len(findings):
        say(findings_as(describe(findings, lang), gpd.GeoSeries(), Format.TEXT, lang), err=True)


def findings_as(findings: pd.DataFrame, places: gpd.GeoSeries, format_: Format, lang: Lang) -> str:
    """Return findings in a format, with their places as GeoJSON."""
    if format_ is Format.CSV:
        return printable(findings.to_csv(index=False, lineterminator="\n"))
    if format_ is Format.JSON:
        return printable_json(f"{findings.to_json(orient='records', force_ascii=False, indent=2)}\n")
    if format_ is Format.GEOJSON:
        table = gpd.GeoDataFrame(findings, geometry=places)
        return printable_json(f"{table.to_json(ensure_ascii=False, drop_id=True)}\n")
    if len(findings) == 0:
        return f"{text('cli.no_findings', lang)}\n"
    return printable("".join(f"{line}\n" for line in _finding_lines(findings, lang)))


def _finding_lines(findings: pd.DataFrame, lang: Lang) -> list[str]:
    rows = findings.itertuples()
    return [one_line(f"[{name_of('word', str(row.severity), lang)}] {row.what} → {row.mend}") for row in rows]


def check_text(findings: pd.DataFrame, every: pd.DataFrame, study: Study, lang: Lang) -> str:
    """Return findings by the file that they are about, what blocks first; then their numbers and the next command.

    Parameters
    ----------
    findings
        As :func:`cfgeo.core.findings.describe` returns them, the most severe first, those of one kind folded.
    every
        All findings, for their numbers.
    study
        What was checked.
    lang
        Language of the text.
    """
    if len(findings) == 0:
        lines = [text("cli.no_findings", lang)]
    else:
        lines = []
        for layer, own in findings.groupby("layer", sort=False):
            lines += [_heading(str(layer), study, lang), *_finding_lines(own, lang), ""]
        counts = {f"{name}s": int((every["severity"] == name).sum()) for name in ("error", "warning", "note")}
        lines.append(text("cli.total", lang, **counts))
    place = study.folder if study.file and study.file.name == "study.toml" else study.file or "STUDY"
    blocked = bool((every["severity"] == "error").any())
    if blocked:
        lines.append(text("cli.next_check", lang, command=command("check", place)))
    else:
        lines.append(text("cli.next_run", lang, command=command("run", place)))
    return "".join(f"{line}\n" for line in lines)


def _heading(layer: str, study: Study, lang: Lang) -> str:
    """Return what findings are about: a layer's name and its files, or the file itself."""
    files = _files(study).get(layer, "")
    return f"{name_of('layer', layer, lang)}{text('cli.of_file', lang, file=files) if files else ''}"


def _files(study: Study) -> dict[str, str]:
    """Return the files of each layer and table of a study, as ``study.toml`` names them."""
    communities, demand = study.boundaries.communities, study.demand
    parts: list[tuple[str, str | None]] = [("communities", communities.path), ("network", study.network.path)]
    parts += [("elevation", path) for path in study.network.elevation]
    parts += [(name, part.path) for name, part in study.layer_parts]
    tables = {"children": demand.children if demand else None, "official": communities.official}
    parts += [(name, table.path) for name, table in tables.items() if table is not None]
    parts += [("demand", demand.path if demand else None), ("study", "study.toml")]
    named: dict[str, list[str]] = {}
    for name, path in parts:
        if path:
            named.setdefault(name, []).append(path)
    return {name: ", ".join(dict.fromkeys(paths)) for name, paths in named.items()}
