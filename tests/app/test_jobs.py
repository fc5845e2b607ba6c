"""Long questions: begun at once, stopped at once, and in nobody's way."""

import io
import os
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import docx
import pytest
from tools.served import Server, school, served, town_with_list

from cfgeo.app.jobs import _SPAWN, Job, Jobs, _answer
from cfgeo.core.clock import Tell
from cfgeo.core.errors import ScenarioError, StudyError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are stopped by POSIX signals")


def forever(asked: Mapping[str, Any], tell: Tell) -> None:
    """Never answer."""
    tell("search")
    while True:
        time.sleep(0.01)


def doubled(asked: Mapping[str, Any], tell: Tell) -> int:
    """Answer with the double."""
    return 2 * int(asked["number"])


def refused(asked: Mapping[str, Any], tell: Tell) -> None:
    """Find a fault."""
    raise StudyError("apply_what")


def dead(asked: Mapping[str, Any], tell: Tell) -> None:
    """End without a word."""
    os._exit(1)


def ended(jobs: Jobs, *, state: str = "running") -> Job:
    """Return a question once it is no longer under way."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        job = jobs.now()
        if job is not None and job.state != state:
            return job
        time.sleep(0.05)
    raise AssertionError("the question does not end")


def test_questions_are_answered_one_after_the_other() -> None:
    jobs = Jobs("en")
    assert jobs.now() is None
    jobs.begin("x", doubled, {"number": 21})
    first = ended(jobs)
    assert (first.state, first.answer, first.id) == ("done", 42, 1)
    jobs.begin("x", refused, {})
    second = ended(jobs)
    assert (second.state, second.id, "apply --undo" in second.error) == ("failed", 2, True)
    jobs.begin("x", dead, {})
    assert ended(jobs).state == "failed"


def test_a_question_is_stopped_at_once_and_another_refused_meanwhile() -> None:
    jobs = Jobs("en")
    jobs.begin("x", forever, {})
    with pytest.raises(ScenarioError):
        jobs.begin("x", doubled, {"number": 1})
    begun = time.monotonic()
    jobs.stop()
    assert time.monotonic() - begun < 1
    assert ended(jobs).state == "stopped"
    jobs.begin("x", doubled, {"number": 1})
    assert ended(jobs).answer == 2


def test_a_question_whose_session_was_killed_ends_without_a_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    here, there = _SPAWN.Pipe(duplex=False)
    here.close()
    process = _SPAWN.Process(target=_answer, args=(there, forever, {}, "en", "python"), daemon=True)
    process.start()
    process.join(60)
    assert (process.exitcode, capfd.readouterr().err) == (0, "")


@pytest.fixture(scope="module")
def server(town_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(town_study, tmp_path_factory.mktemp("meeting")) as server:
        yield server


def answer_of(server: Server, question: dict[str, Any]) -> dict[str, Any]:
    """Ask a server a long question, and return how it ended."""
    assert server.post("/api/ask", question).ok
    end = time.monotonic() + 240
    while time.monotonic() < end:
        job: dict[str, Any] = server.get("/api/ask").json()
        if job["state"] != "running":
            return job
        time.sleep(0.2)
    raise AssertionError("the question does not end")


def test_a_report_is_made_while_clicks_are_answered(server: Server) -> None:
    assert server.get("/api/report.zip").status_code == 404
    assert server.post("/api/ask", {"ask": "report"}).status_code == 422  # nothing counts
    state = server.post("/api/edits", {"do": "add", "rows": [school(390, 250, name="=New")]}).json()
    assert server.post("/api/ask", {"ask": "report"}).ok
    assert server.post("/api/ask", {"ask": "report"}).status_code == 422  # one at a time
    assert server.post("/api/edits", {"do": "undo"}).ok  # and a click is not in its way
    job = answer_of(server, {"stop": True})
    assert job["state"] == "stopped"
    server.post("/api/edits", {"do": "redo"})
    job = answer_of(server, {"ask": "report"})
    assert (job["state"], job["error"]) == ("done", "")
    with zipfile.ZipFile(io.BytesIO(server.get("/api/report.zip").content)) as archive:
        names = archive.namelist()
        report = docx.Document(io.BytesIO(archive.read("report.docx")))
    assert names == [
        "report.docx",
        "slides.pptx",
        "one-page.pdf",
        "before-and-after.html",
        "layers.gpkg",
        "clauses.xlsx",
        "changes.xlsx",
    ]
    words = "\n".join(paragraph.text for paragraph in report.paragraphs)
    passed, communities = state["headline"]["passed"], state["headline"]["communities"]
    assert f"Communities that pass: {state['before']} → {passed} of {communities}" in words
    assert "Gained (1): Upper" in words


def test_the_best_place_is_found_upon_the_changes_and_taken_over(server: Server) -> None:
    server.post("/api/edits", {"do": "clear"})
    question = {"ask": "sites", "layer": "schools", "kind": "primary", "count": 1}
    job = answer_of(server, question)
    assert (job["state"], len(job["answer"]["ideas"])) == ("done", 1)
    [idea] = job["answer"]["ideas"]
    state = server.post("/api/edits", {"do": "add", "rows": idea["rows"]}).json()
    assert f"1 → {state['headline']['passed']}" in job["answer"]["lines"][0]
    again = answer_of(server, question)  # upon it, another one cannot bring the same again
    assert again["answer"]["ideas"] == [] or again["answer"]["ideas"][0]["rows"] != idea["rows"]
    for wrong in (
        {"ask": "sites"},
        {**question, "count": 0},
        {**question, "count": "1"},
        {**question, "layer": 1},
        {"ask": "x"},
        {},
    ):
        assert server.post("/api/ask", wrong).status_code == 422
    server.post("/api/ask", {**question, "layer": "nowhere"})


@pytest.fixture(scope="module")
def planning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the town with a reserve list."""
    study = town_with_list(tmp_path_factory.mktemp("planned"))
    with served(study, tmp_path_factory.mktemp("meeting")) as server:
        yield server


def test_a_plan_goes_along_its_frontier_and_each_stop_is_what_a_click_brings(planning: Server) -> None:
    planning.post("/api/edits", {"do": "clear"})
    job = answer_of(planning, {"ask": "plan"})
    assert (job["state"], job["error"]) == ("done", "")
    ideas, points = job["answer"]["ideas"], job["answer"]["points"]
    found = [(point["passed"], point["cost"], point["proven"]) for point in points]
    assert found == [(1, "0 CNY", True), (2, "200 CNY", True), (3, "500 CNY", True)]
    for point in points:
        planning.post("/api/edits", {"do": "clear"})
        rows = [row for nth in point["ideas"] for row in ideas[nth]["rows"]]
        state = planning.post("/api/edits", {"do": "add", "rows": rows}).json()
        assert state["headline"]["passed"] == point["passed"]
    assert sorted(idea["name"] for idea in ideas) == ["East School", "Top School"]  # the dear one is never chosen


def test_a_plan_is_made_upon_what_was_taken_over_and_offers_it_no_more(planning: Server) -> None:
    planning.post("/api/edits", {"do": "clear"})
    first = answer_of(planning, {"ask": "plan"})["answer"]
    [top] = [idea for idea in first["ideas"] if idea["name"] == "Top School"]
    planning.post("/api/edits", {"do": "add", "rows": top["rows"]})
    answer = answer_of(planning, {"ask": "plan"})["answer"]
    assert [idea["name"] for idea in answer["ideas"]] == ["East School"]
    assert [(point["passed"], point["cost"]) for point in answer["points"]] == [(2, "0 CNY"), (3, "200 CNY")]


def test_without_a_reserve_list_a_plan_says_so(server: Server) -> None:
    server.post("/api/ask", {"stop": True})  # whatever another test has asked
    job = answer_of(server, {"ask": "plan"})
    assert (job["state"], "[projects]" in job["error"]) == ("failed", True)
