"""Stages of long work are announced and timed."""

from cfgeo.core.clock import Clock


def test_each_stage_is_announced_as_it_begins_and_timed_when_it_ends() -> None:
    stages: list[str] = []
    clock = Clock(stages.append)
    with clock.stage("read"):
        assert (stages, clock.seconds) == (["read"], {})
    with clock.stage("search"):
        pass
    assert stages == list(clock.seconds) == ["read", "search"]
    assert all(seconds >= 0 for seconds in clock.seconds.values())
