"""A plan and sites as pictures."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from tools.browser import pdf_pages
from worlds.sites import candidates_at, found_in

from cfgeo.assess.case import Case
from cfgeo.core.plan import Plan
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.maps.steps import draw_steps_map, frontier_picture, listed_steps, steps_map, steps_picture
from cfgeo.publish.pictures import A3_MM, blank_figure
from cfgeo.publish.words.steps import BuildSteps, plan_steps
from cfgeo.publish.writers import write_plan, write_sites


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_plan_is_a_sheet_in_each_format(plan: Plan, tmp_path: Path, lang: Lang) -> None:
    write_plan(plan, tmp_path / "plan.png", lang=lang)
    picture = matplotlib.image.imread(tmp_path / "plan.png")
    assert picture.shape[1] / picture.shape[0] == pytest.approx(420 / 297, rel=0.01)
    assert len(np.unique(picture[::7, ::7, :3].reshape(-1, 3), axis=0)) > 50
    write_plan(plan, tmp_path / "plan.pdf", lang=lang)
    assert pdf_pages((tmp_path / "plan.pdf").read_bytes()) == 1
    write_plan(plan, tmp_path / "plan.svg", lang=lang)
    assert (tmp_path / "plan.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_the_same_plan_gives_the_same_bytes(plan: Plan) -> None:
    steps = plan_steps(plan, "en")
    for form in ("png", "svg", "pdf"):
        assert steps_picture(steps, form, lang="en") == steps_picture(steps, form, lang="en")


def test_sites_are_a_sheet_too(town_case: Case, tmp_path: Path) -> None:
    candidates = candidates_at(town_case, (320, 300), (350, 100))
    sites = found_in(town_case, candidates, layer="schools", kind="primary", count=2)
    write_sites(sites, tmp_path / "sites.png", lang="zh")
    assert matplotlib.image.imread(tmp_path / "sites.png").shape[0] > 1000
    none = found_in(town_case, candidates_at(town_case, (0, 0)), layer="schools", kind="primary", count=1)
    write_sites(none, tmp_path / "none.png", lang="en")


def test_no_name_lies_under_a_number(plan: Plan) -> None:
    steps = plan_steps(plan, "en")
    figure = blank_figure(A3_MM, dpi=100)
    axes = figure.add_axes((0.02, 0.11, 0.6, 0.75))
    draw_steps_map(axes, steps, size=8.0, lang="en")
    renderer = figure.canvas.get_renderer()
    boxes = {each.get_text(): each.get_window_extent(renderer) for each in axes.texts}
    names = [box for words, box in boxes.items() if words in set(steps.before["community"])]
    numbers = [box for words, box in boxes.items() if words in {"1", "2", "3"}]
    assert len(numbers) == sum(step.shape is not None for step in steps.steps)
    assert len(names) >= 3
    assert not any(name.overlaps(number) for name in names for number in numbers)


def test_more_projects_than_have_room_are_counted(plan: Plan) -> None:
    projects = plan.projects.loc[["P-02"] * 60].assign(rank=range(1, 61), passed=2)
    lines = listed_steps(plan_steps(replace(plan, projects=projects), "en"), "en")
    assert len(lines) == 23
    assert lines[0] == "1. East School    200.5 万元 · 2 pass"
    assert lines[-1] == "… and 38 more"
    assert listed_steps(plan_steps(plan, "en"), "en")[1:3] == [
        "2. East School    200.5 万元 · 2 pass",
        "      +1: Lower East",
    ]


def test_map_and_frontier_stand_alone_for_reports(plan: Plan) -> None:
    steps = plan_steps(plan, "zh")
    for draw in (steps_map, frontier_picture):
        body = draw(steps, lang="zh", size_mm=(156, 100))
        picture = matplotlib.image.imread(io.BytesIO(body))
        assert picture.shape[1] / picture.shape[0] == pytest.approx(1.56, rel=0.01)


def test_the_map_shows_what_is_lost_what_is_held_and_what_is_built(plan: Plan, poor: Plan) -> None:
    def drawn(steps: BuildSteps) -> bytes:
        return steps_map(steps, lang="en", size_mm=(100, 70))

    steps, held = plan_steps(plan, "en"), plan_steps(poor, "en")
    lost = steps.after.assign(verdict=steps.after["verdict"].where(steps.after.index != "C01", "failed"))
    pictures = [drawn(variant) for variant in (steps, replace(steps, after=lost), replace(steps, steps=[]), held)]
    assert len({*pictures, drawn(replace(held, held={}))}) == 5


def test_the_frontier_shows_its_target_and_what_is_not_proven(plan: Plan) -> None:
    def drawn(plan: Plan, **chart: Any) -> bytes:
        steps = plan_steps(plan, "en")
        assert steps.chart is not None
        return frontier_picture(replace(steps, chart=replace(steps.chart, **chart)), lang="en", size_mm=(100, 70))

    open_ = replace(plan, frontier=plan.frontier.assign(bound=[20.0, 100.0, 520.5]))
    wider = replace(plan, frontier=plan.frontier.assign(bound=[20.0, 50.0, 520.5]))
    assert len({drawn(plan), drawn(plan, aim=None), drawn(open_), drawn(wider)}) == 4
