"""What a run says on the terminal."""

from pathlib import Path

from cfgeo import Results
from cfgeo.publish.words.headline import headline_text


def test_the_end_of_a_run_is_short_and_says_what_holds_back_and_where_the_map_is(town_results: Results) -> None:
    paths = [Path("maps/index.html"), Path("maps/run.json")]
    lines = headline_text(town_results, paths, lang="en").splitlines()
    assert lines[0].startswith("小镇: 1 of 4 communities pass (25.0%)")
    assert lines[1] == "2 more communities are needed. Primary school holds most communities back: 2."
    assert "Not assessed: Culture: the town does not say" in lines
    assert lines[-2].startswith("The data: ")
    assert "Findings in the data: 0 errors" in lines[-2]
    assert lines[-1] == "Map: maps/index.html"
    assert len(lines) == 6


def test_all_files_are_listed_when_asked_for(town_results: Results) -> None:
    paths = [Path("maps/index.html"), Path("maps/run.json")]
    lines = headline_text(town_results, paths, lang="en", whole=True).splitlines()
    assert lines[-2:] == ["Map: maps/index.html", "     maps/run.json"]
    assert len(lines) == 9


def test_without_a_map_the_folder_is_named(town_results: Results) -> None:
    lines = headline_text(town_results, [Path("maps/communities.csv"), Path("maps/run.json")], lang="zh").splitlines()
    assert lines[-1] == "结果：maps"
    assert lines[1].startswith("距目标还差 2 个社区。卡住社区最多的条款是“")
