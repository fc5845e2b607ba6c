"""The zones of a study: the core, network, circles, belts and points of a plan's layout (1核1网2圈3带N点)."""

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import ZONE_KINDS, ZONES, InputFile
from cfgeo.files.columns import as_text
from cfgeo.files.vocabulary.headings import columns_of, meaning
from cfgeo.study.places import valid, without_infinite
from cfgeo.study.sources import SourceReader, read_source


@dataclass(frozen=True)
class StudyZones:
    """The zones of a study as they were read.

    Attributes
    ----------
    table : geopandas.GeoDataFrame, optional
        As :class:`cfgeo.Inputs` promises its ``zones``; None where the study has none.
    files : tuple of InputFile
    findings : list of dict
    """

    table: gpd.GeoDataFrame | None = None
    files: tuple[InputFile, ...] = ()
    findings: Findings = field(default_factory=list)


def read_zones(reader: SourceReader, communities: gpd.GeoDataFrame) -> StudyZones:
    """Read the zones of ``[zones]``, where the study has them.

    A zone without a shape, or away from all communities, is a finding and left out; so is a kind that is not known, but
    its zone stays.
    """
    source = reader.study.zones
    if source is None:
        return StudyZones()
    read = read_source(source, ZONES, reader)
    table = read.table.to_crs(communities.crs)
    free = [name for name in table.columns if name not in ("name", "kind", "title", "geometry")]
    lacking = [name for name in ("name", "kind", "title") if name not in table.columns]
    table = table.rename(columns={theirs: own for own, theirs in columns_of(table[free], lacking).items()})
    none = pd.Series("", index=table.index, dtype="str")
    words = {name: as_text(table[name]) if name in table.columns else none for name in ("name", "kind", "title")}
    kind = words["kind"].map(lambda word: meaning(word, "zone_kinds") or "").astype("str")
    findings = list(read.findings)
    unknown = tuple(str(row) for row in table.index[~kind.isin(ZONE_KINDS)])
    if unknown:
        findings.append(finding("zone_kind", ZONES, rows=unknown, known=tuple(ZONE_KINDS)))
    shapes = without_infinite(valid(table)).geometry
    land = shapely.union_all(communities.geometry.to_numpy())
    lies = shapely.intersects(land, shapes.to_numpy())
    if not lies.all():
        findings.append(finding("zone_apart", ZONES, rows=tuple(str(row) for row in table.index[~lies])))
    zones = gpd.GeoDataFrame({**words, "kind": kind.where(kind != "", "zone")}, geometry=shapes, crs=table.crs)
    is_area = shapely.get_dimensions(shapes.to_numpy()) == 2
    zones.insert(3, "near_m", np.where(is_area, np.nan, source.near_m))
    zones["name"] = zones["name"].where(zones["name"] != "", zones["title"])
    zones = zones[lies].assign(layout=source.title)
    zones.index = pd.Index([f"zone-{i + 1}" for i in range(len(zones))], name="zone")
    return StudyZones(zones, (read.file,), findings)
