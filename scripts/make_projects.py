"""Make a reserve list for any study from its own data: invented projects where its communities lack something.

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
from cfgeo.pipeline import load_case, streets_of
from cfgeo.scenarios.remeasure import Measured, measured

UNIT = "万元"
COLUMNS = ("id", "project", f"cost ({UNIT})", "requires", "excludes", "decided", "action", "layer", "facility", "kind",
           "name", "capacity", "lon", "lat", "link", "way", "wkt", "tags", "attributes")  # fmt: skip
SHARES = {links: 0.20, crossings: 0.02, refits: 0.05, yards: 0.05, altered: 0.08}
WANTED = 0.85  # of the rest; what is left are places where nothing is lacking
DECIDED = 8
MODEST = 600


def main() -> None:
    """Make a list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path("projects.csv"))
    parser.add_argument("-n", "--count", type=int, default=184)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    write_projects(given.study, given.out, count=given.count, seed=given.seed)


def write_projects(study: Path, path: Path, *, count: int = 184, seed: int = 1) -> None:
    """Write a reserve list for a study."""
    loaded = load_study(study).model_copy(update={"projects": None})
    case = load_case(loaded)
    now = measured(case, streets=streets_of(loaded, case), columns=("verdict",))
    made = drafts(now, np.random.default_rng(seed), count)
    table(made).to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def drafts(now: Measured, rng: np.random.Generator, count: int) -> list[Draft]:
    """Return projects, by community.

    Parameters
    ----------
    now
        The study as it is.
    """
    ideas = Ideas(now, rng)
    made = [draft for some, share in SHARES.items() for draft in some(ideas, round(share * count))]
    made += ideas.wanted(round(WANTED * (count - len(made))))
    while len(made) < count:
        made.append(ideas.idle(made))
    _decide(made, rng)
    order = {code: nth for nth, code in enumerate(now.case.inputs.communities.index)}
    return sorted(made, key=lambda draft: order[draft.code])


def _decide(made: Sequence[Draft], rng: np.random.Generator) -> None:
    """Decide on a few that need nothing else and shut out nothing."""
    free = [one for one in made if not (one.requires or one.excludes) and one.cost < MODEST]
    free = [one for one in free if one.changes[0]["action"] in {"add", "refit"}]
    for nth in rng.choice(len(free), min(DECIDED, len(free)), replace=False):
        free[nth].decided = True


def table(drafts: Sequence[Draft]) -> pd.DataFrame:
    """Return projects as a table, a change a row."""
    ids = {draft: f"P-{nth:03}" for nth, draft in enumerate(drafts, start=1)}
    rows = []
    for draft in drafts:
        first = {"project": draft.name, COLUMNS[2]: draft.cost, "decided": "是" if draft.decided else "",
                 "requires": " ".join(ids[one] for one in draft.requires),
                 "excludes": " ".join(ids[one] for one in draft.excludes)}  # fmt: skip
        rows += [{"id": ids[draft], **({} if nth else first), **one} for nth, one in enumerate(draft.changes)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys((COLUMNS[2], "capacity", "way"), "Int64"))


if __name__ == "__main__":
    main()
