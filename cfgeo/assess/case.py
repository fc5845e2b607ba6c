"""A case: a study's inputs and standard, with everything snapped to the network for every walker that counts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import isnan
from typing import Any

from cfgeo.assess.coverage import Samples, SnapArea, Walk, prepare_walks, take_samples
from cfgeo.assess.measures.counted import kind_mask
from cfgeo.core.scenario import Change
from cfgeo.core.schema import SEARCH_MINUTES, SECONDS_PER_MINUTE, FloatArray, Inputs, Network, Positions
from cfgeo.network.rasters.heights import SMOOTH_M
from cfgeo.network.terrain import relief_rules
from cfgeo.network.travel_time import levelled
from cfgeo.network.walkers import PACES, Walker
from cfgeo.study.config import Study
from cfgeo.study.demand import clause_weight
from cfgeo.study.standard import Clause, Standard
from cfgeo.study.tables import WalkChoices


@dataclass(frozen=True)
class Case:
    """A study's inputs and standard, snapped to the network and ready to be judged.

    Attributes
    ----------
    standard : Standard
    walkers : Mapping of str to Walker
        By name: those of the standard and the study's own.
    choices : WalkChoices
        ``[walk]`` of the study.
    inputs : Inputs
    samples : Samples
    walks : Mapping of Walker to Walk
        Every walker at every pace of ``PACES``.
    level_network : Network
        The same streets on level land.
    level_walks : Mapping of Walker to Walk
        Every walker on level land.
    decided : tuple of (Change, str)
        The changes that its study has decided on, with the list of each; they are in all of the above.
    kept : dict
        What :mod:`cfgeo.assess.units` has worked out, with what it rests on. Cases that derive from this one share it.
    """

    standard: Standard
    walkers: Mapping[str, Walker]
    choices: WalkChoices
    inputs: Inputs
    samples: Samples
    walks: Mapping[Walker, Walk]
    level_network: Network
    level_walks: Mapping[Walker, Walk]
    decided: tuple[tuple[Change, str], ...] = ()
    kept: dict[str, tuple[Sequence[Any], Any]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def home(self) -> Walk:
        """The walk of the study's own walker."""
        return self.walks[self.walkers[self.choices.walker]]

    @property
    def reach_clauses(self) -> list[Clause]:
        """The clauses that ask for a walk, and whose layer the study declares."""
        community = self.standard.of_scope("community")
        return [clause for clause in community if clause.measure == "reach" and clause.layer in self.inputs.layers]

    @property
    def walked_clauses(self) -> list[Clause]:
        """The clauses of all scopes that ask for a walk, each walk once; those of communities come first."""
        known = dict.fromkeys(self.service_of(clause) for clause in self.reach_clauses)
        others = [clause for clause in self.standard.clause if clause.scope != "community"]
        more: dict[tuple[Any, ...], Clause] = {}
        for clause in others:
            service = self.service_of(clause)
            if clause.measure == "reach" and clause.layer in self.inputs.layers and service not in known:
                more.setdefault(service, clause)
        return [*self.reach_clauses, *more.values()]

    def service_of(self, clause: Clause) -> tuple[Any, ...]:
        """Return what two clauses of one walk have in common: places, walker, limit and ages."""
        return clause.layer, clause.kind, clause.walker, self.limit_minutes(clause), clause.children

    def walk(self, clause: Clause, pace: float = 1.0) -> Walk:
        """Return the walk of a clause's walker."""
        return self.walks[self.walkers[str(clause.walker)].at_pace(pace)]

    def level_walk(self, clause: Clause) -> Walk:
        """Return the walk of a clause's walker on level land."""
        return self.level_walks[self.walkers[str(clause.walker)]]

    def places(self, clause: Clause, walk: Walk) -> Positions:
        """Return where the facilities that count for a clause meet the network."""
        at = walk.places[str(clause.layer)]
        counts = kind_mask(self.inputs.layers[str(clause.layer)], clause.kind)
        return at.take(counts[at.item])

    def weight(self, clause: Clause) -> FloatArray:
        """Return what each demand point weighs for a clause: the children of its ages."""
        return clause_weight(self.samples.demand, clause.children).to_numpy()

    def limit_minutes(self, clause: Clause) -> float:
        """Return the longest walk that counts as in reach for a clause [min]."""
        return clause.limit_minutes or self.choices.limit_minutes

    def limit_s(self, clause: Clause) -> float:
        """Return the longest walk that counts as in reach for a clause [s]."""
        return self.limit_minutes(clause) * SECONDS_PER_MINUTE

    def search_s(self, clause: Clause) -> float:
        """Return how far to search for a clause's places [s]."""
        return max(self.limit_s(clause), SEARCH_MINUTES * SECONDS_PER_MINUTE)


def make_case(
    inputs: Inputs,
    standard: Standard,
    walkers: Mapping[str, Walker],
    choices: WalkChoices,
    *,
    kept_area: Callable[[Samples, float], SnapArea] | None = None,
) -> Case:
    """Snap inputs to their network for every walker.

    Parameters
    ----------
    inputs
        What :func:`cfgeo.load_inputs` gives.
    standard
        The clauses to judge by.
    walkers
        Those of the standard and the study's own, by name.
    choices
        ``[walk]`` of the study.
    kept_area
        Gives what may know where the area points of some samples meet the network, up to a distance [m].
    """
    samples = take_samples(inputs.communities, inputs.demand, inputs.network)
    level = replace(inputs.network, edges=levelled(inputs.network.edges))
    paced = [walker.at_pace(pace) for walker in walkers.values() for pace in PACES.values()]
    prepare = partial(prepare_walks, samples, snap_m=choices.snap_m, direction=choices.direction, shared={})
    snap_area = None if kept_area is None else kept_area(samples, choices.snap_m)
    walks = prepare(inputs.network, inputs.layers, paced, snap_area=snap_area)
    level_walks = prepare(level, inputs.layers, walkers.values())
    return Case(standard, walkers, choices, inputs, samples, walks, level, level_walks)


def about_of(study: Study, case: Case) -> dict[str, Any]:
    """Return what the numbers of a siting or a plan rest on: the study's title and status, and its data's dates."""
    return {
        **study.study.model_dump(include={"title", "title_en", "status"}),
        "standard": case.standard.model_dump(include={"id", "title", "title_en"}),
        "slope": relief_rules(case.inputs.network)["slope"],
        "dates": case.inputs.dates,
    }


def parameters_of(study: Study, case: Case) -> dict[str, Any]:
    """Return every choice that the verdicts rest on, ready for JSON."""
    clauses = [
        {
            **clause.model_dump(),
            "need": None if isnan(clause.need) else clause.need,
            "limit_minutes": case.limit_minutes(clause),
        }
        for clause in case.standard.clause
    ]
    return {
        "study": study.study.model_dump(include={"id", "title", "title_en", "status", "as_of"}, mode="json"),
        "standard": case.standard.model_dump(exclude={"clause"}),
        "clauses": clauses,
        "walk": study.walk.model_dump(),
        "walkers": {name: walker.record() for name, walker in case.walkers.items()},
        "relief": {**relief_rules(case.inputs.network), "smooth_m": SMOOTH_M},
        "paces": PACES,
        "search_minutes": SEARCH_MINUTES,
        "map": study.map.model_dump(),
        "demand_basis": case.inputs.demand_basis,
        "crs": case.inputs.crs,
    }
