"""Searches for sites in the town."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo import SiteChoices, Siting
from cfgeo.assess.case import Case
from cfgeo.plan.siting import find_sites
from worlds.town import CRS, at

ABOUT: dict[str, Any] = {
    "title": "t",
    "status": "illustrative",
    "standard": {"title": "小镇标准", "title_en": "Town standard"},
    "slope": "none",
    "dates": {},
}


def candidates_at(case: Case, *xy: tuple[float, float]) -> gpd.GeoDataFrame:
    """Return candidates at local metres of the town."""
    table = gpd.GeoDataFrame(
        {"name": "", "capacity": np.nan}, geometry=[at(*spot) for spot in xy], index=range(len(xy))
    )
    table = table.set_crs(CRS)
    areas = case.inputs.communities.geometry
    table["code"] = [str(areas.index[areas.intersects(shape)][0]) for shape in table.geometry]
    table.index = pd.Index([f"c{nth}" for nth in range(len(xy))], name="candidate")
    return table


def found_in(case: Case, candidates: gpd.GeoDataFrame, **wanted: Any) -> Siting:
    return find_sites(case, SiteChoices(**wanted), candidates, about=ABOUT)
