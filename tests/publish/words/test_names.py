"""Lists of names are short enough to be read."""

from cfgeo.publish.words.names import abridged


def test_a_long_list_is_cut_and_says_how_many_there_are() -> None:
    names = [f"条款{i}" for i in range(1, 8)]
    assert abridged(names, "zh") == "条款1；条款2；条款3；条款4；条款5，另有 2 项"
    assert abridged(names, "en") == "条款1; 条款2; 条款3; 条款4; 条款5 and 2 more"


def test_a_list_that_would_lose_only_its_last_name_stays_whole() -> None:
    assert abridged(list("abcdef"), "en") == "a; b; c; d; e; f"
