"""Districts → all of them together: judged again from the coverage of all, by the rules of a single district.

Nothing is averaged: shares of shares would count a small district's community for more than a large one's.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.assess import score
from cfgeo.assess.measures.communities import VERDICT_COLUMNS
from cfgeo.assess.verdicts import community_clause, community_columns
from cfgeo.publish.batch.partition import read_part
from cfgeo.publish.batch.values import BatchResults, District, Together
from cfgeo.study.config import load_study
from cfgeo.study.settings import choices
from cfgeo.study.standard import Clause, Standard

_COVERAGE = ("code", "clause", "demand", "share", "places", *VERDICT_COLUMNS)
_COMMUNITIES = ("code", "street_office", "demand")


def put_together(results: BatchResults, root: Path, studies: Mapping[str, Path]) -> BatchResults:
    """Return a batch with its districts judged together, those of one set of rules at a time.

    Parameters
    ----------
    results
        The districts, as they ended.
    root
        The batch's folder, from which their tables are read.
    studies
        District → its ``study.toml``.
    """
    alike: dict[str, list[District]] = {}
    for district in results.districts:
        if district.judged:
            alike.setdefault(str(district.record["rules"]), []).append(district)
    together = (_together(some, root, choices(load_study(studies[some[0].id]))[0]) for some in alike.values())
    return dataclasses.replace(results, together=tuple(together))


def _together(districts: Sequence[District], root: Path, standard: Standard) -> Together:
    """Return districts of one set of rules, judged as one."""
    coverage = _merged(districts, root, "coverage", _COVERAGE)
    communities = _merged(districts, root, "communities", _COMMUNITIES).set_index("code")
    judged = communities.assign(**community_columns(standard, coverage, communities["demand"].notna()))
    bases = {district.record["basis"] for district in districts}
    basis = bases.pop() if len(bases) == 1 else None
    headline = {
        "communities": len(judged),
        **score.tally(judged["verdict"], standard.target_share),
        "marginal": int(judged["marginal"].sum()),
        "basis": basis,
        "demand": float(judged["demand"].sum()) if basis else None,
    }
    own = dict(iter(coverage.groupby("clause", observed=True)))
    rows = [_clause(standard, clause, own[clause.id], basis) for clause in standard.of_scope("community")]
    offices = score.counted_by(judged, [judged["district"], judged["street_office"]]).reset_index()
    return Together(
        standard=districts[0].record["standard"],
        districts=tuple(district.id for district in districts),
        headline=headline,
        clauses=pd.DataFrame(rows),
        offices=offices,
    )


def _merged(districts: Sequence[District], root: Path, table: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return a table of all districts, with ``district``; codes are told apart, as districts may share some."""
    parts = []
    for district in districts:
        part = pd.DataFrame(read_part(root, table, district.id, columns)).assign(district=district.id)
        parts.append(part.assign(code=f"{district.id}/" + part["code"].astype(str)))
    merged = pd.concat(parts, ignore_index=True)
    words = [name for name in ("clause", *VERDICT_COLUMNS) if name in merged]
    return merged.astype({**dict.fromkeys(words, "str"), "demand": float})


def _clause(standard: Standard, clause: Clause, own: pd.DataFrame, basis: str | None) -> dict[str, Any]:
    """Return the row of a clause of communities in ``Together.clauses``."""
    counted = community_clause(standard, clause, own)
    walked = own[own["demand"].notna() & own["share"].notna()]
    demand = float(walked["demand"].sum())
    reached = float((walked["demand"] * walked["share"]).sum() / demand) if basis and demand > 0 else np.nan
    about = {"clause": clause.id, "name": clause.name, "name_en": clause.name_en, "required": clause.required}
    return {**about, **counted, "reached": reached}
