"""Guess what a table is by its headings, its words and its shapes."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import pandas as pd

from cfgeo.core.schema import AGE_BANDS, PATHS
from cfgeo.core.strings import section
from cfgeo.files.cell_values import is_number
from cfgeo.files.guess_plans import are_reported_figures, zone_columns
from cfgeo.files.lookalikes import MOSTLY, AreaFacts, is_zone, lookalike, mostly
from cfgeo.files.osm.tags import ROADS
from cfgeo.files.positions.headings import CELL, LAT, LON, Columns, pairs_in
from cfgeo.files.positions.places import position_columns
from cfgeo.files.vocabulary.headings import columns_of, meaning, narrow, plain_word, vocabulary
from cfgeo.files.vocabulary.kinds import kind_of

POINTS, LINES, AREAS, NOTHING = "points", "lines", "areas", "nothing"
"""Shapes of a table."""

PLACE_COLUMNS = (
    "name", "kind", "capacity", "certified", "public", "inclusive", "mother_baby_room", "child_doctors",
    "enrolment", "grade",
)  # fmt: skip
_COMMUNITY_COLUMNS = ("code", "street_office", "community", "residents")
_AGES = re.compile(r"\d\s*[-—–~至到]\s*\d+\s*周?岁|周?岁(?:以[上下]|及)|aged? ?\d")
"""Headings of people by age."""
_DEMAND_COLUMNS = (*AGE_BANDS, "children", "residents", "building:levels")
_RELATION_COLUMNS = ("requires", "excludes", "decided")
_CHANGE_WORDS = frozenset({"action", "措施", "动作", "变更"})
_THING_COLUMNS = ("layer", "link", "way", "street")
_PROJECT_COLUMNS = ("id", "project", "cost", "action", *_RELATION_COLUMNS, *_THING_COLUMNS)
_MOST_KINDS = 40
_CODE_DIGITS = 9
_LINE_LAYERS = frozenset({"walkways", "traffic_calming"})
_STREET_NAMES = ("路", "街", "巷", "大道", "道", "street", "road", "avenue", "lane", "way")
_STREET_NAME = re.compile(r"(?:路|街|巷|道)(?:\w?段)?$|\b(?:street|road|avenue|lane|st|rd|ave)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Seen:
    """A table as it stands in its file.

    Attributes
    ----------
    label : str
        The names of its file, and of its sheet or layer.
    table : pandas.DataFrame
        Its columns, without shapes.
    shape : str
        ``POINTS``, ``LINES``, ``AREAS`` or ``NOTHING``.
    remarks : tuple of str
        Other text in the file, as above a sheet's headings.
    datum : str
        The datum that the file itself names; "" where it names none.
    areas : AreaFacts, optional
        What the sizes of its areas say; None where it has no areas.
    """

    label: str
    table: pd.DataFrame
    shape: str
    remarks: tuple[str, ...] = ()
    datum: str = ""
    areas: AreaFacts | None = None


@dataclass(frozen=True)
class Guess:
    """What a table most likely is.

    Attributes
    ----------
    role : str
        ``communities``, ``network``, ``zones``, ``demand``, ``children``, ``reported``, ``layer``, ``projects``, or ""
        where nothing fits.
    layer : str
        Which layer.
    columns : dict of str to str
        cfgeo's name → the file's.
    where : dict of str to tuple
        Which rows.
    kind : str
        The kind of all its places, where no column says.
    datum : str
    names_datum : bool
        Whether the file itself names its datum.
    rows : int
    first_code : str
        The code of the first community.
    doubts : tuple of str
        What a user should look at, as keys of ``texts/draft.toml``.
    lacks : tuple of str
        Columns that it needs and does not have.
    weight : int
        How much speaks for the role: of several tables of one role, the one with the most weight has it.
    names : frozenset of str
        The names of its places.
    """

    role: str
    layer: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kind: str = ""
    datum: str = "wgs84"
    names_datum: bool = False
    rows: int = 0
    first_code: str = ""
    doubts: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    weight: int = 0
    names: frozenset[str] = frozenset()


def guess(seen: Seen) -> list[Guess]:
    """Return what a table most likely is: one guess, or one for each layer that its rows belong to."""
    found = position_columns(seen.table) if seen.shape == NOTHING else None
    datum = seen.datum or (found.datum if found else "") or _datum(seen, found)
    base = Guess("", datum=datum or "wgs84", names_datum=bool(datum), rows=len(seen.table))
    if seen.shape == NOTHING and (columns := _projects(seen)):
        return [replace(base, role="projects", lacks=_lacking_of_projects(columns))]
    if _are_changes(seen.table):
        return [replace(base, doubts=("is_changes",))]
    if seen.shape != NOTHING and (of_zones := zone_columns(seen.table, seen.label)) is not None:
        return [replace(base, role="zones", columns=_renamed(of_zones), doubts=_kindless_zones(of_zones))]
    return _of_shapes(seen, found, base) if seen.shape != NOTHING or _named_position(found) else [_figures(seen, base)]


def _of_shapes(seen: Seen, found: Columns | None, base: Guess) -> list[Guess]:
    """Return the guesses of a table that has shapes, or columns of positions."""
    position = _named_position(found)
    shape = POINTS if position else seen.shape
    if shape == AREAS and (columns := _communities(seen)):
        first = str(seen.table[columns["code"]].iloc[0]) if len(seen.table) else ""
        community = seen.table[columns["community"]]
        weight, doubts = (int(_are_communities(community)), _lacking(columns))
        if ward := mostly(community, "areas", vocabulary()["files"]["communities"]):
            weight, doubts = -1, (*doubts, f"is_{ward}")
        return [replace(base, role="communities", columns=columns, doubts=doubts, first_code=first, weight=weight)]
    if shape == LINES and _layer_named(seen.label) not in _LINE_LAYERS:
        return [_streets(seen, base)]
    places = _places(seen, position, base)
    homes = columns_of(seen.table, _DEMAND_COLUMNS)
    is_home = _is_named(seen.label, "demand") or bool(set(homes) & {*AGE_BANDS, "children", "building:levels"})
    if is_home and not (places and _layer_named(seen.label)):
        return [replace(base, role="demand", columns=_renamed({**position, **homes}))]
    ward = mostly(seen.table[columns["name"]], "areas") if (columns := columns_of(seen.table, ("name",))) else ""
    return places or [replace(base, doubts=(f"is_{ward}",) if shape == AREAS and ward else ())]


def _renamed(columns: Mapping[str, str]) -> dict[str, str]:
    """Return the columns that have another name in the file."""
    return {ours: theirs for ours, theirs in columns.items() if ours != theirs}


def _named_position(found: Columns | None) -> dict[str, str]:
    """Return cfgeo's names of columns of positions → their headings."""
    if found is None:
        return {}
    return {CELL: found.cell} if found.cell else {LON: found.lon, LAT: found.lat}


def _datum(seen: Seen, found: Columns | None) -> str:
    """Return the datum that a file names; other pairs of positions than the one that is used say nothing about it."""
    others = {heading for pair in pairs_in(seen.table.columns) for heading in pair.headings}
    others -= {*found.headings} if found else set()
    headings = (str(heading) for heading in seen.table.columns if heading not in others)
    text = " ".join((seen.label, *headings, *seen.remarks))
    plain = re.sub(r"[\s_\-]", "", unicodedata.normalize("NFKC", text)).lower()
    named = [datum for datum, words in vocabulary()["datums"].items() if any(word in plain for word in words)]
    return named[0] if len(named) == 1 else ""


def _is_named(label: str, role: str) -> bool:
    return any(word in label.lower() for word in vocabulary()["files"][role])


def _layer_named(word: str) -> str:
    """Return the layer that a word means, "" for none: its name, or that of the longest known word in it."""
    plain = re.sub(r"[\s\-]+", "_", word.strip().lower())
    names = {name["zh"]: layer for layer, name in section("layer").items() if layer in vocabulary()["layers"]}
    if plain in vocabulary()["layers"] or plain in names:
        return names.get(plain, plain)
    if lookalike(plain, "places", _layer_words()):
        return ""
    hits = [(len(w), layer) for layer, words in vocabulary()["layers"].items() for w in (*words, layer) if w in plain]
    return max(hits, default=(0, ""), key=lambda hit: hit[0])[1]


@cache
def _layer_words() -> tuple[str, ...]:
    return tuple(word for layer, words in vocabulary()["layers"].items() for word in (*words, layer))


def _communities(seen: Seen) -> dict[str, str]:
    """Return the columns of a table of communities; none where the areas are something else."""
    columns = columns_of(seen.table, _COMMUNITY_COLUMNS)
    if "community" not in columns:
        columns |= {"community": heading} if (heading := _called_communities(seen.table)) else {}
    alike = "community" in columns and _are_communities(seen.table[columns["community"]])
    if "code" not in columns:
        columns |= {"code": code} if (code := _unique_digits(seen.table)) else {}
    score = 2 * ("code" in columns) + 2 * alike + _is_named(seen.label, "communities") + ("street_office" in columns)
    if score < 3 or "community" not in columns:
        return {}
    return {"code": columns["community"], **columns}


def _called_communities(table: pd.DataFrame) -> str:
    """Return the column whose cells name communities."""
    return next((str(heading) for heading in table.columns if _are_communities(table[heading])), "")


def _are_communities(cells: pd.Series) -> bool:
    return len(cells) > 0 and bool(cells.astype("str").str.contains("社区|居委|村$").mean() > MOSTLY)


def _unique_digits(table: pd.DataFrame) -> str:
    """Return the column that looks like statistical codes."""
    for heading in table.columns:
        cells = table[heading].astype("str")
        if cells.is_unique and cells.str.fullmatch(rf"\d{{{_CODE_DIGITS},}}").all():
            return str(heading)
    return ""


def _lacking(columns: Mapping[str, str]) -> tuple[str, ...]:
    doubts = ["code_is_name"] if columns["code"] == columns["community"] else []
    return (*doubts, *([] if "street_office" in columns else ["no_street_office"]))


def _projects(seen: Seen) -> dict[str, str]:
    """Return the columns of a reserve list; none where the table is something else.

    Costs alone do not tell, since places have fees too. Actions do, and what one project requires of another; so do
    names of projects where the file is not named after places.
    """
    columns = columns_of(seen.table, _PROJECT_COLUMNS)
    if "cost" not in columns:
        return {}
    names = plain_word(columns.get("project", "")) in map(plain_word, vocabulary()["columns"]["project"])
    called = names and (_is_named(seen.label, "projects") or not _layer_named(seen.label))
    return columns if _acts(seen.table, columns) or called or not columns.keys().isdisjoint(_RELATION_COLUMNS) else {}


def _acts(table: pd.DataFrame, columns: Mapping[str, str]) -> bool:
    """Return whether most cells of the column of actions are actions."""
    words = table[columns["action"]].dropna().astype("str") if "action" in columns else ()
    actions = [meaning(word, "actions") is not None for word in words]
    return sum(actions) > MOSTLY * len(actions)


def _are_changes(table: pd.DataFrame) -> bool:
    """Return whether a table is a list of changes: it says what is done, and to what. As places they would be there."""
    columns = columns_of(table, ("action", "layer", "link", "way"))
    is_change = plain_word(columns.get("action", "")) in _CHANGE_WORDS  # 建设性质 = 新建 is also said of what is there
    return is_change and len(columns) > 1 and _acts(table, columns)


def _lacking_of_projects(columns: Mapping[str, str]) -> tuple[str, ...]:
    lacking = tuple(column for column in ("id", "action") if column not in columns)
    return (*lacking, "layer / link") if columns.keys().isdisjoint(_THING_COLUMNS) else lacking


def _figures(seen: Seen, base: Guess) -> Guess:
    """Return the guess of a table without positions: reported figures, numbers of children, or nothing of use."""
    if are_reported_figures(seen.table):
        return replace(base, role="reported")
    columns = columns_of(seen.table, ("code", "community", "street_office", *AGE_BANDS))
    if columns.keys() & {"code", "community"} and columns.keys() & {*AGE_BANDS}:
        return replace(base, role="children", columns=_renamed(columns))
    return replace(base, doubts=("other_ages" if _are_of_communities(seen.table, columns) else "no_position",))


def _are_of_communities(table: pd.DataFrame, columns: Mapping[str, str]) -> bool:
    """Return whether a table has numbers by community, one row for each: by ages, or nothing but numbers."""
    heading = columns.get("community") or columns.get("code")
    if heading is None or not table[heading].is_unique:
        return False
    rest = table.drop(columns=[*columns.values()])
    if any(_AGES.search(narrow(str(column))) for column in rest.columns):
        return True
    cells = rest.astype("str").to_numpy().ravel()
    return len(cells) > 0 and _are_communities(table[heading]) and all(map(is_number, cells))


def _places(seen: Seen, position: Mapping[str, str], base: Guess) -> list[Guess]:
    """Return the layers that a table of places holds."""
    columns = {**position, **columns_of(seen.table, PLACE_COLUMNS)}
    if other := _other_than_places(seen, columns):
        return [replace(base, doubts=(f"is_{other}",))]
    base = replace(base, role="layer", columns=_renamed(columns))
    own = _layer_named(seen.label)
    heading, layers = ("", {}) if own else _groups(seen.table)
    if layers:
        rows = {layer: int(seen.table[heading].isin(values).sum()) for layer, values in layers.items()}
        known = [
            replace(base, layer=name, where={heading: layers[name]}, rows=rows[name], doubts=_kindless(columns, ""))
            for name in layers
            if name
        ]
        rest = {heading: layers[""]} if "" in layers else {}
        left = len(seen.table) - sum(layer.rows for layer in known)
        unknown = replace(base, role="", where=rest, rows=left, doubts=("other_rows",))
        return [*known, unknown] if left else known
    layer = own or _layer_of_names(seen.table, columns)
    if layer and is_zone(layer, seen.areas):
        return [replace(base, role="", columns={}, doubts=("is_zone",))]
    kind = "" if "kind" in columns else _kind_named(seen.label)
    names = (
        frozenset(seen.table[columns["name"]].dropna().astype("str").map(plain_word))
        if "name" in columns
        else frozenset()
    )
    return [replace(base, layer=layer, kind=kind, doubts=_kindless(columns, kind), names=names)] if layer else []


def _other_than_places(seen: Seen, columns: Mapping[str, str]) -> str:
    """Return what a table that looks like places is instead, by its name, its kinds or names; "" where it is them."""
    words = _layer_words()
    by_cells = (mostly(seen.table[columns[ours]], "places", words) for ours in ("kind", "name") if ours in columns)
    return lookalike(seen.label, "places", words) or next(filter(None, by_cells), "")


def _streets(seen: Seen, base: Guess) -> Guess:
    """Return the guess of a table of lines: streets, by its columns, its name and theirs, or something else."""
    words = vocabulary()["files"]["network"]
    other = lookalike(seen.label, "lines", words)
    columns = columns_of(seen.table, ("highway", "name"))
    names = seen.table[columns["name"]] if "name" in columns else pd.Series(dtype="str")
    called = mostly(names, "lines", _STREET_NAMES)
    classes = seen.table[columns["highway"]].dropna().astype("str") if "highway" in columns else pd.Series(dtype="str")
    of_osm = len(classes) > 0 and bool(classes.str.lower().isin({*ROADS, *PATHS}).mean() > MOSTLY)
    classed = of_osm or (len(classes) > 0 and not mostly(classes, "lines"))
    evidence = 2 * classed + 2 * of_osm + 2 * (not other and _is_named(seen.label, "network"))
    evidence += int(names.dropna().astype("str").str.contains(_STREET_NAME).mean() > MOSTLY) if len(names) else 0
    against = 2 * bool(other) + 2 * bool(called) + (bool(_layer_named(seen.label)) and not classed)
    if evidence <= against and (other or called):
        return replace(base, doubts=(f"is_{other or called}",))
    if evidence <= against and _layer_named(seen.label):
        return replace(base, doubts=("is_line",))
    return replace(base, role="network", weight=evidence - against, doubts=() if evidence else ("streets_unsure",))


def _kindless_zones(columns: Mapping[str, str]) -> tuple[str, ...]:
    return () if "kind" in columns else ("zones_kindless",)


def _kindless(columns: Mapping[str, str], kind: str) -> tuple[str, ...]:
    return () if "kind" in columns or kind else ("no_kind",)


def _groups(table: pd.DataFrame) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Return the heading of the first column whose values mean several layers, and the values of each layer."""
    for heading in table.columns:
        values = table[heading].dropna().astype("str").unique()
        if not 2 <= len(values) <= min(_MOST_KINDS, len(table) / 2):  # else they are names
            continue
        layers: dict[str, list[str]] = {}
        for value in values:
            layers.setdefault(_layer_named(value), []).append(value)
        known = len(layers.keys() - {""})
        if known > 1 and len(layers.get("", [])) < MOSTLY * len(values):
            return str(heading), {layer: tuple(words) for layer, words in layers.items()}
    return "", {}


def _layer_of_names(table: pd.DataFrame, columns: Mapping[str, str]) -> str:
    """Return the layer that most kinds or names of places mean."""
    for ours in ("kind", "name"):
        if ours in columns and len(table):
            layers = table[columns[ours]].dropna().astype("str").map(_layer_named).value_counts(normalize=True)
            if len(layers) and layers.iloc[0] > MOSTLY and layers.index[0]:
                return str(layers.index[0])
    return ""


def _kind_named(label: str) -> str:
    """Return the kind that the name of a file or sheet holds, such as 小学."""
    names = [name["zh"] for name in section("kind").values() if name["zh"] in label]
    return kind_of(max(names, key=len)) if names else ""
