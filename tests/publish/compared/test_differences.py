"""Hand-made changes of the town: the right communities, and the right reason."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from worlds.studies import degrees, edited
from worlds.town import write_town

from cfgeo import load_study, publish, run_study
from cfgeo.core.errors import InputError
from cfgeo.core.strings import LANGUAGES
from cfgeo.files.positions.datum import from_wgs84
from cfgeo.publish.compared.differences import Comparison, compare
from cfgeo.publish.run.past import PastRun, load_run
from cfgeo.publish.words.compared.comparison import change_table, comparison_text


def run(study: Path, out: Path) -> PastRun:
    publish(run_study(load_study(study)), out, lang="en", only=("tables",))
    return load_run(out)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> PastRun:
    """Return a run of the town as it is."""
    home = tmp_path_factory.mktemp("before")
    return run(write_town(home / "town"), home / "out")


def changed(before: PastRun, home: Path, change: Callable[[Path], object]) -> Comparison:
    study = write_town(home / "town")
    change(study)
    return compare(before, run(study, home / "out"))


def in_file(study: Path, name: str, old: str, new: str, count: int = 1) -> None:
    path = study.parent / name
    body = path.read_text(encoding="utf-8")
    assert old in body
    path.write_text(body.replace(old, new, count), encoding="utf-8")


def rows(comparison: Comparison, *changes: str, scope: str = "community") -> dict[tuple[str, str], str]:
    """Return (code, clause) → reasons, of some changes of a scope."""
    table = comparison.changes[comparison.changes["change"].isin(changes) & (comparison.changes["scope"] == scope)]
    return {(row.code, row.clause): row.reasons for row in table.itertuples()}


def test_the_same_twice_has_no_changes_and_is_comparable(before: PastRun, tmp_path: Path) -> None:
    comparison = changed(before, tmp_path, lambda study: None)
    assert comparison.comparable
    assert (len(comparison.changes), comparison.causes) == (0, [])
    assert "No verdict and no value has changed" in comparison_text(comparison, lang="en")


def close_low_school(study: Path) -> None:
    path = study.parent / "schools.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if "Low School" not in line), encoding="utf-8")


def test_a_school_closed_is_lost_by_those_who_walked_there(before: PastRun, tmp_path: Path) -> None:
    comparison = changed(before, tmp_path, close_low_school)
    assert comparison.comparable
    assert rows(comparison, "lost") == {("C01", ""): "places", ("C01", "school"): "places"}
    assert rows(comparison, "gained") == {}
    assert set(comparison.changes["reasons"]) == {"places"}
    (cause,) = comparison.causes
    assert (cause.kind, cause.what, cause.a, cause.b) == ("places", "schools", 3, 2)
    assert comparison.places.loc[0, ["change", "name"]].tolist() == ["removed", "Low School"]
    for lang in LANGUAGES:
        words = comparison_text(comparison, lang=lang)
        assert "Lower West" in words
        assert re.search(r"3 → 2.*Low School", words)


def test_a_school_of_a_kind_that_nobody_is_asked_to_reach_is_no_reason(before: PastRun, tmp_path: Path) -> None:
    def close(study: Path) -> None:
        path = study.parent / "schools.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(line for line in lines if "High School" not in line), encoding="utf-8")

    comparison = changed(before, tmp_path, close)
    assert [cause.what for cause in comparison.causes] == ["schools"]
    assert len(comparison.changes) == 0  # High School is no primary school, and not certified


def test_a_staircase_opened_helps_those_above_it(before: PastRun, tmp_path: Path) -> None:
    study = write_town(tmp_path / "town")
    steps = '<tag k="highway" v="steps"/><tag k="incline" v="up"/>'
    in_file(study, "streets.osm", steps, f'{steps}<tag k="access" v="no"/>')
    comparison = compare(run(study, tmp_path / "closed"), before)
    assert comparison.comparable
    (cause,) = comparison.causes
    assert (cause.kind, cause.what) == ("network", "network")
    assert [(form, round(metres)) for form, metres in cause.metres] == [("steps", 100)]
    assert "streets: stairs +100 m" in comparison_text(comparison, lang="en")
    # The home "up" stands by their upper end: 8 of the 24 children of C03 have the school in five minutes now.
    (row,) = comparison.changes[comparison.changes["scope"] == "community"].to_dict("records")
    assert (row["code"], row["clause"], row["change"], row["reasons"]) == ("C03", "school", "better", "network")
    assert (row["share_a"], row["share_b"]) == (0, pytest.approx(8 / 24, abs=1e-6))


def test_a_target_by_year_changes_nothing_that_is_compared(before: PastRun, tmp_path: Path) -> None:
    def add_paths(study: Path) -> None:
        in_file(study, "standard.toml", "[standard]", "[standard]\npath = { 2026 = 0.4 }\nlead = '区妇儿工委办'")
        in_file(study, "standard.toml", "need_share = 0.8", "need_share = 0.8\npath = { 2026 = 0.5 }")

    comparison = changed(before, tmp_path, add_paths)
    assert comparison.comparable
    assert not comparison.causes
    assert not comparison.differs
    assert len(comparison.changes) == 0


def test_a_threshold_changed_is_the_standards_doing_and_not_comparable(before: PastRun, tmp_path: Path) -> None:
    def ask_less(study: Path) -> None:
        in_file(study, "standard.toml", "need_share = 0.8", "need_share = 0.01")

    comparison = changed(before, tmp_path, ask_less)
    assert not comparison.comparable
    (cause,) = comparison.differs
    assert (cause.kind, cause.what, cause.a, cause.b, cause.detail) == ("standard", "school", 0.8, 0.01, ("need",))
    assert set(comparison.changes["clause"]) == {"", "school"}
    assert set(comparison.changes["change"]) == {"gained", "better"}  # the share of communities that pass is better
    assert set(comparison.changes["reasons"]) == {"standard"}
    assert set(comparison.changes["nature"]) == {"basis"}
    assert "NOT COMPARABLE" in comparison_text(comparison, lang="en")
    assert "不可比" in comparison_text(comparison, lang="zh")


def test_changes_by_a_threshold_and_by_a_school_have_their_own_causes(before: PastRun, tmp_path: Path) -> None:
    def both(study: Path) -> None:
        close_low_school(study)
        in_file(study, "standard.toml", "need_share = 0.5\nrequired = true", "need_share = 1.0\nrequired = true")

    comparison = changed(before, tmp_path, both)
    by_clause = {clause: set(table["reasons"]) for clause, table in comparison.changes.groupby("clause")}
    assert by_clause["school"] == {"places"}
    assert by_clause.get("park", {"standard"}) == {"standard"}


def test_a_datum_fixed_is_named(tmp_path: Path) -> None:
    """A fourth school, of a kind that no clause asks for, is the only one that meets a street in the wrong datum."""
    lon, lat = from_wgs84(*degrees(320, 205), datum="gcj02")
    wrong, right = (write_town(tmp_path / name / "town") for name in ("wrong", "right"))
    for study in (wrong, right):
        schools = pd.read_csv(study.parent / "schools.csv")
        senior = {"name": "Senior School", "kind": "senior", "lon": lon, "lat": lat}
        pd.concat([schools, pd.DataFrame([senior])]).to_csv(study.parent / "schools.csv", index=False)
    edited(wrong, '[layers.schools]\npath = "schools.csv"', '[layers.schools]\npath = "schools.csv"\ndatum = "gcj02"')
    comparison = compare(run(wrong, tmp_path / "a"), run(right, tmp_path / "b"))
    assert comparison.comparable
    places, reading = comparison.causes
    assert (places.kind, places.what, places.a, places.b) == ("places", "schools", 4, 4)
    assert (reading.kind, reading.what, reading.a, reading.b) == ("reading", "schools", "gcj02", None)
    assert rows(comparison, "gained") == dict.fromkeys([("C01", ""), ("C01", "school")], "reading;places")
    assert set(comparison.changes["nature"]) == {"correction"}


@pytest.mark.parametrize(
    ("old", "new", "kind", "key"),
    [
        ("level_m_s = 1.25", "level_m_s = 0.4", "walker", "level_m_s"),
        ('direction = "to"', 'direction = "worst"', "walk", "direction"),
        ("limit_minutes = 5", "limit_minutes = 4", "walk", "limit_minutes"),
        ('status = "illustrative"', 'status = "official"', "status", "status"),
    ],
)
def test_another_walk_or_status_is_not_comparable(
    before: PastRun, tmp_path: Path, old: str, new: str, kind: str, key: str
) -> None:
    comparison = changed(before, tmp_path, lambda study: edited(study, old, new))
    assert {cause.kind for cause in comparison.differs} == {kind}
    assert key in {cause.detail[0] for cause in comparison.differs}
    assert set(comparison.changes["reasons"]) <= {kind}
    for lang in LANGUAGES:
        assert comparison_text(comparison, lang=lang)


def test_communities_that_are_added_removed_renamed_or_recoded_are_changes(before: PastRun, tmp_path: Path) -> None:
    def reform(study: Path) -> None:
        in_file(study, "communities.geojson", '"C04"', '"C05"')
        in_file(study, "communities.geojson", '"Nobody"', '"Somebody"')
        in_file(study, "communities.geojson", '"C03"', '"C93"')
        in_file(study, "communities.geojson", '"Lower East"', '"Low East"')

    comparison = changed(before, tmp_path, reform)
    kinds = {row.code: row.change for row in comparison.changes.itertuples()}
    assert kinds == {"C02": "renamed", "C93": "recoded", "C05": "added", "C04": "removed"}
    assert set(comparison.changes["reasons"]) == {"boundary"}
    because = change_table(comparison, lang="en").set_index("code")["because"]
    assert because["C93"] == "it was Upper (C03)"
    assert because["C02"] == "it was Lower East (C02)"


def test_a_clause_of_only_one_standard_is_a_cause(before: PastRun, tmp_path: Path) -> None:
    comparison = changed(
        before, tmp_path, lambda study: in_file(study, "standard.toml", 'id = "sports"', 'id = "games"')
    )
    assert {(cause.what, bool(cause.b)) for cause in comparison.differs} == {("sports", False), ("games", True)}


def test_runs_of_different_studies_are_refused(before: PastRun, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        changed(before, tmp_path, lambda study: edited(study, 'id = "town"', 'id = "village"'))
    assert caught.value.code == "runs_other_study"


def test_other_versions_are_the_reason_where_there_is_no_other(before: PastRun) -> None:
    newer = {**before.record, "versions": {**before.record["versions"], "cfgeo": "9.9"}}
    coverage = before.coverage.assign(share=before.coverage["share"] / 2)
    comparison = compare(before, replace(before, record=newer, coverage=coverage))
    assert comparison.comparable
    assert set(comparison.changes["reasons"]) == {"version"}
    assert "run the study of A again" in comparison_text(comparison, lang="en")
    unknown = compare(before, replace(before, coverage=coverage))
    assert set(unknown.changes["reasons"]) == {"unknown"}


def test_each_row_has_its_words(before: PastRun, tmp_path: Path) -> None:
    comparison = changed(before, tmp_path, close_low_school)
    for lang in LANGUAGES:
        table = change_table(comparison, lang=lang)
        assert not table[["clause_name", "because", "reasons", "change"]].isin(["", None]).any(axis=None)
        assert not pd.isna(table["verdict_a"]).any()
