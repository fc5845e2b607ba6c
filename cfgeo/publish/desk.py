"""The page of a run as a session serves it: the same, a desk for changes, and the words of what they bring."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cfgeo.core.results import Results
from cfgeo.core.scenario import LINK_TAGS
from cfgeo.core.schema import COMMUNITIES, FAILED, NOT_ASSESSED, PASSED, SEARCH_MINUTES
from cfgeo.core.strings import KIND_MARK, Lang, name_of, text
from cfgeo.core.whatif import Side
from cfgeo.publish.page.data import signed_facilities
from cfgeo.publish.page.run import page_html
from cfgeo.publish.words.clauses.found import compare_of
from cfgeo.publish.words.clauses.standing import class_legend, verdict_classes
from cfgeo.publish.words.compared.sides import other_scopes
from cfgeo.publish.words.names import clause_titles, listed, separated, texts_of, verdict_names
from cfgeo.publish.words.numbers import beside_text, minutes, minutes_text, per_cent
from cfgeo.publish.words.run import headline_cards

_MOST_NAMES, _MOST_LINES, _MOST_WALKS = 12, 6, 4


def open_html(results: Results, *, lang: Lang, read_only: bool = False, has_plan: bool = False) -> str:
    """Return the page; the same results give the same text.

    Parameters
    ----------
    results
        The study as it is.
    lang
        Language of the page.
    read_only
        Whether it offers no changes.
    has_plan
        Whether the study has a reserve list to plan with.
    """
    return page_html(results, lang=lang, desk=_desk_data(results, lang=lang, read_only=read_only, has_plan=has_plan))


def _desk_data(results: Results, *, lang: Lang, read_only: bool, has_plan: bool) -> dict[str, Any]:
    """Return what the desk needs: ids of facilities, what can be built, and what clauses ask of places."""
    facilities = signed_facilities(results.facilities)
    layers = [layer for layer in results.inputs.layers if layer in set(facilities["layer"])]
    return {
        "texts": texts_of("desk", lang),
        "readOnly": read_only,
        "ids": [str(facility) for facility in facilities.index],
        "layers": {layer: _kinds(results, layer) for layer in layers},
        "kinds": {kind: name_of("kind", kind, lang) for layer in layers for kind in _kinds(results, layer)},
        "hasPlan": has_plan,
        "answers": _answers(results, [*layers, COMMUNITIES], lang),
        "links": {link: name_of("whatif", link, lang) for link in LINK_TAGS},
    }


def _kinds(results: Results, layer: str) -> list[str]:
    """Return the kinds that a layer's clauses ask for, then those that its places have."""
    asked = [
        kind
        for clause in results.parameters["clauses"]
        if clause.get("layer") == layer
        for kind in clause.get("kind") or ()
    ]
    own = [kind for kinds in results.inputs.layers[layer]["kind"].unique() for kind in str(kinds).split(KIND_MARK)]
    return list(dict.fromkeys([*asked, *own]))


def _answers(results: Results, layers: Sequence[str], lang: Lang) -> dict[str, dict[str, str]]:
    """Return what clauses ask of places with yes or no: layer → column → its name."""
    answers: dict[str, dict[str, str]] = {}
    for clause in results.parameters["clauses"]:
        asks = clause.get("attribute") if not (clause.get("attribute_min") or clause.get("attribute_order")) else None
        for column in (clause.get("only_where"), asks):
            if column and clause.get("layer") in layers:
                answers.setdefault(clause["layer"], {})[column] = name_of("report", f"column_{column}", lang)
    return answers


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


def wider_words(before: Results, after: Results, walks: Mapping[str, pd.DataFrame], lang: Lang) -> dict[str, Any]:
    """Return what changes bring beside the verdicts of communities.

    Parameters
    ----------
    before, after
        The study as it is, and with its other clauses judged after the changes.
    walks
        Clause → ``median_minutes`` and ``p90_minutes`` of the communities after the changes.
    lang
        Language of the words.

    Returns
    -------
    dict
        ``lines``, of clauses of the district, street blocks and street offices that change; ``minutes`` (clause →
        column → a value a community).
    """
    lines = other_scopes(before, after, before.parameters, lang)
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], text("desk.wider_more", lang, count=len(lines) - _MOST_LINES)]
    known = {clause: {str(name): [*map(minutes, table[name])] for name in table} for clause, table in walks.items()}
    lines = [text("desk.wider", lang), *lines] if lines else []
    return {"lines": [*lines, *_walk_lines(before, walks, lang)], "minutes": known}


def _walk_lines(before: Results, walks: Mapping[str, pd.DataFrame], lang: Lang) -> list[str]:
    """Return the median walks that become shorter or longer by what is shown, the greatest difference first."""
    titles, names = clause_titles(before.parameters, lang), before.communities["community"]
    known = before.coverage.set_index(["clause", "code"])["median_minutes"]
    turns = []
    for clause, table in walks.items():
        was = known[clause].reindex(before.communities.index).to_numpy(dtype=float)
        now = table["median_minutes"].to_numpy(dtype=float)
        for nth, (first, last) in enumerate(zip(was, now, strict=True)):
            shown = minutes_text(first), minutes_text(last)
            if shown[0] != shown[1] and not math.isnan(first + last):
                about = {"name": names.iloc[nth], "clause": titles[clause], "was": shown[0], "now": shown[1]}
                gap = abs(min(first, SEARCH_MINUTES) - min(last, SEARCH_MINUTES))
                turns.append((-gap, text("desk.walk_turn", lang, **about)))
    lines = [words for _, words in sorted(turns)]
    if len(lines) > _MOST_WALKS:
        lines = [*lines[:_MOST_WALKS], text("desk.walks_more", lang, count=len(lines) - _MOST_WALKS)]
    return [text("desk.walk_turns", lang), *lines] if lines else [text("desk.walks_none", lang)] if walks else []


def closed_words(streets: Sequence[Mapping[str, Any]], lang: Lang) -> list[dict[str, Any]]:
    """Return closed streets with what each is, in words (``what``)."""
    return [{**street, "what": _closed_words(street, lang)} for street in streets]


def _closed_words(street: Mapping[str, Any], lang: Lang) -> str:
    key, _, value = street["tag"].partition("=")
    if key in _NO_FEET:
        why = text("desk.no_feet", lang)
    else:
        why = text("desk.no_sidewalk" if value.startswith("trunk") else "desk.not_there", lang)
    name = street["name"] or text("desk.snap_unnamed", lang)
    return text("desk.closed_what", lang, name=name, why=why, tag=street["tag"])


_NO_FEET = ("access", "foot", "foot:forward", "motorroad")


def compare_words(sides: Sequence[Side], results: Results, lang: Lang) -> dict[str, Any]:
    """Return two sets of changes laid side by side.

    Parameters
    ----------
    sides
        What they bring; of one that cannot be made nothing is said but its name.
    results
        The study as it is.
    lang
        Language of the words.

    Returns
    -------
    dict
        ``names`` of the sides, and ``rows``: each with its ``label``, and ``values`` side by side.
    """
    names = [side.name or text(_SIDES[side.which], lang) for side in sides]
    judged = [side for side in sides if side.headline is not None]
    only = [
        sorted(set(side.passed).difference(*(other.passed for other in judged if other is not side))) for side in sides
    ]
    cells = [_side_cells(side, own, results, lang) for side, own in zip(sides, only, strict=True)]
    labels = dict.fromkeys(label for column in cells for label in column)
    rows = [{"label": label, "values": [column.get(label, "–") for column in cells]} for label in labels]
    return {"names": names, "rows": rows}


_SIDES = {"as_is": "desk.side_as_is", "desk": "desk.side_desk"}


def _side_cells(side: Side, only: Sequence[int], results: Results, lang: Lang) -> dict[str, str]:
    """Return what stands in one column of a comparison, by the labels of its rows."""
    if side.headline is None:
        return {}
    verdicts, headline = verdict_names(lang), side.headline
    share = per_cent(headline["share"], headline["target"], passed=headline["met"])
    met = text("desk.met" if headline["met"] else "desk.not_met", lang, target=f"{share['target']}%")
    return {
        verdicts[PASSED]: f"{headline['passed']} / {headline['communities']}",
        text("desk.row_share", lang): text("desk.share", lang, share=f"{share['share']}%", met=met),
        verdicts[FAILED]: str(headline["failed"]),
        verdicts[NOT_ASSESSED]: str(headline["not_assessed"]),
        text("desk.row_gained", lang): _named(side.gained, results, lang),
        text("desk.row_lost", lang): _named(side.lost, results, lang),
        text("desk.row_only", lang): _named(only, results, lang),
        text("desk.row_clauses", lang): _clauses(side, results, lang),
        text("desk.row_changes", lang): str(side.changes),
        text("desk.row_cost", lang): _cost_words(side, lang),
    }


def _named(communities: Sequence[int], results: Results, lang: Lang) -> str:
    """Return how many communities, and their names; – for none."""
    if not communities:
        return "–"
    return text("desk.named", lang, count=len(communities), names=_names(communities, results, lang))


def _names(communities: Sequence[int], results: Results, lang: Lang) -> str:
    """Return the names of communities; of many the first ones, and how many there are."""
    names = listed(results.communities["community"].iloc[list(communities[:_MOST_NAMES])], lang)
    if len(communities) > _MOST_NAMES:
        return text("word.and_more", lang, names=names, count=len(communities))
    return names


def _turned(sides: Sequence[tuple[str, Sequence[int]]], results: Results, lang: Lang) -> list[str]:
    """Return a line for the communities that are gained, and for those that are lost."""
    return [text(key, lang, count=len(turned), names=_names(turned, results, lang)) for key, turned in sides if turned]


def _clauses(side: Side, results: Results, lang: Lang) -> str:
    """Return the clauses that change, each with how many communities pass it, before and after; – for none."""
    titles = clause_titles(results.parameters, lang)
    lines = [text("desk.clause_turn", lang, clause=titles[clause], was=was, now=now)
             for clause, (was, now) in side.clauses.items()]  # fmt: skip
    return separated(lines, lang) or "–"


def _cost_words(side: Side, lang: Lang) -> str:
    """Return what changes cost together; where only some of them have a cost, that is said."""
    if not side.costs:
        return "–"
    total = " + ".join(map(str, side.costs))
    if side.priced == side.changes:
        return total
    return text("desk.part_cost", lang, cost=total, priced=side.priced, changes=side.changes)


def alone_words(side: Side, results: Results, lang: Lang) -> list[str]:
    """Return what one change brings by itself, in lines."""
    headline = side.headline or {}
    about = {"before": int(results.district["passed"]), "passed": headline["passed"]}
    lines = _turned([("desk.gained", side.gained), ("desk.lost", side.lost)], results, lang)
    return [text("desk.alone", lang, **about), *(lines or [text("desk.alone_same", lang)])]


def _lines(state: Mapping[str, Any], results: Results, lang: Lang) -> list[str]:
    titles, names = clause_titles(results.parameters, lang), results.communities["community"]
    headline = state["headline"]
    target = per_cent(headline["share"], headline["target"], passed=headline["met"])["target"]
    changed = any(edit["on"] for edit in state["edits"])
    key = "desk.unchanged" if headline["passed"] == state["before"] else "desk.before_after"
    key = key if changed else "desk.as_it_is"
    lines = [text(key, lang, **headline | {"target": f"{target}%", "before": state["before"]})]
    lines += _turned([("desk.gained", state["gained"]), ("desk.lost", state["lost"])], results, lang)
    if state["clauses"]:
        lines.append(text("desk.moved", lang, clauses=separated((titles[clause] for clause in state["clauses"]), lang)))
    near = [
        text("desk.near_one", lang, name=names.iloc[row["community"]], clause=titles[row["clause"]], short=short)
        for row in state["near"]
        for short in [f"{row['short'] * 100:.1f}"]
    ]
    return [*lines, text("desk.near", lang, places=separated(near, lang))] if near else lines


def _said(clause: str, values: Mapping[str, Any], results: Results, lang: Lang) -> list[str]:
    """Return what each community has of a clause: a share that does not contradict its verdict, or the verdict."""
    if values["share"] is None:
        names = verdict_names(lang)
        return [names[verdict] for verdict in values["verdict"]]
    entry = next(each for each in results.parameters["clauses"] if each["id"] == clause)
    return [beside_text(share, entry["need"], lang, compare=compare_of(entry)) for share in values["share"]]
