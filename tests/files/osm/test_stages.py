"""Which stages a school of OpenStreetMap has, by its tags alone."""

import geopandas as gpd
import pytest
from shapely import Point

from cfgeo.files.osm.stages import school_kind, with_stages


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({}, "school"),
        ({"name": "人和街小学"}, "school"),
        ({"isced:level": "1"}, "primary"),
        ({"isced:level": "0"}, "kindergarten"),
        ({"isced:level": "1-2"}, "primary、junior"),
        ({"isced:level": "2;3"}, "junior、senior"),
        ({"isced:level": "0, 1"}, "kindergarten、primary"),
        ({"isced:level": "5"}, "university"),
        ({"isced:level": "unknown"}, "school"),
        ({"isced:level": "1", "school": "music"}, "primary"),
        ({"grades": "1-6"}, "primary"),
        ({"grades": "K-5"}, "kindergarten、primary"),
        ({"grades": "7-9"}, "junior"),
        ({"grades": "1-12"}, "primary、junior、senior"),
        ({"school": "primary"}, "primary"),
        ({"school": "primary;secondary"}, "primary、secondary"),
        ({"school:FR": "élémentaire"}, "primary"),
        ({"school:MC": "maternelle"}, "kindergarten"),
        ({"school": "dance"}, "dance_school"),
        ({"school": "art"}, "art_school"),
        ({"school": "public"}, "school"),
        ({"school:gender": "primary"}, "school"),
    ],
)
def test_a_school_has_the_stages_that_its_tags_say_and_no_others(tags: dict[str, str], kind: str) -> None:
    assert school_kind(tags) == kind


def test_only_schools_get_stages_and_the_index_stays() -> None:
    places = gpd.GeoDataFrame(
        {
            "kind": ["school", "kindergarten", "school", "music_school"],
            "isced:level": ["1", "1", None, "1"],
            "school": [None, None, "dance", None],
        },
        geometry=[Point(0, 0)] * 4,
        index=["a", "b", "c", "d"],
    )
    made = with_stages(places)
    assert made["kind"].to_dict() == {"a": "primary", "b": "kindergarten", "c": "dance_school", "d": "music_school"}
    assert places["kind"].tolist() == ["school", "kindergarten", "school", "music_school"]
