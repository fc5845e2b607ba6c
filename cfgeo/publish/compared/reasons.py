"""Which of the things that differ between two runs can have changed a clause in a unit.

A thing is a reason only where it acts: on an input that the clause reads, near enough to the unit, and in the direction
in which the clause changed. A facility that was added cannot make a walk longer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.schema import CALMING, SCHOOLS, SECONDS_PER_MINUTE, BoolArray
from cfgeo.core.shapes import campuses
from cfgeo.publish.compared.causes import Cause, clauses_of, merged, moved_areas, network_cause
from cfgeo.publish.compared.effects import CAMPUSES, Sides, counts_for, effect_of, is_of_kind, read_columns
from cfgeo.publish.compared.places import ADDED, REMOVED, as_of, iso_date
from cfgeo.publish.run.past import PastRun
from cfgeo.publish.run.units import BLOCK, COMMUNITY, DISTRICT, STREET_OFFICE

_WALKED = {"reach"}
"""Measures of walks from homes: they depend on streets, walkers and children."""
_LOCAL = {"present", "count", "rate", "facility_share", "near", "none_within", "length_share", "reported"}
"""Measures of the places inside a unit. Those that are not named here or below may depend on everything."""
_STREETS = {"connected"}
_FASTEST = 1.6
"""Slopes, and walkers who are 10 % faster, make nobody faster than this many times the speed on the level."""

_LAYERS = ("layer", "more_layers", "near_layer")
_ROUTES = "school_routes"
"""A measure that names no layer: it reads ``SCHOOLS`` and ``CALMING``, also beyond the unit."""

Asked = Sequence[Mapping[str, Any]]
"""A clause as both runs have it, the earlier first."""


@dataclass(frozen=True)
class Evidence:
    """All that differs between two runs, ready to be asked what can have changed a clause.

    Attributes
    ----------
    a, b : PastRun
    causes : tuple of Cause
        All that differs, as :mod:`cfgeo.publish.compared.causes` gives it.
    places : pandas.DataFrame
        ``PLACE_COLUMNS``.
    streets : geopandas.GeoDataFrame
        As :func:`cfgeo.publish.compared.causes.street_changes` gives them.
    """

    a: PastRun
    b: PastRun
    causes: tuple[Cause, ...]
    places: pd.DataFrame
    streets: gpd.GeoDataFrame

    def of_clause(
        self, clause: str, scope: str, units: tuple[str, str], *, up: bool | None, same: bool, numbers: Sides
    ) -> tuple[Cause, ...]:
        """Return what can have changed a clause in a unit.

        Parameters
        ----------
        clause
            Its id; both standards have it.
        scope
            Of the unit, of ``SCOPES``.
        units
            The unit in the first and in the second run.
        up
            Whether the value has risen; None: not known, or it changed otherwise.
        same
            Whether the clause measures the same in both: only what it asks can differ then.
        numbers
            The demand of the unit for the clause in both runs, or NaN.
        """
        standard = [cause for cause in self.causes if cause.kind == "standard" and cause.what == clause]
        if same and standard:
            return tuple(standard)
        asked = [clauses_of(run)[clause] for run in (self.a, self.b)]
        if any(each["measure"] == "all_reach" for each in asked):
            services = [other for other in self._services(asked) if other != clause]
            parts = [self.of_clause(other, scope, units, up=up, same=False, numbers=numbers) for other in services]
            return merged([*standard, *(cause for part in parts for cause in part)])
        measures = {each["measure"] for each in asked}
        walked = not measures <= _LOCAL | _STREETS
        areas = self._areas(scope, units)
        causes = [*standard, *self._walks(asked, walked=walked)]
        causes += self._facilities(asked, areas, up=up)
        causes += self._dates(asked)
        per = [_listed(each.get("per") or "residents") for each in asked if each["measure"] == "rate"]
        if walked or any(of != ["residents"] for of in per):
            causes += self._demand(asked, scope, units, numbers)
        along = any(each.get("along") == "streets" for each in asked)
        if walked or along or measures & _STREETS:
            causes += self._network(asked, areas, near=measures <= _WALKED)
        if any("residents" in of for of in per) or not measures <= _LOCAL | _STREETS | _WALKED:
            causes += [cause for cause in self.causes if cause.kind == "residents"]
        if "reported" in measures:
            return (*causes, Cause("reported", "reported"))
        return (*causes, *self._boundary(areas))

    def _services(self, asked: Asked) -> list[str]:
        """Return the clauses of walks that a clause puts together, where both standards have them."""
        named = {name for each in asked for name in _listed(each.get("of"))}
        first, second = (clauses_of(run) for run in (self.a, self.b))
        return [
            name
            for name, each in second.items()
            if name in first and each["measure"] == "reach" and (name in named if named else each["required"])
        ]

    def _walks(self, asked: Asked, *, walked: bool) -> list[Cause]:
        """Return what differs in walkers and choices of the walk, where a clause measures walks."""
        walkers = {each["walker"] for each in asked}
        return [
            cause
            for cause in self.causes
            if walked and (cause.kind == "walk" or (cause.kind == "walker" and cause.what in walkers))
        ]

    def _areas(self, scope: str, units: tuple[str, str]) -> Sides:
        """Return the area of a unit in both runs."""
        if scope == DISTRICT:
            return self._districts
        tables = {COMMUNITY: "communities", STREET_OFFICE: "street_offices", BLOCK: "blocks"}
        first, second = (getattr(run, tables[scope]).geometry for run in (self.a, self.b))
        return first.loc[units[0]], second.loc[units[1]]

    @cached_property
    def _districts(self) -> Sides:
        first, second = (shapely.union_all(run.communities.geometry.to_numpy()) for run in (self.a, self.b))
        return first, second

    def _boundary(self, areas: Sides) -> list[Cause]:
        if not any(cause.kind == "boundary" for cause in self.causes) or not moved_areas(*areas):
            return []
        return [Cause("boundary", "communities")]

    def _demand(self, asked: Asked, scope: str, units: tuple[str, str], numbers: Sides) -> list[Cause]:
        """Return the cause that children of a clause's ages live elsewhere, or that there are more or fewer."""
        if not any(cause.kind == "demand" for cause in self.causes):
            return []
        homes = [run.record["data"]["demand"].get("communities", {}) for run in (self.a, self.b)]
        bands = {band for each in asked for band in (each.get("children") or ())}
        known = {band for side in homes for each in side.values() for band in each}
        columns = sorted(bands & known) or ["weight"]
        if scope == COMMUNITY:
            homes = [{unit: side.get(unit, {})} for side, unit in zip(homes, units, strict=True)]
        hashes = [sorted([each.get(column, "") for column in columns] for each in side.values()) for side in homes]
        if hashes[0] == hashes[1]:
            return []
        total_a, total_b = (None if np.isnan(number) else float(number) for number in numbers)
        return [Cause("demand", "demand", total_a, total_b)]

    def _network(self, asked: Asked, areas: Sides, *, near: bool) -> list[Cause]:
        """Return the cause that streets differ, of a walk those that somebody can walk on."""
        if not any(cause.kind == "network" for cause in self.causes):
            return []
        readings = self._readings("network") + self._readings("elevation")
        if not len(self.streets):  # lifts and gates, which have no length
            return [*readings, network_cause(self.streets)]
        streets = self.streets
        if near:
            whole = shapely.union_all([area for area in areas if area is not None])
            streets = streets[shapely.dwithin(streets.geometry.to_numpy(), whole, self._reach_m(asked))]
        return [*readings, network_cause(streets)] if len(streets) else []

    def _readings(self, role: str) -> list[Cause]:
        return [cause for cause in self.causes if cause.kind == "reading" and cause.what == role]

    def _reach_m(self, asked: Asked) -> float:
        """Return further than anybody walks within a clause's limit [m]."""
        speeds = [
            speed
            for run, each in zip((self.a, self.b), asked, strict=True)
            for key, speed in run.record["parameters"]["walkers"].get(each["walker"], {}).items()
            if key.endswith("_m_s") and isinstance(speed, int | float)
        ]
        limit_s = max(each["limit_minutes"] for each in asked) * SECONDS_PER_MINUTE
        return float(max(speeds, default=np.inf) * _FASTEST * limit_s)

    def _facilities(self, asked: Asked, areas: Sides, *, up: bool | None) -> list[Cause]:
        """Return the facilities that changed so that a clause can have changed with them, layer by layer."""
        causes: list[Cause] = []
        names = [name for each in asked for key in _LAYERS for name in _listed(each.get(key))]
        if any(each["measure"] == _ROUTES for each in asked):
            names += [SCHOOLS, CALMING]
        for layer in dict.fromkeys(names):
            acting = self._acting(asked, areas, layer, up=up)
            declared = [layer in run.record["data"]["layers"] for run in (self.a, self.b)]
            if acting or declared[0] != declared[1]:
                causes += [*self._readings(layer), Cause("places", layer, declared[0], declared[1], rows=tuple(acting))]
        return causes

    def _acting(self, asked: Asked, areas: Sides, layer: str, *, up: bool | None) -> list[int]:
        """Return the rows of ``places`` that can have changed a clause, of one layer."""
        changes = np.flatnonzero(self.places["layer"] == layer)
        inside = [
            self._inside(shapes[changes], area, asked, layer) for shapes, area in zip(self._shapes, areas, strict=True)
        ]
        acting, days = [], (as_of(self.a), as_of(self.b))
        for nth in np.flatnonzero(inside[0] | inside[1]):
            i, where = int(changes[nth]), (bool(inside[0][nth]), bool(inside[1][nth]))
            effect = effect_of(self._changes[i], (self._rows[0][i], self._rows[1][i]), where, asked, days)
            if effect is not None and (up is None or effect in (0, 1 if up else -1)):
                acting.append(i)
        if asked[1]["measure"] in CAMPUSES:
            return [i for i in acting if not self._is_again(i, asked, days, layer)]
        return acting

    def _is_again(self, i: int, asked: Asked, days: Sequence[str], layer: str) -> bool:
        """Return whether a place that came or went is a further row of a campus that counts already, or still."""
        side = {ADDED: 1, REMOVED: 0}.get(self._changes[i]["change"])
        if side is None:
            return False
        run, name = (self.a, self.b)[side], "ab"[side]
        campus = self._campuses(layer)[side]
        place = self._changes[i][f"facility_{name}"]
        others = campus.index[(campus == campus[place]) & (campus.index != place)]
        came = self.places[self.places["change"] == (ADDED, REMOVED)[1 - side]][f"facility_{name}"]
        kinds = asked[side].get("kind") or () if layer == asked[side].get("layer") else ()
        for other in others:
            row = run.facilities.loc[other]
            if not is_of_kind(str(row["kind"]), kinds) or not counts_for(row, asked[side], days[side]):
                continue
            if other not in set(came) or campus.index.get_loc(other) < campus.index.get_loc(place):
                return True
        return False

    def _campuses(self, layer: str) -> Sides:
        """Return the campus of each place of a layer, in both runs."""
        if layer not in self._known_campuses:
            tables = [run.facilities[run.facilities["layer"] == layer] for run in (self.a, self.b)]
            first, second = (pd.Series(campuses(table), index=table.index) for table in tables)
            self._known_campuses[layer] = first, second
        return self._known_campuses[layer]

    @cached_property
    def _known_campuses(self) -> dict[str, Sides]:
        return {}

    def _dates(self, asked: Asked) -> list[Cause]:
        """Return the cause that a day has come since which something is so, by facilities that say the same in both."""
        days = [as_of(run) for run in (self.a, self.b)]
        if days[0] == days[1]:
            return []
        layer = self.b.facilities[self.b.facilities["layer"] == asked[1].get("layer")]
        for column in read_columns(asked[1], map(str, layer.columns)):
            if column in layer.columns and any(days[0] < iso_date(cell) <= days[1] for cell in set(layer[column])):
                return [Cause("date", str(asked[1]["layer"]), days[0], days[1])]
        return []

    def _inside(self, shapes: Any, area: Any, asked: Asked, layer: str) -> BoolArray:
        """Return which facilities lie where they can count for a unit; those that a run does not have do not."""
        within_m = 0.0
        if asked[1]["measure"] == _ROUTES:
            within_m = np.inf
        elif asked[1]["measure"] in _WALKED:
            within_m = self._reach_m(asked)
        elif layer == asked[1].get("near_layer"):
            within_m = float(asked[1].get("within_m") or np.inf)
        return np.asarray(shapely.dwithin(shapes, area, within_m))

    @cached_property
    def _changes(self) -> list[dict[Any, Any]]:
        """The rows of ``places``."""
        return self.places.to_dict("records")

    @cached_property
    def _rows(self) -> list[list[Any]]:
        """The facility of each row of ``places`` in both runs; None where a run does not have it."""
        sides = []
        for run, side in ((self.a, "a"), (self.b, "b")):
            names = self.places[f"facility_{side}"]
            table = run.facilities.drop(columns="geometry")
            known = table.loc[table.index.intersection(names)].to_dict("index")
            sides.append([known.get(name) for name in names])
        return sides

    @cached_property
    def _shapes(self) -> list[Any]:
        """The shape of each of these, in both runs."""
        return [
            run.facilities.geometry.reindex(self.places[f"facility_{side}"]).to_numpy()
            for run, side in ((self.a, "a"), (self.b, "b"))
        ]


def _listed(value: Any) -> list[str]:
    """Return a name or several as a list."""
    if value is None:
        return []
    return [str(value)] if isinstance(value, str) else [str(each) for each in value]
