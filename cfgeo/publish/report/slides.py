"""A run → slides: the steps of its story, one a slide, as text that can be edited, each with its map.

Where a number stands, and what it rests on, is in the notes of its slide.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR
from pptx.oxml.xmlchemy import OxmlElement
from pptx.util import Emu, Mm, Pt

from cfgeo.core.results import Results
from cfgeo.core.strings import Lang, text
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.maps.story import SceneMap
from cfgeo.publish.report.paper import undated
from cfgeo.publish.safe_text import NO_CLOCK, one_line, width
from cfgeo.publish.words.names import study_title
from cfgeo.publish.words.story.scenes import Scene, StoryBar

SLIDE_MM = (338.667, 190.5)
"""16:9, as PowerPoint and WPS make it."""

MAP_MM = (200.0, 146.0)
_LEFT_MM, _TOP_MM, _TEXT_MM, _GAP_MM = 10.0, 17.0, 112.0, 6.0
_BOTTOM_MM = SLIDE_MM[1] - 11.0
_LEGEND_COLUMNS, _LEGEND_MM = 3, 5.2
_EAST, _WEST = "Microsoft YaHei", "Arial"
_SMALLEST = 6.0
_FILLED = 0.84
"""How much of a line a text fills: words break early, and other fonts are wider."""
_FAULT = "C2571A"
_BLUE, _NOW, _BEFORE, _TRACK, _SOFT, _INK = "0F4C81", "1D5A94", "0B2745", "E3E8EB", "5A666D", "1B262C"
_FAULT_STEPS = {"why", "hills"}
_BLANK = 6
_POINT_MM = 25.4 / 72


@dataclass(frozen=True)
class _Text:
    """How a text looks: size [pt], colour, weight, side."""

    size: float
    colour: str = _INK
    bold: bool = False
    right: bool = False


_LEGEND = _Text(8)


@dataclass
class _Slide:
    """A slide on its way down: where the next thing stands."""

    slide: Any
    lang: Lang
    width_mm: float
    y_mm: float = field(default=_TOP_MM)

    def write(self, words: str, look: _Text, *, left_mm: float = _LEFT_MM, wide_mm: float | None = None) -> float:
        """Write a paragraph at the next place, and return how high it is [mm]."""
        wide_mm = self.width_mm if wide_mm is None else wide_mm
        high_mm = _lines(words, look, wide_mm) * look.size * 1.25 * _POINT_MM
        write_box(self.slide, words, look, (left_mm, self.y_mm, wide_mm, high_mm), lang=self.lang)
        return float(high_mm)

    def add(self, words: str, look: _Text, *, after_mm: float = 2.0) -> None:
        """Write a paragraph and go below it."""
        self.y_mm += self.write(words, look) + after_mm


def _lines(words: str, look: _Text, wide_mm: float) -> int:
    """Return how many lines a text takes."""
    return max(math.ceil(_text_mm(words, look) / (_FILLED * wide_mm)), 1)


def _text_mm(words: str, look: _Text) -> float:
    """Return how wide a text is in one line, roughly: letters of Latin differ in width, Chinese ones do not."""
    latin = sum(letter.isascii() for letter in words)
    return (0.5 * (width(words) - latin) + (0.56 if look.bold else 0.51) * latin) * look.size * _POINT_MM


def slides_body(
    results: Results | WhatIf, scenes: Sequence[Scene], maps: Sequence[SceneMap | None], *, lang: Lang
) -> bytes:
    """Return the slides as a PowerPoint file.

    Parameters
    ----------
    results
        What the run or the what-if has found out.
    scenes
        What :func:`cfgeo.publish.words.story.story_of` or :func:`cfgeo.publish.report.whatif.whatif_scenes` gives.
    maps
        The map of each step; None leaves it out.
    lang
        Language of the words.
    """
    deck = Presentation()
    deck.slide_width, deck.slide_height = (Emu(int(Mm(side))) for side in SLIDE_MM)
    study = one_line(study_title(results.parameters["study"], lang))
    core = deck.core_properties
    core.title, core.author, core.last_modified_by, core.language = study, "cfgeo", "cfgeo", lang
    core.created = core.modified = NO_CLOCK
    status = text(f"page.status_{results.parameters['study']['status']}", lang)
    for nth, (scene, drawn) in enumerate(zip(scenes, maps, strict=True), start=1):
        slide = deck.slides.add_slide(deck.slide_layouts[_BLANK])
        _head(slide, f"{study} · {status}", f"{nth} / {len(scenes)}", lang)
        _words(slide, scene, lang, has_map=drawn is not None)
        if drawn is not None:
            _map(slide, drawn, scene, lang)
        slide.notes_slide.notes_text_frame.text = "\n".join(
            map(one_line, (scene.message, *scene.lines, *scene.sources))
        )
    stream = io.BytesIO()
    deck.save(stream)
    return undated(stream.getvalue())


def _head(slide: Any, words: str, place: str, lang: Lang) -> None:
    _box(slide, (0, 0, SLIDE_MM[0], 11.0), _BLUE)
    look = _Text(12, "FFFFFF")
    write_box(slide, words, look, (_LEFT_MM, 1.5, 260.0, 8.0), lang=lang)
    look = _Text(12, "FFFFFF", right=True)
    write_box(slide, place, look, (SLIDE_MM[0] - 60.0, 1.5, 50.0, 8.0), lang=lang)


def _words(slide: Any, scene: Scene, lang: Lang, *, has_map: bool) -> None:
    """Write a step's title, message, sentences and bars."""
    wide_mm = _TEXT_MM if has_map else SLIDE_MM[0] - 2 * _LEFT_MM
    on = _Slide(slide, lang, wide_mm)
    on.add(scene.title, _Text(16, _BLUE, bold=True), after_mm=1.0)
    on.add(scene.message, _Text(19, bold=True), after_mm=2.5)
    for line in scene.lines:
        on.add(line, _Text(11.5), after_mm=1.5)
    if scene.bars:
        on.y_mm += 1.5
        on.add(scene.heading, _Text(12, bold=True), after_mm=1.0)
        row_mm = min(8.5, (_BOTTOM_MM - on.y_mm) / len(scene.bars))
        size = min(11.0, row_mm * 0.62 / 1.25 / _POINT_MM)
        # All bars are written alike, so that the longest name and its value still stand side by side.
        size = max(size * min(1.0, *(_bar_fits(bar, size, wide_mm) for bar in scene.bars)), _SMALLEST)
        for bar in scene.bars:
            _bar(on, bar, (row_mm, size), _FAULT if scene.key in _FAULT_STEPS else _NOW)


def _bar_fits(bar: StoryBar, size: float, wide_mm: float) -> float:
    """Return by how much a bar's name and value would have to be smaller to stand side by side; over 1: by nothing."""
    both_mm = _text_mm(bar.name, _Text(size)) + 1.05 * _text_mm(bar.value, _Text(size, bold=True))
    return _FILLED * (wide_mm - 2.0) / max(both_mm, 1.0)


def _bar(on: _Slide, bar: StoryBar, row: tuple[float, float], colour: str) -> None:
    """Write a bar's name and value in its row (height [mm], letters [pt]), and draw it below them."""
    row_mm, size = row
    name, value = _Text(size), _Text(size, bold=True, right=True)
    value_mm = min(1.05 * _text_mm(bar.value, value) / _FILLED + 2.0, on.width_mm * 0.62)
    name_mm, high_mm = on.width_mm - value_mm, row_mm * 0.68
    write_box(on.slide, bar.name, name, (_LEFT_MM, on.y_mm, name_mm, high_mm), lang=on.lang)
    write_box(on.slide, bar.value, value, (_LEFT_MM + name_mm, on.y_mm, value_mm, high_mm), lang=on.lang)
    thick_mm = row_mm * 0.16
    y_mm = on.y_mm + row_mm * 0.74
    for share, fill in ((1.0, _TRACK), (bar.share, colour), (bar.before or 0.0, _BEFORE)):
        if share > 0:
            _box(on.slide, (_LEFT_MM, y_mm, on.width_mm * share, thick_mm), fill)
    on.y_mm += row_mm


def _map(slide: Any, drawn: SceneMap, scene: Scene, lang: Lang) -> None:
    """Place a step's map, and write its legend below it."""
    left_mm = SLIDE_MM[0] - MAP_MM[0] - _LEFT_MM
    picture = slide.shapes.add_picture(io.BytesIO(drawn.picture), Mm(left_mm), Mm(_TOP_MM), width=Mm(MAP_MM[0]))
    picture.name = scene.title
    picture._element.nvPicPr.cNvPr.set("descr", one_line(scene.message))  # what a screen reader says
    wide_mm = MAP_MM[0] / _LEGEND_COLUMNS
    rows = [drawn.legend[i : i + _LEGEND_COLUMNS] for i in range(0, len(drawn.legend), _LEGEND_COLUMNS)]
    lines = [max(_lines(words, _LEGEND, wide_mm - 8.0) for words, _ in row) for row in rows]
    line_mm = min(_LEGEND_MM, (_BOTTOM_MM + 6.0 - _TOP_MM - MAP_MM[1]) / max(sum(lines), 1))
    y_mm = _TOP_MM + MAP_MM[1] + 1.5
    for row, high in zip(rows, lines, strict=True):
        for column, (words, colour) in enumerate(row):
            x_mm = left_mm + column * wide_mm
            _box(slide, (x_mm, y_mm + 0.8, 6.0, 2.8), colour.lstrip("#").upper())
            write_box(slide, words, _LEGEND, (x_mm + 7.5, y_mm, wide_mm - 8.0, high * line_mm), lang=lang)
        y_mm += high * line_mm


def _box(slide: Any, place_mm: tuple[float, float, float, float], colour: str) -> None:
    """Draw a filled box without outline."""
    shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *map(Mm, place_mm))
    shape.fill.solid()
    shape.fill.fore_color.rgb = _rgb(colour)
    shape.line.fill.background()
    shape.shadow.inherit = False


def write_box(slide: Any, words: str, look: _Text, place_mm: tuple[float, float, float, float], *, lang: Lang) -> None:
    """Write a text into a box, in fonts that have Chinese letters."""
    frame = slide.shapes.add_textbox(*map(Mm, place_mm)).text_frame
    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    paragraph = frame.paragraphs[0]
    if look.right:
        paragraph._p.get_or_add_pPr().set("algn", "r")
    run = paragraph.add_run()
    run.text = one_line(words)
    run.font.size, run.font.bold, run.font.name = Pt(round(look.size * 2) / 2), look.bold, _WEST
    run.font.color.rgb = _rgb(look.colour)
    properties = run._r.get_or_add_rPr()
    properties.set("lang", "zh-CN" if lang == "zh" else "en-GB")
    properties.set("altLang", "zh-CN")
    east = OxmlElement("a:ea")
    east.set("typeface", _EAST)
    properties.append(east)


def _rgb(colour: str) -> Any:
    make: Any = RGBColor  # whose types python-pptx does not give
    return make(*bytes.fromhex(colour))
