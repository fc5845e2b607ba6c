"""Run two revisions of the project on the same studies and check that every output is the same.

    python scripts/hunt/same_outputs.py BASE [--head REVISION] [--quick] [--keep DIR] [STUDY …]

For refactorings. Each study is run with all outputs, in both languages, and checked; the default study also goes
through ``explain``, ``whatif``, ``site``, ``plan`` and ``compare``. The script compares what each command prints and
writes by SHA-256, ``run.json`` without its object ``run``. If the bytes of a page differ, it compares the page's data
and its picture in Chromium, since scripts in the page may have moved. Both revisions run in the environment of this
Python; DIR keeps the outputs of BASE for the next comparison. Exit 1 if anything differs, with its name.
"""

import argparse
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the scripts' folder

# isort: split
from hunt.kills import hashes

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = ROOT / "data"
PICTURE_TRIES = 3
"""A busy machine draws a page now and then before its labels are in place."""
POINT, COMMUNITY = "106.5531,29.5581", "500103001003"
CHANGES = """
[scenario]
title = "One of each kind"
[[change]]
action = "add"
layer = "schools"
kind = "primary"
lon = 106.5605
lat = 29.5572
[[change]]
action = "close"
layer = "sports"
facility = "sports-3"
[[change]]
action = "refit"
layer = "hospitals"
facility = "hospitals-1"
attributes = { certified = "yes" }
[[change]]
action = "add"
link = "stairs"
wkt = "LINESTRING (106.559993 29.555243, 106.559247 29.555034)"
tags = { step_count = 96, incline = "up" }
[[change]]
action = "close"
way = 563
"""


@dataclass(frozen=True)
class Command:
    """A command line of cfgeo. It writes into a folder of its own, ``{out}`` in its words."""

    name: str
    words: tuple[str, ...]


def run_commands(name: str, study: Path, *, quick: bool) -> Iterator[Command]:
    """Yield the runs of a study in both languages, and its check."""
    for lang in ("zh", "en"):
        fewer = ("--only", "map,tables", "--no-plan") if quick else ()
        yield Command(f"{name}-{lang}", ("run", str(study), "--out", "{out}", "--lang", lang, *fewer))
    yield Command(f"{name}-check", ("check", str(study), "--format", "json", "--lang", "en"))


def other_commands(inputs: Path, *, quick: bool) -> Iterator[Command]:
    """Yield a case of each other verb, on the default study."""
    study = str(DEFAULT)
    yield Command("explain-zh", ("explain", study, "--from", POINT, "-o", "{out}/a.geojson", "-o", "{out}/a.png"))
    yield Command("explain-en", ("explain", study, "--community", COMMUNITY, "--lang", "en"))
    yield Command("reach", ("reach", study, "--from", POINT, "-o", "{out}/a.geojson"))
    files = ("-o", "{out}/a.html", "-o", "{out}/a.csv", "-o", "{out}/a.geojson")
    yield Command("whatif-zh", ("whatif", study, str(inputs / "changes.toml"), *files))
    yield Command("whatif-en", ("whatif", study, str(inputs / "changes.toml"), *files, "--lang", "en"))
    site = ("site", study, "--layer", "sports", "--count", "3", "-o", "{out}/a.gpkg", "-o", "{out}/a.png")
    yield Command("site-zh", (*site, *files))
    yield Command("site-en", (*site, *files, "--lang", "en"))
    yield Command("before", ("run", study, "--only", "tables", "--no-plan", "--out", "{out}"))
    yield Command("after", ("run", str(inputs / "after"), "--only", "tables", "--no-plan", "--out", "{out}"))
    yield Command("compare-zh", ("compare", "before", "after", "--out", "{out}"))
    yield Command("compare-en", ("compare", "before", "after", "--out", "{out}", "--lang", "en"))
    if not quick:
        plan = ("plan", study, "--target", "0.6", "-o", "{out}/a.xlsx", "-o", "{out}/a.gpkg", "-o", "{out}/a.png")
        yield Command("plan-zh", (*plan, *files))


def write_inputs(folder: Path) -> None:
    """Write the inputs of the commands besides the studies."""
    (folder / "changes.toml").write_text(CHANGES, encoding="utf-8")
    shutil.copytree(DEFAULT, folder / "after")
    schools = folder / "after" / "facilities" / "schools.csv"
    lines = schools.read_text(encoding="utf-8").splitlines(keepends=True)
    schools.write_text("".join(lines[:-12]), encoding="utf-8")


def run_all(tree: Path, home: Path, commands: list[Command]) -> dict[str, str]:
    """Run the commands with the package of a folder, and return the hash of each output and of each printed text."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONUTF8": "1"}
    for command in commands:
        out = home / command.name
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        words = [word.replace("{out}", command.name) for word in command.words]
        begun = time.monotonic()
        cached = ["--cache", "cache"] if command.words[0] != "compare" else []
        done = subprocess.run(
            [sys.executable, "-m", "cfgeo", *words, *cached],
            cwd=home,
            env=environment,
            capture_output=True,
            check=False,
        )
        printed = home / f"{command.name}.txt"
        printed.write_bytes(untimed(b"exit %d\n%s---\n%s" % (done.returncode, done.stdout, done.stderr)))
        print(f"  {command.name:14} exit {done.returncode}, {time.monotonic() - begun:.0f} s", flush=True)
    shutil.rmtree(home / "cache", ignore_errors=True)
    return hashes(home)


def untimed(printed: bytes) -> bytes:
    """Return printed text without its durations."""
    return re.sub(rb"\d+(\.\d+)? ?(m?s\b|(\xe6\xaf\xab)?\xe7\xa7\x92)", b"N s", printed)


def differing(base: Path, head: Path, names: list[str]) -> Iterator[str]:
    """Yield the outputs that differ in what a reader sees of them."""
    for name in names:
        files = [base / name, head / name]
        if not all(file.is_file() for file in files):
            yield f"{name} (only one revision has it)"
        elif name.endswith("run.json"):
            if len({record_of(file) for file in files}) > 1:
                yield name
        elif not name.endswith(".html"):
            yield name
        elif len({data_of(file) for file in files}) > 1:
            yield f"{name} (its data)"
        elif not any(picture_of(files[0]) == picture_of(files[1]) for _ in range(PICTURE_TRIES)):
            yield f"{name} (its picture)"
        else:
            print(f"  {name}: other bytes, the same data and picture")


def record_of(file: Path) -> str:
    """Return the record of a run without when it ran, and without the bytes of its pages, which are compared apart."""
    record = json.loads(file.read_text(encoding="utf-8"))
    del record["run"]
    record["outputs"] = [output for output in record["outputs"] if not output["path"].endswith(".html")]
    return json.dumps(record)


def data_of(page: Path) -> str:
    """Return the data of a page."""
    match = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page.read_text(encoding="utf-8"), re.S)
    return match[1] if match else ""


def picture_of(page: Path) -> str:
    """Return the hash of a page's picture in Chromium."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "page.png"
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        size = ["--window-size=1600,1000", "--virtual-time-budget=8000", f"--screenshot={picture}"]
        command = ["chromium", *flags, *size, f"--user-data-dir={folder}/user", page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True)
        return hashlib.sha256(picture.read_bytes()).hexdigest()


def checkout(revision: str, folder: Path) -> None:
    """Write the package as it was at a revision into a folder."""
    archive = git("archive", "--format=tar", revision, "cfgeo")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    (folder / "data").symlink_to(DEFAULT)


def git(*words: str) -> bytes:
    """Return what git prints."""
    return subprocess.run([str(shutil.which("git")), *words], cwd=ROOT, check=True, capture_output=True).stdout


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", metavar="BASE", help="a revision that git knows")
    parser.add_argument("studies", nargs="*", type=Path, metavar="STUDY", help="studies besides the default one")
    parser.add_argument("--head", help="the revision to compare; the files of this folder when missing")
    parser.add_argument("--quick", action="store_true", help="without reports, map sheets and plans")
    parser.add_argument("--only", default="", metavar="TEXT", help="only commands with TEXT in their names")
    parser.add_argument("--keep", type=Path, help="folder for the outputs, which then stay")
    options = parser.parse_intermixed_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        home = (options.keep or Path(temporary)).resolve()
        home.mkdir(parents=True, exist_ok=True)
        if not (home / "inputs").exists():
            (home / "inputs").mkdir()
            write_inputs(home / "inputs")
        commands = list(run_commands("default", DEFAULT, quick=options.quick))
        for study in options.studies:
            commands += run_commands(study.resolve().parent.name, study.resolve(), quick=options.quick)
        commands += other_commands(home / "inputs", quick=options.quick)
        commands = [command for command in commands if options.only in command.name]
        return compare(options.base, options.head, home, commands, quick=options.quick)


def compare(base: str, head: str | None, home: Path, commands: list[Command], *, quick: bool) -> int:
    """Run both revisions, print what differs, and return the exit code."""
    kind = "quick" if quick else "full"
    commit = git("rev-parse", base).decode()[:12]
    base_out, head_out = home / f"{commit}-{kind}", home / f"head-{kind}"
    with tempfile.TemporaryDirectory() as folder:
        missing = [command for command in commands if not (base_out / f"{command.name}.txt").is_file()]
        if missing:
            print(f"{base}:", flush=True)
            checkout(base, Path(folder) / "base")
            run_all(Path(folder) / "base", base_out, missing)
        shutil.rmtree(head_out, ignore_errors=True)
        if head:
            checkout(head, Path(folder) / "head")
        print(f"{head or 'the files of this folder'}:", flush=True)
        run_all(Path(folder) / "head" if head else ROOT, head_out, commands)
    chosen = {command.name for command in commands}
    before, after = (
        {name: digest for name, digest in hashes(out).items() if re.split(r"[/.]", name)[0] in chosen}
        for out in (base_out, head_out)
    )
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    wrong = list(differing(base_out, head_out, names))
    print(*(f"DIFFERS: {name}" for name in wrong), f"{len({*before, *after})} files, {len(wrong)} differ", sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
