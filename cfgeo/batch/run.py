"""A batch from its studies to its files: judge each district, then all of them together."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from cfgeo.batch.budget import share_budget
from cfgeo.batch.extracts import Note, extracts
from cfgeo.batch.kept import Task
from cfgeo.batch.merged import put_together
from cfgeo.batch.pools import Judge, processes
from cfgeo.batch.studies import Batch, Named
from cfgeo.core.errors import OutputError
from cfgeo.core.lock import locked
from cfgeo.core.strings import Lang
from cfgeo.publish import GROUPS, require_groups
from cfgeo.publish.batch.files import BATCH, begin_batch, write_batch
from cfgeo.publish.batch.partition import remove_others
from cfgeo.publish.batch.values import BatchResults, District
from cfgeo.publish.workers import cores

_LOCK = ".cfgeo-batch.lock"


@dataclass(frozen=True)
class BatchChoices:
    """How a batch is judged.

    Attributes
    ----------
    lang : str
    groups : tuple of str
        What each district's run writes.
    plan : bool
        Whether to look for the plans of ``[projects]``.
    cache : Path, optional
        Where networks are kept; None keeps none.
    """

    lang: Lang
    groups: tuple[str, ...] = GROUPS
    plan: bool = True
    cache: Path | None = None


def run_batch(
    batch: Batch,
    root: str | Path,
    choices: BatchChoices,
    *,
    where: Callable[[], AbstractContextManager[Judge]] | None = None,
    tell: Callable[[District, int, int], None] = lambda district, count, of: None,
    note: Note = lambda sentence: None,
) -> tuple[BatchResults, list[Path]]:
    """Judge the districts of a batch, each as ``cfgeo run`` would, and write what they are together.

    A district that fails is a row with its reason. Only faults of disks and of the network are tried again, once all
    others are done. Districts whose files, choices and versions are those of the last call are not judged again.

    Parameters
    ----------
    batch
        What :func:`cfgeo.batch.studies.load_batch` gives.
    root
        Folder to write; made if missing.
    choices
        How to judge.
    where
        Opens what judges districts; processes of this machine, one a core, when missing.
    tell
        Called as each district ends, with how many have ended, of how many.
    note
        Called with what is done before any is judged.

    Returns
    -------
    results : BatchResults
    paths : list of Path
        The files of all districts together.

    Raises
    ------
    OutputError
        The folder cannot be written, holds something else, or another batch is writing to it; or a group of outputs is
        not known.
    """
    require_groups(choices.groups)
    shown, root = Path(root), Path(root).absolute()
    _require_ours(root, shown)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / _LOCK, place=root, wait_s=0):
            begin_batch(root)
            tasks = [_task(each, root, choices) for each in batch.studies]
            with extracts(tasks, root, note) as ready, (where or partial(processes, cores()))() as judge:
                ended = dict(_each(ready, judge, tell))
            remove_others(root, ended)
            results = BatchResults(batch.title, batch.title_en, tuple(ended[task.id] for task in tasks))
            results = put_together(results, root, {task.id: task.file for task in tasks})
            if batch.budget is not None:
                results = replace(results, budget=share_budget(results.districts, batch.budget))
            paths = write_batch(results, root, lang=choices.lang)
            return results, [shown / path.relative_to(root) for path in paths]
    except OSError as error:
        raise OutputError("out_unwritable", folder=root, reason=error) from error


def _task(named: Named, root: Path, choices: BatchChoices) -> Task:
    """Return how a district is judged."""
    how = choices.lang, choices.groups, choices.plan, choices.cache
    return Task(named.id, named.path, named.file, root, *how, part=named.part)


def _each(
    tasks: list[Task], judge: Judge, tell: Callable[[District, int, int], None]
) -> Iterator[tuple[str, District]]:
    """Yield each district as it ends, by its id; those that a passing fault stopped a second time."""
    again, by_id, count = list[Task](), {task.id: task for task in tasks}, 0
    for round_, some in enumerate((tasks, again)):
        for district in judge(list(some)):
            if district.again and round_ == 0:
                again.append(by_id[district.id])
                continue
            count += 1
            tell(district, count, len(tasks))
            yield district.id, district


def _require_ours(root: Path, shown: Path) -> None:
    """Check, before any long work, that a folder is new, empty or a batch's.

    Raises
    ------
    OutputError
        It is a file, or holds something else.
    """
    if root.exists() and not root.is_dir():
        raise OutputError("out_is_file", folder=shown)
    if not root.is_dir() or not any(root.iterdir()):
        return
    try:
        ours = "batch" in json.loads((root / BATCH).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        ours = False
    if not ours:
        raise OutputError("out_not_ours", folder=shown)
