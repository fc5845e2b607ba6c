"""What the verbs share: how positions, boxes and walks are written, and where networks are kept."""

import io
import json
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import IO

import geopandas as gpd
import pandas as pd
import pytest
import typer
from worlds.studies import edited, invoke
from worlds.town import write_town

from cfgeo.cli import console
from cfgeo.cli.console import Format, box, cache_folder, clear_errors, minutes_of, position, say
from cfgeo.cli.findings import findings_as
from cfgeo.core.errors import OutputError, StudyError
from cfgeo.core.findings import describe, findings_table
from cfgeo.core.schema import WGS84
from cfgeo.core.strings import Sentence


def test_positions_boxes_and_walks_may_have_spaces_and_chinese_commas() -> None:
    assert position("106.55, 29.56") == position("106.55，29.56") == (106.55, 29.56)
    assert box("106.48,29.53,106.59,29.58") == (106.48, 29.53, 106.59, 29.58)
    assert minutes_of(["15,5,15"]) == minutes_of(["15", "5"]) == (5, 15)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (position, "106.55"),
        (position, "29,106.55"),
        (box, "1,2,3"),
        (box, "2,1,1,2"),
        (minutes_of, ["0"]),
        (minutes_of, ["x"]),
    ],
)
def test_an_invalid_value_is_named_in_the_error(read: object, value: str | list[str]) -> None:
    assert callable(read)
    with pytest.raises(StudyError) as caught:
        read(value)
    assert "".join(value) in caught.value.text("en")


def test_no_findings_are_stated() -> None:
    none = findings_table([])
    assert findings_as(describe(none, "en"), gpd.GeoSeries([], crs=WGS84), Format.TEXT, "en") == "No findings.\n"


def test_networks_are_cached_unless_that_is_off(tmp_path: Path) -> None:
    assert cache_folder(tmp_path, off=False) == tmp_path
    assert cache_folder(tmp_path, off=True) is None
    assert cache_folder(None, off=False) is not None


def test_a_users_error_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exception, match="1"), clear_errors("en"):  # typer's way to leave with exit 1
        raise StudyError("site_how_many")
    assert capsys.readouterr().err.startswith("Error: Say how many sites")


COMMANDS = "\x1b\x07\x08\r\x7f\x9b\u202e\u2066\u200f\u2028"
"""What a terminal obeys instead of showing, or what turns what follows."""


def test_what_is_printed_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"甲\t乙{COMMANDS}\n丙")
    say(f"丁{COMMANDS}", err=True)
    out, err = capsys.readouterr()
    shown = "\ufffd" * len(COMMANDS)
    assert (out, err) == (f"甲\t乙{shown}\n丙\n", f"丁{shown}\n")


def test_the_verbs_print_through_one_function() -> None:
    """A print of its own would let a name in the data command the terminal."""
    files = {path.name: path.read_text(encoding="utf-8") for path in Path(console.__file__).parent.glob("*.py")}
    prints = {name: len(re.findall(r"\becho\(|(?<![.\w])print\(", text)) for name, text in files.items()}
    assert {name: count for name, count in prints.items() if count} == {"console.py": 1}


@pytest.mark.parametrize("kind", Format)
def test_findings_carry_names_that_command_nothing(kind: Format) -> None:
    name = f"社区{COMMANDS}\n[error] 假"
    findings = pd.DataFrame(
        [{"layer": "schools", "row": name, "rule": "r", "severity": "note", "what": name, "mend": ""}]
    )
    shown = findings_as(findings, gpd.GeoSeries([None], crs=WGS84), kind, "en")
    assert not set(COMMANDS) & set(shown)
    if kind is Format.JSON:
        assert json.loads(shown)[0]["what"] == name  # nothing is lost for a program
    if kind is Format.TEXT:
        assert len(shown.splitlines()) == 1


@pytest.mark.parametrize("verb", ["check", "run"])
def test_a_title_and_names_command_no_terminal(tmp_path: Path, verb: str) -> None:
    study = edited(write_town(tmp_path / "town"), 'title = "', 'title = "\\u001b[2J\\u202e')
    file = study.parent / "communities.geojson"
    file.write_text(
        file.read_text(encoding="utf-8").replace('"Lower West"', '"Lower\\u001b\\u0007 West\\u202e"'), "utf-8"
    )
    out = ["--out", tmp_path / "out", "--only", "map,tables"] if verb == "run" else []
    done = invoke(verb, study, *out, "--no-cache")
    assert not set("\x1b\x07\u202e") & set(done.output)
    for path in (tmp_path / "out").glob("*.[ch]*"):  # .csv and .html
        assert not set("\x1b\x07\u202e") & set(path.read_text(encoding="utf-8")), path.name


def test_an_interrupt_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as caught, clear_errors("en"):
        raise KeyboardInterrupt
    assert caught.value.exit_code == 130
    assert capsys.readouterr().err == (
        "Interrupted. Results of each step are written whole or not at all: what was there before stays as it was.\n"
    )


class _Full(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_behind_stdout_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", _Full())
    with pytest.raises(OutputError, match="Standard output cannot be written to"):
        say("x")
    monkeypatch.setattr(sys, "stderr", _Full())
    with pytest.raises(typer.Exit):
        say("x", err=True)


def ended(stdout: IO[bytes] | int) -> tuple[int, str]:
    """Return how ``cfgeo --version`` ends with a stdout, and what it says on stderr."""
    code = "from cfgeo.__main__ import main; main()"
    with subprocess.Popen([sys.executable, "-c", code, "--version"], stdout=stdout, stderr=subprocess.PIPE) as process:
        if process.stdout:
            process.stdout.close()  # a reader that has gone
        _, err = process.communicate()
    return process.returncode, err.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_ends_a_command_with_one_sentence() -> None:
    with Path("/dev/full").open("wb") as full:
        code, err = ended(full)
    assert code == 1
    assert err.startswith("错误：无法写到标准输出")
    assert len(err.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end otherwise on Windows")
def test_a_reader_that_has_gone_ends_a_command_in_silence() -> None:
    assert ended(subprocess.PIPE) == (1, "")


def test_what_other_libraries_log_does_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with clear_errors("en"):
        logging.getLogger("matplotlib.font_manager").warning("findfont: Font family 'x' not found.")
        logging.getLogger("cfgeo.network.cache").warning(Sentence("notice.cache_damaged", folder="kept"))
    assert capsys.readouterr().err.splitlines() == [Sentence("notice.cache_damaged", folder="kept").text("en")]
