"""Elements of OpenStreetMap as its services answer them."""

from typing import Any


def node(ident: int, lon: float, lat: float, **tags: str) -> dict[str, Any]:
    return {"type": "node", "id": ident, "lon": lon, "lat": lat, **({"tags": tags} if tags else {})}


def way(ident: int, nodes: list[int], **tags: str) -> dict[str, Any]:
    return {"type": "way", "id": ident, "nodes": nodes, "tags": tags}


def area(ident: int, ways: list[int], **tags: str) -> dict[str, Any]:
    members = [{"type": "way", "ref": ref, "role": "outer"} for ref in ways]
    return {"type": "relation", "id": ident, "members": members, "tags": tags}
