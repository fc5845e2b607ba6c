"""Numbers of children by community, by its code or by its name → age bands by code, with findings."""

import re
import unicodedata
from dataclasses import dataclass

import pandas as pd

from cfgeo.check.areas import check_codes
from cfgeo.check.official import core_name
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import AGE_BANDS, InputFile
from cfgeo.files.cell_values import counted_cells, in_ones, plain_code
from cfgeo.files.columns import as_text
from cfgeo.files.vocabulary.headings import columns_of
from cfgeo.study.communities import column_missing
from cfgeo.study.figures.city import City, read_city
from cfgeo.study.sources import SourceReader, read_rows
from cfgeo.study.tables import Table

_NAMES = ("code", "community", "street_office")
_OFFICE_ENDING = re.compile("(?:人民政府|办事处|街道办|街道|镇|乡)+$")
_DISTRICT = re.compile("^.{1,12}?(?:自治县|[市区县])(?=.{2})")
_TOTALS = ("合计", "总计", "小计", "共计", "total", "sum")


@dataclass(frozen=True)
class ChildNumbers:
    """Numbers of children.

    Attributes
    ----------
    table : pandas.DataFrame
        Age bands by the code of a community.
    headings : tuple of str
        All columns of the file.
    file : InputFile
    findings : list of dict
    """

    table: pd.DataFrame
    headings: tuple[str, ...]
    file: InputFile
    findings: Findings


def read_child_numbers(reader: SourceReader, source: Table, communities: pd.DataFrame) -> ChildNumbers:
    """Read numbers of children by community.

    Parameters
    ----------
    reader
        Reads the study's files.
    source
        ``[demand.children]``: age bands, and ``code`` or ``community``, with ``street_office`` where names occur twice.
    communities
        Index ``code``; ``community``, ``street_office``.

    Raises
    ------
    InputError
        The table lacks a column.
    """
    read = read_rows(source, "children", reader)
    headings = tuple(map(str, read.table.columns))
    table, scaled = _under_own_names(read.table)
    findings = read.findings + scaled
    bands = [band for band in AGE_BANDS if band in table.columns]
    if not bands or not {"code", "community"} & {*table.columns}:
        column = AGE_BANDS[0] if {"code", "community"} & {*table.columns} else "code"
        raise column_missing(source, reader.study, column, read.table)
    table = table[~_is_total(table)]
    numbers: dict[str, pd.Series] = {}
    for band in bands:
        numbers[band], rows = counted_cells(table, band, "children")
        findings += rows
    code, rows = _codes(table, communities, read_city(reader))
    findings += rows
    for value in code[code.duplicated() & (code != "")].unique():
        at = tuple(str(row) for row in table.index[code == value])
        findings.append(finding("children_twice", "children", row=value, rows=at))
    by_code = pd.DataFrame({**numbers, "code": code})[code != ""].groupby("code").sum()
    return ChildNumbers(by_code, headings, read.file, findings)


def _under_own_names(table: pd.DataFrame) -> tuple[pd.DataFrame, Findings]:
    """Return the table with cfgeo's names of the columns that it needs, where the study names none, in ones."""
    lacking = [column for column in (*_NAMES, *AGE_BANDS) if column not in table.columns]
    free = [heading for heading in table.columns if heading not in {*_NAMES, *AGE_BANDS}]
    named = columns_of(table[free], lacking)
    bands = {ours: theirs for ours, theirs in named.items() if ours in AGE_BANDS}
    return in_ones(table.rename(columns={theirs: ours for ours, theirs in named.items()}), bands, "children")


def _is_total(table: pd.DataFrame) -> pd.Series:
    """Return which rows are sums of the others."""
    names = [as_text(table[column]).str.lower() for column in _NAMES if column in table.columns]
    return pd.concat([name.isin(_TOTALS) for name in names], axis=1).any(axis=1)


def _codes(table: pd.DataFrame, communities: pd.DataFrame, city: City | None) -> tuple[pd.Series, Findings]:
    """Return the code of each row's community, by its name where it has no code; "" where no community has the name.

    A name of another district of the city is no finding.
    """
    code = as_text(table["code"]).map(plain_code) if "code" in table.columns else pd.Series("", index=table.index)
    findings = check_codes("children", code) if "code" in table.columns else []
    if "community" not in table.columns:
        return code, findings
    name = as_text(table["community"])
    office = as_text(table["street_office"]) if "street_office" in table.columns else pd.Series("", index=table.index)
    codes_of, elsewhere = CommunityNames(communities), CommunityNames(city.communities) if city else None
    unknown: list[str] = []
    doubtful: list[str] = []
    for row in table.index[(code == "") & (name != "")]:
        found = codes_of.named(name[row], office[row])
        label = " ".join(filter(None, (office[row], name[row])))
        code[row] = found[0] if len(found) == 1 else ""
        if len(found) != 1 and not (elsewhere and elsewhere.named(name[row], office[row])):
            (doubtful if found else unknown).append(label)
    if unknown:
        findings.append(finding("children_unknown", "children", count=len(unknown), names=tuple(unknown)))
    if doubtful:
        findings.append(finding("children_doubtful", "children", count=len(doubtful), names=tuple(doubtful)))
    return code, findings


class CommunityNames:
    """Finds communities by their names.

    Parameters
    ----------
    communities
        Index ``code``; ``community``, ``street_office``.
    """

    def __init__(self, communities: pd.DataFrame) -> None:
        self._offices = communities["street_office"].map(core_office)
        self._cores = communities["community"].map(core_name)
        self._exact = communities["community"].map(_plain)

    def named(self, name: str, office: str) -> list[str]:
        """Return the codes of the communities that a name means; the street office tells equal names apart."""
        for form in _forms(name, {*self._offices}):
            for keys, key in ((self._exact, _plain(form)), (self._cores, core_name(form))):
                found = keys.index[keys == key]
                if len(found) and core_office(office) in {*self._offices} - {""}:
                    found = found[(self._offices[found] == core_office(office)).to_numpy()]
                if len(found):
                    return [str(code) for code in found]
        return []


def _forms(name: str, offices: set[str]) -> list[str]:
    """Return a name as it is, and without the district and the street office in front."""
    plain = _plain(name)
    without_city = _DISTRICT.sub("", plain)
    forms = [plain, without_city, _DISTRICT.sub("", without_city)]
    for form in tuple(forms):
        for office in offices - {""}:
            rest = form.removeprefix(office)
            forms += [re.sub("^(?:街道办事处|街道办|街道|镇|乡)", "", rest)] if rest != form else []
    return [form for form in dict.fromkeys(forms) if form]


def _plain(name: str) -> str:
    return re.sub(r"[\s\-_·.()]", "", unicodedata.normalize("NFKC", name))


def core_office(office: str) -> str:
    """Return the name of a street office without its district and its ending."""
    plain = _plain(office)
    return _OFFICE_ENDING.sub("", _DISTRICT.sub("", plain)) or plain
