"""Time an open study in Chromium, from a click to the changed headline: ``python scripts/bench/meeting.py STUDY …``.

Real clicks of the mouse on the map, each undone before the next; the clock is the page's own, from the press of the
button to the moment at which the list of changes is drawn anew. Nothing is printed where there is no Chromium or no
playwright.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the scripts' folder

# isort: split
from bench.commands import processor_s
from bench.opening import CHROMIUM, FLAGS, sync_playwright
from cfgeo.core.strings import text

CLICKS, SEED = 40, 1
_SIZE = {"width": 1366, "height": 768}
_WATCH = """() => {
  window.began = 0; window.took = 0;
  addEventListener('pointerdown', () => { window.began = performance.now(); }, true);
  new MutationObserver(() => { window.took = performance.now() - window.began; })
    .observe(document.getElementById('desk-list'), { childList: true });
}"""
_DONE = """busy => window.took > 0
  || !(document.getElementById('desk-fault').hidden || document.getElementById('desk-fault').innerText === busy)"""
_BUSY = text("desk.busy", "en")


def main(paths: list[str]) -> None:
    """Print a table for each study."""
    for path in paths:
        print("\n".join(meeting_lines(Path(path))))


def meeting_lines(path: Path) -> Iterator[str]:
    """Time how a study opens, and changes of each kind."""
    if sync_playwright is None or not CHROMIUM.exists():
        return
    with served(path) as (address, opened_s, own_s), tempfile.TemporaryDirectory() as profile:
        geopandas_s = processor_s("-c", "import geopandas")
        yield f"`cfgeo open {path}`, network cached: {opened_s:.1f} s until the address is printed;"
        yield f"{own_s:.1f} s of the processor, {own_s / geopandas_s:.1f} of `import geopandas`."
        yield ""
        yield "| from a click to the changed headline | clicks | median, ms | 95th, ms |"
        yield "|---|---:|---:|---:|"
        with sync_playwright() as playwright:
            context = playwright.chromium.launch_persistent_context(
                profile, executable_path=str(CHROMIUM), args=FLAGS, viewport=_SIZE
            )
            page = context.new_page()
            page.goto(address)
            page.wait_for_selector("#desk-list li", state="attached", timeout=60_000)
            if not page.is_visible("#desk-tool"):
                page.click("#desk .desk-head button")  # it is folded where the map would be small beside it
            page.evaluate(_WATCH)
            for name, clicked in {"a school is added": _school, "stairs are built": _stairs}.items():
                times = list(_timed(page, clicked))
                median, slow = np.quantile(times, [0.5, 0.95])
                yield f"| {name} | {len(times)} | {median:.0f} | {slow:.0f} |"
            context.close()
        yield ""


def _timed(page: Any, clicked: Any) -> Iterator[float]:
    """Yield how long each change took [ms]; one that cannot be made is left out."""
    choose = np.random.default_rng(SEED)
    box = page.locator(".map .leaflet-container").bounding_box()
    for _ in range(CLICKS):
        across, down = choose.uniform([0.5, 0.2], [0.95, 0.8])
        page.evaluate("window.took = 0")
        if not clicked(page, box["x"] + across * box["width"], box["y"] + down * box["height"]):
            page.keyboard.press("Escape")
            page.keyboard.press("Escape")
            continue
        page.wait_for_function(_DONE, arg=_BUSY)
        took = float(page.evaluate("window.took"))
        if took and page.is_enabled("#desk-undo"):  # else the headline was the last undo's, and nothing was made
            yield took
            page.evaluate("window.took = 0")
            page.click("#desk-undo")
            page.wait_for_function(_DONE, arg=_BUSY)
            page.wait_for_timeout(400)  # what follows a click is answered meanwhile


def _school(page: Any, x: float, y: float) -> bool:
    page.select_option("#desk-tool", "add")
    page.select_option("#desk-layer", "schools")
    page.mouse.click(x, y)
    return True


def _stairs(page: Any, x: float, y: float) -> bool:
    page.select_option("#desk-tool", "link")
    page.mouse.click(x, y)
    page.wait_for_timeout(200)
    page.mouse.click(x + 12, y + 9)
    page.wait_for_timeout(200)
    if page.is_visible("#desk-fault") or page.locator("path.desk-drawn").count() < 3:  # two corners and their line
        return False
    page.click("#desk-finish")
    return True


@contextmanager
def served(path: Path) -> Iterator[tuple[str, float, float]]:
    """Open a study, and yield its address, and how long that took: by the clock, and of the processor [s]."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "cfgeo", "open", str(path), "--no-browser", "--out", folder]
        command += ["--cache", f"{folder}/cache", "--lang", "en"]
        for last in (False, True):  # the first time caches the network
            begun = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            try:
                assert process.stdout is not None  # noqa: S101
                address = process.stdout.readline().strip()
                opened_s, own_s = time.perf_counter() - begun, _processor_s(process.pid)
                if last:
                    yield address, opened_s, own_s
            finally:
                process.kill()
                process.communicate()


def _processor_s(process: int) -> float:
    """Return the processor time of a process so far [s]; NaN where the system does not tell it."""
    told = Path(f"/proc/{process}/stat")
    if not told.exists():
        return float("nan")
    fields = told.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(sys.argv[1:])
