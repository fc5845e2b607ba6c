"""Findings as sentences: what is wrong and how to mend it, with their values in both languages."""

import pytest

from cfgeo.core.findings import describe, finding, findings_table
from cfgeo.core.strings import LANGUAGES, Lang


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_to_do_may_name_the_values_of_a_finding(lang: Lang) -> None:
    fill = finding("elevation_fill", "elevation", row="a.tif", value=-99, cells=7, low=240)
    (mend,) = describe(findings_table([fill]), lang)["mend"]
    assert "-a_nodata -99" in mend
