"""ES modules → the body of one function, as a page needs them.

A page runs from a file, under a policy that knows its scripts by their hashes: there a browser imports no modules.
So the files are joined here, each after those that it imports, and their ``import`` and ``export`` are taken out.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

_IMPORT = re.compile(r"^import (?:\{([^}]*)\} from )?'([^']+)';.*\n", re.MULTILINE)
_DECLARATION = re.compile(r"^(export )?(?:(?:async )?function|const|let) (\w+|\{[^}]*\}|\[[^\]]*\])", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function|const|let)", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(entries: Sequence[str], read: Callable[[str], str]) -> str:
    """Return the scripts of a page as one text: depth first from its entries, each file once.

    Parameters
    ----------
    entries
        Files that the page starts with, in their order.
    read
        Returns the text of a file, by its path with slashes.

    Raises
    ------
    ValueError
        If files import each other, a file imports a name that is not exported, or two files declare the same name.
    """
    scripts: dict[str, str] = {}
    for entry in entries:
        _add(entry, scripts, read, importers=())
    _check_names(scripts)
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", script)) for script in scripts.values())


def _add(path: str, scripts: dict[str, str], read: Callable[[str], str], *, importers: tuple[str, ...]) -> None:
    """Add a file to the scripts, after those that it imports."""
    if path in importers:
        raise ValueError(f"files import each other: {' → '.join((*importers, path))}")
    if path not in scripts:
        script = read(path)
        for _, imported in _imports(path, script):
            _add(imported, scripts, read, importers=(*importers, path))
        scripts[path] = script


def _imports(path: str, script: str) -> Iterator[tuple[set[str], str]]:
    """Yield the names that a script imports, and the path of the file that has them."""
    for names, target in _IMPORT.findall(script):
        yield set(re.findall(r"\w+", names)), posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def _check_names(scripts: Mapping[str, str]) -> None:
    """Check that files declare different names, which one function holds, and import names that are exported."""
    exports: dict[str, set[str]] = {path: set() for path in scripts}
    files: dict[str, str] = {}
    for path, script in scripts.items():
        for names, imported in _imports(path, script):
            if unknown := names - exports[imported]:
                raise ValueError(f"{path}: {imported} does not export {', '.join(sorted(unknown))}")
        for exported, pattern in _DECLARATION.findall(script):
            for name in re.findall(r"\w+\b(?!\s*:)", pattern):
                if files.setdefault(name, path) != path:
                    raise ValueError(f"{path} and {files[name]} both declare {name}")
                exports[path] |= {name} if exported else set()
        if left := _LEFT.search(_EXPORT.sub("", _IMPORT.sub("", script))):
            raise ValueError(f"{path}: not a form that is known here: {left[0]}")
