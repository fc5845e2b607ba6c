"""Tables and graphs in memory → a study of them, which is read as one of files is."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd

from cfgeo.core.errors import StudyError
from cfgeo.core.schema import Network
from cfgeo.files.memory import MemoryTable
from cfgeo.network.memory import MemoryStreets
from cfgeo.study.config import Study, study_in_memory

Place = str | os.PathLike[str]
TableLike = pd.DataFrame | Place | Mapping[str, Any]
"""A table, the path of a file, or a table of ``study.toml`` whose ``path`` may be either."""
TablesLike = TableLike | Sequence[TableLike]

_KINDS = "GeoDataFrame, DataFrame, str, Path, dict"
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
    memory: dict[Path, MemoryTable | MemoryStreets] = {}
    rest: dict[str, Any] = dict(more)
    content: dict[str, Any] = {
        "study": {"id": "study", "title": "", "status": "illustrative", **_plain(rest.pop("study", {}), "study")},
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
    if isinstance(source, pd.DataFrame):
        memory[Path(name)] = MemoryTable(name, source)
        return {"path": name}
    if not isinstance(source, Mapping):
        return {"path": _path(source, name, kinds=kinds)}
    table = _plain(source, name)
    for key, value in table.items():
        if key == "path" and isinstance(value, pd.DataFrame):
            table["path"] = _source(value, name, memory)["path"]
        elif key == "path":
            table["path"] = [_path(each, name) for each in value] if isinstance(value, list) else _path(value, name)
        elif isinstance(value, pd.DataFrame) or (isinstance(value, Mapping) and "path" in value):
            table[key] = _source(value, f"{name}.{key}", memory)
    return table


def _plain(table: Any, name: str) -> dict[str, Any]:
    if not isinstance(table, Mapping):
        raise StudyError("assemble_kind", argument=name, kind=type(table).__name__, known="dict")
    return dict(table)


def _path(path: Any, name: str, *, kinds: str = _KINDS) -> str:
    if not isinstance(path, str | os.PathLike):
        raise StudyError("assemble_kind", argument=name, kind=type(path).__name__, known=kinds)
    return os.fspath(path)
