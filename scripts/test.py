"""Run the tests: ``python scripts/test.py``. Makes the environment first if there is none.

Arguments go to pytest, with paths from the project's folder: ``python scripts/test.py tests/walk -q``. Without
arguments all tests run, on all processors, each file on one; with arguments everything runs on one processor.
``python scripts/test.py --full`` runs all and draws twice as many cases where tests draw them.
"""

import _python_version  # noqa: F401  (first: it exits if Python is too old)

# isort: split
import sys

from _environment import PARALLEL, ROOT, ready, report, run


def main(arguments: list[str]) -> int:
    if arguments == ["--full"]:
        arguments = [*PARALLEL, "--hypothesis-profile=full"]
    return run([ready(groups=["dev"]), "-m", "pytest", *(arguments or PARALLEL)], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(report(main, sys.argv[1:]))
