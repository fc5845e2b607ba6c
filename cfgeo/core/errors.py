"""One tree of errors.

::

    CfgeoError
    ├── StudyError       study.toml says something that cannot be done
    ├── StandardError    a standard's file is wrong
    ├── WalkerError      a walker's numbers are wrong
    ├── InputError       a file is missing, unreadable or lacks a column
    ├── NetworkError     no walkable network comes out of the file
    ├── PlaceError       a position that was asked for is off the network
    ├── ScenarioError    changes cannot be made
    ├── ServiceError     Nominatim or Overpass cannot be reached, or does not answer
    ├── CheckError       the data has findings of severity "error"; carries ``findings``
    └── OutputError      results cannot be written

An error carries a ``code`` and ``values``; its sentence comes from the strings table, so that it can be
said in either language. ``str(error)`` is English.
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from cfgeo.core.strings import Lang, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd


class Saying(ABC):
    """Something that can be said in either language."""

    @abstractmethod
    def text(self, lang: Lang) -> str:
        """Return it in ``lang``."""


class Sentence(Saying):
    """One sentence of ``texts/``, in whatever language is asked for.

    Parameters
    ----------
    key
        Its ``part.key``.
    values
        What fills it; sentences among them are said in the same language.
    """

    def __init__(self, key: str, /, **values: object) -> None:
        self.key, self.values = key, values

    def text(self, lang: Lang) -> str:
        """Return it in ``lang``."""
        return text(self.key, lang, **{name: _said(value, lang) for name, value in self.values.items()})

    def __str__(self) -> str:
        return self.text("en")


class Sentences(Saying):
    """Several sentences, a line each, in whatever language is asked for.

    Parameters
    ----------
    rows
        Keys of ``texts/fault.toml`` with the values that fill them.
    """

    def __init__(self, rows: "Sequence[tuple[str, dict[str, object]]]") -> None:
        self.rows = tuple(rows)

    def text(self, lang: Lang) -> str:
        """Return the lines in ``lang``."""
        return "\n".join(f"  - {text(f'fault.{key}', lang, **values)}" for key, values in self.rows)


_REASONS = {
    "UnicodeError": "encoding",
    "FileNotFoundError": "missing",
    "IsADirectoryError": "folder",
    "PermissionError": "denied",
    "EmptyDataError": "empty",
    "ParserError": "ragged",
    "DataSourceError": "format",
}
"""Errors of Python, pandas and pyogrio, which speak English, by name → the key in ``texts/reason.toml``."""


def _said(value: object, lang: Lang) -> object:
    if isinstance(value, Saying):
        return value.text(lang)
    keys = [_REASONS[kind.__name__] for kind in type(value).__mro__ if kind.__name__ in _REASONS]
    return text(f"reason.{keys[0]}", lang) if keys else value


class CfgeoError(Exception):
    """Root of all errors that are the user's to mend."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def text(self, lang: Lang) -> str:
        """Say what is wrong, where, and how to mend it, in ``lang``."""
        return Sentence(f"error.{self.code}", **self.values).text(lang)

    def __str__(self) -> str:
        return self.text("en")


class StudyError(CfgeoError):
    """``study.toml`` says something that cannot be done."""


class StandardError(CfgeoError):
    """A standard's file is wrong."""


class WalkerError(CfgeoError):
    """A walker's numbers are wrong."""


class InputError(CfgeoError):
    """A file is missing, unreadable or lacks a column."""


class NetworkError(CfgeoError):
    """No walkable network comes out of the file."""


class PlaceError(CfgeoError):
    """A position that was asked for is off the network."""


class ScenarioError(CfgeoError):
    """Changes cannot be made."""


class ServiceError(CfgeoError):
    """Nominatim or Overpass cannot be reached, or does not answer."""


class CheckError(CfgeoError):
    """The data has findings of severity "error".

    Attributes
    ----------
    findings : pandas.DataFrame
        All findings, as :func:`cfgeo.core.findings.findings_table` makes them.
    places : geopandas.GeoSeries or None
        Where they are, as :func:`cfgeo.check.locate.locate_findings` says; None where nobody has looked.
    """

    def __init__(
        self, code: str, findings: "pd.DataFrame", *, places: "gpd.GeoSeries | None" = None, **values: object
    ) -> None:
        super().__init__(code, **values)
        self.findings = findings
        self.places = places


class OutputError(CfgeoError):
    """Results cannot be written."""
