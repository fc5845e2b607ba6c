"""A clause: one need of a standard, as it is written and checked."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from cfgeo.core.schema import AGE_BANDS, UNIT_LAYERS
from cfgeo.core.strings import Lang
from cfgeo.files.vocabulary.kinds import kinds_of
from cfgeo.files.vocabulary.words import as_own_word
from cfgeo.study.standard.measures import (
    MAY_ASK_FOR_LITTLE,
    NEED_KEY,
    NEEDED_KEYS,
    OF_UNITS,
    READING_MEASURES,
    SCOPES,
    UNIT_PARTS,
    UNIT_SCOPES,
    WITH_REFERENCE,
    Compare,
    Measure,
    Scope,
    Weight,
)
from cfgeo.study.validation import ONE_OR_MANY, TomlModel, as_tuple

Words = Annotated[tuple[str, ...], BeforeValidator(as_tuple), ONE_OR_MANY]


def _each_kind(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the kinds that words name, each once."""
    return tuple(dict.fromkeys(kind for word in words for kind in kinds_of(word)))


Kinds = Annotated[Words, AfterValidator(_each_kind)]
Layers = Annotated[tuple[Annotated[str, as_own_word("layer_names")], ...], BeforeValidator(as_tuple), ONE_OR_MANY]


def _asks(schema: dict[str, Any]) -> None:
    """Add to a clause's JSON Schema what its measure needs, and which keys it does not read."""
    schema["allOf"] = [
        {
            "if": {"properties": {"measure": {"const": measure}}, **({} if measure == _USUAL else _SAYS_MEASURE)},
            "then": {
                "allOf": [{"anyOf": [{"required": [key]} for key in _either(measure, key)]} for key in needed],
                "properties": {key: False for key, measures in READING_MEASURES.items() if measure not in measures},
            },
        }
        for measure, needed in NEEDED_KEYS.items()
    ]


def _either(measure: Measure, key: str) -> tuple[str, ...]:
    return (key, "reference") if measure in WITH_REFERENCE and key == NEED_KEY[measure] else (key,)


_USUAL: Measure = "reach"
_SAYS_MEASURE = {"required": ["measure"]}
Year = Annotated[int, Field(ge=1949, le=2200)]


class Clause(TomlModel):
    """One need of a standard.

    Attributes
    ----------
    measure
        What is measured, as ``docs/study.md`` lists it.
    limit_minutes
        The study's own limit when missing.
    implied_by
        A column whose yes is a yes of ``attribute`` as well: a public kindergarten is an inclusive one.
    attribute_order, attribute_least
        Words of ``attribute`` from the best to the worst, and the one that is good enough.
    among_kinds
        Kinds that a list has to tell apart: whether a place of none of them is of ``kind`` is not known.
    min_capacity
        Places with less do not count; where nobody knows it, whether they count is not known.
    names
        The places that are counted, by name.
    more_layers
        Further layers whose places count as well, of any kind.
    near_kind, along
        Kinds of ``near_layer``; whether ``within_m`` is straight or along streets.
    amount, per
        The column that is added up, per 1,000 of the ``residents``, of the ``children``, or of columns: age bands, or
        numbers of the communities.
    reference
        The name of the need in ``[references]`` of a study.
    indicator
        Further names of a reported figure, beside those of the clause.
    unit
        Of ``need_value`` and ``path``: %, ‰ or none.
    scope
        The unit that is judged: every community, street block or street office, or the district.
    layer
        Of the places; ``communities`` and ``street_blocks`` are the units themselves.
    of
        Ids of the reach clauses that ``all_reach`` puts together; the required ones when empty.
    children
        Age bands that count; all when empty.
    target_share
        The share of communities, blocks or street offices that shall pass a clause of their scope.
    compare, strict
        How the value has to compare with the need; ``strict`` is an older spelling of ``more_than``.
    weigh_by, weigh_by_capacity
        What a facility weighs in a share; the second is an older spelling.
    path
        Targets by year.
    lead, lead_en, source, source_en
        Lead department, and the paragraph that asks for it.
    assumption
        A decision of cfgeo's where the source leaves it open; printed with every result.
    """

    model_config = ConfigDict(json_schema_extra=_asks)

    id: Annotated[str, Field(pattern=r"^[\w.-]+$", max_length=60)]
    name: str
    name_en: str
    plan_item: int | None = None
    scope: Scope = "community"
    measure: Measure = _USUAL
    layer: Annotated[str, as_own_word("layer_names")] | None = None
    kind: Kinds = ()
    among_kinds: Kinds = ()
    more_layers: Layers = ()
    names: Words = ()
    min_capacity: Annotated[float, Field(gt=0)] | None = None
    only_where: str | None = None
    walker: Annotated[str, as_own_word("walkers")] | None = None
    limit_minutes: Annotated[float, Field(gt=0, le=120)] | None = None
    children: Words = ()
    of: Words = ()
    need_share: Annotated[float, Field(ge=0, le=1)] | None = None
    need_count: Annotated[int, Field(ge=1)] | None = None
    need_rate: Annotated[float, Field(gt=0)] | None = None
    need_value: Annotated[float, Field(ge=0)] | None = None
    unit: Literal["", "%", "‰"] = ""
    reference: str | None = None
    compare: Compare = "at_least"
    strict: bool = False
    attribute: str | None = None
    attribute_min: float | None = None
    attribute_order: Words = ()
    attribute_least: str | None = None
    implied_by: str | None = None
    weigh_by: Weight | None = None
    weigh_by_capacity: bool = False
    amount: str = "capacity"
    per: Words = ("residents",)
    indicator: Words = ()
    near_layer: Annotated[str, as_own_word("layer_names")] | None = None
    near_kind: Kinds = ()
    within_m: Annotated[float, Field(gt=0)] | None = None
    along: Literal["straight", "streets"] = "straight"
    target_share: Annotated[float, Field(ge=0, le=1)] = 1.0
    required: bool = False
    path: dict[Year, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    lead: str = ""
    lead_en: str = ""
    source: str = ""
    source_en: str = ""
    assumption: str = ""
    assumption_en: str = ""

    @model_validator(mode="before")
    @classmethod
    def _older_spellings(cls, content: Any) -> Any:
        """Give ``strict`` and ``weigh_by_capacity`` their new keys, and the new keys their old ones."""
        if not isinstance(content, dict):
            return content
        own = {"clause": content.get("id")}
        if content.get("strict") is True and content.get("compare", "more_than") != "more_than":
            raise PydanticCustomError("clause_compare_twice", "two ways to compare", own)
        if content.get("weigh_by_capacity") is True and content.get("weigh_by", "capacity") != "capacity":
            raise PydanticCustomError("clause_weights_twice", "two weights", own)
        same: dict[str, Any] = {}
        if content.get("strict") is True or content.get("compare") == "more_than":
            same |= {"compare": "more_than", "strict": True}
        if content.get("weigh_by_capacity") is True or content.get("weigh_by") == "capacity":
            same |= {"weigh_by": "capacity", "weigh_by_capacity": True}
        return {**content, **same}

    @model_validator(mode="after")
    def _complete(self) -> "Clause":
        asked = [key for key in NEEDED_KEYS[self.measure] if not (self.reference and key == self._need_key)]
        missing = [key for key in asked if getattr(self, key) is None]
        context: dict[str, Any] = {"clause": self.id, "measure": self.measure}
        if missing:
            raise PydanticCustomError("clause_needs", "a key is missing", {**context, "key": missing[0]})
        idle = [
            key
            for key, measures in READING_MEASURES.items()
            if key in self.model_fields_set and self.measure not in measures
        ]
        if idle:
            raise PydanticCustomError("clause_key_idle", "a key is not read", {**context, "key": idle[0]})
        if self.compare in ("at_most", "less_than") and self.measure not in MAY_ASK_FOR_LITTLE:
            raise PydanticCustomError("clause_compare", "little of it", {**context, "compare": self.compare})
        if self.reference and getattr(self, self._need_key) is not None:
            raise PydanticCustomError("clause_need_twice", "two needs", {**context, "key": self._need_key})
        if bool(self.attribute_order) != bool(self.attribute_least) or (
            self.attribute_least and self.attribute_least not in self.attribute_order
        ):
            raise PydanticCustomError("clause_order", "the order lacks it", context)
        unknown = [band for band in self.children if band not in AGE_BANDS]
        if unknown:
            context = {"clause": self.id, "band": unknown[0], "known": ", ".join(AGE_BANDS)}
            raise PydanticCustomError("clause_ages", "no such age band", context)
        if self.scope not in SCOPES.get(self.measure, (self.scope,)):
            raise PydanticCustomError("clause_scope", "the scope does not fit", {**context, "scope": self.scope})
        if self.required and self.scope not in ("community", "block"):
            raise PydanticCustomError("clause_required", "the scope does not fit", {"clause": self.id})
        return self

    @model_validator(mode="after")
    def _units_are_places(self) -> "Clause":
        """Refuse what cannot be asked of communities and blocks as places."""
        others = {self.near_layer, *self.more_layers}
        if others.isdisjoint(UNIT_LAYERS) and self.layer not in UNIT_LAYERS:
            return self
        context = {"clause": self.id, "layer": self.layer, "measure": self.measure, "scope": self.scope}
        if self.measure not in OF_UNITS or self.kind or self.more_layers or self.near_layer is not None:
            raise PydanticCustomError("clause_units", "units are no places here", context)
        if self.scope not in UNIT_SCOPES[str(self.layer)]:
            raise PydanticCustomError("clause_units_scope", "the scope holds no such units", context)
        return self

    @property
    def _need_key(self) -> str:
        return NEED_KEY.get(self.measure, "need_share")

    @property
    def need(self) -> float:
        """The number that is needed, in the unit of the measure; NaN: the study does not give the reference."""
        value = getattr(self, self._need_key)
        return math.nan if value is None else float(value) * UNIT_PARTS[self.unit]

    @property
    def targets(self) -> dict[int, float]:
        """The targets by year, in the unit of the measure."""
        return {year: value * UNIT_PARTS[self.unit] for year, value in sorted(self.path.items())}

    @property
    def all_layers(self) -> tuple[str, ...]:
        """The layers whose places count."""
        return tuple(dict.fromkeys((*((self.layer,) if self.layer else ()), *self.more_layers)))

    def with_reference(self, references: Mapping[str, float]) -> "Clause":
        """Return the clause with its need as a study gives it."""
        if self.reference is None or self.reference not in references:
            return self
        return self.model_copy(update={self._need_key: references[self.reference]})

    def title(self, lang: Lang) -> str:
        """Return the clause's name in ``lang``."""
        return self.name if lang == "zh" else self.name_en

    def assumed(self, lang: Lang) -> str:
        """Return the clause's assumption in ``lang``."""
        return self.assumption if lang == "zh" else self.assumption_en
