"""What is known of the districts of a batch once each has been judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

State = Literal["done", "kept", "failed"]


@dataclass(frozen=True)
class District:
    """How one district of a batch ended: paths, hashes and the headline, and no table.

    Attributes
    ----------
    id : str
        That of its study.
    study : str
        Its ``study.toml``, as the batch names it.
    state : str
        ``done``; ``kept``: nothing had changed since it was judged; ``failed``.
    record : dict
        Of a district that is judged: ``study`` (title, status), ``district`` (the headline), ``rules`` (the hash of
        what it is judged by), ``standard``, ``basis``, ``files`` (path → SHA-256, from the batch's folder); where it
        has a reserve list ``plan`` (``unit``, ``most``, ``frontier``).
    code, reason : str
        Of a failed one: the error's code, and its sentence in the language of the batch.
    again : bool
        Of a failed one: whether a disk or the network was at fault, so that it may go well the next time.
    notices : tuple of str
        What a run would have told beside its results.
    seconds : float
        How long it took [s].
    """

    id: str
    study: str
    state: State
    record: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    reason: str = ""
    again: bool = False
    notices: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def judged(self) -> bool:
        """Whether it has results."""
        return self.state != "failed"


@dataclass(frozen=True)
class Together:
    """Districts that are judged by the same rules, judged as one.

    Attributes
    ----------
    standard : dict
        Its ``id``, ``title``, ``title_en``, ``target_share``.
    districts : tuple of str
        Their ids.
    headline : dict
        ``communities``, ``passed``, ``failed``, ``not_assessed``, ``share``, ``target``, ``met``, ``needed``,
        ``marginal``; ``demand`` and ``basis`` where all have the same, else None.
    clauses : pandas.DataFrame
        A row a clause of communities: ``clause``, ``name``, ``name_en``, ``required``, ``passed``, ``failed``,
        ``open``, ``found`` and ``asked`` (shares of communities), ``verdict``, ``reached`` (the share of all demand in
        reach, 0–1; missing for what is not walked, or where the bases differ).
    offices : pandas.DataFrame
        A row a street office: ``district``, ``street_office``, ``communities``, ``passed``, ``failed``,
        ``not_assessed``, ``marginal``, ``share``.
    """

    standard: Mapping[str, Any]
    districts: tuple[str, ...]
    headline: Mapping[str, Any]
    clauses: pd.DataFrame
    offices: pd.DataFrame


@dataclass(frozen=True)
class BudgetRow:
    """What one district gets of a budget for all.

    Attributes
    ----------
    district : str
        Its id.
    before, after : int
        Communities that pass with its decided projects alone, and with what it gets.
    cost : float
        Of its projects, decided ones included, in the unit of the lists.
    projects : tuple of str
        Their ids.
    """

    district: str
    before: int
    after: int
    cost: float
    projects: tuple[str, ...]


@dataclass(frozen=True)
class SharedBudget:
    """A budget for all districts, shared so that the most communities pass, and of these shares the cheapest.

    Attributes
    ----------
    money : float
    units : tuple of str
        Those of the reserve lists; it is shared where there is one alone.
    rows : tuple of BudgetRow
        A district with a reserve list each.
    cost : float
        Of all of them.
    more : int
        How many more might pass with some other share; 0: proven that none.
    needed : float
        What the decided projects cost, where the money does not pay for these.
    """

    money: float
    units: tuple[str, ...]
    rows: tuple[BudgetRow, ...] = ()
    cost: float = 0.0
    more: int = 0
    needed: float = 0.0

    @property
    def gained(self) -> int:
        """How many communities pass that do not with the decided projects alone."""
        return sum(row.after - row.before for row in self.rows)


@dataclass(frozen=True)
class BatchResults:
    """A whole batch.

    Attributes
    ----------
    title, title_en : str
    districts : tuple of District
        In the order of the batch.
    together : tuple of Together
        One for each set of rules that districts are judged by.
    budget : SharedBudget, optional
        None where the batch names none.
    """

    title: str
    title_en: str
    districts: tuple[District, ...]
    together: tuple[Together, ...] = ()
    budget: SharedBudget | None = None

    @property
    def failed(self) -> list[District]:
        """The districts that could not be judged."""
        return [district for district in self.districts if not district.judged]
