"""Three years of the town: the series is what was done to it, to the digit, and no correction is called progress."""

from pathlib import Path

import pandas as pd
import pytest
from worlds.series import YEARS

from cfgeo.core.errors import InputError
from cfgeo.publish.compared.series.reasons import Reason
from cfgeo.publish.compared.series.table import Series, make_series


def row(series: Series, clause: str, year: int, scope: str = "district", unit: str = "") -> pd.Series:
    table = series.table
    (found,) = table[
        (table["clause"] == clause) & (table["scope"] == scope) & (table["unit"] == unit) & (table["year"] == year)
    ].index
    return table.loc[found]


def values(series: Series, clause: str, scope: str = "district", unit: str = "") -> list[float]:
    return [row(series, clause, year, scope, unit)["value"] for year in series.years]


def natures(series: Series, clause: str, scope: str = "district", unit: str = "") -> list[str]:
    return [row(series, clause, year, scope, unit)["nature"] for year in series.years]


def why(series: Series, clause: str, year: int, scope: str = "district", unit: str = "") -> dict[str, tuple[str, ...]]:
    reasons: list[Reason] = series.reasons.get((clause, scope, unit, year), [])
    return {reason.kind: reason.names for reason in reasons}


def test_every_year_stands_beside_the_others(series: Series) -> None:
    assert series.years == [2024, 2025, 2026]
    assert series.notes == []
    counts = series.table.groupby("year").size()
    assert len({*counts}) == 1, "every indicator and unit has every year"


def test_a_home_built_is_progress_and_a_corrected_place_is_none(series: Series) -> None:
    """Homes lie in Lower West and Upper: 2 of 4. One is built in Lower East: 3. Upper's lay in Lower West: 2."""
    assert values(series, "home") == [0.5, 0.75, 0.5]
    assert natures(series, "home") == ["", "progress", "data"]
    assert why(series, "home", 2025) == {"built": ("New Home",)}
    ((kind, (name,)),) = why(series, "home", 2026).items()
    assert kind == "moved"
    assert name.startswith("High Home (")
    assert values(series, "home", "community", "C02") == [0, 1, 1]
    assert values(series, "home", "community", "C03") == [1, 1, 0]
    assert values(series, "home", "community", "C01") == [1, 1, 2]
    assert natures(series, "home", "community", "C01") == ["", "", "data"], "one more, but it always lay there"
    assert values(series, "home", "street_office", "South") == [0.5, 1, 1]
    assert values(series, "home", "street_office", "North") == [0.5, 0.5, 0]
    assert natures(series, "home", "street_office", "North") == ["", "", "data"]


def test_a_school_closed_is_a_decline_where_children_walked_to_it(series: Series) -> None:
    assert values(series, "school") == [0.25, 0, 0]
    assert natures(series, "school") == ["", "decline", ""]
    assert why(series, "school", 2025) == {"closed": ("Low School",)}
    assert why(series, "", 2025) == {"closed": ("Low School",)}, "the headline fell with it"
    assert values(series, "", "street_office", "South") == [0.5, 0, 0]
    assert natures(series, "", "community", "C01") == ["", "decline", ""]


def test_certified_schools_are_counted_and_named(series: Series) -> None:
    """One is certified; it closes and the two others are certified: 2. The path asks 1 in 2024, 3 in 2026."""
    assert values(series, "certified") == [1, 2, 2]
    assert natures(series, "certified") == ["", "progress", ""]
    reasons = why(series, "certified", 2025)
    assert reasons == {"certified": ("High School", "Lost School")}, "that one closed does not raise the number"
    path = [row(series, "certified", year)[["path", "on_path"]].tolist() for year in YEARS]
    assert path[0] == [1, "yes"]
    assert pd.isna(path[1][0])
    assert path[1][1] == "", "the path has no 2025, and none is made up"
    assert path[2] == [3, "no"]
    assert [row(series, "certified", year)["verdict"] for year in YEARS] == ["failed", "passed", "passed"]


def test_what_stood_before_and_was_forgotten_is_no_progress(series: Series) -> None:
    assert values(series, "station", "street_office", "North") == [0, 0, 1]
    assert values(series, "station") == [0.5, 0.5, 1]
    assert natures(series, "station") == ["", "", "data"]
    assert why(series, "station", 2026) == {"late": ("North Station (2019)",)}


def test_street_blocks_have_their_own_values_and_reasons(series: Series) -> None:
    """The blocks are the street offices: South has one home, two, three; North has one, one, none."""
    assert values(series, "block-home", "block", "South") == [1, 2, 3]
    assert natures(series, "block-home", "block", "South") == ["", "progress", "data"]
    assert values(series, "block-home", "block", "North") == [1, 1, 0]
    assert values(series, "blocks") == [1, 1, 0.5]
    assert natures(series, "blocks") == ["", "", "data"]
    assert [row(series, "", year, "block", "North")["verdict"] for year in YEARS] == ["passed", "passed", "failed"]


def test_communities_and_blocks_share_the_standards_path(series: Series) -> None:
    """All of 2 blocks pass in 2024, 1 of 2 in 2026; of 4 communities at most 1 passes. Asked are 0.2, then 0.9."""
    for clause in ("", "blocks"):
        rows = [row(series, clause, year) for year in YEARS]
        assert [rows[0]["path"], rows[2]["path"]] == [0.2, 0.9]
        assert pd.isna(rows[1]["path"])
        assert rows[1]["on_path"] == ""
        assert rows[2]["on_path"] == "no"
    assert row(series, "blocks", 2024)["on_path"] == "yes"
    assert row(series, "", 2024)["on_path"] == ("yes" if row(series, "", 2024)["value"] >= 0.2 else "no")


def test_what_did_not_change_has_neither_nature_nor_reason(series: Series) -> None:
    for clause in ("park", "culture", "sports", "connected"):
        assert natures(series, clause) == ["", "", ""]
        assert not [key for key in series.reasons if key[0] == clause]


def test_runs_named_one_by_one_give_the_same(series: Series, three_years: Path) -> None:
    again = make_series([three_years, three_years / "years" / "2025", three_years / "years" / "2024"])
    pd.testing.assert_frame_equal(again.table, series.table)


def test_two_runs_of_one_year_are_refused(three_years: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2026"):
        make_series([three_years, three_years])


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"run\.json"):
        make_series([tmp_path])
