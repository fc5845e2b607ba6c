"""The verb that writes JSON Schemas, by which editors complete the keys of files in TOML."""

from pathlib import Path
from typing import Annotated

import typer

from cfgeo.cli.console import LangOption, clear_errors, say
from cfgeo.core.strings import DEFAULT_LANG, text


def schema(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="A folder; this one when missing.")] = Path(),
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Write JSON Schemas beside your files, so that editors complete and check the keys of study.toml and others."""
    with clear_errors(lang):
        from cfgeo.study.start.new_study import SCHEMAS, schema_line, write_schemas

        for name, file in zip(SCHEMAS, write_schemas(folder), strict=True):
            what = text(f"schema.{name}", lang)
            say(text("cli.schema", lang, path=file, what=what, line=schema_line(name)))
