"""Both sides of a what-if, unit by unit: the district, street blocks, street offices and communities."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.core.schema import PASSED
from cfgeo.core.strings import Lang, text
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.run.units import COMMUNITY, DISTRICT, OVERALL, VerdictTables, unit_table
from cfgeo.publish.words.compared.values import clause_title, target_words, value_pair
from cfgeo.publish.words.names import clause_titles

_KEYS = ["scope", "unit", "clause"]
_ABOUT = ["name", "street_office", "measure", "target"]
_LEAST = 1e-6


def whatif_units(whatif: WhatIf, lang: Lang) -> pd.DataFrame:
    """Return every unit and clause before and after, as :func:`cfgeo.publish.run.units.unit_table` has them.

    Returns
    -------
    pandas.DataFrame
        ``scope``, ``unit``, ``clause``, ``clause_name``, ``name``, ``street_office``, ``measure``, ``target``,
        ``change`` (gained | lost; "": as before), ``differs`` (bool), and ``verdict``, ``value``, ``low``, ``high``,
        ``share``, ``minutes`` and ``places`` with ``_a`` (before) and ``_b`` (after).
    """
    return _units(whatif.before, whatif.after, whatif.parameters, lang)


def _units(before: VerdictTables, after: VerdictTables, parameters: Mapping[str, Any], lang: Lang) -> pd.DataFrame:
    clauses = {clause["id"]: clause for clause in parameters["clauses"]}
    first_table, last_table = (unit_table(side, clauses).set_index(_KEYS) for side in (before, after))
    table = first_table.drop(columns=_ABOUT).add_suffix("_a").join(last_table.drop(columns=_ABOUT).add_suffix("_b"))
    table = last_table[_ABOUT].join(table).reset_index()
    was, now = (table[f"verdict_{side}"] == PASSED for side in ("a", "b"))
    numbers = [[table[f"{name}_{side}"] for name in ("value", "low", "high")] for side in ("a", "b")]
    first, second = (np.array(side, dtype=float) for side in numbers)
    same = np.isclose(first, second, rtol=0, atol=_LEAST, equal_nan=True)
    titles = clause_titles(parameters, lang)
    names = [
        clause_title(scope, clause, titles, lang) for scope, clause in zip(table["scope"], table["clause"], strict=True)
    ]
    return table.assign(
        clause_name=names,
        name=table["name"].where(table["scope"] != DISTRICT, text("compare.district", lang)),
        change=np.select([now & ~was, was & ~now], ["gained", "lost"], ""),
        differs=~same.all(axis=0) | (table["verdict_a"] != table["verdict_b"]).to_numpy(),
    )


def other_scopes(before: VerdictTables, after: VerdictTables, parameters: Mapping[str, Any], lang: Lang) -> list[str]:
    """Return a line for each clause that changes in the district, a street block or a street office.

    Those that pass only before or only after come first, and those of the district before others. Of a clause of
    communities the district's share is told with the communities.

    Parameters
    ----------
    before, after
        The verdicts.
    parameters
        Of the study, as ``Results.parameters``.
    lang
        Language of the lines.
    """
    clauses = {clause["id"]: clause for clause in parameters["clauses"]}
    table = _units(before, after, parameters, lang)
    rows = table[table["differs"] & (table["scope"] != COMMUNITY) & (table["clause"] != OVERALL)]
    rank = 2 * (rows["change"] == "").to_numpy() + (rows["scope"] != DISTRICT).to_numpy()
    rows = rows.iloc[np.argsort(rank, kind="stable")]
    return [
        _line(row, clauses.get(row["clause"], {}), lang)
        for row in rows.to_dict("records")
        if row["scope"] != DISTRICT or clauses.get(row["clause"], {}).get("scope") != COMMUNITY
    ]


def _line(row: Mapping[Any, Any], clause: Mapping[str, Any], lang: Lang) -> str:
    """Return what changes for one clause in one unit."""
    before, after = (value or text("page.missing", lang) for value in value_pair(row, clause, lang))
    target = target_words(row, clause, lang)
    asked = text("compare.asked", lang, target=target) if target else ""
    change = text("whatif.turned", lang, change=text(f"compare.{row['change']}", lang)) if row["change"] else ""
    name = row["clause_name"]
    if row["scope"] != DISTRICT:
        name = text("whatif.of_unit", lang, unit=row["name"], clause=name)
    return text("whatif.clause_other", lang, clause=name, was=before, now=after, asked=asked, change=change)
