"""Values become printed maps and charts.

May import ``words``, ``run``, ``geometry`` and ``safe_text`` of ``publish``, and ``core``.
"""
