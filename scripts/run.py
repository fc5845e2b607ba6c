"""Make the maps of the default study: ``python scripts/run.py``. Makes the environment first, where there is none.

What follows goes to ``cfgeo run``, a study first: ``python scripts/run.py my/study.toml --lang en``. Another verb of
cfgeo's goes to that: ``python scripts/run.py init my``, ``python scripts/run.py check my``.
"""

import _python_version  # noqa: F401  (first: it leaves where Python is too old)

# isort: split
import sys
import tomllib
from pathlib import Path

from _environment import ROOT, ready, report, run

DEFAULT_STUDY = ROOT / "data" / "study.toml"


VERBS = ("run", "check", "init", "fetch", "reach", "explain", "whatif", "site", "plan", "compare")


def command_of(arguments: list[str]) -> list[str]:
    """Return what ``cfgeo`` is called with: a verb of its own as it stands, anything else as a study to run."""
    verb = arguments[0] if arguments else ""
    if verb in VERBS and verb != "run":
        return arguments
    return ["run", *with_defaults(arguments[1:] if verb == "run" else arguments)]


def with_defaults(arguments: list[str]) -> list[str]:
    """Put in the default study where none comes first, and a folder of ``maps/`` where ``--out`` is not given."""
    study_given = bool(arguments) and not arguments[0].startswith("-")
    study, options = (Path(arguments[0]), arguments[1:]) if study_given else (DEFAULT_STUDY, arguments)
    if "--help" in options or gives_out(options):
        return [str(study), *options]
    name = study_id(study) if study_given else "default"
    return [str(study), "--out", str(ROOT / "maps" / name), *options]


def gives_out(options: list[str]) -> bool:
    return any(option == "--out" or option.startswith("--out=") for option in options)


def study_id(study: Path) -> str:
    """Return the study's id, or its folder's name where the file cannot be read: ``cfgeo run`` then says why."""
    file = study / "study.toml" if study.is_dir() else study
    try:
        return str(tomllib.loads(file.read_text(encoding="utf-8-sig"))["study"]["id"])
    except (OSError, ValueError, KeyError, TypeError):
        return file.absolute().parent.name


def main(arguments: list[str]) -> int:
    return run([ready(), "-m", "cfgeo", *command_of(arguments)])


if __name__ == "__main__":
    sys.exit(report(main, sys.argv[1:]))
