"""The verb for many studies at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cfgeo.cli.console import (
    CacheOption,
    LangOption,
    NoCacheOption,
    NoPlanOption,
    OnlyOption,
    cache_folder,
    clear_errors,
    say,
    words_of,
)
from cfgeo.core.strings import DEFAULT_LANG, Lang, text
from cfgeo.publish import GROUPS, require_groups

if TYPE_CHECKING:
    from collections.abc import Callable

    from cfgeo.publish.batch.values import District

_SOME_FAILED = 4  # 1 is an error of the call, 2 a wrong option, 3 runs that do not compare


def batch(
    studies: Annotated[Path, typer.Argument(metavar="BATCH", help="A .toml with [batch], which names studies.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write; the same again goes on where it was.")],
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="How many districts at a time; the number of processors.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster, such as tcp://host:8786; or local."),
    ] = None,
    only: OnlyOption = None,
    no_plan: NoPlanOption = False,
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Judge many districts, each as a run, and all of them together; exit 4 where some failed."""
    with clear_errors(lang):
        from functools import partial

        from cfgeo.batch.cluster import cluster, require_dask
        from cfgeo.batch.pools import processes
        from cfgeo.batch.run import BatchChoices, run_batch
        from cfgeo.batch.studies import load_batch
        from cfgeo.publish.batch.words import batch_text
        from cfgeo.publish.workers import cores

        groups = tuple(words_of(only or GROUPS))
        require_groups(groups)
        if scheduler is not None:
            require_dask()
        chosen, count = load_batch(studies), workers or cores()
        where = partial(processes, count) if scheduler is None else partial(cluster, scheduler, count)
        choices = BatchChoices(lang, groups, plan=not no_plan, cache=cache_folder(cache, off=no_cache))
        if scheduler is None:
            say(text("batch.begun", lang, count=len(chosen.studies), workers=count), err=True)
        results, paths = run_batch(
            chosen, out, choices, where=where, tell=_teller(lang), note=lambda words: say(words.text(lang), err=True)
        )
        say(batch_text(results, paths, lang))
        if results.failed:
            raise typer.Exit(_SOME_FAILED)


def _teller(lang: Lang) -> "Callable[[District, int, int], None]":
    """Return what prints a line as each district ends."""
    from cfgeo.publish.batch.words import district_line

    return lambda district, nth, of: say(district_line(district, nth, of, lang), err=True)
