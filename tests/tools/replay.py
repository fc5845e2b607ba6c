"""A server that replays recorded answers of Overpass and Nominatim byte for byte, with faults put in by tests."""

import gzip
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import osmium
import pandas as pd

Fault = tuple[str, ...]
"""``("status", "429", "7")`` (with a Retry-After), ``("cut",)``, ``("cut_within",)``, ``("half",)``,
``("remark", text)``, ``("hold",)``: no answer until the server is let go."""

_TAGS = {
    "schools": ("amenity", "school"),
    "hospitals": ("amenity", "hospital"),
    "parks": ("leisure", "park"),
    "care_centres": ("amenity", "childcare"),
    "culture": ("amenity", "library"),
    "sports": ("leisure", "pitch"),
}


@dataclass
class Replay:
    """What a server answers, and what it was asked.

    Attributes
    ----------
    url : str
    nominatim : bytes
    overpass : dict of str to bytes
        A word of the query → the answer, gzipped, the first that fits.
    faults : list of tuple
        Of the next requests, each once.
    asked : list of tuple
        Path, what was asked, headers.
    """

    url: str
    nominatim: bytes
    overpass: dict[str, bytes]
    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    holding: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def interpreter(self) -> str:
        return f"{self.url}/api/interpreter"


def elements(*found: dict[str, Any], **more: Any) -> bytes:
    """Return an answer of Overpass's."""
    stamp = {"timestamp_osm_base": "2026-04-24T03:10:02Z"}
    return gzip.compress(json.dumps({"version": 0.6, "osm3s": stamp, "elements": list(found), **more}).encode(), 1)


def yuzhong_answers(folder: Path) -> tuple[bytes, dict[str, bytes]]:
    """Return the recorded answers, with facilities and buildings of the same study as Overpass would have them.

    Streets and the district are recorded, and are replayed as they are.
    """
    recorded = folder / "overpass"
    return (recorded / "nominatim.json").read_bytes(), {
        '"highway"': (recorded / "walk_2026-04-24.json.gz").read_bytes(),
        '"amenity"': elements(*_facilities(folder / "facilities_approx.csv")),
        '"building"': elements(*_buildings(folder / "streets.osm.pbf")),
        '"boundary"': elements(),
    }


def _facilities(path: Path) -> Iterator[dict[str, Any]]:
    table = pd.read_csv(path)
    for nth, row in enumerate(table[table["layer"].isin(list(_TAGS))].itertuples(), start=1):
        key, value = _TAGS[str(row.layer)]
        tags = {key: "kindergarten" if row.kind == "kindergarten" else value, "name": row.name}
        yield {"type": "node", "id": nth, "lon": row.lon, "lat": row.lat, "tags": tags}


def _buildings(path: Path) -> Iterator[dict[str, Any]]:
    corners: dict[int, dict[str, Any]] = {}
    ways = []
    for way in osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("building")):
        if way.is_way() and all(node.location.valid() for node in way.nodes):
            nodes = [node.ref for node in way.nodes]
            corners |= {n.ref: {"type": "node", "id": n.ref, "lon": n.lon, "lat": n.lat} for n in way.nodes}
            ways.append({"type": "way", "id": way.id, "nodes": nodes, "tags": dict(way.tags)})
    yield from corners.values()
    yield from ways


class _Server(ThreadingHTTPServer):
    replay: Replay


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._reply(urlsplit(self.path).query, gzip.compress(self.server.replay.nominatim, 1))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        query = parse_qs(body)["data"][0]
        self._reply(query, next(answer for word, answer in self.server.replay.overpass.items() if word in query))

    def _reply(self, asked: str, answer: bytes) -> None:
        replay = self.server.replay
        replay.asked.append((urlsplit(self.path).path, asked, dict(self.headers)))
        fault, *values = replay.faults.pop(0) if replay.faults else ("",)
        if fault == "hold":
            replay.holding.set()
            replay.let_go.wait(30)
        elif fault == "status":
            self._send(gzip.compress(b"<html>no</html>"), status=int(values[0]), retry_after=values[1:])
        elif fault == "half":
            whole = gzip.decompress(answer)
            self._send(gzip.compress(whole[: len(whole) // 2], 1))
        elif fault == "remark":
            self._send(elements(remark=values[0]))
        elif fault != "cut":
            self._send(answer, sent=len(answer) // 2 if fault == "cut_within" else len(answer))

    def _send(
        self, answer: bytes, *, status: int = 200, retry_after: Sequence[str] = (), sent: int | None = None
    ) -> None:
        self.send_response(status)
        for value in retry_after:
            self.send_header("Retry-After", value)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer[:sent])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@contextmanager
def replaying(nominatim: bytes, overpass: dict[str, bytes]) -> Iterator[Replay]:
    """Run a server on a port of its own."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.replay = replay = Replay(f"http://127.0.0.1:{server.server_port}", nominatim, overpass)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield replay
    finally:
        replay.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()
