"""What changes on the table bring, in sentences, cards and a legend."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cfgeo.core.results import Results
from cfgeo.core.strings import Lang, text
from cfgeo.publish.words.clauses.found import compare_of
from cfgeo.publish.words.clauses.standing import class_legend, verdict_classes
from cfgeo.publish.words.names import clause_titles, listed, separated, verdict_names
from cfgeo.publish.words.numbers import beside_text, per_cent
from cfgeo.publish.words.run import headline_cards

_MOST_NAMES = 12


def desk_words(state: Mapping[str, Any], results: Results, lang: Lang) -> dict[str, Any]:
    """Return a state's words for the page.

    Parameters
    ----------
    state
        What changes bring, as a session gives it.
    results
        The study as it is.
    lang
        Language of the words.

    Returns
    -------
    dict
        ``lines``, ``cards`` (id → value and note), ``standing`` (fills of communities, and their legend), ``said``
        (clause → what each community has; None where the page says it as well).
    """
    after = pd.DataFrame(state["communities"], index=results.communities.index)
    classes = verdict_classes(after)
    most = int(results.communities["required"].max())
    cards = headline_cards(state["headline"], lang)
    return {
        "lines": _lines(state, results, lang),
        "cards": {card["id"]: {"value": card["value"], "note": card["note"]} for card in cards},
        "standing": {"classes": classes.tolist(), "legend": class_legend(classes, lang, most=most)},
        "said": {clause: _said(clause, values, results, lang) for clause, values in state["clauses"].items()},
    }


def _lines(state: Mapping[str, Any], results: Results, lang: Lang) -> list[str]:
    titles, names = clause_titles(results.parameters, lang), results.communities["community"]
    headline = state["headline"]
    target = per_cent(headline["share"], headline["target"], passed=headline["met"])["target"]
    key = "desk.unchanged" if headline["passed"] == state["before"] else "desk.before_after"
    lines = [text(key, lang, **headline | {"target": f"{target}%", "before": state["before"]})]
    for change, key in (("gained", "desk.gained"), ("lost", "desk.lost")):
        if state[change]:
            shown = listed(names.iloc[state[change][:_MOST_NAMES]], lang)
            if len(state[change]) > _MOST_NAMES:
                shown = text("word.and_more", lang, names=shown, count=len(state[change]))
            lines.append(text(key, lang, count=len(state[change]), names=shown))
    if state["clauses"]:
        lines.append(text("desk.moved", lang, clauses=separated((titles[clause] for clause in state["clauses"]), lang)))
    near = [
        text("desk.near_one", lang, name=names.iloc[row["community"]], clause=titles[row["clause"]], short=short)
        for row in state["near"]
        for short in [text("page.percent", lang, number=f"{row['short'] * 100:.1f}")]
    ]
    return [*lines, text("desk.near", lang, places=separated(near, lang))] if near else lines


def _said(clause: str, values: Mapping[str, Any], results: Results, lang: Lang) -> list[str]:
    """Return what each community has of a clause: a share that does not contradict its verdict, or the verdict."""
    if values["share"] is None:
        names = verdict_names(lang)
        return [names[verdict] for verdict in values["verdict"]]
    entry = next(each for each in results.parameters["clauses"] if each["id"] == clause)
    return [beside_text(share, entry["need"], lang, compare=compare_of(entry)) for share in values["share"]]
