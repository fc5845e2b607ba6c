"""Changes measured again against everything measured anew; part of ``scripts/bench``."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cfgeo import FacilityChange, LinkChange, load_study
from cfgeo.assess.case import make_case
from cfgeo.core.scenario import LINK_TAGS
from cfgeo.pipeline import load_case, streets_of
from cfgeo.scenarios.remeasure import changed, measured

MANY = 30
Median = Callable[[Callable[[], object]], float]


def scenario_lines(path: Path, median_s: Median) -> Iterator[str]:
    """Time one change of each kind, for the study's own verdict and for all four.

    Parameters
    ----------
    path
        A study with schools.
    median_s
        Returns the median seconds of some work.
    """
    study = load_study(path)
    case = load_case(study)
    streets = streets_of(study, case)
    _ = streets.laid  # read once, as for many scenarios
    yield "Changes, measured again where they touch something:"
    yield ""
    yield "| | the verdict alone, ms | and farther, 10 % slower, faster, on level land, ms | ratio to all anew |"
    yield "|---|---:|---:|---:|"
    alone = measured(case, streets=streets, columns=("verdict",), beyond=False)
    sides = [alone, measured(case, streets=streets)]

    def anew() -> Any:
        made = make_case(case.inputs, case.standard, case.walkers, case.choices)
        return measured(made, streets=streets).passed

    whole_s = median_s(anew)
    for name, changes in _changes(case).items():
        one, four = (median_s(lambda s=side, c=changes: changed(s, c).passed) for side in sides)  # type: ignore[misc]
        yield f"| {name} | {one * 1e3:.1f} | {four * 1e3:.1f} | 1 : {whole_s / four:.0f} |"
    yield f"| everything joined and measured anew | | {whole_s * 1e3:.0f} | 1 |"
    yield ""


def _changes(case: Any) -> dict[str, list[FacilityChange | LinkChange]]:
    """Return a change of each kind in the middle of the district, and many around it."""
    nodes, schools = case.inputs.network.nodes, case.inputs.layers["schools"]
    xy = nodes.loc[nodes["component"] == 0, ["x", "y"]].to_numpy()
    middle = shapely.union_all(case.inputs.communities.geometry.to_numpy()).centroid
    order = np.argsort(np.hypot(*(xy - [middle.x, middle.y]).T))

    def bridge(nth: int) -> LinkChange:
        ends = shapely.LineString(xy[order[[10 * nth, 10 * nth + 40]]])
        return LinkChange("add", "footbridge", shape=ends, tags=LINK_TAGS["footbridge"], nth=nth + 1)

    here, kind = shapely.Point(xy[order[0]]), str(schools["kind"].iloc[0])
    return {
        "a school is added": [FacilityChange("add", "schools", kind=kind, shape=here)],
        "a school is closed": [FacilityChange("close", "schools", str(schools.index[0]))],
        "a footbridge is built": [bridge(0)],
        f"{MANY} footbridges are built": [bridge(nth) for nth in range(MANY)],
    }
