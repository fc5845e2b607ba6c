"""Findings about what a standard asks for and the data does not hold."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from worlds.studies import edited
from worlds.town import AS_OF, at, town_communities, town_demand, town_layers, town_network, write_town

from cfgeo import Inputs, load_inputs, load_study
from cfgeo.assess.gaps import check_gaps, nearest
from cfgeo.assess.measures.areas import measure
from cfgeo.assess.measures.values import Area
from cfgeo.core.findings import describe, findings_table
from cfgeo.core.schema import AGE_BANDS, BASE_LAYERS, ROW
from cfgeo.core.strings import LANGUAGES
from cfgeo.publish.page.data import BASE_LAYERS as DRAWN
from cfgeo.study.standard import Clause, Standard


def clause(**more: Any) -> Clause:
    defaults = {"id": "c", "name": "c", "name_en": "c", "layer": "schools", "walker": "child", "need_share": 0.5}
    return Clause(**{**defaults, **more})


def inputs_of(layers: dict[str, gpd.GeoDataFrame] | None = None, **changed: Any) -> Inputs:
    town = Inputs(
        communities=town_communities(),
        demand=town_demand(),
        layers=town_layers() if layers is None else layers,
        network=town_network(),
        findings=findings_table([]),
        files=(),
        demand_basis="children",
        crs="EPSG:32648",
        as_of=AS_OF,
    )
    return dataclasses.replace(town, **changed)


def gaps(clauses: Sequence[Clause], inputs: Inputs) -> list[dict[str, Any]]:
    base = {"id": "s", "title": "s", "title_en": "s", "target_share": 0.5}
    clauses = (*clauses, clause(id="last", required=True))
    rows = check_gaps(Standard(**base, clause=clauses), inputs)
    rows = [row for row in rows if row["rule"] != "layers_unused"]  # most clauses here use one layer of the town
    for lang in LANGUAGES:
        sentences = describe(findings_table(rows), lang)["what"]
        assert not any(word in sentence for sentence in sentences for word in ("{", "('", "None"))
    return rows


def rules(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(row["rule"], row["layer"], row["row"]) for row in rows]


def test_data_with_everything_that_clauses_need_has_no_gaps() -> None:
    assert gaps([clause(children=["age_6_11"], kind=["primary"])], inputs_of()) == []


@pytest.mark.parametrize(("name", "near"), [("school", "schools"), ("Schools", "schools"), ("shelters", None)])
def test_nearest_corrects_a_misspelt_name(name: str, near: str | None) -> None:
    assert nearest(name, ["schools", "parks", "sports"]) == near


# --- ages --------------------------------------------------------------------------------------------------------

ASKED = [clause(children=["age_6_11"]), clause(id="d", children=["age_6_11", "age_12_17"])]


def without(*bands: str) -> gpd.GeoDataFrame:
    return town_demand().drop(columns=list(bands))


def test_a_missing_age_band_is_a_finding_with_its_clauses() -> None:
    (row,) = gaps(ASKED, inputs_of(demand=without("age_12_17"), demand_headings=("age_6_11", "name")))
    assert (row["rule"], row["severity"], row["row"]) == ("age_missing", "warning", "age_12_17")
    assert row["values"] == {"clauses": ("d",)}


@pytest.mark.parametrize("heading", ["age_6-11", "Age_6_11", "age 6_11", "age_6_12"])
def test_a_misspelt_age_band_is_a_finding_with_the_similar_heading(heading: str) -> None:
    (row,) = gaps(ASKED, inputs_of(demand=without("age_6_11"), demand_headings=("age_0_2", heading, "residents")))
    assert (row["rule"], row["row"]) == ("age_near", "age_6_11")
    assert row["values"] == {"near": heading, "clauses": ("c", "d")}


def test_an_age_band_that_no_clause_uses_may_be_missing() -> None:
    assert gaps(ASKED, inputs_of(demand=without("age_0_2", "age_3_5"))) == []


def test_demand_without_any_ages_is_a_note_about_the_clauses_that_use_ages() -> None:
    rows = gaps(ASKED, inputs_of(demand=without(*AGE_BANDS)))
    assert [(row["rule"], row["severity"], row["values"]) for row in rows] == [
        ("ages_unknown", "note", {"clauses": ("c", "d")})
    ]
    assert gaps([clause()], inputs_of(demand=without(*AGE_BANDS))) == []


def test_demand_whose_ages_are_all_misspelt_is_a_warning() -> None:
    (row,) = gaps(ASKED, inputs_of(demand=without(*AGE_BANDS), demand_headings=("age6_11", "age12_17")))
    assert (row["rule"], row["severity"]) == ("ages_near", "warning")
    assert row["values"] == {"near": ("age6_11", "age12_17"), "bands": ("age_6_11", "age_12_17")}


def test_a_misspelt_heading_of_a_file_reaches_the_findings(tmp_path: Path) -> None:
    study = write_town(tmp_path / "town")
    (study.parent / "homes.csv").write_text("age_0_2,age_6-11,lon,lat\n5,9,106.549,29.551\n", encoding="utf-8")
    edited(study, 'path = "homes.geojson"', 'path = "homes.csv"')
    rows = gaps(ASKED[:1], load_inputs(load_study(study), margin_m=500))
    assert ("age_near", "demand", "age_6_11") in rules(rows)


# --- kinds -------------------------------------------------------------------------------------------------------


def test_unknown_kinds_are_a_finding_where_clauses_name_kinds() -> None:
    layers = schools(kind=["primry", "junior", "primary"])
    (row,) = gaps([clause(kind=["primary"])], inputs_of(layers))
    assert (row["rule"], row["severity"], row["layer"]) == ("kinds_unknown", "warning", "schools")
    assert row["values"] == {"kinds": ("primry (1)",), "asked": ("primary",)}
    assert gaps([clause()], inputs_of(layers)) == []


def test_a_layer_of_one_kind_is_a_note_where_clauses_count_several() -> None:
    culture = clause(kind=["library", "museum", "art_museum"])
    (row,) = gaps([culture], inputs_of(schools(kind=["museum"] * 3)))
    assert (row["rule"], row["severity"], row["layer"]) == ("kind_alone", "note", "schools")
    assert row["values"] == {"kind": "museum", "absent": ("library", "art_museum")}
    assert gaps([culture], inputs_of(schools(kind=["museum", "library", "museum"]))) == []
    assert gaps([clause(kind=["museum"])], inputs_of(schools(kind=["museum"] * 3))) == []


def test_kinds_that_leave_open_whether_clauses_count_them_are_a_finding() -> None:
    layers = schools(kind=["secondary", "primary", "primary+secondary"])
    asked = [clause(kind=["primary"]), clause(id="d", kind=["senior", "primary"])]
    (row,) = gaps(asked, inputs_of(layers))
    assert (row["rule"], row["severity"], row["layer"]) == ("kinds_open", "error", "schools")  # no other senior school
    assert (row["values"]["rows"], row["values"]["may_be"]) == (("2", "4"), ("senior",))
    (row,) = gaps(asked, inputs_of(schools(kind=["secondary", "primary", "senior"])))
    assert (row["rule"], row["severity"]) == ("kinds_open", "warning")
    assert gaps([clause(kind=["primary"])], inputs_of(layers)) == []  # a 中学 is no primary school
    assert gaps([clause(kind=["secondary"])], inputs_of(layers)) == []


def test_rows_of_one_school_that_count_once_are_a_note() -> None:
    layer = schools(kind=["primary", "junior", "junior"])["schools"]
    layer = layer.assign(name=["人民学校（小学部）", "人民学校", "他校"], geometry=[at(0, 0), at(30, 40), at(60, 80)])
    counted = clause(id="count", scope="district", measure="count", need_count=2)
    (row,) = gaps([counted], inputs_of({**town_layers(), "schools": layer}))
    assert (row["rule"], row["severity"], row["row"]) == ("rows_one_campus", "note", "2")
    assert row["values"] == {"count": 2, "rows": ("2", "3"), "name": "人民学校（小学部）", "clauses": ("count",)}
    apart = layer.assign(geometry=[at(0, 0), at(300, 0), at(60, 80)])
    assert gaps([counted], inputs_of({**town_layers(), "schools": apart})) == []
    assert gaps([], inputs_of({**town_layers(), "schools": layer})) == []  # walks count no places


def test_a_school_of_unknown_stage_that_a_clause_counts_is_a_note() -> None:
    layers = schools(kind=["school", "primary", "school"])
    (row,) = gaps([clause(kind=["primary", "school"])], inputs_of(layers))
    assert (row["rule"], row["severity"], row["values"]) == ("kinds_general", "note", {"kind": "school", "count": 2})


def test_a_place_of_two_kinds_is_of_each(tmp_path: Path) -> None:
    both = inputs_of(schools(kind=["primary+junior"] * 3))
    assert gaps([clause(kind=["primary"]), clause(id="d", kind=["junior"])], both) == []
    (row,) = gaps([clause(kind=["primary"])], inputs_of(schools(kind=["primary+托管", "primary", "junior"])))
    assert row["values"] == {"kinds": ("primary+托管 (1)",), "asked": ("primary",)}


@pytest.mark.parametrize(
    ("kinds", "error"),
    [(["书院", "书院", "junior"], True), (["书院", "junior", "junior"], False), (["书院", "书院", "primary"], False)],
)
def test_a_list_of_unknown_kinds_is_an_error_where_a_clause_has_no_place(kinds: list[str], error: bool) -> None:
    inputs = inputs_of(schools(kind=kinds))
    standard = [clause(kind=["primary"])]
    assert ("layer_kindless" in [row["rule"] for row in gaps(standard, inputs)]) == error
    by_map = inputs_of({**inputs.layers, "schools": inputs.layers["schools"].assign(**{"@id": "way/1"})})
    assert "layer_kindless" not in [row["rule"] for row in gaps(standard, by_map)]


def test_a_list_without_known_kinds_shows_the_words_that_it_has() -> None:
    words = schools(kind=["schools"] * 3, 类型=["小学（停办）", "初中（筹建）", None])
    (row,) = (row for row in gaps([clause(kind=["primary"])], inputs_of(words)) if row["rule"] == "layer_kindless")
    assert "类型 (小学（停办）, 初中（筹建）)" in row["values"]["has"]


@pytest.mark.parametrize("lost", [shapely.Point(), None])
def test_a_kind_most_of_whose_places_have_no_position_is_an_error(lost: shapely.Point | None) -> None:
    """The list is usable, but its only junior school is nowhere: the clause would fail for that."""
    layers = schools(kind=["primary", "primary", "junior"])
    table = layers["schools"]
    layers["schools"] = table.set_geometry(gpd.GeoSeries([*table.geometry[:2], lost], table.index, crs=table.crs))
    asked = [clause(id="p", kind=["primary"]), clause(id="j", kind=["junior"]), clause(id="any")]
    (row,) = gaps(asked, inputs_of(layers))
    assert (row["rule"], row["severity"], row["layer"]) == ("kinds_placeless", "error", "schools")
    assert (row["values"]["clauses"], row["values"]["kinds"]) == (("j",), ("junior",))
    assert (row["values"]["count"], row["values"]["total"], row["values"]["rows"]) == (1, 1, ("4",))
    assert gaps([clause(kind=["primary"]), clause(id="any")], inputs_of(layers)) == []
    counted = clause(id="n", scope="district", measure="count", kind=["junior"], need_count=1)
    assert gaps([counted], inputs_of(layers)) == []  # a count asks for no place


def test_a_clause_without_any_place_is_one_finding() -> None:
    rows = gaps([clause(kind=["primary"]), clause(id="d", kind=["junior"])], inputs_of(schools(kind=["primary"] * 3)))
    assert rules(rows) == [("clause_without_place", "schools", "")]


# --- answers -----------------------------------------------------------------------------------------------------

CERTIFIED = clause(id="n", scope="district", measure="count", only_where="certified", need_count=1)
DOCTORS = clause(
    id="n", scope="district", measure="facility_share", attribute="doctors", attribute_min=2, kind=["primary"]
)


def schools(**columns: Any) -> dict[str, gpd.GeoDataFrame]:
    return {**town_layers(), "schools": town_layers()["schools"].assign(**columns, **{ROW: [2, 3, 4]})}


def test_an_answer_that_is_neither_yes_nor_no_is_one_finding() -> None:
    twice = [CERTIFIED, CERTIFIED.model_copy(update={"id": "m"})]
    (row,) = gaps(twice, inputs_of(schools(certified=["√", "申报中", "×"])))
    assert (row["rule"], row["severity"], row["layer"], row["row"]) == ("answer_unclear", "warning", "schools", "3")
    assert row["values"] == {"name": "High School", "column": "certified", "value": "申报中", "clauses": ("n", "m")}


@pytest.mark.parametrize("word", ["2024年认定", "渝妇儿〔2023〕5号"])
def test_a_yes_with_its_year_is_a_warning_that_names_the_clause(word: str) -> None:
    (row,) = gaps([CERTIFIED], inputs_of(schools(certified=[word, "是", "否"])))
    assert (row["rule"], row["severity"], row["row"]) == ("answer_since", "warning", "2")
    assert row["values"]["clauses"] == ("n",)


def test_a_blank_cell_among_answers_is_a_warning_that_names_the_clause() -> None:
    (row,) = gaps([CERTIFIED], inputs_of(schools(certified=["是", "", "否"])))
    assert (row["rule"], row["severity"], row["row"]) == ("answers_blank", "warning", "certified")
    assert row["values"] == {"names": ("High School",), "clauses": ("n",)}
    (row,) = gaps([CERTIFIED], inputs_of(schools(certified=["是", "", "是"])))
    assert row["rule"] == "answers_blank"
    assert gaps([CERTIFIED], inputs_of(schools(certified=["√", "", "√"]))) == []


def test_what_another_column_implies_is_no_blank_answer() -> None:
    share = clause(
        id="s", scope="district", measure="facility_share", attribute="inclusive", implied_by="public", need_share=0.5
    )
    layers = schools(inclusive=["", "是", "否"], public=["是", "否", "否"])
    assert gaps([share], inputs_of(layers)) == []
    value = measure(share, Area(town_communities(), layers, town_network(), AS_OF))
    assert (value.low, value.high) == (pytest.approx(2 / 3), pytest.approx(2 / 3))


def test_a_text_in_place_of_a_number_is_a_finding() -> None:
    (row,) = gaps([DOCTORS], inputs_of(schools(doctors=["3名", "两名", "2"])))
    assert (row["rule"], row["layer"], row["row"]) == ("not_number", "schools", "2")  # row 3 is no primary school
    assert row["values"] == {"column": "doctors", "value": "3名"}


def test_blank_answers_are_no_findings() -> None:
    assert gaps([CERTIFIED], inputs_of(schools(certified=["yes", "", None]))) == []


def test_a_blank_number_is_a_finding() -> None:
    doctors = DOCTORS.model_copy(update={"kind": ()})
    (row,) = gaps([doctors], inputs_of(schools(doctors=["2", "", None])))
    assert (row["rule"], row["layer"], row["row"]) == ("number_missing", "schools", "doctors")
    assert row["values"] == {"names": ("High School", "Lost School"), "clauses": ("n",)}


# --- layers ------------------------------------------------------------------------------------------------------


def layers_named(*names: str) -> dict[str, gpd.GeoDataFrame]:
    return {name: town_layers()["schools"] for name in names}


def test_an_undeclared_layer_that_clauses_use_is_a_note() -> None:
    near = clause(id="n", scope="district", measure="near", near_layer="calming", within_m=10)
    (row,) = gaps([clause(layer="culture"), near], inputs_of())
    assert (row["rule"], row["severity"]) == ("layers_undeclared", "note")
    assert row["values"] == {"layers": ("culture", "calming"), "clauses": ("c", "n")}


def test_a_layer_that_no_clause_uses_is_a_note_unless_it_is_a_base_layer() -> None:
    standard = Standard(id="s", title="s", title_en="s", target_share=0.5, clause=(clause(required=True),))
    (row,) = check_gaps(standard, inputs_of(layers_named("schools", "trees", "water")))
    assert (row["rule"], row["severity"], row["values"]) == ("layers_unused", "note", {"layers": ("trees",)})
    assert BASE_LAYERS == DRAWN


def test_a_misspelt_layer_is_a_finding_with_the_name_that_clauses_use() -> None:
    (row,) = gaps([clause(layer="care_centres")], inputs_of(layers_named("schools", "care_center", "water")))
    assert (row["rule"], row["severity"], row["layer"]) == ("layer_near", "warning", "care_center")
    assert row["values"] == {"near": "care_centres", "clauses": ("c",)}


# --- columns -----------------------------------------------------------------------------------------------------

RATE = clause(id="r", scope="district", measure="rate", layer="children_homes", need_rate=1.0)


def homes(**columns: Any) -> dict[str, gpd.GeoDataFrame]:
    layer = town_layers()["children_homes"].assign(**columns)
    return {**town_layers(), "children_homes": layer}


def test_columns_that_are_missing_or_empty_are_one_note() -> None:
    communities = town_communities().drop(columns="residents")
    bare = homes(capacity=None)
    count = CERTIFIED.model_copy(update={"layer": "children_homes"})
    (row,) = gaps([RATE, count], inputs_of(bare, communities=communities))
    assert (row["rule"], row["severity"]) == ("columns_absent", "note")
    assert row["values"] == {
        "columns": ("children_homes.capacity", "communities.residents", "children_homes.certified"),
        "clauses": ("r", "n"),
    }


def test_a_misspelt_column_is_a_finding_with_the_name_that_clauses_use() -> None:
    layers = homes(certifed="yes")
    (row,) = gaps([CERTIFIED.model_copy(update={"layer": "children_homes"})], inputs_of(layers))
    assert (row["rule"], row["severity"], row["row"]) == ("column_near", "warning", "certified")
    assert row["values"] == {"near": "certifed", "clause": "n"}


def test_a_blank_capacity_is_a_finding_with_the_clauses_that_it_lowers() -> None:
    share = clause(
        id="s", scope="district", measure="facility_share", attribute="certified", weigh_by_capacity=True,
        layer="children_homes",
    )  # fmt: skip
    (row,) = gaps([RATE, share], inputs_of(homes(capacity=[10.0, None], certified="yes")))
    assert (row["rule"], row["layer"], row["row"]) == ("number_missing", "children_homes", "capacity")
    assert row["values"] == {"names": ("High Home",), "clauses": ("r", "s")}


def test_a_blank_capacity_beyond_the_district_does_not_matter() -> None:
    layers = homes(capacity=[10.0, None])
    layers["children_homes"] = layers["children_homes"].set_geometry([at(0, 0), at(0, 9000)])
    assert gaps([RATE], inputs_of(layers)) == []
