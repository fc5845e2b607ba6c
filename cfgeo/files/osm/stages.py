"""Which stages a school of OpenStreetMap has, by its tags: ``amenity=school`` alone says nothing of them."""

import re
from collections.abc import Mapping

import geopandas as gpd

_SCHOOL = "school"
_BY_LEVEL = {"0": "kindergarten", "1": "primary", "2": "junior", "3": "senior", "4": "vocational"}
"""Levels of UNESCO's classification of education (ISCED 2011), the tag ``isced:level``."""
_TERTIARY = ("5", "6", "7", "8")
_LAST_GRADES = (("primary", 6), ("junior", 9), ("senior", 12))
_BY_WORD = {
    "kindergarten": ("kindergarten",), "preschool": ("kindergarten",), "maternelle": ("kindergarten",),
    "primary": ("primary",), "elementary": ("primary",), "élémentaire": ("primary",), "elementaire": ("primary",),
    "primaire": ("kindergarten", "primary"), "grundschule": ("primary",), "小学": ("primary",), "小学校": ("primary",),
    "junior": ("junior",), "middle": ("junior",), "junior_high": ("junior",), "lower_secondary": ("junior",),
    "collège": ("junior",), "college": ("junior",), "初中": ("junior",), "中学校": ("junior",),
    "senior": ("senior",), "high": ("senior",), "high_school": ("senior",), "senior_high": ("senior",),
    "upper_secondary": ("senior",), "lycée": ("senior",), "lycee": ("senior",), "高中": ("senior",),
    "高等学校": ("senior",),
    "secondary": ("secondary",), "secondaire": ("secondary",), "中学": ("secondary",),
    "special_education_needs": ("special",), "special": ("special",), "vocational": ("vocational",),
}  # fmt: skip
"""Values of ``school`` and ``school:FR`` (and other countries) that name a stage."""
_LESSONS = (
    "art", "arts", "ballet", "cooking", "dance", "dancing", "diving", "driving", "fine_arts", "flying", "language",
    "languages", "martial_arts", "music", "riding", "sailing", "ski", "surfing", "swimming", "theatre", "tutoring",
)  # fmt: skip
"""Values of ``school`` where lessons are given that are no child's schooling."""


def with_stages(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return places of OpenStreetMap whose ``kind`` says the stages of each school, as far as its tags do.

    ``isced:level`` decides, else ``grades``, else ``school`` and ``school:FR`` (or another country). A school whose
    tags say nothing of stages stays ``school``; its name is not asked.

    Parameters
    ----------
    places
        ``kind`` and all tags.
    """
    if "kind" not in places.columns or not (schools := places["kind"] == _SCHOOL).any():
        return places
    columns = [column for column in places.columns if re.match(r"(isced|grades|school)(:|$)", str(column))]
    tags = places.loc[schools, columns].to_dict("records")
    kinds = [school_kind({key: value for key, value in row.items() if isinstance(value, str)}) for row in tags]
    kind = places["kind"].copy()
    kind[schools] = kinds
    return places.assign(kind=kind)


def school_kind(tags: Mapping[str, str]) -> str:
    """Return the kinds of a school by its tags, such as ``primary、junior``; ``school`` where they do not tell."""
    found = _by_levels(tags.get("isced:level") or tags.get("isced") or "") or _by_grades(tags.get("grades", ""))
    if found:
        return found
    words = [
        word.strip().casefold()
        for key, value in tags.items()
        if key == _SCHOOL or re.fullmatch(r"school:([A-Z]{2}|type|level)", key)
        for word in re.split(r"[;,/]", value)
    ]
    stages = dict.fromkeys(stage for word in words for stage in _BY_WORD.get(word, ()))
    lessons = [word for word in words if word in _LESSONS]
    return "、".join(stages) or (f"{lessons[0]}_school" if lessons else _SCHOOL)


def _by_levels(text: str) -> str:
    levels = _numbers(text.replace("_", "-"))
    kinds = [kind for level, kind in _BY_LEVEL.items() if level in levels]
    return "、".join(kinds or (["university"] if levels & {*_TERTIARY} else []))


def _by_grades(text: str) -> str:
    plain = re.sub(r"(?i)\b(pk|kg|k|pre-?k)\b", "0", text)
    grades = {int(number) for number in _numbers(plain)}
    kinds, first = ["kindergarten"] if 0 in grades else [], 1
    for kind, last in _LAST_GRADES:
        if grades & set(range(first, last + 1)):
            kinds.append(kind)
        first = last + 1
    return "、".join(kinds)


def _numbers(text: str) -> set[str]:
    """Return the numbers of a list such as ``1;2`` or ``1-3``; none where anything else stands there."""
    found: set[str] = set()
    for part in re.split(r"[;,/ ]+", text.strip()):
        match = re.fullmatch(r"(\d{1,2})(?:[-–](\d{1,2}))?", part)
        if match is None:
            return set()
        found |= {str(number) for number in range(int(match[1]), int(match[2] or match[1]) + 1)}
    return found
