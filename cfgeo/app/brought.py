"""What changes bring, as values that are ready for JSON: beside the study as it is, and beside other changes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cfgeo.assess.score import tally
from cfgeo.core.scenario import Cost, total_costs
from cfgeo.core.schema import FAILED, PASSED
from cfgeo.core.whatif import Side
from cfgeo.publish.words.numbers import SHARE_DECIMALS, number
from cfgeo.scenarios.judge import JudgedCase, differing

_NEAR_MISS, _MOST_NEAR = 0.1, 8
"""A community is near to passing that lacks so much of a share; so many are named."""


def side_of(
    name: str, which: str, costs: Sequence[Cost | None], before: JudgedCase, after: JudgedCase, target: float
) -> Side:
    """Return a side of a comparison.

    Parameters
    ----------
    name, which
        As for :class:`Side`.
    costs
        Of each change that counts; None where it has none.
    before, after
        The study as it is, and with the changes.
    target
        The share of communities that has to pass.
    """
    known = [cost for cost in costs if cost is not None]
    return Side(
        name,
        which,
        changes=len(costs),
        costs=total_costs(known),
        priced=len(known),
        headline=headline_of(after, target),
        passed=tuple(np.flatnonzero((after.communities["verdict"] == PASSED).to_numpy()).tolist()),
        gained=tuple(turned(before, after)),
        lost=tuple(turned(after, before)),
        clauses={clause: (passing(before, clause), passing(after, clause)) for clause in differing(before, after)},
    )


def passing(judged: JudgedCase, clause: str) -> int:
    """Return how many communities pass a clause."""
    return int((judged.verdicts_of(clause) == PASSED).sum())


def headline_of(after: JudgedCase, target: float) -> dict[str, Any]:
    """Return how many communities there are, pass and fail, and whether that is enough."""
    return {"communities": len(after.communities), **tally(after.communities["verdict"], target)}


def near_misses(after: JudgedCase) -> list[dict[str, Any]]:
    """Return the communities that fail one required clause alone, and that by a tenth at most; the nearest first."""
    rows = []
    needs = {clause.id: clause.need for clause in after.measured.case.reach_clauses}
    for nth, (verdict, failed) in enumerate(
        zip(after.communities["verdict"], after.communities["failed"], strict=True)
    ):
        if verdict != FAILED or len(failed) != 1 or failed[0] not in needs:
            continue
        clause = failed[0]
        short = needs[clause] - float(after.shares[clause][nth])
        if 0 <= short <= _NEAR_MISS:
            rows.append({"community": nth, "clause": clause, "short": round(short, 6)})
    return sorted(rows, key=lambda row: row["short"])[:_MOST_NEAR]


def communities_of(after: JudgedCase) -> dict[str, list[Any]]:
    """Return each community's verdict, and the clauses that it fails."""
    table = after.communities
    return {"verdict": table["verdict"].tolist(), "failed": [list(failed) for failed in table["failed"]]}


def turned(before: JudgedCase, after: JudgedCase) -> list[int]:
    """Return which communities pass after and did not before."""
    gained = (after.communities["verdict"] == PASSED) & (before.communities["verdict"] != PASSED)
    return np.flatnonzero(gained.to_numpy()).tolist()


def clause_of(after: JudgedCase, clause: str) -> dict[str, Any]:
    """Return the verdicts of a clause and, of one that walks are measured for, the shares in reach (communities)."""
    shares = after.shares.get(clause)
    known = None if shares is None else [number(share, SHARE_DECIMALS) for share in shares]  # as tables round them
    return {"verdict": after.verdicts_of(clause).tolist(), "share": known}
