"""Run by QGIS's own Python: opens a project and a GeoPackage as a user does, and prints what QGIS sees as JSON.

python3 qgis_look.py PROJECT.qgz PICTURE.png
python3 qgis_look.py LAYERS.gpkg …
"""

import json
import sqlite3
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsExpressionContextUtils,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRenderContext,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize


def look(project_file: str, picture: str) -> dict:
    messages = []
    QgsApplication.messageLog().messageReceived.connect(lambda text, tag, level: messages.append(f"{tag}: {text}"))
    project = QgsProject.instance()
    read = project.read(project_file)
    layers = {layer.id(): about(layer) for layer in project.mapLayers().values()}
    root = project.layerTreeRoot()
    shown = [node.layer() for node in root.findLayers() if node.isVisible()]
    settings = QgsMapSettings()
    settings.setLayers(shown)
    settings.setDestinationCrs(project.crs())
    settings.setExtent(root.findLayer("cfgeo_communities").layer().extent())
    settings.setOutputSize(QSize(1000, 600))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(picture)
    package = str(Path(project_file).with_suffix(".gpkg"))
    dropped = dropped_in(package, {layer["table"] for layer in layers.values()})
    return {
        "read": read,
        "crs": project.crs().authid(),
        "title": project.title(),
        "layers": layers,
        "order": [node.layerId() for node in root.findLayers()],
        "shown": [layer.id() for layer in shown],
        "dropped": dropped,
        "errors": [error.message() for error in job.errors()],
        "messages": messages,
    }


def look_into(packages: list) -> dict:
    messages = []
    QgsApplication.messageLog().messageReceived.connect(lambda text, tag, level: messages.append(f"{tag}: {text}"))
    return {"dropped": {package: dropped_in(package, names_in(package)) for package in packages}, "messages": messages}


def names_in(package: str) -> set:
    with sqlite3.connect(package) as content:
        return {name for (name,) in content.execute("SELECT table_name FROM gpkg_contents")} - {"layer_styles"}


def dropped_in(package: str, names: set) -> dict:
    """Return what QGIS sees in the layers of a file that is dropped into it."""
    layers = {name: QgsVectorLayer(f"{package}|layername={name}", name, "ogr") for name in names}
    return {name: {**about(layer), "drawn": drawn(layer)} for name, layer in layers.items()}


def drawn(layer) -> list:
    """Return by which kind of symbol each kind of shape is drawn: 0 points, 1 lines, 2 areas."""
    context, renderer, pairs = QgsRenderContext(), layer.renderer(), set()
    if renderer is None:  # a table without shapes
        return []
    context.expressionContext().appendScopes(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    renderer.startRender(context, layer.fields())
    for feature in layer.getFeatures():
        context.expressionContext().setFeature(feature)
        if feature.geometry().isNull():
            continue
        kinds = tuple(int(symbol.type()) for symbol in renderer.symbolsForFeature(feature, context))
        pairs.add((int(feature.geometry().type()), *kinds))
    renderer.stopRender(context)
    return sorted(pairs)


def about(layer) -> dict:
    renderer = layer.renderer()
    classes = {}
    if renderer is not None and renderer.type() == "categorizedSymbol":
        classes = {str(each.value()): [each.label(), each.symbol().color().name()] for each in renderer.categories()}
    return {
        "valid": layer.isValid(),
        "name": layer.name(),
        "table": layer.dataProvider().uri().table() or layer.source().partition("layername=")[2].partition("|")[0],
        "count": layer.featureCount(),
        "renderer": renderer.type() if renderer else "",
        "classes": classes,
        "symbol": renderer.symbol().color().name() if renderer and renderer.type() == "singleSymbol" else "",
        "aliases": {layer.fields()[n].name(): layer.attributeAlias(n) for n in range(len(layer.fields()))},
        "abstract": layer.abstract() or layer.metadata().abstract(),
    }


QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
seen = look_into(sys.argv[1:]) if sys.argv[1].endswith(".gpkg") else look(*sys.argv[1:])
sys.stdout.write(json.dumps(seen, ensure_ascii=False))
application.exitQgis()
