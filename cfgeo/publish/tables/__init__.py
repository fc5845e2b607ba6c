"""Values become CSV, workbooks and GeoPackages.

May import ``words``, ``run``, ``geometry`` and ``safe_text`` of ``publish``, and ``core``.
"""
