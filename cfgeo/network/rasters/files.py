"""Which raster files may be opened, as what, and whether they hold heights: nothing beside the study is read."""

import struct
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cfgeo.core.errors import InputError
from cfgeo.core.findings import Findings, finding
from cfgeo.core.strings import Sentence
from cfgeo.files.archives import require_modest
from cfgeo.files.openable import require_file
from cfgeo.libraries import rasterio

_DRIVERS = {
    ".tif": "GTiff", ".tiff": "GTiff", ".hgt": "SRTMHGT", ".asc": "AAIGrid", ".img": "HFA",
    ".dt0": "DTED", ".dt1": "DTED", ".dt2": "DTED",
}  # fmt: skip
"""The one driver that may open a file, by its ending. GDAL would go by content, and some formats name other files."""
_MEMBERS = (".hgt", ".tif", ".tiff", ".asc", ".img")
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_SIDES = (".ovr", ".msk")
"""Files beside a raster that GDAL opens whatever they are."""
_COLOURS = {
    "red", "green", "blue", "palette", "hue", "saturation", "lightness", "cyan", "magenta", "yellow", "black",
}  # fmt: skip
_NO_HEIGHTS = ("slope", "aspect", "hillshade", "坡度", "坡向", "山体阴影", "山影", "晕渲")
"""Words in the name of a raster that is made from heights."""
_SQUARE = 1e-3
"""A grid whose rows and columns meet at another angle than a right one, by more than this cosine, is sheared."""


def raster_names(path: Path) -> list[str]:
    """Return the names that GDAL opens for a file: itself, or the rasters inside a zip.

    Raises
    ------
    InputError
        It is no plain file of a known format, or files beside it or in it are not what their endings say.
    """
    suffix = path.suffix.lower()
    if suffix == ".vrt":
        raise InputError("elevation_vrt", file=path)
    require_file(path)
    if suffix != ".zip":
        if suffix not in _DRIVERS:
            raise InputError("elevation_format", file=path, known=" ".join((*_DRIVERS, ".zip")))
        for side in path.parent.iterdir():
            if side.name.lower() in {f"{path.name}{ending}".lower() for ending in _SIDES}:
                require_file(side)
                with side.open("rb") as stream:
                    _require_tiff(side, stream.read(4))
        return [str(path.absolute())]
    require_modest(path)
    try:
        with zipfile.ZipFile(path) as archive:
            inside = sorted(name for name in archive.namelist() if name.lower().endswith(_MEMBERS))
            for name in archive.namelist():
                if name.lower().endswith(_SIDES):
                    with archive.open(name) as stream:
                        _require_tiff(path, stream.read(4))
    except (zipfile.BadZipFile, struct.error, RuntimeError, ValueError, OSError) as error:
        raise InputError("file_unreadable", file=path, reason=error) from error
    if not inside:
        raise InputError("elevation_zip", file=path, known=" ".join(_MEMBERS))
    return [f"/vsizip/{path.resolve().as_posix()}/{name}" for name in inside]


def _require_tiff(path: Path, begin: bytes) -> None:
    if begin not in _TIFF:
        raise InputError("file_unreadable", file=path, reason=Sentence("reason.format"))


@contextmanager
def opened(name: str, path: Path) -> Iterator[Any]:
    """Open a raster that holds heights.

    Parameters
    ----------
    name
        From :func:`raster_names`.
    path
        The file, for errors.

    Raises
    ------
    InputError
        It cannot be read, has no place on the ground, or is a picture or anything else but heights.
    """
    driver = _DRIVERS[Path(name).suffix.lower()]
    try:
        with warnings.catch_warnings(), rasterio.Env(CPL_VSIL_CURL_ALLOWED_EXTENSIONS="{none}"):
            warnings.simplefilter("ignore")  # of what is refused here
            with rasterio.open(name, driver=driver) as dataset:
                _require_heights(dataset, path)
                yield dataset
    except UnicodeDecodeError as error:  # the name of its coordinate system, in a ``.prj`` in another encoding
        raise InputError("elevation_without_crs", file=path) from error
    except (rasterio.errors.RasterioError, rasterio.errors.RasterioIOError, OSError) as error:
        raise InputError("file_unreadable", file=path, reason=error) from error


def _require_heights(dataset: Any, path: Path) -> None:
    if link := dataset.tags(ns="OVERVIEWS").get("OVERVIEW_FILE"):
        raise InputError("file_elsewhere", file=path, mark=link)
    if "complex" in dataset.dtypes[0]:
        raise InputError("elevation_complex", file=path)
    if _COLOURS & {kind.name for kind in dataset.colorinterp}:
        raise InputError("elevation_picture", file=path, bands=dataset.count)
    if sum(kind.name != "alpha" for kind in dataset.colorinterp) > 1:
        raise InputError("elevation_bands", file=path, bands=dataset.count)
    if dataset.crs is None:
        raise InputError("elevation_without_crs", file=path)
    grid = dataset.transform
    width, height = np.hypot(grid.a, grid.d), np.hypot(grid.b, grid.e)
    if grid.is_identity or grid.is_degenerate:
        raise InputError("elevation_without_place", file=path)
    if abs(grid.a * grid.b + grid.d * grid.e) > _SQUARE * width * height:
        raise InputError("elevation_sheared", file=path)


def doubts_about(dataset: Any, name: str) -> Findings:
    """Return findings about a raster whose format or name says that it may be no heights."""
    about = " ".join([name, *filter(None, dataset.descriptions)]).lower()
    word = next((word for word in _NO_HEIGHTS if word in about), None)
    if word:
        return [finding("elevation_derived", "elevation", row=name, word=word)]
    if dataset.dtypes[0] == "uint8":
        return [finding("elevation_bytes", "elevation", row=name)]
    return []
