"""Dates in the future → findings: slips of the pen, and places that are planned and do not exist yet."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping

import geopandas as gpd

from cfgeo.core.findings import Findings, finding
from cfgeo.files.answers import first_day
from cfgeo.files.cell_values import plain_heading
from cfgeo.files.columns import as_text
from cfgeo.study.config import Study

_WHEN = re.compile("日期|时间|年份|建成|竣工|投用|启用|开园|开学|date|year|opened|opening", re.IGNORECASE)
_UNTIL = re.compile("有效|到期|截止|期满|^end|expir|valid|until", re.IGNORECASE)
"""Headings of dates that may well be in the future."""


def check_dates(study: Study, layers: Mapping[str, gpd.GeoDataFrame], *, today: dt.date) -> Findings:
    """Find dates of sources and of facilities that are in the future.

    Parameters
    ----------
    study
        The study, whose tables have a ``date``.
    layers
        Its facilities; checked are the columns whose headings name a date, a year or an opening.
    today
        The day of the check. A year or month that has begun is not in the future.
    """
    rows = [
        finding("date_ahead", role, date=date)
        for role, date in _dates(study)
        if (day := first_day(date)) and day > today
    ]
    for name, places in layers.items():
        for column in places.columns:
            heading = plain_heading(str(column))
            if not _WHEN.search(heading) or _UNTIL.search(heading):
                continue
            cells = as_text(places[column])
            ahead = [(day := first_day(cell)) is not None and day > today for cell in cells]
            rows += [
                finding("opens_later", name, row=row, name=places["name"][row] or row, column=column, date=cells[row])
                for row in places.index[ahead]
            ]
    return rows


def _dates(study: Study) -> Iterator[tuple[str, str]]:
    """Yield the tables of the study that have a date, with the date."""
    communities, demand = study.boundaries.communities, study.demand
    yield "communities", communities.date
    yield "network", study.network.date
    if communities.official:
        yield "official", communities.official.date
    if demand:
        yield "demand", demand.date
    if demand and demand.children:
        yield "children", demand.children.date
    yield from ((name, layer.date) for name, layer in study.layer_parts)
