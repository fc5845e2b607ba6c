"""Verdicts → Word reports: one for each street office, one for the district."""

from collections.abc import Callable
from pathlib import Path

from cfgeo.publish.plain import file_names, one_line
from cfgeo.publish.report_common import MAP_MM, Facts
from cfgeo.publish.report_district import district_report
from cfgeo.publish.report_office import office_report
from cfgeo.publish.report_styles import DESIGNS
from cfgeo.results import Results
from cfgeo.strings import Lang, text

REPORTS = "reports"
"""The folder of the reports, in that of a run."""


def map_size_mm(lang: Lang) -> tuple[float, float]:
    """Return how large a map is in a report."""
    return DESIGNS[lang].text_mm, MAP_MM


def write_reports(results: Results, folder: Path, *, lang: Lang, maps: Callable[[str | None], bytes]) -> list[Path]:
    """Write all reports into ``folder/reports`` and return their paths, the district's first.

    Parameters
    ----------
    results
        What a run has found out.
    folder
        That of the run.
    lang
        Language of the reports; Chinese ones follow the typography of official documents.
    maps
        Gives the map of verdicts of a street office, or of the district for None, as PNG, best of ``map_size_mm``.
    """
    reports = folder / REPORTS
    reports.mkdir(exist_ok=True)
    facts = Facts(results, lang)
    offices = [str(office) for office in results.street_offices.index]
    own = facts.study if lang == "zh" else ""
    names = file_names([own or text("report.district_file", lang), *map(one_line, offices)])
    paths = [reports / f"{name}.docx" for name in names]
    district_report(facts, maps(None)).save(paths[0])
    for office, path in zip(offices, paths[1:], strict=True):
        office_report(facts, office, maps(office)).save(path)
    return paths
