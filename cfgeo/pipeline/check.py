"""The data of a study, checked and not judged."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cfgeo.assess.gaps import with_walk_findings
from cfgeo.assess.verdicts import facility_table
from cfgeo.core.clock import Clock, Tell
from cfgeo.core.findings import findings_table
from cfgeo.core.schema import Inputs
from cfgeo.pipeline.case import read_case
from cfgeo.study.config import Study


def check_study(study: Study, *, cache: str | Path | None = None, tell: Tell = lambda stage: None) -> pd.DataFrame:
    """Return what is wrong with a study's data, without judging it.

    Parameters
    ----------
    study, cache, tell
        As for :func:`run_study`.

    Returns
    -------
    pandas.DataFrame
        Findings, the worst first; :func:`cfgeo.describe_findings` puts them into words.

    Raises
    ------
    CfgeoError
        As :func:`run_study`; a :class:`CheckError` carries the findings.
    """
    return checked_inputs(study, cache=cache, tell=tell).findings


def checked_inputs(study: Study, *, cache: str | Path | None = None, tell: Tell = lambda stage: None) -> Inputs:
    """Return a study's data with all that is wrong with it, as :func:`check_study` finds it."""
    listed: Sequence[dict[str, Any]] = ()
    if study.projects is not None:
        from cfgeo.scenarios.lists.projects import plan_choices

        listed = plan_choices(study)[0].findings
    read = read_case(study, Clock(tell), cache)
    inputs = with_walk_findings(read.case, study, facility_table(read.case.inputs, read.case.home), read.gaps)
    if not listed:
        return inputs
    return dataclasses.replace(inputs, findings=findings_table([*_rows_of(inputs.findings), *listed]))


def _rows_of(findings: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in findings.to_dict("records")]
