"""A batch: a TOML with ``[batch]`` that names studies by paths or patterns, or one study and its districts' column."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from cfgeo.batch.parts import Part, parts_of
from cfgeo.core.errors import CfgeoError, StudyError
from cfgeo.publish.safe_text import file_name
from cfgeo.study.config import is_study, load_study, toml_content
from cfgeo.study.keys import FilePath
from cfgeo.study.validation import TomlModel, as_tuple, sentences_of

_WILD = frozenset("*?[")


def _within(pattern: str) -> str:
    """Refuse a pattern that Python's ``glob`` cannot follow from the batch's folder."""
    if _WILD & set(pattern) and Path(pattern).is_absolute():
        raise PydanticCustomError("batch_pattern", "patterns are relative")
    return pattern


class BatchTable(TomlModel):
    """``[batch]``."""

    studies: Annotated[tuple[Annotated[FilePath, AfterValidator(_within)], ...], BeforeValidator(as_tuple)] = ()
    study: FilePath | None = None
    by: str | None = None
    title: str = ""
    title_en: str = ""
    budget: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _names_studies(self) -> Self:
        if (self.study is None) != (self.by is None) or bool(self.studies) == (self.study is not None):
            raise PydanticCustomError("batch_studies", "studies, or study and by")
        if self.by is not None and self.budget is not None:
            raise PydanticCustomError("batch_by_budget", "a list of all districts is no list of one")
        return self


class _BatchFile(TomlModel):
    """A whole file."""

    batch: BatchTable


@dataclass(frozen=True)
class Named:
    """A study of a batch.

    Attributes
    ----------
    id : str
        That of its ``study.toml``; where this cannot be read, the name of its folder. It names the district's folder.
    path : str
        As messages name it: relative to the batch's folder where it lies there.
    file : Path
        The full path of its ``study.toml``, or of the folder that holds it.
    part : Part, optional
        Which of that study's communities are its own.
    """

    id: str
    path: str
    file: Path
    part: Part | None = None


@dataclass(frozen=True)
class Batch:
    """A batch as its file has it.

    Attributes
    ----------
    file : Path
    title, title_en : str
    studies : tuple of Named
        Each once, in the order of the file; those of a pattern by their paths.
    budget : float, optional
        For the projects of all of them, in the unit of their reserve lists.
    """

    file: Path
    title: str
    title_en: str
    studies: tuple[Named, ...]
    budget: float | None = None


def load_batch(path: str | Path) -> Batch:
    """Read a batch and find its studies; only files that it names are opened.

    Parameters
    ----------
    path
        The TOML. Its paths and patterns are relative to its folder.

    Raises
    ------
    StudyError
        The file is missing or no TOML, has unknown, missing or wrong keys, a pattern finds no study, or two studies
        have one id.
    CfgeoError
        Districts are parts of one study whose communities cannot be read, or do not all say to which they belong.
    """
    file = Path(path)
    table = _table_of(file)
    ids: dict[str, Named] = {}
    for named in _parts(file, table.study, table.by) if table.study and table.by else _listed(file, table.studies):
        other = ids.setdefault(named.id.casefold(), named)
        if other is not named:
            raise StudyError("batch_twice", file=file, id=named.id, one=other.path, other=named.path)
    title = table.title or file.stem
    return Batch(file, title, table.title_en or title, tuple(ids.values()), table.budget)


def _listed(file: Path, studies: Iterable[str]) -> Iterator[Named]:
    """Yield the studies that a batch lists."""
    for study in dict.fromkeys(study for entry in studies for study in _files_of(file, entry)):
        name = _shown(study, file)
        yield Named(_id_of(study, name), name, study)


def _parts(file: Path, entry: str, column: str) -> Iterator[Named]:
    """Yield the districts of one study."""
    study = _of_file(file.absolute().parent / entry)
    for part in parts_of(study, column):
        yield Named(part.id, f"{_shown(study, file)}: {part.value}", study, part)


def _table_of(file: Path) -> BatchTable:
    """Return ``[batch]`` of a file."""
    if not file.is_file():
        raise StudyError("batch_missing", file=file)
    content = toml_content(file)
    if "study" in content and "batch" not in content:
        raise StudyError("batch_is_study", file=file)
    try:
        return _BatchFile.model_validate(content).batch
    except ValidationError as error:
        raise StudyError("batch_keys", file=file, faults=sentences_of(error, _known_keys, content)) from None


def _known_keys(path: Sequence[str | int]) -> Iterable[str]:
    return (BatchTable if path[:-1] else _BatchFile).model_fields


def _files_of(file: Path, entry: str) -> Iterator[Path]:
    """Yield the studies that an entry names, with their full paths, whether they exist or not."""
    folder = file.absolute().parent
    plain = folder / entry
    if not _WILD & set(entry) or plain.exists():
        yield _of_file(plain)
        return
    matched = sorted({_of_file(item) for item in folder.glob(entry) if _may_be_study(item)})
    if not matched:
        raise StudyError("batch_nothing", file=file, pattern=entry)
    yield from matched


def _may_be_study(item: Path) -> bool:
    """Return whether a pattern means an item: a standard beside a study is none, a study that is no TOML is one."""
    return item.name == "study.toml" or _holds_study(item) or is_study(item)


def _holds_study(item: Path) -> bool:
    return (item / "study.toml").is_file()


def _of_file(item: Path) -> Path:
    """Return a study by its file, so that a folder and the file in it are one."""
    return item / "study.toml" if item.is_dir() and _holds_study(item) else item


def _shown(study: Path, file: Path) -> str:
    folder = file.absolute().parent
    return study.relative_to(folder).as_posix() if study.is_relative_to(folder) else study.as_posix()


def _id_of(study: Path, name: str) -> str:
    """Return the id of a study; of one that cannot be read, its path as a name of a folder."""
    try:
        return load_study(study).study.id
    except CfgeoError:
        return file_name(name.removesuffix("/study.toml").removesuffix(".toml").replace("/", "-"))
