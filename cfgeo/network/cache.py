"""Networks kept between runs, by the hash of all that made them."""

import hashlib
import json
import logging
import shutil
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import pandas as pd
import platformdirs
import pyarrow as pa

from cfgeo.core.errors import OutputError
from cfgeo.core.hashes import sha256_of
from cfgeo.core.lock import locked
from cfgeo.core.schema import Network
from cfgeo.core.strings import Sentence

LAYOUT = 4
"""Raise it when the network's tables or the rules that make them change."""

_NEW, _SUMS = ".new-", "sums.json"
_WAIT_S = 60.0

_log = logging.getLogger(__name__)


def default_folder() -> Path:
    """Return where networks are kept unless a caller says otherwise (the user's cache folder)."""
    return Path(platformdirs.user_cache_dir("cfgeo", appauthor=False))


def network_key(**made_of: object) -> str:
    """Return the name under which a network is kept: a hash of its inputs, choices and the code's version."""
    libraries = {name: version(name) for name in ("cfgeo", "osmium", "pyproj", "rasterio", "scipy", "shapely")}
    content = json.dumps({"layout": LAYOUT, **libraries, **made_of}, sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def load_network(folder: Path, key: str) -> Network | None:
    """Return a kept network, or None where there is none or it is damaged."""
    home = folder / key
    if not home.exists():
        return None
    try:
        # A flipped bit makes other numbers of a column, not an error.
        if json.loads((home / _SUMS).read_text(encoding="utf-8")) == _sums(home):
            nodes = pd.read_parquet(home / "nodes.parquet")
            edges = gpd.read_parquet(home / "edges.parquet")
            about = json.loads((home / "about.json").read_text(encoding="utf-8"))
            # By its name, as it was: what the file spells out takes a hundred times longer to look at.
            edges = edges.set_crs(about["crs"], allow_override=True)
            return Network(nodes, edges, about["relief"], about["mixed"])
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        pass
    _log.warning(Sentence("notice.cache_damaged", folder=home))
    shutil.rmtree(home, ignore_errors=True)
    return None


def store_network(folder: Path, key: str, network: Network) -> None:
    """Keep a network: written aside and moved into place. Where that is not possible, the run goes on without."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".lock", place=folder, wait_s=_WAIT_S):
            for left in folder.glob(f"{_NEW}*"):  # of a run that was killed: nobody else is here
                shutil.rmtree(left, ignore_errors=True)
            aside = folder / f"{_NEW}{key}"
            aside.mkdir()
            try:
                network.nodes.to_parquet(aside / "nodes.parquet")
                network.edges.to_parquet(aside / "edges.parquet")
                about = {"relief": network.relief, "mixed": network.mixed, "crs": network.edges.crs.to_string()}
                (aside / "about.json").write_text(json.dumps(about), encoding="utf-8")
                (aside / _SUMS).write_text(json.dumps(_sums(aside)), encoding="utf-8")
                if not (folder / key).exists():  # another run may have been faster
                    aside.replace(folder / key)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
    except (OSError, OutputError) as error:
        _log.warning(Sentence("notice.cache_unkept", reason=error))


def _sums(home: Path) -> dict[str, str]:
    return {name: sha256_of(home / name) for name in ("nodes.parquet", "edges.parquet", "about.json")}
