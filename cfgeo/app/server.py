"""Serve a session on the loopback until Ctrl-C."""

import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from cfgeo.app.guard import HOST, Guard
from cfgeo.app.service import Service
from cfgeo.core.errors import OutputError
from cfgeo.core.strings import text


@contextmanager
def listener_on(port: int) -> Iterator[socket.socket]:
    """Hold a socket that listens on the loopback.

    Parameters
    ----------
    port
        0: any free one.

    Raises
    ------
    OutputError
        The port is taken, or is not for users.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        try:
            listener.bind((HOST, port))
        except OSError as error:
            raise OutputError("port_taken", port=port, reason=error) from error
        yield listener


def serve(service: Service, listener: socket.socket, *, ready: Callable[[str], None]) -> None:
    """Serve until the process is interrupted.

    Parameters
    ----------
    service
        What answers.
    listener
        From :func:`listener_on`.
    ready
        Called with the address, the session's token included, once it is answered.
    """
    port, token = int(listener.getsockname()[1]), secrets.token_urlsafe(24)
    guard = Guard(service.app(), token=token, port=port, too_fast=text("desk.too_fast", service.lang))
    config = uvicorn.Config(
        guard,
        log_level="error",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        limit_concurrency=64,
        timeout_graceful_shutdown=1,
    )
    _Server(config, service, lambda: ready(f"http://{HOST}:{port}/?token={token}")).run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that says when it answers, and lets waiting tabs go when it ends."""

    def __init__(self, config: uvicorn.Config, service: Service, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._service, self._ready = service, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._service.close()
        await super().shutdown(sockets)
