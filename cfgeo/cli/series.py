"""The verb for the figures of several years."""

from pathlib import Path
from typing import Annotated

import typer

from cfgeo.cli.console import LangOption, clear_errors, say
from cfgeo.core.strings import DEFAULT_LANG, text


def series(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN…", help="Folders that runs of several years have written; or a study, or one run."),
    ],
    out: Annotated[
        list[Path] | None,
        typer.Option("-o", "--output", help="A .docx, .xlsx, .html, .gpkg or .csv, or a folder for all of them."),
    ] = None,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Put the runs of several years side by side: each indicator, its target, and what changed and why."""
    with clear_errors(lang):
        from cfgeo.publish.compared.series.table import make_series
        from cfgeo.publish.series import require_series_target, write_series
        from cfgeo.publish.words.series.summary import series_text

        for path in out or ():
            require_series_target(path)
        result = make_series([_run_of(path) for path in runs] if len(runs) == 1 else runs)
        say(series_text(result, lang=lang))
        for path in out or ():
            for written in write_series(result, path, lang=lang):
                say(text("cli.wrote", lang, path=written), err=True)


def _run_of(path: Path) -> Path:
    """Return the folder of a run: the path itself, or where the runs of a study stand."""
    from cfgeo.publish.run.folder import is_run

    if not is_run(path) and (path.suffix.lower() == ".toml" or (path / "study.toml").is_file()):
        from cfgeo.study.config import load_study

        return Path("maps") / load_study(path).study.id
    return path
