"""Stages of long work are announced and timed."""

from dataclasses import dataclass

import pytest

from cfgeo.core.clock import Clock, once


def test_each_stage_is_announced_as_it_begins_and_timed_when_it_ends() -> None:
    stages: list[str] = []
    clock = Clock(stages.append)
    with clock.stage("read"):
        assert (stages, clock.seconds) == (["read"], {})
    with clock.stage("search"):
        pass
    assert stages == list(clock.seconds) == ["read", "search"]
    assert all(seconds >= 0 for seconds in clock.seconds.values())


@dataclass
class Value:
    """Stands for the results of a run: equal to others, without a hash."""


def test_once_works_once_for_each_value_and_choice() -> None:
    asked: list[str] = []

    @once
    def answer(value: Value, choice: str) -> list[str]:
        asked.append(choice)
        return [choice]

    first, second = Value(), Value()
    assert answer(first, "a") is answer(first, "a")
    assert answer(first, "b") == ["b"]
    assert answer(second, "a") == ["a"]
    assert asked == ["a", "b", "a"]


def test_once_forgets_a_value_that_nobody_has() -> None:
    asked: list[type] = []

    @once
    def answer(value: object) -> int:
        asked.append(type(value))
        return len(asked)

    for _ in range(3):  # Python gives their place in memory to the next one
        value = Value()
        assert answer(value) == answer(value)
        del value
    assert len(asked) == 3


def test_once_refuses_a_choice_by_name() -> None:
    @once
    def answer(value: Value, choice: str) -> str:
        return choice

    with pytest.raises(TypeError, match="by position"):
        answer(Value(), choice="a")
