"""A plan's projects as published: a table, and the same with their shapes."""

import geopandas as gpd
import pandas as pd

from cfgeo.core.plan import PLAN_COLUMNS, Plan
from cfgeo.core.strings import Lang
from cfgeo.publish.tables.csv import made_from
from cfgeo.publish.words.plan import action_words, status_words
from cfgeo.publish.writers import joined

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
