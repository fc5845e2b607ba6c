"""A plan on the interactive map of a run: its projects as a layer, and the communities before and after."""

from typing import Any

from cfgeo.core.plan import Plan
from cfgeo.core.strings import Lang, text
from cfgeo.publish.geometry import Projector
from cfgeo.publish.page.steps import community_data, step_data
from cfgeo.publish.words.frontier import BOX, HEIGHT, WIDTH
from cfgeo.publish.words.names import texts_of
from cfgeo.publish.words.steps import plan_steps

_TEXTS = ("view", "line", "plan")
"""What the keys of the page's texts begin with; the others are the reports'."""
STEP_TEXTS = ("view_before", "view_after", "back", "forward", "slider", "now", "then", "then_cost")
"""What the page takes of the texts of a plan's own page, as ``step_…``."""
_COMMUNITY = ("before", "after", "rank", "held")
"""The page has the rest of each community already."""


def plan_data(plan: Plan, projector: Projector, *, lang: Lang) -> dict[str, Any]:
    """Return what the script of a run's page needs of a plan.

    Parameters
    ----------
    plan
        What :func:`cfgeo.plan_study` gives.
    projector
        From the metric CRS to the page.
    lang
        Language of the words.

    Returns
    -------
    dict
        ``texts``; how many communities pass now and are wanted; ``lines`` and ``left`` in words; ``steps``; further
        ``tables``; ``communities`` in the order of the run's.
    """
    steps = plan_steps(plan, lang)
    communities = community_data(steps, projector, lang=lang)
    return {
        "texts": {
            **{key: words for key, words in texts_of("run_plan", lang).items() if key.split("_")[0] in _TEXTS},
            **{f"step_{key}": words for key, words in texts_of("steps", lang).items() if key in STEP_TEXTS},
        },
        "passed": int(plan.district_before["passed"]),
        "wanted": int(plan.district_before["passed"]) + int(plan.district_before["needed"]),
        "heading": steps.heading,
        "lines": steps.lines,
        "left": [line.strip() for line in steps.left],
        "steps": [
            {
                "where": step.where,
                "cost": text("steps.so_far", lang, cost=step.cost, so_far=step.so_far),
                "facts": list(step.facts),
                **drawn,
            }
            for step, drawn in zip(steps.steps, step_data(steps), strict=True)
        ],
        "tables": [
            {
                "title": listing.title,
                "heads": list(listing.heads),
                "rows": [list(row) for row in listing.rows],
                "numbers": [key in listing.numbers for key in listing.keys],
            }
            for listing in steps.tables
        ],
        "communities": [{key: community[key] for key in _COMMUNITY} for community in communities],
    }


def plan_chart(plan: Plan, *, lang: Lang) -> dict[str, Any]:
    """Return what the template of a run's page draws the chart of a plan from."""
    steps = plan_steps(plan, lang)
    return {
        "chart": steps.chart,
        "chart_label": steps.lines[0],
        "words": texts_of("steps", lang),
        "size": (WIDTH, HEIGHT),
        "box": BOX,
    }
