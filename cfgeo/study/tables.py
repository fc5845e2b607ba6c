"""The tables of ``study.toml`` as frozen values. Unknown keys are errors."""

import datetime as dt
from itertools import product
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from cfgeo.core.schema import Direction, Pace, Slope
from cfgeo.files.vocabulary.words import as_own_word
from cfgeo.study.keys import (
    Datum,
    Encoding,
    FilePath,
    Scalars,
    Status,
    Words,
    as_code,
    as_folder,
)
from cfgeo.study.validation import ONE_OR_MANY, AlsoWritten, TomlModel, as_tuple


class TomlTable(TomlModel):
    """A table of ``study.toml``."""


class About(TomlTable):
    """``[study]``: its name, the standard that it is judged by, and how good its data is."""

    id: Annotated[str, Field(pattern=r"^[\w.-]+$"), AfterValidator(as_folder)]
    title: str
    title_en: str = ""
    standard: FilePath = "fifteen-minute"
    status: Status
    crs: str | None = None
    as_of: dt.date | None = None


class _Places(TomlTable):
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


class Table(TomlTable):
    """A table without places: a CSV file or a sheet of a workbook."""

    path: FilePath
    table: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    encoding: Encoding | None = None
    source: str = ""
    date: str = ""
    licence: str = ""


def as_table(value: Any) -> Any:
    """Return a table for a path alone."""
    return {"path": value} if isinstance(value, str) else value


class Communities(TableSource):
    """``[boundaries.communities]``; ``official`` lists the communities, ``expected`` is their number."""

    street_office: str | None = None
    official: Annotated[Table | None, BeforeValidator(as_table), AlsoWritten("string")] = None
    expected: Annotated[int, Field(gt=0)] | None = None


class Boundaries(TomlTable):
    """``[boundaries]``."""

    communities: Communities


class NetworkFile(TomlTable):
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


def as_tables(value: Any) -> Any:
    """Return tables for a path, a table or a list of them."""
    return tuple(as_table(part) for part in as_tuple(value))


class Reference(TomlTable):
    """A value of ``[references]``, and where it comes from."""

    value: Annotated[float, Field(ge=0)]
    source: str = ""
    date: str = ""


def as_reference(value: Any) -> Any:
    """Return a reference for a number alone."""
    return {"value": value} if isinstance(value, int | float) else value


class WalkChoices(TomlTable):
    """``[walk]``."""

    limit_minutes: Annotated[float, Field(gt=0, le=120)] = 15
    walker: Annotated[str, as_own_word("walkers")] = "primary"
    snap_m: Annotated[float, Field(gt=0, le=1000)] = 100
    pace: Pace = "mean"
    slope: Slope = "tobler"
    direction: Annotated[Direction, as_own_word("directions")] = "worst"
    trunk_roads: bool = False


class MapChoices(TomlTable):
    """``[map]``: tiles that a reader of the page can lay under its map; none unless the study asks for them."""

    tiles: Literal["none", "osm", "tianditu"] = "none"
    tianditu_key: Annotated[str, Field(pattern=r"^[0-9A-Za-z]*$")] = ""

    @model_validator(mode="after")
    def _has_key(self) -> Self:
        if self.tiles == "tianditu" and not self.tianditu_key:
            raise PydanticCustomError("tiles_key", "tianditu needs tianditu_key")
        return self


PlanYear = Annotated[int, Field(ge=2000, le=2100)]


class ReserveList(TomlTable):
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


class Decided(TomlTable):
    """``[[decided]]``: changes that are decided, laid over the study's data; ``cfgeo apply`` writes them."""

    path: FilePath
    date: str = ""
    title: str = ""
