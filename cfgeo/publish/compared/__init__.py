"""Two runs of a study, or a run a year → what changed where, and why.

May import ``run`` and what is below it. Sentences about it are in ``words/compared`` and ``words/series``.
"""
