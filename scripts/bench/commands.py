"""Whole commands, from the start of Python to its end, in processor time: what a user waits for on a quiet machine."""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

ROUNDS = 3


def command_lines(study: Path) -> Iterator[str]:
    """Yield the table of commands, each measured by the libraries that it cannot do without."""
    with tempfile.TemporaryDirectory() as folder:
        cached, out = ("--cache", f"{folder}/cache"), ("--out", f"{folder}/out")
        only = ("--only", "map,tables", "--no-plan", *out, *cached)
        run = ("-m", "cfgeo", "run", str(study), *only)
        taken = {
            f'`python -c "import {name}"`': processor_s("-c", f"import {name}")
            for name in ("typer", "geopandas", "cfgeo")
        }
        for words in (["--version"], ["--help"], ["check", str(study), *cached]):
            name = f"`cfgeo {' '.join(words[:1])}`"
            taken[name] = processor_s("-m", "cfgeo", *words)
        first = "`cfgeo run --only map,tables`, nothing kept"
        taken[first] = processor_s(*run, before=lambda: shutil.rmtree(f"{folder}/cache", ignore_errors=True))
        taken["… the network kept, all walks anew"] = processor_s(*run, before=lambda: _forget(folder))
        taken["… the case that was run before"] = processor_s(*run)
        layers = tomllib.loads(study.read_text(encoding="utf-8"))["layers"].values()
        lists = [layer["path"] for layer in layers if str(layer.get("path")).endswith(".csv")]
        if lists:
            changed = Path(shutil.copytree(study.parent, Path(folder, "study")), study.name)
            shorter = partial(_shorten, changed.parent / lists[0])
            taken[f"… one place less in `{lists[0]}` each time"] = processor_s(
                "-m", "cfgeo", "run", str(changed), *only, before=shorter
            )
        opened = ("-m", "cfgeo", "open", str(study), "--no-browser", *out, *cached)
        taken["`cfgeo open` after a run, until its address"] = min(_until_line(opened) for _ in range(ROUNDS))
    yield f"Commands for `{study}`, processor seconds of whole processes, the best of {ROUNDS}:"
    yield ""
    yield "| | s | of `import geopandas` | more than `import typer`, s |"
    yield "|---|---:|---:|---:|"
    typer_s, geopandas_s = taken['`python -c "import typer"`'], taken['`python -c "import geopandas"`']
    for name, seconds in taken.items():
        yield f"| {name} | {seconds:.2f} | {seconds / geopandas_s:.1f} | {seconds - typer_s:.2f} |"
    yield ""


def _forget(folder: str) -> None:
    """Remove walks and parts of the page from the cache, as if all lists had changed: network, map and relief stay."""
    for kind in ("walks", "pieces"):
        for home in Path(folder, "cache").glob(f"{kind}-*"):
            shutil.rmtree(home)


def _shorten(table: Path) -> None:
    """Take the last place out of a list, so that it is one that was never seen."""
    table.chmod(0o644)
    table.write_bytes(b"".join(table.read_bytes().splitlines(keepends=True)[:-1]))


def processor_s(*words: str, rounds: int = ROUNDS, before: Callable[[], object] = lambda: None) -> float:
    """Return the processor time of a Python process with its threads and children, the least of several rounds [s].

    ``before`` is called before each.
    """
    return min((before(), _once(words))[1] for _ in range(rounds))


def _once(words: tuple[str, ...]) -> float:
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        said = process.stderr.read() if process.stderr else b""
        seconds = _ended(process)
    if process.returncode:
        raise RuntimeError(said.decode(errors="replace"))
    return seconds


def _until_line(words: tuple[str, ...]) -> float:
    """Return the processor time of a Python process until it prints its first line; then it is ended."""
    command = [sys.executable, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        if process.stdout is None or not process.stdout.readline():
            raise RuntimeError(f"{words} ended without a line")
        process.kill()
        return _ended(process)


def _ended(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process, and return its processor time [s]."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime
