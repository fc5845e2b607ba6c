"""A study on its network becomes verdicts, and all tables of a run.

May import ``study``, ``walk`` and what is below them.
"""
