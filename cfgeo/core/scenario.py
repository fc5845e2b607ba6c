"""A scenario: changes to facilities and to the network, as frozen values."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import geopandas as gpd

from cfgeo.core.errors import ScenarioError
from cfgeo.core.schema import WGS84
from cfgeo.core.shapes import moved
from cfgeo.core.strings import Lang, Message, Sentences, text

_MOST_SIMILAR = 5

Action = Literal["add", "move", "close", "enlarge", "refit"]
ACTIONS: tuple[Action, ...] = get_args(Action)

GATE = "gate"
"""The link that a gate is: a short way through a wall."""
LINK_TAGS: dict[str, dict[str, str]] = {
    "stairs": {"highway": "steps"},
    "ramp": {"highway": "footway"},
    "lift": {"highway": "elevator"},
    "escalator": {"highway": "steps", "conveying": "forward"},
    "footbridge": {"highway": "footway", "bridge": "yes", "layer": "1"},
    "crossing": {"highway": "footway", "footway": "crossing"},
    "walkway": {"highway": "footway"},
    GATE: {"highway": "footway"},
}
"""Links that can be added, and their tags of OpenStreetMap; the tags of a change take precedence."""
REFIT_TAGS = ("ramp:stroller", "step_count", "incline", "highway", "conveying", "oneway:foot", "sidewalk", "foot")
"""Tags of existing ways that can be changed."""
SIGNAL_TAGS = ("crossing", "crossing:signals")
"""Tags of existing crossings that can be changed."""
GATE_TAGS = ("foot",)
"""Tags of existing gates that can be changed."""


_YUAN = {"元": 1.0, "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8, "十亿": 1e9}
"""Units of money as lists of China have them, without 元 at their end."""


@dataclass(frozen=True)
class Cost:
    """What a change costs: an amount of money, and its unit as the list has it."""

    amount: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.amount:.12g} {self.unit}".strip()


@dataclass(frozen=True)
class FacilityChange:
    """One change to a facility.

    Attributes
    ----------
    action : str
        ``add``, ``move``, ``close``, ``enlarge`` (its shape, its capacity) or ``refit`` (its attributes).
    layer : str
    facility : str
        Id or name of the existing facility; "" when adding one.
    kind, name : str
        Of an added facility; "": that of the layer. Kinds may have the words that tables have, such as 小学.
    shape : shapely.Geometry, optional
        Point, line or area.
    attributes : Mapping of str to object
        ``capacity``, ``certified`` and other columns of the layer.
    nth : int
        Number of the change in its file, from 1.
    id : str
    row : int, optional
        Row of the sheet, as a spreadsheet shows it; None where it is no table.
    cost : Cost, optional
        What it costs, where that is known.
    """

    action: Action
    layer: str
    facility: str = ""
    kind: str = ""
    name: str = ""
    shape: Any = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    nth: int = 1
    id: str = ""
    row: int | None = None
    cost: Cost | None = None


@dataclass(frozen=True)
class LinkChange:
    """One change to the network.

    Attributes
    ----------
    action : str
        ``add``, ``close`` or ``refit``.
    link : str
        The kind of an added link, a key of ``LINK_TAGS``; ``crossing`` where the signal of an existing one changes,
        ``gate`` where an existing one is opened.
    way : int, optional
        Id in OpenStreetMap of the way that is closed or refitted, instead of ``street``.
    street : str
        Name of all ways that are closed or refitted.
    shape : shapely.Geometry, optional
        Where the link runs: a line; of an existing crossing or gate a point near it.
    tags : Mapping of str to str
        Tags in OpenStreetMap of the new way, or changed tags of the existing way.
    nth : int
        Number of the change in its file, from 1.
    id : str
    row : int, optional
        Row of the sheet, as a spreadsheet shows it; None where it is no table.
    cost : Cost, optional
        What it costs, where that is known.
    """

    action: Action
    link: str = ""
    way: int | None = None
    street: str = ""
    shape: Any = None
    tags: Mapping[str, str] = field(default_factory=dict)
    nth: int = 1
    id: str = ""
    row: int | None = None
    cost: Cost | None = None


Change = FacilityChange | LinkChange
Fault = tuple[str, dict[str, object]]
"""A key of ``texts/fault.toml``, and the values of its sentence."""


@dataclass(frozen=True)
class Scenario:
    """A set of changes.

    Attributes
    ----------
    title : str
    changes : tuple of Change
        In the order of the file; shapes in WGS-84.
    file : Path, optional
        The file that they come from.
    unused : tuple of str
        Columns of a table that cfgeo does not know.
    faults : tuple of Fault
        What is wrong with other changes of the file, to be raised with what the study cannot do of these.
    findings : tuple of dict
        How positions of the file were understood.
    """

    title: str
    changes: tuple[Change, ...]
    file: Path | None = None
    unused: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    findings: tuple[dict[str, Any], ...] = ()

    def in_crs(self, crs: str) -> tuple[Change, ...]:
        """Return the changes with their shapes in a metric CRS."""
        with_shape = [nth for nth, change in enumerate(self.changes) if change.shape is not None]
        shapes = moved(gpd.GeoSeries([self.changes[nth].shape for nth in with_shape], crs=WGS84), crs)
        projected = dict(zip(with_shape, shapes, strict=True))
        return tuple(replace(change, shape=projected.get(nth)) for nth, change in enumerate(self.changes))


def unit_factor(unit: str, other: str) -> float:
    """Return by what a cost in a unit is multiplied to be one in another; 0 where that is not known."""
    if _plain_unit(unit) == _plain_unit(other):
        return 1.0
    yuan = [_YUAN.get(_plain_unit(name), 0.0) for name in (unit, other)]
    return yuan[0] / yuan[1] if all(yuan) else 0.0


def _plain_unit(unit: str) -> str:
    """Return a unit in the form in which units are compared: 万 and 万元 are the same."""
    plain = re.sub(r"人民币|rmb|cny|[（()）]", "", unit.lower()).strip()
    return plain.removesuffix("元").strip() or plain or unit.strip().lower()


def total_costs(costs: Iterable[Cost]) -> tuple[Cost, ...]:
    """Return the sum of costs, in the unit that comes first; what cannot be told in it has a sum of its own."""
    sums: dict[str, float] = {}
    for cost in costs:
        unit = next((name for name in sums if unit_factor(cost.unit, name)), cost.unit)
        sums[unit] = sums.get(unit, 0.0) + cost.amount * unit_factor(cost.unit, unit)
    return tuple(Cost(float(f"{amount:.12g}"), unit) for unit, amount in sums.items())


def where_of(change: Change) -> "WrittenAt":
    """Return where a change is written, for sentences."""
    return WrittenAt(change.nth if change.row is None else change.row, change.id, change.row is not None)


def similar_names(name: str, names: Sequence[str]) -> str:
    """Return the names that are most like one that is not there, for a fault's sentence; – where none is."""
    return ", ".join(difflib.get_close_matches(name, names, n=_MOST_SIMILAR, cutoff=0.4)) or "–"


def raise_faults(faults: Sequence[Fault], file: Path | None) -> None:
    """Raise all faults at once, if there are any.

    Raises
    ------
    ScenarioError
    """
    if faults:
        raise ScenarioError("scenario_faults", file=file or "–", faults=Sentences(sorted(faults, key=row_of_fault)))


def row_of_fault(fault: Fault) -> int:
    """Return the row or number of the change that a fault is about; 0 where it is about none."""
    where = fault[1].get("where")
    return where.nth if isinstance(where, WrittenAt) else getattr(getattr(where, "where", None), "nth", 0)


@dataclass(frozen=True)
class WrittenAt(Message):
    """Where a change is written, for sentences: ``row 3 (P-017)`` of a sheet, or ``change 2`` of a TOML file.

    Attributes
    ----------
    nth : int
        Row of the sheet as a spreadsheet shows it, or number of the change from 1.
    id : str
        Its own id; "": none.
    is_row : bool
    """

    nth: int
    id: str = ""
    is_row: bool = False

    @property
    def short(self) -> str:
        """The number and the id alone."""
        return f"{self.nth} ({self.id})" if self.id else str(self.nth)

    def text(self, lang: Lang) -> str:
        """Return the place in ``lang``."""
        place = text("fault.row" if self.is_row else "fault.nth", lang, nth=self.nth)
        return text("fault.with_id", lang, place=place, id=self.id) if self.id else place

    def __str__(self) -> str:
        return self.text("en")
