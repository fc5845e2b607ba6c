"""A command that was typed wrong gets a sentence in the user's language, and the way to the help."""

import re

import pytest
from worlds.studies import invoke

WRONG = [
    ("rum x", "没有命令“rum”。相近的有：run。", "there is no verb rum. Near it: run.", "cfgeo --help"),
    ("zzz", "没有命令“zzz”。", "there is no verb zzz.", "cfgeo --help"),
    ("run x --foo", "没有选项“--foo”。相近的有：--format", "there is no option --foo. Near it: --format", "run --help"),
    ("run x -q", "没有选项“-q”。", "there is no option -q.", "run --help"),
    ("run", "缺少 STUDY：study.toml", "STUDY is missing. A study.toml", "run --help"),
    ("compare a", "缺少 RUN_B", "RUN_B is missing", "compare --help"),
    ("run x --out", "选项 --out 后面要写一个值。", "option --out needs a value after it.", "run --help"),
    ("run x --no-plan=3", "选项 --no-plan 后面不写值。", "option --no-plan takes no value.", "run --help"),
    ("run x y(1) z", "多出了“y(1) z”。", "more than the verb takes: y(1) z.", "run --help"),
    (
        "check x --format nix",
        "--format 的值无法使用，应为 text|csv|json|geojson",
        "should be text|csv|json|geojson",
        "check --help",
    ),
    ("open x --port abc", "--port 的值无法使用，应为 N", "--port cannot be used; it should be N", "open --help"),
    ("batch x --workers 0", "--workers 的值无法使用", "--workers cannot be used", "batch --help"),
    ("plan x --seconds soon", "--seconds 的值无法使用", "--seconds cannot be used", "plan --help"),
]


@pytest.mark.parametrize(("words", "zh", "en", "way"), WRONG, ids=[words for words, *_ in WRONG])
def test_what_is_wrong_is_said_in_both_languages(words: str, zh: str, en: str, way: str) -> None:
    verb, *rest = words.split()
    for before, after, sentence in (
        ([], [], zh), ([], ["--lang", "zh"], zh), (["--lang", "en"], [], en), ([], ["--lang=en"], en),
    ):  # fmt: skip
        run = invoke(*before, verb, *after, *rest)
        assert (run.exit_code, run.stdout) == (2, "")
        what, mend = run.stderr.splitlines()
        assert sentence in what
        assert mend.endswith(way)
        if sentence == zh:
            assert not re.search(r"(?i)error|usage|value|such", run.stderr)


def test_a_language_that_there_is_not_is_said_in_chinese() -> None:
    for words in (["--lang", "fr", "run", "x"], ["run", "x", "--lang", "fr"]):
        run = invoke(*words)
        assert run.exit_code == 2
        assert "--lang 的值无法使用，应为 zh|en" in run.stderr
