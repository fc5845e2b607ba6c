"""The project keeps its own rules: small modules, declared imports, every sentence in both languages."""

import ast
import importlib.metadata
import io
import itertools
import re
import string
import subprocess
import sys
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple, get_args

import pytest

from cfgeo.core import errors
from cfgeo.core.strings import LANGUAGES
from cfgeo.study.standard.measures import Measure

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "cfgeo"
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted((ROOT / "scripts").rglob("*.py"))
TEXTS = sorted((PACKAGE / "texts").glob("*.toml"))
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
MODULE_LINES, FUNCTION_LINES, FOLDER_MODULES, README_LINES = 350, 70, 13, 150

# The two commands and the gates run before anything is installed.
BARE_SCRIPTS = {"_environment.py", "_python_version.py", "check.py", "run.py", "test.py"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def lines_of_code(path: Path) -> frozenset[int]:
    """Return the numbers of the lines that are neither blank, nor comment, nor docstring."""
    not_code = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    source = path.read_text(encoding="utf-8")
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in not_code:
            code |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            code -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(code)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_small(path: Path) -> None:
    assert len(lines_of_code(path)) <= MODULE_LINES


def test_a_folder_holds_few_modules() -> None:
    folders = Counter(path.parent for path in MODULES if path.name != "__init__.py")
    assert {name_of(folder): count for folder, count in folders.items() if count > FOLDER_MODULES} == {"cfgeo/core": 16}


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=name_of)
def test_no_function_is_long(path: Path) -> None:
    code = lines_of_code(path)
    lengths = {
        f"{node.name} (line {node.lineno})": len(code & set(range(node.lineno, (node.end_lineno or node.lineno) + 1)))
        for node in ast.walk(parse(path))
        if isinstance(node, Function)
    }
    assert {name: length for name, length in lengths.items() if length > FUNCTION_LINES} == {}


# --- imports -----------------------------------------------------------------------------------------------------


def imported(path: Path) -> set[str]:
    """Return the top-level modules, other than the standard library's, that a file imports anywhere."""
    names: set[str] = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names)


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


@cache
def declared() -> set[str]:
    """Return the distributions that the project may import: dependencies and extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    return {normal(re.split(r"[^\w.-]", requirement)[0]) for requirement in requirements}


@cache
def distributions() -> Mapping[str, list[str]]:
    """Return the distributions of each top-level module that is installed: to look takes a third of a second."""
    return importlib.metadata.packages_distributions()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_import_is_a_declared_dependency(path: Path) -> None:
    undeclared = {
        name
        for name in imported(path) - {"cfgeo"}
        if not {normal(distribution) for distribution in distributions().get(name, [])} & declared()
    }
    assert undeclared == set()


def test_the_bare_scripts_need_nothing_but_python() -> None:
    bare = {path.name: path for path in SCRIPTS if path.name in BARE_SCRIPTS}
    assert set(bare) == BARE_SCRIPTS
    own = {path.stem for path in SCRIPTS}
    assert {name: imported(path) - own for name, path in bare.items() if imported(path) - own} == {}


# --- sentences ---------------------------------------------------------------------------------------------------


class Use(NamedTuple):
    """A place in the source that uses a sentence of the texts: its key, and the values that it passes."""

    where: str
    key: str
    values: frozenset[str]


def literals(node: ast.expr) -> list[str]:
    """Return the strings that an expression can evaluate to, as far as the source contains them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    return []


def keys_of_dict(name: ast.expr, scope: ast.AST) -> set[str]:
    """Return the keys of the dict literal that ``name`` is bound to in ``scope``: what ``**name`` passes."""
    for node in ast.walk(scope):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Dict)
            and ast.dump(node.targets[0]).replace("Store()", "Load()") == ast.dump(name)
        ):
            return {text for key in node.value.keys if key is not None for text in literals(key)}
    return {f"**{ast.unparse(name)}"}  # unknown here: fails the comparison, with its name


def values_of(call: ast.Call, scope: ast.AST) -> frozenset[str]:
    values: set[str] = set()
    for keyword in call.keywords:
        values |= {keyword.arg} if keyword.arg else keys_of_dict(keyword.value, scope)
    return frozenset(values)


def called(call: ast.Call) -> str:
    """Return the name of the function that is called, without what it is an attribute of."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@cache
def calls_in(path: Path) -> tuple[tuple[ast.Call, ast.AST], ...]:
    """Return the calls of a file that pass something in order, each with the innermost function that it stands in."""
    tree = parse(path)
    waiting: list[tuple[ast.AST, ast.AST]] = [(tree, tree)]
    found = []
    while waiting:
        node, scope = waiting.pop()
        if isinstance(node, ast.Call) and node.args:
            found.append((node, scope))
        inner = node if isinstance(node, Function) else scope
        waiting += [(child, inner) for child in ast.iter_child_nodes(node)]
    return tuple(found)


def uses_of(functions: set[str]) -> Iterator[Use]:
    """Yield every call of ``functions`` in the package; its first argument is the key."""
    for path in MODULES:
        for call, scope in calls_in(path):
            if called(call) not in functions:
                continue
            where = f"{name_of(path)}:{call.lineno}"
            keys = literals(call.args[0])
            assert keys, f"{where}: write the key out, so that this test can find its sentence"
            yield from (Use(where, key, values_of(call, scope)) for key in keys)


def placeholders(sentence: str) -> frozenset[str]:
    fields = (field for _, field, _, _ in string.Formatter().parse(sentence) if field)
    return frozenset(re.split(r"[.\[]", field)[0] for field in fields)


@cache
def sentences(part: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((PACKAGE / "texts" / f"{part}.toml").read_text(encoding="utf-8"))


def error_names() -> set[str]:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    return {kind.__name__ for kind in kinds if issubclass(kind, errors.CfgeoError)}


@pytest.fixture(scope="module")
def raised_errors() -> list[Use]:
    """Return where the package makes errors: looked for when a test asks, for it takes seconds."""
    return sorted(uses_of(error_names()))


@pytest.fixture(scope="module")
def made_findings() -> list[Use]:
    """Return where the package makes findings."""
    return sorted(uses_of({"finding"}))


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_every_sentence_is_in_both_languages(path: Path) -> None:
    table = sentences(path.stem)
    lacking = {key for key, entry in table.items() if not all(entry.get(lang, "").strip() for lang in LANGUAGES)}
    assert lacking == set()
    unequal = {key for key, entry in table.items() if len({placeholders(entry[lang]) for lang in LANGUAGES}) > 1}
    assert unequal == set(), "the languages have different placeholders"


def test_an_error_has_its_sentence(raised_errors: list[Use], subtests: pytest.Subtests) -> None:
    assert len(raised_errors) > 300
    for raised in raised_errors:
        with subtests.test(f"{raised.key}@{raised.where}"):
            entry = sentences("error")[raised.key]
            assert {lang: placeholders(entry[lang]) for lang in LANGUAGES} == dict.fromkeys(
                LANGUAGES, raised.values - {"places"}
            )
            error = errors.CfgeoError(raised.key, **dict.fromkeys(raised.values, 1))
            assert error.text("zh") != error.text("en") == str(error)


def test_a_finding_has_its_sentences(made_findings: list[Use], subtests: pytest.Subtests) -> None:
    table = sentences("finding")
    where = {"layer", "row"}  # every finding has them
    assert len(made_findings) > 100
    for use in made_findings:
        with subtests.test(f"{use.key}@{use.where}"):
            for lang in LANGUAGES:
                used = placeholders(table[use.key][lang]) | placeholders(table[f"{use.key}_mend"][lang])
                assert used | where == use.values - {"severity", "at"} | where


def test_no_sentence_is_unused(raised_errors: list[Use], made_findings: list[Use]) -> None:
    assert set(sentences("error")) == {use.key for use in raised_errors}
    found = {use.key for use in made_findings}
    assert set(sentences("finding")) == found | {f"{key}_mend" for key in found}


SENTENCE = re.compile(rf"(?:{'|'.join(path.stem for path in TEXTS)})\.[a-z0-9_]+")
SAYING = {"text", "Sentence"}


def test_every_sentence_that_is_named_is_there() -> None:
    missing = []
    for path in MODULES:
        for call, _ in calls_in(path):
            named = (
                {key for key in literals(call.args[0]) if SENTENCE.fullmatch(key)} if called(call) in SAYING else set()
            )
            parts = [key.partition(".") for key in named]
            missing += [
                f"{name_of(path)}:{call.lineno} {part}.{key}" for part, _, key in parts if key not in sentences(part)
            ]
    assert missing == []


def test_names_that_contributors_are_sent_to_are_there() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    sent = re.findall(r"`(\w+)`\s+(?:of|in)\s+`([\w./]+\.py)`", page)
    assert len(sent) >= 5
    for name, path in sent:
        file = next((folder / path for folder in (ROOT, PACKAGE) if (folder / path).exists()), None)
        assert file is not None, path
        assert re.search(rf"\b{name}\b", file.read_text(encoding="utf-8")), f"{name} in {path}"


def test_every_measure_has_its_name() -> None:
    assert {f"measure_{measure}" for measure in get_args(Measure)} == {
        key for key in sentences("report") if key.startswith("measure_")
    }


# --- what is written about the project -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", READMES, ids=name_of)
def test_the_readme_is_short_and_begins_with_the_two_commands(path: Path) -> None:
    content = path.read_text(encoding="utf-8")
    assert content.count("\n") < README_LINES
    first = re.search(r"^```\w*\n(.*?)^```", content, re.M | re.S)
    assert first, "no commands in it"
    commands = [line.partition("#")[0].strip() for line in first[1].splitlines()]
    assert {"python scripts/run.py", "python scripts/test.py"} <= set(commands)


def project_files() -> list[Path]:
    """Return the files that git tracks or would track."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, encoding="utf-8").stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git checkout here, so the project's files are unknown")
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_machine_path() -> None:
    machine = re.compile(rb"(?<![\w.~})*-])/(?:home|Users|root|mnt|work|workspace|srv)/\w|\b[A-Za-z]:\\+Users\\")
    files = ((path, path.read_bytes()) for path in project_files())
    paths = {name_of(path): match[0] for path, content in files if (match := machine.search(content))}
    assert paths == {}


def test_the_pins_are_exact_and_hashed_and_name_no_index() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = re.split(r"\n(?=[^ #])", text)[1:]
    one = r"[a-z0-9][a-z0-9._-]*==[\w.+!]+( ; [^\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n    # via [^\n]+\n?"
    assert [pin for pin in pins if not re.fullmatch(one, pin)] == []
    assert declared() <= {pin.partition("==")[0] for pin in pins}
