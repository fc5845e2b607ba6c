"""A first study: a copy of the default one, or a ``study.toml`` for the user's files, with guesses marked as such."""

import json
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import geopandas as gpd
import pyproj
import shapely

from cfgeo.core.errors import CfgeoError, OutputError
from cfgeo.core.strings import LANGUAGES, Lang, name_of, text
from cfgeo.files.guess import AREAS, LINES, NOTHING, POINTS, Guess, Seen, guess
from cfgeo.files.osm_streets import is_osm_file
from cfgeo.files.read import TableFile, as_places, missing

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_RASTERS = (".tif", ".tiff", ".img", ".hgt", ".hgt.zip")
_BESIDE = (
    ".dbf",
    ".shx",
    ".prj",
    ".cpg",
    ".sbn",
    ".sbx",
    ".qix",
    ".qmd",
    ".qml",
    ".xml",
    ".dat",
    ".map",
    ".id",
    ".ind",
    ".mid",
)
"""Endings of what lies beside a Shapefile, a MapInfo file or a raster, and is read with it."""
_YUZHONG = "500103"


@dataclass(frozen=True)
class Drafted:
    """One table of a file and what it was taken for.

    Attributes
    ----------
    path : str
        As it stands in ``study.toml``.
    table : str or None
        Its sheet or layer.
    guess : Guess
    used : bool
        It stands in the study; else it is written there as a remark.
    fault : CfgeoError or None
        Why it could not be read, where it was found in a folder.
    """

    path: str
    table: str | None
    guess: Guess
    used: bool = True
    fault: CfgeoError | None = None

    def text(self, lang: Lang) -> str:
        """Say what was taken for what, in a line."""
        place = self.path if self.table is None else f"{self.path} [{self.table}]"
        if self.fault is not None:
            return text("draft.unreadable", lang, file=place, reason=self.fault.text(lang))
        if self.guess.lacks:
            return text("draft.unreadable", lang, file=place, reason=_lack(self.guess, lang))
        role = self.guess.layer or self.guess.role
        if not self.used or not role:
            return text("draft.unused", lang, file=place)
        return text("draft.taken", lang, file=place, role=name_of("layer", role, lang), datum=self.guess.datum)


def draft_study(folder: Path, files: Sequence[Path]) -> tuple[Path, list[Drafted]]:
    """Write a ``study.toml`` that names files as they lie, by what they most likely are.

    Parameters
    ----------
    folder
        Where it is written; is made where it is missing.
    files
        Vector files, tables, workbooks, OpenStreetMap files and elevation rasters, or folders of them. Nothing is
        copied. What cannot be read in a folder is said and left out.

    Returns
    -------
    path : Path
        The ``study.toml``.
    drafted : list of Drafted
        What was found, in the order of the files.

    Raises
    ------
    InputError
        A file is missing or cannot be read.
    OutputError
        The folder has a ``study.toml`` already, or cannot be written.
    """
    target = folder / "study.toml"
    if target.exists():
        raise OutputError("init_study_exists", file=target)
    found = [drafted for file in files for drafted in _look_into(folder, file)]
    chosen = _one_of_each(found)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.write_text(_body(folder, chosen), encoding="utf-8")
    except OSError as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
    return target, chosen


def _look_into(study: Path, place: Path) -> list[Drafted]:
    """Return what a file holds, or all files of a folder."""
    if not place.is_dir() or place.suffix.lower() == ".gdb":
        return _look(place, _from(study, place))
    found: list[Drafted] = []
    for item in sorted(place.iterdir()):
        if item.suffix.lower() in _BESIDE or item.name.startswith((".", "~$")):  # Excel's marks of open files
            continue
        try:
            found += _look_into(study, item)
        except CfgeoError as error:
            found.append(Drafted(_from(study, item), None, Guess(""), used=False, fault=error))
    return found


def _from(folder: Path, file: Path) -> str:
    """Return a file's path from a folder; the whole path where there is none, as on another drive."""
    try:
        return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return file.resolve().as_posix()


def _look(file: Path, path: str) -> list[Drafted]:
    if not file.exists():
        raise missing(file)
    if is_osm_file(file) or file.suffix.lower() == ".graphml":
        return [Drafted(path, None, Guess("network", said=True))]
    if file.name.lower().endswith(_RASTERS):
        return [Drafted(path, None, Guess("elevation", said=True))]
    tables = TableFile(file)
    return [Drafted(path, layer, one) for layer in tables.layers() for one in guess(_seen(tables, layer))]


def _seen(file: TableFile, layer: str | None) -> Seen:
    label = f"{layer or ''} {file.path.stem}"
    read = file.read(layer)
    if not isinstance(read.table, gpd.GeoDataFrame):
        return Seen(label, read.table, NOTHING, read.remarks)
    places = as_places(read.table, columns={}, datum="wgs84", path=file.path)
    shapes = places.geometry.to_numpy()
    dimensions = shapely.get_dimensions(shapes[~(shapely.is_empty(shapes) | shapely.is_missing(shapes))])
    largest = int(dimensions.max()) if len(dimensions) else -1
    shape = {0: POINTS, 1: LINES, 2: AREAS}.get(largest, NOTHING)
    name = pyproj.CRS(places.crs).name
    datum = "cgcs2000" if re.search(r"CGCS|China Geodetic|China_2000", name, re.IGNORECASE) else ""
    return Seen(label, places.drop(columns="geometry"), shape, datum=datum)


def _one_of_each(found: Iterable[Drafted]) -> list[Drafted]:
    """Return all tables, of which only the first for each place in the study is used: OpenStreetMap before lines."""
    found = list(found)
    by_place: dict[tuple[str, str], Drafted] = {}
    whole = (one for one in found if not one.guess.lacks)
    for one in sorted(whole, key=lambda d: not d.guess.said if d.guess.role == "network" else False):
        by_place.setdefault((one.guess.role, one.guess.layer), one)
    taken = [one for one in by_place.values() if one.guess.role]
    rasters = [one for one in found if one.guess.role == "elevation"]
    return [replace(one, used=any(one is other for other in (*taken, *rasters))) for one in found]


def _body(folder: Path, drafted: Sequence[Drafted]) -> str:
    used: dict[str, list[Drafted]] = {}
    for one in (one for one in drafted if one.fault is None):
        used.setdefault(one.guess.role if one.used else "", []).append(one)
    name = folder.resolve().name
    lines = [
        _remark("head"),
        "",
        "[study]",
        f"id = {toml_text(study_id(folder))}",
        f"title = {toml_text(name)}",
        f"standard = {toml_text(_standard(used))}  {_remark('standard')}",
        f'status = "approximate"  {_remark("status")}',
        "",
        "[boundaries.communities]",
        *_communities(used.get("communities", [])),
        "",
        "[network]",
        *_network(used.get("network", []), used.get("elevation", [])),
    ]
    for one in used.get("demand", []):
        lines += ["", "[demand]", *_table(one)]
    for one in used.get("children", []):
        lines += ["", "[demand.children]", *_table(one, datum=False)]
    for one in used.get("layer", []):
        lines += ["", f"[layers.{one.guess.layer}]  # {name_of('layer', one.guess.layer, 'zh')}", *_table(one)]
    for one in used.get("projects", []):
        lines += ["", f"[projects]  {_remark('projects')}", *_table(one)]
    for one in used.get("", []):
        lines += ["", _remark("not_used"), *(f"# {line}" for line in (_heading(one), *_table(one)))]
    return "\n".join([*lines, ""])


def _heading(one: Drafted) -> str:
    """Return the heading in the study of a table that is not used."""
    return "[projects]" if one.guess.role == "projects" else "[layers.NAME]"


def _standard(used: dict[str, list[Drafted]]) -> str:
    """Return the standard of the place that the communities' codes name."""
    code = next((one.guess.first_code for one in used.get("communities", [])), "")
    if code.startswith(_YUZHONG):
        return "yuzhong-2026"
    return "national-2023" if re.fullmatch(r"\d{12}", code) else "fifteen-minute"


def _communities(found: Sequence[Drafted]) -> list[str]:
    if not found:
        return [_remark("no_communities"), 'path = "communities.geojson"']
    lines = _table(found[0])
    if "street_office" not in found[0].guess.columns:
        lines.append(f'street_office = "–"  {_remark("no_street_office")}')
    return lines


def _network(found: Sequence[Drafted], rasters: Sequence[Drafted]) -> list[str]:
    lines = [_remark("no_network"), 'path = "streets.osm.pbf"'] if not found else [f"path = {toml_text(found[0].path)}"]
    if found and not found[0].guess.said:
        lines.append(f'datum = "wgs84"  {_remark("datum")}')
    if rasters:
        paths = [toml_text(raster.path) for raster in rasters]
        lines.append(f"elevation = {paths[0] if len(paths) == 1 else '[' + ', '.join(paths) + ']'}")
    return lines


def _table(one: Drafted, *, datum: bool = True) -> list[str]:
    """Return the lines of a table of the study, with remarks on what is doubtful."""
    about = one.guess
    lines = [f"path = {toml_text(one.path)}  {_remark('rows', rows=about.rows)}"]
    if one.table is not None:
        lines.append(f"table = {toml_text(one.table)}")
    if about.where:
        pairs = (f"{_key(key)} = [{', '.join(map(toml_text, values))}]" for key, values in about.where.items())
        lines.append(f"where = {{ {', '.join(pairs)} }}")
    if about.columns:
        pairs = (f"{_key(ours)} = {toml_text(theirs)}" for ours, theirs in about.columns.items())
        lines.append(f"columns = {{ {', '.join(pairs)} }}  {_remark('columns')}")
    if about.kind:
        lines.append(f"kind = {toml_text(about.kind)}  {_remark('kind')}")
    if datum:
        lines.append(f"datum = {toml_text(about.datum)}  {_remark('datum_said' if about.said else 'datum')}")
    if about.lacks:
        lines.append("# ? " + " / ".join(_lack(about, lang) for lang in LANGUAGES))
    return lines + [_doubt(doubt) for doubt in about.doubts if doubt != "no_street_office"]


def _lack(about: Guess, lang: Lang) -> str:
    """Say which columns a table has to have to be read as what it is."""
    return text("draft.lacks", lang, role=name_of("layer", about.role, lang), columns=", ".join(about.lacks))


def _doubt(key: str) -> str:
    return f"# ? {' / '.join(text(f'draft.{key}', lang) for lang in LANGUAGES)}"


def _remark(key: str, **values: object) -> str:
    said = (text(f"draft.{key}", lang, **values) for lang in LANGUAGES)
    return "# " + " / ".join(said)


def study_id(folder: Path) -> str:
    """Return an id for the study of a folder: its name, with what no id holds left out."""
    return re.sub(r"[^\w-]", "-", folder.resolve().name).strip("-") or "study"


def toml_text(word: str) -> str:
    """Return a text as TOML writes it: JSON's escapes are among TOML's."""
    return json.dumps(word, ensure_ascii=False)


def _key(word: str) -> str:
    return word if _BARE.fullmatch(word) else toml_text(word)


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
