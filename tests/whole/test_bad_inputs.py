"""Whatever planners bring is read right or refused clearly: no traceback, and no wrong answer without a word."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from worlds.bad_inputs.make import Kind, all_kinds, sound_town

from cfgeo import CfgeoError, CheckError, Results, Study, load_study, run_study
from cfgeo.core.findings import describe
from cfgeo.core.strings import LANGUAGES
from cfgeo.pipeline import check_study

KINDS = all_kinds()
JUDGED = ["verdict", "demand", "failed"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bad")


@pytest.fixture(scope="module")
def sound(folder: Path) -> Results:
    return run_study(load_study(sound_town(folder)))


def said(findings: pd.DataFrame) -> set[tuple[str, str, str]]:
    return set(findings[["rule", "layer", "row"]].itertuples(index=False, name=None))


def assert_says(kind: Kind, findings: pd.DataFrame, sound: Results) -> None:
    """See that the finding is there, that the sound town does not have it, and that both languages can tell it."""
    for lang in LANGUAGES:
        assert describe(findings, lang)[["what", "mend"]].map(bool).all(axis=None)
    new = said(findings) - said(sound.inputs.findings)
    fits = [one for one in new if one[0] == kind.says and kind.layer in {"", one[1]} and kind.row in {"", one[2]}]
    assert fits, f"{kind.says} {kind.layer} {kind.row} is not among {sorted(new)}"


def assert_as_sound(results: Results, sound: Results) -> None:
    """See that a study is judged as the sound town is, with notes at most about how it was read."""
    known = set(zip(sound.inputs.findings["rule"], sound.inputs.findings["layer"], strict=True))
    found = results.inputs.findings
    new = [one not in known for one in zip(found["rule"], found["layer"], strict=True)]
    assert (found[new]["severity"] == "note").all(), describe(found[new], "en")["what"].tolist()
    pd.testing.assert_frame_equal(
        results.communities[JUDGED].reset_index(drop=True), sound.communities[JUDGED].reset_index(drop=True)
    )
    pd.testing.assert_frame_equal(results.clauses[["found", "verdict"]], sound.clauses[["found", "verdict"]])


def assert_answers(work: Callable[[Study], Results | pd.DataFrame], kind: Kind, study: Path, sound: Results) -> None:
    """See what a check or a run says: the finding or the error that it must give."""
    try:
        found = work(load_study(study))
    except CfgeoError as error:
        told = error
    else:
        assert_says(kind, found.inputs.findings if isinstance(found, Results) else found, sound)
        return
    assert all(told.text(lang) for lang in LANGUAGES)
    if isinstance(told, CheckError):
        assert_says(kind, told.findings, sound)
        assert told.places is not None
    else:
        assert told.code == kind.says, told.text("en")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_nothing_is_answered_wrongly_without_a_word(kind: Kind, folder: Path, sound: Results) -> None:
    study = kind.make(folder / kind.name).study
    if kind.says:
        assert_answers(check_study, kind, study, sound)
        assert_answers(run_study, kind, study, sound)
    else:
        assert_as_sound(run_study(load_study(study)), sound)


def test_the_corpus_is_wide_and_every_kind_is_its_own() -> None:
    assert len(KINDS) >= 75
    assert len({kind.name for kind in KINDS}) == len(KINDS)
