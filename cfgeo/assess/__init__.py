"""A study on its network becomes verdicts, and all tables of a run.

Imports ``study``, ``walk`` and what is below them.
"""
