"""A what-if → text: what changes bring, in short."""

import math
from typing import Any

import pandas as pd

from cfgeo.core.scenario import Change, FacilityChange, where_of
from cfgeo.core.schema import SEARCH_MINUTES, WGS84
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.words.run import amount

_MOST_NAMES = 20


def whatif_text(found: WhatIf, *, lang: Lang) -> str:
    """Return what changes bring as text.

    Parameters
    ----------
    found
        What :func:`cfgeo.whatif_study` gives.
    lang
        Language of the text.
    """
    again, whole = (found.seconds[name] * 1000 for name in ("again", "whole"))
    lines = [title_words(found, lang), headline_words(found, lang), *change_words(found, lang)]
    lines += [
        *clause_words(found, lang),
        *junction_words(found, lang),
        text("whatif.seconds", lang, again=again, whole=whole),
    ]
    if found.scenario.unused:
        lines.append(text("whatif.unused", lang, columns=text("word.list", lang).join(found.scenario.unused)))
    return "\n".join(lines)


def title_words(found: WhatIf, lang: Lang) -> str:
    """Say which study and which scenario."""
    scenario, study = found.scenario.title or text("whatif.untitled", lang), found.parameters["study"]["title"]
    return text("whatif.title", lang, study=study, scenario=scenario, count=len(found.scenario.changes))


def headline_words(found: WhatIf, lang: Lang) -> str:
    """Say how many communities pass, before and after."""
    was, now = found.before.district, found.after.district
    wanted = math.ceil(now["target"] * now["communities"] - 1e-9)
    about = {"communities": now["communities"], "target": now["target"], "wanted": wanted}
    return text("whatif.headline", lang, was=was["passed"], now=now["passed"], **about)


def change_words(found: WhatIf, lang: Lang) -> list[str]:
    """Name the communities that are gained and lost."""
    lines = []
    for change, key in (("gained", "whatif.gained"), ("lost", "whatif.lost")):
        names = list(found.communities.loc[found.communities["change"] == change, "community"])
        if names:
            shown = text("word.list", lang).join(names[:_MOST_NAMES])
            if len(names) > _MOST_NAMES:
                shown = text("word.and_more", lang, names=shown, count=len(names))
            lines.append(text(key, lang, count=len(names), names=shown))
    return lines or [text("whatif.same", lang)]


def clause_words(found: WhatIf, lang: Lang) -> list[str]:
    """Say what changes for each clause that changes, those of street offices and the district too."""
    titles = clause_titles(found, lang)
    lines = []
    for clause, row in found.clauses.iterrows():
        counts = {"was": row["passed_before"], "now": row["passed_after"]}
        counts |= {"gained": row["communities_gained"], "lost": row["communities_lost"]}
        sums = {"more": row["gained"], "less": row["lost"]}
        minutes = round(row["minutes_saved"])
        if any(counts[key] for key in ("gained", "lost")) or minutes or any(round(value, 1) for value in sums.values()):
            said = {key: amount(value, lang) for key, value in sums.items()}
            said["minutes"] = text(
                "whatif.saved" if minutes >= 0 else "whatif.longer", lang, minutes=f"{abs(minutes):,}"
            )
            key = "whatif.clause_reach" if row["measure"] == "reach" else "whatif.clause_present"
            lines.append("  " + text(key, lang, clause=titles[str(clause)], **counts, **said))
    was, now = found.before.clauses, found.after.clauses
    for clause in now.index[now["scope"] != "community"]:
        one, other = was.loc[clause, "found"], now.loc[clause, "found"]
        shown = {"was": _found(one, lang), "now": _found(other, lang)}
        if shown["was"] != shown["now"]:
            lines.append("  " + text("whatif.clause_other", lang, clause=titles[str(clause)], **shown))
    if not lines:
        return [text("whatif.clauses_same", lang)]
    basis = name_of("word", f"basis_{found.parameters['demand_basis']}", lang)
    return [text("whatif.clauses", lang, basis=basis, search=f"{SEARCH_MINUTES:.0f}"), *lines]


def what_words(change: Change, lang: Lang) -> str:
    """Say what one change is about."""
    what = (
        change.name or change.facility if isinstance(change, FacilityChange) else name_of("whatif", change.link, lang)
    )
    if isinstance(change, FacilityChange):
        what = f"{name_of('layer', change.layer, lang)} {what}".strip()
    return text("whatif.what", lang, nth=where_of(change), what=what, action=name_of("whatif", change.action, lang))


def shape_of(found: WhatIf, change: Change) -> Any:
    """Return where a change is, in WGS-84: what it draws, or where the facility stands that it is about; else None."""
    if change.shape is not None or not isinstance(change, FacilityChange):
        return change.shape
    table = found.before.facilities
    named = (table.index == change.facility) | (table["name"] == change.facility).to_numpy()
    places = table.geometry[named & (table["layer"] == change.layer).to_numpy()]
    return places.to_crs(WGS84).iloc[0] if len(places) else None


def junction_words(found: WhatIf, lang: Lang) -> list[str]:
    """Say where links join the streets."""
    places = [f"{row.lon:.7f}, {row.lat:.7f} → {row.way}" for row in found.junctions.itertuples()]
    return [text("whatif.junctions", lang, places="; ".join(places))] if places else []


def clause_titles(found: WhatIf, lang: Lang) -> dict[str, str]:
    """Return each clause's name in ``lang``, by id."""
    key = "name" if lang == "zh" else "name_en"
    return {clause["id"]: clause[key] for clause in found.parameters["clauses"]}


def _found(value: float, lang: Lang) -> str:
    return text("page.missing", lang) if pd.isna(value) else f"{value:.4g}"
