"""Findings about what a standard asks for and a study's data does not hold."""

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.lacking.columns import answer_gaps, column_gaps, number_gaps, weight_gaps
from cfgeo.assess.lacking.figures import figure_gaps, people_gaps, reference_gaps
from cfgeo.assess.lacking.layers import campus_gaps, kind_gaps, layer_gaps, name_gaps, place_gaps, untold_gaps
from cfgeo.assess.lacking.names import nearest
from cfgeo.assess.units import unit_layers
from cfgeo.assess.verdicts import demand_points
from cfgeo.check import layers as check
from cfgeo.check.facilities import check_twice, check_water
from cfgeo.check.locate import locate_findings
from cfgeo.core.findings import Findings, finding, findings_table, require_clean
from cfgeo.core.schema import AGE_BANDS, BASE_LAYERS, WATER_LAYERS, Inputs
from cfgeo.study.config import Study
from cfgeo.study.settings import margin_m
from cfgeo.study.standard import Standard


def check_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find what leaves clauses open, or decides them by data that is missing.

    Parameters
    ----------
    standard
        What is asked for.
    inputs
        The data.
    """
    asked = {clause.layer for clause in standard.clause}
    units = {name: table for name, table in unit_layers(inputs).items() if name in asked}
    inputs = dataclasses.replace(inputs, layers={**inputs.layers, **units})
    about_layers = (layer_gaps, kind_gaps, untold_gaps, name_gaps, place_gaps)
    about_columns = (column_gaps, number_gaps, answer_gaps, weight_gaps)
    finders = (*about_layers, *about_columns, campus_gaps, _ages, people_gaps, reference_gaps, figure_gaps)
    return [row for find in finders for row in find(standard, inputs)]


def require_usable(standard: Standard, inputs: Inputs) -> Findings:
    """Refuse layers that clauses would fail by, though their files may well hold what the clauses ask for.

    Returns
    -------
    list of dict
        What :func:`check_gaps` finds.

    Raises
    ------
    CheckError
        Carries all findings so far, and where they are.
    """
    gaps = check_gaps(standard, inputs)
    if any(row["severity"] == "error" for row in gaps):
        known = [{str(name): value for name, value in row.items()} for row in inputs.findings.to_dict("records")]
        table = findings_table(known + gaps)
        require_clean(table, lambda: locate_findings(table, inputs))
    return gaps


def _ages(standard: Standard, inputs: Inputs) -> Findings:
    """Find age bands that clauses ask for and the demand does not have."""
    clauses = {band: tuple(clause.id for clause in standard.clause if band in clause.children) for band in AGE_BANDS}
    missing = [band for band in AGE_BANDS if clauses[band] and band not in inputs.demand.columns]
    others = [heading for heading in inputs.demand_headings if heading not in AGE_BANDS]
    slips = {band: near for band in missing if (near := nearest(band, others))}
    if any(band in inputs.demand.columns for band in AGE_BANDS):
        rest = [band for band in missing if band not in slips]
        rows = [finding("age_near", "demand", row=band, near=slips[band], clauses=clauses[band]) for band in slips]
        return rows + [finding("age_missing", "demand", row=band, clauses=clauses[band]) for band in rest]
    if slips:
        return [finding("ages_near", "demand", near=tuple(slips.values()), bands=tuple(slips))]
    asked = tuple(clause.id for clause in standard.clause if clause.children)
    return [finding("ages_unknown", "demand", severity="note", clauses=asked)] if missing else []


def with_walk_findings(case: Case, study: Study, facilities: gpd.GeoDataFrame, gaps: Findings) -> Inputs:
    """Return the inputs with the gaps that :func:`require_usable` found, and the findings that need the network.

    Raises
    ------
    CheckError
        Clauses walk to a layer none of whose places meets a street.
    """
    inputs, samples, snap_m = case.inputs, case.samples, study.walk.snap_m
    rows = [{str(name): value for name, value in row.items()} for row in inputs.findings.to_dict("records")]
    district = shapely.union_all(inputs.communities.geometry.to_numpy())
    far_m = margin_m(study, case.standard, case.walkers)
    water = [inputs.layers[name].geometry for name in WATER_LAYERS if name in inputs.layers]
    wet = gpd.GeoSeries(pd.concat(water) if water else [], crs=inputs.crs)
    walked = {clause.layer for clause in case.standard.clause if clause.measure == "reach"}
    for name, whole in inputs.layers.items():
        if name in BASE_LAYERS:
            continue
        rows += check_twice(name, whole)
        rows += check_water(name, whole, case.home.places[name], network=inputs.network, water=wet)
        layer = whole[check.near(whole, district, within_m=far_m)]  # the others have a finding of their own
        met_street = facilities.loc[layer.index, "snapped"].to_numpy(dtype=bool)
        rows += check.check_snapped(name, layer, met_street, snap_m=snap_m, walked=name in walked)
    met = np.isin(np.arange(len(samples.demand)), case.home.demand.item)
    homes = study.demand and study.demand.places
    rows += check.check_demand(
        samples.demand,
        samples.demand["community"],
        met,
        snap_m=snap_m,
        read_around=not homes or homes.osm is not None or study.whole is not None,
    )
    rows += gaps
    rows += check.check_populated(inputs.communities, demand_points(case))
    if not study.network.elevation and not inputs.network.relief.get("known"):
        rows.append(finding("elevation_none", "network", severity="note"))
    elif study.walk.slope == "none":
        rows.append(finding("elevation_off", "network", severity="note"))
    findings = findings_table(rows)
    require_clean(findings, lambda: locate_findings(findings, inputs))
    return dataclasses.replace(inputs, findings=findings)
