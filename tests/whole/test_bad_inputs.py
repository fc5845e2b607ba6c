"""Whatever planners bring is read right or refused clearly: no traceback, and no wrong answer without a finding."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from worlds.bad_inputs.make import Kind, all_kinds, sound_town

from cfgeo import CfgeoError, CheckError, Results, Study, load_study, run_study
from cfgeo.core.findings import describe
from cfgeo.core.strings import LANGUAGES
from cfgeo.pipeline.check import check_study

KINDS = all_kinds()
JUDGED = ["verdict", "demand", "failed"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bad")


@pytest.fixture(scope="module")
def sound(folder: Path) -> Results:
    return run_study(load_study(sound_town(folder)))


def keys_of(findings: pd.DataFrame) -> set[tuple[str, str, str]]:
    return set(findings[["rule", "layer", "row"]].itertuples(index=False, name=None))


def assert_says(kind: Kind, findings: pd.DataFrame, sound: Results) -> None:
    """Check that the finding is there and not in the sound town, and that both languages have words for it."""
    for lang in LANGUAGES:
        assert describe(findings, lang)[["what", "mend"]].map(bool).all(axis=None)
    new = keys_of(findings) - keys_of(sound.inputs.findings)
    fits = [key for key in new if key[0] == kind.says and kind.layer in {"", key[1]} and kind.row in {"", key[2]}]
    assert fits, f"{kind.says} {kind.layer} {kind.row} is not among {sorted(new)}"


def assert_as_sound(results: Results, sound: Results) -> None:
    """Check that a study is judged as the sound town is, with no more than notes about how it was read."""
    known = set(zip(sound.inputs.findings["rule"], sound.inputs.findings["layer"], strict=True))
    findings = results.inputs.findings
    new = [key not in known for key in zip(findings["rule"], findings["layer"], strict=True)]
    assert (findings[new]["severity"] == "note").all(), describe(findings[new], "en")["what"].tolist()
    pd.testing.assert_frame_equal(
        results.communities[JUDGED].reset_index(drop=True), sound.communities[JUDGED].reset_index(drop=True)
    )
    pd.testing.assert_frame_equal(results.clauses[["found", "verdict"]], sound.clauses[["found", "verdict"]])


def assert_answers(work: Callable[[Study], Results | pd.DataFrame], kind: Kind, study: Path, sound: Results) -> None:
    """Check that a check or a run gives the finding or the error that it must give."""
    try:
        result = work(load_study(study))
    except CfgeoError as error:
        refusal = error
    else:
        assert_says(kind, result.inputs.findings if isinstance(result, Results) else result, sound)
        return
    assert all(refusal.text(lang) for lang in LANGUAGES)
    if isinstance(refusal, CheckError):
        assert_says(kind, refusal.findings, sound)
        assert refusal.places is not None
    else:
        assert refusal.code == kind.says, refusal.text("en")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_broken_inputs_give_a_finding_an_error_or_the_right_verdicts(kind: Kind, folder: Path, sound: Results) -> None:
    study = kind.make(folder / kind.name).study
    if kind.says:
        assert_answers(check_study, kind, study, sound)
        assert_answers(run_study, kind, study, sound)
    else:
        assert_as_sound(run_study(load_study(study)), sound)


def test_the_corpus_has_75_kinds_with_names_of_their_own() -> None:
    assert len(KINDS) >= 75
    assert len({kind.name for kind in KINDS}) == len(KINDS)
