"""The script makes the committed default study, and the study is as documented."""

import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pytest
import rasterio
import shapely

from cfgeo import load_standard, load_study, read_network
from cfgeo.pipeline.check import check_study

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
CRS = "EPSG:32648"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    script = ROOT / "scripts" / "make_default_data.py"
    subprocess.run([sys.executable, str(script), "--out", str(folder)], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def communities() -> gpd.GeoDataFrame:
    return gpd.read_file(DATA / "boundaries" / "communities.geojson").to_crs(CRS)


def elements(path: Path) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for item in osmium.FileProcessor(str(path)):
        where = (item.lon, item.lat) if item.is_node() else tuple(node.ref for node in item.nodes)
        rows.append((item.id, where, tuple(sorted(dict(item.tags).items()))))
    return rows


def test_the_script_makes_the_committed_tables(fresh: Path) -> None:
    tables = sorted(p.relative_to(fresh) for p in fresh.rglob("*") if p.suffix in {".csv", ".geojson"})
    assert len(tables) > 15
    changed = [name for name in tables if (fresh / name).read_bytes() != (DATA / name).read_bytes()]
    assert changed == []


def test_the_script_makes_the_committed_network_and_heights(fresh: Path) -> None:
    name = Path("network") / "streets.osm.pbf"
    assert elements(fresh / name) == elements(DATA / name)
    name = Path("elevation") / "elevation.tif"
    with rasterio.open(fresh / name) as new, rasterio.open(DATA / name) as old:
        assert np.array_equal(new.read(1), old.read(1))
        assert new.transform == old.transform


def test_79_communities_in_11_street_offices_tile_the_district(communities: gpd.GeoDataFrame) -> None:
    assert len(communities) == communities["code"].nunique() == 79
    assert communities["street_office"].nunique() == 11
    assert communities.is_valid.all()
    whole = shapely.union_all(communities.geometry.to_numpy())
    assert communities.area.sum() == pytest.approx(whole.area, abs=1000)  # of about 20 km²
    assert whole.geom_type == "Polygon"
    assert shapely.area(shapely.Polygon(whole.exterior)) == pytest.approx(whole.area, abs=1000)


def test_numbers_of_people_are_plausible() -> None:
    homes = pd.read_csv(DATA / "demand" / "dwellings.csv")
    bands = [column for column in homes.columns if column.startswith("age_")]
    assert homes["residents"].sum() == pytest.approx(580_000, rel=0.01)
    assert 0.10 < homes[bands].to_numpy().sum() / homes["residents"].sum() < 0.18
    residents = sum(f["properties"]["residents"] for f in json.loads(
        (DATA / "boundaries" / "communities.geojson").read_text(encoding="utf-8"))["features"])  # fmt: skip
    assert residents == homes["residents"].sum()


def test_the_network_is_connected_and_has_stairs_lifts_and_walkways() -> None:
    network = read_network(DATA / "network" / "streets.osm.pbf", crs=CRS)
    assert 0.97 < network.length_km(main_only=True) / network.length_km() < 1.0
    forms = network.edges["form"].value_counts()
    assert forms["steps"] > 300
    assert forms["lift"] >= 8
    assert forms["escalator"] >= 3
    names = network.edges["name"][network.edges["name"].str.endswith("步道")]
    assert names.nunique() >= 10


def test_streets_reach_past_the_border(communities: gpd.GeoDataFrame) -> None:
    network = read_network(DATA / "network" / "streets.osm.pbf", crs=CRS)
    outside = network.edges.disjoint(shapely.union_all(communities.geometry.to_numpy()))
    assert network.edges["length_m"][outside].sum() > 20_000


def test_the_study_has_only_the_faults_that_it_is_meant_to_show() -> None:
    """A raster that ends before the streets do, a shopping district that is not listed by its name, detached streets,
    small lists whose names are on no map, nurseries of which nobody knows their kind of care, and kindergartens whose
    children nobody has counted.
    """
    findings = check_study(load_study(DATA))
    shown = [
        "elevation_outside",
        "names_absent",
        "network_pieces",
        "datum_unchecked",
        "kinds_untold",
        "weight_capacity",
    ]
    assert list(dict.fromkeys(findings["rule"])) == shown


def test_every_layer_that_the_standard_needs_is_declared() -> None:
    study = load_study(DATA)
    clauses = load_standard(study.study.standard).clause
    needed = {layer for clause in clauses for layer in (clause.layer, clause.near_layer) if layer}
    assert needed - set(study.layers) == {"communities"}
    assert study.study.status == "illustrative"


def test_every_figure_and_answer_that_the_standard_needs_is_there() -> None:
    reported = pd.read_csv(DATA / "figures" / "reported.csv")
    clauses = load_standard("yuzhong-2026").clause
    assert {clause.name for clause in clauses if clause.measure == "reported"} == {*reported["指标"]}
    assert {*reported["性别"]} == {"合计", "男", "女"}
    areas = gpd.read_file(DATA / "boundaries" / "communities.geojson")
    assert (areas["certified"] == "yes").sum() == 6
    assert {clause.reference for clause in clauses if clause.reference} == set(load_study(DATA).references)


def test_the_zones_are_one_core_one_network_two_circles_three_belts_and_points(communities: gpd.GeoDataFrame) -> None:
    zones = gpd.read_file(DATA / "boundaries" / "zones.geojson").to_crs(CRS)
    assert dict(zones["kind"].value_counts()) == {"core": 1, "network": 1, "circle": 2, "belt": 3, "point": 5}
    assert zones.intersects(communities.union_all()).all()


def test_the_study_is_small() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < 700_000
