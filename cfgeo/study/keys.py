"""Keys of ``study.toml``: what a path, a datum, an encoding, the name of a layer or of a folder may be."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
)
from pydantic_core import CoreSchema, PydanticCustomError

from cfgeo.core.strings import WINDOWS_DEVICES
from cfgeo.files.encodings.detect import codec_of
from cfgeo.files.vocabulary.words import as_own_word, offered
from cfgeo.study.validation import ONE_OR_MANY, as_tuple, holds_password

Status = Annotated[Literal["official", "approximate", "illustrative"], as_own_word("statuses")]
DatumName = Literal["wgs84", "gcj02", "bd09", "cgcs2000"]
Datum = Annotated[DatumName, as_own_word("datum_names")]
LayerName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Words = Annotated[tuple[str, ...], BeforeValidator(as_tuple), ONE_OR_MANY]
"""A word or a list of words."""


def _without_escapes(path: str) -> str:
    r"""Refuse ``"D:\new\x.csv"``, in which TOML reads ``\n`` as the end of a line."""
    if any(ord(sign) < ord(" ") for sign in path):
        raise PydanticCustomError("escaped", "a backslash")
    return path


def _without_password(path: str) -> str:
    """Refuse a password: studies are passed on, and messages print their paths."""
    if holds_password(path):
        raise PydanticCustomError("password", "a password")
    return path


def _short_enough(path: str) -> str:
    """Refuse a path that is too long for every system."""
    if len(path.encode()) > _LONGEST_PATH or any(
        len(part.encode()) > _LONGEST_NAME for part in re.split(r"[/\\]", path)
    ):
        raise PydanticCustomError("path_long", "too long")
    return path


def _on_this_computer(path: str) -> str:
    """Refuse addresses and shares of a network: no file opens a connection. A database's address is one on purpose."""
    if _ADDRESS.match(path):
        raise PydanticCustomError("address", "an address", {"value": path})
    return path


FilePath = Annotated[
    str, Field(min_length=1), AfterValidator(_without_escapes), AfterValidator(_without_password),
    AfterValidator(_short_enough), AfterValidator(_on_this_computer),
]  # fmt: skip
_LONGEST_PATH, _LONGEST_NAME, _LONGEST_ID = 2048, 255, 120
"""The longest path, the longest name of a file or folder in it, and the longest id, in bytes."""
_ADDRESS = re.compile(r"(?!postgres(ql)?://)\w[\w+.-]*://|/vsi\w+/|\\\\|//", re.IGNORECASE)
Scalar = str | int | float | bool
Scalars = Annotated[tuple[Scalar, ...], BeforeValidator(as_tuple), ONE_OR_MANY]


@dataclass(frozen=True)
class NamedTables:
    """For the JSON Schema of ``study.toml``: tables under names of a user's choice, of which editors offer some.

    Attributes
    ----------
    group : str
        Of ``words.toml``, whose words are offered.
    keys : tuple of str
        All keys of such a table, where the type does not say them.
    """

    group: str
    keys: tuple[str, ...] = ()

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the schema: each table is of one form, whatever its name."""
        own = handler(schema)
        (table,) = [*own.get("patternProperties", {}).values()] or [own["additionalProperties"]]
        if self.keys:
            table = {"type": "object", "properties": {key: {} for key in self.keys}, "additionalProperties": False}
        names = dict.fromkeys(offered(self.group), table)
        return {"type": "object", "properties": names, "additionalProperties": table}


def _as_codec(name: str) -> str:
    """Return Python's name of an encoding, which people write in many ways."""
    codec = codec_of(name)
    if codec is None:
        raise PydanticCustomError("encoding", "{value!r} is no encoding", {"value": name})
    return codec


Encoding = Annotated[str, AfterValidator(_as_codec)]
"""What the words of a file are in, where the file does not say so."""


def as_folder(name: str) -> str:
    """Refuse what some system does not take as the name of a folder: a study is published under its id."""
    if name.startswith((".", "-")) or name.endswith(".") or name.partition(".")[0].casefold() in WINDOWS_DEVICES:
        raise PydanticCustomError("folder_name", "{value!r} is no name for a folder", {"value": name})
    if len(name.encode()) > _LONGEST_ID:
        raise PydanticCustomError("id_long", "too long", {"limit": _LONGEST_ID, "letters": len(name)})
    return name


def as_code(value: object) -> object:
    """Return the number of a coordinate system as text: ``crs = 4544`` means EPSG:4544."""
    is_code = isinstance(value, int) and not isinstance(value, bool)
    return f"EPSG:{value}" if is_code or (isinstance(value, str) and value.strip().isdecimal()) else value
