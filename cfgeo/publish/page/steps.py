"""A plan or sites → one HTML file: the map now, step by step and with all built. It works with no network at all."""

from typing import Any

import geopandas as gpd
import shapely

from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED, WGS84
from cfgeo.core.strings import Lang, name_of, section
from cfgeo.publish.geometry import UNITS_PER_DEGREE, Projector, drawn_shapes, simplified_coverage, street_lines
from cfgeo.publish.page.data import ground_shapes
from cfgeo.publish.page.frame import framed
from cfgeo.publish.words.changes import clause_cells
from cfgeo.publish.words.frontier import BOX, HEIGHT, WIDTH
from cfgeo.publish.words.steps import Step, Steps


def steps_html(found: Steps, *, lang: Lang) -> str:
    """Return the page. The same results give the same text.

    Parameters
    ----------
    found
        A plan or sites, as steps in the same language.
    lang
        Language of the page.
    """
    return framed(
        "steps/steps.html",
        found.before,
        steps_data(found, lang=lang),
        scripts=["shared/base.js", "shared/changes.js", "shared/labels.js", "steps/steps.js"],
        styles=["shared/changes.css", "steps/steps.css"],
        lang="zh-Hans" if lang == "zh" else "en",
        say={key: words[lang] for key, words in section("steps").items()},
        found=found,
        status_text=name_of("word", found.status, lang),
        verdict_names=_verdicts(lang),
        size=(WIDTH, HEIGHT),
        box=BOX,
    )


def steps_data(found: Steps, *, lang: Lang) -> dict[str, Any]:
    """Return what the page's script needs.

    Parameters
    ----------
    found
        A plan or sites, as steps in the same language.
    lang
        Language of names.
    """
    projector, bounds = Projector(found.inputs.crs), found.before.total_bounds
    corners = projector.units(bounds.reshape(2, 2)).tolist()
    return {
        "lang": lang,
        "units": UNITS_PER_DEGREE,
        "bounds": [*corners[0], *corners[1]],
        "texts": {key: words[lang] for key, words in section("steps").items()},
        "verdicts": _verdicts(lang),
        "passed": int((found.before["verdict"] == PASSED).sum()),
        "communities": community_data(found, projector, lang=lang),
        "steps": step_data(found),
        "streets": street_lines(found.inputs.network, projector, bounds),
        "ground": ground_shapes(found.inputs, projector),
    }


def community_data(found: Steps, projector: Projector, *, lang: Lang) -> list[dict[str, Any]]:
    """Return the communities: verdicts, what changes, with which step they pass (0: none), and where they are."""
    rows, shapes = found.before, simplified_coverage(found.before)
    told = dict(iter(found.clauses.groupby("code", sort=False)))
    passes_with = {code: step.rank for step in found.steps for code in step.adds}
    return [
        {
            "code": str(row.code),
            "name": str(row.community),
            "office": str(row.street_office),
            "before": row.verdict,
            "after": after,
            "rank": passes_with.get(row.code, 0),
            "held": found.held.get(str(row.code), ""),
            "clauses": clause_cells(told[row.code], found.titles, lang) if row.code in told else [],
            "shape": projector.polygons(shape),
            "label": projector.point(label),
        }
        for row, after, shape, label in zip(
            rows.reset_index().itertuples(),
            found.after["verdict"].reindex(rows.index),
            shapes,
            shapely.point_on_surface(shapes),
            strict=True,
        )
    ]


def step_data(found: Steps) -> list[dict[str, Any]]:
    """Return the steps with their shapes and the spot of their number; none where nothing has a place."""
    order = {code: nth for nth, code in enumerate(found.before.index)}
    shapes = gpd.GeoSeries([step.shape for step in found.steps], crs=found.before.crs).to_crs(WGS84)
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
            "at": _spot(step, shape),
        }
        for step, shape in zip(found.steps, shapes, strict=True)
    ]


def _spot(step: Step, shape: Any) -> list[float] | None:
    """Return latitude and longitude of a step's number."""
    if step.shape is None:
        return None
    point = shapely.point_on_surface(shape)
    return [round(point.y, 6), round(point.x, 6)]


def _verdicts(lang: Lang) -> dict[str, str]:
    return {word: name_of("word", word, lang) for word in (PASSED, FAILED, NOT_ASSESSED)}
