"""A series of years → files: a table, a GeoPackage, a workbook, a page, a Word report, or a folder with all of them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from cfgeo.core.errors import OutputError
from cfgeo.core.strings import Lang
from cfgeo.publish.compared.series.table import Series
from cfgeo.publish.run.folder import put, write_whole

SERIES_FORMATS = (".csv", ".gpkg", ".xlsx", ".html", ".docx")
NAME = "series"
"""Of the files in a folder."""


def require_series_target(path: Path) -> None:
    """Check, before any work, that a path is a folder or a file of a known format.

    Raises
    ------
    OutputError
        It has another ending.
    """
    if path.suffix and not path.is_dir() and path.suffix.lower() not in SERIES_FORMATS:
        raise OutputError("format_unknown", file=path, known=" ".join(SERIES_FORMATS))


def write_series(series: Series, path: Path, *, lang: Lang) -> list[Path]:
    """Write a series, and return the paths of the files.

    Parameters
    ----------
    series
        What :func:`cfgeo.publish.compared.series.table.make_series` gives.
    path
        ``.csv``, ``.gpkg``, ``.xlsx``, ``.html`` or ``.docx``; anything without an ending is a folder, which gets all.
    lang
        Language of the words.

    Raises
    ------
    OutputError
        The format is not known, or something cannot be written.
    """
    require_series_target(path)
    makers = _makers(series, lang)
    if path.suffix and not path.is_dir():
        write_whole(path, makers[path.suffix.lower()]())
        return [path]
    files = {path / f"{NAME}{ending}": make() for ending, make in makers.items()}
    try:
        path.mkdir(parents=True, exist_ok=True)
        for file, body in files.items():
            put(file, body)
    except OSError as error:
        raise OutputError("out_unwritable", folder=path, reason=error) from error
    return list(files)


def _makers(series: Series, lang: Lang) -> Mapping[str, Callable[[], bytes]]:
    """Return functions that make a file of each format, by its ending."""
    from cfgeo.publish.page.series import series_html
    from cfgeo.publish.report.series import series_report
    from cfgeo.publish.tables.csv import csv_bytes
    from cfgeo.publish.tables.geopackage import geopackage_bytes
    from cfgeo.publish.tables.series import series_layers, series_table, series_workbook

    return {
        ".csv": lambda: csv_bytes(series_table(series, lang)),
        ".gpkg": lambda: geopackage_bytes(series_layers(series, lang), lang),
        ".xlsx": lambda: series_workbook(series, lang=lang),
        ".html": lambda: series_html(series, lang=lang).encode(),
        ".docx": lambda: series_report(series, lang).body(),
    }
