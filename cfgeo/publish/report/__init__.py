"""Values become Word reports.

May import ``tables``, ``maps``, ``page``, ``words``, ``run`` and ``core``.
"""
