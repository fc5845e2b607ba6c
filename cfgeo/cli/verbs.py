"""The command and its verbs: what each does besides its work, in the language that its arguments ask for."""

from collections.abc import Sequence
from typing import Any, cast

from typer.core import TyperCommand, TyperGroup, TyperOption

from cfgeo.cli.console import clear_errors
from cfgeo.cli.help import LANG, help_of
from cfgeo.cli.interrupt import asked_language
from cfgeo.cli.usage import clear_usage
from cfgeo.core.errors import StudyError
from cfgeo.core.strings import DEFAULT_LANG, Lang


class Verb(TyperCommand):
    """A verb whose help has two languages, and that takes no option twice of which only the last would count."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Read the arguments."""
        path = f"{parent.command_path} {info_name}" if parent else info_name
        with clear_usage(_language(parent, args), str(path)):
            return super().make_context(info_name, args, parent=parent, **extra)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note the language that the arguments ask for: ``--help`` is answered before they are read."""
        _note_language(ctx, args)
        _, _, order = self.make_parser(ctx).parse_args(args=[*args])
        rest = super().parse_args(ctx, args)
        seen: list[Any] = []
        for param in order:
            if param in seen and isinstance(param, TyperOption) and not (param.multiple or param.is_flag):
                with clear_errors(ctx.meta.get(LANG, DEFAULT_LANG)):
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
        formatter.write(help_of(self, ctx, ()))


class Verbs(TyperGroup):
    """The command itself, whose help lists the verbs."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Read the command's own arguments."""
        with clear_usage(_language(parent, args), str(info_name)):
            return super().make_context(info_name, args, parent=parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Find the verb, and let it do its work."""
        with clear_usage(_language(ctx, []), ctx.command_path):
            return super().invoke(ctx)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note the language that the arguments ask for."""
        _note_language(ctx, args)
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help of the command."""
        formatter.write(help_of(self, ctx, self.commands.values()))


def _language(context: Any, args: Sequence[str]) -> Lang:
    """Return the language that arguments ask for, or those before them."""
    return cast("Lang", asked_language(args) or (context and context.meta.get(LANG)) or DEFAULT_LANG)


def _note_language(ctx: Any, args: Sequence[str]) -> None:
    if asked := asked_language(args):
        ctx.meta[LANG] = asked
