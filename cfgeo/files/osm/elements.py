"""Elements of OpenStreetMap as editors and services write them, one by one: XML, Overpass's JSON, ``.osm.pbf``.

These parsers keep what ``osmium`` refuses or leaves out: JOSM's ``action``, and shapes written into ways and members.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO
from xml.parsers import expat

NODE, WAY, RELATION = range(3)
KINDS = {"node": NODE, "way": WAY, "relation": RELATION}

_ENCODING = re.compile(rb"""\A\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([\w.:-]+)["']""")
_WIDE_ENCODINGS = {
    **dict.fromkeys(("gbk", "gb2312", "gb18030", "cp936"), "gb18030"),
    "big5": "big5", "shift_jis": "cp932", "windows-31j": "cp932", "euc-jp": "euc_jp", "euc-kr": "euc_kr",
}  # fmt: skip
_HEAD_BYTES = 256

LonLat = tuple[float, float]
Shape = list[LonLat | None]
"""Positions of vertices; None for those that a service cut off."""


@dataclass(slots=True)
class Member:
    """A member of a relation; ``shape`` where the file writes it into the relation itself."""

    kind: int
    ref: int
    role: str
    shape: Shape = field(default_factory=list)


@dataclass(slots=True)
class Element:
    """A node, way or relation as it stands in its file.

    Attributes
    ----------
    kind, id : int
    version : int
        0: not known.
    timestamp : str
        As 2026-04-24T12:00:00Z; "" where not known.
    gone : bool
        It was deleted.
    edited : bool
        An editor has changed it since it was downloaded.
    at : tuple of float, optional
        Position of a node.
    refs : list of int
        Nodes of a way.
    shape : list
        Positions of a way's vertices where the way itself has them.
    members : list of Member
    centred : bool
        The file has a centre in place of a shape.
    """

    kind: int
    id: int
    version: int = 0
    timestamp: str = ""
    gone: bool = False
    edited: bool = False
    at: LonLat | None = None
    tags: dict[str, str] = field(default_factory=dict)
    refs: list[int] = field(default_factory=list)
    shape: Shape = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    centred: bool = False


@dataclass
class Parsed:
    """What a file holds.

    Attributes
    ----------
    elements : list of Element
        In the order of the file.
    date : str
        Of the data, as 2026-04-24; "" where the file does not say.
    bounds : tuple of float, optional
        West, south, east, north [degrees] that the file declares.
    remark : str
        What a service says of its answer: that it gave up.
    """

    elements: list[Element] = field(default_factory=list)
    date: str = ""
    bounds: tuple[float, float, float, float] | None = None
    remark: str = ""


def joined(boxes: Sequence[tuple[float, ...]]) -> tuple[float, float, float, float] | None:
    """Return the box around boxes; None where there are none."""
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def parse_xml(stream: BinaryIO) -> Parsed:
    """Return the elements of OSM XML.

    Raises
    ------
    ValueError
        It is no such XML, is not whole, or its letters are none of the encoding that it declares.
    """
    encoding = _declared_encoding(stream)
    if encoding:
        stream = BytesIO(stream.read().decode(encoding).encode())
    reader = _Xml("utf-8" if encoding else None)
    try:
        reader.parser.ParseFile(stream)
    except (expat.ExpatError, LookupError) as error:  # of attributes and encodings
        raise ValueError(f"XML: {error}") from error
    return reader.parsed


def _declared_encoding(stream: BinaryIO) -> str:
    """Return the encoding that XML declares, of those that have letters of several bytes; "" for UTF-8 and others.

    The parser knows none of these: it would refuse the file.
    """
    declared = _ENCODING.match(stream.read(_HEAD_BYTES))
    stream.seek(0)
    return _WIDE_ENCODINGS.get(declared[1].decode().lower(), "") if declared else ""


class _Xml:
    """Gathers elements from the events of a parser."""

    def __init__(self, encoding: str | None) -> None:
        self.parsed = Parsed()
        self.parser = expat.ParserCreate(encoding)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._refuse
        self.open: list[str] = []
        self.element: Element | None = None

    def _refuse(self, *declared: Any) -> None:
        raise ValueError(f"entities are not allowed: {declared[0]}")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.open.append(name)
        if len(self.open) == 1:
            if name != "osm":
                raise ValueError(f"<{name}> in place of <osm>")
        elif len(self.open) == 2:
            self._begin(name, attributes)
        elif self.element is not None:
            self._inside(self.element, name, attributes)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if name in KINDS:
            self.element = _from_attributes(KINDS[name], attributes)
            self.parsed.elements.append(self.element)
        elif name == "bounds":
            west, south, east, north = (float(attributes[f"{end}{axis}"]) for end in ("min", "max") for axis in _AXES)
            self.parsed.bounds = joined([(west, south, east, north), *filter(None, [self.parsed.bounds])])
        elif name == "meta":
            self.parsed.date = attributes.get("osm_base", "")[:10]
        elif name not in _ASIDES:
            raise ValueError(f"<{name}> is no element of OpenStreetMap's data")

    def _inside(self, element: Element, name: str, attributes: dict[str, str]) -> None:
        if name == "tag":
            element.tags[attributes["k"]] = attributes["v"]
        elif name == "member":
            kind = KINDS[attributes["type"]]
            member = Member(kind, int(attributes["ref"]), attributes.get("role", ""))
            member.shape += [_position(attributes)] if "lat" in attributes else []
            element.members.append(member)
        elif name == "nd":
            position = _position(attributes)
            if self.open[-2] == "member":
                element.members[-1].shape.append(position)
                return
            if "ref" in attributes:
                element.refs.append(int(attributes["ref"]))
            element.shape.append(position)
        elif name == "center":
            element.centred = True

    def _end(self, _: str) -> None:
        self.open.pop()
        if len(self.open) == 1:
            self.element = None

    def _text(self, text: str) -> None:
        if self.open[-1:] == ["remark"]:
            self.parsed.remark += text.strip()


_AXES = ("lon", "lat")
_ASIDES = {"note", "remark", "changeset", "bound", "user", "preferences"}
"""Elements of OSM XML that say nothing about the map."""


def _from_attributes(kind: int, attributes: Mapping[str, str]) -> Element:
    action = attributes.get("action", "")
    return Element(
        kind,
        int(attributes["id"]),
        version=int(attributes.get("version", 0)),
        timestamp=attributes.get("timestamp", ""),
        gone=action == "delete" or attributes.get("visible", "true") == "false",
        edited=bool(action),
        at=_position(attributes) if kind == NODE else None,
    )


def _position(values: Mapping[str, Any] | None) -> LonLat | None:
    """Return a position; None where there is none on the earth."""
    if not values or values.get("lon") is None or values.get("lat") is None:
        return None
    lon, lat = float(values["lon"]), float(values["lat"])
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def parse_json(stream: BinaryIO) -> Parsed:
    """Return the elements of an answer of Overpass in JSON.

    Raises
    ------
    ValueError
        It is no such answer, or is not whole.
    """
    try:
        answer = json.load(stream)
        parsed = Parsed([_from_json(item) for item in answer["elements"] if item["type"] in KINDS])
        parsed.date = str(answer.get("osm3s", {}).get("timestamp_osm_base", ""))[:10]
        parsed.remark = str(answer.get("remark", ""))
        bounds = answer.get("bounds")
        if bounds:
            parsed.bounds = bounds["minlon"], bounds["minlat"], bounds["maxlon"], bounds["maxlat"]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"JSON: {error!r}") from error
    return parsed


def _from_json(item: Mapping[str, Any]) -> Element:
    kind = KINDS[item["type"]]
    geometry = item.get("geometry") or []
    return Element(
        kind,
        int(item["id"]),
        version=int(item.get("version", 0)),
        timestamp=str(item.get("timestamp", "")),
        gone=str(item.get("visible")).lower() == "false" or item.get("action") == "delete",
        edited="action" in item,
        at=_position(item) if kind == NODE else None,
        tags={str(key): str(value) for key, value in item.get("tags", {}).items()},
        refs=[int(ref) for ref in item.get("nodes", [])],
        shape=[_position(vertex) for vertex in geometry],
        members=[
            Member(KINDS[each["type"]], int(each["ref"]), str(each.get("role", "")), _member_shape(each))
            for each in item.get("members", [])
        ],
        centred="center" in item,
    )


def _member_shape(member: Mapping[str, Any]) -> Shape:
    if "lat" in member:
        return [_position(member)]
    return [_position(vertex) for vertex in member.get("geometry") or []]


def from_osmium(items: Iterator[Any], tags_of: Callable[[Any], dict[str, str]]) -> Parsed:
    """Return the elements that osmium reads, with the positions that ways have themselves."""
    parsed = Parsed()
    for item in items:
        element = Element(
            NODE if item.is_node() else WAY if item.is_way() else RELATION,
            item.id,
            version=item.version,
            timestamp="" if item.timestamp.year == 1970 else f"{item.timestamp:%Y-%m-%dT%H:%M:%SZ}",
            gone=not item.visible,
            tags=tags_of(item),
        )
        if item.is_node():
            element.at = (item.lon, item.lat) if item.location.valid() else None
        elif item.is_way():
            element.refs = [node.ref for node in item.nodes]
            element.shape = [(node.lon, node.lat) if node.location.valid() else None for node in item.nodes]
        else:
            kinds = {"n": NODE, "w": WAY, "r": RELATION}
            element.members = [Member(kinds[each.type], each.ref, each.role) for each in item.members]
        parsed.elements.append(element)
    return parsed
