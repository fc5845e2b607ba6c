"""Values become CSV, workbooks and GeoPackages.

Imports ``words``, ``run`` and ``core``.
"""
