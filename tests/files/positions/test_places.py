"""Tables whose positions are in metres, in either order, in several columns, or only addresses."""

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from cfgeo import InputError
from cfgeo.core.schema import WGS84
from cfgeo.core.strings import LANGUAGES
from cfgeo.files.positions.datum import from_wgs84
from cfgeo.files.positions.headings import Columns
from cfgeo.files.positions.places import Positioned, position_columns, with_positions
from cfgeo.files.positions.written import PositionChoices, read_columns

LONLAT = np.array([[106.551, 29.551], [106.557, 29.556]])
DISTRICT = shapely.box(106.55, 29.55, 106.56, 29.56)


def in_metres(code: int) -> np.ndarray:
    return np.column_stack(pyproj.Transformer.from_crs(WGS84, code, always_xy=True).transform(*LONLAT.T))


def table(first: np.ndarray, second: np.ndarray, headings: tuple[str, str] = ("X", "Y")) -> pd.DataFrame:
    return pd.DataFrame({"名称": ["甲", "乙"], headings[0]: first, headings[1]: second}, index=[2, 3]).astype("str")


def read(rows: pd.DataFrame, **said: object) -> Positioned:
    where = PositionChoices("schools.csv", "schools", **{"district": DISTRICT, **said})  # type: ignore[arg-type]
    return with_positions(rows, where, {})


def lonlat(found: Positioned) -> np.ndarray:
    return shapely.get_coordinates(found.table.geometry.to_crs(WGS84).to_numpy())


def rules(found: Positioned) -> list[str]:
    return [row["rule"] for row in found.findings]


@pytest.mark.parametrize("code", [4544, 4523, 4508, 32648, 32649, 3857, 4545])
@pytest.mark.parametrize("northing_first", [False, True])
def test_metres_are_read_in_the_one_zone_that_puts_them_into_the_district(code: int, northing_first: bool) -> None:
    x, y = in_metres(code).T
    found = read(table(y, x) if northing_first else table(x, y))
    assert lonlat(found) == pytest.approx(LONLAT, abs=1e-7)
    (row,) = found.findings
    assert (row["rule"], row["severity"]) == ("positions_zone", "warning")
    assert list(found.table.index) == [2, 3]


@pytest.mark.parametrize("code", [2380, 2432, 4544])
def test_metres_of_a_named_system_are_read_so_without_a_word(code: int) -> None:
    x, y = in_metres(code).T
    found = read(table(y, x), crs=pyproj.CRS(code))
    assert lonlat(found) == pytest.approx(LONLAT, abs=1e-7)
    assert found.findings == []


def test_metres_of_a_system_that_puts_them_elsewhere_name_the_one_that_fits() -> None:
    with pytest.raises(InputError, match="EPSG:4544") as caught:
        read(table(*in_metres(4544).T), crs=pyproj.CRS("EPSG:4545"))
    assert caught.value.code == "positions_crs"


def test_metres_that_two_systems_put_near_the_district_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        read(table(*in_metres(4544).T), district=shapely.box(106.5, 29.5, 106.6, 29.6))
    assert caught.value.code == "positions_several"
    for lang in LANGUAGES:
        assert all(word in caught.value.text(lang) for word in ("EPSG:4544", "EPSG:32648", "X/Y", "schools"))


@pytest.mark.parametrize("said", [{"district": None}, {}])
def test_metres_of_a_local_system_are_refused(said: dict[str, object]) -> None:
    x, y = in_metres(4544).T - np.array([[600_000.0], [3_200_000.0]])
    with pytest.raises(InputError) as caught:
        read(table(x, y), **said)
    assert caught.value.code == "positions_metres"
    assert "crs" in caught.value.text("zh")


def test_degrees_under_a_system_of_metres_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        read(table(*LONLAT.T), crs=pyproj.CRS(4544))
    assert caught.value.code == "file_degrees_as_metres"


@pytest.mark.parametrize("scale", [1e5, 1e6, 1e7])
def test_degrees_without_their_point_are_divided(scale: float) -> None:
    found = read(table(*np.round(LONLAT * scale).astype(int).T, ("经度", "纬度")))
    assert lonlat(found) == pytest.approx(LONLAT)
    assert rules(found) == ["positions_scaled"]


def test_minutes_and_seconds_written_as_decimals_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        read(table(np.array([106.3304, 106.3325]), np.array([29.3304, 29.3322]), ("经度", "纬度")))
    assert caught.value.code == "positions_sexagesimal"


def test_in_one_cell_either_may_come_first() -> None:
    rows = pd.DataFrame({"坐标": [f"{lat},{lon}" for lon, lat in LONLAT]})
    found = read(rows)
    assert lonlat(found) == pytest.approx(LONLAT)
    assert rules(found) == ["positions_order"]
    west = pd.DataFrame({"坐标": ["43.81,87.61"]})  # both may be latitudes
    there = read(west, district=shapely.box(87.6, 43.8, 87.7, 43.9))
    assert lonlat(there).tolist() == [[87.61, 43.81]]


def test_in_two_columns_they_are_not_turned_round() -> None:
    found = read(table(*LONLAT[:, ::-1].T, ("经度", "纬度")))
    assert found.table.geometry.is_empty.all()
    assert found.table["@swapped"].all()


def test_a_word_in_a_cell_of_positions_has_none() -> None:
    found = read(pd.DataFrame({"location": ["106.551,29.551", "人民路1号", "106.557,29.556"]}))
    assert found.table.geometry.is_empty.tolist() == [False, True, False]


def test_two_pairs_that_say_different_things_are_refused_by_name() -> None:
    rows = table(*LONLAT.T, ("lon", "lat")).assign(经度="106.0", 纬度="29.0")
    with pytest.raises(InputError) as caught:
        read(rows)
    assert caught.value.code == "positions_pairs"
    for lang in LANGUAGES:
        assert all(name in caught.value.text(lang) for name in ("lon/lat", "经度/纬度"))
    named = with_positions(rows, PositionChoices("a.csv", "schools", district=DISTRICT), {"lon": "lon", "lat": "lat"})
    assert (rules(named), lonlat(named).tolist()) == (["positions_apart"], LONLAT.tolist())


def test_two_lists_side_by_side_are_refused() -> None:
    """What stands beside the first list, under the same headings, would be left out."""
    pairs, cells = table(*LONLAT.T, ("经度", "纬度")), [f"{lon},{lat}" for lon, lat in LONLAT]
    beside = pairs.assign(**{"经度 (G)": pairs["经度"].to_numpy()[::-1], "纬度 (H)": pairs["纬度"].to_numpy()[::-1]})
    for rows in (beside, pd.DataFrame({"坐标": cells, "坐标 (H)": cells[::-1]})):
        with pytest.raises(InputError) as caught:
            read(rows)
        assert caught.value.code == "positions_pairs"
        assert "(H)" in caught.value.text("zh")


def test_a_repeated_pair_that_says_the_same_is_no_matter() -> None:
    pairs = table(*LONLAT.T, ("经度", "纬度"))
    found = read(pairs.assign(**{"经度 (G)": pairs["经度"], "纬度 (H)": pairs["纬度"]}))
    assert (rules(found), lonlat(found).tolist()) == ([], LONLAT.tolist())


@pytest.mark.parametrize("plain", ["wgs84", "gcj02"])
def test_two_datums_of_the_same_places_are_told_by_the_one_that_is_named(plain: str) -> None:
    baidu = np.column_stack(from_wgs84(*LONLAT.T, datum="bd09"))
    mine = np.column_stack(from_wgs84(*LONLAT.T, datum=plain))
    rows = table(*mine.T, ("经度", "纬度")).assign(百度经度=baidu[:, 0], 百度纬度=baidu[:, 1])
    found = read(rows)
    used = {"wgs84": ("wgs84", []), "gcj02": ("bd09", ["positions_agree", "datum_heading"])}
    assert (found.datum, rules(found)) == used[plain]


def test_degrees_come_before_metres_of_the_same_places() -> None:
    x, y = in_metres(4544).T
    found = read(table(*LONLAT.T, ("经度", "纬度")).assign(X=y, Y=x))
    assert (lonlat(found) == LONLAT).all()
    assert found.findings == []


def test_the_datum_of_a_heading_counts_where_the_study_names_none() -> None:
    rows = table(*LONLAT.T, ("百度经度", "百度纬度"))
    assert (read(rows).datum, rules(read(rows))) == ("bd09", ["datum_heading"])
    said = read(rows, datum="gcj02")
    assert (said.datum, rules(said)) == ("gcj02", ["datum_heading_differs"])


def test_pairs_of_different_things_have_to_be_chosen() -> None:
    rows = table(*LONLAT.T, ("入口经度", "入口纬度")).assign(出口经度="106.551", 出口纬度="29.551")
    with pytest.raises(InputError) as caught:
        read(rows)
    assert caught.value.code == "positions_which"


def test_an_address_is_no_position() -> None:
    with pytest.raises(InputError) as caught:
        read(pd.DataFrame({"名称": ["甲", "乙"], "地址": ["人民路1号", "人民路2号"]}))
    assert caught.value.code == "position_address"
    for lang in LANGUAGES:
        assert all(word in caught.value.text(lang) for word in ("schools.csv", "地址", "经度", "2"))


def test_init_takes_the_pair_whose_datum_is_known() -> None:
    rows = table(*LONLAT.T, ("经度", "纬度")).assign(百度经度="106.56", 百度纬度="29.56")
    found = position_columns(rows)
    assert found is not None
    assert (found.lon, found.datum) == ("百度经度", "bd09")
    assert position_columns(pd.DataFrame({"地址": ["a"]})) is None


@pytest.mark.parametrize("blank", [None, "", "待定"])
@pytest.mark.parametrize("lat", ["29,551", "29.551", "２９，５５１"])
def test_the_comma_of_degrees_is_a_point(lat: str, blank: object) -> None:
    rows = pd.DataFrame({"经度": ["106,551", "106,557", blank], "纬度": [lat, "29,556", blank]}, index=[2, 3, 4])
    assert lonlat(read(rows)) == pytest.approx(LONLAT)


@pytest.mark.parametrize("x", ["106,551", "501,234"])
def test_the_comma_of_metres_parts_thousands(x: str) -> None:
    rows = pd.DataFrame({"X": [x, "106,552.25"], "Y": ["3,268,551", "3,268,560.5"]})
    written = read_columns(rows, Columns("X", "Y"))
    assert written.xy.tolist() == [[float(x.replace(",", "")), 3268551.0], [106552.25, 3268560.5]]


def test_numbers_beside_it_tell_what_a_comma_is() -> None:
    rows = pd.DataFrame({"X": ["106,551"], "Y": [3268551]})
    assert read_columns(rows, Columns("X", "Y")).xy.tolist() == [[106551.0, 3268551.0]]
    assert read_columns(rows.assign(Y=29.5), Columns("X", "Y")).xy.tolist() == [[106.551, 29.5]]


def test_cells_that_are_no_position_are_shown_and_blank_ones_are_not() -> None:
    rows = table(np.array(["106.551", "约106.55"]), np.array(["29.551", "#N/A"]), ("经度", "纬度"))
    found = [row for row in read(rows).findings if row["rule"] == "positions_unread"]
    assert [(row["values"]["rows"], row["values"]["sample"]) for row in found] == [(("3",), "约106.55, #N/A")]
    assert rules(read(table(np.array(["106.551", ""]), np.array(["29.551", ""]), ("经度", "纬度")))) == []


def test_rows_that_name_another_datum_than_theirs_are_told() -> None:
    rows = table(np.array([106.551, 106.552]), np.array([29.551, 29.552]), ("经度", "纬度"))
    told = read(rows.assign(坐标系=["WGS84", "百度"])).findings
    assert [(row["rule"], row["values"]["named"], row["values"]["rows"]) for row in told] == [
        ("datum_column", "bd09", ("3",))
    ]
    assert rules(read(rows.assign(坐标系=["WGS84", "CGCS2000"]))) == []
    assert rules(read(rows.assign(坐标系=["高德", "高德"]), datum="gcj02")) == []


def test_columns_that_were_not_parted_are_named() -> None:
    with pytest.raises(InputError) as caught:
        read(pd.DataFrame({"名称  经度  纬度": ["一小  106.5  29.5"]}))
    assert caught.value.code == "table_one_column"
