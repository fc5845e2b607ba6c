"""A plan or sites → one HTML file: the map now, step by step and with all built. It works with no network at all."""

from typing import Any

import geopandas as gpd
import shapely

from cfgeo.core.schema import PASSED, WGS84
from cfgeo.core.strings import Lang, name_of
from cfgeo.publish.geometry import (
    MAP_DEGREE_DECIMALS,
    UNITS_PER_DEGREE,
    Projector,
    drawn_shapes,
    simplified_coverage,
    street_lines,
)
from cfgeo.publish.page.data import base_map
from cfgeo.publish.page.frame import render_page
from cfgeo.publish.page.ground import land_data
from cfgeo.publish.words.changes import clause_cells
from cfgeo.publish.words.frontier import BOX, HEIGHT, WIDTH
from cfgeo.publish.words.names import map_texts, texts_of, verdict_names
from cfgeo.publish.words.steps import BuildStep, BuildSteps


def steps_html(steps: BuildSteps, *, lang: Lang) -> str:
    """Return the page. The same results give the same text.

    Parameters
    ----------
    steps
        A plan or sites, as steps in the same language.
    lang
        Language of the page.
    """
    return render_page(
        "steps/steps.html",
        steps.before,
        steps_data(steps, lang=lang),
        scripts=["steps/steps.js"],
        styles=["shared/base.css", "shared/changes.css", "shared/frontier.css", "steps/steps.css"],
        lang="zh-Hans" if lang == "zh" else "en",
        say=texts_of("steps", lang),
        steps=steps,
        status_text=name_of("word", steps.status, lang),
        verdict_names=verdict_names(lang),
        size=(WIDTH, HEIGHT),
        box=BOX,
    )


def steps_data(steps: BuildSteps, *, lang: Lang) -> dict[str, Any]:
    """Return what the page's script needs.

    Parameters
    ----------
    steps
        A plan or sites, as steps in the same language.
    lang
        Language of names.
    """
    projector, bounds = Projector(steps.inputs.crs), steps.before.total_bounds
    return {
        "lang": lang,
        "units": UNITS_PER_DEGREE,
        "bounds": projector.bounds(bounds),
        "texts": map_texts("steps", lang),
        "verdicts": verdict_names(lang),
        "passed": int((steps.before["verdict"] == PASSED).sum()),
        "communities": community_data(steps, projector, lang=lang),
        "steps": step_data(steps),
        "streets": street_lines(steps.inputs.network, projector, bounds),
        "ground": base_map(steps.inputs, projector),
        "land": land_data(steps.ground, projector, crs=steps.inputs.crs, lang=lang),
    }


def community_data(steps: BuildSteps, projector: Projector, *, lang: Lang) -> list[dict[str, Any]]:
    """Return the communities: verdicts, what changes, the step with which they pass (0: none), and their shapes."""
    rows, shapes, basis = steps.before, simplified_coverage(steps.before), steps.inputs.demand_basis
    changes = dict(iter(steps.clauses.groupby("code", sort=False)))
    passes_with = {code: step.rank for step in steps.steps for code in step.adds}
    return [
        {
            "code": str(row.code),
            "name": str(row.community),
            "office": str(row.street_office),
            "before": row.verdict,
            "after": after,
            "rank": passes_with.get(row.code, 0),
            "held": steps.held.get(str(row.code), ""),
            "clauses": clause_cells(changes[row.code], steps.titles, lang, basis=basis) if row.code in changes else [],
            "shape": projector.polygons(shape),
            "label": projector.point(label),
        }
        for row, after, shape, label in zip(
            rows.reset_index().itertuples(),
            steps.after["verdict"].reindex(rows.index),
            shapes,
            shapely.point_on_surface(shapes),
            strict=True,
        )
    ]


def step_data(steps: BuildSteps) -> list[dict[str, Any]]:
    """Return the steps with their shapes and where their number stands."""
    order = {code: nth for nth, code in enumerate(steps.before.index)}
    shapes = gpd.GeoSeries([step.shape for step in steps.steps], crs=steps.before.crs).to_crs(WGS84)
    return [
        {
            "rank": step.rank,
            "name": step.name,
            "what": step.what,
            "soFar": step.so_far,
            "passed": step.passed,
            "adds": [order[code] for code in step.adds],
            "decided": step.decided,
            "shapes": [] if shape is None else drawn_shapes(shape),
            "at": _number_position(step, shape),
        }
        for step, shape in zip(steps.steps, shapes, strict=True)
    ]


def _number_position(step: BuildStep, shape: Any) -> list[float] | None:
    """Return latitude and longitude of a step's number; None where the step has no place."""
    if step.shape is None:
        return None
    point = shapely.point_on_surface(shape)
    return [round(point.y, MAP_DEGREE_DECIMALS), round(point.x, MAP_DEGREE_DECIMALS)]
