"""What the tests of a run share is made once, and each has a copy of its own."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tools.made_once import made_once


def test_of_several_who_ask_one_makes(tmp_path: Path) -> None:
    made: list[str] = []

    def make() -> dict[str, list[int]]:
        made.append("again")
        return {"town": [1, 2]}

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: made_once(tmp_path, "town", make), range(4)))
    assert answers == [{"town": [1, 2]}] * 4
    assert len(made) == 1
    answers[0]["town"].append(3)
    assert answers[1] == made_once(tmp_path, "town", make) == {"town": [1, 2]}


def test_what_failed_is_made_by_the_next(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        made_once(tmp_path, "town", lambda: 1 / 0)
    assert made_once(tmp_path, "town", lambda: 2) == 2
