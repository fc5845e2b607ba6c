"""A command that was typed wrong: what is wrong and what would be right, in the user's language."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperOption

from cfgeo.cli.console import say
from cfgeo.cli.help import said, value_of
from cfgeo.core.strings import Lang, text

WRONG_USE = 2
"""The exit code of a command that was typed wrong."""

_UsageError: type[Any] = typer.BadParameter.__mro__[1]
"""What all errors of a command line are; typer has no name of its own for it."""
_WORDS = re.compile(r"extra argument\S* \((.*)\)$", re.DOTALL)
_QUOTED = re.compile(r"'([^']*)'")


@contextmanager
def clear_usage(lang: Lang, command: str) -> Iterator[None]:
    """Turn a command that was typed wrong into two sentences and exit 2."""
    try:
        yield
    except _UsageError as error:
        say(_what(error, lang), err=True)
        say(text("usage.help", lang, command=f"{command} --help"), err=True)
        raise typer.Exit(WRONG_USE) from None


def _what(error: Any, lang: Lang) -> str:
    """Return what is wrong."""
    message, param = str(error.message), getattr(error, "param", None)
    if param is not None:  # its value is missing, or is none of its kind
        name, words = _name(param, error.ctx), said(getattr(param, "help", None) or "", lang)
        if type(error).__name__ == "MissingParameter":
            return text("usage.missing", lang, name=name, help=words)
        return text("usage.value", lang, name=name, wanted=value_of(param, error.ctx), help=words)
    if option := getattr(error, "option_name", ""):
        if (near := getattr(error, "possibilities", None)) is not None or message.startswith("No such option"):
            return text("usage.no_option", lang, option=option) + _listed(near or (), lang)
        return text("usage.flag" if "does not take" in message else "usage.no_value", lang, option=option)
    if message.startswith("No such command"):
        verb, *near = _QUOTED.findall(message) or [""]
        return text("usage.no_verb", lang, verb=verb) + _listed(near, lang)
    found = _WORDS.search(message)
    return text("usage.extra", lang, words=found[1]) if found else text("usage.other", lang, message=message)


def _name(param: Any, ctx: Any) -> str:
    """Return what a user types for a parameter, with the environment's variable where one is set."""
    if not isinstance(param, TyperOption):
        return value_of(param, ctx)
    return str(param.opts[-1]) + (f" / {param.envvar}" if os.environ.get(str(param.envvar)) else "")


def _listed(near: Iterable[str], lang: Lang) -> str:
    """Return what may have been meant."""
    names = (", " if lang == "en" else "、").join(sorted(near))
    return text("usage.near", lang, names=names) if names else ""
