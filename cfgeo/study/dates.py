"""Dates and states → findings: slips of the pen, and places that are planned or closed."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping

import geopandas as gpd
import pandas as pd

from cfgeo.core.findings import Findings, finding, label_of, row_of
from cfgeo.core.schema import NO
from cfgeo.files.answers import first_day, is_yes
from cfgeo.files.cell_values import plain_heading
from cfgeo.files.columns import as_text
from cfgeo.study.config import Study

_CLOSED = (
    "停办|停业|停用|停运|停园|停止(?:办学|运营|使用)|关闭|关停|关园|撤销|撤并|撤点|注销|拆除|拆迁|废弃|闲置|报废|删除"
)
_WHEN = re.compile("日期|时间|年份|建成|竣工|投用|启用|开园|开学|date|year|opened|opening", re.IGNORECASE)
_UNTIL = re.compile("有效|到期|截止|期满|^end|expir|valid|until", re.IGNORECASE)
"""Headings of dates that may well be in the future."""
_CLOSED_ON = re.compile(
    rf"(?:{_CLOSED})(?:日期|时间|年份|年月|年度|年)?|clos(?:ed|ing)(?: ?date| ?on| ?year)", re.IGNORECASE
)
"""Headings of the day since when nobody can use a place."""
_IS_CLOSED = re.compile(
    rf"(?:是否)?(?:现|已|暂)*(?:{_CLOSED})|(?:is )?(?:closed|disused|abandoned|demolished|deleted)", re.IGNORECASE
)
_IN_USE = re.compile(
    "(?:是否)?(?:目前|现|正常|仍)*(?:在用|在办|使用|使用中|启用|运营|营业|办学|有效)"
    "|(?:is )?(?:in use|operating|active|enabled|valid)",
    re.IGNORECASE,
)
"""Headings whose yes, or whose no, says that a place is closed. 开放 is none: a school may be there and not let in."""
_DAY = r"(?:已|现)?(?:于|自|从)?\d{4}(?:年度?|[-/.])?(?:\d{1,2}(?:月|[-/.])?)?(?:\d{1,2}日?)?(?:起)?"
_NOT_OPEN = re.compile(
    rf"(?:{_DAY})?(?:现|已|暂|暂时|正在|尚)?(?:{_CLOSED}|搬迁)(?:中|整顿)?(?:[(（][^)）]*\d{{4}}[^)）]*[)）])?"
    rf"|(?:{_DAY})?已?(?:撤并|并入)[至到入]?[\u4e00-\u9fff]{{2,20}}"
    r"|(?:现|已|暂|暂时|正在|尚)?(?:在建|拟建|待建|未建|未开工|未建成|未开业|未开放|未投用|未启用|未使用|筹建|筹备|规划(?:新建|建设)?|施工|建设)中?"
    rf"|(?:预计|计划|拟)?{_DAY}底?前?(?:建成|竣工|完工|投用|启用|开放|开业|开园|开学)(?:投用|开放)?"
    r"|(?:permanently |temporarily )?closed(?: down)?(?: (?:in|since) \d{4})?"
    r"|demolished|abandoned|disused|planned|proposed|under construction",
    re.IGNORECASE,
)
"""What a whole cell, or the brackets behind a name, say of a place that nobody can use today."""
_OPENS = re.compile("建成|竣工|完工|投用|启用|开放|开业|开园|开学")
"""What is so from a day on opens a place, and does not close it."""
_BEHIND_NAME = re.compile(r"[(（【\[]([^()（）【】\[\]]+)[)）】\]]\s*$")
_BLANKS = frozenset({"", "-", "--", "–", "—", "/", "none", "n/a", "暂无", "无", "没", "没有"})
"""What stands where nothing is known."""
_KNOWN_COLUMNS = ("kind", "layer")
"""Of these other findings say what is not understood."""


def check_dates(study: Study, layers: Mapping[str, gpd.GeoDataFrame], *, today: dt.date) -> Findings:
    """Find dates of sources and of facilities that are in the future, and places that are said not to be open.

    Parameters
    ----------
    study
        The study, whose tables have a ``date``.
    layers
        Its facilities; checked are the columns whose headings name a date, a year or an opening, and all
        cells, which may say 停办.
    today
        The day of the check. A year or month that has begun is not in the future.
    """
    rows = [
        finding("date_ahead", role, date=date)
        for role, date in _dates(study)
        if (day := first_day(date)) and day > today
    ]
    for name, places in layers.items():
        rows += _not_open(name, places, today)
        for column in places.columns:
            heading = plain_heading(str(column))
            if _CLOSED_ON.fullmatch(heading) or not _WHEN.search(heading) or _UNTIL.search(heading):
                continue
            cells = as_text(places[column])
            ahead = [(day := first_day(cell)) is not None and day > today for cell in cells]
            for i in places.index[ahead]:
                row, label = row_of(places, i), label_of(places, i)
                rows.append(finding("opens_later", name, row=row, name=label, column=str(column), date=cells[i]))
    return rows


def _not_open(name: str, places: gpd.GeoDataFrame, today: dt.date) -> Findings:
    """Find places that a cell, or the brackets behind their name, call closed or planned."""
    texts = places.drop(columns=[*_KNOWN_COLUMNS, places.geometry.name], errors="ignore")
    rows: Findings = []
    for column, cells in texts.items():
        said = as_text(cells).str.strip()
        heading = plain_heading(str(column)).replace("_", " ").strip()
        if column == "name":
            said = said.str.extract(_BEHIND_NAME, expand=False).fillna("")
        elif pd.api.types.is_numeric_dtype(cells) and not (_IS_CLOSED.fullmatch(heading) or _IN_USE.fullmatch(heading)):
            continue
        closed = {cell: _is_not_open(heading, cell, today) for cell in set(said)}
        for i in places.index[said.map(closed).astype(bool)]:
            row, label = row_of(places, i), label_of(places, i)
            rows.append(finding("not_open", name, row=row, name=label, column=str(column), state=said[i]))
    return rows


def _is_not_open(heading: str, cell: str, today: dt.date) -> bool:
    """Return whether a cell below a heading says that a place is not to be used."""
    if not cell:
        return False
    if _CLOSED_ON.fullmatch(heading) and (day := first_day(cell)):
        return day <= today
    if _IS_CLOSED.fullmatch(heading) and is_yes(pd.Series([cell])).item():
        return True
    if _IN_USE.fullmatch(heading) and cell.lower().removesuffix(".0") in NO - _BLANKS:
        return True
    if not _NOT_OPEN.fullmatch(cell):
        return False
    since = re.search(r"\d{4}.*", cell)
    day = first_day(since[0]) if since else None
    opens = bool(_OPENS.search(cell))
    return day is None or ((day > today) == opens and not (opens and _WHEN.search(heading)))


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
