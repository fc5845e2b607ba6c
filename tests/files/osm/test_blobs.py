"""A zero byte in a text of a ``.osm.pbf`` is an error: osmium would read past the end of its memory."""

import struct
import zlib
from pathlib import Path

import osmium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cfgeo import InputError
from cfgeo.files.osm.blobs import require_whole_texts
from cfgeo.files.osm.features import read_features
from cfgeo.files.osm.streets import read_streets


def street(path: Path, **tags: str) -> Path:
    """Write a street of two nodes, not packed."""
    with osmium.SimpleWriter(osmium.io.File(str(path), "pbf,pbf_compression=none")) as writer:
        for nth in (1, 2):
            writer.add_node(osmium.osm.mutable.Node(id=nth, location=(106.5, 29.5 + nth / 1000)))
        writer.add_way(osmium.osm.mutable.Way(id=9, nodes=[1, 2], tags={"highway": "footway", **tags}))
    return path


def deflated(path: Path) -> Path:
    """Pack the content of each blob, which begins with the number of field 1."""
    body, at, packed = path.read_bytes(), 0, b""
    while at < len(body):
        (length,) = struct.unpack(">I", body[at : at + 4])
        header = body[at + 4 : at + 4 + length]
        at += 4 + length
        kind, _, size = header.rpartition(b"\x18")
        n_bytes = number(size)
        content = body[at : at + n_bytes]
        at += n_bytes
        plain = content[content.index(b"\n") + 1 :]
        plain = plain[len(varint(number(plain))) :]
        inside = zlib.compress(plain)
        blob = b"\x10" + varint(len(plain)) + b"\x1a" + varint(len(inside)) + inside
        header = kind + b"\x18" + varint(len(blob))
        packed += struct.pack(">I", len(header)) + header + blob
    path.write_bytes(packed)
    return path


def number(body: bytes) -> int:
    """Return the number that a body begins with."""
    value = shift = 0
    for byte in body:
        value, shift = value | (byte & 0x7F) << shift, shift + 7
        if byte < 0x80:
            break
    return value


def varint(value: int) -> bytes:
    """Return a number of seven bits a byte."""
    more, low = value >> 7, value & 0x7F
    return bytes([low | 0x80]) + varint(more) if more else bytes([low])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("key", "value"), [("footway", "sidewalk"), ("name", "人民路"), ("note", ""), ("n" * 200, "x")]
)
def test_a_whole_file_is_read_packed_or_not(tmp_path: Path, key: str, value: str, packed: bool) -> None:
    path = street(tmp_path / "a.osm.pbf", **{key: value})
    ways = read_streets(deflated(path) if packed else path).ways
    assert ways["highway"].tolist() == ["footway"]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("text", [b"highway", b"footway", b"name", b"square"])
def test_a_zero_byte_in_a_key_or_a_value_is_an_error(tmp_path: Path, text: bytes, packed: bool) -> None:
    path = street(tmp_path / "渝中.osm.pbf", name="square")
    body = path.read_bytes()
    assert text in body
    path.write_bytes(body.replace(text, text[:2] + b"\x00" + text[3:]))
    if packed:
        deflated(path)
    for read in (read_streets, lambda file: read_features(file, {"highway": ("*",)})):
        with pytest.raises(InputError, match=r"渝中\.osm\.pbf") as caught:
            read(path)
        assert caught.value.code == "osm_nul"


@pytest.mark.parametrize(
    "body", [b"", b"\x00", b"\x00\x00\x00\x05abcde", b"\xff" * 40, b"\x00\x00\x00\x0d\x0a\x07OSMData\x18\x0f"]
)
def test_what_is_no_file_of_blobs_is_left_to_its_reader(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "a.osm.pbf"
    path.write_bytes(body)
    require_whole_texts(path)
    with pytest.raises(InputError) as caught:
        read_streets(path)
    assert caught.value.code != "osm_nul"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 400), byte=st.integers(0, 255), cut=st.integers(0, 400))
def test_a_damaged_file_of_blobs_is_read_or_refused(tmp_path: Path, at: int, byte: int, cut: int) -> None:
    (tmp_path / "a.osm.pbf").unlink(missing_ok=True)
    path = street(tmp_path / "a.osm.pbf", name="square")
    body = bytearray(path.read_bytes())
    body[at % len(body)] = byte
    path.write_bytes(body[: len(body) - cut % len(body)])
    said = path.name
    try:  # osmium must not end the process
        read_streets(path)
    except InputError as error:
        said = error.text("en")
    assert path.name in said


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_file_cut_short_is_left_to_its_reader(tmp_path: Path, share: float) -> None:
    path = street(tmp_path / "a.osm.pbf")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    require_whole_texts(path)
    with pytest.raises(InputError) as caught:
        read_streets(path)
    assert caught.value.code == "osm_unreadable"
