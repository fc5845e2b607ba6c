"""Tour pages of runs, of any study: every view, tab, step and community, on four screens, as the tests tour the town.

    python scripts/hunt/tour.py maps/default/index.html …

Prints a line a page and screen. Exit code 1: something went wrong, which the last line names.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
from tools.browser import chromium, open_page  # the folder was just added to the path
from tools.tour import SIZES, tour_panels, tour_views


def main() -> int:
    """Tour the pages that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=Path)
    for path in parser.parse_args().pages:
        with tempfile.TemporaryDirectory() as profile, chromium(Path(profile)) as context:
            for name, size in SIZES.items():
                begun = time.perf_counter()
                with open_page(context, path.resolve(), size) as watched:
                    tour_views(watched.page, name, axe=name == "laptop")
                    tour_panels(watched.page, name)
                print(f"{path}, {name}: right, {time.perf_counter() - begun:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
