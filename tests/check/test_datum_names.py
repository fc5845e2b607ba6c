"""What names say of a table's datum: beyond doubt, clearly, or nothing, on streets of one's own near Chongqing."""

import dataclasses

import numpy as np
import pytest
import shapely
from shapely import Point, box

from cfgeo.check.datum_names import hint_by_names, judge_by_names, judge_outline_by_names, likeliest
from cfgeo.check.datum_samples import DATUMS, Declared, ReferenceMap
from cfgeo.check.landmarks import NameMatches
from cfgeo.core.findings import describe, findings_table

CRS = "EPSG:32648"
X, Y = 650_000.0, 3_270_000.0
DISTRICT = box(X - 3000, Y - 3000, X + 3000, Y + 3000)
REFERENCE = ReferenceMap(shapely.STRtree([DISTRICT.exterior]), DISTRICT, CRS)
PAIRS = [(true, declared) for true in DATUMS for declared in DATUMS if true != declared]


def listed(count: int, *, true: str = "wgs84", declared: str = "wgs84", off_m: float = 0.0, file: str = "") -> Declared:
    """Return places so far from what each is called after, as they are read where their datum is taken for another."""
    landmarks = np.array([Point(X + 500 * n, Y) for n in range(count)], dtype=object)
    places = np.array([Point(X + 500 * n, Y + off_m) for n in range(count)], dtype=object)
    read, words = REFERENCE.shifted(places, true, declared), np.array([f"路{n}" for n in range(count)])
    return Declared(read, declared, file=file, matches=NameMatches(read, landmarks, words))


def off(table: Declared, words: list[int]) -> Declared:
    """Return a table of which some words have their landmark elsewhere."""
    matches = table.matches
    landmarks = matches.landmarks.copy()
    landmarks[words] = Point(X + 20_000, Y)
    return dataclasses.replace(table, matches=NameMatches(matches.points, landmarks, matches.words))


@pytest.mark.parametrize(("true", "declared"), PAIRS)
def test_three_names_give_a_finding_and_one_name_a_hint(true: str, declared: str) -> None:
    many, single = listed(3, true=true, declared=declared), listed(1, true=true, declared=declared)
    verdicts = judge_by_names(REFERENCE, {"many": many, "single": single})
    assert [(row["rule"], row["layer"], row["values"]["likely"]) for row in verdicts.findings] == [
        ("datum_names", "many", true)
    ]
    assert verdicts.judged == verdicts.vouched == {"many"}
    rows, leaning = hint_by_names(REFERENCE, {"single": single})
    (row,) = rows
    assert (row["rule"], row["severity"], row["layer"], leaning) == ("datum_hint", "note", "single", {"single"})
    shift_m = round(REFERENCE.shift_m(declared, true))
    assert row["values"] == {
        "datum": declared,
        "likely": true,
        "shift_m": shift_m,
        "places": 1,
        "now_m": pytest.approx(shift_m, abs=15),
        "then_m": 0,
    }


@pytest.mark.parametrize("datum", DATUMS)
def test_a_table_that_lies_where_it_is_declared_is_judged_without_a_finding(datum: str) -> None:
    many, single = listed(3, true=datum, declared=datum, off_m=60), listed(1, true=datum, declared=datum, off_m=60)
    verdicts = judge_by_names(REFERENCE, {"many": many, "single": single})
    assert (verdicts.findings, verdicts.judged) == ([], {"many"})
    assert hint_by_names(REFERENCE, {"single": single}) == ([], {"single"})


@pytest.mark.parametrize(("off_m", "leans"), [(0, True), (60, True), (250, False)])
def test_a_name_that_is_near_in_no_datum_gives_no_hint(off_m: float, leans: bool) -> None:
    """At 479 m from now and 250 m from then the odds are about two to one."""
    rows, leaning = hint_by_names(REFERENCE, {"single": listed(1, true="gcj02", off_m=off_m)})
    assert (len(rows), leaning) == ((1, {"single"}) if leans else (0, set()))


def test_names_that_disagree_settle_no_datum() -> None:
    torn = off(listed(5, true="gcj02"), [0, 1])
    assert likeliest(REFERENCE, torn.matches, torn) is None
    assert likeliest(REFERENCE, listed(5, true="gcj02").matches, torn) == "gcj02"


def test_lists_of_one_file_are_judged_together() -> None:
    """Neither list of two names is enough alone; the file of both is."""
    lists = {name: listed(2, true="gcj02", file="all.xlsx") for name in "ab"}
    matches = lists["b"].matches
    lists["b"] = dataclasses.replace(
        lists["b"], matches=NameMatches(matches.points, matches.landmarks, np.array(["街0", "街1"], dtype=object))
    )
    verdicts = judge_by_names(REFERENCE, lists)
    assert [(row["rule"], row["layer"], row["values"]["places"]) for row in verdicts.findings] == [
        ("datum_names", "all.xlsx", 4)
    ]
    assert verdicts.judged == verdicts.vouched == {"a", "b"}


def test_a_file_that_names_confirm_vouches_for_its_lists() -> None:
    lists = {"right": listed(4, file="all.xlsx"), "few": listed(1, true="gcj02", file="all.xlsx")}
    verdicts = judge_by_names(REFERENCE, lists)
    assert (verdicts.findings, verdicts.judged, verdicts.vouched) == ([], {"right"}, {"right", "few"})


def test_a_hint_is_of_the_file_where_several_of_its_lists_lean_together() -> None:
    leaning = listed(1, true="bd09", file="all.xlsx")
    rows, names = hint_by_names(REFERENCE, {"a": leaning, "b": leaning, "c": listed(0, file="all.xlsx")})
    assert [(row["layer"], row["values"]["likely"], row["values"]["places"]) for row in rows] == [
        ("all.xlsx", "bd09", 2)
    ]
    assert names == {"a", "b", "c"}
    torn = {"a": leaning, "b": off(listed(2, file="all.xlsx"), [0])}
    assert hint_by_names(REFERENCE, torn)[0] == []


def test_a_sure_table_and_a_table_without_names_are_left_alone() -> None:
    sure = dataclasses.replace(listed(5, true="gcj02"), sure=True)
    assert judge_by_names(REFERENCE, {"sure": sure, "none": listed(0)}).findings == []
    assert hint_by_names(REFERENCE, {"sure": sure, "none": listed(0)}) == ([], set())


def test_communities_are_judged_by_their_names() -> None:
    def outline(true: str, count: int = 4) -> Declared:
        return dataclasses.replace(listed(count, true=true), shapes=DISTRICT)

    assert judge_outline_by_names(REFERENCE, outline("wgs84")) == ([], True)
    rows, confirmed = judge_outline_by_names(REFERENCE, outline("bd09")) or ([], True)
    assert ([row["layer"] for row in rows], confirmed) == (["communities"], False)
    assert judge_outline_by_names(REFERENCE, outline("bd09", 2)) is None


@pytest.mark.parametrize(("lang", "worth"), [("en", "worth a look"), ("zh", "值得看一看")])
def test_a_hint_says_that_it_is_worth_a_look(lang: str, worth: str) -> None:
    rows, _ = hint_by_names(REFERENCE, {"activity": listed(1, true="gcj02")})
    (row,) = describe(findings_table(rows), lang).itertuples()  # type: ignore[arg-type]
    assert worth in row.what
    assert "activity" in row.what
    assert "gcj02" in row.what
    assert "QGIS" in row.mend
