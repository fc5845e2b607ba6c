"""Tables of a real PostgreSQL with PostGIS: read as files are, traced by their content, and no password anywhere."""

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import sqlalchemy
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal
from tools.cluster import PASSWORD, Cluster
from worlds.studies import edited, invoke, refused
from worlds.town import CRS, town_network, write_town

from cfgeo import InputError, StudyError, load_study, run_study
from cfgeo.core.strings import LANGUAGES
from cfgeo.files import postgis
from cfgeo.files.positions.datum import from_wgs84
from cfgeo.files.postgis import read_database
from cfgeo.study.config import Study
from cfgeo.study.sources import SourceReader, read_source
from cfgeo.study.streets import network_around
from cfgeo.study.tables import TableSource

AT = gpd.points_from_xy([106.5, 106.6, 106.7], [29.5, 29.6, 29.7])
PLACES = gpd.GeoDataFrame({"名称": ["甲", "乙", "丙"], "kind": ["小学", "初中", "小学"]}, geometry=AT, crs=4490)

needs_server = pytest.mark.postgis


@pytest.fixture(autouse=True)
def calm() -> Iterator[None]:
    """Leave the environment's own PostgreSQL settings out of it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PGPASSWORD", "PGPASSFILE", "PGHOST", "PGUSER", "PGDATABASE", "PGSERVICE"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def places(cluster: Cluster) -> Cluster:
    """Return the server with a table of three places."""
    cluster.put(PLACES, "学校")
    return cluster


def message_of(caught: pytest.ExceptionInfo[InputError]) -> str:
    """Return an error in both languages."""
    return "\n".join(caught.value.text(lang) for lang in LANGUAGES)


def town_in(cluster: Cluster, folder: Path, *, user: str = "planner", schema: str = "town") -> Path:
    """Write the town with all its tables in the database, and return its study."""
    study = write_town(folder)
    address = cluster.address(user)
    for path in sorted((*folder.glob("*.geojson"), *folder.glob("*.csv"))):
        table = gpd.read_file(path) if path.suffix == ".geojson" else pd.read_csv(path, dtype={"name": "str"})
        cluster.put(table, path.stem, schema=schema)
        edited(study, f'path = "{path.name}"', f'path = "{address}"\ntable = "{schema}.{path.stem}"')
        path.unlink()
    return study


@needs_server
def test_a_study_whose_tables_lie_in_a_database_has_the_verdicts_of_its_files(
    cluster: Cluster, town_study: Path, tmp_path: Path
) -> None:
    study = load_study(town_in(cluster, tmp_path / "town"))
    from_files, from_database = run_study(load_study(town_study)), run_study(study)
    assert_frame_equal(
        from_database.communities.drop(columns="geometry"), from_files.communities.drop(columns="geometry"), atol=1e-6
    )
    assert_frame_equal(from_database.coverage, from_files.coverage, atol=1e-6)
    names = {file.role: file.path for file in from_database.inputs.files}
    assert names["schools"] == "postgresql://planner@/gis town.schools"
    assert all(len(file.sha256) == 64 and file.size > 0 for file in from_database.inputs.files)


@needs_server
def test_where_columns_and_datum_work_as_with_files(places: Cluster, town_study: Path, tmp_path: Path) -> None:
    lon, lat = from_wgs84(AT.x, AT.y, datum="gcj02")
    moved = PLACES.set_geometry(gpd.points_from_xy(lon, lat, crs=4326))
    places.put(moved, "moved")
    moved.to_file(tmp_path / "moved.gpkg")
    rest = {"where": {"kind": ("小学",)}, "columns": {"name": "名称"}, "datum": "gcj02"}
    reader = SourceReader(load_study(town_study))
    read = [
        read_source(TableSource.model_validate({"path": path, "table": "moved", **rest}), "schools", reader).table
        for path in (places.address(), str(tmp_path / "moved.gpkg"))
    ]
    assert set(read[0]["name"]) == {"甲", "丙"}
    read = [table.sort_values("name", ignore_index=True) for table in read]
    assert_geodataframe_equal(read[0], read[1], check_like=True)
    assert sorted(read[0].geometry.x) == pytest.approx([106.5, 106.7], abs=1e-8)


@needs_server
def test_lines_of_a_database_are_streets_and_their_content_is_the_caches_key(
    cluster: Cluster, town_study: Path, tmp_path: Path
) -> None:
    lines = town_network().edges[["highway", "geometry"]].to_crs(4326)
    cluster.put(lines, "streets", schema="net")
    communities = gpd.read_file(town_study.parent / "communities.geojson").to_crs(CRS)

    def network() -> tuple[float, bool]:
        content = load_study(town_study).model_dump()
        content["network"] |= {"path": cluster.address(), "table": "net.streets"}
        reader = SourceReader(Study.model_validate(content))
        streets = network_around(communities.geometry, reader, margin_m=500, cache=tmp_path / "cache")
        return streets.network.length_km(), streets.cached

    whole, cached = network()
    assert not cached
    assert whole == pytest.approx(town_network().edges.length.sum() / 1000, rel=1e-3)
    assert network() == (whole, True)
    cluster.run("DELETE FROM net.streets WHERE ctid = (SELECT min(ctid) FROM net.streets)")
    less, cached = network()
    assert not cached
    assert less < whole


@needs_server
def test_children_by_community_are_read_from_a_table_beside_shapes(cluster: Cluster, tmp_path: Path) -> None:
    study = town_in(cluster, tmp_path / "town", schema="children")
    codes = [str(code) for code in run_study(load_study(study)).communities.index]
    numbers = gpd.GeoDataFrame({"社区代码": codes, "age_6_11": [10, 20, 30, 40]}, geometry=[shapely.Point(1, 1)] * 4)
    cluster.put(numbers.assign(other=numbers.geometry), "children", schema="children")
    table = f'path = "{cluster.address()}"\ntable = "children.children"\ncolumns = {{ code = "社区代码" }}'
    edited(study, "[layers.schools]", f"[demand.children]\n{table}\n\n[layers.schools]")
    results = run_study(load_study(study))
    lived_in = results.inputs.demand["community"].unique()
    children = dict(zip(codes, (10, 20, 30, 40), strict=True))
    assert results.inputs.demand.groupby("community")["age_6_11"].sum().to_dict() == pytest.approx(
        {code: children[code] for code in lived_in}
    )


@needs_server
def test_the_hash_follows_the_content_and_not_the_order_of_the_disk(places: Cluster) -> None:
    first = read_database(places.address(), "学校")
    places.put(PLACES.iloc[::-1], "学校")
    again = read_database(places.address(), "学校")
    assert again.sha256 == first.sha256
    assert_geodataframe_equal(again.table, first.table)
    places.run("""UPDATE "学校" SET kind = '高中' WHERE "名称" = '甲'""")
    assert read_database(places.address(), "学校").sha256 != first.sha256
    places.put(PLACES.set_crs(4326, allow_override=True), "学校")
    assert read_database(places.address(), "学校").sha256 != first.sha256
    places.put(PLACES, "学校")
    assert read_database(places.address(), "学校").sha256 == first.sha256


@needs_server
def test_a_number_that_is_the_key_gives_the_order(cluster: Cluster) -> None:
    cluster.put(pd.DataFrame({"id": [10, 9, 2], "name": ["a", "b", "c"]}), "keyed")
    assert read_database(cluster.address(), "keyed").table["id"].tolist() == [10, 2, 9]  # by text, as there is no key
    cluster.run("ALTER TABLE keyed ADD PRIMARY KEY (id)")
    assert read_database(cluster.address(), "keyed").table["id"].tolist() == [2, 9, 10]


@needs_server
def test_tables_of_any_name_and_any_type_of_column_are_read(cluster: Cluster) -> None:
    cluster.run(
        'CREATE SCHEMA IF NOT EXISTS "a b"', 'GRANT USAGE ON SCHEMA "a b" TO planner',
        """CREATE TABLE "a b"."T%;""x" AS SELECT 1.50::numeric AS "a""b:c%d", 7::bigint AS "%s", true AS "select",
           '{"k": [1]}'::jsonb AS j, ARRAY[1, 2] AS list, date '2026-01-31' AS day, 'x'::char(3) AS cfgeo_row,
           ST_SetSRID(ST_MakePoint(400000, 3270000, 7), 4545) AS geom""",
        'CREATE VIEW "a b".view AS SELECT * FROM "a b"."T%;""x"',
        'GRANT SELECT ON ALL TABLES IN SCHEMA "a b" TO planner',
    )  # fmt: skip
    for table in ('a b.T%;"x', "a b.view", 'T%;"x'):
        read = read_database(cluster.address(), table).table
        row = read.iloc[0]
        assert [row['a"b:c%d'], row["%s"], row["select"], row["day"]] == [1.5, 7, True, "2026-01-31"]
        assert [json.loads(row["j"]), row["list"]] == [{"k": [1]}, "{1,2}"]
        assert isinstance(read, gpd.GeoDataFrame)
        assert read.crs.to_epsg() == 4545
        assert (row.geometry.x, row.geometry.z) == (400000, 7)


@needs_server
def test_a_column_of_shapes_can_be_chosen_and_geography_is_one(cluster: Cluster, town_study: Path) -> None:
    cluster.run(
        "DROP TABLE IF EXISTS two",
        "CREATE TABLE two AS SELECT 'x' AS name, ST_SetSRID(ST_MakePoint(106.5, 29.5), 4490) AS door, "
        "ST_MakePoint(106.6, 29.6)::geography AS middle, NULL::geometry AS none",
        "GRANT SELECT ON two TO planner",
    )
    with pytest.raises(InputError) as caught:
        read_database(cluster.address(), "two")
    assert "door, middle, none" in message_of(caught)
    assert 'geometry = "door"' in message_of(caught)
    reader = SourceReader(load_study(town_study))
    for column, lon in (("door", 106.5), ("middle", 106.6)):
        source = TableSource(path=cluster.address(), table="two", columns={"geometry": column})
        assert read_source(source, "schools", reader).table.geometry.x.tolist() == pytest.approx([lon])
    assert shapely.is_missing(read_database(cluster.address(), "two", geometry="none").table.geometry.to_numpy()).all()
    with pytest.raises(InputError) as caught:
        read_database(cluster.address(), "two", geometry="window")
    assert "window" in message_of(caught)


@needs_server
def test_a_coordinate_system_of_the_databases_own_is_known(cluster: Cluster) -> None:
    wkt = gpd.GeoSeries(crs=4545).crs.to_wkt("WKT1_GDAL")
    cluster.run(
        f"INSERT INTO spatial_ref_sys VALUES (990001, 'OURS', 1, '{wkt}', '') ON CONFLICT DO NOTHING",  # noqa: S608
        "DROP TABLE IF EXISTS ours",
        "CREATE TABLE ours AS SELECT ST_SetSRID(ST_MakePoint(400000, 3270000), 990001) AS geom",
        "GRANT SELECT ON ours TO planner",
    )
    table = read_database(cluster.address(), "ours").table
    assert isinstance(table, gpd.GeoDataFrame)
    assert table.to_crs(4490).geometry.iloc[0].distance(AT[0]) < 3


@needs_server
def test_a_table_without_rows_is_empty(cluster: Cluster) -> None:
    cluster.run("DROP TABLE IF EXISTS nothing", "CREATE TABLE nothing (name text, geom geometry(Point, 4490))")
    cluster.run("GRANT SELECT ON nothing TO planner")
    assert len(read_database(cluster.address(), "nothing").table) == 0


SHAPES = {
    "srid_none": ("ST_MakePoint(106.5, 29.5)", ("SRID 0", "UpdateGeometrySRID('public', 'srid_none', 'geom', 4490)")),
    "srids": (
        "unnest(ARRAY[ST_SetSRID(ST_MakePoint(1, 2), 4490), ST_SetSRID(ST_MakePoint(1, 2), 4326)])",
        ("4326, 4490", "ST_Transform"),
    ),
    "srid_strange": ("ST_SetSRID(ST_MakePoint(1, 2), 998999)", ("998999", "spatial_ref_sys")),
    "curves": ("ST_GeomFromText('CIRCULARSTRING(0 0, 1 1, 2 0)', 4326)", ("ST_CurveToLine",)),
}


@needs_server
@pytest.mark.parametrize("table", SHAPES)
def test_shapes_that_cannot_be_placed_are_refused(cluster: Cluster, table: str) -> None:
    expression, words = SHAPES[table]
    cluster.run(f"DROP TABLE IF EXISTS {table}", f"CREATE TABLE {table} AS SELECT {expression} AS geom")
    cluster.run(f"GRANT SELECT ON {table} TO planner")
    with pytest.raises(InputError) as caught:
        read_database(cluster.address(), table)
    for word in (table, *words):
        assert message_of(caught).count(word) >= 2  # in either language


@needs_server
def test_errors_about_missing_tables_and_columns_name_those_that_exist(places: Cluster, town_study: Path) -> None:
    places.put(pd.DataFrame({"name": ["a"], "address": ["b"]}), "words")
    places.run("DROP TABLE IF EXISTS closed", "CREATE TABLE closed (name text)")
    reader = SourceReader(load_study(town_study))

    def refusal(table: str | None, user: str = "planner", database: str = "gis", **rest: object) -> str:
        source = TableSource.model_validate({"path": places.address(user, database), "table": table, **rest})
        with pytest.raises(InputError) as caught:
            read_source(source, "schools", reader)
        return message_of(caught)

    assert "public.学校" in refusal("学效")
    assert "table = " in refusal(None)
    assert "gis" in (there := refusal("学校", database="gib"))
    assert "gib" in there
    assert "nouser" in refusal("学校", user="nouser")
    assert "GRANT SELECT" in refusal("closed")
    assert "address" in (without := refusal("words"))
    assert "lon" in without
    assert "名称" in (lacking := refusal("学校", columns={"name": "称"}))
    assert "public.学校" in lacking
    assert "kinds" in refusal("学校", where={"kinds": "x"})
    with pytest.raises(StudyError) as caught:
        read_source(TableSource(path=places.address(), table="学校", osm={"leisure": ("park",)}), "parks", reader)
    assert "postgresql://planner@/gis 学校" in str(caught.value)


def test_a_server_that_does_not_answer_is_a_clear_error() -> None:
    with pytest.raises(InputError) as caught:
        read_database("postgresql://planner@127.0.0.1:1/gis", "a")
    assert message_of(caught).count("postgresql://planner@127.0.0.1:1/gis") == 2


@pytest.mark.parametrize(
    "path", ["postgresql://planner@host:port/gis", "postgres://:x:y", "postgresql://h/d?nonsense=1"]
)
def test_an_invalid_address_is_refused(path: str) -> None:
    with pytest.raises(InputError) as caught:
        read_database(path, "a")
    assert "postgresql://" in message_of(caught)


@needs_server
def test_a_table_that_somebody_holds_is_not_waited_for_without_end(
    places: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgis, "_LOCK_S", 0.1)
    address = places.address("owner").replace("postgresql:", "postgresql+psycopg:")
    engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql('LOCK TABLE "学校"')
        with pytest.raises(InputError) as caught:
            read_database(places.address(), "学校")
    assert "学校" in message_of(caught)


@pytest.mark.parametrize("lacking", ["psycopg", "sqlalchemy"])
def test_a_package_that_is_missing_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch, lacking: str) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == lacking]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, lacking, None)
    with pytest.raises(InputError) as caught:
        read_database("postgresql://planner@host/gis", "a")
    assert message_of(caught).count("-m pip install") == 2
    assert all(package in message_of(caught) for package in ("SQLAlchemy", "psycopg[binary]", sys.executable))


# --- passwords ---------------------------------------------------------------------------------------------------


@needs_server
def test_a_password_reaches_the_server_and_nothing_else(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    study = town_in(cluster, tmp_path / "town", user="guarded", schema="guarded")
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    run = invoke("run", study, "--only", "map,tables,reports", "--out", tmp_path / "out", "--cache", tmp_path / "cache")
    check = invoke("check", study, "--format", "json", "--no-cache")
    assert (run.exit_code, check.exit_code) == (0, 0)
    words = [PASSWORD, PASSWORD.replace(" ", "%20"), PASSWORD.replace(" ", "+")]
    spoken = run.output + check.output + caplog.text
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 10
    for word in words:
        assert word not in spoken
        assert not [path for path in written if word.encode() in path.read_bytes()]
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert "postgresql://guarded@/gis guarded.schools" in {entry["path"] for entry in record["inputs"]}


@needs_server
def test_a_password_may_stand_in_the_users_own_file(
    places: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError) as caught:
        read_database(places.address("guarded"), "学校")
    assert message_of(caught).count("PGPASSWORD") == 2
    (tmp_path / "pgpass").write_text(f"*:*:gis:guarded:{PASSWORD}\n", encoding="utf-8")
    (tmp_path / "pgpass").chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    assert len(read_database(places.address("guarded"), "学校").table) == 3


@needs_server
def test_a_wrong_password_is_not_repeated(places: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "falsch-und-geheim")
    with pytest.raises(InputError) as caught:
        read_database(places.address("guarded"), "学校")
    assert message_of(caught).count("pgpass") == 2
    assert "geheim" not in message_of(caught)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "line",
    [
        'path = "postgresql://planner:geheim@host/gis"',
        'path = "postgres://planner:ge@heim@host/gis"',
        'path = "postgresql://host/gis?user=planner&password=geheim"',
        'path = "PG:host=host password=geheim"',
        'path = ["postgresql://planner:geheim@host/gis"]',
    ],
)
def test_a_password_in_a_study_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    study = edited(write_town(tmp_path / "town"), 'path = "schools.csv"', line)
    for lang in LANGUAGES:
        message = refused("check", study, "--lang", lang)
        assert "layers.schools.path" in message
        assert "geheim" not in message
        assert "heim@" not in message


def test_a_password_in_the_wrong_place_is_not_repeated(tmp_path: Path) -> None:
    study = write_town(tmp_path / "town")
    body = study.read_text(encoding="utf-8")
    study.write_text(body.replace('[layers.schools]\npath = "schools.csv"', "")
                     .replace("[layers.parks]", '[layers]\nschools = "postgresql://planner:geheim@host/gis"\n\n[layers.parks]'),
                     encoding="utf-8")  # fmt: skip
    assert "geheim" not in refused("check", study, "--lang", "en")
