"""Values become Word reports.

Imports ``tables``, ``maps``, ``page``, ``words``, ``run`` and ``core``.
"""
