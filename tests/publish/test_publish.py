"""Outputs are written aside and moved into place; what is not ours is left alone."""

import contextlib
import dataclasses
import os
import shutil
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from worlds.studies import invoke

import cfgeo
from cfgeo import OutputError, Results
from cfgeo.core.strings import LANGUAGES
from cfgeo.publish.maps import fonts
from cfgeo.publish.run.folder import FILES, require_writable

publish = partial(cfgeo.publish, only=("map", "tables"))
"""Map sheets take longer than all else, and have tests of their own."""


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def broken(results: Results) -> Results:
    """Return results that fail while they are written."""
    return dataclasses.replace(results, isochrones=results.isochrones.drop(columns="layer"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_all_files_are_written(town_results: Results, tmp_path: Path, lang: str) -> None:
    paths = publish(town_results, tmp_path / "deep" / "out", lang=lang)  # type: ignore[arg-type]
    assert [path.name for path in paths] == list(FILES)
    assert sorted(content(tmp_path / "deep" / "out")) == sorted(FILES)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_an_earlier_run_is_replaced_as_a_whole(town_results: Results, tmp_path: Path) -> None:
    out = tmp_path / "out"
    publish(town_results, out, lang="zh")
    chinese = content(out)
    publish(town_results, out, lang="en")
    english = content(out)
    assert chinese.keys() == english.keys()
    assert all(chinese[name] != english[name] for name in ("index.html", "communities.csv", "run.json"))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_same_results_give_the_same_bytes(town_results: Results, tmp_path: Path) -> None:
    for name in ("one", "two"):
        publish(town_results, tmp_path / name, lang="zh")
    one, two = content(tmp_path / "one"), content(tmp_path / "two")
    one.pop("run.json")
    two.pop("run.json")
    assert one == two


def test_texts_held_by_arrow_as_in_a_notebook_give_the_same_bytes(
    town_study: Path, tmp_path: Path, town_results: Results
) -> None:
    publish(town_results, tmp_path / "as a verb", lang="zh")
    with pd.option_context("mode.string_storage", "pyarrow"):
        held = cfgeo.run_study(cfgeo.load_study(town_study))
        publish(held, tmp_path / "as a notebook", lang="zh")
    assert held.communities["community"].dtype.storage == "pyarrow"
    assert town_results.communities["community"].dtype.storage == "python"
    verb, notebook = content(tmp_path / "as a verb"), content(tmp_path / "as a notebook")
    verb.pop("run.json")
    notebook.pop("run.json")
    assert verb == notebook


def test_a_run_that_fails_leaves_the_last_good_one(town_results: Results, tmp_path: Path) -> None:
    out = tmp_path / "out"
    publish(town_results, out, lang="zh")
    good = content(out)
    with pytest.raises(KeyError):
        publish(broken(town_results), out, lang="en")
    assert content(out) == good
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_first_run_that_fails_leaves_nothing(town_results: Results, tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        publish(broken(town_results), tmp_path / "out", lang="en")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_written_to(town_results: Results, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    publish(town_results, tmp_path / "out", lang="zh")
    assert sorted(content(tmp_path / "out")) == sorted(FILES)


@pytest.mark.parametrize("name", ["thesis.docx", ".git/config", "index.html", "study.toml"])
def test_a_folder_of_other_files_is_refused_and_left_alone(town_results: Results, tmp_path: Path, name: str) -> None:
    mine = tmp_path / "out" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    for attempt in (
        lambda: require_writable(tmp_path / "out"),
        lambda: publish(town_results, tmp_path / "out", lang="zh"),
    ):
        with pytest.raises(OutputError) as caught:
            attempt()
        for lang in LANGUAGES:
            assert str(tmp_path / "out") in caught.value.text(lang)
            assert "--out" in caught.value.text(lang)
    assert content(tmp_path / "out") == {name: b"mine"}


def test_what_somebody_put_beside_the_outputs_of_a_run_is_not_lost(town_results: Results, tmp_path: Path) -> None:
    publish(town_results, tmp_path / "out", lang="zh")
    (tmp_path / "out" / "notes of the meeting.txt").write_text("mine")
    with contextlib.suppress(OutputError):  # refusing is right, too
        publish(town_results, tmp_path / "out", lang="zh")
    assert (tmp_path / "out" / "notes of the meeting.txt").read_text() == "mine"


def test_a_record_of_another_program_does_not_make_a_folder_ours(town_results: Results, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run.json").write_text('{"experiment": 7}')
    (tmp_path / "out" / "model.bin").write_text("a year of work")
    with pytest.raises(OutputError):
        publish(town_results, tmp_path / "out", lang="zh")
    assert (tmp_path / "out" / "model.bin").read_text() == "a year of work"


@pytest.mark.parametrize("below", ["", "sub", "sub/deeper"])
def test_a_file_is_no_folder(town_results: Results, tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError) as caught:
        publish(town_results, tmp_path / "file" / below, lang="zh")
    for lang in LANGUAGES:
        assert "file" in caught.value.text(lang)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_under_a_file_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError):
        require_writable(tmp_path / "file" / "sub")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_refused(town_results: Results, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(OutputError) as caught:
        publish(town_results, tmp_path / "locked" / "out", lang="zh")
    assert "locked" in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="making a link needs rights on Windows")
def test_a_link_to_a_folder_is_written_through_and_leaves_nothing_behind(town_results: Results, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    publish(town_results, tmp_path / "link", lang="zh")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]
    assert sorted(content(tmp_path / "link")) == sorted(FILES)


def test_the_current_folder_can_be_written_to(
    town_results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    publish(town_results, Path(), lang="zh")
    assert sorted(path.name for path in Path().iterdir()) == sorted(FILES)


@pytest.mark.skipif(os.name == "nt", reason="rights work otherwise on Windows")
@pytest.mark.parametrize("mask", [0o022, 0o002, 0o077])
def test_outputs_have_the_permissions_of_the_writers_umask(town_results: Results, tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        for _ in range(2):  # a new folder, and one in the place of an earlier run
            publish(town_results, tmp_path / "out", lang="zh")
            assert (tmp_path / "out").stat().st_mode & 0o777 == 0o777 & ~mask
            for name in FILES:
                mode = (tmp_path / "out" / name).stat().st_mode & 0o777
                assert mode & 0o644 == 0o644 & ~mask
                assert mode & mask == 0
    finally:
        os.umask(before)


@pytest.mark.parametrize("name", ["渝中区 地图", "x" * 200])
def test_a_folder_may_have_any_name(town_results: Results, tmp_path: Path, name: str) -> None:
    publish(town_results, tmp_path / name, lang="zh")
    assert sorted(content(tmp_path / name)) == sorted(FILES)


def test_reports_and_figures_follow_when_map_and_tables_are_in_place(town_results: Results, tmp_path: Path) -> None:
    out, there = tmp_path / "out", {}

    def watch(group: str) -> None:
        there[group] = sorted(path.name for path in out.iterdir()) if out.is_dir() else []

    paths = cfgeo.publish(town_results, out, lang="en", tell=watch)
    assert list(there) == ["tables", "map", "reports", "figures"]
    assert there["reports"] == sorted(FILES)
    assert there["figures"] == sorted([*FILES, "reports"])
    assert [path.parent.name for path in paths].index("reports") == len(FILES)
    assert all(path.is_file() for path in paths)
    publish(town_results, out, lang="en")
    assert sorted(content(out)) == sorted(FILES), "figures of an earlier run do not stay beside a new one"


def test_figures_are_not_put_beside_another_run(town_results: Results, tmp_path: Path) -> None:
    publish(town_results, tmp_path / "other", lang="zh")
    other = content(tmp_path / "other")

    def meanwhile(group: str) -> None:
        if group == "figures":  # somebody copies another run there: no lock keeps people from it
            shutil.copytree(tmp_path / "other", tmp_path / "out", dirs_exist_ok=True)

    with pytest.raises(OutputError) as caught:
        cfgeo.publish(town_results, tmp_path / "out", lang="en", only=("map", "figures"), tell=meanwhile)
    assert caught.value.code == "out_replaced"
    assert content(tmp_path / "out") == other
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "out"], "nothing is left beside it"


@pytest.fixture
def no_chinese_font(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take all fonts with Chinese letters off this machine."""
    fonts.cjk_font.cache_clear()
    monkeypatch.setattr(fonts, "CJK_FONTS", ("No Such Font",))
    monkeypatch.setattr(fonts, "PACKAGE", "no_such_package")
    yield
    fonts.cjk_font.cache_clear()


@pytest.mark.usefixtures("no_chinese_font")
def test_without_a_font_all_is_written_but_pictures(town_study: Path, town_results: Results, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = invoke("run", town_study, "--out", out, "--no-cache")
    assert run.exit_code == 1
    assert "个社区" in run.stdout
    assert run.stderr.splitlines()[-1].startswith("错误：本机没有中文字体：其余结果均已写出")
    assert sorted(path.name for path in out.iterdir()) == sorted([*FILES, "reports"])
    for report in (out / "reports").iterdir():
        with zipfile.ZipFile(report) as document:
            assert not [name for name in document.namelist() if name.startswith("word/media/")]
            assert "社区".encode() in document.read("word/document.xml")
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "reports/" in page
    assert "figures/" not in page
    with pytest.raises(OutputError) as caught:
        cfgeo.publish(town_results, tmp_path / "sheets", lang="zh", only=("figures",))
    assert caught.value.code == "font_missing"
