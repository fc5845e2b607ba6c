"""``python -m cfgeo``."""

from cfgeo.cli.main import main

if __name__ == "__main__":
    main()
