"""``python -m cfgeo``."""

from cfgeo.cli import main

if __name__ == "__main__":
    main()
