"""Judge a study from QGIS: the communities, clauses and facilities appear as layers with the colours of the map.

A script for the Processing toolbox, in one file: Processing > Toolbox > Scripts (the Python sign) > Add Script to
Toolbox. It calls the command ``cfgeo``, which has an environment of its own, and opens what that has written.
"""

import os
import subprocess
from pathlib import Path

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterString,
    QgsProject,
    QgsSettings,
)
from qgis.PyQt.QtCore import QLocale

COMMAND = "cfgeo/command"
CHINESE = QLocale(QgsSettings().value("locale/userLocale", "") or QLocale.system().name()).language() == QLocale.Chinese
WORDS = {
    "name": ("Judge a study (cfgeo run)", "评定一个研究（cfgeo run）"),
    "group": ("Child-friendly communities", "儿童友好社区"),
    "study": ("The study: study.toml", "研究：study.toml"),
    "lang": ("Language of outputs", "输出语言"),
    "command": ("The command cfgeo, or the full path of its program", "cfgeo 命令，或该程序的完整路径"),
    "out": ("Folder of the outputs", "输出文件夹"),
    "missing": ("There is no program {}: give the full path of cfgeo", "找不到程序 {}：请填写 cfgeo 的完整路径"),
    "failed": ("cfgeo ended with {}: its messages stand above", "cfgeo 以 {} 结束：原因见上面的信息"),
    "help": (
        "Runs cfgeo on a study, and opens its communities, street offices, clauses and facilities with their styles. "
        "All other files (map page, tables) are in the folder.",
        "对一个研究运行 cfgeo，并打开带样式的社区、街道、条款和设施图层。其他文件（地图网页、表格）在输出文件夹中。",
    ),
}  # fmt: skip


def said(key, *values):
    """Return a sentence in the language of QGIS."""
    return WORDS[key][CHINESE].format(*values)


class JudgeStudy(QgsProcessingAlgorithm):
    """Runs ``cfgeo run STUDY --only map,tables`` and adds the layers of its project."""

    def createInstance(self):
        return JudgeStudy()

    def name(self):
        return "cfgeo_run"

    def displayName(self):
        return said("name")

    def group(self):
        return said("group")

    def groupId(self):
        return "cfgeo"

    def shortHelpString(self):
        return said("help")

    def flags(self):
        return super().flags() | QgsProcessingAlgorithm.FlagNoThreading  # layers are read from a project

    def initAlgorithm(self, config=None):
        """Ask for the study, the language, the command and the folder."""
        self.addParameter(QgsProcessingParameterFile("STUDY", said("study"), extension="toml"))
        languages = QgsProcessingParameterEnum("LANG", said("lang"), ["中文", "English"], defaultValue=int(not CHINESE))
        self.addParameter(languages)
        usual = QgsSettings().value(COMMAND, "cfgeo")
        self.addParameter(QgsProcessingParameterString("COMMAND", said("command"), defaultValue=usual))
        self.addParameter(QgsProcessingParameterFolderDestination("OUT", said("out")))

    def processAlgorithm(self, parameters, context, feedback):
        """Run the command, tell what it says, and hand its layers over."""
        program = self.parameterAsString(parameters, "COMMAND", context).strip()
        out = self.parameterAsString(parameters, "OUT", context)
        lang = ("zh", "en")[self.parameterAsEnum(parameters, "LANG", context)]
        study = self.parameterAsFile(parameters, "STUDY", context)
        command = [program, "run", study, "--out", out, "--only", "map,tables", "--no-plan", "--lang", lang]
        # Python of QGIS has a home and libraries of its own, which another Python must not take for its own.
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "GDAL_", "PROJ_"))}
        clean["PYTHONUTF8"] = "1"
        feedback.pushCommandInfo(" ".join(command))
        try:
            run = subprocess.Popen(
                command, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                errors="replace", creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )  # fmt: skip
        except OSError as error:
            raise QgsProcessingException(said("missing", program)) from error
        for line in run.stdout:
            feedback.pushInfo(line.rstrip())
            if feedback.isCanceled():
                run.kill()
        if run.wait() and not feedback.isCanceled():
            raise QgsProcessingException(said("failed", run.returncode))
        if feedback.isCanceled():
            return {}
        QgsSettings().setValue(COMMAND, program)
        return {"OUT": out, "LAYERS": self._opened(str(Path(out) / "communities.qgz"), context)}

    def _opened(self, file, context):
        """Take the layers of a project over, lowest first, with the style and the name that they have there."""
        project = QgsProject()
        project.read(file)
        names = []
        for node in reversed(project.layerTreeRoot().findLayers()):
            layer = node.layer().clone()
            context.temporaryLayerStore().addMapLayer(layer)
            target = context.project() or QgsProject.instance()
            about = QgsProcessingContext.LayerDetails(layer.name(), target, layer.name())
            about.forceName = True
            context.addLayerToLoadOnCompletion(layer.id(), about)
            names.append(layer.name())
        return names
