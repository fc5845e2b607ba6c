"""Figures that departments report, from long tables or with years as columns → a row each, with findings."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from cfgeo.core.findings import Findings, finding
from cfgeo.core.results import REPORTED_COLUMNS
from cfgeo.core.schema import InputFile
from cfgeo.files.answers import is_blank
from cfgeo.files.cell_values import plain_code
from cfgeo.files.columns import as_text
from cfgeo.files.vocabulary.headings import columns_of, plain_word
from cfgeo.study.communities import column_missing
from cfgeo.study.figures.cells import (
    PARTS,
    figure_of,
    plain,
    scale_of_unit,
    sex_of,
    unit_in_brackets,
    unit_of,
    unit_of_heading,
    without_unit,
    year_of,
)
from cfgeo.study.figures.child_numbers import CommunityNames, core_office
from cfgeo.study.figures.city import City, read_city
from cfgeo.study.sources import SourceReader, read_rows
from cfgeo.study.tables import Table

DISTRICT, STREET_OFFICE, COMMUNITY, CITY = "district", "street_office", "community", "city"

_TEXTS = ("indicator", "area", "sex", "unit", "source")
_WHOLES = {
    DISTRICT: ("", "全区", "本区", "区级", "区", "全区合计", "合计", "总计", "全部", "district", "all", "total"),
    CITY: ("全市", "市级", "市", "全市平均", "市平均", "city"),
}
_OFFICE = re.compile("(?:街道办事处|街道办|街道|镇|乡)$")
_COMMUNITY = re.compile("(?:社区|居民委员会|居委会|村)$")
_DISTRICT = re.compile(".{2,12}(?:自治县|[区县])|.* district")
_KEY = ["_key", "year", "scope", "area", "sex"]


@dataclass(frozen=True)
class Reported:
    """Reported figures.

    Attributes
    ----------
    table : pandas.DataFrame
        ``REPORTED_COLUMNS``.
    files : tuple of InputFile
    findings : list of dict
    """

    table: pd.DataFrame
    files: tuple[InputFile, ...]
    findings: Findings


def read_reported(reader: SourceReader, sources: Iterable[Table], communities: pd.DataFrame) -> Reported:
    """Read the figures that departments report.

    Parameters
    ----------
    reader
        Reads the study's files.
    sources
        ``[reported]``: ``indicator``, ``year`` and ``value``, or years as columns; ``area``, ``sex``, ``unit`` and
        ``source`` where they have them.
    communities
        Index ``code``; ``community``, ``street_office``.

    Raises
    ------
    InputError
        A table lacks a column.
    """
    parts, files, findings = [], [], Findings()
    city = read_city(reader)
    for source in sources:
        read = read_rows(source, "reported", reader)
        files.append(read.file)
        own = _under_own_names(read.table)
        cells = _long(own, heading=unit_of_heading(source.columns.get("value") or _heading_of_values(read.table, own)))
        if cells is None:
            column = next((name for name in ("indicator", "year") if name not in own.columns), "value")
            raise column_missing(source, reader.study, column, read.table)
        table, rows = _figures(cells, communities, city)
        parts.append(table)
        findings += [*read.findings, *rows]
    if not parts:
        return Reported(pd.DataFrame(columns=list(REPORTED_COLUMNS)), (), [])
    table, rows = _each_once(pd.concat(parts, ignore_index=True))
    return Reported(table, tuple(files), findings + rows)


def _under_own_names(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with cfgeo's names of the columns that it needs, where the study names none."""
    own = (*_TEXTS, "year", "value")
    lacking = [column for column in own if column not in table.columns]
    free = [name for name in table.columns if name not in own and year_of(without_unit(str(name))) is None]
    return table.rename(columns={theirs: ours for ours, theirs in columns_of(table[free], lacking).items()})


def _heading_of_values(table: pd.DataFrame, own: pd.DataFrame) -> str:
    """Return the heading that the file has for the values, for its unit; "" where years are columns."""
    return str(table.columns[own.columns.get_loc("value")]) if "value" in own.columns else ""


def _long(table: pd.DataFrame, *, heading: str) -> pd.DataFrame | None:
    """Return a table with a row for each cell, as text; years that are columns become rows. None: it lacks a column."""
    years = {name: year for name in table.columns if (year := year_of(without_unit(str(name)))) is not None}
    if "indicator" not in table.columns or not ({"year", "value"} <= {*table.columns} or years):
        return None
    texts = pd.DataFrame({c: as_text(table[c]) if c in table.columns else "" for c in _TEXTS}, index=table.index)
    rows = table.index.astype("str")
    if {"year", "value"} <= {*table.columns}:
        return texts.assign(year=as_text(table["year"]), value=as_text(table["value"]), heading=heading, row=rows)
    each = [
        texts.assign(year=str(year), value=as_text(table[name]), heading=unit_of_heading(str(name)))
        for name, year in years.items()
    ]
    return pd.concat([part.assign(row=rows) for part in each])


def _figures(cells: pd.DataFrame, communities: pd.DataFrame, city: City | None) -> tuple[pd.DataFrame, Findings]:
    """Return the figures of a table, and findings about the cells that cannot be read; blank cells are no figures."""
    cells = cells[~is_blank(cells["value"]) & ~cells["value"].isin(("-", "–", "—", "/", "…"))].reset_index(drop=True)
    findings: Findings = []
    place, rows = _places(cells, communities, city)
    findings += rows
    cells = cells.assign(scope=place["scope"], area=place["area"])
    cells["sex"], cells["year"] = (cells[c].map(of).astype(object) for c, of in (("sex", sex_of), ("year", year_of)))
    nameless = cells["indicator"].map(plain_word) == ""
    lost = {"indicator": nameless, "year": cells["year"].isna(), "sex": cells["sex"].isna()}
    for column, missing in lost.items():
        if missing.any():
            at = tuple(dict.fromkeys(cells.loc[missing, "row"]))
            findings.append(finding("reported_unplaced", "reported", row=column, count=len(at), rows=at))
    cells = cells[~pd.concat({**lost, "area": cells["scope"] == ""}, axis=1).any(axis=1)]
    read = [_figure(*texts) for texts in cells[["value", "unit", "indicator", "heading"]].itertuples(index=False)]
    table = cells.assign(
        value=[value for value, _ in read],
        unit=[unit for _, unit in read],
        indicator=cells["indicator"].map(lambda name: re.sub(r"\s*[(（][^()（）]*[)）]\s*$", "", name)),
        year=cells["year"].astype("int64"),
    )
    for row in cells.index[table["value"].isna()]:
        cell = cells.loc[row]
        values = {"value": cell["value"], "indicator": cell["indicator"], "unit": cell["unit"]}
        findings.append(finding("reported_no_figure", "reported", row=cell["row"], **values))
    return table.reindex(columns=list(REPORTED_COLUMNS)), findings


def _figure(value: str, unit: str, indicator: str, heading: str) -> tuple[float, str]:
    """Return the number of a cell, a share where its unit is % or ‰, and the unit; NaN where it is not clear."""
    said = {name for name in (unit_of(unit), unit_in_brackets(indicator), heading) if name in PARTS}
    read = figure_of(value)
    if read is None:
        return float("nan"), unit
    number, own = read
    if own in PARTS:
        said.add(own)
    if len(said) > 1:
        return float("nan"), unit
    part = next(iter(said), "")
    other = unit_of(unit) or own or heading
    scale = 1.0 if part else scale_of_unit(other)
    return (float("nan") if scale is None else number * PARTS.get(part, scale)), part or unit or own or heading


def _places(cells: pd.DataFrame, communities: pd.DataFrame, city: City | None) -> tuple[pd.DataFrame, Findings]:
    """Return scope and area of each cell; "" where its area is unknown, or of another district of the city."""
    names = [str(name) for name in dict.fromkeys(cells["area"])]
    known = _Areas(communities)
    found = {name: known.named(name) for name in names}
    unknown = [name for name in names if not found[name]]
    if city is not None:
        elsewhere = _Areas(city.communities)
        away = [name for name in unknown if plain(name) in map(plain, city.others) or elsewhere.named(name)]
        own = [name for name in unknown if plain(name) == plain(city.own)]
        if own:  # it has figures of its own, so that those of the whole are the city's
            found = {name: [(CITY, "")] if places == [(DISTRICT, "")] else places for name, places in found.items()}
        found |= {name: [(DISTRICT, "")] for name in own} | {name: [("", "")] for name in away}
        unknown = [name for name in unknown if not found[name]]
    findings: Findings = []
    districts = [name for name in unknown if _DISTRICT.fullmatch(plain(name))]
    if len(districts) == 1:  # the district goes by its name
        found[districts[0]] = [(DISTRICT, "")]
        findings.append(finding("reported_district", "reported", severity="note", row=districts[0], name=districts[0]))
    for name in names:
        if len(found[name]) != 1:
            at = tuple(dict.fromkeys(cells.loc[cells["area"] == name, "row"]))
            if found[name]:
                findings.append(finding("reported_area_open", "reported", row=name, name=name, rows=at))
            else:
                findings.append(finding("reported_area", "reported", row=name, name=name, rows=at))
    one = {name: places[0] if len(places) == 1 else ("", "") for name, places in found.items()}
    table = pd.DataFrame([one[name] for name in cells["area"]], columns=["scope", "area"], index=cells.index)
    return table, findings


class _Areas:
    """Finds the area that a name means: the whole, a street office or a community.

    Parameters
    ----------
    communities
        Index ``code``; ``community``, ``street_office``.
    """

    def __init__(self, communities: pd.DataFrame) -> None:
        self._codes = {str(code) for code in communities.index}
        self._offices = {str(office): core_office(str(office)) for office in communities["street_office"].unique()}
        self._communities = CommunityNames(communities)

    def named(self, name: str) -> list[tuple[str, str]]:
        """Return scope and area of all that a name may mean."""
        whole = [(scope, "") for scope, words in _WHOLES.items() if plain(name) in words]
        if whole or plain_code(name) in self._codes:
            return whole or [(COMMUNITY, plain_code(name))]
        if name in self._offices:
            return [(STREET_OFFICE, name)]
        offices = [office for office, core in self._offices.items() if core == core_office(name)]
        communities = self._communities.named(name, "")
        if _OFFICE.search(name) and offices:
            communities = []
        elif _COMMUNITY.search(name) and communities:
            offices = []
        return [(STREET_OFFICE, office) for office in offices] + [(COMMUNITY, code) for code in communities]


def _each_once(table: pd.DataFrame) -> tuple[pd.DataFrame, Findings]:
    """Return each cell once; of one with several values none counts, and a finding names their rows."""
    keyed = table.assign(_key=table["indicator"].map(plain_word))
    findings: Findings = []
    differs = keyed.groupby(_KEY)["value"].transform(lambda values: len(set(values.fillna(-1.0))) > 1).astype(bool)
    for _, same in keyed[differs].groupby(_KEY, sort=False):
        at, first = tuple(same["row"]), same.iloc[0]
        values = {"indicator": first["indicator"], "year": int(first["year"]), "rows": at}
        findings.append(finding("reported_twice", "reported", row=at[0], **values))
    clear = keyed.assign(value=keyed["value"].mask(differs)).drop_duplicates(_KEY)
    return clear.drop(columns="_key").reset_index(drop=True), findings
