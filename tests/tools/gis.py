"""Opening a GeoPackage and its project in QGIS in tests, headless and with nothing of the user's."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

_SECONDS = 180
_LOOK = Path(__file__).with_name("qgis_look.py")


def looked_at(project: Path, folder: Path) -> dict[str, Any]:
    """Return what QGIS sees in a project and in the GeoPackage beside it; skip the test where it cannot be had."""
    python = shutil.which("python3", path="/usr/bin")
    found = python and subprocess.run([python, "-c", "import qgis.core"], capture_output=True, check=False)
    if not (python and found and found.returncode == 0):
        pytest.skip("QGIS and its Python (python3-qgis) are not installed")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GDAL", "PROJ"))}
    environment |= {"QT_QPA_PLATFORM": "offscreen", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    command = [python, str(_LOOK), str(project), str(folder / "picture.png")]
    run = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=_SECONDS, check=False)
    assert run.returncode == 0, run.stderr
    return {**json.loads(run.stdout), "warnings": [line for line in run.stderr.splitlines() if "arning" in line]}
