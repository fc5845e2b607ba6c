"""Time how a page opens in Chromium at the size of a projector: ``python scripts/bench/opening.py PAGE …``."""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None

CHROMIUM = Path("/usr/bin/chromium")
ROUNDS = 5
_SIZE = {"width": 1920, "height": 1080}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
_READY = "html[data-ready=true]"
_TIMES = """() => ({
  paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
  interactive: performance.getEntriesByType('navigation')[0].domInteractive,
})"""


def main(pages: list[str]) -> None:
    """Print a table of the pages of runs."""
    print("\n".join(opening_lines(list(map(Path, pages)))))


def opening_lines(pages: list[Path]) -> Iterator[str]:
    """Yield a table: how large each page is, and after how long it is seen, can be used, and is whole.

    Each opening is in a new tab of one browser, without a network; the middle of several counts. Nothing is yielded
    where there is no Chromium or no playwright.
    """
    if sync_playwright is None or not CHROMIUM.exists():
        return
    yield f"| page, {_SIZE['width']} x {_SIZE['height']} | MB | first paint, ms | DOM interactive, ms | map drawn, ms |"
    yield "|---|---:|---:|---:|---:|"
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=str(CHROMIUM), args=FLAGS, viewport=_SIZE
        )
        context.set_offline(True)
        for page in pages:
            rounds = [_opened(context, page) for _ in range(ROUNDS + 1)][1:]  # the first one starts the browser, too
            times = (f"{statistics.median(each[name] for each in rounds):.0f}" for name in rounds[0])
            yield f"| {page.parent.name} | {page.stat().st_size / 1e6:.2f} | {' | '.join(times)} |"
        context.close()
    yield ""


def _opened(context: Any, path: Path) -> dict[str, float]:
    """Open a page in a new tab, and return its times [ms]."""
    tab = context.new_page()
    tab.goto(path.resolve().as_uri())
    tab.wait_for_selector(_READY, state="attached")
    drawn = float(tab.evaluate("performance.now()"))
    times = {**tab.evaluate(_TIMES), "drawn": drawn}
    tab.close()
    return times


if __name__ == "__main__":
    main(sys.argv[1:])
