"""Studies that share an OpenStreetMap file: each reads its part of it, and finds what the whole file would tell."""

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import shapely
from worlds.cities import contents
from worlds.studies import edited, invoke
from worlds.town import write_town

from cfgeo.batch.district import judge_district
from cfgeo.batch.extracts import extracts
from cfgeo.batch.kept import Task
from cfgeo.batch.run import BatchChoices, run_batch
from cfgeo.batch.studies import load_batch
from cfgeo.pipeline.run import judge_study
from cfgeo.publish.batch.values import BatchResults, District
from cfgeo.study.communities import read_communities
from cfgeo.study.config import load_study
from cfgeo.study.sources import SourceReader

HALVES = {"north": ["C01", "C02"], "south": ["C03", "C04"], "whole": ["C01", "C02", "C03", "C04"]}
CHOICES = BatchChoices("zh", ("map", "tables"))
FAR_NODE = '<node id="9{n}" version="1" lat="{lat}" lon="106.5"><tag k="amenity" v="school"/></node>'


def judged_here(folder: Path, out: Path) -> tuple[BatchResults, list[Task]]:
    """Judge a batch in this process, and return what each district was asked to do."""
    asked: list[Task] = []

    @contextmanager
    def where() -> Iterator[object]:
        def judge(tasks: Sequence[Task]) -> Iterator[District]:
            asked.extend(tasks)
            yield from map(judge_district, tasks)

        yield judge

    notes: list[str] = []
    results, _ = run_batch(
        load_batch(folder / "batch.toml"),
        out,
        CHOICES,
        where=where,  # type: ignore[arg-type]
        note=lambda sentence: notes.append(sentence.text("en")),
    )
    count = sum(task.cut is not None for task in asked)
    assert notes == ([f"city.osm: cutting out the parts of {count} districts …"] if count else [])
    assert not (out / ".extracts").exists()
    return results, asked


def write_halves(folder: Path) -> Path:
    """Write studies of half a town each, and of all, whose streets are one file that reaches far beyond."""
    write_town(folder / "town")
    streets = folder / "town" / "streets.osm"
    far = "".join(FAR_NODE.format(n=n, lat=n) for n in range(31, 41))
    streets.write_text(streets.read_text("utf-8").replace("<way", f"{far}<way", 1), "utf-8")
    shutil.move(streets, folder / "city.osm")
    for name, codes in HALVES.items():
        shutil.copytree(folder / "town", folder / name)
        study = folder / name / "study.toml"
        edited(study, 'id = "town"', f'id = "{name}"')
        edited(study, 'path = "streets.osm"', 'path = "../city.osm"')
        edited(study, "[boundaries.communities]", f"[boundaries.communities]\nwhere = {{ code = {json.dumps(codes)} }}")
    shutil.rmtree(folder / "town")
    (folder / "batch.toml").write_text('[batch]\nstudies = ["*/study.toml"]\n', "utf-8")
    return folder


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[Task]]:
    home = tmp_path_factory.mktemp("halves")
    write_halves(home / "city")
    results, asked = judged_here(home / "city", home / "out")
    assert not results.failed
    return home / "city", home / "out", asked


def test_each_study_reads_its_part_and_has_the_bytes_of_a_run(
    halves: tuple[Path, Path, list[Task]], tmp_path: Path
) -> None:
    folder, out, asked = halves
    assert [task.cut is not None for task in asked] == [True] * 3
    for name in HALVES:
        options = ("--only", "map", "--only", "tables", "--no-cache")
        assert invoke("run", folder / name, "--out", tmp_path / name, *options).exit_code == 0
        assert contents(out / "districts" / name) == contents(tmp_path / name)


def test_a_share_of_area_does_not_depend_on_how_a_study_is_cut(halves: tuple[Path, Path, list[Task]]) -> None:
    coverage = pd.read_parquet(halves[1] / "parquet" / "coverage").astype({"district": str, "clause": str})
    columns = ["code", "clause", "area_share", "street_share"]
    whole, parts = (
        coverage[(coverage["district"] == "whole") == one][columns].sort_values(["code", "clause"])
        for one in (True, False)
    )
    assert whole["area_share"].nunique() > 5
    pd.testing.assert_frame_equal(whole.reset_index(drop=True), parts.reset_index(drop=True), check_exact=True)


def test_a_study_that_is_kept_or_alone_needs_no_part(halves: tuple[Path, Path, list[Task]], tmp_path: Path) -> None:
    folder, out = tmp_path / "city", tmp_path / "out"
    shutil.copytree(halves[0], folder)
    shutil.copytree(halves[1], out)
    edited(folder / "north" / "homes.geojson", '"age_6_11": 20.0', '"age_6_11": 21.0')
    results, asked = judged_here(folder, out)
    assert [district.state for district in results.districts] == ["done", "kept", "kept"]
    assert [task.cut for task in asked] == [None] * 3


@pytest.mark.parametrize("fault", ["<osm", "unsorted"])
def test_a_file_that_cannot_be_cut_is_read_whole(fault: str, tmp_path: Path) -> None:
    folder = write_halves(tmp_path / "city")
    streets = (folder / "city.osm").read_text("utf-8")
    if fault == "unsorted":
        first, _, rest = streets.partition('<node id="931"')
        node, end, rest = rest.partition("</node>")
        (folder / "city.osm").write_text(first + rest.replace("</osm>", f'<node id="931"{node}{end}</osm>'), "utf-8")
    else:
        (folder / "city.osm").write_text(fault, "utf-8")
    tasks = [
        Task(name, name, folder / name / "study.toml", tmp_path, "zh", ("map",), plan=False, cache=None)
        for name in HALVES
    ]
    with extracts(tasks, tmp_path) as asked:
        assert asked == tasks


@pytest.mark.shared
@pytest.mark.oracle
@pytest.mark.parametrize("name", ["west", "east"])
def test_half_of_monaco_has_the_tables_of_the_whole_file(name: str, shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "monaco"
    for file in ("monaco.osm.pbf", "N43E007.hgt.zip"):
        (tmp_path / file).symlink_to(source / file)
    whole = SourceReader(load_study(source / "study.toml"))
    wards = read_communities(whole).table.reset_index()[["code", "community", "geometry"]]
    text = (source / "study.toml").read_text("utf-8")
    for half, some in {"west": wards.iloc[:4], "east": wards.iloc[4:]}.items():
        some.to_file(tmp_path / f"{half}.gpkg")
        lines = re.sub(r'path = "monaco.osm.pbf"\nosm = .*\ncolumns = .*', f'path = "{half}.gpkg"', text, count=1)
        (tmp_path / f"{half}.toml").write_text(lines, "utf-8")
    tasks = [
        Task(half, half, tmp_path / f"{half}.toml", tmp_path, "zh", ("map",), plan=False, cache=None)
        for half in ("west", "east")
    ]
    with extracts(tasks, tmp_path) as asked:
        task = next(task for task in asked if task.id == name)
        assert task.cut is not None
        part = judge_study(load_study(task.file).with_cut(task.cut)).results
    alone = judge_study(load_study(task.file)).results
    assert part.inputs.files == alone.inputs.files
    for table in ("communities", "coverage", "clauses", "facilities", "isochrones"):
        pd.testing.assert_frame_equal(getattr(part, table), getattr(alone, table), check_exact=True)
    for table in ("demand", "findings", "communities"):
        pd.testing.assert_frame_equal(getattr(part.inputs, table), getattr(alone.inputs, table), check_exact=True)
    pd.testing.assert_frame_equal(part.inputs.network.edges, alone.inputs.network.edges, check_exact=True)
    for shapes in ("buildings", "greens", "water", "rails"):
        assert shapely.equals_exact(getattr(part.ground, shapes), getattr(alone.ground, shapes)).all()
