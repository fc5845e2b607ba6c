"""The ground of the small town: what its files tell, and nothing where they tell nothing."""

from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
import shapely
from worlds.studies import edited, on_a_hill
from worlds.town import CRS, SOUTH, WEST, write_town

from cfgeo import load_study, run_study
from cfgeo.core.shapes import Ground
from cfgeo.study import sources
from cfgeo.study.ground import base_map
from cfgeo.study.ground.base_map import ground_of
from cfgeo.study.inputs import StudyData, read_study


def test_a_town_without_raster_and_water_has_names_alone(tmp_path: Path) -> None:
    study = load_study(write_town(tmp_path))
    data = read_study(study, margin_m=500, cache=None, ground=True)
    assert data.map_files is not None
    inputs, ground = data.inputs, ground_of(data.map_files, data.inputs)
    assert ground.shade.size == 0
    assert ground.contour_m == 0
    assert (len(ground.water), ground.water_from) == (0, ())
    names = {name.name for name in ground.names}
    assert names == {name for name in inputs.network.edges["name"] if name}
    west, south, east, north = ground.bounds
    assert shapely.box(west, south, east, north).contains(shapely.union_all(inputs.communities.geometry.to_numpy()))
    assert all(west < name.x < east and -90 <= name.angle_deg <= 90 for name in ground.names)


def test_a_street_that_is_called_as_a_community_is_not_named_twice(tmp_path: Path) -> None:
    study = load_study(write_town(tmp_path))
    data = read_study(study, margin_m=500, cache=None, ground=True)
    assert data.map_files is not None
    street = ground_of(data.map_files, data.inputs).names[0].name
    communities = data.inputs.communities.copy()
    communities.loc[communities.index[0], "community"] = street
    names = {name.name for name in ground_of(data.map_files, replace(data.inputs, communities=communities)).names}
    assert names == {name for name in data.inputs.network.edges["name"] if name} - {street}


def test_a_raster_and_a_map_give_relief_water_and_buildings(tmp_path: Path) -> None:
    path = write_town(tmp_path)
    z = np.linspace(100, 400, 200 * 200).reshape(1, 200, 200).astype("float32")
    profile = {"driver": "GTiff", "width": 200, "height": 200, "count": 1, "dtype": "float32", "crs": CRS}
    grid = rasterio.Affine(30, 0, WEST - 3000, 0, -30, SOUTH + 3000)
    with rasterio.open(tmp_path / "heights.tif", "w", transform=grid, **profile) as file:
        file.write(z)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[network]\n", '[network]\nelevation = "heights.tif"\n'), encoding="utf-8")
    osm = (tmp_path / "streets.osm").read_text(encoding="utf-8")
    corners = {9001: (20, 20), 9002: (120, 20), 9003: (120, 120), 9004: (20, 120)}
    (tmp_path / "streets.osm").write_text(osm.replace("</osm>", _square(corners) + "</osm>"), encoding="utf-8")
    study = load_study(path)
    first, again = (run_study(study).ground for _ in range(2))
    assert first is not None
    assert again is not None
    assert first.shade.shape == first.height.shape != (0, 0)
    assert first.contour_m > 0
    assert len(first.contours) > 3
    assert first.water_from == ("map",)
    assert abs(shapely.area(first.water).sum() - 10_000) < 30
    assert shapely.to_wkb(first.contours).tolist() == shapely.to_wkb(again.contours).tolist()
    assert (first.shade == again.shade).all()


def _square(corners: dict[int, tuple[float, float]]) -> str:
    to_degrees = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    body = ""
    for node, (x, y) in corners.items():
        lon, lat = to_degrees.transform(WEST + x, SOUTH + y)
        body += f'<node id="{node}" version="1" lat="{lat:.7f}" lon="{lon:.7f}"/>'
    refs = "".join(f'<nd ref="{node}"/>' for node in (*corners, next(iter(corners))))
    return f'{body}<way id="9009" version="1">{refs}<tag k="natural" v="water"/></way>'


BROKEN = """<relation id="9" version="1"><member type="way" ref="999" role="outer"/>
<tag k="type" v="multipolygon"/><tag k="leisure" v="park"/><tag k="name" v="Half a Park"/></relation></osm>"""


def drawn(data: StudyData) -> Ground:
    assert data.map_files is not None
    return ground_of(data.map_files, data.inputs)


def plain(value: Any) -> Any:
    """Return a value of the ground that can be compared."""
    if not isinstance(value, np.ndarray):
        return value
    return [shape.wkb for shape in value] if value.dtype == object else value.tobytes()


def test_an_earlier_run_saves_the_pass_over_the_map_and_the_heights_under_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = '[layers.sports]\nosm = { leisure = ["park"] }'
    path = edited(on_a_hill(write_town(tmp_path)), '[layers.sports]\npath = "sports.csv"', layer)
    edited(tmp_path / "streets.osm", "</osm>", BROKEN)
    asked: Counter[str] = Counter()
    for module, name in ((sources, "collect"), (base_map, "relief_of")):
        work = getattr(module, name)

        def counted(*args: Any, work: Any = work, **options: Any) -> Any:
            asked[work.__name__] += 1
            return work(*args, **options)

        monkeypatch.setattr(module, name, counted)

    def read(cache: Path | None) -> StudyData:
        asked.clear()
        return read_study(load_study(path), margin_m=500, cache=cache, ground=True)

    anew, first = read(None), read(tmp_path / "cache")
    assert asked == {"collect": 1, "relief_of": 1}
    kept = read(tmp_path / "cache")
    assert not asked
    for data in (first, kept):
        pd.testing.assert_frame_equal(data.inputs.findings, anew.inputs.findings)
        for name, table in anew.inputs.layers.items():
            pd.testing.assert_frame_equal(data.inputs.layers[name], table)
            assert data.inputs.layers[name].crs == table.crs
        for field in fields(Ground):
            assert plain(getattr(drawn(data), field.name)) == plain(getattr(drawn(anew), field.name)), field.name
        assert data.map_files is not None
        assert anew.map_files is not None
        assert [each.z.tobytes() for each in data.map_files.rasters()] == [
            each.z.tobytes() for each in anew.map_files.rasters()
        ]
    assert "osm_incomplete" in set(anew.inputs.findings["rule"])

    edited(tmp_path / "streets.osm", "Half a Park", "Other Park")
    read(tmp_path / "cache")
    assert asked == {"collect": 1}  # the raster is the same
    (tmp_path / "land.tif").write_bytes((tmp_path / "land.tif").read_bytes() + b" ")
    read(tmp_path / "cache")
    assert asked["relief_of"] == 1
