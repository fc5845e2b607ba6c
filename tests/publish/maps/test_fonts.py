"""A font that came is seen, one that has gone is not: matplotlib's list of fonts may be of an earlier day."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import font_manager

from cfgeo.publish.maps import fonts

NAME = "DejaVu Sans Mono"  # stands for a font with Chinese letters
FILE = Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSansMono.ttf")


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[font_manager.FontEntry]]:
    """Let matplotlib know all fonts but one."""
    others = [font for font in font_manager.fontManager.ttflist if font.name != NAME]
    fonts.cjk_font.cache_clear()
    monkeypatch.setattr(fonts, "CJK_FONTS", (NAME,))
    monkeypatch.setattr(fonts, "PACKAGE", "no_such_package")
    monkeypatch.setattr(font_manager.fontManager, "ttflist", others)
    yield others
    fonts.cjk_font.cache_clear()


def installed(monkeypatch: pytest.MonkeyPatch, *paths: Path) -> None:
    """Let the system have some files of fonts."""
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(path) for path in paths])


@pytest.mark.usefixtures("others")
def test_a_font_installed_a_minute_ago_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch)
    assert fonts.cjk_font() is None
    fonts.cjk_font.cache_clear()
    damaged = tmp_path / "damaged.ttf"
    damaged.write_bytes(b"no font")
    installed(monkeypatch, damaged, Path(shutil.copy(FILE, tmp_path / "new.ttf")))
    assert fonts.cjk_font() == NAME
    assert fonts.fonts_for("渝中") == [NAME, "DejaVu Sans"]
    assert font_manager.findfont(NAME) == str(tmp_path / "new.ttf")


def test_a_font_that_was_removed_is_not_taken(
    others: list[font_manager.FontEntry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(monkeypatch)
    others.append(font_manager.FontEntry(fname=str(tmp_path / "gone.ttf"), name=NAME))
    assert fonts.cjk_font() is None
