"""When the outputs of a whole run arrive, in processor time and as ratios to ``python -c "import geopandas"``."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.commands import processor_s

_RUN = """
import os, sys, time
from pathlib import Path
from cfgeo import load_study, publish
from cfgeo.core.clock import Course
from cfgeo.pipeline.run import judge_study
if hasattr(os, "sched_setaffinity"):  # else other processes draw reports and sheets, and their time is not seen here
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
study, folder = load_study(Path(sys.argv[1])), Path(sys.argv[2])
for round in range(2):  # the second finds the network in the cache
    begun = time.process_time()
    judged = judge_study(study, plan=True, cache=folder / "cache")
    if round == 0:
        loaded = begun
        continue
    arrived = lambda group: print(group, loaded + time.process_time() - begun, flush=True)
    publish(judged.results, folder / "out", lang="zh", course=Course(judged.find_plan, arrived))
"""


def arrivals(study: Path) -> Iterator[str]:
    """Yield a table: processor time until each group of outputs is in place, on one core, network cached."""
    unit_s = processor_s("-c", "import geopandas")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _RUN, str(study.resolve()), folder]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    yield "The default run by arrival, processor time from its start, on one core with the network cached:"
    yield ""
    yield '| | s | ratio to `python -c "import geopandas"` |'
    yield "|---|---:|---:|"
    for line in lines:
        group, seconds = line.split()[0], float(line.split()[1])
        yield f"| {'map and tables' if group == 'map' else group} | {seconds:.1f} | {seconds / unit_s:.1f} |"
    yield ""
