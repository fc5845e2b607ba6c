"""Runs read back: only as they were written."""

import json
from pathlib import Path

import numpy as np
import pytest

from cfgeo import InputError, Results, publish
from cfgeo.core.strings import LANGUAGES
from cfgeo.publish.run.past import load_run


@pytest.fixture
def out(town_results: Results, tmp_path: Path) -> Path:
    """Return a run's folder."""
    publish(town_results, tmp_path / "out", lang="zh", only=("tables",))
    return tmp_path / "out"


def refused(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_run(folder)
    for lang in LANGUAGES:
        assert str(folder) in caught.value.text(lang)
    return caught.value.code


def test_a_run_is_read_back_as_it_was_written(out: Path, town_results: Results) -> None:
    run = load_run(out)
    assert run.communities.index.tolist() == town_results.communities.index.tolist()
    assert run.communities["verdict"].tolist() == town_results.communities["verdict"].tolist()
    was = town_results.coverage.set_index(["code", "clause"])
    np.testing.assert_allclose(run.coverage["share"], was["share"].astype(float), atol=1e-6)
    assert run.coverage["verdict"].tolist() == was["verdict"].tolist()
    assert np.isinf(run.coverage["median_minutes"]).sum() == np.isinf(was["median_minutes"].astype(float)).sum()
    assert len(run.facilities) == len(town_results.facilities)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == "run_missing"
    assert refused(tmp_path / "nowhere") == "run_missing"


def test_a_run_without_tables_is_refused(town_results: Results, tmp_path: Path) -> None:
    publish(town_results, tmp_path / "out", lang="zh", only=("map",))
    assert refused(tmp_path / "out") == "run_without_tables"


@pytest.mark.parametrize("record", [{}, {"format": 1}, {"format": 99}])
def test_a_record_of_another_format_is_refused(tmp_path: Path, record: dict[str, int]) -> None:
    (tmp_path / "run.json").write_text(json.dumps({**record, "versions": {"cfgeo": "0.0.1"}}))
    assert refused(tmp_path) == "run_other_version"


@pytest.mark.parametrize("name", ["coverage.csv", "communities.gpkg"])
def test_tables_that_somebody_has_changed_are_refused(out: Path, name: str) -> None:
    body = (out / name).read_bytes()
    (out / name).write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    assert refused(out) == "run_altered"
    (out / name).unlink()
    assert refused(out) == "run_without_tables"
