"""Each kind of change made alone, and all of them at once: a reason names what acted, and nothing else."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box
from worlds.studies import degrees, edited
from worlds.town import CRS, moved, write_town

from cfgeo import load_study, publish, run_study
from cfgeo.publish.compared.differences import compare
from cfgeo.publish.run.past import PastRun, load_run
from cfgeo.publish.words.compared.comparison import change_table, comparison_text

MORE_CLAUSES = """
[[clause]]
id = "rate"
name = "每千人位数"
name_en = "Places per 1,000"
scope = "district"
measure = "rate"
layer = "children_homes"
need_rate = 4.5

[[clause]]
id = "share"
name = "认证占比"
name_en = "Certified share of homes"
scope = "district"
measure = "facility_share"
layer = "children_homes"
attribute = "certified"
weigh_by_capacity = true
need_share = 0.55

[[clause]]
id = "block"
name = "街区保护站"
name_en = "Station in the street block"
scope = "block"
measure = "present"
layer = "stations"
need_count = 1
required = true

[[clause]]
id = "named"
name = "已命名的社区"
name_en = "Certified communities"
scope = "district"
measure = "count"
layer = "communities"
only_where = "certified"
need_count = 1
"""


def town(folder: Path, *, date: str = "2027-01") -> Path:
    """Write the town with more measures and a date of its schools, and return the folder of its files."""
    study = write_town(folder)
    with (folder / "standard.toml").open("a", encoding="utf-8") as stream:
        stream.write(MORE_CLAUSES)
    table(folder / "children_homes.csv", lambda rows: rows.assign(certified=["no", "yes"]))
    community(folder, 1, certified="no")
    edited(study, 'date = "2026-01"', f'date = "{date}"')  # of the communities
    edited(study, "[layers.schools]\n", f'[layers.schools]\ndate = "{date}"\n')
    return folder


def table(path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Change a list as a colleague would in Excel."""
    change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False, quoting=csv.QUOTE_MINIMAL)


def homes(path: Path, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> None:
    path.write_text(change(gpd.read_file(path)).to_json(drop_id=True), encoding="utf-8")


def cell(path: Path, name: str, column: str, value: str) -> None:
    """Set a cell in the row of a facility."""
    table(path, lambda rows: rows.assign(**{column: rows[column].where(rows["name"] != name, value)}))


def at(path: Path, name: str, x: float, y: float) -> None:
    """Move a facility to local metres."""
    for column, degree in zip(("lon", "lat"), degrees(x, y), strict=True):
        cell(path, name, column, repr(degree))


def run(folder: Path, out: Path) -> PastRun:
    publish(run_study(load_study(folder / "study.toml")), out, lang="en", only=("tables",))
    return load_run(out)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> PastRun:
    home = tmp_path_factory.mktemp("before")
    return run(town(home / "town", date="2026-01"), home / "first")


def add_school(town: Path) -> None:
    lon, lat = degrees(350, 95)
    row = {"kind": "primary", "name": "New School", "capacity": "90", "certified": "no", "lon": lon, "lat": lat}
    table(town / "schools.csv", lambda rows: pd.concat([rows, pd.DataFrame([row])]))


def remove_school(town: Path) -> None:
    table(town / "schools.csv", lambda rows: rows[rows["name"] != "Low School"])


def certify_school(town: Path) -> None:
    cell(town / "schools.csv", "High School", "certified", "2026年认定")


def rekind_school(town: Path) -> None:
    cell(town / "schools.csv", "High School", "kind", "primary")


def rename_school(town: Path) -> None:
    cell(town / "schools.csv", "High School", "name", "Hill School")


def move_home(town: Path) -> None:
    at(town / "children_homes.csv", "Low Home", 350, 95)


def enlarge_home(town: Path) -> None:
    cell(town / "children_homes.csv", "High Home", "capacity", "20")


def move_station(town: Path) -> None:
    at(town / "stations.csv", "South Station", 310, 250)


def open_sports(town: Path) -> None:
    lon, lat = degrees(120, 95)
    row = pd.DataFrame([{"kind": "pitch", "name": "Pitch", "lon": lon, "lat": lat}])
    table(town / "sports.csv", lambda _: row)


def add_children(town: Path) -> None:
    """Let 100 pupils move to the home "up", which is far from school."""
    homes(town / "homes.geojson", lambda rows: rows.assign(age_6_11=rows["age_6_11"].where(rows.index != 5, 108)))


def community(town: Path, nth: int, **properties: object) -> None:
    """Change what is known of a community."""
    path = town / "communities.geojson"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["features"][nth]["properties"] |= properties
    path.write_text(json.dumps(content), encoding="utf-8")


def add_residents(town: Path) -> None:
    community(town, 0, residents=500)


def certify_community(town: Path) -> None:
    community(town, 1, certified="yes")


def close_steps(town: Path) -> None:
    path = town / "streets.osm"
    steps = '<tag k="highway" v="steps"/><tag k="incline" v="up"/>'
    body = path.read_text(encoding="utf-8")
    assert steps in body
    path.write_text(body.replace(steps, f'{steps}<tag k="access" v="no"/>'), encoding="utf-8")


SCHOOL = ("community", "school")
ALONE: list[tuple[Callable[[Path], None], set[tuple[str, str]], str, str]] = [
    (add_school, {SCHOOL, ("district", "school")}, "places", "new on the newer list: New School"),
    (remove_school, {SCHOOL, ("district", "certified")}, "places", "gone from the newer list: Low School"),
    (certify_school, {("district", "certified")}, "places", "Certified no → 2026年认定: High School"),
    (rekind_school, {SCHOOL}, "places", "kind junior middle school → primary school: High School"),
    (move_home, {("community", "home")}, "places", "moved by 230 m: Low Home"),
    (enlarge_home, {("district", "rate"), ("district", "share")}, "places", "Capacity 8 → 20: High Home"),
    (move_station, {("street_office", "station"), ("block", "block")}, "places", "moved by 200 m: South Station"),
    (open_sports, {("community", "sports"), ("district", "sports")}, "places", "new on the newer list: Pitch"),
    (add_children, {SCHOOL}, "demand", "children (or what stands for them): 24 → 124"),
    (add_residents, {("district", "rate")}, "residents", "residents: 4,500 → 4,000"),
    (certify_community, {("district", "named")}, "places", "Certified no → yes: Lower East"),
    (close_steps, {SCHOOL, ("district", "connected")}, "network", "streets: stairs −100 m"),
]
"""Change → clauses that must change and no others (scope and id), the one kind of reason, and its words."""
LISTED = (add_school, remove_school, open_sports, certify_community)
"""What a later list adds, leaves out or answers otherwise: that happened since."""


@pytest.mark.parametrize(("change", "clauses", "reason", "words"), ALONE)
def test_a_change_alone_is_the_only_reason(
    before: PastRun,
    tmp_path: Path,
    change: Callable[[Path], None],
    clauses: set[tuple[str, str]],
    reason: str,
    words: str,
) -> None:
    folder = town(tmp_path / "town")
    change(folder)
    comparison = compare(before, run(folder, tmp_path / "second"))
    rows = change_table(comparison, lang="en")
    assert comparison.comparable
    assert clauses <= set(zip(rows["scope"], rows["clause"], strict=True))
    assert set(rows["clause"]) - {""} == {clause for _, clause in clauses}
    assert set(rows["reasons"]) == {reason}
    assert set(rows["nature"]) == {"ground" if change in LISTED else "unknown"}
    assert rows["because"].str.contains(words, regex=False).all(), rows["because"].tolist()


def test_all_changes_at_once_have_their_own_reasons(before: PastRun, tmp_path: Path) -> None:
    folder = town(tmp_path / "town")
    for change in (add_school, certify_school, move_home, move_station, open_sports, add_residents, rename_school):
        change(folder)
    cell(folder / "schools.csv", "Hill School", "certified", "yes")
    cell(folder / "schools.csv", "Lost School", "certified", "2099年认定")  # not yet, so it explains nothing
    comparison = compare(before, run(folder, tmp_path / "second"))
    rows = change_table(comparison, lang="en")
    because = {clause: set(part["because"]) for clause, part in rows.groupby("clause")}
    assert because["school"] == {"Schools: new on the newer list: New School"}
    assert because["certified"] == {"Schools: Certified no → yes: Hill School"}
    assert because["home"] == {"Children's homes: moved by 230 m: Low Home"}
    assert because["sports"] == {"Sports grounds: new on the newer list: Pitch"}
    assert because["rate"] == {"residents: 4,500 → 4,000"}
    assert because["station"] == {"stations: moved by 200 m: South Station"}
    assert {"park", "connected", "share", "culture"} & set(because) == set()
    words = comparison_text(comparison, lang="zh")
    assert "改名：High School → Hill School" in words
    assert "全区 · 每千人位数：改善，4 → 4.5（要求 ≥ 4.5）" in words or "新达标，4 → 4.5（要求 ≥ 4.5）" in words


@pytest.mark.parametrize("listed", ["already", "both new"])
def test_two_rows_of_one_campus_are_one_place_among_the_reasons(before: PastRun, tmp_path: Path, listed: str) -> None:
    """A school with a certified primary and a certified junior level is one campus: it counts, and is named, once."""
    folder = town(tmp_path / "town")
    name = "Hill School" if listed == "both new" else "High School"

    def two_levels(rows: pd.DataFrame) -> pd.DataFrame:
        high = rows[rows["name"] == "High School"]
        more = pd.concat([high.assign(kind=kind, certified="yes", name=name) for kind in ("primary", "senior")])
        lon, lat = degrees(350, 95)
        return pd.concat([rows, more.assign(lon=str(lon), lat=str(lat)) if listed == "both new" else more.tail(1)])

    if listed == "already":
        cell(folder / "schools.csv", "High School", "certified", "yes")
    table(folder / "schools.csv", two_levels)
    first = before
    if listed == "already":
        other = town(tmp_path / "first town", date="2026-01")
        cell(other / "schools.csv", "High School", "certified", "no")
        first = run(other, tmp_path / "first")
    rows = change_table(compare(first, run(folder, tmp_path / "second")), lang="en")
    certified = rows[rows["clause"] == "certified"].iloc[0]
    assert (certified["value_a"], certified["value_b"]) == (1, 2)
    assert (
        certified["because"]
        == {
            "already": "Schools: Certified no → yes: High School",
            "both new": "Schools: new on the newer list: Hill School",
        }[listed]
    )


@pytest.mark.parametrize("way", ["renamed", "sorted", "geojson"])
def test_the_same_content_in_another_file_is_no_difference(before: PastRun, tmp_path: Path, way: str) -> None:
    folder = town(tmp_path / "town")
    path = folder / "schools.csv"
    if way == "renamed":
        path.rename(folder / "list 2026.csv")
        edited(folder / "study.toml", "schools.csv", "list 2026.csv")
    elif way == "sorted":
        table(path, lambda rows: rows.sort_values("name"))
    else:
        rows = pd.read_csv(path, keep_default_na=False)
        shapes = gpd.points_from_xy(rows["lon"], rows["lat"])
        places = gpd.GeoDataFrame(rows.drop(columns=["lon", "lat"]), geometry=shapes, crs=4326)
        (folder / "schools.geojson").write_text(places.to_json(drop_id=True), encoding="utf-8")
        edited(folder / "study.toml", "schools.csv", "schools.geojson")
    comparison = compare(before, run(folder, tmp_path / "second"))
    assert (len(comparison.changes), comparison.causes, len(comparison.places)) == (0, [], 0)
    assert comparison.saved_anew == ([] if way == "renamed" else ["schools"])
    said = "Saved anew, with the same content: Schools." in comparison_text(comparison, lang="en")
    assert said == (way != "renamed")


@pytest.mark.parametrize(
    ("opened", "date", "nature", "words"),
    [
        ("2026-05", "2027-01", "ground", "opened (2026-05): New School"),
        ("2019", "2027-01", "correction", "put on the list (there since 2019; a correction): New School"),
        ("2026", "2027-01", "ground", "new on the newer list: New School"),  # January or later: the lists tell
        ("", "2027-01", "ground", "new on the newer list: New School"),
        ("", "", "unknown", "added to the list: New School"),
        ("", "2026-01", "correction", "put on the list (a correction): New School"),
    ],
)
def test_progress_is_claimed_only_where_dates_of_places_or_lists_say_so(
    before: PastRun, tmp_path: Path, opened: str, date: str, nature: str, words: str
) -> None:
    folder = town(tmp_path / "town", date=date)
    add_school(folder)
    table(folder / "schools.csv", lambda rows: rows.assign(opened=["", "", "", opened]))
    comparison = compare(before, run(folder, tmp_path / "second"))
    rows = change_table(comparison, lang="en")
    assert set(rows["nature"]) == {nature}
    assert rows["because"].str.contains(words, regex=False).all()


ROUTES = """
[[clause]]
id = "routes"
name = "学径"
name_en = "School routes"
scope = "{scope}"
measure = "school_routes"
need_share = 0.8
"""


@pytest.mark.parametrize("scope", ["district", "community"])
def test_a_school_is_a_reason_of_routes_that_name_no_layer(tmp_path: Path, scope: str) -> None:
    folder, runs = town(tmp_path / "town"), []
    with (folder / "standard.toml").open("a", encoding="utf-8") as stream:
        stream.write(ROUTES.format(scope=scope))
    for change in (rename_school, add_school):
        change(folder)
        runs.append(run(folder, tmp_path / f"run {len(runs)}"))
    rows = change_table(compare(*runs), lang="en")
    because = set(rows[rows["clause"] == "routes"]["because"])
    assert because == {"Schools: put on the list (a correction): New School"}


OF_BLOCKS = """
[[clause]]
id = "blocks-named"
name = "已命名的街区"
name_en = "Certified street blocks"
scope = "district"
measure = "count"
layer = "street_blocks"
only_where = "certified"
need_count = 2
"""


def test_a_street_block_as_a_place_is_a_reason(tmp_path: Path) -> None:
    """Two blocks of their own, west and east of x = 250; the eastern one is certified in the newer list."""
    folder, runs = town(tmp_path / "town"), []
    with (folder / "standard.toml").open("a", encoding="utf-8") as stream:
        stream.write(OF_BLOCKS)
    shapes = [box(-2000, -2000, 250, 2000), box(250, -2000, 2000, 2000)]
    for year, east in ((2026, "no"), (2027, "yes")):
        columns = {"name": ["West", "East"], "certified": ["yes", east]}
        blocks = gpd.GeoDataFrame(columns, geometry=[moved(shape) for shape in shapes], crs=CRS).to_crs(4326)
        (folder / "blocks.geojson").write_text(blocks.to_json(drop_id=True), encoding="utf-8")
        source = f'[blocks]\npath = "blocks.geojson"\ndate = "{year}-01"\n'
        if year == 2026:
            edited(folder / "study.toml", "[demand]\n", f"{source}\n[demand]\n")
        else:
            edited(folder / "study.toml", 'date = "2026-01"\n\n[demand]', 'date = "2027-01"\n\n[demand]')
        runs.append(run(folder, tmp_path / str(year)))
    rows = change_table(compare(*runs), lang="en")
    (own,) = rows[rows["clause"] == "blocks-named"].to_dict("records")
    assert (own["scope"], own["value_a"], own["value_b"]) == ("district", 1, 2)
    assert (own["reasons"], own["nature"]) == ("places", "ground")
    assert "East" in own["because"]
    assert "West" not in own["because"]
