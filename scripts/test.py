"""Run the tests: ``python scripts/test.py``. Makes the environment first, where there is none.

What follows goes to pytest, with paths from the project's folder: ``python scripts/test.py tests/test_reach.py -q``.
All of them run on every processor at once, a file on one; what is named runs on one.
"""

import _python_version  # noqa: F401  (first: it leaves where Python is too old)

# isort: split
import sys

from _environment import PARALLEL, ROOT, ready, report, run


def main(arguments: list[str]) -> int:
    return run([ready(groups=["dev"]), "-m", "pytest", *(arguments or PARALLEL)], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(report(main, sys.argv[1:]))
