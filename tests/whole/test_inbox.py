"""A planner's inbox goes through init, check and run, and nothing is misread: the verdicts are those of tidy data."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
from worlds.inbox import write_inbox
from worlds.studies import assert_calm, cfgeo

from cfgeo import Study, run_study

NOT_USED = [
    "公交站点.csv",
    "小学学区.geojson",
    "幼儿园名单2025.xlsx",
    "街道边界.geojson",
    "说明.txt",
    "轨道交通线路.geojson",
]
UNTOLD = {"P8-certified", "P14-open", "P18-grade", "P29-parents"}
"""Clauses about columns that no list of the inbox has."""
LAYERS = ("schools", "hospitals", "care_centres", "sports", "culture")


def test_an_inbox_has_the_verdicts_of_the_tidy_study(tmp_path: Path, default_study: Study) -> None:
    names = write_inbox(tmp_path / "来件", default_study.folder)
    assert len(names) == 17
    commands = (["init", "渝中", "--from", "来件"], ["check", "渝中"], ["run", "渝中", "--only", "tables"])
    init, check, run = (cfgeo(*words, cwd=tmp_path, cache=tmp_path / "cache") for words in commands)
    for result in (init, check, run):
        assert result.returncode == 0, result.stderr
        assert_calm(result)

    unused = [line.split("：")[0].removeprefix("../来件/") for line in init.stdout.splitlines() if "未采用" in line]
    assert sorted(unused) == NOT_USED
    content = tomllib.loads((tmp_path / "渝中" / "study.toml").read_text(encoding="utf-8"))
    assert set(content["layers"]) == set(LAYERS)

    layers = {name: default_study.layers[name] for name in LAYERS}
    tidy = default_study.model_copy(
        update={"layers": layers, "projects": None, "reported": (), "references": {}, "zones": None}
    )
    tidy._file = default_study.file
    expected = run_study(tidy)
    out = tmp_path / "maps" / "渝中"
    communities = pd.read_csv(out / "communities.csv", dtype=str, encoding="utf-8-sig").set_index("code")
    assert communities["verdict"].to_dict() == expected.communities["verdict"].to_dict()
    walks = pd.read_csv(out / "coverage.csv", dtype={"code": str}, encoding="utf-8-sig")
    both = expected.coverage.merge(walks, on=["code", "clause"], suffixes=("", "_inbox"))
    assert len(both) == len(walks) == len(expected.coverage)
    assert both["verdict_inbox"].tolist() == both["verdict"].tolist()
    assert np.allclose(both["share_inbox"], both["share"], atol=2e-3, equal_nan=True)
    clauses = pd.read_csv(out / "clauses.csv", encoding="utf-8-sig").set_index("clause")
    differs = clauses["verdict"] != expected.clauses["verdict"]
    assert set(clauses.index[differs]) == UNTOLD
    assert set(clauses.loc[differs, "verdict"]) == {"not_assessed"}
