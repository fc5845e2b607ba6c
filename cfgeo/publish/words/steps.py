"""A plan or sites as steps, built one after the other: what pages and pictures show of either."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from cfgeo.core.plan import Plan
from cfgeo.core.schema import Inputs
from cfgeo.core.shapes import Ground
from cfgeo.core.sites import Siting
from cfgeo.core.strings import Lang, text
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.words.changes import change_kinds, side_by_side
from cfgeo.publish.words.clauses.planned import Listing, plan_listings
from cfgeo.publish.words.frontier import FrontierChart, frontier_chart
from cfgeo.publish.words.names import clause_titles, listed
from cfgeo.publish.words.plan import (
    action_words,
    asked_words,
    costs,
    decided_words,
    headline_words,
    held_words,
    left_words,
)
from cfgeo.publish.words.plan import title_words as plan_title
from cfgeo.publish.words.sites import (
    change_words,
    counted_words,
    held_lines,
    place_words,
    proof_words,
    site_words,
    what_words,
)
from cfgeo.publish.words.sites import title_words as site_title
from cfgeo.publish.words.sources import made_from
from cfgeo.publish.words.whatif import (
    change_action,
    change_name,
    changed_shapes,
    clause_words,
    community_at,
    cost_words,
    near_words,
)
from cfgeo.publish.words.whatif import change_words as turned_words
from cfgeo.publish.words.whatif import headline_words as whatif_headline
from cfgeo.publish.words.whatif import title_words as whatif_title


@dataclass(frozen=True)
class BuildStep:
    """One thing that is built.

    Attributes
    ----------
    rank : int
    name, what, where : str
        In words.
    adds : tuple of str
        Codes of the communities that pass with it and did not before it.
    passed : int, optional
        Communities that pass when all up to this one are built; None: all are built at once.
    shape : shapely.Geometry or None
        In the metric CRS.
    decided : bool
    cost, so_far : str
        Its own, and of all up to this one; "" where costs are not known.
    facts : tuple of str
        Further sentences.
    """

    rank: int
    name: str
    what: str
    where: str
    adds: tuple[str, ...]
    passed: int | None
    shape: Any
    decided: bool = False
    cost: str = ""
    so_far: str = ""
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuildSteps:
    """All that is built, and what that rests on.

    Attributes
    ----------
    title, heading, provenance : str
        Of the whole, of the list of steps, and where the numbers come from.
    status : str
        official | approximate | illustrative.
    lines : list of str
        What the steps bring, the headline first.
    left : list of str
        What stays out of reach, and what need not be built.
    steps : list of BuildStep
        In their order.
    before, after : geopandas.GeoDataFrame
        As ``Results.communities``.
    clauses : pandas.DataFrame
        As :func:`side_by_side` gives it.
    titles : Mapping of str to str
        Names of clauses.
    held : Mapping of str to str
        Codes of the communities that nothing of the kind makes pass → the clauses that they fail, in words.
    inputs : Inputs
        Before anything is built.
    chart : FrontierChart, optional
        Cost against communities that pass.
    tables : list of Listing
        Further tables.
    notes : tuple of str
        What stands below the list of steps on a sheet.
    ground : Ground, optional
        What maps show of the place itself.
    """

    title: str
    heading: str
    provenance: str
    status: str
    lines: list[str]
    left: list[str]
    steps: list[BuildStep]
    before: gpd.GeoDataFrame
    after: gpd.GeoDataFrame
    clauses: pd.DataFrame
    titles: Mapping[str, str]
    held: Mapping[str, str]
    inputs: Inputs
    chart: FrontierChart | None = None
    tables: list[Listing] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    ground: Ground | None = None

    @property
    def kinds(self) -> list[str]:
        """How each community is filled, as on the page with all built: a key of ``CHANGE_FILLS``."""
        return change_kinds(self.before, self.after, self.held)


def plan_steps(plan: Plan, lang: Lang) -> BuildSteps:
    """Return a plan as steps."""
    return BuildSteps(
        title=plan_title(plan, lang),
        heading=text("steps.order_plan", lang),
        provenance=made_from(plan.about, lang),
        status=plan.about["status"],
        lines=[*headline_words(plan, lang), asked_words(plan, lang), *decided_words(plan, lang)],
        left=[*held_words(plan, lang), *left_words(plan, lang)],
        steps=[_project(row, plan, lang) for row in plan.built.reset_index().to_dict("records")],
        before=plan.before,
        after=plan.after,
        clauses=side_by_side(plan.coverage_before, plan.coverage_after),
        titles=_titles(plan.titles, lang),
        held=_held(plan.held, plan.titles, lang),
        inputs=plan.inputs,
        chart=frontier_chart(plan, lang),
        tables=plan_listings(plan, lang),
        ground=plan.ground,
    )


def site_steps(siting: Siting, lang: Lang) -> BuildSteps:
    """Return sites as steps."""
    steps, passed = [], int(siting.district_before["passed"])
    for row in siting.sites.itertuples():
        passed += len(row.adds_codes)
        step = BuildStep(
            rank=int(row.rank),
            name=place_words(row, lang),
            what=what_words(siting, lang),
            where=f"{row.lat:.6f}, {row.lon:.6f}",
            adds=row.adds_codes,
            passed=passed,
            shape=row.geometry,
            facts=tuple(line.strip() for line in site_words(row, siting, lang)[1:]),  # the first says what it adds
        )
        steps.append(step)
    if steps:  # within capacities fewer are served than could walk there, and the standard asks for the walk alone
        steps[-1] = replace(steps[-1], passed=int(siting.district_after["passed"]))
    return BuildSteps(
        title=site_title(siting, lang),
        heading=text("steps.order_sites", lang),
        provenance=made_from(siting.about, lang),
        status=siting.about["status"],
        lines=[*change_words(siting, lang), *proof_words(siting, lang), counted_words(siting, lang)],
        left=held_lines(siting, lang),
        steps=steps,
        before=siting.before,
        after=siting.after,
        clauses=side_by_side(siting.coverage_before, siting.coverage_after),
        titles=_titles(siting.titles, lang),
        held=_held(siting.held, siting.titles, lang),
        inputs=siting.inputs,
        ground=siting.ground,
    )


def whatif_steps(whatif: WhatIf, lang: Lang) -> BuildSteps:
    """Return the changes of a what-if as steps that are built at once."""
    parameters = whatif.parameters
    about = {
        **parameters["study"],
        "standard": parameters["standard"],
        "slope": parameters["relief"]["slope"],
        "dates": whatif.inputs.dates,
    }
    shapes = changed_shapes(whatif)
    steps = [
        BuildStep(change.nth, name, change_action(change, lang), community_at(whatif, shape), (), None, shape)
        for change, shape in zip(whatif.scenario.changes, shapes, strict=True)
        for own in [change_name(whatif, change, lang)]
        for name in [text("fault.with_id", lang, place=own, id=change.id) if change.id else own]
    ]
    return BuildSteps(
        title=whatif_title(whatif, lang),
        heading=text("steps.order_whatif", lang),
        provenance=made_from(about, lang),
        status=parameters["study"]["status"],
        lines=[whatif_headline(whatif, lang), *turned_words(whatif, lang)],
        left=near_words(whatif, lang),
        steps=steps,
        before=whatif.before.communities,
        after=whatif.after.communities,
        clauses=side_by_side(whatif.before.coverage, whatif.after.coverage),
        titles=clause_titles(parameters, lang),
        held={},
        inputs=whatif.inputs,
        notes=(
            *turned_words(whatif, lang)[1:],
            *cost_words(whatif.scenario.changes, lang),
            *near_words(whatif, lang),
            *clause_words(whatif, lang),
        ),
        ground=whatif.ground,
    )


def unbuilt(steps: BuildSteps) -> BuildSteps:
    """Return the same with nothing built: the map of how it is."""
    return replace(steps, steps=[], after=steps.before)


def _project(row: Mapping[Any, Any], plan: Plan, lang: Lang) -> BuildStep:
    """Return one project (a row of ``Plan.built``) as a step."""
    names, where = plan.projects["name"], ""
    if row["community"]:
        where = text("steps.place", lang, community=row["community"], office=row["street_office"])
    facts = [
        text(sentence, lang, names=listed([names.get(project, project) for project in row[column]], lang))
        for column, sentence in (("requires", "steps.needs"), ("excludes", "steps.shuts_out"))
        if row[column]
    ]
    return BuildStep(
        rank=int(row["rank"]),
        name=str(row["name"]),
        what=action_words(plan.listed.by_id[row["project"]], lang),
        where=where,
        adds=tuple(row["adds_codes"]),
        passed=int(row["passed"]),
        shape=None if row["geometry"] is None or row["geometry"].is_empty else row["geometry"],
        decided=row["status"] == "decided",
        cost=costs(row["cost"], plan, lang),
        so_far=costs(row["cost_so_far"], plan, lang),
        facts=tuple(facts),
    )


def _titles(titles: Mapping[str, Mapping[str, str]], lang: Lang) -> dict[str, str]:
    return {clause: names[lang] for clause, names in titles.items()}


def _held(held: pd.DataFrame, titles: Mapping[str, Mapping[str, str]], lang: Lang) -> dict[str, str]:
    return {
        str(code): listed([titles[clause][lang] for clause in clauses], lang)
        for code, clauses in held["clauses"].items()
    }
