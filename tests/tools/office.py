"""Opening documents in LibreOffice in tests, headless and with nothing of the user's."""

import shutil
import subprocess
from pathlib import Path

import pytest

_SECONDS = 180


def converted(path: Path, folder: Path, kind: str = "pdf") -> bytes:
    """Return a document as PDF, or of another kind; skip the test where LibreOffice cannot be had."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--convert-to", kind, "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
    return (folder / f"{path.stem}.{kind}").read_bytes()
