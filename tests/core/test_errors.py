"""The tree of errors, and the sentence of every error that the package raises, in both languages."""

import ast
import inspect
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

import cfgeo
from cfgeo.core import errors
from cfgeo.core.errors import CfgeoError, CheckError, InputError
from cfgeo.core.strings import LANGUAGES, Lang

CLASSES = [error for _, error in inspect.getmembers(errors, inspect.isclass) if issubclass(error, CfgeoError)]


@cache
def raised() -> list[tuple[str, str, tuple[str, ...]]]:
    """Return every (class, code, names of values) with which the package makes an error."""
    names = {error.__name__ for error in CLASSES}
    calls = []
    for path in sorted(Path(inspect.getfile(cfgeo)).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                code = ast.literal_eval(node.args[0])
                calls.append((node.func.id, code, tuple(keyword.arg or "" for keyword in node.keywords)))
    return sorted(set(calls))


@pytest.mark.parametrize("error", CLASSES)
def test_one_root_catches_all(error: type[CfgeoError]) -> None:
    assert issubclass(error, CfgeoError)
    assert error is CfgeoError or error.__mro__[1] is CfgeoError


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    assert errors.__doc__ is not None
    for error in CLASSES:
        assert error.__name__ in errors.__doc__


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_error_that_is_raised_has_a_sentence_in_both_languages(lang: Lang, subtests: pytest.Subtests) -> None:
    errors_made = raised()
    assert len(errors_made) > 200
    for kind, code, names in errors_made:
        with subtests.test(f"{code}-{kind}"):
            values = {name: 7 if name in {"snap_m", "count", "low", "high"} else f"<{name}>" for name in names}
            table = pd.DataFrame()
            error = CheckError(code, table, **values) if kind == "CheckError" else getattr(errors, kind)(code, **values)
            sentence = error.text(lang)
            assert "{" not in sentence
            assert len(sentence) > 10
            if code != "findings":  # its English sentence and its Chinese one are told by the findings themselves
                assert (sentence == str(error)) == (lang == "en")


def test_an_error_keeps_what_a_caller_needs() -> None:
    error = InputError("file_missing", file=Path("schools.csv"), near="a.csv")
    assert error.code == "file_missing"
    assert error.values["file"] == Path("schools.csv")  # noqa: PD011 (no pandas)
    assert "schools.csv" in str(error)


def test_a_check_error_carries_all_findings() -> None:
    findings = pd.DataFrame({"rule": ["code_twice"]})
    assert CheckError("findings", findings, count=1, faults="x").findings is findings


@pytest.mark.parametrize(
    ("path", "chinese"), [("missing.csv", "不存在"), ("", "文件夹"), ("gbk.toml", "UTF-8"), ("empty.csv", "空")]
)
def test_errors_of_the_system_appear_in_the_users_language(tmp_path: Path, path: str, chinese: str) -> None:
    (tmp_path / "gbk.toml").write_bytes("渝中区".encode("gbk"))
    (tmp_path / "empty.csv").touch()
    try:
        pd.read_csv(tmp_path / path) if path == "empty.csv" else (tmp_path / path).read_text(encoding="utf-8")
    except (OSError, ValueError) as reason:
        error = InputError("file_unreadable", file="x", reason=reason)
    assert chinese in error.text("zh")
    assert "Errno" not in error.text("zh")
    assert "Errno" not in error.text("en")
    assert InputError("file_unreadable", file="x", reason=RuntimeError("why")).text("en").count("why") == 1
