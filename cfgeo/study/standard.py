"""A standard: the needs of a community, street office and district, as clauses with their source."""

import tomllib
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from cfgeo.core.errors import StandardError
from cfgeo.core.schema import AGE_BANDS
from cfgeo.core.strings import Lang
from cfgeo.files.vocabulary.kinds import kinds_of
from cfgeo.files.vocabulary.words import as_own_word
from cfgeo.study.validation import TomlError, TomlModel, as_tuple, read_toml, sentences_of

Measure = Literal["reach", "present", "count", "rate", "facility_share", "near", "connected"]
Scope = Literal["community", "street_office", "district"]

_NEEDS: dict[Measure, tuple[str, ...]] = {
    "reach": ("layer", "walker", "need_share"),
    "present": ("layer", "need_count"),
    "count": ("layer", "need_count"),
    "rate": ("layer", "need_rate"),
    "facility_share": ("layer", "attribute", "need_share"),
    "near": ("layer", "near_layer", "within_m", "need_share"),
    "connected": ("need_share",),
}
_NEED_KEYS = {"present": "need_count", "count": "need_count", "rate": "need_rate"}
_SCOPES: dict[Measure, tuple[Scope, ...]] = {
    "reach": ("community",),
    "present": ("community", "street_office"),
    "count": ("district",),
    "rate": ("district",),
    "facility_share": ("district",),
    "near": ("district",),
    "connected": ("district",),
}


Words = Annotated[tuple[str, ...], BeforeValidator(as_tuple)]


def _each_kind(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the kinds that words name, each once."""
    return tuple(dict.fromkeys(kind for word in words for kind in kinds_of(word)))


Kinds = Annotated[Words, AfterValidator(_each_kind)]


class Clause(TomlModel):
    """One need of a standard.

    Attributes
    ----------
    measure
        ``reach``: share of children within ``limit_minutes`` of a place; ``present``: places inside the
        community or street office; ``count``: places in the district; ``rate``: ``capacity`` per 1,000
        residents; ``facility_share``: share of the facilities (by ``capacity`` where ``weigh_by_capacity``)
        whose ``attribute`` is true or at least ``attribute_min``; ``near``: share of facilities with a place
        of ``near_layer`` within ``within_m``; ``connected``: share of the street length on the largest
        component.
    limit_minutes
        The study's own limit when missing.
    implied_by
        A column whose yes is a yes of ``attribute`` as well: a public kindergarten is an inclusive one.
    children
        Age bands that count; all when empty.
    target_share
        The share of communities or street offices that shall pass a clause of their scope.
    strict
        Whether the need must be exceeded, not only met.
    assumption
        A decision of cfgeo's where the source leaves it open; printed with every result.
    """

    id: Annotated[str, Field(pattern=r"^[\w.-]+$", max_length=60)]
    name: str
    name_en: str
    plan_item: int | None = None
    scope: Scope = "community"
    measure: Measure = "reach"
    layer: Annotated[str, as_own_word("layer_names")] | None = None
    kind: Kinds = ()
    only_where: str | None = None
    walker: Annotated[str, as_own_word("walkers")] | None = None
    limit_minutes: Annotated[float, Field(gt=0, le=120)] | None = None
    children: Words = ()
    need_share: Annotated[float, Field(ge=0, le=1)] | None = None
    need_count: Annotated[int, Field(ge=1)] | None = None
    need_rate: Annotated[float, Field(gt=0)] | None = None
    strict: bool = False
    attribute: str | None = None
    attribute_min: float | None = None
    implied_by: str | None = None
    weigh_by_capacity: bool = False
    near_layer: Annotated[str, as_own_word("layer_names")] | None = None
    within_m: Annotated[float, Field(gt=0)] | None = None
    target_share: Annotated[float, Field(ge=0, le=1)] = 1.0
    required: bool = False
    assumption: str = ""
    assumption_en: str = ""

    @model_validator(mode="after")
    def _complete(self) -> "Clause":
        missing = [key for key in _NEEDS[self.measure] if getattr(self, key) is None]
        if missing:
            context = {"clause": self.id, "measure": self.measure, "key": missing[0]}
            raise PydanticCustomError("clause_needs", "a key is missing", context)
        unknown = [band for band in self.children if band not in AGE_BANDS]
        if unknown:
            context = {"clause": self.id, "band": unknown[0], "known": ", ".join(AGE_BANDS)}
            raise PydanticCustomError("clause_ages", "no such age band", context)
        if self.scope not in _SCOPES[self.measure]:
            context = {"clause": self.id, "measure": self.measure, "scope": self.scope}
            raise PydanticCustomError("clause_scope", "the scope does not fit", context)
        if self.required and self.scope != "community":
            raise PydanticCustomError("clause_required", "the scope does not fit", {"clause": self.id})
        return self

    @property
    def need(self) -> float:
        """The number that is needed, in the unit of the measure."""
        return float(getattr(self, _NEED_KEYS.get(self.measure, "need_share")))

    def title(self, lang: Lang) -> str:
        """Return the clause's name in ``lang``."""
        return self.name if lang == "zh" else self.name_en

    def assumed(self, lang: Lang) -> str:
        """Return the clause's assumption in ``lang``."""
        return self.assumption if lang == "zh" else self.assumption_en


class Standard(TomlModel):
    """Clauses with their source and the share of communities that shall pass."""

    id: str
    title: str
    title_en: str
    source: str = ""
    target_share: Annotated[float, Field(gt=0, le=1)]
    clause: tuple[Clause, ...]

    @model_validator(mode="after")
    def _sound(self) -> "Standard":
        ids = [clause.id.lower() for clause in self.clause]  # some formats ignore case in the names of columns
        twice = {i for i in ids if ids.count(i) > 1}
        if twice:
            raise PydanticCustomError("clause_twice", "an id is used twice", {"clause": min(twice)})
        if not any(clause.required for clause in self.clause):
            raise PydanticCustomError("none_required", "nothing is required")
        return self

    def of_scope(self, scope: Scope) -> tuple[Clause, ...]:
        """Return the clauses of a scope, in order."""
        return tuple(clause for clause in self.clause if clause.scope == scope)

    def heading(self, lang: Lang) -> str:
        """Return the standard's title in ``lang``."""
        return self.title if lang == "zh" else self.title_en


def built_in_standards() -> tuple[str, ...]:
    """Return the ids of the standards that come with cfgeo."""
    folder = resources.files("cfgeo.study").joinpath("standards")
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def load_standard(name: str, *, folder: Path | None = None) -> Standard:
    """Return a built-in standard by its id, or read a standard from a ``.toml`` file.

    Parameters
    ----------
    name
        ``yuzhong-2026``, ``national-2023``, ``fifteen-minute``, or a path.
    folder
        The folder that a relative path is relative to.

    Raises
    ------
    StandardError
        There is no such standard, or its file has faults.
    """
    content = _content_of(name, folder or Path())
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
