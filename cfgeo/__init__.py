"""cfgeo: how child-friendly communities are, on foot, at a child's height and pace."""

from cfgeo.around import layer_isochrones, reach_from
from cfgeo.check import describe as describe_findings
from cfgeo.errors import (
    CfgeoError,
    CheckError,
    InputError,
    NetworkError,
    OutputError,
    PlaceError,
    ScenarioError,
    ServiceError,
    StandardError,
    StudyError,
    WalkerError,
)
from cfgeo.inputs import load_inputs
from cfgeo.interop import from_networkx, to_networkx
from cfgeo.pipeline import explain_study, run_study
from cfgeo.planned import Plan, PlanChoices
from cfgeo.project_file import load_projects
from cfgeo.projects import Project, Projects
from cfgeo.proposals import plan_study, site_study, whatif_study
from cfgeo.publish import publish
from cfgeo.results import Explanation, Results, Route, WhatIf
from cfgeo.scenario import FacilityChange, LinkChange, Scenario
from cfgeo.scenario_file import load_scenario
from cfgeo.schema import Inputs, Network
from cfgeo.sited import SiteChoices, Siting
from cfgeo.sources import read_network
from cfgeo.standard import Standard, load_standard
from cfgeo.study import Study, load_study
from cfgeo.walkers import Walker, load_walkers

__all__ = [
    "CfgeoError",
    "CheckError",
    "Explanation",
    "FacilityChange",
    "InputError",
    "Inputs",
    "LinkChange",
    "Network",
    "NetworkError",
    "OutputError",
    "PlaceError",
    "Plan",
    "PlanChoices",
    "Project",
    "Projects",
    "Results",
    "Route",
    "Scenario",
    "ScenarioError",
    "ServiceError",
    "SiteChoices",
    "Siting",
    "Standard",
    "StandardError",
    "Study",
    "StudyError",
    "Walker",
    "WalkerError",
    "WhatIf",
    "describe_findings",
    "explain_study",
    "from_networkx",
    "layer_isochrones",
    "load_inputs",
    "load_projects",
    "load_scenario",
    "load_standard",
    "load_study",
    "load_walkers",
    "plan_study",
    "publish",
    "reach_from",
    "read_network",
    "run_study",
    "site_study",
    "to_networkx",
    "whatif_study",
]
