"""Where somebody walks to, and who: what a clause of a walk asks, or a layer alone."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk
from cfgeo.assess.measures.shares import weighted_quantile_points
from cfgeo.core.errors import StudyError
from cfgeo.core.schema import SEARCH_MINUTES, SECONDS_PER_MINUTE, WALK_PARTS, FloatArray, IntArray, Positions
from cfgeo.files.vocabulary.words import perhaps_layer
from cfgeo.walk.nearest import Reach, nearest_seconds, search
from cfgeo.walk.search import PathTree, path_tree


@dataclass(frozen=True)
class Goal:
    """The places that somebody walks to: those of a clause, or of a whole layer.

    Attributes
    ----------
    clause : str
        Its id; "" for a layer that no clause asks a walk to.
    titles : dict
        Its name by language.
    layer : str
    kinds : tuple of str
        Which places of the layer count; all when empty.
    limit_minutes, search_s : float
        The clause's limit, and how far is searched.
    walk : Walk
    places : Positions
        Where the places meet the network.
    weight : numpy.ndarray
        Whom the clause counts (demand points).
    """

    clause: str
    titles: dict[str, str]
    layer: str
    kinds: tuple[str, ...]
    limit_minutes: float
    search_s: float
    walk: Walk
    places: Positions
    weight: FloatArray

    def search(self) -> Reach:
        """Search for the nearest place."""
        return search(self.walk.graph, self.places, limit_s=self.search_s)

    def alone(self, item: int) -> tuple[Positions, list[PathTree]]:
        """Return where one place meets the network, and the path tree of that place alone in each direction."""
        places = self.places.take(self.places.item == item)
        directions = self.walk.graph.directions
        return places, [path_tree(direction, places, limit_s=self.search_s) for direction in directions]


def goals_of(case: Case, layer: str | None) -> list[Goal]:
    """Return the goals of all clauses that ask for a walk, or of those to one layer.

    Raises
    ------
    StudyError
        The study has no such layer.
    """
    if layer is not None and layer not in case.inputs.layers:
        near, has = perhaps_layer(layer, case.inputs.layers), ", ".join(case.inputs.layers)
        raise StudyError("layer_unknown", layer=layer, near=near, has=has)
    goals = []
    for clause in case.walked_clauses:
        if layer in (None, clause.layer):
            walk = case.walk(clause)
            goals.append(
                Goal(
                    clause=clause.id,
                    titles={"zh": clause.name, "en": clause.name_en},
                    layer=str(clause.layer),
                    kinds=clause.kind,
                    limit_minutes=case.limit_minutes(clause),
                    search_s=case.search_s(clause),
                    walk=walk,
                    places=case.places(clause, walk),
                    weight=case.weight(clause),
                )
            )
    if layer is not None and not goals:
        limit = case.choices.limit_minutes
        search_s = max(limit, SEARCH_MINUTES) * SECONDS_PER_MINUTE
        weight = case.samples.demand["weight"].to_numpy()
        goals.append(Goal("", {}, layer, (), limit, search_s, case.home, case.home.places[layer], weight))
    return goals


def median_children(case: Case, goal: Goal, reach: Reach) -> IntArray:
    """Return the demand point of each community's median child; -1 where none lives (communities)."""
    seconds = nearest_seconds(reach, goal.walk.demand, n_items=len(case.samples.demand))
    seconds[seconds > goal.search_s] = np.inf
    return weighted_quantile_points(seconds, goal.weight, case.samples.demand_owner, n_areas=len(case.samples.codes))


def route_minutes(facts: pd.DataFrame) -> pd.DataFrame:
    """Return facts of routes in the units of ``ROUTE_COLUMNS``."""
    columns = {"minutes": facts["seconds"] / SECONDS_PER_MINUTE}
    columns |= {f"{part}_minutes": facts[f"{part}_s"] / SECONDS_PER_MINUTE for part in WALK_PARTS}
    columns |= {"length_m": facts["length_m"] + facts["off_network_m"]}
    return pd.DataFrame(columns | {name: facts[name] for name in ("climb_m", "descent_m", "steps")}).astype(float)
