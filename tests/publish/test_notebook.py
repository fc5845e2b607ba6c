"""The map of a notebook: verdicts and their colours, and names that are no markup."""

import dataclasses
import re

import pytest

import cfgeo
from cfgeo.core.errors import StudyError
from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, PASSED
from cfgeo.publish.colours import VERDICT_FILLS


def features(results: Results, **options: str) -> dict[str, str]:
    """Return what each community's label says, and its fill, as the map's page has them."""
    html = cfgeo.explore(results, **options).get_root().render()  # type: ignore[arg-type]
    pairs = re.findall(r'"fill": "(#\w+)", "label": "([^"]*)"', html)
    return {label: fill for fill, label in pairs}


def label_of(name: str, words: str) -> str:
    return f"\\u003cb\\u003e{name}\\u003c/b\\u003e {words}"


def test_communities_have_their_verdicts_and_the_colours_of_the_page(town_results: Results) -> None:
    found = features(town_results, lang="en")
    assert len(found) == len(town_results.communities)
    passed = [label for label, fill in found.items() if fill == VERDICT_FILLS[PASSED]]
    assert [label for label in passed if "passed" in label] == passed
    assert len(passed) == town_results.district["passed"]


def test_a_clause_shows_its_shares(town_results: Results) -> None:
    rows = town_results.coverage.set_index("clause").loc["school"]
    found = features(town_results, clause="school", lang="en")
    assert sorted(fill for fill in found.values() if fill == VERDICT_FILLS[FAILED]) == [VERDICT_FILLS[FAILED]] * int(
        (rows["verdict"] == FAILED).sum()
    )
    assert any("%" in label for label in found)


def test_a_clause_that_is_not_there_is_named_with_those_that_are(town_results: Results) -> None:
    with pytest.raises(StudyError, match="school"):
        cfgeo.explore(town_results, clause="nothing")


def test_a_name_is_no_markup(town_results: Results) -> None:
    named = town_results.communities.assign(community="<script>alert(1)</script>")
    html = cfgeo.explore(dataclasses.replace(town_results, communities=named)).get_root().render()
    assert "alert(1)" in html
    assert not re.search(r"(?:<|\\u003c)script(?:>|\\u003e)alert", html)
