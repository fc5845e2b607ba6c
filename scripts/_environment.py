"""The project's own environment, ``.venv``: made once, then reused. Uses the standard library only.

``ready(groups)`` returns the Python of an environment that holds the project (as it lies in this folder), its
dependencies and the named dependency groups, each file as hashed in ``constraints.txt``. A stamp in ``.venv`` records
what it was made from. The stamp is removed before anything changes and written last. So an environment without a
matching stamp is half-made, moved, or another Python's, and is made again.
"""

import _python_version

# isort: split
import hashlib
import importlib.util
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import tomllib
import venv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
PARALLEL = ["--numprocesses", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]
"""How pytest runs all tests: on all processors, each file on one, in the order of ``tests/conftest.py``."""
STAMP = FOLDER / "cfgeo-stamp.json"
LOG = FOLDER / "cfgeo-install.log"
LOCKED = FOLDER / "cfgeo-requirements.txt"
NEEDED_BYTES = 2 * 1024**3
TAIL_LINES = 15
INTERRUPTED = 130

Step = Literal["reuse", "install", "build"]

# Fault → signs of it in pip's log. The first fault that matches is reported.
FAULTS = {
    "disk": ("No space left on device", "Errno 28", "WinError 112", "not enough space on the disk"),
    "network": (
        "NewConnectionError",
        "NameResolutionError",
        "Max retries exceeded",
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "Read timed out",
        "ProxyError",
        "SSLError",
        "Connection reset",
        "Connection aborted",
        "IncompleteRead",
    ),
    "hash": ("DO NOT MATCH THE HASHES", "Hashes are required in --require-hashes mode"),
    "version": ("No matching distribution found", "subprocess-exited-with-error", "Failed to build"),
}
ADVICE = {
    "disk": (
        "The disk is too full. Free about 2 GB and run the same command again.",
        "磁盘空间不足。请腾出约 2 GB 后重新运行同一命令。",
    ),
    "network": (
        "Packages could not be downloaded. Connect to the internet and run the same command again. Behind a proxy, "
        "set HTTPS_PROXY first; where the package index is slow or blocked, name a mirror of it: "
        "pip config set global.index-url <address of the mirror>",
        "无法下载依赖包。请连接网络后重新运行同一命令；使用代理时先设置 HTTPS_PROXY；"
        "访问较慢或受限时可先设置镜像：pip config set global.index-url <镜像地址>",
    ),
    "hash": (
        "A package is not the file that constraints.txt names, so it was not installed. The index or mirror has another"
        " file, or somebody changed it: use https://pypi.org/simple, and run the same command again.",
        "某个依赖包与 constraints.txt 中登记的文件不一致，未予安装：镜像上的文件不同，或已被改动。"
        "请改用 https://pypi.org/simple 后重新运行同一命令。",
    ),
    "version": (
        f"A dependency has no ready-made package for this computer (Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}). Use 64-bit Python {'.'.join(map(str, _python_version.OLDEST))} "
        f"to {'.'.join(map(str, _python_version.NEWEST))}, and delete the folder .venv.",
        "某个依赖没有适合本机的安装包。请换用 64 位的受支持 Python 版本，并删除 .venv 文件夹后重试。",
    ),
    "other": (
        f"Installing failed. The end of pip's log is above, the whole of it in {LOG}",
        f"安装失败；日志末尾见上，完整日志：{LOG}",
    ),
}


class SetupError(Exception):
    """The environment cannot be made. The message gives reason and remedy, in English and Chinese."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.lines = (english, chinese)


@dataclass(frozen=True)
class Stamp:
    """What an environment was made from."""

    python: str
    folder: str
    inputs: str
    groups: tuple[str, ...]


def say(english: str, chinese: str) -> None:
    """Print a message on stderr: stdout belongs to the commands' results."""
    print(f"{english}\n{chinese}", file=sys.stderr, flush=True)


def use_utf8() -> None:
    """Make Chinese output safe on consoles and pipes of any locale."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def python_in(folder: Path, os_name: str = os.name) -> Path:
    """Return where an environment keeps its Python."""
    return folder / "Scripts" / "python.exe" if os_name == "nt" else folder / "bin" / "python"


def program_in(folder: Path, name: str, os_name: str = os.name) -> Path:
    """Return where an environment keeps an installed command."""
    return folder / "Scripts" / f"{name}.exe" if os_name == "nt" else folder / "bin" / name


def hash_of(files: Iterable[Path]) -> str:
    """Return a single hash of the files' contents, ignoring line endings, which a checkout may change."""
    total = hashlib.sha256()
    for file in files:
        total.update(hashlib.sha256(file.read_bytes().replace(b"\r\n", b"\n")).digest())
    return total.hexdigest()


def required_stamp(groups: Iterable[str]) -> Stamp:
    """Return the stamp of the environment that this Python, folder and project require."""
    return Stamp(
        python=f"{platform.python_implementation()} {platform.python_version()} {platform.machine()} {sys.base_prefix}",
        folder=str(FOLDER),
        inputs=hash_of([ROOT / "pyproject.toml", ROOT / "constraints.txt"]),
        groups=tuple(sorted(groups)),
    )


def read_stamp(file: Path) -> Stamp | None:
    """Return the stamp in ``file``, or None if there is none or it is unreadable."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return Stamp(content["python"], content["folder"], content["inputs"], tuple(content["groups"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def decide(current: Stamp | None, required: Stamp) -> Step:
    """Return what to do with an environment that has the stamp ``current``."""
    if current is None or (current.python, current.folder) != (required.python, required.folder):
        return "build"
    if current.inputs != required.inputs or not set(required.groups) <= set(current.groups):
        return "install"
    return "reuse"


def locked(constraints: str, groups: Iterable[str], *, alone: bool = False) -> str:
    """Return the part of ``constraints.txt`` that the project and dependency groups need: pins with their hashes.

    Each pin notes what needs it (``# via``): the project, one of its groups (``pyproject.toml:dev``), other packages.

    Parameters
    ----------
    constraints
        The text of ``constraints.txt``.
    groups
        Names of dependency groups.
    alone
        Without what the project itself needs.
    """
    roots = {f"cfgeo (pyproject.toml:{group})" for group in groups} | (set() if alone else {"cfgeo (pyproject.toml)"})
    pins = {pin.partition("==")[0]: pin for pin in re.split(r"\n(?=[a-z0-9])", constraints)[1:]}
    needed_by = {name: set(re.findall(r"# via (.*)", pin)[0].split(", ")) for name, pin in pins.items()}
    names: set[str] = set()
    while more := {name for name, by in needed_by.items() if by & (roots | names)} - names:
        names |= more
    return "\n".join(pins[name].rstrip() for name in pins if name in names) + "\n"


def direct_dependencies(pyproject: Mapping[str, Any]) -> list[str]:
    """Return the names of the dependencies that the project needs on every system."""
    everywhere = (line for line in pyproject["project"]["dependencies"] if ";" not in line)
    return [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in everywhere]


def fault_in(log: str) -> str:
    """Return the kind of fault in pip's log: disk, network, version or other."""
    return next((name for name, signs in FAULTS.items() if any(sign in log for sign in signs)), "other")


def clean_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for commands in the environment, without those that would lead out of it.

    Nor with the one that forbids Python to keep what it compiled, as containers set it: every command and each of its
    processes would compile the project again, which takes as long as to load geopandas.
    """
    leading_out = {"PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_PYTHON", "__PYVENV_LAUNCHER__"}
    left_out = {*leading_out, "PYTHONDONTWRITEBYTECODE"}
    kept = {name: value for name, value in variables.items() if name.upper() not in left_out}
    return {**kept, "PIP_USER": "0", "PYTHONUTF8": "1", "VIRTUAL_ENV": str(FOLDER)}


def relative_link(content: str, site_packages: Path, root: Path) -> str | None:
    """Return what a ``.pth`` file that holds only the path ``root`` should hold instead, None for any other.

    Python up to 3.12 reads these files in the locale's encoding, and on Windows does not even start if the project's
    path has, say, Chinese characters. The relative path from ``site_packages`` to ``root`` has none.
    """
    return os.path.relpath(root, site_packages) + "\n" if content.strip() == str(root) else None


def ready(groups: Sequence[str] = ()) -> Path:
    """Make the environment ready and return its Python.

    Raises
    ------
    SetupError
        It cannot be made; the message tells what to do.
    """
    required, current = required_stamp(groups), read_stamp(STAMP)
    step = decide(current, required)
    if step != "build" and not _works(["cfgeo", *direct_dependencies(_pyproject())] if step == "reuse" else []):
        step = "build"
    if step == "reuse":
        return python_in(FOLDER)
    began = time.monotonic()
    try:
        _make(step, required, current.groups if current else ())
    except OSError as error:
        raise SetupError(
            f"The environment {FOLDER} could not be written: {error}", f"无法写入运行环境 {FOLDER}：{error}"
        ) from error
    seconds = time.monotonic() - began
    say(f"The environment is ready ({seconds:.0f} s).", f"运行环境已就绪（{seconds:.0f} 秒）。")
    return python_in(FOLDER)


def run(command: Sequence[str | Path], cwd: Path | None = None) -> int:
    """Run a command in the environment, its output going straight to the user, and return its exit code."""
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=clean_variables(os.environ), check=False
    ).returncode


def report(main: Callable[[list[str]], int], arguments: Sequence[str]) -> int:
    """Run a script's ``main``; turn errors that the user can fix into two plain lines and exit code 1."""
    use_utf8()
    try:
        return main(list(arguments))
    except SetupError as error:
        say(*error.lines)
        return 1
    except KeyboardInterrupt:
        say("Interrupted.", "已中断。")
        return INTERRUPTED


def _works(distributions: Iterable[str]) -> bool:
    """Return whether the environment's Python starts and finds the distributions."""
    probe = "import sys, importlib.metadata as m; [m.distribution(name) for name in sys.argv[1:]]"
    command = [str(python_in(FOLDER)), "-c", probe, *distributions]
    try:
        done = subprocess.run(command, env=clean_variables(os.environ), capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _make(step: Step, required: Stamp, kept: Iterable[str]) -> None:
    """Build or fill the environment; remove the stamp first and write it last."""
    groups = tuple(sorted({*kept, *required.groups}))
    if STAMP.is_file():
        STAMP.unlink()
    if step == "build":
        _check_disk()
        _build()
    _install(groups)
    stamp = replace(required, groups=groups)
    STAMP.write_text(json.dumps(asdict(stamp), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _check_disk() -> None:
    if shutil.disk_usage(ROOT).free < NEEDED_BYTES and not FOLDER.exists():
        raise SetupError(*ADVICE["disk"])


def _build() -> None:
    """Make an empty environment with pip, in place of any old one."""
    has_ensurepip = importlib.util.find_spec("ensurepip") is not None
    if not has_ensurepip and importlib.util.find_spec("pip") is None:
        raise SetupError(
            "This Python can make no environment. Install its venv module (Debian, Ubuntu: "
            "sudo apt install python3-venv) and run the same command again.",
            "当前 Python 缺少 venv 组件。请先安装（Debian、Ubuntu：sudo apt install python3-venv）后重新运行。",
        )
    if FOLDER.exists() or FOLDER.is_symlink():
        say("Making the environment .venv anew …", "正在重建运行环境 .venv …")
        _remove()
    else:
        say("Making the environment .venv (once) …", "正在创建运行环境 .venv（仅首次）…")
    try:
        venv.EnvBuilder(with_pip=has_ensurepip, symlinks=os.name != "nt").create(FOLDER)
    except subprocess.CalledProcessError as error:
        raise SetupError(
            f"The environment could not be made in {FOLDER}: {error}", f"无法在 {FOLDER} 创建运行环境：{error}"
        ) from error
    if not has_ensurepip:  # this Python's own pip (22.3 or newer) puts one into the environment
        _pip_locked([sys.executable, "-m", "pip", "--python", python_in(FOLDER)], ["pip"], alone=True)


def _remove() -> None:
    try:
        if FOLDER.is_symlink() or FOLDER.is_file():
            FOLDER.unlink()
        else:
            shutil.rmtree(FOLDER)
    except OSError as error:
        raise SetupError(
            f"The old folder {FOLDER} cannot be removed ({error}). Close the programs that use it, delete it, "
            "and run the same command again.",
            "无法删除旧的 .venv 文件夹。请关闭正在使用它的程序，删除该文件夹后重新运行。",
        ) from error


def _install(groups: Iterable[str]) -> None:
    """Install the project in place, its dependencies and the groups, at the pinned versions."""
    say(
        "Installing the dependencies at their pinned versions: some minutes the first time …",
        "正在按固定版本安装依赖，首次需要几分钟 …",
    )
    pip = [python_in(FOLDER), "-m", "pip"]
    _pip_locked(pip, [*groups, "build"])
    # A folder has no hash. So the project is linked by itself, with the builder that was installed above.
    _pip(pip, ["install", "--no-deps", "--no-build-isolation", "--editable", "."])
    site_packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(FOLDER)}))
    for link in site_packages.glob("*.pth"):
        content = relative_link(link.read_text(encoding="utf-8", errors="replace"), site_packages, ROOT)
        if content:
            link.write_text(content, encoding="utf-8")


def _pip_locked(pip: Sequence[str | Path], groups: Iterable[str], *, alone: bool = False) -> None:
    """Install what the project and groups need. pip refuses files whose hash is not in ``constraints.txt``."""
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    LOCKED.write_text(locked(constraints, groups, alone=alone), encoding="utf-8")
    _pip(pip, ["install", "--require-hashes", "--only-binary", ":all:", "--requirement", LOCKED])


def _pip(pip: Sequence[str | Path], arguments: Sequence[str | Path]) -> None:
    """Run pip, show a line now and then, keep its log, and raise a plain error if it fails."""
    command = [*map(str, (*pip, *arguments)), "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    lines: list[str] = []
    count = 0
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=clean_variables(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            count += line.startswith("Collecting ")
            _show(line, count)
    LOG.write_text("".join(lines), encoding="utf-8")
    if process.returncode:
        fault = fault_in("".join(lines))
        if fault in {"version", "other"}:
            print("".join(lines[-TAIL_LINES:]), file=sys.stderr)
        raise SetupError(*ADVICE[fault])


def _show(line: str, count: int) -> None:
    if line.startswith("Collecting ") and count % 10 == 0:
        print(f"  … {count} packages / 个依赖包", file=sys.stderr, flush=True)
    elif line.startswith("Installing collected packages"):
        print("  … unpacking / 正在解压安装", file=sys.stderr, flush=True)
