"""Where a change is: the community that it begins in."""

from pathlib import Path

import geopandas as gpd
import shapely

from cfgeo.app.edits import Row
from cfgeo.core.errors import CfgeoError
from cfgeo.core.results import Results
from cfgeo.core.scenario import Change, FacilityChange
from cfgeo.core.schema import WGS84
from cfgeo.scenarios.change_areas import ways_meant
from cfgeo.scenarios.change_facilities import facility_ids
from cfgeo.scenarios.lists.changes import scenario_of
from cfgeo.study.config import Study


def community_of(row: Row, results: Results, study: Study, folder: Path) -> int | None:
    """Return the place of the community in which a change begins in their table; None where it is in none.

    Parameters
    ----------
    row
        The change, by the keys of a table of changes.
    results, study
        What is open.
    folder
        Where the session is kept, for messages.
    """
    try:
        changes = scenario_of({1: row}, file=folder / "changes", study=study).changes
    except CfgeoError:
        return None
    shape = _shape_of(changes[0], results) if changes else None
    if shape is None or shape.is_empty:
        return None
    start = shapely.Point(shapely.get_coordinates(shape)[0])
    within = results.communities.sindex.query(start, predicate="intersects")
    return int(min(within)) if len(within) else None


def _shape_of(change: Change, results: Results) -> shapely.Geometry | None:
    """Return what a change draws, or where that is which it is about, in the CRS of the communities."""
    crs = results.communities.crs
    if change.shape is not None:
        return gpd.GeoSeries([change.shape], crs=WGS84).to_crs(crs).iloc[0]
    if not isinstance(change, FacilityChange):
        edges = results.inputs.network.edges
        lines = edges.geometry[ways_meant(edges, change)]
        return lines.iloc[0] if len(lines) else None
    if change.layer not in results.inputs.layers:
        return None
    table = results.inputs.layers[change.layer]
    own = table.geometry[facility_ids(table, change.facility)]
    return own.iloc[0] if len(own) else None
