"""The verbs about what could be: what makes no question is told before anything is read."""

from pathlib import Path

import pytest
from worlds.studies import edited, invoke, refused
from worlds.town import at, write_town


@pytest.mark.parametrize("verb", [("whatif", "no", "no.toml"), ("site", "no", "--layer", "parks", "--count", 1),
                                  ("plan", "no")])  # fmt: skip
def test_an_unknown_format_is_refused_before_the_study_is_read(verb: tuple[object, ...], tmp_path: Path) -> None:
    assert ".odt" in refused(*verb, "-o", tmp_path / "out.odt", "--lang", "en")


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


def test_arguments_the_wrong_way_round_are_told_with_the_right_command(tmp_path: Path) -> None:
    study = write_town(tmp_path)
    changes = tmp_path / "changes.csv"
    changes.write_text("action,way\nclose,2001\n", encoding="utf-8")
    for given in (study, study.parent):
        words = refused("whatif", changes, given, "--lang", "en")
        assert f"whatif {given} {changes}" in words.replace("\n", "")


def test_metres_of_a_list_are_read_in_the_zone_of_the_district_and_said(tmp_path: Path) -> None:
    study = write_town(tmp_path)
    x, y = at(0, 0).x, at(0, 0).y
    rows = "\n".join(f"P-{nth},新建,公园,{x + 10 * nth},{y}" for nth in range(3))
    (tmp_path / "变化.csv").write_text(f"编号,措施,图层,X,Y\n{rows}\n", encoding="utf-8")
    result = invoke("whatif", study, tmp_path / "变化.csv", "--lang", "en", "--no-cache")
    assert result.exit_code == 0, result.stderr
    assert "are metres, not degrees. EPSG:32648" in result.stderr.replace("\n", " ")
    (tmp_path / "库.csv").write_text(f"编号,措施,图层,X,Y,投资\nP-1,新建,公园,{x},{y},5\n", encoding="utf-8")
    edited(study, "[layers.parks]", '[projects]\npath = "库.csv"\ncrs = 32648\n\n[layers.parks]')
    assert "are metres, not degrees" not in invoke("check", study, "--lang", "en", "--no-cache").stdout
    edited(study, "crs = 32648", "")
    assert "The positions of projects (X/Y) are metres" in invoke("check", study, "--lang", "en", "--no-cache").stdout


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
