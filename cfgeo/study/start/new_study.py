"""What new studies share: an empty folder, an id, lines of ``study.toml`` for a user to edit, its JSON Schema."""

import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from cfgeo.core.errors import OutputError
from cfgeo.core.strings import LANGUAGES, text

SCHEMAS = ("study", "standard", "changes", "projects")
"""Files in TOML that users write, each with a JSON Schema in ``cfgeo/schemas/``."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def require_empty(folder: Path) -> None:
    """Raise where a folder is not new or empty.

    Raises
    ------
    OutputError
        It holds something, or is a file.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError("init_not_empty", folder=folder)


def study_id(folder: Path) -> str:
    """Return an id for the study of a folder: its name, without characters that an id cannot have."""
    return re.sub(r"[^\w-]", "-", folder.resolve().name).strip("-") or "study"


def header(part: str, *, ident: str, title: str, standard: str) -> list[str]:
    """Return the lines up to the heading of the communities, with remarks of a part of ``texts/``."""
    return [
        schema_line("study"),
        remark(f"{part}.head"),
        "",
        "[study]",
        f"id = {quoted(ident)}",
        f"title = {quoted(title)}",
        f"standard = {quoted(standard)}  {remark(f'{part}.standard')}",
        f'status = "approximate"  {remark(f"{part}.status")}',
        "",
        "[boundaries.communities]",
    ]


def schema_name(name: str) -> str:
    """Return the name of the file of one of ``SCHEMAS``."""
    return f"{name}.schema.json"


def schema_text(name: str) -> str:
    """Return the JSON Schema of one of ``SCHEMAS``."""
    return resources.files("cfgeo").joinpath("schemas", schema_name(name)).read_text(encoding="utf-8")


def schema_line(name: str) -> str:
    """Return the first line of a TOML file whose schema lies beside it: editors complete its keys by that."""
    return f"#:schema {schema_name(name)}"


def write_schemas(folder: Path, names: Sequence[str] = SCHEMAS) -> list[Path]:
    """Write JSON Schemas into a folder that exists, and return their files.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    files = [folder / schema_name(name) for name in names]
    try:
        for name, file in zip(names, files, strict=True):
            file.write_text(schema_text(name), encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
    return files


def remark(key: str, **values: object) -> str:
    """Return a comment line of a sentence of ``texts/`` in both languages."""
    return f"# {in_both_languages(key, **values)}"


def in_both_languages(key: str, **values: object) -> str:
    """Return a sentence of ``texts/`` in both languages."""
    return " / ".join(text(key, lang, **values) for lang in LANGUAGES)


def quoted(word: str) -> str:
    """Return a TOML string: JSON's escapes are among TOML's."""
    return json.dumps(word, ensure_ascii=False)


def quoted_list(words: Sequence[str]) -> str:
    """Return a TOML array of strings."""
    return f"[{', '.join(map(quoted, words))}]"


def quoted_or_list(words: Sequence[str]) -> str:
    """Return a single string by itself, several as an array."""
    return quoted(words[0]) if len(words) == 1 else quoted_list(words)


def inline_table(items: Mapping[str, str]) -> str:
    """Return a TOML inline table of values that are written as TOML already."""
    pairs = (f"{key if _BARE_KEY.fullmatch(key) else quoted(key)} = {value}" for key, value in items.items())
    return f"{{ {', '.join(pairs)} }}"
