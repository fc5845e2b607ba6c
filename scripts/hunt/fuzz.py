"""Mutate the files of a tiny study and check that every answer is findings or an error that a user can read.

    nice python scripts/hunt/fuzz.py [--cases 10000] [--from 0] [--seed 2026] [--log FILE]

Seed and number identify a case; the same pair gives the same files again (``--only NUMBER``). A worker process with
bounds on its memory and processor time reads each case. Anything but findings or a ``CfgeoError`` is a failure,
Python's warnings too.
"""

import argparse
import collections
import gc
import gzip
import json
import multiprocessing
import os
import platform
import random
import re
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path

import geopandas as gpd
import osmium
import pandas as pd

from cfgeo import CfgeoError, load_study, run_study
from cfgeo.core.strings import LANGUAGES
from cfgeo.files.osm.blobs import fields
from cfgeo.pipeline.check import check_study

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from odd_files import disguised, odd_osm  # noqa: E402  # both folders were just added to the path
from worlds.town import write_town  # noqa: E402

CASE_S = 30
"""Processor time that a case may take, so that a busy machine fails none."""
WAIT_S = 20 * CASE_S
"""For a case that waits for something, which takes no processor time."""
WORKER_BYTES = 3 * 2**30
RUN_EVERY = 10
"""One case in so many is judged too, not only checked."""
REPORT_EVERY = 500
_SLOWEST = 3
_DISGUISED, _ODD = 0.08, 0.6
"""Shares of the cases that become another format, and of OpenStreetMap's files that keep their format and are odd."""

_EXTREME = (
    b"0", b"-1", b"1e999", b"-1e308", b"NaN", b"Infinity", b"181", b"91", b"4294967296", b"99999999999999999999",
    b"0.0000000001", b"", b"null", b"true", b"[]", b"{}", b'""', b"\xe4\xb8\xad", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf",
    b"1048576", b"XFD1048576", b"%s%n", b"../../etc", b"'", b'"', b"<", b"&", b",", b"\r", b"\t",
)  # fmt: skip
_NUMBERS = (
    b"0", b"-1", b"1", b"2", b"3.5", b"-0.0", b"1e30", b"1e308", b"-1e308", b"1e-300", b"90.5", b"181", b"2147483648",
    b"4294967295", b"9223372036854775808", b"1048576", b"16384", b"65536",
)  # fmt: skip
_WORDS = (
    b"", b" ", b"NaN", b"inf", b"-1", b"1e400", b"null", b"XFD1048576", b"A1:XFD1048576", b"A0", b"2026-02-30", b"yes",
    b"steps", b"elevator", b"Polygon", b"Point", b"MultiLineString", b"id", b"name", b"EPSG:4490", b"EPSG:3857",
    b"x" * 5000, b"../x.csv", b"a\\b", "中文".encode(), "１２".encode(), "👶".encode(), "中".encode("gbk"),
)  # fmt: skip
_NUMBER = re.compile(rb"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
_QUOTED = re.compile(rb"(?<=\")[^\"\n<>]{0,200}(?=\")|(?<=>)[^<>\n]{1,200}(?=<)|(?<=,)[^,\"\n<>]{1,80}(?=[,\r\n])")
_TOKEN = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_\x80-\xff][\w\x80-\xff.:-]*|\"[^\"\n]{0,80}\"")

Bytes = bytes
Mutate = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True)
class Outcome:
    """The result of a case.

    Attributes
    ----------
    case : int
    file : str
        The file that was changed.
    kind : str
        ``findings``, ``judged``, ``refused CODE``; or a failure: ``crash``, ``timeout``, ``warning …``, an exception.
    seconds : float
        Of processor time; of waiting, where the process has ended.
    detail : str
        The traceback or warning of a failure.
    """

    case: int
    file: str
    kind: str
    seconds: float
    detail: str = ""

    @property
    def failed(self) -> bool:
        """Whether the result is anything but findings, a verdict or a refusal."""
        return not self.kind.startswith(("findings", "judged", "refused"))


# --- changes -----------------------------------------------------------------------------------------------------


def mutated(name: str, body: bytes, rng: random.Random) -> bytes:
    """Return a file's bytes changed in a place or a few, often inside its packed content; or another whole file."""
    odd = rng.random()
    if odd < _DISGUISED:
        return disguised(rng)
    if ".osm" in name and odd < _ODD:
        return odd_osm(name, body, rng)
    inside: dict[str, Mutate] = {".xlsx": _in_zip, ".kmz": _in_zip, ".zip": _in_zip, ".pbf": _in_pbf, ".gz": _in_gzip}
    unpacked = inside.get(Path(name).suffix)
    if unpacked is not None and rng.random() < 0.7:
        return unpacked(body, rng)
    return _changed(body, rng)


def _changed(body: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.choice((1, 1, 1, 1, 2, 4))):
        gentle = rng.random() < 0.75  # a file that stays well-formed gets past its parser
        body = rng.choice((_number, _word) if gentle else _ROUGH)(body, rng)
    return body


def _flip(body: bytes, rng: random.Random) -> bytes:
    if not body:
        return body
    at = rng.randrange(len(body))
    return body[:at] + bytes([body[at] ^ (1 << rng.randrange(8))]) + body[at + 1 :]


def _number(body: bytes, rng: random.Random) -> bytes:
    """Replace a number by another number, so that the file stays well-formed."""
    return _exchanged(body, _NUMBER, rng, (*_NUMBERS, str(rng.uniform(-200, 200)).encode()))


def _word(body: bytes, rng: random.Random) -> bytes:
    """Replace a text between quotes or tags by another text."""
    return _exchanged(body, _QUOTED, rng, _WORDS)


def _exchanged(body: bytes, pattern: re.Pattern[bytes], rng: random.Random, new: tuple[bytes, ...]) -> bytes:
    matches = list(pattern.finditer(body))
    if not matches:
        return _flip(body, rng)
    old = rng.choice(matches)
    replacement = rng.choice(matches)[0] if rng.random() < 0.6 else rng.choice(new)
    return body[: old.start()] + replacement + body[old.end() :]


def _token(body: bytes, rng: random.Random) -> bytes:
    """Replace a token by another token or by an extreme value."""
    tokens = list(_TOKEN.finditer(body))
    if not tokens:
        return _flip(body, rng)
    old, other = rng.choice(tokens), rng.choice(tokens)
    new = other[0] if rng.random() < 0.3 else rng.choice(_EXTREME)
    return body[: old.start()] + new + body[old.end() :]


def _span(body: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(body) + 1)
    return start, min(len(body), start + rng.choice((1, 2, 4, 16, 64, 512)))


def _cut(body: bytes, rng: random.Random) -> bytes:
    start, end = _span(body, rng)
    return body[:start] + body[end:]


def _repeat(body: bytes, rng: random.Random) -> bytes:
    start, end = _span(body, rng)
    return body[:end] + body[start:end] * rng.choice((1, 2, 50)) + body[end:]


def _insert(body: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(body) + 1)
    new = rng.choice(_EXTREME) if rng.random() < 0.5 else rng.randbytes(rng.choice((1, 4, 32)))
    return body[:at] + new + body[at:]


def _truncate(body: bytes, rng: random.Random) -> bytes:
    return body[: rng.randrange(len(body) + 1)]


def _swap(body: bytes, rng: random.Random) -> bytes:
    (a, b), (c, d) = sorted((_span(body, rng), _span(body, rng)))
    if b > c:
        return _cut(body, rng)
    return body[:a] + body[c:d] + body[b:c] + body[a:b] + body[d:]


_ROUGH: tuple[Mutate, ...] = (_token, _flip, _cut, _repeat, _insert, _truncate, _swap)


def _in_zip(body: bytes, rng: random.Random) -> bytes:
    """Change a member of an archive and pack it again with a correct checksum."""
    packed = BytesIO()
    with zipfile.ZipFile(BytesIO(body)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = rng.choice([name for name in names if "sheet" in name.lower() or "string" in name.lower()] or names)
        chosen = chosen if rng.random() < 0.7 else rng.choice(names)
        for name in names:
            member = old.read(name)
            new.writestr(name, _changed(member, rng) if name == chosen else member)
    return packed.getvalue()


def _in_gzip(body: bytes, rng: random.Random) -> bytes:
    return gzip.compress(_changed(gzip.decompress(body), rng))


def _in_pbf(body: bytes, rng: random.Random) -> bytes:
    """Change the content of a blob of an OpenStreetMap file; the frame around it stays whole."""
    blobs = list(_blobs(body))
    chosen = rng.randrange(len(blobs))
    written = b""
    for i, (kind, content) in enumerate(blobs):
        inner = _changed(content, rng) if i == chosen else content
        blob = b"\x0a" + _varint(len(inner)) + inner  # raw
        header = b"\x0a" + _varint(len(kind)) + kind + b"\x18" + _varint(len(blob))
        written += struct.pack(">I", len(header)) + header + blob
    return written


def _blobs(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(body):
        (size,) = struct.unpack(">I", body[at : at + 4])
        header = dict(fields(body[at + 4 : at + 4 + size]))
        at += 4 + size
        blob = dict(fields(body[at : at + int(header[3])]))
        at += int(header[3])
        yield bytes(header[1]), bytes(blob[1]) if 1 in blob else zlib.decompress(bytes(blob[3]))


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


# --- the study ---------------------------------------------------------------------------------------------------


def write_studies(folder: Path) -> Path:
    """Write the tests' town once as plain text and once in packed and binary files; return the folder."""
    study = write_town(folder / "text")
    packed = folder / "packed"
    shutil.copytree(study.parent, packed)
    with osmium.SimpleWriter(str(packed / "streets.osm.pbf")) as writer:
        for item in osmium.FileProcessor(str(packed / "streets.osm")):
            writer.add(item)
    (packed / "sports.osm.gz").write_bytes(gzip.compress((packed / "streets.osm").read_bytes()))
    pd.read_csv(packed / "schools.csv").to_excel(packed / "schools.xlsx", index=False)
    pd.read_csv(packed / "children_homes.csv").to_csv(packed / "children_homes.csv", index=False, encoding="gb18030")
    for name, ending, driver in (
        ("parks", "kml", "KML"), ("walkways", "gpkg", "GPKG"), ("homes", "fgb", "FlatGeobuf"),
        ("communities", "shp", "ESRI Shapefile"),
    ):  # fmt: skip
        table = gpd.read_file(packed / f"{name}.geojson").rename(columns={"street_office": "office"})
        table.to_file(packed / f"{name}.{ending}", driver=driver)
    with zipfile.ZipFile(packed / "parks.kmz", "w", zipfile.ZIP_DEFLATED) as kmz:
        kmz.write(packed / "parks.kml", "doc.kml")
    with zipfile.ZipFile(packed / "communities.zip", "w", zipfile.ZIP_DEFLATED) as shapes:
        for ending in ("shp", "shx", "dbf", "prj", "cpg"):
            shapes.write(packed / f"communities.{ending}", f"communities.{ending}")
    body = (packed / "study.toml").read_text(encoding="utf-8")
    for old, new in (
        ("streets.osm", "streets.osm.pbf"), ("schools.csv", "schools.xlsx"), ("parks.geojson", "parks.kmz"),
        ("walkways.geojson", "walkways.gpkg"), ("homes.geojson", "homes.fgb"),
        ("communities.geojson", "communities.zip"),
    ):  # fmt: skip
        body = body.replace(f'path = "{old}"', f'path = "{new}"')
    body = body.replace('.zip"', '.zip"\ncolumns = { street_office = "office" }')
    body = body.replace('path = "sports.csv"', 'path = "sports.osm.gz"\nosm = { highway = "*" }')
    (packed / "study.toml").write_text(body, encoding="utf-8")
    text = study.read_text(encoding="utf-8")
    for name in (
        "children_homes",
        "sports",
    ):  # read like schools and stations, so they add nothing
        text = text.replace(f'[layers.{name}]\npath = "{name}.csv"\n', "")
    study.write_text(text, encoding="utf-8")
    for kept, files in ((body, packed), (text, study.parent)):
        for path in files.iterdir():
            if f'"{path.name}"' not in kept and path.name not in {"study.toml", "standard.toml"}:
                path.unlink()
    return folder


FILES = {
    "text": ("communities.geojson", "homes.geojson", "schools.csv", "stations.csv", "streets.osm", "study.toml"),
    "packed": ("streets.osm.pbf", "schools.xlsx", "parks.kmz", "walkways.gpkg", "homes.fgb", "communities.zip",
               "sports.osm.gz", "children_homes.csv", "study.toml", "standard.toml"),
}  # fmt: skip
_WEIGHTS = {
    "communities.geojson": 3, "homes.geojson": 2, "schools.csv": 3, "stations.csv": 1, "streets.osm": 5,
    "study.toml": 2, "streets.osm.pbf": 5, "schools.xlsx": 6,
}  # fmt: skip
"""Kinds of files that offices and OpenStreetMap bring most often are changed most often; the others weigh 1."""


def changed_file(seed: int, case: int) -> tuple[str, str, random.Random]:
    """Return the study and file that a case changes, and its random numbers."""
    rng = random.Random(f"{seed}-{case}")  # noqa: S311
    choices = [(study, name) for study, names in FILES.items() for name in names]
    study, name = rng.choices(choices, [_WEIGHTS.get(name, 1) for _, name in choices])[0]
    return study, name, rng


# --- running -----------------------------------------------------------------------------------------------------


def try_case(home: Path, seed: int, case: int) -> Outcome:
    """Change one file, read the study, and restore the file."""
    study, name, rng = changed_file(seed, case)
    path = home / study / name
    body = path.read_bytes()
    begun = time.process_time()
    try:
        path.write_bytes(mutated(name, body, rng))
        kind, detail = _answer(home / study, judge=case % RUN_EVERY == 0)
    finally:
        path.write_bytes(body)
    return Outcome(case, name, kind, time.process_time() - begun, detail)


def _answer(folder: Path, *, judge: bool) -> tuple[str, str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            study = load_study(folder)
            (run_study if judge else check_study)(study)
            kind = "judged" if judge else "findings"
        except CfgeoError as error:
            for lang in LANGUAGES:
                error.text(lang)
            kind = f"refused {error.code}"
        except Exception as error:  # what this script looks for
            return type(error).__name__, traceback.format_exc()
    if caught:
        first = caught[0]
        return f"warning {first.category.__name__}", f"{first.filename}:{first.lineno}: {first.message}"
    return kind, ""


def _work(home: Path, seed: int, pipe: Connection) -> None:
    """Try the cases that the pipe asks for; runs in a process of its own."""
    resource.setrlimit(resource.RLIMIT_AS, (WORKER_BYTES, WORKER_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open(os.devnull, "w") as silence:  # noqa: PTH123  # of libraries in C
        os.dup2(silence.fileno(), 2)
    gc.freeze()  # what was imported is no garbage
    while (case := pipe.recv()) is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 1 + CASE_S, resource.RLIM_INFINITY))
        pipe.send((try_case(home, seed, case), _peak_kb()))


def _peak_kb() -> int:
    """Return the peak memory of this process; Linux's rusage would include its parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class Worker:
    """A process that tries cases, and starts again after a case that took it down.

    Attributes
    ----------
    peak_kb : int
        The peak memory of any of its processes.
    """

    def __init__(self, home: Path, seed: int) -> None:
        self.home, self.seed, self.peak_kb = home, seed, 0
        self.process: multiprocessing.process.BaseProcess | None = None

    def __enter__(self) -> "Worker":
        self._start()
        return self

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.folder = Path(tempfile.mkdtemp(prefix="cfgeo-fuzz-"))
        shutil.copytree(self.home, self.folder, dirs_exist_ok=True)
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(self.folder, self.seed, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def _stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
        self.pipe.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __exit__(self, *error: object) -> None:
        self._stop()

    def try_case(self, case: int) -> Outcome:
        """Return the result of a case, whatever it does to the process."""
        begun = time.perf_counter()
        try:
            self.pipe.send(case)
            if self.pipe.poll(WAIT_S):
                outcome, peak_kb = self.pipe.recv()
                self.peak_kb = max(self.peak_kb, peak_kb)
                return outcome  # type: ignore[no-any-return]
            kind = "timeout"
        except (EOFError, OSError):
            self.process.join()
            kind = "timeout" if self.process.exitcode == -signal.SIGXCPU else "crash"
        self._stop()
        self._start()
        return Outcome(case, changed_file(self.seed, case)[1], kind, time.perf_counter() - begun)


def main() -> int:
    """Try the cases and print their results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first case; default 0")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--log", type=Path, help="failures, one JSON object per line")
    parser.add_argument("--only", type=int, help="a single case, in this process")
    options = parser.parse_args()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="cfgeo-fuzz-") as name:
        home = write_studies(Path(name))
        if options.only is not None:
            outcome = try_case(home, options.seed, options.only)
            print(outcome.kind, outcome.file, outcome.detail)
            return int(outcome.failed)
        with Worker(home, options.seed) as worker:
            outcomes = []
            for case in range(options.first, options.first + options.cases):
                outcomes.append(worker.try_case(case))
                if len(outcomes) % REPORT_EVERY == 0:
                    failed = sum(outcome.failed for outcome in outcomes)
                    print(
                        f"{len(outcomes)} cases, {failed} failed, {time.perf_counter() - begun:.0f} s", file=sys.stderr
                    )
                if outcomes[-1].failed and options.log:
                    with options.log.open("a", encoding="utf-8") as log:
                        log.write(json.dumps(vars(outcomes[-1]), ensure_ascii=False) + "\n")
            _print(outcomes, options.seed, worker.peak_kb, time.perf_counter() - begun)
    return int(any(outcome.failed for outcome in outcomes))


def _print(outcomes: list[Outcome], seed: int, peak_kb: int, seconds: float) -> None:
    libraries = ("cfgeo", "geopandas", "pyogrio", "shapely", "openpyxl", "osmium", "pandas")
    print(f"{len(outcomes)} cases, seed {seed}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    print(f"Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in libraries)}")
    slowest = sorted(outcomes, key=lambda outcome: outcome.seconds)[-_SLOWEST:][::-1]
    shown = ", ".join(f"{outcome.seconds:.1f} s ({outcome.file})" for outcome in slowest)
    print(f"{seconds:.0f} s; most memory {peak_kb / 1024:.0f} MB; slowest {shown}\n")
    files = collections.Counter(outcome.file for outcome in outcomes)
    kinds = ("findings", "judged", "refused", "failed")
    print(f"| file | cases | {' | '.join(kinds)} |\n|---|{'---:|' * (len(kinds) + 1)}")
    for file, count in files.most_common():
        by_kind = collections.Counter(
            "failed" if outcome.failed else outcome.kind.split()[0] for outcome in outcomes if outcome.file == file
        )
        print(f"| `{file}` | {count} | {' | '.join(str(by_kind[kind]) for kind in kinds)} |")
    print()
    for kind, count in collections.Counter(outcome.kind for outcome in outcomes).most_common():
        print(f"{count:6d}  {kind}")


if __name__ == "__main__":
    sys.exit(main())
