"""Walkers: speed profiles as data (``walkers.toml``), which a study can override."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib import resources
from typing import Any

from cfgeo.core.errors import WalkerError
from cfgeo.core.schema import TRAILS, Pace
from cfgeo.files.osm.tags import ROADS

V15_SD = 1.04
"""Standard deviations below the mean at which 15 % of a normal distribution are slower."""

DOWNHILL = 1.2
"""No slope makes a walker faster than this multiple of the level speed (Tobler: 1.19 at −5 %)."""

_FASTEST_M_S, _SLOWEST_M_S = 10.0, 0.05
_FASTEST_WALK_M_S = 3.0
"""The fastest level speed. A larger number, as 4.5, is probably in kilometres an hour."""
_LONGEST_S = 3600.0
_GROUPS = {
    "level": ("level_m_s",),
    "level_sd": ("level_sd_m_s",),
    "stairs": ("stairs_up_m_s", "stairs_down_m_s"),
    "tiring": ("short_flight", "short_flight_m", "long_flight_m"),
    "ramp": ("ramp_m_s",),
    "escalator": ("escalator_m_s",),
    "lift": ("lift_wait_s", "lift_ride_s"),
    "waits": ("signal_wait_s", "crossing_wait_s"),
    "roads": ("closed_roads",),
    "trail": ("hardest_trail",),
}
"""Numbers that share a source: ``<group>_source``."""
WALKER_KEYS = tuple(key for keys in _GROUPS.values() for key in keys)
_NUMBERS = tuple(key for key in WALKER_KEYS if key not in {"closed_roads", "hardest_trail"})
_RANGES = {"level_m_s": (_SLOWEST_M_S, _FASTEST_WALK_M_S), "short_flight": (1.0, 4.0)}
_RANGES |= {"short_flight_m": (0.0, 1000.0), "long_flight_m": (0.0, 1000.0)}

PACES = {"verdict": 1.0, "verdict_slower": 0.9, "verdict_faster": 1.1}
"""A verdict that does not hold at these shares of the walker's speed is marginal."""


@dataclass(frozen=True)
class Walker:
    """The speeds of a kind of walker, horizontal [m/s]; 0 stands for "cannot pass".

    Attributes
    ----------
    level_m_s : float
        On level ground.
    stairs_up_m_s, stairs_down_m_s : float
        On steps; upwards on a long flight.
    ramp_m_s : float
        On steps that have a ramp for strollers, where the walker cannot take the steps themselves.
    escalator_m_s : float
        On an escalator or moving walk, in its direction.
    lift_wait_s, lift_ride_s : float
        Of one lift [s].
    level_sd_m_s : float
        Standard deviation of the level speed among such walkers.
    short_flight : float
        How many times faster a short flight is climbed than a long one.
    short_flight_m, long_flight_m : float
        A flight up to the first rise is short, from the second rise on it is long [m].
    signal_wait_s, crossing_wait_s : float
        At signals, and at a big road without [s].
    closed_roads : tuple of str
        Classes of road that the walker does not walk along without a sidewalk.
    hardest_trail : str
        The hardest grade of mountain path that the walker takes, of ``schema.TRAILS``.
    sources : tuple of tuple of str
        (group of numbers, where they come from or "unverified").
    """

    name: str
    level_m_s: float
    stairs_up_m_s: float
    stairs_down_m_s: float
    ramp_m_s: float
    escalator_m_s: float
    lift_wait_s: float
    lift_ride_s: float = 0.0
    level_sd_m_s: float = 0.0
    short_flight: float = 1.0
    short_flight_m: float = 3.0
    long_flight_m: float = 15.0
    signal_wait_s: float = 0.0
    crossing_wait_s: float = 0.0
    closed_roads: tuple[str, ...] = ()
    hardest_trail: str = "mountain_hiking"
    sources: tuple[tuple[str, str], ...] = ()

    @property
    def fastest_m_s(self) -> float:
        """The highest of all speeds [m/s], gently downhill included: an upper bound for how far the walker gets."""
        stairs_m_s = (self.stairs_up_m_s, self.stairs_down_m_s, self.ramp_m_s)
        return max(DOWNHILL * self.level_m_s, *stairs_m_s, self.escalator_m_s)

    @property
    def lift_s(self) -> float:
        """Wait and ride of one lift [s]."""
        return self.lift_wait_s + self.lift_ride_s

    def at_pace(self, factor: float) -> "Walker":
        """Return the same walker with all walking speeds multiplied; waits, lifts and escalators stay."""
        return replace(
            self,
            level_m_s=self.level_m_s * factor,
            level_sd_m_s=self.level_sd_m_s * factor,
            stairs_up_m_s=self.stairs_up_m_s * factor,
            stairs_down_m_s=self.stairs_down_m_s * factor,
            ramp_m_s=self.ramp_m_s * factor,
        )

    def record(self) -> dict[str, Any]:
        """Return all values of the walker, ready for JSON."""
        others = {"closed_roads": list(self.closed_roads), "hardest_trail": self.hardest_trail}
        return {**self.numbers(), **others, "sources": dict(self.sources)}

    def numbers(self) -> dict[str, float]:
        """Return the numbers by name, for the record of a run."""
        return {key: value for key, value in asdict(self).items() if key in _NUMBERS}


def load_walkers(overrides: Mapping[str, Mapping[str, Any]] | None = None, *, pace: Pace = "mean") -> dict[str, Walker]:
    """Return the built-in walkers by name, with a study's own numbers.

    Parameters
    ----------
    overrides
        Walker → number → value, from ``[walkers.NAME]`` of ``study.toml``. A new name is a new walker, whose missing
        numbers are those of ``adult``.
    pace
        ``v15``: every walker at the speed that 15 % of them do not reach, on stairs as well.

    Raises
    ------
    WalkerError
        An unknown key, or a number that no walker can have.
    """
    profiles = tomllib.loads(resources.files("cfgeo.network").joinpath("walkers.toml").read_text(encoding="utf-8"))
    common = profiles.pop("common")
    profiles = {name: {**common, **profile} for name, profile in profiles.items()}
    for name, own in (overrides or {}).items():
        unknown = sorted(set(own) - set(WALKER_KEYS))
        if unknown:
            raise WalkerError("walker_key", walker=name, key=unknown[0], expected=", ".join(WALKER_KEYS))
        profiles[name] = _overridden(profiles.get(name, profiles["adult"]), own)
    walkers = {name: _walker(name, profile) for name, profile in profiles.items()}
    return {name: _at_v15(walker) for name, walker in walkers.items()} if pace == "v15" else walkers


def _overridden(profile: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile with a study's own numbers and their sources."""
    changed = {**profile, **own}
    if "level_m_s" in own and "level_sd_m_s" not in own and _is_number(own["level_m_s"]):
        changed["level_sd_m_s"] = profile["level_sd_m_s"] / profile["level_m_s"] * own["level_m_s"]
        changed["level_sd_source"] = f"the same share of the mean as: {profile['level_sd_source']}"
    for group, keys in _GROUPS.items():
        overridden = [key for key in keys if key in own]
        if overridden:
            whole = len(overridden) == len(keys)
            rest = "" if whole else f" ({', '.join(overridden)}); {profile[f'{group}_source']}"
            changed[f"{group}_source"] = f"study.toml{rest}"
    return changed


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _walker(name: str, profile: Mapping[str, Any]) -> Walker:
    for key in _NUMBERS:
        highest = _FASTEST_M_S if key.endswith("_m_s") else _LONGEST_S
        low, high = _RANGES.get(key, (0.0, highest))
        if not _is_number(profile[key]) or not low <= profile[key] <= high:
            raise WalkerError("walker_number", walker=name, key=key, value=repr(profile[key]), low=low, high=high)
    if profile["short_flight_m"] >= profile["long_flight_m"]:
        short, long = profile["short_flight_m"], profile["long_flight_m"]
        raise WalkerError("walker_flights", walker=name, short=short, long=long)
    roads = profile["closed_roads"]
    if not isinstance(roads, list | tuple) or not set(map(str, roads)) <= set(ROADS):
        raise WalkerError("walker_roads", walker=name, value=roads, known=", ".join(ROADS))
    trail = profile["hardest_trail"]
    if trail not in TRAILS:
        raise WalkerError("walker_trail", walker=name, value=trail, known=", ".join(TRAILS))
    sources = tuple((f"{group}_source", str(profile[f"{group}_source"])) for group in _GROUPS)
    numbers = {key: float(profile[key]) for key in _NUMBERS}
    closed = tuple(map(str, roads))
    return Walker(name=name, sources=sources, closed_roads=closed, hardest_trail=str(trail), **numbers)


def _at_v15(walker: Walker) -> Walker:
    """Return the walker at the 15th percentile of speed: all walking speeds scaled as the level speed."""
    speed_m_s = walker.level_m_s - V15_SD * walker.level_sd_m_s
    if speed_m_s < _SLOWEST_M_S:
        raise WalkerError("walker_v15", walker=walker.name, level=walker.level_m_s, sd=walker.level_sd_m_s)
    return walker.at_pace(speed_m_s / walker.level_m_s)
