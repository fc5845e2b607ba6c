"""How the scripts of a page become one text."""

import re
from collections.abc import Mapping

import pytest

from cfgeo.publish.page.bundle import bundle
from cfgeo.publish.page.frame import asset

PAGES = {
    "run": ["run/page.js"],
    "run with a plan": ["run/plan.js", "run/page.js"],
    "steps": ["steps/steps.js"],
    "whatif": ["whatif/whatif.js"],
    "compare": ["compare/compare.js"],
}
"""What each page starts with."""


def joined(scripts: Mapping[str, str], *entries: str) -> str:
    return bundle(entries or ["page/start.js"], scripts.__getitem__)


def test_a_file_comes_once_and_after_those_that_it_imports() -> None:
    scripts = {
        "page/start.js": "import { b } from './b.js';\nimport { a } from '../shared/a.js';\nb(a);\n",
        "page/b.js": "import { a } from '../shared/a.js';\nexport function b(x) {\n  return x + a;\n}\n",
        "shared/a.js": "export const a = 1;\n",
    }
    assert joined(scripts) == "const a = 1;\n\nfunction b(x) {\n  return x + a;\n}\n\nb(a);\n"


def test_entries_come_in_their_order_after_what_they_import() -> None:
    scripts = {"a.js": "import './c.js';\na();\n", "b.js": "import './c.js';\nb();\n", "c.js": "c();\n"}
    assert joined(scripts, "b.js", "a.js") == "c();\n\nb();\n\na();\n"


def test_names_of_a_pattern_can_be_imported() -> None:
    scripts = {"page/start.js": "import { b, c } from './x.js';\n", "page/x.js": "export const { a: b, c } = window;\n"}
    assert joined(scripts) == "const { a: b, c } = window;\n\n"


@pytest.mark.parametrize(
    ("scripts", "error", "message"),
    [
        ({"page/start.js": "import { a } from './a.js';\n"}, KeyError, "page/a.js"),
        ({"page/start.js": "import { a, b } from './a.js';\n", "page/a.js": "export let a;\nlet b;\n"}, ValueError,
         "page/start.js: page/a.js does not export b"),
        ({"page/start.js": "import './a.js';\n", "page/a.js": "import './start.js';\n"}, ValueError,
         "page/start.js → page/a.js → page/start.js"),
        ({"page/start.js": "import './a.js';\nconst x = 1;\n", "page/a.js": "function x() {}\n"}, ValueError,
         "page/start.js and page/a.js both declare x"),
        ({"page/start.js": "export default 1;\n"}, ValueError, "not a form that is known here: export default 1;"),
    ],
    ids=["unknown file", "unknown name", "circle", "name declared twice", "other form of export"],
)  # fmt: skip
def test_what_a_function_cannot_hold_is_an_error(scripts: dict[str, str], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        joined(scripts)


@pytest.mark.parametrize("entries", PAGES.values(), ids=PAGES)
def test_the_scripts_of_every_page_can_be_joined(entries: list[str]) -> None:
    script = bundle(entries, asset)
    assert script.endswith(asset(entries[-1])[-80:])
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
