"""The verbs about what could be: what makes no question is told before anything is read."""

from pathlib import Path

import pytest
from worlds.studies import invoke, refused
from worlds.town import write_town


@pytest.mark.parametrize("verb", [("whatif", "no", "no.toml"), ("site", "no", "--layer", "parks", "--count", 1),
                                  ("plan", "no")])  # fmt: skip
def test_an_unknown_format_is_refused_before_the_study_is_read(verb: tuple[object, ...], tmp_path: Path) -> None:
    assert ".docx" in refused(*verb, "-o", tmp_path / "out.docx", "--lang", "en")


@pytest.mark.parametrize("result", [(), ("--count", 2, "--until-met")])
def test_sites_are_so_many_or_until_the_target_is_met(result: tuple[object, ...]) -> None:
    assert "--until-met" in refused("site", "no", "--layer", "parks", *result, "--lang", "en")


def test_a_plan_needs_a_list_and_either_a_budget_or_a_target(tmp_path: Path) -> None:
    study = write_town(tmp_path)
    assert "There is no reserve list" in refused("plan", study, "--lang", "en")
    (tmp_path / "list.csv").write_text("id,cost,action,way\nP-1,5,close,2001\n", encoding="utf-8")
    listed = ("plan", study, "--projects", tmp_path / "list.csv", "--lang", "en", "--no-cache")
    assert "--budget" in refused(*listed, "--budget", 9, "--target", 0.5)
    assert "The target 1.5" in refused(*listed, "--target", 1.5)


def test_a_plan_is_printed_and_written_to_each_file(tmp_path: Path) -> None:
    study = write_town(tmp_path)
    (tmp_path / "list.csv").write_text("id,cost (CNY m),action,way\nP-1,5,close,2001\n", encoding="utf-8")
    out = tmp_path / "plan.csv"
    result = invoke("plan", study, "--projects", tmp_path / "list.csv", "--budget", 9, "-o", out, "--lang", "en",
                  "--cache", tmp_path / "cache")  # fmt: skip
    assert result.exit_code == 0
    assert "as many communities as 9 CNY m can bring to pass" in result.stdout
    assert f"{out}" in result.stderr.replace("\n", "")
    assert out.read_text(encoding="utf-8-sig").splitlines()[1].startswith("P-1,,spare")
