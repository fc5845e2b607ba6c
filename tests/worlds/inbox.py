"""A planner's inbox: the default study as departments and a volunteer would send it, beside what nobody asked for.

Nothing in it is tidy: GBK and UTF-16, title rows, ``sep=``, metres in a belt of CGCS2000, Gaode's and Baidu's datums,
both coordinates in one cell, a sheet for each kind, last year's list, a folder in a zip, streets as editors keep them.
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import osmium
import pandas as pd
import pyproj
import shapely

from cfgeo.files.positions.datum import from_wgs84

KINDS = {"primary": "小学", "junior": "初中", "kindergarten": "幼儿园", "community_health": "社区卫生服务中心",
         "general": "综合医院", "children": "儿童医院", "maternity": "妇幼保健院", "library": "图书馆",
         "cultural_centre": "文化馆", "museum": "博物馆", "art_museum": "美术馆"}  # fmt: skip
YES_NO = {"yes": "是", "no": "否"}
BELT = 4524
"""CGCS2000, 3-degree belt 36 with its number before x; EPSG:4545 is the same without."""


def write_inbox(folder: Path, study: Path) -> list[str]:
    """Write the inbox of the default study and return the names of its files.

    Parameters
    ----------
    folder
        New.
    study
        The folder of the default study.
    """
    folder.mkdir(parents=True)
    communities = gpd.read_file(study / "boundaries" / "communities.geojson")
    _communities(folder, communities)
    _offices(folder / "街道边界.geojson", communities)
    _streets(folder / "渝中步行道路_JOSM.osm", study / "network" / "streets.osm.pbf")
    _metro(folder / "轨道交通线路.geojson", communities)
    (folder / "高程.tif").write_bytes((study / "elevation" / "elevation.tif").read_bytes())
    _homes(folder / "住宅楼栋儿童数.csv", _table(study, "demand/dwellings"))
    _schools(folder, _table(study, "facilities/schools"))
    _hospitals(folder / "卫健委医疗机构.xlsx", _table(study, "facilities/hospitals"))
    _care_centres(folder / "托育机构.csv", _table(study, "facilities/care_centres"))
    _sports(folder / "体育场地.csv", _table(study, "facilities/sports"))
    _culture(folder / "文旅委.xlsx", _table(study, "facilities/culture"))
    _catchments(folder / "小学学区.geojson", communities)
    _stops(folder / "公交站点.csv", _table(study, "facilities/schools"))
    (folder / "说明.txt").write_text("各位同事：\n附件请查收，有问题请来电。\n", encoding="gbk")
    return sorted(path.name for path in folder.iterdir())


def _table(study: Path, name: str) -> pd.DataFrame:
    table = pd.read_csv(study / f"{name}.csv", dtype=str, keep_default_na=False)
    if "kind" in table:
        table["类别"] = table["kind"].map(KINDS).fillna("")
    return table.replace(YES_NO)


def _lonlat(table: pd.DataFrame, datum: str = "wgs84") -> tuple[Any, Any]:
    return from_wgs84(*(table[axis].astype(float).to_numpy() for axis in ("lon", "lat")), datum=datum)


def _metres(table: pd.DataFrame) -> tuple[Any, Any]:
    project = pyproj.Transformer.from_crs(4326, BELT, always_xy=True)
    return project.transform(*_lonlat(table))


def _communities(folder: Path, communities: gpd.GeoDataFrame) -> None:
    """Write a Shapefile in GBK without ``.cpg``, in metres of CGCS2000, in a folder of a zip, as Windows packs it."""
    columns = {"code": "社区代码", "community": "社区名称", "street_office": "所属街道", "residents": "常住人口"}
    table = communities[[*columns, "geometry"]].rename(columns=columns).to_crs(BELT)
    work = folder / "work"
    work.mkdir()
    table.to_file(work / "社区边界.shp", encoding="gbk")
    with zipfile.ZipFile(folder / "社区边界.zip", "w") as packed:
        for file in sorted(work.iterdir()):
            if file.suffix != ".cpg":
                packed.writestr(f"社区边界（民政局）/{file.name}", file.read_bytes())
            file.unlink()
    work.rmdir()


def _offices(path: Path, communities: gpd.GeoDataFrame) -> None:
    """Write the street offices: areas with codes and names too, and no communities."""
    offices = communities.dissolve("street_office", as_index=False)
    offices["名称"] = offices["street_office"].str.removesuffix("街道") + "街道"
    offices["代码"] = offices["code"].str[:9]
    offices[["代码", "名称", "geometry"]].to_file(path)


def _metro(path: Path, communities: gpd.GeoDataFrame) -> None:
    west, south, east, north = communities.total_bounds
    line = shapely.LineString([(west, south), (east, north)])
    gpd.GeoDataFrame({"名称": ["轨道交通1号线"]}, geometry=[line], crs=4326).to_file(path)


def _streets(path: Path, source: Path) -> None:
    """Write the streets as an editor keeps them: new elements first and negative, a deleted one, nodes behind ways."""
    nodes, ways = [], []
    for item in osmium.FileProcessor(source):
        tags = "".join(f"<tag k={_quoted(tag.k)} v={_quoted(tag.v)}/>" for tag in item.tags)
        if item.is_node():
            nodes.append(f'<node id="{item.id}" version="1" lat="{item.lat:.7f}" lon="{item.lon:.7f}">{tags}</node>')
        elif item.is_way():
            ways.append((item.id, "".join(f'<nd ref="{node.ref}"/>' for node in item.nodes) + tags, item.nodes[0].ref))
    new = [f'<way id="-{number}" action="modify">{content}</way>' for number, content, _ in ways[::50]]
    kept = [f'<way id="{number}" version="1">{content}</way>' for k, (number, content, _) in enumerate(ways) if k % 50]
    gone = (
        '<way id="-990001" action="delete"><nd ref="-990001"/><nd ref="-990002"/><tag k="highway" v="footway"/></way>'
        f'<way id="990003" version="2" action="delete"><nd ref="{ways[0][2]}"/><nd ref="{ways[-1][2]}"/>'
        '<tag k="highway" v="footway"/></way>'
    )
    body = "\n".join([*new, gone, *reversed(kept), *nodes])
    path.write_text(f"<?xml version='1.0'?>\n<osm version='0.6' generator='JOSM'>\n{body}\n</osm>\n", encoding="utf-8")


def _quoted(word: str) -> str:
    escaped = word.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return f'"{escaped}"'


def _homes(path: Path, homes: pd.DataFrame) -> None:
    """Write homes in GBK with both coordinates in one cell."""
    ages = {"age_0_2": "0-2岁", "age_3_5": "3-5岁", "age_6_11": "6-11岁", "age_12_17": "12-17岁"}
    table = homes[list(ages)].rename(columns=ages)
    table.insert(0, "坐标", homes["lon"] + "," + homes["lat"])
    table.to_csv(path, index=False, encoding="gbk")


def _schools(folder: Path, schools: pd.DataFrame) -> None:
    """Write a list for each kind: in Gaode's datum below a title, in metres, and two years of one in Baidu's datum."""
    columns = {
        "name": "学校名称",
        "certified": "是否儿童友好",
        "capacity": "学位数（个）",
        "public": "是否公办",
        "inclusive": "是否普惠",
    }
    lists = {
        kind: schools[schools["kind"] == kind].reset_index(drop=True) for kind in ("primary", "junior", "kindergarten")
    }

    table = lists["primary"][list(columns)].rename(columns=columns)
    table["经度"], table["纬度"] = _lonlat(lists["primary"], "gcj02")
    _sheets(folder / "小学名单.xlsx", {"Sheet1": [["渝中区小学名单（坐标取自高德地图）"], *_rows(table)]})

    table = lists["junior"][list(columns)].rename(columns=columns)
    table["X坐标"], table["Y坐标"] = _metres(lists["junior"])
    _csv(folder / "初中名单.csv", [["渝中区初中名单（2026年）"], [], *_rows(table)], encoding="gbk")

    table = lists["kindergarten"][list(columns)].rename(columns=columns)
    table["百度经度"], table["百度纬度"] = _lonlat(lists["kindergarten"], "bd09")
    _sheets(folder / "幼儿园名单2026.xlsx", {"幼儿园": _rows(table)})
    _sheets(folder / "幼儿园名单2025.xlsx", {"幼儿园": _rows(table.head(40))})


def _hospitals(path: Path, hospitals: pd.DataFrame) -> None:
    """Write a sheet for each kind, without a column of kinds."""
    columns = {
        "name": "机构名称",
        "certified": "是否儿童友好",
        "child_doctors": "儿童保健医生人数",
        "lon": "经度",
        "lat": "纬度",
    }
    groups = hospitals.groupby("类别")
    _sheets(path, {kind: _rows(group[list(columns)].rename(columns=columns)) for kind, group in groups})


def _care_centres(path: Path, places: pd.DataFrame) -> None:
    """Write a CSV as Excel saves it for another Excel: ``sep=;`` above, and decimal commas."""
    rows = [["名称", "托位数", "经度", "纬度"]]
    rows += [
        [p["name"], p["capacity"], p["lon"].replace(".", ","), p["lat"].replace(".", ",")] for _, p in places.iterrows()
    ]
    text = "sep=;\r\n" + "".join(";".join(row) + "\r\n" for row in rows)
    path.write_bytes(text.encode("gbk"))


def _sports(path: Path, places: pd.DataFrame) -> None:
    """Write UTF-16, tabs, and degrees with minutes and seconds."""
    rows = [["场地名称", "JD", "WD"], *([p["name"], _dms(p["lon"]), _dms(p["lat"])] for _, p in places.iterrows())]
    path.write_bytes("".join("\t".join(row) + "\r\n" for row in rows).encode("utf-16"))


def _dms(degrees: str) -> str:
    seconds = round(float(degrees) * 3_600_000) / 1000
    whole, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{int(whole)}°{int(minutes)}′{rest:.3f}″"


def _culture(path: Path, places: pd.DataFrame) -> None:
    """Write a sheet with a title, and positions as WKT."""
    rows = [[p["name"], p["类别"], f"POINT({p['lon']} {p['lat']})"] for _, p in places.iterrows()]
    _sheets(path, {"文化场馆": [["文化场馆一览表", None, None], ["场馆名称", "类型", "坐标"], *rows]})


def _catchments(path: Path, communities: gpd.GeoDataFrame) -> None:
    table = communities.dissolve("street_office", as_index=False)
    table["名称"] = table["street_office"] + "小学"
    table[["名称", "geometry"]].to_file(path)


def _stops(path: Path, schools: pd.DataFrame) -> None:
    table = schools[["name", "lon", "lat"]].head(30).assign(name=lambda rows: rows["name"] + "站")
    table.columns = ["站名", "经度", "纬度"]
    table.to_csv(path, index=False)


def _rows(table: pd.DataFrame) -> list[list[Any]]:
    values = [[value.item() if isinstance(value, np.generic) else value for value in row] for row in table.to_numpy()]
    return [list(table.columns), *values]


def _sheets(path: Path, sheets: dict[str, list[list[Any]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


def _csv(path: Path, rows: Sequence[Sequence[Any]], *, encoding: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
