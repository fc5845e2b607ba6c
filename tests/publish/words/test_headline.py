"""What a run says on the terminal."""

from pathlib import Path

from cfgeo import Results
from cfgeo.publish.words.headline import headline_text


def test_the_headline_says_how_many_pass_on_what_it_rests_and_where_the_map_is(town_results: Results) -> None:
    lines = headline_text(town_results, [Path("maps/index.html"), Path("maps/run.json")], lang="en").splitlines()
    assert lines[0].startswith("小镇: 1 of 4 communities pass (25.0%)")
    assert "Not assessed: Culture: the town does not say" in lines
    assert lines[-2:] == ["Map: maps/index.html", "     maps/run.json"]
