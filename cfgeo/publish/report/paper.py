"""A Word document that is being written: title, headings, sentences, tables and pictures."""

import io
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
from docx.enum.table import WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.report.columns import POINT_MM, fitted, line_mm, word_mm
from cfgeo.publish.report.styles import (
    DESIGNS,
    MARK,
    META,
    NOTE,
    PICTURE,
    POINT,
    SPACE,
    TABLE,
    Look,
    dress,
    set_fonts,
)
from cfgeo.publish.safe_text import NO_CLOCK, one_line
from cfgeo.publish.words.clauses.standing import SIGNS

_SHADES = {PASSED: "DDEEDC", FAILED: "F8DDD2", NOT_ASSESSED: "E8E8E8"}
_HEAD_SHADE, _BAND_SHADE = "DCE4EC", "EFF3F6"
_ZIP_CLOCK = (1980, 1, 1, 0, 0, 0)
_ALIGN = {"<": WD_ALIGN_PARAGRAPH.LEFT, "^": WD_ALIGN_PARAGRAPH.CENTER, ">": WD_ALIGN_PARAGRAPH.RIGHT}
_CELL_MM = 1.2
_WIDEST, _HIGHEST_MM = 0.3, 60.0
"""What a column may ask of the line for one long word, and how high heads that are written upwards may stand."""
_SHORT = 4
_SINGLE = 1.3
"""How high a line is where its letters decide, of their size."""
_SPARE_MM, _LEAST_PICTURE_MM = 5.0, 50.0
"""What stays free on a first page, since fonts differ, and how high its picture is at least."""
_PLAIN = RGBColor(0x55, 0x55, 0x55)


@dataclass(frozen=True)
class Verdict:
    """A cell with a verdict: its word, or its sign alone where there is little room, on a shade."""

    verdict: str
    short: bool = False

    def words(self, lang: Lang) -> str:
        """Return what stands in the cell."""
        return SIGNS[self.verdict] if self.short else name_of("word", self.verdict, lang)


Cell = str | Verdict


@dataclass(frozen=True)
class Band:
    """A row that is one cell: what the rows below it are about, and beside it what more is to be said of them."""

    heading: str
    words: str = ""


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes
    ----------
    heads : tuple of str
    widths : tuple of float
        In proportion.
    align : str
        One of ``<^>`` for each column.
    upright : int
        The heads of so many last columns are written upwards where a word of one is wider than its column.
    """

    heads: tuple[str, ...]
    widths: tuple[float, ...]
    align: str
    upright: int = 0

    def only(self, columns: Sequence[int]) -> "Grid":
        """Return some of the columns."""
        heads, widths = ([values[i] for i in columns] for values in (self.heads, self.widths))
        align = "".join(self.align[i] for i in columns)
        return Grid(tuple(map(str, heads)), tuple(map(float, widths)), align, self.upright)


class Paper:
    """A report that is being written. Each text becomes one line that XML can hold."""

    def __init__(self, lang: Lang, *, title: str, status: str, foot: str, wide: bool = False) -> None:
        self.lang: Lang = lang
        self.design = DESIGNS[lang].wide if wide else DESIGNS[lang]
        self._document = docx.Document()
        self._headings = [0, 0]
        self._captions = {"figure": 0, "table": 0}
        dress(self._document, self.design)
        self._table_style = self._document.styles[TABLE].style_id
        self._properties(one_line(title), status)
        mark = text("report.mark", lang, status=name_of("word", status, lang), title=one_line(foot))
        self._page(mark, official=status == "official")

    def title(self, words: str, *, meta: Sequence[str]) -> None:
        """Write the title, and under it the lines that a reader has to know first."""
        self._add(words, "Title")
        for line in meta:
            self._add(line, META)

    def heading(self, words: str, level: int = 1, *, new_page: bool = False) -> None:
        """Write a numbered heading: 一、 and （一）, or 1 and 1.1."""
        self._headings[level - 1] += 1
        if level == 1:
            self._headings[1] = 0
        numbers = [self.design.numerals[min(i, len(self.design.numerals)) - 1] for i in self._headings]
        number = ".".join(numbers[:level]) if self.design.nested else numbers[level - 1]
        key = "report.heading_1" if level == 1 else "report.heading_2"
        paragraph = self._add(text(key, self.lang, number=number, said=words), f"Heading {level}")
        if new_page:
            paragraph.paragraph_format.page_break_before = True

    def sentence(self, words: str, *, bold: bool = False) -> None:
        """Write a paragraph."""
        self._add(words, "Normal", bold=bold)

    def point(self, lead: str, words: str) -> None:
        """Write a short paragraph of a summary: what it is about, in bold, and what there is to say."""
        paragraph = self._document.add_paragraph(style=POINT)
        paragraph.add_run(one_line(lead)).bold = True
        paragraph.add_run(("" if self.lang == "zh" else " ") + one_line(words))

    def first_page(
        self, body: bytes | None, caption: str, points: Sequence[tuple[str, str]], *, most_mm: float
    ) -> None:
        """Write a picture and points below it; it gives way, so that what was written and they stand on one page."""
        paragraphs: Any = self._document.paragraphs
        written = [(each.text, each.style.name) for each in paragraphs]
        written += [(caption, "Caption"), *((lead + words, POINT) for lead, words in points)]
        top, _, bottom, _ = self.design.margins
        used_mm = sum(self._height_mm(words, style) for words, style in written)
        left_mm = self.design.page_mm[1] - top - bottom - used_mm - _SPARE_MM
        self.picture(body, caption, most_mm=max(min(most_mm, left_mm), _LEAST_PICTURE_MM))
        for lead, words in points:
            self.point(lead, words)

    def _height_mm(self, words: str, style: str) -> float:
        """Return how high a paragraph is, roughly."""
        look = self.design.looks[style]
        indent_mm = look.indent * look.size * POINT_MM
        lines = max(math.ceil((line_mm(words, look.size, bold=look.bold) + indent_mm) / self.design.text_mm), 1)
        return (look.before + look.after + lines * (look.line or look.size * _SINGLE)) * POINT_MM

    def note(self, words: str) -> None:
        """Write a small paragraph."""
        self._add(words, NOTE)

    def picture(self, body: bytes | None, caption: str, *, key: str = "", most_mm: float) -> None:
        """Add a picture, if there is one, as wide as the text, at most so high; under it its caption and its key."""
        if body is None:
            return
        run = self._document.add_paragraph(style=PICTURE).add_run()
        shape = run.add_picture(io.BytesIO(body), width=Mm(self.design.text_mm))
        if shape.height > Mm(most_mm):
            shape.width, shape.height = round(shape.width * Mm(most_mm) / shape.height), Mm(most_mm)
        shape._inline.docPr.set("descr", one_line(caption))
        for side in ("distT", "distB", "distL", "distR"):  # left out, some programs put a gap there
            shape._inline.set(side, "0")
        self._caption("figure", caption)
        if key:
            self._add(key, NOTE)

    def table(self, grid: Grid, rows: Sequence[Sequence[Cell] | Band], caption: str) -> None:
        """Write a table under its caption; heads are repeated on each page, an empty first column is left out."""
        own = [row for row in rows if not isinstance(row, Band)]
        used = [i for i in range(len(grid.heads)) if i or not own or any(row[0] for row in own)]
        grid, rows = grid.only(used), [row if isinstance(row, Band) else [row[i] for i in used] for row in rows]
        self._caption("table", caption)
        table = self._document.add_table(rows=0, cols=len(grid.heads), style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        widths_mm = fitted(
            grid.widths, self._least_mm(grid, [row for row in rows if not isinstance(row, Band)]), self.design.text_mm
        )
        widths = [Mm(width_mm) for width_mm in widths_mm]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for i, row in enumerate([grid.heads, *rows]):
            # Heads do not stand alone at the foot of a page; a short table stands on one page.
            keep = i < (len(rows) if len(rows) <= _SHORT else 1)
            if isinstance(row, Band):
                self._band(table, row)
                continue
            self._row(table, row, grid.align if i else "^" * len(widths), widths, head=i == 0, keep=keep)
        if self._turns(grid, widths_mm):
            self._turn(table.rows[0], grid)
        self._add("", SPACE)

    def save(self, path: Path) -> None:
        """Write the file."""
        path.write_bytes(self.body())

    def body(self) -> bytes:
        """Return the file; its archive notes no time, so that the same report has the same bytes."""
        body = io.BytesIO()
        self._document.save(body)
        return undated(body.getvalue())

    def _add(self, words: str, style: str, *, bold: bool = False) -> Any:
        paragraph = self._document.add_paragraph(style=style)
        run = paragraph.add_run(one_line(words))
        if bold:
            run.bold = True
        return paragraph

    def _caption(self, kind: str, words: str) -> Any:
        self._captions[kind] += 1
        key = "report.caption_figure" if kind == "figure" else "report.caption_table"
        return self._add(text(key, self.lang, number=self._captions[kind], said=words), "Caption")

    def _row(
        self, table: Any, cells: Sequence[Cell], align: str, widths: Sequence[Any], *, head: bool, keep: bool
    ) -> None:
        row = table.add_row()
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if head:
            properties.append(OxmlElement("w:tblHeader"))
        for cell, value, side, width in zip(row.cells, cells, align, widths, strict=True):
            cell.width = width
            paragraph = cell.paragraphs[0]
            paragraph._p.style = self._table_style  # by its id: python-docx would look for it among all styles
            paragraph.alignment = _ALIGN[side]
            if keep:
                paragraph.paragraph_format.keep_with_next = True
            paragraph.add_run(_said(value, self.lang)).bold = True if head else None
            shade = _SHADES.get(value.verdict) if isinstance(value, Verdict) else _HEAD_SHADE if head else None
            _cell(cell, shade)

    def _least_mm(self, grid: Grid, rows: Sequence[Sequence[Cell]]) -> list[float]:
        """Return how wide each column must be for its longest word; heads that may stand upright ask for nothing."""
        size, most_mm = self.design.looks[TABLE].size, self.design.text_mm * _WIDEST
        least: list[float] = []
        for i, head in enumerate(grid.heads):
            needs = [word_mm(_said(row[i], self.lang), size) for row in rows]
            if i < len(grid.heads) - grid.upright:
                needs.append(word_mm(head, size, bold=True))
            least.append(min(max(needs, default=0.0) + 2 * _CELL_MM, most_mm))
        return least

    def _turns(self, grid: Grid, widths_mm: Sequence[float]) -> bool:
        """Return whether a head that may stand upright has a word that is wider than its column."""
        size = self.design.looks[TABLE].size
        first = len(grid.heads) - grid.upright
        pairs = zip(grid.heads[first:], widths_mm[first:], strict=True)
        return any(word_mm(head, size, bold=True) + 2 * _CELL_MM > width_mm for head, width_mm in pairs)

    def _turn(self, row: Any, grid: Grid) -> None:
        """Write the last heads upwards, and make the row as high as the longest of them."""
        size = self.design.looks[TABLE].size
        for cell in row.cells[len(grid.heads) - grid.upright :]:
            cell._tc.get_or_add_tcPr().insert_element_before(
                OxmlElement("w:textDirection", {qn("w:val"): "btLr"}), "w:tcFitText", "w:vAlign", "w:hideMark"
            )
            cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.LEFT
        longest = max(line_mm(head, size, bold=True) for head in grid.heads[len(grid.heads) - grid.upright :])
        row.height, row.height_rule = Mm(min(longest + 3 * _CELL_MM, _HIGHEST_MM)), WD_ROW_HEIGHT_RULE.AT_LEAST

    def _band(self, table: Any, band: Band) -> None:
        """Write a row that is one cell; it stays with the row below it."""
        row = table.add_row()
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        cell = row.cells[0].merge(row.cells[-1])
        paragraph = cell.paragraphs[0]
        paragraph._p.style = self._table_style
        paragraph.paragraph_format.keep_with_next = True
        paragraph.add_run(one_line(band.heading)).bold = True
        if band.words:
            paragraph.add_run(("　" if self.lang == "zh" else "  ") + one_line(band.words))
        _cell(cell, _BAND_SHADE)

    def _properties(self, title: str, status: str) -> None:
        properties = self._document.core_properties
        properties.title, properties.language = title[:255], self.design.language
        properties.subject = name_of("word", status, self.lang)
        properties.author = properties.last_modified_by = "cfgeo"
        properties.comments = properties.keywords = ""
        properties.created = properties.modified = NO_CLOCK
        properties.revision = 1
        package = self._document.part.package
        for key, relation in list(package.rels.items()):  # a picture of the template's empty page
            if relation.reltype == RELATIONSHIP_TYPE.THUMBNAIL:
                package.rels.pop(key)

    def _page(self, mark: str, *, official: bool) -> None:
        """Mark each page with the nature of its data, and number it; even pages on the left, as official ones are."""
        self._document.settings.odd_and_even_pages_header_footer = True
        section = self._document.sections[0]
        sides = ((section.header, section.footer, ">"), (section.even_page_header, section.even_page_footer, "<"))
        for header, footer, side in sides:
            header.paragraphs[0].style = MARK
            run = header.paragraphs[0].add_run(mark)
            if official:
                run.font.color.rgb = _PLAIN
            foot = footer.paragraphs[0]
            foot.style, foot.alignment = NOTE, _ALIGN[side]
            look = self.design.footer
            foot.paragraph_format.left_indent = foot.paragraph_format.right_indent = Pt(look.size)
            before, _, after = self.design.footer_format.partition("{}")
            _run(foot, look, before)
            _page_number(foot, look)
            _run(foot, look, after)


def _said(cell: Cell, lang: Lang) -> str:
    """Return what stands in a cell."""
    return cell.words(lang) if isinstance(cell, Verdict) else one_line(cell)


def _cell(cell: Any, shade: str | None) -> None:
    """Centre a cell's text in its height, with a little room around it, and shade it."""
    properties = cell._tc.get_or_add_tcPr()
    if shade:
        properties.append(OxmlElement("w:shd", {qn("w:val"): "clear", qn("w:color"): "auto", qn("w:fill"): shade}))
    margins = OxmlElement("w:tcMar")
    for side, millimetres in (("top", 0.4), ("left", _CELL_MM), ("bottom", 0.4), ("right", _CELL_MM)):
        margins.append(OxmlElement(f"w:{side}", {qn("w:w"): str(Mm(millimetres).twips), qn("w:type"): "dxa"}))
    properties.append(margins)
    properties.append(OxmlElement("w:vAlign", {qn("w:val"): "center"}))


def _run(paragraph: Any, look: Look, words: str = "") -> Any:
    run = paragraph.add_run(words)
    run.font.size = Pt(look.size)
    set_fonts(run._r.get_or_add_rPr(), look)
    return run


def _page_number(paragraph: Any, look: Look) -> None:
    """Add the field that a program fills with the page's number."""
    run = _run(paragraph, look)._r
    code = OxmlElement("w:instrText", {qn("xml:space"): "preserve"})
    code.text = "PAGE"
    number = OxmlElement("w:t")
    number.text = "1"
    begin, middle, end = (
        OxmlElement("w:fldChar", {qn("w:fldCharType"): kind}) for kind in ("begin", "separate", "end")
    )
    run.extend([begin, code, middle, number, end])


def undated(body: bytes) -> bytes:
    """Return an Office file whose archive notes no time."""
    fixed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(fixed, "w") as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _ZIP_CLOCK), old.read(name), compress_type=zipfile.ZIP_DEFLATED)
    return fixed.getvalue()
