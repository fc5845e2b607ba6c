"""Networks kept between runs, by the hash of all that made them."""

import hashlib
import json
import logging
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import pandas as pd
import platformdirs
import pyarrow as pa

from cfgeo.schema import Network

LAYOUT = 3
"""Raise it when the network's tables or the rules that make them change."""

_log = logging.getLogger(__name__)


def default_folder() -> Path:
    """Return where networks are kept unless a caller says otherwise (the user's cache folder)."""
    return Path(platformdirs.user_cache_dir("cfgeo", appauthor=False))


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits; of a folder, that of its files' names and hashes."""
    if path.is_dir():
        listed = "".join(f"{file.name} {file_sha256(file)}\n" for file in _files_in(path))
        return hashlib.sha256(listed.encode()).hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    return sum(file.stat().st_size for file in (_files_in(path) if path.is_dir() else [path]))


def _files_in(folder: Path) -> list[Path]:
    # A geodatabase's lock files come and go with whoever looks at it.
    return sorted(file for file in folder.iterdir() if file.is_file() and file.suffix.lower() != ".lock")


def network_key(**made_of: object) -> str:
    """Return the name under which a network is kept: a hash of its inputs, choices and the code's version."""
    libraries = {name: version(name) for name in ("cfgeo", "osmium", "pyproj", "rasterio", "scipy", "shapely")}
    content = json.dumps({"layout": LAYOUT, **libraries, **made_of}, sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def load_network(folder: Path, key: str) -> Network | None:
    """Return a kept network, or None where there is none or it is damaged."""
    home = folder / key
    try:
        nodes = pd.read_parquet(home / "nodes.parquet")
        edges = gpd.read_parquet(home / "edges.parquet")
        about = json.loads((home / "about.json").read_text(encoding="utf-8"))
        # By its name, as it was: what the file spells out takes a hundred times longer to look at.
        edges = edges.set_crs(about["crs"], allow_override=True)
        return Network(nodes, edges, about["relief"], about["mixed"])
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        if home.exists():
            _log.warning("the kept network %s is damaged and is built again", home)
            shutil.rmtree(home, ignore_errors=True)
        return None


def store_network(folder: Path, key: str, network: Network) -> None:
    """Keep a network: written aside and moved into place. Where that is not possible, the run goes on without."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
        try:
            network.nodes.to_parquet(aside / "nodes.parquet")
            network.edges.to_parquet(aside / "edges.parquet")
            about = {"relief": network.relief, "mixed": network.mixed, "crs": network.edges.crs.to_string()}
            (aside / "about.json").write_text(json.dumps(about), encoding="utf-8")
            if not (folder / key).exists():  # another run may have been faster
                aside.replace(folder / key)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        _log.warning("the network is not kept for the next run: %s", error)
