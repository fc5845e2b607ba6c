"""One district of a batch: what another process, here or on a cluster, is asked to do."""

import errno
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from cfgeo.batch.kept import Task, forget, keep, kept
from cfgeo.core.clock import Course
from cfgeo.core.errors import CfgeoError, OutputError, ServiceError
from cfgeo.core.strings import Lang, Message, Sentence, text
from cfgeo.pipeline.run import judge_study
from cfgeo.publish import lacks_letters, publish
from cfgeo.publish.batch.partition import remove_parts, write_parts
from cfgeo.publish.batch.values import District
from cfgeo.publish.run.folder import require_writable

_log = logging.getLogger(__name__)
_PASSING = {
    errno.EIO, errno.EBUSY, errno.EAGAIN, errno.ESTALE, errno.ETIMEDOUT, errno.ENETDOWN, errno.ENETUNREACH,
    errno.ENETRESET, errno.ECONNABORTED, errno.ECONNRESET, errno.ECONNREFUSED, errno.EHOSTDOWN, errno.EHOSTUNREACH,
    errno.ENOSPC, errno.ENOLCK, errno.EMFILE, errno.ENFILE,
}  # fmt: skip
"""Faults of disks and networks, which may be over the next time; not what a user has to mend first."""


def judge_district(task: Task) -> District:
    """Judge a district and write its run and its tables, unless they stand there already; say how that ended.

    It raises nothing: the other districts go on. It can be asked again at any time, and after any end.
    """
    begun = time.monotonic()
    with _noticed(task.lang) as notices:
        district = _ended(task)
    return replace(district, notices=tuple(notices), seconds=round(time.monotonic() - begun, 1))


def _ended(task: Task) -> District:
    try:
        return _judge(task)
    except CfgeoError as error:
        return _failed(task, error.code, error.text(task.lang), again=is_passing(error))
    except OSError as error:
        fault = OutputError("out_unwritable", folder=task.root, reason=error)
        return _failed(task, fault.code, fault.text(task.lang), again=is_passing(error))
    except Exception as error:  # a fault of ours in one district, too, stops no other
        reason = text("batch.unexpected", task.lang, error=f"{type(error).__name__}: {error}")
        return _failed(task, "unexpected", reason, again=False)


def _judge(task: Task) -> District:
    study = task.study()
    record = kept(task, study)
    if record is not None:
        return District(task.id, task.path, "kept", record)
    forget(task)
    remove_parts(task.root, task.id)
    require_writable(task.folder)
    judged = judge_study(study.with_cut(task.cut), plan=task.plan, cache=task.cache)
    publish(judged.results, task.folder, lang=task.lang, only=task.groups, course=Course(judged.find_plan))
    parts = write_parts(judged.results, task.root, task.id)
    record = keep(task, judged.results, parts)
    if lacks_letters(judged.results, task.groups, lang=task.lang):
        _log.warning(Sentence("batch.no_pictures"))
    return District(task.id, task.path, "done", record)


def _failed(task: Task, code: str, reason: str, *, again: bool) -> District:
    with suppress(OSError):  # a disk that is gone
        forget(task)
        remove_parts(task.root, task.id)
    return District(task.id, task.path, "failed", code=code, reason=reason, again=again)


def is_passing(error: BaseException | None) -> bool:
    """Return whether a disk or the network is at fault, in an error or in what it was raised from."""
    while error is not None:
        if isinstance(error, ServiceError) or (isinstance(error, OSError) and error.errno in _PASSING):
            return True
        reason = error.values.get("reason") if isinstance(error, CfgeoError) else None
        error = reason if isinstance(reason, OSError) else error.__cause__
    return False


@contextmanager
def _noticed(lang: Lang) -> Iterator[list[str]]:
    """Collect what would be told on stderr, where other districts' sentences would be mixed in."""
    notices: list[str] = []
    handler = _Notes(notices, lang)
    logger = logging.getLogger("cfgeo")
    logger.addHandler(handler)
    propagates, logger.propagate = logger.propagate, False
    try:
        yield notices
    finally:
        logger.propagate = propagates
        logger.removeHandler(handler)


class _Notes(logging.Handler):
    """Takes notices down, in a language."""

    def __init__(self, notices: list[str], lang: Lang) -> None:
        super().__init__(logging.WARNING)
        self.notices, self.lang = notices, lang

    def emit(self, record: logging.LogRecord) -> None:
        """Take one down."""
        self.notices.append(record.msg.text(self.lang) if isinstance(record.msg, Message) else record.getMessage())
