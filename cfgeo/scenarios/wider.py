"""What changes bring beside the verdicts of communities: other clauses, and the walks of median children."""

from dataclasses import dataclass, replace

import pandas as pd

from cfgeo.assess import score
from cfgeo.assess.case import Case
from cfgeo.assess.coverage import demand_seconds
from cfgeo.assess.measures.shares import demand_shares
from cfgeo.assess.verdicts import judge_blocks, wider_clause
from cfgeo.core.results import Results
from cfgeo.scenarios.judge import JudgedCase
from cfgeo.scenarios.remeasure import touches


@dataclass(frozen=True)
class Wider:
    """What a click does not wait for.

    Attributes
    ----------
    verdicts : Results
        The study with its clauses of street blocks, street offices and the district judged after the changes; what is
        told of communities is as before.
    minutes : dict of str to pandas.DataFrame
        Clause of a walk that the changes touch → ``median_minutes`` and ``p90_minutes`` of each community; inf: beyond
        the search.
    """

    verdicts: Results
    minutes: dict[str, pd.DataFrame]


def wider(known: Results, before: JudgedCase, after: JudgedCase) -> Wider:
    """Judge and measure what changes touch beside the verdicts of communities.

    Parameters
    ----------
    known
        What a run found without the changes.
    before, after
        The study as it is, and with the changes.
    """
    case = after.measured.case
    return Wider(_judged(known, before.measured.case, after), _minutes(before.measured.case, case))


def _judged(known: Results, before: Case, after: JudgedCase) -> Results:
    """Return the tables with the clauses judged again that the changes touch."""
    case, clauses = after.measured.case, known.clauses.copy()
    areas = {"block": known.blocks, "street_office": known.street_offices}
    for clause in case.standard.clause:
        if clause.scope == "community" or not touches(before, case, clause):
            continue
        row, found = wider_clause(case, clause)
        clauses.loc[clause.id, list(row)] = list(row.values())
        if found is not None:
            columns = {f"{clause.id}_{name}": found[name] for name in ("found", "verdict")}
            areas[clause.scope] = areas[clause.scope].assign(**columns)
    blocks, district = areas["block"], known.district
    if case.standard.required_of("block"):
        own = [clause.id for clause in case.standard.of_scope("block")]
        judged = {
            name: pd.DataFrame({column: blocks[f"{name}_{column}"] for column in ("found", "verdict")}) for name in own
        }
        blocks = judge_blocks(case, known.communities, judged)
        counted = {**district, "passed": after.passed}
        district = {**district, "blocks": score.block_headline(blocks, counted, case.standard)}
    return replace(known, clauses=clauses, street_offices=areas["street_office"], blocks=blocks, district=district)


def _minutes(before: Case, after: Case) -> dict[str, pd.DataFrame]:
    minutes = {}
    for clause in after.reach_clauses:
        if touches(before, after, clause):
            walk, search_s = after.walk(clause), after.search_s(clause)
            seconds = demand_seconds(after.samples, walk, after.places(clause, walk), limit_s=search_s)
            table = demand_shares(
                seconds,
                after.weight(clause),
                after.samples.demand_owner,
                n_areas=len(after.samples.codes),
                limit_s=after.limit_s(clause),
            )
            minutes[clause.id] = table[["median_minutes", "p90_minutes"]]
    return minutes
