"""Map sheets: which there are, that they are sheets, that names stay names, that Chinese never becomes boxes."""

import dataclasses
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.style import context
from tools.browser import pdf_pages

from cfgeo import OutputError, Results
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.maps import fonts
from cfgeo.publish.maps.fonts import fonts_for
from cfgeo.publish.maps.sheet import drawn_sheet, place_entry, sized, wrapped
from cfgeo.publish.maps.sheets import FORMATS, draw_sheet, map_png, prepared, sheet_makers, style_of
from cfgeo.publish.pictures import saved
from cfgeo.publish.safe_text import file_name
from cfgeo.publish.words.story.scenes import StoryBar


@pytest.fixture(scope="module")
def sheets(town_results: Results, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the town's sheets by name."""
    run, folder, paths = prepared(town_results, "en"), tmp_path_factory.mktemp("figures"), {}
    for nth in range(len(sheet_makers(town_results))):
        for name, body in draw_sheet(run, nth):
            paths[name] = folder / name
            paths[name].write_bytes(body)
    return paths


def test_there_is_a_sheet_for_each_result(sheets: dict[str, Path], town_results: Results) -> None:
    names = ["district-verdict", "clause-school", "clause-park", "clause-home", "clause-sports"]
    names += ["minutes-school", "minutes-park", "terrain", "walkways", "school-routes", "office-North", "office-South"]
    assert list(sheets) == [f"{name}.{form}" for name in names for form in ("png", "pdf")]
    assert (town_results.coverage.query("clause == 'culture'")["verdict"] == "not_assessed").all(), "it has no sheet"


def test_a_picture_is_a3_at_300_dots_an_inch_and_not_empty(sheets: dict[str, Path]) -> None:
    for name, path in sheets.items():
        if name.endswith(".png"):
            picture = matplotlib.image.imread(path)
            assert picture.shape[:2] == pytest.approx((297 / 25.4 * 300, 420 / 25.4 * 300), abs=1)
            assert len(np.unique(picture[::9, ::9, :3].reshape(-1, 3), axis=0)) > 50


def test_a_pdf_has_one_page_and_its_letters(sheets: dict[str, Path]) -> None:
    for name, path in sheets.items():
        if name.endswith(".pdf"):
            assert pdf_pages(path.read_bytes()) == 1
            assert b"/Type3" in path.read_bytes()


def drawn(results: Results, *names: str) -> dict[str, list[bytes]]:
    """Draw some sheets, each as PNG and as PDF."""
    run = prepared(results, "en")
    with context(style_of(results, "en")):
        chosen = [sheet for make in sheet_makers(results) if (sheet := make(run)).name in names]
        figures = {sheet.name: drawn_sheet(sheet, results, lang="en", land=run.background.land) for sheet in chosen}
        return {name: [saved(figure, form) for form in FORMATS] for name, figure in figures.items()}


def test_the_same_run_gives_the_same_bytes(sheets: dict[str, Path], town_results: Results) -> None:
    for name, bodies in drawn(town_results, "minutes-school", "office-South").items():
        assert bodies == [sheets[f"{name}.{form}"].read_bytes() for form in FORMATS], name


def test_a_sheet_is_drawn_when_it_is_saved_and_not_before(
    town_results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawings: list[str] = []
    monkeypatch.setattr(FigureCanvasAgg, "draw", lambda _: drawings.append("drawn"))
    run = prepared(town_results, "en")
    with context(style_of(town_results, "en")):
        for make in sheet_makers(town_results):
            drawn_sheet(make(run), town_results, lang="en", land=run.background.land)
    assert drawings == []


def test_names_that_mean_something_to_a_program_are_drawn_as_they_stand(town_results: Results) -> None:
    nasty = r"$\frac{1}{0}$ <b>&amp; %s {name}"
    communities = town_results.communities.replace({"community": {"Upper": nasty}, "street_office": {"North": nasty}})
    offices = town_results.street_offices.rename(index={"North": nasty})
    results = dataclasses.replace(town_results, communities=communities, street_offices=offices)
    assert list(drawn(results, f"office-{file_name(nasty)}"))


@pytest.mark.parametrize(
    ("name", "expected"), [("a/b\\c:d", "a b c d"), ("  . ", "_"), ("两路口街道", "两路口街道"), ("x\ny", "x y")]
)
def test_a_file_name_is_valid_on_every_system(name: str, expected: str) -> None:
    assert file_name(name) == expected


def test_a_map_for_a_document_has_the_size_asked_for(town_results: Results, tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    path.write_bytes(map_png(prepared(town_results, "en"), "North", size_mm=(100, 50)))
    height, width = matplotlib.image.imread(path).shape[:2]
    assert width / height == pytest.approx(2, rel=0.01)
    whole = map_png(prepared(town_results, "en"), size_mm=(100, 50))
    assert whole != path.read_bytes()


def test_chinese_needs_a_font_that_has_its_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "cjk_font", lambda: None)
    assert fonts_for("Monaco")
    with pytest.raises(OutputError) as caught:
        fonts_for("Monaco", "渝中")
    assert "Noto Sans CJK SC" in caught.value.text("zh")


def test_the_message_above_a_map_is_never_cut_and_has_room_beside_the_status(town_results: Results) -> None:
    long = "Library, cultural centre or art museum within a 15-minute walk: "
    long += "47.9 % of the streets are more than 15 minutes away"
    for words in (f"{long} on foot", "10分钟步行可达公园或游戏场地：" * 4, "short"):
        said, size = sized(words, (24.0, 20.0, 18.0, 15.0))
        assert "…" not in said
        assert said.replace("\n", " ").replace(" ", "") == words.replace(" ", "")
        assert said.count("\n") <= 1
        assert (size == 24.0) == (words == "short")
    sheet = sheet_makers(town_results)[0](prepared(town_results, "en"))
    with context(style_of(town_results, "en")):
        figure = drawn_sheet(dataclasses.replace(sheet, title=long), town_results, lang="en")
        status = next(each for each in figure.texts if each.get_bbox_patch())
        title = next(each for each in figure.texts if each.get_text().startswith("Library"))
        below = next(each for each in figure.texts if each.get_text().startswith(sheet.subtitle[:20]))
        assert title.get_window_extent().x1 < status.get_window_extent().x0
        assert title.get_window_extent().y0 > below.get_window_extent().y1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_two_texts_of_a_map_cover_each_other_and_none_is_cut(town_results: Results, lang: Lang) -> None:
    run = prepared(town_results, lang)
    with context(style_of(town_results, lang)):
        for make in sheet_makers(town_results)[:3]:
            figure = drawn_sheet(make(run), town_results, lang=lang, land=run.background.land)
            FigureCanvasAgg(figure)
            figure.canvas.draw()
            axes, renderer = figure.axes[0], figure.canvas.get_renderer()
            frame = axes.get_window_extent().padded(1)
            boxes = [(words.get_text(), words.get_window_extent(renderer)) for words in axes.texts if words.get_text()]
            assert len(boxes) > 3
            for nth, (name, box) in enumerate(boxes):
                assert frame.contains(box.x0, box.y0), name
                assert frame.contains(box.x1, box.y1), name
                for other, beside in boxes[nth + 1 :]:
                    assert not box.padded(-2).overlaps(beside.padded(-2)), (name, other)


def test_an_english_sheet_has_the_studys_english_name(town_results: Results) -> None:
    study = {**town_results.parameters["study"], "title": "小城", "title_en": "A small town"}
    results = dataclasses.replace(town_results, parameters={**town_results.parameters, "study": study})
    for lang, title in (("en", "A small town"), ("zh", "小城")):
        run = prepared(results, lang)
        with context(style_of(results, lang)):
            figure = drawn_sheet(sheet_makers(results)[0](run), results, lang=lang)
        assert any(each.get_text().startswith(title) for each in figure.texts)


def test_notes_break_between_chinese_signs_and_latin_words() -> None:
    assert wrapped("一二三四五，六七", 8) == "一二三四\n五，六七"
    assert wrapped("一二三四，五", 8) == "一二三四，\n五"
    assert wrapped("to be or not", 6) == "to be\nor not"


def test_a_legend_shows_places_as_the_map_does(town_results: Results) -> None:
    run = prepared(town_results, "zh")
    with context(style_of(town_results, "zh")):
        sheet = next(sheet for make in sheet_makers(town_results) if (sheet := make(run)).name == "office-North")
        marks = dict(sheet.legend)
        dot, sign = marks["学校"]
        assert (sign.get_label(), dot.get_markerfacecolor()) == ("学", run.colour_of("schools"))
        picture = drawn_sheet(sheet, town_results, lang="zh")
        (legend,) = picture.legends
        assert [entry.get_text() for entry in legend.get_texts()] == list(marks)


@pytest.mark.parametrize("communities", [3, 9])
def test_bars_grow_smaller_before_some_are_left_out(town_results: Results, communities: int) -> None:
    run = prepared(town_results, "zh")
    with context(style_of(town_results, "zh")):
        sheet = next(sheet for make in sheet_makers(town_results) if (sheet := make(run)).name == "office-North")
        bars = [StoryBar(f"第{nth}社区", "6 条", 1.0) for nth in range(communities)]
        figure = drawn_sheet(
            dataclasses.replace(sheet, charts=[("各社区", bars), ("各条款", bars)]), town_results, lang="zh"
        )
    words = [each for axes in figure.axes for each in axes.texts if each.get_text().startswith("第")]
    assert len(words) == 2 * communities
    sizes = {each.get_fontsize() for each in words}
    assert sizes == {9.0} if communities == 3 else max(sizes) < 9.0


@pytest.mark.parametrize(("entries", "bars", "shown"), [(24, 7, [7]), (18, 7, [4, 4]), (2, 40, [9, 8])])
def test_a_chart_below_a_long_legend_has_more_than_a_bar_or_two(
    town_results: Results, entries: int, bars: int, shown: list[int]
) -> None:
    run = prepared(town_results, "zh")
    with context(style_of(town_results, "zh")):
        sheet = next(sheet for make in sheet_makers(town_results) if (sheet := make(run)).name == "office-North")
        legend = [place_entry(f"设施 {nth}", "学", "#123456") for nth in range(entries)]
        ranked = [StoryBar(f"第{nth}社区", "6 条", 1.0) for nth in range(bars)]
        crowded = dataclasses.replace(sheet, legend=legend, charts=[("各社区", ranked), ("各条款", ranked)])
        figure = drawn_sheet(crowded, town_results, lang="zh")
    charts = [axes for axes in figure.axes if any(each.get_text().startswith("各") for each in axes.texts)]
    assert [sum(each.get_text().startswith("第") for each in axes.texts) for axes in charts] == shown
    assert figure.legends[0].get_window_extent().y0 > max(axes.get_window_extent().y1 for axes in charts)
