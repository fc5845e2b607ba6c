"""A user's TOML → its content; pydantic's errors → sentences that name the key and what would be right."""

import difflib
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, ValidationError, ValidationInfo, field_validator
from pydantic_core import CoreSchema, PydanticCustomError

from cfgeo.core.errors import InputError
from cfgeo.core.strings import Sentences, section
from cfgeo.files.openable import require_file
from cfgeo.files.vocabulary.words import Choices

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
    "string_too_long": "long",
}
_CHOICES = {
    "'wgs84'": ("datum_names", ("wgs84", "gcj02", "bd09", "cgcs2000")),
    "'official'": ("statuses", ("official", "approximate", "illustrative")),
    "'to'": ("directions", ("worst", "to", "from")),
}
"""First of the words that a key takes, as pydantic lists them → all of them, for a list with their Chinese names."""
_LONGEST, _MOST_FAULTS = 60, 20
_MOST_BYTES, _MOST_LEVELS, _WHOLE_BITS = 2**22, 32, 63
"""The longest TOML file, how deep its lists and tables go, and the largest whole number that TOML promises."""
_HUNDRED = 100
_PASSWORD = re.compile(r"(?<=://)[^/?#@\s]*:[^\s'\"]*@|password\s*=\s*[^\s&'\"]+", re.IGNORECASE)
"""A password in the address of a database: between user and host, or among its options."""

KnownKeys = Callable[[Sequence[str | int]], Iterable[str]]


def as_tuple(value: object) -> tuple[Any, ...]:
    """Return a value or a list of values as a tuple: a user may write either."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


@dataclass(frozen=True)
class AlsoWritten:
    """What a key may hold beside its own form, for the JSON Schema of its file.

    Attributes
    ----------
    as_type : str
        A type of JSON that stands for the whole, as a path does for a table; "": none.
    as_one : bool
        An item by itself, for a list.
    as_list : bool
        A list of what the key holds.
    """

    as_type: str = ""
    as_one: bool = False
    as_list: bool = False

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the schema of all forms."""
        own: dict[str, Any] = handler(schema)
        one = [own["items"]] if self.as_one else []
        forms = [{"type": self.as_type}] if self.as_type else []
        return {"anyOf": [*forms, *one, own, *([{"type": "array", "items": own}] if self.as_list else [])]}


ONE_OR_MANY = AlsoWritten(as_one=True)
"""Beside ``as_tuple``."""


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
    faults = error.errors(include_url=False)
    return Sentences([_sentence(fault, known_keys, name) for fault in faults if not _follows(fault, faults)])


def _follows(fault: Any, faults: Sequence[Any]) -> bool:
    """Return whether a list is empty only because what stands in it is wrong, which is said already."""
    where = fault["loc"]
    return fault["type"] == "too_short" and any(
        len(other["loc"]) > len(where) and other["loc"][: len(where)] == where for other in faults
    )


class TomlModel(BaseModel):
    """A table of a user's TOML: unknown keys are errors; neither ``true`` nor ``inf`` is a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_switch(cls, value: object, info: ValidationInfo) -> object:
        """Refuse ``limit_minutes = true``, which pydantic takes for 1."""
        kinds = set(_kinds(cls.model_fields[str(info.field_name)].annotation))
        if isinstance(value, bool) and kinds & {int, float} and bool not in kinds:
            raise PydanticCustomError("number", "no number", {"value": str(value).lower()})
        return value


def _kinds(annotation: Any) -> Iterator[Any]:
    """Yield the types of a field, also those in a union."""
    yield annotation
    for part in get_args(annotation):
        yield from _kinds(part)


class TomlError(ValueError):
    """A file is no TOML, or beyond its bounds; ``faults`` says why."""

    def __init__(self, faults: Sentences) -> None:
        super().__init__(faults.text("en"))
        self.faults = faults


def read_toml(file: Path) -> dict[str, Any]:
    """Read a user's TOML file.

    Raises
    ------
    OSError, UnicodeDecodeError
        It is missing, cannot be read, or is not in UTF-8.
    InputError
        It is a pipe or a device, or longer than any such file.
    TomlError
        It is no TOML, is nested without end, or has numbers beyond all bounds.
    """
    if file.exists() and not file.is_dir():
        require_file(file)
        if file.stat().st_size > _MOST_BYTES:
            raise InputError("toml_long", file=file, most_mb=_MOST_BYTES // 2**20)
    body = file.read_text(encoding="utf-8-sig")
    try:
        content = tomllib.loads(body)
    except RecursionError:
        raise TomlError(Sentences([("toml_deep", {"most": _MOST_LEVELS})])) from None
    except tomllib.TOMLDecodeError as error:
        raise TomlError(_toml_faults(error, body)) from error
    except ValueError:  # Python reads no number of more than 4,300 digits
        raise TomlError(Sentences([("toml_digits", {})])) from None
    if faults := list(_beyond_bounds(content)):
        raise TomlError(Sentences(faults[:_MOST_FAULTS]))
    return content


def _beyond_bounds(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield faults for what is nested too deep, and for numbers that are infinite or longer than TOML allows."""
    level: list[tuple[str, Any]] = [("", content)]
    for _ in range(_MOST_LEVELS):
        inner: list[tuple[str, Any]] = []
        for where, value in level:
            if isinstance(value, dict):
                inner += [(f"{where}.{key}".strip("."), item) for key, item in value.items()]
            elif isinstance(value, list):
                inner += [(where, item) for item in value]
            elif _is_beyond(value):
                yield "toml_number", {"where": where}
        level = inner
    if level:
        yield "toml_deep", {"most": _MOST_LEVELS}


def _is_beyond(value: object) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, int) and value.bit_length() > _WHOLE_BITS


def _toml_faults(error: tomllib.TOMLDecodeError, body: str) -> Sentences:
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
    if kind.startswith(("int_", "float_", "finite_number", "date")):
        return "date" if kind.startswith("date") else _share_or(fault, "number"), shown
    limits = [context[name] for name in ("gt", "ge", "lt", "le", "max_length") if name in context]
    extra = {"limit": limits[0] if limits else 0, "expected": context.get("expected", ""), "reason": fault["msg"]}
    group = _CHOICES.get(str(extra["expected"]).partition(",")[0])
    if group is not None:
        extra["expected"] = Choices(*group)
    return _share_or(fault, _SAME.get(kind, "other")), {**shown, **extra}


def _share_or(fault: Any, other: str) -> str:
    """Return ``share`` for a share that is written as so many in a hundred, else what the fault is called."""
    value, most = fault.get("input"), fault.get("ctx", {}).get("le")
    if isinstance(value, str):
        return "share" if re.fullmatch(r"\s*\d+(\.\d+)?\s*[%％]\s*", value) else other
    return "share" if most == 1 and 1 < value <= _HUNDRED else other


def _unknown(where: object, path: Sequence[str | int], known_keys: KnownKeys) -> tuple[str, dict[str, object]]:
    names = sorted(known_keys(path))
    near = difflib.get_close_matches(str(path[-1]), names, n=1)
    if near:
        return "unknown_guess", {"where": where, "near": near[0]}
    return "unknown", {"where": where, "known": ", ".join(names)}
