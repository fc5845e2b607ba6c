"""Where area points met the streets in an earlier run: the same as anew, met by the same points and streets alone."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cfgeo.assess import coverage
from cfgeo.assess.case import Case, make_case
from cfgeo.assess.kept import area
from cfgeo.assess.kept.area import kept_area
from cfgeo.core.schema import Positions

AGAIN = "snapped again"


def made(case: Case, folder: Path) -> Case:
    return make_case(case.inputs, case.standard, case.walkers, case.choices, kept_area=partial(kept_area, folder))


def not_for(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing snap the area points of a case, nor as many others."""
    snap_points = coverage._snap_points

    def snapped(index: Any, points: Any, *rest: Any, **choices: Any) -> Positions:
        if len(points) == len(case.samples.area):
            raise AssertionError(AGAIN)
        return snap_points(index, points, *rest, **choices)

    monkeypatch.setattr(coverage, "_snap_points", snapped)


def test_kept_positions_are_those_of_a_run_that_knew_none(
    town_case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(town_case, tmp_path)
    not_for(town_case, monkeypatch)
    again = made(town_case, tmp_path)
    for walker, walk in town_case.walks.items():
        for field in fields(Positions):
            known, anew = (getattr(each.area, field.name) for each in (again.walks[walker], walk))
            assert known.dtype == anew.dtype
            np.testing.assert_array_equal(known, anew)
    with pytest.raises(AssertionError, match=AGAIN):
        made(town_case, tmp_path / "other")


def moved(case: Case) -> Case:
    communities = case.inputs.communities
    shapes = communities.geometry.translate(25, 0)  # as many area points
    return replace(case, inputs=replace(case.inputs, communities=communities.set_geometry(shapes)))


def bent(case: Case) -> Case:
    network = case.inputs.network
    edges = network.edges.set_geometry(network.edges.geometry.translate(1e-6, 0))
    return replace(case, inputs=replace(case.inputs, network=replace(network, edges=edges)))


def farther(case: Case) -> Case:
    return replace(case, choices=case.choices.model_copy(update={"snap_m": case.choices.snap_m + 1}))


@pytest.mark.parametrize("changed", [moved, bent, farther])
def test_what_differs_in_anything_is_snapped_anew(
    town_case: Case, changed: Callable[[Case], Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(town_case, tmp_path)
    not_for(town_case, monkeypatch)
    with pytest.raises(AssertionError, match=AGAIN):
        made(changed(town_case), tmp_path)


def test_other_source_snaps_anew(town_case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(town_case, tmp_path)
    monkeypatch.setattr(area, "source_hash", lambda *wings: f"edited {wings}")
    not_for(town_case, monkeypatch)
    with pytest.raises(AssertionError, match=AGAIN):
        made(town_case, tmp_path)
