"""What a study has decided on, laid over its data: ``[[decided]]`` of ``study.toml``, a dated list of changes each."""

from dataclasses import replace

from cfgeo.assess.case import Case
from cfgeo.core.findings import finding, findings_table
from cfgeo.scenarios.remeasure import MeasuredCase, changed
from cfgeo.scenarios.street_edits import decided_scenarios, streets_of
from cfgeo.study.config import Study
from cfgeo.study.sources import SourceReader


def with_decided(study: Study, case: Case) -> Case:
    """Return a case as it is with what its study has decided on, in the order of the decisions.

    Parameters
    ----------
    study
        The study.
    case
        As its data alone make it.

    Raises
    ------
    ScenarioError
        A change of a decision cannot be made on the data of today; the message names all of them.
    """
    at = MeasuredCase(case, {}, {}, streets=replace(streets_of(study, case), decided=()))
    rows, files, reader = [], list(case.inputs.files), SourceReader(study)
    for entry, scenario in zip(study.decided, decided_scenarios(study), strict=True):
        at = changed(at, scenario.in_crs(case.inputs.crs), file=scenario.file)
        about = {"path": entry.path, "date": entry.date or "–", "title": entry.title or "–"}
        rows.append(finding("decided_laid", "decided", severity="note", count=len(scenario.changes), **about))
        files.append(replace(reader.record("decided", study.resolve(entry.path)), date=entry.date))
    known = case.inputs.findings.to_dict("records")
    findings = findings_table([*({str(key): value for key, value in row.items()} for row in known), *rows])
    return replace(at.case, inputs=replace(at.case.inputs, findings=findings, files=tuple(files)))
