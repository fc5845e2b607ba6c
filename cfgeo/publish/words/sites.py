"""Sites → text."""

from pathlib import Path
from typing import Any

import numpy as np

from cfgeo.core.sites import HeldBack, Siting
from cfgeo.core.strings import Lang, name_list, name_of, text
from cfgeo.publish.words.names import separated, study_title
from cfgeo.publish.words.numbers import demand_text, minutes_text, per_cent


def sites_text(siting: Siting, *, lang: Lang) -> str:
    """Return sites as text: each with what it adds, what all of them change, and how good they are known to be.

    Parameters
    ----------
    siting
        What :func:`cfgeo.site_study` gives.
    lang
        Language of the text.
    """
    lines = [title_words(siting, lang), counted_words(siting, lang)]
    if siting.objective != siting.choices.objective:
        lines.append(text("site.instead", lang))
    for row in siting.sites.itertuples():
        lines.append(text("site.site", lang, rank=row.rank, lon=row.lon, lat=row.lat, place=place_words(row, lang)))
        lines += site_words(row, siting, lang)
    return "\n".join([*lines, *change_words(siting, lang), *proof_words(siting, lang), *held_lines(siting, lang)])


def title_words(siting: Siting, lang: Lang) -> str:
    """Return what is placed, how many, and among which candidates."""
    candidates, where = siting.choices.candidates, text("site.streets", lang)
    if candidates is not None:
        where = text("site.given", lang, file=name_of("layer", Path(candidates).name, lang))
    counts = {"count": len(siting.sites), "candidates": siting.n_candidates}
    study = study_title(siting.about, lang)
    return text("site.title", lang, study=study, what=what_words(siting, lang), where=where, **counts)


def what_words(siting: Siting, lang: Lang) -> str:
    """Return what is placed: a layer, or a kind of it."""
    choices = siting.choices
    layer, kind = name_of("layer", choices.layer, lang), name_of("kind", str(choices.kind), lang)
    return layer if choices.kind == choices.layer else text("site.what_kind", lang, layer=layer, kind=kind)


def counted_words(siting: Siting, lang: Lang) -> str:
    """Return which clauses count such places."""
    titles = [siting.titles[clause][lang] for clause in siting.clauses]
    return text("site.counted_by", lang, clauses=separated(titles, lang))


def place_words(row: Any, lang: Lang) -> str:
    """Return where one site (a row of :attr:`Siting.sites`) is: its community, and its name where it has one."""
    return text("site.place_named", lang, community=row.community, name=row.name) if row.name else str(row.community)


def site_words(row: Any, siting: Siting, lang: Lang) -> list[str]:
    """Return what one site (a row of :attr:`Siting.sites`) adds, then whom it serves."""
    adds, serves = row.adds_names, row.serves_names
    lines = [
        text("site.adds", lang, count=len(adds), names=name_list(adds, lang)) if adds else text("site.adds_none", lang)
    ]
    if serves:
        demand = {"new": _demand(row.adds_demand, siting, lang), "all": _demand(row.demand, siting, lang)}
        lines.append(text("site.brings", lang, count=len(serves), names=name_list(serves, lang), **demand))
    return lines


def change_words(siting: Siting, lang: Lang) -> list[str]:
    """Return what all sites together change."""
    before, after = siting.district_before, siting.district_after
    passed = {"before": before["passed"], "after": after["passed"], "communities": after["communities"]}
    lines = [text("site.passing", lang, **per_cent(after["share"], after["target"], passed=after["met"]), **passed)]
    if siting.sites["capacity"].notna().any():
        count = int(siting.sites["adds_communities"].sum())
        lines.append(text("site.within_capacity", lang, count=count))
    if not np.isnan(siting.minutes_before):
        basis = name_of("report", f"who_{siting.about['basis']}", lang)
        lines.append(text("site.covered", lang, new=_demand(siting.sites["adds_demand"].sum(), siting, lang)))
        walks = {"before": minutes_text(siting.minutes_before), "after": minutes_text(siting.minutes_after)}
        lines.append(text("site.minutes", lang, basis=basis, **walks))
    return lines


def proof_words(siting: Siting, lang: Lang) -> list[str]:
    """Return how good the sites are known to be."""
    count, asked = len(siting.sites), siting.choices.count
    if asked is None and count == 0:
        return [text("site.met", lang)]
    if count == 0:
        return [text("site.nothing", lang)]
    bound, value, greedy = (_value(number, siting, lang) for number in (siting.bound, siting.value, siting.one_by_one))
    if siting.gap == 0:
        lines = [text("site.proven", lang)]
    elif asked is None or siting.objective == "minutes":
        lines = [text("site.open_least", lang, bound=bound, value=value, gap=siting.gap)]
    else:
        lines = [text("site.open_most", lang, bound=bound, value=value, gap=siting.gap)]
    if greedy != value and not np.isnan(siting.one_by_one):
        lines.append(text("site.one_by_one", lang, one=greedy, value=value))
    if asked is not None and count < asked:
        lines.append(text("site.fewer", lang, count=asked))
    return lines


def held_lines(siting: Siting, lang: Lang) -> list[str]:
    """Return how many communities can pass at most, and which clauses hold the others back."""
    if siting.choices.objective != "communities" or len(siting.held) == 0:
        return []
    held = HeldBack(siting.held, siting.titles).text(lang).splitlines()
    return [text("site.ceiling", lang, most=siting.most), *held]


def _demand(value: float, siting: Siting, lang: Lang) -> str:
    """Return so many children, or which share of the district's homes."""
    return demand_text(float(value), lang, basis=siting.about["basis"], whole=float(siting.before["demand"].sum()))


def _value(number: float, siting: Siting, lang: Lang) -> str:
    """Return a number in the unit of the objective; of a number of sites, the number alone."""
    if siting.objective == "minutes":
        return text("page.minutes", lang, number=f"{number:.1f}")
    if siting.objective == "children":
        return _demand(number, siting, lang)
    return f"{number:,.0f}"
