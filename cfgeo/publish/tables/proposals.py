"""Plans, sites, what-ifs and comparisons as tables, as they are published."""

import geopandas as gpd
import pandas as pd

from cfgeo.core.plan import PLAN_COLUMNS, Plan
from cfgeo.core.sites import Siting
from cfgeo.core.strings import Lang
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.run.differences import Comparison
from cfgeo.publish.tables.csv import joined
from cfgeo.publish.words.compared.comparison import change_table, status_words
from cfgeo.publish.words.names import clause_titles, separated
from cfgeo.publish.words.numbers import (
    AMOUNT_DECIMALS,
    MINUTE_DECIMALS,
    MONEY_DECIMALS,
    SHARE_DECIMALS,
    rounded,
    shown_minutes,
)
from cfgeo.publish.words.plan import action_words, project_status
from cfgeo.publish.words.sources import made_from

_EXACT_DECIMALS = 12
"""Values that stand beside a verdict: rounded more, one just short of its target would seem to meet it."""
_PROJECT_LISTS = ("adds_codes", "adds_names", "alone_codes", "requires", "excludes")
_SITE_LISTS = ("adds_codes", "adds_names", "serves_codes", "serves_names")


def plan_table(plan: Plan, lang: Lang) -> pd.DataFrame:
    """Return all projects as published: ``PLAN_COLUMNS`` after ``project``, before what the numbers rest on."""
    table = pd.DataFrame(plan.projects.drop(columns="geometry")).reset_index()
    table = _with_lists(table[["project", *PLAN_COLUMNS]], _PROJECT_LISTS, lang)
    table = rounded(rounded(table, MONEY_DECIMALS, "cost", "cost_so_far"), AMOUNT_DECIMALS, "adds_demand")
    return table.astype({"rank": "Int64", "passed": "Int64"}).assign(
        action=[action_words(plan.listed.by_id[project], lang) for project in table["project"]],
        result=[project_status(status, lang) for status in table["status"]],
        unit=plan.listed.unit,
        basis=plan.about["basis"],
        provenance=made_from(plan.about, lang),
    )


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
    """Return every community × clause before and after, with names; walks beyond the search read ">30"."""
    table = whatif.coverage.join(whatif.communities[["community", "street_office", "before", "after"]], on="code")
    table = table.rename(columns={"before": "community_before", "after": "community_after"})
    table["clause_name"] = table["clause"].map(clause_titles(whatif.parameters, lang))
    table["basis"] = whatif.parameters["demand_basis"]
    changes = ["gained", "lost", "minutes_saved"]
    table = rounded(rounded(table, SHARE_DECIMALS, "share_before", "share_after"), AMOUNT_DECIMALS, *changes)
    table[changes] += 0.0  # minus zero becomes zero
    for column in ("median_minutes_before", "median_minutes_after"):
        table[column] = shown_minutes(table[column])
    first = ["code", "community", "street_office", "community_before", "community_after", "clause", "clause_name"]
    return table[[*first, *(column for column in table.columns if column not in first)]]


def comparison_table(comparison: Comparison, *, lang: Lang) -> pd.DataFrame:
    """Return what changed between two runs: ``CHANGE_COLUMNS``, ``comparable``, ``provenance``."""
    table = change_table(comparison, lang=lang)
    title, status = comparison.b.record["study"]["title"], status_words(comparison, lang=lang)
    exact = [f"{name}_{side}" for name in ("value", "low", "high") for side in ("a", "b")]
    table = rounded(rounded(table, _EXACT_DECIMALS, "target", *exact), SHARE_DECIMALS, "share_a", "share_b")
    return rounded(table, MINUTE_DECIMALS, "minutes_a", "minutes_b").assign(
        comparable="yes" if comparison.comparable else "no", provenance=separated([title, status], lang)
    )


def _with_lists(table: pd.DataFrame, columns: tuple[str, ...], lang: Lang) -> pd.DataFrame:
    """Return a table with its columns of tuples as texts."""
    return table.assign(**{name: joined(table[name], lang).astype("str") for name in columns})
