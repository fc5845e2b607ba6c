"""A batch → one HTML file: a map of all districts, their headlines, what failed and why. It needs no network."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np
import pyproj
import shapely

from cfgeo.core.schema import NOT_ASSESSED, PASSED, WGS84
from cfgeo.core.strings import Lang, text
from cfgeo.publish.batch.tables import verdict_of
from cfgeo.publish.batch.values import BatchResults, District
from cfgeo.publish.batch.words import (
    batch_notes,
    batch_status,
    batch_title,
    budget_rows,
    budget_texts,
    district_name,
    share_text,
    totals,
)
from cfgeo.publish.colours import FAILED_STEPS, OPEN, VERDICT_FILLS
from cfgeo.publish.page.frame import render_still, still_table
from cfgeo.publish.run.folder import PAGE
from cfgeo.publish.words.names import in_language, separated, verdict_names
from cfgeo.publish.words.numbers import amount

_WIDTH, _MOST_HEIGHT, _MARGIN = 1000.0, 800.0, 12.0
_DETAIL = 0.4
"""How far an outline may be off on the map, in its units."""
_LABEL_LETTERS = 15.0
"""The width of a Chinese letter in these units: a district is named where its name has room."""
_FILLS = {
    "met": VERDICT_FILLS[PASSED],
    "near": FAILED_STEPS[1],
    "half": FAILED_STEPS[3],
    "far": FAILED_STEPS[5],
    "open": OPEN,
}
_COUNTS = ("communities", "passed", "failed", "not_assessed", "marginal")


def batch_html(results: BatchResults, shapes: Mapping[str, Any], *, lang: Lang) -> str:
    """Return the page. The same districts give the same text.

    Parameters
    ----------
    results
        The batch.
    shapes
        District → its land, WGS-84.
    lang
        Language of the words.
    """
    judged = [district for district in results.districts if district.judged]
    drawn, size = _drawn(judged, shapes, lang)
    keys = {key: text(f"batch.key_{key}", lang) for key in _FILLS}
    return render_still(
        "batch",
        styles=["series/series.css", "batch/batch.css"],
        lang=lang,
        title=batch_title(results, lang),
        status=batch_status(results),
        totals=[*totals(results, lang), separated(budget_texts(results, lang), lang)],
        keys=[{"fill": _FILLS[key], "words": words} for key, words in keys.items()],
        shapes=drawn,
        size=size,
        parts=[
            part for part in (_headlines(judged, lang), _budget(results, lang), _failed(results, lang)) if part["rows"]
        ],
        notes=batch_notes(results, lang),
    )


def _headlines(judged: Sequence[District], lang: Lang) -> dict[str, Any]:
    heads = ("district", "id", *_COUNTS, "share", "verdict", "standard")
    rows = [_cells(district, lang) for district in judged]
    return _part("districts", heads, rows, lang, links=[_href(district) for district in judged])


def _part(
    name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], lang: Lang, *, links: Sequence[str] = ()
) -> dict[str, Any]:
    """Return a table that has the title of its sheet in the workbook."""
    words = [text(f"batch.col_{head}", lang) for head in heads]
    return still_table(words, rows, title=text(f"batch.sheet_{name}", lang), links=links)


def _cells(district: District, lang: Lang) -> list[Any]:
    headline = district.record["district"]
    return [
        district_name(district, lang),
        district.id,
        *(headline[key] for key in _COUNTS),
        share_text(headline, lang),
        verdict_names(lang)[verdict_of(headline)],
        in_language(district.record["standard"], "title", lang),
    ]


def _budget(results: BatchResults, lang: Lang) -> dict[str, Any]:
    heads = ("district", "id", "before", "after", "cost", "projects")
    rows = [{**row, "cost": amount(row["cost"], lang)} for row in budget_rows(results, lang)]
    return _part("budget", heads, [[row[head] for head in heads] for row in rows], lang)


def _failed(results: BatchResults, lang: Lang) -> dict[str, Any]:
    heads = ("id", "study", "code", "reason")
    return _part("failed", heads, [[getattr(each, head) for head in heads] for each in results.failed], lang)


def _href(district: District) -> str:
    """Return where the page of a district is; "" where its run has none."""
    has = any(file["path"] == PAGE for file in district.record["outputs"])
    return f"districts/{quote(district.id)}/{PAGE}" if has else ""


def _drawn(
    judged: Sequence[District], shapes: Mapping[str, Any], lang: Lang
) -> tuple[list[dict[str, Any]], tuple[float, float]]:
    """Return the districts as paths of a map that keeps areas, and its width and height."""
    if not judged:
        return [], (_WIDTH, 1.0)
    land = np.array([shapes[district.id] for district in judged], dtype=object)
    west, south, east, north = shapely.total_bounds(land)
    # An equal-area map around their middle: districts of several zones, and of a whole country, stand side by side.
    middle = f"+proj=laea +lon_0={(west + east) / 2:.4f} +lat_0={(south + north) / 2:.4f} +datum=WGS84 +units=m"
    transformer = pyproj.Transformer.from_crs(WGS84, middle, always_xy=True)
    land = shapely.transform(land, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))
    left, low, right, high = shapely.total_bounds(land)
    scale = min((_WIDTH - 2 * _MARGIN) / max(right - left, 1.0), (_MOST_HEIGHT - 2 * _MARGIN) / max(high - low, 1.0))
    corner = np.array([left - ((_WIDTH - 2 * _MARGIN) / scale - (right - left)) / 2, high])
    land = shapely.transform(land, lambda xy: (xy - corner) * np.array([scale, -scale]) + _MARGIN)
    land = shapely.simplify(land, _DETAIL)
    drawn = [_shape(district, shape, lang) for district, shape in zip(judged, land, strict=True)]
    return drawn, (_WIDTH, round((high - low) * scale + 2 * _MARGIN, 1))


def _shape(district: District, shape: Any, lang: Lang) -> dict[str, Any]:
    """Return one district of the map: its path, fill, tooltip, and its name where there is room for it."""
    headline, name = district.record["district"], district_name(district, lang)
    words = text("word.gap", lang, clause=name, communities=share_text(headline, lang))
    point = shapely.get_coordinates(shapely.point_on_surface(shape)).round(1)
    left, low, right, high = shapely.bounds(shape)
    roomy = (right - left) > _LABEL_LETTERS * len(name) * (1.0 if lang == "zh" else 0.6) and high - low > _LABEL_LETTERS
    return {
        "path": _path(shape),
        "fill": _FILLS[_step(headline)],
        "words": words,
        "href": _href(district),
        "label": name if roomy else "",
        "at": point[0].tolist() if len(point) else (0.0, 0.0),
    }


def _step(headline: Mapping[str, Any]) -> str:
    """Return how far a district is on its way to the target."""
    verdict = verdict_of(headline)
    if verdict == NOT_ASSESSED:
        return "open"
    if verdict == PASSED:
        return "met"
    way = headline["share"] / headline["target"]
    return "near" if way >= 2 / 3 else "half" if way >= 1 / 3 else "far"


def _path(shape: Any) -> str:
    """Return the rings of a shape as the path of an SVG."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    corners = (shapely.get_coordinates(ring).round(1).tolist() for ring in rings)
    return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in ring[:-1]) + "Z" for ring in corners)
