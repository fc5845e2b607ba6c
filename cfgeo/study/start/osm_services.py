"""A client of Nominatim and Overpass: one request at a time, pauses, retries with backoff, and a cache of answers."""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cfgeo.core.errors import ServiceError
from cfgeo.core.strings import Lang, Sentence
from cfgeo.libraries import requests, urllib3

if TYPE_CHECKING:
    from cfgeo.core.schema import Box

Tell = Callable[[Sentence], None]

OVERPASS = "https://overpass-api.de/api/interpreter"
NOMINATIM = "https://nominatim.openstreetmap.org"

_QUERY_S = 180
_CONNECT_S = 15
_MOST_PLACES = 10
_DEEPEST = 3
_MOST_WAIT_S = 600.0
_TOO_MANY = 429
_AGAIN = {408, _TOO_MANY, 500, 502, 503, 504}
_TOO_MUCH = ("timed out", "out of memory")
"""What Overpass says of a query that a smaller box would make answerable."""
_OSM_TYPES = {"node": "N", "way": "W", "relation": "R"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OsmServices:
    """Which services to ask, and how politely.

    Attributes
    ----------
    overpass, nominatim : str
        Their URLs.
    cache : Path or None
        Folder of cached answers, so that no query is sent twice; None caches none.
    attempts : int
        How often a request is sent before the fetch fails.
    pause_s : float
        Pause between two requests to one service [s]: Nominatim allows one a second.
    wait_s : float
        Wait after the first fault [s]; it doubles with each. A ``Retry-After`` of the service comes before it.
    sleep : callable
        Waits for some seconds.
    """

    overpass: str = OVERPASS
    nominatim: str = NOMINATIM
    cache: Path | None = None
    attempts: int = 6
    pause_s: float = 1.0
    wait_s: float = 5.0
    sleep: Callable[[float], None] = time.sleep


class OsmClient:
    """Sends queries to the services; a context manager, which closes its connections.

    Parameters
    ----------
    services
        Which services, and how politely.
    lang
        Language of places' names.
    tell
        Called with waits, and with answers that come from the cache.
    """

    def __init__(self, services: OsmServices, *, lang: Lang, tell: Tell) -> None:
        self.services, self.tell = services, tell
        self.session = requests.Session()
        self.session.headers.update({"User-Agent": f"cfgeo/{version('cfgeo')}"})
        self.lang = lang
        self.contacted: set[str] = set()
        self.reached: set[str] = set()

    def __enter__(self) -> "OsmClient":
        return self

    def __exit__(self, *error: object) -> None:
        self.session.close()

    def places(self, place: str) -> list[dict[str, Any]]:
        """Return Nominatim's places of a name, or of an element such as ``relation/123``.

        Raises
        ------
        ServiceError
            It cannot be reached, or does not answer.
        """
        base = self.services.nominatim.rstrip("/")
        common = {"format": "json", "polygon_geojson": "1", "accept-language": f"{self.lang},en"}
        kind, _, number = place.partition("/")
        if kind in _OSM_TYPES and number.isdigit():
            query = {**common, "osm_ids": f"{_OSM_TYPES[kind]}{number}"}
            answer = self._answer("GET", f"{base}/lookup", query, _nominatim_fault)
        else:
            query = {**common, "q": place, "limit": str(_MOST_PLACES)}
            answer = self._answer("GET", f"{base}/search", query, _nominatim_fault)
        return list(answer)

    def elements(self, statements: Sequence[str], bbox: "Box") -> tuple[list[dict[str, Any]], str]:
        """Return the elements of some kinds in a box, with all that they are made of, and the date of Overpass's data.

        A box that is too much for Overpass at once is split into quarters.

        Parameters
        ----------
        statements
            Such as ``way["highway"]``.
        bbox
            West, south, east, north [degrees].

        Raises
        ------
        ServiceError
            It cannot be reached, does not answer, or even a small part of the box is too much.
        """
        elements: list[dict[str, Any]] = []
        dates = set()
        for answer in self._quarters(";".join(statements), bbox, depth=0):
            elements += answer["elements"]
            dates.add(str(answer.get("osm3s", {}).get("timestamp_osm_base", ""))[:10])
        return elements, min(dates)

    def _quarters(self, statements: str, bbox: "Box", *, depth: int) -> Iterator[dict[str, Any]]:
        """Return the answers of a box, or of its quarters where it is too much: a quadtree of three levels at most."""
        west, south, east, north = bbox
        box = ",".join(f"{edge:.6f}" for edge in (south, west, north, east))
        query = f"[out:json][timeout:{_QUERY_S}][bbox:{box}];({statements};);(._;>;);out;"
        answer = self._answer("POST", self.services.overpass, {"data": query}, _overpass_fault)
        if not _is_too_much(answer):
            yield answer
            return
        if depth == _DEEPEST:
            raise ServiceError("service_overloaded", url=self.services.overpass, remark=answer["remark"])
        self.tell(Sentence("fetch.quarters", host=_host(self.services.overpass)))
        lon, lat = (west + east) / 2, (south + north) / 2
        for low, high in ((south, lat), (lat, north)):
            for left, right in ((west, lon), (lon, east)):
                yield from self._quarters(statements, (left, low, right, high), depth=depth + 1)

    def _answer(self, method: str, url: str, fields: Mapping[str, str], fault_of: Callable[[Any], str]) -> Any:
        """Return the cached answer, or send the request until a whole answer comes."""
        file = self._cache_file(url, fields)
        cached = None if file is None else _load(file)
        if cached is not None and not fault_of(cached):
            self.tell(Sentence("fetch.kept", host=_host(url)))
            return cached
        for attempt in range(1, self.services.attempts + 1):
            if _host(url) in self.contacted:
                self.services.sleep(self.services.pause_s)
            body, fault, retry_after_s = self._request(method, url, fields)
            if not fault:
                answer = _parsed(body)
                fault = fault_of(answer)
                if not fault:
                    if file is not None and not _is_too_much(answer):
                        _save(file, body)
                    return answer
            wait_s = self.services.wait_s * 2 ** (attempt - 1) if retry_after_s is None else retry_after_s
            reason = Sentence(f"fetch.fault_{fault}")
            if attempt == self.services.attempts or wait_s > _MOST_WAIT_S:
                raise ServiceError("service_busy", url=url, attempts=attempt, fault=reason)
            self.tell(Sentence("fetch.waiting", host=_host(url), fault=reason, seconds=f"{wait_s:.0f}"))
            self.services.sleep(wait_s)
        raise AssertionError  # the loop returns or raises

    def _request(self, method: str, url: str, fields: Mapping[str, str]) -> tuple[bytes, str, float | None]:
        """Send a request once and return the body, the fault ("" for none), and the seconds of ``Retry-After``."""
        self.contacted.add(_host(url))
        form: dict[str, Any] = {"params": fields} if method == "GET" else {"data": fields}
        try:
            response = self.session.request(method, url, **form, timeout=(_CONNECT_S, _QUERY_S + _CONNECT_S))
        except requests.ConnectionError as error:
            never_met = bool(error.args) and isinstance(error.args[0], urllib3.exceptions.MaxRetryError)
            if never_met and _host(url) not in self.reached:
                raise ServiceError("service_unreachable", url=url) from error
            return b"", "cut", None
        except requests.RequestException as error:
            if isinstance(error, ValueError):  # not a URL
                raise ServiceError("service_unreachable", url=url) from error
            return b"", "cut", None
        self.reached.add(_host(url))
        if response.status_code in _AGAIN:
            fault = "many" if response.status_code == _TOO_MANY else "busy"
            return b"", fault, _retry_after(response.headers.get("Retry-After", ""))
        if not response.ok:
            raise ServiceError("service_refused", url=url, status=response.status_code)
        return response.content, "", None

    def _cache_file(self, url: str, fields: Mapping[str, str]) -> Path | None:
        if self.services.cache is None:
            return None
        key = json.dumps([url, dict(fields)], sort_keys=True)
        return self.services.cache / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _nominatim_fault(answer: Any) -> str:
    return "" if isinstance(answer, list) else "half"


def _overpass_fault(answer: Any) -> str:
    """Return the fault of an answer of Overpass, "" for none: its own errors come with status 200 and a remark."""
    if not isinstance(answer, dict) or not isinstance(answer.get("elements"), list):
        return "half"
    failed = "runtime error" in str(answer.get("remark", ""))
    return "busy" if failed and not _is_too_much(answer) else ""


def _is_too_much(answer: Any) -> bool:
    """Return whether Overpass gave a query up for its size."""
    remark = str(answer.get("remark", "")) if isinstance(answer, dict) else ""
    return "runtime error" in remark and any(word in remark for word in _TOO_MUCH)


def _retry_after(value: str) -> float | None:
    """Return the seconds of a ``Retry-After``, which may be a date; None where there is none."""
    if value.strip().isdigit():
        return float(value)
    try:
        return max((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None


def _load(file: Path) -> Any:
    """Return a cached answer, None where there is none or it is damaged."""
    try:
        return _parsed(file.read_bytes())
    except OSError:
        return None


def _save(file: Path, body: bytes) -> None:
    """Write an answer to the cache, whole or not at all; a warning where that fails."""
    aside = file.with_suffix(".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(body)
        aside.replace(file)
    except OSError as error:
        _log.warning("the answer is not kept for another time: %s", error)
        with suppress(OSError):
            aside.unlink(missing_ok=True)
