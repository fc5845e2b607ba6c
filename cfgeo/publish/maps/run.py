"""What all map sheets of a run share: its words, its background, and how places and lines are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import shapely

from cfgeo.core.results import Results
from cfgeo.core.schema import BASE_LAYERS
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.maps.drawing import Background, Fill
from cfgeo.publish.maps.sheet import Entry, area_entry, line_entry
from cfgeo.publish.words.names import layer_mark
from cfgeo.publish.words.numbers import percent, target_percent

LAYER_COLOURS = ("#0b5d3b", "#7b1fa2", "#00507a", "#8a3800", "#4a148c", "#3d5a00", "#880e4f", "#263238")
"""Colours of layers, in their order; the same as on the page."""


@dataclass(frozen=True)
class Run:
    """A run, its background, and the language of its sheets."""

    results: Results
    ground: Background
    lang: Lang

    def say(self, key: str, **values: object) -> str:
        """Return a sentence of the sheets."""
        return text(f"figure.{key}", self.lang, **values)

    def title(self, clause: dict[str, Any]) -> str:
        """Return a clause's name."""
        return str(clause["name"] if self.lang == "zh" else clause["name_en"])

    def bounds(self, office: str | None = None) -> Sequence[float]:
        """Return what a sheet shows: the district, or one street office."""
        communities = self.results.communities
        chosen = communities if office is None else communities[communities["street_office"] == office]
        return [float(edge) for edge in chosen.total_bounds]

    def headline(self) -> str:
        """Return the district's result, by which standard, and on how much of it."""
        district, standard = self.results.district, self.results.parameters["standard"]
        share, target = percent(district["share"], self.lang), target_percent(district["target"], self.lang)
        counts = {"communities": district["communities"], "passed": district["passed"]}
        judged = self.say("judged", judged=district["clauses_judged"], total=district["clauses_total"])
        named = self.say("by_standard", standard=standard["title"] if self.lang == "zh" else standard["title_en"])
        return "    ".join([self.say("headline", share=share, target=target, **counts), judged, named])

    def colour_of(self, layer: str) -> str:
        """Return a layer's colour."""
        layers = list(dict.fromkeys([*self.results.inputs.layers, *self.results.facilities["layer"]]))
        return LAYER_COLOURS[layers.index(layer) % len(LAYER_COLOURS)]


def line_legend(run: Run) -> list[Entry]:
    """Return the legend of borders and streets."""
    lines = [
        line_entry(run.say("street_office_border"), "#22313a", 1.7),
        line_entry(run.say("streets"), "#9aa6ad", 0.9),
    ]
    return [*lines, line_entry(run.say("steps"), "#5b2a86", 1.4)] if run.ground.steps else lines


def draw_places(run: Run, axes: Any, places: gpd.GeoDataFrame, *, size: float) -> None:
    """Draw places as dots with their layer's sign."""
    some = places[~places["layer"].isin(BASE_LAYERS) & ~places.geometry.is_empty]
    at = shapely.get_coordinates(shapely.point_on_surface(some.geometry.to_numpy()))
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    for (x, y), layer in zip(at, some["layer"], strict=True):
        if left < x < right and bottom < y < top:
            box = {"boxstyle": "circle,pad=0.15", "fc": run.colour_of(str(layer)), "ec": "white", "lw": 0.6}
            axes.text(x, y, layer_mark(str(layer), run.lang), fontsize=size, color="white", ha="center", va="center",
                      bbox=box, zorder=7, clip_on=True)  # fmt: skip


def place_legend(run: Run, places: gpd.GeoDataFrame) -> list[Entry]:
    """Return the legend of the layers of some places."""
    layers = [str(layer) for layer in dict.fromkeys(places["layer"]) if layer not in BASE_LAYERS]
    return [
        area_entry(f"{layer_mark(layer, run.lang)}  {name_of('layer', layer, run.lang)}", Fill(run.colour_of(layer)))
        for layer in layers
    ]
