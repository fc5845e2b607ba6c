"""Words for kinds, as education and health offices, Amap, Baidu and English lists write them."""

import pytest

from cfgeo.core.strings import section
from cfgeo.files.vocabulary.kinds import _vocabulary, kind_of, kinds_of, open_kinds

MEANINGS = """
kindergarten: 幼儿园 公办幼儿园 附属幼儿园 幼儿园(公办) 幼儿园（民办普惠） 普惠性民办幼儿园
kindergarten: 省一级幼儿园 学前教育 幼兒園 Kindergarten 141204
primary: 小学 完全小学 完小 中心小学 村小 村完小 民办小学 实验小学 附属小学 小学部 小学阶段 小学教育
primary: 小学（公办） 小學 primary Primary PRIMARY ｐｒｉｍａｒｙ Primary_School elementary_schools
primary: 科教文化服务;学校;小学 科教文化服务；学校；小学 教育培训;小学 教育学校:小学 学校（小学）
primary: 141203 教学点 小学； 、小学。
junior: 初中 初级中学 普通初中 民办初中 初中部 中学（初中） junior Junior_High_School 國中
senior: 高中 高级中学 普通高中 senior_high_school
primary+junior: 九年一贯制学校 九年制学校 九年一贯制 9年一贯制学校 民办九年一贯制学校
primary+junior: 九年一贯制学校（公办） 九年一贯制（小学、初中） 九年一贯制_学校 小学、初中
primary+junior: 九年制
primary+junior: 初中、小学 小学/初中 小学／初中 小学,初中 小学，初中 小学;初中 小学；初中 小学+初中
primary+junior: 小学＋初中 小学_初中 小学__、初中 小学|初中 小学和初中 小学及初中 小学-初中 小学初中
primary+junior: 小学（含初中） 小学(公办)、初中(民办) primary;junior primary+junior junior/primary
primary+junior: primary_and_junior Primary_School,Junior_High_School
primary+junior+senior: 十二年一贯制学校 12年一贯制 小学、初中、高中 小学、完全中学
junior+senior: 完全中学 完中 初中+高中 初高中 民办完全中学
kindergarten+primary: 小学,幼儿园 幼儿园、小学 科教文化服务;学校;小学|科教文化服务;学校;幼儿园
kindergarten+primary: 141203|141204 小学（含幼儿园）
kindergarten+primary+junior+senior: 十五年一贯制学校
secondary: 中学 实验中学 附中 普通中学 科教文化服务;学校;中学 middle_school 141202
school: 学校 实验学校 义务教育学校 科教文化服务;学校;学校 School
community_health: 社区卫生服务中心 街道社区卫生服务中心 卫生服务中心 社区健康服务中心
community_health: community_health_center
community_health_station: 社区卫生服务站 卫生服务站
township_hospital: 卫生院 乡镇卫生院 中心卫生院 医疗保健服务;综合医院;卫生院
general: 综合医院 医疗保健服务;综合医院;综合医院 医疗保健服务;综合医院;三级甲等医院 090101
hospital: 医院 专科医院 中医医院
maternity: 妇幼保健院 区级妇幼保健院 妇幼保健计划生育服务中心
library: 图书馆 公共图书馆 少儿图书馆 科教文化服务;图书馆;图书馆 圖書館
cultural_centre: 文化馆 群众艺术馆 区级文化馆
"""
"""Kinds, and words that mean them; ``_`` stands for a blank."""


@pytest.mark.parametrize("line", MEANINGS.strip().split("\n"))
def test_a_departments_word_means_these_kinds(line: str) -> None:
    kinds, _, words = line.partition(": ")
    assert {word: kind_of(word.replace("_", " ")) for word in words.split()} == dict.fromkeys(words.split(), kinds)


def test_signs_that_nobody_sees_are_no_letters() -> None:
    assert kind_of("小\u200b学\ufeff") == "primary"


UNCERTAIN = """
小学（停办） 小学（在建） 小学（规划） 小学（原初中） 拟建小学 原小学 非小学 小学附属幼儿园 书院 甲/乙 科教文化服务
court
"""


@pytest.mark.parametrize("word", [*UNCERTAIN.split(), "A B"])
def test_a_word_without_a_certain_meaning_stays_as_it_is(word: str) -> None:
    assert kinds_of(f" {word} ") == (word,)


def test_what_is_known_counts_beside_what_is_not() -> None:
    assert kinds_of("小学、托管") == ("primary", "托管")
    assert kinds_of("小学、初中（在建）") == ("primary", "初中(在建)")


def test_every_kind_and_its_names_mean_themselves() -> None:
    for kind, names in section("kind").items():
        assert kind_of(kind) == kind
        assert section("kind")[kind_of(names["zh"])]["zh"] == names["zh"]
        assert kind_of(names["en"].upper()) == kind


def test_the_vocabulary_names_known_kinds_only() -> None:
    words = _vocabulary()
    named = {kind for kinds in words["words"] for kind in kinds.split("+")} | set(words["codes"].values())
    named |= set(open_kinds()) | {kind for others in open_kinds().values() for kind in others}
    assert named <= set(section("kind"))
