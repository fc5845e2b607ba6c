"""Explained walks as text, GeoJSON and pictures: the numbers of the walk, the same bytes each time."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from worlds.studies import degrees
from worlds.town import CRS, at

from cfgeo import OutputError
from cfgeo.assess.case import Case
from cfgeo.assess.routes.explain import explain
from cfgeo.core.explanation import Explanation, Missed
from cfgeo.core.schema import WALK_PARTS
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.maps import fonts
from cfgeo.publish.maps.explanation import PART_COLOURS, explained_picture
from cfgeo.publish.tables.geojson import explained_geojson
from cfgeo.publish.words.explanation import explanation_text, goal_words
from cfgeo.publish.writers import EXPLAINED_FORMATS, require_formats, write_explained

MAGIC = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
HOSTILE = ["$\\frac{1}$", "$x^2", "a\nb", "<script>", "{{ 7 }} {name}", "%s", "_{\\bad", "\\"]


def rising(x: Any, y: Any) -> Any:
    """Land that rises eastward, 1 in 10."""
    return 200 + (np.asarray(x) - at(0, 0).x) * 0.1


@pytest.fixture(scope="module")
def walks(town_case: Case) -> list[Explanation]:
    """Return the walks from "up": down the steps to school, and with a pram by the lift to the garden."""
    return explain(town_case, rising, lonlat=degrees(50, 205), code=None, layer=None)


@pytest.fixture
def no_chinese_font(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take all fonts with Chinese letters off this machine."""
    fonts.cjk_font.cache_clear()
    monkeypatch.setattr(fonts, "CJK_FONTS", ("No Such Font",))
    monkeypatch.setattr(fonts, "PACKAGE", "no_such_package")
    yield
    fonts.cjk_font.cache_clear()


def without_routes(explanation: Explanation) -> Explanation:
    return replace(explanation, routes=())


def called(explanation: Explanation, name: str) -> Explanation:
    """Return an explanation whose goal, community and place have a name."""
    routes = tuple(replace(route, place=name) for route in explanation.routes)
    return replace(explanation, titles={"zh": name, "en": name}, community=name, routes=routes)


def there_already(explanation: Explanation) -> Explanation:
    """Return an explanation of a walk without any length."""
    route = explanation.routes[0]
    return replace(explanation, routes=(replace(route, pieces=route.pieces.iloc[:0], profile=route.profile.iloc[:0]),))


# --- text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_text_says_the_numbers(walks: list[Explanation], lang: Lang) -> None:
    school, park = explanation_text(walks, lang=lang).split("\n\n")
    lines = school.splitlines()
    assert {"zh": "小学", "en": "Primary school"}[lang] in lines[0]
    lon, lat = degrees(50, 205)
    assert f"{lon:.5f}, {lat:.5f}" in lines[1]
    assert "Upper" in lines[1]
    # 281 s: 4.7 min of 5; 144 s level, 125 s of stairs with 150 steps, 12 s off the network; 295 m
    for number in ("4.7", "5", "Low School"):
        assert number in lines[2]
    for number in ("2.4", "2.1", "150", "0.2"):
        assert number in lines[3]
    assert lines[3].index("2.4") < lines[3].index("2.1") < lines[3].index("0.2"), "the longest part first"
    assert "295" in lines[4]
    assert f"{walks[1].routes[0].minutes:.1f}" in park
    assert not re.search(r"[{}]|nan|None", school + park)


def test_a_route_says_whether_it_is_within_the_limit(walks: list[Explanation]) -> None:
    assert "in reach" in explanation_text(walks[:1], lang="en")
    assert "可达" in explanation_text(walks[:1], lang="zh")
    late = [replace(walks[0], limit_minutes=4.0)]
    assert "0.7 min too long" in explanation_text(late, lang="en")
    assert "超出 0.7 分钟" in explanation_text(late, lang="zh")
    hardly = [replace(walks[0], limit_minutes=walks[0].routes[0].minutes - 1e-6)]
    assert "0.1 min too long" in explanation_text(hardly, lang="en"), "never 0.0 too long"
    near = [replace(walks[0], limit_minutes=4.7, routes=(replace(walks[0].routes[0], minutes=4.704),))]
    assert "4.704 min of 4.7: 0.1 min too long" in explanation_text(near, lang="en"), "never 4.7 of 4.7, too long"


def test_heights_are_drawn_in_a_line_where_they_are_known(walks: list[Explanation]) -> None:
    # Streets follow the land, westward from 205 m to 200 m; the steps between junctions of unknown height are left out.
    text = explanation_text(walks[:1], lang="en")
    assert re.search(r"heights 200–205 m [▁-█]{32}$", text)
    unknown = replace(walks[0].routes[0], profile=walks[0].routes[0].profile.assign(height_m=np.nan))
    assert "heights" not in explanation_text([replace(walks[0], routes=(unknown,))], lang="en")


def test_without_slope_the_text_does_not_speak_of_metres_climbed(walks: list[Explanation]) -> None:
    assert "slope is not counted" in explanation_text(walks[:1], lang="en")
    steep = [replace(walks[0], slope="tobler")]
    assert "m up" in explanation_text(steep, lang="en")
    assert "上升" in explanation_text(steep, lang="zh")


def test_the_slower_way_decides(walks: list[Explanation]) -> None:
    route = walks[0].routes[0]
    both = replace(walks[0], routes=(route, replace(route, direction="from", minutes=5.4)))
    text = explanation_text([both], lang="en")
    assert text.count("Low School") == 2
    assert "the slower way decides: Back" in text
    assert "以较慢的返程为准" in explanation_text([both], lang="zh")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_walk_without_a_route_is_stated(walks: list[Explanation], lang: Lang) -> None:
    text = explanation_text([without_routes(walks[0])], lang=lang)
    assert {"zh": "走不到", "en": "no place within"}[lang] in text


def test_a_goal_is_named_by_its_clause_or_its_layer(walks: list[Explanation]) -> None:
    assert [goal_words(explanation, "en") for explanation in walks] == ["Primary school", "Park, with a pram"]
    layer = replace(walks[0], clause="", titles={}, kinds=())
    assert goal_words(layer, "zh") == "学校"
    assert goal_words(replace(layer, kinds=("primary",)), "zh") == "学校：小学"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_may_hold_any_name(walks: list[Explanation], name: str) -> None:
    assert name in explanation_text([called(walks[0], name)], lang="en")


# --- GeoJSON -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_geojson_holds_the_whole_way_and_its_pieces(walks: list[Explanation], lang: Lang) -> None:
    content = json.loads(explained_geojson(walks, lang=lang))
    assert content["type"] == "FeatureCollection"
    for explanation in walks:
        route = explanation.routes[0]
        mine = [f for f in content["features"] if f["properties"]["clause"] == explanation.clause]
        whole, *pieces = mine
        about = whole["properties"]
        assert (about["feature"], about["goal"]) == ("route", goal_words(explanation, lang))
        assert about["minutes"] == pytest.approx(route.minutes, abs=5e-4)
        assert sum(about[f"{part}_minutes"] for part in WALK_PARTS) == pytest.approx(about["minutes"], abs=5e-3)
        assert about["length_m"] == pytest.approx(route.length_m, abs=0.06)
        assert (about["facility"], about["direction"]) == (route.facility, "to")
        assert [f["properties"]["order"] for f in pieces] == list(range(1, len(route.pieces) + 1))
        assert sum(f["properties"]["minutes"] for f in pieces) == pytest.approx(about["minutes"], abs=5e-3)
        assert [f["properties"]["street"] for f in pieces] == route.pieces["name"].tolist()
        profile = np.array(about["profile"])
        assert (np.diff(profile[:, 0]) >= 0).all()


def test_geojson_lies_where_the_walk_is_in_longitude_and_latitude(walks: list[Explanation]) -> None:
    content = json.loads(explained_geojson(walks[:1], lang="en"))
    whole, *pieces = content["features"]
    xy = whole["geometry"]["coordinates"]
    assert xy[0] == pytest.approx(degrees(50, 205), abs=2e-6)
    assert xy[-1] == pytest.approx(degrees(30, -10), abs=2e-6)
    assert shapely.get_num_coordinates(shapely.from_geojson(json.dumps(content))) > 10
    for piece, following in pairwise(pieces):
        assert piece["geometry"]["coordinates"][-1] == following["geometry"]["coordinates"][0]


def test_what_is_not_known_or_not_there_is_valid_geojson_too(walks: list[Explanation]) -> None:
    route = walks[0].routes[0]
    unknown = replace(route, profile=route.profile.assign(height_m=np.nan))
    for explanation in (without_routes(walks[0]), there_already(walks[0]), replace(walks[0], routes=(unknown,))):
        content = json.loads(explained_geojson([explanation], lang="zh"), parse_constant=pytest.fail)
        assert all(not f["properties"].get("profile") for f in content["features"])
    assert json.loads(explained_geojson([], lang="zh"))["features"] == []


@pytest.mark.parametrize("name", HOSTILE)
def test_geojson_holds_any_name(walks: list[Explanation], name: str) -> None:
    content = json.loads(explained_geojson([called(walks[0], name)], lang="en"))
    assert {f["properties"]["place"] for f in content["features"]} == {name}


# --- pictures ----------------------------------------------------------------------------------------------------


def test_every_part_of_a_walk_has_its_own_colour() -> None:
    assert tuple(PART_COLOURS) == WALK_PARTS
    assert len(set(PART_COLOURS.values())) == len(WALK_PARTS)


@pytest.mark.parametrize("form", MAGIC)
def test_a_picture_is_the_same_bytes_each_time(walks: list[Explanation], form: str) -> None:
    picture, again = (explained_picture(walks, form, lang="en") for _ in range(2))
    assert picture.startswith(MAGIC[form])
    assert picture == again


def test_a_picture_says_what_the_text_says(walks: list[Explanation]) -> None:
    svg = explained_picture(walks[:1], "svg", lang="en").decode()
    comments = " ".join(re.findall(r"<!--(.*?)-->", svg))  # letters are drawn; a comment beside them has the text
    for words in ("Primary school", "Low School", "4.7 min of 5", "stairs 2.1 min", "distance", "start", "place"):
        assert words in comments, words
    for part in ("level", "stairs", "off_network"):
        assert PART_COLOURS[part] in svg
    assert PART_COLOURS["lift"] not in svg
    assert "<!-- N -->" in svg, "where north is"


def test_the_way_back_begins_at_the_place_and_has_an_end(walks: list[Explanation]) -> None:
    back = replace(walks[0], routes=(replace(walks[0].routes[0], direction="from"),))
    marks = re.findall(r"<!-- (start|place|end) -->", explained_picture([back], "svg", lang="en").decode())
    assert marks == ["place", "end"]


def test_without_a_route_the_nearest_place_is_drawn_and_why_nobody_gets_there(walks: list[Explanation]) -> None:
    line = shapely.LineString([at(0, 0), at(900, 400)])
    missed = Missed("too_far", line, facility="f", place="Far Hall", metres=985.0, minutes=41.0)
    svg = explained_picture([replace(walks[0], routes=(), missed=missed)], "svg", lang="en").decode()
    comments = " ".join(re.findall(r"<!--(.*?)-->", svg))
    told = "no place within 30 minutes: the nearest is Far Hall, 41 min on foot, 985 m in a straight"
    for words in (told, " start ", " place ", "200 m", " N "):
        assert words in comments, words


@pytest.mark.parametrize("reason", ["no_place", "start_off", "place_off", "apart", "too_far"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_has_its_sentence(walks: list[Explanation], reason: str, lang: Lang) -> None:
    missed = Missed(reason, shapely.LineString([at(0, 0), at(9, 0)]), place="Far Hall", metres=985.4, minutes=41.2)
    said = explanation_text([replace(walks[0], routes=(), missed=missed)], lang=lang)
    assert ("Far Hall" in said and "985" in said) == (reason != "no_place")
    assert ("41" in said) == (reason == "too_far")


@pytest.mark.parametrize("form", MAGIC)
def test_a_walk_of_no_length_is_drawn_too(walks: list[Explanation], form: str) -> None:
    for explanation in (without_routes(walks[0]), there_already(walks[0])):
        assert explained_picture([explanation, walks[1]], form, lang="en").startswith(MAGIC[form])


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_is_a_formula_in_a_picture(walks: list[Explanation], name: str) -> None:
    svg = explained_picture([called(walks[0], name)], "svg", lang="en").decode()
    if name.isprintable() and not set(name) & set("<>&"):
        assert name in svg, "as it stands, in a comment beside its letters"


def test_letters_that_no_font_has_give_no_warning(walks: list[Explanation], recwarn: pytest.WarningsRecorder) -> None:
    assert explained_picture([called(walks[0], "\u0e17\u0e32\u0e07")], "png", lang="en").startswith(MAGIC["png"])
    assert len(recwarn) == 0


def test_chinese_without_a_chinese_font_is_refused(walks: list[Explanation], no_chinese_font: None) -> None:
    for explained, lang in ((walks, "zh"), ([called(walks[0], "第一小学")], "en")):
        with pytest.raises(OutputError) as caught:
            explained_picture(explained, "png", lang=lang)  # type: ignore[arg-type]
        for words in LANGUAGES:
            assert "No Such Font" in caught.value.text(words)
    assert explained_picture(walks, "png", lang="en").startswith(MAGIC["png"]), "English words need none"


def test_chinese_letters_come_from_a_chinese_font() -> None:
    fonts.cjk_font.cache_clear()
    assert fonts.fonts_for("Primary school", "Café №1") == ["DejaVu Sans"]
    name = fonts.cjk_font()
    if name is None:
        pytest.skip("this machine has no font with Chinese letters")
    assert name in fonts.CJK_FONTS
    assert fonts.fonts_for("Primary school", "第一小学") == [name, "DejaVu Sans"]


def test_a_chinese_picture_has_no_empty_boxes(walks: list[Explanation], recwarn: pytest.WarningsRecorder) -> None:
    if fonts.cjk_font() is None:
        pytest.skip("this machine has no font with Chinese letters")
    assert explained_picture(walks, "png", lang="zh").startswith(MAGIC["png"])
    assert [str(warning.message) for warning in recwarn if "missing from" in str(warning.message)] == []


# --- files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.geojson", "a.json", "a.PNG", "a.svg", "a.pdf"])
def test_the_name_of_a_file_says_its_format(walks: list[Explanation], tmp_path: Path, name: str) -> None:
    write_explained(walks, tmp_path / name, lang="en")
    body = (tmp_path / name).read_bytes()
    suffix = (tmp_path / name).suffix.lower().removeprefix(".")
    assert body.startswith(MAGIC.get(suffix, b'{"type": "FeatureCollection"'))


@pytest.mark.parametrize("name", ["a.docx", "a", "geojson", "a.png.txt", "渝中"])
def test_an_unknown_format_is_refused_and_nothing_is_written(
    walks: list[Explanation], tmp_path: Path, name: str
) -> None:
    for attempt in (
        lambda: require_formats([tmp_path / "a.png", tmp_path / name], EXPLAINED_FORMATS),
        lambda: write_explained(walks, tmp_path / name, lang="en"),
    ):
        with pytest.raises(OutputError) as caught:
            attempt()
        for lang in LANGUAGES:
            for word in (name, ".geojson", ".png", ".svg", ".pdf"):
                assert word in caught.value.text(lang)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_an_error(walks: list[Explanation], tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "folder" / "a.geojson", tmp_path / "a.png"):
        if path.parent == tmp_path:
            path.mkdir()
        with pytest.raises(OutputError) as caught:
            write_explained(walks, path, lang="en")
        assert str(path) in caught.value.text("en")


def test_explanations_are_not_modified(walks: list[Explanation]) -> None:
    pieces, profile = walks[0].routes[0].pieces.copy(), walks[0].routes[0].profile.copy()
    explained_geojson(walks, lang="en")
    explained_picture(walks, "png", lang="en")
    explanation_text(walks, lang="en")
    assert walks[0].routes[0].pieces.equals(pieces)
    assert walks[0].routes[0].profile.equals(profile)
    assert walks[0].routes[0].pieces.crs == CRS
