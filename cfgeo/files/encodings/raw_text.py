"""Texts that GDAL passed on as bytes → words: a Shapefile says little about its encoding, and cuts names off."""

import glob
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pandas as pd

from cfgeo.core.findings import Findings, finding
from cfgeo.files.encodings.detect import LOST, Encoding, codec_of, decoded, read_encoding

RAW = "ISO-8859-1"
"""In this encoding GDAL gives each byte of a text as a letter of its own."""

_LANGUAGE_BYTE = 29
_LANGUAGES = {
    0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5hkscs", 0x78: "big5hkscs", 0x13: "cp932", 0x7B: "cp932",
    0x4E: "cp949", 0x79: "cp949", 0xC9: "cp1251", 0x65: "cp1251", 0x26: "cp1251",
}  # fmt: skip
"""The code page that the header of a dBASE table notes: programs write the one of their machine."""
_LATIN = b"WindowsLatin1"
_LETTERS = 0x100
_FIELD_BYTES = 10
_LONG = ("street_office", "mother_baby_room", "child_doctors", "building:levels")
"""Headings of cfgeo that are longer than a Shapefile's."""
_TEXTS = {".kml", ".gml", ".geojson", ".json"}
_XML_ENCODING = re.compile(rb"""(?:\xef\xbb\xbf)*\s*<\?xml[^>]*?encoding\s*=\s*(["'])([^"']*)""")
_XML_ENCODING_WORD = re.compile(r"""(<\?xml[^>]*?encoding\s*=\s*["'])[^"']*(["'])""")
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_BETWEEN = re.compile(rb"[\x00-\x2f<>]+")
"""Bytes that stand between words, and are no part of a letter in any encoding."""


class _Said(NamedTuple):
    """What the files of a table say about their encoding, and whether GDAL has followed it."""

    declared: str | None = None
    hint: str | None = None
    is_latin: bool = False


def sides_of(path: Path) -> dict[str, Path]:
    """Return the files that have a file's name, by their suffixes in small letters."""
    return {item.suffix.lower(): item for item in path.parent.glob(f"{glob.escape(path.stem)}.*")}


def cut_heading(name: str) -> set[str]:
    """Return what a Shapefile may make of a heading: its first bytes, in an encoding of Chinese."""
    whole = {codec: name.encode(codec, "replace") for codec in ("utf-8", "gb18030")}
    return {decoded(body[:_FIELD_BYTES], codec)[0] for codec, body in whole.items() if len(body) > _FIELD_BYTES}


def words_of(table: gpd.GeoDataFrame, path: Path, *, encoding: str | None = None) -> tuple[gpd.GeoDataFrame, Findings]:
    """Return a table that was read as ``RAW`` with its headings and texts in their encoding, and findings about them.

    Parameters
    ----------
    table
        What GDAL gave.
    path
        Where it stands. A Shapefile's ``.cpg`` and ``.dbf`` say something of the encoding.
    encoding
        Python's name of the encoding, where the user gives it.
    """
    said = _said(path)
    texts = [at for at, kind in enumerate(table.dtypes) if pd.api.types.is_string_dtype(kind)]
    raw = {at: {cell: _bytes(cell, said) for cell in set(table.iloc[:, at]) if _is_wide(cell)} for at in texts}
    headings = [_bytes(str(heading), said) for heading in table.columns]
    cells = [*headings, *(body for column in raw.values() for body in column.values())]
    read = Encoding(encoding) if encoding else read_encoding(cells, declared=said.declared, hint=said.hint)
    names = [decoded(heading, read.codec)[0] for heading in headings]
    if path.suffix.lower() == ".shp":
        whole_names = {name[:_FIELD_BYTES]: name for name in _LONG}
        names = [whole_names.get(name, name) for name in names]
    findings, columns = read.findings(path.name), {}
    for at, column in raw.items():
        words = {cell: decoded(body, read.codec) for cell, body in column.items()}
        if words:
            columns[at] = table.iloc[:, at].map(lambda cell, words=words: words[cell][0] if cell in words else cell)
            cut = table.iloc[:, at].isin([cell for cell, (_, rest) in words.items() if rest])
            lost = columns[at].str.contains(LOST, na=False)
            if cut.any():
                rows, sample = _where(columns[at], cut)
                told = finding(
                    "text_cut", path.name, severity="note",
                    file=path.name, heading=names[at], sample=sample, rows=rows,
                )  # fmt: skip
                findings.append(told)
            if lost.any():
                rows, sample = _where(columns[at], lost)
                findings.append(finding("letters_lost", path.name, file=path.name, sample=sample, rows=rows))
    whole = pd.DataFrame({at: columns.get(at, table.iloc[:, at]) for at in range(table.shape[1])})
    return gpd.GeoDataFrame(whole.set_axis(_apart(names), axis=1), geometry="geometry", crs=table.crs), findings


@contextmanager
def in_utf_8(path: Path, encoding: str | None = None) -> Iterator[tuple[Path, Findings]]:
    """Yield a file of text, or a copy in UTF-8 where it is in another encoding, and findings about its words.

    Parameters
    ----------
    path
        Any file; those of other formats are yielded as they are.
    encoding
        Python's name of the encoding, where the user gives it.
    """
    body = path.read_bytes() if path.suffix.lower() in _TEXTS else b""
    named = _XML_ENCODING.match(body)
    declared = codec_of(named[2].decode("latin-1")) if named else None
    if body.isascii() or (declared in {None, "utf-8"} and not encoding and _is_utf_8(body)):
        yield path, []
        return
    wide = _UTF_16.get(body[:2])
    if encoding or wide:
        read = Encoding(encoding or str(wide))
    else:
        read = read_encoding(_BETWEEN.split(body), declared=declared)
    text = body.decode(read.codec, "replace").lstrip("\ufeff")
    findings = read.findings(path.name)
    if LOST in text:
        findings += _lost_in(text, path)
    with tempfile.TemporaryDirectory() as folder:
        for side in sides_of(path).values():  # a schema of GML
            if side != path and side.is_file():
                shutil.copyfile(side, Path(folder, side.name))
        copy = Path(folder, path.name)
        copy.write_text(_XML_ENCODING_WORD.sub(r"\1UTF-8\2", text, count=1), encoding="utf-8")
        yield copy, findings


@contextmanager
def with_readable_crs(path: Path) -> Iterator[Path]:
    """Yield a Shapefile, or a copy of it with a ``.prj`` in UTF-8.

    GDAL reads no other, and Chinese programs write the name of a coordinate system in the encoding of their machine.
    """
    side = sides_of(path).get(".prj")
    body = side.read_bytes() if side is not None and side.is_file() else b""
    if body[:2] not in _UTF_16 and _is_utf_8(body):
        yield path
        return
    text = body.decode(_UTF_16.get(body[:2]) or read_encoding(_BETWEEN.split(body)).codec, "replace")
    with tempfile.TemporaryDirectory() as folder:
        for name in sides_of(path).values():
            if name.is_file():
                shutil.copyfile(name, Path(folder, name.name))
        Path(folder, str(side and side.name)).write_text(text.lstrip("\ufeff"), encoding="utf-8")
        yield Path(folder, path.name)


def _lost_in(text: str, path: Path) -> Findings:
    """Return a finding about the lines of a text with bytes that are no letter."""
    lines = text.splitlines()
    rows = tuple(i + 1 for i, line in enumerate(lines) if LOST in line)
    sample = lines[rows[0] - 1].strip()[:40]
    return [finding("letters_lost", path.name, file=path.name, sample=sample, rows=rows)]


def _is_utf_8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _where(words: pd.Series, which: "pd.Series[bool]") -> tuple[tuple[int, ...], str]:
    """Return the numbers of the marked features, from 1, and the word of the first."""
    return tuple(int(at) + 1 for at in which.to_numpy().nonzero()[0]), str(words[which].iloc[0])


def _said(path: Path) -> _Said:
    """Return what the files of a table say about their encoding."""
    suffix, sides = path.suffix.lower(), sides_of(path)
    if suffix == ".shp":
        name = sides[".cpg"].read_bytes()[:100].decode("latin-1") if ".cpg" in sides else ""
        with sides[".dbf"].open("rb") as stream:
            header = stream.read(_LANGUAGE_BYTE + 1)
        return _Said(codec_of(name), _LANGUAGES.get(header[-1]) if len(header) > _LANGUAGE_BYTE else None)
    if suffix in {".tab", ".mif"}:
        with path.open("rb") as stream:
            head = stream.read(1000)
        return _Said("cp1252", is_latin=True) if _LATIN.lower() in head.lower() else _Said()
    return _Said()


def _is_wide(cell: object) -> bool:
    return isinstance(cell, str) and not cell.isascii()


def _bytes(cell: str, said: _Said) -> bytes:
    """Return the bytes of a text as its file has them."""
    body = cell.encode("latin-1", "replace")
    if said.is_latin:  # GDAL has taken bytes for Latin letters, and given these in UTF-8
        letters = body.decode("utf-8", "replace")
        return b"".join(bytes([ord(x)]) if ord(x) < _LETTERS else x.encode("cp1252", "replace") for x in letters)
    return body


def _apart(names: list[str]) -> list[str]:
    """Return names of which none is twice: two may differ in what was cut off."""
    return [name if name not in names[:at] else f"{name}_{names[:at].count(name)}" for at, name in enumerate(names)]
