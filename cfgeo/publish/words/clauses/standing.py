"""How communities stand: the classes that maps fill them by, what holds most back, who is nearest to passing."""

from typing import Any

import pandas as pd

from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.colours import FAILED_STEPS
from cfgeo.publish.words.names import clause_titles, listed

SIGNS = {PASSED: "✓", FAILED: "✗", NOT_ASSESSED: "–"}
NEAR_MISS = 2
"""A community that fails so many clauses or fewer is near to passing."""
MOST_ALIKE = 0.8
"""If a larger share of the communities has one fill, failing ones are filled by how many clauses they fail."""
_NAMED = 3


def verdict_classes(communities: pd.DataFrame) -> pd.Series:
    """Return the class of each community's verdict: a key of ``VERDICT_FILLS``.

    ``passed``, ``not_assessed``, ``failed-high`` (near to passing), ``failed-low``; or, where nearly all would have one
    fill, ``failing-1`` and so on, by the number of required clauses that fail.
    """
    counts = communities["failed"].map(len)
    failed = communities["verdict"] == FAILED
    near = counts.le(NEAR_MISS).map({True: "failed-high", False: "failed-low"})
    classes = communities["verdict"].astype(str).where(~failed, near)
    shares = classes.value_counts(normalize=True)
    if len(shares) == 0 or shares.iloc[0] <= MOST_ALIKE or not shares.index[0].startswith(FAILED):
        return classes
    steps = counts.clip(1, len(FAILED_STEPS)).map(lambda count: f"failing-{count}")
    return classes.where(~failed, steps)


def class_legend(classes: pd.Series, lang: Lang, *, most: int) -> list[tuple[str, str]]:
    """Return the classes that communities have, in the order of a legend, each with its words.

    Parameters
    ----------
    classes
        Of :func:`verdict_classes`.
    lang
        Language of the words.
    most
        The number of required clauses.
    """
    words: dict[str, str] = {
        PASSED: name_of("word", PASSED, lang),
        "failed-high": text("page.legend_near", lang),
        "failed-low": text("page.legend_far", lang),
    }
    for count in range(1, len(FAILED_STEPS) + 1):
        key = "legend_failing_most" if count == len(FAILED_STEPS) < most else "legend_failing"
        words[f"failing-{count}"] = text(f"page.{key}", lang, count=count)
    words[NOT_ASSESSED] = name_of("word", NOT_ASSESSED, lang)
    found = set(classes)
    return [(name, f"{_sign(name)} {said}") for name, said in words.items() if name in found]


def map_key(communities: pd.DataFrame, lang: Lang) -> str:
    """Return what the fills of a map of verdicts mean, as a caption."""
    classes = verdict_classes(communities)
    legend = class_legend(classes, lang, most=int(communities["required"].max()))
    said = dict.fromkeys(
        text(f"report.map_key_{'failing' if name.startswith('failing') else name}", lang, words=words)
        for name, words in legend
    )
    return text("report.map_key", lang, classes=("；" if lang == "zh" else "; ").join(said))


def _sign(name: str) -> str:
    return SIGNS.get(name, SIGNS[FAILED])


def most_failed(results: Results) -> tuple[str, int] | None:
    """Return the required clause that most communities fail, and how many; None where none fails."""
    failed = results.communities["failed"].explode().dropna()
    if failed.empty:
        return None
    counts = failed.value_counts(sort=False)
    return next(
        (str(clause), int(counts.max())) for clause in results.clauses.index if counts.get(clause) == counts.max()
    )


def standing_words(results: Results, lang: Lang) -> str:
    """Return which clause holds most communities back, and who is nearest to passing; "" if none fails."""
    most = most_failed(results)
    if most is None:
        return ""
    clause, count = most
    titles = clause_titles(results.parameters, lang)
    failing = results.communities[results.communities["verdict"] == FAILED]
    parts = [text("page.standing_held_back", lang, clause=titles[clause], count=count)]
    lacking = failing["failed"].map(len)
    if len(failing):
        nearest = failing[lacking == lacking.min()]
        values: dict[str, Any] = {"count": int(lacking.min())}
        if len(nearest) == 1:
            lacks = listed([titles[clause] for clause in nearest["failed"].iloc[0]], lang)
            values |= {"name": nearest["community"].iloc[0], "clauses": lacks}
            parts.append(text("page.standing_nearest_one", lang, **values))
        else:
            more = len(nearest) - _NAMED
            names = listed(nearest["community"].iloc[:_NAMED], lang)
            key = "standing_nearest_more" if more > 0 else "standing_nearest"
            parts.append(text(f"page.{key}", lang, names=names, number=len(nearest), **values))
    return ("" if lang == "zh" else " ").join(parts)
