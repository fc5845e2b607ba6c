"""Layers of a GeoPackage → what QGIS shows them by: styles with names of fields in both languages, and a project."""

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.core.strings import Lang, section, text
from cfgeo.publish.colours import CHANGE_FILLS, OPEN, VERDICT_FILLS, rgb
from cfgeo.publish.words.changes import change_word
from cfgeo.publish.words.names import clause_titles, study_title, verdict_names

STYLES = "layer_styles"
"""The table in which QGIS looks for the styles of a GeoPackage's layers."""
OUTCOME = "outcome"
"""The column of communities before and after something: a key of ``CHANGE_FILLS``."""
Titles = Callable[[Lang], Mapping[str, str]]
"""Gives the names of clauses in a language, by id."""

_VERSION = "3.22.0"
_NO_CLOCK = (1980, 1, 1, 0, 0, 0)
_STYLE_NAMES: dict[Lang, str] = {"zh": "中文", "en": "English"}
_SHAPES = {"Point": ("marker", "SimpleMarker"), "Line": ("line", "SimpleLine"), "Polygon": ("fill", "SimpleFill")}
"""Kinds of shapes by their dimension, the upper ones first, with QGIS's names of their symbols."""
_WHERE = {
    "Point": "area($geometry) is null and length($geometry) is null",
    "Line": "length($geometry) is not null",
    "Polygon": "area($geometry) is not null",
}
"""Rules of QGIS for them: its own words for kinds of shapes are those of the user's language."""
_BUILT = {
    "color": "217,72,15,255",
    "outline_color": "255,255,255,255",
    "line_color": "217,72,15,255",
    "line_width": "0.9",
    "size": "3",
}
_BUILT_AREA = {"color": "255,213,74,255", "outline_color": "217,72,15,255", "outline_width": "0.5"}
_SINGLE: dict[str, Mapping[str, str]] = {
    "street_offices": {"outline_color": "90,90,90,255", "outline_width": "0.6", "style": "no"},
    "facilities": {"color": "60,60,60,255", "outline_color": "255,255,255,255", "line_color": "60,60,60,255"},
    "facilities_polygon": {"style": "no", "outline_color": "60,60,60,255", "outline_width": "0.3"},
    "network": {"line_color": "150,150,150,255", "line_width": "0.2"},
    "walkways": {"line_color": "27,127,117,255", "line_width": "0.8"},
    "school_routes": {"line_color": "122,54,6,255", "line_width": "0.5"},
    "zones": {"color": "108,52,131,255", "line_color": "108,52,131,255", "line_width": "0.8", "size": "3"},
    "zones_polygon": {
        "style": "no",
        "outline_color": "108,52,131,255",
        "outline_width": "0.6",
        "outline_style": "dash",
    },
    "projects": {"color": "29,90,148,255", "line_color": "29,90,148,255", "line_width": "0.9", "size": "3"},
    "projects_polygon": {"color": "29,90,148,90", "outline_color": "29,90,148,255", "outline_width": "0.5"},
    "crossings": {"color": "179,38,30,255", "outline_color": "255,255,255,255", "size": "2.4"},
    "sites": _BUILT,
    "sites_polygon": _BUILT_AREA,
    "changes": _BUILT,
    "changes_polygon": _BUILT_AREA,
    "junctions": {"color": "255,255,255,255", "outline_color": "217,72,15,255", "size": "2"},
    "places": {
        "color": "60,60,60,255",
        "outline_color": "255,255,255,255",
        "line_color": "60,60,60,255",
        "size": "2.4",
    },
}
_JUDGED = ("communities", "blocks")
_OF_YEAR = re.compile(r"(verdict|share)_\d{4}")
_SHOWN = ("facilities", "street_offices", "communities")
"""Layers that a project shows when it is opened; the others wait for a click."""
_ORDER = (
    "sites", "changes", "junctions", "places", "projects", "crossings", "facilities", "street_offices", "walkways",
    "school_routes", "zones", "network", "isochrones", "blocks", "communities",
)  # fmt: skip
_KINDS = {"Polygon": "Polygon", "LineString": "Line", "Point": "Point"}
_ISOCHRONES = ("#08519c", "#3182bd", "#6baed6", "#9ecae1", "#c6dbef")


@dataclass(frozen=True)
class _Class:
    """An entry of a legend: a value, its words, and how its symbol is drawn."""

    value: str
    label: str
    drawn: Mapping[str, str]


@dataclass(frozen=True)
class _Part:
    """A layer of a project: one kind of shape of a layer of the GeoPackage, which may have ``several``."""

    layer: str
    kind: str
    several: bool

    @property
    def id(self) -> str:
        """What the project calls it; QGIS takes no id of ten letters or fewer."""
        return f"cfgeo_{self.layer}_{self.kind.lower()}" if self.several else f"cfgeo_{self.layer}"

    def source(self, file: str) -> str:
        """Return where it lies, from the project."""
        shape = next(shape for shape, kind in _KINDS.items() if kind == self.kind)
        return f"./{file}|layername={self.layer}" + (f"|geometrytype={shape}" if self.several else "")


def style_table(layers: Mapping[str, pd.DataFrame], lang: Lang, *, titles: Titles = lambda lang: {}) -> pd.DataFrame:
    """Return the rows of ``layer_styles``: each layer's style in both languages, that of ``lang`` by default.

    QGIS has one style for all shapes of a layer: where there are several kinds, it has a rule for each. Of a table
    without shapes, a style names the fields; a layer in which there are none has no style.

    Parameters
    ----------
    layers
        Of the GeoPackage.
    lang
        Language of the default.
    titles
        Names of the clauses that columns are of.
    """
    rows = [
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": name,
            "f_geometry_column": "geom" if _has_shapes(layers[name]) else "",
            "styleName": _STYLE_NAMES[each],
            "styleQML": _style(name, layers[name], _kinds(layers[name]), titles(each), each),
            "styleSLD": "",
            "useAsDefault": each == lang,
            "description": abstract(name, layers[name], each),
            "owner": "",
            "ui": "",
            "update_time": "1980-01-01T00:00:00Z",
        }
        for name in sorted(layers, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))
        if _kinds(layers[name]) or not _has_shapes(layers[name])
        for each in _STYLE_NAMES
    ]
    return pd.DataFrame(rows)


def abstract(layer: str, table: pd.DataFrame, lang: Lang) -> str:
    """Return what a layer holds in a sentence; "" for one that has no words here."""
    if OUTCOME in table:
        layer = f"{layer}_changed"
    elif any(map(_OF_YEAR.fullmatch, map(str, table.columns))):
        layer = f"{layer}_by_year"
    return section("qgis").get(f"about_{layer}", {}).get(lang, "")


def abstracts(layer: str, table: pd.DataFrame, lang: Lang) -> str:
    """Return what a layer holds in both languages, ``lang`` first: who is handed the file may read the other."""
    return "\n".join(filter(None, (abstract(layer, table, each) for each in sorted(_STYLE_NAMES, key=lang.__ne__))))


def layer_title(layer: str, lang: Lang) -> str:
    """Return the name of a layer in a legend."""
    return section("qgis").get(f"layer_{layer}", {}).get(lang, layer)


def project_bytes(layers: Mapping[str, pd.DataFrame], results: Results, file: str, *, lang: Lang) -> bytes:
    """Return a project of QGIS (``.qgz``) of the layers of a GeoPackage that lies beside it.

    Parameters
    ----------
    layers
        Of the GeoPackage.
    results
        What they are of.
    file
        The name of the GeoPackage.
    lang
        Language of the legend.
    """
    parts = [
        _Part(name, kind, len(kinds) > 1) for name in _ORDER for kinds in [_kinds(layers.get(name))] for kind in kinds
    ]
    root = ET.Element("qgis", version=_VERSION, projectname=study_title(results.parameters["study"], lang))
    ET.SubElement(root, "homePath", path="")
    ET.SubElement(root, "title").text = root.get("projectname")
    crs, titles = pyproj.CRS(results.inputs.crs), clause_titles(results.parameters, lang)
    _reference(ET.SubElement(root, "projectCrs"), crs)
    tree = ET.SubElement(root, "layer-tree-group")
    for part in parts:
        checked = "Qt::Checked" if part.layer in _SHOWN else "Qt::Unchecked"
        facts = {
            "id": part.id,
            "name": layer_title(part.layer, lang),
            "source": part.source(file),
            "providerKey": "ogr",
        }
        ET.SubElement(tree, "layer-tree-layer", {**facts, "checked": checked, "expanded": "0"})
    canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas")
    ET.SubElement(canvas, "units").text = "meters"
    extent = ET.SubElement(canvas, "extent")
    for side, value in zip(("xmin", "ymin", "xmax", "ymax"), results.communities.total_bounds, strict=True):
        ET.SubElement(extent, side).text = f"{value:.2f}"
    _reference(ET.SubElement(canvas, "destinationsrs"), crs)
    listed = ET.SubElement(root, "projectlayers")
    for part in parts:
        listed.append(_map_layer(part, layers[part.layer], titles, part.source(file), lang))
    properties = ET.SubElement(root, "properties")
    system = ET.SubElement(properties, "SpatialRefSys")
    ET.SubElement(system, "ProjectionsEnabled", type="int").text = "1"
    paths = ET.SubElement(properties, "Paths")
    ET.SubElement(paths, "Absolute", type="bool").text = "false"
    return _zipped(f"{file.rpartition('.')[0]}.qgs", _document(root))


def _has_shapes(table: pd.DataFrame | None) -> bool:
    return isinstance(table, gpd.GeoDataFrame)


def _kinds(table: pd.DataFrame | None) -> list[str]:
    """Return what QGIS calls the shapes of a layer: those of which there are some."""
    if not isinstance(table, gpd.GeoDataFrame) or len(table) == 0:
        return []
    found = set(shapely.get_dimensions(table.geometry.to_numpy()).tolist())
    return [kind for dimension, kind in enumerate(_SHAPES) if dimension in found]


def _map_layer(part: _Part, table: gpd.GeoDataFrame, titles: Mapping[str, str], source: str, lang: Lang) -> ET.Element:
    """Return a layer of a project, with its style."""
    layer = ET.Element("maplayer", type="vector", geometry=part.kind)
    ET.SubElement(layer, "id").text = part.id
    ET.SubElement(layer, "datasource").text = source
    ET.SubElement(layer, "layername").text = layer_title(part.layer, lang)
    ET.SubElement(layer, "abstract").text = abstracts(part.layer, table, lang)
    _reference(ET.SubElement(layer, "srs"), pyproj.CRS(table.crs))
    ET.SubElement(layer, "provider", encoding="UTF-8").text = "ogr"
    _add_style(layer, part.layer, table, [part.kind], titles=titles, lang=lang)
    return layer


def _style(name: str, table: pd.DataFrame, kinds: Sequence[str], titles: Mapping[str, str], lang: Lang) -> str:
    """Return the style of a layer as QML."""
    root = ET.Element("qgis", version=_VERSION, styleCategories="Symbology|Fields|Forms")
    _add_style(root, name, table, kinds, titles=titles, lang=lang)
    return _document(root).decode()


def _add_style(
    parent: ET.Element,
    name: str,
    table: pd.DataFrame,
    kinds: Sequence[str],
    *,
    titles: Mapping[str, str],
    lang: Lang,
) -> None:
    """Add how the shapes of a layer are drawn, and what its fields are called."""
    columns = [str(column) for column in table.columns if column != "geometry"]
    if name == "isochrones":
        _add_classes(parent, kinds[0], "minutes", _minute_classes(table, lang))
    elif name in _JUDGED:
        column = _verdict_column(columns)
        classes = _change_classes if column == OUTCOME else _verdict_classes
        _add_classes(parent, kinds[0], column, classes(set(table[column]), lang))
    elif kinds:
        _add_single(parent, name, kinds, lang)
    aliases = ET.SubElement(parent, "aliases")
    for nth, (column, words) in enumerate(_field_names(name, columns, titles, lang).items(), start=1):
        ET.SubElement(aliases, "alias", field=column, index=str(nth), name=words)
    shown = next(
        (column for column in ("community", "name", "street_office", "layer") if column in columns), columns[0]
    )
    ET.SubElement(parent, "previewExpression").text = f'"{shown}"'


def _verdict_column(columns: Sequence[str]) -> str:
    """Return by which column areas are coloured: what became of them, their verdict, or that of the last year."""
    return next((name for name in (OUTCOME, "verdict") if name in columns), "") or max(
        filter(_OF_YEAR.fullmatch, columns)
    )


def _change_classes(outcomes: set[str], lang: Lang) -> list[_Class]:
    """Return what became of communities with the fills of the map."""
    return [
        _Class(kind, change_word(kind, lang), _fill(fill)) for kind, fill in CHANGE_FILLS.items() if kind in outcomes
    ]


def _verdict_classes(verdicts: set[str], lang: Lang) -> list[_Class]:
    """Return verdicts with the fills of the map."""
    names = verdict_names(lang)
    fills = {PASSED: VERDICT_FILLS[PASSED], FAILED: VERDICT_FILLS[FAILED], NOT_ASSESSED: OPEN}
    return [_Class(verdict, names[verdict], _fill(fill)) for verdict, fill in fills.items() if verdict in verdicts]


def _minute_classes(table: pd.DataFrame, lang: Lang) -> list[_Class]:
    """Return the limits, the shortest the darkest."""
    limits = sorted(set(table["minutes"]))
    colours = [_ISOCHRONES[min(nth, len(_ISOCHRONES) - 1)] for nth in range(len(limits))]
    return [
        _Class(f"{limit:g}", text("qgis.within", lang, minutes=f"{limit:g}"), _fill(colour, alpha=90))
        for limit, colour in zip(limits, colours, strict=True)
    ]


def _fill(colour: str, *, alpha: int = 255) -> dict[str, str]:
    red, green, blue = (round(255 * part) for part in rgb(colour))
    return {"color": f"{red},{green},{blue},{alpha}", "outline_color": "255,255,255,255", "outline_width": "0.26"}


def _add_classes(parent: ET.Element, kind: str, column: str, classes: list[_Class]) -> None:
    """Add a symbol for each value of a column."""
    facts = {"type": "categorizedSymbol", "attr": column, "symbollevels": "0", "enableorderby": "0"}
    renderer = ET.SubElement(parent, "renderer-v2", facts)
    categories = ET.SubElement(renderer, "categories")
    for nth, each in enumerate(classes):
        ET.SubElement(categories, "category", symbol=str(nth), value=each.value, label=each.label, render="true")
    _add_symbols(renderer, [kind] * len(classes), [each.drawn for each in classes])


def _add_single(parent: ET.Element, name: str, kinds: Sequence[str], lang: Lang) -> None:
    """Add one symbol for all; of several kinds of shapes one for each, by rules."""
    several = len(kinds) > 1
    facts = {"type": "RuleRenderer" if several else "singleSymbol", "symbollevels": "0", "enableorderby": "0"}
    renderer = ET.SubElement(parent, "renderer-v2", facts)
    if several:
        rules = ET.SubElement(renderer, "rules", key="cfgeo")
        for nth, kind in enumerate(kinds):
            about = {"key": kind, "symbol": str(nth), "filter": _WHERE[kind], "label": layer_title(name, lang)}
            ET.SubElement(rules, "rule", about)
    _add_symbols(renderer, kinds, [_SINGLE.get(f"{name}_{kind.lower()}", _SINGLE[name]) for kind in kinds])


def _add_symbols(renderer: ET.Element, kinds: Sequence[str], drawn: Sequence[Mapping[str, str]]) -> None:
    symbols = ET.SubElement(renderer, "symbols")
    for nth, (kind, options) in enumerate(zip(kinds, drawn, strict=True)):
        what, layer_class = _SHAPES[kind]
        symbol = ET.SubElement(symbols, "symbol", type=what, name=str(nth), alpha="1", clip_to_extent="1")
        layer = ET.SubElement(symbol, "layer", {"class": layer_class, "enabled": "1", "locked": "0", "pass": "0"})
        for key, value in options.items():
            ET.SubElement(layer, "prop", k=key, v=value)


def _field_names(layer: str, columns: Sequence[str], titles: Mapping[str, str], lang: Lang) -> dict[str, str]:
    """Return the fields that have a name in words, with it; what a layer calls otherwise has its own."""
    words, names = section("qgis"), {}
    for column in columns:
        start, _, ending = column.rpartition("_")
        named = words.get(f"field_{layer}_{column}") or words.get(f"field_{column}")
        if named:
            names[column] = named[lang]
        elif start in titles and f"clause_{ending}" in words:
            names[column] = words[f"clause_{ending}"][lang].format(clause=titles[start])
        elif _OF_YEAR.fullmatch(column):
            names[column] = words[f"{start}_of_year"][lang].format(year=ending)
    return names


def _reference(parent: ET.Element, crs: pyproj.CRS) -> None:
    """Add a coordinate system: in full, since QGIS takes none for a project by its code alone."""
    system, authority = ET.SubElement(parent, "spatialrefsys"), crs.to_authority()
    ET.SubElement(system, "wkt").text = crs.to_wkt()
    if authority is not None:
        ET.SubElement(system, "authid").text = ":".join(authority)


def _document(root: ET.Element) -> bytes:
    ET.indent(root)
    head = b"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    body: Any = ET.tostring(root, encoding="utf-8")
    return head + bytes(body) + b"\n"


def _zipped(name: str, body: bytes) -> bytes:
    """Return a ZIP of one file that is the same whenever it is written."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        about = zipfile.ZipInfo(name, _NO_CLOCK)
        about.external_attr, about.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
        packed.writestr(about, body)
    return stream.getvalue()
