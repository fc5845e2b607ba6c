"""A study on the table: its changes, what they bring, and what a page needs to show it."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd

from cfgeo.app.brought import (
    clause_of,
    communities_of,
    headline_of,
    near_misses,
    side_of,
    turned,
)
from cfgeo.app.edits import MOST_KEPT, MOST_LETTERS, Edit, Row, changed_history
from cfgeo.app.journal import Journal
from cfgeo.app.places import (
    closed_list,
    closed_streets,
    community_at,
    community_of,
    crossing_at,
    gate_list,
    joined_at,
    street_at,
    street_of,
)
from cfgeo.app.walks import Walks, walks_from, walks_of
from cfgeo.app.watch import Watch
from cfgeo.core.errors import CfgeoError, ScenarioError
from cfgeo.core.results import Results
from cfgeo.core.scenario import Scenario, raise_faults
from cfgeo.core.strings import Message, Sentence
from cfgeo.core.whatif import Side, WhatIf
from cfgeo.pipeline.case import heights_of
from cfgeo.scenarios.decided import decided_already
from cfgeo.scenarios.idle import idle_changes
from cfgeo.scenarios.judge import Judge, JudgedCase, differing
from cfgeo.scenarios.lists.change_table import placed_row
from cfgeo.scenarios.lists.changes import scenario_of
from cfgeo.scenarios.whatif import what_if
from cfgeo.scenarios.wider import Wider, wider
from cfgeo.study.config import Study


class Session:
    """A study held open: commands go in one after the other, states come out.

    Parameters
    ----------
    study
        What is open.
    results
        What a run finds out about it.
    judge
        Judges it after changes.
    folder
        Where the journal is kept.

    Attributes
    ----------
    version : int
        Rises with each change.
    lost : list of CfgeoError
        Why changes of an earlier session were switched off: they can no longer be made.
    stale : tuple of str
        Files of the study that are no longer those that were read.
    """

    def __init__(self, study: Study, results: Results, judge: Judge, folder: Path) -> None:
        self.study, self.results, self.judge, self.folder = study, results, judge, folder
        self.version = 0
        self.lost: list[CfgeoError] = []
        self.stale: tuple[str, ...] = ()
        self._watch = Watch(study, results.inputs.files)
        self._journal, self._lock = Journal(folder), threading.Lock()
        self.history = self._journal.read()
        self._judged, self._remarks = self._opened()
        self._sides: dict[str, Side] = {}
        self._places: dict[int, tuple[Row, int | None]] = {}
        self._wider: tuple[JudgedCase, Wider] | None = None
        self._widening = threading.Lock()

    def act(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out a command, and return the state after it. Where it fails, nothing has changed.

        Parameters
        ----------
        command
            As for :func:`cfgeo.app.edits.changed_history`.

        Raises
        ------
        ScenarioError
            A change cannot be made; the message names all of them.
        OutputError
            The journal cannot be written.
        """
        with self._lock:
            command = _placed(command)
            history = changed_history(self.history, command)
            judged, remarks = self._judge(history.on)
            self._look()
            if history != self.history:
                self._journal.keep(command)
                self.history, self._judged, self._remarks = history, judged, remarks
                self.version += 1
            return self._state()

    def state(self) -> dict[str, Any]:
        """Return the state: the changes, the headline, and what differs from the study as it is.

        All of it is ready for JSON but messages: ``remarks``, on changes that no clause can notice or that are decided
        already, and ``stale``, where the study's files have changed since they were read.
        """
        with self._lock:
            self._look()
            return self._state()

    def look(self) -> None:
        """Look whether the study's files are still those that were read; where they have changed, the state has."""
        with self._lock:
            self._look()

    def scenario(self) -> Scenario:
        """Return the changes that count, as :func:`cfgeo.what_if` takes them."""
        return _scenario(self._counting(self.history.edits), self.study, self.folder)

    def desk(self) -> Scenario | None:
        """Return the changes that count, as :meth:`scenario` does; None where none does."""
        return self.scenario() if self.rows() else None

    def rows(self) -> list[Row]:
        """Return the rows of the changes that count."""
        return [edit.row for edit in self._counting(self.history.edits)]

    def decided(self) -> Message | None:
        """Return the sentence which names the changes that the study has decided on, and which so count already."""
        return _decided_words(self._decided(self.history.edits))

    def whole(self) -> WhatIf:
        """Return all that the changes bring, as ``cfgeo whatif`` finds it.

        Raises
        ------
        ScenarioError
            There are no changes.
        """
        scenario, judge = self.scenario(), self.judge
        found = what_if(judge.case, scenario, streets=judge.streets, parameters=self.results.parameters)
        return replace(found, ground=self.results.ground)

    def walks(self, community: int) -> list[Walks]:
        """Return the walks of a community's median children that the changes make other, clause by clause.

        Parameters
        ----------
        community
            Its place in the table of communities.

        Raises
        ------
        ScenarioError
            There is no such community.
        """
        if not 0 <= community < len(self.results.communities):
            raise ScenarioError("edit_json")
        with self._lock:
            after = self._judged
        if after is self.judge.base:
            return []
        case, code = self.judge.case, str(self.results.communities.index[community])
        return walks_of(case, after.measured.case, heights_of(self.study, case), code=code)

    def walks_from(self, lon: float, lat: float) -> list[Walks]:
        """Return the walks from a place with and without the changes, as :func:`cfgeo.app.walks.walks_from` does."""
        with self._lock:
            after = self._judged
        case = self.judge.case
        return walks_from(case, after.measured.case, heights_of(self.study, case), lon=lon, lat=lat)

    def compare(self, *asked: str) -> tuple[Side, ...]:
        """Return what several sets of changes bring, to be laid side by side.

        Parameters
        ----------
        asked
            Each ``as_is``, ``desk``, or the place of a named scenario in their list, from 1.

        Raises
        ------
        ScenarioError
            There is no such set.
        """
        with self._lock:
            return tuple(self._side(word) for word in asked)

    def alone(self, number: int) -> Side:
        """Return what one change brings by itself, whether it counts now or not.

        Raises
        ------
        ScenarioError
            There is no change of this number.
        """
        with self._lock:
            edits = [edit for edit in self.history.edits if edit.on or edit.id == number]
            if not any(edit.id == number for edit in edits):
                raise ScenarioError("edit_gone")
            return self._side_of("", "desk", [replace(edit, on=edit.id == number) for edit in edits])

    def _side(self, word: str) -> Side:
        if word in ("as_is", "desk"):
            return self._side_of("", word, self.history.edits if word == "desk" else ())
        kept = {str(nth): each for nth, each in enumerate(self.history.kept, start=1)}.get(word)
        if kept is None:
            raise ScenarioError("kept_gone", name=word[:MOST_LETTERS])
        return self._side_of(kept.name, "kept", kept.edits)

    def _side_of(self, name: str, which: str, edits: Sequence[Edit]) -> Side:
        """Return what changes bring; those that were compared last are not judged again."""
        key = json.dumps([dict(edit.row) for edit in edits if edit.on])
        if key in self._sides:
            return replace(self._sides[key], name=name, which=which)
        try:
            counting = self._counting(edits)
            after, _ = self._judge(edits)
        except CfgeoError as error:
            return Side(name, which, changes=sum(edit.on for edit in edits), fault=error)
        costs = [change.cost for change in _scenario(counting, self.study, self.folder).changes] if counting else []
        side = side_of(name, which, costs, self.judge.base, after, self.results.district["target"])
        self._sides[key] = side
        while len(self._sides) > MOST_KEPT:
            self._sides.pop(next(iter(self._sides)))
        return side

    def street_at(self, lon: float, lat: float, within_m: float = 0.0) -> dict[str, Any]:
        """Return the street at a place, as :func:`cfgeo.app.places.street_at` does."""
        return street_at(self.results.inputs.network.edges, lon, lat, within_m)

    def closed_streets(self) -> list[dict[str, Any]]:
        """Return the streets that nobody walks along, as :func:`cfgeo.app.places.closed_list` does."""
        return closed_list(self._all_closed)

    @cached_property
    def _all_closed(self) -> gpd.GeoDataFrame:
        return closed_streets(self.judge.streets.laid.cut)

    def _closed(self, row: Row) -> gpd.GeoDataFrame:
        """Return the closed streets, which nobody waits for whose change is about no street."""
        about_street = row.get("way") is not None or row.get("street")
        return self._all_closed if about_street else self.results.inputs.network.edges.iloc[:0]

    def _street(self, row: Row) -> dict[str, Any]:
        return street_of(row, self.results.inputs.network.edges, self._closed(row))

    def community_at(self, lon: float, lat: float) -> int | None:
        """Return the place in their table of the community at a place; None where there is none."""
        return community_at(self.results.communities, lon, lat)

    def crossing_at(self, lon: float, lat: float, within_m: float = 0.0) -> dict[str, Any]:
        """Return the crossing at a place whose signal can be set, as :func:`cfgeo.app.places.crossing_at` does."""
        return crossing_at(self.judge.streets.laid.cut, lon, lat, within_m)

    def gates(self) -> list[list[float]]:
        """Return where closed gates stand on streets, as :func:`cfgeo.app.places.gate_list` does."""
        return gate_list(self.judge.streets.laid.cut)

    def joined_at(self, lon: float, lat: float) -> dict[str, Any]:
        """Return where a link that ends at a place would join the streets, those of the changes included."""
        with self._lock:
            after = self._judged
        return joined_at(after.measured.case.inputs.network.edges, lon, lat)

    def wider(self) -> tuple[int, Wider | None]:
        """Return the version, and what the changes bring beside the state: nothing where none counts.

        It takes longer than a click, and is worked out once for all tabs.
        """
        with self._lock:
            version, after = self.version, self._judged
        if after is self.judge.base:
            return version, None
        with self._widening:
            if self._wider is None or self._wider[0] is not after:
                self._wider = after, wider(self.results, self.judge.base, after)
            return version, self._wider[1]

    def _community(self, edit: Edit) -> int | None:
        """Return the community in which a change begins; that of a change which still stands is not sought again."""
        known = self._places.get(edit.id)
        if known is None or known[0] != edit.row:
            known = edit.row, community_of(edit.row, self.results, self.study, self.folder, self._closed(edit.row))
        self._places[edit.id] = known
        return known[1]

    def _opened(self) -> tuple[JudgedCase, tuple[Message, ...]]:
        """Judge the changes of the last session; those that can no longer be made are switched off, and said."""
        try:
            return self._judge(self.history.on)
        except CfgeoError:
            edits = self.history.on
            tried = [replace(edit, on=False) for edit in edits]  # all keep their numbers
            for nth, edit in enumerate(edits):
                try:
                    self._judge([*tried[:nth], edit, *tried[nth + 1 :]])
                    tried[nth] = edit
                except CfgeoError as error:
                    self.lost.append(error)
        for edit in tried:
            if not edit.on:
                command = {"do": "switch", "id": edit.id, "on": False}
                self._journal.keep(command)
                self.history = changed_history(self.history, command)
        return self._judge(self.history.on)

    def _judge(self, edits: Sequence[Edit]) -> tuple[JudgedCase, tuple[Message, ...]]:
        """Return what the changes bring, and which of them no clause can notice or are decided already."""
        before = self.judge.base
        decided = self._decided(edits)
        said = [words for words in [_decided_words(decided)] if words]
        edits = [edit for edit in edits if edit.id not in decided]
        if not any(edit.on for edit in edits):
            return before, tuple(said)
        changes = _scenario(edits, self.study, self.folder).in_crs(self.results.inputs.crs)
        after = self.judge.judge(changes)
        return after, (*said, *idle_changes(before.measured, after.measured, changes))

    def _decided(self, edits: Sequence[Edit]) -> dict[int, str]:
        """Return the changes that the study has decided on (id → the list that has it)."""
        case, rows = self.judge.case, {edit.id: edit.row for edit in edits if edit.on}
        if not case.decided or not rows:
            return {}
        scenario = scenario_of(rows, file=self.folder / "changes", study=self.study)
        return {change.nth: path for change, path in decided_already(case, scenario.in_crs(self.results.inputs.crs))}

    def _counting(self, edits: Sequence[Edit]) -> list[Edit]:
        """Return the changes that are switched on and not part of the study already."""
        on = [edit for edit in edits if edit.on]
        decided = self._decided(on)
        return [edit for edit in on if edit.id not in decided]

    def _look(self) -> None:
        stale = self._watch.changed()
        if stale != self.stale:
            self.stale = stale
            self.version += 1

    def _state(self) -> dict[str, Any]:
        before, after = self.judge.base, self._judged
        self._places = {edit.id: self._places[edit.id] for edit in self.history.edits if edit.id in self._places}
        clauses = differing(before, after)
        counting = {edit.id: nth for nth, edit in enumerate(self._counting(self.history.edits), start=1)}
        return {
            "version": self.version,
            "edits": [
                {
                    "id": edit.id,
                    "number": counting.get(edit.id),
                    "on": edit.id in counting,
                    "decided": edit.on and edit.id not in counting,
                    "row": dict(edit.row),
                    "community": self._community(edit),
                    **self._street(edit.row),
                }
                for edit in self.history.edits
            ],
            "kept": [
                {"name": kept.name, "changes": len(kept.edits), "here": kept.edits == self.history.edits}
                for kept in self.history.kept
            ],
            "undo": bool(self.history.past),
            "redo": bool(self.history.future),
            "headline": headline_of(after, self.results.district["target"]),
            "before": self.judge.base.passed,
            "communities": communities_of(after),
            "gained": turned(before, after),
            "lost": turned(after, before),
            "clauses": {clause: clause_of(after, clause) for clause in clauses},
            "near": near_misses(after),
            "junctions": [[junction.lat, junction.lon] for junction in after.measured.junctions],
            "remarks": self._remarks,
            "stale": Sentence("desk.stale", files=", ".join(self.stale)) if self.stale else None,
        }


def _placed(command: Mapping[str, Any]) -> dict[str, Any]:
    """Return a command whose rows say where they lie as the saved table will: to the same digit, and in which datum."""
    rows, row = command.get("rows"), command.get("row")
    placed = dict(command)
    if isinstance(rows, list):
        placed["rows"] = [placed_row(each) if isinstance(each, Mapping) else each for each in rows]
    if isinstance(row, Mapping):
        placed["row"] = placed_row(row)
    return placed


def _decided_words(decided: Mapping[int, str]) -> Message | None:
    if not decided:
        return None
    return Sentence("desk.decided", count=len(decided), paths=", ".join(dict.fromkeys(decided.values())))


def _scenario(edits: Sequence[Edit], study: Study, folder: Path) -> Scenario:
    """Return the changes that are on, numbered by their place as the rows of the saved table are."""
    rows = {nth: edit.row for nth, edit in enumerate(edits, start=1) if edit.on}
    scenario = scenario_of(rows, file=folder / "changes", study=study)
    raise_faults(scenario.faults, scenario.file)
    return scenario
