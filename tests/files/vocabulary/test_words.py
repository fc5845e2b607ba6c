"""Words that users write for cfgeo's own, and how messages give them back."""

import tomllib
from importlib import resources

import pytest

from cfgeo.core.scenario import ACTIONS, LINK_TAGS
from cfgeo.core.strings import section
from cfgeo.files.vocabulary.words import Choices, headings, own_word, perhaps_layer, similar_words

WORDS = tomllib.loads(resources.files("cfgeo.files.vocabulary").joinpath("words.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("group", "word", "ours"),
    [
        ("datum_names", "高德", "gcj02"), ("datum_names", "火星坐标", "gcj02"), ("datum_names", "GCJ-02", "gcj02"),
        ("datum_names", "百度", "bd09"), ("datum_names", "BD-09", "bd09"), ("datum_names", "WGS84", "wgs84"),
        ("datum_names", "WGS-84", "wgs84"), ("datum_names", "CGCS2000", "cgcs2000"),
        ("datum_names", "国家2000", "cgcs2000"),
        ("datum_names", "西安80", "西安80"), ("datum_names", "北京54", "北京54"),
        ("statuses", "官方", "official"), ("statuses", "近似", "approximate"), ("statuses", "示例", "illustrative"),
        ("walkers", "小学生", "primary"), ("walkers", "推婴儿车", "stroller"), ("walkers", "child", "child"),
        ("layer_names", "学校", "schools"), ("layer_names", "体育设施", "sports"),
        ("layer_names", "walk_ways", "walk_ways"),
        ("layer_names", "schools", "schools"), ("layer_names", "我的图层", "我的图层"),
        ("actions", "新建", "add"), ("actions", "拟建", "add"), ("actions", "关闭", "close"),
        ("actions", "扩建", "enlarge"),
        ("links", "小区大门", "gate"),
    ],
)  # fmt: skip
def test_a_word_means_what_offices_mean_by_it_and_an_unknown_one_stays(group: str, word: str, ours: str) -> None:
    assert own_word(word, group) == ours


@pytest.mark.parametrize("group", ["datum_names", "statuses", "walkers", "directions", "objectives", "layer_names"])
def test_no_word_of_a_group_means_two_things(group: str) -> None:
    words = [word.lower() for names in WORDS[group].values() for word in names]
    assert len(words) == len(set(words))


def test_every_layer_that_standards_name_goes_by_its_chinese_name() -> None:
    for layer, names in section("layer").items():
        if layer in WORDS["layer_names"]:
            assert own_word(names["zh"], "layer_names") == layer


def test_messages_give_words_in_chinese_beside_cfgeos_own() -> None:
    assert Choices("actions", ("add", "close")).text("zh") == "新建（add）、关闭（close）"
    assert Choices("actions", ("add", "close")).text("en") == "add, close"
    assert headings("lon", "lat").text("zh") == "经度（lon）、纬度（lat）"
    assert Choices("layer_names", ("schools", "my_layer")).text("zh") == "学校（schools）、my_layer"


@pytest.mark.parametrize(("group", "words"), [("actions", ACTIONS), ("links", tuple(LINK_TAGS))])
def test_every_action_and_link_has_a_chinese_word(group: str, words: tuple[str, ...]) -> None:
    assert Choices(group, words).text("zh").count("（") == len(words)


def test_a_word_that_is_near_or_holds_a_known_one_is_suggested() -> None:
    assert similar_words("体育场地设施", "layer_names")[0] == "sports"
    assert similar_words("xyz", "layer_names") == ()


@pytest.mark.parametrize(
    ("word", "asked"),
    [
        ("体育场地设施", "（是不是 体育场地（sports）？）"), ("school", "（是不是 学校（schools）？）"),
        ("my_laye", "（是不是 my_layer？）"), ("公园", ""), ("xyz", ""),
    ],
)  # fmt: skip
def test_a_layer_that_the_study_has_is_asked_for_where_the_word_is_near(word: str, asked: str) -> None:
    question = perhaps_layer(word, ["schools", "sports", "my_layer"])
    assert (question if isinstance(question, str) else question.text("zh")) == asked
