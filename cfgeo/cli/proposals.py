"""The verbs for what could be built: changes, sites, plans."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from cfgeo.cli.console import (
    CacheOption,
    LangOption,
    NoCacheOption,
    Progress,
    StudyPath,
    cache_folder,
    clear_errors,
    say,
    write_each,
)
from cfgeo.core.errors import StudyError
from cfgeo.core.strings import DEFAULT_LANG, command

if TYPE_CHECKING:
    from cfgeo.core.plan import PlanChoices
    from cfgeo.core.sites import Objective

_YEAR_DIGITS = 4
_WHATIF_FILES = "A .docx, .pptx, .pdf, .html, .xlsx, .csv, .gpkg or .geojson; may stand several times."
_PLAN_FILES = "A .csv, .xlsx, .html, .geojson, .gpkg, .png, .svg or .pdf; may stand several times."


def whatif(
    study: StudyPath,
    changes: Annotated[Path, typer.Argument(metavar="CHANGES", help="A .toml, or a table with a change a row.")],
    out: Annotated[list[Path] | None, typer.Option("-o", "--output", help=_WHATIF_FILES)] = None,
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Say what changes to facilities and streets would bring, before and after."""
    with clear_errors(lang):
        from cfgeo.cli.findings import print_findings
        from cfgeo.core.findings import findings_table
        from cfgeo.pipeline.proposals import whatif_study
        from cfgeo.publish.words.whatif import whatif_text
        from cfgeo.publish.writers import WHATIF_FORMATS, require_formats, shows_map, write_whatif
        from cfgeo.scenarios.lists.changes import read_scenario
        from cfgeo.study.config import is_study, load_study

        require_formats(out or [], WHATIF_FORMATS)
        if is_study(changes) and not is_study(study):
            raise StudyError("whatif_swapped", study=changes, changes=study, command=command("whatif", changes, study))
        chosen, kept = load_study(study), cache_folder(cache, off=no_cache)
        scenario = read_scenario(changes, study=chosen)
        with Progress(lang) as progress:
            result = whatif_study(chosen, scenario, ground=shows_map(out), cache=kept, tell=progress.begin)
        print_findings(findings_table(scenario.findings), lang=lang)
        say(whatif_text(result, lang=lang))
        write_each(write_whatif, result, out, lang=lang)


def site(
    study: StudyPath,
    layer: Annotated[str, typer.Option("--layer", help="Layer that the new places are added to.")],
    kind: Annotated[str | None, typer.Option("--kind", help="What they would be, where clauses ask for kinds.")] = None,
    count: Annotated[int | None, typer.Option("--count", metavar="N", help="How many sites at most; or")] = None,
    until_met: Annotated[bool, typer.Option("--until-met", help="the fewest that meet the target.")] = False,
    objective: Annotated[
        str, typer.Option("--objective", help="communities that pass | children in reach | minutes of the worst fifth.")
    ] = "communities",
    candidates: Annotated[
        str | None, typer.Option("--candidates", metavar="FILE", help="A file, or a layer; every 50 m when missing.")
    ] = None,
    capacity: Annotated[float | None, typer.Option("--capacity", metavar="C", help="Children one can serve.")] = None,
    seconds: Annotated[float, typer.Option("--seconds", help="Time for the proof.")] = 30.0,
    out: Annotated[
        list[Path] | None, typer.Option("-o", "--output", help="A .csv, .gpkg, .html, .png …; may stand several times.")
    ] = None,
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Find where something new brings the most communities over the line, or the most children in reach."""
    with clear_errors(lang):
        from cfgeo.cli.findings import print_findings
        from cfgeo.core.sites import SiteChoices
        from cfgeo.files.vocabulary.kinds import kind_of
        from cfgeo.files.vocabulary.words import own_word
        from cfgeo.pipeline.proposals import site_study
        from cfgeo.publish.words.sites import sites_text
        from cfgeo.publish.writers import SITE_FORMATS, require_formats, shows_map, write_sites
        from cfgeo.study.config import load_study

        if (count is None) != until_met:
            raise StudyError("site_how_many")
        require_formats(out or [], SITE_FORMATS)
        choices = SiteChoices(
            layer=own_word(layer, "layer_names"),
            kind=kind_of(kind) if kind else None,
            count=count,
            objective=cast("Objective", own_word(objective, "objectives")),
            candidates=candidates and own_word(candidates, "layer_names"),
            capacity=capacity,
            seconds=seconds,
        )
        with Progress(lang) as progress:
            kept = cache_folder(cache, off=no_cache)
            chosen = load_study(study)
            siting = site_study(chosen, choices, ground=shows_map(out), cache=kept, tell=progress.begin)
        print_findings(siting.findings, lang=lang)
        say(sites_text(siting, lang=lang))
        write_each(write_sites, siting, out, lang=lang)


def plan(
    study: StudyPath,
    projects: Annotated[
        Path | None, typer.Option("--projects", metavar="FILE", help="The reserve list; [projects] of the study.")
    ] = None,
    budget: Annotated[
        list[str] | None,
        typer.Option("--budget", metavar="M", help="The most communities for it; or YEAR=M for each year; or"),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target", metavar="SHARE", help="the least money for it; the standard's own. CLAUSE=NUMBER: of a clause."
        ),
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option("--weight", metavar="CLAUSE=W", help="How much a clause counts where not all targets can be met."),
    ] = None,
    carry_over: Annotated[
        bool, typer.Option("--carry-over", help="What a year leaves is there in later years.")
    ] = False,
    seconds: Annotated[float | None, typer.Option("--seconds", help="Time for the search and its proof; 120.")] = None,
    out: Annotated[list[Path] | None, typer.Option("-o", "--output", help=_PLAN_FILES)] = None,
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Say which projects of a reserve list to build, in what order, for how much."""
    with clear_errors(lang):
        from cfgeo.cli.findings import print_findings
        from cfgeo.pipeline.proposals import plan_study
        from cfgeo.publish.words.plan import plan_text
        from cfgeo.publish.writers import PLAN_FORMATS, require_formats, shows_map, write_plan
        from cfgeo.scenarios.lists.projects import plan_choices
        from cfgeo.study.config import load_study

        require_formats(out or [], PLAN_FORMATS)
        chosen = load_study(study)
        asked = _choices(budget or [], target or [], weight or [], carry_over=carry_over)
        listed, choices = plan_choices(chosen, projects, choices=asked, seconds=seconds)
        with Progress(lang) as progress:
            kept = cache_folder(cache, off=no_cache)
            result = plan_study(chosen, listed, choices, ground=shows_map(out), cache=kept, tell=progress.begin)
        print_findings(result.findings, lang=lang)
        say(plan_text(result, lang=lang))
        write_each(write_plan, result, out, lang=lang)


def _choices(budget: list[str], target: list[str], weight: list[str], *, carry_over: bool) -> "PlanChoices":
    """Return the choices that options write: 800 or 2026=800, 0.8 or P17-care=0.9.

    Raises
    ------
    StudyError
        One of them is no such word.
    """
    from cfgeo.core.plan import PlanChoices

    money, shares = _numbers("budget", budget), _numbers("target", target)
    weights, years = _numbers("weight", weight), [key for key in money if key]
    wrong = [year for year in years if not (year.isdecimal() and len(year) == _YEAR_DIGITS)]
    if wrong or (years and "" in money) or "" in weights:
        word = next(iter(wrong), next(iter(years), next(iter(weight), "")))
        raise StudyError("plan_option", option="budget" if years else "weight", value=word)
    return PlanChoices(
        budget=money.get(""),
        target=shares.pop("", None),
        targets=shares,
        weights=weights,
        budgets={int(year): money[year] for year in years},
        carry_over=carry_over,
    )


def _numbers(option: str, words: list[str]) -> dict[str, float]:
    """Return the number that each word gives to what stands before its equals sign; "": to nothing."""
    from cfgeo.files.cell_values import is_number, plain_number

    found: dict[str, float] = {}
    for word in words:
        key, _, number = word.rpartition("=")
        plain = plain_number(number)
        if key.strip() in found or not is_number(plain):
            raise StudyError("plan_option", option=option, value=word)
        found[key.strip()] = float(plain)
    return found
