"""Write the ``study.toml`` of a study that was fetched from OpenStreetMap."""

from collections.abc import Mapping
from dataclasses import dataclass

from cfgeo.core.strings import LANGUAGES, Sentence, name_of
from cfgeo.study.start.new_study import header, inline_table, quoted, quoted_or_list, remark

Tags = Mapping[str, tuple[str, ...]]

DATA, COMMUNITIES = "openstreetmap.osm.pbf", "communities.geojson"


@dataclass(frozen=True)
class Origin:
    """Where data comes from; "" for what the user has to fill in."""

    source: str
    date: str
    licence: str


@dataclass(frozen=True)
class FetchedLayer:
    """What the data has of a layer.

    Attributes
    ----------
    tags : dict of str to tuple
        The tags that its places carry.
    count, inside : int
        How many there are in all, and in the district.
    used : bool
        Whether the study uses it; else it stands in ``study.toml`` as a remark.
    """

    tags: Tags
    count: int
    inside: int
    used: bool


@dataclass(frozen=True)
class FetchedStudy:
    """What ``study.toml`` says of a fetched study.

    Attributes
    ----------
    ident, title : str
    data, communities : Origin
        Of the OpenStreetMap file, and of the communities.
    data_notes : tuple of Sentence
        What a user should know about the data.
    communities_note : Sentence
        How the communities were made.
    layers : dict of str to FetchedLayer
        With the homes as ``demand``.
    homes_share : float
        Share of residential streets with a dwelling beside them, 0–1.
    """

    ident: str
    title: str
    data: Origin
    data_notes: tuple[Sentence, ...]
    communities: Origin
    communities_note: Sentence
    layers: Mapping[str, FetchedLayer]
    homes_share: float


def study_toml(study: FetchedStudy) -> str:
    """Return the text of ``study.toml``."""
    lines = [
        *header("fetch", ident=study.ident, title=study.title, standard="fifteen-minute"),
        *(f"# {study.communities_note.text(lang)}" for lang in LANGUAGES),
        f'path = "{COMMUNITIES}"',
        *_provenance(study.communities),
        "",
        "[network]",
        remark("fetch.network"),
        *(f"# {note.text(lang)}" for note in study.data_notes for lang in LANGUAGES),
        f'path = "{DATA}"',
        remark("fetch.elevation"),
        '# elevation = "dem.tif"',
        *_provenance(study.data),
    ]
    for name, layer in study.layers.items():
        lines += ["", *_layer(name, layer, study.homes_share)]
    return "\n".join([*lines, "", "[walk]", "limit_minutes = 15", ""])


def _layer(name: str, layer: FetchedLayer, homes_share: float) -> list[str]:
    """Return the lines of a layer; commented out, with the reason, where the study does not use it."""
    heading = "demand" if name == "demand" else f"layers.{name}"
    names = " / ".join(name_of("layer", name, lang) for lang in LANGUAGES)
    tags = inline_table({key: quoted_or_list(values) for key, values in layer.tags.items()})
    counts = remark("fetch.found", found=layer.count, inside=layer.inside)
    lines = [f"[{heading}]  # {names}", f"osm = {tags}  {counts}"]
    if layer.used:
        return lines
    reason = remark("fetch.few_homes", share=homes_share) if name == "demand" else remark("fetch.none")
    return [reason, *(f"# {line}" for line in lines)]


def _provenance(origin: Origin) -> list[str]:
    fill_in = f"  {remark('fetch.fill_in')}"
    return [
        f"source = {quoted(origin.source)}",
        f"date = {quoted(origin.date)}{'' if origin.date else fill_in}",
        f"licence = {quoted(origin.licence)}{'' if origin.licence else fill_in}",
    ]
