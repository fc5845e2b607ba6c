"""What names say of a table's datum: beyond doubt, clearly, or nothing, on streets of one's own near Chongqing."""

import dataclasses

import numpy as np
import pytest
import shapely
from shapely import Point, box

from cfgeo.check.datum_names import by_names, hints, named, outline_by_names
from cfgeo.check.datum_samples import DATUMS, Ground, Placed
from cfgeo.check.landmarks import Signposts
from cfgeo.core.findings import describe, findings_table

CRS = "EPSG:32648"
X, Y = 650_000.0, 3_270_000.0
DISTRICT = box(X - 3000, Y - 3000, X + 3000, Y + 3000)
GROUND = Ground(shapely.STRtree([DISTRICT.exterior]), DISTRICT, CRS)
PAIRS = [(true, said) for true in DATUMS for said in DATUMS if true != said]


def listed(count: int, *, true: str = "wgs84", said: str = "wgs84", off_m: float = 0.0, file: str = "") -> Placed:
    """Return places so far from what each is called after, as they are read where their datum is taken for another."""
    goals = np.array([Point(X + 500 * n, Y) for n in range(count)], dtype=object)
    read = GROUND.moved(np.array([Point(X + 500 * n, Y + off_m) for n in range(count)], dtype=object), true, said)
    return Placed(read, said, file=file, signs=Signposts(read, goals, np.array([f"路{n}" for n in range(count)])))


def off(placed: Placed, words: list[int]) -> Placed:
    """Return a table of which some words say nothing of where."""
    signs = placed.signs
    lands = signs.lands.copy()
    lands[words] = Point(X + 20_000, Y)
    return dataclasses.replace(placed, signs=Signposts(signs.points, lands, signs.words))


@pytest.mark.parametrize(("true", "said"), PAIRS)
def test_three_names_accuse_and_one_is_worth_a_look(true: str, said: str) -> None:
    many, one = listed(3, true=true, said=said), listed(1, true=true, said=said)
    heard = by_names(GROUND, {"many": many, "one": one})
    assert [(row["rule"], row["layer"], row["values"]["likely"]) for row in heard.findings] == [
        ("datum_names", "many", true)
    ]
    assert heard.judged == heard.vouched == {"many"}
    rows, leaning = hints(GROUND, {"one": one})
    (row,) = rows
    assert (row["rule"], row["severity"], row["layer"], leaning) == ("datum_hint", "note", "one", {"one"})
    shift_m = round(GROUND.shift_m(said, true))
    assert row["values"] == {
        "datum": said,
        "likely": true,
        "shift_m": shift_m,
        "places": 1,
        "now_m": pytest.approx(shift_m, abs=15),
        "then_m": 0,
    }


@pytest.mark.parametrize("datum", DATUMS)
def test_what_lies_where_it_is_said_is_judged_without_a_word(datum: str) -> None:
    many, one = listed(3, true=datum, said=datum, off_m=60), listed(1, true=datum, said=datum, off_m=60)
    heard = by_names(GROUND, {"many": many, "one": one})
    assert (heard.findings, heard.judged) == ([], {"many"})
    assert hints(GROUND, {"one": one}) == ([], {"one"})


@pytest.mark.parametrize(("off_m", "leans"), [(0, True), (60, True), (250, False)])
def test_a_name_that_is_not_near_in_any_datum_leans_nowhere(off_m: float, leans: bool) -> None:
    """At 479 m from now and 250 m from then the odds are about two to one."""
    rows, leaning = hints(GROUND, {"one": listed(1, true="gcj02", off_m=off_m)})
    assert (len(rows), leaning) == ((1, {"one"}) if leans else (0, set()))


def test_names_that_do_not_agree_accuse_nobody() -> None:
    torn = off(listed(5, true="gcj02"), [0, 1])
    assert named(GROUND, torn.signs, torn) is None
    assert named(GROUND, listed(5, true="gcj02").signs, torn) == "gcj02"


def test_lists_of_one_file_are_asked_together() -> None:
    """Neither list of two names is enough alone; the file of both is."""
    lists = {name: listed(2, true="gcj02", file="all.xlsx") for name in "ab"}
    signs = lists["b"].signs
    lists["b"] = dataclasses.replace(
        lists["b"], signs=Signposts(signs.points, signs.lands, np.array(["街0", "街1"], dtype=object))
    )
    heard = by_names(GROUND, lists)
    assert [(row["rule"], row["layer"], row["values"]["places"]) for row in heard.findings] == [
        ("datum_names", "all.xlsx", 4)
    ]
    assert heard.judged == heard.vouched == {"a", "b"}


def test_a_file_that_names_bear_out_vouches_for_its_lists() -> None:
    lists = {"right": listed(4, file="all.xlsx"), "few": listed(1, true="gcj02", file="all.xlsx")}
    heard = by_names(GROUND, lists)
    assert (heard.findings, heard.judged, heard.vouched) == ([], {"right"}, {"right", "few"})


def test_a_hint_is_of_the_file_where_several_of_its_lists_lean_together() -> None:
    one = listed(1, true="bd09", file="all.xlsx")
    rows, leaning = hints(GROUND, {"a": one, "b": one, "c": listed(0, file="all.xlsx")})
    assert [(row["layer"], row["values"]["likely"], row["values"]["places"]) for row in rows] == [
        ("all.xlsx", "bd09", 2)
    ]
    assert leaning == {"a", "b", "c"}
    torn = {"a": one, "b": off(listed(2, file="all.xlsx"), [0])}
    assert hints(GROUND, torn)[0] == []


def test_nobody_doubts_what_is_sure_or_has_no_names() -> None:
    sure = dataclasses.replace(listed(5, true="gcj02"), sure=True)
    assert by_names(GROUND, {"sure": sure, "none": listed(0)}).findings == []
    assert hints(GROUND, {"sure": sure, "none": listed(0)}) == ([], set())


def test_communities_are_judged_by_their_names() -> None:
    def outline(true: str, count: int = 4) -> Placed:
        return dataclasses.replace(listed(count, true=true), shapes=DISTRICT)

    assert outline_by_names(GROUND, outline("wgs84")) == ([], True)
    rows, confirmed = outline_by_names(GROUND, outline("bd09")) or ([], True)
    assert ([row["layer"] for row in rows], confirmed) == (["communities"], False)
    assert outline_by_names(GROUND, outline("bd09", 2)) is None


@pytest.mark.parametrize(("lang", "worth"), [("en", "worth a look"), ("zh", "值得看一看")])
def test_a_hint_says_that_it_is_one(lang: str, worth: str) -> None:
    rows, _ = hints(GROUND, {"activity": listed(1, true="gcj02")})
    (said,) = describe(findings_table(rows), lang).itertuples()  # type: ignore[arg-type]
    assert worth in said.what
    assert "activity" in said.what
    assert "gcj02" in said.what
    assert "QGIS" in said.mend
