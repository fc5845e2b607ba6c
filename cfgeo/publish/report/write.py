"""A run → Word reports: one for the district, one for each street office."""

from cfgeo.core.strings import Lang
from cfgeo.publish.report.district import district_report
from cfgeo.publish.report.facts import FRONT_MM, Facts
from cfgeo.publish.report.office import office_report
from cfgeo.publish.report.plan import Pictures
from cfgeo.publish.report.styles import DESIGNS


def map_size_mm(lang: Lang) -> tuple[float, float]:
    """Return how large the picture of the first page is in a report."""
    return DESIGNS[lang].text_mm, FRONT_MM


def report_body(
    facts: Facts, office: str | None, *, picture: bytes | None = None, pictures: Pictures | None = None
) -> bytes:
    """Return the report on a street office, or on the district for None, as a Word file.

    Parameters
    ----------
    facts
        The run. Chinese reports follow the typography of official documents.
    office
        Its name, as in the tables.
    picture
        The map of verdicts, PNG, best of ``map_size_mm``; none when missing.
    pictures
        Of the run's plan, for the district's report.
    """
    if office is None:
        return district_report(facts, picture, pictures).body()
    return office_report(facts, office, picture).body()
