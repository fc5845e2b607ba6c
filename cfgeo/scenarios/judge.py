"""Changes → their verdicts alone, fast enough for a click: only what changes touch is measured again.

Links are laid first and facilities after them, as in :func:`cfgeo.scenarios.remeasure.changed`. So the streets after
some links are kept, and facilities that come to them are measured on these.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.assess import score
from cfgeo.assess.case import Case
from cfgeo.assess.coverage import share_within
from cfgeo.core.scenario import Change, FacilityChange, LinkChange
from cfgeo.core.schema import PASSED, FloatArray
from cfgeo.scenarios.remeasure import MeasuredCase, changed, measured
from cfgeo.scenarios.street_edits import Streets

_KEPT = 6
"""Streets after links that are kept; each takes 12 to 14 MB in a district."""
_COLUMN = "verdict"


@dataclass(frozen=True)
class JudgedCase:
    """A case after changes: its verdicts, and the shares that the walks of clauses reach.

    Attributes
    ----------
    measured : MeasuredCase
    communities : pandas.DataFrame
        ``verdict``, ``judged``, ``failed``, as :func:`cfgeo.assess.score.community_verdicts` gives them.
    """

    measured: MeasuredCase
    communities: pd.DataFrame

    @cached_property
    def shares(self) -> dict[str, FloatArray]:
        """The share of demand that each clause of a walk has in reach (communities)."""
        case, seconds = self.measured.case, self.measured.seconds
        return {
            clause.id: share_within(
                case.samples, seconds[clause.id, _COLUMN], case.weight(clause), limit_s=case.limit_s(clause)
            ).to_numpy()
            for clause in case.reach_clauses
        }

    def verdicts_of(self, clause: str) -> np.ndarray:
        """Return the verdicts of a clause (communities)."""
        return np.asarray(self.measured.verdicts[clause, _COLUMN])

    @property
    def passed(self) -> int:
        """How many communities pass."""
        return int((self.communities["verdict"] == PASSED).sum())


class Judge:
    """Judges a case after any changes; what it gives is never changed.

    Parameters
    ----------
    case
        A study as it is.
    streets
        What its network is cut from.
    """

    def __init__(self, case: Case, streets: Streets) -> None:
        self.case, self.streets = case, streets
        self.base = _judged(measured(case, streets=streets, columns=(_COLUMN,), beyond=False))
        self._linked: OrderedDict[tuple[Any, ...], MeasuredCase] = OrderedDict()

    def warm_up(self) -> None:
        """Cut the streets ahead of the first link, which would otherwise wait for it."""
        _ = self.streets.laid

    def judge(self, changes: Sequence[Change]) -> JudgedCase:
        """Judge the case after changes.

        Parameters
        ----------
        changes
            Shapes in the case's metric CRS.

        Raises
        ------
        ScenarioError
            A change cannot be made; the message names all of them.
        """
        if not changes:
            return self.base
        links = [change for change in changes if isinstance(change, LinkChange)]
        facilities = [change for change in changes if isinstance(change, FacilityChange)]
        before = self._after_links(links)
        return _judged(changed(before, facilities) if facilities else before)

    def _after_links(self, links: Sequence[LinkChange]) -> MeasuredCase:
        if not links:
            return self.base.measured
        key = tuple(_key(link) for link in links)
        if key not in self._linked:
            self._linked[key] = changed(self.base.measured, links)
            while len(self._linked) > _KEPT:
                self._linked.popitem(last=False)
        self._linked.move_to_end(key)
        return self._linked[key]


def _key(link: LinkChange) -> tuple[Any, ...]:
    """Return what a link's effect on the network rests on."""
    shape = None if link.shape is None else link.shape.wkb
    return link.action, link.link, link.way, link.street, tuple(sorted(link.tags.items())), shape


def _judged(after: MeasuredCase) -> JudgedCase:
    case = after.case
    required = [clause.id for clause in case.standard.required_of("community")]
    codes = case.samples.codes
    table = pd.DataFrame({clause: after.verdicts[clause, _COLUMN] for clause in required}, index=codes)
    return JudgedCase(after, score.community_verdicts(table, pd.Series(case.samples.lived_in, index=codes)))


def differing(before: JudgedCase, after: JudgedCase) -> list[str]:
    """Return the community clauses whose verdicts or shares differ between two answers."""
    shares = {
        clause
        for clause, share in after.shares.items()
        if not np.array_equal(share, before.shares[clause], equal_nan=True)
    }
    return [
        clause.id
        for clause in after.measured.case.standard.of_scope("community")
        if clause.id in shares or not np.array_equal(before.verdicts_of(clause.id), after.verdicts_of(clause.id))
    ]
