"""Why indicators changed, in words: what happened to places apart from what happened to the data."""

from collections.abc import Iterable

from cfgeo.core.strings import MOST_NAMED, Lang, name_of, text
from cfgeo.publish.compared.series.reasons import Reason, YearStep
from cfgeo.publish.words.compared.causes import cause_words
from cfgeo.publish.words.names import listed, separated

_GROUPS = ("real", "data", "method", "")
_DETAILS = 3


def reasons_text(reasons: Iterable[Reason], step: YearStep, lang: Lang) -> str:
    """Return reasons as one text: places first, then corrections of data, then how it is judged.

    Parameters
    ----------
    reasons
        Of one change.
    step
        The two years between which it happened.
    lang
        Language of the words.
    """
    ordered = sorted(reasons, key=lambda reason: _GROUPS.index(reason.group))
    return separated(dict.fromkeys(reason_words(reason, step, lang) for reason in ordered), lang)


def reason_words(reason: Reason, step: YearStep, lang: Lang) -> str:
    """Return one reason as a phrase."""
    if reason.cause is not None:
        return cause_words(step.comparison, reason.cause, lang, most=_DETAILS)
    if not reason.names:
        return text(f"series.reason_{reason.kind}", lang)
    names = listed(reason.names[:MOST_NAMED], lang)
    if len(reason.names) > MOST_NAMED:
        names = text("word.and_more", lang, names=names, count=len(reason.names))
    layer = name_of("layer", reason.layer, lang)
    return text(f"series.reason_{reason.kind}", lang, layer=layer, count=len(reason.names), names=names)
