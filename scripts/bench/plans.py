"""Time plans for the study's reserve list or a generated list, for its target or the most that can pass."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from make_projects import write_projects

from cfgeo import PlanChoices, load_projects, load_study, plan_study

HEAD = ("study", "projects", "communities", "cost", "gap", "measure", "search", "order", "frontier proven", "all")


def plans(studies: Sequence[Path]) -> Iterator[str]:
    """Yield a table: seconds of each part, and how far the answer and the frontier are proven."""
    yield "## Plans: a list of 184 projects, for the standard's target or the most that can pass"
    yield ""
    yield "Seconds; `search` is for the target, the street offices and the whole frontier, 120 at most."
    yield ""
    yield f"| {' | '.join(HEAD)} |"
    yield f"|---|{'---:|' * (len(HEAD) - 1)}"
    for path in studies:
        yield _row(path)
    yield ""


def _row(path: Path) -> str:
    study = load_study(path)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "projects.csv"
        if study.projects is None:
            write_projects(path, file)
        listed = load_projects(file if study.projects is None else study.resolve(study.projects.path))
    plan = plan_study(study, listed, PlanChoices())
    proven = int((plan.frontier["bound"] >= plan.frontier["cost"] * (1 - 1e-9)).sum())
    numbers = [f"{plan.seconds[part]:.1f}" for part in ("measure", "search", "order")]
    cells = [study.study.id, len(listed.projects), f"{plan.passed} of {len(plan.before)}", f"{plan.cost:,.0f}"]
    cells += [f"{plan.gap:.1%}", *numbers, f"{proven} of {len(plan.frontier)}", f"{sum(plan.seconds.values()):.1f}"]
    return f"| {' | '.join(map(str, cells))} |"
