"""Changes of ways: those closed and refitted, and changes that are impossible."""

from typing import Any

import pytest
from worlds.scenarios import drawn, join_links
from worlds.town import CRS, ONE_WAY, RAMP, STEPS, town_streets

from cfgeo import LinkChange
from cfgeo.core.scenario import WrittenAt
from cfgeo.network.edges import cut_ways
from cfgeo.scenarios.change_ways import changed_ways
from cfgeo.scenarios.draw_links import JOIN_M


def test_the_streets_before_are_left_unchanged() -> None:
    streets = town_streets()
    before = streets.ways.copy(), streets.node_ids.copy()
    changes = [drawn("stairs", (50, 100), (50, 200)), LinkChange("refit", way=STEPS, tags={"highway": "footway"})]
    after, _ = join_links(*changes, LinkChange("close", way=RAMP), streets=streets)
    assert streets.ways.equals(before[0])
    assert (streets.node_ids == before[1]).all()
    assert RAMP not in set(after.ways["osm_id"])
    assert after.ways.dtypes.to_dict() == streets.ways.dtypes.to_dict() | {"ramp": after.ways["ramp"].dtype}


FAULTS: dict[str, tuple[LinkChange, str, dict[str, Any]]] = {
    "no such way": (LinkChange("close", way=7), "change_way", {"way": 7}),
    "all that have no number": (LinkChange("close", way=0), "change_way", {}),
    "no such street": (LinkChange("close", street="Row 10"), "change_street", {"street": "Row 10"}),
    "an end in the river": (drawn("stairs", (50, 100), (50, 100 + 150)), "change_end_off", {"join_m": JOIN_M}),
    "no longer than a step": (drawn("stairs", (50, 105), (50, 110)), "change_nowhere", {}),
    "where nobody may walk": (drawn("walkway", (50, 100), (50, 200), access="no"), "change_closed", {"tags": ""}),
    "refitted so that nobody may walk": (
        LinkChange("refit", way=STEPS, tags={"foot": "no"}), "change_closed", {"tags": "foot=no"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_an_impossible_change_is_a_fault(name: str) -> None:
    change, code, values = FAULTS[name]
    streets = town_streets()
    streets.ways.loc[streets.ways["osm_id"] == ONE_WAY, "osm_id"] = 0
    *_, faults = changed_ways(cut_ways(streets, crs=CRS), [change])
    assert [fault for fault, _ in faults] == [code]
    assert {key: value for key, value in values.items() if value}.items() <= faults[0][1].items()


def test_a_way_can_change_only_once() -> None:
    changes = [LinkChange("close", way=STEPS), LinkChange("refit", way=STEPS, tags={"step_count": "3"}, nth=2)]
    *_, faults = changed_ways(cut_ways(town_streets(), crs=CRS), changes)
    assert faults == [("change_same", {"where": WrittenAt(2), "facility": str(STEPS), "other": WrittenAt(1)})]
