"""Files → scenarios: ``changes.toml``, or a table with a change a row, as offices keep their project lists."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from cfgeo.core.errors import ScenarioError
from cfgeo.core.scenario import Fault, Scenario, Where, raise_faults
from cfgeo.scenarios.changes_file import ChangeRow, change_of, read_rows
from cfgeo.study.config import Datum
from cfgeo.study.validation import sentences_of


class _About(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = ""
    datum: Datum = "wgs84"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: _About = _About()
    change: tuple[ChangeRow, ...] = ()


def load_scenario(path: str | Path) -> Scenario:
    """Read changes from a TOML file, or from a table with a change a row.

    Parameters
    ----------
    path
        ``.toml``, or CSV or Excel.

    Raises
    ------
    ScenarioError
        The file is missing or no scenario, or changes lack what they need; the message names them all.
    InputError
        The table cannot be read.
    """
    path = Path(path)
    rows = read_rows(path, ChangeRow)
    try:
        read = _File.model_validate(rows.content)
    except ValidationError as error:
        faults = sentences_of(error, _known_keys, rows.content)
        raise ScenarioError("scenario_faults", file=path, faults=faults) from None
    if not read.change:
        raise ScenarioError("scenario_empty", file=path)
    found: list[Fault] = []
    changes = [change_of(row, nth, path, read.scenario.datum, found) for nth, row in enumerate(read.change, start=1)]
    raise_faults(found + _twice(read.change), path)
    return Scenario(read.scenario.title, tuple(change for change in changes if change), path, rows.unused)


def _known_keys(path: Sequence[str | int]) -> Iterable[str]:
    models: dict[int, type[BaseModel]] = {1: _File, 2: _About}
    return models.get(len(path), ChangeRow).model_fields


def _twice(rows: Sequence[ChangeRow]) -> list[Fault]:
    """Find ids and whole changes that stand twice."""
    faults: list[Fault] = []
    seen: dict[object, int] = {}
    for nth, row in enumerate(rows, start=1):
        body = row.model_dump_json(exclude={"id"})
        for key, code in ((("id", row.id), "change_id_twice"), (("body", body), "change_twice")):
            if key in seen and (row.id or code == "change_twice"):
                faults.append((code, {"where": Where(nth, row.id), "other": seen[key]}))
            seen.setdefault(key, nth)
    return faults
