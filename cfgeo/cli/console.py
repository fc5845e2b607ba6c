"""What the verbs of the command line share: options, progress on stderr, errors as one clear message."""

import logging
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO, cast, get_args

import typer

from cfgeo.cli.interrupt import INTERRUPTED, unwinding, was_interrupted
from cfgeo.core.errors import CfgeoError, OutputError, StudyError
from cfgeo.core.strings import Lang, Message, Sentence, text
from cfgeo.publish import KNOWN_GROUPS
from cfgeo.publish.safe_text import printable

if TYPE_CHECKING:
    from cfgeo.study.keys import DatumName

_LONG_S, _STEP_S, _MINUTES_FROM_S = 8.0, 5, 90.0
"""A stage that takes so long says about how long, in such steps; from so long on in minutes."""

StudyPath = Annotated[Path, typer.Argument(metavar="STUDY", help="A study.toml, or the folder that holds one.")]
LangOption = Annotated[Lang, typer.Option("--lang", help="Language of texts: zh or en.")]
CACHE_VARIABLE = "CFGEO_CACHE"
"""Environment variable with what ``--cache`` would say."""
CacheOption = Annotated[
    Path | None,
    typer.Option("--cache", envvar=CACHE_VARIABLE, help="Where networks are kept; the user's cache folder."),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="GROUP,…", help=f"What to write, of: {', '.join(KNOWN_GROUPS)}; may stand twice."),
]
NoPlanOption = Annotated[bool, typer.Option("--no-plan", help="Leave [projects] of the study out.")]
NoCacheOption = Annotated[bool, typer.Option("--no-cache", help="Read the network anew and keep nothing.")]


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"
    GEOJSON = "geojson"


class RunFormat(StrEnum):
    """How a run says what it found."""

    TEXT = "text"
    JSON = "json"


class Progress:
    """Shows on stderr which stage is under way, and about how long a long one takes; with a spinner on a terminal."""

    def __init__(self, lang: Lang) -> None:
        from rich.console import Console

        self.lang = lang
        self.console = Console(stderr=True, highlight=False)
        self.status = self.console.status("")
        self.expected: Mapping[str, float] = {}

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Say from now on how long stages are expected to take [s]."""
        self.expected = seconds

    def begin(self, stage: str) -> None:
        """Show that a stage of the pipeline begins."""
        sentence = printable(text(f"cli.{stage}", self.lang) + about_text(self.expected.get(stage, 0.0), self.lang))
        self.status.update(sentence)
        if not self.console.is_terminal:
            self.say(sentence)

    def arrivals(self, page: Path) -> Callable[[str], None]:
        """Return what is called at each arrival: it says where the page is as soon as it can be opened."""

        def arrived(group: str) -> None:
            if group == "map" and page.is_file():
                self.say(text("cli.open_now", self.lang, path=page))

        return arrived

    def say(self, sentence: str) -> None:
        """Print a sentence beside the stages."""
        with suppress(OSError):  # a full disk behind stderr: results go elsewhere
            self.console.print(printable(sentence), markup=False, soft_wrap=True)

    def __enter__(self) -> "Progress":
        self.status.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.status.__exit__(None, None, None)


def about_text(seconds: float, lang: Lang) -> str:
    """Return about how long something takes, in brackets; "" where nobody would mind."""
    if seconds < _LONG_S:
        return ""
    if seconds < _MINUTES_FROM_S:
        return text("cli.about_seconds", lang, seconds=math.ceil(seconds / _STEP_S) * _STEP_S)
    return text("cli.about_minutes", lang, minutes=round(seconds / 60))


class ProgressSteps:
    """Shows on stderr which of several steps is under way; with a bar on a terminal."""

    def __init__(self, steps: tuple[str, ...], lang: Lang) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bar

        self.steps, self.lang = steps, lang
        self.bar = Bar(console=Console(stderr=True, highlight=False), transient=True)
        self.task = self.bar.add_task("", total=len(steps))

    def tell(self, sentence: Sentence) -> None:
        """Show that a step begins, or print another sentence."""
        words, is_step = printable(sentence.text(self.lang)), sentence.key in self.steps
        if is_step:
            self.bar.update(self.task, description=words, completed=self.steps.index(sentence.key))
        if not (is_step and self.bar.console.is_terminal):
            with suppress(OSError):
                self.bar.console.print(words, markup=False, soft_wrap=True)

    def __enter__(self) -> "ProgressSteps":
        if self.bar.console.is_terminal:
            self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.bar.console.is_terminal:
            self.bar.stop()


def say(sentence: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a result to stdout or a message to stderr; all that the verbs print goes through here.

    Raises
    ------
    OutputError
        stdout cannot be written to: the disk behind it is full. A reader that has gone ends the command silently.
    """
    try:
        typer.echo(printable(sentence), err=err, nl=nl)
    except BrokenPipeError:
        _silence(sys.stdout)
        raise typer.Exit(1) from None
    except OSError as error:
        _silence(sys.stderr if err else sys.stdout)
        if err:
            raise typer.Exit(1) from None
        raise OutputError("stdout_unwritable", reason=error) from error


def _silence(stream: TextIO) -> None:
    """Let what a stream still holds go nowhere, or Python would fail over it again when it ends."""
    with suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


@contextmanager
def clear_errors(lang: Lang) -> Iterator[None]:
    """Turn a user's error into one clear message and exit 1, an interrupt into one and exit 130.

    Notices go to stderr.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_MessageFormatter(lang))
    handler.addFilter(logging.Filter("cfgeo"))  # what other libraries log is not for users
    logging.getLogger().addHandler(handler)
    try:
        with unwinding():
            yield
    except typer.Exit:
        raise
    except (Exception, KeyboardInterrupt) as error:
        if was_interrupted() or isinstance(error, KeyboardInterrupt):
            say(text("cli.interrupted", lang), err=True)
            raise typer.Exit(INTERRUPTED) from None
        if not isinstance(error, CfgeoError):
            raise
        say(text("cli.error", lang, message=error.text(lang)), err=True)
        raise typer.Exit(1) from None
    finally:
        logging.getLogger().removeHandler(handler)


class _MessageFormatter(logging.Formatter):
    """Formats notices in a language."""

    def __init__(self, lang: Lang) -> None:
        super().__init__("%(message)s")
        self.lang = lang

    def format(self, record: logging.LogRecord) -> str:
        message = record.msg.text(self.lang) if isinstance(record.msg, Message) else super().format(record)
        return printable(message)


def cache_folder(folder: Path | None, *, off: bool) -> Path | None:
    """Return where networks are cached; None if they shall not be."""
    from cfgeo.network.cache import default_folder

    return None if off else folder or default_folder()


def write_each(write: Callable[..., None], result: object, paths: Sequence[Path] | None, *, lang: Lang) -> None:
    """Write a result to each file, in the format that the file's ending names."""
    for path in paths or ():
        write(result, path, lang=lang)
        say(text("cli.wrote", lang, path=path), err=True)


def position(value: str) -> tuple[float, float]:
    """Return a position written as LON,LAT [degrees]."""
    try:
        lon, lat = _numbers(value)
    except ValueError:
        raise StudyError("from_not_position", value=value) from None
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise StudyError("from_not_position", value=value)
    return lon, lat


def box(value: str) -> tuple[float, float, float, float]:
    """Return a box written as WEST,SOUTH,EAST,NORTH [degrees]."""
    try:
        west, south, east, north = _numbers(value)
    except ValueError:
        raise StudyError("fetch_bbox", value=value) from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise StudyError("fetch_bbox", value=value)
    return west, south, east, north


def datum_of(value: str) -> "DatumName":
    """Return the datum that a word names."""
    from cfgeo.files.vocabulary.words import Choices, own_word
    from cfgeo.study.keys import DatumName

    for datum in get_args(DatumName):
        if datum == own_word(value, "datum_names"):
            return cast(DatumName, datum)
    raise StudyError("datum_unknown", value=value, known=Choices("datum_names", get_args(DatumName)))


def words_of(values: Iterable[str]) -> list[str]:
    """Return the words of an option that may stand several times, each with commas, Western or Chinese, between."""
    return [word.strip() for value in values for word in value.replace("，", ",").split(",") if word.strip()]


def minutes_of(values: Sequence[str]) -> tuple[float, ...]:
    """Return walks written with commas between [min], in order."""
    try:
        minutes = [minute for value in values for minute in _numbers(value)]
    except ValueError:
        raise StudyError("minutes_not_numbers", value=",".join(values)) from None
    if not all(1 <= minute <= 120 for minute in minutes):
        raise StudyError("minutes_not_numbers", value=",".join(values))
    return tuple(sorted(set(minutes)))


def _numbers(value: str) -> list[float]:
    """Return numbers written with commas between, Western or Chinese ones."""
    return [float(part) for part in value.replace("，", ",").split(",")]
