"""Services are asked politely, and faults are waited out or reported: a real server makes each of them."""

import gzip
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from tools.replay import Fault, Replay, elements, replaying

from cfgeo.core.errors import ServiceError
from cfgeo.core.strings import LANGUAGES
from cfgeo.study.start.osm_services import OsmClient, OsmServices

BOX = (106.0, 29.0, 108.0, 31.0)
SCHOOL = {"type": "node", "id": 1, "lon": 106.5, "lat": 29.5, "tags": {"amenity": "school"}}
PLACES = [{"osm_type": "relation", "osm_id": 5, "display_name": "渝中区"}]


@pytest.fixture
def server() -> Iterator[Replay]:
    with replaying(json.dumps(PLACES).encode(), {'"amenity"': elements(SCHOOL)}) as replay:
        yield replay


class Asking:
    """Services that wait for nobody, but remember how long they were to wait."""

    def __init__(self, server: Replay, cache: Path | None = None, **more: Any) -> None:
        self.waits: list[float] = []
        self.sentences: list[str] = []
        self.services = OsmServices(
            server.interpreter, f"{server.url}/", cache, sleep=self.waits.append, **{"pause_s": 1.0, **more}
        )

    def client(self, lang: str = "zh") -> OsmClient:
        return OsmClient(self.services, lang=lang, tell=lambda sentence: self.sentences.append(sentence.text("en")))  # type: ignore[arg-type]

    def schools(self) -> tuple[list[dict[str, Any]], str]:
        with self.client() as client:
            return client.elements(['nwr["amenity"="school"]'], BOX)


def test_an_answer_is_returned_with_the_date_of_its_data(server: Replay) -> None:
    assert Asking(server).schools() == ([SCHOOL], "2026-04-24")
    ((path, query, headers),) = server.asked
    assert path == "/api/interpreter"
    assert query.startswith("[out:json][timeout:180][bbox:29.000000,106.000000,31.000000,108.000000];")
    assert 'nwr["amenity"="school"];' in query
    assert headers["User-Agent"] == f"cfgeo/{version('cfgeo')}"


@pytest.mark.parametrize(
    ("place", "path", "words"),
    [
        ("渝中区, 重庆市", "/search", "q=%E6%B8%9D%E4%B8%AD%E5%8C%BA"),
        ("relation/5", "/lookup", "osm_ids=R5"),
        ("way/77", "/lookup", "osm_ids=W77"),
        ("relation/x", "/search", "q=relation"),
    ],
)
def test_a_place_is_asked_for_by_name_or_number(server: Replay, place: str, path: str, words: str) -> None:
    with Asking(server).client() as client:
        assert client.places(place) == PLACES
    requested, query, _ = server.asked[0]
    assert requested == path
    assert words in query
    assert "accept-language=zh%2Cen" in query


def test_one_service_is_asked_once_a_second_at_most(server: Replay) -> None:
    asking = Asking(server)
    with asking.client() as client:
        client.places("a")
        assert asking.waits == []
        client.places("b")
        client.places("c")
    assert asking.waits == [1.0, 1.0]


BUSY = "runtime error: open64: 0 Success /osm3s_osm_base Dispatcher_Client::request_read_and_idx::timeout."


@pytest.mark.parametrize(
    ("fault", "waits", "words"),
    [
        (("status", "429", "7"), [7.0, 1.0], "fewer questions (429); trying again in 7 s"),
        (("status", "429"), [5.0, 1.0], "fewer questions"),
        (("status", "504"), [5.0, 1.0], "busy"),
        (("status", "503", "soon"), [5.0, 1.0], "busy"),
        (("cut",), [5.0, 1.0], "cut"),
        (("cut_within",), [5.0, 1.0], "cut"),
        (("half",), [5.0, 1.0], "not whole"),
        (("remark", BUSY), [5.0, 1.0], "busy"),
    ],
    ids=lambda value: "-".join(value)[:20] if isinstance(value, tuple) else "",
)
@pytest.mark.parametrize("times", [1, 3])
def test_a_fault_is_waited_out_and_reported(
    server: Replay, tmp_path: Path, fault: Fault, waits: list[float], words: str, times: int
) -> None:
    asking = Asking(server, tmp_path)
    server.faults = [fault] * times
    assert asking.schools() == ([SCHOOL], "2026-04-24")
    doubled = [wait * (2**nth if wait == 5.0 else 1) for nth in range(times) for wait in waits]
    assert asking.waits == doubled
    assert words in asking.sentences[0]
    assert len(asking.sentences) == times
    cached = [json.loads(path.read_bytes()) for path in tmp_path.iterdir()]
    assert [answer["elements"] for answer in cached] == [[SCHOOL]]


def test_a_retry_after_may_be_a_date(server: Replay) -> None:
    asking = Asking(server)
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)
    server.faults = [("status", "429", later)]
    asking.schools()
    assert 0 < asking.waits[0] <= 300


@pytest.mark.parametrize(
    "fault", [("status", "504"), ("cut",), ("half",), ("remark", BUSY)], ids=lambda fault: fault[0]
)
def test_a_fault_that_stays_is_given_up_and_nothing_is_cached(server: Replay, tmp_path: Path, fault: Fault) -> None:
    asking = Asking(server, tmp_path, attempts=4)
    server.faults = [fault] * 4
    with pytest.raises(ServiceError, match="4 requests") as error:
        asking.schools()
    assert error.value.code == "service_busy"
    assert len(server.asked) == 4
    assert asking.waits == [5.0, 1.0, 10.0, 1.0, 20.0, 1.0]
    assert list(tmp_path.iterdir()) == []
    for lang in LANGUAGES:
        assert "--pbf" in error.value.text(lang)


def test_a_service_that_asks_for_an_hour_is_not_waited_for(server: Replay) -> None:
    asking = Asking(server)
    server.faults = [("status", "429", "3600")]
    with pytest.raises(ServiceError, match="1 requests"):
        asking.schools()
    assert asking.waits == []


@pytest.mark.parametrize("status", ["400", "403", "404"])
def test_a_refused_request_is_not_repeated(server: Replay, status: str) -> None:
    server.faults = [("status", status)]
    with pytest.raises(ServiceError, match=f"HTTP {status}"):
        Asking(server).schools()
    assert len(server.asked) == 1


def test_offline_is_an_error_at_once(server: Replay) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    asking = Asking(server)
    for url in (f"http://127.0.0.1:{port}", "http://nowhere.invalid", "nothing of the kind"):
        with (
            OsmClient(
                OsmServices(url, url, sleep=asking.waits.append), lang="zh", tell=lambda sentence: None
            ) as client,
            pytest.raises(ServiceError, match="--pbf") as error,
        ):
            client.places("渝中区")
        assert error.value.code == "service_unreachable"
    assert asking.waits == []


def test_a_service_that_goes_away_in_the_middle_is_waited_for(tmp_path: Path) -> None:
    with replaying(json.dumps(PLACES).encode(), {}) as replay:
        asking = Asking(replay, attempts=3)
        client = asking.client()
        client.places("a")
    with client, pytest.raises(ServiceError, match="3 requests"):
        client.places("b")
    assert asking.waits == [1.0, 5.0, 1.0, 10.0, 1.0]


# What is too much


def test_a_box_that_is_too_much_is_split_into_quarters(server: Replay, tmp_path: Path) -> None:
    asking = Asking(server, tmp_path)
    server.faults = [("remark", 'runtime error: Query timed out in "query" at line 1 after 180 seconds.')]
    answer, date = asking.schools()
    assert (answer, date) == ([SCHOOL] * 4, "2026-04-24")
    boxes = [query.partition("[bbox:")[2].partition("]")[0] for _, query, _ in server.asked[1:]]
    assert sorted(boxes) == [
        "29.000000,106.000000,30.000000,107.000000",
        "29.000000,107.000000,30.000000,108.000000",
        "30.000000,106.000000,31.000000,107.000000",
        "30.000000,107.000000,31.000000,108.000000",
    ]
    assert "quarters" in asking.sentences[0]
    assert len(list(tmp_path.iterdir())) == 4


def test_quarters_that_stay_too_much_are_an_error(server: Replay) -> None:
    server.faults = [("remark", "runtime error: Query run out of memory using about 2048 MB of RAM.")] * 4
    with pytest.raises(ServiceError, match="out of memory") as error:
        Asking(server).schools()
    assert error.value.code == "service_overloaded"
    assert len(server.asked) == 4  # the whole, a quarter of it, of that, and of that


# What was asked before


def test_no_query_is_sent_twice(server: Replay, tmp_path: Path) -> None:
    asking = Asking(server, tmp_path / "cache")
    first = asking.schools()
    server.faults = [("status", "504")] * 9
    assert asking.schools() == first
    assert len(server.asked) == 1
    assert asking.sentences == [
        f"{server.url.removeprefix('http://')} has answered this before; it is not asked again."
    ]
    (file,) = (tmp_path / "cache").iterdir()
    assert file.read_bytes() == gzip.decompress(server.overpass['"amenity"'])


def test_names_are_cached_by_language(server: Replay, tmp_path: Path) -> None:
    asking = Asking(server, tmp_path)
    for lang in ("zh", "en", "zh"):
        with asking.client(lang) as client:
            client.places("渝中区")
            client.elements(['nwr["amenity"="school"]'], BOX)
    places = [query for path, query, _ in server.asked if path == "/search"]
    assert ["language=zh" in query for query in places] == [True, False]
    assert len(server.asked) == len(places) + 1


@pytest.mark.parametrize("body", [b"", b'{"elements": [', b"[]", b"\xff"])
def test_a_damaged_answer_in_the_cache_is_fetched_again(server: Replay, tmp_path: Path, body: bytes) -> None:
    asking = Asking(server, tmp_path)
    asking.schools()
    (file,) = tmp_path.iterdir()
    good = file.read_bytes()
    file.write_bytes(body)
    assert asking.schools()[0] == [SCHOOL]
    assert len(server.asked) == 2
    assert file.read_bytes() == good


def test_an_answer_that_cannot_be_cached_is_returned(server: Replay, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert Asking(server, tmp_path / "file" / "cache").schools()[0] == [SCHOOL]
