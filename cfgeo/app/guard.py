"""Who may ask: this machine's browser with the session's token, and no other page, host or site.

A server on the loopback is open to every page in the browser and, by DNS rebinding, to names that others choose. So
``Host`` has to be this address, a command has to come from this page (``Origin``), and each question has to carry the
session's token in a cookie that no other site's page can send (``SameSite=Strict``).
"""

import hmac
import time
from collections.abc import Callable
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 2_000_000
"""The longest body; a table of a thousand changes has a tenth of it."""
MOST_AT_ONCE, EACH_SECOND = 600, 100.0
"""Questions that may come in one burst, and so many more each second: eight tabs at work ask a tenth of it."""
HOST = "127.0.0.1"
_NAMES = (HOST, "localhost")
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Answers nothing but questions of the session's own page.

    Parameters
    ----------
    app
        What answers them.
    token
        Of the session; in the address that is printed, then in a cookie.
    port
        That the page is served on.
    too_fast
        What is said to a page that asks without end.
    clock
        Seconds that only grow.
    """

    def __init__(
        self, app: ASGIApp, *, token: str, port: int, too_fast: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.app, self.token, self.port, self.too_fast = app, token, port, too_fast
        self._clock, self._left, self._asked_at = clock, float(MOST_AT_ONCE), clock()
        self.cookie = f"cfgeo-{port}"
        self.hosts = {f"{name}:{port}" for name in _NAMES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one question."""
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)
        answer = self.app if refusal is None else refusal
        await answer(scope, _Limited(receive), _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to who may not ask, and to who brings the token in the address; None to who may ask."""
        headers = Headers(scope=scope)
        if fault := self._fault(headers, scope["method"]):
            return PlainTextResponse(*fault)
        if not self._has_time():
            return JSONResponse({"error": self.too_fast}, 429, {"Retry-After": "1"})
        asked = parse_qs(scope["query_string"].decode("ascii", "replace")).get("token", [""])[0]
        if scope["path"] == "/" and self._is_token(asked):  # the token leaves the address bar, and the history
            response = RedirectResponse("/", 303)
            response.set_cookie(self.cookie, self.token, httponly=True, samesite="strict")
            return response
        if self._is_token(cookie_parser(headers.get("cookie", "")).get(self.cookie, "")):
            return None
        return PlainTextResponse("no token", 403)

    def _fault(self, headers: Headers, method: str) -> tuple[str, int] | None:
        """Return what is wrong with a question, whoever asks it."""
        origin, length = headers.get("origin"), headers.get("content-length", "0")
        if headers.get("host", "").lower() not in self.hosts:
            return "wrong host", 421
        if origin is None and method not in ("GET", "HEAD"):
            return "no origin", 403
        if origin is not None and origin not in {f"http://{host}" for host in self.hosts}:
            return "wrong origin", 403
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return "too long", 413
        return None

    def _has_time(self) -> bool:
        """Return whether there is time for one more question: a bucket of them that fills as time goes by."""
        now = self._clock()
        self._left = min(self._left + (now - self._asked_at) * EACH_SECOND, float(MOST_AT_ONCE))
        self._asked_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def _is_token(self, word: str) -> bool:
        return hmac.compare_digest(word.encode("utf-8", "replace"), self.token.encode())


class TooLongError(Exception):
    """A body is longer than ``MOST_BYTES``."""


class _Limited:
    """Receives a body, and no more of it than ``MOST_BYTES``: what a header says of its length need not be so."""

    def __init__(self, receive: Receive) -> None:
        self.receive, self.left = receive, MOST_BYTES

    async def __call__(self) -> Message:
        message = await self.receive()
        self.left -= len(message.get("body", b""))
        if self.left < 0:
            raise TooLongError
        return message


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)

    return sending
