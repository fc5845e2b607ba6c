"""Exit with a plain message if Python is too old. Imported first; any Python 3 can read this file."""

import sys

OLDEST = (3, 11)
NEWEST = (3, 14)  # the newest that every pin of constraints.txt has a ready-made package for


def complaint(version: "tuple[int, ...]") -> "str | None":
    """Return the message for users of this Python, or None if it is new enough."""
    if version[:2] >= OLDEST:
        return None
    here, need = (".".join(str(part) for part in numbers[:2]) for numbers in (version, OLDEST))
    return (
        f"cfgeo needs Python {need} or newer; this is Python {here}. Install one from python.org "
        f"and run this script with it (python{need} ...; on Windows: py -{need} ...).\n"
        f"cfgeo 需要 Python {need} 或更新版本，当前为 {here}。请从 python.org 安装后再运行本脚本。"
    )


_COMPLAINT = complaint(sys.version_info[:3])
if _COMPLAINT:
    sys.exit(_COMPLAINT)
