"""Play random meetings and compare each with a what-if on its saved table.

    python scripts/hunt/sessions.py N STUDY …

Each of N sessions gives 1 to 15 commands, sensible or not, with undo, redo, switches and removals. What it shows at the
end has to be what ``what_if`` finds for the table that it saves: each verdict, share and headline, to the digit. It
prints how many were compared, how many commands were taken and refused, and each difference; then the exit is 1.
"""

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the scripts' folder

# isort: split
from cfgeo import CfgeoError, load_scenario, load_study
from cfgeo.app.edits import Row
from cfgeo.app.session import Session
from cfgeo.core.schema import WGS84
from cfgeo.pipeline.run import open_study
from cfgeo.publish.tables.book import sheet_bytes
from cfgeo.publish.tables.csv import csv_bytes
from cfgeo.scenarios.lists.change_table import change_table
from cfgeo.scenarios.whatif import what_if

MOST_COMMANDS, LINK_DEGREES, TOLD_EACH = 15, 6e-4, 5
SIGNALS = ("traffic_signals", "uncontrolled")


def main(sessions: int, paths: list[str]) -> int:
    """Play so many sessions of each study, and return how many differed."""
    wrong = 0
    for path in map(Path, paths):
        study, begun, counts = load_study(path), time.perf_counter(), Counter[str]()
        results, judge = open_study(study)
        for seed in range(sessions):
            with tempfile.TemporaryDirectory() as folder:
                session = Session(study, results, judge, Path(folder))
                play(session, random.Random(seed), counts, change)  # noqa: S311
                if session.history.rows:
                    counts["compared"] += 1
                    faults = differences(session, Path(folder), seed)
                    wrong += bool(faults)
                    for fault in faults:
                        print(f"{study.study.id}, session {seed}: {fault}")
            if (seed + 1) % TOLD_EACH == 0 or seed + 1 == sessions:
                took, told = time.perf_counter() - begun, dict(sorted(counts.items()))
                print(f"{study.study.id}: {seed + 1} sessions in {took:.0f} s, {told}, {wrong} differ", flush=True)
    return wrong


def play(
    session: Session, choose: random.Random, counts: Counter[str], draw: Callable[[Session, random.Random], Row]
) -> None:
    """Give a session some commands, as somebody who tries things out.

    Parameters
    ----------
    session
        Is played with.
    choose
        What is by chance.
    counts
        Grows by the commands that were ``taken`` and ``refused``.
    draw
        Returns a change, sensible or not.
    """
    for _ in range(choose.randint(1, MOST_COMMANDS)):
        number = choose.choice([edit.id for edit in session.history.edits] or [0])
        commands: list[dict[str, Any]] = [
            {"do": "add", "rows": [draw(session, choose)]},
            {"do": "undo"},
            {"do": "redo"},
            {"do": "switch", "id": number, "on": choose.random() < 0.5},
            {"do": "remove", "id": number},
            {"do": choose.choice(["keep", "recall", "forget"]), "name": choose.choice("AB")},
        ]
        try:
            session.act(choose.choices(commands, weights=[6, 2, 2, 1, 1, 1])[0])
            counts["taken"] += 1
        except CfgeoError:
            counts["refused"] += 1


def change(session: Session, choose: random.Random) -> dict[str, Any]:
    """Return a change somewhere in the district."""
    inputs = session.results.inputs
    closed = [street["way"] for street in session.closed_streets()] or [0]
    layer = choose.choice([name for name in inputs.layers if len(inputs.layers[name])])
    places = inputs.layers[layer]
    facility = str(choose.choice(list(places.index)))
    kind = str(choose.choice(list(places["kind"]))).split("+")[0]
    edges = inputs.network.edges
    edge = edges.iloc[[choose.randrange(len(edges))]].to_crs(WGS84)
    (lon, lat), way = edge.geometry.iloc[0].coords[0][:2], int(edge["osm_id"].iloc[0])
    away = [choose.uniform(-LINK_DEGREES, LINK_DEGREES) for _ in range(2)]
    line = f"LINESTRING ({lon} {lat}, {lon + away[0]} {lat + away[1]})"
    gate = choose.choice(session.gates() or [[lat, lon]])
    changes: list[dict[str, Any]] = [
        {"action": "add", "layer": layer, "kind": kind, "name": "新", "lon": lon, "lat": lat, "capacity": 90},
        {"action": "enlarge", "layer": layer, "facility": facility, "capacity": choose.randint(1, 900)},
        {"action": "move", "layer": layer, "facility": facility, "lon": lon, "lat": lat},
        {"action": "close", "layer": layer, "facility": facility},
        {"action": "add", "link": choose.choice(["stairs", "ramp", "walkway", "footbridge"]), "wkt": line},
        {"action": "opengate", "wkt": line},
        {"action": "opengate", "lon": gate[1], "lat": gate[0]},
        {"action": "close", "way": way},
        {"action": "refit", "way": choose.choice(closed), "tags": {"foot": "yes"}},
        {"action": "refit", "link": "crossing", "lon": lon, "lat": lat, "tags": {"crossing": choose.choice(SIGNALS)}},
        {"action": "refit", "layer": "communities", "facility": choose.choice(list(inputs.communities.index)),
         "attributes": {"certified": choose.choice(["yes", "no"])}},
    ]  # fmt: skip
    return choose.choice(changes)


def same_clauses(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Return whether two tables of clauses say the same."""
    return bool(one["verdict"].equals(other["verdict"]) and np.array_equal(
        one["found"].to_numpy(float), other["found"].to_numpy(float), equal_nan=True
    ))  # fmt: skip


def differences(session: Session, folder: Path, seed: int) -> list[str]:
    """Return in what a session differs from the what-if on its table, written as one format or the other."""
    table = change_table(session.history.rows, lang="zh" if seed % 3 else "en")
    path = folder / ("changes.xlsx" if seed % 2 else "changes.csv")
    path.write_bytes(sheet_bytes(table, lang="zh") if seed % 2 else csv_bytes(table))
    found = what_if(session.judge.case, load_scenario(path, study=session.study), streets=session.judge.streets)
    state, after = session.state(), found.after
    faults = []
    if state["communities"]["verdict"] != after.communities["verdict"].tolist():
        faults.append("verdicts of communities")
    if state["headline"]["passed"] != after.district["passed"]:
        faults.append("headline")
    for clause, values in state["clauses"].items():
        whole = after.coverage[after.coverage["clause"] == clause].set_index("code").loc[found.communities.index]
        if values["verdict"] != whole["verdict"].tolist():
            faults.append(f"verdicts of {clause}")
        if values["share"] is not None:
            share = np.array([np.nan if value is None else value for value in values["share"]])
            if not np.array_equal(share, whole["share"].astype(float).round(6).to_numpy(), equal_nan=True):
                faults.append(f"shares of {clause}")
    _, more = session.wider()
    wide = after.clauses["scope"] != "community"
    if more is not None and not same_clauses(more.verdicts.clauses[wide], after.clauses[wide]):
        faults.append("clauses of the district, street blocks and street offices")
    others = found.coverage[~found.coverage["clause"].isin(state["clauses"])]
    if (others["verdict_before"] != others["verdict_after"]).any():
        faults.append("a clause that is said not to change")
    return faults


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]), sys.argv[2:]) > 0)
