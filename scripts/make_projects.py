"""Make a reserve list for any study from its own data: invented projects where communities lack something.

    python scripts/make_projects.py STUDY [-o projects.csv] [-n 184] [--seed 1]

The same study, seed and library versions give the same file.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from default_data.project_changes import altered, crossings, links, refits, yards
from default_data.project_ideas import Draft, Ideas

from cfgeo import load_study
from cfgeo.pipeline.case import load_case
from cfgeo.scenarios.remeasure import MeasuredCase, measured
from cfgeo.scenarios.street_edits import streets_of

UNIT = "万元"
COLUMNS = ("id", "project", f"cost ({UNIT})", "requires", "excludes", "decided", "status", "year", "duration", "action",
           "layer", "facility", "kind", "name", "capacity", "lon", "lat", "link", "way", "wkt", "tags",
           "attributes")  # fmt: skip
SHARES = {links: 0.20, crossings: 0.02, refits: 0.05, yards: 0.05, altered: 0.08}
NEEDED = 0.85  # share of the other projects; the last ones are places where nothing is lacking
DECIDED = 8
MODEST, LARGE = 600, 1000


def main() -> None:
    """Make a list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path("projects.csv"))
    parser.add_argument("-n", "--count", type=int, default=184)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write_projects(options.study, options.out, count=options.count, seed=options.seed)


def write_projects(study: Path, path: Path, *, count: int = 184, seed: int = 1) -> None:
    """Write a reserve list for a study."""
    loaded = load_study(study).model_copy(update={"projects": None})
    case = load_case(loaded)
    now = measured(case, streets=streets_of(loaded, case), columns=("verdict",))
    projects = drafts(now, np.random.default_rng(seed), count)
    table(projects).to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def drafts(now: MeasuredCase, rng: np.random.Generator, count: int) -> list[Draft]:
    """Return projects, by community.

    Parameters
    ----------
    now
        The study as it is.
    """
    ideas = Ideas(now, rng)
    projects = [draft for propose, share in SHARES.items() for draft in propose(ideas, round(share * count))]
    projects += ideas.needed(round(NEEDED * (count - len(projects))))
    while len(projects) < count:
        projects.append(ideas.idle(projects))
    _decide(projects, rng)
    order = {code: nth for nth, code in enumerate(now.case.inputs.communities.index)}
    return sorted(projects, key=lambda draft: order[draft.code])


def _decide(projects: Sequence[Draft], rng: np.random.Generator) -> None:
    """Mark a few projects that require and exclude nothing as decided."""
    free = [draft for draft in projects if not (draft.requires or draft.excludes) and draft.cost < MODEST]
    free = [draft for draft in free if draft.changes[0]["action"] in {"add", "refit"}]
    for nth in rng.choice(len(free), min(DECIDED, len(free)), replace=False):
        free[nth].decided = True


def table(drafts: Sequence[Draft]) -> pd.DataFrame:
    """Return projects as a table, one row per change."""
    ids = {draft: f"P-{nth:03}" for nth, draft in enumerate(drafts, start=1)}
    rows = []
    for draft in drafts:
        first = {"project": draft.name, COLUMNS[2]: draft.cost, "decided": "是" if draft.decided else "",
                 "status": "在建" if draft.decided else "计划", "year": 2027 if draft.cost >= LARGE else 2026,
                 "duration": "2年" if draft.cost >= LARGE else "1年",
                 "requires": " ".join(ids[needed] for needed in draft.requires),
                 "excludes": " ".join(ids[rival] for rival in draft.excludes)}  # fmt: skip
        rows += [{"id": ids[draft], **({} if nth else first), **change} for nth, change in enumerate(draft.changes)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        dict.fromkeys((COLUMNS[2], "capacity", "way", "year"), "Int64")
    )


if __name__ == "__main__":
    main()
