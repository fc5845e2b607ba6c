"""One district's tables as GeoParquet, partitioned by district: ``parquet/TABLE/district=ID/part-0.parquet``.

DuckDB, pyarrow, Spark and QGIS read all districts at once, and add the column ``district`` from the folders' names.
"""

import io
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.hashes import sha256_of
from cfgeo.core.results import Results
from cfgeo.core.schema import WGS84
from cfgeo.publish.geometry import COMMUNITY_TOLERANCE_M
from cfgeo.publish.run.folder import put

PARQUET = "parquet"
TABLES = ("districts", "communities", "street_offices", "coverage", "clauses")
_PART = "part-0.parquet"
_TEXT = pd.StringDtype("python", na_value=np.nan)
_SEAM_M = 1.0
"""Half the width of gaps between communities that are none of the district's."""


def part_path(root: Path, table: str, district: str) -> Path:
    """Return the file of a district's table; letters that a key of Hive cannot have are escaped."""
    return root / PARQUET / table / f"district={quote(district, safe='')}" / _PART


def write_parts(results: Results, root: Path, district: str) -> list[Path]:
    """Write a district's tables, each whole or not at all, and return their paths.

    Shapes are in WGS-84: districts of several zones stand in one table.

    Raises
    ------
    OSError
        Something cannot be written.
    """
    paths = []
    for name, table in _tables(results).items():
        path = part_path(root, name, district)
        path.parent.mkdir(parents=True, exist_ok=True)
        body = io.BytesIO()
        _as_held_here(table).to_parquet(body, index=False)
        put(path, body.getvalue())
        paths.append(path)
    return paths


def read_part(root: Path, table: str, district: str, columns: Iterable[str] | None = None) -> pd.DataFrame:
    """Return columns of a district's table, all when missing; shapes as bytes."""
    return pd.read_parquet(part_path(root, table, district), columns=None if columns is None else list(columns))


def read_outline(root: Path, district: str) -> Any:
    """Return a district's land, WGS-84."""
    return shapely.from_wkb(read_part(root, "districts", district, ["geometry"])["geometry"].iloc[0])


def remove_parts(root: Path, district: str) -> None:
    """Remove a district's tables: what stands there is of another run, or of none."""
    for table in TABLES:
        shutil.rmtree(part_path(root, table, district).parent, ignore_errors=True)


def remove_others(root: Path, districts: Iterable[str]) -> None:
    """Remove the tables of districts that a batch no longer has: whoever reads all of them would count them in."""
    for table in TABLES:
        ours = {part_path(root, table, district).parent for district in districts}
        for folder in (root / PARQUET / table).glob("district=*"):
            if folder not in ours:
                shutil.rmtree(folder, ignore_errors=True)


def hashes_of(paths: Iterable[Path], root: Path) -> dict[str, str]:
    """Return the SHA-256 of files, by their paths from the batch's folder."""
    return {path.relative_to(root).as_posix(): sha256_of(path) for path in sorted(paths)}


def _tables(results: Results) -> Mapping[str, pd.DataFrame]:
    """Return a district's tables."""
    communities = results.communities.reset_index()
    communities["failed"] = communities["failed"].map(list)
    return {
        "districts": _outline(results),
        "communities": communities.to_crs(WGS84),
        "street_offices": results.street_offices.reset_index().to_crs(WGS84),
        "coverage": results.coverage.astype({"measure": "str", "basis": "str"}),
        "clauses": results.clauses.reset_index(),
    }


def _as_held_here(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts are Python's own: a file tells how they are held, which differs by process."""
    texts = [name for name, dtype in table.dtypes.items() if isinstance(dtype, pd.StringDtype)]
    return table.astype(dict.fromkeys(texts, _TEXT))


def _outline(results: Results) -> gpd.GeoDataFrame:
    """Return the district in one row: its headline, and its land with few corners."""
    wide = shapely.buffer(results.communities.geometry.to_numpy(), _SEAM_M, join_style="mitre")
    land = shapely.buffer(shapely.union_all(wide), -_SEAM_M, join_style="mitre")
    shape = shapely.simplify(land, COMMUNITY_TOLERANCE_M)
    headline = {key: value for key, value in results.district.items() if not isinstance(value, dict)}
    about = {key: results.parameters["study"][key] for key in ("id", "title", "title_en", "status")}
    return gpd.GeoDataFrame([{**about, **headline}], geometry=[shape], crs=results.communities.crs).to_crs(WGS84)
