"""Verdicts → CSV tables, in UTF-8 with a byte-order mark so that Excel shows Chinese."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.clock import once
from cfgeo.core.findings import describe
from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED, WGS84
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.geometry import MAP_DEGREE_DECIMALS
from cfgeo.publish.safe_text import clean
from cfgeo.publish.words.clauses.found import compare_of, found_compare, missing_words
from cfgeo.publish.words.clauses.shortfalls import shortfall_words
from cfgeo.publish.words.names import clause_titles, listed, separated, verdict_names
from cfgeo.publish.words.numbers import (
    AMOUNT_DECIMALS,
    SHARE_DECIMALS,
    TABLE_DECIMALS,
    Compare,
    rounded_beside,
    shown_minutes,
)
from cfgeo.publish.words.sources import provenance

Table = TypeVar("Table", bound=pd.DataFrame)

_SHARES = ("area_share", "street_share", "share_level")
RATIOS = ("circle_ratio", "level_ratio")
_AMOUNT_ENDS = ("_m2", "_m", "_beyond", "_demand")
_MINUTES = ("minutes", "median_minutes", "p90_minutes")
_AMOUNTS = ("demand", "children", "forward", "backward", "total", "child_metres", "beyond", "extra_minutes", "steps")

_FORMULA_SIGNS = {"=", "+", "-", "@", "\t", "\r", "\n"}

BUSIEST = 200
"""The CSV tables have so many streets and crossings; the GeoPackage has all of them."""


def write_tables(results: Results, folder: Path, *, lang: Lang) -> None:
    """Write all tables, ``<name>.csv`` each."""
    tables = {
        "communities": community_table(results, lang),
        "street_offices": street_office_table(results, lang),
        "coverage": coverage_table(results, lang),
        "clauses": clause_table(results, lang),
        "shortfalls": shortfall_table(results, lang),
        "findings": describe(results.inputs.findings, lang),
        "reach_ratios": reach_ratio_table(results, lang),
        "routes": route_table(results, lang),
        "walkways": walkway_table(results, lang).drop(columns="geometry"),
        "school_routes": _with_position(school_route_table(results, lang).head(BUSIEST)),
        "route_gaps": _with_position(_shown(_ranked(results.walks.route_gaps, results), results, lang).head(BUSIEST)),
        "crossings": _with_position(crossing_table(results, lang).head(BUSIEST)),
        "services": service_table(results, lang),
    }
    if len(results.blocks):
        tables["blocks"] = block_table(results, lang)
    if len(results.zones):
        tables["zones"] = zone_table(results, lang)
    for name, table in tables.items():
        (folder / f"{name}.csv").write_bytes(csv_bytes(table))


@once
def community_table(results: Results, lang: Lang) -> pd.DataFrame:
    """Return the communities with their verdict and each clause's share and median minutes."""
    titles = clause_titles(results.parameters, lang)
    table = pd.DataFrame(results.communities.drop(columns="geometry")).reset_index()
    table["result"] = table["verdict"].map(verdict_names(lang))
    table["missing"] = [separated([titles[clause] for clause in clauses], lang) for clauses in table["failed"]]
    flags = ["marginal", "fails_by_terrain", "few_homes"]
    table[flags] = table[flags].apply(_yes_no)
    table["basis"] = results.parameters["demand_basis"]
    coverage = results.coverage
    reach = coverage[coverage["measure"] == "reach"].assign(share=_shares(coverage, results))
    for column, ending in (("share", "share"), ("median_minutes", "minutes")):
        wide = reach.pivot(index="code", columns="clause", values=column)
        for clause in dict.fromkeys(reach["clause"]):
            table[f"{clause}_{ending}"] = wide[clause].reindex(table["code"]).to_numpy()
    for clause in dict.fromkeys(coverage["clause"]):
        verdicts = coverage[coverage["clause"] == clause].set_index("code")["verdict"]
        table[f"{clause}_verdict"] = verdicts.reindex(table["code"]).to_numpy()
    first = ["code", "community", "street_office", "verdict", "result", "marginal", "missing", "judged", "required"]
    rest = [column for column in table.columns if column not in {*first, "failed"}]
    return _shown(table[first + rest], results, lang)


def required_clauses(results: Results) -> list[str]:
    """Return the clauses that a community has to pass, in the order of the standard."""
    judged = set(results.coverage["clause"])
    clauses = results.parameters["clauses"]
    return [c["id"] for c in clauses if c["required"] and c["scope"] == "community" and c["id"] in judged]


@once
def street_office_table(results: Results, lang: Lang) -> pd.DataFrame:
    """Return the gap report: how many communities pass in each street office, and what the others lack."""
    table = pd.DataFrame(results.street_offices.drop(columns="geometry")).reset_index()
    table["share"] = table["share"].astype(float).round(SHARE_DECIMALS)
    failing = results.communities[["street_office", "failed"]].explode("failed")
    counts = pd.crosstab(failing["street_office"], failing["failed"])
    for clause in required_clauses(results):
        in_office = counts[clause] if clause in counts else pd.Series(dtype="int64")
        table[f"{clause}_failed"] = in_office.reindex(table["street_office"], fill_value=0).to_numpy()
    table["missing"] = [_gaps(results, office, lang) for office in table["street_office"]]
    return _shown(table, results, lang)


@once
def block_table(results: Results, lang: Lang) -> pd.DataFrame:
    """Return the street blocks with their verdict, what they lack, and what each clause of blocks found."""
    titles = clause_titles(results.parameters, lang)
    table = pd.DataFrame(results.blocks.drop(columns="geometry")).reset_index()
    table["share"] = table["share"].astype(float).round(SHARE_DECIMALS)
    table["result"] = table["verdict"].map(verdict_names(lang))
    table["missing"] = [separated([titles[clause] for clause in failed], lang) for failed in table["failed_clauses"]]
    table["basis"] = results.parameters["demand_basis"]
    clauses = {clause["id"]: clause for clause in results.parameters["clauses"]}
    for name in (column for column in table.columns if column.endswith("_found")):
        clause = clauses[name.removesuffix("_found")]
        needs = pd.Series(float(clause["need"]), index=table.index)
        table[name] = _beside(table[name], needs, [compare_of(clause)] * len(table))
    first = ["block", "name", "verdict", "result", "missing", "judged", "required", "demand", "basis"]
    rest = [column for column in table.columns if column not in {*first, "failed_clauses"}]
    return _shown(table[first + rest], results, lang)


@once
def zone_table(results: Results, lang: Lang) -> pd.DataFrame:
    """Return the zones: their communities and how these are judged, children in reach, and facilities by kind."""
    table = pd.DataFrame(results.zones.drop(columns="geometry")).reset_index()
    table["kind_name"] = [name_of("word", f"zone_{kind}", lang) for kind in table["kind"]]
    names = results.communities["community"]
    table["names"] = [separated([str(names[code]) for code in codes], lang) for codes in table["codes"]]
    table["codes"] = table["codes"].map(";".join)
    table["basis"] = results.parameters["demand_basis"]
    table["share"] = table["share"].astype(float).round(SHARE_DECIMALS)
    clauses = {clause["id"]: clause for clause in results.parameters["clauses"]}
    for clause in (name.removesuffix("_share") for name in table.columns if name.endswith("_share")):
        needs = pd.Series(float(clauses[clause]["need"]), index=table.index)
        compares = [compare_of(clauses[clause])] * len(table)
        table[f"{clause}_share"] = _beside(table[f"{clause}_share"], needs, compares)
    first = ["zone", "name", "title", "kind", "kind_name", "layout", "near_m", "communities", "passed", "failed"]
    first += ["not_assessed", "share", "touched", "demand", "basis", "names", "codes"]
    return _shown(table[[*first, *(name for name in table.columns if name not in first)]], results, lang)


@once
def service_table(results: Results, lang: Lang) -> pd.DataFrame:
    """Return how many services children have in reach, by community and in the district."""
    table = results.services.join(results.communities[["community", "street_office"]], on="code")
    table[["community", "street_office"]] = table[["community", "street_office"]].fillna("")
    table["share"] = table["share"].astype(float).round(SHARE_DECIMALS)
    table["basis"] = results.parameters["demand_basis"]
    first = ["clause", "code", "community", "street_office", "services", "of"]
    return _shown(table[[*first, *(name for name in table.columns if name not in first)]], results, lang)


@once
def coverage_table(results: Results, lang: Lang) -> pd.DataFrame:
    """Return every community × every community clause."""
    titles = clause_titles(results.parameters, lang)
    names = results.communities[["community", "street_office"]]
    table = results.coverage.join(names, on="code")
    table["share"], table["need"] = (
        _shares(results.coverage, results),
        table["need"].astype(float).round(TABLE_DECIMALS),
    )
    table["value"] = table["value"].astype(float).round(TABLE_DECIMALS)
    table["clause_name"] = table["clause"].map(titles)
    table["result"] = table["verdict"].map(verdict_names(lang))
    table["passed"] = table["verdict"].map({PASSED: "yes", FAILED: "no", NOT_ASSESSED: ""})
    reach = table["measure"] == "reach"
    for choice in ("walker", "limit_minutes"):
        choices = {clause["id"]: clause[choice] for clause in results.parameters["clauses"]}
        table[choice] = table["clause"].map(choices).where(reach)
    first = ["code", "community", "street_office", "clause", "clause_name", "measure", "walker", "limit_minutes"]
    rest = [column for column in table.columns if column not in first]
    return _shown(table[first + rest], results, lang)


@once
def clause_table(results: Results, lang: Lang) -> pd.DataFrame:
    """Return the scorecard: each clause of the standard, what it asks, what was found."""
    table = results.clauses.reset_index()
    table["clause_name"] = table["clause"].map(clause_titles(results.parameters, lang))
    table["result"] = table["verdict"].map(verdict_names(lang))
    table["required"] = _yes_no(table["required"])
    table["assumption"] = table["assumption"] if lang == "zh" else table["assumption_en"]
    clauses = results.parameters["clauses"]
    table["missing_names"] = [missing_words(results, clause["id"], lang) for clause in clauses]
    for column in ("found", "found_low", "found_high"):
        table[column] = _beside(table[column], table["asked"], map(found_compare, clauses))
    table["asked"] = table["asked"].astype(float).round(TABLE_DECIMALS)
    first = ["clause", "clause_name", "plan_item", "scope", "measure", "layer", "required", "asked", "found", "verdict"]
    counts = [column for column in ("passed", "failed", "open") if column in table.columns]
    table = table.astype(dict.fromkeys([*counts, "missing"], "Int64"))
    interval = ["found_low", "found_high", "missing", "missing_names"]
    return _shown(table[[*first, "result", *counts, *interval, "assumption"]], results, lang)


@once
def shortfall_table(results: Results, lang: Lang) -> pd.DataFrame:
    """Return the places that fall short of clauses, or of which nobody knows: what they have and what is asked."""
    table = shortfall_words(results, lang)
    shapes = results.facilities.geometry[~results.facilities.index.duplicated()]
    at = gpd.GeoSeries(shapely.point_on_surface(shapes.to_numpy()), index=shapes.index, crs=results.facilities.crs)
    at = at.to_crs(WGS84)
    lon, lat = (table["facility"].map(values).astype(float).round(MAP_DEGREE_DECIMALS) for values in (at.x, at.y))
    table = table.assign(lon=lon, lat=lat).astype({"plan_item": "Int64"})
    names = ["clause", "clause_name", "plan_item", "clause_verdict", "clause_result", "layer", "layer_name", "kind"]
    names += ["kind_name", "facility", "name", "code", "community", "street_office", "status", "result", "attribute"]
    names += ["attribute_name", "value", "asked", "has", "asks", "lacks", "lon", "lat"]
    return _shown(table[names], results, lang)


def _shares(coverage: pd.DataFrame, results: Results) -> pd.Series:
    """Return the shares in reach, on the index of ``coverage``, rounded so that none contradicts its verdict."""
    compares = {clause["id"]: compare_of(clause) for clause in results.parameters["clauses"]}
    return _beside(coverage["share"], coverage["need"], coverage["clause"].map(compares))


def _beside(values: pd.Series, needs: pd.Series, compares: Iterable[Compare]) -> pd.Series:
    """Return numbers rounded so that none contradicts the verdict beside it; ``compares`` is by row."""
    by_row, shown = np.array(list(compares), dtype=object), values.astype(float)
    for compare in dict.fromkeys(by_row):
        rows = by_row == compare
        shown[rows] = rounded_beside(values[rows], needs[rows], compare)
    return shown


@once
def reach_ratio_table(results: Results, lang: Lang) -> pd.DataFrame:
    """Return how much land lies within walks, with the names of facilities and communities."""
    table = results.walks.reach_ratios.copy()
    names = pd.concat([results.facilities["name"], results.communities["community"]])
    table.insert(2, "name", table["id"].map(names[~names.index.duplicated()]).fillna(""))
    return _shown(table, results, lang)


@once
def route_table(results: Results, lang: Lang) -> pd.DataFrame:
    """Return the walks of median children, with the names of communities, clauses and places."""
    table = results.walks.routes.join(results.communities[["community", "street_office"]], on="code")
    table["clause_name"] = table["clause"].map(clause_titles(results.parameters, lang))
    table["place"] = table["facility"].map(results.facilities["name"]).fillna("")
    first = ["code", "community", "street_office", "clause", "clause_name", "walker", "direction", "facility", "place"]
    return _shown(table[first + [name for name in table.columns if name not in first]], results, lang)


@once
def walkway_table(results: Results, lang: Lang) -> gpd.GeoDataFrame:
    """Return the walkways, the most valuable first."""
    return _shown(_ranked(results.walks.walkways.reset_index(), results), results, lang)


@once
def school_route_table(results: Results, lang: Lang) -> gpd.GeoDataFrame:
    """Return the streets that children walk to school, the busiest first."""
    return _shown(_ranked(results.walks.school_routes, results), results, lang)


@once
def crossing_table(results: Results, lang: Lang) -> gpd.GeoDataFrame:
    """Return where children cross big roads on their way to school, the busiest first."""
    return _shown(_ranked(results.walks.crossings, results), results, lang)


def _ranked(table: gpd.GeoDataFrame, results: Results) -> gpd.GeoDataFrame:
    """Return a table with its rank first, then what the numbers count; a clause's own numbers end in ``_demand``."""
    clauses = {clause["id"]: f"{clause['id']}_demand" for clause in results.parameters["clauses"]}
    rest = table.drop(columns="rank").rename(columns=clauses)
    return gpd.GeoDataFrame(rest.assign(rank=table["rank"], basis=results.parameters["demand_basis"]))[
        ["rank", "basis", *rest.columns]
    ].reset_index(drop=True)


def _with_position(table: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a table with longitude and latitude of a point on each line, or of each point, in place of shapes."""
    at = gpd.GeoSeries(shapely.point_on_surface(table.geometry.to_numpy()), crs=table.crs).to_crs(WGS84)
    return pd.DataFrame(table.drop(columns="geometry")).assign(
        lon=at.x.round(MAP_DEGREE_DECIMALS), lat=at.y.round(MAP_DEGREE_DECIMALS)
    )


def _gaps(results: Results, office: str, lang: Lang) -> str:
    """Return the clauses that communities of a street office fail, with those communities."""
    inside = results.communities[results.communities["street_office"] == office]
    names = list(zip(inside["community"], inside["failed"], strict=True))
    gaps = []
    for clause, title in clause_titles(results.parameters, lang).items():
        failing = [name for name, failed in names if clause in failed]
        if failing:
            gaps.append(text("word.gap", lang, clause=title, communities=listed(failing, lang)))
    return separated(gaps, lang)


def _shown(table: Table, results: Results, lang: Lang) -> Table:
    """Return a table rounded as published, with where it comes from; walks beyond the search read ">30"."""
    table = table.copy()
    table["provenance"] = provenance(results, lang)
    for column in table.columns:
        if column in _SHARES or column in RATIOS:
            table[column] = table[column].astype(float).round(SHARE_DECIMALS)
        elif column in _AMOUNTS or column.endswith(_AMOUNT_ENDS):
            table[column] = table[column].astype(float).round(AMOUNT_DECIMALS)
        elif column in _MINUTES or (column.endswith("_minutes") and column != "limit_minutes"):
            table[column] = shown_minutes(table[column], search=results.parameters["search_minutes"])
    return table


def _yes_no(values: pd.Series) -> pd.Series:
    return values.map({True: "yes", False: "no"})


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Return a table as CSV that Excel shows: UTF-8 with a byte-order mark, no names that become formulas."""
    return clean(_defused(table).to_csv(index=False, lineterminator="\r\n")).encode("utf-8-sig")


def _defused(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which no text is a formula for a spreadsheet: one that begins like it has an apostrophe."""
    table = table.copy()
    for column in (name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])):
        cells = table[column].to_numpy(dtype=object)
        formulas = np.array([isinstance(cell, str) and cell[:1] in _FORMULA_SIGNS for cell in cells], dtype=bool)
        if formulas.any():
            table[column] = table[column].where(~formulas, "'" + table[column].astype("str"))
    return table


def joined(values: pd.Series, lang: Lang) -> pd.Series:
    """Return tuples of ids or names as texts; "" for anything else."""
    return values.map(lambda names: separated(names, lang) if isinstance(names, tuple) else "")
