"""Links from a run's page to the files beside it."""

from collections.abc import Collection
from typing import Any
from urllib.parse import quote

from cfgeo.core.results import Results
from cfgeo.core.strings import Lang, text
from cfgeo.publish.run.folder import GEOPACKAGE, SLIDES, WORKBOOK, report_names

_SHEET = "figures/district-verdict.pdf"


def page_links(results: Results, beside: Collection[str], *, lang: Lang) -> dict[str, Any]:
    """Return the page's links.

    Parameters
    ----------
    results
        What the run has found out.
    beside
        The groups of outputs that are written beside the page.
    lang
        Language of the words.

    Returns
    -------
    dict
        ``files``: words and address of what concerns the district; ``offices``: street office → its report.
    """
    reports = {office: f"reports/{quote(name)}" for office, name in report_names(results, lang=lang).items()}
    files = []
    if "reports" in beside:
        files.append(("link_report", reports[None]))
    if "tables" in beside:
        files += [("link_workbook", WORKBOOK), ("link_geopackage", GEOPACKAGE)]
    if "slides" in beside:
        files.append(("link_slides", f"slides/{SLIDES}"))
    if "figures" in beside:
        files.append(("link_sheets", _SHEET))
    return {
        "files": [[text(f"page.{key}", lang), address] for key, address in files],
        "offices": {o: address for o, address in reports.items() if o is not None} if "reports" in beside else {},
    }
