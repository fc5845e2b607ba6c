"""A full disk, a limit of size and a folder that is read-only are one clear sentence, and leave the last good run."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from worlds.studies import invoke

import cfgeo
from cfgeo import OutputError, Results
from cfgeo.core.strings import LANGUAGES

KIB, PAGE = 1024, 4096


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return where a small disk of its own can be mounted; it goes afterwards."""
    place = tmp_path / "disk"
    place.mkdir()
    yield place
    subprocess.run(["/bin/umount", place], check=False, capture_output=True)


def mount(place: Path, options: str) -> None:
    command = ["/bin/mount", "-t", "tmpfs", "-o", options, "tmpfs", place]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("only an administrator may mount a disk")


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.skipif(sys.platform != "linux", reason="a disk is made as Linux does")
@pytest.mark.parametrize(
    ("group", "shares"), [("tables", (0.1, 0.35, 0.6, 0.8, 0.95)), ("map", (0.1, 0.8)), ("reports", (0.6,))]
)
def test_a_full_disk_is_an_error_and_leaves_the_last_good_run_or_what_has_arrived(
    town_results: Results, disk: Path, tmp_path: Path, group: str, shares: tuple[float, ...]
) -> None:
    cfgeo.publish(town_results, tmp_path / "whole", lang="zh", only=(group,))
    pages = sum(-(-len(body) // PAGE) for body in content(tmp_path / "whole").values())
    seen = set()
    for share in shares:  # another file each time
        mount(disk, f"size={int(pages * share) * PAGE}")
        (disk / "out" / "reports").mkdir(parents=True)
        (disk / "out" / "run.json").write_text(
            '{"versions": {"cfgeo": "0"}, "run": {"finished": "2026-01-01T00:00:00"}}'
        )
        good = content(disk)
        with pytest.raises(OutputError) as caught:
            cfgeo.publish(town_results, disk / "out", lang="zh", only=(group,))
        seen.add(caught.value.code)
        for lang in LANGUAGES:
            assert str(disk / "out") in caught.value.text(lang)
        if group == "reports":  # the record of this run came before them, and says that they are missing
            assert list(content(disk)) == ["out/run.json"]
            assert json.loads(content(disk)["out/run.json"])["pending"] == ["reports"]
        else:
            assert content(disk) == good
        subprocess.run(["/bin/umount", disk], check=True)
    assert seen == {"out_unwritable"}


@pytest.mark.skipif(sys.platform != "linux", reason="a disk is made as Linux does")
def test_a_read_only_disk_is_an_error_before_any_work(town_study: Path, disk: Path) -> None:
    mount(disk, "size=1m,ro")
    for out in (disk, disk / "out", disk / "deep" / "out"):
        result = invoke("run", town_study, "--out", out, "--no-cache", "--lang", "en")
        assert result.exit_code == 1
        assert "Reading the data" not in result.stderr
        assert f"{out} cannot be written" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such limit")
def test_a_limit_of_file_size_is_an_error(town_results: Results, tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20 * KIB, 20 * KIB))
        try:
            cfgeo.publish(town_results, tmp_path / "out", lang="en", only=("map",))
        except OutputError as error:
            os._exit(0 if error.code == "out_unwritable" else 1)
        os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert list(tmp_path.iterdir()) == []
