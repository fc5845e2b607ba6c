"""Hooks of MkDocs: notebooks are run and shown on the pages that name them; the site's switch stands for other links.

A page shows a notebook by a line ``--8<-- notebooks/NAME.ipynb``.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbconvert import MarkdownExporter

DOCS = Path(__file__).resolve().parents[1] / "docs"
_OTHER = re.compile(r"^\[(?:中文|English)\]\([\w.-]+\)$|中文：\[[\w.-]+\]\([\w.-]+\)$", re.MULTILINE)
_NOTEBOOK = re.compile(r"^--8<-- (notebooks/\w+\.ipynb)$", re.MULTILINE)
_MOST_S = 900


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page with its notebook, and without the link to itself in the other language."""
    return _NOTEBOOK.sub(lambda match: shown(match[1]), _OTHER.sub("", markdown))


@cache
def shown(name: str) -> str:
    """Run a notebook, once for the pages of all languages, and return its cells and what they give.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell fails, and so does the site.
    """
    notebook = nbformat.read(DOCS / name, as_version=4)
    NotebookClient(notebook, timeout=_MOST_S, kernel_name="python3").execute()
    body, _ = MarkdownExporter().from_notebook_node(notebook)
    return str(body)
