"""The verbs for the meeting: a study held open in the browser, and what was decided there written into it."""

import webbrowser
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from cfgeo.cli.console import (
    CacheOption,
    LangOption,
    NoCacheOption,
    Progress,
    StudyPath,
    cache_folder,
    clear_errors,
    say,
)
from cfgeo.core.errors import OutputError, StudyError
from cfgeo.core.strings import DEFAULT_LANG, Lang, command, text


def open_study(
    study: StudyPath,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the changes; maps/<study id>-meeting when missing.")
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Where to serve; 0: any free port.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address and open no browser.")] = False,
    read_only: Annotated[bool, typer.Option("--read-only", help="Show, and let nobody change anything.")] = False,
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Open a study's map in the browser, to change it by hand and see at once what that brings."""
    with clear_errors(lang):
        import cfgeo.pipeline.run
        from cfgeo.app.server import listener_on, serve
        from cfgeo.app.service import Service
        from cfgeo.app.session import Session
        from cfgeo.core.lock import locked
        from cfgeo.study.config import load_study

        chosen = load_study(study)
        folder = out or Path("maps") / f"{chosen.study.id}-meeting"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError("out_unwritable", folder=folder, reason=error) from error
        with listener_on(port) as listener, locked(folder / ".cfgeo.lock", place=folder, wait_s=0.0):
            with Progress(lang) as progress:
                kept = cache_folder(cache, off=no_cache)
                results, judge = cfgeo.pipeline.run.open_study(chosen, cache=kept, tell=progress.begin)
                session = Session(chosen, results, judge, folder)
                progress.begin("map")
                service = Service(session, lang=lang, read_only=read_only, cache=kept)
            for fault in session.lost:
                say(fault.text(lang), err=True)
            if decided := session.decided():
                say(decided.text(lang), err=True)
            Thread(target=judge.warm_up, daemon=True).start()
            with suppress(KeyboardInterrupt):
                serve(service, listener, ready=lambda address: _announce(address, lang, browser=not no_browser))
            say(text("desk.stopped", lang, path=folder), err=True)


def apply(
    changes: Annotated[Path, typer.Argument(metavar="CHANGES", help="A table of changes; with --undo, the study.")],
    study: Annotated[Path | None, typer.Argument(metavar="STUDY", help="A study.toml, or its folder.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last decision back.")] = False,
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Write decided changes into a study as a dated list of its own, or take the last one back."""
    with clear_errors(lang):
        from cfgeo.app.decide import apply_scenario, undo_last
        from cfgeo.files.answers import today
        from cfgeo.pipeline.proposals import whatif_study
        from cfgeo.publish.words.whatif import whatif_text
        from cfgeo.scenarios.lists.changes import read_scenario
        from cfgeo.study.config import is_study, load_study

        if (study is None) != undo:
            raise StudyError("apply_what")
        if study is None:
            taken = undo_last(load_study(changes), today=today())
            say(text("cli.undone", lang, path=taken.path, date=taken.date))
            return
        changes, study = (study, changes) if is_study(changes) else (changes, study)
        chosen = load_study(study)
        scenario = read_scenario(changes, study=chosen)
        with Progress(lang) as progress:
            kept = cache_folder(cache, off=no_cache)
            result = whatif_study(chosen, scenario, cache=kept, tell=progress.begin)
        say(whatif_text(result, lang=lang))
        made = apply_scenario(chosen, scenario, today=today())
        undone = command("apply", "--undo", study)
        say(text("cli.applied", lang, path=made.path, count=made.count, file=chosen.file, command=undone))


def _announce(address: str, lang: Lang, *, browser: bool) -> None:
    """Print the address, and open it."""
    say(address)
    say(text("desk.serving", lang), err=True)
    if browser and not webbrowser.open(address):
        say(text("desk.no_browser", lang), err=True)
