"""The layers of a run → tables of a PostGIS database in one transaction, or a folder of GeoParquet files."""

import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.errors import OutputError
from cfgeo.core.results import Results
from cfgeo.core.strings import Lang
from cfgeo.publish.run.folder import RECORD, alone, in_place
from cfgeo.publish.tables.geopackage import run_layers
from cfgeo.publish.tables.qgis import abstracts

if TYPE_CHECKING:
    import psycopg

PARQUET = ".parquet"
"""How the name of a folder of GeoParquet files, and of each file in it, ends."""
_ADDRESS = re.compile(r"postgres(ql)?://", re.IGNORECASE)
_PASSWORD = re.compile(r"//[^/?#@\s]*:[^/@\s]*@|password\s*=", re.IGNORECASE)
_PACKAGES = "psycopg[binary]>=3.2"
_TYPES = {"b": "boolean", "i": "bigint", "u": "bigint", "f": "double precision", "M": "timestamptz"}
"""Kinds of numpy's types → types of PostgreSQL; all others are texts."""
_SHAPES = "geom"
_CONNECT_S = 10


def require_target(target: str) -> None:
    """Check, before any long work, that layers can be written to a target.

    Raises
    ------
    OutputError
        It is neither the address of a database nor a folder whose name ends in ``.parquet``; its address has a
        password; a package is missing; or the database cannot be reached or has no PostGIS.
    """
    if not _ADDRESS.match(target):
        if Path(target).suffix.lower() != PARQUET:
            raise OutputError("target_unknown", target=target)
        return
    if _PASSWORD.search(target):
        raise OutputError("target_password")
    with _connected(target):
        pass


def write_target(results: Results, target: str, record: Path, *, lang: Lang) -> str:
    """Write the layers of a run to a database or a folder of GeoParquet files, all or none of them.

    Parameters
    ----------
    results
        What :func:`cfgeo.run_study` gives.
    target
        ``postgresql://…``: a schema named after the study's id gets a table for each layer, in place of those of the
        last run, with shapes in ``geom``, and ``run`` with the record. Or a folder whose name ends in ``.parquet``.
    record
        The run's ``run.json``.
    lang
        Of texts.

    Returns
    -------
    str
        Where the layers are, without a password.

    Raises
    ------
    OutputError
        As :func:`require_target`, or it cannot be written.
    """
    layers = run_layers(results, lang)
    if not _ADDRESS.match(target):
        _write_parquet(layers, Path(target), record)
        return target
    schema = str(results.parameters["study"]["id"])
    with _connected(target) as connection:
        _write_tables(connection, schema, layers, json.loads(record.read_text(encoding="utf-8")), lang)
        info = connection.info
        return f"postgresql://{info.user}@{info.host}/{info.dbname} {schema}"


def _write_parquet(layers: Mapping[str, gpd.GeoDataFrame], folder: Path, record: Path) -> None:
    def is_ours(name: str) -> bool:
        return name.endswith(PARQUET) or name == RECORD

    with alone(folder, ours=is_ours), in_place(folder, ours=is_ours) as aside:
        for name, table in layers.items():
            table.to_parquet(aside / f"{name}{PARQUET}", index=False)
        shutil.copyfile(record, aside / RECORD)


@contextmanager
def _connected(target: str) -> "Iterator[psycopg.Connection[Any]]":
    """Connect to a database that has PostGIS: one transaction, which is undone where the block fails."""
    try:
        import psycopg  # noqa: PLC0415  # an extra, which few need
    except ImportError:
        raise OutputError("target_package", python=sys.executable, packages=_PACKAGES) from None
    try:
        with psycopg.connect(target, connect_timeout=_CONNECT_S) as connection:
            if connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'postgis'").fetchone() is None:
                raise OutputError("target_no_postgis", database=connection.info.dbname)
            yield connection
    except psycopg.Error as error:
        reason = _PASSWORD.sub("//…@", str(error)).strip().partition("\n")[0]
        raise OutputError("target_refused", reason=reason) from None


def _write_tables(
    connection: "psycopg.Connection[Any]", schema: str, layers: Mapping[str, gpd.GeoDataFrame], record: Any, lang: Lang
) -> None:
    from psycopg import sql  # noqa: PLC0415
    from psycopg.types.json import Jsonb  # noqa: PLC0415

    connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"cfgeo {schema}"])  # another run waits
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
    for name, table in layers.items():
        place, rows = sql.Identifier(schema, name), _as_rows(table)
        srid = table.crs.to_epsg() or 0
        types = {column: _TYPES.get(rows[column].dtype.kind, "text") for column in rows.columns}
        types[_SHAPES] = f"geometry(Geometry, {srid})"
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in types.items()
        )
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(place))
        connection.execute(sql.SQL("CREATE TABLE {} ({})").format(place, columns))
        connection.execute(
            sql.SQL("COMMENT ON TABLE {} IS {}").format(place, sql.Literal(abstracts(name, table, lang)))
        )
        with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY {} FROM STDIN").format(place)) as copy:
            for cells in rows.itertuples(index=False, name=None):
                copy.write_row([None if _is_missing(cell) else cell for cell in cells])
        connection.execute(sql.SQL("CREATE INDEX ON {} USING gist ({})").format(place, sql.Identifier(_SHAPES)))
    place = sql.Identifier(schema, "run")
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(place))
    connection.execute(sql.SQL("CREATE TABLE {} (record jsonb)").format(place))
    connection.execute(sql.SQL("INSERT INTO {} VALUES (%s)").format(place), [Jsonb(record)])


def _as_rows(table: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a table whose shapes are texts in PostGIS's own form, as its last column."""
    srid = table.crs.to_epsg() or 0
    shapes = shapely.to_wkb(shapely.set_srid(table.geometry.to_numpy(), srid), hex=True, include_srid=True)
    rows = pd.DataFrame(table.drop(columns=table.geometry.name))
    texts = [name for name in rows.columns if rows[name].dtype.kind not in _TYPES]
    rows = rows.assign(**{name: rows[name].map(_as_word) for name in texts})
    return rows.rename(columns=str).assign(**{_SHAPES: np.asarray(shapes, dtype=object)})


def _as_word(cell: object) -> str | None:
    return None if _is_missing(cell) else str(cell)


def _is_missing(cell: object) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and np.isnan(cell))
