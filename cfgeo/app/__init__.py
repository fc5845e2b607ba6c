"""The meeting: a study that is held open, changed by hand, and judged at each change.

May import ``pipeline``, ``publish`` and what is below them. What a click brings is what :func:`cfgeo.what_if` gives for
the table that the session saves.
"""
