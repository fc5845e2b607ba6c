"""Parts of a page that take long to draw: taken from the cache while what they are drawn from is the same."""

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from cfgeo.core.hashes import Pieces
from cfgeo.network.cache import PIECES, latest_tables, network_key, source_hash, store_tables

_LIBRARIES = ("numpy", "pillow", "scipy", "shapely")
_TABLE = "pieces"


def kept_pieces(folder: Path | None, *, study: str) -> Pieces:
    """Return the parts of a study's page that an earlier run drew, by what they were drawn from.

    Parameters
    ----------
    folder
        The cache; None keeps none.
    study
        Its id: studies that lie side by side in a cache do not drive out each other's.
    """
    if folder is None:
        return Pieces()
    libraries = {library: version(library) for library in _LIBRARIES}
    key = PIECES + network_key(source=source_hash("core", "publish"), libraries=libraries, study=study)

    def keep(texts: Mapping[str, str]) -> None:
        table = pd.DataFrame({"sha256": list(texts), "text": list(texts.values())})
        content = hashlib.sha256("".join(sorted(texts)).encode()).hexdigest()
        store_tables(folder, f"{key}-{content[:16]}", {_TABLE: table})

    table = latest_tables(folder, key).get(_TABLE)
    known = {} if table is None else dict(zip(table["sha256"], table["text"], strict=True))
    return Pieces(known, keep)
