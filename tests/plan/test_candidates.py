"""Where something new could stand: along the town's streets, in files of any kind, and in layers of the study."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import Point, box
from worlds.studies import degrees
from worlds.town import CRS, at, moved

from cfgeo import InputError, StudyError, load_study
from cfgeo.assess.case import Case
from cfgeo.core.findings import describe, findings_table
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.plan.candidates import place_candidates, street_candidates
from cfgeo.walk.snap import snap, snap_index


def test_candidates_stand_every_50_m_on_streets_that_have_doors(town_case: Case) -> None:
    table = street_candidates(town_case)
    network = town_case.inputs.network
    usable = snappable_edges(network, *edge_seconds(network.edges, town_case.home.walker))
    at_street = snap(snap_index(network, usable), table.geometry.to_numpy(), snap_m=100)
    assert at_street.leg_m.max() < 0.02, "but for a centimetre, on the street"
    # Streets of 100 m have two, 25 m from their ends; the cul-de-sac of 150 + 150 + 100 m six on its first two parts.
    row = table[table["name"] == "Row 0"]
    x = np.round(shapely.get_x(row.geometry.to_numpy()) - at(0, 0).x, 1)
    assert sorted(x) == [25, 75, 125, 175, 225, 275, 325, 375]
    assert (table["code"] != "").all()
    assert table.index.is_unique
    assert table["capacity"].isna().all()


def test_no_street_is_farther_than_half_a_step_from_a_candidate(town_case: Case) -> None:
    for step_m in (50.0, 30.0):
        table = street_candidates(town_case, step_m=step_m)
        edges = town_case.inputs.network.edges
        row = edges[edges["name"] == "Row 100"].geometry.union_all()
        near = shapely.distance(
            shapely.points(shapely.get_coordinates(shapely.segmentize(row, 1.0))), table.union_all()
        )
        assert near.max() <= step_m / 2 + 0.1


def write_csv(path: Path, rows: list[tuple[str, float, float, str]]) -> Path:
    lines = [f"{name},{degrees(x, y)[0]:.7f},{degrees(x, y)[1]:.7f},{capacity}" for name, x, y, capacity in rows]
    path.write_text("\n".join(["name,lon,lat,capacity", *lines]) + "\n", encoding="utf-8")
    return path


def test_a_table_of_places_gives_candidates(town_case: Case, town_study: Path, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "lots.csv", [("Lot A", 150, 5, "120"), ("Lot B", 350, 205, "")])
    table, findings = place_candidates(town_case, load_study(town_study), path)
    assert table.index.tolist() == ["lots-1", "lots-2"]
    assert table["name"].tolist() == ["Lot A", "Lot B"]
    assert table["code"].tolist() == ["C01", "C03"]
    assert table["capacity"].iloc[0] == 120
    assert np.isnan(table["capacity"].iloc[1])
    assert findings == []
    assert table.geometry.iloc[0].distance(at(150, 5)) < 0.02


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_cannot_be_a_site_is_left_out_and_named(
    town_case: Case, town_study: Path, tmp_path: Path, lang: str
) -> None:
    rows = [("Good", 150, 5, ""), ("Abroad", 900, 5, ""), ("Field", 580, 320, "")]
    path = write_csv(tmp_path / "lots.csv", rows)
    path.write_text(path.read_text("utf-8") + "Nowhere,,,\n", encoding="utf-8")
    table, findings = place_candidates(town_case, load_study(town_study), path)
    assert table["name"].tolist() == ["Good"]
    assert [row["rule"] for row in findings] == ["candidates_nowhere", "candidates_outside", "candidates_off"]
    sentences = describe(findings_table(findings), lang)["what"]  # type: ignore[arg-type]
    for name, sentence in zip(["Nowhere", "Abroad", "Field"], sentences, strict=True):
        assert name in sentence
        assert "lots.csv" in sentence


def test_candidates_of_which_none_is_left_are_an_error(town_case: Case, town_study: Path, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "lots.csv", [("Abroad", 900, 5, "")])
    with pytest.raises(StudyError, match=r"None of the 1 candidates in lots\.csv"):
        place_candidates(town_case, load_study(town_study), path)
    with pytest.raises(InputError, match=r"no\.csv"):
        place_candidates(town_case, load_study(town_study), tmp_path / "no.csv")


def test_areas_stay_areas(town_case: Case, town_study: Path, tmp_path: Path) -> None:
    lots = gpd.GeoDataFrame({"name": ["Big"]}, geometry=[moved(box(250, -50, 350, 10))], crs=CRS)
    lots.to_file(tmp_path / "lots.gpkg")
    table, _ = place_candidates(town_case, load_study(town_study), tmp_path / "lots.gpkg")
    assert table.geometry.iloc[0].area == pytest.approx(6000, rel=1e-3)
    assert table["code"].tolist() == ["C02"]


def test_a_layer_of_the_study_gives_candidates_at_streets(town_case: Case, town_study: Path) -> None:
    table, findings = place_candidates(town_case, load_study(town_study), "schools")
    assert table.index.tolist() == ["schools-1", "schools-2"], "the third has no street"
    assert [row["rule"] for row in findings] == ["candidates_off"]
    assert isinstance(table.geometry.iloc[0], Point)
