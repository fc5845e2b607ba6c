"""Processes that judge districts: they work as the process that starts them does."""

import gc
from typing import Any

import pandas as pd
import pytest

from cfgeo.batch import pools
from cfgeo.publish.workers import habits


def test_a_process_has_the_habits_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = ["__import__('cfgeo.publish.workers', fromlist=['habits']).habits()"]
    monkeypatch.setattr(pools, "judge_district", eval)
    with pd.option_context("mode.string_storage", "pyarrow"), pools.processes(1) as judge:
        assert [*judge(asked)] == [habits()] == [("pyarrow", gc.get_threshold())]
