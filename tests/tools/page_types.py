"""What the scripts of pages are told about their data."""

import re

from cfgeo.publish.page.frame import asset


def declared_keys(interface: str) -> set[str]:
    """Return the keys that ``types.d.ts`` declares for an interface, those of the one that it extends included."""
    pattern = rf"^interface {interface}(?: extends (\w+))? \{{\n(.*?)^\}}"
    match = re.search(pattern, asset("types.d.ts"), re.MULTILINE | re.DOTALL)
    assert match, interface
    parent, body = match.groups()
    return set(re.findall(r"^  (\w+)\??:", body, re.MULTILINE)) | (declared_keys(parent) if parent else set())
