"""The command ``cfgeo``, also as ``python -m cfgeo``."""

from cfgeo.cli.interrupt import catch_interrupts


def main() -> None:
    """Run the command line."""
    catch_interrupts()
    from cfgeo.cli.main import main as run  # noqa: PLC0415  # takes a moment, in which a user may press Ctrl-C

    run()


if __name__ == "__main__":
    main()
