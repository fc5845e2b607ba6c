"""The command line: a verb parses, calls one function, prints. Data to stdout, talk to stderr."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, cast

import geopandas as gpd
import pandas as pd
import shapely
import typer
from rich.console import Console

from cfgeo.around import reach_from
from cfgeo.cache import default_folder
from cfgeo.check import describe, fold
from cfgeo.draft import draft_study
from cfgeo.errors import CfgeoError, CheckError, OutputError, StudyError
from cfgeo.located import locate_findings
from cfgeo.pipeline import checked_inputs, explain_study, run_study, site_study
from cfgeo.publish import GROUPS, publish, require_groups, require_writable
from cfgeo.publish.explained import require_known_formats, write_explained
from cfgeo.publish.explained_words import explained_text
from cfgeo.publish.sited import require_known_formats as require_site_formats
from cfgeo.publish.sited import write_sites
from cfgeo.publish.sited_words import sited_text
from cfgeo.results import Results
from cfgeo.schema import NOT_ASSESSED, WGS84
from cfgeo.sited import Objective, SiteChoices
from cfgeo.starter import copy_default_study
from cfgeo.strings import DEFAULT_LANG, Lang, kind_of, name_of, text
from cfgeo.study import load_study

_DEGREE_DECIMALS = 6  # a tenth of a metre

app = typer.Typer(
    name="cfgeo",
    help="How child-friendly communities are, on foot, at a child's height and pace.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"
    GEOJSON = "geojson"


StudyPath = Annotated[Path, typer.Argument(metavar="STUDY", help="A study.toml, or the folder that holds one.")]
LangOption = Annotated[Lang, typer.Option("--lang", help="Language of texts: zh or en.")]
CacheOption = Annotated[Path | None, typer.Option("--cache", help="Where networks are kept; the user's cache folder.")]
NoCacheOption = Annotated[bool, typer.Option("--no-cache", help="Read the network anew and keep nothing.")]


@app.callback(invoke_without_command=True)
def _root(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if show_version:
        typer.echo(f"cfgeo {version('cfgeo')}")
        raise typer.Exit


@app.command()
def run(
    study: StudyPath,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write; maps/<study id> when missing.")] = None,
    only: Annotated[
        str, typer.Option("--only", metavar="GROUP,…", help=f"What to write, of: {', '.join(GROUPS)}.")
    ] = ",".join(GROUPS),
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Judge a study's communities and write maps and tables."""
    with _said_clearly(lang):
        groups = [group.strip() for group in only.replace("，", ",").split(",") if group.strip()]
        require_groups(groups)
        chosen = load_study(study)
        folder = out or Path("maps") / chosen.study.id
        require_writable(folder)
        with _Progress(lang) as progress:
            results = run_study(chosen, cache=_cache(cache, off=no_cache), tell=progress.begin)
            paths = publish(results, folder, lang=lang, only=groups, tell=progress.begin)
        if results.inputs.cached:
            progress.say(text("cli.cached", lang))
        _print_headline(results, paths, lang)


@app.command()
def check(
    study: StudyPath,
    format_: Annotated[Format, typer.Option("--format", help="How to print the findings.")] = Format.TEXT,
    out: Annotated[Path | None, typer.Option("-o", "--output", help="A file; stdout when missing.")] = None,
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Look for faults in a study's data; exit 1 where one is an error."""
    with _said_clearly(lang):
        try:
            with _Progress(lang) as progress:
                inputs = checked_inputs(load_study(study), cache=_cache(cache, off=no_cache), tell=progress.begin)
            findings, places = inputs.findings, locate_findings(inputs.findings, inputs)
        except CheckError as error:  # there is no data to look places up in
            findings = error.findings
            places = gpd.GeoSeries([None] * len(findings), index=findings.index, crs=WGS84)
        shown = fold(findings) if format_ is Format.TEXT else findings
        body = _findings_as(describe(shown, lang), places, format_, lang)
        if out is None:
            typer.echo(body, nl=False)
        else:
            _write(out, body)
            typer.echo(text("cli.wrote", lang, path=out), err=True)
        if (findings["severity"] == "error").any():
            raise typer.Exit(1)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILE…]", help="Your files, after --from.")] = None,
    from_files: Annotated[
        bool, typer.Option("--from", help="Write a study.toml for your own files, guessing what each is.")
    ] = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Copy the default study to begin your own from, or with --from write a study.toml for your files as they lie."""
    with _said_clearly(lang):
        if from_files != bool(files):
            raise StudyError("init_files")
        if not files:
            copy_default_study(folder)
            typer.echo(text("cli.made_study", lang, path=folder))
            return
        path, drafted = draft_study(folder, files)
        for one in drafted:
            typer.echo(one.text(lang))
        typer.echo(text("draft.made", lang, path=path, folder=folder))


@app.command()
def reach(
    study: StudyPath,
    start: Annotated[str, typer.Option("--from", metavar="LON,LAT", help="The place, in WGS-84 degrees.")],
    minutes: Annotated[str, typer.Option("--minutes", help="Walks, with commas between.")] = "5,10,15",
    walker: Annotated[str | None, typer.Option("--walker", help="Who walks; the study's walker when missing.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--output", help="GeoJSON file; stdout when missing.")] = None,
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Draw the land from which a child walks to a place within some minutes."""
    with _said_clearly(lang):
        lon, lat = _position(start)
        limits, kept = _minutes(minutes), _cache(cache, off=no_cache)
        shapes = reach_from(load_study(study), lon, lat, minutes=limits, walker=walker, cache=kept)
        shapes = shapes.set_geometry(shapely.transform(shapes.geometry, lambda xy: xy.round(_DEGREE_DECIMALS)))
        body = shapes.to_json(ensure_ascii=False, drop_id=True)
        if out is None:
            typer.echo(body)
            return
        _write(out, body)
        typer.echo(text("cli.wrote", lang, path=out))


@app.command()
def explain(
    study: StudyPath,
    start: Annotated[str | None, typer.Option("--from", metavar="LON,LAT", help="A point, in WGS-84 degrees.")] = None,
    community: Annotated[
        str | None, typer.Option("--community", metavar="CODE", help="A community's code or name: its median child.")
    ] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="Where to; all that the standard asks.")] = None,
    out: Annotated[
        list[Path] | None, typer.Option("-o", "--output", help="A .geojson, .png, .svg or .pdf; may stand twice.")
    ] = None,
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Say what the minutes of a walk to the nearest place are spent on."""
    with _said_clearly(lang):
        require_known_formats(out or [])
        lonlat = None if start is None else _position(start)
        found = explain_study(
            load_study(study), lonlat=lonlat, community=community, layer=layer, cache=_cache(cache, off=no_cache)
        )
        typer.echo(explained_text(found, lang=lang))
        for path in out or []:
            write_explained(found, path, lang=lang)
            typer.echo(text("cli.wrote", lang, path=path), err=True)


@app.command()
def site(
    study: StudyPath,
    layer: Annotated[str, typer.Option("--layer", help="Layer that the new places are added to.")],
    kind: Annotated[str | None, typer.Option("--kind", help="What they would be, where clauses ask for kinds.")] = None,
    count: Annotated[int | None, typer.Option("--count", metavar="N", help="How many sites at most; or")] = None,
    until_met: Annotated[bool, typer.Option("--until-met", help="the fewest that meet the target.")] = False,
    objective: Annotated[
        str, typer.Option("--objective", help="communities that pass | children in reach | minutes of the worst fifth.")
    ] = "communities",
    candidates: Annotated[
        str | None, typer.Option("--candidates", metavar="FILE", help="A file, or a layer; every 50 m when missing.")
    ] = None,
    capacity: Annotated[float | None, typer.Option("--capacity", metavar="C", help="Children one can serve.")] = None,
    seconds: Annotated[float, typer.Option("--seconds", help="Time for the proof.")] = 30.0,
    out: Annotated[
        list[Path] | None, typer.Option("-o", "--output", help="A .csv, .geojson or .gpkg; may stand several times.")
    ] = None,
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Find where something new brings the most communities over the line, or the most children in reach."""
    with _said_clearly(lang):
        if (count is None) != until_met:
            raise StudyError("site_how_many")
        require_site_formats(out or [])
        wanted = SiteChoices(layer, kind_of(kind) if kind else None, count, cast(Objective, objective), candidates)
        wanted = replace(wanted, capacity=capacity, seconds=seconds)
        with _Progress(lang) as progress:
            kept = _cache(cache, off=no_cache)
            found = site_study(load_study(study), wanted, cache=kept, tell=progress.begin)
        if len(found.findings):
            typer.echo(_findings_as(describe(found.findings, lang), gpd.GeoSeries(), Format.TEXT, lang), err=True)
        typer.echo(sited_text(found, lang=lang))
        for path in out or []:
            write_sites(found, path, lang=lang)
            typer.echo(text("cli.wrote", lang, path=path), err=True)


def main() -> None:
    """Run the command line; in UTF-8 also where a console would have it otherwise."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    app()


class _Progress:
    """Says on stderr which stage is under way; a spinner where somebody watches."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self.console = Console(stderr=True, highlight=False)
        self.status = self.console.status("")

    def begin(self, stage: str) -> None:
        sentence = text(f"cli.{stage}", self.lang)
        self.status.update(sentence)
        if not self.console.is_terminal:
            self.say(sentence)

    def say(self, sentence: str) -> None:
        self.console.print(sentence, markup=False)

    def __enter__(self) -> "_Progress":
        self.status.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.status.__exit__(None, None, None)


@contextmanager
def _said_clearly(lang: Lang) -> Iterator[None]:
    """Turn a fault of the user's into one clear message and exit 1."""
    try:
        yield
    except CfgeoError as error:
        typer.echo(text("cli.error", lang, message=error.text(lang)), err=True)
        raise typer.Exit(1) from None


def _cache(folder: Path | None, *, off: bool) -> Path | None:
    return None if off else folder or default_folder()


def _position(value: str) -> tuple[float, float]:
    try:
        lon, lat = (float(part) for part in value.replace("，", ",").split(","))
    except ValueError:
        raise StudyError("from_not_position", value=value) from None
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise StudyError("from_not_position", value=value)
    return lon, lat


def _minutes(value: str) -> tuple[float, ...]:
    try:
        minutes = tuple(float(part) for part in value.replace("，", ",").split(","))
    except ValueError:
        raise StudyError("minutes_not_numbers", value=value) from None
    if not all(1 <= minute <= 120 for minute in minutes):
        raise StudyError("minutes_not_numbers", value=value)
    return tuple(sorted(set(minutes)))


def _print_headline(results: Results, paths: list[Path], lang: Lang) -> None:
    district, study = results.district, results.parameters["study"]
    key = "name" if lang == "zh" else "name_en"
    titles = {clause["id"]: clause[key] for clause in results.parameters["clauses"]}
    left_open = [titles[clause] for clause in results.clauses.index[results.clauses["verdict"] == NOT_ASSESSED]]
    severity = results.inputs.findings["severity"]
    typer.echo(text("cli.headline", lang, title=study["title"], **district))
    typer.echo(text("cli.met" if district["met"] else "cli.needed", lang, **district))
    typer.echo(text("cli.counts", lang, **district))
    judged = {"judged": district["clauses_judged"], "total": district["clauses_total"]}
    typer.echo(text("cli.judged", lang, **judged, **district))
    if left_open:
        typer.echo(text("cli.open", lang, clauses=text("word.between", lang).join(left_open)))
    slope = results.parameters["relief"]["slope"]
    typer.echo(text("cli.walked", lang, slope=name_of("word", f"slope_{slope}", lang)))
    typer.echo(text("cli.status", lang, status=name_of("word", study["status"], lang)))
    counts = {f"{word}s": int((severity == word).sum()) for word in ("error", "warning", "note")}
    typer.echo(text("cli.findings", lang, **counts))
    for path in paths:
        typer.echo(text("cli.at_map" if path.suffix == ".html" else "cli.at_file", lang, path=path))


def _findings_as(findings: pd.DataFrame, places: gpd.GeoSeries, format_: Format, lang: Lang) -> str:
    """Return findings as they are printed."""
    if format_ is Format.CSV:
        return str(findings.to_csv(index=False, lineterminator="\n"))
    if format_ is Format.JSON:
        return f"{findings.to_json(orient='records', force_ascii=False, indent=2)}\n"
    if format_ is Format.GEOJSON:
        return f"{gpd.GeoDataFrame(findings, geometry=places).to_json(ensure_ascii=False, drop_id=True)}\n"
    if len(findings) == 0:
        return f"{text('cli.no_findings', lang)}\n"
    rows = findings.itertuples()
    return "".join(f"[{name_of('word', str(row.severity), lang)}] {row.what} → {row.mend}\n" for row in rows)


def _write(path: Path, body: str) -> None:
    try:
        path.write_text(body, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError("file_unwritable", file=path, reason=error) from error
