"""A study: a whole ``study.toml`` as a frozen value, where it was read from, and what lies beside it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from cfgeo.core.errors import StudyError
from cfgeo.core.schema import UNIT_LAYERS, Box
from cfgeo.files.vocabulary.words import own_word
from cfgeo.network.walkers import WALKER_KEYS
from cfgeo.study.keys import (
    LayerName,
    NamedTables,
)
from cfgeo.study.start.study_file import study_file
from cfgeo.study.tables import (
    About,
    Boundaries,
    Communities,
    Decided,
    Demand,
    Layer,
    MapChoices,
    NetworkFile,
    Parts,
    Reference,
    ReserveList,
    Table,
    TableSource,
    TomlTable,
    WalkChoices,
    Zones,
    as_reference,
    as_tables,
)
from cfgeo.study.validation import ONE_OR_MANY, AlsoWritten, TomlError, read_toml, sentences_of

if TYPE_CHECKING:
    from cfgeo.files.memory import MemoryTable
    from cfgeo.network.memory import MemoryStreets

    Held = MemoryTable | MemoryStreets


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


class Study(TomlTable):
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
        tuple[Annotated[Table, AlsoWritten("string")], ...], BeforeValidator(as_tables), ONE_OR_MANY
    ] = ()
    references: dict[str, Annotated[Reference, BeforeValidator(as_reference), AlsoWritten("number")]] = Field(
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
