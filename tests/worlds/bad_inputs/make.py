"""A corpus of broken inputs: the town of the tests, wrong in one place a time.

One more kind is one more function: it takes a copy of the town, breaks it, and ``@kind`` says what cfgeo must answer:
the rule of a finding, the code of an error, or that it is read as the sound town is. To look at one as a user would::

    python tests/worlds/bad_inputs/make.py FOLDER        # writes a study a kind
    cfgeo check FOLDER/csv_row_long
"""

import csv
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    sys.modules["worlds.bad_inputs.make"] = sys.modules["__main__"]  # what the kinds import is this very module

from worlds.studies import without_table
from worlds.town import write_town

WGS84 = "EPSG:4326"


@dataclass(frozen=True)
class Town:
    """A copy of the town's files, to be broken."""

    folder: Path

    @property
    def study(self) -> Path:
        """Return its ``study.toml``."""
        return self.folder / "study.toml"

    def path(self, name: str) -> Path:
        """Return one of its files."""
        return self.folder / name

    def text(self, name: str) -> str:
        """Return what a file says."""
        return self.path(name).read_text(encoding="utf-8")

    def write(self, name: str, body: str | bytes) -> None:
        """Write a file; text in UTF-8."""
        self.path(name).write_bytes(body.encode() if isinstance(body, str) else body)

    def edit(self, old: str, new: str, name: str = "study.toml") -> None:
        """Replace a text that must be there, where it comes first."""
        body = self.text(name)
        assert old in body, f"{old!r} is not in {name}"
        self.write(name, body.replace(old, new, 1))

    def add(self, lines: str, table: str) -> None:
        """Write lines below the heading of a table of ``study.toml``."""
        self.edit(f"[{table}]\n", f"[{table}]\n{lines}\n")

    def use(self, name: str, table: str = "layers.schools") -> None:
        """Point a table of ``study.toml`` at another file."""
        head, heading, rest = self.text("study.toml").partition(f"[{table}]\n")
        assert heading, f"there is no [{table}]"
        before, path, after = rest.partition("path = ")
        assert path, f"[{table}] has no path"
        self.write("study.toml", f'{head}{heading}{before}{path}"{name}"\n{after.partition(chr(10))[2]}')

    def rows(self, name: str = "schools.csv") -> list[list[str]]:
        """Return the rows of a CSV, headings first."""
        return list(csv.reader(self.text(name).splitlines()))

    def write_rows(self, rows: list[list[str]], name: str = "schools.csv", separator: str = ",") -> None:
        """Write rows as a CSV."""
        with self.path(name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, delimiter=separator).writerows(rows)

    def column(self, heading: str, change: Callable[[str], str], name: str = "schools.csv") -> None:
        """Change the cells of one column of a CSV."""
        rows = self.rows(name)
        at = rows[0].index(heading)
        self.write_rows([rows[0], *([*row[:at], change(row[at]), *row[at + 1 :]] for row in rows[1:])], name)

    def features(self, name: str = "communities.geojson") -> dict[str, Any]:
        """Return the content of a GeoJSON file."""
        content: dict[str, Any] = json.loads(self.text(name))
        return content

    def each(self, change: Callable[[dict[str, Any]], Any], name: str = "communities.geojson") -> None:
        """Change the features of a GeoJSON file, one after the other."""
        content = self.features(name)
        for feature in content["features"]:
            change(feature)
        self.write(name, json.dumps(content))

    def first(self, change: Callable[[dict[str, Any]], Any], name: str = "communities.geojson") -> None:
        """Change the first feature of a GeoJSON file."""
        content = self.features(name)
        change(content["features"][0])
        self.write(name, json.dumps(content))

    def frame(self, name: str) -> gpd.GeoDataFrame:
        """Return one of its tables with shapes."""
        if name.endswith(".csv"):
            rows = self.rows(name)
            table = gpd.pd.DataFrame(rows[1:], columns=rows[0])
            at = gpd.points_from_xy(table.pop("lon").astype(float), table.pop("lat").astype(float))
            return gpd.GeoDataFrame(table, geometry=at, crs=WGS84)
        return gpd.read_file(self.path(name))


@dataclass(frozen=True)
class Kind:
    """One kind of broken input.

    Attributes
    ----------
    name : str
        Also the name of its folder.
    says : str
        The rule of the finding or the code of the error; "" where the study is judged as the sound town.
    layer : str
        Where the finding must be; "" for anywhere.
    row : str
        The row that it must name; "" for any.
    breaks : callable
        Breaks a copy of the town.
    """

    name: str
    says: str
    layer: str
    row: str
    breaks: Callable[[Town], None]

    def make(self, folder: Path) -> Town:
        """Write the broken town into a new folder."""
        town = Town(folder)
        shutil.copytree(sound_town(folder.parent).parent, folder)
        self.breaks(town)
        return town


KINDS: list[Kind] = []


def kind(says: str = "", layer: str = "", row: str = "") -> Callable[[Callable[[Town], None]], Callable[[Town], None]]:
    """Add a function to the corpus, with what cfgeo must answer."""

    def add(breaks: Callable[[Town], None]) -> Callable[[Town], None]:
        KINDS.append(Kind(breaks.__name__, says, layer, row, breaks))
        return breaks

    return add


@lru_cache(maxsize=1)
def sound_town(beside: Path) -> Path:
    """Write the town that every kind breaks into a folder, once, and return its ``study.toml``."""
    folder = beside / "sound"
    study = write_town(folder)
    for layer in ("walkways", "children_homes"):  # that no kind breaks, and every kind would read
        without_table(study, f"layers.{layer}")
    return study


def all_kinds() -> list[Kind]:
    """Return the whole corpus."""
    from worlds.bad_inputs import choices, shapes, streets, tables, unusable, words, workbooks  # noqa: F401, PLC0415

    return KINDS


def main() -> None:
    """Write every kind into a folder."""
    target = Path(sys.argv[1])
    target.mkdir(parents=True)
    for each in all_kinds():
        each.make(target / each.name)
    sys.stdout.write(f"{len(KINDS)} studies in {target}\n")


if __name__ == "__main__":
    main()
