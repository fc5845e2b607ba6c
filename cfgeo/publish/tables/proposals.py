"""Plans, sites, what-ifs and comparisons as tables, as they are published."""

import geopandas as gpd
import pandas as pd

from cfgeo.core.plan import PLAN_COLUMNS, Plan
from cfgeo.core.sites import Siting
from cfgeo.core.strings import Lang
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.compared.differences import Comparison
from cfgeo.publish.tables.csv import joined
from cfgeo.publish.words.clauses.planned import progress_name
from cfgeo.publish.words.compared.comparison import change_table, status_words
from cfgeo.publish.words.compared.sides import whatif_units
from cfgeo.publish.words.names import separated, study_title
from cfgeo.publish.words.numbers import (
    AMOUNT_DECIMALS,
    MINUTE_DECIMALS,
    MONEY_DECIMALS,
    SHARE_DECIMALS,
    TABLE_DECIMALS,
    rounded,
    shown_minutes,
)
from cfgeo.publish.words.plan import action_words, project_status, reason_words
from cfgeo.publish.words.sources import made_from

_PROJECT_LISTS = ("adds_codes", "adds_names", "alone_codes", "requires", "excludes", "moves")
_SIDES = ("verdict", "value", "low", "high", "share", "minutes", "places")
_TIMES = {"a": "before", "b": "after"}
_OF_DEMAND = ["gained", "lost", "minutes_saved"]
_SITE_LISTS = ("adds_codes", "adds_names", "serves_codes", "serves_names")


def plan_table(plan: Plan, lang: Lang) -> pd.DataFrame:
    """Return all projects as published: ``PLAN_COLUMNS`` after ``project``, before what the numbers rest on."""
    table = pd.DataFrame(plan.projects.drop(columns="geometry")).reset_index()
    table = _with_lists(table[["project", *PLAN_COLUMNS]], _PROJECT_LISTS, lang)
    table = rounded(rounded(table, MONEY_DECIMALS, "cost", "cost_so_far", "spent"), AMOUNT_DECIMALS, "adds_demand")
    whole = ("rank", "passed", "year", "years", "begins", "ends")
    return table.astype(dict.fromkeys(whole, "Int64")).assign(
        reason=[reason_words(reason, lang) for reason in table["reason"]],
        action=[action_words(plan.listed.by_id[project], lang) for project in table["project"]],
        result=[project_status(status, lang) for status in table["status"]],
        unit=plan.listed.unit,
        basis=plan.about["basis"],
        provenance=made_from(plan.about, lang),
    )


def plan_clause_table(plan: Plan, lang: Lang) -> pd.DataFrame:
    """Return what a plan moves, clause by clause: ``clause``, its name, ``CLAUSE_COLUMNS``."""
    table = plan.clauses.reset_index()
    table.insert(1, "clause_name", [plan.titles[str(clause)][lang] for clause in table["clause"]])
    table = _with_lists(table, ("built",), lang)
    return rounded(table, TABLE_DECIMALS, "before", "decided", "after", "asked", "target")


def plan_move_table(plan: Plan, lang: Lang) -> pd.DataFrame:
    """Return what each project moves alone: ``project``, its name, ``MOVE_COLUMNS``, the name of the clause."""
    table = plan.moves.reset_index()
    table.insert(1, "name", plan.projects["name"].reindex(table["project"]).to_numpy())
    table = table.assign(clause_name=[plan.titles[str(clause)][lang] for clause in table["clause"]])
    return rounded(rounded(table, TABLE_DECIMALS, "before", "after"), AMOUNT_DECIMALS, "units", "gained")


def plan_progress_table(plan: Plan, lang: Lang) -> pd.DataFrame:
    """Return how far a list is: ``PROGRESS_COLUMNS``, and the name of each row."""
    names = [progress_name(row, plan, lang) for row in plan.progress.to_dict("records")]
    table = rounded(plan.progress, MONEY_DECIMALS, "cost", "spent", "left", "plan_cost")
    return table.assign(name=names, unit=plan.listed.unit)


def plan_year_table(plan: Plan, lang: Lang) -> pd.DataFrame:
    """Return the years of a plan: ``year``, ``YEAR_COLUMNS``."""
    table = _with_lists(plan.years.reset_index(), ("begins", "ready"), lang)
    return rounded(table, MONEY_DECIMALS, "budget", "paid").assign(unit=plan.listed.unit)


def plan_tables(plan: Plan, lang: Lang) -> dict[str, pd.DataFrame]:
    """Return the tables beside that of the projects, by what stands behind the name of its file; none is empty."""
    tables = {
        "clauses": plan_clause_table(plan, lang),
        "moves": plan_move_table(plan, lang),
        "progress": plan_progress_table(plan, lang),
        "years": plan_year_table(plan, lang),
    }
    return {name: table for name, table in tables.items() if len(table)}


def plan_shapes(plan: Plan, lang: Lang) -> gpd.GeoDataFrame:
    """Return the same with the projects' points, lines and areas, in the metric CRS."""
    return gpd.GeoDataFrame(plan_table(plan, lang), geometry=plan.projects.geometry.to_numpy(), crs=plan.projects.crs)


def site_table(siting: Siting, lang: Lang) -> pd.DataFrame:
    """Return the sites as they are published: ``site``, ``SITE_COLUMNS``, ``provenance``."""
    table = pd.DataFrame(siting.sites.drop(columns="geometry")).reset_index()
    table = rounded(_with_lists(table, _SITE_LISTS, lang), AMOUNT_DECIMALS, "adds_demand", "demand")
    return table.assign(minutes=shown_minutes(table["minutes"]), provenance=made_from(siting.about, lang))


def site_shapes(siting: Siting, lang: Lang) -> gpd.GeoDataFrame:
    """Return the same with the sites' points, in the metric CRS."""
    return gpd.GeoDataFrame(site_table(siting, lang), geometry=siting.sites.geometry.to_numpy(), crs=siting.sites.crs)


def whatif_table(whatif: WhatIf, *, lang: Lang) -> pd.DataFrame:
    """Return every unit × clause before and after, with names; walks beyond the search read ">30".

    The rows of the district, street blocks and street offices come first; an empty clause is the unit as a whole.
    """
    both = whatif_units(whatif, lang).rename(columns={"unit": "code", "name": "community"})
    both = both.rename(columns={f"{name}_{side}": f"{name}_{to}" for name in _SIDES for side, to in _TIMES.items()})
    own = whatif.coverage.set_index(["code", "clause"])[_OF_DEMAND]
    table = both.join(own, on=["code", "clause"]).join(
        whatif.communities[["before", "after"]].add_prefix("community_"), on="code"
    )
    table["basis"] = whatif.parameters["demand_basis"]
    exact = [f"{name}_{to}" for name in ("value", "low", "high") for to in _TIMES.values()]
    table = rounded(rounded(table, TABLE_DECIMALS, "target", *exact), AMOUNT_DECIMALS, *_OF_DEMAND)
    table = rounded(table, SHARE_DECIMALS, "share_before", "share_after")
    table[_OF_DEMAND] += 0.0  # minus zero becomes zero
    for to in _TIMES.values():
        table[f"median_minutes_{to}"] = shown_minutes(table[f"minutes_{to}"])
    first = ["scope", "code", "community", "street_office", "community_before", "community_after", "clause"]
    columns = [f"{name}_{to}" for name in ("share", "median_minutes", "places") for to in _TIMES.values()]
    verdicts = ["clause_name", "verdict_before", "verdict_after", "change"]
    return table[[*first, *verdicts, "measure", *exact[:2], "target", *exact[2:], *columns, *_OF_DEMAND, "basis"]]


def comparison_table(comparison: Comparison, *, lang: Lang) -> pd.DataFrame:
    """Return what changed between two runs: ``CHANGE_COLUMNS``, ``comparable``, ``provenance``."""
    table = change_table(comparison, lang=lang)
    title, status = study_title(comparison.b.record["study"], lang), status_words(comparison, lang=lang)
    exact = [f"{name}_{side}" for name in ("value", "low", "high") for side in ("a", "b")]
    table = rounded(rounded(table, TABLE_DECIMALS, "target", *exact), SHARE_DECIMALS, "share_a", "share_b")
    return rounded(table, MINUTE_DECIMALS, "minutes_a", "minutes_b").assign(
        comparable="yes" if comparison.comparable else "no", provenance=separated([title, status], lang)
    )


def _with_lists(table: pd.DataFrame, columns: tuple[str, ...], lang: Lang) -> pd.DataFrame:
    """Return a table with its columns of tuples as texts."""
    return table.assign(**{name: joined(table[name], lang).astype("str") for name in columns})
