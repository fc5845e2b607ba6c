"""The ground of an earlier run: the same as worked out anew, and met by the same files, streets and layers alone."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from worlds.studies import on_a_hill
from worlds.town import write_town

from cfgeo import Inputs, load_study
from cfgeo.core.shapes import Ground
from cfgeo.study.ground import kept
from cfgeo.study.ground.base_map import MapFiles, ground_of
from cfgeo.study.ground.kept import kept_ground
from cfgeo.study.inputs import read_study

Read = tuple[MapFiles, Inputs]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    folder = tmp_path_factory.mktemp("hill")
    data = read_study(load_study(on_a_hill(write_town(folder))), margin_m=500, cache=None, ground=True)
    assert data.map_files is not None
    assert data.map_files.relief is not None
    return data.map_files, data.inputs


def assert_same(one: Ground, other: Ground) -> None:
    for field in fields(Ground):
        a, b = getattr(one, field.name), getattr(other, field.name)
        assert type(a) is type(b), field.name
        if isinstance(a, np.ndarray):
            assert (a.dtype, a.shape) == (b.dtype, b.shape), field.name
            a, b = (shapely.to_wkb(each).tolist() if each.dtype == object else each.tobytes() for each in (a, b))
        # What is drawn from a ground is known by its letters, in which a number of numpy's is another.
        assert repr(a) == repr(b), field.name


def test_a_kept_ground_is_the_ground(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ground = ground_of(*read)
    assert len(ground.contours) > 0
    assert len(ground.names) > 0
    assert_same(kept_ground(*read, tmp_path), ground)
    monkeypatch.setattr(kept, "ground_of", None)
    assert_same(kept_ground(*read, tmp_path), ground)


def test_a_ground_without_relief_is_kept_too(town_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = read_study(load_study(town_study), margin_m=500, cache=None, ground=True)
    assert data.map_files is not None
    flat = replace(data.map_files, relief=None)
    ground = kept_ground(flat, data.inputs, tmp_path)
    monkeypatch.setattr(kept, "ground_of", None)
    assert_same(kept_ground(flat, data.inputs, tmp_path), ground)


def higher(files: MapFiles, inputs: Inputs) -> Read:
    assert files.relief is not None
    return replace(files, relief=replace(files.relief, z=np.nextafter(files.relief.z, np.inf))), inputs


def with_a_pond(files: MapFiles, inputs: Inputs) -> Read:
    pond = np.array([shapely.Point(0, 0).buffer(9)], dtype=object)
    return replace(files, shapes={**files.shapes, "water": np.append(files.shapes["water"], pond)}), inputs


def with_a_street_renamed(files: MapFiles, inputs: Inputs) -> Read:
    edges = inputs.network.edges
    named = edges.assign(name=["New Street", *edges["name"].iloc[1:]])
    return files, replace(inputs, network=replace(inputs.network, edges=named))


def with_a_community_renamed(files: MapFiles, inputs: Inputs) -> Read:
    communities = inputs.communities
    named = communities.assign(community=["New Town", *communities["community"].iloc[1:]])
    return files, replace(inputs, communities=named)


def with_a_park_less(files: MapFiles, inputs: Inputs) -> Read:
    return files, replace(inputs, layers={**inputs.layers, "parks": inputs.layers["parks"].iloc[1:]})


def with_other_source(files: MapFiles, inputs: Inputs) -> Read:
    return files, inputs


CHANGES = [higher, with_a_pond, with_a_street_renamed, with_a_community_renamed, with_a_park_less, with_other_source]


@pytest.mark.parametrize("changed", CHANGES)
def test_what_differs_in_anything_is_worked_out_anew(
    read: Read, changed: Callable[..., Read], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_ground(*read, tmp_path)
    asked: list[Any] = []
    monkeypatch.setattr(kept, "ground_of", lambda *given: asked.append(given) or ground_of(*given))
    if changed is with_other_source:
        monkeypatch.setattr(kept, "source_hash", lambda *wings: f"edited {wings}")
    kept_ground(*changed(*read), tmp_path)
    assert len(asked) == 1


def test_a_changed_school_is_not_on_the_ground(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, inputs = read
    before = kept_ground(files, inputs, tmp_path)
    fewer = replace(inputs, layers={**inputs.layers, "schools": inputs.layers["schools"].iloc[1:]})
    monkeypatch.setattr(kept, "ground_of", None)  # nothing is worked out
    after = kept_ground(files, fewer, tmp_path)
    assert after.names == before.names
    assert shapely.equals_exact(after.water, before.water).all()
    assert len(after.water) == len(before.water)
