"""An option that stands twice counts twice, or is refused: the last one never wins in silence."""

from pathlib import Path

import pytest
import typer
from typer.core import TyperOption
from worlds.studies import invoke, refused

from cfgeo.cli.main import app

VERBS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
OPTIONS = [
    (verb, option.opts[-1], option)
    for verb, command in sorted(VERBS.items())
    for option in command.params
    if isinstance(option, TyperOption) and not option.is_flag
]
VALUES = {"--lang": "en", "--format": "json"}
ADDED_UP = {
    ("run", "--only"), ("batch", "--only"), ("run", "--to"), ("reach", "--minutes"), ("plan", "--budget"),
    ("plan", "--target"), ("plan", "--weight"),
    *((verb, "--output") for verb in ("explain", "plan", "series", "site", "whatif")),
}  # fmt: skip


def test_only_what_is_added_up_may_stand_twice() -> None:
    assert {(verb, name) for verb, name, option in OPTIONS if option.multiple} == ADDED_UP
    assert len({verb for verb, _, _ in OPTIONS}) == len(VERBS), "every verb has options"


@pytest.mark.parametrize(("verb", "name"), [(verb, name) for verb, name, _ in OPTIONS if (verb, name) not in ADDED_UP])
def test_an_option_that_stands_twice_is_refused_by_its_name(verb: str, name: str) -> None:
    needed = [
        word
        for each, option, about in OPTIONS
        if each == verb and about.required and option != name
        for word in (option, "1")
    ]
    places = ["here"] * sum(param.required and not isinstance(param, TyperOption) for param in VERBS[verb].params)
    value = VALUES.get(name, "1")
    message = refused(verb, *places, *needed, name, value, name, value, *([] if name == "--lang" else ["--lang", "en"]))
    assert f"{name} stands twice" in message


@pytest.mark.parametrize("options", [["--only", "map", "--only", "tables"], ["--only", "map，tables"]])
def test_groups_add_up(town_study: Path, tmp_path: Path, options: list[str]) -> None:
    told = invoke("run", town_study, "--out", tmp_path / "out", *options, "--no-plan", "--no-cache")
    assert told.exit_code == 0, told.stderr
    assert (tmp_path / "out" / "index.html").is_file()
    assert (tmp_path / "out" / "clauses.csv").is_file()
    assert not (tmp_path / "out" / "reports").exists()


def test_walks_add_up(town_study: Path, tmp_path: Path) -> None:
    out = tmp_path / "reach.geojson"
    point = "106.5500,29.5505"
    invoke("reach", town_study, "--from", point, "--minutes", "3", "--minutes", "4,5", "-o", out, "--no-cache")
    assert [f'"minutes": {minutes}' in out.read_text("utf-8") for minutes in (3, 4, 5)] == [True] * 3
