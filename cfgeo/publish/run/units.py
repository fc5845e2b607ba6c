"""What a run or a what-if found, in one table: a row for every unit and clause, from the district to communities.

A new scope of clauses needs a line in ``SCOPES``, and its table in ``_AREAS``.
"""

from collections.abc import Mapping
from typing import Any, Literal, Protocol, cast

import numpy as np
import pandas as pd

from cfgeo.core.schema import FAILED, PASSED
from cfgeo.publish.run.past import PastRun

DISTRICT, BLOCK, STREET_OFFICE, COMMUNITY = "district", "block", "street_office", "community"
SCOPES = (DISTRICT, BLOCK, STREET_OFFICE, COMMUNITY)
"""Scopes of the table of units, in its order."""
OVERALL = ""
"""Stands in place of a clause where the unit's own verdict is meant."""
OF_BLOCKS = "blocks"
"""Stands in place of a clause of the district where the share of street blocks that pass is meant."""

MeasureUnit = Literal["%", "‰", ""]
"""How a number of a clause is written: shares, 0–1, as per cent or per mille, other numbers as they are."""
PER_CENT: MeasureUnit = "%"
_COUNTED = ("present", "count", "rate")
"""Measures whose need is a number; that of the others is a share."""

UNIT_COLUMNS = {
    "scope": "district | block | street_office | community",
    "unit": "code of the community, name of the block or street office; empty: the district",
    "clause": "clause id; empty: the unit as a whole",
    "name": "name of the unit",
    "street_office": "street office of a community",
    "verdict": "passed | failed | not_assessed; empty: none is given",
    "value": "what was found, in the unit of the clause's measure; of a whole unit the share that passes",
    "low": "the value with everything that is missing at its worst",
    "high": "the same at its best",
    "target": "what is asked, in the same unit",
    "measure": "measure of the clause; share: of communities or street offices that pass",
    "share": "share of the demand in reach, 0–1",
    "minutes": "walk of the median child; inf: no place within the search",
    "places": "places inside",
}
"""Columns of the units."""

_AREAS = {BLOCK: "blocks", STREET_OFFICE: "street_offices"}
"""Scope → the table of areas that have clauses of their own."""
_SHARE = "share"


def need_unit(clause: Mapping[str, Any]) -> MeasureUnit:
    """Return how what a clause measures and needs is written: a reported figure has a unit of its own."""
    if clause["measure"] == "reported":
        return cast("MeasureUnit", clause.get("unit") or "")
    return "" if clause["measure"] in _COUNTED else PER_CENT


def found_unit(clause: Mapping[str, Any]) -> MeasureUnit:
    """Return how ``found`` of a clause is written: of units the share that passes, of the district what it measures."""
    return need_unit(clause) if clause["scope"] == DISTRICT else PER_CENT


class VerdictTables(Protocol):
    """The tables that a run, a run read back and a what-if have alike; ``blocks`` may be missing."""

    @property
    def coverage(self) -> pd.DataFrame:
        """A row for every community and community clause."""

    @property
    def communities(self) -> Any:
        """The communities."""

    @property
    def street_offices(self) -> Any:
        """The street offices."""

    @property
    def clauses(self) -> pd.DataFrame:
        """The clauses."""

    @property
    def district(self) -> dict[str, Any]:
        """The headline."""


def unit_table(judged: VerdictTables, clauses: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Return every unit × every clause of its scope, and each unit as a whole, with ``UNIT_COLUMNS``.

    The district has a row for every clause: for one of another scope, the share of the units that pass.

    Parameters
    ----------
    judged
        A run, a run read back, or one side of a what-if.
    clauses
        The clauses of its standard, by id, as ``Results.parameters`` has them.
    """
    parts = [_district(judged, clauses)]
    parts += [
        _of_areas(areas, scope, [clause for clause in clauses.values() if clause["scope"] == scope])
        for scope, name in _AREAS.items()
        if (areas := getattr(judged, name, None)) is not None and len(areas)
    ]
    parts.append(_of_communities(judged))
    table = pd.concat([part for part in parts if len(part)], ignore_index=True).reindex(columns=list(UNIT_COLUMNS))
    for side in ("low", "high"):
        table[side] = table[side].fillna(table["value"])
    texts = {"scope", "unit", "clause", "name", "street_office", "verdict", "measure"}
    return table.astype({name: object if name in texts else float for name in table.columns}).fillna(
        dict.fromkeys(texts, "")
    )


def _district(judged: VerdictTables, clauses: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Return the district as a whole, and what it found for each clause."""
    about, found = judged.district, judged.clauses
    measures = [clauses[str(i)]["measure"] if found.loc[i, "scope"] == DISTRICT else _SHARE for i in found.index]
    whole = {"verdict": PASSED if about["met"] else FAILED, "value": about["share"], "target": about["target"]}
    rows = pd.DataFrame(
        {
            "clause": found.index.astype("str"),
            "verdict": found["verdict"].to_numpy(),
            "value": found["found"].to_numpy(dtype=float),
            "target": found["asked"].to_numpy(dtype=float),
            "measure": measures,
        }
    )
    for side, column in (("low", "found_low"), ("high", "found_high")):
        rows[side] = found[column].to_numpy(dtype=float) if column in found.columns else np.nan
    heads = [{"clause": OVERALL, "measure": _SHARE, **whole}]
    if blocks := about.get(OF_BLOCKS):
        verdict = PASSED if blocks["met"] else FAILED
        head = {"clause": OF_BLOCKS, "verdict": verdict, "value": blocks["share"], "target": blocks["target"]}
        heads.append({**head, "measure": _SHARE})
    return pd.concat([pd.DataFrame(heads), rows], ignore_index=True).assign(scope=DISTRICT, unit="")


def _of_areas(areas: Any, scope: str, clauses: list[dict[str, Any]]) -> pd.DataFrame:
    """Return areas as a whole, and what they found for their own clauses."""
    units = areas.index.astype("str")
    names_of = areas["name"].astype("str").to_numpy() if "name" in areas else units
    whole = {"clause": OVERALL, "measure": _SHARE, "unit": units, "name": names_of}
    own = {"verdict": "verdict"} if scope == BLOCK else {"value": "share"}
    whole |= {to: areas[name].to_numpy() for to, name in own.items()}
    parts = [pd.DataFrame(whole)]
    for clause in clauses:
        names = {to: f"{clause['id']}_{to}" for to in ("found", "verdict", "low", "high")}
        if names["verdict"] not in areas.columns:
            continue
        columns = {to.replace("found", "value"): areas[name].to_numpy() for to, name in names.items() if name in areas}
        about = {"clause": clause["id"], "measure": clause["measure"], "target": clause["need"]}
        parts.append(pd.DataFrame({"unit": units, "name": names_of, **columns}).assign(**about))
    return pd.concat(parts, ignore_index=True).assign(scope=scope)


def _of_communities(judged: VerdictTables) -> pd.DataFrame:
    """Return communities as a whole, and what they found for each community clause."""
    communities, coverage = judged.communities, judged.coverage
    names = pd.DataFrame({"name": communities["community"], "street_office": communities["street_office"]})
    whole = names.assign(clause=OVERALL, verdict=communities["verdict"])
    if "clause" not in coverage.columns:
        coverage = coverage.reset_index()
    value = coverage["places"].where(coverage["measure"] == "present", coverage["share"])
    if "value" in coverage.columns:  # of measures that are neither walks nor presence
        value = value.fillna(coverage["value"].astype(float))
    rows = pd.DataFrame(
        {
            "code": coverage["code"],
            "clause": coverage["clause"],
            "verdict": coverage["verdict"],
            "value": value,
            "target": coverage["need"],
            "measure": coverage["measure"],
            "share": coverage["share"],
            "minutes": coverage["median_minutes"],
            "places": coverage["places"],
        }
    ).join(names, on="code")
    whole = whole.rename_axis("code").reset_index()
    # A community's own verdict comes before those of its clauses.
    order = dict(zip(whole["code"], range(len(whole)), strict=True))
    both = pd.concat([whole, rows], ignore_index=True)
    both = both.iloc[np.argsort(both["code"].map(order).to_numpy(), kind="stable")]
    return both.rename(columns={"code": "unit"}).assign(scope=COMMUNITY)


def units_in_a(a: PastRun, b: PastRun) -> dict[tuple[str, str], str]:
    """Return the unit of A that is each unit of B: of the same code, or the only one of the same names."""
    codes = codes_in_a(a, b)
    units = {(DISTRICT, ""): "", **{(COMMUNITY, code): code_a for code, code_a in codes.items()}}
    for scope, name in ((STREET_OFFICE, "street_offices"), (BLOCK, "blocks")):
        names_a, names_b = (list(map(str, getattr(run, name).index)) for run in (a, b))
        units |= {(scope, unit): unit for unit in names_b if unit in names_a}
    members_a, members_b = (run.communities.groupby("street_office").groups for run in (a, b))
    new = [office for office in members_b if (STREET_OFFICE, str(office)) not in units]
    old = {frozenset(map(str, codes)): str(office) for office, codes in members_a.items() if office not in members_b}
    for office in new:
        was = old.get(frozenset(codes.get(str(code), "") for code in members_b[office]))
        if was is not None:
            units[STREET_OFFICE, str(office)] = was
    return units


def codes_in_a(a: PastRun, b: PastRun) -> dict[str, str]:
    """Return the code in A of each community of B: the same, or that of the only one with its names."""
    same = {str(code): str(code) for code in b.communities.index.intersection(a.communities.index)}
    names = ["community", "street_office"]
    left_a, left_b = (run.communities.drop(index=list(same)) for run in (a, b))
    left_a, left_b = (left[~left.duplicated(names, keep=False)].reset_index() for left in (left_a, left_b))
    recoded = left_a.merge(left_b, on=names, suffixes=("_a", "_b"))
    return same | dict(zip(recoded["code_b"].astype(str), recoded["code_a"].astype(str), strict=True))
