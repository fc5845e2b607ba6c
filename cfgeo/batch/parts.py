"""A district that is a part of one study: its communities are those with a value in a column of their table."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import shapely

from cfgeo.core.errors import StudyError
from cfgeo.files.columns import distinct, where_cells
from cfgeo.publish.safe_text import file_name
from cfgeo.study.config import Study, Whole, load_study
from cfgeo.study.sources import SourceReader, name_of_source, read_source


@dataclass(frozen=True)
class Part:
    """Which communities of a study a district has.

    Attributes
    ----------
    column, value : str
        A column of their table, as ``where`` names it, and what stands there.
    """

    column: str
    value: str

    @property
    def id(self) -> str:
        """The value as the name of a folder."""
        return re.sub(r"[^\w.-]+", "-", file_name(unicodedata.normalize("NFC", self.value))).strip("-.") or "_"

    def of(self, study: Study) -> Study:
        """Return the study of this district.

        How many communities there are, and which, is said of all districts; a reserve list is the whole city's, and a
        project at a border would be in the plans of two.
        """
        own = study.boundaries.communities
        where = {**own.where, self.column: (self.value,)}
        only = own.model_copy(update={"where": where, "official": None, "expected": None})
        about = study.study.model_copy(update={"id": self.id, "title": self.value, "title_en": self.value})
        boundaries = study.boundaries.model_copy(update={"communities": only})
        district = study.model_copy(update={"study": about, "boundaries": boundaries, "projects": None})
        return district.with_whole(Whole(own, self.column, self.value))


def study_at(file: Path, part: Part | None) -> Study:
    """Return the study of a district.

    Raises
    ------
    StudyError
        As :func:`cfgeo.load_study`.
    """
    study = load_study(file)
    return study if part is None else part.of(study)


def parts_of(file: Path, column: str) -> list[Part]:
    """Return a part of a study for each value in a column of its communities, in the order of the table.

    Raises
    ------
    CfgeoError
        The study or its communities cannot be read, the table has no such column, or a community has nothing in it.
    """
    study = load_study(file)
    source = study.boundaries.communities
    table = read_source(source, "communities", SourceReader(study)).table
    if source.osm is not None:  # lines carry the tags of the areas they bound
        table = table[shapely.get_dimensions(table.geometry.to_numpy()) == 2]
    path = name_of_source(source, study)
    values, empty = distinct(where_cells(table, column, path=path, columns=source.columns))
    if empty or not values:
        raise StudyError("batch_by_empty", file=path, column=column, count=empty or len(table))
    return [Part(column, value) for value in values]
