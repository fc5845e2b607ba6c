"""The child's walk on the map page: the routes' own minutes, street by street, on the map and in profile."""

import dataclasses
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from tools.browser import LAPTOP, PHONE, chromium, grave, open_page
from tools.packed import walk_paths
from tools.page_types import declared_keys
from worlds.publish_results import sample_results

from cfgeo import Results
from cfgeo.core.schema import WALK_PARTS
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.geometry import Projector
from cfgeo.publish.page.run import write_page
from cfgeo.publish.page.walks import walk_data


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as made:
        yield made


def paths_of(data: dict[str, Any], clause: str) -> dict[int, dict[str, Any]]:
    """Return the paths of a clause as the page reads them: position of the community → steps, points, profile."""
    assert set(data["paths"][clause]) == declared_keys("WalkPaths")
    return walk_paths(data["paths"][clause])


def test_each_path_is_its_route_to_the_second(town_results: Results) -> None:
    data = walk_data(town_results, Projector(town_results.inputs.crs))
    codes = town_results.communities.index.tolist()
    routes = town_results.walks.routes.set_index(["clause", "code"])
    seen = 0
    for clause in data["paths"]:
        for position, path in paths_of(data, clause).items():
            assert set(path) == declared_keys("WalkPath")
            route, steps = routes.loc[(clause, codes[position])], path["steps"]
            assert steps[-1][3] == round(route["minutes"] * 60)
            assert sum(step[2] for step in steps) == pytest.approx(route["length_m"], abs=0.5 * len(steps))
            assert sum(step[4] for step in steps) == pytest.approx(60 * route["wait_minutes"], abs=0.5 * len(steps))
            assert {WALK_PARTS[step[0]] for step in steps} <= {
                part for part in WALK_PARTS if route[f"{part}_minutes"] > 0
            }
            assert steps[-1][5] == len(path["points"])
            assert all(later[5] - step[5] >= 2 for step, later in pairwise(steps))
            assert all(0 <= step[1] < len(data["names"]) for step in steps)
            assert len(path["profile"]) == 0, "the town has no heights"
            seen += 1
    assert seen == np.isfinite(routes["minutes"]).sum() > 4


def test_a_profile_has_metres_from_the_start_and_heights(town_results: Results) -> None:
    profiles = town_results.walks.profiles.copy()
    profiles["height_m"] = 250.0 + (profiles["distance_m"] // 10 % 2) * 5
    walks = dataclasses.replace(town_results.walks, profiles=profiles)
    results = dataclasses.replace(town_results, walks=walks)
    data = walk_data(results, Projector(results.inputs.crs))
    codes = results.communities.index.tolist()
    of_route = profiles.groupby(["clause", "code"])
    for clause in data["paths"]:
        for position, path in paths_of(data, clause).items():
            rows = of_route.get_group((clause, codes[position]))
            assert np.abs(path["profile"][[0, -1], 0] - rows["distance_m"].iloc[[0, -1]]).max() <= 0.5
            assert set(path["profile"][:, 1]) <= {250, 255}


def test_a_path_leads_from_the_home_to_the_place(town_results: Results) -> None:
    projector = Projector(town_results.inputs.crs)
    data = walk_data(town_results, projector)
    routes = town_results.walks.routes.set_index(["clause", "code"])
    codes = town_results.communities.index.tolist()
    for clause in data["paths"]:
        for position, path in paths_of(data, clause).items():
            route = routes.loc[(clause, codes[position])]
            place = town_results.facilities.geometry[route["facility"]]
            end = path["points"][0 if route["direction"] == "from" else -1]
            if place.geom_type == "Point":
                assert np.abs(end - projector.point(place)).max() <= 1


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_walk_of_a_community_is_shown_step_by_step(
    context: Any, town_results: Results, tmp_path: Path, lang: Lang
) -> None:
    write_page(town_results, tmp_path / "index.html", lang=lang)
    data = walk_data(town_results, Projector(town_results.inputs.crs))
    nth = town_results.communities.index.get_loc("C03")
    for size in (LAPTOP, PHONE):
        with open_page(context, tmp_path / "index.html", size) as watched:
            page = watched.page
            assert page.locator(".way-line").count() == 0, "nothing is drawn before somebody asks"
            page.click("tr[data-code=C03] button")
            page.wait_for_selector("[data-part=walk]:not([hidden])")
            page.select_option("[data-part=walk] select", "school")
            path = paths_of(data, "school")[nth]
            assert page.locator(".way-steps li").count() == len(path["steps"])
            drawn = page.locator(".way-line").count()
            assert 0 < drawn <= len(path["steps"]), "a lift has no length"
            for _ in path["steps"]:
                page.locator(".way-play").evaluate("button => button.click()")
            assert page.locator(".way-walker").count() == 1
            minutes, seconds = divmod(path["steps"][-1][3], 60)
            told = page.locator(".way-time").inner_text()
            assert str(minutes) in told
            assert str(seconds) in told
            assert page.locator(".way-steps li").last.get_attribute("aria-current") == "step"
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            assert grave(Axe().run(page)) == []
            page.click("#place-close")
            assert page.locator(".way-line").count() == 0


@pytest.mark.browser
def test_the_walk_is_walked_on_request_and_stops(context: Any, town_results: Results, tmp_path: Path) -> None:
    write_page(town_results, tmp_path / "index.html", lang="en")
    with open_page(context, tmp_path / "index.html") as watched:
        page = watched.page
        page.emulate_media(reduced_motion="no-preference")
        page.click("tr[data-code=C03] button")
        page.wait_for_selector("[data-part=walk]:not([hidden])")
        assert page.locator(".way-walker").count() == 0
        page.locator(".way-play").evaluate("button => button.click()")
        page.wait_for_selector(".way-walker", state="attached")
        page.wait_for_selector(".way-steps li:nth-child(2)[aria-current]")
        page.locator(".way-play").evaluate("button => button.click()")
        assert page.locator(".way-play").inner_text() == "▶ Walk it"
        page.emulate_media(reduced_motion="reduce")


@pytest.mark.browser
def test_without_its_path_a_walk_has_no_section(context: Any, tmp_path: Path) -> None:
    write_page(sample_results(), tmp_path / "index.html", lang="en")
    with open_page(context, tmp_path / "index.html") as watched:
        page = watched.page
        page.click("tr[data-code=A01] button")
        page.wait_for_selector("#place:not([hidden])")
        assert page.locator("[data-part=walk]").is_hidden()
        assert page.locator(".way-line").count() == 0
