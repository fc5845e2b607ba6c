"""Undo, redo and the commands between them, on lists alone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfgeo.app.edits import MOST_EDITS, MOST_KEPT, MOST_LETTERS, MOST_UNDO, History, changed_history
from cfgeo.core.errors import ScenarioError

ROW = {"action": "close", "way": 7}


def after(*commands: dict[str, Any]) -> History:
    history = History()
    for command in commands:
        history = changed_history(history, command)
    return history


def add(*names: str) -> dict[str, Any]:
    return {"do": "add", "rows": [{"action": "close", "street": name} for name in names]}


def test_changes_keep_their_numbers_whatever_is_removed_before_them() -> None:
    history = after(add("a", "b"), {"do": "remove", "id": 1}, add("c"))
    assert [(edit.id, edit.row["street"]) for edit in history.edits] == [(2, "b"), (3, "c")]


def test_a_number_is_never_given_twice() -> None:
    history = after(add("a", "b"), {"do": "undo"}, add("c"))
    assert [edit.id for edit in history.edits] == [3]


def test_a_change_that_is_off_does_not_count_and_comes_back() -> None:
    off = after(add("a", "b"), {"do": "switch", "id": 1, "on": False})
    assert [row["street"] for row in off.rows] == ["b"]
    on = changed_history(off, {"do": "switch", "id": 1, "on": True})
    assert [row["street"] for row in on.rows] == ["a", "b"]


def test_replace_keeps_place_and_number() -> None:
    history = after(add("a", "b"), {"do": "replace", "id": 1, "row": ROW})
    assert (history.edits[0].id, dict(history.edits[0].row)) == (1, ROW)


def test_load_takes_the_place_of_all_and_can_be_undone() -> None:
    loaded = after(add("a"), {"do": "load", "rows": [ROW]})
    assert [dict(row) for row in loaded.rows] == [ROW]
    assert [row["street"] for row in changed_history(loaded, {"do": "undo"}).rows] == ["a"]


def test_scenarios_are_kept_brought_back_and_forgotten_and_each_step_can_be_undone() -> None:
    two = after(add("a"), {"do": "keep", "name": " A "}, {"do": "clear"}, add("b"), {"do": "keep", "name": "B"})
    assert [(kept.name, [edit.row["street"] for edit in kept.edits]) for kept in two.kept] == [
        ("A", ["a"]),
        ("B", ["b"]),
    ]
    back = changed_history(two, {"do": "recall", "name": "A"})
    assert [row["street"] for row in back.rows] == ["a"]
    undone = changed_history(back, {"do": "undo"})
    assert (undone.edits, undone.kept) == (two.edits, two.kept)
    gone = changed_history(two, {"do": "forget", "name": "A"})
    assert ([kept.name for kept in gone.kept], gone.edits) == (["B"], two.edits)
    assert changed_history(gone, {"do": "undo"}).kept == two.kept
    assert changed_history(changed_history(gone, {"do": "undo"}), {"do": "redo"}).kept == gone.kept


def test_a_scenario_of_the_same_name_takes_the_place_of_the_first() -> None:
    again = after(
        add("a"), {"do": "keep", "name": "A"}, add("b"), {"do": "keep", "name": "B"}, {"do": "keep", "name": "A"}
    )
    assert [(kept.name, len(kept.edits)) for kept in again.kept] == [("A", 2), ("B", 2)]


def test_a_change_after_recall_has_a_number_of_its_own() -> None:
    history = after(
        add("a"), {"do": "keep", "name": "A"}, {"do": "clear"}, add("b"), {"do": "recall", "name": "A"}, add("c")
    )
    assert [(edit.id, edit.row["street"]) for edit in history.edits] == [(1, "a"), (3, "c")]


def test_so_many_scenarios_are_kept() -> None:
    full = after(add("a"), *({"do": "keep", "name": f"{nth}"} for nth in range(MOST_KEPT)))
    with pytest.raises(ScenarioError) as refused:
        changed_history(full, {"do": "keep", "name": "one more"})
    assert refused.value.code == "kept_many"
    assert len(changed_history(full, {"do": "keep", "name": "0"}).kept) == MOST_KEPT


def test_an_empty_desk_is_no_scenario() -> None:
    with pytest.raises(ScenarioError) as refused:
        changed_history(History(), {"do": "keep", "name": "A"})
    assert refused.value.code == "kept_empty"


@pytest.mark.parametrize("name", [None, 7, "", "  ", "a\nb", "\x00", "x" * (MOST_LETTERS + 1), ["A"]])
def test_a_scenario_needs_a_plain_name(name: object) -> None:
    with pytest.raises(ScenarioError) as refused:
        changed_history(after(add("a")), {"do": "keep", "name": name})
    assert refused.value.code == "kept_name"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"do": "recall", "name": "A"}, "kept_gone"),
        ({"do": "forget"}, "kept_gone"),
        ({"do": "explode"}, "edit_unknown"),
        ({}, "edit_unknown"),
        ({"do": ["add"]}, "edit_unknown"),
        ({"do": "add"}, "edit_rows"),
        ({"do": "add", "rows": [1]}, "edit_rows"),
        ({"do": "add", "rows": "x"}, "edit_rows"),
        ({"do": "load", "rows": None}, "edit_rows"),
        ({"do": "replace", "id": 1, "row": []}, "edit_rows"),
        ({"do": "add", "rows": [{"action": "add", "layer": "parks", "file": "/etc/park.geojson"}]}, "edit_file"),
        ({"do": "replace", "id": 1, "row": {"file": "../park.geojson"}}, "edit_file"),
        ({"do": "replace", "id": 9, "row": {}}, "edit_gone"),
        ({"do": "remove", "id": "1"}, "edit_gone"),
        ({"do": "remove", "id": True}, "edit_gone"),
        ({"do": "remove"}, "edit_gone"),
        ({"do": "switch", "id": None, "on": True}, "edit_gone"),
    ],
)
def test_what_is_no_command_is_refused(command: dict[str, Any], code: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        changed_history(after(add("a")), command)
    assert refused.value.code == code


def test_there_are_no_more_changes_than_a_session_holds() -> None:
    full = after(add(*map(str, range(MOST_EDITS))))
    assert len(full.edits) == MOST_EDITS
    with pytest.raises(ScenarioError, match=str(MOST_EDITS)):
        changed_history(full, add("one more"))


def test_undo_reaches_back_so_far_and_no_further() -> None:
    switches = [{"do": "switch", "id": 1, "on": bool(nth % 2)} for nth in range(MOST_UNDO + 50)]
    assert len(after(add("a"), *switches).past) == MOST_UNDO


def steps() -> st.SearchStrategy[list[dict[str, Any]]]:
    numbers = st.integers(1, 6)
    return st.lists(
        st.one_of(
            st.builds(add, st.sampled_from("abc")),
            st.builds(lambda number: {"do": "remove", "id": number}, numbers),
            st.builds(lambda number, on: {"do": "switch", "id": number, "on": on}, numbers, st.booleans()),
            st.just({"do": "clear"}),
        ),
        max_size=12,
    )


@given(commands=steps())
def test_undo_and_redo_go_through_all_states_and_back(commands: list[dict[str, Any]]) -> None:
    states = [History()]
    for command in commands:
        try:
            states.append(changed_history(states[-1], command))
        except ScenarioError:
            continue
    seen = [state.edits for nth, state in enumerate(states) if nth == 0 or state is not states[nth - 1]]
    history = states[-1]
    for edits in reversed(seen[:-1]):
        history = changed_history(history, {"do": "undo"})
        assert history.edits == edits
    assert changed_history(history, {"do": "undo"}) is history
    for edits in seen[1:]:
        history = changed_history(history, {"do": "redo"})
        assert history.edits == edits
    assert changed_history(history, {"do": "redo"}) is history
