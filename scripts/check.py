"""Run every gate: ``python scripts/check.py``, by hand as in CI. Makes the environment first, where there is none.

All gates run even if one fails; the exit code is 1 then. ``--skip tests`` and ``--only types`` choose (repeatable).
"""

import _python_version  # noqa: F401  (first: it leaves where Python is too old)

# isort: split
import argparse
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from _environment import FOLDER, PARALLEL, ROOT, program_in, python_in, ready, report, run

DIRTY = {"__pycache__"}
PAGES = ROOT / "scripts" / "pages"
"""Versions and settings of the tools that check the pages' scripts."""


def gates() -> dict[str, Callable[[], bool]]:
    """Return the gates by name, in their order: each runs in the environment and tells whether it passed."""
    return {
        "lint": lambda: tool("ruff", "check", "."),
        "format": lambda: tool("ruff", "format", "--check", "."),
        "types": lambda: tool("mypy"),
        "imports": lambda: tool("lint-imports"),
        "pages": pages_checked,
        "docs": site_built,
        "tests": lambda: python("-m", "pytest", *PARALLEL),
        "build": built,
    }


def tool(name: str, *arguments: str) -> bool:
    return run([program_in(FOLDER, name), *arguments], cwd=ROOT) == 0


def python(*arguments: str | Path, cwd: Path = ROOT) -> bool:
    return run([python_in(FOLDER), *arguments], cwd=cwd) == 0


def pages_checked() -> bool:
    """Check types and style of the pages' scripts. No run needs node, so where it is not there the gate is skipped."""
    npm = shutil.which("npm")
    if npm is None:
        print("skipped: no npm here to check the pages' scripts with")
        return True
    lock, installed = PAGES / "package-lock.json", PAGES / "node_modules" / "package-lock.json"
    if not installed.is_file() or installed.read_bytes() != lock.read_bytes():
        if run([npm, "ci", "--no-audit", "--no-fund"], cwd=PAGES) != 0:
            online = run([npm, "ping"], cwd=PAGES) == 0
            print("the tools cannot be installed" if online else "skipped: npm reaches no registry")
            return not online
        shutil.copyfile(lock, installed)
    return all(run([npm, "run", "--silent", script], cwd=PAGES) == 0 for script in ("types", "lint"))


def site_built() -> bool:
    """Build the site of ``docs/`` strictly: a link that leads nowhere fails, and so does a cell of a notebook."""
    with tempfile.TemporaryDirectory() as folder:
        return python("-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder)


def built() -> bool:
    """Build sdist and wheel, check what an index would refuse, and start the tool from the wheel alone."""
    with tempfile.TemporaryDirectory() as folder:
        if not python("-m", "build", "--no-isolation", "--outdir", folder):
            return False
        wheel, *others = Path(folder).glob("*.whl")
        (sdist,) = Path(folder).glob("*.tar.gz")
        with zipfile.ZipFile(wheel) as archive:
            missing = resources(ROOT) - set(archive.namelist())
        for name in sorted(missing):
            print(f"not in the wheel: {name}")
        fits = python("-m", "twine", "check", "--strict", wheel, sdist)
        return not others and not missing and fits and starts(wheel, Path(folder) / "installed")


def resources(root: Path) -> set[str]:
    """Return the names that a wheel has to hold: the whole package, and ``data/`` as ``cfgeo/default_study/``."""
    return set(files_in(root / "cfgeo", "cfgeo")) | set(files_in(root / "data", "cfgeo/default_study"))


def files_in(folder: Path, prefix: str) -> Iterable[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not DIRTY & set(path.parts) and path.suffix != ".pyc":
            yield f"{prefix}/{path.relative_to(folder).as_posix()}"


def starts(wheel: Path, folder: Path) -> bool:
    """Install the wheel on its own and start it there, away from the checkout."""
    install = ("-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, wheel)
    begin = "import sys; sys.path.insert(0, sys.argv.pop(1)); import cfgeo.cli.main; cfgeo.cli.main.main()"
    return python(*install, cwd=folder.parent) and python("-c", begin, folder, "--help", cwd=folder.parent)


def run_gates(names: Iterable[str]) -> dict[str, tuple[bool, float]]:
    """Run the gates, each with its name and seconds shown, and return how each went."""
    results = {}
    for name in names:
        print(f"\n=== {name}", flush=True)
        began = time.monotonic()
        passed = gates()[name]()
        seconds = time.monotonic() - began
        results[name] = (passed, seconds)
        print(f"=== {name}: {'passed' if passed else 'FAILED'} ({seconds:.1f} s)", flush=True)
    return results


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skip", action="append", default=[], choices=gates(), help="leave out a gate")
    parser.add_argument("--only", action="append", default=[], choices=gates(), help="run this gate")
    options = parser.parse_args(arguments)
    ready(groups=["dev", "docs"])
    results = run_gates([name for name in options.only or gates() if name not in options.skip])
    print("\n=== summary")
    for name, (passed, seconds) in results.items():
        print(f"{'passed' if passed else 'FAILED'}  {seconds:6.1f} s  {name}")
    return 0 if all(passed for passed, _ in results.values()) else 1


if __name__ == "__main__":
    sys.exit(report(main, sys.argv[1:]))
