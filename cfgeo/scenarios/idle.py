"""Changes that no clause can notice: said, so that "nothing changes" does not pass for a finding about the place."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cfgeo.assess.case import Case
from cfgeo.assess.lacking.columns import read_by
from cfgeo.assess.measures.counted import kind_mask
from cfgeo.assess.units import places_of
from cfgeo.core.scenario import Change, FacilityChange, where_of
from cfgeo.core.strings import Message, Sentence
from cfgeo.files.vocabulary.words import Choices, headings
from cfgeo.scenarios.change_facilities import facility_ids
from cfgeo.scenarios.remeasure import MeasuredCase
from cfgeo.study.standard import Clause


def idle_changes(before: MeasuredCase, after: MeasuredCase, changes: Sequence[Change]) -> tuple[Message, ...]:
    """Return a sentence for each change that no clause can notice, and one for links that change no walk.

    Parameters
    ----------
    before, after
        What was measured without and with the changes.
    changes
        In the case's metric CRS.
    """
    facilities = [change for change in changes if isinstance(change, FacilityChange)]
    remarks = [remark for change in facilities if (remark := _remark(before.case, after.case, change))]
    links = len(facilities) < len(changes)
    walks = [(before.seconds[key], after.seconds[key]) for key in before.seconds]
    same_homes = before.case.samples.demand is after.case.samples.demand
    if links and same_homes and all(np.array_equal(*pair) for pair in walks):
        remarks.append(Sentence("whatif.idle_links"))
    return tuple(remarks)


def _remark(before: Case, after: Case, change: FacilityChange) -> Message | None:
    """Return why no clause can notice a facility's change; None where one can."""
    layer, where = change.layer, where_of(change)
    clauses = [clause for clause in before.standard.clause if layer in (clause.layer, clause.near_layer)]
    named = Choices("layer_names", (layer,))
    if not clauses:
        return Sentence("whatif.idle_layer", where=where, layer=named)
    was, now = _row(before, change), _row(after, change)
    if was is not None and now is not None and _same(was, now, change):
        return Sentence("whatif.idle_same", where=where)
    counting = [clause for clause in clauses if any(_counts(clause, layer, row) for row in (was, now))]
    if not counting:
        kinds = [kind for clause in clauses for kind in clause.kind]
        return Sentence("whatif.idle_kind", where=where, layer=named, kinds=", ".join(dict.fromkeys(kinds)))
    read = {column for clause in counting if clause.layer == layer for column in read_by(clause)}
    idle = [column for column in change.attributes if column not in read]
    if idle and change.action in {"enlarge", "refit"}:
        return Sentence("whatif.idle_columns", where=where, layer=named, columns=headings(*idle))
    return None


def _row(case: Case, change: FacilityChange) -> pd.DataFrame | None:
    """Return the row of the facility that a change is about; None where it is not there."""
    table = places_of(case.inputs, change.layer)
    if change.action == "add":
        row = table[[shape is change.shape for shape in table.geometry]]
    else:
        row = table.loc[facility_ids(table, change.facility)]
    return row if len(row) else None


def _counts(clause: Clause, layer: str, row: pd.DataFrame | None) -> bool:
    """Return whether a clause counts a facility."""
    if row is None:
        return False
    return bool(kind_mask(row, clause.kind).any()) if clause.layer == layer else clause.near_layer == layer


def _same(was: pd.DataFrame, now: pd.DataFrame, change: FacilityChange) -> bool:
    """Return whether a change leaves everything as it was."""
    if change.shape is not None and not was.geometry.iloc[0].equals_exact(now.geometry.iloc[0], 1e-6):
        return False
    return all(column in was and str(was[column].iloc[0]) == str(now[column].iloc[0]) for column in change.attributes)
