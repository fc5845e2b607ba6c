"""The verbs for several runs: two side by side, and the figures of several years."""

from pathlib import Path
from typing import Annotated

import typer

from cfgeo.cli.console import LangOption, clear_errors, say
from cfgeo.core.strings import DEFAULT_LANG, text

_NOT_COMPARABLE = 3  # 1 is an error, 2 a wrong option


def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="The folder that an earlier run has written.")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="The folder that a later run has written.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="A folder for the table and the map.")] = None,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Say which communities gained or lost between two runs, by clause, and why; exit 3 where they do not compare."""
    with clear_errors(lang):
        from cfgeo.publish.compared.differences import compare as compare_runs
        from cfgeo.publish.run.past import load_run
        from cfgeo.publish.words.compared.comparison import comparison_text
        from cfgeo.publish.writers import write_comparison

        comparison = compare_runs(load_run(run_a), load_run(run_b))
        say(comparison_text(comparison, lang=lang))
        for path in write_comparison(comparison, out, lang=lang) if out else ():
            say(text("cli.wrote", lang, path=path), err=True)
        if not comparison.comparable:
            raise typer.Exit(_NOT_COMPARABLE)


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
