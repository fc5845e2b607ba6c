"""A standard: clauses and their source, built in or read from a file."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from cfgeo.core.errors import StandardError
from cfgeo.core.strings import Lang
from cfgeo.study.standard.clause import Clause, Year
from cfgeo.study.standard.measures import Scope
from cfgeo.study.validation import TomlError, TomlModel, read_toml, sentences_of


class Standard(TomlModel):
    """Clauses with their source and the share of communities that shall pass.

    Attributes
    ----------
    target_share
        The share of communities that shall pass; of street blocks too, where clauses ask something of them.
    path
        That share by year.
    lead, lead_en
        The department that leads on it.
    """

    id: str
    title: str
    title_en: str
    source: str = ""
    target_share: Annotated[float, Field(gt=0, le=1)]
    path: dict[Year, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    lead: str = ""
    lead_en: str = ""
    clause: tuple[Clause, ...]

    @model_validator(mode="after")
    def _sound(self) -> "Standard":
        ids = [clause.id.lower() for clause in self.clause]  # some formats ignore case in the names of columns
        twice = {i for i in ids if ids.count(i) > 1}
        if twice:
            raise PydanticCustomError("clause_twice", "an id is used twice", {"clause": min(twice)})
        if not any(clause.required and clause.scope == "community" for clause in self.clause):
            raise PydanticCustomError("none_required", "nothing is required")
        walks = [clause.id for clause in self.clause if clause.measure == "reach"]
        for clause in self.clause:
            unknown = [name for name in clause.of if name not in walks]
            if unknown:
                context = {"clause": clause.id, "of": unknown[0], "known": ", ".join(walks)}
                raise PydanticCustomError("clause_of_unknown", "no such reach clause", context)
            if clause.measure == "all_reach" and not self.services(clause):
                raise PydanticCustomError("clause_of_none", "nothing is put together", {"clause": clause.id})
        return self

    def with_references(self, references: Mapping[str, float]) -> "Standard":
        """Return the standard with the needs that a study gives."""
        return self.model_copy(update={"clause": tuple(clause.with_reference(references) for clause in self.clause)})

    def of_scope(self, scope: Scope) -> tuple[Clause, ...]:
        """Return the clauses of a scope, in order."""
        return tuple(clause for clause in self.clause if clause.scope == scope)

    def required_of(self, scope: Scope) -> tuple[Clause, ...]:
        """Return the required clauses of a scope, in order."""
        return tuple(clause for clause in self.of_scope(scope) if clause.required)

    def services(self, clause: Clause | None = None) -> tuple[Clause, ...]:
        """Return the reach clauses that an ``all_reach`` clause puts together; the required ones without one."""
        walks = [other for other in self.clause if other.measure == "reach"]
        if clause is None or not clause.of:
            return tuple(other for other in walks if other.required)
        return tuple(other for other in walks if other.id in clause.of)

    def heading(self, lang: Lang) -> str:
        """Return the standard's title in ``lang``."""
        return self.title if lang == "zh" else self.title_en


def built_in_standards() -> tuple[str, ...]:
    """Return the ids of the standards that come with cfgeo."""
    folder = resources.files("cfgeo.study").joinpath("standards")
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def load_standard(name: str, *, folder: str | Path | None = None) -> Standard:
    """Return a built-in standard by its id, or read a standard from a ``.toml`` file.

    Parameters
    ----------
    name
        That of a built-in standard, as :func:`built_in_standards` lists them, or a path.
    folder
        The folder that a relative path is relative to.

    Raises
    ------
    StandardError
        There is no such standard, or its file has faults.
    """
    content = _content_of(name, Path(folder or ""))
    try:
        heading = content.pop("standard", {})
        return Standard.model_validate({**heading, **content} if isinstance(heading, dict) else heading)
    except ValidationError as error:
        raise StandardError("standard_keys", name=name, faults=sentences_of(error, _known_keys, content)) from None


def _content_of(name: str, folder: Path) -> dict[str, Any]:
    built_in = built_in_standards()
    if name in built_in:
        own = resources.files("cfgeo.study").joinpath("standards", f"{name}.toml")
        return tomllib.loads(own.read_text(encoding="utf-8"))
    file, known = folder / name, ", ".join(built_in)
    if not name.endswith(".toml"):
        raise StandardError("standard_unknown", name=name, known=known)
    try:
        return read_toml(file)
    except FileNotFoundError:
        near = ", ".join(sorted(item.name for item in file.parent.glob("*.toml") if item.name != "study.toml"))
        raise StandardError("standard_missing", file=file, near=near or "–", known=known) from None
    except TomlError as error:
        raise StandardError("standard_not_toml", name=name, faults=error.faults) from error
    except (OSError, UnicodeDecodeError) as error:
        raise StandardError("standard_unreadable", name=name, reason=error) from error


def _known_keys(path: Sequence[str | int]) -> Iterable[str]:
    return (Clause if "clause" in path else Standard).model_fields
