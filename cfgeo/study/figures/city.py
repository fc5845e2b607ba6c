"""The city of which a study is one district: what its lists say of other districts is no fault of this one."""

from dataclasses import dataclass

import pandas as pd
import shapely

from cfgeo.files.columns import as_text, keep_where, where_cells
from cfgeo.study.sources import SourceReader, name_of_source, read_source


@dataclass(frozen=True)
class City:
    """A city that is judged by district.

    Attributes
    ----------
    own : str
        The name of the district.
    others : tuple of str
        Those of the other districts.
    communities : pandas.DataFrame
        Of the other districts, index ``code``; ``community``, ``street_office``.
    """

    own: str
    others: tuple[str, ...]
    communities: pd.DataFrame


def read_city(reader: SourceReader) -> City | None:
    """Read what the communities' file says of other districts; None where the study is a whole one."""
    study, whole = reader.study, reader.study.whole
    if whole is None:
        return None
    source = whole.communities
    path = name_of_source(source, study)
    table = read_source(source, "communities", reader).table
    if source.osm is not None:  # boundary lines carry the same tags as the areas they bound
        table = table[shapely.get_dimensions(table.geometry.to_numpy()) == 2]
    own = keep_where(table, {whole.column: (whole.value,)}, path=path, columns=source.columns).index
    table = table.drop(index=own)
    names = {name: as_text(table[name]) for name in ("code", "community", "street_office") if name in table.columns}
    if source.street_office is not None:
        names["street_office"] = pd.Series(source.street_office, table.index)
    others = as_text(where_cells(table, whole.column, path=path, columns=source.columns))
    return City(whole.value, tuple(others.unique()), pd.DataFrame(names).drop_duplicates("code").set_index("code"))
