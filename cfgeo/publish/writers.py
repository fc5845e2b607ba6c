"""Plans, sites, what-ifs, comparisons and explained walks → files, in the format that each file's ending names."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cfgeo.core.errors import OutputError
from cfgeo.core.strings import Lang

if TYPE_CHECKING:
    from cfgeo.core.explanation import Explanation
    from cfgeo.core.plan import Plan
    from cfgeo.core.sites import Siting
    from cfgeo.core.whatif import WhatIf
    from cfgeo.publish.compared.differences import Comparison
    from cfgeo.publish.words.steps import BuildSteps

TABLE, GEOPACKAGE, WORKBOOK, PAGE = ".csv", ".gpkg", ".xlsx", ".html"
GEOJSON, PICTURES = (".geojson", ".json"), (".png", ".svg", ".pdf")
EXPLAINED_FORMATS = (*GEOJSON, *PICTURES)
PLAN_FORMATS = (TABLE, *GEOJSON, GEOPACKAGE, WORKBOOK, PAGE, *PICTURES)
SITE_FORMATS = (TABLE, *GEOJSON, GEOPACKAGE, PAGE, *PICTURES)
WORD, SLIDES = ".docx", ".pptx"
WHATIF_FORMATS = (TABLE, PAGE, *GEOJSON, GEOPACKAGE, WORKBOOK, WORD, SLIDES, *PICTURES)
COMPARISON_TABLE, COMPARISON_PAGE = "comparison.csv", "comparison.html"

Makers = Mapping[str, Callable[[], bytes]]
"""Functions that make a file of each format, by its ending with the dot."""


def require_formats(paths: Sequence[Path], known: Sequence[str]) -> None:
    """Check, before any long work, that each file's format is known.

    Parameters
    ----------
    paths
        The files.
    known
        Endings of names, with their dots.

    Raises
    ------
    OutputError
        A file has another ending.
    """
    for path in paths:
        if path.suffix.lower() not in known:
            raise OutputError("format_unknown", file=path, known=" ".join(known))


def shows_map(paths: Sequence[Path] | None) -> bool:
    """Return whether one of some files, where there are any, will hold a map."""
    return any(path.suffix.lower() in (PAGE, WORD, SLIDES, *PICTURES) for path in paths or [])


def write_comparison(comparison: "Comparison", folder: Path, *, lang: Lang) -> list[Path]:
    """Write the table and the map of a comparison, and return their paths.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    from cfgeo.publish.page.comparison import comparison_html
    from cfgeo.publish.run.folder import put
    from cfgeo.publish.tables.csv import csv_bytes
    from cfgeo.publish.tables.proposals import comparison_table

    files = {
        COMPARISON_TABLE: csv_bytes(comparison_table(comparison, lang=lang)),
        COMPARISON_PAGE: comparison_html(comparison, lang=lang).encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            put(folder / name, content)
    except OSError as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
    return [folder / name for name in files]


def write_explained(explanations: "Sequence[Explanation]", path: Path, *, lang: Lang) -> None:
    """Write explanations as GeoJSON or as a picture.

    Parameters
    ----------
    explanations
        What :func:`cfgeo.explain_study` gives.
    path
        ``.geojson``, ``.json``, ``.png``, ``.svg`` or ``.pdf``.
    lang
        Language of the words.

    Raises
    ------
    OutputError
        The format is not known, the file cannot be written, or no font has the letters of a picture.
    """

    def picture(form: str) -> bytes:
        from cfgeo.publish.maps.explanation import explained_picture

        return explained_picture(explanations, form, lang=lang)

    def geojson() -> bytes:
        from cfgeo.publish.tables.geojson import explained_geojson

        return explained_geojson(explanations, lang=lang).encode()

    _write(path, {**_geojsons(geojson), **_pictures(picture)})


def write_plan(plan: "Plan", path: Path, *, lang: Lang) -> None:
    """Write a plan as a table, layers, a workbook, a page or a picture.

    Parameters
    ----------
    plan
        What :func:`cfgeo.plan_study` gives.
    path
        ``.csv``, ``.geojson``, ``.json``, ``.gpkg``, ``.xlsx``, ``.html``, ``.png``, ``.svg`` or ``.pdf``. Beside a
        ``.csv`` of the projects stand further ones: what the plan moves (``_clauses``), what each project moves
        (``_moves``), how far the list is (``_progress``) and the years (``_years``).
    lang
        Language of the words.

    Raises
    ------
    OutputError
        The format is not known, the file cannot be written, or no font has the letters of a picture.
    """
    from cfgeo.publish.run.folder import write_whole
    from cfgeo.publish.tables.csv import csv_bytes
    from cfgeo.publish.tables.geojson import geojson_bytes
    from cfgeo.publish.tables.geopackage import geopackage_bytes, plan_layers
    from cfgeo.publish.tables.proposals import plan_shapes, plan_table, plan_tables
    from cfgeo.publish.words.steps import plan_steps

    def workbook() -> bytes:
        from cfgeo.publish.tables.plan_workbook import plan_workbook

        return plan_workbook(plan, lang=lang)

    makers = {
        TABLE: lambda: csv_bytes(plan_table(plan, lang)),
        GEOPACKAGE: lambda: geopackage_bytes(plan_layers(plan, lang), lang),
        WORKBOOK: workbook,
    }
    geojson = _geojsons(lambda: geojson_bytes(plan_shapes(plan, lang)))
    if path.suffix.lower() == TABLE:
        for name, table in plan_tables(plan, lang).items():
            write_whole(path.with_stem(f"{path.stem}_{name}"), csv_bytes(table))
    _write(path, {**makers, **geojson, **_step_makers(lambda: plan_steps(plan, lang), lang)})


def write_sites(siting: "Siting", path: Path, *, lang: Lang) -> None:
    """Write sites as a table, layers, a page or a picture.

    Parameters
    ----------
    siting
        What :func:`cfgeo.site_study` gives.
    path
        ``.csv``, ``.geojson``, ``.json``, ``.gpkg``, ``.html``, ``.png``, ``.svg`` or ``.pdf``.
    lang
        Language of names.

    Raises
    ------
    OutputError
        The format is not known, the file cannot be written, or no font has the letters of a picture.
    """
    from cfgeo.publish.tables.csv import csv_bytes
    from cfgeo.publish.tables.geojson import geojson_bytes
    from cfgeo.publish.tables.geopackage import geopackage_bytes, site_layers
    from cfgeo.publish.tables.proposals import site_shapes, site_table
    from cfgeo.publish.words.steps import site_steps

    makers = {
        TABLE: lambda: csv_bytes(site_table(siting, lang)),
        GEOPACKAGE: lambda: geopackage_bytes(site_layers(siting, lang), lang),
    }
    geojson = _geojsons(lambda: geojson_bytes(site_shapes(siting, lang)))
    _write(path, {**makers, **geojson, **_step_makers(lambda: site_steps(siting, lang), lang)})


def write_whatif(whatif: "WhatIf", path: Path, *, lang: Lang) -> None:
    """Write a what-if as a table, layers, a page, a sheet to print, a report or slides.

    Parameters
    ----------
    whatif
        What :func:`cfgeo.whatif_study` gives.
    path
        ``.csv``, ``.xlsx``, ``.html``, ``.geojson``, ``.json``, ``.gpkg``, ``.docx``, ``.pptx``, ``.png``, ``.svg`` or
        ``.pdf``.
    lang
        Language of the words.

    Raises
    ------
    OutputError
        The format is not known, the file cannot be written, or no font has the letters of a picture.
    """
    _write(path, whatif_makers(whatif, lang))


def whatif_makers(whatif: "WhatIf", lang: Lang) -> Makers:
    """Return what makes each of the files of a what-if, by ending."""

    def page() -> bytes:
        from cfgeo.publish.page.whatif import whatif_html

        return whatif_html(whatif, lang=lang).encode()

    def geojson() -> bytes:
        from cfgeo.publish.tables.geojson import whatif_geojson

        return whatif_geojson(whatif, lang=lang).encode()

    def report() -> bytes:
        from cfgeo.publish.report.whatif import whatif_report

        return whatif_report(whatif, lang=lang)

    def slides() -> bytes:
        from cfgeo.publish.report.whatif import whatif_slides

        return whatif_slides(whatif, lang=lang)

    def picture(form: str) -> bytes:
        from cfgeo.publish.maps.steps import steps_picture
        from cfgeo.publish.words.steps import whatif_steps

        return steps_picture(whatif_steps(whatif, lang), form, lang=lang)

    made = {PAGE: page, WORD: report, SLIDES: slides, **_geojsons(geojson), **_pictures(picture)}
    return {**made, **_whatif_tables(whatif, lang)}


def _whatif_tables(whatif: "WhatIf", lang: Lang) -> Makers:
    """Return what makes the table of a what-if, in each format, and its layers."""

    def table(form: str) -> bytes:
        from cfgeo.publish.tables.book import sheet_bytes
        from cfgeo.publish.tables.csv import csv_bytes
        from cfgeo.publish.tables.proposals import whatif_table

        rows = whatif_table(whatif, lang=lang)
        return csv_bytes(rows) if form == TABLE else sheet_bytes(rows, lang=lang)

    def layers() -> bytes:
        from cfgeo.publish.tables.geopackage import geopackage_bytes, whatif_layers

        return geopackage_bytes(whatif_layers(whatif, lang), lang)

    return {TABLE: partial(table, TABLE), WORKBOOK: partial(table, WORKBOOK), GEOPACKAGE: layers}


def _write(path: Path, makers: Makers) -> None:
    """Write a file in the format that its ending names."""
    from cfgeo.publish.run.folder import write_whole

    require_formats([path], list(makers))
    write_whole(path, makers[path.suffix.lower()]())


def _geojsons(make: Callable[[], bytes]) -> Makers:
    """Return what makes GeoJSON, by either of its endings."""
    return dict.fromkeys(GEOJSON, make)


def _pictures(draw: Callable[[str], bytes]) -> Makers:
    """Return what draws each kind of picture; ``draw`` takes ``png``, ``svg`` or ``pdf``."""
    return {ending: partial(draw, ending.removeprefix(".")) for ending in PICTURES}


def _step_makers(steps: "Callable[[], BuildSteps]", lang: Lang) -> Makers:
    """Return what makes the page and the pictures of a plan or sites."""

    def picture(form: str) -> bytes:
        from cfgeo.publish.maps.steps import steps_picture

        return steps_picture(steps(), form, lang=lang)

    def page() -> bytes:
        from cfgeo.publish.page.steps import steps_html

        return steps_html(steps(), lang=lang).encode()

    return {PAGE: page, **_pictures(picture)}
