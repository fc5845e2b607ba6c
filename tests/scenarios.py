"""Scenarios of the town, and the same done by hand: its files edited and run again."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from shapely import Point
from studies import case_of, degrees, edited
from town import write_town

from cfgeo import FacilityChange, LinkChange, Scenario, WhatIf, load_study
from cfgeo.case import Case
from cfgeo.results import Verdicts
from cfgeo.whatif import verdicts_of, what_if

SECONDS = 1e-6
"""How near two walks have to be [s]."""

Change = FacilityChange | LinkChange


def place(x: float, y: float) -> Point:
    """Return a point of the town, given in local metres, in WGS-84."""
    return Point(*degrees(x, y))


def town_in(folder: Path, *, direction: str = "to") -> Path:
    """Write the town, its walks counted in one direction or both."""
    return edited(write_town(folder), 'direction = "to"', f'direction = "{direction}"')


def done(case: Case, *changes: Change) -> WhatIf:
    """Make changes of a case."""
    return what_if(case, Scenario("", changes))


def by_hand(study: Path, folder: Path, *edits: Callable[[Path], None]) -> Verdicts:
    """Copy a study, edit its files and run it."""
    shutil.copytree(study.parent, folder, dirs_exist_ok=True)
    for edit in edits:
        edit(folder)
    return verdicts_of(case_of(load_study(folder)))


def rows_of(path: Path) -> pd.DataFrame:
    """Return a CSV table as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def assert_same(found: Verdicts, expected: Verdicts) -> None:
    """See that all tables are the same: verdicts exactly, walks to a millionth of a second."""
    minutes = {"rtol": 0, "atol": SECONDS / 60}
    pd.testing.assert_frame_equal(_plain(found.coverage), _plain(expected.coverage), **minutes)
    pd.testing.assert_frame_equal(_plain(found.communities), _plain(expected.communities), **minutes)
    pd.testing.assert_frame_equal(_plain(found.street_offices), _plain(expected.street_offices), **minutes)
    pd.testing.assert_frame_equal(found.clauses, expected.clauses, **minutes)
    assert found.district == expected.district
    here, there = (_cells(one.facilities) for one in (found, expected))
    assert here == there
    shapes = found.facilities.geometry.to_numpy(), expected.facilities.geometry.to_numpy()
    assert all(one.equals_exact(other, 1e-6) for one, other in zip(*shapes, strict=True))


def _plain(table: Any) -> pd.DataFrame:
    return pd.DataFrame(table.drop(columns="geometry", errors="ignore"))


def _cells(facilities: Any) -> list[dict[str, Any]]:
    """Return facilities as plain rows, whatever types their columns have and whatever their ids are."""
    table = _plain(facilities).astype(object)
    table = table.assign(leg_m=[round(float(leg_m), 6) for leg_m in table["leg_m"]])
    return table.where(table.notna(), "").to_dict("records")
