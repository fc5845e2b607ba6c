"""Run by QGIS's own Python: loads a script as the Processing toolbox does, runs it, and prints what it gave as JSON.

python3 qgis_script.py SCRIPT LOCALE PARAMETERS.json
"""

import json
import os
import sys
from pathlib import Path

sys.path.append("/usr/share/qgis/python/plugins")

from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsProject, QgsSettings

QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
QgsSettings().setValue("locale/userLocale", sys.argv[2])

from processing.script import ScriptUtils  # needs an application

algorithm = ScriptUtils.loadAlgorithm("cfgeo_run", sys.argv[1])
algorithm.initAlgorithm({})
context, feedback = QgsProcessingContext(), QgsProcessingFeedback(False)
context.setProject(QgsProject.instance())
said = {"name": algorithm.displayName(), "group": algorithm.group(), "help": algorithm.shortHelpString()}
said["asked"] = {each.name(): each.description() for each in algorithm.parameterDefinitions()}
results, done = algorithm.run(json.loads(Path(sys.argv[3]).read_text(encoding="utf-8")), context, feedback)
said |= {"results": results, "done": done}
store = context.temporaryLayerStore()
layers = [(about.name, store.mapLayer(ident)) for ident, about in context.layersToLoadOnCompletion().items()]
said["layers"] = [
    [name, layer.isValid(), layer.featureCount(), layer.renderer().type(), layer.crs().authid()]
    for name, layer in layers
]
said["log"] = feedback.textLog()
sys.stdout.write(json.dumps(said, ensure_ascii=False))
sys.stdout.flush()
os._exit(0)  # layers outlive the application in no good order
