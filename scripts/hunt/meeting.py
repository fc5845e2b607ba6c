"""Attack an open study: requests that nobody should send, kills at random moments, and many tabs at work.

    python scripts/hunt/meeting.py requests 10000 STUDY
    python scripts/hunt/meeting.py kills 50 STUDY
    python scripts/hunt/meeting.py tabs 1000 STUDY
    python scripts/hunt/meeting.py acted 1 STUDY

``requests`` sends so many malformed ones over all routes: wrong methods, paths, hosts, origins, tokens, bodies, tables
and names. No answer may be a fault of the server, nothing may be let in, and the journal has to hold what the page
shows. ``kills`` ends the process so many times while commands come in: what was answered is there again. ``tabs`` makes
so many changes from eight tabs that listen: each hears of all, and the memory stays flat. ``acted`` acts a whole
meeting so many times in Chromium, in Chinese and in English: add, move, draw, open, undo, plan, walk, save, reload and
report, on a copy of the study. Prints what was counted, and each fault; then the exit is 1.
"""

import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count, product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

# isort: split
from tools.acted import acted
from tools.served import Server, served

from cfgeo import load_study
from cfgeo.app.edits import History, changed_history
from cfgeo.app.guard import MOST_BYTES
from cfgeo.app.journal import Journal
from cfgeo.core.errors import ScenarioError
from cfgeo.core.schema import LEVEL
from cfgeo.core.strings import Lang
from cfgeo.pipeline.case import load_case

TABS, TOLD_EACH, MOST_GROWTH, MOST_S, WAIT = 8, 10, 0.1, 1.5, 429
LANGS: tuple[Lang, ...] = ("zh", "en")
REFUSED = {400, 403, 404, 405, 413, 421, 422, WAIT}
COMMAND, MOST_OFTEN = "/api/edits", 4
PATHS = (
    *(COMMAND,) * MOST_OFTEN, "/", "/api/state", "/api/open?form=csv", "/api/open?form=xlsx", "/api/way",
    "/api/way?lon=106.5&lat=29.5", "/api/join?lon=106.5&lat=29.5", "/api/community?lon=106.5&lat=29.5", "/api/wider",
    "/api/open?form=toml", "/api/changes.toml", "/api/report.docx", "/api/walks?community=0",
    "/api/crossing?lon=106.5&lat=29.5", "/api/closed", "/api/gates", "/api/walks", "/api/compare?one=as_is&other=desk",
    "/api/compare",
    "/api/alone?id=1", "/api/changes.xlsx", "/api/changes.csv", "/api/ask", "/api/report.zip",
    "/api/nothing", "/../../etc/passwd", "/%2e%2e/%2e%2e/study.toml", "/api/changes.%2e%2e%2fjournal", "//etc/passwd",
    "/\\..\\x",
)  # fmt: skip
THINGS: tuple[Any, ...] = (
    None, True, -1, 0, 1, 1e308, 10**400, "", "add", "x" * 1000, "9" * 5000, "\u0000", "\u202e🧒", "\ud800", [], {},
    [[]], {"do": {}}, [[[[[[[[]]]]]]]], "../../x", "=HYPERLINK(1)", "<script>", "1 万元", "LINESTRING (0 0, 1 1)",
    "POLYGON EMPTY", "POINT (1e400 2)", "GEOMETRYCOLLECTION (" * 50,
)  # fmt: skip
KEYS = (
    "do", "rows", "row", "id", "on", "name", "action", "layer", "facility", "kind", "lon", "lat", "wkt", "file",
    "datum", "crs", "attributes", "tags", "way", "street", "link", "capacity", "cost", "position", "ask", "count",
)  # fmt: skip
COMMANDS = ("add", "load", "replace", "remove", "switch", "keep", "recall", "forget", "undo", "redo", "clear", "boom")


WRONG = tuple(
    {name: value}
    for name, value in [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Host", "evil.example"),
        ("Cookie", "cfgeo=x"),
        ("Cookie", ""),
    ]
)


def garbage(choose: random.Random) -> Any:
    """Return something that is no command, or nearly one."""
    row = {choose.choice(KEYS): choose.choice(THINGS) for _ in range(choose.randint(0, 5))}
    command = {"do": choose.choice(COMMANDS), "rows": [row], "row": row, "name": choose.choice(THINGS)}
    return choose.choice([choose.choice(THINGS), row, command, {**command, "id": choose.choice(THINGS)}])


def body_of(choose: random.Random) -> bytes:
    """Return the body of a request: JSON, cut off or with wrong bytes now and then, or no JSON at all."""
    body = json.dumps(garbage(choose)).encode()
    if choose.random() < 0.2:
        body = body[: choose.randint(0, len(body))] + choose.randbytes(choose.randint(0, 8))
    if choose.random() < 0.05:
        body = choose.choice([b"", b"PK\x03\x04" + choose.randbytes(200), b"[" * 100_000, b"\xef\xbb\xbfaction\n" * 50])
    return b" " * (MOST_BYTES + 1) if choose.random() < 0.001 else body


def path_of(choose: random.Random) -> str:
    """Return the path of a request, with a question of its own now and then."""
    path = choose.choice(PATHS)
    if choose.random() < 0.3:
        key, value = choose.choice(["lon", "lat", "one", "other", "id", "community", "form"]), choose.choice(THINGS)
        path += f"{'&' if '?' in path else '?'}{key}={quote(str(value)[:500], errors='replace')}"
    return path


def stranger(choose: random.Random, server: Server) -> tuple[dict[str, str], bool]:
    """Return the headers of a request, and whether it comes from the session's own page."""
    own = {"Origin": server.url, "Host": server.url.removeprefix("http://")}
    cookie = {"Cookie": "; ".join(f"{each.name}={each.value}" for each in server.web.cookies)}
    if choose.random() < 0.3:
        return {**own, **cookie, **choose.choice(WRONG)}, False
    return {**own, **cookie}, True


def send(server: Server, choose: random.Random, counts: Counter[str]) -> list[str]:
    """Send one request, and return what is wrong with its answer."""
    headers, own = stranger(choose, server)
    path, body = path_of(choose), body_of(choose)
    usual = "POST" if path.startswith((COMMAND, "/api/open", "/api/ask")) else "GET"
    method = usual if choose.random() < 0.9 else choose.choice(["GET", "POST", "PUT", "DELETE"])
    request = requests.Request(method, server.url, headers=headers, data=None if method == "GET" else body).prepare()
    request.url = server.url + path
    while True:
        with requests.Session() as web:
            web.trust_env = False
            answer = web.send(request, timeout=120, allow_redirects=False)
        if answer.status_code != WAIT:
            break
        counts["asked to wait"] += 1
        time.sleep(0.2)
    counts[str(answer.status_code)] += 1
    said = f"{method} {path} {body[:200]!r}: {answer.status_code}"
    if not own and answer.status_code not in REFUSED:
        return [f"{said} was let in"]
    if answer.status_code not in REFUSED | {200}:
        return [f"{said} is a fault of the server"]
    return [f"{said} shows how it is made"] if b"Traceback" in answer.content else []


def attacked(server: Server, times: int, seed: int = 1) -> tuple[list[str], Counter[str]]:
    """Send so many requests, and return what is wrong, and how many had which answer."""
    choose, counts, faults = random.Random(seed), Counter[str](), list[str]()  # noqa: S311
    for nth in range(times):
        faults += send(server, choose, counts)
        if server.process.poll() is not None:
            return [*faults, f"the server ended at request {nth}"], counts
    server.post("/api/ask", {"stop": True})
    shown, kept = server.get("/api/state").json(), Journal(server.folder).read()
    if [(edit["id"], edit["row"]) for edit in shown["edits"]] != [(edit.id, dict(edit.row)) for edit in kept.edits]:
        faults.append("the journal holds other changes than the page shows")
    if [each["name"] for each in shown["kept"]] != [each.name for each in kept.kept]:
        faults.append("the journal holds other scenarios than the page shows")
    return faults, counts


def killed(study: Path, folder: Path, chance: random.Random, way: int) -> tuple[list[str], int]:
    """Open a study, kill it while commands come in, and return what was lost, and how many had been answered."""
    answered: list[dict[str, Any]] = []
    before = Journal(folder).read()
    with served(study, folder) as server:
        for command in endless(before, way):
            try:
                answer = server.post(COMMAND, command)
            except requests.RequestException:
                break
            if not answered:
                threading.Timer(chance.uniform(0.0, MOST_S), server.process.kill).start()
            answered += [command] if answer.ok else []
    history = replayed(before, answered)
    found = Journal(folder).read()
    nexts = [history] + [step for command in possible(history, way) if (step := attempt(history, command))]
    return ([] if found in nexts else ["what was answered is not in the journal"]), len(answered)


def endless(before: History, way: int) -> Iterator[dict[str, Any]]:
    """Yield commands without end: a change, a scenario with it, and no change again."""
    for nth in count(before.last + 1):
        yield {"do": "add", "rows": [{"action": "close", "way": way}]}
        yield {"do": "keep", "name": str(nth % 9)}
        yield {"do": "remove", "id": nth}


def possible(history: History, way: int) -> list[dict[str, Any]]:
    """Return the commands that may have been written and not answered when the process was killed."""
    names = [{"do": "keep", "name": str(nth)} for nth in range(9)]
    return [{"do": "add", "rows": [{"action": "close", "way": way}]}, *names, {"do": "remove", "id": history.last}]


def replayed(history: History, commands: list[dict[str, Any]]) -> History:
    """Return a history after commands."""
    for command in commands:
        history = changed_history(history, command)
    return history


def attempt(history: History, command: dict[str, Any]) -> History | None:
    """Return a history after a command; None where it cannot be given."""
    try:
        return changed_history(history, command)
    except ScenarioError:
        return None


class Listener(threading.Thread):
    """A tab that hears of changes; ``heard`` is the last version that it was told."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.server, self.heard = server, 0
        self.start()

    def run(self) -> None:
        """Listen until the server ends."""
        try:
            with self.server.web.get(self.server.url + "/api/events", stream=True, timeout=120) as events:
                for line in events.iter_lines(decode_unicode=True):
                    self.heard = int(line[5:]) if line.startswith("data:") else self.heard
        except requests.RequestException:
            return


def switched(server: Server, number: int, nth: int) -> None:
    """Switch a change on or off, and wait where the server asks for it."""
    wanted = {"do": "switch", "id": number, "on": nth % 2 == 0}
    answer = server.post(COMMAND, wanted)
    while answer.status_code == WAIT:
        time.sleep(0.1)
        answer = server.post(COMMAND, wanted)
    answer.raise_for_status()


def worked(server: Server, changes: int, way: int) -> tuple[list[str], list[float]]:
    """Make so many changes from tabs that listen; return what is wrong, and the memory [MB] after each tenth."""
    edits = server.post(COMMAND, {"do": "load", "rows": [{"action": "close", "way": way}]}).json()["edits"]
    tabs, memory = [Listener(server) for _ in range(TABS)], list[float]()
    with ThreadPoolExecutor(TABS) as pool:
        for _ in range(TOLD_EACH):
            list(pool.map(partial(switched, server, edits[0]["id"]), range(changes // TOLD_EACH)))
            memory.append(resident_mb(server.process.pid))
    version = server.get("/api/state").json()["version"]
    for _ in range(100):
        if all(tab.heard == version for tab in tabs):
            break
        time.sleep(0.1)
    heard = [tab.heard for tab in tabs]
    faults = [] if min(heard) == version else [f"tabs heard of {heard}, and the session is at {version}"]
    settled = memory[TOLD_EACH // 2 - 1]
    if memory[-1] > settled * (1 + MOST_GROWTH):
        faults.append(f"the memory grew from {settled:.0f} to {memory[-1]:.0f} MB")
    return faults, memory


def resident_mb(process: int) -> float:
    """Return the memory that a process holds [MB]; NaN where the system does not tell it."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return float("nan")
    lines = (line.split() for line in status.read_text(encoding="utf-8").splitlines())
    return next(int(words[1]) / 1024 for words in lines if words[0] == "VmRSS:")


def first_way(study: Path) -> int:
    """Return a street of a study that can be closed."""
    edges = load_case(load_study(study)).inputs.network.edges
    return int(edges.loc[edges["form"] == LEVEL, "osm_id"].min())


def main(what: str, times: int, study: Path) -> int:
    """Do one of the four, and return how much is wrong."""
    begun = time.perf_counter()
    if what == "acted":
        return all_acted(study, times)
    with tempfile.TemporaryDirectory() as folder:
        faults, told = (
            all_killed(study, Path(folder), times) if what == "kills" else served_once(study, folder, what, times)
        )
    for fault in faults:
        print(fault)
    print(f"{times} {what}, {len(faults)} faults; {told}; {time.perf_counter() - begun:.0f} s")
    return len(faults)


def all_acted(study: Path, times: int) -> int:
    """Act a meeting so many times in both languages, and return how many went wrong."""
    wrong = 0
    for nth, lang in product(range(times), LANGS):
        begun, steps = time.perf_counter(), list[str]()
        with tempfile.TemporaryDirectory() as folder:
            try:
                acted(study, Path(folder), lang, steps.append)
                said = "nothing went wrong"
            except Exception as error:  # whatever stops a meeting is what is hunted
                wrong, said = wrong + 1, f"then {type(error).__name__}: {error}"
        took = time.perf_counter() - begun
        print(f"meeting {nth + 1} in {lang}: {', '.join(steps)}; {said}; {took:.0f} s", flush=True)
    return wrong


def all_killed(study: Path, folder: Path, times: int) -> tuple[list[str], str]:
    """Kill a session so many times."""
    chance, way, answers, faults = random.Random(1), first_way(study), 0, list[str]()  # noqa: S311
    for nth in range(times):
        lost, answered = killed(study, folder, chance, way)
        faults, answers = faults + lost, answers + answered
        print(f"kill {nth + 1}: {answered} commands answered; {'; '.join(lost) or 'all are there'}", flush=True)
    return faults, f"{answers} commands answered in all"


def served_once(study: Path, folder: str, what: str, times: int) -> tuple[list[str], str]:
    """Send requests to one session, or work in it with many tabs."""
    with served(study, Path(folder)) as server:
        if what == "requests":
            faults, counts = attacked(server, times)
            told = str(dict(sorted(counts.items())))
        else:
            faults, memory = worked(server, times, first_way(study))
            told = f"memory {', '.join(f'{mb:.0f}' for mb in memory)} MB"
        return faults + (["there is a traceback on stderr"] if "Traceback" in server.stop() else []), told


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    raise SystemExit(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])) > 0)
