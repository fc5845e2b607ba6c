"""A study, read and snapped to its network: what every verb begins with."""

import logging
import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cfgeo.assess.case import Case, make_case
from cfgeo.assess.gaps import require_usable
from cfgeo.assess.kept.area import kept_area
from cfgeo.core.clock import Clock, Tell
from cfgeo.core.findings import Findings
from cfgeo.core.schema import Inputs
from cfgeo.core.shapes import Ground
from cfgeo.core.strings import Sentence
from cfgeo.network.cache import folder_of
from cfgeo.network.elevation import rasters_under
from cfgeo.network.rasters.heights import heights_at
from cfgeo.network.terrain import Heights
from cfgeo.study.config import Study
from cfgeo.study.ground.base_map import MapFiles
from cfgeo.study.ground.kept import kept_ground
from cfgeo.study.inputs import read_study
from cfgeo.study.settings import choices as standard_and_walkers
from cfgeo.study.settings import margin_m, walkers_used

_LARGE_NODES = 200_000
_BASE_GB, _GB_A_NODE = 0.5, 11e-6
"""What a whole run holds at most, by the runs of synthetic cities of ``scripts/bench``: with its junctions it grows."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, repr=False)
class ReadStudy:
    """A study as it was read.

    Attributes
    ----------
    study : Study
    case : Case
        Everything in it, snapped to its network.
    gaps : list of dict
        Findings about what its data lacks.
    map_files : MapFiles, optional
        What its files tell of the ground, if that was asked for.
    cache : pathlib.Path, optional
        Folder in which its ground is kept between runs.
    """

    study: Study
    case: Case
    gaps: Findings
    map_files: MapFiles | None
    cache: Path | None = None

    def __repr__(self) -> str:
        """Return a summary in one line."""
        return f"<ReadStudy {self.study.study.id}: {str(self.case.inputs).removeprefix('<Inputs: ')}"

    @property
    def inputs(self) -> Inputs:
        """Its data, in one metric CRS."""
        return self.case.inputs

    def heights(self) -> Heights:
        """Return what gives the heights of the land; none where nothing was read of the ground."""
        return partial(heights_at, self.map_files.rasters() if self.map_files else [], crs=self.case.inputs.crs)

    def ground(self) -> Ground | None:
        """Return what maps show of the place itself."""
        return None if self.map_files is None else kept_ground(self.map_files, self.case.inputs, self.cache)


def read_case(study: Study, clock: Clock, cache: str | Path | None, *, ground: bool = False) -> ReadStudy:
    """Read a study and snap everything in it to the network, as the stages ``read`` and ``snap``."""
    standard, walkers = standard_and_walkers(study)
    used = walkers_used(study, standard, walkers)
    with clock.stage("read"):
        data = read_study(study, margin_m=margin_m(study, standard, used), cache=folder_of(cache), ground=ground)
        gaps = require_usable(standard, data.inputs)
    _tell_of_memory(len(data.inputs.network.nodes))
    with clock.stage("snap"):
        folder = folder_of(cache)
        area = None if folder is None else partial(kept_area, folder)
        case = make_case(data.inputs, standard, used, study.walk, kept_area=area)
        if study.decided:
            from cfgeo.scenarios.decided import with_decided

            case = with_decided(study, case)
        return ReadStudy(study, case, gaps, data.map_files, folder)


def _tell_of_memory(n_nodes: int) -> None:
    """Say what a large study will need before anything is searched: reading took about a third of that."""
    if n_nodes >= _LARGE_NODES:
        need_gb = math.ceil(_BASE_GB + n_nodes * _GB_A_NODE)
        _log.warning(Sentence("notice.memory", nodes=f"{n_nodes:,}", need=need_gb))


def load_case(study: Study, *, cache: str | Path | None = None, tell: Tell = lambda stage: None) -> Case:
    """Read a study and snap everything in it to the network, ready to be measured any number of times.

    Parameters
    ----------
    study, cache, tell
        As for :func:`run_study`.

    Raises
    ------
    CfgeoError
        As :func:`run_study`.
    """
    return read_case(study, Clock(tell), cache).case


def heights_of(study: Study, case: Case) -> Heights:
    """Return what gives the heights of the land."""
    paths = [study.resolve(name) for name in study.network.elevation] if study.walk.slope != "none" else []
    return partial(heights_at, rasters_under(case.inputs.network, paths), crs=case.inputs.crs)
