"""A session → a page that is served to this machine alone, and the questions that it asks.

============================  =======================================================================================
``GET /``                     the page of a run, with a desk for changes
``GET /api/state``            the changes, and what they bring
``POST /api/edits``           a command of :func:`cfgeo.app.edits.changed_history`; answers with the state after it
``GET /api/way?lon=&lat=``    the street at a place, ``within`` so many metres
``GET /api/closed``           the streets that nobody walks along and that can be opened, and what closes each
``GET /api/gates``            the closed gates that stand on streets, each as lat and lon
``GET /api/join?lon=&lat=``   where a link that ends there would join the streets
``GET /api/crossing?lon=&lat=``  the crossing at a place, ``within`` so many metres, and whether it has signals
``GET /api/community?lon=&lat=``  the community at a place, by its place in their table
``GET /api/wider``            what the changes bring beside the state: other clauses, and minutes of walks
``GET /api/walks?community=`` the walks of its median children that are other than before; ``?lon=&lat=``: from a place
``GET /api/compare?one=&other=``  two of ``as_is``, ``desk`` and named scenarios (1, 2, …), laid side by side
``GET /api/alone?id=``        what one change brings by itself
``GET /api/events``           the number of each state, as it comes (server-sent events)
``GET /api/changes.xlsx``     the changes that count, as a table that ``whatif`` reads; also ``.csv`` and ``.toml``
``POST /api/open?form=``      such a table; its changes take the place of those on the table
``GET /api/whatif.html``      the page before and after
``POST /api/ask``             a long question: ``ask`` (``report``, ``sites``, ``plan``) and what it needs; or ``stop``
``GET /api/ask``              how far the question is, or its answer
``GET /api/report.zip``       the report that was asked for, all of it; ``report.docx`` and so on: one of its files
============================  =======================================================================================
"""

import asyncio
import json
import math
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from cfgeo.app.asked import plan, report, report_file, site_question, sites
from cfgeo.app.decide import decided_bytes
from cfgeo.app.guard import TooLongError
from cfgeo.app.jobs import Jobs
from cfgeo.app.session import Session
from cfgeo.core.errors import CfgeoError, ScenarioError
from cfgeo.core.scenario import Scenario
from cfgeo.core.strings import Lang, Message, name_of, text
from cfgeo.publish.desk import alone_words, closed_words, compare_words, desk_words, open_html, wider_words
from cfgeo.publish.page.whatif import whatif_html
from cfgeo.publish.tables.book import sheet_bytes
from cfgeo.publish.tables.csv import csv_bytes
from cfgeo.publish.words.names import clause_titles
from cfgeo.scenarios.lists.change_rows import ChangeRow
from cfgeo.scenarios.lists.change_table import change_table, row_of
from cfgeo.scenarios.lists.changes import load_scenario, read_rows

REPORT, _MOST_DIGITS = "report.zip", 9
_BEAT_S = 5.0
"""How often a tab that waits for changes is told that the session lives, and the study's files are looked at."""
_FORMS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "toml": "application/toml",
}
"""What a table of changes can be."""


class Service:
    """Answers what the page asks.

    Parameters
    ----------
    session
        What is open.
    lang
        Language of the page and of all sentences.
    read_only
        Whether changes are refused.
    cache
        Where networks are kept, for what long questions read again.
    """

    def __init__(self, session: Session, *, lang: Lang, read_only: bool = False, cache: Path | None = None) -> None:
        self.session, self.lang, self.read_only = session, lang, read_only
        self._cache, self._jobs = cache, Jobs(lang)
        has_plan = session.study.projects is not None
        page = open_html(session.results, lang=lang, read_only=read_only, has_plan=has_plan)
        self._page = page.encode()
        self._news, self._closing = asyncio.Condition(), False

    def app(self) -> Starlette:
        """Return the application."""
        routes = [
            Route("/", self._index),
            Route("/api/state", self._state),
            Route("/api/edits", self._edits, methods=["POST"]),
            Route("/api/open", self._open, methods=["POST"]),
            Route("/api/way", self._way),
            Route("/api/closed", self._closed),
            Route("/api/gates", self._gates),
            Route("/api/join", self._join),
            Route("/api/crossing", self._crossing),
            Route("/api/community", self._community),
            Route("/api/wider", self._wider),
            Route("/api/walks", self._walks),
            Route("/api/compare", self._compare),
            Route("/api/alone", self._alone),
            Route("/api/events", self._events),
            Route("/api/changes.{form:str}", self._changes),
            Route("/api/whatif.html", self._whatif),
            Route("/api/ask", self._ask, methods=["POST"]),
            Route("/api/ask", self._asked),
            Route("/api/report.{form:str}", self._report),
        ]
        handlers: dict[Any, Callable[..., Any]] = {CfgeoError: self._fault, TooLongError: self._too_long}
        return Starlette(routes=routes, exception_handlers=handlers)

    async def _index(self, request: Request) -> Response:
        return HTMLResponse(self._page)

    async def _state(self, request: Request) -> Response:
        return await self._said(await run_in_threadpool(self.session.state))

    async def _edits(self, request: Request) -> Response:
        return await self._act(_object(await request.body()))

    async def _act(self, command: dict[str, Any]) -> Response:
        if self.read_only:
            raise ScenarioError("edit_read_only")
        state = await run_in_threadpool(self.session.act, command)
        async with self._news:
            self._news.notify_all()
        return await self._said(state)

    async def _said(self, state: dict[str, Any]) -> Response:
        """Answer with a state and its words."""
        words = await run_in_threadpool(desk_words, state, self.session.results, self.lang)
        remarks = [remark.text(self.lang) for remark in state["remarks"]]
        stale = state["stale"].text(self.lang) if state["stale"] else ""
        return JSONResponse({**state, "remarks": remarks, "stale": stale, "words": words})

    async def _open(self, request: Request) -> Response:
        """Take the changes of a table."""
        form = request.query_params.get("form")
        rows = await run_in_threadpool(self._rows_of, await request.body(), form if form in _FORMS else "xlsx")
        return await self._act({"do": "load", "rows": rows})

    def _rows_of(self, body: bytes, form: str) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"changes.{form}"
            path.write_bytes(body)
            content = read_rows(path, ChangeRow).content.get("change")
            if any(isinstance(row, dict) and row.get("file") for row in (content if isinstance(content, list) else ())):
                raise ScenarioError("edit_file")  # no path of the machine is read for a page
            return [row_of(change) for change in load_scenario(path, study=self.session.study).changes]

    async def _way(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self.session.street_at, *_place(request), _within(request)))

    async def _closed(self, request: Request) -> Response:
        streets = await run_in_threadpool(self.session.closed_streets)
        return JSONResponse(closed_words(streets, self.lang))

    async def _gates(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self.session.gates))

    async def _join(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self.session.joined_at, *_place(request)))

    async def _crossing(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self.session.crossing_at, *_place(request), _within(request)))

    async def _community(self, request: Request) -> Response:
        return JSONResponse({"community": await run_in_threadpool(self.session.community_at, *_place(request))})

    async def _wider(self, request: Request) -> Response:
        version, found = await run_in_threadpool(self.session.wider)
        if found is None:
            return JSONResponse({"version": version, "lines": [], "minutes": {}})
        known = self.session.results
        words = await run_in_threadpool(wider_words, known, found.verdicts, found.minutes, self.lang)
        return JSONResponse({"version": version, **words})

    async def _walks(self, request: Request) -> Response:
        asked = request.query_params
        if "lon" in asked:
            walks = await run_in_threadpool(self.session.walks_from, *_place(request))
        else:
            walks = await run_in_threadpool(self.session.walks, _whole(asked.get("community")))
        titles = clause_titles(self.session.results.parameters, self.lang)
        return JSONResponse([{**vars(walk), "title": titles[walk.clause]} for walk in walks])

    async def _compare(self, request: Request) -> Response:
        asked = [request.query_params.get(key, "") for key in ("one", "other")]
        sides = await run_in_threadpool(self.session.compare, *asked)
        faults = [_plain_words(side.fault, self.lang) for side in sides if side.fault is not None]
        words = await run_in_threadpool(compare_words, sides, self.session.results, self.lang)
        return JSONResponse({**words, "faults": faults})

    async def _alone(self, request: Request) -> Response:
        side = await run_in_threadpool(self.session.alone, _whole(request.query_params.get("id")))
        if side.fault is not None:
            raise side.fault
        return JSONResponse({"lines": alone_words(side, self.session.results, self.lang)})

    async def _events(self, request: Request) -> Response:
        return StreamingResponse(self._versions(request), media_type="text/event-stream")

    async def _versions(self, request: Request) -> AsyncIterator[str]:
        """Yield the number of each state."""
        told = -1
        while not (self._closing or await request.is_disconnected()):
            await run_in_threadpool(self.session.look)
            if told != self.session.version:
                told = self.session.version
                yield f"data: {told}\n\n"
            else:
                yield ": here\n\n"
            async with self._news:
                try:
                    await asyncio.wait_for(self._news.wait(), _BEAT_S)
                except TimeoutError:
                    continue

    async def close(self) -> None:
        """Let the tabs that wait for changes go, since the session ends."""
        self._closing = True
        self._jobs.stop()
        async with self._news:
            self._news.notify_all()

    async def _changes(self, request: Request) -> Response:
        form = request.path_params["form"]
        if form not in _FORMS:
            return Response(status_code=404)
        return _file(await run_in_threadpool(self._saved, form), f"changes.{form}", _FORMS[form])

    def _saved(self, form: str) -> bytes:
        if form == "toml":
            return decided_bytes(self.session.desk() or Scenario("", ()))
        table = change_table(self.session.rows(), lang=self.lang)
        return csv_bytes(table) if form == "csv" else sheet_bytes(table, lang=self.lang)

    async def _whatif(self, request: Request) -> Response:
        if await run_in_threadpool(self.session.desk) is None:
            return HTMLResponse(f"<!DOCTYPE html><meta charset=utf-8><p>{text('desk.no_whatif', self.lang)}</p>")
        result = await run_in_threadpool(self.session.whole)
        return HTMLResponse(await run_in_threadpool(whatif_html, result, lang=self.lang))

    async def _ask(self, request: Request) -> Response:
        """Begin a long question, or stop the one that is under way."""
        if self.read_only:
            raise ScenarioError("edit_read_only")
        question = _object(await request.body())
        if question.get("stop") is True:
            self._jobs.stop()
            return self._progress()
        await run_in_threadpool(self._begin, question)
        return self._progress()

    def _begin(self, question: dict[str, Any]) -> None:
        kind, session = question.get("ask"), self.session
        session.look()
        if session.stale:  # the question would be asked of another study than the page shows
            raise ScenarioError("study_stale", files=", ".join(session.stale))
        asked: dict[str, Any] = {"study": session.study.file, "cache": self._cache, "lang": self.lang}
        asked["scenario"] = session.desk()
        if kind == "report":
            if asked["scenario"] is None:
                raise ScenarioError("job_empty")
            self._jobs.begin("report", report, {**asked, "out": session.folder / REPORT})
        elif kind == "sites":
            self._jobs.begin("sites", sites, {**asked, **site_question(question)})
        elif kind == "plan":
            self._jobs.begin("plan", plan, asked)
        else:
            raise ScenarioError("edit_json")

    async def _asked(self, request: Request) -> Response:
        return self._progress()

    def _progress(self) -> Response:
        job = self._jobs.now()
        if job is None:
            return JSONResponse({"state": "none"})
        stage = name_of("desk", f"stage_{job.stage}", self.lang)
        return JSONResponse({**vars(job), "seconds": round(job.seconds, 1), "stage": stage})

    async def _report(self, request: Request) -> Response:
        """Give the last report, or one file of it; there is none before it was asked for."""
        form, title = request.path_params["form"], self.session.study.study.id
        try:
            body = await run_in_threadpool(report_file, self.session.folder / REPORT, form, self.lang)
        except (FileNotFoundError, KeyError):
            return Response(status_code=404)
        if form == "zip":
            return _file(body, f"{title}-report.zip", "application/zip")
        return _file(body, f"{title}-{text(f'desk.file_{form}', self.lang)}", "application/octet-stream")

    async def _fault(self, request: Request, error: Exception) -> Response:
        """Answer with what is wrong, in the page's language."""
        assert isinstance(error, CfgeoError)  # noqa: S101  (the handler is registered for it)
        return JSONResponse({"error": _plain_words(error, self.lang)}, 422)

    async def _too_long(self, request: Request, error: Exception) -> Response:
        return JSONResponse({"error": text("desk.too_long", self.lang)}, 413)


def _object(body: bytes) -> dict[str, Any]:
    """Return a body that holds a JSON object.

    Raises
    ------
    ScenarioError
        It holds none.
    """
    try:
        content = json.loads(body)
        json.dumps(content, ensure_ascii=False).encode()  # half a letter could be neither kept nor shown
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ScenarioError("edit_json")
    return content


def _plain_words(error: CfgeoError, lang: Lang) -> str:
    """Return what is wrong; of the changes on the desk, which are no file, without the name of one."""
    faults = error.values.get("faults")
    if not isinstance(faults, Message):
        return error.text(lang)
    return "\n".join(line.removeprefix("  - ") for line in faults.text(lang).splitlines())


def _whole(word: str | None) -> int:
    """Return a whole number of an address.

    Raises
    ------
    ScenarioError
        It is none.
    """
    if word is None or not (word.isascii() and word.isdecimal() and len(word) < _MOST_DIGITS):
        raise ScenarioError("edit_json")
    return int(word)


def _number(word: str | None) -> float:
    """Return a number of an address.

    Raises
    ------
    ScenarioError
        It is none.
    """
    try:
        number = float(word or "")
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ScenarioError("edit_json")
    return number


def _place(request: Request) -> tuple[float, float]:
    """Return the place that is asked about: lon, lat."""
    return _number(request.query_params.get("lon")), _number(request.query_params.get("lat"))


def _within(request: Request) -> float:
    """Return how far off it may be [m]."""
    return _number(request.query_params.get("within", "0"))


def _file(body: bytes, name: str, media_type: str) -> Response:
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    headers = {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"}
    return Response(body, media_type=media_type, headers=headers)
