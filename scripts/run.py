"""Make the maps of the default study: ``python scripts/run.py``. Makes the environment first if there is none.

Arguments go to ``cfgeo run``, a study first: ``python scripts/run.py my/study.toml --lang en``. Arguments that begin
with another verb go to that verb: ``python scripts/run.py init my``, ``python scripts/run.py check my``.
"""

import _python_version  # noqa: F401  (first: it exits if Python is too old)

# isort: split
import os
import sys
import tomllib
from pathlib import Path

from _environment import ROOT, ready, report, run

DEFAULT_STUDY = ROOT / "data" / "study.toml"


VERBS = (
    "run",
    "check",
    "init",
    "fetch",
    "reach",
    "explain",
    "whatif",
    "site",
    "plan",
    "compare",
    "series",
    "batch",
    "open",
    "apply",
    "schema",
)


def command_of(arguments: list[str]) -> list[str]:
    """Return the arguments for ``cfgeo``: another verb unchanged, anything else as a study to run."""
    verb = arguments[0] if arguments else ""
    if verb in VERBS and verb != "run":
        return arguments
    return ["run", *with_defaults(arguments[1:] if verb == "run" else arguments)]


def with_defaults(arguments: list[str]) -> list[str]:
    """Add the default study if no study comes first, and a folder of ``maps/`` if ``--out`` is missing."""
    has_study = bool(arguments) and not arguments[0].startswith("-")
    study, options = (Path(arguments[0]), arguments[1:]) if has_study else (DEFAULT_STUDY, arguments)
    if "--help" in options or has_out(options):
        return [str(study), *options]
    name = study_id(study) if has_study else "default"
    return [str(study), "--out", str(ROOT / "maps" / name), *options]


def has_out(options: list[str]) -> bool:
    return any(option == "--out" or option.startswith("--out=") for option in options)


def study_id(study: Path) -> str:
    """Return the study's id, or its folder's name if the file cannot be read: ``cfgeo run`` then reports why."""
    file = study / "study.toml" if study.is_dir() else study
    try:
        if not file.is_file():  # a pipe would be waited for
            return file.absolute().parent.name
        return str(tomllib.loads(file.read_text(encoding="utf-8-sig"))["study"]["id"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return file.absolute().parent.name


def main(arguments: list[str]) -> int:
    os.environ.setdefault("CFGEO_COMMAND", f"python {sys.argv[0]}")  # so that commands in messages can be pasted
    return run([ready(), "-m", "cfgeo", *command_of(arguments)])


if __name__ == "__main__":
    sys.exit(report(main, sys.argv[1:]))
