"""Elevation rasters become heights: ``files`` opens what may be opened, ``heights`` smooths and looks up.

May import ``core``, and of ``files`` what looks at a path before it is opened.
"""
