"""A cache of networks between runs, by the hash of their inputs."""

import hashlib
import json
import logging
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import platformdirs
import pyarrow as pa

from cfgeo.core.errors import OutputError
from cfgeo.core.hashes import sha256_of
from cfgeo.core.lock import locked
from cfgeo.core.schema import Network
from cfgeo.core.strings import Sentence

LAYOUT = 8
"""Version of the network's tables and the rules that make them; raise it when they change."""

_NEW, _SUMS = ".new-", "sums.json"
_WAIT_S = 60.0

_log = logging.getLogger(__name__)


def default_folder() -> Path:
    """Return the default folder of the cache: the user's cache folder."""
    return Path(platformdirs.user_cache_dir("cfgeo", appauthor=False))


def network_key(**made_of: object) -> str:
    """Return the key of a network: a hash of its inputs, choices and the versions of the code."""
    libraries = {name: version(name) for name in ("cfgeo", "osmium", "pyproj", "rasterio", "scipy", "shapely")}
    content = json.dumps({"layout": LAYOUT, **libraries, **made_of}, sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def load_network(folder: Path, key: str) -> Network | None:
    """Return a network of the cache, or None if it is not there or damaged."""
    home = folder / key
    if not home.exists():
        return None
    try:
        # A flipped bit would change numbers without raising an error.
        if json.loads((home / _SUMS).read_text(encoding="utf-8")) == _sums(home):
            nodes = pd.read_parquet(home / "nodes.parquet")
            edges = gpd.read_parquet(home / "edges.parquet")
            about = json.loads((home / "about.json").read_text(encoding="utf-8"))
            # By its name: parsing the definition in the file takes a hundred times longer.
            edges = edges.set_crs(about["crs"], allow_override=True)
            return Network(nodes, edges, about["relief"], tuple(map(_finding, about["findings"])))
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        pass
    _log.warning(Sentence("notice.cache_damaged", folder=home))
    shutil.rmtree(home, ignore_errors=True)
    return None


def store_network(folder: Path, key: str, network: Network) -> None:
    """Write a network to a temporary folder and move it into place. If that fails, the run continues without."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".lock", place=folder, wait_s=_WAIT_S):
            for abandoned in folder.glob(f"{_NEW}*"):  # by a run that was killed: the lock excludes others
                shutil.rmtree(abandoned, ignore_errors=True)
            temporary = folder / f"{_NEW}{key}"
            temporary.mkdir()
            try:
                network.nodes.to_parquet(temporary / "nodes.parquet")
                network.edges.to_parquet(temporary / "edges.parquet")
                about = {"relief": network.relief, "findings": network.findings, "crs": network.edges.crs.to_string()}
                (temporary / "about.json").write_text(json.dumps(about), encoding="utf-8")
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


def _sums(home: Path) -> dict[str, str]:
    return {name: sha256_of(home / name) for name in ("nodes.parquet", "edges.parquet", "about.json")}
