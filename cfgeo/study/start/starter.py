"""The default study, to begin a new one from."""

import shutil
from importlib import resources
from pathlib import Path

from cfgeo.core.errors import OutputError


def default_study() -> Path:
    """Return the folder of the default study: inside the installed package, or beside it in a checkout."""
    packaged = Path(str(resources.files("cfgeo").joinpath("default_study")))
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[3] / "data"


def copy_default_study(folder: Path) -> Path:
    """Copy the default study into a new or empty folder and return its ``study.toml``.

    Raises
    ------
    OutputError
        The folder holds something, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError("init_not_empty", folder=folder)
    try:
        shutil.copytree(default_study(), folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
    except OSError as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
    return folder / "study.toml"
