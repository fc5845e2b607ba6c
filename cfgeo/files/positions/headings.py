"""Headings → the columns that hold positions: pairs such as 经度 and 纬度, or both in one cell."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

LON, LAT, CELL = "lon", "lat", "position"
"""cfgeo's names of the columns."""

_ALIKE = str.maketrans("經経緯東座標軸", "经经纬东坐标轴")
"""Traditional and Japanese characters → those of the words below."""

_FAMILIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "latin": (("lon", "lng", "longitude", "long", "lont", "longtitude"), ("lat", "latitude", "lattitude")),
    "degrees": (("经度", "东经", "精度"), ("纬度", "北纬")),
    "initials": (("jd", "jingdu", "dj"), ("wd", "weidu", "bw")),
    "plane": (("x",), ("y",)),
    "across": (("横坐标", "横轴"), ("纵坐标", "纵轴")),
    "compass": (("东坐标", "东向坐标", "easting", "east", "e"), ("北坐标", "北向坐标", "northing", "north", "n")),
}
"""Words for longitude and latitude, or for what may be either in a plane. The two of a pair are of one family; the
families that cfgeo prefers come first."""
_MIXED = "mixed"
_LOOSE = ("compass", "initials")
"""Families whose words mean other things too where anything stands beside them."""

_DATUMS = {
    "wgs84": ("wgs84", "wgs", "84", "gps"),
    "cgcs2000": ("cgcs2000", "cgcs", "国家2000", "2000国家", "2000", "天地图", "tianditu", "tdt", "国家"),
    "gcj02": ("gcj02", "gcj", "02", "高德", "腾讯", "火星", "国测局",
              "gaode", "amap", "gd", "tencent", "tx", "qq", "mars"),
    "bd09": ("bd09ll", "bd09", "bd", "09", "百度", "baidu", "ll"),
}  # fmt: skip
_DATUM_OF = {word: datum for datum, words in _DATUMS.items() for word in words}
_DATUM_WORD = re.compile("|".join(sorted(_DATUM_OF, key=len, reverse=True)))
_TRUST = ("", *_DATUMS)
"""Where several pairs are alike, one of a datum that needs no conversion comes first."""

_AXES = {
    word: (family, axis)
    for family, both in _FAMILIES.items()
    for axis, words in zip((LON, LAT), both, strict=True)
    for word in words
}
_LATIN_DATUMS = [word for word in _DATUM_OF if word.isascii()]
_CHINESE_AXIS = re.compile("|".join(word for word in sorted(_AXES, key=len, reverse=True) if not word.isascii()))
_LATIN_AXIS = re.compile(
    rf"(?P<ahead>|point|coord|center|centre|geo|gis|map|poi|google|{'|'.join(_LATIN_DATUMS)})"
    rf"(?P<axis>{'|'.join(word for word in sorted(_AXES, key=len, reverse=True) if word.isascii())})"
    rf"(?P<behind>|coord|deg|{'|'.join(filter(str.isalpha, _LATIN_DATUMS))})"
)
_IDLE = re.compile(
    "坐标系?|地理|空间|位置|点位|中心点?|质心|地图|数值|值|十进制度?|小数|度分秒|度|米|单位|东|北|轴"
    r"|(?<![a-z])(?:coords?|coordinates?|points?|pt|cent(?:er|re|roid)|geo|gis|maps?|loc|location|pos|position|poi|deg(?:rees?)?|dd|decimal|meters?|metres?|m|e|n|x|y|google)(?![a-z])"
)
"""What says no more than that a column holds positions."""

_CELL_WORDS = (
    "坐标", "经纬度", "纬经度", "经纬", "坐标点", "点坐标", "定位", "位置", "点位", "坐标串", "几何", "图形",
    "空间位置", "地理位置", "中心点", "location", "position", "coordinate", "coordinates", "coord", "coords", "lonlat",
    "lnglat", "latlon", "latlng", "xy", "lon lat", "lng lat", "lat lon", "lat lng",
    "point", "wkt", "wkb", "ewkt", "ewkb", "geom",
    "geometry", "shape", "the geom", "wkt geom", "wkb geometry", "geojson", "gps", "geo", "geo point", "geopoint",
    "pos", "loc", "centroid", "center",
)  # fmt: skip
_CELL_ENDINGS = (
    "坐标", "经纬度", "location", "coordinate", "coordinates", "coord", "coords", "lonlat", "lnglat", "latlng",
    "latlon",
)  # fmt: skip
_LAT_FIRST = re.compile("纬度?.*经|lat.*l(?:on|ng)")
_AGAIN = re.compile(r"(?P<heading>.+) \((?P<column>[A-Z]{1,3})\)")
"""What a heading is called that stands before: with the letters of its column."""


@dataclass(frozen=True)
class Columns:
    """The columns that hold positions.

    Attributes
    ----------
    lon, lat : str
        Headings of longitude and latitude, or of what stands for them in a plane; "" where one cell holds both.
    cell : str
        The heading of cells that hold both.
    datum : str
        The datum that the headings name; "" for none.
    of : str
        What else they name, such as 入口.
    lat_first : bool
        Whether the heading of a cell says that latitude comes first.
    """

    lon: str = ""
    lat: str = ""
    cell: str = ""
    datum: str = ""
    of: str = ""
    lat_first: bool = False

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings, as their file has them."""
        return (self.cell,) if self.cell else (self.lon, self.lat)

    def __str__(self) -> str:
        return self.cell or f"{self.lon}/{self.lat}"


@dataclass(frozen=True)
class _Axis:
    """What a heading says: its family of words, longitude or latitude, datum, and the other words in it."""

    family: str
    axis: str
    datum: str
    rest: str
    rank: int


def pairs_in(headings: Iterable[object]) -> list[Columns]:
    """Return the pairs of columns that hold positions, the likeliest first."""
    plain = _plain(headings)
    axes = {heading: axis for heading, once in plain.items() if (axis := _axis_of(once))}
    groups: dict[tuple[str, str, str, bool], dict[str, list[str]]] = defaultdict(lambda: {LON: [], LAT: []})
    for heading, axis in axes.items():
        groups[axis.family, axis.datum, axis.rest, plain[heading] != heading][axis.axis].append(heading)
    if not any(group[LON] and group[LAT] for group in groups.values()):  # 经度 beside lat
        mixed = {LON: [h for h in axes if axes[h].axis == LON], LAT: [h for h in axes if axes[h].axis == LAT]}
        said = [axes[h] for both in mixed.values() for h in both]
        datums = {axis.datum for axis in said} - {""}
        if len(datums) < 2 and len({_IDLE.sub("", axis.rest) for axis in said}) == 1:
            groups[_MIXED, "".join(datums), said[0].rest, False] = mixed
    pairs = []
    for (family, datum, rest, again), group in groups.items():
        if not (group[LON] and group[LAT]):
            continue
        lon, lat = (min(group[axis], key=lambda heading: axes[heading].rank) for axis in (LON, LAT))
        of = re.sub(r"\s+", "", _IDLE.sub(" ", rest))
        order = (bool(of), _TRUST.index(datum), [*_FAMILIES, _MIXED].index(family), len(rest), again)
        pairs.append((order, Columns(lon, lat, datum=datum, of=of)))
    return [pair for _, pair in sorted(pairs, key=lambda item: item[0])]


def cells_in(headings: Iterable[object]) -> list[Columns]:
    """Return the columns whose heading may mean that a cell holds a whole position, the likeliest first."""
    found = []
    for heading, once in _plain(headings).items():
        words, datum = _without_datum(_words(once))
        plain = words.strip()
        if plain in _CELL_WORDS or (datum and not plain) or ("经度" in plain and "纬度" in plain):
            found.append(((0, bool(datum)), Columns(cell=heading, datum=datum, lat_first=_is_lat_first(words))))
        elif plain.endswith(_CELL_ENDINGS):
            of = re.sub(r"\s+", "", _IDLE.sub(" ", plain))
            found.append(((1, bool(datum)), Columns(cell=heading, datum=datum, of=of, lat_first=_is_lat_first(words))))
    return [columns for _, columns in sorted(found, key=lambda item: item[0])]


def cell_of(heading: str) -> Columns:
    """Return the columns of a heading that the user names as holding whole positions."""
    words, datum = _without_datum(_words(heading))
    return Columns(cell=heading, datum=datum, lat_first=_is_lat_first(words))


def axis_of(heading: str) -> str:
    """Return which axis a word names: ``lon``, ``lat``, or "" for none."""
    axis = _axis_of(heading)
    return axis.axis if axis else ""


def datum_of(headings: Iterable[str]) -> str:
    """Return the datum that headings of positions name; "" where they name none, or several."""
    datums = {_without_datum(_words(heading))[1] for heading in headings}
    return datums.pop() if len(datums) == 1 else ""


def _plain(headings: Iterable[object]) -> dict[str, str]:
    """Return what each heading says in its file, where one that stands before is named with its column's letters."""
    plain = {str(heading): str(heading) for heading in headings}
    for heading in plain:
        again = _AGAIN.fullmatch(heading)
        if again is not None and again["heading"] in plain and again["column"].lower() not in _DATUM_OF:
            plain[heading] = again["heading"]
    return plain


def _is_lat_first(words: str) -> bool:
    return bool(_LAT_FIRST.search(words.strip()))


def _words(heading: str) -> str:
    """Return a heading in small, narrow letters, its words set apart by single blanks; digits stand by themselves."""
    narrow = unicodedata.normalize("NFKC", heading).translate(_ALIKE)
    narrow = re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", narrow)  # 经 度
    humps = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", narrow).lower()
    return " ".join(re.findall(r"[a-z]+|\d+|[^\W\d_a-z]+", humps))


def _without_datum(words: str) -> tuple[str, str]:
    """Return words without those of a datum, and that datum; "" where there is none, or several."""
    kept, datums = [], set()
    for word in words.split():
        if word in _DATUM_OF:
            datums.add(_DATUM_OF[word])
        elif word.isascii():
            kept.append(word)
        else:
            datums |= {_DATUM_OF[match] for match in _DATUM_WORD.findall(word)}
            kept.append(_DATUM_WORD.sub("", word))
    joined = " ".join(filter(None, kept))
    return (joined, datums.pop()) if len(datums) == 1 else (joined, "") if not datums else (words, "")


def _axis_of(heading: str) -> _Axis | None:
    words, datum = _without_datum(_words(heading))
    found: list[str] = []
    rest = []
    for word in words.split():
        if word.isascii():
            match = _LATIN_AXIS.fullmatch(word)
            if match is None:
                rest.append(word)
                continue
            named = {_DATUM_OF[part] for part in (match["ahead"], match["behind"]) if part in _DATUM_OF}
            datum = named.pop() if len(named) == 1 and not datum else datum
            found.append(match["axis"])
        else:
            found += _CHINESE_AXIS.findall(word)
            rest.append(_CHINESE_AXIS.sub("", word))
    if not found or {"经度", "纬度"} <= {*found}:  # a cell for both
        return None
    families = list(_FAMILIES)
    axis = min(found, key=lambda word: families.index(_AXES[word][0]))
    family, which = _AXES[axis]
    others = re.sub("[东北]", "", " ".join(filter(None, rest)))  # X坐标(东)
    if family in _LOOSE and re.sub(r"\s+", "", _IDLE.sub(" ", others)):
        return None
    rank = [word for both in _FAMILIES[family] for word in both].index(axis)
    return _Axis(family, which, datum, others, rank)
