"""Layers in a real PostGIS and as GeoParquet: what the GeoPackage has, all of it or none."""

import os
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import psycopg
import pytest
import shapely
from tools.cluster import PASSWORD, Cluster
from worlds.studies import invoke, refused
from worlds.town import CRS

from cfgeo import OutputError, Results
from cfgeo.files.postgis import read_database
from cfgeo.publish.run.record import write_record
from cfgeo.publish.tables.geopackage import run_layers
from cfgeo.publish.tables.qgis import abstract
from cfgeo.publish.tables.targets import require_target, write_target


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)


@pytest.fixture
def record(town_results: Results, tmp_path: Path) -> Path:
    write_record(town_results, tmp_path / "run.json", lang="en")
    return tmp_path / "run.json"


@pytest.fixture
def city(cluster: Cluster) -> Iterator[Cluster]:
    """Return the server with a schema of an earlier run, in which the planner may write."""
    cluster.run('DROP SCHEMA IF EXISTS "town" CASCADE', "GRANT CREATE ON DATABASE gis TO planner")
    yield cluster
    cluster.run('DROP SCHEMA IF EXISTS "town" CASCADE')


def test_geoparquet_has_the_layers_of_the_geopackage(town_results: Results, record: Path, tmp_path: Path) -> None:
    folder = tmp_path / "town.parquet"
    for _ in range(2):  # a second run takes the place of the first
        write_target(town_results, str(folder), record, lang="en")
        layers = run_layers(town_results, "en")
        assert {path.name for path in folder.iterdir()} == {"run.json", *(f"{name}.parquet" for name in layers)}
        for name, table in layers.items():
            read = gpd.read_parquet(folder / f"{name}.parquet")
            assert (read.crs, list(read.columns)) == (CRS, list(table.columns))
            assert shapely.equals_exact(read.geometry.to_numpy(), table.geometry.to_numpy()).all()
    assert (
        gpd.read_parquet(folder / "communities.parquet")["verdict"].tolist()
        == layers["communities"]["verdict"].tolist()
    )


def test_a_folder_of_something_else_is_left_alone(town_results: Results, record: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine.parquet"
    folder.mkdir()
    (folder / "part-0.parquet").write_bytes(b"mine")
    with pytest.raises(OutputError, match="left alone"):
        write_target(town_results, str(folder), record, lang="en")
    assert (folder / "part-0.parquet").read_bytes() == b"mine"


@pytest.mark.postgis
def test_postgis_has_the_layers_of_the_geopackage(town_results: Results, record: Path, city: Cluster) -> None:
    for _ in range(2):
        assert write_target(town_results, city.address(), record, lang="en").endswith("/gis town")
    for name, table in run_layers(town_results, "en").items():
        read = read_database(city.address(), f"town.{name}").table
        assert len(read) == len(table)
        assert set(read.columns) == {*map(str, table.columns)} - {"geometry"} | {read.geometry.name}
        if len(table) == 0:  # no shapes, which would tell the system of coordinates
            continue
        assert read.crs == CRS
        assert read.geometry.area.sum() == pytest.approx(table.geometry.area.sum())
        assert read.geometry.length.sum() == pytest.approx(table.geometry.length.sum())
    read, table = read_database(city.address(), "town.communities").table, run_layers(town_results, "en")["communities"]
    by_code = read.set_index("code").loc[table["code"]]
    assert by_code["verdict"].tolist() == table["verdict"].tolist()
    numbers = [name for name in table.columns if table[name].dtype.kind == "f"]
    assert numbers
    pd.testing.assert_frame_equal(
        by_code[numbers].reset_index(drop=True).astype(float), pd.DataFrame(table[numbers]), check_names=False
    )
    with psycopg.connect(city.address()) as connection:
        (said,) = connection.execute("SELECT record->'study'->>'id' FROM town.run").fetchone() or ("",)
        (about,) = connection.execute("SELECT obj_description('town.communities'::regclass)").fetchone() or ("",)
    assert said == "town"
    assert about.splitlines() == [abstract("communities", table, lang) for lang in ("en", "zh")]


@pytest.mark.postgis
def test_nothing_is_half_written(town_results: Results, record: Path, city: Cluster) -> None:
    write_target(town_results, city.address(), record, lang="zh")
    city.run("CREATE VIEW town.seen AS SELECT * FROM town.isochrones", "COMMENT ON TABLE town.communities IS 'first'")
    with pytest.raises(OutputError, match="everything there stays as it was"):
        write_target(town_results, city.address(), record, lang="en")  # the view needs a later layer
    with psycopg.connect(city.address()) as connection:
        row = connection.execute("SELECT obj_description('town.communities'::regclass)").fetchone()
    assert row == ("first",)


@pytest.mark.postgis
def test_a_database_without_postgis_or_a_password_in_its_address_is_refused_first(city: Cluster) -> None:
    with pytest.raises(OutputError, match="has no PostGIS"):
        require_target(city.address(database="postgres"))
    with pytest.raises(OutputError) as caught:
        require_target(city.address().replace("planner@", f"guarded:{PASSWORD.replace(' ', '%20')}@"))
    assert caught.value.code == "target_password"
    assert PASSWORD not in caught.value.text("en")
    with pytest.raises(OutputError, match="did not take it"):
        require_target("postgresql://planner@/gis?host=/nowhere")


@pytest.mark.postgis
def test_a_run_writes_to_both(town_study: Path, tmp_path: Path, city: Cluster) -> None:
    folder = tmp_path / "layers.parquet"
    options = ["--only", "tables", "--no-cache", "--lang", "en", "--to", city.address(), "--to", folder]
    run = invoke("run", town_study, "--out", tmp_path / "out", *options)
    assert run.exit_code == 0, run.output
    assert f"Wrote {folder}" in run.stderr
    assert (folder / "run.json").read_bytes() == (tmp_path / "out" / "run.json").read_bytes()
    assert len(read_database(city.address(), "town.communities").table) == 4


def test_what_is_no_target_is_said_before_any_work(town_study: Path, tmp_path: Path) -> None:
    said = refused("run", town_study, "--out", tmp_path / "out", "--to", "layers.gpkg", "--lang", "en")
    assert "layers.gpkg is nothing for --to" in said
    assert not (tmp_path / "out").exists()
