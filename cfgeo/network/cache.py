"""Networks kept between runs, by the hash of all that made them."""

import glob
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

from cfgeo.core.errors import OutputError, Sentence
from cfgeo.core.lock import locked
from cfgeo.core.schema import Network

LAYOUT = 4
"""Raise it when the network's tables or the rules that make them change."""

_NEW, _SUMS = ".new-", "sums.json"
_WAIT_S = 60.0

_log = logging.getLogger(__name__)


def default_folder() -> Path:
    """Return where networks are kept unless a caller says otherwise (the user's cache folder)."""
    return Path(platformdirs.user_cache_dir("cfgeo", appauthor=False))


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits.

    That of a folder, or of a format of several files such as a Shapefile, is of the names and hashes of its files.
    """
    parts = _parts_of(path)
    if parts != [path]:
        listed = "".join(f"{part.name} {_digest(part)}\n" for part in parts)
        return hashlib.sha256(listed.encode()).hexdigest()
    return _digest(path)


def file_size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder or a format of several files."""
    return sum(part.stat().st_size for part in _parts_of(path))


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _parts_of(path: Path) -> list[Path]:
    """Return the files that a name stands for; itself where it is just one."""
    if path.is_dir():
        # A geodatabase's lock files come and go with whoever looks at it.
        return sorted(file for file in path.iterdir() if file.is_file() and file.suffix.lower() != ".lock")
    endings = _PARTS.get(path.suffix.lower(), ())
    beside = path.parent.glob(f"{glob.escape(path.stem)}.*") if endings else ()
    return sorted({path, *(file for file in beside if file.suffix.lower() in endings and file.is_file())})


_PARTS = {
    ".shp": (".dbf", ".prj", ".cpg", ".shx"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
    ".tif": (".tfw", ".prj"),
    ".tiff": (".tfw", ".prj"),
}
"""Files beside a file that are read with it."""


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
    return {name: _digest(home / name) for name in ("nodes.parquet", "edges.parquet", "about.json")}
