"""Ctrl-C at any moment: one sentence and exit code 130, also while Python still loads what a verb needs.

Imports next to nothing, for it has to be there before everything else.
"""

import _thread
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise

from cfgeo.core import LANG_VARIABLE

INTERRUPTED = 130
"""The exit code of a command that its user stopped."""

SENTENCES = {
    "zh": "已中断。每一步的结果要么完整写出，要么不写：此前已就绪的保持不变。",
    "en": "Interrupted. Results of each step are written whole or not at all: what was there before stays as it was.",
}
"""``cli.interrupted`` of the texts, for an interrupt before these can be read."""

_caught: list[bool] = []


def catch_interrupts() -> None:
    """Let Ctrl-C end the process with one sentence from here on."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where the caller wants it ignored
        signal.signal(signal.SIGINT, _leave)


def let_end() -> None:
    """Let Ctrl-C do nothing once all is done: Python gives it back to the system while it ends, and that kills."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def unwinding() -> Iterator[None]:
    """Let Ctrl-C raise :class:`KeyboardInterrupt` meanwhile, so that work puts away what it has begun."""
    if signal.getsignal(signal.SIGINT) is not _leave:
        yield
        return
    hook = sys.unraisablehook
    sys.unraisablehook = _raise_again
    signal.signal(signal.SIGINT, _raise)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, _leave)
        sys.unraisablehook = hook


def was_interrupted() -> bool:
    """Return whether Ctrl-C was caught: libraries in C turn it into errors of their own."""
    return bool(_caught)


def asked_language(arguments: Sequence[str]) -> str | None:
    """Return the language that arguments ask for with ``--lang``, or the environment, before they are parsed."""
    words = " ".join(arguments).replace("--lang=", "--lang ").split()
    asked = [after for word, after in pairwise(words) if word == "--lang" and after in SENTENCES]
    usual = os.environ.get(LANG_VARIABLE)
    return asked[-1] if asked else usual if usual in SENTENCES else None


def _leave(*_: object) -> None:
    """End the process: modules are being loaded, or all is done; an exception could get lost there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(Exception):
        sys.stdout.flush()
    with suppress(Exception):
        sys.stderr.write(f"{SENTENCES[asked_language(sys.argv) or 'zh']}\n")
        sys.stderr.flush()
    os._exit(INTERRUPTED)


def _raise(*_: object) -> None:
    _caught.append(True)
    raise KeyboardInterrupt


def _raise_again(lost: "sys.UnraisableHookArgs") -> None:
    """Interrupt once more where Python ignores exceptions, as in what is called when an object goes."""
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
        return
    threading.Timer(0.01, _interrupt_main).start()


def _interrupt_main() -> None:
    if hasattr(signal, "pthread_kill"):  # wakes the main thread from a wait, as interrupt_main does on Windows alone
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()
