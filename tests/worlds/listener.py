"""A server that only counts who calls: no file may make cfgeo open a connection."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Listener:
    """Listens on this computer. ``calls`` counts connections; each is answered with "not found"."""

    def __init__(self) -> None:
        self.calls = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            with caller:
                caller.settimeout(1)
                try:
                    caller.recv(4096)
                    caller.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")
                except OSError:
                    pass

    def close(self) -> None:
        self._socket.close()


@contextmanager
def listening() -> Iterator[Listener]:
    """Yield a listener; fail if anybody has called it."""
    listener = Listener()
    try:
        yield listener
    finally:
        listener.close()
    assert listener.calls == 0, "a file made cfgeo open a connection"
