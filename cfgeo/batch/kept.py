"""What a batch keeps of each district, and whether a district has to be judged again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cfgeo.batch.parts import Part, study_at
from cfgeo.core.hashes import file_sha256, sha256_of
from cfgeo.core.results import Results
from cfgeo.core.strings import Lang
from cfgeo.publish.batch.partition import hashes_of
from cfgeo.publish.run.folder import RECORD, put
from cfgeo.publish.run.record import versions
from cfgeo.study.config import Cut, Study

RECORDS, DISTRICTS = "records", "districts"
FORMAT = 2
"""Version of the record's format: raised when its content no longer means the same. 2 added ``plan``."""

_Stamp = tuple[Path, int, int]
_hashes: dict[_Stamp, str] = {}
"""Files of this process by path, size and time: a province's streets are hashed once for all its districts."""


@dataclass(frozen=True)
class Task:
    """One district to judge; other processes and machines get it, so it holds paths and choices only.

    Attributes
    ----------
    id : str
    path : str
        The study, as messages name it.
    file : Path
        Its ``study.toml``.
    root : Path
        The batch's folder.
    lang : str
    groups : tuple of str
        What a run writes.
    plan : bool
        Whether to look for the plan of ``[projects]``.
    cache : Path, optional
        Where networks are kept.
    cut : Cut, optional
        The part of a file of several studies that this one reads.
    part : Part, optional
        Which communities of the study are the district's.
    """

    id: str
    path: str
    file: Path
    root: Path
    lang: Lang
    groups: tuple[str, ...]
    plan: bool
    cache: Path | None
    cut: Cut | None = None
    part: Part | None = None

    def study(self) -> Study:
        """Return what is to be judged; it is read each time."""
        return study_at(self.file, self.part)

    @property
    def folder(self) -> Path:
        """The folder of its run."""
        return self.root / DISTRICTS / self.id

    @property
    def record(self) -> Path:
        """The file that says how it ended."""
        return self.root / RECORDS / f"{self.id}.json"

    @property
    def options(self) -> dict[str, Any]:
        """What else the outputs depend on, beside the study's files and the versions."""
        part = {} if self.part is None else {"part": {self.part.column: self.part.value}}
        return {"lang": self.lang, "groups": list(self.groups), "plan": self.plan, **part}


def keep(task: Task, results: Results, parts: list[Path]) -> dict[str, Any]:
    """Write the record of a district that has been judged, and return it.

    It has no time in it: the same district gives the same bytes.
    """
    parameters, run = results.parameters, _run_of(task.folder)
    standard = {key: parameters["standard"][key] for key in ("id", "title", "title_en", "target_share")}
    record = {
        "format": FORMAT,
        "id": task.id,
        "study": parameters["study"],
        "options": task.options,
        "standard": standard,
        "rules": rules_of(parameters),
        "basis": parameters["demand_basis"],
        "district": results.district,
        **({"plan": {key: run["plan"][key] for key in ("unit", "most", "frontier")}} if "plan" in run else {}),
        "outputs": run["outputs"],
        "files": hashes_of(parts, task.root),
    }
    task.record.parent.mkdir(parents=True, exist_ok=True)
    put(task.record, (json.dumps(record, ensure_ascii=False, indent=2, default=_plain) + "\n").encode())
    return record


def rules_of(parameters: Mapping[str, Any]) -> str:
    """Return the hash of what verdicts are made by, beside the data: districts of one hash can be counted together."""
    keys = ("standard", "clauses", "walk", "walkers", "paces", "search_minutes")
    content = json.dumps([parameters[key] for key in keys], sort_keys=True, ensure_ascii=False, default=_plain)
    return hashlib.sha256(content.encode()).hexdigest()


def kept(task: Task, study: Study) -> dict[str, Any] | None:
    """Return the record of a district where judging it again would give the same files; None where it may not.

    The study's files have the hashes that ``run.json`` names, and so have the outputs; choices and versions are the
    same. What comes from a database is read again: it has no file to look at.
    """
    try:
        record, run = json.loads(task.record.read_text(encoding="utf-8")), _run_of(task.folder)
        same = (
            record["format"] == FORMAT
            and record["options"] == task.options
            and record["outputs"] == run["outputs"]
            and "pending" not in run
            and run["versions"] == json.loads(json.dumps(versions()))
            and all(_hash(study.resolve(file["path"])) == file["sha256"] for file in run["inputs"])
            and all(sha256_of(task.folder / file["path"]) == file["sha256"] for file in run["outputs"])
            and all(sha256_of(task.root / name) == sha256 for name, sha256 in record["files"].items())
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if same else None


def forget(task: Task) -> None:
    """Remove the record of a district that is judged anew: should that be stopped, nothing claims that it was done."""
    task.record.unlink(missing_ok=True)


def _run_of(folder: Path) -> dict[str, Any]:
    run: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return run


def _hash(path: Path) -> str:
    """Return the SHA-256 of an input; of one that has not changed since this process saw it, without reading it."""
    about = path.stat()
    if not path.is_file():
        return file_sha256(path)
    return _hashes.get(stamp := (path, about.st_size, about.st_mtime_ns)) or _hashes.setdefault(
        stamp, file_sha256(path)
    )


def _plain(value: Any) -> Any:
    """Return a number of numpy as JSON has it."""
    return value.item()
