"""What stands on the page in words and numbers: headline, clauses, how it was computed, where the data is from."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, InputFile
from cfgeo.core.strings import Lang, name_of, section, text
from cfgeo.publish.words.sources import HASH_DIGITS

Say = Callable[..., str]

_MOST_NAMES = 80
"""So many names of communities have room on the printed sheet."""

_SHARE_MEASURES = ("reach", "present", "facility_share", "near", "connected")


def percent(share: Any, lang: Lang) -> str:
    """Return a share as a percentage with one decimal, from six decimals as in the tables; "–" if missing."""
    if share is None or pd.isna(share):
        return text("page.missing", lang)
    # Whole millionths, half up: Python and the page's script then write the same digits.
    tenths = (round(float(share) * 1_000_000) + 500) // 1000
    return text("page.percent", lang, number=f"{tenths // 10:,}.{tenths % 10}")


def target_percent(share: float, lang: Lang) -> str:
    """Return a target without needless decimals: 70 %."""
    return text("page.percent", lang, number=f"{share * 100:.10g}")


def amount(value: Any, lang: Lang) -> str:
    """Return a number with at most one decimal; "–" if missing or infinite."""
    if value is None or pd.isna(value) or math.isinf(value):
        return text("page.missing", lang)
    rounded = round(float(value), 1)
    return f"{int(rounded):,}" if rounded == int(rounded) else f"{rounded:,.1f}"


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
    clauses = [_clause(clause, results, lang) for clause in results.parameters["clauses"]]
    speeds = _speeds(results, lang)
    sources = _sources(results, lang)
    return {
        "lang": "zh-Hans" if lang == "zh" else "en",
        "say": say,
        "title": str(study["title"]),
        "status": study["status"],
        "status_text": say(f"status_{study['status']}"),
        "standard": standard["title"] if lang == "zh" else standard["title_en"],
        "cards": _cards(results, clauses, lang),
        "share": _progress(results.district),
        "clauses": clauses,
        "method": _method(results, lang),
        "speeds": speeds,
        "walkers": say("list_mark").join(speed["walker"] for speed in speeds),
        "data_sources": sources,
        "sheet": _sheet(results, lang),
        "dates": dated_sources(results, lang=lang),
    }


def _progress(district: dict[str, Any]) -> dict[str, float]:
    """Return the widths of the progress bar [%]."""
    share = district["share"]
    missing = share is None or pd.isna(share)
    return {"now": 0.0 if missing else round(share * 100, 1), "target": round(district["target"] * 100, 1)}


def _cards(results: Results, clauses: list[dict[str, Any]], lang: Lang) -> list[dict[str, str]]:
    """Return the headline's figures: id, label, value and note."""
    say, district = partial(_say, lang), results.district
    target, needed = target_percent(district["target"], lang), int(district["needed"])
    if district["met"]:
        distance = say("target_met")
    else:
        distance = say("target_needed_one") if needed == 1 else say("target_needed", needed=needed)
    names = [clause["name"] for clause in clauses if clause["open"]]
    open_names = say("basis_open", names=say("list_mark").join(names)) if names else say("basis_all")
    value = partial(say, "passed_value", passed=district["passed"], communities=district["communities"])
    note = say("passed_note", failed=district["failed"], open=district["not_assessed"])
    judged = say("basis_value", judged=district["clauses_judged"], total=district["clauses_total"])
    share = percent(district["share"], lang)
    return [
        {"id": "passed", "label": say("passed_label"), "value": value(), "note": note},
        {"id": "share", "label": say("share_label"), "value": share, "note": say("share_note", target=target)},
        {"id": "target", "label": say("target_label", target=target), "value": distance, "note": say("target_note")},
        {
            "id": "marginal",
            "label": say("marginal_label"),
            "value": amount(district["marginal"], lang),
            "note": say("marginal_note"),
        },
        {"id": "basis", "label": say("basis_label"), "value": judged, "note": open_names},
    ]


def _say(lang: Lang, key: str, **values: object) -> str:
    return text(f"page.{key}", lang, **values)


def _clause(clause: dict[str, Any], results: Results, lang: Lang) -> dict[str, Any]:
    """Return one clause's row: what it asks, what was found, what is assumed."""
    say = partial(_say, lang)
    row = results.clauses.loc[clause["id"]]
    layer = name_of("layer", clause.get("layer") or "", lang)
    reason = why_open(clause, results)
    shares = clause["scope"] != "district" or clause["measure"] in _SHARE_MEASURES
    found = (percent if shares else amount)(row["found"], lang)
    asked = (target_percent if shares else amount)(row["asked"], lang)
    counted = "" if clause["scope"] == "district" else _tally(row, "tally", lang)
    brief = say("found_asked", found=found, asked=asked) if not counted else _tally(row, "tally_brief", lang)
    item = clause.get("plan_item")
    return {
        "id": clause["id"],
        "name": clause["name"] if lang == "zh" else clause["name_en"],
        "item": "" if item is None or pd.isna(item) else say("item", item=int(item)),
        "scope": say(f"scope_{clause['scope']}"),
        "required": bool(clause["required"]),
        "verdict": str(row["verdict"]),
        "verdict_text": name_of("word", str(row["verdict"]), lang),
        "found": "" if reason else say("found_asked", found=found, asked=asked),
        "tally": "" if reason else counted,
        "brief": say("missing") if reason else brief,
        "open": say(f"clause_{reason}", layer=layer) if reason else "",
        "assumption": (clause["assumption"] if lang == "zh" else clause["assumption_en"]) or "",
    }


def _tally(row: pd.Series, key: str, lang: Lang) -> str:
    numbers = {name: amount(row[name], lang) for name in ("passed", "failed", "open")}
    return _say(lang, key, **numbers)


def _method(results: Results, lang: Lang) -> list[dict[str, str]]:
    """Return the paragraphs that say in plain words how the results were computed."""
    say, parameters = partial(_say, lang), results.parameters
    standard, walk = parameters["standard"], parameters["walk"]
    basis = name_of("word", f"basis_{parameters['demand_basis']}", lang)
    target = target_percent(standard["target_share"], lang)
    title = standard["title"] if lang == "zh" else standard["title_en"]
    source = standard.get("source") or say("data_none")
    walk_words = _walk_words(results, lang)
    limit, snap = amount(walk["limit_minutes"], lang), amount(walk["snap_m"], lang)
    return [
        {
            "heading": say("method_standard"),
            "body": say("method_standard_text", title=title, source=source, target=target),
        },
        {
            "heading": say("method_walk"),
            "body": say("method_walk_text", snap=snap, limit=limit, **walk_words),
        },
        {"heading": say("method_coverage"), "body": say("method_coverage_text", basis=basis)},
        {"heading": say("method_verdict"), "body": say("method_verdict_text")},
    ]


_DIRECTIONS = {"to": "method_to", "from": "method_from", "worst": "method_worst"}


def _walk_words(results: Results, lang: Lang) -> dict[str, str]:
    """Say whether slope is in the times, and which way they run."""
    slope = results.parameters["relief"]["slope"]
    if slope == "none":
        said = _say(lang, "method_level")
    else:
        said = _say(lang, "method_slope", function=name_of("word", slope, lang))
    return {"slope": said, "direction": _say(lang, _DIRECTIONS[results.parameters["walk"]["direction"]])}


def _speeds(results: Results, lang: Lang) -> list[dict[str, str]]:
    """Return each walker's speeds as text."""
    say = partial(_say, lang)
    used = {clause.get("walker") for clause in results.parameters["clauses"]} | {results.parameters["walk"]["walker"]}
    rows = []
    for walker, numbers in results.parameters["walkers"].items():
        if walker in used and "level_m_s" in numbers:
            speeds = {name: numbers.get(f"{key}_m_s", 0) for name, key in _SPEEDS.items()}
            shown = {name: f"{speed:.2f}" if speed else say("speed_none") for name, speed in speeds.items()}
            rows.append({"walker": name_of("word", walker, lang), **shown, "source": _origins(numbers)})
    return rows


_SPEEDS = {"level": "level", "up": "stairs_up", "down": "stairs_down"}


def _origins(numbers: dict[str, Any]) -> str:
    """Return the sources of a walker's speeds, each once."""
    sources = numbers.get("sources") or {}
    return "; ".join(dict.fromkeys(str(source) for source in sources.values() if source))


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


def _named(files: tuple[InputFile, ...]) -> list[InputFile]:
    """Return the files of which a source or date is known, or all of them if none is."""
    return [file for file in files if file.source or file.date] or list(files)


def _source(file: InputFile, lang: Lang) -> dict[str, str]:
    """Return one input's row: what, from where, of which date, under which licence."""
    word = file.role.rsplit(".", 1)[-1]
    known = section("page").get(f"role_{word}")
    unknown = text("page.data_none", lang)
    return {
        "role": known[lang] if known else name_of("layer", word, lang),
        "source": file.source or unknown,
        "date": file.date or unknown,
        "licence": file.licence or unknown,
        "sha256": file.sha256[:HASH_DIGITS],
    }


def _sources(results: Results, lang: Lang) -> list[dict[str, str]]:
    return [_source(file, lang) for file in _named(results.inputs.files)]


def dated_sources(results: Results, *, lang: Lang) -> str:
    """Name each source of the data once, with its date."""
    return text("page.list_mark", lang).join(_dated(_sources(results, lang), lang))


def _dated(sources: list[dict[str, str]], lang: Lang) -> list[str]:
    """Return each source once, with its date."""
    unknown = text("page.data_none", lang)
    known = [source for source in sources if source["source"] != unknown]
    return list(dict.fromkeys(text("page.dated", lang, name=s["source"], date=s["date"]) for s in known)) or [unknown]


def clause_titles(results: Results, lang: Lang) -> dict[str, str]:
    """Return each clause's name in ``lang``, by id."""
    key = "name" if lang == "zh" else "name_en"
    return {clause["id"]: clause[key] for clause in results.parameters["clauses"]}


def layer_mark(layer: str, lang: Lang) -> str:
    """Return the sign that stands for a layer's facilities on the map: one or two letters."""
    known = section("page").get(f"mark_{layer}")
    return known[lang] if known else name_of("layer", layer, lang)[: 1 if lang == "zh" else 2]


def why_open(clause: dict[str, Any], results: Results) -> str:
    """Return the key of the sentence that says why a clause is not assessed, or "" if it is assessed."""
    if clause["id"] not in results.clauses.index or results.clauses.loc[clause["id"], "verdict"] != "not_assessed":
        return ""
    layer = clause.get("layer")
    return "open_layer" if layer and layer not in results.inputs.layers else "open_data"
