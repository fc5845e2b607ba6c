"""The desk of an open study in a real browser, as hands use it: on the town in tests, on real studies in hunts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tools.browser import PROJECTOR
from tools.served import Server

Spot = tuple[float, float]
"""A point of the screen [px]."""

_MIDDLE = """(mark) => {
  const { left, top, width, height } = mark.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}"""
_PATH_SPOTS = """path => {
  const at = path.getScreenCTM(), length = path.getTotalLength();
  if (!length) return []; // out of sight
  return [0.5, 0.3, 0.7, 0.1, 0.9].map(share => {
    const { x, y } = path.getPointAtLength(share * length).matrixTransform(at);
    return [x, y];
  });
}"""
_FREE = """([x, y]) => {
  const met = document.elementFromPoint(x, y);
  return Boolean(met && met.closest('.leaflet-container') && !met.closest('.desk, .leaflet-control'));
}"""


@contextmanager
def opened(browser: Any, server: Server, size: dict[str, int] = PROJECTOR) -> Iterator[Any]:
    """Open the page in a tab; nothing may go wrong on it, and it asks nobody else."""
    page, faults = browser.new_page(), list[str]()
    page.set_viewport_size(size)
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request", lambda request: None if request.url.startswith((server.url, "data:")) else faults.append(request.url)
    )
    page.goto(server.address)
    page.wait_for_selector("#desk-list li", state="attached", timeout=60_000)
    yield page
    page.close()
    assert faults == []


def unfold(page: Any) -> None:
    """Unfold the desk where it is folded."""
    if not page.is_visible("#desk .desk-body"):
        page.click("#desk .desk-head button")


def choose(page: Any, tool: str, **fields: str) -> None:
    """Choose a tool, and fill in its form: lists by their values, or by what is written."""
    unfold(page)
    page.select_option("#desk-tool", tool)
    for name, value in fields.items():
        field = page.locator(f"#desk-{name}")
        if field.evaluate("node => node.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def spot(page: Any, across: float, down: float) -> Spot:
    """Return a point of the map on the screen, from its left and its top."""
    box = page.locator(".map .leaflet-container").bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def centre(box: dict[str, float]) -> Spot:
    """Return the middle of a box of the screen."""
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def on_screen(page: Any, server: Server, row: dict[str, Any]) -> Spot:
    """Return where a place is on the screen: that of the mark of a change there, which is undone."""
    edits = server.post("/api/edits", {"do": "add", "rows": [row]}).json()["edits"]
    mark = f".desk-mark:text-is('{edits[-1]['number']}')"
    page.wait_for_selector(mark)
    there = page.locator(mark).evaluate(_MIDDLE)  # at once: marks are drawn anew with each state
    server.post("/api/edits", {"do": "undo"})
    page.wait_for_selector(mark, state="detached")
    return there[0], there[1]


def closed_street(page: Any, way: int | None = None) -> Spot:
    """Return a point of a closed street that is drawn, where a click meets the map."""
    paths = page.locator("path[data-closed]" if way is None else f"path[data-closed='{way}']")
    paths.first.wait_for(state="attached")
    for nth in range(paths.count()):
        for there in paths.nth(nth).evaluate(_PATH_SPOTS):
            if page.evaluate(_FREE, there):
                return there[0], there[1]
    raise AssertionError("no closed street is in sight")


def drag(page: Any, start: Spot, end: Spot) -> None:
    """Drag with the mouse."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()


def drag_by_finger(page: Any, start: Spot, end: Spot) -> None:
    """Drag with a finger."""
    touch = page.context.new_cdp_session(page)
    steps = [tuple(a + (b - a) * nth / 8 for a, b in zip(start, end, strict=True)) for nth in range(9)]
    for nth, (x, y) in enumerate(steps):
        kind = "touchMove" if nth else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def sign(page: Any) -> Spot:
    """Return where a sign of a facility is that can be dragged, and that a pointer meets."""
    signs = page.locator(".desk-held")
    signs.first.wait_for()
    for nth in range(signs.count()):
        there = centre(signs.nth(nth).bounding_box())
        if page.evaluate(_FREE, list(there)) and page.evaluate(
            "([x, y]) => Boolean(document.elementFromPoint(x, y).closest('.desk-held'))", list(there)
        ):
            return there
    raise AssertionError("no sign is in sight")


def listed(page: Any, count: int) -> None:
    """Wait until so many changes are listed."""
    page.wait_for_function("count => document.querySelectorAll('[data-edit]').length === count", arg=count)


def brings(page: Any, words: str) -> None:
    """Wait until the desk says something."""
    page.wait_for_function("words => document.getElementById('desk-brings').innerText.includes(words)", arg=words)


def seen(page: Any, selector: str) -> bool:
    """Return whether something is where a click would meet it."""
    script = """node => { const box = node.getBoundingClientRect();
        const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return node.contains(at); }"""
    return bool(page.locator(selector).evaluate(script))
