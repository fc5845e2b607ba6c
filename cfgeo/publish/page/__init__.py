"""Values become interactive maps: one HTML file each, which needs no network.

Imports ``words``, ``run`` and ``core``.
"""
