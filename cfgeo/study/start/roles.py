"""The tables of a user's files, the role of each, and which of them a new study uses."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cfgeo.core.errors import CfgeoError
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.files.guess import Guess

_SAME_LIST = 0.7
"""Two tables of a layer with this share of names in common are one list."""
_DATES = re.compile(r"(?<!\d)(20\d\d)(?:[-_.年]?(0[1-9]|1[0-2])(?:[-_.月]?([0-2]\d|3[01]))?)?(?!\d)")
_VERSIONS = re.compile(
    r"[\s_\-—.()（）【】\[\]年月日版度]|^sheet\d*$|最新|新版|旧版|更新后?|修订|副本|复件|定稿|终稿|final|copy|new|old|v\d+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Drafted:
    """One table of a file and the role that it gets in the study.

    Attributes
    ----------
    path : str
        As written in ``study.toml``.
    table : str or None
        Its sheet or layer.
    guess : Guess
    used : bool
        Whether the study uses it; else it stands there as a remark.
    fault : CfgeoError or None
        Why a file of a folder could not be read.
    instead : str
        The table that the study uses instead; "" where there is none.
    """

    path: str
    table: str | None
    guess: Guess
    used: bool = True
    fault: CfgeoError | None = None
    instead: str = ""

    @property
    def place(self) -> str:
        """The file, and its sheet or layer."""
        return self.path if self.table is None else f"{self.path} [{self.table}]"

    def text(self, lang: Lang) -> str:
        """Return a line for the user: the table, and the role that it gets."""
        if reason := self.reason(lang):
            return text("draft.unreadable", lang, file=self.place, reason=reason)
        role = self.guess.layer or self.guess.role
        if not self.used or not role:
            return text("draft.unused", lang, file=self.place)
        if role in {"children", "reported"}:  # they have no positions
            return text("draft.taken_table", lang, file=self.place, role=name_of("layer", role, lang))
        return text("draft.taken", lang, file=self.place, role=name_of("layer", role, lang), datum=self.guess.datum)

    def reason(self, lang: Lang) -> str:
        """Return why the study does not use the table, "" where it does or nothing is known."""
        if self.fault is not None:
            return self.fault.text(lang)
        if self.guess.lacks:
            return lacking(self.guess, lang)
        if self.instead:
            return text("draft.instead", lang, file=self.instead)
        return " ".join(text(f"draft.{doubt}", lang) for doubt in self.guess.doubts) if not self.guess.role else ""


def lacking(about: Guess, lang: Lang) -> str:
    """Return a sentence on the columns that a table needs for its role and does not have."""
    return text("draft.lacks", lang, role=name_of("layer", about.role, lang), columns=", ".join(about.lacks))


def choose(tables: Sequence[Drafted]) -> list[Drafted]:
    """Return all tables, with those that the study does not use marked, and what it uses instead.

    All elevation rasters and reported figures are used, and all tables of a layer that are no older or other copy of a
    list. Of other roles one table is used: for which most speaks, then the latest, then the first.
    """
    by_role: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, table in enumerate(tables):
        if table.guess.role and not table.guess.lacks:
            by_role[table.guess.role, table.guess.layer].append(number)
    instead: dict[int, int] = {}
    for (role, _), numbers in by_role.items():
        best = sorted(numbers, key=lambda n: (-tables[n].guess.weight, -year_of(tables[n].place), n))
        if role == "layer":
            instead |= _other_copies(tables, best)
        elif role not in {"elevation", "reported"}:
            instead |= dict.fromkeys(best[1:], best[0])
    used = {number for numbers in by_role.values() for number in numbers} - instead.keys()
    return [
        replace(table, used=number in used, instead=tables[instead[number]].place if number in instead else "")
        for number, table in enumerate(tables)
    ]


def _other_copies(tables: Sequence[Drafted], numbers: Sequence[int]) -> dict[int, int]:
    """Return the tables of a layer that another one replaces → that one: of another year, or with the same places."""
    replaced: dict[int, int] = {}
    largest_first = sorted(numbers, key=lambda n: (-year_of(tables[n].place), -tables[n].guess.rows))
    for position, number in enumerate(largest_first):
        kept = (other for other in largest_first[:position] if other not in replaced)
        same = next((other for other in kept if _is_copy(tables[number], tables[other])), None)
        if same is not None:
            replaced[number] = same
    return replaced


def _is_copy(table: Drafted, other: Drafted) -> bool:
    """Return whether two tables of a layer are one list: with one name but for the year, or with the same places."""
    if table.path == other.path and table.table == other.table:  # rows of one table that `where` tells apart
        return False
    if year_of(table.place) != year_of(other.place) and _title(table) == _title(other):
        return True
    names, others = table.guess.names, other.guess.names
    return len(names & others) >= max(2, _SAME_LIST * min(len(names), len(others)))


def year_of(name: str) -> int:
    """Return the latest year or date in a name, as a number such as 20260000 or 20260430; 0 where there is none."""
    return max((int(f"{y}{m or '00'}{d or '00'}") for y, m, d in _DATES.findall(name)), default=0)


def _title(table: Drafted) -> str:
    """Return the names of a table's file and sheet without dates, words of versions and names of empty workbooks."""
    return "/".join(
        _VERSIONS.sub("", _DATES.sub("", name)).lower() for name in (Path(table.path).stem, table.table or "")
    )
