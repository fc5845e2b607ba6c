"""cfgeo: how child-friendly communities are, on foot, at a child's height and pace.

A function of this module is all that most programs need. Below it lie wings. Each imports only from
those after it; ``pipeline`` and ``publish`` do not know each other, nor do ``walk`` and ``study``:

- ``cli``: a verb parses, calls one function, prints.
- ``app``: a study held open, and changed by hand.
- ``pipeline``: the order of each verb's work.
- ``publish``: values become maps, tables and reports; imports ``core`` alone.
- ``plan``: what to build, with proof.
- ``scenarios``: the same study after changes.
- ``assess``: a study on its network becomes verdicts, and every table of a run.
- ``walk``: people and places on the network: snapping, searches, routes.
- ``study``: ``study.toml``, its standard and its data, with findings.
- ``check``: tables become findings.
- ``network``: streets become a graph with heights and seconds.
- ``files``: any file becomes a table.
- ``core``: words, errors, and the frozen values that wings hand to each other.
- ``libraries``: those that only some files need, loaded by the first of these.

A function is loaded from its wing when a program first asks for it: nobody waits for libraries that they do not use.
"""

from importlib import import_module as _import_module

from cfgeo.publish import publish  # at once: later the wing of this name would stand in its place

TYPE_CHECKING = False  # as type checkers know it: typing itself would take as long as all of this

if TYPE_CHECKING:
    from cfgeo.assess.isochrones import layer_isochrones, reach_from
    from cfgeo.core.errors import (
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
    from cfgeo.core.explanation import Explanation, Route
    from cfgeo.core.findings import describe as describe_findings
    from cfgeo.core.plan import Plan, PlanChoices
    from cfgeo.core.projects import Project, Projects
    from cfgeo.core.results import Results
    from cfgeo.core.scenario import FacilityChange, LinkChange, Scenario
    from cfgeo.core.schema import Inputs, Network
    from cfgeo.core.sites import SiteChoices, Siting
    from cfgeo.core.whatif import WhatIf
    from cfgeo.network.networkx_graphs import from_networkx, to_networkx
    from cfgeo.network.walkers import Walker, load_walkers
    from cfgeo.pipeline.analysis import (
        assemble,
        coverage,
        explain,
        find_plan,
        find_sites,
        judge,
        minutes_to,
        od_matrix,
        read_case,
        what_if,
    )
    from cfgeo.pipeline.case import ReadStudy
    from cfgeo.pipeline.explain import explain_study
    from cfgeo.pipeline.proposals import plan_study, site_study, whatif_study
    from cfgeo.pipeline.run import run_study
    from cfgeo.publish.notebook import explore
    from cfgeo.scenarios.lists.changes import load_scenario
    from cfgeo.scenarios.lists.projects import load_projects
    from cfgeo.study.config import Study, load_study
    from cfgeo.study.inputs import load_inputs
    from cfgeo.study.standard import Standard, load_standard
    from cfgeo.study.streets import read_network

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
    "ReadStudy",
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
    "assemble",
    "coverage",
    "describe_findings",
    "explain",
    "explain_study",
    "explore",
    "find_plan",
    "find_sites",
    "from_networkx",
    "judge",
    "layer_isochrones",
    "load_inputs",
    "load_projects",
    "load_scenario",
    "load_standard",
    "load_study",
    "load_walkers",
    "minutes_to",
    "od_matrix",
    "plan_study",
    "publish",
    "reach_from",
    "read_case",
    "read_network",
    "run_study",
    "site_study",
    "to_networkx",
    "what_if",
    "whatif_study",
]

_HOMES = {
    "assess.isochrones": "layer_isochrones reach_from",
    "core.errors": "CfgeoError CheckError InputError NetworkError OutputError PlaceError ScenarioError ServiceError "
    "StandardError StudyError WalkerError",
    "core.explanation": "Explanation Route",
    "core.findings": "describe_findings",
    "core.plan": "Plan PlanChoices",
    "core.projects": "Project Projects",
    "core.results": "Results",
    "core.scenario": "FacilityChange LinkChange Scenario",
    "core.schema": "Inputs Network",
    "core.sites": "SiteChoices Siting",
    "core.whatif": "WhatIf",
    "network.networkx_graphs": "from_networkx to_networkx",
    "network.walkers": "Walker load_walkers",
    "pipeline.analysis": "assemble coverage explain find_plan find_sites judge minutes_to od_matrix read_case what_if",
    "pipeline.case": "ReadStudy",
    "pipeline.explain": "explain_study",
    "pipeline.proposals": "plan_study site_study whatif_study",
    "pipeline.run": "run_study",
    "publish.notebook": "explore",
    "scenarios.lists.changes": "load_scenario",
    "scenarios.lists.projects": "load_projects",
    "study.config": "Study load_study",
    "study.inputs": "load_inputs",
    "study.standard": "Standard load_standard",
    "study.streets": "read_network",
}
"""What is imported above for who reads the code, by the module that it is loaded from when it is first asked for."""
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}
_NAMES_THERE = {"describe_findings": "describe"}

if not TYPE_CHECKING:  # for whom a name that does not exist shall be an error

    def __getattr__(name: str) -> object:
        """Return a function or class of a wing, and keep it: PEP 562."""
        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(_import_module(f"{__name__}.{_HOME_OF[name]}"), _NAMES_THERE.get(name, name))
        globals()[name] = value
        return value


del TYPE_CHECKING


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
