"""The cells of a sheet → a table, as offices lay it out: titles above, headings in two rows, notes below."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import pandas as pd

from cfgeo.core.findings import Findings, finding
from cfgeo.files.cell_values import (
    has_either_comma,
    is_number,
    money_unit,
    money_unit_above,
    plain_heading,
    plain_number,
    scale_unit,
)
from cfgeo.files.positions.headings import axis_of
from cfgeo.files.workbooks.asides import is_aside, is_of_another, is_of_places, is_units
from cfgeo.libraries import openpyxl

Rows = list[list[str]]
Area = tuple[int, int, int, int]
"""First row, first column, last row, last column of merged cells; from 0."""

_MOST_TITLES, _LEAST_HEADINGS = 20, 3
_MOST_HEADING_ROWS = 3
_ALIKE = 0.75
"""Lists of one form differ by a column or so."""
_LEAST_NUMBERED = 3
_STEMS = ("甲", "乙", "丙", "丁")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_INDICATORS = ("指标", "指标名称", "统计指标", "监测指标", "indicator")


@dataclass(frozen=True)
class SheetCells:
    """What a sheet holds; rows and columns are counted from 0.

    Attributes
    ----------
    rows : list of list of str
        Of equal length.
    areas : list of Area
        Merged cells.
    is_hidden : bool
    hidden : frozenset of int
        Rows that the sheet does not show.
    uncalculated : tuple of (int, int)
        Rows and columns of formulas without a result.
    struck : frozenset of int
        Rows with a text that is struck through.
    """

    rows: Rows
    areas: list[Area]
    is_hidden: bool
    hidden: frozenset[int]
    uncalculated: tuple[tuple[int, int], ...] = ()
    struck: frozenset[int] = frozenset()


@dataclass(frozen=True)
class SheetTable:
    """A sheet as a table.

    Attributes
    ----------
    table : pandas.DataFrame
        Index: the rows of the sheet, from 1; text, missing where a cell is empty.
    name : str
    headings : tuple of int
        Rows of the sheet that the headings come from, from 1.
    skipped : tuple of int
        Rows that hold something and are neither headings nor data.
    others : tuple of str
        Other sheets that hold a table, where no sheet was named.
    alike : tuple of str
        Those of them that have the same headings: the table may go on there, or stand there in another year.
    remarks : tuple of str
        The text of the skipped rows.
    repeated : tuple of str
        Headings that stand more than once; all but the first get another name.
    nameless : tuple of str
        Columns of words without a heading, by the letters that they go by.
    below : tuple of (int, tuple of str), optional
        The row that heads another table below, with its headings; what stands below it is not in the table.
    hidden : tuple of int
        Rows of data that the sheet does not show.
    struck : tuple of int
        Rows of data with a text that is struck through.
    uncalculated : tuple of str
        Cells of data with a formula that has never been calculated: they are read as empty.
    money_units : Mapping of str to str
        Units of money by the headings that name them, without their units; under "" the unit that skipped rows name.
    """

    table: pd.DataFrame
    name: str
    headings: tuple[int, ...]
    skipped: tuple[int, ...]
    others: tuple[str, ...]
    alike: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    nameless: tuple[str, ...] = ()
    below: tuple[int, tuple[str, ...]] | None = None
    hidden: tuple[int, ...] = ()
    struck: tuple[int, ...] = ()
    uncalculated: tuple[str, ...] = ()
    money_units: Mapping[str, str] = field(default_factory=dict)

    def findings(self, layer: str) -> Findings:
        """Return what is odd about the sheet, and how it was understood, as findings about ``layer``."""
        rows = heading_findings(layer, self.repeated, self.nameless)
        if self.below:
            row, words = self.below
            severity = "error" if is_of_places(words) else "warning"
            rows.append(finding("table_below", layer, severity=severity, row=row, sheet=self.name, headings=words))
        if self.hidden:
            rows.append(finding("rows_hidden", layer, sheet=self.name, count=len(self.hidden), rows=self.hidden))
        if self.struck:
            rows.append(finding("rows_struck", layer, sheet=self.name, count=len(self.struck), rows=self.struck))
        if self.uncalculated:
            cells = self.uncalculated
            rows.append(finding("formula_blank", layer, sheet=self.name, count=len(cells), cells=cells))
        if self.alike:
            rows.append(finding("sheets_alike", layer, severity="error", sheet=self.name, others=self.alike))
        elif self.others:
            rows.append(finding("sheet_chosen", layer, severity="note", sheet=self.name, others=self.others))
        if self.skipped or self.headings != (1,):
            layout = {"sheet": self.name, "headings": self.headings, "skipped": self.skipped or ("–",)}
            rows.append(finding("sheet_layout", layer, severity="note", **layout))
        return rows


def sheet_of(
    name: str, cells: SheetCells, headings: Sequence[int], *, others: Sequence[str] = (), alike: Sequence[str] = ()
) -> SheetTable:
    """Return a sheet as a table: each row is a heading, a record, or is skipped as a unit, a total or a remark.

    Parameters
    ----------
    name, cells
        The sheet.
    headings
        Its rows of headings, as :func:`heading_rows` gives them; at least one.
    others, alike
        Other sheets that could have been meant, and those of them with the same headings.
    """
    rows, body = _filled(cells), headings[-1] + 1
    below = [i for i in range(body, len(rows)) if any(rows[i])]
    merged = {top for top, left, bottom, right in cells.areas if top == bottom and right > left}
    by_indicator = any(_holds_indicators(rows[i]) for i in headings)
    aside = partial(is_aside, totals=not by_indicator, above=[rows[i] for i in headings])
    others_heads = (
        [] if by_indicator else [i for i in below if is_of_another(rows[i]) and not aside(rows[i], merged=False)]
    )
    second = next((i for i in others_heads if i != body), len(rows))
    below = [i for i in below if i < second]
    # Right below the headings they may stand once more, in the words of a database or of another language.
    units = [i for i in below[:2] if is_units(cells.rows[i]) or _is_numbering(rows[i]) or i in others_heads]
    records = [i for i in below if i not in units and not aside(rows[i], merged=i in merged)]
    skipped = [i for i, row in enumerate(rows[:second]) if any(row) and i not in {*headings, *records}]
    below_headings = [cells.rows[i] for i in units], [rows[i] for i in records]
    columns, repeated, nameless = _columns([rows[i] for i in headings], *below_headings)
    values = {heading: _plain_counts(heading, [rows[i][at] for i in records]) for heading, at in columns.items()}
    table = pd.DataFrame(values, index=pd.Index([i + 1 for i in records], dtype="int64"), dtype=object)
    remarks = tuple(text for i in skipped for text in dict.fromkeys(rows[i]) if text)
    money_units = _money_units(columns, [rows[i] for i in headings], [rows[i] for i in units])
    return SheetTable(
        table=table.where(table != "", None),
        name=name,
        headings=tuple(i + 1 for i in headings),
        skipped=tuple(i + 1 for i in skipped),
        others=tuple(others),
        alike=tuple(alike),
        remarks=remarks,
        repeated=repeated,
        nameless=nameless,
        below=(second + 1, tuple(filter(None, rows[second]))) if second < len(rows) else None,
        hidden=tuple(i + 1 for i in records if i in cells.hidden),
        struck=tuple(i + 1 for i in records if i in cells.struck),
        uncalculated=tuple(f"{_letters(at)}{i + 1}" for i, at in cells.uncalculated if i >= body),
        money_units={"": money_unit_above(remarks), **money_units},
    )


def _plain_counts(heading: str, cells: Sequence[str]) -> Sequence[str]:
    """Return cells with plain numbers for those such as 1,350; in a position the comma may be a point."""
    return cells if axis_of(heading) else [plain_number(cell) if has_either_comma(cell) else cell for cell in cells]


def heading_rows(cells: SheetCells) -> list[int]:
    """Return the rows that the headings stand in, from 0; none where the sheet holds no table."""
    rows, areas = cells.rows, cells.areas
    width = max((sum(map(bool, row)) for row in rows), default=0)
    filled = _filled(cells)
    first = next((i for i, row in enumerate(filled) if _is_heading(row, width)), len(rows))
    first = next((i for i, row in enumerate(filled[:first]) if _is_heading_of_years(row, width)), first)
    if first == len(rows):
        return []
    last = first
    for row in range(first, min(first + _MOST_HEADING_ROWS, len(rows)) - 1):
        down = any(top <= row < bottom for top, _, bottom, _ in areas if top >= first)
        across = any(top == row and right > left for top, left, _, right in areas)
        below = rows[row + 1]
        if row == last and (down or across) and not any(map(is_number, below)) and not is_units(below):
            last = row + 1
    return list(range(first, last + 1))


def are_alike(some: Rows, others: Rows) -> bool:
    """Return whether the headings of two sheets are the same but for a few, as of one list on two sheets."""
    one, other = ({plain_heading(text) for row in rows for text in row if text} for rows in (some, others))
    return len(one & other) >= _ALIKE * max(len(one), len(other))


def unseen_areas(rows: Rows) -> list[Area]:
    """Return the areas that are merged in headings of two rows, of a file that does not tell what is merged.

    Such a row has a blank behind each heading of a group, and the row below has a text under each group and under
    nothing else. No row of data is like that.
    """
    for i, (row, below) in enumerate(pairwise(rows[:_MOST_TITLES])):
        starts = [at for at, text in enumerate(row) if text]
        if len(starts) < _LEAST_HEADINGS:
            continue
        width = 1 + max((at for at, text in enumerate(below) if text), default=-1)
        ends = [start - 1 for start in starts[1:]] + [max(starts[-1], width - 1)]
        groups = [(start, end) for start, end in zip(starts, ends, strict=True) if end > start]
        grouped = {at for start, end in groups for at in range(start, end + 1)}
        is_split = grouped == {at for at, text in enumerate(below) if text}
        if groups and is_split and not any(map(is_number, (*row, *below))):
            return [(i, start, i, end) for start, end in groups]
    return []


def _filled(cells: SheetCells) -> Rows:
    """Return the rows with the text of each merged area in all of its cells."""
    rows = [list(row) for row in cells.rows]
    for top, left, bottom, right in cells.areas:
        for i in range(top, min(bottom + 1, len(rows))):
            for j in range(left, min(right + 1, len(rows[i]))):
                rows[i][j] = cells.rows[top][left]
    return rows


def _is_heading(row: list[str], width: int) -> bool:
    texts = [text for text in row if text]
    return len(set(texts)) >= 2 and len(texts) * 2 >= width and not any(map(is_number, texts))


def _is_heading_of_years(row: list[str], width: int) -> bool:
    """Return whether a row heads columns by year: 指标, 区域, 2024, 2025."""
    texts = [text for text in row if text]
    numbers = [text for text in texts if is_number(text)]
    words = [text for text in texts if text not in numbers]
    years = len(numbers) == len(set(numbers)) and all(map(_YEAR.fullmatch, numbers))
    enough = len(numbers) > 1 or (len(numbers) == 1 and _holds_indicators(row))
    return years and enough and bool(words) and texts[0] == words[0] and len(texts) * 2 >= width


def _holds_indicators(row: list[str]) -> bool:
    """Return whether a row heads a table of indicators: of these 合计 is an area or both sexes."""
    return any(re.sub(r"[(（].*?[)）]", "", plain_heading(text)).strip().lower() in _INDICATORS for text in row)


def _is_numbering(row: list[str]) -> bool:
    """Return whether a row counts the columns, as forms do: 1, 2, 3 … or 甲, 乙, 1, 2, 3 …."""
    numbers = [text.strip("()（）") for text in row]
    stems = 0 if numbers[0].isdecimal() else sum(text in _STEMS for text in numbers)
    counted = [*_STEMS[:stems], *(str(i + 1) for i in range(len(numbers) - stems))]
    return numbers == counted and stems != 1 and len(numbers) - stems >= _LEAST_NUMBERED


def _columns(headings: Rows, units: Rows, records: Rows) -> tuple[dict[str, int], tuple[str, ...], tuple[str, ...]]:
    """Return the columns as :func:`named_columns` does.

    A heading is the text of its lowest row; where other columns have the same, that of all its rows. A unit below it
    that says how large its numbers are (万人) stands in brackets behind it.
    """
    width = len(headings[0])
    paths = [list(dict.fromkeys(plain_heading(row[at]) for row in headings if row[at])) for at in range(width)]
    lowest = [path[-1] if path else "" for path in paths]
    names = [lowest[at] if lowest.count(lowest[at]) == 1 else " ".join(path) for at, path in enumerate(paths)]
    scales = [next(filter(None, (scale_unit(row[at]) for row in units if at < len(row))), "") for at in range(width)]
    names = [f"{name}（{scale}）" if name and scale else name for name, scale in zip(names, scales, strict=True)]
    return named_columns(names, records)


def named_columns(headings: Sequence[str], records: Rows) -> tuple[dict[str, int], tuple[str, ...], tuple[str, ...]]:
    """Return the column of each heading, from 0, the headings that stand more than once, and columns without any.

    A column with data and no heading goes by its letter, one whose heading stands before, by both; never by a name that
    another column has. Of those without a heading only columns of words are told: numbers alone mostly count the rows.
    """
    columns: dict[str, int] = {}
    repeated: dict[str, None] = {}
    nameless: list[str] = []
    for at, heading in enumerate(headings):
        if not heading and not any(row[at] for row in records):
            continue
        name = heading or _letters(at)
        if heading in columns:
            repeated[heading] = None
        while name in columns or (name != heading and name in headings):
            name = f"{name} ({_letters(at)})"
        columns[name] = at
        if not heading and not all(is_number(row[at]) for row in records if row[at]):
            nameless.append(name)
    return columns, tuple(repeated), tuple(nameless)


def heading_findings(layer: str, repeated: Sequence[str], nameless: Sequence[str]) -> Findings:
    """Return what is odd about headings, as findings about ``layer``."""
    rows = [finding("heading_twice", layer, row=heading) for heading in repeated]
    return rows + [finding("heading_blank", layer, severity="note", row=name) for name in nameless]


def _letters(at: int) -> str:
    """Return what a spreadsheet calls a column, counted from 0."""
    return str(openpyxl.utils.get_column_letter(at + 1))


def _money_units(columns: Mapping[str, int], headings: Rows, units: Rows) -> dict[str, str]:
    """Return the unit of money of each column that names one: in a heading, or in the row of units below."""
    money_units = {}
    for heading, at in columns.items():
        texts = [row[at] for row in headings] + [text for row in units for text in (row[at], f"({row[at]})")]
        if unit := next(filter(None, map(money_unit, texts)), ""):
            money_units[heading] = unit
    return money_units
