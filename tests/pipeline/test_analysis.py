"""A study from memory is the study of its files; what an analyst asks of it; errors that name arguments."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from worlds.memory import arguments_of, assert_equal, in_memory, streets_of_files
from worlds.studies import degrees, on_a_hill
from worlds.town import CRS, HOMES, at, town_communities, write_town

import cfgeo
from cfgeo import CfgeoError, InputError, ReadStudy, Results, Study, StudyError
from cfgeo.assess.coverage import demand_seconds
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.run.folder import GEOPACKAGE


@pytest.fixture(scope="module")
def study(town_study: Path) -> Study:
    return cfgeo.load_study(town_study)


@pytest.fixture(scope="module")
def network(study: Study) -> cfgeo.Network:
    return streets_of_files(study, town_communities().geometry)


@pytest.fixture(scope="module")
def case(study: Study, network: cfgeo.Network) -> ReadStudy:
    return in_memory(study, network)


def test_the_town_from_memory_is_that_of_its_files(case: ReadStudy, town_results: Results) -> None:
    assert_equal(town_results, cfgeo.judge(case))


def test_the_default_study_from_memory_is_that_of_its_files(default_study: Study, default_results: Results) -> None:
    network = streets_of_files(default_study, default_results.inputs.communities.geometry)
    assert_equal(default_results, cfgeo.judge(in_memory(default_study, network)))


def test_a_table_that_differs_makes_a_difference(study: Study, network: cfgeo.Network, town_results: Results) -> None:
    arguments = arguments_of(study, network)
    homes = arguments["homes"]["path"]
    arguments["homes"]["path"] = homes.assign(age_6_11=homes["age_6_11"] + 1)
    with pytest.raises(AssertionError, match="coverage"):
        assert_equal(town_results, cfgeo.judge(cfgeo.assemble(**arguments)))


def test_heights_in_a_network_are_those_of_its_raster(tmp_path: Path) -> None:
    study = cfgeo.load_study(on_a_hill(write_town(tmp_path)))
    files = cfgeo.run_study(study)
    again = cfgeo.judge(in_memory(study, files.inputs.network))
    assert_equal(files, again)
    alone = arguments_of(study, files.inputs.network)
    alone.pop("elevation")
    without = cfgeo.judge(cfgeo.assemble(**alone))
    pd.testing.assert_frame_equal(without.coverage, files.coverage, check_exact=True)
    assert "elevation_none" not in set(without.inputs.findings["rule"])
    alone["walk"] = {**alone["walk"], "slope": "none"}
    level = cfgeo.judge(cfgeo.assemble(**alone))
    assert level.parameters["relief"]["slope"] == "none"
    assert not level.coverage["median_minutes"].equals(files.coverage["median_minutes"])
    alone["walk"] = {**alone["walk"], "slope": "campbell"}
    with pytest.raises(StudyError, match="tobler"):
        cfgeo.assemble(**alone)


def test_lines_and_graphs_are_streets_as_their_files_are(study: Study, tmp_path: Path, network: cfgeo.Network) -> None:
    import osmnx  # noqa: PLC0415

    lines = network.edges[["osm_id", "highway", "name", "geometry"]].to_crs(4326)
    lines.to_file(tmp_path / "lines.geojson")
    graph = cfgeo.to_networkx(network)
    osmnx.save_graphml(graph, tmp_path / "graph.graphml")
    for held, name in ((gpd.read_file(tmp_path / "lines.geojson"), "lines.geojson"), (graph, "graph.graphml")):
        judged = [cfgeo.judge(in_memory(study, each)) for each in (held, str(tmp_path / name))]
        pd.testing.assert_frame_equal(judged[0].coverage, judged[1].coverage, rtol=1e-6)
        assert judged[0].district == judged[1].district


def test_minutes_are_on_the_callers_index(study: Study, network: cfgeo.Network) -> None:
    arguments = arguments_of(study, network)
    homes = arguments["homes"]["path"].set_axis(pd.Index([*HOMES], name="home"))
    arguments["homes"]["path"] = homes.sample(frac=1, random_state=1)
    case = cfgeo.assemble(**arguments)
    minutes = cfgeo.minutes_to(case, "schools", kind="primary")
    assert minutes.index.equals(arguments["homes"]["path"].index)
    # On foot at 1.25 m/s: 8 m to the street, 50 m down to row 0, 30 m along it, 10 m to the school.
    assert minutes["west"] == pytest.approx((8 + 50 + 30 + 10) / 1.25 / 60, abs=0.01)
    assert np.isnan(minutes["stranded"])
    assert cfgeo.minutes_to(case, "parks", walker="pram")["park"] == pytest.approx((20 + 5) / 60, abs=0.01)
    teen = cfgeo.load_walkers()["teen"]  # no clause asks for a teenager
    west = cfgeo.minutes_to(case, "schools", walker="teen", kind="primary")["west"]
    assert west == pytest.approx((8 + 50 + 30 + 10) / teen.level_m_s / 60, abs=0.01)


def test_minutes_are_those_that_verdicts_rest_on(case: ReadStudy) -> None:
    clause = next(clause for clause in case.case.reach_clauses if clause.id == "school")
    walk = case.case.walk(clause)
    seconds = demand_seconds(
        case.case.samples, walk, case.case.places(clause, walk), limit_s=case.case.search_s(clause)
    )
    minutes = cfgeo.minutes_to(case, "schools", kind="primary").to_numpy()
    np.testing.assert_array_equal(np.nan_to_num(minutes, nan=np.inf) * 60, seconds)


def test_a_study_of_files_has_minutes_and_coverage_too(study: Study, case: ReadStudy) -> None:
    files = cfgeo.read_case(study)
    np.testing.assert_array_equal(
        cfgeo.minutes_to(files, "schools").to_numpy(), cfgeo.minutes_to(case, "schools").to_numpy()
    )
    pd.testing.assert_frame_equal(cfgeo.coverage(files), cfgeo.coverage(case), check_exact=True)


def test_walks_begin_at_any_points(case: ReadStudy) -> None:
    lon, lat = degrees(-8, 50)
    table = pd.DataFrame({"lon": [lon], "lat": [lat]}, index=["here"])
    with pytest.raises(InputError, match="origins"):
        cfgeo.minutes_to(case, "schools", origins=table[["lat"]])
    points = gpd.GeoSeries([at(-8, 50), at(9000, 9000), None], index=["west", "far", "none"], crs=CRS)
    minutes = cfgeo.minutes_to(case, "schools", origins=points)
    assert minutes["west"] == pytest.approx(cfgeo.minutes_to(case, "schools").iloc[0], rel=1e-6)
    assert minutes[["far", "none"]].isna().all()
    table = cfgeo.minutes_to(case, "schools", origins=table)
    assert table["here"] == pytest.approx(minutes["west"], abs=1e-3)


def test_the_matrix_has_every_pair_near_enough(case: ReadStudy) -> None:
    pairs = cfgeo.od_matrix(case, "schools")
    nearest = pairs.groupby("origin")["minutes"].min()
    minutes = cfgeo.minutes_to(case, "schools")
    pd.testing.assert_series_equal(nearest, minutes[nearest.index], check_names=False)
    assert set(pairs["facility"]) <= set(case.inputs.layers["schools"].index)
    assert pairs.merge(case.inputs.layers["schools"]["name"], left_on="facility", right_index=True)["row"].min() == 2
    assert cfgeo.od_matrix(case, "schools", most_minutes=5)["minutes"].max() <= 5
    with pytest.raises(StudyError, match="up to 30"):
        cfgeo.od_matrix(case, "schools", most_minutes=31)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": "school"}, "schools"),
        ({"layer": "schools", "kind": "university"}, "primary"),
        ({"layer": "schools", "walker": "dog"}, "child"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(case: ReadStudy, options: dict[str, str], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        cfgeo.minutes_to(case, **options)


def test_a_case_is_explained_changed_sited_and_planned(study: Study, case: ReadStudy, tmp_path: Path) -> None:
    left, right = cfgeo.explain(case, community="C01"), cfgeo.explain_study(study, community="C01")
    assert [each.slowest.minutes for each in left] == [each.slowest.minutes for each in right]
    lon, lat = degrees(320, 205)
    row = {"id": "P-1", "cost": 100, "action": "add", "layer": "schools", "kind": "primary", "lon": lon, "lat": lat}
    path = tmp_path / "changes.csv"
    pd.DataFrame([row]).drop(columns=["id", "cost"]).to_csv(path, index=False)
    found, expected = cfgeo.what_if(case, str(path)), cfgeo.whatif_study(study, cfgeo.load_scenario(path))
    pd.testing.assert_frame_equal(found.clauses, expected.clauses, check_exact=True)
    pd.DataFrame([row]).to_csv(tmp_path / "list.csv", index=False)
    path, budget = tmp_path / "list.csv", cfgeo.PlanChoices(budget=100)
    plans = cfgeo.find_plan(case, str(path), budget), cfgeo.plan_study(study, cfgeo.load_projects(path), budget)
    pd.testing.assert_frame_equal(*(pd.DataFrame(plan.after) for plan in plans), check_exact=True)
    choices = cfgeo.SiteChoices("schools", kind="primary", count=1)
    sites = cfgeo.find_sites(case, choices), cfgeo.site_study(study, choices)
    assert sites[0].sites["geometry"].tolist() == sites[1].sites["geometry"].tolist()
    for value in (*left, *left[0].routes, found, plans[0], sites[0], cfgeo.load_projects(path)):
        assert repr(value).startswith(f"<{type(value).__name__}")
        assert len(repr(value)) < 120, "a notebook shows it in a line"


def test_streets_change_on_a_network_in_memory(study: Study, case: ReadStudy, tmp_path: Path) -> None:
    scenario = tmp_path / "link.toml"
    (west, south), (east, north) = degrees(300, 100), degrees(300, 200)
    line = f"LINESTRING ({west} {south}, {east} {north})"
    scenario.write_text(f'[[change]]\naction = "add"\nlink = "walkway"\nwkt = "{line}"\n', encoding="utf-8")
    found, expected = cfgeo.what_if(case, scenario), cfgeo.whatif_study(study, cfgeo.load_scenario(scenario))
    pd.testing.assert_frame_equal(found.clauses, expected.clauses, rtol=1e-9)


def test_tables_are_never_written_to(study: Study, network: cfgeo.Network) -> None:
    arguments = arguments_of(study, network)
    tables = [arguments["communities"]["path"], arguments["homes"]["path"], arguments["layers"]["schools"][0]["path"]]
    before = [table.copy(deep=True) for table in tables]
    cfgeo.judge(cfgeo.assemble(**arguments))
    for table, copy in zip(tables, before, strict=True):
        pd.testing.assert_frame_equal(table, copy, check_exact=True)


Fault = Callable[[pd.DataFrame], pd.DataFrame]
FAULTS: dict[str, tuple[str, Fault]] = {
    "no column": ("communities", lambda table: table.drop(columns="street_office")),
    "one code": ("communities", lambda table: table.assign(code="C01")),
    "no crs": (
        "communities",
        lambda table: table.set_crs(None, allow_override=True).set_geometry(table.geometry.translate(1e6)),
    ),
    "no rows": ("communities", lambda table: table.iloc[:0]),
    "points": ("communities", lambda table: table.set_geometry(table.geometry.representative_point())),
    "far away": ("communities", lambda table: table.set_geometry(table.geometry.translate(3.0))),
    "no names": ("communities", lambda table: table.assign(community="")),
    "no shapes": ("communities", lambda table: table.set_geometry(gpd.GeoSeries([None] * len(table), crs=table.crs))),
    "homes elsewhere": ("homes", lambda table: table.set_geometry(table.geometry.translate(3.0))),
    "no homes": ("homes", lambda table: table.iloc[:0]),
    "no number": ("homes", lambda table: table.assign(age_0_2="many")),
    "fewer than none": ("homes", lambda table: table.assign(age_6_11=-5)),
    "no position": ("schools", lambda table: table.drop(columns="lon")),
    "no degrees": ("schools", lambda table: table.assign(lon="east")),
    "off the earth": ("schools", lambda table: table.assign(lat="291.5")),
    "unknown kind": ("schools", lambda table: table.assign(kind="castle")),
}


def _outcome(arguments: dict[str, Any], lang: Lang) -> str:
    """Return the error that a study has, or its findings."""
    try:
        findings = cfgeo.describe_findings(cfgeo.assemble(**arguments).case.inputs.findings, lang)
    except CfgeoError as error:
        return f"{type(error).__name__} {error.code}: {error.text(lang)}"
    return "\n".join(f"{row.severity} {row.layer} {row.row}: {row.what} {row.mend}" for row in findings.itertuples())


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_those_of_files_and_name_the_argument(
    fault: str, study: Study, network: cfgeo.Network, tmp_path: Path
) -> None:
    layer, change = FAULTS[fault]
    arguments = arguments_of(study, network)
    place = arguments["layers"]["schools"][0] if layer == "schools" else arguments[layer]
    broken = change(place["path"])
    file = tmp_path / f"{layer}.{'parquet' if isinstance(broken, gpd.GeoDataFrame) else 'csv'}"
    if isinstance(broken, gpd.GeoDataFrame):
        broken.to_parquet(file)
    else:
        broken.to_csv(file, index=False)
    sound = _outcome(arguments, "en")
    said = []
    for path in (broken, str(file)):
        place["path"] = path
        said.append({lang: _outcome(arguments, lang) for lang in LANGUAGES})
    memory, of_file = said
    own = "layers[schools]" if layer == "schools" else layer
    assert memory["en"] != sound
    for lang in LANGUAGES:
        assert memory[lang] == of_file[lang].replace(str(file), own).replace(file.name, own)


def test_findings_name_rows_by_the_callers_index(study: Study, network: cfgeo.Network) -> None:
    arguments = arguments_of(study, network)
    schools = arguments["layers"]["schools"][0]["path"].set_axis(["low", "high", "lost"])
    arguments["layers"]["schools"][0]["path"] = schools
    findings = cfgeo.judge(cfgeo.assemble(**arguments)).inputs.findings
    assert "lost" in set(findings["row"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"homes": 3}, "homes cannot be of the type int"),
        ({"layers": {"schools": [1.5]}}, r"layers\[schools\] cannot be of the type float"),
        ({"network": None}, "network cannot be of the type NoneType"),
        ({"walk": {"limit": 3}}, "limit_minutes"),
        ({"study": {"status": "fine"}}, "official"),
        ({"layers": {"Schools": pd.DataFrame()}}, "Schools"),
        ({"layers": pd.DataFrame()}, "layers cannot be of the type DataFrame"),
        ({"home": pd.DataFrame()}, r"no argument home \(did you mean homes\?\)"),
        ({"demand": pd.DataFrame()}, "no argument demand"),
        ({"communities": None}, "communities cannot be of the type NoneType"),
    ],
)
def test_arguments_of_the_wrong_kind_are_named(
    change: dict[str, Any], message: str, study: Study, network: cfgeo.Network
) -> None:
    with pytest.raises(StudyError, match=message):
        cfgeo.assemble(**{**arguments_of(study, network), **change})


def test_errors_of_tables_in_memory_say_what_to_do_without_files(study: Study, network: cfgeo.Network) -> None:
    arguments = arguments_of(study, network)
    areas, homes = (arguments[name]["path"] for name in ("communities", "homes"))
    for change, hint in (
        ({"communities": areas.rename(columns={"code": "id"})}, '"columns": {"code":'),
        ({"homes": gpd.GeoSeries(homes.geometry.to_crs(CRS).to_numpy())}, "set_crs"),
        ({"communities": areas.iloc[:0]}, "error.findings"),
    ):
        with pytest.raises(CfgeoError) as raised:
            cfgeo.assemble(**{**arguments, **change})
        assert all(hint in raised.value.text(lang) for lang in LANGUAGES)
    assert raised.value.findings["rule"].tolist() == ["communities_none"]  # type: ignore[attr-defined]


def test_the_columns_that_a_hint_names_are_understood(study: Study, network: cfgeo.Network) -> None:
    areas = arguments_of(study, network)["communities"]["path"]
    own = areas.rename(columns={"code": "id", "community": "name"}).drop(columns="street_office")
    held = {"path": own, "columns": {"code": "id", "community": "name"}, "street_office": "one"}
    read = cfgeo.assemble(communities=held, network=network).inputs.communities
    assert [*read.index] == sorted(areas["code"])
    assert set(read["street_office"]) == {"one"}


def test_shapes_alone_are_homes_and_places(study: Study, network: cfgeo.Network) -> None:
    arguments = arguments_of(study, network)
    homes = arguments["homes"]["path"]
    schools = gpd.GeoSeries([at(30, 10)], index=["school"], crs=CRS)
    tables = ((homes.geometry, schools), (homes, gpd.GeoDataFrame(geometry=schools)))
    cases = [
        cfgeo.assemble(**{**arguments, "homes": own, "layers": {"schools": {"path": places, "kind": "primary"}}})
        for own, places in tables
    ]
    minutes = [cfgeo.minutes_to(case, "schools") for case in cases]
    assert minutes[0].index.equals(homes.index)
    pd.testing.assert_series_equal(*minutes, check_exact=True)


@pytest.mark.parametrize("ask", [cfgeo.judge, cfgeo.coverage, lambda held: cfgeo.minutes_to(held, "schools")])
def test_what_is_no_case_is_refused_by_name(ask: Callable[[Any], object], study: Study) -> None:
    with pytest.raises(StudyError, match=r"cfgeo.read_case\(…\) gives, no Study"):
        ask(study)


def test_a_study_without_a_title_has_its_id_for_one(study: Study, network: cfgeo.Network) -> None:
    arguments = {**arguments_of(study, network), "study": {"id": "centre"}}
    assert cfgeo.assemble(**arguments).study.study.title == "centre"


def test_tables_without_shapes_or_with_a_heading_twice_are_refused(study: Study, network: cfgeo.Network) -> None:
    arguments = arguments_of(study, network)
    twice = pd.concat([arguments["layers"]["schools"][0]["path"]] * 2, axis=1)
    with pytest.raises(InputError, match=r"layers\[schools\] has columns twice"):
        cfgeo.assemble(**{**arguments, "layers": {"schools": twice}})
    with pytest.raises(InputError, match=r"layers\[parks\] has no geometry"):
        cfgeo.assemble(**{**arguments, "layers": {"parks": gpd.GeoDataFrame({"name": ["x"]})}})


def test_a_graph_of_elsewhere_is_told(study: Study) -> None:
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    graph.add_node(1, x=0.0, y=0.0)
    graph.add_node(2, x=0.001, y=0.0)
    graph.add_edge(1, 2, osmid=1, highway="residential")
    findings = in_memory(study, graph).inputs.findings
    assert "community_without_street" in set(findings["rule"])


def test_a_case_says_what_it_is_in_a_line(case: ReadStudy) -> None:
    assert repr(case).startswith("<ReadStudy town: 4 communities, 8 homes, ")
    assert len(repr(case)) < 120


def test_results_from_memory_are_published(case: ReadStudy, tmp_path: Path) -> None:
    paths = cfgeo.publish(cfgeo.judge(case), tmp_path / "out", lang="en", only=("map", "tables"))
    assert {"index.html", "run.json", GEOPACKAGE} <= {path.name for path in paths}
