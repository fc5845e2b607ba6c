"""Gates, walls and stiles on the nodes of ways: where nobody gets through, or no stroller, the ways are cut."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cfgeo.core.arrays import run_offsets
from cfgeo.core.schema import EDGE_COLUMNS, IntArray, StreetWays, usual
from cfgeo.files.osm.tags import is_open, plain_tags

CLOSED = "closed"
"""Column of the ways that are read: the tag that closes a way; "" where people walk."""
_SOLID = {"wall", "city_wall", "retaining_wall", "fence", "hedge", "ditch"}
"""Nobody passes these without a tag that says so."""
_NARROW = {"stile", "kissing_gate", "turnstile", "full-height_turnstile", "horse_stile", "log"}
"""Nobody pushes a stroller through these. Bars against bicycles (``cycle_barrier``) leave a metre."""


@dataclass(frozen=True)
class Barriers:
    """The nodes of a file that stop walkers.

    Attributes
    ----------
    closed : numpy.ndarray
        Ids of nodes that nobody may pass.
    narrow : numpy.ndarray
        Ids of those that a stroller does not get through.
    """

    closed: IntArray
    narrow: IntArray


def stops(tags: Mapping[str, str]) -> str:
    """Return whom a node with these tags stops: ``all``, ``strollers``, or "" for nobody.

    A barrier is closed where ``foot`` or, without it, ``access`` says so, where it is locked, and where it is a wall, a
    fence or a hedge. ``foot=yes`` opens each of them.
    """
    tags = plain_tags(tags)
    barrier = tags.get("barrier", "no")
    if barrier == "no":
        return ""
    foot, access = is_open(tags.get("foot", "")), is_open(tags.get("access", ""))
    passes = access if foot is None else foot
    shut = tags.get("locked") == "yes" or (barrier in _SOLID and passes is None)
    if passes is False or (shut and foot is None):
        return "all"
    stroller = is_open(tags.get("stroller", ""))
    return "strollers" if stroller is False or (barrier in _NARROW and stroller is None) else ""


def cut_at_barriers(streets: StreetWays, barriers: Barriers) -> StreetWays:
    """Return ways that end on both sides of closed barriers, and that a narrow edge connects at narrow ones.

    Each way that a closed barrier stands on or that ends there gets an end of its own, up to which it is walked. At a
    narrow barrier the ends are tied to its node by edges without length that no stroller passes.

    Parameters
    ----------
    streets
        The ways, with the ids of the file; they are not changed.
    barriers
        Some may stand on no way. Closed ones do not cut ways that nobody walks along (column ``closed``): who opens
        such a way opens its gates.
    """
    walked = np.ones(len(streets.node_ids), dtype=bool)
    if CLOSED in streets.ways:
        walked = np.repeat((streets.ways[CLOSED] == "").to_numpy(), np.diff(streets.offsets))
    closed = np.isin(streets.node_ids, barriers.closed) & walked
    stopped = closed | np.isin(streets.node_ids, barriers.narrow)
    if not stopped.any():
        return streets
    first = np.zeros(len(stopped), dtype=bool)
    first[streets.offsets[:-1]] = True
    last = np.roll(first, -1)
    # A vertex inside a way becomes two: the end of one run, and the beginning of the next.
    copies = 1 + (stopped & ~first & ~last)
    vertex = np.repeat(np.arange(len(stopped)), copies)
    begins = np.r_[True, vertex[1:] == vertex[:-1]] | first[vertex]
    run_of = np.repeat(np.arange(len(streets.ways)), np.diff(streets.offsets))
    ids = streets.node_ids[vertex]
    at = np.flatnonzero(stopped[vertex])
    own = min(0, int(ids.min())) - 1 - np.arange(len(at))
    tied = ~closed[vertex[at]]
    middle, ids[at] = ids[at], own
    ways = streets.ways.iloc[run_of[vertex[begins]]]
    ties = _ties(streets.ways.iloc[run_of[vertex[at[tied]]]])
    ends = np.column_stack([middle[tied], own[tied]]).ravel()
    place = np.repeat(vertex[at[tied]], 2)
    sizes = np.diff(np.r_[np.flatnonzero(begins), len(ids)])
    return replace(
        streets,
        ways=pd.concat([ways, ties], ignore_index=True) if len(ties) else ways.reset_index(drop=True),
        node_ids=np.r_[ids, ends],
        x=streets.x[np.r_[vertex, place]],
        y=streets.y[np.r_[vertex, place]],
        offsets=run_offsets(np.r_[sizes, np.full(len(ties), 2)]),
        shut=pd.Series(middle[~tied], index=own[~tied]),
    )


def parted(streets: StreetWays) -> StreetWays:
    """Return the ways that people walk along, with those that are closed beside them; see ``CLOSED``."""
    if CLOSED not in streets.ways:
        return streets
    shut = (streets.ways[CLOSED] != "").to_numpy()
    walked = streets.only(~shut)
    return replace(walked, ways=walked.ways.drop(columns=CLOSED), closed=streets.only(shut) if shut.any() else None)


def _ties(ways: pd.DataFrame) -> pd.DataFrame:
    """Return the facts of a narrow edge for each way that is tied to a barrier: its way, and else the usual ones."""
    facts = {name: usual(name) for name in ways.columns if name in EDGE_COLUMNS and name not in {"osm_id", "name"}}
    return ways.assign(**facts | {"narrow": True}).astype(ways.dtypes.to_dict())
