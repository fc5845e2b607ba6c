"""A PostgreSQL server with PostGIS of the tests' own: made, started and taken away with them."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import pandas as pd
import pytest
import sqlalchemy

NOBODY = "nobody"
"""PostgreSQL refuses to be root, as which a container's tests may run."""
PASSWORD = "wind und wetter"  # noqa: S105  # of the user ``guarded``, with blanks as a user may choose
_HBA = "local all guarded scram-sha-256\nlocal all all trust\n"


@dataclass(frozen=True)
class Cluster:
    """A running server.

    Attributes
    ----------
    socket : Path
        Folder of its socket.
    """

    socket: Path

    def address(self, user: str = "planner", database: str = "gis") -> str:
        """Return what a study names."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.socket))}"

    def run(self, *statements: str, database: str = "gis") -> None:
        """Run statements as the server's owner."""
        address = self.address("owner", database).replace("postgresql:", "postgresql+psycopg:")
        engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT", no_parameters=True) as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def put(self, table: pd.DataFrame, name: str, *, schema: str = "public") -> None:
        """Write a table; shapes as PostGIS keeps them."""
        shapes = [str(column) for column in table.columns if str(table[column].dtype) == "geometry"]
        kinds = {"int64": "bigint", "float64": "double precision", "bool": "boolean"}
        columns = {str(c): "geometry" if c in shapes else kinds.get(str(table[c].dtype), "text") for c in table.columns}
        srid = (table.crs.to_epsg() or 0) if isinstance(table, gpd.GeoDataFrame) and table.crs else 0
        place = f"{_quoted(schema)}.{_quoted(name)}"
        rows = []
        for row in table.itertuples(index=False):
            cells = zip(columns.values(), row, strict=True)
            rows.append("(" + ", ".join(_literal(kind, cell, srid) for kind, cell in cells) + ")")
        made = ", ".join(f"{_quoted(column)} {kind}" for column, kind in columns.items())
        self.run(
            f"CREATE SCHEMA IF NOT EXISTS {_quoted(schema)}", f"GRANT USAGE ON SCHEMA {_quoted(schema)} TO PUBLIC",
            f"DROP TABLE IF EXISTS {place}", f"CREATE TABLE {place} ({made})",
            f"GRANT SELECT ON {place} TO PUBLIC",
        )  # fmt: skip
        if rows:
            self.run(f"INSERT INTO {place} VALUES {', '.join(rows)}")  # noqa: S608


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(kind: str, cell: Any, srid: int) -> str:
    if kind == "geometry":
        return "NULL" if cell is None else f"ST_GeomFromText('{cell.wkt}', {srid})"
    if cell is None or cell != cell:  # noqa: PLR0124
        return "NULL"
    return "'" + str(cell).replace("'", "''") + "'" if kind == "text" else str(cell)


def programs() -> Path:
    """Return the folder of the newest server's programs; skip where there is none, or no PostGIS."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("postgres")
    folder = found[-1].parent if found else Path(on_path).parent if on_path else None
    if folder is None:
        pytest.skip("PostgreSQL is not installed")
    shared = subprocess.run([folder / "pg_config", "--sharedir"], capture_output=True, encoding="utf-8", check=True)
    if not Path(shared.stdout.strip(), "extension", "postgis.control").is_file():
        pytest.skip("PostGIS is not installed")
    return folder


@contextmanager
def running() -> Iterator[Cluster]:
    """Make a server that listens at a socket in a temporary folder only, and take it away at the end."""
    bin_ = programs()
    home = Path(tempfile.mkdtemp(prefix="cfgeo-pg-"))  # not below pytest's own, which only its owner may enter
    other: dict[str, Any] = {}
    if os.name == "posix" and os.geteuid() == 0:
        shutil.chown(home, NOBODY)
        other = {"user": NOBODY, "group": home.stat().st_gid, "extra_groups": []}
    data = home / "data"

    def call(program: str, *arguments: str) -> None:
        with (home / "said").open("a", encoding="utf-8") as said:
            command = [bin_ / program, "-D", data, *arguments]
            environment = {**os.environ, "LC_ALL": "C.UTF-8"}
            subprocess.run(command, cwd=home, env=environment, stdout=said, stderr=said, check=True, **other)

    try:
        call("initdb", "--no-sync", "--username=owner", "--auth=trust", "--encoding=UTF8")
        (data / "pg_hba.conf").write_text(_HBA, encoding="utf-8")
        call("pg_ctl", "-w", "-s", "-o", f"-F -k {home} -c listen_addresses=''", "start")
        try:
            cluster = Cluster(home)
            cluster.run(
                "CREATE USER planner", f"CREATE USER guarded PASSWORD '{PASSWORD}'", "CREATE DATABASE gis",
                database="postgres",
            )  # fmt: skip
            cluster.run("CREATE EXTENSION postgis")
            yield cluster
        finally:
            call("pg_ctl", "-w", "-s", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)
