"""A study: ``study.toml`` as frozen values. Unknown keys are errors."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from cfgeo.core.errors import StudyError
from cfgeo.core.schema import UNIT_LAYERS, Box, Direction, Pace, Slope
from cfgeo.files.vocabulary.words import as_own_word, own_word
from cfgeo.network.walkers import WALKER_KEYS
from cfgeo.study.keys import (
    Datum,
    Encoding,
    FilePath,
    LayerName,
    NamedTables,
    Scalars,
    Status,
    Words,
    as_code,
    as_folder,
)
from cfgeo.study.start.study_file import study_file
from cfgeo.study.validation import ONE_OR_MANY, AlsoWritten, TomlError, TomlModel, as_tuple, read_toml, sentences_of

if TYPE_CHECKING:
    from cfgeo.files.memory import MemoryTable
    from cfgeo.network.memory import MemoryStreets

    Held = MemoryTable | MemoryStreets


class _Value(TomlModel):
    """A table of ``study.toml``."""


class About(_Value):
    """``[study]``: its name, the standard that it is judged by, and how good its data is."""

    id: Annotated[str, Field(pattern=r"^[\w.-]+$"), AfterValidator(as_folder)]
    title: str
    title_en: str = ""
    standard: FilePath = "fifteen-minute"
    status: Status
    crs: str | None = None
    as_of: dt.date | None = None


class _Places(_Value):
    """The keys of every table of places."""

    path: FilePath | None = None
    osm: dict[str, Words] | None = None
    where: dict[str, Scalars] = Field(default_factory=dict)
    columns: dict[str, str] = Field(default_factory=dict)
    datum: Datum = "wgs84"
    crs: Annotated[str | None, BeforeValidator(as_code), AlsoWritten("integer")] = None
    encoding: Encoding | None = None
    source: str = ""
    date: str = ""
    licence: str = ""

    @property
    def said_datum(self) -> Datum | None:
        """The datum, if the study names it: what it does not name, headings may."""
        return self.datum if "datum" in self.model_fields_set else None

    @model_validator(mode="after")
    def _has_tags(self) -> Self:
        if self.osm is not None and not self.osm:
            raise PydanticCustomError("no_tags", "osm needs a tag")
        return self


class TableSource(_Places):
    """Where a table comes from: a file, or elements of an OpenStreetMap file by their tags."""

    table: str | None = None

    @model_validator(mode="after")
    def _has_origin(self) -> Self:
        if self.path is None and self.osm is None:
            raise PydanticCustomError("origin", "needs path or osm")
        return self


class Layer(TableSource):
    """``[layers.NAME]``, or one file or table of a layer that is made of several."""

    path: Annotated[FilePath | None, AlsoWritten(as_list=True)] = None
    table: Annotated[str | None, AlsoWritten(as_list=True)] = None
    kind: str = ""


def _as_parts(value: Any) -> Any:
    """Return the files and tables of a layer: of one table of ``study.toml``, or of an array of tables."""
    return tuple(part for table in as_tuple(value) for part in _each_file(table))


def _each_file(table: Any) -> list[Any]:
    """Return a table once for each file in its list of paths, and for each of the tables that it lists."""
    if not isinstance(table, dict):
        return [table]
    lists = {key: table[key] for key in ("path", "table") if isinstance(table.get(key), list) and table[key]}
    return [{**table, **dict(zip(lists, chosen, strict=True))} for chosen in product(*lists.values())]


Parts = Annotated[tuple[Layer, ...], Field(min_length=1), BeforeValidator(_as_parts), ONE_OR_MANY]
"""The files and tables of a layer, most often one."""


class Table(_Value):
    """A table without places: a CSV file or a sheet of a workbook."""

    path: FilePath
    table: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    encoding: Encoding | None = None
    source: str = ""
    date: str = ""
    licence: str = ""


def _as_table(value: Any) -> Any:
    """Return a table for a path alone."""
    return {"path": value} if isinstance(value, str) else value


class Communities(TableSource):
    """``[boundaries.communities]``; ``official`` lists the communities, ``expected`` is their number."""

    street_office: str | None = None
    official: Annotated[Table | None, BeforeValidator(_as_table), AlsoWritten("string")] = None
    expected: Annotated[int, Field(gt=0)] | None = None


class Boundaries(_Value):
    """``[boundaries]``."""

    communities: Communities


class NetworkFile(_Value):
    """``[network]``."""

    path: FilePath
    table: str | None = None
    elevation: Annotated[tuple[FilePath, ...], BeforeValidator(as_tuple), ONE_OR_MANY] = ()
    datum: Datum = "wgs84"
    source: str = ""
    date: str = ""
    licence: str = ""


class Demand(_Places):
    """``[demand]``: where children live; ``children`` has their numbers by community, spread over its demand."""

    table: str | None = None
    children: Table | None = None

    @property
    def places(self) -> TableSource | None:
        """The points or buildings, if the study gives any."""
        if self.path is None and self.osm is None:
            return None
        return TableSource(**self.model_dump(exclude={"children"}, exclude_unset=True))


class Zones(TableSource):
    """``[zones]``: the core, network, circles, belts and points of a plan's layout."""

    title: str = ""
    near_m: Annotated[float, Field(gt=0, le=5000)] = 150


def _as_tables(value: Any) -> Any:
    """Return tables for a path, a table or a list of them."""
    return tuple(_as_table(part) for part in as_tuple(value))


class Reference(_Value):
    """A value of ``[references]``, and where it comes from."""

    value: Annotated[float, Field(ge=0)]
    source: str = ""
    date: str = ""


def _as_reference(value: Any) -> Any:
    """Return a reference for a number alone."""
    return {"value": value} if isinstance(value, int | float) else value


class WalkChoices(_Value):
    """``[walk]``."""

    limit_minutes: Annotated[float, Field(gt=0, le=120)] = 15
    walker: Annotated[str, as_own_word("walkers")] = "primary"
    snap_m: Annotated[float, Field(gt=0, le=1000)] = 100
    pace: Pace = "mean"
    slope: Slope = "tobler"
    direction: Annotated[Direction, as_own_word("directions")] = "worst"
    trunk_roads: bool = False


class MapChoices(_Value):
    """``[map]``: tiles that a reader of the page can lay under its map; none unless the study asks for them."""

    tiles: Literal["none", "osm", "tianditu"] = "none"
    tianditu_key: Annotated[str, Field(pattern=r"^[0-9A-Za-z]*$")] = ""

    @model_validator(mode="after")
    def _has_key(self) -> Self:
        if self.tiles == "tianditu" and not self.tianditu_key:
            raise PydanticCustomError("tiles_key", "tianditu needs tianditu_key")
        return self


PlanYear = Annotated[int, Field(ge=2000, le=2100)]


class ReserveList(_Value):
    """``[projects]``: a reserve list, and the budgets and targets of its plan."""

    path: FilePath
    table: str | None = None
    datum: Datum = "wgs84"
    crs: Annotated[str | None, BeforeValidator(as_code), AlsoWritten("integer")] = None
    budget: Annotated[float, Field(ge=0)] | None = None
    target: Annotated[float, Field(gt=0, le=1)] | None = None
    seconds: Annotated[float, Field(gt=0)] = 120
    targets: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    weights: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    budgets: dict[PlanYear, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    carry_over: bool = False

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        if sum([self.budget is not None, self.target is not None, bool(self.budgets)]) > 1:
            raise PydanticCustomError("projects_one", "budget or target")
        return self

    @property
    def said_datum(self) -> Datum | None:
        """The datum, if the study names it."""
        return self.datum if "datum" in self.model_fields_set else None


class Decided(_Value):
    """``[[decided]]``: changes that are decided, laid over the study's data; ``cfgeo apply`` writes them."""

    path: FilePath
    date: str = ""
    title: str = ""


def _by_layer(tables: Any) -> Any:
    """Return ``[layers]`` with cfgeo's names for layers that have Chinese ones; refuse two names of one layer."""
    if not isinstance(tables, dict):
        return tables
    named = {own_word(name, "layer_names"): table for name, table in tables.items()}
    if len(named) < len(tables):
        raise PydanticCustomError("layer_twice", "two names of one layer")
    own = [name for name in named if name in UNIT_LAYERS]
    if own:
        raise PydanticCustomError("layer_unit", "a unit is no layer", {"name": own[0]})
    return named


@dataclass(frozen=True)
class Cut:
    """What the network's OpenStreetMap file has in a box, in a file of its own.

    Attributes
    ----------
    file : Path
    box : tuple of float
        West, south, east, north [degrees].
    """

    file: Path
    box: Box

    def holds(self, boxes: Iterable[Box]) -> bool:
        """Return whether some boxes lie within its own."""
        west, south, east, north = self.box
        return all(w >= west and s >= south and e <= east and n <= north for w, s, e, n in boxes)


@dataclass(frozen=True)
class Whole:
    """The study of a city, of which this one is a district.

    Attributes
    ----------
    communities : Communities
        Those of all districts.
    column, value : str
        The column of their table that names the district, and what stands there for this one.
    """

    communities: Communities
    column: str
    value: str


class Study(_Value):
    """A whole ``study.toml``. ``blocks`` are street blocks, not the base map's layer of city blocks."""

    study: About
    boundaries: Boundaries
    network: NetworkFile
    demand: Demand | None = None
    layers: Annotated[dict[LayerName, Parts], BeforeValidator(_by_layer), NamedTables("layer_names")] = Field(
        default_factory=dict
    )
    blocks: TableSource | None = None
    zones: Zones | None = None
    projects: ReserveList | None = None
    decided: tuple[Decided, ...] = ()
    reported: Annotated[
        tuple[Annotated[Table, AlsoWritten("string")], ...], BeforeValidator(_as_tables), ONE_OR_MANY
    ] = ()
    references: dict[str, Annotated[Reference, BeforeValidator(_as_reference), AlsoWritten("number")]] = Field(
        default_factory=dict
    )
    walk: WalkChoices = WalkChoices()
    walkers: Annotated[dict[str, dict[str, Any]], NamedTables("walkers", WALKER_KEYS)] = Field(default_factory=dict)
    map: MapChoices = MapChoices()
    _file: Path | None = PrivateAttr(default=None)
    _memory: "Mapping[Path, Held]" = PrivateAttr(default_factory=dict)
    _cut: Cut | None = PrivateAttr(default=None)
    _whole: Whole | None = PrivateAttr(default=None)

    @property
    def folder(self) -> Path:
        """Return the folder of ``study.toml``, which its paths are relative to."""
        return self._file.parent if self._file else Path()

    @property
    def file(self) -> Path | None:
        """Return the file that the study was read from."""
        return self._file

    @property
    def memory(self) -> "Mapping[Path, Held]":
        """Return the sources that are no files, under what the study has for their paths."""
        return self._memory

    def with_memory(self, memory: "Mapping[Path, Held]") -> Self:
        """Return the study with further sources that are no files."""
        study = self.model_copy()
        study._memory = {**self._memory, **memory}
        return study

    @property
    def cut(self) -> Cut | None:
        """Return the part of the network's OpenStreetMap file that is read in its place, wherever that does."""
        return self._cut

    def with_cut(self, cut: Cut | None) -> Self:
        """Return the study with a part of the network's OpenStreetMap file; records and findings name the file."""
        study = self.model_copy()
        study._cut = cut
        return study

    @property
    def whole(self) -> Whole | None:
        """Return the study of which this is a district; its lists are those of the whole."""
        return self._whole

    def with_whole(self, whole: Whole) -> Self:
        """Return the study as a district of a whole one."""
        study = self.model_copy()
        study._whole = whole
        return study

    @property
    def layer_parts(self) -> Iterator[tuple[str, Layer]]:
        """Yield each file or table of each layer with the layer's name."""
        yield from ((name, part) for name, parts in self.layers.items() for part in parts)

    def resolve(self, path: str | None) -> Path:
        """Return the full path of a file of the study; of the network's file where ``path`` is None."""
        return self.folder / (path or self.network.path)


def is_study(path: str | Path) -> bool:
    """Return whether a path is a study's folder, or a file that has the table ``[study]``."""
    path = Path(path)
    file = path / "study.toml" if path.is_dir() else path
    if file.suffix.lower() != ".toml" or not file.is_file():
        return False
    try:
        return "study" in read_toml(file)
    except (TomlError, OSError, UnicodeDecodeError):
        return False


def toml_content(file: Path) -> dict[str, Any]:
    """Return what a TOML holds.

    Raises
    ------
    StudyError
        It cannot be read, or is no TOML; the message names all faults.
    """
    try:
        return read_toml(file)
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError("study_unreadable", file=file, reason=error) from error
    except TomlError as error:
        raise StudyError("study_not_toml", file=file, faults=error.faults) from error


def load_study(path: str | Path) -> Study:
    """Read a study from its ``study.toml``, or from the folder that holds it.

    Raises
    ------
    StudyError
        The file is missing, is data or no TOML, or has unknown, missing or wrong keys; the message names them all.
    """
    file = study_file(Path(path))
    content = toml_content(file)
    try:
        study = Study.model_validate(content)
    except ValidationError as error:
        raise StudyError("study_keys", file=file, faults=sentences_of(error, known_keys, content)) from None
    study._file = file  # not a key of the file, and so not a field
    return study


def study_in_memory(content: Mapping[str, Any], memory: "Mapping[Path, Held]") -> Study:
    """Return a study that is no file.

    Parameters
    ----------
    content
        As ``study.toml`` would have it; paths are relative to the working folder.
    memory
        Sources that are no files, under what ``content`` has for their paths.

    Raises
    ------
    StudyError
        As :func:`load_study`.
    """
    try:
        study = Study.model_validate(content)
    except ValidationError as error:
        faults = sentences_of(error, known_keys, content)
        raise StudyError("study_keys", file="cfgeo.assemble(…)", faults=faults) from None
    study._memory = memory
    return study


def known_keys(path: Sequence[str | int]) -> Iterable[str]:
    """Return the keys that are known where a key of ``study.toml`` stands."""
    table = next((key for key in reversed(path[:-1]) if isinstance(key, str)), "")  # not the number in a list
    known: dict[str, type[BaseModel]] = {
        "": Study, "study": About, "network": NetworkFile, "demand": Demand, "walk": WalkChoices,
        "boundaries": Boundaries, "communities": Communities, "children": Table, "official": Table, "map": MapChoices,
        "projects": ReserveList, "blocks": TableSource, "zones": Zones, "reported": Table, "references": Reference,
        "decided": Decided,
    }  # fmt: skip
    return known.get(table, Layer).model_fields
