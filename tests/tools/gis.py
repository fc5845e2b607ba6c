"""Opening a project and running a script of Processing in QGIS in tests, headless and with nothing of the user's."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

_SECONDS = 180
_LOOK, _SCRIPT = (Path(__file__).with_name(f"qgis_{name}.py") for name in ("look", "script"))


def looked_at(project: Path, folder: Path) -> dict[str, Any]:
    """Return what QGIS sees in a project and in the GeoPackage beside it; skip the test where it cannot be had."""
    said, warnings = _asked(folder, _LOOK, project, folder / "picture.png")
    return {**said, "warnings": warnings}


def dropped(packages: Sequence[Path], folder: Path) -> dict[str, Any]:
    """Return what QGIS sees in the layers of GeoPackages that are dropped into it; skip the test without QGIS."""
    said, warnings = _asked(folder, _LOOK, *packages)
    return {**said, "warnings": warnings}


def processed(script: Path, locale: str, parameters: dict[str, object], folder: Path) -> dict[str, Any]:
    """Return what a script of the Processing toolbox gives in QGIS; skip the test where that cannot be had."""
    file = folder / "parameters.json"
    file.write_text(json.dumps(parameters), encoding="utf-8")
    return _asked(folder, _SCRIPT, script, locale, file)[0]


def _asked(folder: Path, script: Path, *arguments: object) -> tuple[dict[str, Any], list[str]]:
    """Run a script with QGIS's own Python; return what it prints, and the warnings of QGIS."""
    python = shutil.which("python3", path="/usr/bin")
    found = python and subprocess.run([python, "-c", "import qgis.core"], capture_output=True, check=False)
    if not (python and found and found.returncode == 0):
        pytest.skip("QGIS and its Python (python3-qgis) are not installed")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GDAL", "PROJ"))}
    environment |= {"QT_QPA_PLATFORM": "offscreen", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    command = [python, str(script), *map(str, arguments)]
    run = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=_SECONDS, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout), [line for line in run.stderr.splitlines() if "arning" in line]
