"""Studies that share an OpenStreetMap file: each gets what it reads of it as a file of its own, before any is judged.

A study passes over the whole file of its streets. Many studies of one province would do so each; here a few passes
serve all of them.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import shapely

from cfgeo.batch.cut import cut
from cfgeo.batch.kept import Task, kept
from cfgeo.core.errors import CfgeoError
from cfgeo.core.schema import WGS84, Box
from cfgeo.core.strings import Sentence
from cfgeo.files.osm.reader import is_in_order, is_osm_file
from cfgeo.files.osm.streets import bounds_of
from cfgeo.files.postgis import is_database
from cfgeo.study.communities import read_communities
from cfgeo.study.config import Cut, Study
from cfgeo.study.ground.base_map import window_of
from cfgeo.study.settings import choices, margin_m, walkers_used
from cfgeo.study.sources import SourceReader

Note = Callable[[Sentence], None]

_FOLDER = ".extracts"
_PAD = 1e-4
"""A box is wider by this than what is read [degrees]: that is rounded, and rounded otherwise."""


@contextmanager
def extracts(tasks: Sequence[Task], root: Path, note: Note = lambda sentence: None) -> Iterator[list[Task]]:
    """Yield tasks, with their extract where several that are to be judged share a file; remove these in the end.

    An extract is no source: outputs, records and hashes are those of the whole file. A study without one reads that,
    which takes longer. That is so where its communities come from OpenStreetMap's tags, which are looked for
    everywhere, and where the file is not in order.

    Parameters
    ----------
    tasks
        The districts.
    root
        The batch's folder, which all that judge see.
    note
        Called before a file is cut, which may take minutes.
    """
    folder = root / _FOLDER
    shutil.rmtree(folder, ignore_errors=True)  # of a call that was killed
    try:
        yield _with_extracts(tasks, folder, note)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _with_extracts(tasks: Sequence[Task], folder: Path, note: Note) -> list[Task]:
    found: dict[str, Cut] = {}
    for file, sharing in _sharing(tasks).items():
        boxes = {name: box for name, study in sharing.items() if (box := _box_of(study)) is not None}
        if len(boxes) < 2 or not _is_ready(file):
            continue
        note(Sentence("batch.cutting", file=file.name, count=len(boxes)))
        cuts = {name: Cut(folder / f"{name}.osm.pbf", box) for name, box in boxes.items()}
        with suppress(CfgeoError, OSError):  # a damaged file is told with each district; a full disk needs no extract
            folder.mkdir(parents=True, exist_ok=True)
            filled = cut(file, {each.file: each.box for each in cuts.values()})
            found |= {name: each for name, each in cuts.items() if each.file in filled}
    return [replace(task, cut=found.get(task.id)) for task in tasks]


def _sharing(tasks: Sequence[Task]) -> dict[Path, dict[str, Study]]:
    """Return the studies that are to be judged by their OpenStreetMap file."""
    by_file: dict[Path, list[tuple[Task, Study]]] = {}
    for task in tasks:
        with suppress(CfgeoError, OSError):  # its row will say so
            study = task.study()
            file = study.resolve(None)
            if study.boundaries.communities.osm is None and not is_database(study.network.path) and is_osm_file(file):
                by_file.setdefault(file.resolve(), []).append((task, study))
    several = {file: sharing for file, sharing in by_file.items() if len(sharing) > 1}
    return {
        file: {task.id: study for task, study in sharing if kept(task, study) is None}
        for file, sharing in several.items()
    }


def _is_ready(file: Path) -> bool:
    try:
        return is_in_order(file)
    except CfgeoError:
        return False


def _box_of(study: Study) -> Box | None:
    """Return the box in which a study reads its streets, its layers and the ground under its map; None if unknown."""
    try:
        standard, walkers = choices(study)
        far_m = margin_m(study, standard, walkers_used(study, standard, walkers))
        communities = read_communities(SourceReader(study)).table
    except CfgeoError:
        return None
    read = bounds_of(communities.geometry, margin_m=far_m)
    window = gpd.GeoSeries([shapely.box(*window_of(communities))], crs=communities.crs)
    shown = window.to_crs(WGS84).total_bounds.tolist()
    west, south, east, north = (*map(min, read[:2], shown[:2]), *map(max, read[2:], shown[2:]))
    return west - _PAD, south - _PAD, east + _PAD, north + _PAD
