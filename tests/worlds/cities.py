"""A batch of small districts: the town in several places and with other lists, some of them broken on purpose."""

import json
import re
from pathlib import Path
from typing import Any

from worlds.studies import edited
from worlds.town import write_town

BATCH = """[batch]
title = "试验市"
title_en = "Trial city"
studies = ["*/study.toml"]
"""
BROKEN = {"d02": "file_missing", "d05": "study_not_toml"}


def write_cities(folder: Path, count: int, *, broken: bool = True) -> Path:
    """Write so many districts, each in a folder of its own, and return the file of the batch.

    Every third has no primary school below the hill, every fourth other homes; each stands in a place of its own. The
    third lacks a file and the sixth is no TOML, unless they shall be sound.
    """
    for nth in range(count):
        home = folder / f"d{nth:02}"
        study = write_town(home)
        edited(study, 'id = "town"', f'id = "d{nth:02}"')
        edited(study, 'title = "小镇"', f'title = "小镇{nth}"')
        if nth % 3 == 0:
            _drop_first(home / "schools.csv")
        if nth % 4 == 1:
            edited(home / "homes.geojson", '"age_6_11": 20.0', '"age_6_11": 2.0')
        _move(home, 0.012 * (nth % 4), 0.008 * (nth // 4))
    if broken:
        for name in BROKEN:
            _break(folder / name)
    batch = folder / "cities.toml"
    batch.write_text(BATCH, "utf-8")
    return batch


def _break(home: Path) -> None:
    if home.name == "d02":
        (home / "schools.csv").unlink()
    elif home.is_dir():
        (home / "study.toml").write_text("[study\n", "utf-8")


def _drop_first(path: Path) -> None:
    head, _, *lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([head, *lines]) + "\n", "utf-8")


def _move(home: Path, east: float, north: float) -> None:
    """Move everything in a district by so many degrees."""
    for path in home.glob("*.geojson"):
        content = json.loads(path.read_text("utf-8"))
        for feature in content["features"]:
            feature["geometry"]["coordinates"] = _moved(feature["geometry"]["coordinates"], east, north)
        path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    for path in home.glob("*.csv"):
        head, *lines = path.read_text("utf-8-sig").splitlines()
        columns = head.split(",")
        if "lon" in columns:
            path.write_text("\n".join([head, *(_row(line, columns, east, north) for line in lines)]) + "\n", "utf-8")
    streets = home / "streets.osm"
    streets.write_text(_nodes(streets.read_text("utf-8"), east, north), "utf-8")


def _moved(at: Any, east: float, north: float) -> Any:
    return [at[0] + east, at[1] + north] if isinstance(at[0], float) else [_moved(part, east, north) for part in at]


def _row(line: str, columns: list[str], east: float, north: float) -> str:
    cells = line.split(",")
    for name, by in (("lon", east), ("lat", north)):
        cells[columns.index(name)] = f"{float(cells[columns.index(name)]) + by:.7f}"
    return ",".join(cells)


def _nodes(body: str, east: float, north: float) -> str:
    def shifted(by: float) -> Any:
        return lambda match: f'{match[1]}="{float(match[2]) + by:.8f}"'

    return re.sub(r'(lat)="([\d.]+)"', shifted(north), re.sub(r'(lon)="([\d.]+)"', shifted(east), body))


def contents(root: Path) -> dict[str, Any]:
    """Return all files of a batch or a run by their paths: their bytes, and records without the time of the run."""
    found: dict[str, Any] = {}
    for path in sorted(item for item in root.rglob("*") if item.is_file()):
        name = path.relative_to(root).as_posix()
        found[name] = path.read_bytes()
        if path.name == "run.json":
            found[name] = {key: value for key, value in json.loads(found[name]).items() if key != "run"}
    return found
