"""The command line: a verb parses, calls one function, prints. Results go to stdout, messages to stderr.

A verb imports in its function what it works with, so that ``--version`` and ``--help`` load no library of geodata.
"""

import sys
from dataclasses import replace
from functools import cache as once
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cfgeo.cli.batch import batch
from cfgeo.cli.console import (
    CACHE_VARIABLE,
    CacheOption,
    Format,
    LangOption,
    NoCacheOption,
    NoPlanOption,
    OnlyOption,
    Progress,
    ProgressSteps,
    RunFormat,
    StudyPath,
    box,
    cache_folder,
    clear_errors,
    datum_of,
    say,
    words_of,
)
from cfgeo.cli.interrupt import INTERRUPTED, catch_interrupts
from cfgeo.cli.meeting import apply, open_study
from cfgeo.cli.proposals import plan, site, whatif
from cfgeo.cli.schemas import schema
from cfgeo.cli.series import compare, series
from cfgeo.cli.usage import WRONG_USE
from cfgeo.cli.verbs import Verb, Verbs
from cfgeo.cli.walks import explain, reach
from cfgeo.core import LANG_VARIABLE
from cfgeo.core.errors import CheckError, OutputError, StudyError
from cfgeo.core.strings import DEFAULT_LANG, Lang, text
from cfgeo.publish import GROUPS, lacks_letters, publish, require_groups
from cfgeo.study.start.osm_services import NOMINATIM, OVERPASS

if TYPE_CHECKING:
    from cfgeo.study.config import Study

app = typer.Typer(
    name="cfgeo",
    cls=Verbs,
    help="How child-friendly communities are, on foot, at a child's height and pace.",
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    lang: Annotated[
        Lang | None,
        typer.Option("--lang", envvar=LANG_VARIABLE, help="Language of texts, for the verb that follows: zh or en."),
    ] = None,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if show_version:
        with clear_errors(DEFAULT_LANG):
            say(f"cfgeo {version('cfgeo')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        say(context.get_help(), err=True)
        raise typer.Exit(WRONG_USE)
    if lang is not None and isinstance(context.command, Verbs):
        verbs = context.command.commands
        context.default_map = {verb: {"lang": lang} for verb in verbs}


@app.command(cls=Verb)
def run(
    study: StudyPath,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder to write; maps/<study id> when missing.")
    ] = None,
    only: OnlyOption = None,
    no_plan: NoPlanOption = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Also say how many fail, how slopes count, and all files.")
    ] = False,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            metavar="TARGET",
            help="Also write the layers to: postgresql://…, or a folder whose name ends in .parquet; may stand twice.",
        ),
    ] = None,
    format_: Annotated[RunFormat, typer.Option("--format", help="How to print what was found.")] = RunFormat.TEXT,
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Judge a study's communities and write maps and tables."""
    with clear_errors(lang):
        from cfgeo.core.clock import Course
        from cfgeo.pipeline.run import judge_study
        from cfgeo.publish.run.folder import RECORD, require_writable
        from cfgeo.publish.run.record import guessed_seconds, usual_seconds
        from cfgeo.publish.tables.targets import require_target, write_target
        from cfgeo.publish.words.headline import headline_json, headline_text, year_text
        from cfgeo.publish.workers import cores
        from cfgeo.study.config import load_study

        groups = words_of(only or GROUPS)
        require_groups(groups)
        for target in to or ():
            require_target(target)
        chosen = load_study(study)
        folder = out or Path("maps") / chosen.study.id
        require_writable(folder)
        with Progress(lang) as progress:
            usual_s = usual_seconds(folder)
            progress.expect(usual_s)
            judged = judge_study(chosen, plan=not no_plan, cache=cache_folder(cache, off=no_cache), tell=progress.begin)
            results = judged.results
            progress.expect(guessed_seconds(results, cores(), n_projects=judged.n_projects) | usual_s)
            find_plan = judged.find_plan and once(judged.find_plan)  # targets have the plan, too
            course = Course(find_plan, progress.arrivals(folder / "index.html"), cores())
            paths = publish(results, folder, lang=lang, only=groups, tell=progress.begin, course=course)
            for target in to or ():
                whole = replace(results, plan=find_plan()) if find_plan else results
                written = write_target(whole, target, folder / RECORD, lang=lang)
                progress.say(text("cli.wrote", lang, path=written))
        if results.inputs.cached:
            progress.say(text("cli.cached", lang))
        if format_ is RunFormat.JSON:
            say(headline_json(results, paths, folder, lang=lang))
        else:
            say(headline_text(results, paths, lang=lang, whole=verbose))
            say(year_text(folder, lang=lang))
        if lacks_letters(results, groups, lang=lang):
            from cfgeo.publish.maps.fonts import CJK_FONTS

            raise OutputError("pictures_left_out", fonts=", ".join(CJK_FONTS[:5]))


@app.command(cls=Verb)
def check(
    study: StudyPath,
    format_: Annotated[Format, typer.Option("--format", help="How to print the findings.")] = Format.TEXT,
    out: Annotated[Path | None, typer.Option("-o", "--output", help="A file; stdout when missing.")] = None,
    propose: Annotated[
        Path | None, typer.Option("--propose", metavar="FILE", help="Write where rows without a position may lie.")
    ] = None,
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Look for faults in a study's data; exit 1 where one is an error."""
    with clear_errors(lang):
        import geopandas as gpd

        from cfgeo.check.locate import locate_findings
        from cfgeo.cli.findings import check_text, findings_as
        from cfgeo.core.findings import describe, fold
        from cfgeo.core.schema import WGS84
        from cfgeo.pipeline.check import checked_inputs
        from cfgeo.publish.run.folder import write_whole
        from cfgeo.publish.writers import require_formats
        from cfgeo.study.config import load_study

        if propose is not None:
            require_formats([propose], (".csv", ".xlsx"))
        chosen = load_study(study)
        if propose is not None:
            _write_proposals(propose, chosen, lang)
        try:
            with Progress(lang) as progress:
                inputs = checked_inputs(chosen, cache=cache_folder(cache, off=no_cache), tell=progress.begin)
            findings, places = inputs.findings, locate_findings(inputs.findings, inputs)
        except CheckError as error:
            findings = error.findings
            places = gpd.GeoSeries(error.places, index=findings.index, crs=WGS84)
        if format_ is Format.TEXT:
            body = check_text(describe(fold(findings), lang), findings, chosen, lang)
        else:
            body = findings_as(describe(findings, lang), places, format_, lang)
        if out is None:
            say(body, nl=False)
        else:
            write_whole(out, body.encode())
            say(text("cli.wrote", lang, path=out), err=True)
        if (findings["severity"] == "error").any():
            raise typer.Exit(1)


def _write_proposals(path: Path, study: "Study", lang: Lang) -> None:
    """Write where rows without a position may lie, as a CSV or a workbook, and say how many were found."""
    from cfgeo.publish.run.folder import write_whole
    from cfgeo.publish.tables.book import sheet_bytes
    from cfgeo.publish.tables.csv import csv_bytes
    from cfgeo.study.start.propose import propose_positions

    table = propose_positions(study)
    write_whole(path, csv_bytes(table) if path.suffix.lower() == ".csv" else sheet_bytes(table, lang=lang))
    count = int(table["lon"].notna().sum())
    say(text("cli.proposed", lang, count=count, total=len(table), path=path), err=True)


@app.command(cls=Verb)
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE…]", help="Your files or folders of them, after --from.")
    ] = None,
    from_files: Annotated[
        bool, typer.Option("--from", help="Write a study.toml for your own files, guessing what each is.")
    ] = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Copy the default study to begin your own from, or with --from write a study.toml for your files as they lie."""
    with clear_errors(lang):
        from cfgeo.study.start.draft import copy_default_study, draft_study

        if from_files != bool(files):
            raise StudyError("init_files")
        if not files:
            copy_default_study(folder)
            say(text("cli.made_study", lang, path=folder))
            return
        path, drafted = draft_study(folder, files)
        for sentence in drafted:
            say(sentence.text(lang))
        say(text("draft.made", lang, path=path, folder=folder))


@app.command(cls=Verb)
def fetch(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    place: Annotated[str | None, typer.Option("--place", help="A district's name, or such as relation/123.")] = None,
    boundary: Annotated[Path | None, typer.Option("--boundary", help="A file with the district's polygon.")] = None,
    bbox: Annotated[str | None, typer.Option("--bbox", metavar="W,S,E,N", help="A box, in WGS-84 degrees.")] = None,
    pbf: Annotated[Path | None, typer.Option("--pbf", help="Take all from this OpenStreetMap file, offline.")] = None,
    communities: Annotated[Path | None, typer.Option("--communities", help="Their points, or areas.")] = None,
    grid: Annotated[float | None, typer.Option("--grid", metavar="METRES", help="Hexagons for communities.")] = None,
    datum: Annotated[
        str, typer.Option("--datum", help="Of --boundary and --communities: wgs84, gcj02, bd09, cgcs2000.")
    ] = "wgs84",
    overpass: Annotated[str, typer.Option("--overpass", metavar="URL", help="Another Overpass.")] = OVERPASS,
    nominatim: Annotated[str, typer.Option("--nominatim", metavar="URL", help="Another Nominatim.")] = NOMINATIM,
    lang: LangOption = DEFAULT_LANG,
    cache: Annotated[
        Path | None, typer.Option("--cache", envvar=CACHE_VARIABLE, help="For answers; the user's cache folder.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Ask anew and keep nothing.")] = False,
) -> None:
    """Make a first study of any place from OpenStreetMap."""
    with clear_errors(lang):
        from cfgeo.study.start.fetch import fetch_study, steps_of
        from cfgeo.study.start.osm_services import OsmServices
        from cfgeo.study.start.place import FetchRequest

        bounds = None if bbox is None else box(bbox)
        request = FetchRequest(place, boundary, bounds, pbf, communities, grid, datum_of(datum))
        answers = cache_folder(cache, off=no_cache)
        services = OsmServices(overpass, nominatim, answers and answers / "answers")
        try:
            with ProgressSteps(steps_of(request), lang) as steps:
                path = fetch_study(folder, request, services=services, lang=lang, tell=steps.tell)
        except KeyboardInterrupt:
            say(text("fetch.stopped", lang), err=True)
            raise typer.Exit(INTERRUPTED) from None
        say(text("fetch.made", lang, path=path, folder=folder))


for verb in (reach, explain, compare, whatif, site, plan, series, batch, apply, schema):
    app.command(cls=Verb)(verb)
app.command("open", cls=Verb)(open_study)


def main() -> None:
    """Run the command line, in UTF-8 even if the console's encoding is another."""
    catch_interrupts()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    app()
