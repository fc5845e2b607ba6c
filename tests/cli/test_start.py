"""The start of a command: it loads what it needs and nothing else, and Ctrl-C ends it with one sentence."""

import ast
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from worlds.studies import degrees

import cfgeo
from cfgeo import __main__ as command
from cfgeo.cli.interrupt import SENTENCES, asked_language
from cfgeo.core.strings import LANGUAGES, text

WRITERS = {"docx", "jinja2", "matplotlib", "openpyxl", "xlsxwriter"}
READERS = {"osmium", "rasterio", "requests", "xlrd"}
GRAPHS = {"highspy", "networkx", "osmnx"}
TABLES = {"geopandas", "numpy", "pandas", "pyarrow", "pyogrio", "pyproj", "scipy", "shapely"}

RUN = """
import contextlib, io, json, sys
from cfgeo.__main__ import main
loaded = []
for verb in json.loads(sys.argv[1]):
    sys.argv = ["cfgeo", *verb]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
        main()
    loaded.append(sorted({name.partition(".")[0] for name in sys.modules}))
print(json.dumps(loaded))
"""


def loaded_by(*verbs: list[str]) -> list[set[str]]:
    """Return the top-level modules that are loaded after each of several commands in one process."""
    done = subprocess.run([sys.executable, "-c", RUN, json.dumps(verbs)], capture_output=True, text=True, check=True)
    return [set(names) for names in json.loads(done.stdout)]


def test_version_and_help_load_no_library_of_data() -> None:
    for names in loaded_by(["--version"], ["--help"], ["run", "--help"], ["plan", "--help", "--lang", "en"]):
        assert not names & (WRITERS | READERS | GRAPHS | TABLES)


def test_a_verb_loads_what_it_needs_and_nothing_else(town_study: Path, tmp_path: Path) -> None:
    study, cache = str(town_study), ["--cache", str(tmp_path / "cache")]
    lon, lat = degrees(200, 5)
    verbs = [
        ["check", study, *cache],
        ["reach", study, f"--from={lon},{lat}", *cache, "-o", str(tmp_path / "land.geojson")],
        ["explain", study, "--community", "C01", *cache, "-o", str(tmp_path / "walk.geojson")],
        ["run", study, *cache, "--only", "tables,map", "--out", str(tmp_path / "map")],
    ]
    checked, reached, explained, published = loaded_by(*verbs)
    assert (tmp_path / "land.geojson").exists()
    assert (tmp_path / "walk.geojson").exists()
    assert checked >= TABLES
    others = GRAPHS | READERS - {"osmium"}  # the streets are a file of osmium's
    for names in (checked, reached, explained):
        assert not names & (WRITERS | others)
    assert published & WRITERS == {"xlsxwriter", "jinja2"}
    assert not published & others


def test_import_cfgeo_loads_next_to_nothing() -> None:
    code = "import sys, cfgeo; print(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {name.partition(".")[0] for name in names} & (WRITERS | READERS | GRAPHS | TABLES)
    assert sorted(name for name in names if name.startswith("cfgeo")) == ["cfgeo", "cfgeo.publish"]


def test_a_wing_of_the_same_name_does_not_take_the_place_of_a_function() -> None:
    code = "import cfgeo, cfgeo.publish.safe_text, cfgeo.publish.writers; print(cfgeo.publish.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "publish\n"


def test_every_public_name_is_loaded_from_where_readers_of_the_code_see_it() -> None:
    source = ast.parse(Path(cfgeo.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in source.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    shown = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert sorted([*shown, "publish"]) == sorted(cfgeo.__all__)
    for name, (module, there) in shown.items():
        assert getattr(cfgeo, name) is getattr(sys.modules[str(module)], there)
    assert set(cfgeo.__all__) <= set(dir(cfgeo))
    with pytest.raises(AttributeError, match="no attribute 'run_studies'"):
        _ = cfgeo.run_studies  # type: ignore[attr-defined]


# --- Ctrl-C ---

MOMENTS = (0.0, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.1)
"""Seconds after the command has begun: most of them while Python still imports."""
STARTED = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from cfgeo.__main__ import main"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl-C to one process alone")
@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_at_any_moment_is_one_sentence(moment: float, town_study: Path, tmp_path: Path) -> None:
    code = f"{STARTED}, catch_interrupts; catch_interrupts(); print('begun', flush=True); main()"
    arguments = ["check", town_study, "--cache", tmp_path, "--lang", "en"]
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        time.sleep(moment)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    if process.returncode == 0:
        assert moment > 0.3, "it cannot have ended"
        return
    assert process.returncode == 130
    assert err.splitlines()[-1] == SENTENCES["en"]
    assert out == ""
    assert "Traceback" not in err
    assert "Exception" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl-C to one process alone")
def test_ctrl_c_while_python_ends_changes_nothing() -> None:
    late = "import atexit, os; atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))"
    # What Python's own end does, after the functions of atexit: handlers of Python go, others stay.
    after = "assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN"
    code = f"{STARTED}\n{late}\nimport sys; sys.argv = ['cfgeo', '--version']\ntry:\n    main()\nfinally:\n    {after}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("cfgeo ")


def test_an_interrupt_that_a_library_turns_into_an_error_of_its_own_is_one() -> None:
    code = f"""{STARTED}
import cfgeo.cli.console as console, signal
from cfgeo.cli.interrupt import catch_interrupts
from cfgeo.core.errors import InputError
catch_interrupts()
with console.clear_errors("zh"):
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise InputError("archive_other", file="a.rar") from None
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert SENTENCES["zh"] in done.stderr
    assert "a.rar" not in done.stderr


def test_an_interrupt_that_python_would_ignore_is_raised_again() -> None:
    code = f"""{STARTED}
import signal, time
from cfgeo.cli.interrupt import catch_interrupts, unwinding
class Last:
    def __del__(self): signal.raise_signal(signal.SIGINT)
catch_interrupts()
try:
    with unwinding():
        Last()
        time.sleep(30)
except KeyboardInterrupt:
    print("raised")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert (done.stdout, done.stderr) == ("raised\n", "")


def test_the_sentence_of_an_early_interrupt_is_that_of_the_texts() -> None:
    assert {lang: text("cli.interrupted", lang) for lang in LANGUAGES} == SENTENCES


def test_the_language_is_known_before_arguments_are_parsed() -> None:
    assert asked_language(["cfgeo", "--lang=en", "run", "a"]) == "en"
    assert asked_language(["cfgeo", "run", "--lang", "en", "--lang", "zh"]) == "zh"
    assert asked_language(["cfgeo", "run", "--lang", "fr"]) is None


def test_the_command_of_the_package_is_the_module() -> None:
    root = Path(cfgeo.__file__).parents[1]
    assert 'cfgeo = "cfgeo.__main__:main"' in (root / "pyproject.toml").read_text(encoding="utf-8")
    assert callable(command.main)
