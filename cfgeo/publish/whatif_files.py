"""A what-if → files: a table, GeoJSON, or a page."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from cfgeo.core.results import WhatIf
from cfgeo.core.schema import WGS84
from cfgeo.core.sites import DEGREE_DECIMALS
from cfgeo.core.strings import Lang
from cfgeo.publish.page.whatif import whatif_html
from cfgeo.publish.tables.csv import SHARE_DECIMALS, shown_minutes
from cfgeo.publish.words.whatif import clause_titles, shape_of, what_words
from cfgeo.publish.writers import GEOJSON, PAGE, TABLE, csv_bytes, geojsons, write_one

WHATIF_FORMATS = (TABLE, PAGE, *GEOJSON)


def write_whatif(found: WhatIf, path: Path, *, lang: Lang) -> None:
    """Write a what-if as its name says: a table, a page, or communities and changes as GeoJSON.

    Parameters
    ----------
    found
        What :func:`cfgeo.whatif_study` gives.
    path
        ``.csv``, ``.html``, ``.geojson`` or ``.json``.
    lang
        Language of the words.

    Raises
    ------
    OutputError
        The format is not known, or the file cannot be written.
    """
    makers = {
        TABLE: lambda: csv_bytes(whatif_table(found, lang=lang)),
        PAGE: lambda: whatif_html(found, lang=lang).encode(),
    }
    write_one(path, {**makers, **geojsons(lambda: whatif_geojson(found, lang=lang).encode())})


def whatif_table(found: WhatIf, *, lang: Lang) -> pd.DataFrame:
    """Return every community × clause before and after, with names; walks beyond the search read ">30"."""
    table = found.coverage.join(found.communities[["community", "street_office", "before", "after"]], on="code")
    table = table.rename(columns={"before": "community_before", "after": "community_after"})
    table["clause_name"] = table["clause"].map(clause_titles(found, lang))
    table["basis"] = found.parameters["demand_basis"]
    for column in ("share_before", "share_after"):
        table[column] = table[column].astype(float).round(SHARE_DECIMALS)
    for column in ("gained", "lost", "minutes_saved"):
        table[column] = table[column].astype(float).round(1) + 0.0  # no minus before nothing
    for column in ("median_minutes_before", "median_minutes_after"):
        table[column] = shown_minutes(table[column])
    first = ["code", "community", "street_office", "community_before", "community_after", "clause", "clause_name"]
    return table[[*first, *(column for column in table.columns if column not in first)]]


def whatif_geojson(found: WhatIf, *, lang: Lang) -> str:
    """Return the communities with their verdicts before and after, and the changes, as GeoJSON.

    Parameters
    ----------
    found
        What :func:`cfgeo.whatif_study` gives.
    lang
        Language of names.
    """
    titles = clause_titles(found, lang)
    rows = found.communities.to_crs(WGS84)
    features = []
    for row in rows.reset_index().itertuples():
        about = {"feature": "community", "code": row.code, "community": row.community}
        about |= {"street_office": row.street_office, "before": row.before, "after": row.after, "change": row.change}
        about |= {"missing": [titles[clause] for clause in row.missing]}
        features.append(_feature(row.geometry, about))
    for change in found.scenario.changes:
        if (shape := shape_of(found, change)) is not None:
            about = {"feature": "change", "nth": change.nth, "id": change.id, "action": change.action}
            features.append(_feature(shape, about | {"what": what_words(change, lang)}))
    for joint in found.junctions.to_dict("records"):
        about = {"feature": "junction", "nth": joint["nth"], "way": joint["way"]}
        features.append(_feature(shapely.Point(joint["lon"], joint["lat"]), about))
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False)


def _feature(shape: Any, properties: dict[str, Any]) -> dict[str, Any]:
    rounded = shapely.transform(shape, lambda xy: xy.round(DEGREE_DECIMALS))
    return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(rounded)}
