"""Streets become a directed walking graph, with heights and each walker's seconds.

Imports ``files`` and ``core``.
"""
