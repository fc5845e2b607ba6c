"""How a report looks: the typography of Chinese official documents, and a plain one in English."""

from dataclasses import dataclass, field, replace
from typing import Any

from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.oxml import serialize_part_xml
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from cfgeo.core.strings import Lang

PAGE_MM = (210.0, 297.0)
_WIDE_LEFT_MM = 30.0
MARK, META, TABLE, NOTE = "Cfgeo Mark", "Cfgeo Meta", "Cfgeo Table", "Cfgeo Note"
PICTURE, POINT, SPACE = "Cfgeo Picture", "Cfgeo Point", "Cfgeo Space"
"""Our own styles, beside Word's title, headings, text and caption."""

_LEFT, _CENTRE, _JUSTIFY = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.JUSTIFY


@dataclass(frozen=True)
class Look:
    """One kind of paragraph.

    Attributes
    ----------
    east, west : str
        Fonts of Chinese letters and of others.
    size, line : float
        Of the letters; of the lines, 0 for as much as they need [pt].
    before, after : float
        Space around the paragraph [pt].
    indent : int
        Of the first line [letters].
    """

    east: str
    west: str
    size: float
    line: float = 0
    before: float = 0
    after: float = 0
    align: Any = _LEFT
    bold: bool = False
    colour: str = "000000"
    indent: int = 0
    keep: bool = False


@dataclass(frozen=True)
class Design:
    """How all of a report looks.

    Attributes
    ----------
    language : str
        Of the document.
    margins : tuple of float
        Top, right, bottom, left [mm].
    looks : dict
        Style → its look.
    footer, footer_format
        How the page's number looks, and what stands around it.
    numerals : tuple of str
        Of headings.
    nested : bool
        Whether a heading of the second level repeats the number of the first: 1.1.
    page_mm : tuple of float
        Width and height of the page.
    fallbacks : dict
        Font → the font to use where a machine lacks it.
    """

    language: str
    margins: tuple[float, float, float, float]
    looks: dict[str, Look]
    footer: Look
    footer_format: str
    numerals: tuple[str, ...]
    nested: bool = False
    page_mm: tuple[float, float] = PAGE_MM
    fallbacks: dict[str, str] = field(default_factory=dict)

    @property
    def text_mm(self) -> float:
        """Width of the text."""
        return self.page_mm[0] - self.margins[1] - self.margins[3]

    @property
    def wide(self) -> "Design":
        """The same on a page that lies on its side, for wide tables; the head of the page is its left edge then."""
        top, right, bottom, left = self.margins
        return replace(self, page_mm=self.page_mm[::-1], margins=(left, bottom, right, min(top, _WIDE_LEFT_MM)))


_TIMES, _ARIAL, _YAHEI = "Times New Roman", "Arial", "微软雅黑"
_BLUE = "1F3A5F"


def _chinese(number: int) -> str:
    """Return a number below a hundred as a Chinese numeral: 14 is 十四, 20 is 二十."""
    tens, ones = divmod(number, 10)
    digits = " 一二三四五六七八九"
    return ((digits[tens] if tens > 1 else "") + ("十" if tens else "") + digits[ones]).strip()


DESIGNS: dict[Lang, Design] = {
    # After GB/T 9704: A4, 37 mm over and 28 mm left of the text, 22 lines of 28 signs, page numbers between dashes.
    "zh": Design(
        language="zh-CN",
        margins=(37, 26, 35, 28),
        looks={
            "Title": Look("方正小标宋简体", _TIMES, 22, 32, after=8, align=_CENTRE, keep=True),
            "Heading 1": Look("黑体", _TIMES, 16, 28, before=6, indent=2, keep=True),
            "Heading 2": Look("楷体", _TIMES, 16, 28, indent=2, keep=True),
            "Normal": Look("仿宋", _TIMES, 16, 28, align=_JUSTIFY, indent=2),
            "Caption": Look("黑体", _TIMES, 12, 20, before=4, after=3, align=_CENTRE, keep=True),
            META: Look("楷体", _TIMES, 12, 20, align=_CENTRE),
            MARK: Look("黑体", _TIMES, 10.5, align=_CENTRE, colour="8A2B0E"),
            TABLE: Look("宋体", _TIMES, 8.5, 11),
            NOTE: Look("宋体", _TIMES, 9, 14, before=2, after=8),
            PICTURE: Look("宋体", _TIMES, 9, before=6, align=_CENTRE, keep=True),
            SPACE: Look("宋体", _TIMES, 6, 8),
            POINT: Look("楷体", _TIMES, 10.5, 15, after=3, align=_JUSTIFY),
        },
        footer=Look("宋体", "宋体", 14),
        footer_format="— {} —",
        numerals=tuple(map(_chinese, range(1, 100))),
        fallbacks={"方正小标宋简体": "宋体", "仿宋": "仿宋_GB2312", "楷体": "楷体_GB2312", "黑体": "微软雅黑"},
    ),
    "en": Design(
        language="en-GB",
        margins=(22, 22, 22, 22),
        looks={
            "Title": Look(_YAHEI, _ARIAL, 22, after=6, bold=True, colour=_BLUE, keep=True),
            "Heading 1": Look(_YAHEI, _ARIAL, 14, before=16, after=5, bold=True, colour=_BLUE, keep=True),
            "Heading 2": Look(_YAHEI, _ARIAL, 11, before=10, after=3, bold=True, colour=_BLUE, keep=True),
            "Normal": Look(_YAHEI, _ARIAL, 10.5, 15, after=6),
            "Caption": Look(_YAHEI, _ARIAL, 9, before=6, after=3, bold=True, keep=True),
            META: Look(_YAHEI, _ARIAL, 10, 14, colour="444444"),
            MARK: Look(_YAHEI, _ARIAL, 9, align=_CENTRE, bold=True, colour="8A2B0E"),
            TABLE: Look(_YAHEI, _ARIAL, 8, 10),
            NOTE: Look(_YAHEI, _ARIAL, 8.5, before=2, after=8, colour="444444"),
            PICTURE: Look(_YAHEI, _ARIAL, 9, before=6, keep=True),
            SPACE: Look(_YAHEI, _ARIAL, 6, 8),
            POINT: Look(_YAHEI, _ARIAL, 10, 14, after=4),
        },
        footer=Look(_YAHEI, _ARIAL, 9),
        footer_format="{}",
        numerals=tuple(map(str, range(1, 100))),
        nested=True,
        fallbacks={_YAHEI: "Microsoft YaHei", _ARIAL: "Liberation Sans"},
    ),
}


def dress(document: Document, design: Design) -> None:
    """Set a document's page, styles, language and fallback fonts."""
    section = document.sections[0]
    section.page_width, section.page_height = map(Mm, design.page_mm)
    if design.page_mm[0] > design.page_mm[1]:
        section.orientation = WD_ORIENT.LANDSCAPE
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = map(Mm, design.margins)
    section.header_distance, section.footer_distance = Mm(max(design.margins[0] - 15, 10)), Mm(design.margins[2] - 10)
    for name, look in design.looks.items():
        known = name in (style.name for style in document.styles)
        style = document.styles[name] if known else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        _style(style, look)
    _language(document)
    _fallbacks(document, design)


def _style(style: Any, look: Look) -> None:
    style.font.size, style.font.bold, style.font.italic = Pt(look.size), look.bold, False
    style.font.color.rgb = RGBColor.from_string(look.colour)
    set_fonts(style.element.get_or_add_rPr(), look)
    form = style.paragraph_format
    form.space_before, form.space_after, form.alignment = Pt(look.before), Pt(look.after), look.align
    form.line_spacing_rule = WD_LINE_SPACING.EXACTLY if look.line else WD_LINE_SPACING.SINGLE
    if look.line:
        form.line_spacing = Pt(look.line)
    form.keep_with_next, form.widow_control = look.keep, True
    form.first_line_indent = Pt(look.size * look.indent)
    properties = style.element.get_or_add_pPr()
    properties.ind.set(qn("w:firstLineChars"), str(100 * look.indent))
    for border in properties.findall(qn("w:pBdr")):  # the template draws a line under its title
        properties.remove(border)


def set_fonts(run_properties: Any, look: Look) -> None:
    """Set the fonts of Chinese letters and of others, in place of the template's theme."""
    fonts = run_properties.get_or_add_rFonts()
    fonts.attrib.clear()
    for script, name in (("ascii", look.west), ("hAnsi", look.west), ("cs", look.west), ("eastAsia", look.east)):
        fonts.set(qn(f"w:{script}"), name)


def _language(document: Document) -> None:
    """Set the languages of Chinese letters and of others, for programs that check spelling or read aloud."""
    for element, tag in ((document.styles.element, "w:lang"), (document.settings.element, "w:themeFontLang")):
        for lang in element.iter(qn(tag)):
            lang.set(qn("w:val"), "en-GB")  # Chinese here would let numbers break at the end of a line
            lang.set(qn("w:eastAsia"), "zh-CN")
    for setting in document.settings.element.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")  # as Word has been since 2013: no "compatibility mode" in its title


def _fallbacks(document: Document, design: Design) -> None:
    """Note in the table of fonts what to use for a font that a machine lacks."""
    part = document.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    table = parse_xml(part.blob)
    for name, other in design.fallbacks.items():
        font = OxmlElement("w:font", {qn("w:name"): name})
        font.append(OxmlElement("w:altName", {qn("w:val"): other}))
        table.append(font)
    part._blob = serialize_part_xml(table)  # a part without a class of its own
