"""Kill runs at random moments and check that nothing is lost.

    python scripts/hunt/kills.py [-n 50] [--seed 1] [--full 5] [--years 10]

Each trial starts the default study over the outputs of a good run, kills it (SIGKILL, or what Windows has instead) at a
random moment between its start and its usual end, and checks the folder. It must hold the last good outputs or the new
ones as far as they had arrived, each file with the hash in their ``run.json``, which names the groups that are missing.
Then the next run must succeed, write the same bytes, and leave nothing of the killed run. The full ones write reports
and map sheets and, where the study has a list of projects, its plan. With ``--years`` so many more
runs are each of another year than the last one: both years have to be there, whole. Prints a line per trial, and the
count by stage; exit 1 if a trial fails.
"""

import argparse
import hashlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAGES = {
    "Reading": "read", "Joining": "snap", "Walking": "reach", "Judging": "score", "Measuring": "walks",
    "Drawing isochrones": "draw", "Writing tables": "tables", "Writing the interactive": "map",
    "Writing the reports": "reports", "Drawing map": "figures", "Choosing from": "plan", "Measuring each": "measure",
    "Searching for the plan": "search", "Measuring the order": "order",
}  # fmt: skip
PLANNED = ("index.html", "scorecard.xlsx", "communities.gpkg", "reports/")
"""Outputs that a plan stands in, which comes last."""
YEARS = (2025, 2026)
SHORT, FULL = "map,tables", "map,tables,reports,figures"


class Trials:
    """A folder in which runs are killed."""

    def __init__(self, home: Path, study: Path, groups: str, *, warm: bool = True) -> None:
        self.home, self.study, self.groups = home, study, groups
        self.out, self.cache, self.log = home / "out", home / "cache", home / "stderr.txt"
        if warm:  # the first run also fills the system's own caches
            self.run()
        begun = time.monotonic()
        self.run()
        self.usual_s = time.monotonic() - begun
        self.good = hashes(self.out)

    def start(self) -> "subprocess.Popen[bytes]":
        """Start a run."""
        options = ["--out", self.out, "--cache", self.cache, "--only", self.groups, "--lang", "en"]
        options += [] if self.groups == FULL else ["--no-plan"]
        command = [sys.executable, "-m", "cfgeo", "run", self.study, *options]
        with self.log.open("wb") as log:
            return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log)

    def run(self) -> None:
        """Do a whole run; exit if it fails."""
        if self.start().wait() != 0:
            raise SystemExit(self.log.read_text(encoding="utf-8"))

    def killed(self, after_s: float, *, fresh_cache: bool, at: str = "") -> str:
        """Start a run, kill it some seconds after its start or that of a stage, and return the stage it had reached."""
        if fresh_cache:
            shutil.rmtree(self.cache)
            self.cache.mkdir()
        process = self.start()
        while at and process.poll() is None and at != stage_of(self.log.read_text(encoding="utf-8")):
            time.sleep(0.01)
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            process.kill()
        ended = process.wait() == 0
        return "ended" if ended else stage_of(self.log.read_text(encoding="utf-8"))

    def faults(self) -> list[str]:
        """Return what is wrong with the outputs after a killed run and after the next run."""
        there = self.out.is_dir()
        faults = [] if there and arrived(self.out, self.good) else ["the outputs are not whole"]
        faults += [] if there and sealed(self.out) else ["the outputs are not those of the record"]
        self.run()
        if hashes(self.out) != self.good:
            faults.append("the next run wrote other bytes")
        left = [path.name for path in (*self.home.iterdir(), *self.cache.iterdir()) if path.name.startswith(".")]
        return faults + [f"{name} is left" for name in left]


class YearTrials(Trials):
    """A folder in which runs of two years take turns."""

    def __init__(self, home: Path, study: Path) -> None:
        self.studies = {year: of_year(study, home / str(year), year) for year in YEARS}
        super().__init__(home, self.studies[YEARS[0]], "tables")
        self.of = {YEARS[0]: self.good}
        self.turn()
        self.run()
        self.of[YEARS[1]] = hashes(self.out)
        self.turn()

    def turn(self) -> None:
        """Let the next run be of the other year."""
        first, second = self.studies.values()
        self.study = second if self.study == first else first

    def faults(self) -> list[str]:
        """Return which year is not whole after a killed run, and after the next run."""
        faults = [f"{year} is not whole" for year, run in self.kept().items() if run != self.of[year]]
        self.run()
        kept = self.kept()
        faults += [f"{year} is not whole after the next run" for year in YEARS if kept.get(year) != self.of[year]]
        left = [path.name for path in (*self.home.iterdir(), *(self.out / "years").iterdir()) if path.name[0] == "."]
        self.turn()
        return faults + [f"{name} is left" for name in left]

    def kept(self) -> dict[int, dict[str, str]]:
        """Return the hashes of each year's run; of a year that is nowhere, none."""
        found: dict[int, dict[str, str]] = {year: {} for year in YEARS}
        places = [*sorted((self.out / "years").glob("*")), self.out]
        for place in (place for place in places if (place / "run.json").is_file()):
            record = json.loads((place / "run.json").read_text(encoding="utf-8"))
            found[int(record["parameters"]["study"]["as_of"][:4])] = hashes(place)
        return found


def of_year(study: Path, folder: Path, year: int) -> Path:
    """Copy a study, let it show a year, and return the copy."""
    shutil.copytree(study, folder)
    file = folder / "study.toml"
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("as_of")]
    lines.insert(lines.index("[study]") + 1, f'as_of = "{year}-06-01"')
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def hashes(folder: Path) -> dict[str, str]:
    """Return the hash of each output; ``run.json`` counts without its object ``run``, and other years not at all."""
    digests = {}
    others = folder / "years"
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and others not in path.parents):
        body = path.read_bytes()
        if path.name == "run.json":
            body = json.dumps({key: value for key, value in json.loads(body).items() if key != "run"}).encode()
        digests[path.relative_to(folder).as_posix()] = hashlib.sha256(body).hexdigest()
    return digests


def arrived(folder: Path, good: dict[str, str]) -> bool:
    """Return whether a folder holds all outputs of a good run, but for the groups that it says are missing."""
    pending = json.loads((folder / "run.json").read_text(encoding="utf-8")).get("pending", [])
    if not pending:
        return hashes(folder) == good
    missing = tuple(f"{group}/" for group in pending) + (("plan", "figures/plan") if "plan" in pending else ())
    other = ("run.json", "index.html", *(PLANNED if "plan" in pending else ()))
    there, wanted = hashes(folder), {name: digest for name, digest in good.items() if not name.startswith(missing)}
    alike = all(there.get(name) == digest for name, digest in wanted.items() if not name.startswith(other))
    return there.keys() == wanted.keys() and alike


def sealed(folder: Path) -> bool:
    """Return whether each output has the hash that the record gives."""
    listed = json.loads((folder / "run.json").read_text(encoding="utf-8"))["outputs"]
    recorded = {file["path"]: file["sha256"] for file in listed}
    return recorded == {name: digest for name, digest in hashes(folder).items() if name != "run.json"}


def stage_of(log: str) -> str:
    """Return the stage that a run reported last."""
    stages = [stage for line in log.splitlines() for start, stage in STAGES.items() if line.startswith(start)]
    return stages[-1] if stages else "start"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=50, help="how many runs to kill")
    parser.add_argument("--full", type=int, default=5, help="how many of them write all outputs")
    parser.add_argument("--years", type=int, default=0, help="how many more runs of years in turn to kill")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at", nargs="+", default=[], choices=STAGES.values(), help="kill at these stages, in turn")
    parser.add_argument("--study", type=Path, default=ROOT / "data")
    options = parser.parse_args(arguments)
    chance = random.Random(options.seed)  # noqa: S311  # moments, not secrets
    stages: Counter[str] = Counter()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        study = options.study.resolve()
        for groups, count in ((SHORT, options.n - options.full), (FULL, options.full), ("years", options.years)):
            if count:
                home = Path(folder) / groups
                home.mkdir()
                trials = YearTrials(home, study) if groups == "years" else Trials(home, study, groups)
            for nth in range(count):
                # A moment in each part of the time, so that every stage has its turn; or soon after a stage begins.
                at = options.at[nth % len(options.at)] if options.at else ""
                after_s = chance.uniform(0, 0.5) if at else (nth + chance.random()) / count * trials.usual_s
                stage = trials.killed(after_s, fresh_cache=nth % 2 == 0, at=at)
                faults = trials.faults()
                stages[stage] += 1
                failed += bool(faults)
                print(f"{groups}  {after_s:6.2f} s  {stage:8}  {'; '.join(faults) or 'whole'}", flush=True)
    print(f"\n{sum(stages.values())} runs, {failed} faults; killed at: {dict(stages)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
