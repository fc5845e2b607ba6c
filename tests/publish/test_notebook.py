"""What a notebook shows: verdicts and their colours on a map and in a picture, a summary, and no markup in names."""

import dataclasses
import re

import matplotlib as mpl
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt

import cfgeo
from cfgeo.core.errors import StudyError
from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, PASSED
from cfgeo.core.strings import Lang
from cfgeo.publish.colours import VERDICT_FILLS
from cfgeo.publish.notebook import summary_html

mpl.use("Agg")


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


def test_results_explore_themselves(town_results: Results) -> None:
    own = town_results.explore(clause="school", lang="en").get_root().render()
    assert {*re.findall(r'"fill": "(#\w+)"', own)} == {*features(town_results, clause="school", lang="en").values()}


@pytest.mark.parametrize("clause", [None, "school"])
def test_a_picture_has_the_colours_of_the_map_and_a_legend(town_results: Results, clause: str | None) -> None:
    ax = town_results.plot(clause=clause, lang="en")
    (drawn,) = ax.collections
    options = {} if clause is None else {"clause": clause}
    expected = [VERDICT_FILLS[name] for name in _classes(town_results, clause)]
    assert [colors.to_hex(fill) for fill in drawn.get_facecolor()] == expected
    assert sorted(set(expected)) == sorted({*features(town_results, lang="en", **options).values()})
    legend = ax.get_legend()
    assert legend is not None
    assert {colors.to_hex(patch.get_facecolor()) for patch in legend.get_patches()} == set(expected)
    plt.close(ax.figure)


def _classes(results: Results, clause: str | None) -> list[str]:
    if clause is None:
        near = {"passed": "passed", "not_assessed": "not_assessed", "failed": "failed-high"}
        return [near[verdict] for verdict in results.communities["verdict"]]
    rows = results.coverage[results.coverage["clause"] == clause].set_index("code")
    return list(rows["verdict"].reindex(results.communities.index))


def test_a_picture_is_drawn_on_the_axes_that_are_given(town_results: Results) -> None:
    figure, ax = plt.subplots()
    assert town_results.plot(ax=ax, lang="zh") is ax
    assert ax.get_title() == "小镇"
    figure.canvas.draw()  # a letter that no font has would be a warning, and so an error
    plt.close(figure)


@pytest.mark.parametrize(("lang", "verdict"), [("zh", "未达标"), ("en", "failed")])
def test_a_summary_is_short_and_has_each_required_clause(town_results: Results, lang: Lang, verdict: str) -> None:
    html = summary_html(town_results, lang=lang)
    required = town_results.clauses["required"].sum()
    assert html.count("<tr>") == required == 3
    assert f"<td>{verdict}</td>" in html
    assert len(html) < 3000


def test_a_notebook_shows_the_summary_in_the_language_of_the_environment(
    town_results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CFGEO_LANG", raising=False)
    assert town_results._repr_html_() == summary_html(town_results, lang="zh")
    monkeypatch.setenv("CFGEO_LANG", "en")
    assert town_results._repr_html_() == summary_html(town_results, lang="en")


def test_a_notebook_shows_the_summary_and_no_markup_of_names(town_results: Results) -> None:
    study = {**town_results.parameters["study"], "title": "<b>bold</b>"}
    results = dataclasses.replace(town_results, parameters={**town_results.parameters, "study": study})
    html = results._repr_html_()
    assert "&lt;b&gt;bold" in html
    assert "<b>" not in html


def test_inputs_and_network_say_what_they_hold_in_a_line(town_results: Results) -> None:
    assert re.fullmatch(
        r"<Inputs: 4 communities, 8 homes, 6 layers, \d+ edges, EPSG:32648, \d+ findings>", repr(town_results.inputs)
    )
    assert re.fullmatch(
        r"<Network: \d+ nodes, \d+ edges, 3\.8 km, EPSG:32648, level>", repr(town_results.inputs.network)
    )
