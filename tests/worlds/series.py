"""Three years of the town, changed by hand: what was built, closed and recertified, then what was only corrected."""

import re
from collections.abc import Callable
from pathlib import Path

import cfgeo
from worlds.town import write_town

YEARS = (2024, 2025, 2026)
HEAD = """[standard]
path = { 2024 = 0.2, 2026 = 0.9 }
lead = "妇儿工委办"
lead_en = "Office for Women and Children"
"""
LEAD = """
lead = "教育局"
lead_en = "Education"
path = { 2024 = 1, 2026 = 3 }

[[clause]]
id = "block-home"
name = "街区儿童之家"
name_en = "A home in the block"
scope = "block"
measure = "present"
layer = "children_homes"
need_count = 1
required = true
target_share = 0.7
"""


def run_years(home: Path, changes: dict[int, Callable[[Path], None]], **choices: object) -> Path:
    """Run the town once a year into one folder, each time with that year's changes, and return the folder.

    Parameters
    ----------
    home
        Where the town and the runs are written.
    changes
        Year → what is done to the town's folder before the run; the first year's town is as it is.
    **choices
        Of ``cfgeo.publish``.
    """
    study = write_town(home / "town")
    standard = study.parent / "standard.toml"
    head = standard.read_text("utf-8").replace("[standard]\n", HEAD, 1)
    standard.write_text(head + LEAD, "utf-8")  # of the last clause, the certified schools
    for year, change in changes.items():
        study.write_text(re.sub(r"20\d\d-01", f"{year}-01", study.read_text("utf-8")), "utf-8")
        change(study.parent)
        results = cfgeo.run_study(cfgeo.load_study(study), cache=home / "cache")
        cfgeo.publish(results, home / "out", **{"lang": "zh", "only": ("tables",), **choices})  # type: ignore[arg-type]
    return home / "out"


def nothing(town: Path) -> None:
    """Leave the town as it is."""


def rows(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Rewrite the lines of a list but the first."""
    head, *lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([head, *change(lines)]) + "\n", "utf-8")


def build_and_certify(town: Path) -> None:
    """Build a children's home in Lower East, close the Low School, certify the two other schools."""
    rows(town / "children_homes.csv", lambda lines: [*lines, "home,New Home,12.0,106.5518,29.5511"])
    rows(town / "schools.csv", lambda lines: [line.replace(",no,", ",yes,") for line in lines if "Low" not in line])


def correct(town: Path) -> None:
    """Correct the place of the High Home, which always lay in Lower West, and list a station that was forgotten."""
    at_low_home = "106.54947,29.55150"

    def moved(line: str) -> str:
        return re.sub(r"[\d.]+,[\d.]+$", at_low_home, line) if "High Home" in line else line

    rows(town / "children_homes.csv", lambda lines: [moved(line) for line in lines])
    path = town / "stations.csv"
    head, *lines = path.read_text("utf-8").splitlines()
    north = f"station,North Station,{106.5505},{29.5525},2019"
    path.write_text("\n".join([f"{head},建成年份", *(f"{line},2015" for line in lines), north]) + "\n", "utf-8")


def run_three_years(home: Path) -> Path:
    """Run the town as it is, after what was built and closed, and after corrections; return the folder of the runs."""
    return run_years(home, dict(zip(YEARS, (nothing, build_and_certify, correct), strict=True)))
