"""Fixtures that several test modules share: the town worked out by hand, and the real studies where they are."""

import gc
import random
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from tools.cluster import Cluster, running
from tools.made_once import folder_of_run, made_once
from worlds.plans import PATH, ROOM, Tried, town_plan, town_projects, tried
from worlds.series import run_three_years
from worlds.studies import case_of
from worlds.town import AS_OF, CRS, town_communities, town_demand, town_layers, town_network, write_town

from cfgeo import Inputs, Network, Results, Study, load_inputs, load_study, run_study
from cfgeo.assess.case import Case
from cfgeo.core.findings import findings_table
from cfgeo.core.plan import Plan
from cfgeo.publish.compared.series.table import Series, make_series

ROOT = Path(__file__).parent.parent

pd.options.mode.string_storage = "python"  # as every verb of the command line does
gc.set_threshold(50_000, 20, 50)  # as the command does

# The same cases on every run: a sample of those of ``--hypothesis-profile=full``; ``search`` goes looking for others.
for name, examples in (("cfgeo", 20), ("full", 40)):
    settings.register_profile(
        name,
        deadline=None,
        max_examples=examples,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.register_profile("search", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cfgeo")

ORACLE_SEED = 2026
"""Draws the cases of slow oracles, in the order of their names."""

LONGEST = (
    "whole/test_docs.py", "whole/test_end_to_end.py", "whole/test_bad_inputs.py", "whole/test_three_years.py",
    "study/start/test_fetch.py", "publish/report/test_write.py", "whole/test_plan_on_files.py", "app/test_desk.py",
    "publish/test_arrivals.py", "cli/test_main.py", "study/start/test_draft.py", "publish/compared/test_reasons.py",
    "batch/test_batch.py", "app/test_jobs.py", "plan/clauses/test_wider.py", "scripts/test_make_projects.py",
    "publish/run/test_years_killed.py", "scripts/hunt/test_fuzz.py", "publish/page/test_run.py",
    "publish/page/test_tour.py", "assess/test_explain.py", "app/test_decide.py", "publish/test_publish.py",
    "study/test_inputs.py", "whole/test_inbox.py", "whole/test_plan_traps.py", "whole/test_oracles.py",
)  # fmt: skip
"""Files that take the most processor time, the longest first."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Draw the cases of slow oracles, and begin with the longest files.

    A processor gets a whole file, and none shall be left alone with a long one at the end.
    """
    if settings().max_examples < settings.get_profile("full").max_examples:
        left = left_out(items)
        config.hook.pytest_deselected(items=[item for item in items if item in left])
        items[:] = [item for item in items if item not in left]
    places = {ROOT / "tests" / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


def left_out(items: list[pytest.Item]) -> set[pytest.Item]:
    """Return half of the cases of each slow oracle, the same on every run; of a single case nothing."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("oracle") is not None:
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    chance = random.Random(ORACLE_SEED)  # noqa: S311  # a sample, no secret
    return {item for name in sorted(cases) for item in chance.sample(cases[name], len(cases[name]) // 2)}


def pytest_report_collectionfinish(items: list[pytest.Item]) -> str:
    """Say how many tests draw their cases, and how many each; and how many cases of slow oracles there are."""
    drawn = sum(item.get_closest_marker("hypothesis") is not None for item in items)
    oracles = sum(item.get_closest_marker("oracle") is not None for item in items)
    sampled = sum(item.get_closest_marker("sampled") is not None for item in items)
    each = f"{drawn} tests draw cases, {settings().max_examples} each at most; --hypothesis-profile=full draws 40"
    return f"{each}; {oracles} cases of slow oracles and {sampled} long hunts, half of them unless it is full"


@pytest.fixture(scope="session")
def town() -> Network:
    """Return the town's network; its metres are exact."""
    return town_network()


@pytest.fixture(scope="session")
def town_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the ``study.toml`` of the town as files; tests that change files write a town of their own."""
    return write_town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="session")
def town_results(town_study: Path) -> Results:
    """Return what a run of the town's files finds."""
    return run_study(load_study(town_study))


@pytest.fixture(scope="session")
def town_case(town: Network, town_study: Path) -> Case:
    """Return the town as it is judged; its metres are exact."""
    tables = (town_communities(), town_demand(), town_layers())
    inputs = Inputs(*tables, town, findings_table([]), files=(), demand_basis="children", crs=CRS, as_of=AS_OF)
    return case_of(load_study(town_study), inputs)


@pytest.fixture(scope="session")
def tried_town(town_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Tried:
    """Return the town with every set of the projects of its reserve list."""
    folder = folder_of_run(tmp_path_factory)
    return made_once(folder, "tried-town", lambda: tried(town_study, town_projects()))


@pytest.fixture(scope="session")
def plan(tried_town: Tried) -> Plan:
    """Return the town's plan: two schools beside what is decided, 3 of 4 communities pass."""
    return town_plan(tried_town)


@pytest.fixture(scope="session")
def nothing(tried_town: Tried) -> Plan:
    """Return the plan for a budget that is spent on what is decided."""
    return town_plan(tried_town, budget=150.0)


@pytest.fixture(scope="session")
def poor(tried_town: Tried) -> Plan:
    """Return the plan for a list that cannot meet the target: nothing brings Lower East a school."""
    return town_plan(tried_town.without(ROOM, PATH))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Return a PostgreSQL server with PostGIS, started for these tests."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real data beside the checkout."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared test data is not beside the checkout")
    return folder


@pytest.fixture(scope="session")
def monaco_study(shared_data: Path) -> Study:
    """Return the study of Monaco."""
    return load_study(shared_data / "monaco" / "study.toml")


@pytest.fixture(scope="session")
def monaco(monaco_study: Study) -> Inputs:
    """Return Monaco's data, read as far as a child walks in a quarter of an hour."""
    return load_inputs(monaco_study, margin_m=1500)


@pytest.fixture(scope="session")
def yuzhong_study(shared_data: Path) -> Study:
    """Return the study of Yuzhong."""
    return load_study(shared_data / "yuzhong" / "study.toml")


@pytest.fixture(scope="session")
def yuzhong(yuzhong_study: Study) -> Inputs:
    """Return Yuzhong's data, read as far as a child walks in a quarter of an hour."""
    return load_inputs(yuzhong_study, margin_m=1500)


@pytest.fixture(scope="session")
def default_study() -> Study:
    """Return the study that comes with the project."""
    path = ROOT / "data" / "study.toml"
    if not path.is_file():
        pytest.skip("the default study is not made yet")
    return load_study(path)


@pytest.fixture(scope="session")
def default_results(default_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Return what a run of the study that comes with the project finds, without its plan."""
    return made_once(folder_of_run(tmp_path_factory), "default-results", lambda: run_study(default_study))


@pytest.fixture(scope="session")
def default_case(default_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Return the study that comes with the project, as it is judged."""
    return made_once(folder_of_run(tmp_path_factory), "default-case", lambda: case_of(default_study))


@pytest.fixture(scope="session")
def monaco_case(monaco_study: Study) -> Case:
    """Return Monaco, as it is judged."""
    return case_of(monaco_study)


@pytest.fixture(scope="session")
def three_years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of three yearly runs of the town: what was done to it stands in :mod:`worlds.series`."""
    folder = folder_of_run(tmp_path_factory)
    return made_once(folder, "three-years", lambda: run_three_years(folder / "three-years"))


@pytest.fixture(scope="session")
def series(three_years: Path) -> Series:
    """Return the series of these runs."""
    return make_series([three_years])
