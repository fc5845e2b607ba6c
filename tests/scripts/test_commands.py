"""The two commands decide correctly when to make, fill or reuse the environment, and what to pass on."""

import importlib
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from worlds.town import town_layers

from cfgeo import load_study, run_study
from cfgeo.cli.main import app
from cfgeo.core.schema import Network

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def scripts() -> dict[str, ModuleType]:
    names = ("_environment", "_python_version", "run", "check", "bench.cities", "bench.district", "bench.peers")
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def environment(scripts: dict[str, ModuleType]) -> ModuleType:
    return scripts["_environment"]


class TestPython:
    @pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 10, 13)])
    def test_an_old_python_gets_a_message_in_both_languages(
        self, scripts: dict[str, ModuleType], version: tuple[int, ...]
    ) -> None:
        message = scripts["_python_version"].complaint(version)
        assert "3.11 or newer" in message
        assert f"this is Python {version[0]}.{version[1]}." in message
        assert "更新版本" in message

    @pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 2), (4, 0, 0)])
    def test_a_new_enough_python_gets_no_message(
        self, scripts: dict[str, ModuleType], version: tuple[int, ...]
    ) -> None:
        assert scripts["_python_version"].complaint(version) is None

    def test_an_old_python_can_read_the_file_with_the_message(self) -> None:
        source = (ROOT / "scripts" / "_python_version.py").read_text(encoding="utf-8")
        compile(source, "_python_version.py", "exec")
        assert "match " not in source
        assert ":=" not in source


class TestDecision:
    @pytest.fixture
    def required(self, environment: ModuleType) -> Any:
        return environment.Stamp(python="CPython 3.11.7", folder="/a/.venv", inputs="abc", groups=())

    def test_a_missing_environment_is_built(self, environment: ModuleType, required: Any) -> None:
        assert environment.decide(None, required) == "build"

    def test_a_matching_environment_is_reused(self, environment: ModuleType, required: Any) -> None:
        assert environment.decide(required, required) == "reuse"

    @pytest.mark.parametrize("change", [{"python": "CPython 3.12.1"}, {"folder": "/b c/.venv"}])
    def test_a_moved_environment_or_another_pythons_is_built_again(
        self, environment: ModuleType, required: Any, change: dict[str, str]
    ) -> None:
        assert environment.decide(replace(required, **change), required) == "build"

    def test_changed_requirements_are_installed_into_it(self, environment: ModuleType, required: Any) -> None:
        assert environment.decide(replace(required, inputs="old"), required) == "install"

    def test_groups_are_added_but_never_removed(self, environment: ModuleType, required: Any) -> None:
        with_dev = replace(required, groups=("dev",))
        assert environment.decide(required, with_dev) == "install"
        assert environment.decide(with_dev, required) == "reuse"


class TestStamp:
    def test_a_stamp_is_read_as_written(self, environment: ModuleType, tmp_path: Path) -> None:
        stamp = environment.required_stamp(["dev"])
        file = tmp_path / "stamp.json"
        file.write_text(json.dumps(asdict(stamp), ensure_ascii=False), encoding="utf-8")
        assert environment.read_stamp(file) == stamp

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"python": "3.11"}', b"\xff\xfe"])
    def test_a_broken_or_missing_stamp_is_none(self, environment: ModuleType, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "stamp.json"
        file.write_bytes(content)
        assert environment.read_stamp(file) is None
        assert environment.read_stamp(tmp_path / "missing.json") is None

    def test_the_hash_depends_on_content_and_order_but_not_on_line_endings(
        self, environment: ModuleType, tmp_path: Path
    ) -> None:
        unix, windows, other = tmp_path / "unix", tmp_path / "windows", tmp_path / "other"
        unix.write_bytes(b"a\nb\n")
        windows.write_bytes(b"a\r\nb\r\n")
        other.write_bytes(b"a\nc\n")
        assert environment.hash_of([unix]) == environment.hash_of([windows]) != environment.hash_of([other])
        assert environment.hash_of([unix, other]) != environment.hash_of([other, unix])


class TestPlaces:
    def test_each_platform_has_its_own_folders(self, environment: ModuleType) -> None:
        folder = Path("项目 one") / ".venv"
        assert environment.python_in(folder, "posix") == folder / "bin" / "python"
        assert environment.python_in(folder, "nt") == folder / "Scripts" / "python.exe"
        assert environment.program_in(folder, "ruff", "posix") == folder / "bin" / "ruff"
        assert environment.program_in(folder, "ruff", "nt") == folder / "Scripts" / "ruff.exe"

    def test_a_link_to_the_project_has_only_ascii_and_leads_there(
        self, environment: ModuleType, tmp_path: Path
    ) -> None:
        root = tmp_path / "儿童 友好"
        site_packages = root / ".venv" / "lib" / "python3.11" / "site-packages"
        link = environment.relative_link(f"{root}\n", site_packages, root)
        assert link.isascii()
        assert (site_packages / link.strip()).resolve() == root.resolve()
        assert environment.relative_link("import something\n", site_packages, root) is None

    def test_variables_cannot_lead_commands_out_of_the_environment(self, environment: ModuleType) -> None:
        variables = {"PATH": "/bin", "PYTHONPATH": "/x", "PythonHome": "/y", "PIP_TARGET": "/z", "PIP_USER": "1"}
        kept = environment.clean_variables(variables)
        assert kept["PATH"] == "/bin"
        assert not {"PYTHONPATH", "PythonHome", "PIP_TARGET"} & set(kept)
        assert (kept["PIP_USER"], kept["PYTHONUTF8"]) == ("0", "1")

    def test_what_a_command_compiles_is_kept_even_where_a_container_forbids_it(
        self, environment: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
        (tmp_path / "compiled_once.py").touch()
        assert environment.run([sys.executable, "-c", "import compiled_once"], cwd=tmp_path) == 0
        assert [path.name.partition(".")[0] for path in tmp_path.glob("__pycache__/*.pyc")] == ["compiled_once"]


class TestInstalling:
    PINS = (
        "# how it was made\n"
        "a==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:ab\n    # via cfgeo (pyproject.toml)\n"
        "b==2 ; os_name == 'nt' \\\n    --hash=sha256:bb\n    # via a, t\n"
        "c==3 \\\n    --hash=sha256:cc\n    # via b\n"
        "f==4 \\\n    --hash=sha256:ff\n    # via cfgeo (pyproject.toml:pip)\n"
        "t==5 \\\n    --hash=sha256:tt\n    # via cfgeo (pyproject.toml:dev)\n"
    )

    @pytest.mark.parametrize(
        ("groups", "alone", "names"), [([], False, "abc"), (["dev"], False, "abct"), (["pip"], True, "f")]
    )
    def test_what_is_needed_is_installed_with_all_that_it_needs_by_hash(
        self, environment: ModuleType, groups: list[str], alone: bool, names: str
    ) -> None:
        text = environment.locked(self.PINS, groups, alone=alone)
        assert "".join(line[0] for line in text.splitlines() if line[0].isalpha()) == names
        assert ("--hash=sha256:ab" in text) == ("a" in names)

    def test_every_dependency_is_among_what_is_installed(self, environment: ModuleType) -> None:
        pyproject = environment._pyproject()
        text = environment.locked((ROOT / "constraints.txt").read_text(encoding="utf-8"), ["dev"])
        installed = {line.partition("==")[0] for line in text.splitlines()}
        tools = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in pyproject["dependency-groups"]["dev"]]
        assert {*environment.direct_dependencies(pyproject), *tools} <= installed

    def test_pip_refuses_a_file_with_another_hash(self, environment: ModuleType, tmp_path: Path) -> None:
        """A package that somebody changed: pip itself says so, with no index asked."""
        with zipfile.ZipFile(tmp_path / "a-1-py3-none-any.whl", "w") as wheel:
            wheel.writestr("a.py", "")
            wheel.writestr("a-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: a\nVersion: 1\n")
            wheel.writestr("a-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr("a-1.dist-info/RECORD", "")
        pins = tmp_path / "pins.txt"
        pins.write_text(environment.locked(self.PINS.replace("sha256:a", f"sha256:{'0' * 63}"), []), encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "install", "--no-index", "--find-links", tmp_path, "--no-deps"]
        options = ["--require-hashes", "--target", tmp_path / "into", "--requirement", pins]
        done = subprocess.run([*map(str, [*pip, *options])], capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert environment.fault_in(done.stdout + done.stderr) == "hash"

    def test_direct_dependencies_are_those_of_every_system(self, environment: ModuleType) -> None:
        needs = ["numpy>=2.1", "django-js-lib-leaflet >= 1.9", "a.b[c]", "colorama; os_name == 'nt'"]
        names = environment.direct_dependencies({"project": {"dependencies": needs}})
        assert names == ["numpy", "django-js-lib-leaflet", "a.b"]

    @pytest.mark.parametrize(
        ("log", "fault"),
        [
            ("WARNING: Retrying … NewConnectionError\nERROR: No matching distribution found for numpy", "network"),
            ("ERROR: Could not install packages: [Errno 28] No space left on device", "disk"),
            ("ERROR: No matching distribution found for rasterio==1.4.4", "version"),
            ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "hash"),
            ("ERROR: something else", "other"),
        ],
    )
    def test_the_fault_is_recognised_in_pips_log(self, environment: ModuleType, log: str, fault: str) -> None:
        assert environment.fault_in(log) == fault
        assert all(sentence.strip() for sentence in environment.ADVICE[fault])


class TestRun:
    @pytest.fixture
    def run(self, scripts: dict[str, ModuleType]) -> ModuleType:
        return scripts["run"]

    def test_the_default_study_goes_to_maps_default(self, run: ModuleType) -> None:
        default = [str(ROOT / "data" / "study.toml"), "--out", str(ROOT / "maps" / "default")]
        assert run.with_defaults([]) == default
        assert run.with_defaults(["--lang", "en"]) == [*default, "--lang", "en"]

    def test_another_study_goes_to_its_ids_folder(self, run: ModuleType, tmp_path: Path) -> None:
        study = tmp_path / "study.toml"
        study.write_text('[study]\nid = "试点"\n', encoding="utf-8")
        out = ["--out", str(ROOT / "maps" / "试点")]
        assert run.with_defaults([str(study), "--lang", "en"]) == [str(study), *out, "--lang", "en"]
        assert run.with_defaults([str(tmp_path)]) == [str(tmp_path), *out]

    def test_an_unreadable_study_is_left_to_cfgeo(self, run: ModuleType, tmp_path: Path) -> None:
        study = tmp_path / "missing.toml"
        assert run.with_defaults([str(study)]) == [str(study), "--out", str(ROOT / "maps" / tmp_path.name)]

    def test_other_verbs_of_cfgeo_are_passed_on(self, run: ModuleType) -> None:
        assert set(run.VERBS) == set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
        for arguments in (["init", "我的研究"], ["check", "my", "--lang", "en"], ["reach", "my", "--from", "1,2"]):
            assert run.command_of(arguments) == arguments

    @pytest.mark.parametrize("arguments", [[], ["--lang", "en"], ["my/study.toml"], ["my", "--out", "x"], ["--help"]])
    def test_anything_else_is_a_run_with_or_without_its_verb(self, run: ModuleType, arguments: list[str]) -> None:
        assert run.command_of(arguments) == ["run", *run.with_defaults(arguments)]
        assert run.command_of(["run", *arguments]) == run.command_of(arguments)

    @pytest.mark.parametrize("out", [["--out", "x"], ["--out=x"]])
    def test_an_explicit_output_folder_is_kept(self, run: ModuleType, out: list[str]) -> None:
        assert run.with_defaults(["s.toml", *out]) == ["s.toml", *out]


def test_the_wheel_must_hold_every_resource(scripts: dict[str, ModuleType], tmp_path: Path) -> None:
    for name in ("cfgeo/a.py", "cfgeo/texts/error.toml", "cfgeo/__pycache__/a.pyc", "data/study.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    resources = {"cfgeo/a.py", "cfgeo/texts/error.toml", "cfgeo/default_study/study.toml"}
    assert scripts["check"].resources(tmp_path) == resources


def test_peers_are_measured_beside_cfgeo_each_in_a_process_of_its_own(
    scripts: dict[str, ModuleType], town: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))  # where the new processes find the benchmark
    lines = list(scripts["bench.peers"].reach_lines(town, town_layers()))
    ours, networkx = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines[4:6])
    assert [ours[0], networkx[0]] == ["cfgeo", "networkx `multi_source_dijkstra`"]
    assert ours[3:5] == ["1.0", "1.0"]
    assert all(float(row[at]) > 0 for row in (ours, networkx) for at in (1, 2, 5))
    assert all(float(cell) >= 0 for cell in networkx[3:5])  # in so small a town either may be the faster by far


def test_a_synthetic_city_of_the_benchmark_is_a_study_that_runs(scripts: dict[str, ModuleType], tmp_path: Path) -> None:
    city = scripts["bench.cities"].city(2_000)
    results = run_study(load_study(scripts["bench.district"].write_district(city, tmp_path)))
    assert len(results.inputs.network.nodes) == pytest.approx(
        len(city.nodes), abs=20
    )  # nodes that nobody can reach are cut off
    assert (len(results.inputs.demand), len(results.facilities)) == (2 * len(city.nodes), 6 * (len(city.nodes) // 500))
    assert results.facilities["snapped"].mean() > 0.9
    assert results.isochrones.is_valid.all()
    assert not results.isochrones.is_empty.any()


@pytest.mark.parametrize("script", ["run.py", "test.py", "check.py"])
def test_a_script_starts_without_anything_installed(script: str) -> None:
    """``-S -I``: no site-packages, no variables; the script's imports need the standard library alone."""
    code = f"import sys, runpy; sys.path.insert(0, {str(ROOT / 'scripts')!r}); runpy.run_path({script!r})"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=ROOT / "scripts", capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
