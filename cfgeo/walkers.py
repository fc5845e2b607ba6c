"""Walkers: speed profiles as data (``walkers.toml``), which a study can override."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib import resources
from typing import Any

from cfgeo.errors import WalkerError

_NUMBERS = ("level_m_s", "stairs_up_m_s", "stairs_down_m_s", "ramp_m_s", "escalator_m_s", "lift_s")
_MAY_BE_ZERO = ("stairs_up_m_s", "stairs_down_m_s", "ramp_m_s", "escalator_m_s", "lift_s")
_FASTEST_M_S = 10.0


@dataclass(frozen=True)
class Walker:
    """How fast somebody walks; speeds are horizontal [m/s], 0 stands for "cannot pass".

    Attributes
    ----------
    level_m_s : float
        On level ground.
    stairs_up_m_s, stairs_down_m_s : float
        On steps.
    ramp_m_s : float
        On steps that have a ramp for strollers, where the walker cannot take the steps themselves.
    escalator_m_s : float
        On an escalator or moving walk, in its direction.
    lift_s : float
        Wait and ride of one lift [s].
    sources : tuple of tuple of str
        (number, where it comes from or "unverified").
    """

    name: str
    level_m_s: float
    stairs_up_m_s: float
    stairs_down_m_s: float
    ramp_m_s: float
    escalator_m_s: float
    lift_s: float
    sources: tuple[tuple[str, str], ...] = ()

    @property
    def fastest_m_s(self) -> float:
        """The highest of all speeds [m/s]: nobody gets farther than this takes them."""
        return max(self.level_m_s, self.stairs_up_m_s, self.stairs_down_m_s, self.ramp_m_s, self.escalator_m_s)

    def at_pace(self, factor: float) -> "Walker":
        """Return the same walker with every own speed multiplied; lifts and belts keep theirs."""
        return replace(
            self,
            level_m_s=self.level_m_s * factor,
            stairs_up_m_s=self.stairs_up_m_s * factor,
            stairs_down_m_s=self.stairs_down_m_s * factor,
            ramp_m_s=self.ramp_m_s * factor,
        )

    def numbers(self) -> dict[str, float]:
        """Return the numbers by name, for the record of a run."""
        return {key: value for key, value in asdict(self).items() if key in _NUMBERS}


def load_walkers(overrides: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Walker]:
    """Return the built-in walkers by name, with a study's own numbers put in.

    Parameters
    ----------
    overrides
        Walker → number → value, from ``[walkers.NAME]`` of ``study.toml``. A new name is a new walker: it
        takes the numbers that it does not give from ``adult``.

    Raises
    ------
    WalkerError
        An unknown key, or a number that no walker can have.
    """
    profiles = tomllib.loads(resources.files("cfgeo").joinpath("walkers.toml").read_text(encoding="utf-8"))
    common = profiles.pop("common")
    for name, own in (overrides or {}).items():
        unknown = sorted(set(own) - set(_NUMBERS))
        if unknown:
            raise WalkerError("walker_key", walker=name, key=unknown[0], expected=", ".join(_NUMBERS))
        given = {key.removesuffix("_m_s").removesuffix("_s").split("_")[0] + "_source": "study.toml" for key in own}
        profiles[name] = {**profiles.get(name, profiles["adult"]), **own, **given}
    return {name: _walker(name, {**common, **profile}) for name, profile in profiles.items()}


def _walker(name: str, profile: Mapping[str, Any]) -> Walker:
    for key in _NUMBERS:
        value = profile[key]
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        lowest = 0.0 if key in _MAY_BE_ZERO else 0.05
        highest = 3600.0 if key == "lift_s" else _FASTEST_M_S
        if not is_number or not lowest <= value <= highest:
            raise WalkerError("walker_number", walker=name, key=key, value=value, low=lowest, high=highest)
    sources = tuple((key, str(value)) for key, value in profile.items() if key.endswith("_source"))
    return Walker(name=name, sources=sources, **{key: float(profile[key]) for key in _NUMBERS})
