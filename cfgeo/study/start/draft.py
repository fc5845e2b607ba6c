"""A first study: a copy of the default one, or a ``study.toml`` for the user's files, with guesses marked as such."""

import os
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import geopandas as gpd
import pyproj
import shapely

from cfgeo.core.errors import CfgeoError, OutputError
from cfgeo.core.shapes import is_blank
from cfgeo.core.strings import LANGUAGES, name_of
from cfgeo.files.guess import AREAS, LINES, NOTHING, POINTS, Guess, Seen, guess
from cfgeo.files.lookalikes import area_facts
from cfgeo.files.openable import missing
from cfgeo.files.osm.reader import is_osm_file
from cfgeo.files.read import TableFile, as_places
from cfgeo.study.start.new_study import (
    SCHEMAS,
    header,
    in_both_languages,
    inline_table,
    quoted,
    quoted_list,
    quoted_or_list,
    remark,
    require_empty,
    schema_name,
    study_id,
    write_schemas,
)
from cfgeo.study.start.roles import Drafted, choose, lacking

_RASTERS = (".tif", ".tiff", ".img", ".hgt", ".hgt.zip")
_SIDECARS = (
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
"""Endings of sidecar files: they belong to a Shapefile, a MapInfo file or a raster, and are read with it."""
_OSM_WEIGHT = 9
"""OpenStreetMap before lines: it has stairs and footways."""
_YUZHONG = "500103"
"""Division code of Yuzhong District, which begins the codes of its communities."""


def draft_study(folder: Path, files: Sequence[Path]) -> tuple[Path, list[Drafted]]:
    """Write a ``study.toml`` that names files where they are, by what they most likely are.

    Parameters
    ----------
    folder
        Where it is written; created where it is missing.
    files
        Vector files, tables, workbooks, OpenStreetMap files and elevation rasters, or folders of them. Nothing is
        copied. A file of a folder that cannot be read is reported and left out.

    Returns
    -------
    path : Path
        The ``study.toml``.
    drafted : list of Drafted
        All tables, in the order of the files.

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
    drafted = choose([table for file in files for table in _tables_at(folder, file)])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.write_text(_body(folder, drafted), encoding="utf-8")
        write_schemas(folder, ["study"])
    except OSError as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
    return target, drafted


def _tables_at(study: Path, path: Path) -> list[Drafted]:
    """Return the tables of a file, or of all files of a folder; none of a schema of cfgeo's."""
    if path.name in map(schema_name, SCHEMAS):
        return []
    if not path.is_dir() or path.suffix.lower() == ".gdb":
        return _tables_of(path, _relative(path, study))
    tables: list[Drafted] = []
    for item in sorted(path.iterdir()):
        if item.suffix.lower() in _SIDECARS or item.name.startswith((".", "~$")):  # Excel's marks of open files
            continue
        try:
            tables += _tables_at(study, item)
        except CfgeoError as error:
            tables.append(Drafted(_relative(item, study), None, Guess(""), used=False, fault=error))
    return tables


def _relative(file: Path, folder: Path) -> str:
    """Return a file's path relative to a folder; the absolute path where there is none, as on another drive."""
    try:
        return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return file.resolve().as_posix()


def _tables_of(file: Path, path: str) -> list[Drafted]:
    if not file.exists():
        raise missing(file)
    if is_osm_file(file) or file.suffix.lower() == ".graphml":
        return [Drafted(path, None, Guess("network", names_datum=True, weight=_OSM_WEIGHT))]
    if file.name.lower().endswith(_RASTERS):
        return [Drafted(path, None, Guess("elevation", names_datum=True))]
    tables = TableFile(file)
    return [Drafted(path, layer, guessed) for layer in tables.layers() for guessed in guess(_seen(tables, layer))]


def _seen(file: TableFile, layer: str | None) -> Seen:
    label = f"{layer or ''} {file.path.stem}"
    read = file.read(layer)
    if not isinstance(read.table, gpd.GeoDataFrame):
        return Seen(label, read.table, NOTHING, read.remarks)
    places = as_places(read.table, columns={}, datum="wgs84", path=file.path)
    shapes = places.geometry.to_numpy()
    dimensions = shapely.get_dimensions(shapes[~is_blank(shapes)])
    largest = int(dimensions.max()) if len(dimensions) else -1
    shape = {0: POINTS, 1: LINES, 2: AREAS}.get(largest, NOTHING)
    name = pyproj.CRS(places.crs).name
    datum = "cgcs2000" if re.search(r"CGCS|China Geodetic|China_2000", name, re.IGNORECASE) else ""
    areas = area_facts(places.geometry[shapely.get_dimensions(shapes) == 2]) if shape == AREAS else None
    return Seen(label, places.drop(columns="geometry"), shape, datum=datum, areas=areas)


def _body(folder: Path, drafted: Sequence[Drafted]) -> str:
    by_role: dict[str, list[Drafted]] = defaultdict(list)
    for table in drafted:
        if table.fault is None:
            by_role[table.guess.role if table.used else ""].append(table)
    lines = [
        *header("draft", ident=study_id(folder), title=folder.resolve().name, standard=_standard(by_role)),
        *_communities(by_role["communities"]),
        "",
        "[network]",
        *_network(by_role["network"], by_role["elevation"]),
    ]
    for table in by_role["zones"]:
        lines += ["", "[zones]", *_table(table)]
    for table in by_role["demand"]:
        lines += ["", "[demand]", *_table(table)]
    for table in by_role["children"]:
        lines += ["", "[demand.children]", *_table(table, datum=False)]
    layers = Counter(table.guess.layer for table in by_role["layer"])
    for table in sorted(by_role["layer"], key=lambda table: list(layers).index(table.guess.layer)):
        layer = table.guess.layer
        key = f"[layers.{layer}]" if layers[layer] == 1 else f"[[layers.{layer}]]"
        lines += ["", f"{key}  # {name_of('layer', layer, 'zh')}", *_table(table)]
    for table in by_role["reported"]:
        heading = "[reported]" if len(by_role["reported"]) == 1 else "[[reported]]"
        lines += ["", f"{heading}  {remark('draft.reported')}", *_table(table, datum=False)]
    for table in by_role["projects"]:
        lines += ["", f"[projects]  {remark('draft.projects')}", *_table(table)]
    for table in by_role[""]:
        heading = "[projects]" if table.guess.role == "projects" else "[layers.NAME]"
        why = [remark("draft.instead", file=table.instead)] if table.instead else []
        lines += ["", remark("draft.not_used"), *why, *(f"# {line}" for line in (heading, *_table(table)))]
    return "\n".join([*lines, ""])


def _standard(by_role: Mapping[str, Sequence[Drafted]]) -> str:
    """Return the standard of the place that the communities' codes name."""
    code = next((table.guess.first_code for table in by_role["communities"]), "")
    if code.startswith(_YUZHONG):
        return "yuzhong-2026"
    return "national-2023" if re.fullmatch(r"\d{12}", code) else "fifteen-minute"


def _communities(tables: Sequence[Drafted]) -> list[str]:
    if not tables:
        return [remark("draft.no_communities"), 'path = "communities.geojson"']
    lines = _table(tables[0])
    if "street_office" not in tables[0].guess.columns:
        lines.append(f'street_office = "–"  {remark("draft.no_street_office")}')
    return lines


def _network(streets: Sequence[Drafted], rasters: Sequence[Drafted]) -> list[str]:
    if streets:
        lines = [f"path = {quoted(streets[0].path)}"]
        if not streets[0].guess.names_datum:
            lines.append(f'datum = "wgs84"  {remark("draft.datum")}')
        lines += [f"# ? {in_both_languages(f'draft.{doubt}')}" for doubt in streets[0].guess.doubts]
    else:
        lines = [remark("draft.no_network"), 'path = "streets.osm.pbf"']
    if rasters:
        lines.append(f"elevation = {quoted_or_list([raster.path for raster in rasters])}")
    return lines


def _table(drafted: Drafted, *, datum: bool = True) -> list[str]:
    """Return the lines of a table of the study, with remarks on what is doubtful."""
    about = drafted.guess
    lines = [f"path = {quoted(drafted.path)}  {remark('draft.rows', rows=about.rows)}"]
    if drafted.table is not None:
        lines.append(f"table = {quoted(drafted.table)}")
    if about.where:
        where = inline_table({column: quoted_list(values) for column, values in about.where.items()})
        lines.append(f"where = {where}")
    if about.columns:
        columns = inline_table({ours: quoted(theirs) for ours, theirs in about.columns.items()})
        lines.append(f"columns = {columns}  {remark('draft.columns')}")
    if about.kind:
        lines.append(f"kind = {quoted(about.kind)}  {remark('draft.kind')}")
    if datum:
        lines.append(
            f"datum = {quoted(about.datum)}  {remark('draft.datum_said' if about.names_datum else 'draft.datum')}"
        )
    if about.lacks:
        lines.append("# ? " + " / ".join(lacking(about, lang) for lang in LANGUAGES))
    doubts = (doubt for doubt in about.doubts if doubt != "no_street_office")
    return lines + [f"# ? {in_both_languages(f'draft.{doubt}')}" for doubt in doubts]


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
    require_empty(folder)
    try:
        shutil.copytree(default_study(), folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
    except OSError as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
    return folder / "study.toml"
