"""Communities against their official list → findings: who is missing, whose name or code is written otherwise."""

import difflib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import pandas as pd

from cfgeo.core.findings import Findings, finding

_COMMITTEE = re.compile("(?:居民委员会|居委会)$")
_VILLAGE_COMMITTEE = re.compile("村?(?:村民委员会|村委会)$")
_ENDING = "社区"
_ANY = "\0"
_VARIANT = re.compile("[\u2e80-\u2fdf\uf900-\ufaff]")
"""Radicals and compatibility characters: ⼤ (U+2F24) looks like 大 and is another character, as PDF files have it."""


def check_count(communities: pd.DataFrame, expected: int) -> Findings:
    """Find a number of communities other than the study expects."""
    count = len(communities)
    return [finding("communities_expected", "communities", count=count, expected=expected)] if count != expected else []


def check_official(communities: pd.DataFrame, official: pd.DataFrame) -> Findings:
    """Find communities that differ from their official list.

    They are matched by code, and by name where codes do not. What is left of both sides is matched where just the
    ending 社区 or one character differs: among names that nobody else has, that is a slip more likely than another
    community. No table of look-alike characters is asked, since none would hold them all.

    Parameters
    ----------
    communities
        Index ``code``; ``community``.
    official
        ``code`` or ``community``, or both: text, "" where it is missing. A name may be a committee's (居民委员会).
    """
    ours = pd.DataFrame({"code": communities.index.astype("str"), "name": communities["community"].to_numpy()})
    theirs = pd.DataFrame(
        {"code": official.get("code", ""), "name": official.get("community", "")}, index=official.index
    )
    theirs = theirs[(theirs != "").any(axis=1)].drop_duplicates().reset_index(drop=True)
    matched = _match(ours, theirs)
    mine = ours.loc[list(matched)].reset_index(drop=True)
    yours = theirs.loc[list(matched.values())].reset_index(drop=True).add_suffix("_official")
    pairs = pd.concat([mine, yours], axis=1)
    rows = _names(pairs[pairs["name_official"] != ""]) + _codes(pairs[pairs["code_official"] != ""])
    extra, absent = ours.drop(index=list(matched)), theirs.drop(index=list(matched.values()))
    if len(absent):
        names = tuple(absent["name"].where(absent["name"] != "", absent["code"]))
        rows.append(finding("community_absent", "communities", names=names))
    if len(extra):
        names, codes = tuple(extra["name"]), tuple(extra["code"])
        rows.append(finding("community_unlisted", "communities", names=names, codes=codes))
    return rows


def _match(ours: pd.DataFrame, theirs: pd.DataFrame) -> dict[int, int]:
    """Return which row of theirs each of ours is: by the first of several marks that just one row of each side has."""
    marks = (
        (ours["code"], theirs["code"]),
        (ours["name"].map(_plain), theirs["name"].map(_plain)),
        (ours["name"].map(_core), theirs["name"].map(_core)),
    )
    matched: dict[int, int] = {}
    for one, other in marks:
        mine, yours = (_owners(side) for side in (one.drop(list(matched)), other.drop(list(matched.values()))))
        matched |= {mine[mark]: yours[mark] for mark in mine if mark in yours}
    one, other = marks[-1]
    return matched | _alike(one.drop(list(matched)), other.drop(list(matched.values())))


def _owners(marks: pd.Series) -> dict[str, int]:
    """Return the row of each mark that one row alone has."""
    single = marks[(marks != "") & ~marks.duplicated(keep=False)]
    return dict(zip(single.tolist(), single.index.tolist(), strict=True))


def _alike(ours: pd.Series, theirs: pd.Series) -> dict[int, int]:
    """Return pairs of names that one character makes differ, where neither has another such partner."""
    at: defaultdict[str, set[int]] = defaultdict(set)
    for row, name in zip(theirs.index.tolist(), theirs, strict=True):
        for slip in _slips(name):
            at[slip].add(row)
    near = {
        row: set[int]().union(*(at[slip] for slip in _slips(name) if slip in at))
        for row, name in zip(ours.index.tolist(), ours, strict=True)
    }
    wanted = Counter(row for found in near.values() for row in found)
    return {row: min(found) for row, found in near.items() if len(found) == 1 and wanted[min(found)] == 1}


def _slips(name: str) -> Iterable[str]:
    """Return what a name shares with names that one character makes differ: written otherwise, left out, put in."""
    if len(name) < 2:  # one character is the whole name
        return []
    gaps = [name[:i] + _ANY + name[i + 1 :] for i in range(len(name))]
    return [*gaps, *(name[:i] + _ANY + name[i:] for i in range(len(name) + 1))]


def _plain(name: str) -> str:
    """Return a name without its committee, blanks and differences of width."""
    return unicodedata.normalize("NFKC", _written(name))


def _written(name: str) -> str:
    """Return the same, but with characters that look like others left as they are."""
    narrow = "".join(one if _VARIANT.match(one) else unicodedata.normalize("NFKC", one) for one in name)
    narrow = re.sub(r"\s", "", narrow)
    return _VILLAGE_COMMITTEE.sub("村", _COMMITTEE.sub("", narrow))


def _core(name: str) -> str:
    """Return a name without its ending."""
    return _plain(name).removesuffix(_ENDING)


def _names(pairs: pd.DataFrame) -> Findings:
    """Find names of matched communities that are written otherwise."""
    rows: Findings = []
    short = []
    for pair in pairs.itertuples():
        name, official = str(pair.name), str(pair.name_official)
        if _plain(name) == _plain(official):
            if _written(name) != _written(official):
                rows.append(_slip(pair.code, name, official, (_written(name), _written(official))))
        elif _core(name) == _core(official):
            short.append(pair)
        elif set(_slips(_core(name))) & set(_slips(_core(official))):
            rows.append(_slip(pair.code, name, official, (_core(name), _core(official))))
        else:
            rows.append(finding("name_differs", "communities", row=pair.code, name=name, official=official))
    if short:
        codes = tuple(pair.code for pair in short)
        names = tuple(f"{pair.name} ≠ {pair.name_official}" for pair in short)
        rows.append(finding("name_ending", "communities", severity="note", codes=codes, names=names))
    return rows


def _slip(code: object, name: str, official: str, words: tuple[str, str]) -> dict[str, Any]:
    return finding("name_alike", "communities", row=code, name=name, official=official, slip=_difference(*words))


def _difference(one: str, other: str) -> str:
    """Return the characters that differ; with their numbers where they look the same in any font."""
    parts = []
    for what, i, j, k, m in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if what != "equal":
            wrong, right = one[i:j], other[k:m]
            if unicodedata.normalize("NFKC", wrong) == unicodedata.normalize("NFKC", right):
                wrong, right = (f"{text} (U+{ord(text[0]):04X})" for text in (wrong, right))
            parts.append(f"{wrong or '–'} → {right or '–'}")
    return ", ".join(parts)


def _codes(pairs: pd.DataFrame) -> Findings:
    """Find codes of communities that were matched by their names."""
    other = pairs[pairs["code"] != pairs["code_official"]]
    if len(other) == 0:
        return []
    names = tuple(f"{pair.name} {pair.code_official}" for pair in other.itertuples())
    return [finding("codes_differ", "communities", names=names, codes=tuple(other["code"]))]
