"""A plan for the interactive map of a run: its projects as a layer, and the communities before and after."""

from typing import Any

from cfgeo.core.plan import Plan
from cfgeo.core.strings import Lang, section, text
from cfgeo.publish.geometry import Projector
from cfgeo.publish.page.steps import community_data, step_data
from cfgeo.publish.words.steps import Step, plan_steps


def plan_data(plan: Plan, projector: Projector, *, lang: Lang) -> dict[str, Any]:
    """Return what the page's script needs of a plan.

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
        ``texts``; ``lines`` and ``left`` in words; ``steps``; ``communities`` in the order of the run's.
    """
    found = plan_steps(plan, lang)
    kept = ("before", "after", "rank", "held")
    communities = community_data(found, projector, lang=lang)
    told = [
        {"where": step.where, "cost": _money(step, lang), "facts": list(step.facts), **drawn}
        for step, drawn in zip(found.steps, step_data(found), strict=True)
    ]
    return {
        "texts": {key: words[lang] for key, words in section("run_plan").items() if key.split("_")[0] in _PAGE},
        "heading": found.heading,
        "lines": found.lines,
        "left": [line.strip() for line in found.left],
        "steps": told,
        "communities": [{key: community[key] for key in kept} for community in communities],
    }


_PAGE = ("view", "line", "plan")


def _money(step: Step, lang: Lang) -> str:
    return text("steps.so_far", lang, cost=step.cost, so_far=step.so_far)
