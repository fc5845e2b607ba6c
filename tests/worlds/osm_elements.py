"""Elements of OpenStreetMap as its services answer them."""

import json
from typing import Any
from xml.sax.saxutils import quoteattr


def node(ident: int, lon: float, lat: float, **tags: str) -> dict[str, Any]:
    return {"type": "node", "id": ident, "lon": lon, "lat": lat, **({"tags": tags} if tags else {})}


def way(ident: int, nodes: list[int], **tags: str) -> dict[str, Any]:
    return {"type": "way", "id": ident, "nodes": nodes, "tags": tags}


def area(ident: int, ways: list[int], **tags: str) -> dict[str, Any]:
    members = [{"type": "way", "ref": ref, "role": "outer"} for ref in ways]
    return {"type": "relation", "id": ident, "members": members, "tags": tags}


def town() -> list[dict[str, Any]]:
    """Return a street of 500 m in three ways with a lift and signals, a park with a pond, and a school.

    Local places: nodes 1 to 6 are 100 m apart; the park's ring is in two ways.
    """
    return [
        *(node(nth, 106.55 + 0.001 * nth, 29.55, **NODE_TAGS.get(nth, {})) for nth in range(1, 7)),
        *(node(10 + nth, 106.55 + lon, 29.56 + lat) for nth, (lon, lat) in enumerate(_PARK)),
        node(30, 106.552, 29.551, amenity="school", name="一小"),
        way(100, [1, 2, 3], highway="residential", name="东街"),
        way(101, [3, 4], highway="steps", step_count="40"),
        way(102, [4, 5, 6], highway="footway"),
        way(103, [10, 11, 12]),
        way(104, [12, 13, 10]),
        way(105, [14, 15, 16, 17, 14], natural="water"),
        {
            **area(200, [103, 104], type="multipolygon", leisure="park", name="公园"),
            "members": [
                {"type": "way", "ref": ref, "role": role}
                for ref, role in ((103, "outer"), (104, "outer"), (105, "inner"))
            ],
        },
    ]


NODE_TAGS = {3: {"highway": "elevator"}, 5: {"highway": "traffic_signals"}}
_PARK = [
    (0.0, 0.0),
    (0.004, 0.0),
    (0.004, 0.004),
    (0.0, 0.004),
    (0.001, 0.001),
    (0.002, 0.001),
    (0.002, 0.002),
    (0.001, 0.002),
]


def with_shapes(elements: list[dict[str, Any]], *, ids: bool = True) -> list[dict[str, Any]]:
    """Return what ``out geom`` answers: tagged nodes, and ways and relations that have their shapes themselves."""
    at = {e["id"]: {"lat": e["lat"], "lon": e["lon"]} for e in elements if e["type"] == "node"}
    shapes = {e["id"]: [at[ref] for ref in e["nodes"]] for e in elements if e["type"] == "way"}
    made = [e for e in elements if e["type"] == "node" and "tags" in e]
    for each in elements:
        if each["type"] == "way" and each["tags"]:
            kept = each if ids else {key: value for key, value in each.items() if key != "nodes"}
            made.append({**kept, "geometry": shapes[each["id"]]})
        elif each["type"] == "relation":
            members = [{**member, "geometry": shapes[member["ref"]]} for member in each["members"]]
            made.append({**each, "members": members})
    return made


def renumbered(elements: list[dict[str, Any]], numbers: dict[tuple[str, int], int]) -> list[dict[str, Any]]:
    """Return elements under other ids, as an editor numbers what is new."""

    def number(kind: str, ident: int) -> int:
        return numbers.get((kind, ident), ident)

    made = []
    for each in elements:
        copy = {**each, "id": number(each["type"], each["id"])}
        if "nodes" in each:
            copy["nodes"] = [number("node", ref) for ref in each["nodes"]]
        if "members" in each:
            copy["members"] = [{**m, "ref": number(m["type"], m["ref"])} for m in each["members"]]
        made.append(copy)
    return made


def osm_xml(elements: list[dict[str, Any]], *, head: str = "") -> str:
    """Return elements as OSM XML; keys other than those of a shape become attributes (``version``, ``action``)."""
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", f'<osm version="0.6" generator="tests">{head}']
    for each in elements:
        inside = "".join(_vertex(each, nth) for nth in range(len(each.get("nodes", each.get("geometry", [])))))
        for member in each.get("members", []):
            shape = "".join(f"<nd{_attributes(vertex or {})}/>" for vertex in member.get("geometry", []))
            inside += f"<member{_attributes({k: v for k, v in member.items() if k != 'geometry'})}>{shape}</member>"
        inside += f"<center{_attributes(each['center'])}/>" if "center" in each else ""
        inside += "".join(f"<tag{_attributes({'k': k, 'v': v})}/>" for k, v in each.get("tags", {}).items())
        about = {k: v for k, v in each.items() if k not in {"type", "tags", "nodes", "members", "geometry", "center"}}
        lines.append(f"<{each['type']}{_attributes(about)}>{inside}</{each['type']}>")
    return "\n".join([*lines, "</osm>"])


def _vertex(each: dict[str, Any], nth: int) -> str:
    ref = {"ref": each["nodes"][nth]} if "nodes" in each else {}
    return f"<nd{_attributes({**ref, **(each['geometry'][nth] or {} if 'geometry' in each else {})})}/>"


def _attributes(values: dict[str, Any]) -> str:
    return "".join(f" {key}={quoteattr(str(value))}" for key, value in values.items())


def osm_json(elements: list[dict[str, Any]], **about: Any) -> str:
    """Return elements as Overpass answers them in JSON."""
    head = {"version": 0.6, "generator": "Overpass API", "osm3s": {"timestamp_osm_base": "2026-04-24T10:00:00Z"}}
    return json.dumps({**head, **about, "elements": elements}, ensure_ascii=False)
