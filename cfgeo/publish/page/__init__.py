"""Values become interactive maps: one HTML file each, which needs no network.

May import ``words``, ``run``, ``geometry`` and ``safe_text`` of ``publish``, and ``core``.
"""
