"""OpenStreetMap files as editors and services write them give the same streets and areas as a sorted file."""

import bz2
import gzip
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds.osm_elements import node, osm_json, osm_xml, renumbered, town, way, with_shapes

from cfgeo import InputError, read_network
from cfgeo.core.strings import LANGUAGES
from cfgeo.files.osm.features import read_features
from cfgeo.files.osm.reader import file_findings, header_of, is_osm_file
from cfgeo.files.osm.streets import read_streets

Elements = list[dict[str, Any]]
CRS = "EPSG:32648"


def written(path: Path, elements: Elements, **about: Any) -> Path:
    text = osm_json(elements, **about) if ".json" in path.name else osm_xml(elements, **about)
    packed = {".gz": gzip.compress, ".bz2": bz2.compress}.get(path.suffix, bytes)
    path.write_bytes(packed(text.encode()))
    return path


def facts(path: Path) -> dict[str, Any]:
    """Return what cfgeo reads of a file: each street's line, lifts and signals, the park and the school."""
    streets = read_streets(path)
    xy = np.round(np.column_stack([streets.x, streets.y]), 6)
    lines = [xy[start:end].tolist() for start, end in zip(streets.offsets, streets.offsets[1:], strict=False)]
    shared = {tuple(p) for nth, line in enumerate(lines) for p in line if any(p in o for o in lines[nth + 1 :])}
    network = read_network(path, crs=CRS)
    parks, lost = read_features(path, {"leisure": ("park",)})
    schools, _ = read_features(path, {"amenity": ("school",)})
    return {
        "streets": sorted(zip(streets.ways["name"], streets.ways["highway"], lines, strict=True)),
        "junctions": shared,
        "pieces": network.nodes["component"].max() + 1,
        "km": round(network.length_km(), 3),
        "rides": int((network.edges["form"] == "lift").sum()),
        "signals": len(streets.signals),
        "park": [round(shape.area * 1e9) for shape in parks.geometry],
        "parks lost": len(lost),
        "schools": schools["name"].tolist(),
    }


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    made = facts(written(tmp_path_factory.mktemp("right") / "a.osm", town()))
    assert [made[key] for key in ("pieces", "rides", "signals", "schools")] == [1, 2, 1, ["一小"]]
    assert made["park"] == [round(0.004**2 * 1e9 - 0.001**2 * 1e9)]
    return made


def as_new(elements: Elements, *names: tuple[str, int]) -> Elements:
    """Return elements as JOSM saves them: new ones first, with negative ids."""
    made = renumbered(elements, {name: -name[1] for name in names})
    return sorted(made, key=lambda each: each["id"] >= 0)


def by_kind(*kinds: str) -> Callable[[Elements], Elements]:
    return lambda elements: sorted(elements, key=lambda each: kinds.index(each["type"]))


WRITINGS: dict[str, Callable[[Elements], Elements]] = {
    "backwards": lambda elements: elements[::-1],
    "ways first": by_kind("way", "node", "relation"),
    "relations first": by_kind("relation", "way", "node"),
    "relations, then nodes": by_kind("relation", "node", "way"),
    "half of the nodes last": lambda elements: [*elements[::2], *elements[1::2]],
    "two answers that overlap": lambda elements: [*elements[:20], *elements[5:]],
    "an answer of skeletons after it": lambda elements: [
        *elements, *({k: v for k, v in e.items() if k != "tags"} for e in elements if e["type"] == "node"),
    ],
    "a new way": lambda elements: as_new(elements, ("way", 101)),
    "a new node in old ways": lambda elements: as_new(elements, ("node", 4)),
    "new nodes, a lift and signals": lambda elements: as_new(elements, ("node", 3), ("node", 5), ("way", 102)),
    "a new area": lambda elements: as_new(elements, ("relation", 200), ("way", 103), ("node", 11)),
    "all new": lambda elements: as_new(elements, *((e["type"], e["id"]) for e in elements)),
    "all new, in order": lambda elements: renumbered(elements, {(e["type"], e["id"]): -e["id"] for e in elements}),
    "edited in JOSM": lambda elements: [{**e, "action": "modify", "visible": "true"} for e in elements],
    "an older version after": lambda elements: [
        *({**e, "version": 3} for e in elements), {**way(101, [1, 6], highway="motorway"), "version": 2},
    ],
    "a newer version before": lambda elements: [
        *({**e, "version": 3} for e in elements if e["id"] == 101),
        *({**e, "version": 2, "tags": {}} for e in elements if e["type"] == "way"),
        *({**e, "version": 3} for e in elements if e["id"] != 101),
    ],
    "an older position after": lambda elements: [
        *({**e, "version": 3} for e in elements), {**node(3, 0.0, 0.0), "version": 2},
    ],
    "a deleted way": lambda elements: [*elements, {**way(300, [1, 6], highway="steps"), "action": "delete"}],
    "a way that is not visible": lambda elements: [
        {**way(300, [1, 6], highway="steps"), "visible": "false"}, *elements,
    ],
    "deleted later": lambda elements: [
        {**way(300, [1, 6], highway="steps"), "version": 1}, *elements,
        {**way(300, [1, 6]), "version": 2, "visible": "false"},
    ],
    "a deleted new way": lambda elements: [{**way(-3, [1, 6], highway="steps"), "action": "delete"}, *elements],
    "a deleted park and school": lambda elements: [
        *elements,
        {**way(300, [10, 11, 12, 10], leisure="park"), "action": "delete"},
        {**node(300, 106.55, 29.55, amenity="school", name="旧校"), "visible": "false"},
    ],
    "a deleted lift and signals": lambda elements: [
        *elements,
        {**node(300, 106.55, 29.55, highway="elevator"), "action": "delete"},
        {**node(301, 106.55, 29.55, highway="traffic_signals"), "visible": "false"},
    ],
    "a deleted node in a way": lambda elements: [
        *({**e, "nodes": [1, 2, 300, 3]} if e["id"] == 100 else e for e in elements),
        {**node(300, 106.6, 29.6), "action": "delete"},
    ],
    "shapes in ways and members": with_shapes,
}  # fmt: skip


@pytest.mark.parametrize("name", WRITINGS)
@pytest.mark.parametrize("file", ["a.osm", "渝中.osm.json", "a.osm.gz"])
def test_each_writing_of_the_same_data_is_read_the_same(
    tmp_path: Path, name: str, file: str, right: dict[str, Any]
) -> None:
    assert facts(written(tmp_path / file, WRITINGS[name](town()))) == right


def test_shapes_without_ids_of_nodes_connect_where_they_share_a_position(tmp_path: Path, right: dict[str, Any]) -> None:
    path = written(tmp_path / "a.osm.json", with_shapes(town(), ids=False))
    assert facts(path) == right
    assert [row["rule"] for row in file_findings(path)] == ["osm_placed"]


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False), file=st.sampled_from(["a.osm", "a.osm.json"]))
def test_neither_order_nor_new_ids_nor_repetition_change_what_is_read(
    tmp_path: Path, right: dict[str, Any], chance: random.Random, file: str
) -> None:
    elements = town()
    new = [(each["type"], each["id"]) for each in elements if chance.random() < 0.3]
    elements = as_new(elements, *new)
    elements += chance.sample(elements, 5)
    chance.shuffle(elements)
    assert facts(written(tmp_path / file, elements)) == right


def test_findings_and_features_name_elements_by_the_ids_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.osm", as_new(town(), ("relation", 200), ("node", 30), ("way", 101), ("node", 4)))
    streets = read_streets(path)
    assert sorted(streets.ways["osm_id"]) == [-101, 100, 102]
    assert -4 in streets.node_ids
    assert read_features(path, {"leisure": ("park",)})[0]["@id"].tolist() == ["relation/-200"]
    assert read_features(path, {"amenity": ("school",)})[0]["@id"].tolist() == ["node/-30"]


def test_a_new_area_that_is_not_whole_is_named_as_in_the_file(tmp_path: Path) -> None:
    elements = [each for each in as_new(town(), ("relation", 200)) if each["id"] != 104]
    _, findings = read_features(written(tmp_path / "a.osm", elements), {"leisure": ("park",)})
    assert [(row["rule"], row["row"]) for row in findings] == [("osm_closed", "relation/-200")]


def test_a_pbf_is_read_whatever_its_order(tmp_path: Path, right: dict[str, Any]) -> None:
    source = str(written(tmp_path / "a.osm", town()))
    with osmium.SimpleWriter(str(tmp_path / "b.osm.pbf")) as writer:
        for kinds in (osmium.osm.RELATION, osmium.osm.WAY, osmium.osm.NODE):
            for item in osmium.FileProcessor(source, kinds):
                writer.add(item)
    assert facts(tmp_path / "b.osm.pbf") == right


def test_a_pbf_that_declares_its_order_is_looked_at_too(tmp_path: Path, right: dict[str, Any]) -> None:
    source = [{**each, "version": 2} for each in as_new(town(), ("node", 4), ("way", 101))]
    old = {**way(-101, [1, 6], highway="steps"), "version": 1}
    written(tmp_path / "a.osm", sorted([old, *source], key=lambda e: ["node", "way", "relation"].index(e["type"])))
    header = osmium.io.Header()
    header.set("sorting", "Type_then_ID")
    with osmium.SimpleWriter(str(tmp_path / "b.osm.pbf"), header=header) as writer:
        for item in osmium.FileProcessor(str(tmp_path / "a.osm")):
            writer.add(item)
    assert facts(tmp_path / "b.osm.pbf") == right


def test_a_pbf_whose_ways_have_the_positions_themselves_is_read(tmp_path: Path, right: dict[str, Any]) -> None:
    source = str(written(tmp_path / "a.osm", town()))
    file = osmium.io.File(str(tmp_path / "b.osm.pbf"), "pbf,locations_on_ways=true")
    with osmium.SimpleWriter(file) as writer:
        for item in osmium.FileProcessor(source).with_locations():
            if not item.is_node() or len(item.tags):
                writer.add(item)
    assert facts(tmp_path / "b.osm.pbf") == right


@pytest.mark.parametrize(
    ("elements", "rules"),
    [
        (town(), []),
        (as_new(town(), ("way", 101)), []),
        (WRITINGS["backwards"](town()), []),
        (WRITINGS["a deleted way"](town()), ["osm_deleted"]),
        (WRITINGS["two answers that overlap"](town()), ["osm_twice"]),
        (WRITINGS["a deleted node in a way"](town()), ["osm_deleted", "osm_deleted_nodes"]),
        ([*town(), way(101, [3, 4], highway="footway")], ["osm_twice", "osm_twice_unlike"]),
    ],
)
def test_what_a_user_should_know_about_a_file_is_said(tmp_path: Path, elements: Elements, rules: list[str]) -> None:
    assert [row["rule"] for row in file_findings(written(tmp_path / "a.osm", elements))] == rules


def test_without_versions_the_later_in_the_file_counts(tmp_path: Path) -> None:
    path = written(tmp_path / "a.osm", [*town(), way(101, [3, 5], highway="footway")])
    ways = read_streets(path).ways.set_index("osm_id")["highway"]
    assert ways.to_dict() == {100: "residential", 101: "footway", 102: "footway"}


def test_ways_without_a_node_in_the_file_are_named(tmp_path: Path) -> None:
    path = written(tmp_path / "a.osm", [*town(), way(300, [901, 902], highway="steps")])
    assert [(row["rule"], row["values"]["names"]) for row in read_streets(path).findings] == [
        ("osm_ways_lost", "way/300")
    ]


REFUSALS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "empty": ("osm_empty", lambda folder: written(folder / "a.osm", [])),
    "empty json": ("osm_empty", lambda folder: written(folder / "a.osm.json", [])),
    "all deleted": (
        "osm_empty",
        lambda folder: written(folder / "a.osm", [{**each, "visible": "false"} for each in town()]),
    ),
    "ways alone": ("osm_no_positions", lambda folder: written(folder / "a.osm", town()[-7:-1])),
    "ways alone in json": ("osm_no_positions", lambda folder: written(folder / "a.osm.json", town()[-7:-1])),
    "centres": (
        "osm_centres",
        lambda folder: written(
            folder / "a.osm", [*town(), {"type": "way", "id": 9, "center": {"lat": 29.5, "lon": 106.5}}]
        ),
    ),
    "centres beside nodes": (
        "osm_centres",
        lambda folder: written(
            folder / "a.osm.json", [{**way(9, [901, 902], amenity="school"), "center": {"lat": 29.5, "lon": 106.5}}]
        ),
    ),
    "given up": (
        "osm_gave_up",
        lambda folder: written(folder / "a.osm", town(), head='<remark> runtime error: Query timed out </remark>'),
    ),
    "given up in json": (
        "osm_gave_up", lambda folder: written(folder / "a.osm.json", town(), remark="runtime error: Query timed out")
    ),
    "changes": ("osm_other_format", lambda folder: written(folder / "a.osc", town())),
    "xml as pbf": ("osm_misnamed", lambda folder: written(folder / "a.osm", town()).rename(folder / "a.osm.pbf")),
    "json as xml": ("osm_misnamed", lambda folder: written(folder / "a.osm.json", town()).rename(folder / "a.osm")),
    "plain as gz": ("osm_misnamed", lambda folder: written(folder / "a.osm", town()).rename(folder / "a.osm.gz")),
    "gz as plain": ("osm_misnamed", lambda folder: written(folder / "a.osm.gz", town()).rename(folder / "a.osm")),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_read_is_an_error_that_names_the_file_and_a_way_out(tmp_path: Path, name: str) -> None:
    code, make = REFUSALS[name]
    path = make(tmp_path)
    with pytest.raises(InputError) as caught:
        read_streets(path)
    assert caught.value.code == code
    for lang in LANGUAGES:
        assert str(path) in caught.value.text(lang)


@pytest.mark.parametrize("file", ["a.osm", "a.osm.json", "a.osm.gz", "a.osm.json.gz"])
@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
def test_a_file_that_was_cut_short_is_an_error_however_it_is_read(tmp_path: Path, file: str, share: float) -> None:
    path = written(tmp_path / file, as_new(town(), ("way", 101)))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(InputError, match=r"a\.osm") as caught:
        read_streets(path)
    assert caught.value.code == "osm_unreadable"


@pytest.mark.parametrize("file", ["a.osm.gz", "a.osm.bz2", "a.osm.json.gz"])
@pytest.mark.parametrize("at", range(10, 60, 7))
def test_a_packed_file_with_a_wrong_byte_is_an_error_or_read(tmp_path: Path, file: str, at: int) -> None:
    path = written(tmp_path / file, as_new(town(), ("way", 101)))
    body = bytearray(path.read_bytes())
    body[at] ^= 0xFF
    path.write_bytes(body)
    with pytest.raises(InputError, match=r"a\.osm") as caught:
        read_streets(path)
    assert caught.value.code in {"osm_unreadable", "osm_misnamed"}


@pytest.mark.parametrize("declared", ["GBK", "gb2312", "GB18030", "UTF-16", "ISO-8859-1"])
def test_xml_in_another_encoding_is_read_by_what_it_declares(
    tmp_path: Path, declared: str, right: dict[str, Any]
) -> None:
    text = osm_xml(town()).replace("UTF-8", declared)
    (tmp_path / "a.osm").write_bytes(text.encode(declared, "xmlcharrefreplace"))
    assert facts(tmp_path / "a.osm") == right


@pytest.mark.parametrize("declared", ["UTF-1012", "no-such", "hex"])
def test_xml_that_declares_an_encoding_that_there_is_not_is_an_error(tmp_path: Path, declared: str) -> None:
    (tmp_path / "a.osm").write_text(osm_xml(town()).replace("UTF-8", declared), encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.osm") as caught:
        read_streets(tmp_path / "a.osm")
    assert caught.value.code == "osm_unreadable"


def test_xml_whose_letters_are_not_of_the_encoding_that_it_declares_is_an_error(tmp_path: Path) -> None:
    body = osm_xml(town()).replace("UTF-8", "GBK").encode("gbk")
    (tmp_path / "a.osm").write_bytes(body.replace("一小".encode("gbk"), b"\xff\xff"))
    with pytest.raises(InputError, match=r"a\.osm") as caught:
        read_streets(tmp_path / "a.osm")
    assert caught.value.code == "osm_unreadable"


def test_a_json_file_is_known_by_how_it_begins(tmp_path: Path) -> None:
    assert is_osm_file(written(tmp_path / "export.json", town()))
    (tmp_path / "b.json").write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    assert not is_osm_file(tmp_path / "b.json")
    assert facts(tmp_path / "export.json")["schools"] == ["一小"]


@pytest.mark.parametrize("elements", [town(), town()[::-1]])
@pytest.mark.parametrize("file", ["a.osm", "a.osm.json"])
def test_a_file_tells_its_bounds_and_date(tmp_path: Path, elements: Elements, file: str) -> None:
    bounds = {"minlat": 29.5, "minlon": 106.5, "maxlat": 29.6, "maxlon": 106.6}
    about: dict[str, Any] = {"bounds": bounds}
    if file == "a.osm":
        inside = " ".join(f'{key}="{value}"' for key, value in bounds.items())
        about = {"head": f'<meta osm_base="2026-04-24T10:00:00Z"/><bounds {inside}/>'}
    header = header_of(written(tmp_path / file, elements, **about))
    assert (header.bounds, header.date) == ((106.5, 29.5, 106.6, 29.6), "2026-04-24")


@pytest.mark.parametrize("elements", [town(), town()[::-1]])
def test_bounds_of_several_downloads_are_joined(tmp_path: Path, elements: Elements) -> None:
    boxes = ((106.5, 29.5, 106.55, 29.6), (106.54, 29.4, 106.6, 29.5))
    head = "".join('<bounds minlon="{}" minlat="{}" maxlon="{}" maxlat="{}"/>'.format(*box) for box in boxes)
    assert header_of(written(tmp_path / "a.osm", elements, head=head)).bounds == (106.5, 29.4, 106.6, 29.6)


@pytest.mark.parametrize("elements", [town(), town()[::-1]])
def test_changesets_and_notes_are_passed_over(tmp_path: Path, right: dict[str, Any], elements: Elements) -> None:
    head = '<note>©</note><changeset id="1"><tag k="comment" v="a"/></changeset>'
    assert facts(written(tmp_path / "a.osm", elements, head=head)) == right


@pytest.mark.parametrize(
    "odd", [{"version": -1}, {"version": 2**40}, {"tags": {"highway": "路" * 9999}}, {"id": 2**62}]
)
def test_what_the_format_cannot_hold_is_refused_and_takes_nothing_down(tmp_path: Path, odd: dict[str, Any]) -> None:
    path = written(tmp_path / "a.osm.json", [*town(), {**way(999, [1, 2]), **odd}])
    with pytest.raises(InputError) as caught:
        read_streets(path)
    assert caught.value.code == "osm_unreadable"


def test_bounds_that_are_none_are_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "a.osm", town(), head='<bounds minlon="x" minlat="29.5" maxlon="" maxlat="91"/>')
    with pytest.raises(InputError, match=r"a\.osm"):
        read_streets(path)


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = written(tmp_path / "a.osm", town()[::-1])
    assert len(read_streets(path).ways) == 3
    written(path, [each for each in town()[::-1] if each["id"] != 101])
    assert len(read_streets(path).ways) == 2


def test_streets_that_lack_a_node_inside_are_named_and_those_cut_at_the_edge_are_not(tmp_path: Path) -> None:
    more = [way(300, [1, 901, 2], highway="steps"), way(301, [901, 1, 2], highway="steps")]
    path = written(tmp_path / "a.osm", [*town(), *more])
    assert [(row["rule"], row["values"]["names"]) for row in read_streets(path).findings] == [
        ("osm_ways_cut", "way/300")
    ]
