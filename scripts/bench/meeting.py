"""Time the clicks of an open study, through its server: ``python scripts/bench/meeting.py STUDY …``."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the scripts' folder

# isort: split
from cfgeo import Inputs, load_inputs, load_study
from cfgeo.core.schema import WGS84

CLICKS, SEED = 20, 1


def main(paths: list[str]) -> None:
    """Print a table for each study."""
    for path in map(Path, paths):
        print("\n".join(meeting_lines(path)))


def meeting_lines(path: Path) -> Iterator[str]:
    """Time changes of each kind, each undone before the next."""
    study = load_study(path)
    with served(path) as (web, url, opened_s):
        yield f"{study.study.id}: opened in {opened_s:.1f} s, with the network cached"
        yield ""
        yield f"| {CLICKS} clicks each | median, ms | 95th, ms | answer, kB |"
        yield "|---|---:|---:|---:|"
        for name, rows in _rows(load_inputs(study, margin_m=0.0)).items():
            answers = [_clicked(web, url, row) for row in rows]
            done = [answer for answer in answers if answer is not None]
            seconds, sizes = (np.array(column) for column in zip(*done, strict=True))
            median, slow = np.quantile(seconds, [0.5, 0.95]) * 1000
            yield f"| {name} ({len(done)}) | {median:.0f} | {slow:.0f} | {np.median(sizes) / 1000:.1f} |"
        yield ""


def _clicked(web: requests.Session, url: str, row: dict[str, Any]) -> tuple[float, int] | None:
    """Return the seconds until a change is answered, and how long the answer is; None where it cannot be made."""
    begun = time.perf_counter()
    answer = _post(web, url, {"do": "add", "rows": [row]})
    took = time.perf_counter() - begun
    if not answer.ok:
        return None
    _post(web, url, {"do": "undo"})
    return took, len(answer.content)


def _post(web: requests.Session, url: str, command: dict[str, Any]) -> requests.Response:
    return web.post(f"{url}/api/edits", data=json.dumps(command), headers={"Origin": url}, timeout=120)


@contextmanager
def served(path: Path) -> Iterator[tuple[requests.Session, str, float]]:
    """Open a study, and yield who asks, where, and after how many seconds it was open."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "cfgeo", "open", str(path), "--no-browser", "--out", folder]
        for last in (False, True):  # the first time caches the network
            begun = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            try:
                assert process.stdout is not None  # noqa: S101
                address = process.stdout.readline().strip()
                opened_s = time.perf_counter() - begun
                if last:
                    web, url = requests.Session(), f"http://{urlsplit(address).netloc}"
                    web.trust_env = False
                    web.get(address, timeout=60)
                    yield web, url, opened_s
            finally:
                process.kill()
                process.communicate()


def _rows(inputs: Inputs) -> dict[str, list[dict[str, Any]]]:
    """Return changes of each kind, all over the district."""
    choose = np.random.default_rng(SEED)
    homes = inputs.demand.sample(2 * CLICKS, random_state=SEED).geometry.to_crs(WGS84)
    schools = inputs.layers["schools"]
    kind = str(schools["kind"].iloc[0])
    ways = inputs.network.edges["osm_id"]
    return {
        "a school is added": [
            {"action": "add", "layer": "schools", "kind": kind, "name": f"{nth}", "lon": home.x, "lat": home.y}
            for nth, home in enumerate(homes[:CLICKS])
        ],
        "a school is closed": [
            {"action": "close", "layer": "schools", "facility": str(school)} for school in schools.index[:CLICKS]
        ],
        "stairs are built": [
            {
                "action": "add",
                "link": "stairs",
                "wkt": f"LINESTRING ({home.x} {home.y}, {home.x + 5e-4} {home.y + 3e-4})",
            }
            for home in homes
        ],
        "a street is closed": [
            {"action": "close", "way": int(way)}
            for way in choose.choice(ways[ways > 0].unique(), CLICKS, replace=False)
        ],
    }


if __name__ == "__main__":
    main(sys.argv[1:])
