"""``--help`` in the user's language: the sentences of ``texts/help.toml``, laid out without markup."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from cfgeo.core.strings import DEFAULT_LANG, Lang, section, text

if TYPE_CHECKING:
    from rich.table import Table

LANG = "cfgeo.lang"
"""Where a command's context keeps the language that its arguments ask for."""
_WIDTH = 100


def said(sentence: str, lang: Lang) -> str:
    """Return a sentence of help, which the code has in English, in ``lang``."""
    return next((entry[lang] for entry in section("help").values() if entry["en"] == sentence), sentence)


def help_of(command: TyperCommand | TyperGroup, ctx: Any, verbs: Iterable[Any]) -> str:
    """Return the help of a command, and of the verbs below it."""
    from rich.console import Console
    from rich.text import Text

    lang: Lang = ctx.meta.get(LANG, DEFAULT_LANG)
    arguments = [param for param in command.params if isinstance(param, TyperArgument)]
    options = [param for param in command.get_params(ctx) if isinstance(param, TyperOption)]
    places = " ".join(value_of(param, ctx) for param in arguments)
    usage = f"{ctx.command_path} {places or text('help.verb', lang)} {text('help.options_short', lang)}"
    parts = [
        ("help.arguments", [(value_of(param, ctx), _words(param, lang)) for param in arguments]),
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
    return ", ".join(param.opts) + ("" if param.is_flag or param.count else f" {value_of(param, ctx)}")


def value_of(param: TyperArgument | TyperOption, ctx: Any) -> str:
    """Return what stands for a parameter's value."""
    kind = param.display_type(ctx).strip("<>")
    return param.metavar or ("N" if kind.startswith(("int", "float")) else kind.replace("list[Path]", "path"))


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
