"""Measure the structure of a package: modules, folders, floors of imports, long functions.

    python scripts/hunt/structure.py [FOLDER …]

FOLDER holds ``cfgeo/``; the project's own when missing. A column a folder, so that two revisions stand side by side.
"""

import ast
import sys
from collections import Counter
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
LONG_LINES, SMALL_LINES = 60, 130


def figures(folder: Path) -> dict[str, int]:
    """Return the figures of the package in a folder, by what they count."""
    sources = {path: path.read_text(encoding="utf-8") for path in (folder / "cfgeo").rglob("*.py")}
    modules = {path: source for path, source in sources.items() if path.name not in ("__init__.py", "__main__.py")}
    per_folder = Counter(path.parent for path in modules)
    importers = _importers(folder)
    lines = {path: source.count("\n") for path, source in modules.items()}
    functions = [
        node.end_lineno - node.lineno + 1
        for source in sources.values()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]
    names = {path: ".".join(path.relative_to(folder).with_suffix("").parts) for path in modules}
    return {
        "modules": len(modules),
        "folders with modules": len(per_folder),
        "most modules in one folder": max(per_folder.values()),
        "lines": sum(source.count("\n") for source in sources.values()),
        "lines of the longest module": max(lines.values()),
        "floors of imports": _floors(importers),
        "functions": len(functions),
        f"functions over {LONG_LINES} lines": sum(length > LONG_LINES for length in functions),
        f"modules under {SMALL_LINES} lines that one module imports": sum(
            len(importers.get(names[path], ())) == 1 and count < SMALL_LINES for path, count in lines.items()
        ),
    }


def _importers(folder: Path) -> dict[str, set[str]]:
    """Return who imports each module."""
    sys.path.insert(0, str(folder))
    try:
        graph = grimp.build_graph("cfgeo", cache_dir=None)
    finally:
        sys.path.pop(0)
    return {module: graph.find_modules_that_directly_import(module) for module in graph.modules}


def _floors(importers: dict[str, set[str]]) -> int:
    """Return the length of the longest chain of imports: the longest path of a directed graph without cycles."""
    heights: dict[str, int] = {}

    def height(module: str) -> int:
        if module not in heights:
            heights[module] = 1 + max((height(other) for other in importers[module]), default=0)
        return heights[module]

    return max(map(height, importers))


def main(arguments: list[str]) -> int:
    columns = [figures(Path(folder).resolve()) for folder in arguments or [str(ROOT)]]
    for name in columns[0]:
        print(f"{name:55}", *(f"{column[name]:7}" for column in columns))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
