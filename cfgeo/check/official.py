"""Communities against their official list → findings: which are missing, and whose name or code differs."""

import difflib
import re
import unicodedata
from collections import Counter, defaultdict
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

    They are matched by code, then by name, then by name without the ending 社区. What is left of both sides is matched
    where names are one edit apart (one character replaced, inserted or left out): among unique names that is more
    likely a slip than another community. There is no table of look-alike characters, since none would hold them all.

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
    left = ours.loc[list(matched)].reset_index(drop=True)
    right = theirs.loc[list(matched.values())].reset_index(drop=True).add_suffix("_official")
    pairs = pd.concat([left, right], axis=1)
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
    """Return our rows → their rows, by the first of several keys that is unique on each side."""
    keys = (
        (ours["code"], theirs["code"]),
        (ours["name"].map(_plain), theirs["name"].map(_plain)),
        (ours["name"].map(core_name), theirs["name"].map(core_name)),
    )
    matched: dict[int, int] = {}
    for our_keys, their_keys in keys:
        own, official = (
            _unique_rows(side) for side in (our_keys.drop(list(matched)), their_keys.drop(list(matched.values())))
        )
        matched |= {own[key]: official[key] for key in own if key in official}
    our_keys, their_keys = keys[-1]
    return matched | _one_edit_apart(our_keys.drop(list(matched)), their_keys.drop(list(matched.values())))


def _unique_rows(keys: pd.Series) -> dict[str, int]:
    """Return the row of each key that only one row has."""
    unique = keys[(keys != "") & ~keys.duplicated(keep=False)]
    return dict(zip(unique.tolist(), unique.index.tolist(), strict=True))


def _one_edit_apart(ours: pd.Series, theirs: pd.Series) -> dict[int, int]:
    """Return pairs of names one edit apart, where neither has another such partner."""
    rows_of: defaultdict[str, set[int]] = defaultdict(set)
    for row, name in zip(theirs.index.tolist(), theirs, strict=True):
        for pattern in _edits(name):
            rows_of[pattern].add(row)
    partners = {
        row: set[int]().union(*(rows_of[pattern] for pattern in _edits(name) if pattern in rows_of))
        for row, name in zip(ours.index.tolist(), ours, strict=True)
    }
    claims = Counter(partner for rows in partners.values() for partner in rows)
    return {row: min(rows) for row, rows in partners.items() if len(rows) == 1 and claims[min(rows)] == 1}


def _edits(name: str) -> list[str]:
    """Return patterns that a name shares with every name one edit away: a wildcard for or between its characters."""
    if len(name) < 2:  # one character is the whole name
        return []
    replaced = [name[:i] + _ANY + name[i + 1 :] for i in range(len(name))]
    inserted = [name[:i] + _ANY + name[i:] for i in range(len(name) + 1)]
    return replaced + inserted


def _plain(name: str) -> str:
    """Return a name without its committee, blanks and differences of width."""
    return unicodedata.normalize("NFKC", _as_written(name))


def _as_written(name: str) -> str:
    """Return the same, but with characters that look like others left as they are."""
    narrow = "".join(c if _VARIANT.match(c) else unicodedata.normalize("NFKC", c) for c in name)
    narrow = re.sub(r"\s", "", narrow)
    return _VILLAGE_COMMITTEE.sub("村", _COMMITTEE.sub("", narrow))


def core_name(name: str) -> str:
    """Return the name of a community without its ending, committee, blanks and differences of width."""
    return _plain(name).removesuffix(_ENDING)


def _names(pairs: pd.DataFrame) -> Findings:
    """Find names of matched communities that differ."""
    rows: Findings = []
    differing_endings = []
    for pair in pairs.itertuples():
        name, official = str(pair.name), str(pair.name_official)
        if _plain(name) == _plain(official):
            if _as_written(name) != _as_written(official):
                rows.append(_slip(pair.code, name, official, (_as_written(name), _as_written(official))))
        elif core_name(name) == core_name(official):
            differing_endings.append(pair)
        elif set(_edits(core_name(name))) & set(_edits(core_name(official))):
            rows.append(_slip(pair.code, name, official, (core_name(name), core_name(official))))
        else:
            rows.append(finding("name_differs", "communities", row=pair.code, name=name, official=official))
    if differing_endings:
        codes = tuple(pair.code for pair in differing_endings)
        names = tuple(f"{pair.name} ≠ {pair.name_official}" for pair in differing_endings)
        rows.append(finding("name_ending", "communities", severity="note", codes=codes, names=names))
    return rows


def _slip(code: object, name: str, official: str, words: tuple[str, str]) -> dict[str, Any]:
    return finding("name_alike", "communities", row=code, name=name, official=official, slip=_difference(*words))


def _difference(ours: str, theirs: str) -> str:
    """Return the characters that differ; with their code points where they look the same in any font."""
    parts = []
    for operation, i, j, k, m in difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if operation != "equal":
            wrong, right = ours[i:j], theirs[k:m]
            if unicodedata.normalize("NFKC", wrong) == unicodedata.normalize("NFKC", right):
                wrong, right = (f"{text} (U+{ord(text[0]):04X})" for text in (wrong, right))
            parts.append(f"{wrong or '–'} → {right or '–'}")
    return ", ".join(parts)


def _codes(pairs: pd.DataFrame) -> Findings:
    """Find codes of communities that were matched by their names."""
    differing = pairs[pairs["code"] != pairs["code_official"]]
    if len(differing) == 0:
        return []
    names = tuple(f"{pair.name} {pair.code_official}" for pair in differing.itertuples())
    return [finding("codes_differ", "communities", names=names, codes=tuple(differing["code"]))]
