"""``--help`` in both languages: every verb, argument and option, with nothing swallowed."""

import pytest
import typer
from typer.core import TyperOption
from worlds.studies import invoke

from cfgeo.cli.help import said
from cfgeo.cli.main import app
from cfgeo.core.strings import section

COMMAND = typer.main.get_command(app)
VERBS = COMMAND.commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_names_all_it_takes_in_both_languages(verb: str) -> None:
    for lang in ("zh", "en"):
        run = invoke(verb, "--help", "--lang", lang)
        assert run.exit_code == 0
        for param in VERBS[verb].params:
            name = param.opts[-1] if isinstance(param, TyperOption) else str(param.metavar).strip("{}")
            assert name in run.stdout
            words = said(param.help, lang)
            assert "".join(words.split()) in "".join(run.stdout.split()) or len(words) > 50


def test_every_sentence_of_help_has_two_languages() -> None:
    known = {entry["en"] for entry in section("help").values()}
    for command in (COMMAND, *VERBS.values()):
        with command.make_context(None, [], resilient_parsing=True) as ctx:
            words = {command.help, *(param.help for param in command.get_params(ctx))}
        assert words <= known


def test_help_is_chinese_unless_another_language_is_asked_for() -> None:
    assert "用法：" in invoke("--help").stdout
    assert "检查研究的数据有无问题" in invoke("--help").stdout
    for words in (("--lang", "en", "--help"), ("--help", "--lang", "en"), ("--lang=en", "--help")):
        assert "Usage:" in invoke(*words).stdout
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in invoke(*words).stdout)


def test_brackets_are_not_swallowed() -> None:
    assert "Leave [projects] of the study out." in invoke("run", "--help", "--lang", "en").stdout
    assert "[projects]" in invoke("run", "--help").stdout


def test_the_language_before_the_verb_is_the_verbs() -> None:
    assert "There is no study" in invoke("--lang", "en", "check", "nowhere").output
    assert "找不到研究文件" in invoke("--lang", "en", "check", "nowhere", "--lang", "zh").output
