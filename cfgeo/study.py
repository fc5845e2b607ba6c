"""A study: ``study.toml`` as frozen values. Unknown keys are errors."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from cfgeo.errors import StudyError

Status = Literal["official", "approximate", "illustrative"]
Datum = Literal["wgs84", "gcj02", "bd09", "cgcs2000"]


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


Words = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
"""One word or a list of them."""

_Scalar = str | int | float | bool
_Scalars = Annotated[tuple[_Scalar, ...], BeforeValidator(_as_tuple)]


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class About(_Value):
    """``[study]``: what it is called, by which standard it is judged, how good its data is."""

    id: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    title: str
    standard: str = "fifteen-minute"
    status: Status
    crs: str | None = None


class Source(_Value):
    """Where a table comes from: a file, or elements of an OpenStreetMap file by their tags."""

    path: str | None = None
    sheet: str | None = None
    osm: dict[str, Words] | None = None
    where: dict[str, _Scalars] = {}
    columns: dict[str, str] = {}
    datum: Datum = "wgs84"
    source: str = ""
    date: str = ""
    licence: str = ""

    @model_validator(mode="after")
    def _has_origin(self) -> "Source":
        if self.path is None and self.osm is None:
            raise ValueError("needs `path` (a file) or `osm` (tags)")
        if self.osm is not None and not self.osm:
            raise ValueError("`osm` needs at least one tag")
        return self


class Communities(Source):
    """``[boundaries.communities]``."""

    street_office: str | None = None


class Boundaries(_Value):
    """``[boundaries]``."""

    communities: Communities


class NetworkFile(_Value):
    """``[network]``."""

    path: str
    elevation: str | None = None
    datum: Datum = "wgs84"
    source: str = ""
    date: str = ""
    licence: str = ""


class ChildNumbers(_Value):
    """``[demand.children]``: numbers of children by community, spread over its demand."""

    path: str
    columns: dict[str, str] = {}
    source: str = ""
    date: str = ""
    licence: str = ""


class Demand(_Value):
    """``[demand]``: where children live."""

    path: str | None = None
    osm: dict[str, Words] | None = None
    where: dict[str, _Scalars] = {}
    columns: dict[str, str] = {}
    datum: Datum = "wgs84"
    source: str = ""
    date: str = ""
    licence: str = ""
    children: ChildNumbers | None = None

    @property
    def places(self) -> Source | None:
        """The points or buildings, if the study gives any."""
        if self.path is None and self.osm is None:
            return None
        return Source(**self.model_dump(exclude={"children"}))


class Walk(_Value):
    """``[walk]``."""

    limit_minutes: Annotated[float, Field(gt=0, le=120)] = 15
    walker: str = "primary"
    snap_m: Annotated[float, Field(gt=0, le=1000)] = 100


class Study(_Value):
    """A whole ``study.toml``.

    Attributes
    ----------
    folder : pathlib.Path
        Where the file lies; its paths are relative to it.
    """

    study: About
    boundaries: Boundaries
    network: NetworkFile
    demand: Demand | None = None
    layers: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Source] = {}
    walk: Walk = Walk()
    walkers: dict[str, dict[str, Any]] = {}
    folder: Path = Field(default=Path(), exclude=True)

    def resolve(self, path: str | None) -> Path:
        """Return the full path of one of the study's files (the network's file when none is given)."""
        return self.folder / (path or self.network.path)


def load_study(path: str | Path) -> Study:
    """Read a ``study.toml``, or the one in a folder.

    Raises
    ------
    StudyError
        The file is missing, is no TOML, or has unknown, missing or wrong keys; the message names them all.
    """
    file = Path(path)
    if file.is_dir():
        file = file / "study.toml"
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise StudyError("study_missing", file=file) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError("study_unreadable", file=file, reason=error) from error
    except tomllib.TOMLDecodeError as error:
        raise StudyError("study_not_toml", file=file, reason=error) from error
    content.pop("folder", None)
    try:
        study = Study.model_validate({**content, "folder": file.parent})
    except ValidationError as error:
        faults = "\n".join(f"  - {_fault(fault, content)}" for fault in error.errors())
        raise StudyError("study_keys", file=file, faults=faults) from None
    return study


def _fault(fault: Any, content: dict[str, Any]) -> str:
    """Put one of pydantic's findings into words that name the key and what would be right."""
    where = ".".join(str(part) for part in fault["loc"] if not isinstance(part, int))
    kind, message = fault["type"], fault["msg"].removeprefix("Value error, ")
    if kind == "missing":
        return f"[{where}] is missing"
    if kind == "extra_forbidden":
        return f"[{where}] is not a known key{_guess(fault['loc'])}"
    value = fault.get("input")
    shown = "" if isinstance(value, dict) else f" (it is {value!r})"
    return f"[{where or 'file'}]: {re.sub('^Input should be', 'should be', message)}{shown}"


def _guess(location: tuple[str | int, ...]) -> str:
    known: dict[str, type[BaseModel]] = {
        "": Study,
        "study": About,
        "network": NetworkFile,
        "demand": Demand,
        "walk": Walk,
    }
    parent = str(location[-2]) if len(location) > 1 else ""
    model: type[BaseModel] = known.get(parent, Communities if parent == "communities" else Source)
    names = sorted(set(model.model_fields) - {"folder"})
    near = difflib.get_close_matches(str(location[-1]), names, n=1)
    return f"; did you mean `{near[0]}`?" if near else f"; known are: {', '.join(names)}"
