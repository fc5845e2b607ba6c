"""The guard by itself: how many questions it lets through as time goes by."""

import asyncio
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from cfgeo.app.guard import EACH_SECOND, MOST_AT_ONCE, Guard


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("here")(scope, receive, send)


def test_so_many_questions_at_once_and_then_so_many_a_second() -> None:
    now = [0.0]
    guard = Guard(answer, token="t", port=80, too_fast="慢一点", clock=lambda: now[0])  # noqa: S106

    def ask(host: str = "127.0.0.1:80") -> tuple[int, bytes]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        headers = [(b"host", host.encode()), (b"cookie", b"cfgeo-80=t")]
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers}
        asyncio.run(guard(scope, receive, send))
        return sent[0]["status"], sent[1]["body"]

    assert [ask()[0] for _ in range(MOST_AT_ONCE)] == [200] * MOST_AT_ONCE
    status, body = ask()
    assert (status, body.decode()) == (429, '{"error":"慢一点"}')
    now[0] += 2.5 / EACH_SECOND
    assert [ask()[0] for _ in range(3)] == [200, 200, 429]
    assert ask("evil.example")[0] == 421  # others are refused, and use up nothing
    now[0] += 3600
    assert [ask()[0] for _ in range(MOST_AT_ONCE + 1)] == [200] * MOST_AT_ONCE + [429]
