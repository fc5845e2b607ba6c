"""Values become printed maps and charts.

Imports ``words``, ``run`` and ``core``.
"""
