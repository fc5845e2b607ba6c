"""Judge many districts in processes, on Dask, with a worker killed and with the scheduler killed: the same bytes.

    python scripts/hunt/districts.py [-n 40] [--real STUDY …] [--growth 10,50,200]

The districts are towns in several places, every seventh broken on purpose in another way, and real studies where they
are given. The pool's outputs are what all others are held against, byte by byte but for ``run`` of each ``run.json``:
those of two workers of Dask; of two workers one of which is killed half-way; and of a second call, after the scheduler
was killed half-way under the first. With ``--growth`` sound towns alone are judged, in these numbers, and the processor
time for each is printed, with the memory of the process that waits for all. Exit 1 if something differs.
"""

import argparse
import multiprocessing
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

# isort: split
from worlds.cities import contents, write_cities

from cfgeo.batch.cluster import LOCAL, cluster
from cfgeo.batch.pools import processes
from cfgeo.batch.run import BatchChoices, run_batch
from cfgeo.batch.studies import load_batch
from cfgeo.core.errors import ServiceError
from cfgeo.publish.batch.values import BatchResults, District

CHOICES = BatchChoices("en", ("map", "tables"))
WORKERS = 2
_SCHEDULER = """
from distributed import LocalCluster
if __name__ == "__main__":
    own = LocalCluster(n_workers=2, threads_per_worker=1, memory_limit=0, dashboard_address=None, silence_logs=50)
    print(own.scheduler_address, flush=True)
    input()
"""
Tell = Callable[[District, int, int], None]


def _quiet(district: District, count: int, of: int) -> None:
    """Do nothing as a district ends."""


def write(folder: Path, count: int, real: list[Path]) -> Path:
    """Write towns, break every seventh of them, and return the batch of these and of real studies."""
    write_cities(folder, count, broken=False)
    for nth, home in enumerate(sorted(folder.glob("d*"))[::7]):
        _BREAKS[nth % len(_BREAKS)](home)
    studies = ", ".join(f"'{study.resolve().as_posix()}'" for study in real)
    (folder / "cities.toml").write_text(f"[batch]\nstudies = ['*/study.toml', {studies}]\n", encoding="utf-8")
    return folder / "cities.toml"


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


_BREAKS: tuple[Callable[[Path], object], ...] = (
    lambda home: (home / "schools.csv").unlink(),
    lambda home: (home / "study.toml").write_text("[study\n"),
    lambda home: _cut_short(home / "streets.osm"),
    lambda home: _cut_short(home / "communities.geojson"),
    lambda home: (home / "standard.toml").write_text('[standard]\nid = "x"\n'),
    lambda home: shutil.copy(home / "schools.csv", home / "homes.geojson"),
)


def judged(
    batch: Path, out: Path, where: Callable[[], AbstractContextManager[Any]], tell: Tell = _quiet
) -> BatchResults:
    """Judge a batch."""
    return run_batch(load_batch(batch), out, CHOICES, where=where, tell=tell)[0]


def kill_a_worker(district: District, count: int, of: int) -> None:
    """Kill a worker when half of the districts have ended."""
    if count == of // 2:
        multiprocessing.active_children()[0].kill()


@contextmanager
def scheduler() -> Iterator["subprocess.Popen[str]"]:
    """Yield a process that is a scheduler with two workers; its address is what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "scheduler.py"
        script.write_text(_SCHEDULER, encoding="utf-8")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen([sys.executable, script], **pipes) as process:  # type: ignore[call-overload]
            try:
                yield process
            finally:
                process.kill()


def stopped_and_resumed(batch: Path, out: Path) -> tuple[BatchResults, str]:
    """Judge a batch whose scheduler is killed half-way, and again; return what the second call finds, and a fault."""
    with scheduler() as process:
        address = process.stdout.readline().strip()  # type: ignore[union-attr]

        def kill_it(district: District, count: int, of: int) -> None:
            if count == of // 2:
                process.kill()

        fault = "the call did not end with its scheduler"
        try:
            judged(batch, out, partial(cluster, address, WORKERS), kill_it)
        except ServiceError:
            fault = ""
    return judged(batch, out, partial(processes, WORKERS)), fault


def differences(out: Path, good: dict[str, Any]) -> list[str]:
    """Return the files of a batch that are not as they should be."""
    found = contents(out)
    return sorted(name for name in found.keys() | good.keys() if found.get(name) != good.get(name))


def hunt(batch: Path, home: Path) -> int:
    """Judge a batch in all ways; print a line each, and return how many differ."""
    results = judged(batch, home / "pool", partial(processes, WORKERS))
    good = contents(home / "pool")
    print(f"pool: {len(results.districts)} districts, {len(results.failed)} failed, {len(good)} files", flush=True)
    failed = 0
    for name, tell in {"dask": _quiet, "a worker killed": kill_a_worker}.items():
        judged(batch, home / name, partial(cluster, LOCAL, WORKERS), tell)
        failed += _told(name, differences(home / name, good))
    again, fault = stopped_and_resumed(batch, home / "scheduler")
    kept = sum(district.state == "kept" for district in again.districts)
    unlike = differences(home / "scheduler", good) + ([fault] if fault else [])
    return failed + _told(f"the scheduler killed, {kept} kept by the second call", unlike)


def _told(name: str, unlike: list[str]) -> int:
    print(f"{name}: {'the same bytes' if not unlike else f'differs in {unlike[:5]}'}", flush=True)
    return int(bool(unlike))


def growth(counts: list[int]) -> Iterator[str]:
    """Yield how long each of so many sound towns takes, and what the process that waits for them holds."""
    yield "| districts | processor s a district | s on the clock a district | waiting process, MB |"
    yield "|---:|---:|---:|---:|"
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            batch = write_cities(Path(folder) / "cities", count, broken=False)
            begun, used = time.monotonic(), _processor_s()
            judged(batch, Path(folder) / "out", partial(processes, WORKERS))
            clock, spent = time.monotonic() - begun, _processor_s() - used
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        yield f"| {count} | {spent / count:.2f} | {clock / count:.2f} | {peak:.0f} |"


def _processor_s() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=40, help="how many towns")
    parser.add_argument("--real", type=Path, nargs="+", default=[], help="studies to judge with them")
    parser.add_argument("--growth", default="", help="how many sound towns to time instead, such as 10,50,200")
    options = parser.parse_args()
    if options.growth:
        for line in growth([int(count) for count in options.growth.split(",")]):
            print(line, flush=True)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        batch = write(Path(folder) / "cities", options.n, options.real)
        return min(hunt(batch, Path(folder)), 1)


if __name__ == "__main__":
    raise SystemExit(main())
