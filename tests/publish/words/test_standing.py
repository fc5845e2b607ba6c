"""How communities stand: fills that still tell them apart where nearly all fail, and a sentence on what to do."""

import dataclasses

import pandas as pd
from worlds.publish_results import sample_results

from cfgeo.publish.colours import VERDICT_FILLS
from cfgeo.publish.words.clauses.standing import (
    class_legend,
    map_key,
    most_failed,
    standing_words,
    verdict_classes,
)

CLAUSES = list("abcdefgh")


def communities(*counts: int | None) -> pd.DataFrame:
    """Return communities that fail so many clauses; None: not assessed."""
    verdicts = ["not_assessed" if count is None else "failed" if count else "passed" for count in counts]
    return pd.DataFrame({"verdict": verdicts, "failed": [CLAUSES[: count or 0] for count in counts]})


def test_verdicts_are_near_or_far_from_passing() -> None:
    assert verdict_classes(communities(0, 1, 2, 3, None)).tolist() == [
        "passed", "failed-high", "failed-high", "failed-low", "not_assessed",
    ]  # fmt: skip


def test_where_nearly_all_are_far_the_number_of_failed_clauses_is_shown() -> None:
    table = communities(*[3] * 5, *[6] * 5, 7, 1, None)
    classes = verdict_classes(table)
    assert classes.value_counts().to_dict() == {"failing-3": 5, "failing-6": 6, "failing-1": 1, "not_assessed": 1}
    legend = dict(class_legend(classes, "en", most=8))
    assert list(legend) == ["failing-1", "failing-3", "failing-6", "not_assessed"]
    assert legend["failing-3"] == "✗ fails 3 of the required clauses"
    assert legend["failing-6"] == "✗ fails 6 or more of the required clauses"
    assert dict(class_legend(classes, "en", most=6))["failing-6"] == "✗ fails 6 of the required clauses"
    assert set(classes) <= set(VERDICT_FILLS)


def test_where_nearly_all_pass_nothing_changes() -> None:
    assert set(verdict_classes(communities(*[0] * 9, 1))) == {"passed", "failed-high"}


def test_the_caption_of_a_map_names_the_fills_that_it_has() -> None:
    mixed = communities(0, 1, 3, None).assign(required=7)
    assert map_key(mixed, "zh").startswith(
        "蓝色：✓ 达标；浅橙色：✗ 未达标：缺 1–2 条；深橙色：✗ 未达标：缺 3 条及以上；浅灰色：– 未评定。"
    )
    alike = communities(*[3] * 5, *[6] * 5).assign(required=7)
    assert map_key(alike, "en").startswith("Orange: ✗ failed; the darker, the more required clauses fail. ")


def test_the_sentence_names_the_clause_and_the_nearest() -> None:
    results = sample_results()
    clause, count = most_failed(results) or ("", 0)
    failed = results.communities["failed"]
    assert count == max(sum(name in each for each in failed) for name in results.clauses.index)
    assert sum(clause in each for each in failed) == count
    words = standing_words(results, "en")
    nearest = results.communities[results.communities["verdict"] == "failed"]
    nearest = nearest[nearest["failed"].map(len) == nearest["failed"].map(len).min()]
    assert f"({count} fail it)" in words
    assert all(str(name) in words for name in nearest["community"][:3])
    passed = results.communities.assign(verdict="passed", failed=[[]] * len(results.communities))
    assert standing_words(dataclasses.replace(results, communities=passed), "zh") == ""
