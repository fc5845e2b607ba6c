"""What all map sheets of a run share: its words, its background, its places and the legends of places and lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import shapely

from cfgeo.core.results import Results
from cfgeo.core.schema import BASE_LAYERS, is_of_kinds
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.colours import FAILED_HIGH, LAYER_COLOURS, OFFICE, STEPS, WATER
from cfgeo.publish.maps.drawing import Background
from cfgeo.publish.maps.labels import AxesPaper, Box
from cfgeo.publish.maps.sheet import Entry, area_entry, line_entry, place_entry, street_entry
from cfgeo.publish.words.names import in_language, layer_mark
from cfgeo.publish.words.numbers import amount, beside_text, demand_text, target_percent
from cfgeo.publish.words.sources import ground_words


@dataclass(frozen=True)
class Run:
    """A run, its background, and the language of its sheets."""

    results: Results
    background: Background
    lang: Lang

    def say(self, key: str, **values: object) -> str:
        """Return a sentence of the sheets."""
        return text(f"figure.{key}", self.lang, **values)

    def title(self, clause: dict[str, Any]) -> str:
        """Return a clause's name."""
        return str(in_language(clause, "name", self.lang))

    def asks(self, clause: dict[str, Any]) -> str:
        """Return what a clause asks for: who has to reach a place within how long, or how many places."""
        if clause["measure"] != "reach":
            return self.say("for_count", need=amount(clause["need"], self.lang))
        walker = name_of("word", clause["walker"], self.lang)
        limit, need = amount(clause["limit_minutes"], self.lang), target_percent(float(clause["need"]), self.lang)
        return self.say("for_walker", walker=walker, limit=limit, need=need)

    def demand(self, value: float) -> str:
        """Return a number of children, or a share of what stands for them."""
        basis, whole = self.results.parameters["demand_basis"], float(self.results.communities["demand"].sum())
        return demand_text(value, self.lang, basis=basis, whole=whole)

    def places_of(self, clause: dict[str, Any]) -> gpd.GeoDataFrame:
        """Return the facilities that a clause counts."""
        places = self.results.facilities[self.results.facilities["layer"] == clause["layer"]]
        return places[is_of_kinds(places["kind"], clause["kind"] or ())]

    def bounds(self, office: str | None = None) -> Sequence[float]:
        """Return west, south, east and north of the district, or of one street office."""
        communities = self.results.communities
        shown = communities if office is None else communities[communities["street_office"] == office]
        return [float(bound) for bound in shown.total_bounds]

    def basis(self) -> str:
        """Return how many clauses were judged, and by which standard."""
        district, standard = self.results.district, self.results.parameters["standard"]
        judged = self.say("judged", judged=district["clauses_judged"], total=district["clauses_total"])
        return f"{judged}    {self.say('by_standard', standard=in_language(standard, 'title', self.lang))}"

    def headline(self) -> str:
        """Return the district's result, the standard, and how many of its clauses were judged."""
        district = self.results.district
        share = beside_text(district["share"], district["target"], self.lang, passed=district["met"])
        target = target_percent(district["target"], self.lang)
        counts = {"communities": district["communities"], "passed": district["passed"]}
        return f"{self.say('headline', share=share, target=target, **counts)}    {self.basis()}"

    def colour_of(self, layer: str) -> str:
        """Return a layer's colour."""
        layers = list(dict.fromkeys([*self.results.inputs.layers, *self.results.facilities["layer"]]))
        return LAYER_COLOURS[layers.index(layer) % len(LAYER_COLOURS)]


def line_legend(run: Run, *, fill: str = FAILED_HIGH, steps: bool = True) -> list[Entry]:
    """Return the legend of the ground, of borders and of streets, as they stand on a fill; of stairs where shown."""
    ground = run.results.ground
    words = "" if ground is None else ground_words(ground, run.lang)
    lines = [
        *([area_entry(words, WATER)] if words else []),
        line_entry(run.say("street_office_border"), OFFICE, 1.7),
        street_entry(run.say("streets"), fill),
    ]
    return [*lines, line_entry(run.say("steps"), STEPS, 0.8)] if steps and run.background.has_steps else lines


def draw_places(run: Run, axes: Any, places: gpd.GeoDataFrame, *, size: float) -> list[Box]:
    """Draw places as dots with their layer's sign, without it where signs would cover each other.

    Returns
    -------
    list of tuple
        What they take [pt].
    """
    places = places[~places["layer"].isin(BASE_LAYERS) & ~places.geometry.is_empty]
    at = shapely.get_coordinates(shapely.point_on_surface(places.geometry.to_numpy()))
    paper = AxesPaper(axes)
    for (x, y), (right, up), layer in zip(at, paper.at(at), places["layer"], strict=True):
        if not (0 < right < paper.width and 0 < up < paper.height):
            continue
        colour, half = run.colour_of(str(layer)), size * 0.75
        box = (right - half, up - half, right + half, up + half)
        if not paper.is_free(box):
            axes.plot(x, y, "o", color=colour, markersize=size * 0.6, mec="white", mew=0.5, zorder=6.9)
            continue
        look = {"boxstyle": "circle,pad=0.15", "fc": colour, "ec": "white", "lw": 0.6}
        axes.text(x, y, layer_mark(str(layer), run.lang), fontsize=size, color="white", ha="center", va="center",
                  bbox=look, zorder=7, clip_on=True)  # fmt: skip
        paper.taken.append(box)
    return paper.taken


def place_legend(run: Run, places: gpd.GeoDataFrame) -> list[Entry]:
    """Return the legend of the layers that places belong to."""
    layers = [str(layer) for layer in dict.fromkeys(places["layer"]) if layer not in BASE_LAYERS]
    return [
        place_entry(name_of("layer", layer, run.lang), layer_mark(layer, run.lang), run.colour_of(layer))
        for layer in layers
    ]
