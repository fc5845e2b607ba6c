"""``--help`` in the user's language: the sentences of ``texts/help.toml``, laid out without markup."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from cfgeo.cli.console import clear_errors
from cfgeo.cli.interrupt import asked_language
from cfgeo.core.errors import StudyError
from cfgeo.core.strings import DEFAULT_LANG, Lang, section, text

if TYPE_CHECKING:
    from rich.table import Table

_LANG = "cfgeo.lang"
_WIDTH = 100


class Verb(TyperCommand):
    """A verb whose help has two languages, and that takes no option twice of which only the last would count."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note the language that the arguments ask for: ``--help`` is answered before they are read."""
        _note_language(ctx, args)
        _, _, order = self.make_parser(ctx).parse_args(args=[*args])
        rest = super().parse_args(ctx, args)
        seen: list[Any] = []
        for param in order:
            if param in seen and isinstance(param, TyperOption) and not (param.multiple or param.is_flag):
                with clear_errors(ctx.meta.get(_LANG, DEFAULT_LANG)):
                    raise StudyError("option_twice", option=param.opts[-1])
            seen.append(param)
        return rest

    def invoke(self, ctx: Any) -> Any:
        """Do the verb's work, with the texts of tables as Python's own: Arrow's cost a sixth of a run's time.

        A study's tables have some thousand short texts, which pass from pandas to Python and back one at a time.
        """
        import pandas as pd

        pd.options.mode.string_storage = "python"
        return super().invoke(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help of a verb."""
        formatter.write(_help(self, ctx, ()))


class Verbs(TyperGroup):
    """The command itself, whose help lists the verbs."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note the language that the arguments ask for."""
        _note_language(ctx, args)
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help of the command."""
        formatter.write(_help(self, ctx, self.commands.values()))


def said(sentence: str, lang: Lang) -> str:
    """Return a sentence of help, which the code has in English, in ``lang``."""
    return next((entry[lang] for entry in section("help").values() if entry["en"] == sentence), sentence)


def _note_language(ctx: Any, args: Sequence[str]) -> None:
    if asked := asked_language(args):
        ctx.meta[_LANG] = asked


def _help(command: TyperCommand | TyperGroup, ctx: Any, verbs: Iterable[Any]) -> str:
    from rich.console import Console
    from rich.text import Text

    lang: Lang = ctx.meta.get(_LANG, DEFAULT_LANG)
    arguments = [param for param in command.params if isinstance(param, TyperArgument)]
    options = [param for param in command.get_params(ctx) if isinstance(param, TyperOption)]
    places = " ".join(_value(param, ctx) for param in arguments)
    usage = f"{ctx.command_path} {places or text('help.verb', lang)} {text('help.options_short', lang)}"
    parts = [
        ("help.arguments", [(_value(param, ctx), _words(param, lang)) for param in arguments]),
        ("help.verbs", [(verb.name, said(verb.help or "", lang)) for verb in verbs]),
        ("help.options", [(_names(param, ctx), _words(param, lang)) for param in options]),
    ]
    console = Console(width=_WIDTH, color_system=None, force_terminal=False)
    with console.capture() as printed:
        console.print(Text(f"{text('help.usage', lang)} {usage}\n\n{said(command.help or '', lang)}\n"))
        for title, rows in parts:
            if rows:
                console.print(Text(text(title, lang)), _grid(rows))
    return "\n".join(line.rstrip() for line in printed.get().splitlines()) + "\n"


def _grid(rows: Sequence[tuple[str, str]]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    for name, words in rows:
        grid.add_row(Text(f"  {name}", overflow="fold"), Text(words, overflow="fold"))
    return grid


def _names(param: TyperOption, ctx: Any) -> str:
    return ", ".join(param.opts) + ("" if param.is_flag or param.count else f" {_value(param, ctx)}")


def _value(param: TyperArgument | TyperOption, ctx: Any) -> str:
    """Return what stands for a parameter's value."""
    return param.metavar or param.display_type(ctx).strip("<>").replace("list[Path]", "path")


def _words(param: TyperArgument | TyperOption, lang: Lang) -> str:
    """Return what a parameter is for, and its usual value."""
    words = said(getattr(param, "help", None) or "", lang)
    if isinstance(param, TyperOption) and param.envvar:
        words += text("help.variable", lang, name=param.envvar)
    if isinstance(param, TyperOption) and param.required:
        words += text("help.required", lang)
    usual = param.default
    if isinstance(param, TyperOption) and not param.is_flag and isinstance(usual, str | int | float):
        words += text("help.default", lang, value=getattr(usual, "value", usual))
    return words
