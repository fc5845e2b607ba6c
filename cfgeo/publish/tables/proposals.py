"""Plans, sites and what-ifs as tables, as they are published."""

import geopandas as gpd
import pandas as pd

from cfgeo.core.plan import PLAN_COLUMNS, Plan
from cfgeo.core.sites import Siting
from cfgeo.core.strings import Lang
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.tables.csv import joined
from cfgeo.publish.words.names import clause_titles
from cfgeo.publish.words.numbers import SHARE_DECIMALS, shown_minutes
from cfgeo.publish.words.plan import action_words, status_words
from cfgeo.publish.words.sources import made_from

_TUPLES = ("adds_codes", "adds_names", "alone_codes", "requires", "excludes")
_MONEY_DECIMALS, _DEMAND_DECIMALS = 6, 1


def plan_table(plan: Plan, lang: Lang) -> pd.DataFrame:
    """Return all projects as published: ``PLAN_COLUMNS`` after ``project``, before what the numbers stand on."""
    table = pd.DataFrame(plan.projects.drop(columns="geometry")).reset_index()
    table = table[["project", *PLAN_COLUMNS]]
    for column in _TUPLES:
        table[column] = joined(table[column], lang).astype("str")
    for column in ("rank", "passed"):
        table[column] = table[column].astype("Int64")
    for column in ("cost", "cost_so_far"):
        table[column] = table[column].astype(float).round(_MONEY_DECIMALS)
    table["adds_demand"] = table["adds_demand"].astype(float).round(_DEMAND_DECIMALS)
    table["action"] = [action_words(plan.listed.by_id[one], lang) for one in table["project"]]
    result = [status_words(status, lang) for status in table["status"]]
    origin = {"basis": plan.about["basis"], "provenance": made_from(plan.about, lang)}
    return table.assign(result=result, unit=plan.listed.unit, **origin)


def plan_shapes(plan: Plan, lang: Lang) -> gpd.GeoDataFrame:
    """Return the same with the projects' points, lines and areas, in the metric CRS."""
    return gpd.GeoDataFrame(plan_table(plan, lang), geometry=plan.projects.geometry.to_numpy(), crs=plan.projects.crs)


def site_table(found: Siting, lang: Lang) -> pd.DataFrame:
    """Return the sites as they are published: ``site``, ``SITE_COLUMNS``, ``provenance``."""
    table = pd.DataFrame(found.sites.drop(columns="geometry")).reset_index()
    for column in ("adds_codes", "adds_names", "serves_codes", "serves_names"):
        table[column] = joined(table[column], lang).astype("str")
    for column in ("adds_demand", "demand"):
        table[column] = table[column].astype(float).round(1)
    table["minutes"] = shown_minutes(table["minutes"])
    return table.assign(provenance=made_from(found.about, lang))


def whatif_table(found: WhatIf, *, lang: Lang) -> pd.DataFrame:
    """Return every community × clause before and after, with names; walks beyond the search read ">30"."""
    table = found.coverage.join(found.communities[["community", "street_office", "before", "after"]], on="code")
    table = table.rename(columns={"before": "community_before", "after": "community_after"})
    table["clause_name"] = table["clause"].map(clause_titles(found.parameters, lang))
    table["basis"] = found.parameters["demand_basis"]
    for column in ("share_before", "share_after"):
        table[column] = table[column].astype(float).round(SHARE_DECIMALS)
    for column in ("gained", "lost", "minutes_saved"):
        table[column] = table[column].astype(float).round(1) + 0.0  # no minus before nothing
    for column in ("median_minutes_before", "median_minutes_after"):
        table[column] = shown_minutes(table[column])
    first = ["code", "community", "street_office", "community_before", "community_after", "clause", "clause_name"]
    return table[[*first, *(column for column in table.columns if column not in first)]]


def site_shapes(found: Siting, lang: Lang) -> gpd.GeoDataFrame:
    """Return the same with the sites' points, in the metric CRS."""
    return gpd.GeoDataFrame(site_table(found, lang), geometry=found.sites.geometry.to_numpy(), crs=found.sites.crs)
