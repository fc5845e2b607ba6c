"""What a batch names: its keys, its patterns, the ids of its studies."""

from pathlib import Path

import pytest
from worlds.cities import write_cities
from worlds.studies import edited
from worlds.town import write_town

from cfgeo.batch.studies import load_batch
from cfgeo.core.errors import StudyError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with four districts, of which one is no TOML once the test has broken it."""
    home = tmp_path_factory.mktemp("cities")
    write_cities(home, 4, broken=False)
    return home


def batch_of(folder: Path, body: str) -> Path:
    path = folder / "some.toml"
    path.write_text(body, "utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(StudyError) as raised:
        load_batch(path)
    assert raised.value.text("zh") != raised.value.text("en")
    return raised.value.text("en")


def test_a_pattern_finds_studies_and_neither_their_standards_nor_the_batch(folder: Path) -> None:
    for pattern in ("*/study.toml", "*", "*/*.toml", "**/*.toml"):
        batch = load_batch(batch_of(folder, f'[batch]\nstudies = "{pattern}"'))
        assert [study.id for study in batch.studies] == ["d00", "d01", "d02", "d03"]
        assert [study.path for study in batch.studies] == [f"d0{nth}/study.toml" for nth in range(4)]


def test_the_order_is_that_of_the_file_and_each_study_counts_once(folder: Path) -> None:
    batch = load_batch(batch_of(folder, '[batch]\ntitle = "市"\nstudies = ["d03", "d01/study.toml", "*/study.toml"]'))
    assert [study.id for study in batch.studies] == ["d03", "d01", "d00", "d02"]
    assert (batch.title, batch.title_en) == ("市", "市")


def test_what_is_named_and_missing_is_a_district_that_will_fail(folder: Path) -> None:
    batch = load_batch(batch_of(folder, '[batch]\nstudies = ["d00", "north/d09/study.toml"]'))
    assert [study.id for study in batch.studies] == ["d00", "north-d09"]


def test_an_unknown_key_is_refused_with_the_one_that_is_meant(folder: Path) -> None:
    message = refusal(batch_of(folder, '[batch]\nstudis = ["d00"]\nworkers = true'))
    assert "some.toml" in message
    assert "studies" in message.partition("batch.studis")[2].splitlines()[0]
    assert "batch.workers" in message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('[batch]\nstudies = ["x*/study.toml"]', "x*/study.toml"),
        ("[batch]\nstudies = []", "[batch]: give either studies"),
        ('[batch]\nstudies = ["/cities/*/study.toml"]', "relative to the batch's folder"),
        ('[batch]\nstudies = ["https://example.org/study.toml"]', "batch.studies"),
        ("[batch]\nstudies = 3", "batch.studies"),
        ("[batch\n", "line 1"),
        ('[study]\nid = "a"', "cfgeo run"),
    ],
)
def test_a_fault_names_file_and_key(folder: Path, body: str, said: str) -> None:
    message = refusal(batch_of(folder, body))
    assert "some.toml" in message
    assert said in message


def test_two_studies_of_one_id_would_write_to_one_place(tmp_path: Path) -> None:
    for name, own in (("east", "town"), ("west", "Town")):
        edited(write_town(tmp_path / name), 'id = "town"', f'id = "{own}"')
    message = refusal(batch_of(tmp_path, '[batch]\nstudies = "*"'))
    assert "east/study.toml" in message
    assert "west/study.toml" in message


def test_a_batch_that_is_not_there_says_how_one_is_written(tmp_path: Path) -> None:
    assert "studies = [" in refusal(tmp_path / "cities.toml")
