"""A study that is held open, served as a user opens it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from worlds.studies import degrees
from worlds.town import write_town

LISTED = {
    "P-1": ("Top School", 300, 320, 305),
    "P-2": ("East School", 200, 350, 102),
    "P-3": ("Dear School", 900, 390, 250),
}
"""A reserve list: id → name, cost, and place in local metres."""


@dataclass
class Server:
    """A session that is served."""

    process: subprocess.Popen[str]
    address: str
    folder: Path

    def __post_init__(self) -> None:
        self.web = requests.Session()
        self.web.trust_env = False
        self.url = f"http://{urlsplit(self.address).netloc}"
        self.web.get(self.address, timeout=60)

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.web.post(self.url + path, data=data, headers={"Origin": self.url, **headers}, timeout=60)

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.web.get(self.url + path, headers=headers, timeout=60)

    def stop(self) -> str:
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=30)[1]


@contextmanager
def served(study: Path, folder: Path, *options: str) -> Iterator[Server]:
    """Open a study as a user does, and end it."""
    command = [sys.executable, "-m", "cfgeo", "open", str(study), "--no-browser", "--out", str(folder), "--no-cache"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(
        [*command, *(options if "--lang" in options else (*options, "--lang", "en"))],
        text=True,
        encoding="utf-8",
        **pipes,
    )
    try:
        assert process.stdout is not None
        yield Server(process, process.stdout.readline().strip(), folder)
    finally:
        process.kill()
        process.communicate()


def school(x: float, y: float, **more: Any) -> dict[str, Any]:
    lon, lat = degrees(x, y)
    return {"action": "add", "layer": "schools", "kind": "primary", "name": "New", "lon": lon, "lat": lat, **more}


def town_with_list(folder: Path) -> Path:
    """Write the town with a reserve list of schools."""
    study = write_town(folder / "town")
    rows = [
        f"{id_},{name},{cost},add,schools,primary,{name},{','.join(map(str, degrees(x, y)))}"
        for id_, (name, cost, x, y) in LISTED.items()
    ]
    table = "\n".join(["id,project,cost (CNY),action,layer,kind,name,lon,lat", *rows])
    (study.parent / "projects.csv").write_text(f"{table}\n", encoding="utf-8")
    study.write_text(study.read_text(encoding="utf-8") + '\n[projects]\npath = "projects.csv"\n', encoding="utf-8")
    return study
