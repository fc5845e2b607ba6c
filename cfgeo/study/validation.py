"""Pydantic's errors → sentences in two languages, which name the key and what would be right."""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from cfgeo.core.strings import Sentences, section

_SAME = {
    "literal_error": "choice",
    "string_type": "words",
    "string_too_short": "short",
    "too_short": "short",
    "string_pattern_mismatch": "pattern",
    "dict_type": "table",
    "model_type": "table",
    "model_attributes_type": "table",
    "tuple_type": "list",
    "list_type": "list",
    "bool_type": "yes_no",
    "bool_parsing": "yes_no",
    "greater_than": "above",
    "greater_than_equal": "least",
    "less_than": "most",
    "less_than_equal": "most",
}
_LONGEST = 60
_PASSWORD = re.compile(r"(?<=://)[^/?#@\s]*:[^\s'\"]*@|password\s*=\s*[^\s&'\"]+", re.IGNORECASE)
"""A password in the address of a database: between user and host, or among its options."""

KnownKeys = Callable[[Sequence[str | int]], Iterable[str]]


def as_tuple(value: object) -> tuple[Any, ...]:
    """Return a value or a list of values as a tuple: a user may write either."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def holds_password(text: str) -> bool:
    """Return whether a text is an address with a password in it."""
    return bool(_PASSWORD.search(text))


Named = Callable[[Sequence[str | int]], object]


def sentences_of(
    error: ValidationError, known_keys: KnownKeys, content: Any = None, *, named: Named | None = None
) -> Sentences:
    """Return all faults of a file as sentences.

    Parameters
    ----------
    error
        The error that pydantic raised.
    known_keys
        Returns the keys that are known where a key stands, by its path.
    content
        The content of the file. Sentences name the tables of a list by their ``id`` or ``path`` where they have one.
    named
        Returns what sentences call a key, by its path; instead of ``content``.
    """
    name = named or (lambda path: _name(path, content))
    return Sentences([_sentence(fault, known_keys, name) for fault in error.errors(include_url=False)])


def toml_faults(error: tomllib.TOMLDecodeError, body: str) -> Sentences:
    """Return where a file is no TOML, and the slip of the pen that may be the cause."""
    place = re.search(r"line (\d+), column (\d+)", str(error))
    if place is None:
        rows: list[tuple[str, dict[str, object]]] = [("toml_end", {})]
        line = ""
    else:
        rows = [("toml_at", {"line": place[1], "column": place[2]})]
        line = body.split("\n")[int(place[1]) - 1]
    key = re.sub(r"\"[^\"]*\"|'[^']*'", "", line.partition("#")[0])
    if "\\" in line:
        rows.append(("toml_backslash", {}))
    elif re.search("[“”‘’＂＇＝，]", key):
        rows.append(("toml_signs", {}))
    elif re.search(r"[^\x00-\x7f]", key):
        rows.append(("toml_words", {}))
    elif "overwrite" in str(error) or "twice" in str(error):
        rows.append(("toml_twice", {}))
    return Sentences(rows)


def _named(path: Sequence[str | int], content: Any) -> list[str]:
    """Return a key's path with the id or file of a table in place of its number, where it has one.

    The path has a number, and the file has none, where one table stands for a list: it is left out.
    """
    names = []
    for part in path:
        if isinstance(part, int) and isinstance(content, dict):
            continue
        content = content[part] if _holds(content, part) else None
        own = (
            (content.get("id") or content.get("path")) if isinstance(part, int) and isinstance(content, dict) else None
        )
        names.append(str(own or part))
    return names


def _holds(content: Any, part: str | int) -> bool:
    if isinstance(part, int):
        return isinstance(content, list) and part < len(content)
    return isinstance(content, dict) and part in content


def _name(path: Sequence[str | int], content: Any) -> str:
    """Return a key's path; a value of a list goes by the name of the list."""
    names = _named(path, content)
    return ".".join(names[:-1] if path and names[-1] == str(path[-1]) and isinstance(path[-1], int) else names)


def _sentence(fault: Any, known_keys: KnownKeys, name: Named) -> tuple[str, dict[str, object]]:
    where = name(fault["loc"])
    kind, context = fault["type"], fault.get("ctx", {})
    if kind in section("fault") and kind != "missing":  # a check of cfgeo's own
        return kind, {"where": where, **context}
    if kind == "missing":
        return "missing", {"where": where}
    if kind == "extra_forbidden":
        return _unknown(where, fault["loc"], known_keys)
    value = _PASSWORD.sub("…", repr(fault.get("input")))
    shown: dict[str, object] = {"where": where, "value": value if len(value) <= _LONGEST else value[:_LONGEST] + "…"}
    if kind.startswith(("int_", "float_", "finite_number")):
        return "number", shown
    limits = [context[name] for name in ("gt", "ge", "lt", "le") if name in context]
    extra = {"limit": limits[0] if limits else 0, "expected": context.get("expected", ""), "reason": fault["msg"]}
    return _SAME.get(kind, "other"), {**shown, **extra}


def _unknown(where: object, path: Sequence[str | int], known_keys: KnownKeys) -> tuple[str, dict[str, object]]:
    names = sorted(known_keys(path))
    near = difflib.get_close_matches(str(path[-1]), names, n=1)
    if near:
        return "unknown_guess", {"where": where, "near": near[0]}
    return "unknown", {"where": where, "known": ", ".join(names)}
