"""The schemas that are shipped are those of the models that read the files."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_schemas_are_what_the_models_say() -> None:
    command = [sys.executable, ROOT / "scripts" / "make_schemas.py", "--check"]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (run.returncode, run.stdout) == (0, ""), f"{run.stdout}{run.stderr}: python scripts/make_schemas.py"
