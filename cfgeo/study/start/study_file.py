"""Where a study's ``study.toml`` lies; for data that is no study, the command that makes a study of it."""

import difflib
from pathlib import Path

from cfgeo.core.errors import StudyError
from cfgeo.core.strings import command
from cfgeo.files import delimited, vector
from cfgeo.files.osm.reader import SUFFIXES as OSM
from cfgeo.files.workbooks import excel

_RASTERS = (".tif", ".tiff", ".hgt", ".zip")
_DATA = (*excel.SUFFIXES, *delimited.SUFFIXES, *vector.SUFFIXES, *OSM, ".graphml", *_RASTERS)
_MOST_NAMED = 5


def study_file(path: Path) -> Path:
    """Return the ``study.toml`` that a path means: the file itself, or that of the folder.

    Raises
    ------
    StudyError
        There is none; for data the message gives the command that makes a study of it.
    """
    file = path / "study.toml" if path.is_dir() and not _is_data(path) else path
    if _is_data(path) and path.exists():
        raise StudyError("study_is_data", file=path, command=_init(path))
    if file.exists():
        return file
    folder = file.parent
    near = [item for item in sorted(folder.iterdir()) if _may_be_study(item, file)] if folder.is_dir() else []
    if near:
        raise StudyError("study_near", file=file, near=", ".join(map(str, near[:_MOST_NAMED])))
    data = [item.name for item in sorted(folder.iterdir()) if _is_data(item)] if path.is_dir() else []
    if data:
        names = ", ".join(data[:_MOST_NAMED])
        raise StudyError("study_folder_of_data", folder=path, files=names, command=_init(path))
    raise StudyError("study_missing", file=file, command=command("init", "my-study"))


def _is_data(path: Path) -> bool:
    name = path.name.lower()
    return name.endswith(_DATA) and not name.endswith(".schema.json") and not name.startswith(("~$", "."))


def _may_be_study(item: Path, wanted: Path) -> bool:
    """Return whether a file may be the study that is missing: another ``.toml``, or one that Windows calls ``.txt``."""
    name = item.name.lower()
    if item.is_dir():
        return bool(difflib.get_close_matches(item.name, [wanted.name], cutoff=0.8)) and (item / "study.toml").exists()
    return name in {"study.toml.txt", "study.txt"} or (name.startswith("study") and name.endswith(".toml"))


def _init(path: Path) -> str:
    """Return the command that makes a study of data, in a new folder."""
    stem = path.absolute().name.split(".")[0] or "my"
    taken = (Path(f"{stem}-study{nth or ''}") for nth in range(100))
    return command("init", next((folder for folder in taken if not folder.exists()), Path("my-study")), "--from", path)
