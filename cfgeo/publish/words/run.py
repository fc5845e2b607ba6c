"""A run in words, for its page, workbook and reports: headline, clauses, how it was computed."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import pandas as pd

from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, NOT_ASSESSED
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.words.clauses.found import asked_words, found_words, missing_inputs, missing_words, result_words
from cfgeo.publish.words.clauses.shortfalls import shortfall_counts, shortfall_words, telling
from cfgeo.publish.words.clauses.standing import standing_words
from cfgeo.publish.words.names import in_language, study_title
from cfgeo.publish.words.numbers import amount, beside_text, target_percent
from cfgeo.publish.words.sources import dated_sources, ground_source, source_rows

Say = Callable[..., str]

_MOST_NAMES = 80
"""The printed sheet has room for so many names of communities."""

_DIRECTIONS = {"to": "method_to", "from": "method_from", "worst": "method_worst"}
_SPEEDS = {"level": "level", "up": "stairs_up", "down": "stairs_down"}


def page_words(results: Results, *, lang: Lang) -> dict[str, Any]:
    """Return all values that the page's template writes, as text.

    Parameters
    ----------
    results
        What the run has found out.
    lang
        Language of the page.
    """
    study, standard = results.parameters["study"], results.parameters["standard"]
    say: Say = partial(_say, lang)
    short = dict(list(telling(shortfall_words(results, lang)).groupby("clause")))
    clauses = [
        _clause(clause, results, lang)
        | {"short": shortfall_counts(short[clause["id"]], lang) if clause["id"] in short else ""}
        for clause in results.parameters["clauses"]
    ]
    speeds = speed_words(results, lang)
    return {
        "lang": "zh-Hans" if lang == "zh" else "en",
        "say": say,
        "title": study_title(study, lang),
        "status": study["status"],
        "status_text": say(f"status_{study['status']}"),
        "standard": in_language(standard, "title", lang),
        "cards": _cards(results, clauses, lang),
        "share": _progress(results.district),
        "standing": standing_words(results, lang),
        "clauses": clauses,
        "method": method_words(results, lang),
        "speeds": speeds,
        "walkers": say("list_mark").join(speed["walker"] for speed in speeds),
        "data_sources": source_rows(results, lang),
        "sheet": _sheet(results, lang),
        "dates": dated_sources(results, lang=lang),
    }


def pending_words(groups: Collection[str], lang: Lang) -> str:
    """Return which outputs of a run are still being made, as a sentence; "" where all are there."""
    names = [text(f"page.pending_{group}", lang) for group in groups]
    return _say(lang, "pending", groups=_say(lang, "list_mark").join(names)) if names else ""


def why_open(clause: dict[str, Any], results: Results) -> str:
    """Return the key of the sentence that says why a clause is not assessed, or "" if it is assessed."""
    if clause["id"] not in results.clauses.index or results.clauses.loc[clause["id"], "verdict"] != NOT_ASSESSED:
        return ""
    layer = clause.get("layer")
    return "open_layer" if layer and layer not in results.inputs.layers else "open_data"


def _say(lang: Lang, key: str, **values: object) -> str:
    return text(f"page.{key}", lang, **values)


def _progress(district: dict[str, Any]) -> dict[str, float]:
    """Return the widths of the progress bar [%]."""
    share = district["share"]
    missing = share is None or pd.isna(share)
    return {"now": 0.0 if missing else round(share * 100, 1), "target": round(district["target"] * 100, 1)}


def _cards(results: Results, clauses: list[dict[str, Any]], lang: Lang) -> list[dict[str, str]]:
    """Return the headline's figures: id, label, value and note."""
    say, district = partial(_say, lang), results.district
    names = [clause["name"] for clause in clauses if clause["open"]]
    open_names = say("basis_open", names=say("list_mark").join(names)) if names else say("basis_all")
    judged = say("basis_value", judged=district["clauses_judged"], total=district["clauses_total"])
    marginal = _card("marginal", say("marginal_label"), amount(district["marginal"], lang), say("marginal_note"))
    return [*headline_cards(district, lang), marginal, _card("basis", say("basis_label"), judged, open_names)]


def headline_cards(district: Mapping[str, Any], lang: Lang) -> list[dict[str, str]]:
    """Return the figures that the communities' verdicts decide: id, label, value and note.

    Parameters
    ----------
    district
        ``Results.district``.
    lang
        Language of the words.
    """
    say = partial(_say, lang)
    target, needed = target_percent(district["target"], lang), int(district["needed"])
    if district["met"]:
        distance = say("target_met")
    else:
        distance = say("target_needed_one") if needed == 1 else say("target_needed", needed=needed)
    passed = say("passed_value", passed=district["passed"], communities=district["communities"])
    others = say("passed_note", failed=district["failed"], open=district["not_assessed"])
    if "blocks" in district:
        blocks = say("passed_blocks", passed=district["blocks"]["passed"], blocks=district["blocks"]["blocks"])
        others = text("word.and_also", lang, first=others, second=blocks)
    share = beside_text(district["share"], district["target"], lang, passed=district["met"])
    return [
        _card("passed", say("passed_label"), passed, others),
        _card("share", say("share_label"), share, say("share_note", target=target)),
        _card("target", say("target_label", target=target), distance, say("target_note")),
    ]


def _card(name: str, label: str, value: str, note: str) -> dict[str, str]:
    return {"id": name, "label": label, "value": value, "note": note}


def _clause(clause: dict[str, Any], results: Results, lang: Lang) -> dict[str, Any]:
    """Return one clause's row: what it asks, what was found, what is assumed."""
    say, row = partial(_say, lang), results.clauses.loc[clause["id"]]
    verdict, item, reason = str(row["verdict"]), clause.get("plan_item"), why_open(clause, results)
    return {
        "id": clause["id"],
        "name": in_language(clause, "name", lang),
        "item": "" if item is None or pd.isna(item) else say("item", item=int(item)),
        "scope": say(f"scope_{clause['scope']}"),
        "required": bool(clause["required"]),
        "verdict": verdict,
        "verdict_text": name_of("word", verdict, lang),
        **_findings(clause, row, results, lang),
        "open": _why_open_words(clause, reason, results, lang),
        "assumption": in_language(clause, "assumption", lang) or "",
    }


def _findings(clause: dict[str, Any], row: pd.Series, results: Results, lang: Lang) -> dict[str, str]:
    """Return what was found for a clause, how many communities or other units pass it, and the shorter of both."""
    say, missing = partial(_say, lang), missing_words(results, clause["id"], lang)
    sentence = result_words(clause, row, missing, lang)
    if not sentence:
        return {"found": "", "tally": "", "brief": say("missing")}
    if clause["scope"] == "district":
        brief = text(
            "clause.found_asked", lang, found=found_words(clause, row, lang), asked=asked_words(clause, row, lang)
        )
        return {"found": sentence, "tally": "", "brief": brief}
    counts = {name: amount(row[name], lang) for name in ("passed", "failed", "open")}
    return {"found": sentence, "tally": say("tally", **counts), "brief": say("tally_brief", **counts)}


def _why_open_words(clause: dict[str, Any], reason: str, results: Results, lang: Lang) -> str:
    """Return why a clause is not assessed; "" if it is assessed, or the missing values are named already."""
    if reason == "open_data":
        if missing_words(results, clause["id"], lang):  # what was found says already on what the verdict hangs
            return ""
        if lacking := missing_inputs(results, clause, lang):
            return text("clause.open_missing", lang, missing=lacking)
    layer = name_of("layer", clause.get("layer") or "", lang)
    return _say(lang, f"clause_{reason}", layer=layer) if reason else ""


def method_words(results: Results, lang: Lang) -> list[dict[str, str]]:
    """Return the paragraphs that say in plain words how the results were computed."""
    say, parameters = partial(_say, lang), results.parameters
    standard, walk = parameters["standard"], parameters["walk"]
    about_standard = {
        "title": in_language(standard, "title", lang),
        "source": standard.get("source") or say("data_none"),
        "target": target_percent(standard["target_share"], lang),
    }
    slope = parameters["relief"]["slope"]
    function = name_of("word", slope, lang)
    about_walk = {
        "snap": amount(walk["snap_m"], lang),
        "limit": amount(walk["limit_minutes"], lang),
        "slope": say("method_level") if slope == "none" else say("method_slope", function=function),
        "direction": say(_DIRECTIONS[walk["direction"]]),
    }
    basis = name_of("word", f"basis_{parameters['demand_basis']}", lang)
    day = [{"heading": say("method_day"), "body": say("method_day_text", date=date)}] if (date := _day(results)) else []
    return [
        {"heading": say("method_standard"), "body": say("method_standard_text", **about_standard)},
        {"heading": say("method_walk"), "body": say("method_walk_text", **about_walk)},
        {"heading": say("method_coverage"), "body": say("method_coverage_text", basis=basis)},
        {"heading": say("method_verdict"), "body": say("method_verdict_text")},
        *day,
        {"heading": say("method_land"), "body": ground_source(results.ground, lang)},
    ]


def _day(results: Results) -> str:
    """Return the day for which certificates count, where one was chosen or the data has answers with dates; else ""."""
    is_dated = results.inputs.findings["rule"].isin(["answer_since", "answer_later"]).any()
    return f"{results.inputs.as_of:%Y-%m-%d}" if is_dated or results.parameters["study"].get("as_of") else ""


def speed_words(results: Results, lang: Lang) -> list[dict[str, str]]:
    """Return each walker's speeds as text."""
    say = partial(_say, lang)
    used = {clause.get("walker") for clause in results.parameters["clauses"]} | {results.parameters["walk"]["walker"]}
    rows = []
    for walker, numbers in results.parameters["walkers"].items():
        if walker in used and "level_m_s" in numbers:
            speeds = {name: numbers.get(f"{key}_m_s", 0) for name, key in _SPEEDS.items()}
            shown = {name: f"{speed:.2f}" if speed else say("speed_none") for name, speed in speeds.items()}
            origins = dict.fromkeys(str(source) for source in (numbers.get("sources") or {}).values() if source)
            rows.append({"walker": name_of("word", walker, lang), **shown, "source": "; ".join(origins)})
    return rows


def _sheet(results: Results, lang: Lang) -> list[dict[str, str]]:
    """Return what stands beside the map on paper: how each street office does, and which communities fail."""
    say, stop = partial(_say, lang), text("page.sheet_stop", lang)
    offices = [
        say("sheet_office", name=name, passed=int(row["passed"]), communities=int(row["communities"]))
        for name, row in results.street_offices.iterrows()
    ]
    failed = results.communities[results.communities["verdict"] == FAILED]
    by_office = [
        say("sheet_list", office=office, names=say("list_mark").join(map(str, names)))
        for office, names in failed.groupby("street_office")["community"]
    ]
    lists = [{"heading": say("sheet_offices"), "body": stop.join(offices)}]
    if 0 < len(failed) <= _MOST_NAMES:
        lists.append({"heading": say("sheet_failed", count=len(failed)), "body": stop.join(by_office)})
    return lists
