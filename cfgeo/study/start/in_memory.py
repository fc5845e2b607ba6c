"""Tables and graphs in memory → a study of them, which is read as one of files is."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias, TypedDict

import geopandas as gpd
import pandas as pd

from cfgeo.core.errors import CfgeoError, CheckError, StudyError
from cfgeo.core.schema import Network
from cfgeo.core.strings import Sentence
from cfgeo.files.memory import MemoryTable
from cfgeo.network.memory import MemoryStreets
from cfgeo.study.config import Study, study_in_memory

Place = str | os.PathLike[str]
TableLike: TypeAlias = pd.DataFrame | gpd.GeoSeries | Place | Mapping[str, Any]
"""A table, shapes alone, the path of a file, or a table of ``study.toml`` whose ``path`` may be either."""
TablesLike: TypeAlias = TableLike | Sequence[TableLike]

_KINDS = "GeoDataFrame, DataFrame, GeoSeries, str, Path, dict"
_ARGUMENTS = ("communities", "network", "homes", "layers", "standard")
_STREET_KINDS = "networkx.Graph, cfgeo.Network, GeoDataFrame, str, Path, dict"


class MoreTables(TypedDict, total=False):
    """The other tables of ``study.toml``, by their names there; wherever it has a path, a table may stand.

    Attributes
    ----------
    study : mapping
        ``[study]``: ``id``, ``title``, ``status``, ``crs``, ``as_of``.
    elevation : str, Path, or list of them
        Rasters of heights.
    walk, walkers, references, map : mapping
    blocks, zones : table, path or mapping
    reported : table, path or mapping, or list of them
    decided : list of mapping
    """

    study: Mapping[str, Any]
    elevation: Place | Sequence[Place]
    walk: Mapping[str, Any]
    walkers: Mapping[str, Mapping[str, Any]]
    references: Mapping[str, Any]
    map: Mapping[str, Any]
    blocks: TableLike
    zones: TableLike
    reported: TablesLike
    decided: Sequence[Mapping[str, Any]]


@contextmanager
def hinted() -> Iterator[None]:
    """Add to errors that speak of files what an analyst does who has tables in memory."""
    try:
        yield
    except CfgeoError as error:
        if isinstance(error, CheckError):
            error.hint = Sentence("reason.memory_findings")
        elif error.code == "file_without_crs":
            error.hint = Sentence("reason.memory_crs")
        elif "study.toml" in error.text("en"):
            error.hint = Sentence("reason.memory_keys")
        raise


def study_of(
    communities: TableLike,
    homes: TableLike | None,
    layers: Mapping[str, TablesLike],
    network: Any,
    more: MoreTables,
) -> Study:
    """Return a study of tables, graphs and files.

    Parameters
    ----------
    communities, homes, layers, network, more
        As for :func:`cfgeo.assemble`.

    Raises
    ------
    StudyError
        A source is of a kind that cfgeo does not take, or a key or value is wrong.
    InputError
        A table has no active geometry, or a heading twice.
    """
    known = (*_ARGUMENTS, *MoreTables.__annotations__)
    for name in more:
        if name not in known:
            near = get_close_matches(name, known, 1) or ["–"]
            raise StudyError("assemble_argument", argument=name, near=near[0], known=", ".join(known))
    if not isinstance(layers, Mapping):
        raise StudyError("assemble_kind", argument="layers", kind=type(layers).__name__, known='{"schools": …}')
    memory: dict[Path, MemoryTable | MemoryStreets] = {}
    own = _plain(more.get("study", {}), "study")
    named = str(own.get("id", "study"))
    rest: dict[str, Any] = dict(more)
    content: dict[str, Any] = {
        "study": {"id": named, "title": named, "status": "illustrative", **own},
        "boundaries": {"communities": _source(communities, "communities", memory)},
        "network": _streets(network, memory),
        "layers": {name: _sources(source, f"layers[{name}]", memory) for name, source in layers.items()},
    }
    if "elevation" in rest:
        paths = rest.pop("elevation")
        content["network"]["elevation"] = [_path(each, "elevation") for each in _listed(paths)]
    if homes is not None:
        content["demand"] = _source(homes, "homes", memory)
    content |= {name: _source(rest.pop(name), name, memory) for name in ("blocks", "zones") if name in rest}
    if "reported" in rest:
        content["reported"] = _sources(rest.pop("reported"), "reported", memory)
    held = memory.get(Path("network"))
    if isinstance(held, MemoryStreets) and held.crs:
        content["study"].setdefault("crs", held.crs)
    rest.pop("study", None)
    return study_in_memory({**content, **rest}, memory)


def _streets(network: Any, memory: dict[Path, MemoryTable | MemoryStreets]) -> dict[str, Any]:
    """Return ``[network]``; a graph or network is kept in memory as it is."""
    if isinstance(network, Network) or (hasattr(network, "nodes") and hasattr(network, "edges")):
        memory[Path("network")] = MemoryStreets(network)
        return {"path": "network"}
    return _source(network, "network", memory, kinds=_STREET_KINDS)


def _sources(sources: TablesLike, name: str, memory: dict[Path, MemoryTable | MemoryStreets]) -> list[dict[str, Any]]:
    """Return one table of ``study.toml`` or several."""
    listed = _listed(sources)
    names = [name] if len(listed) == 1 else [f"{name}[{nth}]" for nth in range(len(listed))]
    return [_source(each, own, memory) for each, own in zip(listed, names, strict=True)]


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _source(
    source: Any, name: str, memory: dict[Path, MemoryTable | MemoryStreets], *, kinds: str = _KINDS
) -> dict[str, Any]:
    """Return a table of ``study.toml``; tables in it are kept in memory under the name of the argument."""
    source = _as_table(source)
    if isinstance(source, pd.DataFrame):
        memory[Path(name)] = MemoryTable(name, source)
        return {"path": name}
    if not isinstance(source, Mapping):
        return {"path": _path(source, name, kinds=kinds)}
    table = {key: _as_table(value) for key, value in _plain(source, name).items()}
    for key, value in table.items():
        if key == "path" and isinstance(value, pd.DataFrame):
            table["path"] = _source(value, name, memory)["path"]
        elif key == "path":
            table["path"] = [_path(each, name) for each in value] if isinstance(value, list) else _path(value, name)
        elif isinstance(value, pd.DataFrame) or (isinstance(value, Mapping) and "path" in value):
            table[key] = _source(value, f"{name}.{key}", memory)
    return table


def _as_table(source: Any) -> Any:
    """Return shapes alone as a table of them."""
    return gpd.GeoDataFrame(geometry=source) if isinstance(source, gpd.GeoSeries) else source


def _plain(table: Any, name: str) -> dict[str, Any]:
    if not isinstance(table, Mapping):
        raise StudyError("assemble_kind", argument=name, kind=type(table).__name__, known="dict")
    return dict(table)


def _path(path: Any, name: str, *, kinds: str = _KINDS) -> str:
    if not isinstance(path, str | os.PathLike):
        raise StudyError("assemble_kind", argument=name, kind=type(path).__name__, known=kinds)
    return os.fspath(path)
