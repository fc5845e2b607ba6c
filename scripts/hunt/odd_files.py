"""Odd files that are whole: OpenStreetMap as no editor should write it, and other formats under a known ending."""

import bz2
import gzip
import random
import sqlite3
import sys
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import osmium

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
from worlds.osm_elements import osm_json, osm_xml, with_shapes  # the tests' folder was just added

Elements = list[dict[str, Any]]

_IDS = (0, -1, 1, 2**31, 2**40, 2**42 + 1, 2**62, -(2**42), -(2**63), 10**20)
_VERSIONS = (0, 1, 2, 3, -1, 2**31)
_EDGES = (0.0, -0.0, 90.0, -90.0, 180.0, 180.5, 91.0, 1e9, -1e-9, float("nan"))
_TAGS = {
    "highway": ("footway", "steps", "elevator", "traffic_signals", "motorway", "", "路"),
    "amenity": ("school", "kindergarten", "music_school"),
    "isced:level": ("1", "0-9", "1-99", "x", ";"),
    "grades": ("K-12", "12-1", "1-9;x"),
    "school": ("dance", "primary", ""),
    "type": ("multipolygon", "boundary", "route"),
    "leisure": ("park",),
    "area": ("yes",),
    "barrier": ("gate",),
    "name": ("步道" * 200, "\x00", "a\nb", "<&>\"'", "👶"),
}
_HEADS = (
    '<bounds minlat="29" minlon="106" maxlat="30" maxlon="107"/>', '<bounds minlat="91" minlon="x"/>',
    "<remark>runtime error: timed out</remark>", '<note>a</note><meta osm_base="2026-04-24T10:00:00Z"/>',
    "<bogus/>", "<!-- action='delete' -->", "text", '<changeset id="1"><tag k="a" v="b"/></changeset>',
)  # fmt: skip


def odd_osm(name: str, body: bytes, rng: random.Random) -> bytes:
    """Return the elements of an OpenStreetMap file in another order, under other ids, versions and actions.

    Parameters
    ----------
    name, body
        The file's name, by which its ending is kept, and its content.
    rng
        Random numbers: the same give the same bytes.
    """
    elements = _elements(name, body)
    for change in sorted(rng.sample(_CHANGES, rng.choice((1, 1, 2, 3))), key=_CHANGES.index):
        elements = change(elements, rng)
    if name.endswith(".pbf"):
        return _pbf(elements)
    if rng.random() < 0.2:
        elements = _shaped(elements, rng)
    text = osm_xml(elements, head=rng.choice(("", "", *_HEADS)))
    if rng.random() < 0.1:
        text = osm_json(elements, **rng.choice(({}, {"remark": "runtime error"}, {"bounds": 3}, {"osm3s": []})))
    encoding = rng.choice(("utf-8",) * 6 + ("utf-16", "utf-8-sig"))
    whole = text.replace("UTF-8", "UTF-16" if encoding == "utf-16" else "UTF-8").encode(encoding, "replace")
    return gzip.compress(whole, mtime=0) if name.endswith(".gz") else whole


def _elements(name: str, body: bytes) -> Elements:
    ending = ".".join(Path(name).suffixes)[1:].replace("..", ".")
    made: Elements = []
    for item in osmium.FileProcessor(osmium.io.FileBuffer(body, ending)):
        about: dict[str, Any] = {"type": "node", "id": item.id, "tags": dict(item.tags)}
        if item.is_node():
            made.append({**about, "lon": item.lon, "lat": item.lat})
        elif item.is_way():
            made.append({**about, "type": "way", "nodes": [node.ref for node in item.nodes]})
    return made


def _order(elements: Elements, rng: random.Random) -> Elements:
    return rng.sample(elements, len(elements))


def _negative(elements: Elements, rng: random.Random) -> Elements:
    share = rng.choice((0.05, 0.5, 1.0))
    new = {(each["type"], each["id"]) for each in elements if rng.random() < share}

    def number(kind: str, ident: int) -> int:
        return -ident if (kind, ident) in new else ident

    return [
        {**each, "id": number(each["type"], each["id"])}
        | ({"nodes": [number("node", ref) for ref in each["nodes"]]} if "nodes" in each else {})
        for each in elements
    ]


def _repeated(elements: Elements, rng: random.Random) -> Elements:
    copies = [
        {**each, **rng.choice(({}, {"version": rng.choice(_VERSIONS)}, {"tags": {}}, {"lon": 106.5, "lat": 29.5}))}
        for each in rng.choices(elements, k=rng.choice((1, 5, 50)))
    ]
    return [*elements, *copies] if rng.random() < 0.5 else [*copies, *elements]


def _versions(elements: Elements, rng: random.Random) -> Elements:
    return [{**each, "version": rng.choice(_VERSIONS)} if rng.random() < 0.5 else each for each in elements]


def _actions(elements: Elements, rng: random.Random) -> Elements:
    states = ({"action": "delete"}, {"visible": "false"}, {"action": "modify"}, {"visible": "maybe"}, {"action": ""})
    share = rng.choice((0.02, 0.3, 1.0))
    return [{**each, **rng.choice(states)} if rng.random() < share else each for each in elements]


def _fewer(elements: Elements, rng: random.Random) -> Elements:
    lost = rng.choice(("node", "way"))
    share = rng.choice((0.1, 0.9, 1.0))
    return [each for each in elements if each["type"] != lost or rng.random() > share]


def _lacking(elements: Elements, rng: random.Random) -> Elements:
    key = rng.choice(("id", "lat", "lon", "nodes", "tags"))
    return [{k: v for k, v in each.items() if k != key or rng.random() > 0.1} for each in elements]


def _places(elements: Elements, rng: random.Random) -> Elements:
    return [{**each, "lat": rng.choice(_EDGES)} if "lat" in each and rng.random() < 0.1 else each for each in elements]


def _numbers(elements: Elements, rng: random.Random) -> Elements:
    return [{**each, "id": rng.choice(_IDS)} if rng.random() < 0.05 else each for each in elements]


def _tags(elements: Elements, rng: random.Random) -> Elements:
    made = []
    for each in elements:
        key = rng.choice(sorted(_TAGS))
        more = {key: rng.choice(_TAGS[key])} if rng.random() < 0.2 else {}
        made.append({**each, "tags": {**each.get("tags", {}), **more}})
    return made


def _areas(elements: Elements, rng: random.Random) -> Elements:
    ways = [each["id"] for each in elements if each["type"] == "way"]
    kinds, roles = ("way", "node", "relation"), ("outer", "inner", "", "label")
    return [
        *elements,
        *(
            {
                "type": "relation",
                "id": rng.choice((1, 2, -3, 900 + nth)),
                "tags": {"type": "multipolygon", "leisure": "park", "highway": "pedestrian"},
                "members": [
                    {"type": rng.choice(kinds), "ref": rng.choice([*ways, 1, 901]), "role": rng.choice(roles)}
                    for _ in range(rng.choice((0, 1, 4)))
                ],
            }
            for nth in range(3)
        ),
    ]


_CHANGES = (_areas, _negative, _repeated, _versions, _actions, _fewer, _places, _numbers, _tags, _order, _lacking)


def _shaped(elements: Elements, rng: random.Random) -> Elements:
    try:
        shaped = with_shapes(elements, ids=rng.random() < 0.5)
    except KeyError:  # of nodes or keys that are missing by now
        return elements
    if rng.random() < 0.3:
        shaped = [{**each, "center": {"lat": 29.5, "lon": 106.5}} for each in shaped]
    return shaped


def _pbf(elements: Elements) -> bytes:
    """Return a ``.osm.pbf`` of the elements that the format can hold."""
    with tempfile.TemporaryDirectory(prefix="cfgeo-fuzz-") as folder:
        path = Path(folder) / "a.osm.pbf"
        with osmium.SimpleWriter(str(path)) as writer:
            for each in filter(_fits, elements):
                _add(writer, each)
        return path.read_bytes()


def _fits(each: dict[str, Any]) -> bool:
    """Return whether the format can hold an element: osmium takes the process down over others."""
    if not abs(each.get("id", 2**63)) < 2**63 or not 0 <= each.get("version", 0) < 2**31:
        return False
    if any(len(text.encode()) > 1000 or "\x00" in text for text in each.get("tags", {}).values()):
        return False
    if each["type"] == "node":
        return abs(each.get("lon", 999)) <= 180 and abs(each.get("lat", 999)) <= 90
    return each["type"] == "relation" or "nodes" in each


def _add(writer: Any, each: dict[str, Any]) -> None:
    about: dict[str, Any] = {"id": each["id"], "tags": each.get("tags", {}), "version": each.get("version", 0)}
    about["visible"] = each.get("visible") != "false"
    if each["type"] == "node":
        writer.add_node(osmium.osm.mutable.Node(location=(each["lon"], each["lat"]), **about))
    elif each["type"] == "way":
        writer.add_way(osmium.osm.mutable.Way(nodes=each["nodes"], **about))
    else:
        members = [(member["type"][0], member["ref"], member["role"]) for member in each["members"]]
        writer.add_relation(osmium.osm.mutable.Relation(members=members, **about))


def disguised(rng: random.Random) -> bytes:
    """Return a whole small file of some format, to be put under the ending of another."""
    content = rng.choice(_FILES)
    packing = rng.random()
    if packing < 0.1:
        return gzip.compress(content, mtime=0)
    if packing < 0.2:
        return bz2.compress(content)
    if packing < 0.3:
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(zipfile.ZipInfo(rng.choice(("a.csv", "a/b.shp", "doc.kml", "xl/workbook.xml"))), content)
        return packed.getvalue()
    return content


def _sqlite() -> bytes:
    with sqlite3.connect(":memory:") as base:
        base.execute("CREATE TABLE a (b INTEGER)")
        return base.serialize()


_POINT = '{"type": "Feature", "properties": {"name": "a"}, "geometry": {"type": "Point", "coordinates": [106.5, 29.5]}}'
_NODE: Elements = [{"type": "node", "id": 1, "lat": 29.5, "lon": 106.5, "tags": {"amenity": "school"}}]
_FILES = (
    b"", b"\n", b"name,lon,lat\na,106.5,29.5\n", "名称,经度,纬度\n一小,106.5,29.5\n".encode("gbk"), b"[]",
    b'{"a": [1, 2]}', b"[study]\nid = 'a'\n",
    f'{{"type": "FeatureCollection", "features": [{_POINT}]}}'.encode(), _POINT.encode(),
    b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark/></Document></kml>',
    b"<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>a.csv</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
    b"<html><body><table><tr><td>a</td></tr></table></body></html>", b"%PDF-1.7\n%%EOF\n",
    b"\x89PNG\r\n\x1a\n" + bytes(40),
    b"II*\x00\x08\x00\x00\x00\x00\x00", b"SQLite format 3\x00" + bytes(84), _sqlite(), b"PAR1" + bytes(8) + b"PAR1",
    osm_xml(_NODE).encode(), osm_json(_NODE).encode(), osm_xml([]).encode(), osm_json([]).encode(), _pbf(_NODE),
    b"<osmChange version='0.6'><delete><node id='1'/></delete></osmChange>",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
    b"<?xml version='1.0'?><graphml><graph edgedefault='directed'/></graphml>",
)  # fmt: skip
