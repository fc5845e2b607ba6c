"""What the verbs share: how positions, boxes and walks are written, and where networks are kept."""

from pathlib import Path

import geopandas as gpd
import pytest

from cfgeo.cli.console import Format, box, cache_folder, clear_errors, findings_as, minutes_of, position
from cfgeo.core.errors import StudyError
from cfgeo.core.findings import describe, findings_table
from cfgeo.core.schema import WGS84


def test_positions_boxes_and_walks_may_have_spaces_and_chinese_commas() -> None:
    assert position("106.55, 29.56") == position("106.55，29.56") == (106.55, 29.56)
    assert box("106.48,29.53,106.59,29.58") == (106.48, 29.53, 106.59, 29.58)
    assert minutes_of("15,5,15") == (5, 15)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (position, "106.55"),
        (position, "29,106.55"),
        (box, "1,2,3"),
        (box, "2,1,1,2"),
        (minutes_of, "0"),
        (minutes_of, "x"),
    ],
)
def test_an_invalid_value_is_named_in_the_error(read: object, value: str) -> None:
    assert callable(read)
    with pytest.raises(StudyError) as caught:
        read(value)
    assert value in caught.value.text("en")


def test_no_findings_are_stated() -> None:
    none = findings_table([])
    assert findings_as(describe(none, "en"), gpd.GeoSeries([], crs=WGS84), Format.TEXT, "en") == "No findings.\n"


def test_networks_are_cached_unless_that_is_off(tmp_path: Path) -> None:
    assert cache_folder(tmp_path, off=False) == tmp_path
    assert cache_folder(tmp_path, off=True) is None
    assert cache_folder(None, off=False) is not None


def test_a_users_error_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exception, match="1"), clear_errors("en"):  # typer's way to leave with exit 1
        raise StudyError("site_how_many")
    assert capsys.readouterr().err.startswith("Error: Say how many sites")
