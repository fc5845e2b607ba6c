"""Whether a path may be opened: a plain file that is of the kind its ending says, and sends its reader nowhere else.

GDAL goes by content. An XML of its own under the name ``.geojson`` may send it to other files or to a server.
"""

import json
import mmap
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from cfgeo.core.errors import InputError
from cfgeo.core.strings import WINDOWS_DEVICES, Sentence

Body = bytes | mmap.mmap

_SIGNATURES = {
    ".geojson": rb"(\xef\xbb\xbf)?\s*\{",
    ".json": rb"(\xef\xbb\xbf)?\s*\{",
    ".gpkg": rb"SQLite format 3\0",
    ".shp": rb"\0\0\x27\x0a",
    ".fgb": rb"fgb",
    ".gml": rb"(\xef\xbb\xbf)?\s*<",
    ".kml": rb"(\xef\xbb\xbf)?\s*<(?:[\s\S]{0,10000}?<)?(\w+:)?kml\b",
    ".tab": rb"(\xef\xbb\xbf)?\s*!table",
    ".mif": rb"(\xef\xbb\xbf)?\s*version",
}
"""How the files begin that GDAL reads, by ending."""
_XML = rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*"
_MAPS = {
    "KML": (_XML + rb"<(?:\w+:)?kml\b", ".kml"),
    "GML": (_XML + rb"<(?:\w+:)?FeatureCollection\b", ".gml"),
    "OpenStreetMap": (_XML + rb"<osm\b", ".osm"),
    "GeoJSON": (rb"\{[\s\S]{0,200}?\"type\"\s*:\s*\"(?:FeatureCollection|Feature|GeometryCollection)\"", ".geojson"),
    "MapInfo MIF": (rb"version\s+\d+\s+charset\b", ".mif"),
    "GeoPackage": (rb"SQLite format 3\0", ".gpkg"),
    "Shapefile": (rb"\0\0\x27\x0a", ".shp"),
    "FlatGeobuf": (rb"fgb\x03", ".fgb"),
}
_OTHERS = {
    "GPX": _XML + rb"<gpx\b",
    "DXF": rb"(?:999\s*\r?\n[^\n]*\n\s*)*0\s*\r?\n\s*SECTION\b|AutoCAD Binary DXF",
    "DWG": rb"AC10\d\d\0",
    "PDF": rb"%PDF-",
}
"""What is found under the name of a table: its kind, how it begins, and the ending under which cfgeo reads it."""
_BEGINNING = 4096
_TEXTS = (".geojson", ".json", ".gml", ".kml", ".tab", ".mif")
_ELSEWHERE = re.compile(
    rb"<OGR\w*DataSource|<(\w+:)?WFS_Capabilities|gdal_streamed_alg|<VRTDataset|<GDAL_\w+|<WMT_MS_Capabilities"
)
"""Marks of formats that only say where data is. GDAL looks for some of them anywhere in the beginning of a file."""
_JSON_CRS = re.compile(rb'"crs"\s*:\s*(?=\{)')
_JSON_HIDDEN = re.compile(rb"\\u00(3[0-9a]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9a])", re.IGNORECASE)
"""A letter, digit, ``_`` or ``:`` written as an escape. No program writes them so; it would hide a mark."""
_ADDRESS = re.compile(r"\w+://(?!(www\.)?opengis\.net/)", re.IGNORECASE)
"""An address that is no name of a CRS."""
_LONGEST_CRS, _LONGEST_MARK = 2**16, 60


def require_file(path: Path) -> None:
    """Refuse what is no plain file: what is missing, a folder, and pipes, devices and sockets, which may never end.

    Raises
    ------
    InputError
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise missing(path) from None
    except (OSError, ValueError) as error:
        raise InputError("file_unreadable", file=path, reason=error) from error
    if stat.S_ISDIR(mode):
        raise InputError("file_is_folder", file=path)
    is_device = os.name == "nt" and path.name.partition(".")[0].casefold() in WINDOWS_DEVICES
    if is_device or not stat.S_ISREG(mode):
        raise InputError("file_special", file=path)


def require_no_map(path: Path, body: bytes) -> None:
    """Refuse a map or drawing under the name of a table.

    Parameters
    ----------
    path
        The file, for the error.
    body
        Its content.

    Raises
    ------
    InputError
    """
    start = body[:_BEGINNING].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    for kind, (mark, ending) in _MAPS.items():
        if re.match(mark, start, re.IGNORECASE | re.DOTALL):
            raise InputError("table_is_map", file=path, kind=kind, ending=ending)
    for kind, mark in _OTHERS.items():
        if re.match(mark, start, re.DOTALL):
            raise InputError("table_is_other", file=path, kind=kind)


def missing(path: Path) -> InputError:
    """Return the error of a file that does not exist, with the files that do."""
    folder = path.parent
    if not folder.is_dir():
        return InputError("folder_missing", file=path, folder=folder)
    near = sorted(item.name for item in folder.iterdir() if item.is_file())[:12]
    return InputError("file_missing", file=path, near=", ".join(near) or "–")


def require_kind(path: Path) -> None:
    """Refuse a file, or a member of a ``.zip`` or ``.kmz``, that GDAL would not read as what its ending says.

    Parameters
    ----------
    path
        A file with one of the endings that GDAL reads, or a geodatabase.

    Raises
    ------
    InputError
        It is of another kind, or sends its reader elsewhere.
    """
    suffix = path.suffix.lower()
    if suffix == ".gdb":
        if path.is_dir() and any(path.glob("*.gdbtable")):
            return
        raise _other_kind(path)
    require_file(path)
    for part in _sides(path):
        require_file(part)
    if path.stat().st_size == 0:
        raise _other_kind(path)
    if suffix in {".zip", ".kmz"}:
        if not zipfile.is_zipfile(path):
            raise _other_kind(path)
        for name, member in _members(path):
            _require_content(path, name, member)
        return
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as body:
        _require_content(path, path.name, body)


def _sides(path: Path) -> list[Path]:
    """Return the files beside one that share its name, which GDAL may open with it."""
    return [item for item in path.parent.iterdir() if item.stem == path.stem and not item.is_dir()]


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield what GDAL may take out of an archive; damaged archives are left to their reader."""
    with zipfile.ZipFile(path) as pack:
        # macOS packs notes of its own beside each file, under its name.
        names = [info.filename for info in pack.infolist() if not info.is_dir() and not _is_note(info.filename)]
        known = [name for name in names if PurePosixPath(name).suffix.lower() in _SIGNATURES]
        if not known and not any(".gdb/" in name.lower() for name in names):
            raise _other_kind(path)
        for name in known:
            is_text = PurePosixPath(name).suffix.lower() in _TEXTS
            with pack.open(name) as stream:
                yield name, stream.read(-1 if is_text else 64)


def _is_note(member: str) -> bool:
    return member.startswith("__MACOSX/") or PurePosixPath(member).name.startswith("._")


def _require_content(path: Path, name: str, body: Body) -> None:
    suffix = PurePosixPath(name).suffix.lower()
    is_text = suffix in _TEXTS
    if is_text and (mark := _ELSEWHERE.search(body) or _hidden_in_json(suffix, body)):
        raise InputError("file_elsewhere", file=path, mark=mark[0].decode(errors="replace").strip("<"))
    if is_text and (address := _address_in_crs(suffix, body)):
        raise InputError("file_elsewhere", file=path, mark=address)
    if not re.match(_SIGNATURES[suffix], body, re.IGNORECASE if suffix in {".tab", ".mif"} else 0):
        raise _other_kind(path)


def _hidden_in_json(suffix: str, body: Body) -> "re.Match[bytes] | None":
    return _JSON_HIDDEN.search(body) if suffix in {".geojson", ".json"} else None


def _address_in_crs(suffix: str, body: Body) -> str | None:
    """Return the address that a GeoJSON names as its CRS: GDAL would fetch it."""
    if suffix not in {".geojson", ".json"}:
        return None
    for place in _JSON_CRS.finditer(body):
        text = body[place.end() : place.end() + _LONGEST_CRS].decode(errors="replace")
        try:
            value = json.JSONDecoder().raw_decode(text)[0]
        except (ValueError, RecursionError):
            value = text  # no JSON, or longer than any CRS
        for word in _strings(value):
            if address := _ADDRESS.search(word):
                return word[address.start() :][:_LONGEST_MARK]
    return None


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _other_kind(path: Path) -> InputError:
    return InputError("file_unreadable", file=path, reason=Sentence("reason.format"))
