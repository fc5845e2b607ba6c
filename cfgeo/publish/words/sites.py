"""Sites → text."""

from pathlib import Path

import numpy as np

from cfgeo.core.sites import HeldBack, Siting
from cfgeo.core.strings import Lang, name_list, name_of, text


def sited_text(found: Siting, *, lang: Lang) -> str:
    """Return sites as text: each with what it adds, what all of them change, and how good they are known to be.

    Parameters
    ----------
    found
        What :func:`cfgeo.site_study` gives.
    lang
        Language of the text.
    """
    lines = [title_words(found, lang), counted_words(found, lang)]
    if found.objective != found.choices.objective:
        lines.append(text("site.instead", lang))
    for row in found.sites.itertuples():
        place = (
            row.community if not row.name else text("site.place_named", lang, community=row.community, name=row.name)
        )
        lines.append(text("site.site", lang, rank=row.rank, lon=row.lon, lat=row.lat, place=place))
        lines += site_words(row, found, lang)
    return "\n".join([*lines, *change_words(found, lang), *proof_words(found, lang), *held_lines(found, lang)])


def title_words(found: Siting, lang: Lang) -> str:
    """Say what is placed, how many, and among which candidates."""
    choices, where = found.choices, text("site.streets", lang)
    if choices.candidates is not None:
        where = text("site.given", lang, file=name_of("layer", Path(choices.candidates).name, lang))
    counts = {"count": len(found.sites), "candidates": found.n_candidates}
    return text("site.title", lang, what=what_words(found, lang), where=where, **counts)


def what_words(found: Siting, lang: Lang) -> str:
    """Say what is placed."""
    choices = found.choices
    layer, kind = name_of("layer", choices.layer, lang), name_of("kind", str(choices.kind), lang)
    return layer if choices.kind == choices.layer else text("site.what_kind", lang, layer=layer, kind=kind)


def counted_words(found: Siting, lang: Lang) -> str:
    """Say which clauses count such places."""
    titles = [found.titles[clause][lang] for clause in found.clauses]
    return text("site.counted_by", lang, clauses=text("word.between", lang).join(titles))


def site_words(row: object, found: Siting, lang: Lang) -> list[str]:
    """Say what one site (a row of :attr:`Siting.sites`) adds and whom it serves."""
    names = tuple(getattr(row, "adds_names", ()))
    lines = [text("site.adds_none", lang)]
    if names:
        lines = [text("site.adds", lang, count=len(names), names=name_list(names, lang))]
    serves = tuple(getattr(row, "serves_names", ()))
    if serves:
        numbers = {"new": getattr(row, "adds_demand", 0), "all": getattr(row, "demand", 0), "count": len(serves)}
        lines.append(text("site.brings", lang, basis=_basis(found, lang), names=name_list(serves, lang), **numbers))
    return lines


def change_words(found: Siting, lang: Lang) -> list[str]:
    """Say what all sites together change."""
    before, after = found.district_before, found.district_after
    passed = {"before": before["passed"], "after": after["passed"], "communities": after["communities"]}
    lines = [text("site.passing", lang, share=after["share"], target=after["target"], **passed)]
    if found.sites["capacity"].notna().any():
        count = int(found.sites["adds_communities"].sum())
        lines.append(text("site.within_capacity", lang, count=count))
    if not np.isnan(found.minutes_before):
        basis, new = _basis(found, lang), float(found.sites["adds_demand"].sum())
        lines.append(text("site.covered", lang, basis=basis, new=new))
        walks = {"before": _minutes(found.minutes_before), "after": _minutes(found.minutes_after)}
        lines.append(text("site.minutes", lang, basis=basis, **walks))
    return lines


def proof_words(found: Siting, lang: Lang) -> list[str]:
    """Say how good the sites are known to be."""
    count, asked = len(found.sites), found.choices.count
    if asked is None and count == 0:
        return [text("site.met", lang)]
    if count == 0:
        return [text("site.nothing", lang)]
    bound, value, one = (_amount(number, found) for number in (found.bound, found.value, found.one_by_one))
    if found.gap == 0:
        lines = [text("site.proven", lang)]
    elif asked is None or found.objective == "minutes":
        lines = [text("site.open_least", lang, bound=bound, value=value, gap=found.gap)]
    else:
        lines = [text("site.open_most", lang, bound=bound, value=value, gap=found.gap)]
    if one != value and not np.isnan(found.one_by_one):
        lines.append(text("site.one_by_one", lang, one=one, value=value))
    if asked is not None and count < asked:
        lines.append(text("site.fewer", lang, count=asked))
    return lines


def held_lines(found: Siting, lang: Lang) -> list[str]:
    """Say how many communities can pass at most, and which clauses hold the others back."""
    if found.choices.objective != "communities" or len(found.held) == 0:
        return []
    held = HeldBack(found.held, found.titles).text(lang).splitlines()
    return [text("site.ceiling", lang, most=found.most), *held]


def _basis(found: Siting, lang: Lang) -> str:
    return text(f"word.basis_{found.about['basis']}", lang)


def _amount(number: float, found: Siting) -> str:
    """Write a number in the unit of what was looked for."""
    return f"{number:.1f}" if found.objective == "minutes" else f"{number:,.0f}"


def _minutes(minutes: float) -> str:
    return f"{minutes:.1f}" if np.isfinite(minutes) else ">30"
