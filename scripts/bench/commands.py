"""Whole commands, from the start of Python to its end, in processor time: what a user waits for on a quiet machine."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROUNDS = 3


def command_lines(study: Path) -> Iterator[str]:
    """Yield the table of commands, each measured by the libraries that it cannot do without."""
    with tempfile.TemporaryDirectory() as folder:
        cached, out = ("--cache", f"{folder}/cache"), ("--out", f"{folder}/out")
        run = ("-m", "cfgeo", "run", str(study), "--only", "map,tables", *out, *cached)
        processor_s(*run, rounds=1)  # so that the network is in the cache
        rows = {
            '`python -c "import typer"`': ("-c", "import typer"),
            '`python -c "import geopandas"`': ("-c", "import geopandas"),
            '`python -c "import cfgeo"`': ("-c", "import cfgeo"),
            "`cfgeo --version`": ("-m", "cfgeo", "--version"),
            "`cfgeo --help`": ("-m", "cfgeo", "--help"),
            "`cfgeo check STUDY`": ("-m", "cfgeo", "check", str(study), *cached),
            "`cfgeo run STUDY --only map,tables`, network cached": run,
        }
        taken = {name: processor_s(*words) for name, words in rows.items()}
    yield f"Commands for `{study}`, processor seconds of whole processes, the best of {ROUNDS}:"
    yield ""
    yield "| | s | of `import geopandas` | more than `import typer`, s |"
    yield "|---|---:|---:|---:|"
    typer_s, geopandas_s = taken['`python -c "import typer"`'], taken['`python -c "import geopandas"`']
    for name, seconds in taken.items():
        yield f"| {name} | {seconds:.2f} | {seconds / geopandas_s:.1f} | {seconds - typer_s:.2f} |"
    yield ""


def processor_s(*words: str, rounds: int = ROUNDS) -> float:
    """Return the processor time of a Python process with its threads and children, the least of several rounds [s]."""
    return min(_once(words) for _ in range(rounds))


def _once(words: tuple[str, ...]) -> float:
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        said = process.stderr.read() if process.stderr else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(said.decode(errors="replace"))
    return used.ru_utime + used.ru_stime
