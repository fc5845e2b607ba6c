"""Streets become a directed walking graph, with heights and each walker's seconds.

May import ``files`` and ``core``.
"""
