"""Tables → findings: faults in the data are rows, reported all at once."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.errors import CheckError, Saying
from cfgeo.schema import BoolArray, Network, finding
from cfgeo.strings import Lang, section, text

Findings = list[dict[str, Any]]

_OVERLAP_M2 = 100.0
_DETACHED_SHARE = 0.02
_MOST_SHOWN = 20
_MOST_NAMED = 10


def check_communities(communities: gpd.GeoDataFrame) -> Findings:
    """Find missing and repeated codes, rows that are no polygons, rings that cross and polygons that overlap.

    Parameters
    ----------
    communities
        As read, in a metric CRS: RangeIndex, ``code`` (text, "" where it is missing), ``community``.
    """
    rows: Findings = []
    if len(communities) == 0:
        return [finding("communities_none", "communities", severity="error")]
    code = communities["code"].astype(object).where(communities["code"].notna(), "").astype("str").str.strip()
    for position in np.flatnonzero(code == ""):
        rows.append(finding("code_missing", "communities", severity="error", row=position + 1))
    for value in sorted(set(code[code.duplicated() & (code != "")])):
        at = ", ".join(str(i + 1) for i in np.flatnonzero(code == value))
        rows.append(finding("code_twice", "communities", severity="error", row=value, rows=at))
    shapes = communities.geometry.to_numpy()
    dimension = np.where(shapely.is_empty(shapes) | shapely.is_missing(shapes), -1, shapely.get_dimensions(shapes))
    for position in np.flatnonzero(dimension < 2):
        rows.append(finding("not_polygon", "communities", severity="error", row=code.iloc[position] or position + 1))
    for position in np.flatnonzero((dimension == 2) & ~shapely.is_valid(shapes)):
        rows.append(finding("ring_mended", "communities", row=code.iloc[position]))
    return rows + _overlaps(code, shapely.make_valid(shapes[dimension == 2]), np.flatnonzero(dimension == 2))


def _overlaps(code: pd.Series, shapes: Any, at: Any) -> Findings:
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    area_m2 = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    rows = []
    for i, j, size in zip(one, other, area_m2, strict=True):
        if size > _OVERLAP_M2:
            names = {"other": code.iloc[at[j]], "area_m2": round(float(size))}
            rows.append(finding("overlap", "communities", row=code.iloc[at[i]], **names))
    return rows


def check_layer(name: str, facilities: gpd.GeoDataFrame, *, district: Any, margin_m: float) -> Findings:
    """Find an empty layer, facilities without a position, and facilities too far from the district to count.

    Parameters
    ----------
    name
        The layer.
    facilities
        Its facilities, in the communities' CRS.
    district
        The communities' outline.
    margin_m
        How far beyond the district a facility can still serve it [m].
    """
    if len(facilities) == 0:
        return [finding("layer_empty", name)]
    shapes = facilities.geometry.to_numpy()
    lost = shapely.is_empty(shapes) | shapely.is_missing(shapes)
    rows = [finding("no_position", name, row=i, name=label_of(facilities, i)) for i in facilities.index[lost]]
    far = np.where(lost, 0.0, shapely.distance(shapes, district)) > margin_m
    for i in facilities.index[far]:
        km = shapely.distance(facilities.geometry[i], district) / 1000
        rows.append(finding("far_away", name, row=i, name=label_of(facilities, i), km=round(float(km), 1)))
    return rows


def check_network(network: Network) -> Findings:
    """Find out how much of the network hangs on nothing."""
    rows: Findings = []
    whole_km, main_km = network.length_km(), network.length_km(main_only=True)
    if whole_km > main_km:
        pieces = int(network.nodes["component"].max())
        severity = "warning" if main_km < (1 - _DETACHED_SHARE) * whole_km else "note"
        detached = {"km": round(whole_km - main_km, 1), "share": 1 - main_km / whole_km}
        rows.append(finding("network_pieces", "network", severity=severity, pieces=pieces, **detached))
    return rows


def check_snapped(name: str, facilities: gpd.GeoDataFrame, snapped: BoolArray, *, snap_m: float) -> Findings:
    """Find facilities that lie too far from any street to be walked to."""
    return [
        finding("not_snapped", name, row=i, name=label_of(facilities, i), snap_m=round(snap_m))
        for i in facilities.index[~snapped]
    ]


def check_demand(demand: gpd.GeoDataFrame, code: pd.Series, snapped: BoolArray, *, snap_m: float) -> Findings:
    """Count demand outside any community and demand too far from any street.

    Parameters
    ----------
    demand
        Demand points with ``weight``.
    code
        Each point's community, "" for none.
    snapped
        Whether each point meets the network.
    snap_m
        The longest way to a street [m].
    """
    rows: Findings = []
    weight = demand["weight"].to_numpy()
    outside = (code == "").to_numpy()
    if outside.any():
        share = float(weight[outside].sum() / max(weight.sum(), 1e-9))
        rows.append(finding("demand_outside", "demand", severity="note", points=int(outside.sum()), share=share))
    stranded = ~outside & ~snapped
    if stranded.any():
        share = float(weight[stranded].sum() / max(weight[~outside].sum(), 1e-9))
        points = int(stranded.sum())
        rows.append(finding("demand_stranded", "demand", points=points, share=share, snap_m=round(snap_m)))
    return rows


def require_clean(findings: pd.DataFrame) -> None:
    """Raise where a finding is an error.

    Raises
    ------
    CheckError
        With all findings.
    """
    errors = findings[findings["severity"] == "error"]
    if len(errors):
        raise CheckError("findings", findings, count=len(errors), faults=_Faults(errors.head(_MOST_SHOWN)))


@dataclass(frozen=True)
class _Faults(Saying):
    """Findings as lines of an error's sentence."""

    findings: pd.DataFrame

    def text(self, lang: Lang) -> str:
        return "\n".join(f"  - {sentence}" for sentence in describe(self.findings, lang)["what"])


def describe(findings: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return findings in words.

    Returns
    -------
    pandas.DataFrame
        On the index of ``findings``: ``layer``, ``row``, ``rule``, ``severity``, ``what``, ``mend``.
    """
    known = section("finding")
    rows = findings[["layer", "row", "rule", "severity"]].copy()
    said = list(zip(findings["rule"], findings["layer"], findings["row"], findings["values"], strict=True))
    rows["what"] = [
        text(f"finding.{rule}", lang, layer=layer, row=row, **{key: _shown(v, lang) for key, v in values.items()})
        for rule, layer, row, values in said
    ]
    rows["mend"] = [known[f"{rule}_mend"][lang] for rule, *_ in said]
    return rows


def _shown(value: object, lang: Lang) -> object:
    """Return a value as it stands in a sentence: the first of several names, and how many there are."""
    if not isinstance(value, tuple):
        return value
    names = text("word.list", lang).join(str(name) for name in value[:_MOST_NAMED])
    return names if len(value) <= _MOST_NAMED else text("word.and_more", lang, names=names, count=len(value))


def label_of(facilities: gpd.GeoDataFrame, index: object) -> str:
    """Return what a facility is called in a sentence: its name, or its id where it has none."""
    return str(facilities["name"].get(index) or index)
