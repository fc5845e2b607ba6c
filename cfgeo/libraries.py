"""Libraries that open files, each loaded when a file first needs it: most commands need none of them.

Import them from here, as in ``from cfgeo.libraries import osmium``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["openpyxl", "osmium", "rasterio", "requests", "urllib3", "xlrd"]

if TYPE_CHECKING:
    import openpyxl
    import osmium
    import rasterio
    import requests
    import urllib3
    import xlrd
else:

    class _Library:
        """Stands for a library, which is loaded as soon as something of it is asked for."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, attribute: str) -> Any:
            return getattr(import_module(self._name), attribute)

    openpyxl, osmium, rasterio, requests, urllib3, xlrd = map(_Library, __all__)
