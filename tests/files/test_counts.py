"""Columns become numbers, and each cell that is none is named by the row that its user sees."""

import geopandas as gpd
import pandas as pd
from shapely import Point

from cfgeo.files.counts import counted_cells, number_cells

CELLS = ["3", "-5", None, "约300", "inf", " ", "１２", "1,200"]


def table() -> pd.DataFrame:
    return pd.DataFrame({"age_6_11": CELLS}, index=range(2, 10))


def test_what_is_no_number_and_what_is_less_than_none_is_said() -> None:
    numbers, findings = number_cells(table(), "age_6_11", "schools")
    assert numbers.fillna(-1).tolist() == [3, 0, -1, -1, -1, -1, 12, 1200]
    assert numbers.index.tolist() == list(range(2, 10))
    assert [(row["rule"], row["layer"], row["row"], row["values"]["value"]) for row in findings] == [
        ("not_number", "schools", "5", "约300"),
        ("not_number", "schools", "6", "inf"),
        ("negative", "schools", "3", "-5"),
    ]


def test_blank_cells_of_people_are_nobody_and_are_counted() -> None:
    numbers, findings = counted_cells(table(), "age_6_11", "demand")
    assert numbers.tolist() == [3, 0, 0, 0, 0, 0, 12, 1200]
    last = findings[-1]
    assert (last["rule"], last["row"]) == ("ages_blank", "age_6_11")
    assert last["values"] == {"count": 2, "total": 8, "rows": ("4", "7")}
    assert counted_cells(table().iloc[:1], "age_6_11", "demand")[1] == []


def test_a_cell_of_a_place_is_found_there() -> None:
    places = gpd.GeoDataFrame(table().iloc[:2], geometry=[Point(1, 2), Point(3, 4)], crs="EPSG:32648")
    (row,) = number_cells(places, "age_6_11", "demand")[1]
    assert row["at"] == Point(3, 4)
