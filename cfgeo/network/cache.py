"""A cache between runs: networks, and tables that rest on them, by the hash of what they are made of."""

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd
import platformdirs
import pyarrow as pa
import shapely
from pyarrow import feather

from cfgeo.core.errors import OutputError
from cfgeo.core.findings import Findings
from cfgeo.core.hashes import sha256_of
from cfgeo.core.lock import locked
from cfgeo.core.schema import Network
from cfgeo.core.strings import Sentence

LAYOUT = 10
"""Version of the network's tables and the rules that make them; raise it when they change."""

TABLES, MAPS, RELIEF, GROUNDS, PIECES, AREAS = "walks-", "map-", "relief-", "ground-", "pieces-", "area-"
"""How the folders of tables begin: walks of a case, elements of an OpenStreetMap file, heights under a map, what maps
stand on, parts of a page, area points on the streets."""
MOST_TABLES = 16
"""So many of each kind stay."""
_NEW, _SUMS = ".new-", "sums.json"
_WAIT_S = 60.0

Kept = TypeVar("Kept")

_log = logging.getLogger(__name__)


def default_folder() -> Path:
    """Return the default folder of the cache: the user's cache folder."""
    return Path(platformdirs.user_cache_dir("cfgeo", appauthor=False))


def folder_of(cache: str | Path | None) -> Path | None:
    """Return the folder that a caller names, if any."""
    return None if cache is None else Path(cache)


def network_key(**made_of: object) -> str:
    """Return the key of a network: a hash of its inputs, choices and the versions of the code."""
    content = json.dumps({"layout": LAYOUT, **_versions(), **made_of}, sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


@cache
def source_hash(*wings: str) -> str:
    """Return a hash of the source of some wings, with the words and numbers beside it.

    Whoever changes them shall never meet what they worked out before.
    """
    home, digest = Path(__file__).parents[1], hashlib.sha256()
    for wing in wings:
        for file in sorted(file for file in (home / wing).rglob("*") if file.suffix in {".py", ".toml"}):
            digest.update(file.read_bytes())
    return digest.hexdigest()


@cache
def _versions() -> Mapping[str, str]:
    """Return the versions of what makes networks, which take milliseconds to look up."""
    return {name: version(name) for name in ("cfgeo", "osmium", "pyproj", "rasterio", "scipy", "shapely")}


def load_network(folder: Path, key: str) -> Network | None:
    """Return a network of the cache, or None if it is not there or damaged."""

    def read(home: Path) -> Network:
        nodes = pd.read_feather(home / "nodes.feather")
        edges = gpd.read_feather(home / "edges.feather")
        about = json.loads((home / "about.json").read_text(encoding="utf-8"))
        # By its name: parsing the definition in the file takes a hundred times longer.
        edges = edges.set_crs(about["crs"], allow_override=True)
        return Network(nodes, edges, about["relief"], tuple(map(_finding, about["findings"])))

    return _load(folder / key, read)


def store_network(folder: Path, key: str, network: Network) -> None:
    """Write a network to a temporary folder and move it into place. If that fails, the run continues without."""

    def write(home: Path) -> None:
        network.nodes.to_feather(home / "nodes.feather")
        network.edges.to_feather(home / "edges.feather")
        about = {"relief": network.relief, "findings": network.findings, "crs": network.edges.crs.to_string()}
        (home / "about.json").write_text(json.dumps(about), encoding="utf-8")

    _store(folder, key, write)


def load_tables(folder: Path, key: str) -> dict[str, pd.DataFrame] | None:
    """Return tables of the cache by name, or None if they are not there or damaged."""

    def read(home: Path) -> dict[str, pd.DataFrame]:
        about = json.loads((home / "about.json").read_text(encoding="utf-8"))
        return {name: _table(home / f"{name}.feather", **of_table) for name, of_table in about.items()}

    return _load(folder / key, read)


def latest_tables(folder: Path, key: str) -> dict[str, pd.DataFrame]:
    """Return the newest tables whose key begins with another; none if none are there, or they are damaged."""
    try:
        latest = max(folder.glob(f"{key}-*"), key=lambda home: home.stat().st_mtime, default=None)
    except OSError:  # another run has removed the oldest of them meanwhile
        return {}
    return (latest and load_tables(folder, latest.name)) or {}


def store_tables(folder: Path, key: str, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables as :func:`store_network` does a network; of all that begin as their key does, the oldest go.

    Parameters
    ----------
    folder, key
        Where to; a key begins with ``TABLES``, ``MAPS``, ``RELIEF``, ``GROUNDS``, ``PIECES`` or ``AREAS``.
    tables
        By name, a file's; columns have names of their own, shapes the usual one.
    """

    def write(home: Path) -> None:
        about = {}
        for name, table in tables.items():
            plain = pd.DataFrame(table.to_wkb()) if isinstance(table, gpd.GeoDataFrame) else table
            # Feather is read in half the time of Parquet; pandas' own way refuses an index that is not a range.
            feather.write_feather(pa.Table.from_pandas(plain), home / f"{name}.feather", compression="lz4")
            # Arrow has one kind of texts, pandas two.
            types = {str(column): str(kind) for column, kind in table.dtypes.items() if str(kind) != "geometry"}
            about[name] = {"crs": table.crs.to_string() if isinstance(table, gpd.GeoDataFrame) else "", "types": types}
        (home / "about.json").write_text(json.dumps(about), encoding="utf-8")

    _store(folder, key, write)
    with suppress(OSError):
        kept = sorted(folder.glob(f"{key.partition('-')[0]}-*"), key=lambda home: home.stat().st_mtime)
        for old in kept[:-MOST_TABLES]:
            shutil.rmtree(old, ignore_errors=True)


def _table(path: Path, *, crs: str, types: dict[str, str]) -> pd.DataFrame:
    read = pd.read_feather(path)
    kinds = dict(zip(read.columns, map(str, read.dtypes), strict=True))
    others = {name: kind for name, kind in types.items() if kinds[name] != kind}
    table: pd.DataFrame = read.astype(others) if others else read
    if not crs:
        return table
    placed: pd.DataFrame = gpd.GeoDataFrame(
        table.assign(geometry=shapely.from_wkb(table["geometry"].to_numpy())), crs=crs
    )
    return placed


def _load(home: Path, read: Callable[[Path], Kept]) -> Kept | None:
    """Return what a folder of the cache holds; None, and no folder, where it is damaged."""
    if not home.exists():
        return None
    try:
        # A flipped bit would change numbers without raising an error.
        if json.loads((home / _SUMS).read_text(encoding="utf-8")) == _sums(home):
            return read(home)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        pass
    _log.warning(Sentence("notice.cache_damaged", folder=home))
    shutil.rmtree(home, ignore_errors=True)
    return None


def _store(folder: Path, key: str, write: Callable[[Path], None]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".lock", place=folder, wait_s=_WAIT_S):
            for abandoned in folder.glob(f"{_NEW}*"):  # by a run that was killed: the lock excludes others
                shutil.rmtree(abandoned, ignore_errors=True)
            temporary = folder / f"{_NEW}{key}"
            temporary.mkdir()
            try:
                write(temporary)
                (temporary / _SUMS).write_text(json.dumps(_sums(temporary)), encoding="utf-8")
                if not (folder / key).exists():  # another run may have stored it
                    temporary.replace(folder / key)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    except (OSError, OutputError) as error:
        _log.warning(Sentence("notice.cache_unkept", reason=error))


def _finding(row: dict[str, Any]) -> dict[str, Any]:
    """Return a finding as it was stored: JSON has lists, where a finding has tuples of names."""
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in row["values"].items()}
    return {**row, "values": values}


def packed_findings(groups: Sequence[Findings]) -> pd.DataFrame:
    """Return groups of findings without places as one table to be kept."""
    rows = [(nth, json.dumps(row)) for nth, group in enumerate(groups) for row in group]
    return pd.DataFrame(rows, columns=["group", "row"])


def unpacked_findings(table: pd.DataFrame, *, n_groups: int) -> list[Findings]:
    """Return the groups of :func:`packed_findings`."""
    groups: list[Findings] = [[] for _ in range(n_groups)]
    for nth, row in zip(table["group"], table["row"], strict=True):
        groups[int(nth)].append(_finding(json.loads(row)))
    return groups


def _sums(home: Path) -> dict[str, str]:
    return {file.name: sha256_of(file) for file in sorted(home.iterdir()) if file.name != _SUMS}
