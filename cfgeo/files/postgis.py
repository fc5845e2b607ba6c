"""Tables of a PostgreSQL database, with or without PostGIS → tables as they stand. A password is never shown.

libpq itself finds the password: in ``PGPASSWORD`` or in the user's password file. What was read is hashed, so that a
run can be traced although a database changes.
"""

import difflib
import hashlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from cfgeo.core.errors import InputError
from cfgeo.core.schema import WGS84

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

_ADDRESS = re.compile(r"postgres(ql)?://", re.IGNORECASE)
_REQUIREMENTS = ("SQLAlchemy>=2.0", "psycopg[binary]>=3.2")
_CONNECT_S = 10
_LOCK_S = 30
_PLAIN = frozenset("NBS")
"""PostgreSQL's categories of numbers, truth values and texts; columns of other types are read as text."""
_SHAPES = frozenset({"geometry", "geography"})
_DENIED = "42501"
_MOST_NAMED = 12

_TABLES = """
SELECT c.oid::bigint AS oid, n.nspname || '.' || c.relname AS full_name, c.relname AS name, n.nspname AS schema,
       pg_catalog.pg_table_is_visible(c.oid) AS visible
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND c.relname NOT IN ('spatial_ref_sys', 'geometry_columns', 'geography_columns')
ORDER BY n.nspname, c.relname"""
_COLUMNS = """
SELECT a.attname AS name, t.typname AS type, t.typcategory AS category, n.nspname AS type_schema,
       coalesce(array_position(i.indkey::int2[], a.attnum), -1) AS key
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""


@dataclass(frozen=True)
class DatabaseTable:
    """A table of a database as it was read.

    Attributes
    ----------
    name : str
        Address without password, and the table with its schema.
    table : pandas.DataFrame
        RangeIndex, rows by their number or else by their content; a GeoDataFrame where it has shapes.
    sha256 : str
        Of its rows written as CSV, shapes as hexadecimal EWKB.
    size : int
        Bytes of that CSV.
    """

    name: str
    table: pd.DataFrame
    sha256: str
    size: int


def is_database(path: str | None) -> bool:
    """Return whether a path is the address of a database."""
    return path is not None and bool(_ADDRESS.match(path))


def read_database(path: str, table: str | None, *, shapes: bool = True, geometry: str | None = None) -> DatabaseTable:
    """Read a table, view or foreign table whole, in one transaction that changes nothing.

    Parameters
    ----------
    path
        ``postgresql://user@host:port/database``; parts that are missing come from libpq's environment.
    table
        ``table`` or ``schema.table``.
    shapes
        Whether columns of shapes are read.
    geometry
        Which column has the shapes; the only such column when missing.

    Raises
    ------
    InputError
        A package is missing, the database cannot be reached, or it has no such table or shapes.
    """
    url = _parsed(path)
    with _connection(url) as connection:
        chosen = _chosen(_rows(connection, _TABLES), table, address_of(url))
        name = f"{address_of(url)} {chosen['full_name']}"
        columns = _rows(connection, _COLUMNS.format(oid=chosen["oid"]))
        column = _shape_column(columns, geometry, name) if shapes else None
        kept = columns[~columns["type"].isin(_SHAPES) | (columns["name"] == column)]
        rows = _rows(connection, _select(kept, chosen), name)
        body = rows.to_csv(index=False).encode()
        if column is not None:
            schema = columns.loc[columns["name"] == column, "type_schema"].iloc[0]
            rows = _with_shapes(rows, column, name, connection, schema)
    return DatabaseTable(name, rows, hashlib.sha256(body).hexdigest(), len(body))


def address_of(url: "URL | str") -> str:
    """Return the address of a database without password and options."""
    plain = (_parsed(url) if isinstance(url, str) else url).set(drivername="postgresql", query={})
    return plain.set(password=None).render_as_string()


def _parsed(path: str) -> "URL":
    try:
        import psycopg  # noqa: F401, PLC0415  # an extra, which few studies need
        from sqlalchemy.engine import make_url  # noqa: PLC0415
        from sqlalchemy.exc import ArgumentError  # noqa: PLC0415
    except ImportError:
        raise InputError("postgis_package", python=sys.executable, packages='" "'.join(_REQUIREMENTS)) from None
    try:
        return make_url(path).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):  # their messages repeat the address, with any password in it
        raise InputError("postgis_address") from None


@contextmanager
def _connection(url: "URL", *, explain: bool = True) -> "Iterator[Connection]":
    """Connect for reading; all queries see one snapshot of the database."""
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    patience = (
        {} if "connect_timeout" in url.query or "PGCONNECT_TIMEOUT" in os.environ else {"connect_timeout": _CONNECT_S}
    )
    engine = create_engine(url, poolclass=NullPool, connect_args={"client_encoding": "utf8", **patience})
    try:
        connection = engine.connect()
    except (DBAPIError, UnicodeError) as error:
        if not explain:
            raise
        raise _refusal(url, getattr(error, "orig", error)) from None  # the chain below holds the whole address
    with connection:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_S}s'")
        connection.exec_driver_sql("SET LOCAL timezone = 'UTC'")
        connection.exec_driver_sql("SET LOCAL datestyle = 'ISO'")
        yield connection


def _refusal(url: "URL", error: Any) -> InputError:
    """Return why a connection failed. libpq has no code for it, and servers answer in their own language."""
    from psycopg.errors import ConnectionTimeout  # noqa: PLC0415

    address = address_of(url)
    connection = getattr(error, "pgconn", None)
    if connection is not None and connection.needs_password:
        return InputError("postgis_no_password", address=address)
    databases = [] if isinstance(error, ConnectionTimeout) else _databases(url)
    if databases and url.database and url.database not in databases:
        return InputError(
            "postgis_database", address=address, database=url.database, has=_named(databases, url.database)
        )
    if connection is not None and connection.used_password and not databases:
        return InputError("postgis_password", address=address, reason=_line(error))
    return InputError("postgis_unreachable", address=address, reason=_line(error))


def _databases(url: "URL") -> list[str]:
    """Return the names of the server's databases; none where it does not answer."""
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    try:
        with _connection(url.set(database="postgres"), explain=False) as connection:
            return list(
                _rows(connection, "SELECT datname FROM pg_catalog.pg_database WHERE NOT datistemplate")["datname"]
            )
    except (DBAPIError, InputError, UnicodeError):
        return []


def _rows(connection: "Connection", query: str, name: str = "") -> pd.DataFrame:
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    try:
        # Without parameters a percent sign in a column's name is no placeholder.
        rows = connection.execution_options(no_parameters=True).exec_driver_sql(query)
        return pd.DataFrame.from_records(list(map(tuple, rows)), columns=list(rows.keys()), coerce_float=True)
    except DBAPIError as error:
        place = name or address_of(connection.engine.url)
        if getattr(error.orig, "sqlstate", None) == _DENIED:
            raise InputError("postgis_denied", file=place) from None
        raise InputError("postgis_failed", file=place, reason=_line(error.orig)) from None


def _line(error: Any) -> str:
    return " ".join(str(error).split())


def _named(names: Sequence[str], like: str | None = None) -> str:
    """Return names to choose from, those most like a wrong name first."""
    matcher = difflib.SequenceMatcher(b=like or "")

    def likeness(name: str) -> float:
        ratios = []
        for word in (name, name.rpartition(".")[2]):
            matcher.set_seq1(word)
            ratios.append(matcher.ratio())
        return max(ratios)

    return ", ".join(sorted(names, key=likeness, reverse=True)[:_MOST_NAMED]) + (
        " …" if len(names) > _MOST_NAMED else ""
    )


def _chosen(tables: pd.DataFrame, table: str | None, address: str) -> Any:
    """Return the table of a name: its full name, its own in the schemas that are searched, or its own in any schema."""
    names = list(tables["full_name"])
    if table is None and len(tables) != 1:
        raise InputError("file_layers", file=address, layers=_named(names))
    own = tables["name"] == table
    only = pd.Series(table is None, tables.index)
    for matches in (tables["full_name"] == table, own & tables["visible"], own, only):
        if matches.sum() == 1:
            return tables[matches].iloc[0]
    raise InputError("postgis_table", address=address, table=table, has=_named(names, table))


def _shape_column(columns: pd.DataFrame, geometry: str | None, name: str) -> str | None:
    has = list(columns.loc[columns["type"].isin(_SHAPES), "name"])
    if geometry is not None:
        if geometry not in has:
            raise InputError("postgis_geometry", file=name, column=geometry, has=", ".join(has) or "–")
        return geometry
    if len(has) > 1:
        raise InputError("postgis_geometries", file=name, columns=", ".join(has), first=has[0])
    return has[0] if has else None


def _select(columns: pd.DataFrame, table: Any) -> str:
    """Return the query of a table's rows in a stable order: by a numeric key, or else by content."""
    is_plain = columns["category"].isin(_PLAIN) | columns["type"].isin(_SHAPES)
    selected = [
        _quoted(name) if plain else f"{_quoted(name)}::text AS {_quoted(name)}"
        for name, plain in zip(columns["name"], is_plain, strict=True)
    ]
    key = columns[columns["key"] >= 0].sort_values("key")
    is_number = len(key) > 0 and (key["category"] == "N").all()
    order = ", ".join(map(_quoted, key["name"])) if is_number else 'cfgeo_row::text COLLATE "C"'
    place = f"{_quoted(table['schema'])}.{_quoted(table['name'])}"
    return f"SELECT {', '.join(selected)} FROM {place} AS cfgeo_row ORDER BY {order}"  # noqa: S608  # names are quoted


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _with_shapes(rows: pd.DataFrame, column: str, name: str, connection: "Connection", schema: str) -> gpd.GeoDataFrame:
    """Return rows with shapes in their coordinate system."""
    try:
        shapes = np.asarray(shapely.from_wkb(rows[column].astype(object).where(rows[column].notna(), None)))
    except (shapely.errors.GEOSException, NotImplementedError, ValueError, TypeError) as error:
        raise InputError("postgis_shapes", file=name, column=column, reason=_line(error)) from error
    srids = sorted({int(srid) for srid in shapely.get_srid(shapes[~shapely.is_missing(shapes)])})
    if len(srids) > 1:
        raise InputError("postgis_srids", file=name, srids=", ".join(map(str, srids)))
    if srids == [0]:
        place = name.rpartition(" ")[2].replace(".", "', '")
        raise InputError("postgis_srid_none", file=name, place=place, column=column)
    crs = _crs(connection, schema, srids[0], name) if srids else pyproj.CRS(WGS84)
    return gpd.GeoDataFrame(rows.drop(columns=column), geometry=gpd.GeoSeries(shapes, index=rows.index, crs=crs))


def _crs(connection: "Connection", schema: str, srid: int, name: str) -> pyproj.CRS:
    """Return the CRS of an SRID in this database, which may define CRSs of its own."""
    place = f"{_quoted(schema)}.spatial_ref_sys"
    known = _rows(connection, f"SELECT auth_name, auth_srid, srtext FROM {place} WHERE srid = {srid}")  # noqa: S608
    definitions = [f"{row.auth_name}:{row.auth_srid}" for row in known.itertuples()] + list(known["srtext"])
    for definition in definitions or [f"EPSG:{srid}"]:
        try:
            return pyproj.CRS.from_user_input(definition)
        except pyproj.exceptions.CRSError:
            continue
    raise InputError("postgis_srid_unknown", file=name, srid=srid)
