"""The tree of errors.

::

    CfgeoError
    ├── StudyError       study.toml asks for something that cannot be done
    ├── StandardError    a standard's file is wrong
    ├── WalkerError      a walker's numbers are wrong
    ├── InputError       a file is missing, unreadable or lacks a column
    ├── NetworkError     the file has no walkable network
    ├── PlaceError       a requested position is off the network
    ├── ScenarioError    changes cannot be made
    ├── ServiceError     Nominatim or Overpass cannot be reached, or does not answer
    ├── CheckError       the data has findings of severity "error"; carries ``findings``
    └── OutputError      results cannot be written

An error carries a ``code`` and ``values``. Its sentence comes from ``texts/error.toml``, so that it exists in both
languages; ``str(error)`` is English.
"""

from typing import TYPE_CHECKING

from cfgeo.core.strings import Lang, Sentence

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


class CfgeoError(Exception):
    """Root of all errors that the user can fix."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values
        self.hint: Sentence | None = None
        """How to fix it where the sentence speaks of files and there are none."""

    def text(self, lang: Lang) -> str:
        """Return what is wrong, where, and how to fix it, in ``lang``."""
        said = Sentence(f"error.{self.code}", **self.values).text(lang)
        return said if self.hint is None else f"{said}\n{self.hint.text(lang)}"

    def __str__(self) -> str:
        return self.text("en")


class StudyError(CfgeoError):
    """``study.toml`` asks for something that cannot be done."""


class StandardError(CfgeoError):
    """A standard's file is wrong."""


class WalkerError(CfgeoError):
    """A walker's numbers are wrong."""


class InputError(CfgeoError):
    """A file is missing, unreadable or lacks a column."""


class NetworkError(CfgeoError):
    """The file has no walkable network."""


class PlaceError(CfgeoError):
    """A requested position is off the network."""


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
        Where they are, from :func:`cfgeo.check.locate.locate_findings`; None if they were not located.
    """

    def __init__(
        self, code: str, findings: "pd.DataFrame", *, places: "gpd.GeoSeries | None" = None, **values: object
    ) -> None:
        super().__init__(code, **values)
        self.findings = findings
        self.places = places


class OutputError(CfgeoError):
    """Results cannot be written."""
