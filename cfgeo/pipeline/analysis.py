"""A study held in memory, measured as often as an analyst likes: each function takes what ``assemble`` gives."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, Unpack, cast

import geopandas as gpd
import pandas as pd
import shapely

from cfgeo.assess.isochrones import layer_minutes, layer_pairs, walk_of
from cfgeo.assess.measures.communities import coverage_table
from cfgeo.core.clock import Clock, Tell
from cfgeo.core.errors import StudyError
from cfgeo.core.explanation import Explanation
from cfgeo.core.plan import Plan, PlanChoices
from cfgeo.core.projects import Projects
from cfgeo.core.results import Results
from cfgeo.core.scenario import Scenario
from cfgeo.core.schema import ROW, SEARCH_MINUTES, SECONDS_PER_MINUTE, WGS84
from cfgeo.core.sites import SiteChoices, Siting
from cfgeo.core.whatif import WhatIf
from cfgeo.files.memory import MemoryTable
from cfgeo.pipeline import case as reading
from cfgeo.pipeline.case import ReadStudy
from cfgeo.pipeline.explain import explain_read
from cfgeo.pipeline.proposals import plan_case, site_read, whatif_read
from cfgeo.pipeline.run import judge_read
from cfgeo.study.config import Study
from cfgeo.study.places import valid, without_infinite
from cfgeo.study.settings import require_minutes
from cfgeo.study.sources import SourceReader, read_source
from cfgeo.study.start.in_memory import MoreTables, TableLike, TablesLike, hinted, study_of
from cfgeo.study.tables import TableSource

_ORIGINS = "origins"
_Ask = TypeVar("_Ask", bound=Callable[..., Any])


def _quiet(stage: str) -> None:
    """Tell nobody of a stage."""


def _of_case(ask: _Ask) -> _Ask:
    """Return a function that says so where it is given something else than a case."""

    @wraps(ask)
    def asked(*values: Any, **choices: Any) -> Any:
        case = values[0] if values else choices.get("case")
        if not isinstance(case, ReadStudy):
            raise StudyError("case_kind", kind=type(case).__name__)
        with hinted() if case.study.file is None or _ORIGINS in choices else nullcontext():
            return ask(*values, **choices)

    return cast("_Ask", asked)


def assemble(
    communities: TableLike,
    *,
    network: Any,
    homes: TableLike | None = None,
    layers: Mapping[str, TablesLike] | None = None,
    standard: str | os.PathLike[str] = "fifteen-minute",
    **more: Unpack[MoreTables],
) -> ReadStudy:
    """Return tables and graphs in memory as the case that files with the same content give.

    They are read and checked as files are; errors name the argument in place of the file, and findings name rows by
    the index of their table. Wherever a table stands, a path may stand, or a table of ``study.toml`` as a dict, whose
    ``path`` is either: ``{"path": gdf, "columns": {"capacity": "places"}, "datum": "gcj02"}``.

    Parameters
    ----------
    communities
        Areas with ``code``, ``community`` and ``street_office``. Where these columns have other names:
        ``{"path": gdf, "columns": {"code": "id", "community": "name"}, "street_office": "one for all"}``.
    network
        A graph of OSMnx or networkx, a :class:`cfgeo.Network`, a table of lines, or the path of a file. A graph or
        network shall reach half an hour's walk beyond the communities.
    homes
        Points or buildings where children live, with ``age_0_2`` … where their numbers are known, or a GeoSeries of
        them; along the streets when missing.
    layers
        Facilities by the name of their layer; a list where a layer is made of several tables.
    standard
        The id of a built-in standard, or the path of a ``.toml``.
    **more
        The other tables of ``study.toml`` by their names there: ``study`` (``id``, ``title``, ``status``, ``crs``,
        ``as_of``), ``elevation`` (paths of rasters), ``walk``, ``walkers``, ``references``, ``blocks``, ``zones``,
        ``reported``, ``decided``, ``map``.

    Raises
    ------
    CfgeoError
        As :func:`cfgeo.run_study`.
    """
    with hinted():
        own = {} if layers is None else layers
        study = study_of(communities, homes, own, network, {**more, "study": _about(more, standard)})
        return read_case(study)


def _about(more: MoreTables, standard: str | os.PathLike[str]) -> Mapping[str, Any]:
    """Return ``[study]`` with its standard."""
    own = more.get("study", {})
    return {**own, "standard": os.fspath(standard)} if isinstance(own, Mapping) else own


def read_case(study: Study, *, cache: str | Path | None = None, tell: Tell = _quiet) -> ReadStudy:
    """Read a study, and return the case that the functions of this module take.

    Parameters
    ----------
    study, cache, tell
        As for :func:`cfgeo.run_study`.

    Raises
    ------
    CfgeoError
        As :func:`cfgeo.run_study`.
    """
    return reading.read_case(study, Clock(tell), cache, ground=True)


@_of_case
def coverage(case: ReadStudy) -> pd.DataFrame:
    """Return what each community has in reach, clause by clause, as ``Results.coverage`` before it is judged."""
    return coverage_table(case.case)


@_of_case
def judge(case: ReadStudy) -> Results:
    """Judge a case as :func:`cfgeo.run_study` judges files, without a plan."""
    return judge_read(case, Clock(_quiet))


@_of_case
def minutes_to(
    case: ReadStudy,
    layer: str,
    *,
    walker: str | None = None,
    kind: str | Sequence[str] = (),
    origins: pd.DataFrame | gpd.GeoSeries | None = None,
) -> pd.Series:
    """Return the walk from each home to the nearest place of a layer [min].

    Parameters
    ----------
    case
        What :func:`cfgeo.assemble` or :func:`cfgeo.read_case` gives.
    layer
        Where to.
    walker
        Who walks; the study's own walker when missing.
    kind
        Which kinds of places count; all when missing.
    origins
        Where walks begin, in place of the homes: points or areas in any CRS, or a table with ``lon`` and ``lat``.

    Returns
    -------
    pandas.Series
        On the index of ``origins``, or of the homes that were given as a table, else of ``case.inputs.demand``.
        inf: no place within half an hour; NaN: no position, or no street within the study's ``snap_m``.

    Raises
    ------
    StudyError
        There is no such layer, kind or walker.
    InputError
        The origins have no positions, or such as cannot be.
    """
    rows, index, points = _origins(case, origins)
    walk = walk_of(case.study, case.case, walker)
    minutes = layer_minutes(case.case, walk, layer, _kinds(kind), points)
    return pd.Series(minutes, index=rows, name="minutes").reindex(index[0]).set_axis(index[1])


@_of_case
def od_matrix(
    case: ReadStudy,
    layer: str,
    *,
    walker: str | None = None,
    kind: str | Sequence[str] = (),
    origins: pd.DataFrame | gpd.GeoSeries | None = None,
    most_minutes: float = SEARCH_MINUTES,
) -> pd.DataFrame:
    """Return the walks between homes and all places of a layer that are near enough, a row for each pair.

    Parameters
    ----------
    case, layer, walker, kind, origins
        As for :func:`minutes_to`.
    most_minutes
        The longest walk, half an hour at most: streets are read no farther.

    Returns
    -------
    pandas.DataFrame
        ``origin`` (in the index that :func:`minutes_to` has), ``facility`` (in that of ``case.inputs.layers[layer]``),
        ``row`` (of the table that it comes from), ``minutes``; sorted by origin and facility.

    Raises
    ------
    StudyError, InputError
        As :func:`minutes_to`; or the walk is longer than streets are read.
    """
    require_minutes([most_minutes], most=SEARCH_MINUTES)
    rows, index, points = _origins(case, origins)
    walk = walk_of(case.study, case.case, walker)
    pairs = layer_pairs(case.case, walk, layer, _kinds(kind), points, most_minutes=most_minutes)
    label = pd.Series(index[1], index=index[0]).loc[rows].to_numpy()
    facilities = case.inputs.layers[layer]
    columns = {
        "origin": label[pairs.point],
        "facility": facilities.index.to_numpy()[pairs.place],
        "row": facilities[ROW].to_numpy()[pairs.place],
        "minutes": pairs.seconds / SECONDS_PER_MINUTE,
    }
    return pd.DataFrame(columns)


@_of_case
def explain(
    case: ReadStudy,
    *,
    lonlat: tuple[float, float] | None = None,
    community: str | None = None,
    layer: str | None = None,
) -> list[Explanation]:
    """Explain why walks take as long as they do, as :func:`cfgeo.explain_study` does."""
    return explain_read(case, lonlat=lonlat, community=community, layer=layer)


@_of_case
def what_if(case: ReadStudy, scenario: Scenario | str | Path) -> WhatIf:
    """Judge a case before and after changes, or a file of changes, as :func:`cfgeo.whatif_study` does."""
    from cfgeo.scenarios.lists.changes import load_scenario

    changes = scenario if isinstance(scenario, Scenario) else load_scenario(scenario, study=case.study)
    return whatif_read(case, changes)


@_of_case
def find_sites(case: ReadStudy, choices: SiteChoices) -> Siting:
    """Find the sites where new places of a layer would bring most, as :func:`cfgeo.site_study` does."""
    return site_read(case, choices)


@_of_case
def find_plan(case: ReadStudy, projects: Projects | str | Path, choices: PlanChoices) -> Plan:
    """Find which projects of a reserve list to build, as :func:`cfgeo.plan_study` does."""
    from cfgeo.plan.planning import require_sound
    from cfgeo.scenarios.lists.projects import load_projects

    listed = projects if isinstance(projects, Projects) else load_projects(projects, study=case.study)
    require_sound(listed, choices)
    return plan_case(case.study, case.case, listed, choices, ground=case.ground(), tell=_quiet)


def _kinds(kind: str | Sequence[str]) -> tuple[str, ...]:
    return (kind,) if isinstance(kind, str) else tuple(kind)


def _origins(
    case: ReadStudy, origins: pd.DataFrame | gpd.GeoSeries | None
) -> tuple[pd.Index, tuple[pd.Index, pd.Index], Any]:
    """Return where walks begin: homes in memory and other origins are read as all tables are.

    Returns
    -------
    rows : pandas.Index
        The row of each point.
    index : tuple of pandas.Index
        All rows, and what the caller calls them.
    points : numpy.ndarray
        In the metric CRS.
    """
    study, role = case.study, "demand"
    source = study.demand.places if study.demand is not None else None
    if origins is not None:
        table = origins if isinstance(origins, pd.DataFrame) else gpd.GeoDataFrame(geometry=origins)
        role, source = _ORIGINS, TableSource(path=_ORIGINS)
        study = study.with_memory({Path(_ORIGINS): MemoryTable(_ORIGINS, table)})
    held = study.memory.get(study.resolve(source.path)) if source is not None and source.path else None
    if source is None or not isinstance(held, MemoryTable):
        demand = case.inputs.demand
        return demand.index, (demand.index, demand.index), demand.geometry.to_numpy()
    land = case.inputs.communities.geometry.to_crs(WGS84).union_all()
    places = read_source(source, role, SourceReader(study), district=land).table.to_crs(case.inputs.crs)
    shapes = without_infinite(valid(places)).geometry.to_numpy()
    return places.index, (held.rows, held.index), shapely.point_on_surface(shapes)
