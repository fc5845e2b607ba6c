"""A tour of a run's page, the same for any study: what has to hold in each view, panel and step, on each screen."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe

from tools.browser import LAPTOP, PHONE, PROJECTOR, grave

SIZES = {"projector": PROJECTOR, "laptop": LAPTOP, "small": {"width": 1280, "height": 720}, "phone": PHONE}
_LABELS = """() => [...document.querySelectorAll('#map .label span')]
  .map((span) => [span, span.getBoundingClientRect()])
  .filter(([span, box]) => !span.hidden && !span.parentElement.hidden && box.width && span.textContent)
  .map(([span, box]) => [span.textContent, box.left, box.top, box.right, box.bottom])"""
_INSIDE_PX = 3.0
"""Boxes of letters have room around them: so much of two may be shared."""


def check_labels(page: Any, where: object) -> None:
    """Check that no two names on the map cover each other."""
    labels = page.evaluate(_LABELS)
    for nth, (name, left, top, right, bottom) in enumerate(labels):
        for other, *box in labels[nth + 1 :]:
            wide, high = min(right, box[2]) - max(left, box[0]), min(bottom, box[3]) - max(top, box[1])
            assert min(wide, high) <= _INSIDE_PX, (where, name, other)


def check_width(page: Any, where: object) -> None:
    """Check that nothing stands beyond the right edge."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], where


def tour_views(page: Any, where: str, *, axe: bool = False) -> None:
    """Choose each view, and go back to the whole map; ``axe`` looks at each where it is asked to."""
    views = page.eval_on_selector_all("#view option", "options => options.map(option => option.value)")
    assert len(views) > 8
    for view in views:
        page.select_option("#view", view)
        assert page.locator(".chip").count() == (view != views[0])
        check_labels(page, (where, view))
        check_width(page, (where, view))
        if axe:
            assert grave(Axe().run(page)) == [], view
    page.click("#whole")
    assert page.locator(".chip").count() == 0
    assert page.input_value("#view") == views[0]


def tour_panels(page: Any, where: str) -> None:
    """Open each tab, each step of the plan where there is one, and the panel of each community."""
    for tab in page.eval_on_selector_all("[role=tab]", "tabs => tabs.map(tab => tab.id)"):
        page.click(f"#{tab}")
        check_width(page, (where, tab))
    if page.locator("#tab-plan").count():
        page.click("#tab-plan")
        steps = int(page.get_attribute(".stepper input[type=range]", "max"))
        assert steps > 1
        for step in range(steps + 1):
            page.locator(".stepper input[type=range]").fill(str(step))
            check_labels(page, (where, step))
    page.click("#tab-communities")
    for code in page.eval_on_selector_all("tr[data-code]", "rows => rows.map(row => row.dataset.code)"):
        page.locator(f'tr[data-code="{code}"] button').dispatch_event("click")  # a sheet may lie over it
        page.wait_for_selector("#place")
        panel = page.locator("#place").bounding_box()
        assert panel["x"] >= 0
        assert panel["x"] + panel["width"] <= page.viewport_size["width"] + 1
        check_labels(page, (where, code))
        check_width(page, (where, code))
