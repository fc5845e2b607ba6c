"""Run studies in two clean environments and check that every output has the same SHA-256.

    python scripts/hunt/same_bytes.py [STUDY …] [--lang zh en]

Copies the project to two folders, lets each make its own environment there (``scripts/run.py`` does, from
``constraints.txt``), and runs each study with all outputs once in each: with another time zone, locale, hash seed and
working folder, and without a kept network. ``run.json`` counts without its object ``run``, which holds the time and
duration. Prints a line per kind of file; exit 1 if files differ or are missing, with their names.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the scripts' folder

# isort: split
from hunt.kills import hashes

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(".*", "maps", "__pycache__", "build", "dist")
HABITS = {
    "one": {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"},
    "第二 份": {"PYTHONHASHSEED": "77", "TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"},
}
"""Folder of each environment, and its variables."""


@dataclass(frozen=True)
class Comparison:
    """Two runs' outputs, file by file.

    Attributes
    ----------
    files : int
        Number of files in either run.
    kinds : dict of str to int
        Ending → number of such files in either run.
    differing : tuple of str
        Files with different content, or that only one run has.
    """

    files: int
    kinds: dict[str, int]
    differing: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return the report: a line per kind of file, and a line per file that differs."""
        wrong = Counter(PurePosixPath(name).suffix for name in self.differing)
        report = [f"{kind:6} {count:4} files, {wrong[kind]} differ" for kind, count in sorted(self.kinds.items())]
        return report + [f"DIFFERS: {name}" for name in self.differing]


def compare(first: Path, second: Path) -> Comparison:
    """Compare the outputs of two runs."""
    here, there = hashes(first), hashes(second)
    names = sorted({*here, *there})
    kinds = Counter(PurePosixPath(name).suffix for name in names)
    differing = tuple(name for name in names if here.get(name) != there.get(name))
    return Comparison(len(names), dict(kinds), differing)


class Environment:
    """A copy of the project with an environment of its own."""

    def __init__(self, home: Path, name: str) -> None:
        self.folder, self.habits = home / name, HABITS[name]
        self.project = self.folder / "project"
        shutil.copytree(ROOT, self.project, ignore=NOT_COPIED)

    def run(self, study: Path, lang: str, out: str) -> Path:
        """Run a study (from the copy if it is the project's own) and return the folder of its outputs."""
        path = self.project / study.relative_to(ROOT) if study.is_relative_to(ROOT) else study
        options = ["--lang", lang, "--out", self.folder / out, "--no-cache"]
        script = self.project / "scripts" / "run.py"
        done = subprocess.run(
            [sys.executable, script, "run", path, *options],
            cwd=self.folder,
            env={**os.environ, **self.habits},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{study} could not be run in {self.folder}")
        return self.folder / out


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="*", type=Path, default=[ROOT / "data" / "study.toml"], metavar="STUDY")
    parser.add_argument("--lang", nargs="+", default=["zh", "en"], choices=["zh", "en"])
    parser.add_argument("--keep", type=Path, help="a new folder for the environments and outputs, which then stay")
    options = parser.parse_args(arguments)
    begun, total, failed = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        environments = [Environment(options.keep or Path(folder), name) for name in HABITS]
        for nth, study in enumerate(path.resolve() for path in options.studies):
            for lang in options.lang:
                first, second = (environment.run(study, lang, f"out-{nth}-{lang}") for environment in environments)
                comparison = compare(first, second)
                print(f"{study}, {lang}: {comparison.files} files", *comparison.lines(), sep="\n  ", flush=True)
                total, failed = total + comparison.files, failed + len(comparison.differing)
    print(f"\n{total} files, {failed} differ; {time.monotonic() - begun:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
