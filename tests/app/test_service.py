"""The service as a browser sees it, and as those see it who shall not: a real server on the loopback."""

import importlib
import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from tools.served import Server, school, served
from worlds.studies import degrees, invoke, refused
from worlds.town import write_town

from cfgeo.app.guard import MOST_BYTES
from cfgeo.core.errors import ScenarioError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are stopped by POSIX signals")


@pytest.fixture(scope="module")
def server(town_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(town_study, tmp_path_factory.mktemp("meeting")) as server:
        yield server


@pytest.fixture
def emptied(server: Server) -> Server:
    assert server.post("/api/edits", {"do": "clear"}).ok
    return server


def test_the_first_line_is_the_address_with_its_token(server: Server) -> None:
    assert server.address.startswith("http://127.0.0.1:")
    assert len(urlsplit(server.address).query.partition("token=")[2]) >= 32


def test_a_change_is_answered_with_what_it_brings(emptied: Server) -> None:
    state = emptied.post("/api/edits", {"do": "add", "rows": [school(390, 250)]}).json()
    assert (state["before"], state["headline"]["passed"]) == (1, 2)
    assert state["words"]["lines"][:2] == ["1 → 2 of 4 communities pass; the target is 70%", "Gained (1): Upper"]
    assert state["words"]["cards"]["passed"]["value"] == "2 of 4"
    assert emptied.get("/api/state").json() == state


def test_a_fault_is_said_in_words_and_changes_nothing(emptied: Server) -> None:
    answer = emptied.post(
        "/api/edits", {"do": "add", "rows": [{"action": "close", "layer": "schools", "facility": "x"}]}
    )
    assert (answer.status_code, list(answer.json())) == (422, ["error"])
    assert "x" in answer.json()["error"]
    assert emptied.get("/api/state").json()["edits"] == []


def test_the_saved_table_opens_again_and_reads_as_changes(emptied: Server, town_study: Path, tmp_path: Path) -> None:
    state = emptied.post("/api/edits", {"do": "add", "rows": [school(390, 250, capacity=300)]}).json()
    for form in ("xlsx", "csv", "toml"):
        body = emptied.get(f"/api/changes.{form}").content
        (tmp_path / f"changes.{form}").write_bytes(body)
        told = invoke("whatif", town_study, tmp_path / f"changes.{form}", "--lang", "en", "--no-cache")
        assert "Communities that pass: 1 → 2 of 4" in told.stdout
        emptied.post("/api/edits", {"do": "clear"})
        opened = emptied.post(f"/api/open?form={form}", body).json()
        assert opened["communities"] == state["communities"]
    broken = emptied.post("/api/open?form=xlsx", b"no workbook")
    assert (broken.status_code, list(broken.json())) == (422, ["error"])
    assert "Communities that pass: 1 → 2 of 4" in emptied.get("/api/whatif.html").text


def test_no_file_of_the_machine_is_read_for_a_table(emptied: Server, town_study: Path) -> None:
    path = town_study.parent / "parks.geojson"
    toml = f'[[change]]\naction = "add"\nlayer = "parks"\nname = "P"\nfile = "{path}"\n'
    table = f"action,layer,name,file\nadd,parks,P,{path}\n"
    for form, body in (("toml", toml), ("csv", table)):
        answer = emptied.post(f"/api/open?form={form}", body.encode())
        assert (answer.status_code, answer.json()["error"]) == (422, ScenarioError("edit_file").text("en"))


def test_a_place_is_met_where_a_link_would_be_joined(emptied: Server) -> None:
    ends = [degrees(x, y) for x, y in ((95, 20), (205, 30))]
    joins = [emptied.get(f"/api/join?lon={lon}&lat={lat}").json() for lon, lat in ends]
    line = ", ".join(f"{lon} {lat}" for lon, lat in ends)
    made = emptied.post("/api/edits", {"do": "add", "rows": [{"action": "opengate", "wkt": f"LINESTRING ({line})"}]})
    junctions = made.json()["junctions"]
    for join in joins:
        assert join["near"]
        assert min(abs(join["at"][0] - lat) + abs(join["at"][1] - lon) for lat, lon in junctions) < 2e-6
    lon, lat = degrees(50, 10)
    near, far = (emptied.get(f"/api/join?lon={lon}&lat={lat - south}").json() for south in (0.0, 0.0009))
    assert (near["near"], far["near"]) == (True, False)
    assert far["metres"] > 30


def test_a_home_tells_its_walks_with_and_without_the_changes(emptied: Server) -> None:
    lon, lat = degrees(390, 240)
    as_it_is = emptied.get(f"/api/walks?lon={lon}&lat={lat}").json()
    assert all(walk["before"] == walk["after"] for walk in as_it_is)
    emptied.post("/api/edits", {"do": "add", "rows": [school(390, 250)]})
    walks = {walk["clause"]: walk for walk in emptied.get(f"/api/walks?lon={lon}&lat={lat}").json()}
    assert walks.keys() == {walk["clause"] for walk in as_it_is}
    assert walks["school"]["after"]["minutes"] < walks["school"]["before"]["minutes"]
    assert emptied.get(f"/api/walks?lon={lon + 1}&lat={lat}").status_code == 422


def test_clauses_of_the_district_and_minutes_follow_a_change(emptied: Server) -> None:
    nothing = emptied.get("/api/wider").json()
    assert (nothing["lines"], nothing["minutes"]) == ([], {})
    row = school(390, 250, attributes={"certified": "yes"})
    state = emptied.post("/api/edits", {"do": "add", "rows": [row]}).json()
    wider = emptied.get("/api/wider").json()
    assert wider["version"] == state["version"]
    assert len(wider["minutes"]["school"]["median_minutes"]) == 4


def test_tabs_hear_of_each_others_changes(emptied: Server) -> None:
    with emptied.web.get(emptied.url + "/api/events", stream=True, timeout=30) as events:
        lines = (line for line in events.iter_lines(decode_unicode=True) if line.startswith("data:"))
        first = int(next(lines)[5:])
        emptied.post("/api/edits", {"do": "add", "rows": [school(390, 250)]})
        assert int(next(lines)[5:]) == first + 1


def test_the_street_at_a_place(server: Server) -> None:
    lon, lat = degrees(150, 3)
    assert server.get(f"/api/way?lon={lon}&lat={lat}").json()["way"] is not None
    for query in ("", "?lon=1", "?lon=nan&lat=1", "?lon=inf&lat=inf", "?lon=1e999&lat=0", "?lon=x&lat=y"):
        assert server.get(f"/api/way{query}").status_code == 422


# Who shall not ask


def test_without_the_token_nothing_is_answered(server: Server) -> None:
    for path in ("/", "/api/state", "/api/changes.xlsx", "/api/whatif.html", "/?token=wrong", "/api/state?token="):
        assert requests.get(server.url + path, timeout=10).status_code == 403
    token = urlsplit(server.address).query
    assert requests.get(f"{server.url}/api/state?{token}", timeout=10).status_code == 403  # the page's address alone


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost", "", "127.0.0.1:{port}.evil"])
def test_another_host_is_refused(server: Server, host: str) -> None:
    port = urlsplit(server.url).port
    answer = server.get("/api/state", Host=host.format(port=port))
    assert answer.status_code in (400, 421)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1", "file://"])
def test_another_page_is_refused(emptied: Server, origin: str) -> None:
    command = {"do": "add", "rows": [school(390, 250)]}
    assert emptied.post("/api/edits", command, Origin=origin).status_code == 403
    assert emptied.get("/api/state", Origin=origin).status_code == 403
    assert emptied.web.post(emptied.url + "/api/edits", json=command, timeout=10).status_code == 403  # no origin at all
    assert emptied.get("/api/state").json()["edits"] == []


def test_answers_are_for_this_page_alone(server: Server) -> None:
    page = server.get("/")
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == "no-store"
    assert "connect-src 'self'" in page.text
    assert "default-src 'none'" in page.text
    assert "Access-Control-Allow-Origin" not in page.headers
    first = requests.get(server.address, allow_redirects=False, timeout=10)
    assert (first.status_code, first.headers["Location"]) == (303, "/")
    assert {"HttpOnly", "SameSite=strict"} <= set(first.headers["Set-Cookie"].split("; "))


@pytest.mark.parametrize(
    "path",
    [
        "/../study.toml",
        "/%2e%2e/study.toml",
        "/api/changes.json",
        "/api/report.exe",
        "/api/report.docx",
        "/api/changes./../x",
        "/static/x",
        "/api/",
        "//etc/passwd",
    ],
)
def test_no_path_leads_anywhere_else(server: Server, path: str) -> None:
    request = requests.Request("GET", server.url, headers={}).prepare()
    request.url = server.url + path
    request.prepare_cookies(server.web.cookies)
    assert server.web.send(request, timeout=10).status_code == 404


def test_a_body_that_is_too_long_is_refused(emptied: Server) -> None:
    long = b" " * (MOST_BYTES + 1)
    assert emptied.post("/api/edits", long).status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 100_000

    url, headers = f"{emptied.url}/api/edits", {"Origin": emptied.url}
    assert emptied.web.post(url, data=pieces(), headers=headers, timeout=30).status_code == 413
    assert emptied.get("/api/state").ok


@pytest.fixture(scope="module")
def hunt() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "scripts"))
        yield importlib.import_module("hunt.meeting")


def test_malformed_requests_of_all_kinds_are_answered_and_lose_nothing(emptied: Server, hunt: Any) -> None:
    faults, counts = hunt.attacked(emptied, 250)
    assert faults == []
    assert {"200", "403", "404", "421", "422"} <= counts.keys()
    assert emptied.process.poll() is None


def test_tabs_at_work_hear_of_all_and_take_no_more_memory(emptied: Server, town_study: Path, hunt: Any) -> None:
    faults, memory = hunt.worked(emptied, 60, hunt.first_way(town_study))
    assert (faults, len(memory)) == ([], 10)


def test_what_was_answered_before_a_kill_is_in_the_journal(town_study: Path, tmp_path: Path, hunt: Any) -> None:
    lost, answered = hunt.killed(town_study, tmp_path, random.Random(3), hunt.first_way(town_study))  # noqa: S311
    assert (lost, answered > 0) == ([], True)


def test_many_tabs_at_once_get_whole_answers(emptied: Server) -> None:
    def one(nth: int) -> int:
        answer = emptied.post("/api/edits", {"do": "add", "rows": [school(10 + nth, 5, name=f"New {nth}")]})
        return len(answer.json()["edits"])

    with ThreadPoolExecutor(8) as pool:
        counts = sorted(pool.map(one, range(24)))
    assert counts == list(range(1, 25))
    assert len({edit["id"] for edit in emptied.get("/api/state").json()["edits"]}) == 24


def test_killed_it_opens_as_it_was(town_study: Path, tmp_path: Path) -> None:
    with served(town_study, tmp_path) as first:
        state = first.post("/api/edits", {"do": "add", "rows": [school(390, 250)]}).json()
        first.process.kill()
    with served(town_study, tmp_path, "--read-only") as again:
        assert again.get("/api/state").json()["communities"] == state["communities"]
        answer = again.post("/api/edits", {"do": "undo"})
        assert (answer.status_code, "Read only" in answer.json()["error"]) == (422, True)
        said = again.stop()
    assert again.process.returncode == 0
    assert "Closed. The changes are kept in" in said
    assert "Traceback" not in said


def test_a_study_that_changes_beneath_is_said_and_asked_nothing(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town")
    with served(town, tmp_path / "meeting") as first:
        state = first.post("/api/edits", {"do": "add", "rows": [school(390, 250)]}).json()
        assert state["stale"] == ""
        (tmp_path / "changes.xlsx").write_bytes(first.get("/api/changes.xlsx").content)
        with first.web.get(first.url + "/api/events", stream=True, timeout=60) as events:
            lines = (line for line in events.iter_lines(decode_unicode=True) if line.startswith("data:"))
            told = int(next(lines)[5:])
            invoke("apply", tmp_path / "changes.xlsx", town, "--no-cache")
            assert int(next(lines)[5:]) == told + 1  # tabs hear of it, though nobody clicks
        assert "(study.toml)" in first.get("/api/state").json()["stale"]
        answer = first.post("/api/ask", {"ask": "report"})
        assert (answer.status_code, "run cfgeo open again" in answer.json()["error"]) == (422, True)
    with served(town, tmp_path / "meeting") as again:
        now = again.get("/api/state").json()
        assert (now["before"], now["headline"]["passed"], now["stale"]) == (2, 2, "")
        assert [edit["decided"] for edit in now["edits"]] == [True]
        assert again.get("/api/changes.csv").text.count("\n") == 1  # its headings: nothing counts
        assert again.post("/api/ask", {"ask": "report"}).status_code == 422
        opened = again.post("/api/open?form=xlsx", (tmp_path / "changes.xlsx").read_bytes()).json()
        assert (opened["headline"]["passed"], [edit["on"] for edit in opened["edits"]]) == (2, [False])
        assert "not counted again: 1 of the changes." in again.stop()


def test_a_port_that_is_taken_is_said_before_any_work(server: Server, town_study: Path, tmp_path: Path) -> None:
    begun = time.monotonic()
    port = str(urlsplit(server.url).port)
    said = refused("open", town_study, "--no-browser", "--port", port, "--out", tmp_path, "--lang", "en")
    assert f"Port {port} cannot be used" in said
    assert time.monotonic() - begun < 30


def test_a_session_is_opened_once(server: Server, town_study: Path) -> None:
    assert str(server.folder) in refused("open", town_study, "--no-browser", "--out", server.folder, "--lang", "en")
