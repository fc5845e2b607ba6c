"""The default study, to begin a new one from."""

import filecmp
from pathlib import Path

import pytest
from worlds.studies import invoke, refused

from cfgeo import OutputError, load_study
from cfgeo.study.start.starter import copy_default_study, default_study


@pytest.fixture(autouse=True)
def _made() -> None:
    if not (default_study() / "study.toml").is_file():
        pytest.skip("the default study is not made yet")


def test_the_copy_is_the_whole_default_study(tmp_path: Path) -> None:
    path = copy_default_study(tmp_path / "my" / "study")
    assert path == tmp_path / "my" / "study" / "study.toml"
    names = sorted(
        item.relative_to(default_study()).as_posix() for item in default_study().rglob("*") if item.is_file()
    )
    same, other, missing = filecmp.cmpfiles(default_study(), path.parent, names, shallow=False)
    assert (sorted(same), other, missing) == (names, [], [])
    assert load_study(path).study == load_study(default_study()).study


def test_the_copy_can_be_edited(tmp_path: Path) -> None:
    path = copy_default_study(tmp_path / "study")
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert path.stat().st_mode & 0o200


def test_every_file_that_the_default_study_names_is_there() -> None:
    study = load_study(default_study())
    sources = [study.boundaries.communities, study.network, *study.layers.values()]
    for source in sources:
        assert study.resolve(source.path).is_file()


def test_the_default_study_is_illustrative_and_explained_in_both_languages() -> None:
    study = load_study(default_study())
    assert study.study.status == "illustrative"
    body = (default_study() / "study.toml").read_text(encoding="utf-8")
    assert body.count("#") > 10


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert copy_default_study(tmp_path / "empty").is_file()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError):
        copy_default_study(tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for target in (tmp_path / "file", tmp_path / "file" / "study"):
        with pytest.raises(OutputError):
            copy_default_study(target)
    assert (tmp_path / "file").read_text() == "mine"


def test_the_command_says_what_to_do_next(tmp_path: Path) -> None:
    result = invoke("init", tmp_path / "new", "--lang", "en")
    assert result.exit_code == 0
    assert f"cfgeo run {tmp_path / 'new'}" in result.stdout
    assert result.stderr == ""
    assert str(tmp_path / "new") in refused("init", tmp_path / "new", "--lang", "en")
    assert refused("init", tmp_path / "new", "--lang", "zh").startswith("错误：")
