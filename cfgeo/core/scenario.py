"""A scenario: changes to facilities and to the network, as frozen values."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import geopandas as gpd

from cfgeo.core.errors import ScenarioError
from cfgeo.core.schema import WGS84
from cfgeo.core.strings import Sentences

_MOST_SIMILAR = 5

Action = Literal["add", "move", "close", "enlarge", "refit"]
ACTIONS: tuple[Action, ...] = get_args(Action)

LINK_TAGS: dict[str, dict[str, str]] = {
    "stairs": {"highway": "steps"},
    "ramp": {"highway": "footway"},
    "lift": {"highway": "elevator"},
    "escalator": {"highway": "steps", "conveying": "yes"},
    "footbridge": {"highway": "footway", "bridge": "yes", "layer": "1"},
    "crossing": {"highway": "footway", "footway": "crossing"},
    "walkway": {"highway": "footway"},
}
"""Links that can be added, and OpenStreetMap's tags for them; a change's own tags come on top."""
REFIT_TAGS = ("ramp:stroller", "step_count", "incline", "highway", "conveying", "oneway:foot", "sidewalk", "foot")
"""Tags that existing ways can be given."""


@dataclass(frozen=True)
class FacilityChange:
    """One change to a facility.

    Attributes
    ----------
    action : str
        ``add``, ``move``, ``close``, ``enlarge`` (its shape, its capacity) or ``refit`` (its attributes).
    layer : str
    facility : str
        Id or name of the one that is there; "" for one that is added.
    kind, name : str
        Of one that is added; "" leaves the layer's own.
    shape : shapely.Geometry, optional
        Point, line or area.
    attributes : Mapping of str to object
        ``capacity``, ``certified`` and whatever else the layer's table has.
    nth : int
        Which change of its file, from 1.
    id : str
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


@dataclass(frozen=True)
class LinkChange:
    """One change to the network.

    Attributes
    ----------
    action : str
        ``add``, ``close`` or ``refit``.
    link : str
        What is added, of ``LINK_TAGS``.
    way : int, optional
        OpenStreetMap's id of the way that is closed or refitted; or
    street : str
        the name of all such ways.
    shape : shapely.LineString, optional
        Where the link runs.
    tags : Mapping of str to str
        OpenStreetMap's tags of the new way, or new ones of the way that is there.
    nth : int
        Which change of its file, from 1.
    id : str
    """

    action: Action
    link: str = ""
    way: int | None = None
    street: str = ""
    shape: Any = None
    tags: Mapping[str, str] = field(default_factory=dict)
    nth: int = 1
    id: str = ""


Change = FacilityChange | LinkChange
Fault = tuple[str, dict[str, object]]
"""Key of ``texts/fault.toml``, and the values of its sentence."""


@dataclass(frozen=True)
class Scenario:
    """A set of changes.

    Attributes
    ----------
    title : str
    changes : tuple of Change
        In the order of the file; shapes in WGS-84.
    file : Path, optional
        Where they come from.
    unused : tuple of str
        Columns of a table that say nothing to cfgeo.
    """

    title: str
    changes: tuple[Change, ...]
    file: Path | None = None
    unused: tuple[str, ...] = ()

    def in_crs(self, crs: str) -> tuple[Change, ...]:
        """Return the changes with their shapes in a metric CRS."""
        with_shape = [nth for nth, change in enumerate(self.changes) if change.shape is not None]
        shapes = gpd.GeoSeries([self.changes[nth].shape for nth in with_shape], crs=WGS84).to_crs(crs)
        moved = dict(zip(with_shape, shapes, strict=True))
        return tuple(replace(change, shape=moved.get(nth)) for nth, change in enumerate(self.changes))


def where_of(change: Change) -> "Where":
    """Return how a change is called in a sentence."""
    return Where(change.nth, change.id)


def similar_names(name: str, names: Sequence[str]) -> str:
    """Return the names that are most like one that is not there, for a fault's sentence; – where none is."""
    return ", ".join(difflib.get_close_matches(name, names, n=_MOST_SIMILAR, cutoff=0.4)) or "–"


def raise_faults(faults: Sequence[Fault], file: Path | None) -> None:
    """Raise all faults at once, where there are some.

    Raises
    ------
    ScenarioError
    """
    if faults:
        raise ScenarioError("scenario_faults", file=file or "–", faults=Sentences(faults))


class Where(str):
    """``3 (P-017)``: which change of its file."""

    __slots__ = ()

    def __new__(cls, nth: int, own: str = "") -> "Where":
        """Name a change by its number, and by its id where it has one."""
        return super().__new__(cls, f"{nth} ({own})" if own else str(nth))
