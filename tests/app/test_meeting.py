"""A whole meeting is acted in Chromium: add, move, draw, open, undo, plan, walk, save, reload, report."""

from pathlib import Path

from tools.acted import acted


def test_a_meeting_goes_from_a_first_idea_to_the_report(town_study: Path, tmp_path: Path) -> None:
    """On the town; ``scripts/hunt/meeting.py acted`` does it on real studies, in both languages."""
    steps: list[str] = []
    acted(town_study, tmp_path, "zh", steps.append)
    assert steps[-1] == "report"
