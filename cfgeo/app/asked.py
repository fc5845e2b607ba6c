"""What a session asks in the background: a report, sites, a plan. Answers are values for a page to show and take over.

Each question is about the study with the changes on the desk: they are laid over it as what is decided is.
"""

import io
import tempfile
import zipfile
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from cfgeo.app.decide import decided_bytes
from cfgeo.core.clock import Tell
from cfgeo.core.errors import ScenarioError
from cfgeo.core.scenario import Cost, Scenario
from cfgeo.core.sites import SiteChoices
from cfgeo.core.strings import Lang, text
from cfgeo.files.vocabulary.kinds import kind_of
from cfgeo.pipeline.proposals import plan_study, site_study, whatif_study
from cfgeo.publish.tables.book import sheet_bytes
from cfgeo.publish.words.plan import action_words, costs, headline_words, is_proven
from cfgeo.publish.words.sites import change_words, place_words, site_words
from cfgeo.publish.words.sites import proof_words as site_proof
from cfgeo.publish.words.whatif import headline_words as whatif_headline
from cfgeo.publish.writers import whatif_makers
from cfgeo.scenarios.lists.change_table import Row, change_table, placed_row, row_of
from cfgeo.scenarios.lists.projects import plan_choices
from cfgeo.study.config import Study, load_study
from cfgeo.study.tables import Decided

MOST_SITES, SECONDS = 9, 30.0
_REPORT = (".docx", ".pptx", ".pdf", ".html", ".gpkg", ".xlsx")


def report(asked: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Write all that is made of a what-if into one archive.

    Parameters
    ----------
    asked
        ``study`` (path), ``scenario``, ``cache``, ``lang`` and ``out``: where the archive is written.
    tell
        Called with the name of each stage.

    Returns
    -------
    dict
        ``lines``: what it says in short; ``files``: the ``form`` and ``name`` of each.
    """
    study, scenario, lang = load_study(asked["study"]), asked["scenario"], asked["lang"]
    result = whatif_study(study, scenario, ground=True, cache=asked["cache"], tell=tell)
    makers, body = whatif_makers(result, lang), io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for ending in _REPORT:
            tell(f"report_{ending[1:]}")
            archive.writestr(text(f"desk.file_{ending[1:]}", lang), makers[ending]())
        changes = change_table((row_of(change) for change in scenario.changes), lang=lang)
        archive.writestr(text("desk.file_changes", lang), sheet_bytes(changes, lang=lang))
    Path(asked["out"]).write_bytes(body.getvalue())
    files = [{"form": ending[1:], "name": text(f"desk.file_{ending[1:]}", lang)} for ending in _REPORT]
    return {"lines": [whatif_headline(result, lang)], "files": files}


def report_file(archive: Path, form: str, lang: Lang) -> bytes:
    """Return an archive that :func:`report` wrote, or one of its files.

    Parameters
    ----------
    archive
        Where it is.
    form
        ``zip``: all of it; or the ending of a file.
    lang
        Language of the session.

    Raises
    ------
    FileNotFoundError
        None was written yet.
    KeyError
        It has no such file.
    """
    if form == "zip":
        return archive.read_bytes()
    if f".{form}" not in _REPORT:
        raise KeyError(form)
    with zipfile.ZipFile(archive) as files:
        return files.read(text(f"desk.file_{form}", lang))


def sites(asked: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Find where new places bring most.

    Parameters
    ----------
    asked
        ``study``, ``scenario`` (or None), ``cache``, ``lang``; ``layer``, ``kind``, ``count``.
    tell
        Called with the name of each stage.

    Returns
    -------
    dict
        ``lines``, and ``ideas``: each with ``name``, ``facts`` and the ``rows`` of its changes.
    """
    lang = asked["lang"]
    choices = SiteChoices(asked["layer"], kind_of(asked["kind"]) or None, count=asked["count"], seconds=SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        found = site_study(_with_desk(asked, folder), choices, cache=asked["cache"], tell=tell)
    ideas = [
        {
            "name": f"{row.rank}. {place_words(row, lang)}",
            "facts": [line.strip() for line in site_words(row, found, lang)],
            "rows": [
                placed_row(
                    {
                        "action": "add",
                        "layer": row.layer,
                        "kind": row.kind,
                        "name": text("desk.site_name", lang, place=place_words(row, lang)),
                        "lon": float(row.lon),
                        "lat": float(row.lat),
                    }
                )
            ],
        }
        for row in found.sites.itertuples()
    ]
    return {"lines": [*change_words(found, lang), *site_proof(found, lang)], "ideas": ideas}


def plan(asked: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Find the cheapest projects of the study's reserve list for each number of communities.

    Parameters
    ----------
    asked
        ``study``, ``scenario`` (or None), ``cache``, ``lang``.
    tell
        Called with the name of each stage.

    Returns
    -------
    dict
        ``lines``, ``ideas`` (the projects that are ever chosen), and ``points`` of the frontier: each with ``passed``,
        ``cost`` (words), ``proven`` and which ``ideas`` are built.
    """
    lang = asked["lang"]
    with tempfile.TemporaryDirectory() as folder:
        study = _with_desk(asked, folder)
        projects, choices = plan_choices(study)
        found = plan_study(study, projects, choices, cache=asked["cache"], tell=tell)
    frontier: list[dict[Any, Any]] = found.frontier.reset_index().to_dict("records")
    ever = list(dict.fromkeys(project for row in frontier for project in row["projects"]))
    ideas = [
        {
            "name": project.name or project.id,
            "facts": [action_words(found.listed.by_id[project.id], lang), costs(project.cost, found, lang)],
            "rows": _with_cost([row_of(change) for change in project.changes], Cost(project.cost, found.listed.unit)),
        }
        for project in (projects.by_id[id_] for id_ in ever)
    ]
    points = [
        {
            "passed": int(row["passed"]),
            "cost": costs(row["cost"], found, lang),
            "proven": bool(is_proven(row["cost"], row["bound"])),
            "ideas": [ever.index(project) for project in row["projects"]],
        }
        for row in frontier
        if isfinite(row["cost"])
    ]
    return {"lines": headline_words(found, lang), "ideas": ideas, "points": points}


def _with_cost(rows: list[Row], cost: Cost) -> list[Row]:
    """Return the changes of a project; the first has the cost of all."""
    return [{**row, "cost": str(cost)} if row is rows[0] else row for row in rows]


def _with_desk(asked: Mapping[str, Any], folder: str) -> Study:
    """Return the study with the changes on the desk laid over it."""
    study: Study = load_study(asked["study"])
    scenario: Scenario | None = asked["scenario"]
    if scenario is None:
        return study
    path = Path(folder) / "desk.toml"
    path.write_bytes(decided_bytes(scenario))
    return study.model_copy(update={"decided": (*study.decided, Decided(path=str(path)))})


def site_question(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page asks of sites, checked.

    Raises
    ------
    ScenarioError
        It is no such question.
    """
    layer, kind, count = asked.get("layer"), asked.get("kind", ""), asked.get("count")
    if not (isinstance(layer, str) and isinstance(kind, str) and type(count) is int and 1 <= count <= MOST_SITES):
        raise ScenarioError("edit_json")
    return {"layer": layer, "kind": kind, "count": count}
