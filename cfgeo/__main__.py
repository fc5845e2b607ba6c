"""The command ``cfgeo``, also as ``python -m cfgeo``."""

import gc

from cfgeo.cli.interrupt import catch_interrupts, let_end


def main() -> None:
    """Run the command line."""
    catch_interrupts()
    # Tables hold many objects and few cycles: looking for these as often as usual takes 6 % of a run.
    gc.set_threshold(50_000, 20, 50)
    from cfgeo.cli.main import main as run  # noqa: PLC0415  # takes a moment, in which a user may press Ctrl-C

    try:
        run()
    finally:
        let_end()


if __name__ == "__main__":
    main()
