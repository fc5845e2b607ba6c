"""A run → Word reports: one for the district, one for each street office."""

from collections.abc import Callable
from pathlib import Path

from cfgeo.core.results import Results
from cfgeo.core.strings import Lang
from cfgeo.publish.report.district import district_report
from cfgeo.publish.report.facts import MAP_MM, Facts
from cfgeo.publish.report.office import office_report
from cfgeo.publish.report.plan import Pictures
from cfgeo.publish.report.styles import DESIGNS
from cfgeo.publish.run.folder import report_names


def map_size_mm(lang: Lang) -> tuple[float, float]:
    """Return how large a map is in a report."""
    return DESIGNS[lang].text_mm, MAP_MM


def write_reports(
    results: Results,
    folder: Path,
    *,
    lang: Lang,
    maps: Callable[[str | None], bytes] | None = None,
    pictures: Pictures | None = None,
) -> list[Path]:
    """Write all reports and return their paths, the district's first.

    Parameters
    ----------
    results
        What a run has found out.
    folder
        Where they go.
    lang
        Language of the reports; Chinese ones follow the typography of official documents.
    maps
        Gives the map of verdicts of a street office, or of the district for None, as PNG, best of ``map_size_mm``.
        Reports have no maps when missing.
    pictures
        Of the run's plan, where it has one.
    """
    facts, names = Facts(results, lang), report_names(results, lang=lang)
    paths = [folder / name for name in names.values()]
    for office, path in zip(names, paths, strict=True):
        picture = maps(office) if maps else None
        report = office_report(facts, office, picture) if office else district_report(facts, picture, pictures)
        report.save(path)
    return paths
