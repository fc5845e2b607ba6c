"""Elevation under networks: rasters are read once for the same bounds."""

from dataclasses import replace
from pathlib import Path

import pytest
from worlds.studies import flat_land
from worlds.town import APART, town_network

from cfgeo.network.elevation import add_elevation, apply_elevation, read_elevation


@pytest.fixture
def raster(tmp_path: Path) -> Path:
    return flat_land(tmp_path / "land.tif", height_m=230.0)


def test_elevation_of_the_same_bounds_is_not_read_again(raster: Path) -> None:
    network = town_network()
    land = read_elevation(network, [raster], slope="tobler")
    raster.unlink()
    assert read_elevation(network, [raster], slope="tobler", known=land) is land
    assert apply_elevation(network, land, slope="tobler").nodes["height_m"].to_numpy() == pytest.approx(230.0)


def test_a_network_of_other_bounds_reads_its_own_elevation(raster: Path) -> None:
    network = town_network()
    land = read_elevation(network, [raster], slope="tobler")
    apart = replace(network, edges=network.edges[network.edges["osm_id"] != APART])
    assert read_elevation(apart, [raster], slope="tobler", known=land).bounds != land.bounds


def test_without_slope_no_raster_is_read_and_without_a_raster_none_is_recorded(raster: Path) -> None:
    network = town_network()
    raster.unlink()
    assert read_elevation(network, [raster], slope="none").rasters == []
    assert read_elevation(network, [], slope="tobler").rasters is None
    assert add_elevation(network, [raster], slope="none").relief == {
        "slope": "none",
        "known": 0.0,
        "rasters": 0,
        "feet": [],
    }
