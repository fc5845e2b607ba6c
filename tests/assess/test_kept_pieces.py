"""Parts of a page that an earlier run drew: the same page to the byte, drawn again where what they rest on differs."""

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from cfgeo import Results, load_study, run_study
from cfgeo.assess.kept import pieces as kept
from cfgeo.assess.kept.pieces import kept_pieces
from cfgeo.core.hashes import Pieces
from cfgeo.publish.geometry import Projector
from cfgeo.publish.page import ground
from cfgeo.publish.page.run import page_html


def drawn(pieces: Pieces, text: str, *made_of: bytes) -> str:
    return pieces.text(made_of, lambda: text)


def test_a_text_is_made_once_and_kept_for_a_later_run(tmp_path: Path) -> None:
    first = kept_pieces(tmp_path, study="town")
    assert drawn(first, "drawn", b"a", b"b") == "drawn"
    assert drawn(first, "split elsewhere", b"ab") == "split elsewhere"
    first.keep()
    later = kept_pieces(tmp_path, study="town")
    assert drawn(later, "drawn again", b"a", b"b") == "drawn"
    assert drawn(later, "other", b"b", b"a") == "other", "the order counts"
    assert drawn(kept_pieces(tmp_path, study="village"), "its own", b"a", b"b") == "its own"
    assert drawn(kept_pieces(None, study="town"), "without a cache", b"a", b"b") == "without a cache"


def test_only_what_was_asked_for_stays(tmp_path: Path) -> None:
    for name in (b"old", b"new"):
        pieces = kept_pieces(tmp_path, study="town")
        drawn(pieces, name.decode(), name)
        pieces.keep()
    assert drawn(kept_pieces(tmp_path, study="town"), "forgotten", b"old") == "forgotten"
    assert drawn(kept_pieces(tmp_path, study="town"), "forgotten", b"new") == "new"


def test_other_source_draws_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = kept_pieces(tmp_path, study="town")
    drawn(pieces, "drawn", b"a")
    pieces.keep()
    monkeypatch.setattr(kept, "source_hash", lambda *wings: f"edited {wings}")
    assert drawn(kept_pieces(tmp_path, study="town"), "drawn anew", b"a") == "drawn anew"


def test_a_damaged_piece_is_drawn_anew(tmp_path: Path) -> None:
    pieces = kept_pieces(tmp_path, study="town")
    drawn(pieces, "drawn", b"a")
    pieces.keep()
    (file,) = tmp_path.glob("pieces-*/pieces.feather")
    body = bytearray(file.read_bytes())
    body[body.index(b"drawn")] ^= 1
    file.write_bytes(body)
    assert drawn(kept_pieces(tmp_path, study="town"), "drawn anew", b"a") == "drawn anew"


def test_another_process_gets_none() -> None:
    assert drawn(pickle.loads(pickle.dumps(Pieces({"x": "y"}, print))), "drawn", b"a") == "drawn"  # noqa: S301


def test_a_shape_that_differs_by_a_hair_is_drawn_anew() -> None:
    pieces, ring = Pieces(), np.array([[500_000, 3_200_000], [500_400, 3_200_000], [500_400, 3_200_400]])
    pages = [Projector(crs, pieces) for crs in ("EPSG:32648", "EPSG:32649")]
    shapes = [shapely.Polygon(ring), shapely.Polygon(np.add(ring, [[0, 0], [30, 0], [0, 0]]))]
    texts = [
        page.polygons(shape, tolerance_m=tolerance_m) for page in pages for shape in shapes for tolerance_m in (1, 50)
    ]
    plain = [
        Projector(crs).polygons(shape, tolerance_m=tolerance_m)
        for crs in ("EPSG:32648", "EPSG:32649")
        for shape in shapes
        for tolerance_m in (1, 50)
    ]
    assert texts == plain
    assert len(set(texts)) > len(pages)


def test_the_page_of_a_second_run_is_the_same_and_draws_nothing_again(
    town_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = load_study(town_study)

    def page(results: Results) -> str:
        return page_html(replace(results, seconds={}), lang="en")

    first = run_study(study, cache=tmp_path)
    before = page(first)

    def not_again(*_: Any) -> None:
        raise AssertionError("drawn again")

    monkeypatch.setattr(ground, "_drawn", not_again)
    second = run_study(study, cache=tmp_path)
    assert page(second) == before
    assert page(replace(second, pieces=Pieces(), ground=None)) != before
    with pytest.raises(AssertionError, match="drawn again"):
        page(replace(second, pieces=Pieces()))
