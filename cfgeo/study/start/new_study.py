"""What drafted and fetched studies share: an empty folder, an id, and lines of ``study.toml`` for a user to edit."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from cfgeo.core.errors import OutputError
from cfgeo.core.strings import LANGUAGES, text

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
