"""Time changes that are measured only where they have an effect, against measuring everything again."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cfgeo import FacilityChange, LinkChange, load_study
from cfgeo.assess.case import make_case
from cfgeo.core.scenario import LINK_TAGS
from cfgeo.pipeline.case import load_case
from cfgeo.scenarios.remeasure import changed, measured
from cfgeo.scenarios.street_edits import streets_of

MANY = 30
Median = Callable[[Callable[[], object]], float]


def scenario_lines(path: Path, median_s: Median) -> Iterator[str]:
    """Time a change of each kind, for the study's own verdict and for all four.

    Parameters
    ----------
    path
        A study with schools.
    median_s
        Returns the median seconds of a piece of work.
    """
    study = load_study(path)
    case = load_case(study)
    streets = streets_of(study, case)
    _ = streets.laid  # read once, as for many scenarios
    yield "Changes, measured again only where they have an effect:"
    yield ""
    yield "| | verdict, ms | and beyond the limit, 10 % slower, faster, on level land, ms | ratio to everything again |"
    yield "|---|---:|---:|---:|"
    alone = measured(case, streets=streets, columns=("verdict",), beyond=False)
    sides = [alone, measured(case, streets=streets)]

    def again() -> Any:
        fresh = make_case(case.inputs, case.standard, case.walkers, case.choices)
        return measured(fresh, streets=streets).passed

    whole_s = median_s(again)
    for name, changes in _changes(case).items():
        alone_s, four_s = (median_s(lambda s=side, c=changes: changed(s, c).passed) for side in sides)  # type: ignore[misc]
        yield f"| {name} | {alone_s * 1e3:.1f} | {four_s * 1e3:.1f} | 1 : {whole_s / four_s:.0f} |"
    yield f"| everything snapped and measured again | | {whole_s * 1e3:.0f} | 1 |"
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
