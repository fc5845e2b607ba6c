"""Open OpenStreetMap files (``.osm.pbf``, ``.osm``, Overpass's JSON, also compressed) for ``osmium``.

Whoever reads such a file reads it through here. Most files are as ``osmium`` needs them (ids that rise, none negative,
nothing deleted, every element once, shapes as nodes) and are read directly; others are put so first, in memory.
"""

import bz2
import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from cfgeo.core.errors import InputError
from cfgeo.core.findings import Findings
from cfgeo.files.archives import require_modest
from cfgeo.files.openable import require_file
from cfgeo.files.osm.blobs import require_whole_texts
from cfgeo.files.osm.clean import clean
from cfgeo.files.osm.elements import Parsed, from_osmium, parse_json, parse_xml
from cfgeo.files.osm.header import UNUSUAL, Order, OsmHeader, features_of, pbf_header, readable, xml_header
from cfgeo.libraries import osmium

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2", ".osm.json", ".osm.json.gz", ".osm.json.bz2")
REFUSED = (".osc", ".osc.gz", ".osc.bz2", ".o5m", ".o5c", ".osh", ".osm.zip", ".osm.xz", ".osm.7z", ".osm.zst", ".opl")
"""Other files of OpenStreetMap: changes, and formats that have to be converted first."""

_ENDINGS = {"pbf": ".osm.pbf", "json": ".osm.json", "xml": ".osm"}
_PACKED = {b"\x1f\x8b": ".gz", b"BZh": ".bz2"}
_TEXTS = {b"{": "json", b"<": "xml"}
_DAMAGED = (OSError, EOFError, zlib.error)
"""What unpacking raises over a damaged file."""
_HEAD_BYTES = 64 * 1024
_PIECE = 2**20
_MOST_KEPT = 4
_LARGE_BYTES = 2**24
"""Of a larger ``.osm.pbf`` that says so, nodes are taken to be sorted: to look at all takes as long as to read them."""
_IS_OVERPASS = re.compile(rb'\A\s*\{.*"elements"\s*:\s*\[', re.DOTALL)
_NOT_OSMIUMS = re.compile(
    rb"""\saction\s*=\s*["']delete|<center|<remark|<nd\s[^<>]*\blat\s*=|<osmChange|\A\xff\xfe|\A\xfe\xff"""
)
"""What osmium leaves out of XML in silence: JOSM's deletions, shapes in ways, remarks of a service that gave up."""


@dataclass(frozen=True)
class _Ready:
    """A file as osmium can read it: its content in memory where the file itself will not do."""

    content: bytes | None
    findings: tuple[dict[str, Any], ...]
    header: OsmHeader


def is_osm_file(path: Path) -> bool:
    """Return whether a file is one of OpenStreetMap's, by its suffix; a ``.json`` by how it begins."""
    name = path.name.lower()
    if name.endswith((*SUFFIXES, *REFUSED)):
        return True
    if not name.endswith(".json") or not path.is_file():
        return False
    with path.open("rb") as stream:
        return _IS_OVERPASS.match(stream.read(_HEAD_BYTES)) is not None


def open_osm_file(path: Path, kinds: Any = None) -> Any:
    """Return osmium's reader of a file, whose elements come once each, sorted, and without deleted ones.

    Elements that an editor has drawn get ids of their own; :func:`cfgeo.files.osm.clean.user_id` gives the file's back.

    Raises
    ------
    InputError
        The file cannot be read, is of another format, holds nothing, or lacks all positions.
    """
    ready = _ready(path)
    if ready.content is not None:
        return osmium.FileProcessor(osmium.io.FileBuffer(ready.content, "osm.pbf"), kinds or _elements())
    return _plain(path, kinds)


class Opened(Protocol):
    """Opens a file again."""

    def __call__(self, kinds: Any = None, /) -> Any:
        """Return osmium's reader of it."""


class Collector(Protocol):
    """Gathers what it is there for from a file's elements.

    Attributes
    ----------
    keys : frozenset of str
        It is shown the elements with one of these keys.
    """

    keys: frozenset[str]

    def take(self, item: Any, tags: Mapping[str, str], /) -> None:
        """Look at the next element."""


Some = TypeVar("Some", bound=Collector)


def collect(path: Path, made: Callable[[], Sequence[Some]]) -> tuple[Sequence[Some], Findings, Opened]:
    """Show a file's elements to several collectors, in one pass, which also tells whether osmium can read the file.

    Parameters
    ----------
    path
        The file.
    made
        Returns new collectors: they begin again where osmium cannot.

    Returns
    -------
    collectors : sequence
        When they have seen all.
    findings : list of dict
        As :func:`file_findings`.
    opened : callable
        As :func:`open_osm_file`, for who has to look again.

    Raises
    ------
    InputError
        As :func:`open_osm_file`.
    """
    collectors = made()
    if _is_plain(path) and path.stat().st_size <= _LARGE_BYTES:
        processor, order = _plain(path), Order()
        with suppress(InputError):  # what osmium cannot read may be read otherwise, or is an error below
            if UNUSUAL not in features_of(processor, path):
                for item in read_elements(processor.with_areas(_filter(collectors)), path):
                    if not (item.is_area() or order.goes_on(item)):
                        break
                    _show(item, path, collectors)
                if order.is_whole:
                    return collectors, [], partial(_plain, path)
        collectors = made()
    osm_filter = _filter(collectors)
    for item in read_elements(open_osm_file(path).with_areas(osm_filter).with_filter(osm_filter), path):
        _show(item, path, collectors)
    return collectors, file_findings(path), partial(open_osm_file, path)


def _filter(collectors: Sequence[Collector]) -> Any:
    return osmium.filter.KeyFilter(*sorted(frozenset().union(*(each.keys for each in collectors))))


def _show(item: Any, path: Path, collectors: Sequence[Collector]) -> None:
    if len(item.tags):
        tags = tags_of(item, path)
        for collector in collectors:
            if not collector.keys.isdisjoint(tags):
                collector.take(item, tags)


def file_findings(path: Path) -> Findings:
    """Return what a user should know about a file: elements that were deleted, or that stand twice.

    Raises
    ------
    InputError
        As :func:`open_osm_file`.
    """
    return list(_ready(path).findings)


def is_in_order(path: Path) -> bool:
    """Return whether osmium reads a file as it is: what is taken out of it means the same in a file of its own.

    Raises
    ------
    InputError
        As :func:`open_osm_file`.
    """
    ready = _ready(path)
    return ready.content is None and not ready.findings


def header_of(path: Path) -> OsmHeader:
    """Return what a file declares about itself.

    Raises
    ------
    InputError
        As :func:`open_osm_file`.
    """
    return _ready(path).header


def read_elements(processor: Any, path: Path) -> Iterator[Any]:
    """Yield a file's elements; a damaged file is an error of the user's file, not a traceback.

    Raises
    ------
    InputError
        The file cannot be read to its end.
    """
    with readable(path):
        yield from processor


def tags_of(item: Any, path: Path) -> dict[str, str]:
    """Return an element's tags.

    Raises
    ------
    InputError
        A tag is not UTF-8, as OpenStreetMap requires.
    """
    try:
        return dict(item.tags)
    except UnicodeDecodeError as error:
        raise InputError("osm_unreadable", file=path, reason=error) from error


def _ready(path: Path) -> _Ready:
    require_file(path)
    try:
        status = path.stat()
        return _prepared(path, status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise InputError("osm_unreadable", file=path, reason=error) from error


@lru_cache(maxsize=_MOST_KEPT)
def _prepared(path: Path, _time: int, _size: int) -> _Ready:
    """Return a file as osmium can read it; time and size tell one state of the file from another."""
    if _is_plain(path):
        processor = _plain(path)
        header = _header(processor, path)
        try:
            if _is_clean(processor, path):
                return _Ready(None, (), header)
        except InputError:
            if _kind_of(path) != "xml":
                raise
        parsed = _parsed(path, _kind_of(path))
        parsed.bounds, parsed.date = header.bounds or parsed.bounds, header.date or parsed.date
    else:
        parsed = _parsed(path, _kind_of(path))
    content, findings = clean(parsed, path)
    return _Ready(content, tuple(findings), OsmHeader(parsed.bounds, parsed.date))


def _is_plain(path: Path) -> bool:
    """Return whether osmium can read a file at all, were its elements as they should be.

    Raises
    ------
    InputError
        The file is of another format, is empty, damaged so that osmium would break, or would unpack to more than
        memory holds.
    """
    require_file(path)
    if path.name.lower().endswith(REFUSED):
        raise InputError("osm_other_format", file=path)
    if path.stat().st_size == 0:
        raise InputError("osm_empty", file=path)
    require_modest(path)
    kind = _kind_of(path)
    if kind == "pbf":
        require_whole_texts(path)
    return kind != "json" and not (kind == "xml" and _is_beyond_osmium(path))


def _kind_of(path: Path) -> str:
    """Return whether a file is ``pbf``, ``xml`` or ``json``: by its content, or else by its name.

    Raises
    ------
    InputError
        The content is another than the name says.
    """
    name = path.name.lower()
    named = "pbf" if name.endswith(".pbf") else "json" if ".json" in name else "xml"
    named_packing = next((ending for ending in _PACKED.values() if name.endswith(ending)), "")
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    packing = next((ending for magic, ending in _PACKED.items() if head.startswith(magic)), "")
    if packing and packing == named_packing:
        with suppress(*_DAMAGED), _stream(path) as stream:
            head = stream.read(_HEAD_BYTES)
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    found = "pbf" if b"OSMHeader" in head[:64] else _TEXTS.get(begin, "")
    is_known = bool(packing or found)  # what is damaged is its reader's to report
    if is_known and (packing, found or named) != (named_packing, named):
        raise InputError("osm_misnamed", file=path, ending=_ENDINGS[found or named] + packing)
    return named


def _stream(path: Path) -> Any:
    """Return the unpacked content of a file."""
    name = path.name.lower()
    if name.endswith(".gz"):
        return gzip.open(path)
    return bz2.open(path) if name.endswith(".bz2") else path.open("rb")


def _is_beyond_osmium(path: Path) -> bool:
    """Return whether XML has what osmium leaves out."""
    kept = b""
    with suppress(*_DAMAGED), _stream(path) as stream:  # a damaged file is the parser's to report
        while piece := stream.read(_PIECE):
            if _NOT_OSMIUMS.search(kept + piece):
                return True
            kept = piece[-_HEAD_BYTES:]
    return False


def _parsed(path: Path, kind: str) -> Parsed:
    try:
        if kind == "pbf":
            return from_osmium(read_elements(_plain(path), path), lambda item: tags_of(item, path))
        with _stream(path) as stream:
            return parse_json(stream) if kind == "json" else parse_xml(stream)
    except (ValueError, *_DAMAGED) as error:
        raise InputError("osm_unreadable", file=path, reason=error) from error


def _plain(path: Path, kinds: Any = None) -> Any:
    """Return osmium's reader of a file. On Windows osmium cannot open a name such as 渝中区: it gets bytes."""
    if str(path).isascii():
        return osmium.FileProcessor(str(path), kinds or _elements())
    ending = next(suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix))
    try:
        return osmium.FileProcessor(osmium.io.FileBuffer(path.read_bytes(), ending[1:]), kinds or _elements())
    except OSError as error:
        raise InputError("osm_unreadable", file=path, reason=error) from error


def _elements() -> Any:
    """Return the kinds of all that a file holds but its changesets."""
    return osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION


def _header(processor: Any, path: Path) -> OsmHeader:
    if path.name.lower().endswith(".pbf"):
        return pbf_header(processor, path)
    with suppress(*_DAMAGED), _stream(path) as stream:
        return xml_header(stream.read(_HEAD_BYTES))
    return OsmHeader(None, "")


def _is_clean(processor: Any, path: Path) -> bool:
    """Return whether a file's elements come sorted, once each, none negative or deleted, and with positions.

    Raises
    ------
    InputError
        The file cannot be read to its end.
    """
    features = features_of(processor, path)
    if UNUSUAL in features:
        return False
    elements, order = read_elements(processor, path), Order()
    if "Sort.Type_then_ID" in features and path.stat().st_size > _LARGE_BYTES:
        first = next(elements, None)
        if first is None or first.id < 0:
            return False
        elements = read_elements(_plain(path, osmium.osm.WAY | osmium.osm.RELATION), path)
        order.located = True
    return all(map(order.goes_on, elements)) and order.is_whole
