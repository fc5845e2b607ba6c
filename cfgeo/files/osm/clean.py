"""Elements as editors and services write them → each once, without the deleted, in the order that ``osmium`` needs."""

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from cfgeo.core.errors import InputError
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import IntArray
from cfgeo.files.osm.elements import NODE, RELATION, WAY, Element, LonLat, Member, Parsed
from cfgeo.libraries import osmium

_NAMES = ("node", "way", "relation")
_LETTERS = "nwr"
_NEW = 2**42
"""Negative ids, which osmium has no index of positions for, count on from here; OpenStreetMap's own stay far below."""
_MADE = 2**41
"""Where, beyond ``_NEW``, ids of nodes begin that a file tells by their position alone."""
_MOST_NAMED = 5
_LONGEST_BYTES, _MOST_VERSION = 1024, 2**31
"""What osmium can write of a text, and of a version."""

Key = tuple[int, int]


def user_id(ident: int) -> int:
    """Return an element's id as its file has it: new elements of an editor have negative ones."""
    return _NEW - ident if ident > _NEW else ident


def user_ids(idents: IntArray) -> IntArray:
    """Return ids as their file has them."""
    return np.asarray(np.where(idents > _NEW, _NEW - idents, idents))


def as_in_file(item: Any) -> Any:
    """Return an element of osmium under the ids of its file, to be written."""
    if item.is_node():
        return item if item.id <= _NEW else item.replace(id=user_id(item.id))
    if item.is_way():
        refs = [node.ref for node in item.nodes]
        if max((item.id, *refs)) <= _NEW:
            return item
        return item.replace(id=user_id(item.id), nodes=[user_id(ref) for ref in refs])
    members = [(each.type, each.ref, each.role) for each in item.members]
    if max((item.id, *(ref for _, ref, _ in members))) <= _NEW:
        return item
    return item.replace(id=user_id(item.id), members=[(kind, user_id(ref), role) for kind, ref, role in members])


def open_writer(path: Path, *, header: Any = None) -> Any:
    """Return osmium's writer of a new file, whose elements come sorted by type and id."""
    header = header or osmium.io.Header()
    header.set("sorting", "Type_then_ID")
    if str(path).isascii():
        return osmium.SimpleWriter(str(path), header=header)
    # On Windows osmium cannot open a path such as 渝中区, only a name in the current folder.
    with chdir(path.parent):
        return osmium.SimpleWriter(path.name, header=header)


def clean(parsed: Parsed, path: Path) -> tuple[bytes, Findings]:
    """Return elements as a ``.osm.pbf`` in memory, and what a user should know about their file.

    Of elements that stand twice the newer version counts. Where a version is missing the later in the file counts; the
    tags, nodes or position that it lacks come from the earlier one, since services leave them out (``out skel``).

    Parameters
    ----------
    parsed
        What the file holds.
    path
        The file, for messages.

    Raises
    ------
    InputError
        It holds nothing, no positions, centres in place of shapes, or what a service gave up.
    """
    if "error" in parsed.remark.lower():
        raise InputError("osm_gave_up", file=path, remark=parsed.remark)
    cleaning = _Cleaning(path.name)
    for element in parsed.elements:
        cleaning.add(element)
    cleaning.complete()
    elements = cleaning.elements
    if not elements:
        raise InputError("osm_empty", file=path)
    if centred := cleaning.centred():
        raise InputError("osm_centres", file=path, count=len(centred), name=name_of(centred[0]))
    is_lost = any(key[0] == WAY for key in elements) and not any(key[0] == NODE for key in elements)
    if is_lost:
        raise InputError("osm_no_positions", file=path)
    try:
        return _written(elements), cleaning.findings()
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        raise InputError("osm_unreadable", file=path, reason=error) from error


def name_of(key: Key) -> str:
    """Return an element's name, such as ``way/12``."""
    return f"{_NAMES[key[0]]}/{key[1]}"


@dataclass
class _Cleaning:
    """Elements by kind and id, and what was odd about them."""

    file: str
    elements: dict[Key, Element] = field(default_factory=dict)
    gone: set[Key] = field(default_factory=set)
    twice: dict[Key, None] = field(default_factory=dict)
    unlike: dict[Key, None] = field(default_factory=dict)
    shortened: dict[Key, None] = field(default_factory=dict)
    ids: dict[LonLat, int] = field(default_factory=dict)
    placed: int = 0

    def add(self, element: Element) -> None:
        """Take in an element, beside or in place of what stood there."""
        key = element.kind, element.id
        other = self.elements.get(key)
        if other is not None:
            self.twice[key] = None
            element = self._newer(key, other, element)
        self.elements[key] = element

    def _newer(self, key: Key, first: Element, second: Element) -> Element:
        versions = first.version, second.version
        if all(versions) and versions[0] != versions[1]:
            return first if versions[0] > versions[1] else second
        if first.edited != second.edited:
            return first if first.edited else second
        if not first.gone and not second.gone and _contradict(first, second):
            self.unlike[key] = None
        return second if second.gone else _filled(second, first)

    def complete(self) -> None:
        """Leave out the deleted, and write nodes for the positions that ways and members have themselves."""
        self.gone = {key for key, element in self.elements.items() if element.gone}
        for key in self.gone:
            del self.elements[key]
        self.ids = {each.at: each.id for each in self.elements.values() if each.kind == NODE and each.at is not None}
        for key in [key for key in self.elements if key[0] == RELATION]:
            relation = self.elements[key]
            self._unfold(relation)
            relation.members = [each for each in relation.members if (each.kind, each.ref) not in self.gone]
        for key in [key for key in self.elements if key[0] == WAY]:
            self._place(key, self.elements[key])
        for key in [key for key, element in self.elements.items() if key[0] == NODE and element.at is None]:
            del self.elements[key]

    def _unfold(self, relation: Element) -> None:
        """Make elements of the members whose shape a relation has itself."""
        for member in relation.members:
            key = member.kind, member.ref
            if not member.shape or key in self.elements or key in self.gone:
                continue
            if member.kind == NODE:
                self.elements[key] = Element(NODE, member.ref, at=member.shape[0])
            elif member.kind == WAY:
                self.elements[key] = Element(WAY, member.ref, shape=member.shape)

    def _place(self, key: Key, way: Element) -> None:
        if not way.refs and way.shape:
            way.refs = [self._node_at(position) for position in way.shape]
        elif len(way.shape) == len(way.refs):
            for ref, position in zip(way.refs, way.shape, strict=True):
                node = self.elements.get((NODE, ref))
                if position is not None and (NODE, ref) not in self.gone and (node is None or node.at is None):
                    tags = node.tags if node else {}
                    self.elements[NODE, ref] = Element(NODE, ref, at=position, tags=tags)
        kept = [ref for ref in way.refs if (NODE, ref) not in self.gone]
        if len(kept) < len(way.refs):
            self.shortened[key] = None
            way.refs = kept

    def _node_at(self, position: LonLat | None) -> int:
        """Return the node at a position: where a file tells no ids, vertices at one position are one node."""
        if position is None:
            return -_MADE  # which no file has: it splits its way
        self.placed += 1
        if position not in self.ids:
            node = self.ids[position] = -_MADE - 1 - len(self.ids)
            self.elements[NODE, node] = Element(NODE, node, at=position)
        return self.ids[position]

    def centred(self) -> list[Key]:
        """Return the elements of which the file has a centre, and nothing of what they are made of."""
        made_of = {
            key: [(NODE, ref) for ref in each.refs] + [(member.kind, member.ref) for member in each.members]
            for key, each in self.elements.items()
            if each.centred
        }
        return [key for key, parts in made_of.items() if not any(part in self.elements for part in parts)]

    def findings(self) -> Findings:
        """Return what a user should know."""
        rows, file = [], self.file
        if keys := sorted(self.gone):
            rows.append(finding("osm_deleted", file, severity="note", file=file, count=len(keys), names=_named(keys)))
        if keys := list(self.twice):
            rows.append(finding("osm_twice", file, severity="note", file=file, count=len(keys), names=_named(keys)))
        if keys := list(self.unlike):
            rows.append(finding("osm_twice_unlike", file, file=file, count=len(keys), names=_named(keys)))
        if keys := list(self.shortened):
            rows.append(finding("osm_deleted_nodes", file, file=file, count=len(keys), names=_named(keys)))
        if self.placed:
            rows.append(finding("osm_placed", file, severity="note", file=file, count=self.placed))
        return rows


def _named(keys: Sequence[Key]) -> str:
    return ", ".join(name_of(key) for key in keys[:_MOST_NAMED])


def _contradict(first: Element, second: Element) -> bool:
    """Return whether two elements of one id tell different things, and not just one of them less."""
    pairs = (
        (first.tags, second.tags),
        (first.at, second.at),
        (first.refs, second.refs),
        ([(m.kind, m.ref, m.role) for m in first.members], [(m.kind, m.ref, m.role) for m in second.members]),
    )
    return any(one and other and one != other for one, other in pairs)


def _filled(element: Element, other: Element) -> Element:
    """Return an element with what it lacks from another of its id."""
    return replace(
        element,
        at=element.at or other.at,
        tags=element.tags or other.tags,
        refs=element.refs or other.refs,
        shape=element.shape if any(element.shape) else other.shape,
        members=element.members if _has_shapes(element.members) else other.members or element.members,
        centred=element.centred and other.centred,
        timestamp=max(element.timestamp, other.timestamp),
    )


def _has_shapes(members: Iterable[Member]) -> bool:
    return any(member.shape for member in members)


def _written(elements: dict[Key, Element]) -> bytes:
    """Return sorted elements as a ``.osm.pbf``."""
    made = [(element.kind, _mutable(element)) for element in _sorted(elements.values())]
    with tempfile.TemporaryDirectory(prefix="cfgeo-") as folder:
        path = Path(folder) / "clean.osm.pbf"
        with open_writer(path) as writer:
            for kind, item in made:
                (writer.add_node, writer.add_way, writer.add_relation)[kind](item)
        return path.read_bytes()


def _sorted(elements: Iterable[Element]) -> Iterator[Element]:
    return iter(sorted(elements, key=lambda each: (each.kind, _own(each.id))))


def _own(ident: int) -> int:
    """Return the id under which osmium has an element."""
    if abs(ident) >= _NEW:
        raise ValueError(f"id {ident} is none that OpenStreetMap has")
    return ident if ident >= 0 else _NEW - ident


def _mutable(element: Element) -> Any:
    """Return an element for osmium's writer, which may take the process down over what the format cannot hold."""
    texts = [*element.tags, *element.tags.values(), *(member.role for member in element.members)]
    if not 0 <= element.version < _MOST_VERSION or any(len(text.encode()) > _LONGEST_BYTES for text in texts):
        raise ValueError(
            f"{name_of((element.kind, element.id))} has a version or a text that OpenStreetMap cannot have"
        )
    about: dict[str, Any] = {"id": _own(element.id), "version": element.version, "tags": element.tags}
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", element.timestamp):
        about["timestamp"] = element.timestamp
    if element.kind == NODE:
        return osmium.osm.mutable.Node(location=element.at, **about)
    if element.kind == WAY:
        return osmium.osm.mutable.Way(nodes=[_own(ref) for ref in element.refs], **about)
    members = [(_LETTERS[each.kind], _own(each.ref), each.role) for each in element.members]
    return osmium.osm.mutable.Relation(members=members, **about)
