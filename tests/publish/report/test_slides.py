"""The slides: the story's own words as text, each slide with its map, and with where its numbers stand."""

import dataclasses
import io
from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.util import Mm
from worlds.publish_results import sample_results

import cfgeo
from cfgeo import Results
from cfgeo.core.plan import Plan
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.maps.sheets import prepared
from cfgeo.publish.maps.story import scene_map
from cfgeo.publish.report.slides import MAP_MM, slides_body
from cfgeo.publish.words.steps import plan_steps
from cfgeo.publish.words.story.scenes import StoryBar, story_of


def words_of(slide: Any) -> str:
    return "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def check_boxes(slide: Any, deck: Any) -> None:
    """Check that all boxes lie on the slide, and that no two texts cover each other."""
    boxes = [(shape.left, shape.top, shape.left + shape.width, shape.top + shape.height) for shape in slide.shapes]
    for left, top, right, bottom in boxes:
        assert left >= 0
        assert top >= 0
        assert right <= deck.slide_width + 1
        assert bottom <= deck.slide_height + 1
    texts = [
        box for box, shape in zip(boxes, slide.shapes, strict=True) if shape.has_text_frame and shape.text_frame.text
    ]
    for nth, one in enumerate(texts):
        for other in texts[nth + 1 :]:
            wide, high = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
            assert min(wide, high) <= 36_000, "more than a millimetre"


@pytest.fixture(scope="module")
def planned(town_results: Results, plan: Plan) -> Results:
    return dataclasses.replace(town_results, plan=plan)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_slide_says_its_step_in_text_and_shows_its_map(planned: Results, plan: Plan, lang: Lang) -> None:
    scenes, run = story_of(planned, lang), prepared(planned, lang)
    steps = plan_steps(plan, lang)
    maps = [scene_map(run, scene, steps, size_mm=MAP_MM) for scene in scenes]
    assert len({drawn.picture for drawn in maps}) == 5, "each step has a map of its own"
    body = slides_body(planned, scenes, maps, lang=lang)
    assert body == slides_body(planned, scenes, maps, lang=lang), "the same run gives the same bytes"
    deck = Presentation(io.BytesIO(body))
    assert round(deck.slide_width / deck.slide_height, 3) == round(16 / 9, 3)
    for slide, scene, drawn in zip(deck.slides, scenes, maps, strict=True):
        words = words_of(slide)
        for sentence in (scene.title, scene.message, *scene.lines, *(bar.value for bar in scene.bars)):
            assert sentence in words
        for entry, _ in drawn.legend:
            assert " ".join(entry.split()) in words
        assert [shape.shape_type for shape in slide.shapes].count(MSO_SHAPE_TYPE.PICTURE) == 1
        for sentence in (scene.message, *scene.sources):
            assert sentence in slide.notes_slide.notes_text_frame.text
        fonts = {element.get("typeface") for element in slide.element.iter("{*}ea")}
        assert fonts == {"Microsoft YaHei"}
        check_boxes(slide, deck)


def test_a_bar_with_a_long_name_and_a_long_value_stays_readable() -> None:
    """At the back of a room letters under 7 points are none."""
    results = sample_results()
    scenes = [
        dataclasses.replace(
            scene,
            bars=(StoryBar("Childcare within the walk, with a stroller", "8 (1 by this one alone)", 1.0, None),) * 5,
        )
        for scene in story_of(results, "en")
    ]
    deck = Presentation(io.BytesIO(slides_body(results, scenes, [None] * len(scenes), lang="en")))
    for slide in deck.slides:
        sizes = {
            run.font.size.pt
            for shape in slide.shapes
            if shape.has_text_frame and shape.text_frame.text.startswith(("Childcare", "8 (1"))
            for run in shape.text_frame.paragraphs[0].runs
        }
        assert len(sizes) == 1
        assert min(sizes) >= 7


def test_a_long_word_of_the_legend_covers_no_other(planned: Results, plan: Plan) -> None:
    scene = story_of(planned, "en")[0]
    drawn = scene_map(prepared(planned, "en"), scene, plan_steps(plan, "en"), size_mm=MAP_MM)
    drawn = dataclasses.replace(drawn, legend=[("water (in part from elevation), contours every 50 m", "#123456")] * 9)
    deck = Presentation(io.BytesIO(slides_body(planned, [scene], [drawn], lang="en")))
    check_boxes(deck.slides[0], deck)
    boxes = [shape for shape in deck.slides[0].shapes if shape.has_text_frame and "water" in shape.text_frame.text]
    assert all(box.height / Mm(1) > 6 for box in boxes), "room for two lines each"


def test_names_of_users_are_text_without_what_xml_forbids() -> None:
    results = sample_results()
    communities = results.communities.assign(community="\x01<b>\u202e")
    results = dataclasses.replace(results, communities=communities)
    scenes = story_of(results, "zh")
    deck = Presentation(io.BytesIO(slides_body(results, scenes, [None] * len(scenes), lang="zh")))
    assert "\ufffd<b>\ufffd" in words_of(deck.slides[1])
    for slide in deck.slides:
        check_boxes(slide, deck)


def test_a_run_writes_slides_when_they_are_asked_for(planned: Results, tmp_path: Path) -> None:
    paths = cfgeo.publish(planned, tmp_path / "out", lang="en", only=("map", "slides"))
    assert tmp_path / "out" / "slides" / "story.pptx" in paths
    assert '"slides/story.pptx"' in (tmp_path / "out" / "index.html").read_text("utf-8")
    assert len(Presentation(str(tmp_path / "out" / "slides" / "story.pptx")).slides) == 5
    cfgeo.publish(planned, tmp_path / "out", lang="en", only=("map",))
    assert not (tmp_path / "out" / "slides").exists()
