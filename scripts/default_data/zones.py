"""The layout of a plan, 1核1网2圈3带N点: a core, a network, circles, belts and points. All invented."""

import geopandas as gpd
import numpy as np
import shapely

from .land import CRS, END_M, TURN_M, place, ridge_u
from .people import district_outline

CORE_AT = (6_900.0, 0.45)
NETWORK = ((300.0, 0.1), (2_600.0, 0.12), (4_600.0, 0.1), (END_M, 0.1))
CIRCLES = {"核心商圈生活圈": (7_700.0, 0.55), "大坪生活圈": (13_600.0, 0.5)}
BELTS = {
    "嘉陵江滨江带": (300.0, END_M, 0.85),
    "长江滨江带": (9_300.0, TURN_M - 300.0, 0.85),
    "山脊步道带": (800.0, END_M, 0.02),
}
POINTS = {"红岩村": (1_000.0, 0.6), "曾家岩": (3_500.0, 0.6), "鹅岭": (1_900.0, 0.05), "大田湾": (13_000.0, 0.12),
          "通远门": (5_100.0, 0.15)}  # fmt: skip
CORE_M, CIRCLE_M, STEP_M = 700.0, 900.0, 60.0


def make_zones() -> gpd.GeoDataFrame:
    """Return the zones (UTM): ``name``, ``kind``, ``title``; polygons, lines and points."""
    land = district_outline()
    rows = [("核", "core", "亲子活力核", _disc(CORE_AT, CORE_M, land))]
    rows.append(("网", "network", "山城学径网", shapely.LineString(place(*np.array(NETWORK).T))))
    rows += [(f"圈{n}", "circle", name, _disc(at, CIRCLE_M, land)) for n, (name, at) in enumerate(CIRCLES.items(), 1)]
    rows += [(f"带{n}", "belt", name, _along(*belt)) for n, (name, belt) in enumerate(BELTS.items(), 1)]
    rows += [
        (f"点{n}", "point", f"{name}童趣点", shapely.Point(place(*np.array(at))))
        for n, (name, at) in enumerate(POINTS.items(), 1)
    ]
    name, kind, title, shapes = zip(*rows, strict=True)
    return gpd.GeoDataFrame({"name": name, "kind": kind, "title": title}, geometry=list(shapes), crs=CRS)


def _disc(at: tuple[float, float], radius_m: float, land: shapely.Polygon) -> shapely.Geometry:
    return shapely.set_precision(shapely.buffer(shapely.Point(place(*np.array(at))), radius_m).intersection(land), 0.1)


def _along(start: float, end: float, d: float) -> shapely.LineString:
    """Return a line at one height of the slope, from one place along the bank to another."""
    p = np.arange(start, end, STEP_M)
    return shapely.LineString(place(p[ridge_u(p) >= 0], np.full(len(p), d)))
