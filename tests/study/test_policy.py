"""Each item of the plan that a tool can judge has its clauses; of the others it is said why none can judge them.

Run ``pytest -k policy -v``: the name of each test is an item, with the clauses that judge it.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from cfgeo.core.strings import LANGUAGES
from cfgeo.study.standard import Clause, load_standard

POLICY = Path(__file__).resolve().parents[3] / "shared" / "policy.md"
CLAUSES = {clause.id: clause for clause in load_standard("yuzhong-2026").clause}


@dataclass(frozen=True)
class Asked:
    """What an item of the plan asks, the number as the plan has it, and the clauses that judge it or why none can."""

    item: int
    what: str
    number: float | None = None
    clauses: tuple[str, ...] = ()
    none: str = ""

    def __str__(self) -> str:
        return f"P{self.item} {self.what}: {', '.join(self.clauses) or self.none}"


PLACES = ("P8-primary", "P8-junior", "P8-health", "P8-activity", "P8-sports")
ASKED = (
    Asked(8, "places of a street block, for communities", None, PLACES),
    Asked(8, "street blocks", None, tuple(clause.replace("P8-", "P8-block-") for clause in PLACES)),
    Asked(8, "children's homes", 1, ("P8-home",)),
    Asked(8, "play places", None, ("P8-park",)),
    Asked(8, "communities that were certified", 0.70, ("P8-certified",)),
    Asked(8, "all services at once", None, ("P8-all",)),
    Asked(8, "connected network", None, ("P8-network",)),
    Asked(8, "school routes on calm or separate ways", None, ("P8-routes",)),
    Asked(9, "child-friendly campuses", 10, ("P9-campus",)),
    Asked(10, "child-friendly hospitals", 10, ("P10-hospital",)),
    Asked(11, "child-friendly parks", 3, ("P11-park",)),
    Asked(11, "more pocket parks", none="the plan gives no number; the series shows how many there are by year"),
    Asked(12, "child-friendly scenic areas", 3, ("P12-scenic",)),
    Asked(13, "child-friendly walkways", 5, ("P13-walkway",)),
    Asked(13, "all walkways refitted, by length", 1, ("P13-length",)),
    Asked(13, "play places along walkways", None, ("P13-play",)),
    Asked(13, "calming around schools", 1, ("P13-calming",)),
    Asked(13, "calming along roads around all children's places", 1, ("P13-roads",)),
    Asked(14, "a sports facility in every community", 1, ("P14-sports",)),
    Asked(14, "school grounds open after hours", None, ("P14-open",)),
    Asked(15, "culture within 15 minutes", None, ("P15-culture",)),
    Asked(16, "study-practice bases", 3, ("P16-bases",)),
    Asked(17, "childcare in every community", 1, ("P17-care", "P17-care-places")),
    Asked(17, "kinds of care", 1, ("P17-full-day", "P17-half-day", "P17-hourly", "P17-temporary")),
    Asked(17, "places per 1,000 residents", 4.5, ("P17-places",)),
    Asked(18, "public share", 0.55, ("P18-public",)),
    Asked(18, "inclusive share", 0.88, ("P18-inclusive",)),
    Asked(18, "kindergartens of grade 2 or better", 0.80, ("P18-grade",)),
    Asked(18, "gross enrolment", 1, ("P18-enrolment",)),
    Asked(18, "disabled children enrolled", 0.97, ("P18-disabled",)),
    Asked(19, "fitness", 0.60, ("P19-fitness",)),
    Asked(19, "lessons", 1, ("P19-lessons",)),
    Asked(21, "newborn mortality", 0.0015, ("P21-newborn",)),
    Asked(21, "infant mortality", 0.003, ("P21-infant",)),
    Asked(21, "mortality under five", 0.004, ("P21-under-five",)),
    Asked(22, "eye checks", 0.90, ("P22-eyes",)),
    Asked(22, "stunting", 0.05, ("P22-stunting",)),
    Asked(24, "vaccination", 0.90, ("P24-vaccination",)),
    Asked(25, "child-health doctors in each centre", 1, ("P25-doctors",)),
    Asked(25, "paediatric beds and doctors against the city's average", None, ("P25-beds", "P25-paediatricians")),
    Asked(26, "rehabilitation", 1, ("P26-rehabilitation",)),
    Asked(27, "basic care of orphans", 1, ("P27-orphans",)),
    Asked(28, "figures by area and sex, every year", none="no need: `cfgeo series` writes them for all clauses"),
    Asked(29, "a family-education station in each street office", 1, ("P29-family",)),
    Asked(29, "events of each station", 1, ("P29-events",)),
    Asked(29, "parent schools", 1, ("P29-parents",)),
    Asked(34, "traffic-safety events", 10, ("P34-traffic",)),
    Asked(35, "e-reading rooms", None, ("P35-reading",)),
    Asked(36, "cameras", None, ("P36-cameras",)),
    Asked(38, "food and medicine tests", 0.98, ("P38-tests",)),
    Asked(39, "no tobacco near schools", 1, ("P39-tobacco",)),
    Asked(41, "mother-and-baby rooms in shelters", 1, ("P41-shelter",)),
    Asked(41, "first-aid sets", 1, ("P41-first-aid",)),
    Asked(42, "legal-education base", 1, ("P42-legal",)),
    Asked(43, "a protection station in each street office", 1, ("P43-protection",)),
    Asked(43, "a protection room in each community", 1, ("P43-rooms",)),
    Asked(45, "child-friendly shopping districts", 3, ("P45-shopping",)),
    Asked(45, "the three shopping districts by name", 3, ("P45-named",)),
)


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_policy(asked: Asked) -> None:
    assert bool(asked.clauses) != bool(asked.none)
    for name in asked.clauses:
        clause = CLAUSES[name]
        assert clause.plan_item == asked.item
        assert asked.number is None or clause.need == pytest.approx(asked.number)
        assert asked.number is not None or all(clause.assumed(lang) for lang in LANGUAGES), "whose number is it?"


def test_policy_needs_that_have_to_be_exceeded_or_kept_below_are_so() -> None:
    compared = {"P18-public": "more_than", "P18-inclusive": "more_than", "P18-grade": "more_than"}
    compared |= {"P21-newborn": "at_most", "P21-infant": "at_most", "P21-under-five": "at_most"}
    compared |= {"P22-eyes": "more_than", "P22-stunting": "less_than"}
    compared |= {"P25-beds": "more_than", "P25-paediatricians": "more_than"}
    assert {name: clause.compare for name, clause in CLAUSES.items() if clause.compare != "at_least"} == compared


def test_policy_has_no_clause_that_no_item_asks_for() -> None:
    asked = {name for each in ASKED for name in each.clauses}
    strollers = {name for name in CLAUSES if "stroller" in name}  # a second walker for what is asked already
    assert set(CLAUSES) == asked | strollers


@pytest.mark.skipif(not POLICY.is_file(), reason="the plan's items as numbers are not beside the checkout")
def test_policy_items_that_a_map_can_check_are_all_here() -> None:
    rows = re.findall(r"^\| (P\d+(?:, \w+)*) \|", POLICY.read_text(encoding="utf-8"), re.MULTILINE)
    items = {int(item) for row in rows for item in re.findall(r"P(\d+)", row)}
    assert items == {each.item for each in ASKED}


def test_policy_clauses_keep_the_verdict_of_a_community_to_its_seven_needs() -> None:
    required = [name for name, clause in CLAUSES.items() if _decides_a_community(clause)]
    assert required == [*PLACES, "P8-home", "P8-park"]


def _decides_a_community(clause: Clause) -> bool:
    return clause.required and clause.scope == "community"
