"""A what-if → text: what changes bring, in short."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from cfgeo.core.scenario import GATE, Change, FacilityChange, WrittenAt, total_costs
from cfgeo.core.schema import COMMUNITIES, FAILED, SEARCH_MINUTES, WGS84
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.words.compared.causes import value_words
from cfgeo.publish.words.compared.sides import other_scopes
from cfgeo.publish.words.names import clause_titles, listed, study_title
from cfgeo.publish.words.numbers import (
    amount,
    beside,
    count_for,
    decimal,
    demand_text,
    digits,
    per_cent,
    percent,
    target_percent,
)

_MOST_NAMES = 20
_NEAR, _MOST_NEAR = 0.1, 5  # of a share; so many communities are named
_TOLD_DECIMALS = {"minutes_saved": 0, "gained": 1, "lost": 1}  # a smaller change is not told
_LEAST_MINUTES = 0.05  # of an average walk


def whatif_text(whatif: WhatIf, *, lang: Lang) -> str:
    """Return what changes bring as text.

    Parameters
    ----------
    whatif
        What :func:`cfgeo.whatif_study` gives.
    lang
        Language of the text.
    """
    again, whole = (whatif.seconds[name] * 1000 for name in ("again", "whole"))
    lines = [title_words(whatif, lang), headline_words(whatif, lang), *change_words(whatif, lang)]
    lines += cost_words(whatif.scenario.changes, lang)
    lines += [*clause_words(whatif, lang), *junction_words(whatif, lang)]
    lines += [remark.text(lang) for remark in whatif.remarks]
    lines.append(text("whatif.seconds", lang, again=again, whole=whole))
    if whatif.scenario.unused:
        lines.append(text("whatif.unused", lang, columns=listed(whatif.scenario.unused, lang)))
    return "\n".join(lines)


def title_words(whatif: WhatIf, lang: Lang) -> str:
    """Return the names of study and scenario, and how many changes there are."""
    scenario, study = (
        whatif.scenario.title or text("whatif.untitled", lang),
        study_title(whatif.parameters["study"], lang),
    )
    return text("whatif.title", lang, study=study, scenario=scenario, count=len(whatif.scenario.changes))


def headline_words(whatif: WhatIf, lang: Lang) -> str:
    """Return how many communities pass, before and after."""
    before, after = whatif.before.district, whatif.after.district
    about = {"communities": after["communities"]}
    about |= {"target": per_cent(after["share"], after["target"], passed=after["met"])["target"]}
    needed = count_for(after["target"], after["communities"])
    return text("whatif.headline", lang, was=before["passed"], now=after["passed"], wanted=needed, **about)


def change_words(whatif: WhatIf, lang: Lang) -> list[str]:
    """Return the communities that are gained and lost."""
    lines = []
    for change, key in (("gained", "whatif.gained"), ("lost", "whatif.lost")):
        names = list(whatif.communities.loc[whatif.communities["change"] == change, "community"])
        if names:
            shown = listed(names[:_MOST_NAMES], lang)
            if len(names) > _MOST_NAMES:
                shown = text("word.and_more", lang, names=shown, count=len(names))
            lines.append(text(key, lang, count=len(names), names=shown))
    return lines or [text("whatif.same", lang)]


def cost_words(changes: Sequence[Change], lang: Lang) -> list[str]:
    """Return what changes cost together; nothing where none has a cost."""
    known = [change.cost for change in changes if change.cost is not None]
    if not known:
        return []
    about = {"cost": " + ".join(map(str, total_costs(known))), "priced": len(known), "changes": len(changes)}
    return [text("whatif.cost" if len(known) == len(changes) else "whatif.part_cost", lang, **about)]


def near_words(whatif: WhatIf, lang: Lang) -> list[str]:
    """Return the communities that fail a single clause after the changes, by at most ``_NEAR`` of a share."""
    clauses = {clause["id"]: clause for clause in whatif.parameters["clauses"]}
    shares = whatif.coverage.set_index(["code", "clause"])["share_after"]
    titles, near = clause_titles(whatif.parameters, lang), []
    for row in whatif.communities[whatif.communities["after"] == FAILED].itertuples():
        if len(row.missing) != 1 or clauses[row.missing[0]]["measure"] != "reach":
            continue
        share, need = shares[row.Index, row.missing[0]], float(clauses[row.missing[0]]["need"])
        if 0 < need - share <= _NEAR:
            shown = beside(share, need, passed=False)
            about = {"share": percent(share, lang), "need": target_percent(need, lang), "gap": digits(shown.gap)}
            words = text("whatif.near_one", lang, community=row.community, clause=titles[row.missing[0]], **about)
            near.append((need - share, words))
    if not near:
        return []
    lines = [words for _, words in sorted(near)]
    more = [text("whatif.near_more", lang, count=len(lines) - _MOST_NEAR)] if len(lines) > _MOST_NEAR else []
    return [text("whatif.near", lang), *lines[:_MOST_NEAR], *more]


def clause_words(whatif: WhatIf, lang: Lang) -> list[str]:
    """Return a line for each clause that changes, those of street offices and of the district too."""
    titles, basis = clause_titles(whatif.parameters, lang), whatif.parameters["demand_basis"]
    lines = [
        _community_clause(titles[str(clause)], row, lang, basis=basis, whole=_demand_of(whatif, str(clause)))
        for clause, row in whatif.clauses.iterrows()
        if any(row[name] for name in ("communities_gained", "communities_lost"))
        or any(round(row[name], places) for name, places in _TOLD_DECIMALS.items())
    ]
    lines += other_scopes(whatif.before, whatif.after, whatif.parameters, lang)
    if not lines:
        return [text("whatif.clauses_same", lang)]
    heading = text(
        "whatif.clauses", lang, basis=name_of("word", f"basis_{basis}", lang), search=f"{SEARCH_MINUTES:.0f}"
    )
    return [heading, *(f"  {line}" for line in lines)]


def what_words(whatif: WhatIf, change: Change, lang: Lang) -> str:
    """Return what one change is about: its number, the facility, link or street, and what is done."""
    nth, what = WrittenAt(change.nth, change.id).short, change_name(whatif, change, lang)
    return text("whatif.what", lang, nth=nth, what=what, action=change_action(change, lang))


def change_name(whatif: WhatIf, change: Change, lang: Lang) -> str:
    """Return the facility, link or street that a change is about, by its name where it has one."""
    if isinstance(change, FacilityChange):
        return _facility_name(whatif, change, lang)
    if change.link:
        is_crossing = change.action == "refit" and change.link != GATE
        return text("whatif.crossing_there", lang) if is_crossing else name_of("whatif", change.link, lang)
    name = change.street or whatif.streets["name"].get(change.nth, "")
    return text("whatif.street" if name else "whatif.street_unnamed", lang, name=name or change.way)


def _facility_name(whatif: WhatIf, change: FacilityChange, lang: Lang) -> str:
    is_community = change.layer == COMMUNITIES
    names = whatif.communities["community"] if is_community else whatif.before.facilities["name"]
    name = change.name or str(names.get(change.facility, "") or change.facility)
    if is_community:
        return text("whatif.community", lang, name=name)
    return f"{name_of('layer', change.layer, lang)} {name or name_of('kind', change.kind, lang)}".strip()


def change_action(change: Change, lang: Lang) -> str:
    """Return what a change does."""
    if isinstance(change, FacilityChange):
        return _facility_action(change, lang)
    if change.link == GATE:
        return text("whatif.gate_opened", lang)
    if change.action != "refit":
        return text("whatif.street_closed", lang) if change.action == "close" else name_of("whatif", "add", lang)
    if change.link:
        lights = "traffic_signals" in change.tags.values() or change.tags.get("crossing:signals") == "yes"
        return text("whatif.signal" if lights else "whatif.no_signal", lang)
    if change.tags.get("foot") == "yes":
        return text("whatif.opened", lang)
    tags = listed([f"{key}={tag}" for key, tag in change.tags.items()], lang)
    return text("whatif.facts", lang, action=name_of("whatif", change.action, lang), facts=tags)


def _facility_action(change: FacilityChange, lang: Lang) -> str:
    """Return what is done to a facility, and which of its facts it gives: a capacity may also become less."""
    action, facts = name_of("whatif", change.action, lang), dict(change.attributes)
    if change.action == "enlarge" and change.shape is None and facts.keys() == {"capacity"}:
        return text("whatif.capacity_set", lang, capacity=amount(facts["capacity"], lang))
    named = {column: name_of("report", f"column_{column}", lang) for column in facts}
    named["capacity"] = text("whatif.capacity", lang)
    said = [
        text("whatif.fact", lang, name=named[column], value=value_words(value, lang)) for column, value in facts.items()
    ]
    if change.action == "refit":
        return listed(said, lang)
    return text("whatif.facts", lang, action=action, facts=listed(said, lang)) if said else action


def changed_shapes(whatif: WhatIf) -> list[Any]:
    """Return where each change is, in the metric CRS; None where it is nowhere."""
    shapes = [shape_of(whatif, change) for change in whatif.scenario.changes]
    metric = iter(gpd.GeoSeries([shape for shape in shapes if shape is not None], crs=WGS84).to_crs(whatif.inputs.crs))
    return [None if shape is None else next(metric) for shape in shapes]


def community_at(whatif: WhatIf, shape: Any) -> str:
    """Return the community in which a shape of the metric CRS begins; "" outside them, and for none."""
    if shape is None or shape.is_empty:
        return ""
    within = whatif.communities.sindex.query(shapely.Point(shapely.get_coordinates(shape)[0]), predicate="intersects")
    return str(whatif.communities["community"].iloc[min(within)]) if len(within) else ""


def change_list(whatif: WhatIf, lang: Lang) -> list[str]:
    """Return every change in words, facilities by their names."""
    return [what_words(whatif, change, lang) for change in whatif.scenario.changes]


def shape_of(whatif: WhatIf, change: Change) -> Any:
    """Return where a change is, in WGS-84: what it draws, or where what it is about lies; None where it is nowhere."""
    if change.shape is not None:
        return change.shape
    if not isinstance(change, FacilityChange):
        streets = whatif.streets.geometry[whatif.streets.index == change.nth]
        return streets.to_crs(WGS84).iloc[0] if len(streets) else None
    table = whatif.before.facilities
    if change.layer == COMMUNITIES:
        own = whatif.communities
        table = own.set_geometry(own.representative_point()).assign(layer=COMMUNITIES, name=own["community"])
    is_named = (table.index == change.facility) | (table["name"] == change.facility).to_numpy()
    places = table.geometry[is_named & (table["layer"] == change.layer).to_numpy()]
    return places.to_crs(WGS84).iloc[0] if len(places) else None


def junction_words(whatif: WhatIf, lang: Lang) -> list[str]:
    """Return where links join the streets."""
    places = [f"{row.lon:.7f}, {row.lat:.7f} → {row.way}" for row in whatif.junctions.itertuples()]
    return [text("whatif.junctions", lang, places="; ".join(places))] if places else []


def _demand_of(whatif: WhatIf, clause: str) -> float:
    """Return the district's demand under a clause."""
    coverage = whatif.before.coverage
    return float(coverage.loc[coverage["clause"] == clause, "demand"].sum())


def _community_clause(title: str, row: pd.Series, lang: Lang, *, basis: str, whole: float) -> str:
    """Return what changes for one clause (a row of ``WhatIf.clauses``); of walks the average: no sum means anything.

    What does not change is left out.
    """
    counts = {"was": row["passed_before"], "now": row["passed_after"]}
    turns = {"gained": row["communities_gained"], "lost": row["communities_lost"]}
    line = text("whatif.clause_passed" if any(turns.values()) else "whatif.clause_still", lang, clause=title, **counts)
    if all(turns.values()):
        line += text("whatif.clause_turns", lang, **turns)
    if row["measure"] != "reach":
        return line
    if any(round(row[name], _TOLD_DECIMALS[name]) for name in ("gained", "lost")):  # that nobody loses is said, too
        more, less = (demand_text(row[name], lang, basis=basis, whole=whole) for name in ("gained", "lost"))
        line += text("whatif.clause_reach", lang, more=more, less=less)
    saved = row["minutes_saved"] / whole if whole else 0.0
    if abs(saved) >= _LEAST_MINUTES:
        words = text("whatif.saved" if saved >= 0 else "whatif.longer", lang, minutes=decimal(abs(saved), lang))
        line += text("whatif.clause_minutes", lang, minutes=words)
    return line
