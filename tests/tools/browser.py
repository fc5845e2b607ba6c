"""Driving Chromium in tests: no network, and nothing of the user's."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

CHROMIUM = Path("/usr/bin/chromium")
LAPTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
PROJECTOR = {"width": 1920, "height": 1080}
LOCAL_SCHEMES = ("file", "data", "blob", "about")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Watched:
    """A page and what went wrong on it."""

    page: Any
    faults: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Fail if the page wrote an error or asked for anything that is not in the file."""
        assert self.faults == []


@contextmanager
def chromium(profile: Path, **options: Any) -> Iterator[Any]:
    """Start Chromium with an empty profile and options of Playwright; skip the test where it cannot be had."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}")
    with sync_api.sync_playwright() as playwright:
        usual = {"viewport": LAPTOP, "reduced_motion": "reduce"}
        context = playwright.chromium.launch_persistent_context(
            str(profile), executable_path=str(CHROMIUM), args=FLAGS, **{**usual, **options}
        )
        context.set_offline(True)
        yield context
        context.close()


@contextmanager
def open_page(context: Any, path: Path, size: dict[str, int] = LAPTOP) -> Iterator[Watched]:
    """Open a file in a new tab; afterwards nothing may have gone wrong."""
    watched = Watched(context.new_page())
    page = watched.page
    page.set_viewport_size(size)
    page.on("console", lambda message: watched.faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: watched.faults.append(str(error)))
    page.on("request", lambda request: _note_request(watched, request.url))
    page.on("dialog", lambda dialog: (watched.faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=true]", state="attached", timeout=20_000)
    yield watched
    watched.check()
    page.close()


def pdf_pages(body: bytes) -> int:
    """Return how many pages a PDF has."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", body))


def _note_request(watched: Watched, url: str) -> None:
    if urlsplit(url).scheme not in LOCAL_SCHEMES:
        watched.faults.append(f"request: {url}")


def grave(found: Any) -> list[str]:
    """Return what axe counts as serious or critical; see that it looked at all."""
    assert len(found.response["passes"]) > 20
    bad = [one for one in found.response["violations"] if one["impact"] in {"serious", "critical"}]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in bad]
